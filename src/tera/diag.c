// Errors that point into a template: from a byte offset to a line, a column and a caret, and the
// list of syntax problems that the parser collects.
#include "tera/lex.h"

#include "tera/unicode.h"

// Places ------------------------------------------------------------------------------------------

static uint32_t count_characters(const char *from, const char *to) {
    uint32_t n = 0;
    for (; from < to; from++)
        n += !tera_is_continuation(*from);
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

// Of a longer line (minified HTML) only the bytes around the place are shown.
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
    // Move to the edges of characters: at most three bytes, because the text may be invalid UTF-8.
    for (int i = 0; i < 3 && from > line.p && tera_is_continuation(*from); i++)
        from--;
    for (int i = 0; i < 3 && until < end && tera_is_continuation(*until); i++)
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

// Problems ----------------------------------------------------------------------------------------

// At most this many problems are shown; after that the rest of the template is not parsed.
enum { MAX_PROBLEMS = 20 };

static const char *format_text(tera_parser *ps, const char *fmt, va_list args) {
    char text[POND_ERR_MSG];
    vsnprintf(text, sizeof text, fmt, args);
    return pond_cstr(ps->a, pond_sv_of(text));
}

void tera_problem_at(tera_parser *ps, tera_place place, const char *fmt, ...) {
    ps->is_done = ps->problems.n + 1 >= MAX_PROBLEMS;
    va_list args;
    va_start(args, fmt);
    const char *message = format_text(ps, fmt, args);
    va_end(args);
    *pond_vec_push(ps->a, &ps->problems) = (tera_problem){place, message, NULL};
    ps->furthest = NULL;
    ps->expected = 0;
    ps->hint = NULL;
}

void tera_problem_note(tera_parser *ps, const char *note) {
    ps->problems.items[ps->problems.n - 1].note = note;
}

void tera_fault_at(tera_parser *ps, tera_place place, const char *fmt, ...) {
    if (ps->faults.n == MAX_PROBLEMS)
        return;
    va_list args;
    va_start(args, fmt);
    const char *message = format_text(ps, fmt, args);
    va_end(args);
    *pond_vec_push(ps->a, &ps->faults) = (tera_problem){place, message, NULL};
}

bool tera_enter(tera_parser *ps, const char *at) {
    if (++ps->depth <= ps->t->limits.max_nesting)
        return true;
    ps->is_too_deep = true;
    ps->furthest = at;
    return false;
}

static void raise_problem(const tera_parser *ps, const tera_problem *p, bool is_first,
                          pond_err *err) {
    pond_loc loc = tera_locate(ps->tpl, p->place.at);
    if (is_first)
        pond_fail_at(err, ps->is_too_deep ? POND_ERR_LIMIT : POND_ERR_TEMPLATE, loc.file, loc.line,
                     loc.column, "%s", p->message);
    else
        pond_err_detail(err, "%s:%u:%u: %s", loc.file, loc.line, loc.column, p->message);
    if (err != NULL)
        add_caret(err, ps->tpl, p->place);
    if (p->note != NULL)
        pond_err_detail(err, "%s", p->note);
}

// The first problem becomes the error itself; the others follow as detail lines with their places.
pond_code tera_raise_problems(const tera_parser *ps, pond_err *err) {
    for (size_t i = 0; i < ps->problems.n; i++)
        raise_problem(ps, &ps->problems.items[i], i == 0, err);
    for (size_t i = 0; i < ps->faults.n; i++)
        raise_problem(ps, &ps->faults.items[i], ps->problems.n + i == 0, err);
    if (ps->problems.n + ps->faults.n == 0)
        return POND_OK;
    return ps->is_too_deep ? POND_ERR_LIMIT : POND_ERR_TEMPLATE;
}
