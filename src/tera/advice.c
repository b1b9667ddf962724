// Syntax errors in words: what was expected, what was found instead, and for frequent mistakes how
// to write it correctly.
#include "tera/lex.h"

#include "tera/unicode.h"

// Expected and found ------------------------------------------------------------------------------

static const char *const expectations[] = {
#define EXPECT(name, text) [TERA_EXPECT_BIT_##name] = text,
#include "tera/expect.def"
#undef EXPECT
};
_Static_assert(sizeof expectations / sizeof *expectations == TERA_N_EXPECT,
               "one text for each expectation");

// "a, b or c"
static void list_expectations(pond_buf *b, uint32_t expected) {
    const uint32_t values = TERA_EXPECT_VALUE | TERA_EXPECT_OPERAND;
    if (expected & (TERA_EXPECT_ITEMS | TERA_EXPECT_CONTAINER)) // the more specific text is enough
        expected &= ~values;
    else if (expected & TERA_EXPECT_VALUE)
        expected &= ~(uint32_t)TERA_EXPECT_OPERAND;
    for (int i = 0, seen = 0; i < TERA_N_EXPECT; i++) {
        if (!(expected & 1u << i))
            continue;
        bool is_last = (expected >> i) == 1;
        pond_buf_str(b, seen == 0 ? "" : is_last ? " or " : ", ");
        pond_buf_str(b, expectations[i]);
        seen++;
    }
}

