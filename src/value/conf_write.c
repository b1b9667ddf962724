// The YAML writer, for texts that people read and edit: nested blocks, and texts of several lines as
// they are.
#include "value/conf.h"

static void put_value(pond_buf *out, pond_value v, size_t indent);

// Words of YAML, or of older YAML, that are no strings.
static bool is_word_of_yaml(pond_sv s) {
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (s.n == strlen(words[i]) && pond_sv_has_nocase(s, words[i]))
            return true;
    return false;
}

// Whether a string needs no quotes: begins with a letter or a '/', and has nothing that YAML reads
// as anything else.
static bool is_plain(pond_sv s) {
    static const char more[] = "0123456789_./-$";
    for (size_t i = 0; i < s.n; i++) {
        bool is_letter = (s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z';
        if (!is_letter && (s.p[i] == '\0' || strchr(i == 0 ? "/" : more, s.p[i]) == NULL))
            return false;
    }
    return s.n > 0 && !is_word_of_yaml(s);
}

// Whether YAML can show a text of several lines as it is: every character is printable there.
static bool is_literal(pond_sv s) {
    static const char *const no[] = {"\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",
                                     "\xef\xbb\xbf"};
    bool has_text = false;
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\n' && s.p[i] != '\t')
            return false;
        has_text |= s.p[i] != '\n';
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (pond_sv_find(s, pond_sv_of(no[i])) >= 0)
            return false;
    return has_text && pond_sv_find_char(s, '\n') >= 0;
}

static void put_literal(pond_buf *out, pond_sv s, size_t indent) {
    pond_sv line;
    pond_buf_char(out, '|');
    if (s.p[0] == ' ' || s.p[0] == '\n' || s.p[0] == '\t')
        pond_buf_char(out, '2'); // else the first line would tell how far the text is indented
    if (!pond_sv_ends(s, POND_SV("\n")))
        pond_buf_char(out, '-');
    else if (pond_sv_ends(s, POND_SV("\n\n")))
        pond_buf_char(out, '+');
    else
        s.n--;
    if (pond_sv_ends(s, POND_SV("\n\n")))
        s.n--;
    while (pond_sv_split(&s, '\n', &line)) {
        pond_buf_char(out, '\n');
        if (line.n > 0)
            pond_buf_fill(out, ' ', indent + 2);
        pond_buf_sv(out, line);
    }
    pond_buf_char(out, '\n');
}

static void put_string(pond_buf *out, pond_sv s, size_t indent) {
    if (is_literal(s)) {
        put_literal(out, s, indent);
        return;
    }
    if (is_plain(s))
        pond_buf_sv(out, s);
    else
        pond_json_string(out, s);
    pond_buf_char(out, '\n');
}

// The entries of an object, whose first line is begun already.
static void put_entries(pond_buf *out, pond_value v, size_t indent) {
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            pond_buf_fill(out, ' ', indent);
        pond_yaml_put_entry(out, v.entries[i].key, v.entries[i].value, indent);
    }
}

static void put_items(pond_buf *out, pond_value v, size_t indent) {
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            pond_buf_fill(out, ' ', indent);
        pond_buf_str(out, "- ");
        // The lines of a text are indented from the '-', those of a collection from what follows it.
        put_value(out, v.items[i], v.items[i].kind == POND_STRING ? indent : indent + 2);
    }
}

static bool is_block(pond_value v) {
    return (v.kind == POND_OBJECT || v.kind == POND_ARRAY) && v.n > 0;
}

// A value whose line is begun already, at `indent`.
static void put_value(pond_buf *out, pond_value v, size_t indent) {
    if (v.kind == POND_STRING) {
        put_string(out, pond_value_sv(v), indent);
    } else if (!is_block(v)) {
        pond_json_write(out, v, 0);
        pond_buf_char(out, '\n');
    } else if (v.kind == POND_OBJECT) {
        put_entries(out, v, indent);
    } else {
        put_items(out, v, indent);
    }
}

void pond_yaml_put_entry(pond_buf *out, pond_sv key, pond_value v, size_t indent) {
    if (is_plain(key))
        pond_buf_sv(out, key);
    else
        pond_json_string(out, key);
    pond_buf_char(out, ':');
    if (!is_block(v)) {
        pond_buf_char(out, ' ');
        put_value(out, v, indent);
        return;
    }
    pond_buf_char(out, '\n');
    pond_buf_fill(out, ' ', indent + 2);
    put_value(out, v, indent + 2);
}

void pond_yaml_write(pond_buf *out, pond_value v) {
    put_value(out, v, 0);
}
