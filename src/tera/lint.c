// Traps in tags, and the walk over a template that looks at every tag and expression once.
#include "tera/lint.h"

#include <stdlib.h>

// Bodies in bodies --------------------------------------------------------------------------------

// `is_iteration`: the body of a loop, rendered once per iteration.
typedef void (*body_fn)(void *user, tera_body body, bool is_iteration);

static void each_body(const tera_node *n, body_fn see, void *user) {
    switch ((tera_node_kind)n->kind) {
    case TERA_IF:
        for (const tera_branch *b = n->branches; b != NULL; b = b->next)
            see(user, b->body, false);
        break;
    case TERA_FOR:
        see(user, n->loop->body, true);
        see(user, n->loop->otherwise, false);
        break;
    case TERA_BLOCK:
        see(user, n->block->body, false);
        break;
    case TERA_FILTER:
        see(user, n->filter.body, false);
        break;
    default:
        break;
    }
}

// Collects the names that `set` and, with `loops_too`, `for` define.
typedef struct name_gatherer {
    pond_arena *a;
    tera_symbols names;
    bool loops_too;
} name_gatherer;

static void gather_names(void *user, tera_body body, bool is_iteration) {
    (void)is_iteration;
    name_gatherer *g = user;
    for (const tera_node *n = body.first; n != NULL; n = n->next) {
        if (n->kind == TERA_SET || n->kind == TERA_SET_GLOBAL)
            *pond_vec_push(g->a, &g->names) = n->set.name;
        if (n->kind == TERA_FOR && g->loops_too) {
            if (n->loop->key != TERA_NO_SYMBOL)
                *pond_vec_push(g->a, &g->names) = n->loop->key;
            *pond_vec_push(g->a, &g->names) = n->loop->value;
        }
        each_body(n, gather_names, user);
    }
}

typedef struct block_gatherer {
    pond_arena *a;
    POND_VEC(pond_sv) names;
} block_gatherer;

static void gather_blocks(void *user, tera_body body, bool is_iteration) {
    (void)is_iteration;
    block_gatherer *g = user;
    for (const tera_node *n = body.first; n != NULL; n = n->next) {
        if (n->kind == TERA_BLOCK)
            *pond_vec_push(g->a, &g->names) = n->block->text;
        each_body(n, gather_blocks, user);
    }
}

// Traps in tags -----------------------------------------------------------------------------------

// {{-1}} trims white space and prints 1.
static void trimming_minus(tera_linter *l, const tera_node *n) {
    const char *p = l->tpl->source.p + n->place.at;
    if (n->place.width > 3 && p[2] == '-' && p[3] >= '0' && p[3] <= '9')
        tera_lint_warn(l, n->place,
                       "'{{-' trims white space and the number is positive; write '{{ -%c'", p[3]);
}

// A `set` in a loop does not change the outer name, and is forgotten after the iteration.
static void forgotten_set(tera_linter *l, const tera_node *n) {
    uint32_t *set_in = &l->set_in[n->set.name];
    if (*set_in < l->loops) { // TERA_NO_SYMBOL is more than any
        tera_lint_warn(l, n->place,
                       "this '%.*s' is forgotten after the iteration, and the outer one does "
                       "not change; use 'set_global' %s",
                       POND_SV_ARG(tera_symbol_name(l->t, n->set.name)),
                       *set_in == 0 ? "to change it" : "in both places");
        return;
    }
    *set_in = l->loops;
    *pond_vec_push(&l->arena, &l->set) = n->set.name;
}

// Forgets all names except the first n.
static void forget(tera_linter *l, size_t n) {
    while (l->set.n > n)
        l->set_in[l->set.items[--l->set.n]] = TERA_NO_SYMBOL;
}

static void lost_in_child(tera_linter *l, const tera_node *n) {
    if (n->kind == TERA_PRINT || n->kind == TERA_SET || n->kind == TERA_SET_GLOBAL ||
        n->kind == TERA_IF || n->kind == TERA_FOR || n->kind == TERA_INCLUDE ||
        n->kind == TERA_FILTER)
        tera_lint_warn(l, n->place,
                       "a template that extends another renders nothing outside of blocks");
}

static void lost_block(tera_linter *l, const tera_node *n, const block_gatherer *parents) {
    if (n->kind != TERA_BLOCK)
        return;
    for (size_t i = 0; i < parents->names.n; i++)
        if (pond_sv_eq(parents->names.items[i], n->block->text))
            return;
    const char *meant =
        tera_did_you_mean(&l->arena, n->block->text, parents->names.items, parents->names.n);
    tera_lint_warn(l, n->place, "no parent has a block '%.*s'%s it is never rendered",
                   POND_SV_ARG(n->block->text), meant[0] == '\0' ? ":" : meant);
}

// The walk ----------------------------------------------------------------------------------------

