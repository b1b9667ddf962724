// Expressions, by recursive descent. In the grammar of Tera 1 the operands decide where an operator
// is allowed:
//
//     logic    = value (("and" | "or") value)*
//     value    = "not"? compare | "not"? compare "not"? "in" container | "(" logic ")"
//     compare  = (string | chain) (("==" | "<" | ...) (string | chain))?
//     string   = ("..." | operand ("~" operand)+) filter*
//     chain    = basic filter* (op basic filter*)*        filters bind a whole basic
//     basic    = term (op term)*                          * / % before + -
//     term     = "(" basic ")" | true | test | macro call | call | path | number
//
// A parenthesis at the beginning of a value can be that of a logic or of a basic. The inside is
// parsed once; whether it was a basic decides what can follow.
#include "tera/parse.h"

// Arithmetic --------------------------------------------------------------------------------------

typedef tera_expr *(*operand_fn)(tera_parser *ps);

static tera_expr *parse_basic(tera_parser *ps, tera_expr *first);

// The operator at q, or 0. A dash or percent sign that ends the tag is not an operator. The grammar
// still tries it as one, so the furthest place is then after it.
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

static tera_expr *close_chain(tera_parser *ps, tera_term_vec *terms) {
    if (terms->n == 1)
        return (tera_expr *)(uintptr_t)terms->items[0].expr;
    const tera_expr *first = terms->items[0].expr;
    tera_expr *e = tera_new_expr(ps, TERA_MATH, ps->start + first->place.at);
    e->terms = terms->items;
    e->n_terms = (uint32_t)terms->n;
    const tera_expr *last = terms->items[terms->n - 1].expr;
    e->place.width = last->place.at + last->place.width - e->place.at;
    bool is_constant = true;
    for (size_t i = 0; i < terms->n; i++)
        is_constant &=
            tera_is_literal(terms->items[i].expr) &&
            (terms->items[i].expr->kind == TERA_INT || terms->items[i].expr->kind == TERA_FLOAT);
    pond_value v;
    if (is_constant && tera_math_fold(e, &v)) {
        e->kind = v.kind == POND_FLOAT ? TERA_FLOAT : TERA_INT;
        e->value = v;
        e->is_constant = true;
    }
    *terms = (tera_term_vec){0};
    return e;
}

