// Nodes: the walk over the tree of a template that writes the output.
#include "tera/render.h"
#include "tera/unicode.h"

#include <stdalign.h>
#include <stdlib.h>

// Bodies ------------------------------------------------------------------------------------------

static pond_code render_node(tera_render *r, const tera_node *n);
static pond_code render_if(tera_render *r, const tera_node *n);

// Where the next byte of the output goes, and how far it may go without a look at the limits and the
// memory of the output. While a body holds a pen, r->out->n is behind.
typedef struct pen {
    char *to, *end;
} pen;

// The pen for what comes after so many bytes, for which there is memory; its end is where it begins
// when they come too near to the limit.
static inline pen take_pen(const tera_render *r) {
    const pond_buf *out = r->out;
    size_t most = out->cap < r->out_limit ? out->cap : r->out_limit;
    char *to = out->p + out->n;
    return (pen){to, most > out->n + TERA_SLACK ? to + (most - out->n - TERA_SLACK) : to};
}

static inline void leave_pen(tera_render *r, pen p) {
    r->out->n = (size_t)(p.to - r->out->p);
}

static inline bool has_room(pen p, size_t n) {
    return p.end - p.to > (ptrdiff_t)n;
}

// The pen after room was made for n bytes, without room for them near the limit.
static TERA_RARE pen make_room(tera_render *r, pen p, size_t n) {
    enum { AT_ONCE = 192 }; // enough for all of what is rendered apart, as a filter section
    leave_pen(r, p);
    if (r->out_limit > r->out->n && r->out_limit - r->out->n > n + TERA_SLACK)
        tera_room(r->out, n + AT_ONCE);
    return take_pen(r);
}

// Nodes one by one, when a limit is near: an error is that of the first node beyond it.
static pond_code render_carefully(tera_render *r, const tera_node *n) {
    for (; n != NULL && r->flow == TERA_GO_ON; n = n->next) {
        if (!tera_steps_left(r, n->steps))
            return tera_out_of_steps(r, n->place);
        if (n->text.n > 0) {
            uint32_t at = (uint32_t)(n->text.p - r->text->source.p);
            pond_buf_sv(r->out, n->text);
            if (r->out->n > r->out_limit)
                return tera_out_of_output(r, (tera_place){at, (uint32_t)n->text.n});
        }
        POND_TRY(render_node(r, n));
        if (r->out->n > r->out_limit)
            return tera_out_of_output(r, n->place);
    }
    return POND_OK;
}

// Prints what is printed most: an integer or a string. False when it is something else.
static inline __attribute__((always_inline)) bool print_quickly(tera_render *r, const tera_expr *e,
                                                                const pond_value *v, pen *p) {
    if (v->kind == POND_INT) {
        p->to = tera_put_int(p->to, v->i);
        return true;
    }
    bool escapes = r->escapes && !e->is_safe;
    enum { LONG = 512 }; // for longer ones tera_escape reserves less
    if (v->kind != POND_STRING || (escapes && v->n > LONG))
        return false;
    size_t most = escapes ? (size_t)v->n * TERA_LONGEST_ENTITY : v->n;
    if (!has_room(*p, most)) {
        *p = make_room(r, *p, most);
        if (!has_room(*p, most))
            return false;
    }
    p->to = escapes ? tera_put_escaped(p->to, pond_value_sv(*v))
                    : tera_put_sv(p->to, pond_value_sv(*v));
    return true;
}

// Whatever is not done by render_nodes itself. `v` is the value to print, if it is known.
static TERA_RARE pond_code render_other(tera_render *r, const tera_node *n, const pond_value *v) {
    if (v != NULL)
        return tera_print_value(r, n->expr, v, r->escapes && !n->expr->is_safe);
    if (n->kind == TERA_IF)
        return render_if(r, n);
    return n->kind == TERA_PRINT ? tera_eval_print(r, n->expr) : render_node(r, n);
}

