// Places in the text of a user, and the errors that point there.
#include "value/value_internal.h"

static bool starts_character(char c) {
    return ((unsigned char)c & 0xC0) != 0x80;
}

static size_t count_characters(pond_sv s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += starts_character(s.p[i]);
    return n;
}

value_place value_place_of(const char *name, pond_sv text, size_t offset, size_t width_bytes) {
    size_t start = 0;
    uint32_t line = 1;
    for (size_t i = 0; i < offset && i < text.n; i++)
        if (text.p[i] == '\n') {
            line++;
            start = i + 1;
        }
    return (value_place){
        .name = name,
        .text = text,
        .line = line,
        .column = (uint32_t)count_characters(pond_sv_sub(text, start, offset)) + 1,
        .width = (uint32_t)count_characters(pond_sv_sub(text, offset, offset + width_bytes)),
    };
}

// The line of that number, without its end; empty after the last line.
static pond_sv line_of(pond_sv text, uint32_t number) {
    pond_sv rest = text, line = {"", 0};
    for (uint32_t i = 0; i < number; i++)
        if (!pond_sv_split(&rest, '\n', &line))
            return (pond_sv){"", 0};
    return line.n > 0 && line.p[line.n - 1] == '\r' ? pond_sv_sub(line, 0, line.n - 1) : line;
}

// Of a long line (JSON without line breaks) only the part around the caret is shown.
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

pond_code value_vfail(pond_err *err, pond_code code, value_place at, const char *fmt,
                      va_list args) {
    if (err == NULL)
        return code;
    char msg[POND_ERR_MSG];
    vsnprintf(msg, sizeof msg, fmt, args);
    pond_fail_at(err, code, at.name, at.line, at.column, "%s", msg);
    pond_sv source = line_of(at.text, at.line);
    if (pond_utf8_find_bad(source) < 0) // else a terminal cannot show it
        add_caret(err, source, at.column, at.width);
    return code;
}

pond_code value_fail(pond_err *err, pond_code code, value_place at, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    value_vfail(err, code, at, fmt, args);
    va_end(args);
    return code;
}
