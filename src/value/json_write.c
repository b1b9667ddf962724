#include "value/value.h"

// What a byte below 0x20, '"' or '\' becomes; the other control characters have no short form.
static const char short_escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
    ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
};

void pond_json_string(pond_buf *out, pond_sv s) {
    pond_buf_char(out, '"');
    size_t plain = 0; // start of what needs no escape and is not copied yet
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        char escape = short_escapes[c];
        if (escape == 0 && c >= 0x20)
            continue;
        pond_buf_append(out, s.p + plain, i - plain);
        plain = i + 1;
        if (escape != 0)
            pond_buf_append(out, (char[]){'\\', escape}, 2);
        else
            pond_buf_printf(out, "\\u%04x", c);
    }
    pond_buf_append(out, s.p + plain, s.n - plain);
    pond_buf_char(out, '"');
}

// With indent 0 everything stays on one line.
static void new_line(pond_buf *out, int indent, int depth) {
    if (indent > 0)
        pond_buf_printf(out, "\n%*s", indent * depth, "");
}

static void write_value(pond_buf *out, pond_value v, int indent, int depth);

static void write_array(pond_buf *out, pond_value v, int indent, int depth) {
    pond_buf_char(out, '[');
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            pond_buf_char(out, ',');
        new_line(out, indent, depth + 1);
        write_value(out, v.items[i], indent, depth + 1);
    }
    if (v.n > 0)
        new_line(out, indent, depth);
    pond_buf_char(out, ']');
}

static void write_object(pond_buf *out, pond_value v, int indent, int depth) {
    pond_buf_char(out, '{');
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            pond_buf_char(out, ',');
        new_line(out, indent, depth + 1);
        pond_json_string(out, v.entries[i].key);
        pond_buf_str(out, indent > 0 ? ": " : ":");
        write_value(out, v.entries[i].value, indent, depth + 1);
    }
    if (v.n > 0)
        new_line(out, indent, depth);
    pond_buf_char(out, '}');
}

static void write_value(pond_buf *out, pond_value v, int indent, int depth) {
    char number[32];
    switch (v.kind) {
    case POND_NULL:
        pond_buf_str(out, "null");
        break;
    case POND_BOOL:
        pond_buf_str(out, v.b ? "true" : "false");
        break;
    case POND_INT:
        pond_buf_printf(out, "%lld", (long long)v.i);
        break;
    case POND_UINT:
        pond_buf_printf(out, "%llu", (unsigned long long)v.u);
        break;
    case POND_FLOAT:
        pond_buf_append(out, number, pond_float_json(v.f, number));
        break;
    case POND_STRING:
        pond_json_string(out, pond_value_sv(v));
        break;
    case POND_ARRAY:
        if (pond_has_attrs(v))
            write_object(out, pond_attrs(v), indent, depth);
        else
            write_array(out, v, indent, depth);
        break;
    default:
        write_object(out, v, indent, depth);
    }
}

void pond_json_write(pond_buf *out, pond_value v, int indent) {
    write_value(out, v, indent, 0);
}