// The nodes of a body. Inlined where they are rendered once and where they are rendered in a loop,
// so that the pen stays in registers in both.
static inline __attribute__((always_inline)) pond_code render_nodes(tera_render *r,
                                                                    const tera_node *n, pen *p) {
    for (; n != NULL; n = n->next) {
        if (!has_room(*p, n->text.n))
            *p = make_room(r, *p, n->text.n);
        if (!has_room(*p, n->text.n) || !tera_steps_left(r, n->steps)) {
            leave_pen(r, *p);
            pond_code code = render_carefully(r, n);
            *p = take_pen(r);
            return code;
        }
        p->to = tera_put_text(p->to, n->text);
        if (n->kind == TERA_TEXT)
            continue;
        pond_value room;
        const pond_value *v = n->is_bare_path ? tera_lookup(r, n->expr->path, &room) : NULL;
        if (v != NULL && print_quickly(r, n->expr, v, p))
            continue;
        leave_pen(r, *p);
        pond_code code = render_other(r, n, v);
        *p = take_pen(r);
        if (code != POND_OK || r->flow != TERA_GO_ON)
            return code;
        if (r->out->n > r->out_limit)
            return tera_out_of_output(r, n->place);
    }
    return POND_OK;
}

static pond_code render_body(tera_render *r, tera_body body) {
    if (!tera_stack_left(r))
        return tera_out_of_stack(r, body.first == NULL ? (tera_place){0} : body.first->place);
    pen p = take_pen(r);
    pond_code code = render_nodes(r, body.first, &p);
    leave_pen(r, p);
    return code;
}

// Renders into another buffer. The text in all buffers together counts as output.
static pond_code render_apart(tera_render *r, tera_body body, pond_buf *out) {
    pond_buf *old = r->out;
    size_t limit = r->out_limit;
    r->out_limit = limit > old->n ? limit - old->n : 0;
    r->out = out;
    pond_code code = render_body(r, body);
    tera_end(out);
    r->out = old;
    r->out_limit = limit;
    return code;
}

static pond_code enter_call(tera_render *r, tera_place place) {
    if (++r->calls <= r->limits.max_call_depth)
        return POND_OK;
    r->calls--;
    return tera_raise_limit(r, place, "macros, includes and blocks are nested deeper than %u",
                            r->limits.max_call_depth);
}

// if, for -----------------------------------------------------------------------------------------

static TERA_RARE pond_code render_if(tera_render *r, const tera_node *n) {
    for (const tera_branch *b = n->branches; b != NULL; b = b->next) {
        bool holds = true;
        if (b->condition != NULL)
            POND_TRY(tera_eval_bool(r, b->condition, r->escapes, &holds));
        if (holds)
            return render_body(r, b->body);
    }
    return POND_OK;
}

// What a `for` loops over.
typedef struct items {
    pond_value from;
    size_t at; // the next character of a string
} items;

static uint32_t count_items(pond_value v) {
    if (v.kind != POND_STRING)
        return v.n;
    uint32_t n = 0;
    for (size_t at = 0; at < v.n; n++)
        at += tera_grapheme_at(pond_value_sv(v), at);
    return n;
}

static void next_item(items *it, uint32_t i, tera_binding *key, tera_binding *value) {
    if (it->from.kind == POND_ARRAY) {
        value->value = it->from.items[i];
    } else if (it->from.kind == POND_OBJECT) {
        key->value = pond_string(it->from.entries[i].key);
        value->value = it->from.entries[i].value;
    } else {
        size_t n = tera_grapheme_at(pond_value_sv(it->from), it->at);
        value->value = pond_string((pond_sv){it->from.s + it->at, n});
        it->at += n;
    }
}

static pond_code check_container(tera_render *r, const tera_for *loop, pond_value v) {
    const tera_place place = loop->container->place;
    bool has_key = loop->key != TERA_NO_SYMBOL;
    if (v.kind != POND_ARRAY && v.kind != POND_STRING && v.kind != POND_OBJECT)
        return tera_raise(r, place, "'for' needs an array, an object or a string, got %s",
                          pond_kind_name(v));
    if (has_key && v.kind != POND_OBJECT)
        return tera_raise(r, place, "'for key, value' needs an object, got %s", pond_kind_name(v));
    if (!has_key && v.kind == POND_OBJECT)
        return tera_raise(r, place, "this is an object: write 'for key, value in ...'");
    return POND_OK;
}