// first (op operand)*, left to right, * / % before + -. A product is closed when it ends, so at
// most two chains are open, however long the text is.
static tera_expr *parse_chain(tera_parser *ps, tera_expr *first, operand_fn operand) {
    char op = math_operator(ps, tera_ahead(ps));
    if (op == 0)
        return first;
    tera_term_vec sum = {0}, product = {0};
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
            product = (tera_term_vec){0};
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

// A term that begins with a name: a call, a macro call, a test or a path.
static tera_expr *named_term(tera_parser *ps, pond_sv name) {
    const char *q = tera_ahead(ps);
    if (ps->p < ps->end && *ps->p != '.' && *ps->p != '[') {
        if (tera_char(ps, q) == '(')
            return tera_parse_call(ps, name, q);
        if (TERA_AT(ps, q, "::"))
            return tera_parse_macro_call(ps, name, q);
    }
    const tera_path *path = tera_parse_path(ps, name);
    q = tera_ahead(ps);
    if (TERA_AT(ps, q, "is"))
        return tera_parse_test(ps, path, q);
    tera_expr *e = tera_new_expr(ps, TERA_PATH, name.p);
    e->path = path;
    return tera_ends_here(ps, e);
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
    tera_expr *e = tera_new_expr(ps, TERA_INT, at);
    if (tera_lex_bool(ps, e) || tera_lex_number(ps, e))
        return e;
    pond_sv name;
    if (tera_lex_name(ps, &name))
        return named_term(ps, name);
    return tera_no_expr(ps, at, TERA_EXPECT_OPERAND);
}

static tera_expr *parse_basic(tera_parser *ps, tera_expr *first) {
    if (first == NULL)
        first = parse_term(ps);
    return first == NULL ? NULL : parse_chain(ps, first, parse_term);
}

static tera_expr *basic_with_filters(tera_parser *ps) {
    tera_expr *e = parse_basic(ps, NULL);
    return e != NULL && tera_parse_filters(ps, e) ? e : NULL;
}

// Comparisons -------------------------------------------------------------------------------------

// What parse_first knows about an operand.
typedef struct operand_facts {
    bool is_string;        // a string or a `~` chain: no arithmetic can follow
    bool is_parenthesised; // a logic in parentheses: only `and` and `or` can follow
} operand_facts;

static tera_expr *parse_logic(tera_parser *ps, bool *is_basic);
static tera_expr *parse_array(tera_parser *ps);

// "(" at the beginning of a value.
static tera_expr *either_parenthesis(tera_parser *ps, operand_facts *facts) {
    const char *open = ps->p;
    uint32_t depth = ps->depth;
    if (!tera_enter(ps, open))
        return NULL;
    bool is_basic;
    ps->p++;
    // `(not - 1)` subtracts from a variable named `not`: arithmetic is tried first.
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
    // Parentheses remove a `not`: Tera 1 overwrites the inner negation with the missing outer one.
    e->lost_not |= e->is_negated;
    e->is_negated = false;
    facts->is_parenthesised = !is_basic;
    return e;
}

// A boolean, or a call or path that begins like one (`trueish`) if `~` follows it.
static tera_expr *boolean_or_concat(tera_parser *ps, operand_facts *facts) {
    const char *at = ps->p;
    tera_expr *e = tera_parse_joinable(ps);
    if (e != NULL && tera_is_concat_ahead(ps)) {
        facts->is_string = true;
        return tera_parse_concat(ps, e);
    }
    ps->p = at;
    e = tera_new_expr(ps, TERA_BOOL, at);
    tera_lex_bool(ps, e);
    return e;
}

static bool is_boolean_ahead(const tera_parser *ps) {
    tera_expr ignored = {0};
    tera_parser probe = {.start = ps->start, .p = ps->p, .end = ps->end};
    return tera_lex_bool(&probe, &ignored);
}

// The first operand of a comparison or of `in`, up to any arithmetic.
static tera_expr *parse_first(tera_parser *ps, bool may_be_logic, operand_facts *facts) {
    *facts = (operand_facts){0};
    char c = tera_char(ps, ps->p);
    if (c == '(')
        return may_be_logic ? either_parenthesis(ps, facts) : basic_parenthesis(ps);
    tera_expr *e;
    if (c == '"' || c == '\'' || c == '`') {
        e = tera_parse_string(ps);
        if (e == NULL)
            return tera_no_expr(ps, ps->p, TERA_EXPECT_VALUE);
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
    if (tera_is_concat_ahead(ps)) {
        facts->is_string = true;
        return tera_parse_concat(ps, e);
    }
    return e;
}

// The right side of `in`.
static const tera_expr *in_container(tera_parser *ps) {
    const char *at = ps->p;
    if (tera_char(ps, at) == '[')
        return parse_array(ps);
    tera_expect(ps, at, TERA_EXPECT_CONTAINER);
    tera_expr *e = tera_parse_joinable(ps);
    if (e == NULL)
        return NULL;
    if (tera_is_concat_ahead(ps)) {
        e = tera_parse_concat(ps, e);
        return e != NULL && tera_parse_filters(ps, e) ? e : NULL;
    }
    if (e->kind == TERA_STRING)
        return tera_parse_filters(ps, e) ? e : NULL;
    if (e->kind == TERA_CALL) { // the grammar takes only its name; then the parenthesis is an error
        ps->p = at;
        pond_sv name;
        ps->hint = "'in' cannot have a call on its right; store the result with {% set %} first";
        tera_lex_name(ps, &name);
        return tera_no_expr(ps, ps->p, TERA_EXPECT_OPERATOR);
    }
    return e->kind == TERA_PATH ? e : NULL;
}

// "not"? "in": moves past it.
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
    tera_expr *e = tera_new_expr(ps, TERA_IN, ps->start + left->place.at);
    e->left = left;
    e->right = in_container(ps);
    e->is_not_in = is_not;
    return e->right == NULL ? NULL : tera_ends_here(ps, e);
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
        return tera_no_expr(ps, at, TERA_EXPECT_VALUE);
    if (facts.is_string)
        return tera_parse_filters(ps, e) ? e : NULL;
    e = parse_basic(ps, e);
    if (e == NULL || !tera_parse_filters(ps, e))
        return NULL;
    return parse_chain(ps, e, basic_with_filters);
}

// *is_basic: it is just a basic, so parentheses around it are those of arithmetic.
static tera_expr *parse_comparison(tera_parser *ps, bool is_negated, bool *is_basic) {
    operand_facts facts;
    const char *at = ps->p;
    *is_basic = false;
    tera_expr *e = parse_first(ps, !is_negated, &facts);
    if (e == NULL)
        return tera_no_expr(ps, at, TERA_EXPECT_VALUE);
    if (facts.is_parenthesised)
        return e;
    bool is_not;
    if (!facts.is_string && (e = parse_basic(ps, e)) == NULL)
        return NULL;
    if (!tera_parse_filters(ps, e))
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
    tera_expr *c = tera_new_expr(ps, TERA_COMPARE, at);
    c->comparison = comparison;
    c->left = e;
    c->right = parse_right(ps);
    return c->right == NULL ? NULL : tera_ends_here(ps, c);
}

// Logic -------------------------------------------------------------------------------------------

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

static tera_expr *close_logic(tera_parser *ps, tera_expr_kind kind, tera_term_vec *terms) {
    if (terms->n == 1)
        return (tera_expr *)(uintptr_t)terms->items[0].expr;
    const tera_expr *first = terms->items[0].expr, *last = terms->items[terms->n - 1].expr;
    tera_expr *e = tera_new_expr(ps, kind, ps->start + first->place.at);
    e->place.width = last->place.at + last->place.width - e->place.at;
    e->terms = terms->items;
    e->n_terms = (uint32_t)terms->n;
    *terms = (tera_term_vec){0};
    return e;
}

static tera_expr *parse_logic(tera_parser *ps, bool *is_basic) {
    tera_expr *e = parse_logic_value(ps, is_basic);
    if (e == NULL)
        return NULL;
    tera_term_vec any = {0}, all = {0}; // or, and
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
            all = (tera_term_vec){0};
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

// Arrays ------------------------------------------------------------------------------------------

static void fold_array(tera_parser *ps, tera_expr *e) {
    for (size_t i = 0; i < e->n_terms; i++)
        if (!tera_is_literal(e->terms[i].expr))
            return;
    pond_value *items = POND_NEW_ARRAY(ps->a, pond_value, e->n_terms + 1);
    for (size_t i = 0; i < e->n_terms; i++)
        items[i] = e->terms[i].expr->value;
    e->value = pond_array(items, e->n_terms);
    e->is_constant = true;
}

// "[" values separated by commas "]" filter*. A value cannot be an array or contain `and` or `or`.
static tera_expr *parse_array(tera_parser *ps) {
    const char *open = ps->p;
    if (tera_char(ps, open) != '[')
        return tera_no_expr(ps, open, TERA_EXPECT_VALUE);
    if (!tera_enter(ps, open))
        return NULL;
    tera_term_vec terms = {0};
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
    tera_expr *e = tera_new_expr(ps, TERA_ARRAY, open);
    e->terms = terms.items;
    e->n_terms = (uint32_t)terms.n;
    fold_array(ps, e);
    return tera_parse_filters(ps, e) ? e : NULL;
}

// Objects -----------------------------------------------------------------------------------------

// "key" ":" value
static bool parse_member(tera_parser *ps, tera_term_vec *terms) {
    const tera_expr *key = tera_parse_string(ps);
    if (key == NULL) {
        tera_expect(ps, ps->p, TERA_EXPECT_KEY | TERA_EXPECT_CLOSE_BRACE);
        return false;
    }
    ps->p = tera_ahead(ps);
    if (tera_char(ps, ps->p) != ':') {
        tera_expect(ps, ps->p, TERA_EXPECT_COLON);
        return false;
    }
    ps->p++;
    ps->p = tera_ahead(ps);
    const tera_expr *value = tera_parse_value(ps);
    if (value == NULL)
        return false;
    *pond_vec_push(ps->a, terms) = (tera_term){key, 0};
    *pond_vec_push(ps->a, terms) = (tera_term){value, 0};
    return true;
}

// "{" members separated by commas "}" filter*; a trailing comma is allowed. Of equal keys the last
// one wins.
static tera_expr *parse_object(tera_parser *ps) {
    const char *open = ps->p;
    if (!tera_enter(ps, open))
        return NULL;
    tera_term_vec terms = {0};
    char c;
    do {
        ps->p++;
        ps->p = tera_ahead(ps);
        if (tera_char(ps, ps->p) == '}')
            break;
        if (!parse_member(ps, &terms))
            return NULL;
        ps->p = tera_ahead(ps);
        c = tera_char(ps, ps->p);
        if (c != ',' && c != '}') {
            tera_expect_also(ps, ps->p, TERA_EXPECT_COMMA | TERA_EXPECT_CLOSE_BRACE);
            return NULL;
        }
    } while (c == ',');
    ps->p++;
    ps->depth--;
    tera_expr *e = tera_new_expr(ps, TERA_OBJECT, open);
    e->terms = terms.items;
    e->n_terms = (uint32_t)terms.n;
    return tera_parse_filters(ps, e) ? e : NULL;
}

tera_expr *tera_parse_value(tera_parser *ps) {
    if (tera_char(ps, ps->p) == '[')
        return parse_array(ps);
    if (ps->t->options.has_objects && tera_char(ps, ps->p) == '{')
        return parse_object(ps);
    return tera_parse_logic(ps);
}

tera_expr *tera_parse_container(tera_parser *ps) {
    if (tera_char(ps, ps->p) == '[')
        return parse_array(ps);
    return basic_with_filters(ps);
}
