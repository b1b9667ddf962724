// Traps in expressions, and the calls of filters, functions, tests and macros that would fail.
#include "tera/lint.h"

void tera_lint_warn(tera_linter *l, tera_place place, const char *fmt, ...) {
    char message[POND_ERR_MSG];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    *pond_vec_push(&l->arena, &l->traps) =
        (tera_trap){place, pond_printf(&l->arena, "%s", message)};
}

// `not` -------------------------------------------------------------------------------------------

static void removed_not(tera_linter *l, const tera_expr *e) {
    if (e->lost_not)
        tera_lint_warn(l, e->place, "parentheses remove the 'not': without it this means the same");
}

static void doubled_not(tera_linter *l, const tera_expr *e, tera_usage as) {
    if (e->is_negated && e->kind == TERA_COMPARE && (as == AS_VALUE || as == AS_PRINTED))
        tera_lint_warn(l, e->place,
                       "outside of conditions 'not' before a comparison is applied twice, so it "
                       "has no effect");
}

// Filters without effect, escaping ----------------------------------------------------------------

static void skipped_filters(tera_linter *l, const tera_expr *e, tera_usage as) {
    if (e->skipped_default.width > 0)
        tera_lint_warn(l, e->skipped_default,
                       "'default' has no effect here: it works only as the first filter of a "
                       "name");
    if (e->skipped_safe.width > 0)
        tera_lint_warn(l, e->skipped_safe,
                       "'safe' has no effect here: it works only as the last filter");
    if (as == AS_CONDITION && e->has_filters && e->kind != TERA_PATH)
        tera_lint_warn(l, e->filters != NULL ? e->filters[0].place : e->place,
                       "in a condition only filters of a name have an effect; this one is ignored");
}

static void unescaped_join(tera_linter *l, const tera_expr *e, tera_usage as) {
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
        tera_lint_warn(l, path->place,
                       "the result of '~' is not escaped; print the parts separately, or add "
                       "'| escape | safe'");
}

static void doubled_escape(tera_linter *l, const tera_expr *e, tera_usage as) {
    if (as != AS_PRINTED || !l->tpl->is_escaped || e->n_filters == 0 || e->is_safe)
        return;
    const tera_callee *last = &e->filters[e->n_filters - 1];
    if (pond_sv_is(last->name, "escape") || pond_sv_is(last->name, "escape_xml"))
        tera_lint_warn(l, last->place,
                       "this is escaped twice, because the template is already escaped");
}

// Comparisons -------------------------------------------------------------------------------------

static bool is_plain_literal(const tera_expr *e) {
    return e->is_constant && !e->has_filters && e->kind != TERA_ARRAY;
}

static void constant_comparison(tera_linter *l, const tera_expr *e) {
    if (e->kind != TERA_COMPARE || !is_plain_literal(e->left) || !is_plain_literal(e->right))
        return;
    bool is_equality = e->comparison == TERA_EQ || e->comparison == TERA_NE;
    bool left = pond_is_number(e->left->value), right = pond_is_number(e->right->value);
    if (is_equality && left != right)
        tera_lint_warn(l, e->place,
                       "between a number and something else both '==' and '!=' are always false");
    else if (is_equality && !left && e->left->value.kind != e->right->value.kind)
        tera_lint_warn(l, e->place, "%s and %s are never equal", pond_kind_name(e->left->value),
                       pond_kind_name(e->right->value));
    else if (!is_equality && !(left && right))
        tera_lint_warn(l, e->place, "only numbers can be ordered: this fails when it is reached");
}

static void safe_comparison(tera_linter *l, const tera_expr *e) {
    bool is_equality =
        e->kind == TERA_COMPARE && (e->comparison == TERA_EQ || e->comparison == TERA_NE);
    if (!is_equality || !l->tpl->is_escaped || e->left->is_safe == e->right->is_safe)
        return;
    const tera_expr *safe = e->left->is_safe ? e->left : e->right;
    const tera_expr *other = e->left->is_safe ? e->right : e->left;
    if (!is_plain_literal(other) || other->kind == TERA_STRING)
        tera_lint_warn(l, safe->place,
                       "an escaped template compares escaped strings: with 'safe' on one side, a "
                       "string with & < > \" ' or / differs from itself");
}