// Not inlined, like render_if: then render_node needs nearly nothing of the stack.
static TERA_RARE pond_code run_loop(tera_render *r, const tera_for *loop, pond_value v,
                                    uint32_t n) {
    items it = {.from = v};
    tera_frame frame;
    tera_binding key = {0}, value = {0};
    const tera_frame *outer_loop = r->loop;
    pond_code code = POND_OK;
    if (!tera_stack_left(r))
        return tera_out_of_stack(r, loop->container->place);
    tera_push(r, &frame, TERA_IN_FOR, r->frame->active);
    frame.n = n;
    tera_bind(r, &value, loop->value, TERA_BOUND_VALUE);
    frame.value = &value;
    if (loop->key != TERA_NO_SYMBOL) {
        tera_bind(r, &key, loop->key, TERA_BOUND_KEY);
        frame.key = &key;
    }
    r->loop = &frame;
    pen p = take_pen(r);
    for (uint32_t i = 0; i < n && code == POND_OK; i++) {
        frame.index = i;
        next_item(&it, i, &key, &value);
        code = tera_steps_left(r, 1) ? render_nodes(r, loop->body.first, &p)
                                     : tera_out_of_steps(r, loop->container->place);
        if (frame.sets != NULL)
            tera_clear_sets(r, &frame);
        bool leaves = r->flow == TERA_LEAVE_LOOP;
        r->flow = TERA_GO_ON;
        if (leaves)
            break;
    }
    leave_pen(r, p);
    r->loop = outer_loop;
    if (loop->key != TERA_NO_SYMBOL)
        tera_unbind(r, &key);
    tera_unbind(r, &value);
    tera_pop(r);
    return code;
}

static pond_code render_for(tera_render *r, const tera_for *loop) {
    const tera_expr *container = loop->container;
    pond_value v;
    if (container->kind != TERA_PATH && container->kind != TERA_CALL &&
        container->kind != TERA_ARRAY)
        return tera_raise(r, container->place,
                          "'for' needs a name, a call or an array; "
                          "for numbers use range(end=10)");
    POND_TRY(tera_eval(r, container, false, &v));
    POND_TRY(check_container(r, loop, v));
    uint32_t n = count_items(v);
    if (n == 0)
        return render_body(r, loop->otherwise);
    return run_loop(r, loop, v, n);
}

// Macros ------------------------------------------------------------------------------------------

// The template whose namespaces are used: that of the block entered last, even if the block has
// ended; or else the root if there are parents; or else the current template or include.
static const tera_template *macro_home(const tera_render *r) {
    if (r->entered.n > 0)
        return r->entered.items[r->entered.n - 1].home;
    return r->tpl != r->root ? r->root : r->frame->active;
}

static const char *list_namespaces(tera_render *r, const tera_template *home) {
    pond_buf b = POND_BUF_EMPTY;
    for (uint32_t i = 0; i < home->n_namespaces; i++)
        pond_buf_printf(&b, "%s%.*s", i == 0 ? "; imports: " : ", ",
                        POND_SV_ARG(tera_symbol_name(r->t, home->namespaces[i].name)));
    const char *text = pond_cstr(&r->arena, pond_buf_view(&b));
    pond_buf_free(&b);
    return text;
}

