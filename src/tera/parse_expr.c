// Expressions, by recursive descent. The grammar is Tera 1's, where an operator may stand depends
// on what its operands are:
//
//     logic    = value (("and" | "or") value)*
//     value    = "not"? compare | "not"? compare "not"? "in" container | "(" logic ")"
//     compare  = (string | chain) (("==" | "<" | ...) (string | chain))?
//     string   = ("..." | operand ("~" operand)+) filter*
//     chain    = basic filter* (op basic filter*)*        filters bind a whole basic
//     basic    = term (op term)*                          * / % before + -
//     term     = "(" basic ")" | true | test | macro call | call | path | number
//
// A parenthesis at the beginning of a value may be of either kind; the inside is parsed once, and
// whether it was a basic decides what may follow.
#include "tera/lex.h"

typedef POND_VEC(tera_term) term_vec;
typedef POND_VEC(tera_callee) callee_vec;

static tera_expr *new_expr(tera_parser *ps, tera_expr_kind kind, const char *at) {
    tera_expr *e = POND_NEW(ps->a, tera_expr);
    e->kind = (uint8_t)kind;
    e->place.at = (uint32_t)(at - ps->start);
    return e;
}

static tera_expr *ends_here(tera_parser *ps, tera_expr *e) {
    e->place.width = (uint32_t)(ps->p - ps->start) - e->place.at;
    return e;
}

static tera_expr *fail(tera_parser *ps, const char *at, uint32_t expected) {
    tera_expect(ps, at, expected);
    return NULL;
}

// Paths
// -------------------------------------------------------------------------------------------------

// As an index into an array: digits without a leading zero.
int64_t tera_index_of(pond_sv key) {
    int64_t i = -1;
    if (key.n == 0 || !tera_is_digit(key.p[0]) || (key.p[0] == '0' && key.n > 1))
        return -1;
    return pond_sv_to_int(key, &i) ? i : -1;
}

static const tera_path *parse_path(tera_parser *ps, pond_sv name);

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
            step->path = parse_path(ps, name);
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
static const tera_path *parse_path(tera_parser *ps, pond_sv name) {
    tera_path *path = POND_NEW(ps->a, tera_path);
    POND_VEC(tera_step) steps = {0};
    tera_step step;
    while (next_step(ps, &step)) {
        *pond_vec_push(ps->a, &steps) = step;
        path->is_dynamic |= step.path != NULL;
    }
    path->symbol = tera_intern(ps->t, name);
    path->steps = steps.items;
    path->n_steps = (uint32_t)steps.n;
    path->loop = loop_member(path, name);
    path->is_dump = pond_sv_is(name, "__tera_context") && steps.n == 0;
    path->place = tera_place_of(ps, name.p, ps->p);
    return path;
}

// Calls
// -------------------------------------------------------------------------------------------------

typedef struct argument_list {
    POND_VEC(pond_sv) names;
    POND_VEC(const tera_expr *) values;
} argument_list;