// Unknown names -----------------------------------------------------------------------------------

static const char FAILS[] = "this fails when it is reached";
static const char IS_FALSE[] = "the condition is always false";

// Which of `names` was probably meant, to be put between a name and the consequence.
static const char *meant(tera_linter *l, pond_sv name, const pond_sv *names, size_t n) {
    const char *near = tera_did_you_mean(&l->arena, name, names, n);
    return near[0] == '\0' ? ":" : near;
}

static void unknown_callee(tera_linter *l, const tera_callee *c, const char *kind,
                           const pond_map *host, const pond_sv *builtin, size_t n,
                           const char *effect) {
    const pond_sv *names;
    size_t n_all = tera_all_names(&l->arena, host, builtin, n, &names);
    tera_lint_warn(l, c->place, "unknown %s '%.*s'%s %s", kind, POND_SV_ARG(c->name),
                   meant(l, c->name, names, n_all), effect);
}

// Arguments ---------------------------------------------------------------------------------------

typedef struct signature {
    const char *kind, *noun;
    pond_sv name;
    POND_VEC(pond_sv) names; // of all
    POND_VEC(pond_sv) needed;
} signature;

// "from to [count]": cuts off one word; it is needed when it has no brackets.
static bool next_argument(pond_sv *rest, pond_sv *name, bool *is_needed) {
    if (rest->n == 0)
        return false;
    ptrdiff_t blank = pond_sv_find_char(*rest, ' ');
    size_t end = blank < 0 ? rest->n : (size_t)blank;
    *is_needed = rest->p[0] != '[';
    *name = pond_sv_sub(*rest, !*is_needed, end - !*is_needed);
    *rest = pond_sv_sub(*rest, end + 1, rest->n);
    return true;
}

static signature signature_of_callee(tera_linter *l, const tera_callee *c, const char *kind) {
    signature s = {.kind = kind, .noun = "argument", .name = c->name};
    pond_sv rest = pond_sv_of(c->arguments), name;
    for (bool is_needed; next_argument(&rest, &name, &is_needed);) {
        *pond_vec_push(&l->arena, &s.names) = name;
        if (is_needed)
            *pond_vec_push(&l->arena, &s.needed) = name;
    }
    return s;
}

static signature signature_of_macro(tera_linter *l, const tera_macro *macro) {
    signature s = {.kind = "macro", .noun = "parameter", .name = macro->text};
    for (uint32_t i = 0; i < macro->n_parameters; i++) {
        *pond_vec_push(&l->arena, &s.names) = macro->parameters[i].text;
        if (macro->parameters[i].fallback == NULL)
            *pond_vec_push(&l->arena, &s.needed) = macro->parameters[i].text;
    }
    return s;
}

static bool is_among(pond_sv name, const pond_sv *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (pond_sv_eq(names[i], name))
            return true;
    return false;
}

static void check_arguments(tera_linter *l, const tera_callee *c, const signature *s,
                            const char *effect) {
    for (uint32_t i = 0; i < c->n; i++) {
        pond_sv name = c->names[i];
        tera_place place = {(uint32_t)(name.p - l->tpl->source.p), (uint32_t)name.n};
        if (!is_among(name, s->names.items, s->names.n))
            tera_lint_warn(l, place, "%s '%.*s' has no %s '%.*s'%s it is ignored", s->kind,
                           POND_SV_ARG(s->name), s->noun, POND_SV_ARG(name),
                           meant(l, name, s->names.items, s->names.n));
    }
    for (size_t i = 0; i < s->needed.n; i++)
        if (!is_among(s->needed.items[i], c->names, c->n))
            tera_lint_warn(l, c->place, "%s '%.*s' needs the %s '%.*s': %s", s->kind,
                           POND_SV_ARG(s->name), s->noun, POND_SV_ARG(s->needed.items[i]), effect);
}