static pond_code find_macro(tera_render *r, const tera_expr *e, const tera_template **home,
                            const tera_macro **out) {
    const tera_template *from = macro_home(r);
    const pond_sv space = tera_symbol_name(r->t, e->space), name = e->arguments->name;
    *home = NULL;
    for (uint32_t i = 0; i < from->n_namespaces && *home == NULL; i++)
        if (from->namespaces[i].name == e->space)
            *home = from->namespaces[i].template;
    if (*home == NULL)
        return r->is_quiet ? POND_ERR_TEMPLATE
                           : tera_raise(r, e->place, "'%.*s' imports nothing as '%.*s'%s",
                                        POND_SV_ARG(from->name), POND_SV_ARG(space),
                                        list_namespaces(r, from));
    *out = pond_map_get(&(*home)->macros, name);
    if (*out != NULL || r->is_quiet)
        return *out != NULL ? POND_OK : POND_ERR_TEMPLATE;
    const pond_map *macros = &(*home)->macros;
    pond_sv *names = POND_NEW_ARRAY(&r->arena, pond_sv, macros->n + 1);
    for (size_t i = 0; i < macros->n; i++)
        names[i] = macros->entries[i].key;
    return tera_raise(r, e->arguments->place, "'%.*s' has no macro '%.*s'%s",
                      POND_SV_ARG((*home)->name), POND_SV_ARG(name),
                      tera_did_you_mean(&r->arena, name, names, macros->n));
}

static pond_code eval_parameter(tera_render *r, const tera_expr *e, const tera_macro *macro,
                                const tera_parameter *p, pond_value *out) {
    const tera_callee *given = e->arguments;
    for (uint32_t i = 0; i < given->n; i++)
        if (pond_sv_eq(given->names[i], p->text))
            return tera_eval(r, given->args[i], false, out);
    if (p->fallback == NULL)
        return tera_raise(r, given->place, "macro '%.*s' needs the argument '%.*s'",
                          POND_SV_ARG(macro->text), POND_SV_ARG(p->text));
    *out = p->fallback->value;
    return POND_OK;
}

static pond_code run_macro(tera_render *r, const tera_macro *macro, const tera_template *home,
                           const pond_value *values, pond_buf *out) {
    tera_frame frame;
    const tera_frame *loop = r->loop;
    uint32_t base = r->base;
    tera_push(r, &frame, TERA_IN_MACRO, home);
    for (uint32_t i = 0; i < macro->n_parameters; i++)
        tera_set(r, macro->parameters[i].name, values[i]);
    r->base = frame.depth;
    r->loop = NULL;
    pond_code code =
        out == r->out ? render_body(r, macro->body) : render_apart(r, macro->body, out);
    r->base = base;
    r->loop = loop;
    tera_pop(r);
    return code;
}

pond_code tera_call_macro(tera_render *r, const tera_expr *e, bool escapes, pond_buf *out) {
    const bool outer_escapes = r->escapes;
    enum { SMALL = 8 };
    const tera_template *home, *text = r->text;
    const tera_macro *macro = NULL;
    pond_value room[SMALL], *values = room;
    POND_TRY(find_macro(r, e, &home, &macro));
    if (macro->n_parameters > SMALL)
        values = pond_alloc(&r->arena, macro->n_parameters * sizeof *values);
    for (uint32_t i = 0; i < macro->n_parameters; i++)
        POND_TRY(eval_parameter(r, e, macro, &macro->parameters[i], &values[i]));
    POND_TRY(enter_call(r, e->place));
    r->text = home;
    r->escapes = escapes;
    pond_code code = run_macro(r, macro, home, values, out);
    r->escapes = outer_escapes;
    r->text = text;
    r->calls--;
    if (code != POND_OK && !r->is_quiet)
        tera_chain(r,
                   pond_printf(&r->arena, "in macro %.*s of %.*s, called at",
                               POND_SV_ARG(macro->text), POND_SV_ARG(home->name)),
                   e->place);
    return code;
}

// Includes and blocks -----------------------------------------------------------------------------

static pond_code missing_include(tera_render *r, const tera_node *n) {
    if (n->include->ignore_missing)
        return POND_OK;
    if (n->include->n > 1)
        return tera_raise(r, n->place, "none of these %u templates exists", n->include->n);
    pond_code code = tera_raise(r, n->place, "there is no template '%.*s' to include",
                                POND_SV_ARG(n->include->names[0]));
    if (!r->is_quiet && n->include->why_missing.n > 0)
        pond_err_detail(r->err, "%s", n->include->why_missing.p);
    return code;
}

