// Errors that point: from a byte offset to a line, a column and a caret; and which names might have
// been meant.
#include "tera/lex.h"

// Places
// -------------------------------------------------------------------------------------------------

static bool continues_character(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

static uint32_t count_characters(const char *from, const char *to) {
    uint32_t n = 0;
    for (; from < to; from++)
        n += !continues_character(*from);
    return n;
}

static const char *line_start(const tera_template *tpl, uint32_t at) {
    const char *p = tpl->source.p + at;
    while (p > tpl->source.p && p[-1] != '\n')
        p--;
    return p;
}

static const char *line_end(const tera_template *tpl, const char *p) {
    const char *end = tpl->source.p + tpl->source.n;
    while (p < end && *p != '\n')
        p++;
    return p > tpl->source.p && p[-1] == '\r' ? p - 1 : p;
}

pond_loc tera_locate(const tera_template *tpl, uint32_t at) {
    pond_loc loc = {.line = 1};
    snprintf(loc.file, sizeof loc.file, "%.*s", POND_SV_ARG(tpl->name));
    const char *p = tpl->source.p, *to = tpl->source.p + at;
    while ((p = memchr(p, '\n', (size_t)(to - p))) != NULL) {
        loc.line++;
        p++;
    }
    loc.column = count_characters(line_start(tpl, at), to) + 1;
    return loc;
}

pond_sv tera_line_at(const tera_template *tpl, uint32_t at) {
    const char *line = line_start(tpl, at), *end = line_end(tpl, tpl->source.p + at);
    return (pond_sv){line, end > line ? (size_t)(end - line) : 0};
}

// Of a long line, such as minified HTML has, only what is around the place is shown.
enum { LONG_LINE = 240, AROUND = 90 };

static void add_caret(pond_err *err, const tera_template *tpl, tera_place place) {
    pond_sv line = tera_line_at(tpl, place.at);
    const char *at = tpl->source.p + place.at, *end = line.p + line.n;
    const char *to = at < end && place.width < (size_t)(end - at) ? at + place.width : end;
    uint32_t width = to > at ? count_characters(at, to) : 1;
    if (line.n <= LONG_LINE) {
        pond_err_caret(err, line.p, line.n, count_characters(line.p, at) + 1, width);
        return;
    }
    if (to - at > AROUND)
        to = at + AROUND;
    const char *from = at - line.p > AROUND ? at - AROUND : line.p;
    const char *until = end - to > AROUND ? to + AROUND : end;
    // To the character's edge: three bytes at the most, however much of what is no UTF-8 stands
    // there.
    for (int i = 0; i < 3 && from > line.p && continues_character(*from); i++)
        from--;
    for (int i = 0; i < 3 && until < end && continues_character(*until); i++)
        until++;
    char text[4 * AROUND + 16];
    const char *before = from > line.p ? "..." : "", *after = until < end ? "..." : "";
    int n = snprintf(text, sizeof text, "%s%.*s%s", before, (int)(until - from), from, after);
    uint32_t column = (uint32_t)strlen(before) + count_characters(from, at) + 1;
    pond_err_caret(err, text, (size_t)n, column, width < AROUND ? width : AROUND);
}

void tera_point(pond_err *err, const tera_template *tpl, tera_place place) {
    if (err == NULL)
        return;
    err->where = tera_locate(tpl, place.at);
    add_caret(err, tpl, place);
}

// Names
// -------------------------------------------------------------------------------------------------

const char *tera_did_you_mean(pond_arena *a, pond_sv name, const pond_sv *names, size_t n) {
    pond_sv best = pond_nearest(name, names, n);
    return best.n == 0 ? "" : pond_printf(a, ", did you mean '%.*s'?", POND_SV_ARG(best));
}

size_t tera_all_names(pond_arena *a, const pond_map *host, const pond_sv *builtin, size_t n_builtin,
                      const pond_sv **out) {
    pond_sv *names = POND_NEW_ARRAY(a, pond_sv, n_builtin + host->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < n_builtin; i++)
        names[n++] = builtin[i];
    for (size_t i = 0; i < host->n; i++)
        names[n++] = host->entries[i].key;
    *out = names;
    return n;
}

// Problems of syntax
// -------------------------------------------------------------------------------------------------

static const char *const expectations[] = {
#define EXPECT(name, text) [TERA_EXPECT_BIT_##name] = text,
#include "tera/expect.def"
#undef EXPECT
};
_Static_assert(sizeof expectations / sizeof *expectations == TERA_N_EXPECT, "a text for each");

// "a, b or c"
static void list_expectations(pond_buf *b, uint32_t expected) {
    const uint32_t values = TERA_EXPECT_VALUE | TERA_EXPECT_OPERAND;
    if (expected & (TERA_EXPECT_ITEMS | TERA_EXPECT_CONTAINER)) // the closest says it all
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

// What stands at q, for people: a word, a number, a string on one line, or one character.
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
        for (n = 1; n < left && continues_character(q[n]);)
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

// The character before q, blanks aside.
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

// A mistake that many make, said the way out of it; NULL when it is none of those.
static const char *advice(const tera_parser *ps, const char *q) {
    char c = tera_char(ps, q), next = tera_char(ps, q + 1), before = char_before(ps, q);
    bool wants_operator = ps->expected & TERA_EXPECT_OPERATOR;
    bool wants_value = ps->expected & (TERA_EXPECT_VALUE | TERA_EXPECT_OPERAND);
    if (c == '&' && next == '&')
        return "write 'and' for '&&'";
    if (c == '|' && q > ps->start && q[-1] == '|')
        return "write 'or' for '||'";
    if (c == '!' && next != '=')
        return "write 'not x' for '!x'";
    if (c == '?')
        return "there is no '?:'; use {% if %} or the filter 'default'";
    if (c == '.' && next == '.')
        return "write range(start=1, end=10)";
    if (is_open_string(ps, q))
        return "this string is never closed";
    if ((c == '"' || c == '\'' || c == '`') && before == '+')
        return "'+' adds numbers; '~' puts texts together";
    if (ps->expected & TERA_EXPECT_ARGUMENT)
        return "arguments are given by name, as in f(name=1)";
    if (TERA_AT(ps, q, "if") && before == 'e' && ps->expected == TERA_EXPECT_TAG_END)
        return "write 'elif'";
    if (wants_operator && c == '+' && (before == '"' || before == '\'' || before == '`'))
        return "'+' adds numbers; '~' puts texts together";
    if (wants_operator && TERA_AT(ps, q, "if "))
        return "there is no 'x if y else z'; use {% if %}";
    if (wants_operator && c == '(')
        return "only names of functions can be called: a macro as space::name(), and for a method "
               "there is a filter, x | length";
    if (wants_operator && c == '[')
        return "an index is a string, an integer or a name; a part of an array is cut out by the "
               "filter 'slice'";
    if (c == '[' && before == ']')
        return "an array that is written out has no index; give it a name with {% set %}";
    if (wants_value && c == '[')
        return "an array that is written out holds no other";
    if (wants_value && c == '{')
        return next == '{' ? "within a tag names stand without '{{'"
                           : "objects cannot be written out, only come from the context";
    if (c == '=' && next != '=' && before != '=')
        return "compare with '=='";
    if (c == '~')
        return "'~' joins names, literals and calls only, and comes before filters";
    if (wants_operator && (c == '=' || c == '<' || c == '>' || c == '!'))
        return before == ')' ? "a comparison in parentheses cannot be compared again"
                             : "comparisons do not chain; join them with 'and'";
    if ((ps->expected & TERA_EXPECT_CLOSE_PAREN) && wants_operator &&
        (TERA_AT(ps, q, "and ") || TERA_AT(ps, q, "or ")))
        return "parentheses behind 'not' or an operator hold arithmetic only";
    if (wants_operator && before == ')' && c != '\0' && strchr("+-*/%", c) != NULL)
        return "parentheses that hold filters or comparisons are no operand; use {% set %}";
    if (c == '-' && wants_value)
        return "only a number can be negative; write '0 - x' or 'x * -1'";
    return NULL;
}

// So many are shown at most; after that the rest of the template is not looked at.
enum { MAX_PROBLEMS = 20 };

void tera_problem_at(tera_parser *ps, tera_place place, const char *fmt, ...) {
    ps->is_done = ps->problems.n + 1 >= MAX_PROBLEMS;
    char text[POND_ERR_MSG];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    *pond_vec_push(ps->a, &ps->problems) =
        (tera_problem){place, pond_cstr(ps->a, pond_sv_of(text)), NULL};
    ps->furthest = NULL;
    ps->expected = 0;
    ps->hint = NULL;
}

void tera_problem_note(tera_parser *ps, const char *fmt, ...) {
    char text[POND_ERR_MSG];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    ps->problems.items[ps->problems.n - 1].note = pond_cstr(ps->a, pond_sv_of(text));
}

void tera_fault_at(tera_parser *ps, tera_place place, const char *fmt, ...) {
    if (ps->faults.n == MAX_PROBLEMS)
        return;
    char text[POND_ERR_MSG];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    *pond_vec_push(ps->a, &ps->faults) =
        (tera_problem){place, pond_cstr(ps->a, pond_sv_of(text)), NULL};
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
        tera_problem_note(ps, "%s", hint);
}

// Behind a tag that begins at q; the end of the text when it does not end.
static const char *behind_tag(const char *q, const char *end) {
    char close = q[1] == '{' ? '}' : q[1];
    for (const char *p = q + 2; p + 1 < end; p++)
        if (p[0] == close && p[1] == '}')
            return p + 2;
    return end;
}

// The word of the tag at q is `endraw`, or nearly so, which within {% raw %} is text unless it is
// well formed.
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
            tera_problem_at(ps, place, "to end the 'raw' write {%% endraw %%}");
            return;
        }
        if (q[0] == '%' && q[1] == '}') {
            tera_problem_at(ps, tera_place_of(ps, q, q + 2),
                            "this '%%}' ends nothing: a tag begins with '{%%'");
            n++;
        }
        q = begins ? behind_tag(q, ps->end) : q + 1;
    }
}