// Calls -------------------------------------------------------------------------------------------

// Whether \n and \t are escapes in the i-th argument.
static bool has_escapes(const tera_callee *c, uint32_t i) {
    if (c->names == NULL)
        return pond_sv_is(c->name, "matching");
    return (pond_sv_is(c->name, "join") && pond_sv_is(c->names[i], "sep")) ||
           pond_sv_is(c->names[i], "pat");
}

static void lint_arguments(tera_linter *l, const tera_callee *c) {
    for (uint32_t i = 0; i < c->n; i++)
        tera_lint_expr(l, c->args[i], has_escapes(c, i) ? AS_UNSLASHED : AS_VALUE);
}

static void lint_callee(tera_linter *l, const tera_callee *c, bool is_filter, const char *effect) {
    const char *kind = is_filter ? "filter" : "function";
    const pond_sv *names;
    size_t n = is_filter ? tera_filter_names(&names) : tera_function_names(&names);
    if (is_filter ? c->filter == NULL : c->function == NULL) {
        unknown_callee(l, c, kind, is_filter ? &l->t->filters : &l->t->functions, names, n, effect);
    } else if (c->arguments != NULL) {
        signature s = signature_of_callee(l, c, kind);
        check_arguments(l, c, &s, effect);
    }
    lint_arguments(l, c);
}

void tera_lint_filter(tera_linter *l, const tera_callee *c, bool fails_softly) {
    lint_callee(l, c, true, fails_softly ? IS_FALSE : FAILS);
}

static void lint_test(tera_linter *l, const tera_callee *c) {
    static const pond_map no_host_tests;
    const pond_sv *names;
    size_t n = tera_test_names(&names);
    if (c->test == NULL) {
        unknown_callee(l, c, "test", &no_host_tests, names, n, FAILS);
    } else {
        uint32_t wanted = (uint32_t)signature_of_callee(l, c, "test").needed.n;
        if (c->n != wanted)
            tera_lint_warn(l, c->place, "test '%.*s' takes %s: %s", POND_SV_ARG(c->name),
                           wanted == 0 ? "no argument" : "one argument", FAILS);
    }
    lint_arguments(l, c);
}

// The renderer finds what this template imports as `space`, unless a child imports something else.
// Before pond_tera_check nothing is known about imports.
static void lint_macro_call(tera_linter *l, const tera_expr *e) {
    const tera_callee *c = e->arguments;
    const tera_template *home = NULL;
    POND_VEC(pond_sv) spaces = {0};
    for (uint32_t i = 0; i < l->tpl->n_namespaces; i++) {
        *pond_vec_push(&l->arena, &spaces) = tera_symbol_name(l->t, l->tpl->namespaces[i].name);
        if (l->tpl->namespaces[i].name == e->space)
            home = l->tpl->namespaces[i].template;
    }
    bool may_have_child = l->tpl->blocks.n > 0 && l->tpl->parent.p == NULL;
    bool is_checked = l->tpl->check_state == TERA_CHECKED;
    pond_sv space = tera_symbol_name(l->t, e->space);
    const tera_macro *macro = home == NULL ? NULL : pond_map_get(&home->macros, c->name);
    if (home == NULL && is_checked && !may_have_child) {
        tera_lint_warn(l, e->place, "no template is imported as '%.*s'%s %s", POND_SV_ARG(space),
                       meant(l, space, spaces.items, spaces.n), FAILS);
    } else if (macro != NULL) {
        signature s = signature_of_macro(l, macro);
        check_arguments(l, c, &s, FAILS);
    } else if (home != NULL) {
        POND_VEC(pond_sv) macros = {0};
        for (size_t i = 0; i < home->macros.n; i++)
            *pond_vec_push(&l->arena, &macros) = home->macros.entries[i].key;
        tera_lint_warn(l, c->place, "unknown macro '%.*s'%s %s", POND_SV_ARG(c->name),
                       meant(l, c->name, macros.items, macros.n), FAILS);
    }
    lint_arguments(l, c);
}

