// Records: the inner loop of reading. A field ends at a delimiter or at a line end; most fields
// have no quotes, and are found eight bytes at a time.
#include "text/record.h"

// Bytes eight at a time ---------------------------------------------------------------------------

static const uint64_t ONES = UINT64_C(0x0101010101010101), HIGH = UINT64_C(0x8080808080808080);

// The high bit of the lowest byte that is 0, and perhaps of bytes above it.
static inline uint64_t zero_bytes(uint64_t x) {
    return (x - ONES) & ~x & HIGH;
}

static inline uint64_t bytes_equal(uint64_t x, uint64_t pattern) {
    return zero_bytes(x ^ pattern);
}

// The first delimiter or line end; `end` if there is none.
static inline char *find_end(char *p, char *end, uint64_t delimiters) {
    const uint64_t lf = ONES * '\n', cr = ONES * '\r';
    for (; end - p >= 8; p += 8) {
        uint64_t x;
        memcpy(&x, p, sizeof x);
        uint64_t found = bytes_equal(x, delimiters) | bytes_equal(x, lf) | bytes_equal(x, cr);
        if (found != 0)
            return p + (__builtin_ctzll(found) >> 3);
    }
    for (char d = (char)delimiters; p < end && *p != d && *p != '\n' && *p != '\r';)
        p++;
    return p;
}

// Fields ------------------------------------------------------------------------------------------

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

static char *skip_blanks(char *p, const char *end) {
    while (p < end && is_blank(*p))
        p++;
    return p;
}

// After a line end at r->p.
static void end_line(pond_records *r) {
    r->p += r->end - r->p >= 2 && r->p[0] == '\r' && r->p[1] == '\n' ? 2 : 1;
    r->line++;
}

static void add_field(pond_records *r, char *p, const char *end, bool is_quoted) {
    if (r->n < r->cap)
        r->fields[r->n] = (pond_field){p, (uint32_t)(end - p), is_quoted};
    r->n++;
}

// Moves the text of a quoted field over its quotes and escapes. r->p is after the opening quote,
// and then after the closing one. False: there is none.
static bool unquote(pond_records *r) {
    const pond_record_form *f = r->form;
    char *in = r->p, *out = r->p, *begin = r->p;
    for (; in < r->end; in++) {
        if (*in == f->escape && in + 1 < r->end && in[1] == f->quote)
            in++;
        else if (*in == f->quote)
            break;
        else if (!f->is_translation)
            r->line += *in == '\n' || (*in == '\r' && (in + 1 == r->end || in[1] != '\n'));
        *out++ = *in;
    }
    if (in >= r->end)
        return false;
    add_field(r, begin, out, true);
    r->p = in + 1;
    return true;
}

static inline bool is_delimiter(const pond_record_form *f, char c) {
    return f->delimiter != '\0' ? c == f->delimiter : is_blank(c);
}

// After a field that had quotes, or where blanks are the delimiter: over blanks and the delimiter.
// *goes_on says whether another field follows.
static pond_record_result end_field(pond_records *r, bool is_quoted, bool *goes_on) {
    const pond_record_form *f = r->form;
    const char *after = r->p;
    *goes_on = false;
    while (r->p < r->end && is_blank(*r->p) && *r->p != f->delimiter)
        r->p++;
    if (r->p >= r->end)
        return POND_RECORD;
    if (is_line_end(*r->p)) {
        end_line(r);
        return POND_RECORD;
    }
    *goes_on = true;
    if (f->delimiter == '\0' ? !is_quoted || r->p > after : *r->p == f->delimiter) {
        r->p += f->delimiter != '\0';
        return POND_RECORD;
    }
    r->bad_column = r->n;
    return POND_RECORD_BAD;
}

// A field with blanks before its quote counts as quoted: nobody means `a, "b, c"` otherwise.
static bool is_quote_next(const pond_records *r) {
    char quote = r->form->quote;
    if (quote == '\0' || r->p >= r->end || (*r->p != quote && !is_blank(*r->p)))
        return false;
    const char *p = r->p;
    while (p < r->end && *p != r->form->delimiter && is_blank(*p))
        p++;
    return p < r->end && *p == quote;
}