// Of equal names the last counts.
static void add_argument(tera_parser *ps, argument_list *list, pond_sv name, const tera_expr *e) {
    for (size_t i = 0; i < list->names.n; i++)
        if (pond_sv_eq(list->names.items[i], name)) {
            list->values.items[i] = e;
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

static bool is_literal(const tera_expr *e) {
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
        is_constant &= is_literal(c->args[i]);
    if (!is_constant)
        c->constants = NULL;
    if (!is_constant || c->n == 0)
        return;
    pond_value *values = POND_NEW_ARRAY(ps->a, pond_value, c->n);
    for (size_t i = 0; i < c->n; i++)
        values[i] = c->args[i]->value;
    c->constants = values;
}

// (name=value, ...) behind the opening parenthesis; a trailing comma is fine.
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
    const tera_registered *own = pond_map_get(&ps->t->filters, c->name);
    const tera_filter_row *row = own == NULL ? tera_find_filter(c->name) : NULL;
    c->filter = own != NULL ? own->filter : row != NULL ? row->fn : NULL;
    c->user = own != NULL ? own->user : NULL;
}

static void resolve_function(tera_parser *ps, tera_callee *c) {
    const tera_registered *own = pond_map_get(&ps->t->functions, c->name);
    const tera_function_row *row = own == NULL ? tera_find_function(c->name) : NULL;
    c->function = own != NULL ? own->function : row != NULL ? row->fn : NULL;
    c->user = own != NULL ? own->user : NULL;
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

// `safe` and `default` are no filters to the renderer: the first only says how the result is
// printed, the second, in first place behind a path, what to take when there is nothing.
static bool parse_filters(tera_parser *ps, tera_expr *e) {
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
    ends_here(ps, e);
    return true;
}

static tera_expr *parse_call(tera_parser *ps, pond_sv name, const char *open) {
    tera_expr *e = new_expr(ps, TERA_CALL, name.p);
    tera_callee *c = POND_NEW(ps->a, tera_callee);
    c->name = name;
    c->place = tera_place_of(ps, name.p, name.p + name.n);
    ps->p = open + 1;
    if (!parse_arguments(ps, c))
        return NULL;
    resolve_function(ps, c);
    e->call = c;
    return ends_here(ps, e);
}

// name::macro(...); `at` is at the colons.
static tera_expr *parse_macro_call(tera_parser *ps, pond_sv space, const char *at) {
    tera_expr *e = new_expr(ps, TERA_MACRO, space.p);
    tera_callee *c = POND_NEW(ps->a, tera_callee);
    ps->p = at + 2;
    ps->p = tera_ahead(ps);
    if (!tera_lex_name(ps, &c->name))
        return fail(ps, ps->p, TERA_EXPECT_NAME);
    c->place = tera_place_of(ps, c->name.p, ps->p);
    const char *open = tera_ahead(ps);
    if (tera_char(ps, open) != '(')
        return fail(ps, at, TERA_EXPECT_OPERATOR | TERA_EXPECT_FILTER);
    ps->p = open + 1;
    if (!parse_arguments(ps, c))
        return NULL;
    e->space = tera_intern(ps->t, space);
    e->macro = tera_intern(ps->t, c->name);
    e->arguments = c;
    return ends_here(ps, e);
}

// Tests
// -------------------------------------------------------------------------------------------------

static tera_expr *parse_array(tera_parser *ps);

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

// path "is" "not"? name ("(" arguments ")")?  `is` and `not` need no blank behind them, so
// `isodd` is a test and `is nothing` means `is not hing`.
static tera_expr *parse_test(tera_parser *ps, const tera_path *subject, const char *at_is) {
    tera_expr *e = new_expr(ps, TERA_TEST, ps->start + subject->place.at);
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
        return fail(ps, ps->p, TERA_EXPECT_TEST);
    c->place = tera_place_of(ps, c->name.p, ps->p);
    const char *open = tera_ahead(ps);
    if (tera_char(ps, open) == '(') {
        ps->p = open + 1;
        if (!test_arguments(ps, c))
            return NULL;
    } else {
        finish_arguments(ps, c, &(argument_list){0});
    }
    const tera_test_row *row = tera_find_test(c->name);
    c->test = row != NULL ? row->fn : NULL;
    e->subject = subject;
    e->test = c;
    return ends_here(ps, e);
}

// Strings and `~`
// -------------------------------------------------------------------------------------------------

static tera_expr *string_literal(tera_parser *ps) {
    pond_sv text;
    const char *at = ps->p;
    if (!tera_lex_string(ps, &text))
        return NULL;
    tera_expr *e = new_expr(ps, TERA_STRING, at);
    e->value = pond_string(text);
    e->is_constant = true;
    return ends_here(ps, e);
}

// What `~` takes: a call, a number, a string or a path, without filters.
static tera_expr *concat_operand(tera_parser *ps) {
    const char *at = ps->p;
    pond_sv name;
    if (tera_lex_name(ps, &name)) {
        const char *q = tera_ahead(ps);
        if (tera_char(ps, ps->p) != '.' && tera_char(ps, ps->p) != '[' && tera_char(ps, q) == '(')
            return parse_call(ps, name, q);
        tera_expr *e = new_expr(ps, TERA_PATH, at);
        e->path = parse_path(ps, name);
        return ends_here(ps, e);
    }
    tera_expr *e = string_literal(ps);
    if (e != NULL)
        return e;
    e = new_expr(ps, TERA_INT, at);
    return tera_lex_number(ps, e) ? e : fail(ps, at, TERA_EXPECT_VALUE);
}

// A chain of nothing but string literals is one string literal.
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

// `first` has been read and a "~" stands ahead.
static tera_expr *parse_concat(tera_parser *ps, tera_expr *first) {
    term_vec terms = {0};
    *pond_vec_push(ps->a, &terms) = (tera_term){first, 0};
    for (const char *q = tera_ahead(ps); tera_char(ps, q) == '~'; q = tera_ahead(ps)) {
        ps->p = q + 1;
        ps->p = tera_ahead(ps);
        const tera_expr *next = concat_operand(ps);
        if (next == NULL)
            return NULL;
        *pond_vec_push(ps->a, &terms) = (tera_term){next, '~'};
    }
    tera_expr *e = new_expr(ps, TERA_CONCAT, ps->start + first->place.at);
    e->terms = terms.items;
    e->n_terms = (uint32_t)terms.n;
    return fold_strings(ps, ends_here(ps, e));
}

static bool is_concat_ahead(const tera_parser *ps) {
    return tera_char(ps, tera_ahead(ps)) == '~';
}

// Arithmetic
// -------------------------------------------------------------------------------------------------

typedef tera_expr *(*operand_fn)(tera_parser *ps);

static tera_expr *parse_basic(tera_parser *ps, tera_expr *first);

// The operator at q, or 0. A dash or percent sign that ends the tag is none, though the grammar
// tries it: what it would need next is then the furthest place.
static char math_operator(tera_parser *ps, const char *q) {
    char c = tera_char(ps, q), next = tera_char(ps, q + 1);
    if (c == '\0' || strchr("+-*/%", c) == NULL) {
        tera_expect(ps, q, TERA_EXPECT_OPERATOR);
        return 0;
    }
    bool ends_tag = (c == '%' && next == '}') ||
                    (c == '-' && (next == '}' || next == '%') && tera_char(ps, q + 2) == '}');
    if (ends_tag)
        tera_expect(ps, q + 1, TERA_EXPECT_OPERAND);
    return ends_tag ? 0 : c;
}

static tera_expr *close_chain(tera_parser *ps, term_vec *terms) {
    if (terms->n == 1)
        return (tera_expr *)(uintptr_t)terms->items[0].expr;
    const tera_expr *first = terms->items[0].expr;
    tera_expr *e = new_expr(ps, TERA_MATH, ps->start + first->place.at);
    e->terms = terms->items;
    e->n_terms = (uint32_t)terms->n;
    const tera_expr *last = terms->items[terms->n - 1].expr;
    e->place.width = last->place.at + last->place.width - e->place.at;
    bool is_constant = true;
    for (size_t i = 0; i < terms->n; i++)
        is_constant &=
            is_literal(terms->items[i].expr) &&
            (terms->items[i].expr->kind == TERA_INT || terms->items[i].expr->kind == TERA_FLOAT);
    pond_value v;
    if (is_constant && tera_math_fold(e, &v)) {
        e->kind = v.kind == POND_FLOAT ? TERA_FLOAT : TERA_INT;
        e->value = v;
        e->is_constant = true;
    }
    *terms = (term_vec){0};
    return e;
}

// first (op operand)*, left to right, * / % before + -. Products are closed as they end, so there
// are never more than two chains open however long the text.
static tera_expr *parse_chain(tera_parser *ps, tera_expr *first, operand_fn operand) {
    char op = math_operator(ps, tera_ahead(ps));
    if (op == 0)
        return first;
    term_vec sum = {0}, product = {0};
    char sum_op = 0;
    *pond_vec_push(ps->a, &product) = (tera_term){first, 0};
    do {
        ps->p = tera_ahead(ps) + 1;
        ps->p = tera_ahead(ps);
        tera_expr *next = operand(ps);
        if (next == NULL)
            return NULL;
        if (op == '+' || op == '-') {
            tera_term closed = {close_chain(ps, &product), sum_op};
            *pond_vec_push(ps->a, &sum) = closed;
            sum_op = op;
            product = (term_vec){0};
            *pond_vec_push(ps->a, &product) = (tera_term){next, 0};
        } else {
            *pond_vec_push(ps->a, &product) = (tera_term){next, op};
        }
        op = math_operator(ps, tera_ahead(ps));
    } while (op != 0);
    tera_term last = {close_chain(ps, &product), sum_op};
    *pond_vec_push(ps->a, &sum) = last;
    return close_chain(ps, &sum);
}

// What begins with a name: a call, a macro call, a test, a path.
static tera_expr *named_term(tera_parser *ps, pond_sv name) {
    const char *q = tera_ahead(ps);
    if (ps->p < ps->end && *ps->p != '.' && *ps->p != '[') {
        if (tera_char(ps, q) == '(')
            return parse_call(ps, name, q);
        if (TERA_AT(ps, q, "::"))
            return parse_macro_call(ps, name, q);
    }
    const tera_path *path = parse_path(ps, name);
    q = tera_ahead(ps);
    if (TERA_AT(ps, q, "is"))
        return parse_test(ps, path, q);
    tera_expr *e = new_expr(ps, TERA_PATH, name.p);
    e->path = path;
    return ends_here(ps, e);
}

static tera_expr *basic_parenthesis(tera_parser *ps) {
    const char *open = ps->p;
    if (!tera_enter(ps, open))
        return NULL;
    ps->p++;
    ps->p = tera_ahead(ps);
    tera_expr *e = parse_basic(ps, NULL);
    if (e == NULL)
        return NULL;
    const char *q = tera_ahead(ps);
    if (tera_char(ps, q) != ')') {
        tera_expect_also(ps, q, TERA_EXPECT_CLOSE_PAREN);
        return NULL;
    }
    ps->p = q + 1;
    ps->depth--;
    return e;
}

static tera_expr *parse_term(tera_parser *ps) {
    const char *at = ps->p;
    if (tera_char(ps, at) == '(')
        return basic_parenthesis(ps);
    tera_expr *e = new_expr(ps, TERA_INT, at);
    if (tera_lex_bool(ps, e) || tera_lex_number(ps, e))
        return e;
    pond_sv name;
    if (tera_lex_name(ps, &name))
        return named_term(ps, name);
    return fail(ps, at, TERA_EXPECT_OPERAND);
}

static tera_expr *parse_basic(tera_parser *ps, tera_expr *first) {
    if (first == NULL)
        first = parse_term(ps);
    return first == NULL ? NULL : parse_chain(ps, first, parse_term);
}

static tera_expr *basic_with_filters(tera_parser *ps) {
    tera_expr *e = parse_basic(ps, NULL);
    return e != NULL && parse_filters(ps, e) ? e : NULL;
}

// Comparisons
// -------------------------------------------------------------------------------------------------

// What parse_first found out about an operand.
typedef struct operand_facts {
    bool is_string;        // a string or a `~` chain: no arithmetic behind it
    bool is_parenthesised; // a logic in parentheses: nothing behind it but `and`, `or`
} operand_facts;

static tera_expr *parse_logic(tera_parser *ps, bool *is_basic);

// "(" at the beginning of a value.
static tera_expr *either_parenthesis(tera_parser *ps, operand_facts *facts) {
    const char *open = ps->p;
    uint32_t depth = ps->depth;
    if (!tera_enter(ps, open))
        return NULL;
    bool is_basic;
    ps->p++;
    // `(not - 1)` subtracts from a variable named `not`: what can be arithmetic is.
    if (tera_at_word(ps, tera_ahead(ps), "not", 3)) {
        ps->p = open;
        ps->depth = depth;
        tera_expr *e = basic_parenthesis(ps);
        if (e != NULL || ps->is_too_deep)
            return e;
        ps->p = open + 1;
        ps->depth = depth + 1;
    }
    ps->p = tera_ahead(ps);
    tera_expr *e = parse_logic(ps, &is_basic);
    if (e == NULL)
        return NULL;
    const char *q = tera_ahead(ps);
    if (tera_char(ps, q) != ')') {
        tera_expect_also(ps, q, TERA_EXPECT_CLOSE_PAREN);
        return NULL;
    }
    ps->p = q + 1;
    ps->depth--;
    // Parentheses swallow `not`: Tera 1 overwrites the inner negation with the outer, absent one.
    e->lost_not |= e->is_negated;
    e->is_negated = false;
    facts->is_parenthesised = !is_basic;
    return e;
}

// A call or path that `~` may follow, even if its name begins like a boolean.
static tera_expr *boolean_or_concat(tera_parser *ps, operand_facts *facts) {
    const char *at = ps->p;
    tera_expr *e = concat_operand(ps);
    if (e != NULL && is_concat_ahead(ps)) {
        facts->is_string = true;
        return parse_concat(ps, e);
    }
    ps->p = at;
    e = new_expr(ps, TERA_BOOL, at);
    tera_lex_bool(ps, e);
    return e;
}

static bool is_boolean_ahead(const tera_parser *ps) {
    tera_expr ignored = {0};
    tera_parser probe = {.start = ps->start, .p = ps->p, .end = ps->end};
    return tera_lex_bool(&probe, &ignored);
}

// The first operand of a comparison or of `in`, as far as it is no arithmetic.
static tera_expr *parse_first(tera_parser *ps, bool may_be_logic, operand_facts *facts) {
    *facts = (operand_facts){0};
    char c = tera_char(ps, ps->p);
    if (c == '(')
        return may_be_logic ? either_parenthesis(ps, facts) : basic_parenthesis(ps);
    tera_expr *e;
    if (c == '"' || c == '\'' || c == '`') {
        e = string_literal(ps);
        if (e == NULL)
            return fail(ps, ps->p, TERA_EXPECT_VALUE);
        facts->is_string = true;
    } else if ((c == 't' || c == 'f' || c == 'T' || c == 'F') && is_boolean_ahead(ps)) {
        return boolean_or_concat(ps, facts);
    } else {
        e = parse_term(ps);
        if (e == NULL)
            return NULL;
        if (e->kind == TERA_TEST || e->kind == TERA_MACRO)
            return e;
    }
    if (is_concat_ahead(ps)) {
        facts->is_string = true;
        return parse_concat(ps, e);
    }
    return e;
}

// What may stand on the right of `in`.
static const tera_expr *in_container(tera_parser *ps) {
    const char *at = ps->p;
    if (tera_char(ps, at) == '[')
        return parse_array(ps);
    tera_expect(ps, at, TERA_EXPECT_CONTAINER);
    tera_expr *e = concat_operand(ps);
    if (e == NULL)
        return NULL;
    if (is_concat_ahead(ps)) {
        e = parse_concat(ps, e);
        return e != NULL && parse_filters(ps, e) ? e : NULL;
    }
    if (e->kind == TERA_STRING)
        return parse_filters(ps, e) ? e : NULL;
    if (e->kind == TERA_CALL) { // only its name counts, and the parenthesis is then too much
        ps->p = at;
        pond_sv name;
        ps->hint = "'in' takes no call on its right; store its result with {% set %} first";
        tera_lex_name(ps, &name);
        return fail(ps, ps->p, TERA_EXPECT_OPERATOR);
    }
    return e->kind == TERA_PATH ? e : NULL;
}

// "not"? "in": moves behind it.
static bool accept_in(tera_parser *ps, bool *is_not) {
    const char *back = ps->p;
    ps->p = tera_ahead(ps);
    *is_not = tera_at_word(ps, ps->p, "not", 3);
    if (*is_not) {
        ps->p += 3;
        ps->p = tera_ahead(ps);
    }
    if (TERA_AT(ps, ps->p, "in")) {
        ps->p += 2;
        ps->p = tera_ahead(ps);
        return true;
    }
    ps->p = back;
    return false;
}

static tera_expr *parse_in(tera_parser *ps, const tera_expr *left, bool is_not) {
    tera_expr *e = new_expr(ps, TERA_IN, ps->start + left->place.at);
    e->left = left;
    e->right = in_container(ps);
    e->is_not_in = is_not;
    return e->right == NULL ? NULL : ends_here(ps, e);
}

static bool accept_comparison(tera_parser *ps, uint8_t *out) {
    static const struct {
        char text[3];
        uint8_t comparison;
    } operators[] = {{"<=", TERA_LE}, {">=", TERA_GE}, {">", TERA_GT},
                     {"<", TERA_LT},  {"==", TERA_EQ}, {"!=", TERA_NE}};
    const char *q = tera_ahead(ps);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t n = strlen(operators[i].text);
        if (tera_at(ps, q, operators[i].text, n)) {
            *out = operators[i].comparison;
            ps->p = q + n;
            ps->p = tera_ahead(ps);
            return true;
        }
    }
    tera_expect(ps, q, TERA_EXPECT_OPERATOR);
    return false;
}

// The right side of a comparison.
static const tera_expr *parse_right(tera_parser *ps) {
    operand_facts facts;
    const char *at = ps->p;
    tera_expr *e = parse_first(ps, false, &facts);
    if (e == NULL)
        return fail(ps, at, TERA_EXPECT_VALUE);
    if (facts.is_string)
        return parse_filters(ps, e) ? e : NULL;
    e = parse_basic(ps, e);
    if (e == NULL || !parse_filters(ps, e))
        return NULL;
    return parse_chain(ps, e, basic_with_filters);
}

// *is_basic: nothing but a basic, so parentheses around it are those of arithmetic.
static tera_expr *parse_comparison(tera_parser *ps, bool is_negated, bool *is_basic) {
    operand_facts facts;
    const char *at = ps->p;
    *is_basic = false;
    tera_expr *e = parse_first(ps, !is_negated, &facts);
    if (e == NULL)
        return fail(ps, at, TERA_EXPECT_VALUE);
    if (facts.is_parenthesised)
        return e;
    bool is_not;
    if (!facts.is_string && (e = parse_basic(ps, e)) == NULL)
        return NULL;
    if (!parse_filters(ps, e))
        return NULL;
    *is_basic = !facts.is_string && !e->has_filters;
    if (accept_in(ps, &is_not)) {
        *is_basic = false;
        return parse_in(ps, e, is_not);
    }
    if (!facts.is_string && (e = parse_chain(ps, e, basic_with_filters)) == NULL)
        return NULL;
    uint8_t comparison;
    if (!accept_comparison(ps, &comparison))
        return e;
    *is_basic = false;
    tera_expr *c = new_expr(ps, TERA_COMPARE, at);
    c->comparison = comparison;
    c->left = e;
    c->right = parse_right(ps);
    return c->right == NULL ? NULL : ends_here(ps, c);
}

// Logic
// -------------------------------------------------------------------------------------------------

static tera_expr *parse_logic_value(tera_parser *ps, bool *is_basic) {
    bool is_negated = tera_at_word(ps, ps->p, "not", 3);
    if (is_negated) {
        ps->p += 3;
        ps->p = tera_ahead(ps);
    }
    tera_expr *e = parse_comparison(ps, is_negated, is_basic);
    if (e == NULL || !is_negated)
        return e;
    e->is_negated = true;
    *is_basic = false;
    return e;
}

static tera_expr *close_logic(tera_parser *ps, tera_expr_kind kind, term_vec *terms) {
    if (terms->n == 1)
        return (tera_expr *)(uintptr_t)terms->items[0].expr;
    const tera_expr *first = terms->items[0].expr, *last = terms->items[terms->n - 1].expr;
    tera_expr *e = new_expr(ps, kind, ps->start + first->place.at);
    e->place.width = last->place.at + last->place.width - e->place.at;
    e->terms = terms->items;
    e->n_terms = (uint32_t)terms->n;
    *terms = (term_vec){0};
    return e;
}

static tera_expr *parse_logic(tera_parser *ps, bool *is_basic) {
    tera_expr *e = parse_logic_value(ps, is_basic);
    if (e == NULL)
        return NULL;
    term_vec any = {0}, all = {0}; // or, and
    for (;;) {
        const char *q = tera_ahead(ps);
        bool is_or = tera_at_word(ps, q, "or", 2);
        if (!is_or && !tera_at_word(ps, q, "and", 3)) {
            tera_expect(ps, q, TERA_EXPECT_OPERATOR);
            break;
        }
        *pond_vec_push(ps->a, &all) = (tera_term){e, 0};
        if (is_or) {
            tera_term closed = {close_logic(ps, TERA_AND, &all), 0};
            *pond_vec_push(ps->a, &any) = closed;
            all = (term_vec){0};
        }
        ps->p = q + (is_or ? 2 : 3);
        ps->p = tera_ahead(ps);
        e = parse_logic_value(ps, is_basic);
        if (e == NULL)
            return NULL;
        *is_basic = false;
    }
    if (any.n == 0 && all.n == 0)
        return e;
    *is_basic = false;
    *pond_vec_push(ps->a, &all) = (tera_term){e, 0};
    tera_term last = {close_logic(ps, TERA_AND, &all), 0};
    *pond_vec_push(ps->a, &any) = last;
    return close_logic(ps, TERA_OR, &any);
}

tera_expr *tera_parse_logic(tera_parser *ps) {
    bool is_basic;
    return parse_logic(ps, &is_basic);
}

// Arrays
// -------------------------------------------------------------------------------------------------

static void fold_array(tera_parser *ps, tera_expr *e) {
    for (size_t i = 0; i < e->n_terms; i++)
        if (!is_literal(e->terms[i].expr))
            return;
    pond_value *items = POND_NEW_ARRAY(ps->a, pond_value, e->n_terms + 1);
    for (size_t i = 0; i < e->n_terms; i++)
        items[i] = e->terms[i].expr->value;
    e->value = pond_array(items, e->n_terms);
    e->is_constant = true;
}

// "[" values separated by commas "]" filter*; the values are no arrays, `and` or `or`.
static tera_expr *parse_array(tera_parser *ps) {
    const char *open = ps->p;
    if (tera_char(ps, open) != '[')
        return fail(ps, open, TERA_EXPECT_VALUE);
    if (!tera_enter(ps, open))
        return NULL;
    term_vec terms = {0};
    ps->p++;
    for (;;) {
        ps->p = tera_ahead(ps);
        if (tera_char(ps, ps->p) == ']')
            break;
        bool is_basic;
        const tera_expr *item = parse_logic_value(ps, &is_basic);
        if (item == NULL)
            return NULL;
        *pond_vec_push(ps->a, &terms) = (tera_term){item, 0};
        ps->p = tera_ahead(ps);
        if (tera_char(ps, ps->p) == ']')
            break;
        if (tera_char(ps, ps->p) != ',') {
            tera_expect_also(ps, ps->p, TERA_EXPECT_COMMA | TERA_EXPECT_CLOSE_BRACKET);
            return NULL;
        }
        ps->p++;
    }
    ps->p++;
    ps->depth--;
    tera_expr *e = new_expr(ps, TERA_ARRAY, open);
    e->terms = terms.items;
    e->n_terms = (uint32_t)terms.n;
    fold_array(ps, e);
    return parse_filters(ps, e) ? e : NULL;
}

tera_expr *tera_parse_value(tera_parser *ps) {
    if (tera_char(ps, ps->p) == '[')
        return parse_array(ps);
    return tera_parse_logic(ps);
}

tera_expr *tera_parse_container(tera_parser *ps) {
    if (tera_char(ps, ps->p) == '[')
        return parse_array(ps);
    return basic_with_filters(ps);
}