static void lint_node(tera_linter *l, const tera_node *n);

static void lint_body(void *user, tera_body body, bool is_iteration) {
    tera_linter *l = user;
    size_t n_set = l->set.n;
    l->loops += is_iteration;
    for (const tera_node *n = body.first; n != NULL; n = n->next)
        lint_node(l, n);
    l->loops -= is_iteration;
    if (is_iteration)
        forget(l, n_set);
}

static void lint_node(tera_linter *l, const tera_node *n) {
    switch ((tera_node_kind)n->kind) {
    case TERA_PRINT:
        trimming_minus(l, n);
        tera_lint_expr(l, n->expr, AS_PRINTED);
        break;
    case TERA_SET:
    case TERA_SET_GLOBAL:
        if (n->kind == TERA_SET || l->loops == 0) // outside of loops both are the same
            forgotten_set(l, n);
        tera_lint_expr(l, n->set.value, AS_VALUE);
        break;
    case TERA_IF:
        for (const tera_branch *b = n->branches; b != NULL; b = b->next)
            tera_lint_expr(l, b->condition, AS_CONDITION);
        break;
    case TERA_FOR:
        tera_lint_expr(l, n->loop->container, AS_OPERAND);
        break;
    case TERA_FILTER:
        tera_lint_filter(l, n->filter.call, false);
        break;
    default:
        break;
    }
    each_body(n, lint_body, l);
}

static void lint_template(tera_linter *l) {
    block_gatherer parents = {.a = &l->arena};
    for (uint32_t i = 0; i < l->tpl->n_parents; i++)
        gather_blocks(&parents, l->tpl->parents[i]->body, false);
    for (const tera_node *n = l->tpl->body.first; n != NULL; n = n->next) {
        if (l->tpl->parent.p != NULL)
            lost_in_child(l, n);
        if (l->tpl->n_parents > 0)
            lost_block(l, n, &parents);
        lint_node(l, n);
    }
}

static void lint_macro(tera_linter *l, const tera_macro *macro, const tera_symbols *set) {
    name_gatherer own = {.a = &l->arena, .loops_too = true};
    for (uint32_t i = 0; i < macro->n_parameters; i++)
        *pond_vec_push(&l->arena, &own.names) = macro->parameters[i].name;
    gather_names(&own, macro->body, false);
    for (size_t i = 0; i < set->n; i++)
        l->is_outside[set->items[i]] = true;
    for (size_t i = 0; i < own.names.n; i++)
        l->is_outside[own.names.items[i]] = false;
    forget(l, 0);
    lint_body(l, macro->body, false);
}

static int by_place(const void *a, const void *b) {
    uint32_t x = ((const tera_trap *)a)->place.at, y = ((const tera_trap *)b)->place.at;
    return x != y ? (x > y) - (x < y)
                  : strcmp(((const tera_trap *)a)->message, ((const tera_trap *)b)->message);
}

// At most this many warnings are reported.
enum { MAX_REPORTED = 100 };

static void report(tera_linter *l, pond_tera_warning warn, void *user) {
    if (l->traps.n > 0)
        qsort(l->traps.items, l->traps.n, sizeof *l->traps.items, by_place);
    for (size_t i = 0; i < l->traps.n && i <= MAX_REPORTED; i++) {
        const tera_trap *trap = &l->traps.items[i];
        pond_loc loc = tera_locate(l->tpl, trap->place.at);
        const char *line = pond_cstr(&l->arena, tera_line_at(l->tpl, trap->place.at));
        const char *message = trap->message;
        if (i == MAX_REPORTED)
            message = pond_printf(&l->arena, "%zu more warnings are not shown",
                                  l->traps.n - MAX_REPORTED);
        warn(user, &loc, message, line);
    }
}

void pond_tera_lint(const pond_tera *t, pond_sv name, pond_tera_warning warn, void *user) {
    const tera_template *tpl = tera_find(t, name);
    if (tpl == NULL)
        return;
    tera_linter l = {.t = t, .tpl = tpl};
    pond_arena_init(&l.arena);
    l.set_in = POND_NEW_ARRAY(&l.arena, uint32_t, t->symbols.n);
    l.is_outside = POND_NEW_ARRAY(&l.arena, bool, t->symbols.n);
    for (size_t i = 0; i < t->symbols.n; i++)
        l.set_in[i] = TERA_NO_SYMBOL;
    for (size_t i = 0; i < tpl->traps.n; i++)
        *pond_vec_push(&l.arena, &l.traps) = tpl->traps.items[i];
    lint_template(&l);
    name_gatherer set = {.a = &l.arena};
    gather_names(&set, tpl->body, false);
    for (size_t i = 0; i < tpl->macros.n; i++)
        lint_macro(&l, tpl->macros.entries[i].value, &set.names);
    report(&l, warn, user);
    pond_arena_deinit(&l.arena);
}
