// Reads entries of the journal.
#include "factory/journal_entry.h"

#include "store/store.h"
#include "value/value.h"

#define OTHER "other.jsonl"

// Fields ------------------------------------------------------------------------------------------

static bool is_bytes(pond_value v) {
    for (size_t i = 0; i < v.n; i++)
        if (v.items[i].kind != POND_INT || v.items[i].i < 0 || v.items[i].i > 255)
            return false;
    return v.n > 0;
}

static pond_sv bytes_of(pond_arena *a, pond_value v) {
    pond_buf b = POND_BUF_EMPTY;
    for (size_t i = 0; i < v.n; i++)
        pond_buf_char(&b, (char)v.items[i].i);
    return pond_buf_keep(a, &b);
}

// The text of a field, of several values the first; empty if it has none.
static pond_sv field(pond_arena *a, pond_value entry, const char *name) {
    const pond_value *v = pond_get_lit(entry, name);
    if (v != NULL && v->kind == POND_ARRAY && v->n > 0 && !is_bytes(*v))
        v = &v->items[0];
    if (v == NULL)
        return POND_SV("");
    if (v->kind == POND_STRING)
        return pond_value_sv(*v);
    return v->kind == POND_ARRAY && is_bytes(*v) ? bytes_of(a, *v) : POND_SV("");
}

static bool read_time(pond_arena *a, pond_value entry, pond_sv name, int64_t *out) {
    const char *key = pond_cstr(a, name);
    const pond_value *v = pond_get_lit(entry, key);
    if (v != NULL && v->kind == POND_INT) {
        *out = v->i;
        return true;
    }
    return pond_sv_to_int(field(a, entry, key), out);
}

// Files -------------------------------------------------------------------------------------------

// A name becomes a part of a path: what cannot be one belongs to the others.
static pond_sv file_name(pond_arena *a, const char *before, pond_sv name) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_printf(&b, "%s%.*s.jsonl", before, POND_SV_ARG(name));
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] == '/')
            b.p[i] = '-';
    pond_sv out = pond_buf_keep(a, &b);
    bool is_name = pond_name_flaw(out) == NULL && pond_utf8_find_bad(out) < 0 &&
                   pond_sv_find_char(name, '\0') < 0;
    return is_name ? out : POND_SV(OTHER);
}

static pond_sv file_of(pond_arena *a, pond_value entry, bool collects_kernel) {
    pond_sv unit = field(a, entry, "_SYSTEMD_UNIT");
    pond_sv user_unit = field(a, entry, "_SYSTEMD_USER_UNIT");
    pond_sv identifier = field(a, entry, "SYSLOG_IDENTIFIER");
    if (collects_kernel && pond_sv_is(field(a, entry, "_TRANSPORT"), "kernel"))
        return POND_SV("kernel.jsonl");
    bool is_session =
        pond_sv_starts(unit, POND_SV("user@")) && pond_sv_ends(unit, POND_SV(".service"));
    if (user_unit.n > 0 && (unit.n == 0 || is_session))
        return file_name(a, "user-", user_unit);
    if (unit.n > 0)
        return file_name(a, "", unit);
    return identifier.n > 0 ? file_name(a, "", identifier) : POND_SV(OTHER);
}

bool journal_entry_read(pond_arena *a, pond_sv line, pond_sv time_field, bool collects_kernel,
                        journal_entry *out) {
    pond_value entry;
    *out = (journal_entry){.cursor = POND_SV(""), .file = POND_SV(OTHER)};
    if (pond_json_parse(a, line, "an entry of the journal", &entry, NULL) != POND_OK)
        return false;
    if (entry.kind != POND_OBJECT)
        return true;
    out->cursor = field(a, entry, "__CURSOR");
    out->file = file_of(a, entry, collects_kernel);
    out->has_time = read_time(a, entry, time_field, &out->time_us);
    return true;
}

// Cursors -----------------------------------------------------------------------------------------

// "KEY=" at its place, up to the next ';'.
static pond_sv cursor_part(pond_sv cursor, char key) {
    for (pond_sv part; pond_sv_split(&cursor, ';', &part);)
        if (part.n > 2 && part.p[0] == key && part.p[1] == '=')
            return pond_sv_sub(part, 2, part.n);
    return POND_SV("");
}

bool journal_cursor_number(pond_sv cursor, char key, uint64_t *out) {
    enum { MOST_DIGITS = 16 };
    pond_sv digits = cursor_part(cursor, key);
    *out = 0;
    if (digits.n == 0 || digits.n > MOST_DIGITS)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        int digit = pond_hex_digit(digits.p[i]);
        if (digit < 0)
            return false;
        *out = *out * 16 + (uint64_t)digit;
    }
    return true;
}

bool journal_cursor_follows(pond_sv first, pond_sv second) {
    uint64_t before, after;
    return pond_sv_eq(cursor_part(first, 's'), cursor_part(second, 's')) &&
           journal_cursor_number(first, 'i', &before) &&
           journal_cursor_number(second, 'i', &after) && after == before + 1;
}
