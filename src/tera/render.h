// render: the state of one render. It belongs to one thread.
//
// Names are looked up at run time, because an include sees whatever is visible at its tag. Each
// symbol has a cell with the chain of its bindings, innermost first. The value from the context is
// looked up once and cached in the cell. A frame (the template, an include, a macro, one `for`)
// lists its bindings, so that they can be removed from their chains when it ends.
//
//     cells[row] --> row in the inner for --> row in the outer for --> (context)
//                        ^ frame 3                ^ frame 2
#ifndef POND_TERA_RENDER_H
#define POND_TERA_RENDER_H

#include "tera/engine.h"
#include "tera/out.h"

typedef struct tera_frame tera_frame;
typedef struct tera_binding tera_binding;

typedef enum tera_binding_kind {
    TERA_BOUND_VALUE,
    TERA_BOUND_KEY,
    TERA_BOUND_SET
} tera_binding_kind;

struct tera_binding {
    pond_value value;
    tera_binding *outer;   // of the same symbol
    tera_binding *sibling; // the next in the frame's `sets`, or in the free list
    uint32_t symbol;
    uint32_t depth; // of its frame
    uint8_t kind;   // tera_binding_kind
};

typedef enum tera_frame_kind {
    TERA_IN_ORIGIN,
    TERA_IN_INCLUDE,
    TERA_IN_MACRO,
    TERA_IN_FOR
} tera_frame_kind;

struct tera_frame {
    tera_frame *outer;
    tera_binding *sets;
    const tera_template *active; // whose blocks and macros are used
    uint32_t depth;
    uint8_t kind;
    uint32_t index, n;               // of a for
    const tera_binding *key, *value; // of a for
};

typedef struct tera_cell {
    tera_binding *top;
    const pond_value *context; // cached; NULL: not looked up yet; or &tera_absent
} tera_cell;
extern const pond_value tera_absent;

// A block that was entered: its definition, the template of that, and how many parents up that is.
typedef struct tera_entered {
    const tera_block *block;
    const tera_template *home;
    uint32_t level;
} tera_entered;

typedef enum tera_flow { TERA_GO_ON, TERA_LEAVE_LOOP, TERA_NEXT_ITEM } tera_flow;

typedef struct tera_render {
    const pond_tera *t;
    const tera_template *tpl;  // the one to render
    const tera_template *root; // its last parent, or itself
    const tera_template *text; // whose source the current node is in
    pond_value context;
    pond_buf *out;
    size_t out_limit; // for out->n
    pond_arena arena;
    tera_cell *cells;
    tera_frame *frame;
    const tera_frame *loop; // the innermost visible `for`
    uint32_t base;          // frames of less depth are not visible (in macros)
    uint32_t calls;         // depth of macros, includes and blocks
    POND_VEC(tera_entered) entered;
    tera_binding *free_bindings;
    uint64_t steps;     // how many are left
    const char *stack;  // the C stack at the start of the render
    uint32_t n_chained; // lines of the chain of calls in the error; the latest is:
    uint32_t chained_at;
    const tera_template *chained_in;
    bool is_chain_repeated;
    uint8_t flow; // tera_flow
    pond_tera_limits limits;
    struct pond_tera_env env; // for built-ins
    bool is_escaped;          // the page is markup
    bool escapes;  // what is printed is escaped; off while a macro makes a value to be stored
    bool is_quiet; // a failure counts as false, so no error text is made
    pond_err *err;
} tera_render;

// Names (scope.c) ---------------------------------------------------------------------------------

void tera_push(tera_render *r, tera_frame *f, tera_frame_kind kind, const tera_template *active);
void tera_pop(tera_render *r);
// Removes the names that the current iteration of a loop has set.
void tera_clear_sets(tera_render *r, tera_frame *f);
void tera_bind(tera_render *r, tera_binding *b, uint32_t symbol, tera_binding_kind kind);
void tera_unbind(tera_render *r, tera_binding *b);
void tera_set(tera_render *r, uint32_t symbol, pond_value v);
void tera_set_global(tera_render *r, uint32_t symbol, pond_value v);
// The value at a path, which may be made in *room; NULL when there is none, and tera_explain_path
// raises the error that says why.
const pond_value *tera_search(tera_render *r, const tera_path *path, pond_value *room);
// The same for a path that is_plain, in this binding of its name and those around it.
const pond_value *tera_search_outer(tera_render *r, const tera_path *path, const tera_binding *b,
                                    pond_value *room);
pond_code tera_explain_path(tera_render *r, const tera_path *path);

