// Records: the inner loop of reading. A field ends at a delimiter or at a line end; most fields
// have no quotes, and are found eight bytes at a time.
#include "text/record.h"

// Marks -------------------------------------------------------------------------------------------

static const uint64_t ONES = UINT64_C(0x0101010101010101);

// Finds delimiters and control characters, among them line ends, eight bytes at a time.
typedef struct finder {
    char *base;     // the eight bytes that `marks` is about
    uint64_t marks; // the high bit of each byte that is one and was not returned yet
    uint64_t delimiters;
} finder;

static inline uint64_t find_marks(uint64_t x, uint64_t delimiters) {
    const uint64_t low = ONES * 0x7f, high = ONES * 0x80;
    uint64_t y = x ^ delimiters;
    uint64_t is_other = ((y & low) + low) | y;                 // high bit: it is no delimiter
    uint64_t is_text = ((x & low) + ONES * (0x80 - 0x20)) | x; // high bit: it is above 0x1f
    return ~(is_other & is_text) & high;
}

static inline void find_from(finder *f, char *p) {
    f->base = p - 8;
    f->marks = 0;
}

// The next one at or after the place of find_from; `end` if there is none before that. The bytes of
// a big-endian machine would come in another order, so it looks at them one by one.
static inline char *find_next(finder *f, char *end) {
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (f->marks == 0) {
        uint64_t x;
        f->base += 8;
        if (f->base >= end)
            return end;
        memcpy(&x, f->base, sizeof x);
        f->marks = find_marks(x, f->delimiters);
    }
    char *p = f->base + (__builtin_ctzll(f->marks) >> 3);
    f->marks &= f->marks - 1;
    return p < end ? p : end;
#else
    char *p = f->base + 8;
    while (p < end && *p != (char)f->delimiters && (unsigned char)*p >= 0x20)
        p++;
    f->base = p - 7;
    return p;
#endif
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

static void add_field(pond_records *r, const char *p, const char *end, bool is_quoted) {
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
static bool is_quote_after_blanks(const pond_records *r) {
    char quote = r->form->quote;
    const char *p = r->p;
    while (p < r->end && *p != r->form->delimiter && is_blank(*p))
        p++;
    return p < r->end && *p == quote;
}

static inline bool is_quote_next(const pond_records *r) {
    char quote = r->form->quote;
    if (quote == '\0' || r->p >= r->end || (*r->p != quote && *r->p > ' '))
        return false;
    return is_quote_after_blanks(r);
}

// Where blanks are the delimiter.
static pond_record_result read_blanks(pond_records *r) {
    pond_record_result result = POND_RECORD;
    for (bool goes_on = true; goes_on && result == POND_RECORD;) {
        bool is_quoted = is_quote_next(r);
        if (is_quoted) {
            r->p++;
            if (!unquote(r))
                return POND_RECORD_OPEN;
        } else {
            char *begin = r->p;
            while (r->p < r->end && !is_blank(*r->p) && !is_line_end(*r->p))
                r->p++;
            add_field(r, begin, r->p, false);
        }
        result = end_field(r, is_quoted, &goes_on);
    }
    return result;
}

static pond_record_result read_quoted(pond_records *r, bool *goes_on) {
    while (*r->p != r->form->quote)
        r->p++;
    r->p++;
    return unquote(r) ? end_field(r, true, goes_on) : POND_RECORD_OPEN;
}

static pond_record_result read_delimited(pond_records *r) {
    char delimiter = r->form->delimiter, *end = r->end;
    finder f = {.delimiters = ONES * (unsigned char)delimiter};
    find_from(&f, r->p);
    for (;;) {
        if (is_quote_next(r)) {
            bool goes_on;
            pond_record_result result = read_quoted(r, &goes_on);
            if (result != POND_RECORD || !goes_on)
                return result;
            find_from(&f, r->p);
            continue;
        }
        char *p;
        do
            p = find_next(&f, end);
        while (p < end && *p != delimiter && !is_line_end(*p));
        add_field(r, r->p, p, false);
        r->p = p;
        if (p == end)
            return POND_RECORD;
        if (*p != delimiter) {
            end_line(r);
            return POND_RECORD;
        }
        r->p++;
    }
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
    return r->form->delimiter == '\0' ? read_blanks(r) : read_delimited(r);
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