static pond_code render_include(tera_render *r, const tera_node *n) {
    const tera_template *found = n->include->found, *text = r->text;
    tera_frame frame;
    if (found == NULL)
        return missing_include(r, n);
    POND_TRY(enter_call(r, n->place));
    tera_push(r, &frame, TERA_IN_INCLUDE, found);
    r->text = found;
    pond_code code = render_body(r, found->body);
    r->text = text;
    tera_pop(r);
    r->calls--;
    if (code != POND_OK)
        tera_chain(r, "included from", n->place);
    return code;
}

// Renders the definition of a block in `home`; `place` is where the block was reached.
static pond_code run_block(tera_render *r, const tera_block *block, const tera_template *home,
                           tera_place place) {
    const tera_template *text = r->text;
    POND_TRY(enter_call(r, place));
    r->text = home;
    pond_code code = render_body(r, block->body);
    r->text = text;
    r->calls--;
    if (code != POND_OK && !r->is_quiet)
        tera_chain(r,
                   pond_printf(&r->arena, "in block %.*s of %.*s, reached at",
                               POND_SV_ARG(block->text), POND_SV_ARG(home->name)),
                   place);
    return code;
}

static pond_code enter_block(tera_render *r, const tera_block *block, const tera_template *home,
                             uint32_t level, tera_place place) {
    *pond_vec_push(&r->arena, &r->entered) = (tera_entered){block, home, level};
    return tera_check_budget(r, place);
}

// Renders the definition nearest to the template being rendered. As in Tera 1, which looks up
// macros by the last entered block, a block stays on the list after its end, except through
// super().
static pond_code render_block(tera_render *r, const tera_node *n) {
    const tera_template *active = r->frame->active;
    for (uint32_t level = 0; level <= active->n_parents; level++) {
        const tera_template *home = level == 0 ? active : active->parents[level - 1];
        const tera_block *block = pond_map_get(&home->blocks, n->block->text);
        if (block == NULL)
            continue;
        POND_TRY(enter_block(r, block, home, level, n->place));
        return run_block(r, block, home, n->place);
    }
    return render_body(r, n->block->body);
}

static pond_code render_super(tera_render *r, const tera_node *n) {
    if (r->entered.n == 0)
        return tera_raise(r, n->place, "super() works only in a block");
    const tera_entered here = r->entered.items[r->entered.n - 1];
    for (uint32_t level = here.level + 1; level <= r->tpl->n_parents; level++) {
        const tera_template *home = r->tpl->parents[level - 1];
        const tera_block *block = pond_map_get(&home->blocks, here.block->text);
        if (block == NULL)
            continue;
        POND_TRY(enter_block(r, block, home, level, n->place));
        pond_code code = run_block(r, block, home, n->place);
        size_t n_left = level >= r->tpl->n_parents ? 2 : 1; // at the last parent both are removed
        r->entered.n -= n_left < r->entered.n ? n_left : r->entered.n;
        return code;
    }
    return tera_raise(r, n->place, "super(): no parent has a block '%.*s'",
                      POND_SV_ARG(here.block->text));
}

// Other tags --------------------------------------------------------------------------------------

static pond_code print_value(tera_render *r, pond_value v, tera_place place) {
    return tera_print_max(r->out, v, r->out_limit) ? POND_OK : tera_out_of_output(r, place);
}

static pond_code render_filter_section(tera_render *r, const tera_node *n) {
    const tera_callee *c = n->filter.call;
    if (pond_sv_is(c->name, "safe"))
        return render_body(r, n->filter.body);
    if (pond_sv_is(c->name, "default"))
        return tera_raise(r, c->place, "'default' cannot be the filter of a section");
    pond_buf text = POND_BUF_EMPTY;
    pond_value v;
    pond_code code = render_apart(r, n->filter.body, &text);
    if (code == POND_OK) {
        pond_value in = pond_string(pond_buf_keep(&r->arena, &text));
        code = tera_apply_filter(r, c, in, &v);
    }
    pond_buf_free(&text);
    return code == POND_OK ? print_value(r, v, n->place) : code;
}

static pond_code render_set(tera_render *r, const tera_node *n) {
    pond_value v;
    POND_TRY(tera_eval(r, n->set.value, false, &v));
    if (n->kind == TERA_SET)
        tera_set(r, n->set.name, v);
    else
        tera_set_global(r, n->set.name, v);
    return tera_check_budget(r, n->place);
}

