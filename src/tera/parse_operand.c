// The operands of expressions: paths, calls, filters, tests, strings and `~` chains. parse_expr.c
// combines them into expressions.
#include "tera/parse.h"

typedef POND_VEC(tera_callee) callee_vec;

tera_expr *tera_new_expr(tera_parser *ps, tera_expr_kind kind, const char *at) {
    tera_expr *e = POND_NEW(ps->a, tera_expr);
    e->kind = (uint8_t)kind;
    e->place.at = (uint32_t)(at - ps->start);
    return e;
}

tera_expr *tera_ends_here(tera_parser *ps, tera_expr *e) {
    e->place.width = (uint32_t)(ps->p - ps->start) - e->place.at;
    return e;
}

tera_expr *tera_no_expr(tera_parser *ps, const char *at, uint32_t expected) {
    tera_expect(ps, at, expected);
    return NULL;
}

// Paths -------------------------------------------------------------------------------------------

// "[" (integer | string | path) "]"; no blanks inside.
static bool bracket_step(tera_parser *ps, tera_step *step) {
    const char *open = ps->p++;
    tera_expr number = {0};
    pond_sv name;
    *step = (tera_step){.index = -1};
    if (tera_lex_string(ps, &step->key)) {
        step->index = tera_index_of(step->key);
        step->is_nowhere = open[1] == '`';
    } else if (tera_lex_number(ps, &number)) {
        step->key = (pond_sv){open + 1, (size_t)(ps->p - open - 1)};
        step->index = tera_index_of(step->key);
        step->is_nowhere = open[1] == '-';
    } else if (tera_enter(ps, open)) {
        if (tera_lex_name(ps, &name))
            step->path = tera_parse_path(ps, name);
        ps->depth--;
    }
    bool is_whole = (step->key.p != NULL || step->path != NULL) && number.kind != TERA_FLOAT &&
                    tera_char(ps, ps->p) == ']';
    ps->p = is_whole ? ps->p + 1 : open;
    return is_whole;
}

static bool next_step(tera_parser *ps, tera_step *step) {
    const char *q = ps->p;
    if (tera_char(ps, q) == '[')
        return bracket_step(ps, step);
    if (tera_char(ps, q) != '.' || q + 1 >= ps->end || !tera_is_name(q[1]))
        return false;
    for (q++; q < ps->end && tera_is_name(*q);)
        q++;
    pond_sv key = {ps->p + 1, (size_t)(q - ps->p - 1)};
    *step = (tera_step){.key = key, .index = tera_index_of(key), .is_dotted = true};
    ps->p = q;
    return true;
}

static uint8_t loop_member(const tera_path *path, pond_sv name) {
    if (path->n_steps != 1 || !path->steps[0].is_dotted || !pond_sv_is(name, "loop"))
        return TERA_LOOP_NONE;
    pond_sv key = path->steps[0].key;
    return pond_sv_is(key, "index")    ? TERA_LOOP_INDEX
           : pond_sv_is(key, "index0") ? TERA_LOOP_INDEX0
           : pond_sv_is(key, "first")  ? TERA_LOOP_FIRST
           : pond_sv_is(key, "last")   ? TERA_LOOP_LAST
                                       : TERA_LOOP_NONE;
}

// The rest of a path whose first name has been read.
const tera_path *tera_parse_path(tera_parser *ps, pond_sv name) {
    tera_path *path = POND_NEW(ps->a, tera_path);
    POND_VEC(tera_step) steps = {0};
    tera_step step;
    bool is_plain = true;
    while (next_step(ps, &step)) {
        *pond_vec_push(ps->a, &steps) = step;
        path->is_dynamic |= step.path != NULL;
        is_plain &= step.path == NULL && step.key.n > 0 && !step.is_nowhere;
    }
    path->symbol = tera_intern(ps->t, name);
    path->steps = steps.items;
    path->n_steps = (uint32_t)steps.n;
    path->loop = loop_member(path, name);
    path->is_dump = pond_sv_is(name, "__tera_context") && steps.n == 0;
    path->is_plain = is_plain && !path->is_dump && path->symbol != ps->t->loop_symbol;
    path->place = tera_place_of(ps, name.p, ps->p);
    return path;
}

// Calls -------------------------------------------------------------------------------------------

typedef struct argument_list {
    POND_VEC(pond_sv) names;
    POND_VEC(const tera_expr *) values;
} argument_list;