// The length of the token at q as an error shows it: a word, a number, a string on one line, or one
// character.
static size_t token_length(const tera_parser *ps, const char *q) {
    size_t left = (size_t)(ps->end - q);
    static const char *const pairs[] = {"{{", "}}", "{%", "%}", "{#", "#}", "==", "!=",
                                        "<=", ">=", "&&", "||", "::", "=>", "**", "//"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (left >= 2 && memcmp(q, pairs[i], 2) == 0)
            return 2;
    size_t n = 0;
    pond_sv text;
    tera_parser probe = {.start = ps->start, .p = q, .end = ps->end};
    if (tera_lex_string(&probe, &text) && memchr(q, '\n', text.n) == NULL)
        return text.n + 2;
    if (left > 0 && tera_is_name(*q))
        while (n < left && tera_is_name(q[n]))
            n++;
    else if (left > 0)
        for (n = 1; n < left && tera_is_continuation(q[n]);)
            n++;
    return n;
}

static const char *found_text(const tera_parser *ps, const char *q, size_t n) {
    if (n == 0)
        return "the end of the template";
    if (*q == '\n' || *q == '\r')
        return "the end of the line";
    return pond_printf(ps->a, "'%.*s'", (int)(n > 40 ? 40 : n), q);
}

// The character before q, ignoring blanks.
static char char_before(const tera_parser *ps, const char *q) {
    while (q > ps->start && tera_is_blank(q[-1]))
        q--;
    return q > ps->start ? q[-1] : '\0';
}

static bool is_open_string(const tera_parser *ps, const char *q) {
    pond_sv ignored;
    tera_parser probe = {.start = ps->start, .p = q, .end = ps->end};
    char c = tera_char(ps, q);
    return (c == '"' || c == '\'' || c == '`') && !tera_lex_string(&probe, &ignored);
}

// Advice ------------------------------------------------------------------------------------------

// How to correct a frequent mistake; NULL when this is not one of them.
static const char *advice(const tera_parser *ps, const char *q) {
    char c = tera_char(ps, q), next = tera_char(ps, q + 1), before = char_before(ps, q);
    bool wants_operator = ps->expected & TERA_EXPECT_OPERATOR;
    bool wants_value = ps->expected & (TERA_EXPECT_VALUE | TERA_EXPECT_OPERAND);
    if (c == '&' && next == '&')
        return "write 'and' instead of '&&'";
    if (c == '|' && q > ps->start && q[-1] == '|')
        return "write 'or' instead of '||'";
    if (c == '!' && next != '=')
        return "write 'not x' instead of '!x'";
    if (c == '?')
        return "there is no '?:'; use {% if %} or the filter 'default'";
    if (c == '.' && next == '.')
        return "for a range of integers write range(start=1, end=10)";
    if (is_open_string(ps, q))
        return "this string has no closing quote";
    if ((c == '"' || c == '\'' || c == '`') && before == '+')
        return "'+' adds numbers; use '~' to join strings";
    if (ps->expected & TERA_EXPECT_ARGUMENT)
        return "arguments need names, as in f(name=1)";
    if (TERA_AT(ps, q, "if") && before == 'e' && ps->expected == TERA_EXPECT_TAG_END)
        return "write 'elif'";
    if (wants_operator && c == '+' && (before == '"' || before == '\'' || before == '`'))
        return "'+' adds numbers; use '~' to join strings";
    if (wants_operator && TERA_AT(ps, q, "if "))
        return "there is no 'x if y else z'; use {% if %}";
    if (wants_operator && c == '(')
        return "only functions are called like this; a macro is called as space::name(), and "
               "instead of a method there is a filter, x | length";
    if (wants_operator && c == '[')
        return "an index must be a string, an integer or a name; for a part of an array use the "
               "filter 'slice'";
    if (c == '[' && before == ']')
        return "an array literal cannot be indexed; give it a name with {% set %}";
    if (wants_value && c == '[')
        return "array literals cannot be nested";
    if (wants_value && c == '{')
        return next == '{'                  ? "inside a tag write the name without '{{'"
               : ps->t->options.has_objects ? "an object can only be an argument, a member of an "
                                              "object, or the value of 'set'"
                                            : "there are no object literals; objects come from the "
                                              "context";
    if (c == '=' && next != '=' && before != '=')
        return "compare with '=='";
    if (c == '~')
        return "'~' joins only names, literals and calls, and must come before filters";
    if (wants_operator && (c == '=' || c == '<' || c == '>' || c == '!'))
        return before == ')' ? "a comparison in parentheses cannot be compared again"
                             : "comparisons cannot be chained; join them with 'and'";
    if ((ps->expected & TERA_EXPECT_CLOSE_PAREN) && wants_operator &&
        (TERA_AT(ps, q, "and ") || TERA_AT(ps, q, "or ")))
        return "parentheses after 'not' or an operator can only hold arithmetic";
    if (wants_operator && before == ')' && c != '\0' && strchr("+-*/%", c) != NULL)
        return "parentheses with filters or comparisons cannot be an operand; use {% set %}";
    if (c == '-' && wants_value)
        return "a minus sign works only before a number; write '0 - x' or 'x * -1'";
    return NULL;
}

void tera_problem_here(tera_parser *ps) {
    const char *q = ps->furthest != NULL ? ps->furthest : ps->p;
    size_t n = token_length(ps, q);
    const char *hint = ps->hint != NULL ? ps->hint : advice(ps, q);
    tera_place place = tera_place_of(ps, q, q + n);
    pond_buf expected = POND_BUF_EMPTY;
    list_expectations(&expected, ps->expected);
    pond_sv list = pond_buf_view(&expected);
    tera_problem_at(ps, place, "expected %.*s, found %s", POND_SV_ARG(list), found_text(ps, q, n));
    pond_buf_free(&expected);
    if (hint != NULL)
        tera_problem_note(ps, hint);
}

// Suspicious text ---------------------------------------------------------------------------------

// The end of the tag that begins at q, or of the text if the tag does not end.
static const char *end_of_tag(const char *q, const char *end) {
    char close = q[1] == '{' ? '}' : q[1];
    for (const char *p = q + 2; p + 1 < end; p++)
        if (p[0] == close && p[1] == '}')
            return p + 2;
    return end;
}

// Whether the tag at q is a misspelt `endraw`: inside {% raw %} a tag that is not exactly that is
// text.
static bool is_meant_as_endraw(const tera_parser *ps, const char *q, tera_place *place) {
    const char *word = q + 2 + (tera_char(ps, q + 2) == '-');
    while (word < ps->end && tera_is_blank(*word))
        word++;
    const char *end = word;
    while (end < ps->end && tera_is_name(*end))
        end++;
    *place = tera_place_of(ps, word, end);
    const pond_sv endraw = POND_SV("endraw"), text = {word, place->width};
    return pond_nearest(text, &endraw, 1).n > 0;
}

enum { MAX_SUSPECTS = 3 };

void tera_suspect_texts(tera_parser *ps) {
    if (!ps->is_unbalanced)
        return;
    tera_place place;
    int n = 0;
    for (const char *q = ps->start; q + 1 < ps->end && n < MAX_SUSPECTS;) {
        bool begins = q[0] == '{' && (q[1] == '{' || q[1] == '%' || q[1] == '#');
        if (begins && ps->in_raw != NULL && q > ps->in_raw && is_meant_as_endraw(ps, q, &place)) {
            tera_problem_at(ps, place, "to end the 'raw' section write {%% endraw %%}");
            return;
        }
        if (q[0] == '%' && q[1] == '}') {
            tera_problem_at(ps, tera_place_of(ps, q, q + 2),
                            "this '%%}' has no tag to end: a tag begins with '{%%'");
            n++;
        }
        q = begins ? end_of_tag(q, ps->end) : q + 1;
    }
}
