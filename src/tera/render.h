// render: one rendering under way. Everything here belongs to one thread.
//
// Names are looked up dynamically, since an include sees whatever is visible at its tag: each
// symbol has a cell with the chain of its bindings, innermost first, and behind them the value that
// the context has for it, looked up once. A frame (the template, an include, a macro, one run of a
// for) knows its bindings, so that they can be taken off their chains when it ends.
//
//     cells[row] --> row in the inner for --> row in the outer for --> (context)
//                        ^ frame 3                ^ frame 2
#ifndef POND_TERA_RENDER_H
#define POND_TERA_RENDER_H

#include "tera/engine.h"

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
    tera_binding *sibling; // the next of the frame's sets; or of the free ones
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
    const tera_template *active; // whose blocks and macros count
    uint32_t depth;
    uint8_t kind;
    uint32_t index, n;               // of a for
    const tera_binding *key, *value; // of a for
};

typedef struct tera_cell {
    tera_binding *top;
    const pond_value *context; // NULL: not looked up yet
} tera_cell;

// A block that has been entered: which one, whose definition, how far up the parents.
typedef struct tera_entered {
    const tera_block *block;
    const tera_template *home;
    uint32_t level;
} tera_entered;

typedef enum tera_flow { TERA_GO_ON, TERA_LEAVE_LOOP, TERA_NEXT_ITEM } tera_flow;

typedef struct tera_render {
    const pond_tera *t;
    const tera_template *tpl;  // the one asked for
    const tera_template *root; // its last parent, or itself
    const tera_template *text; // whose source the node being rendered stands in
    pond_value context;
    pond_buf *out;
    size_t out_limit; // of out->n
    pond_arena arena;
    tera_cell *cells;
    tera_frame *frame;
    const tera_frame *loop; // the innermost visible for
    uint32_t base;          // bindings of frames below this depth are not visible (macros)
    uint32_t calls;         // depth of macros, includes and blocks
    POND_VEC(tera_entered) entered;
    tera_binding *free_bindings;
    uint64_t steps;     // left
    const char *stack;  // where the C stack stood when the rendering began
    uint32_t n_chained; // lines of the chain of calls in an error; the latest is:
    uint32_t chained_at;
    const tera_template *chained_in;
    bool is_chain_repeated;
    uint8_t flow; // tera_flow
    pond_tera_limits limits;
    tera_env env;  // for built-ins
    bool escapes;  // what is printed; off while a macro runs to make a value to be stored
    bool is_quiet; // a failure will count as false, so no text is made for it
    pond_err *err;
} tera_render;

// Scope (scope.c)
void tera_push(tera_render *r, tera_frame *f, tera_frame_kind kind, const tera_template *active);
void tera_pop(tera_render *r);
// Ends one iteration: what it has set is gone.
void tera_clear_sets(tera_render *r, tera_frame *f);
void tera_bind(tera_render *r, tera_binding *b, uint32_t symbol, tera_binding_kind kind);
void tera_unbind(tera_render *r, tera_binding *b);
void tera_set(tera_render *r, uint32_t symbol, pond_value v);
void tera_set_global(tera_render *r, uint32_t symbol, pond_value v);
// False when the path leads nowhere; says why with tera_explain_path.
bool tera_lookup(tera_render *r, const tera_path *path, pond_value *out);
pond_code tera_explain_path(tera_render *r, const tera_path *path);
// Everything visible, as __tera_context shows it.
pond_value tera_dump(tera_render *r);

// Math (math.c)
typedef enum tera_math_result {
    TERA_MATH_OK,
    TERA_MATH_NAN,
    TERA_MATH_OVERFLOW,
    TERA_MATH_ZERO
} tera_math_result;
tera_math_result tera_math(pond_value l, char op, pond_value r, pond_value *out);

// Expressions (eval.c)
// The value, escaped where Tera 1 escapes it if `escapes`.
pond_code tera_eval(tera_render *r, const tera_expr *e, bool escapes, pond_value *out) POND_MUST;
// As a condition.
pond_code tera_eval_bool(tera_render *r, const tera_expr *e, bool escapes, bool *out) POND_MUST;
pond_code tera_eval_print(tera_render *r, const tera_expr *e) POND_MUST;
pond_code tera_apply_filter(tera_render *r, const tera_callee *c, pond_value in,
                            pond_value *out) POND_MUST;

// Nodes (render.c)
pond_code tera_call_macro(tera_render *r, const tera_expr *e, bool escapes,
                          pond_buf *out) POND_MUST;

// Raising (render.c)
pond_code tera_raise(tera_render *r, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
pond_code tera_raise_limit(tera_render *r, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// One line of the chain: WHAT, called/included at PLACE.
void tera_chain(tera_render *r, const char *what, tera_place place);
// Counts a step.
static inline bool tera_step_left(tera_render *r) {
    return r->steps != 0 && r->steps-- != 0;
}
// Counts what takes longer than a step.
static inline void tera_charge(tera_render *r, uint64_t steps) {
    r->steps -= steps < r->steps ? steps : r->steps;
}
pond_code tera_out_of_steps(tera_render *r, tera_place place);
// Depth of recursion is bounded by what it must not exceed: bytes of the C stack. Tags, macros and
// parentheses all take different amounts, and multiply.
enum { TERA_MAX_STACK = 4 << 20 };
static inline bool tera_stack_left(const tera_render *r) {
    const char *here = __builtin_frame_address(0);
    return r->stack - here < TERA_MAX_STACK;
}
pond_code tera_out_of_stack(tera_render *r, tera_place place);
// After anything that may have allocated or printed.
pond_code tera_check_budget(tera_render *r, tera_place place);

#endif