enum { MAX_ARGUMENTS = 255 }; // each new one is compared with all before it

// Of equal names the last one wins.
static void add_argument(tera_parser *ps, argument_list *list, pond_sv name, const tera_expr *e) {
    for (size_t i = 0; i < list->names.n; i++)
        if (pond_sv_eq(list->names.items[i], name)) {
            list->values.items[i] = e;
            return;
        }
    if (list->names.n == MAX_ARGUMENTS) {
        tera_fault_at(ps, tera_place_of(ps, name.p, name.p + name.n),
                      "a call can have at most %d arguments", MAX_ARGUMENTS);
        return;
    }
    *pond_vec_push(ps->a, &list->names) = name;
    *pond_vec_push(ps->a, &list->values) = e;
}

static bool keyword_argument(tera_parser *ps, argument_list *list) {
    pond_sv name;
    const char *at = ps->p;
    if (!tera_lex_name(ps, &name) || tera_char(ps, ps->p = tera_ahead(ps)) != '=') {
        tera_expect(ps, at, TERA_EXPECT_ARGUMENT);
        return false;
    }
    ps->p++;
    ps->p = tera_ahead(ps);
    const tera_expr *value = tera_parse_value(ps);
    if (value == NULL)
        return false;
    add_argument(ps, list, name, value);
    return true;
}

bool tera_is_literal(const tera_expr *e) {
    return e->is_constant && !e->is_negated && !e->has_filters;
}

static void finish_arguments(tera_parser *ps, tera_callee *c, const argument_list *list) {
    c->n = (uint32_t)list->values.n;
    c->names = list->names.items;
    c->args = list->values.items;
    static const pond_value nothing[1];
    c->constants = nothing;
    bool is_constant = true;
    for (size_t i = 0; i < c->n; i++)
        is_constant &= tera_is_literal(c->args[i]);
    if (!is_constant)
        c->constants = NULL;
    if (!is_constant || c->n == 0)
        return;
    pond_value *values = POND_NEW_ARRAY(ps->a, pond_value, c->n);
    for (size_t i = 0; i < c->n; i++)
        values[i] = c->args[i]->value;
    c->constants = values;
}

// (name=value, ...), after the opening parenthesis. A trailing comma is allowed.
static bool parse_arguments(tera_parser *ps, tera_callee *c) {
    argument_list list = {0};
    if (!tera_enter(ps, ps->p))
        return false;
    for (;;) {
        ps->p = tera_ahead(ps);
        if (tera_char(ps, ps->p) == ')') {
            tera_expect(ps, ps->p, TERA_EXPECT_ARGUMENT);
            break;
        }
        if (!keyword_argument(ps, &list))
            return false;
        ps->p = tera_ahead(ps);
        if (tera_char(ps, ps->p) == ')')
            break;
        if (tera_char(ps, ps->p) != ',') {
            tera_expect_also(ps, ps->p, TERA_EXPECT_COMMA | TERA_EXPECT_CLOSE_PAREN);
            return false;
        }
        ps->p++;
    }
    ps->p++;
    ps->depth--;
    finish_arguments(ps, c, &list);
    return true;
}

static void resolve_filter(tera_parser *ps, tera_callee *c) {
    const pond_tera_filter_def *def = pond_map_get(&ps->t->filters, c->name);
    if (def == NULL)
        def = tera_find_filter(c->name);
    if (def == NULL)
        return;
    c->filter = def->fn;
    c->arguments = def->arguments;
    c->user = def->user;
    ps->tpl->is_impure |= def->is_impure;
}

static void resolve_function(tera_parser *ps, tera_callee *c) {
    const pond_tera_function_def *def = pond_map_get(&ps->t->functions, c->name);
    if (def == NULL)
        def = tera_find_function(c->name);
    if (def == NULL)
        return;
    c->function = def->fn;
    c->arguments = def->arguments;
    c->user = def->user;
    ps->tpl->is_impure |= def->is_impure;
}

bool tera_parse_filter(tera_parser *ps, tera_callee *out) {
    const char *at = ps->p;
    *out = (tera_callee){0};
    if (!tera_lex_name(ps, &out->name)) {
        tera_expect(ps, at, TERA_EXPECT_FILTER);
        return false;
    }
    out->place = tera_place_of(ps, at, ps->p);
    const char *q = tera_ahead(ps);
    if (tera_char(ps, q) == '(') {
        ps->p = q + 1;
        if (!parse_arguments(ps, out))
            return false;
    } else {
        finish_arguments(ps, out, &(argument_list){0});
    }
    resolve_filter(ps, out);
    return true;
}