bool tera_enter(tera_parser *ps, const char *at) {
    if (++ps->depth <= ps->t->limits.max_nesting)
        return true;
    ps->is_too_deep = true;
    ps->furthest = at;
    return false;
}

// Puts the problems into *err: the first is the error, the others stand below it with their places.
pond_code tera_raise_problems(const tera_parser *ps, pond_err *err) {
    const tera_problem *all[2] = {ps->problems.items, ps->faults.items};
    size_t n[2] = {ps->problems.n, ps->faults.n};
    bool is_first = true;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < n[k]; i++) {
            const tera_problem *pr = &all[k][i];
            pond_loc loc = tera_locate(ps->tpl, pr->place.at);
            if (is_first)
                pond_fail_at(err, ps->is_too_deep ? POND_ERR_LIMIT : POND_ERR_TEMPLATE, loc.file,
                             loc.line, loc.column, "%s", pr->message);
            else
                pond_err_detail(err, "%s:%u:%u: %s", loc.file, loc.line, loc.column, pr->message);
            if (err != NULL)
                add_caret(err, ps->tpl, pr->place);
            if (pr->note != NULL)
                pond_err_detail(err, "%s", pr->note);
            is_first = false;
        }
    if (is_first)
        return POND_OK;
    return ps->is_too_deep ? POND_ERR_LIMIT : POND_ERR_TEMPLATE;
}