static pond_record_result read_record(pond_records *r, uint64_t delimiters) {
    const pond_record_form *f = r->form;
    for (bool goes_on = true; goes_on;) {
        if (is_quote_next(r)) {
            while (*r->p != f->quote)
                r->p++;
            r->p++;
            if (!unquote(r))
                return POND_RECORD_OPEN;
            pond_record_result result = end_field(r, true, &goes_on);
            if (result != POND_RECORD)
                return result;
            continue;
        }
        char *begin = r->p, *end = find_end(begin, r->end, delimiters);
        if (f->delimiter == '\0') {
            char *tab = memchr(begin, '\t', (size_t)(end - begin));
            end = tab != NULL ? tab : end;
        }
        add_field(r, begin, end, false);
        r->p = end;
        if (f->delimiter == '\0') {
            pond_record_result result = end_field(r, false, &goes_on);
            if (result != POND_RECORD)
                return result;
        } else if (end < r->end && *end == f->delimiter) {
            r->p++;
        } else {
            goes_on = false;
            if (end < r->end)
                end_line(r);
        }
    }
    return POND_RECORD;
}

static bool starts_with(const char *p, const char *end, pond_sv what) {
    return what.n > 0 && (size_t)(end - p) >= what.n && memcmp(p, what.p, what.n) == 0;
}

static void skip_line(pond_records *r) {
    while (r->p < r->end && !is_line_end(*r->p))
        r->p++;
    if (r->p < r->end)
        end_line(r);
}

static bool is_blank_line(const pond_records *r) {
    const char *p = r->p;
    while (p < r->end && is_blank(*p) && *p != r->form->delimiter)
        p++;
    return p >= r->end || is_line_end(*p);
}

pond_record_result pond_record_next(pond_records *r) {
    for (;;) {
        if (r->form->delimiter == '\0')
            r->p = skip_blanks(r->p, r->end);
        if (r->p >= r->end)
            return POND_RECORDS_END;
        if (!is_blank_line(r) && !starts_with(r->p, r->end, r->form->comment))
            break;
        skip_line(r);
    }
    r->n = 0;
    r->at_line = r->line;
    char d = r->form->delimiter != '\0' ? r->form->delimiter : ' ';
    return read_record(r, ONES * (unsigned char)d);
}

// Cutting -----------------------------------------------------------------------------------------

// Without quotes every line end ends a record. A CR at the end may be half of a line end.
static size_t cut_plain(const char *p, size_t n) {
    const char *lf = memrchr(p, '\n', n);
    if (lf != NULL)
        return (size_t)(lf + 1 - p);
    const char *cr = n > 1 ? memrchr(p, '\r', n - 1) : NULL;
    return cr == NULL ? 0 : (size_t)(cr + 1 - p);
}

size_t pond_records_cut(const pond_record_form *form, const char *p, size_t n) {
    if (form->quote == '\0' || memchr(p, form->quote, n) == NULL)
        return cut_plain(p, n);
    size_t cut = 0;
    bool at_record = true, at_field = true;
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        if (at_record && starts_with(p + i, p + n, form->comment)) {
            while (i < n && !is_line_end(p[i]))
                i++;
            if (i == n)
                return cut;
            c = p[i];
        }
        at_record = at_record && form->delimiter == '\0' && is_blank(c);
        if (c == form->quote && at_field) {
            for (i++; i < n; i++)
                if (p[i] == form->escape && i + 1 < n && p[i + 1] == form->quote)
                    i++;
                else if (p[i] == form->quote)
                    break;
            at_field = false;
        } else if (c == '\n' || (c == '\r' && i + 1 < n && p[i + 1] != '\n')) {
            cut = i + 1;
            at_record = at_field = true;
        } else {
            at_field = is_delimiter(form, c) || (at_field && is_blank(c));
        }
    }
    return cut;
}