// The renderer treats two filters specially: `safe` only says how the result is printed, and
// `default`, as the first filter of a path, gives the value when there is none.
bool tera_parse_filters(tera_parser *ps, tera_expr *e) {
    callee_vec filters = {0};
    tera_place last = {0};
    for (const char *q = tera_ahead(ps);; q = tera_ahead(ps)) {
        if (tera_char(ps, q) != '|') {
            tera_expect(ps, q, TERA_EXPECT_FILTER);
            break;
        }
        ps->p = q + 1;
        ps->p = tera_ahead(ps);
        tera_callee c;
        tera_place safe = e->is_safe ? last : (tera_place){0};
        if (!tera_parse_filter(ps, &c))
            return false;
        if (safe.width > 0)
            e->skipped_safe = safe;
        last = c.place;
        e->is_safe = pond_sv_is(c.name, "safe");
        bool is_default = pond_sv_is(c.name, "default");
        if (is_default && !e->has_filters && e->kind == TERA_PATH) {
            tera_callee *fallback = POND_NEW(ps->a, tera_callee);
            *fallback = c;
            e->fallback = fallback;
        } else if (is_default) {
            e->skipped_default = c.place;
        } else if (!e->is_safe) {
            *pond_vec_push(ps->a, &filters) = c;
        }
        e->has_filters = true;
    }
    e->filters = filters.items;
    e->n_filters = (uint32_t)filters.n;
    tera_ends_here(ps, e);
    return true;
}

tera_expr *tera_parse_call(tera_parser *ps, pond_sv name, const char *open) {
    tera_expr *e = tera_new_expr(ps, TERA_CALL, name.p);
    tera_callee *c = POND_NEW(ps->a, tera_callee);
    c->name = name;
    c->place = tera_place_of(ps, name.p, name.p + name.n);
    ps->p = open + 1;
    if (!parse_arguments(ps, c))
        return NULL;
    resolve_function(ps, c);
    e->call = c;
    return tera_ends_here(ps, e);
}

// name::macro(...); `at` is at the colons.
tera_expr *tera_parse_macro_call(tera_parser *ps, pond_sv space, const char *at) {
    tera_expr *e = tera_new_expr(ps, TERA_MACRO, space.p);
    tera_callee *c = POND_NEW(ps->a, tera_callee);
    ps->p = at + 2;
    ps->p = tera_ahead(ps);
    if (!tera_lex_name(ps, &c->name))
        return tera_no_expr(ps, ps->p, TERA_EXPECT_NAME);
    c->place = tera_place_of(ps, c->name.p, ps->p);
    const char *open = tera_ahead(ps);
    if (tera_char(ps, open) != '(')
        return tera_no_expr(ps, at, TERA_EXPECT_OPERATOR | TERA_EXPECT_FILTER);
    ps->p = open + 1;
    if (!parse_arguments(ps, c))
        return NULL;
    e->space = tera_intern(ps->t, space);
    e->macro = tera_intern(ps->t, c->name);
    e->arguments = c;
    return tera_ends_here(ps, e);
}

// Tests -------------------------------------------------------------------------------------------

static bool test_arguments(tera_parser *ps, tera_callee *c) {
    argument_list list = {0};
    if (!tera_enter(ps, ps->p))
        return false;
    for (;;) {
        ps->p = tera_ahead(ps);
        const tera_expr *value = tera_parse_value(ps);
        if (value == NULL)
            return false;
        *pond_vec_push(ps->a, &list.values) = value;
        ps->p = tera_ahead(ps);
        if (tera_char(ps, ps->p) != ',')
            break;
        ps->p++;
    }
    if (tera_char(ps, ps->p) != ')') {
        tera_expect_also(ps, ps->p, TERA_EXPECT_COMMA | TERA_EXPECT_CLOSE_PAREN);
        return false;
    }
    ps->p++;
    ps->depth--;
    finish_arguments(ps, c, &list);
    return true;
}

