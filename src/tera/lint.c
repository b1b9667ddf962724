// Lint: what Tera 1 accepts and its authors hardly mean. Each trap is one small function that looks
// at one expression or node; the walk below shows them everything once.
#include "tera/engine.h"

typedef struct linter {
    const pond_tera *t;
    const tera_template *tpl;
    pond_tera_warning warn;
    void *user;
    pond_arena arena;
    bool in_for;
} linter;

static void warn(linter *l, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void warn(linter *l, tera_place place, const char *fmt, ...) {
    char message[POND_ERR_MSG];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    pond_loc loc = tera_locate(l->tpl, place.at);
    pond_sv line = tera_line_at(l->tpl, place.at);
    l->warn(l->user, &loc, message, pond_cstr(&l->arena, line));
}

// Traps in expressions
// -------------------------------------------------------------------------------------------------

// An expression is looked at as a value ({{ }}, set, arguments) or as a condition.
typedef enum usage { AS_VALUE, AS_PRINTED, AS_CONDITION, AS_OPERAND } usage;

static void swallowed_not(linter *l, const tera_expr *e) {
    if (e->lost_not)
        warn(l, e->place, "the parentheses swallow the 'not': this means the same without it");
}

static void doubled_not(linter *l, const tera_expr *e, usage as) {
    if (e->is_negated && e->kind == TERA_COMPARE && (as == AS_VALUE || as == AS_PRINTED))
        warn(l, e->place,
             "'not' before a comparison counts twice outside of conditions, so this is "
             "the comparison itself");
}

static void skipped_filters(linter *l, const tera_expr *e, usage as) {
    if (e->skipped_default.width > 0)
        warn(l, e->skipped_default,
             "'default' does nothing here: it works only as the first filter behind a name");
    if (e->skipped_safe.width > 0)
        warn(l, e->skipped_safe, "'safe' does nothing here: it counts only as the last filter");
    if (as == AS_CONDITION && e->has_filters && e->kind != TERA_PATH)
        warn(l, e->filters != NULL ? e->filters[0].place : e->place,
             "filters are ignored in a condition that is not a plain name");
}

static void unescaped_join(linter *l, const tera_expr *e, usage as) {
    if (as != AS_PRINTED || !l->tpl->is_escaped || e->kind != TERA_CONCAT || e->has_filters)
        return;
    bool has_call = false;
    const tera_expr *path = NULL;
    for (uint32_t i = 0; i < e->n_terms; i++) {
        has_call |= e->terms[i].expr->kind == TERA_CALL;
        if (e->terms[i].expr->kind == TERA_PATH)
            path = e->terms[i].expr;
    }
    if (!has_call && path != NULL)
        warn(l, path->place,
             "the result of '~' is not escaped; print the parts one by one, or add "
             "'| escape | safe'");
}

static void doubled_escape(linter *l, const tera_expr *e, usage as) {
    if (as != AS_PRINTED || !l->tpl->is_escaped || e->n_filters == 0 || e->is_safe)
        return;
    const tera_callee *last = &e->filters[e->n_filters - 1];
    if (pond_sv_is(last->name, "escape") || pond_sv_is(last->name, "escape_xml"))
        warn(l, last->place, "this is escaped twice: the template is escaped already");
}

static bool is_plain_literal(const tera_expr *e) {
    return e->is_constant && !e->has_filters && e->kind != TERA_ARRAY;
}

static void constant_comparison(linter *l, const tera_expr *e) {
    if (e->kind != TERA_COMPARE || !is_plain_literal(e->left) || !is_plain_literal(e->right))
        return;
    bool is_equality = e->comparison == TERA_EQ || e->comparison == TERA_NE;
    bool left = pond_is_number(e->left->value), right = pond_is_number(e->right->value);
    if (is_equality && left != right)
        warn(l, e->place, "a number and something else: both '==' and '!=' are always false");
    else if (is_equality && !left && e->left->value.kind != e->right->value.kind)
        warn(l, e->place, "%s and %s are never equal", pond_kind_name(e->left->value),
             pond_kind_name(e->right->value));
    else if (!is_equality && !(left && right))
        warn(l, e->place, "only numbers have an order: this fails when it is reached");
}

static void warn_unknown(linter *l, const tera_callee *c, const char *kind, const pond_map *host,
                         const pond_sv *builtin, size_t n, const char *effect) {
    const pond_sv *names;
    size_t n_all = tera_all_names(&l->arena, host, builtin, n, &names);
    const char *meant = tera_did_you_mean(&l->arena, c->name, names, n_all);
    warn(l, c->place, "unknown %s '%.*s'%s%s %s", kind, POND_SV_ARG(c->name), meant,
         meant[0] == '\0' ? ":" : "", effect);
}

static void unknown_names(linter *l, const tera_expr *e, usage as) {
    const pond_sv *names;
    size_t n = tera_filter_names(&names);
    for (uint32_t i = 0; i < e->n_filters; i++)
        if (e->filters[i].filter == NULL)
            warn_unknown(l, &e->filters[i], "filter", &l->t->filters, names, n,
                         as == AS_CONDITION && e->kind == TERA_PATH
                             ? "the condition is always false"
                             : "this fails when it is reached");
    n = tera_function_names(&names);
    if (e->kind == TERA_CALL && e->call->function == NULL)
        warn_unknown(l, e->call, "function", &l->t->functions, names, n,
                     "this fails when it is reached");
    if (e->kind == TERA_TEST && e->test->test == NULL) {
        static const pond_map no_host_tests;
        n = tera_test_names(&names);
        warn_unknown(l, e->test, "test", &no_host_tests, names, n, "this fails when it is reached");
    }
}

static const tera_macro *known_macro(const linter *l, const tera_expr *e) {
    for (uint32_t i = 0; i < l->tpl->n_namespaces; i++)
        if (l->tpl->namespaces[i].name == e->space)
            return pond_map_get(&l->tpl->namespaces[i].template->macros, e->arguments->name);
    return NULL;
}

static void ignored_arguments(linter *l, const tera_expr *e) {
    const tera_macro *macro = e->kind == TERA_MACRO ? known_macro(l, e) : NULL;
    if (macro == NULL)
        return;
    pond_sv *names = POND_NEW_ARRAY(&l->arena, pond_sv, macro->n_parameters + 1);
    for (uint32_t i = 0; i < macro->n_parameters; i++)
        names[i] = macro->parameters[i].text;
    for (uint32_t i = 0; i < e->arguments->n; i++) {
        pond_sv name = e->arguments->names[i];
        bool is_known = false;
        for (uint32_t k = 0; k < macro->n_parameters; k++)
            is_known |= pond_sv_eq(names[k], name);
        if (!is_known)
            warn(l, e->arguments->place, "macro '%.*s' has no parameter '%.*s'%s it is ignored",
                 POND_SV_ARG(macro->text), POND_SV_ARG(name),
                 tera_did_you_mean(&l->arena, name, names, macro->n_parameters));
    }
}

static void loop_members(linter *l, const tera_expr *e) {
    if (e->kind == TERA_PATH && e->path->symbol == l->t->loop_symbol && l->in_for &&
        e->path->loop == TERA_LOOP_NONE)
        warn(l, e->place, "a loop has only loop.index, loop.index0, loop.first and loop.last");
}

// The walk over expressions
// -------------------------------------------------------------------------------------------------

static void look_at(linter *l, const tera_expr *e, usage as);

static void look_at_arguments(linter *l, const tera_callee *c) {
    for (uint32_t i = 0; i < c->n; i++)
        look_at(l, c->args[i], AS_VALUE);
}

static void look_inside(linter *l, const tera_expr *e) {
    switch ((tera_expr_kind)e->kind) {
    case TERA_ARRAY:
    case TERA_CONCAT:
    case TERA_MATH:
    case TERA_AND:
    case TERA_OR: {
        usage as = e->kind == TERA_ARRAY                       ? AS_VALUE
                   : e->kind == TERA_AND || e->kind == TERA_OR ? AS_CONDITION
                                                               : AS_OPERAND;
        for (uint32_t i = 0; i < e->n_terms; i++)
            look_at(l, e->terms[i].expr, as);
        break;
    }
    case TERA_COMPARE:
    case TERA_IN:
        look_at(l, e->left, AS_OPERAND);
        look_at(l, e->right, AS_OPERAND);
        break;
    case TERA_CALL:
        look_at_arguments(l, e->call);
        break;
    case TERA_MACRO:
        look_at_arguments(l, e->arguments);
        break;
    case TERA_TEST:
        look_at_arguments(l, e->test);
        break;
    default:
        break;
    }
}

static void look_at(linter *l, const tera_expr *e, usage as) {
    if (e == NULL)
        return;
    swallowed_not(l, e);
    doubled_not(l, e, as);
    skipped_filters(l, e, as);
    unescaped_join(l, e, as);
    doubled_escape(l, e, as);
    constant_comparison(l, e);
    unknown_names(l, e, as);
    ignored_arguments(l, e);
    loop_members(l, e);
    bool is_folded = e->kind == TERA_INT || e->kind == TERA_FLOAT || e->kind == TERA_STRING;
    if (!is_folded)
        look_inside(l, e);
    if (e->fallback != NULL)
        look_at_arguments(l, e->fallback);
    for (uint32_t i = 0; i < e->n_filters; i++)
        look_at_arguments(l, &e->filters[i]);
}

// Traps in nodes
// -------------------------------------------------------------------------------------------------

// {{-1}} trims and prints 1.
static void swallowed_minus(linter *l, const tera_node *n) {
    const char *p = l->tpl->source.p + n->place.at;
    if (n->place.width > 3 && p[2] == '-' && p[3] >= '0' && p[3] <= '9')
        warn(l, n->place, "'{{-' trims, and the number is positive; write '{{ -%c'", p[3]);
}

static void lost_in_child(linter *l, const tera_node *n) {
    if (n->kind == TERA_PRINT || n->kind == TERA_SET || n->kind == TERA_SET_GLOBAL ||
        n->kind == TERA_IF || n->kind == TERA_FOR || n->kind == TERA_INCLUDE ||
        n->kind == TERA_FILTER)
        warn(l, n->place,
             "outside of blocks nothing of a template that extends another is rendered");
}

// The walk over nodes
// -------------------------------------------------------------------------------------------------

static void look_at_body(linter *l, tera_body body);

static void look_at_loop(linter *l, const tera_for *loop) {
    bool in_for = l->in_for;
    look_at(l, loop->container, AS_OPERAND);
    l->in_for = true;
    look_at_body(l, loop->body);
    l->in_for = in_for;
    look_at_body(l, loop->otherwise);
}

static void look_at_node(linter *l, const tera_node *n) {
    switch ((tera_node_kind)n->kind) {
    case TERA_PRINT:
        swallowed_minus(l, n);
        look_at(l, n->expr, AS_PRINTED);
        break;
    case TERA_SET:
    case TERA_SET_GLOBAL:
        look_at(l, n->set.value, AS_VALUE);
        break;
    case TERA_IF:
        for (const tera_branch *b = n->branches; b != NULL; b = b->next) {
            look_at(l, b->condition, AS_CONDITION);
            look_at_body(l, b->body);
        }
        break;
    case TERA_FOR:
        look_at_loop(l, n->loop);
        break;
    case TERA_BLOCK:
        look_at_body(l, n->block->body);
        break;
    case TERA_FILTER:
        look_at_arguments(l, n->filter.call);
        look_at_body(l, n->filter.body);
        break;
    default:
        break;
    }
}

static void look_at_body(linter *l, tera_body body) {
    for (const tera_node *n = body.first; n != NULL; n = n->next)
        look_at_node(l, n);
}

void pond_tera_lint(const pond_tera *t, pond_sv name, pond_tera_warning report, void *user) {
    const tera_template *tpl = tera_find(t, name);
    if (tpl == NULL)
        return;
    linter l = {.t = t, .tpl = tpl, .warn = report, .user = user};
    pond_arena_init(&l.arena);
    for (const tera_node *n = tpl->body.first; n != NULL; n = n->next) {
        if (tpl->parent.p != NULL)
            lost_in_child(&l, n);
        look_at_node(&l, n);
    }
    for (size_t i = 0; i < tpl->macros.n; i++)
        look_at_body(&l, ((const tera_macro *)tpl->macros.entries[i].value)->body);
    pond_arena_deinit(&l.arena);
}