// What the steps of a path that is_plain lead to, or NULL.
const pond_value *tera_walk(const pond_value *v, const tera_path *path);

// The same as tera_search, with a short cut for what nearly all paths are: a name with a value in
// its innermost binding or in the context, and literal steps.
static inline const pond_value *tera_lookup(tera_render *r, const tera_path *path,
                                            pond_value *room) {
    const tera_cell *cell = &r->cells[path->symbol];
    const tera_binding *b = cell->top;
    const pond_value *v = b != NULL && b->depth >= r->base ? &b->value : cell->context;
    if (!path->is_plain || v == NULL)
        return tera_search(r, path, room);
    v = path->n_steps > 0 ? tera_walk(v, path) : v == &tera_absent ? NULL : v;
    return v != NULL ? v : tera_search_outer(r, path, b == NULL ? NULL : b->outer, room);
}

// Arithmetic (math.c) -----------------------------------------------------------------------------

typedef enum tera_math_result {
    TERA_MATH_OK,
    TERA_MATH_NAN,
    TERA_MATH_OVERFLOW,
    TERA_MATH_ZERO
} tera_math_result;
tera_math_result tera_math(pond_value l, char op, pond_value r, pond_value *out);

// Expressions (eval.c) ----------------------------------------------------------------------------

// The value of an expression, escaped where Tera 1 escapes it if `escapes`.
pond_code tera_eval(tera_render *r, const tera_expr *e, bool escapes, pond_value *out) POND_MUST;
// An expression as a condition.
pond_code tera_eval_bool(tera_render *r, const tera_expr *e, bool escapes, bool *out) POND_MUST;
// Prints the value of an expression, or an expression, into the output.
pond_code tera_print_value(tera_render *r, const tera_expr *e, const pond_value *v,
                           bool escapes) POND_MUST;
pond_code tera_eval_print(tera_render *r, const tera_expr *e) POND_MUST;
pond_code tera_apply_filter(tera_render *r, const tera_callee *c, pond_value in,
                            pond_value *out) POND_MUST;

// Nodes (render.c) --------------------------------------------------------------------------------

// render.c calls eval.c for expressions; eval.c calls only this function of render.c, for a macro
// call inside an expression.
pond_code tera_call_macro(tera_render *r, const tera_expr *e, bool escapes,
                          pond_buf *out) POND_MUST;

// Errors (raise.c) --------------------------------------------------------------------------------

pond_code tera_raise(tera_render *r, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
pond_code tera_raise_limit(tera_render *r, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// Adds one line to the chain of calls: WHAT PLACE, as in "included from page.html:2:1".
void tera_chain(tera_render *r, const char *what, tera_place place);
// A callee has failed: adds the place to its error, or raises one if it has not.
pond_code tera_failed_call(tera_render *r, const tera_callee *c, pond_code code);
// No filter, function or test (`kind`) has this name. `otherwise` is added when no name is similar.
typedef struct tera_known_names {
    const pond_map *host;
    const pond_sv *builtin;
    size_t n_builtin;
} tera_known_names;
pond_code tera_unknown_callee(tera_render *r, const tera_callee *c, const char *kind,
                              const tera_known_names *known, const char *otherwise);

// Limits ------------------------------------------------------------------------------------------

// Counts n steps, which are few; false when not so many are left.
static inline bool tera_steps_left(tera_render *r, unsigned n) {
    if (r->steps < n)
        return false;
    r->steps -= n;
    return true;
}
// Counts the steps of something that takes longer than one.
static inline void tera_charge(tera_render *r, uint64_t steps) {
    r->steps -= steps < r->steps ? steps : r->steps;
}
// The depth of recursion is limited by the bytes of the C stack, because tags, macros and
// parentheses take different amounts of it and can be combined.
enum { TERA_MAX_STACK = 4 << 20 };
static inline bool tera_stack_left(const tera_render *r) {
    const char *here = __builtin_frame_address(0);
    return r->stack - here < TERA_MAX_STACK;
}
// The errors of the limits above, and of others (raise.c).
pond_code tera_out_of_steps(tera_render *r, tera_place place);
pond_code tera_out_of_stack(tera_render *r, tera_place place);
pond_code tera_out_of_memory(tera_render *r, tera_place place);
pond_code tera_out_of_output(tera_render *r, tera_place place);
// Fails when the values of the render use too much memory. Call after anything that allocates.
static inline pond_code tera_check_budget(tera_render *r, tera_place place) {
    return r->arena.used_bytes > r->limits.max_memory_bytes ? tera_out_of_memory(r, place)
                                                            : POND_OK;
}

#endif
