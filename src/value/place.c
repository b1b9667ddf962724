#include "value_internal.h"

// Bytes of the UTF-8 sequence at the start of p[0..n), 0 when it is none.
static size_t sequence_length(const unsigned char *p, size_t n) {
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (length > n || p[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    // The second byte alone tells overlong forms (E0, F0), surrogates (ED) and what is beyond
    // Unicode (F4).
    bool is_canonical = (p[0] != 0xE0 || p[1] >= 0xA0) && (p[0] != 0xED || p[1] < 0xA0) &&
                        (p[0] != 0xF0 || p[1] >= 0x90) && (p[0] != 0xF4 || p[1] < 0x90);
    return length > 1 && !is_canonical ? 0 : length;
}

ptrdiff_t value_utf8_error(pond_sv text) {
    const unsigned char *p = (const unsigned char *)text.p;
    for (size_t i = 0, length; i < text.n; i += length) {
        length = sequence_length(p + i, text.n - i);
        if (length == 0)
            return (ptrdiff_t)i;
    }
    return -1;
}

static bool starts_character(char c) {
    return ((unsigned char)c & 0xC0) != 0x80;
}

static size_t count_characters(pond_sv s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += starts_character(s.p[i]);
    return n;
}

void value_place(pond_sv text, size_t offset, uint32_t *line, uint32_t *column) {
    size_t start = 0;
    *line = 1;
    for (size_t i = 0; i < offset && i < text.n; i++)
        if (text.p[i] == '\n') {
            ++*line;
            start = i + 1;
        }
    *column = (uint32_t)count_characters(pond_sv_sub(text, start, offset)) + 1;
}

// The line of that number, without its end; empty past the last.
static pond_sv line_of(pond_sv text, uint32_t number) {
    pond_sv rest = text, line = {"", 0};
    for (uint32_t i = 0; i < number; i++)
        if (!pond_sv_split(&rest, '\n', &line))
            return (pond_sv){"", 0};
    return line.n > 0 && line.p[line.n - 1] == '\r' ? pond_sv_sub(line, 0, line.n - 1) : line;
}

// Of a long line (JSON without line breaks) shows the part around the caret.
static void add_caret(pond_err *err, pond_sv line, uint32_t column, uint32_t width) {
    enum { MAX_SHOWN = 100, MAX_BEFORE = 60 };
    size_t at = 0; // byte offset of the column
    for (uint32_t left = column - 1; left > 0 && at < line.n; left--)
        do
            at++;
        while (at < line.n && !starts_character(line.p[at]));
    size_t from = 0, to = line.n;
    if (line.n > MAX_SHOWN) {
        from = at > MAX_BEFORE ? at - MAX_BEFORE : 0;
        to = from + MAX_SHOWN < line.n ? from + MAX_SHOWN : line.n;
        while (from < at && !starts_character(line.p[from]))
            from++;
        while (to < line.n && !starts_character(line.p[to]))
            to++;
    }
    uint32_t before = (uint32_t)count_characters(pond_sv_sub(line, from, at));
    uint32_t after = (uint32_t)count_characters(pond_sv_sub(line, at, to));
    uint32_t carets = width < after ? width : after;
    pond_err_caret(err, line.p + from, to - from, before + 1, carets == 0 ? 1 : carets);
}

pond_code value_fail_line(pond_err *err, pond_code code, const char *name, pond_sv text,
                          uint32_t line, uint32_t column, uint32_t width, const char *fmt,
                          va_list args) {
    if (err == NULL)
        return code;
    char msg[POND_ERR_MSG];
    vsnprintf(msg, sizeof msg, fmt, args);
    pond_fail_at(err, code, name, line, column, "%s", msg);
    pond_sv source = line_of(text, line);
    if (value_utf8_error(source) < 0) // a terminal can show it
        add_caret(err, source, column, width);
    return code;
}

pond_code value_fail_at(pond_err *err, pond_code code, const char *name, pond_sv text,
                        size_t offset, size_t width, const char *fmt, ...) {
    uint32_t line, column;
    value_place(text, offset, &line, &column);
    uint32_t carets = (uint32_t)count_characters(pond_sv_sub(text, offset, offset + width));
    va_list args;
    va_start(args, fmt);
    value_fail_line(err, code, name, text, line, column, carets, fmt, args);
    va_end(args);
    return code;
}