// Names and strings -------------------------------------------------------------------------------

static void lint_path(tera_linter *l, const tera_path *path) {
    if (path->symbol == l->t->loop_symbol && l->loops > 0 && path->loop == TERA_LOOP_NONE)
        tera_lint_warn(l, path->place,
                       "a loop has only loop.index, loop.index0, loop.first and loop.last");
    if (l->is_outside[path->symbol])
        tera_lint_warn(l, path->place,
                       "a macro does not see what is set outside of it; make '%.*s' a parameter",
                       POND_SV_ARG(tera_symbol_name(l->t, path->symbol)));
}

static void missing_escape(tera_linter *l, const tera_expr *e, tera_usage as) {
    if (e->kind != TERA_STRING || as == AS_UNSLASHED)
        return;
    pond_sv text = pond_value_sv(e->value);
    bool is_newline = pond_sv_find(text, POND_SV("\\n")) >= 0;
    if (is_newline || pond_sv_find(text, POND_SV("\\t")) >= 0)
        tera_lint_warn(l, e->place,
                       "strings have no escapes: '\\%s' is a backslash and a letter; put a real %s "
                       "between the quotes",
                       is_newline ? "n" : "t", is_newline ? "newline" : "tab");
}

// The walk ----------------------------------------------------------------------------------------

static void look_inside(tera_linter *l, const tera_expr *e) {
    switch ((tera_expr_kind)e->kind) {
    case TERA_ARRAY:
    case TERA_OBJECT:
    case TERA_CONCAT:
    case TERA_MATH:
    case TERA_AND:
    case TERA_OR: {
        tera_usage as = e->kind == TERA_ARRAY || e->kind == TERA_OBJECT ? AS_VALUE
                        : e->kind == TERA_AND || e->kind == TERA_OR     ? AS_CONDITION
                                                                        : AS_OPERAND;
        for (uint32_t i = 0; i < e->n_terms; i++)
            tera_lint_expr(l, e->terms[i].expr, as);
        break;
    }
    case TERA_COMPARE:
    case TERA_IN:
        tera_lint_expr(l, e->left, AS_OPERAND);
        tera_lint_expr(l, e->right, AS_OPERAND);
        break;
    case TERA_PATH:
        lint_path(l, e->path);
        break;
    case TERA_CALL:
        lint_callee(l, e->call, false, FAILS);
        break;
    case TERA_MACRO:
        lint_macro_call(l, e);
        break;
    case TERA_TEST:
        lint_path(l, e->subject);
        lint_test(l, e->test);
        break;
    case TERA_INT:
    case TERA_FLOAT:
    case TERA_BOOL:
    case TERA_STRING:
        break; // literals
    }
}

void tera_lint_expr(tera_linter *l, const tera_expr *e, tera_usage as) {
    if (e == NULL)
        return;
    removed_not(l, e);
    doubled_not(l, e, as);
    skipped_filters(l, e, as);
    unescaped_join(l, e, as);
    doubled_escape(l, e, as);
    constant_comparison(l, e);
    safe_comparison(l, e);
    missing_escape(l, e, as);
    look_inside(l, e);
    bool fails_softly = as == AS_CONDITION; // only paths use their filters then
    if (fails_softly && e->kind != TERA_PATH)
        return;
    if (e->fallback != NULL)
        tera_lint_filter(l, e->fallback, fails_softly);
    for (uint32_t i = 0; i < e->n_filters; i++)
        tera_lint_filter(l, &e->filters[i], fails_softly);
}