// path "is" "not"? name ("(" arguments ")")?  `is` and `not` need no blank after them: `isodd` is a
// test, and `is nothing` means `is not hing`.
tera_expr *tera_parse_test(tera_parser *ps, const tera_path *subject, const char *at_is) {
    tera_expr *e = tera_new_expr(ps, TERA_TEST, ps->start + subject->place.at);
    tera_callee *c = POND_NEW(ps->a, tera_callee);
    ps->p = at_is + 2;
    ps->p = tera_ahead(ps);
    if (TERA_AT(ps, ps->p, "not")) {
        const char *back = ps->p;
        ps->p += 3;
        ps->p = tera_ahead(ps);
        e->is_not_test = tera_is_name_start(tera_char(ps, ps->p));
        if (!e->is_not_test) {
            tera_expect(ps, ps->p, TERA_EXPECT_TEST);
            ps->p = back;
        }
    }
    if (!tera_lex_name(ps, &c->name))
        return tera_no_expr(ps, ps->p, TERA_EXPECT_TEST);
    c->place = tera_place_of(ps, c->name.p, ps->p);
    const char *open = tera_ahead(ps);
    if (tera_char(ps, open) == '(') {
        ps->p = open + 1;
        if (!test_arguments(ps, c))
            return NULL;
    } else {
        finish_arguments(ps, c, &(argument_list){0});
    }
    const tera_test_def *def = tera_find_test(c->name);
    c->test = def != NULL ? def->fn : NULL;
    c->arguments = def != NULL ? def->arguments : NULL;
    e->subject = subject;
    e->test = c;
    return tera_ends_here(ps, e);
}

// Strings and `~` ---------------------------------------------------------------------------------

tera_expr *tera_parse_string(tera_parser *ps) {
    pond_sv text;
    const char *at = ps->p;
    if (!tera_lex_string(ps, &text))
        return NULL;
    tera_expr *e = tera_new_expr(ps, TERA_STRING, at);
    e->value = pond_string(text);
    e->is_constant = true;
    return tera_ends_here(ps, e);
}

// An operand of `~`: a call, a number, a string or a path, without filters.
tera_expr *tera_parse_joinable(tera_parser *ps) {
    const char *at = ps->p;
    pond_sv name;
    if (tera_lex_name(ps, &name)) {
        const char *q = tera_ahead(ps);
        if (tera_char(ps, ps->p) != '.' && tera_char(ps, ps->p) != '[' && tera_char(ps, q) == '(')
            return tera_parse_call(ps, name, q);
        tera_expr *e = tera_new_expr(ps, TERA_PATH, at);
        e->path = tera_parse_path(ps, name);
        return tera_ends_here(ps, e);
    }
    tera_expr *e = tera_parse_string(ps);
    if (e != NULL)
        return e;
    e = tera_new_expr(ps, TERA_INT, at);
    return tera_lex_number(ps, e) ? e : tera_no_expr(ps, at, TERA_EXPECT_VALUE);
}

// A chain of string literals becomes one string literal.
static tera_expr *fold_strings(tera_parser *ps, tera_expr *e) {
    size_t n = 0;
    for (size_t i = 0; i < e->n_terms; i++) {
        if (e->terms[i].expr->kind != TERA_STRING)
            return e;
        n += e->terms[i].expr->value.n;
    }
    char *text = pond_alloc(ps->a, n + 1), *end = text;
    for (size_t i = 0; i < e->n_terms; i++) {
        pond_value v = e->terms[i].expr->value;
        memcpy(end, v.s, v.n);
        end += v.n;
    }
    e->kind = TERA_STRING;
    e->value = pond_string((pond_sv){text, n});
    e->is_constant = true;
    return e;
}

// `first` has been read, and a "~" follows.
tera_expr *tera_parse_concat(tera_parser *ps, tera_expr *first) {
    tera_term_vec terms = {0};
    *pond_vec_push(ps->a, &terms) = (tera_term){first, 0};
    for (const char *q = tera_ahead(ps); tera_char(ps, q) == '~'; q = tera_ahead(ps)) {
        ps->p = q + 1;
        ps->p = tera_ahead(ps);
        const tera_expr *next = tera_parse_joinable(ps);
        if (next == NULL)
            return NULL;
        *pond_vec_push(ps->a, &terms) = (tera_term){next, '~'};
    }
    tera_expr *e = tera_new_expr(ps, TERA_CONCAT, ps->start + first->place.at);
    e->terms = terms.items;
    e->n_terms = (uint32_t)terms.n;
    return fold_strings(ps, tera_ends_here(ps, e));
}

bool tera_is_concat_ahead(const tera_parser *ps) {
    return tera_char(ps, tera_ahead(ps)) == '~';
}