static pond_code render_node(tera_render *r, const tera_node *n) {
    switch ((tera_node_kind)n->kind) {
    case TERA_TEXT:
        break; // its text is written before
    case TERA_PRINT:
        return tera_eval_print(r, n->expr);
    case TERA_SET:
    case TERA_SET_GLOBAL:
        return render_set(r, n);
    case TERA_IF:
        return render_if(r, n);
    case TERA_FOR:
        return render_for(r, n->loop);
    case TERA_BREAK:
        r->flow = TERA_LEAVE_LOOP;
        break;
    case TERA_CONTINUE:
        r->flow = TERA_NEXT_ITEM;
        break;
    case TERA_BLOCK:
        return render_block(r, n);
    case TERA_SUPER:
        return render_super(r, n);
    case TERA_INCLUDE:
        return render_include(r, n);
    case TERA_FILTER:
        return render_filter_section(r, n);
    case TERA_EXTENDS:
        return tera_raise(r, n->place, "a template that extends another cannot be included");
    }
    return POND_OK;
}

// Render ------------------------------------------------------------------------------------------

static pond_code no_template(const pond_tera *t, pond_sv name, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    const pond_sv *names;
    size_t n = tera_all_names(&a, &t->templates, NULL, 0, &names);
    pond_code code = pond_fail(err, POND_ERR_TEMPLATE, "there is no template '%.*s'%s",
                               POND_SV_ARG(name), tera_did_you_mean(&a, name, names, n));
    pond_arena_deinit(&a);
    return code;
}

pond_code pond_tera_render(const pond_tera *t, pond_sv name, pond_value context,
                           const pond_tera_run *run, pond_buf *out, pond_err *err) {
    const tera_template *tpl = tera_find(t, name);
    if (tpl == NULL)
        return no_template(t, name, err);
    if (err != NULL)
        pond_err_clear(err);
    tera_frame origin;
    alignas(max_align_t) char room[1024];
    pond_tera_escape escape = run == NULL ? POND_TERA_ESCAPE_AS_TEMPLATE : run->escape;
    bool is_escaped =
        escape == POND_TERA_ESCAPE_AS_TEMPLATE ? tpl->is_escaped : escape == POND_TERA_ESCAPE_ON;
    const tera_template *root = tpl->n_parents > 0 ? tpl->parents[tpl->n_parents - 1] : tpl;
    pond_tera_limits limits = run == NULL ? t->limits : tera_limits_or(run->limits, t->limits);
    // A small page takes little longer than this. Clearing what is left out would, so nothing is.
    tera_render r = {
        .t = t,
        .tpl = tpl,
        .root = root,
        .text = root,
        .context = context,
        .out = out,
        .out_limit = out->n + limits.max_output_bytes,
        .arena = {NULL, NULL, NULL, 0, 0, false},
        .cells = NULL,
        .frame = NULL,
        .loop = NULL,
        .base = 1,
        .calls = 0,
        .entered = {NULL, 0, 0},
        .free_bindings = NULL,
        .steps = limits.max_steps,
        .stack = __builtin_frame_address(0),
        .n_chained = 0,
        .chained_at = 0,
        .chained_in = NULL,
        .is_chain_repeated = false,
        .flow = TERA_GO_ON,
        .limits = limits,
        .env = {limits.max_range, t->zones, run == NULL ? NULL : run->host,
                run == NULL ? NULL : run->late},
        .is_escaped = is_escaped,
        .escapes = is_escaped,
        .is_quiet = false,
        .err = err,
    };
    pond_arena_init_in(&r.arena, room, sizeof room, &t->arena);
    r.arena.limit_bytes = limits.max_memory_bytes;
    r.cells = POND_NEW_ARRAY(&r.arena, tera_cell, t->symbols.n);
    tera_push(&r, &origin, TERA_IN_ORIGIN, tpl);
    pond_code code = render_body(&r, r.root->body);
    tera_end(out);
    pond_arena_deinit(&r.arena);
    return code;
}
