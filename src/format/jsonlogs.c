// jsonlogs: lines of JSON objects, whose members become columns of text.
//
// The file is read twice: for the keys of all lines, which are the columns, and for the rows.
#include "format/format.h"
#include "format/lines.h"
#include "format/rows.h"
#include "format/text_options.h"

#include "base/map.h"
#include "value/value.h"

#include <stdlib.h>

typedef struct columns {
    pond_arena *arena;
    pond_map at; // a pond_sv for each key
    pond_sv *names;
    size_t n;
} columns;

static bool has_nul(pond_sv s) {
    return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

// A NUL character can be written in JSON, and not in a text. In what is nested it stays an escape.
static bool any_has_nul(pond_value object) {
    for (size_t i = 0; i < object.n; i++) {
        const pond_entry *e = &object.entries[i];
        if (has_nul(e->key) || (e->value.kind == POND_STRING && has_nul(pond_value_sv(e->value))))
            return true;
    }
    return false;
}

// The next line that is an object; lives in `a`, which is emptied before. *is_there: there is one.
static pond_code next_object(format_lines *lines, pond_arena *a, pond_value *out, bool *is_there,
                             pond_err *err) {
    for (;;) {
        pond_sv line;
        pond_arena_rewind(a);
        POND_TRY(format_lines_next(lines, &line, err));
        *is_there = line.p != NULL;
        if (!*is_there)
            return POND_OK;
        line = format_line_clean(line);
        if (line.n == 0)
            continue;
        if (pond_json_parse(a, line, "", out, NULL) == POND_OK && out->kind == POND_OBJECT &&
            !any_has_nul(*out))
            return POND_OK;
        lines->n_skipped++;
    }
}

static int compare_names(const void *a, const void *b) {
    return pond_sv_cmp(*(const pond_sv *)a, *(const pond_sv *)b);
}

static pond_code find_columns(format_lines *lines, pond_arena *line, columns *c, pond_err *err) {
    pond_value object;
    bool is_there;
    pond_map_init(&c->at, c->arena);
    for (;;) {
        POND_TRY(next_object(lines, line, &object, &is_there, err));
        if (!is_there)
            break;
        for (size_t i = 0; i < object.n; i++)
            if (pond_map_get(&c->at, object.entries[i].key) == NULL) {
                pond_sv *name = POND_NEW(c->arena, pond_sv);
                *name = pond_sv_dup(c->arena, object.entries[i].key);
                *pond_map_at(&c->at, *name, NULL) = name;
            }
    }
    c->n = c->at.n == 0 ? 1 : c->at.n;
    c->names = POND_NEW_ARRAY(c->arena, pond_sv, c->n);
    c->names[0] = POND_SV(FORMAT_ROWS_NO_NAME);
    for (size_t i = 0; i < c->at.n; i++)
        c->names[i] = c->at.entries[i].key;
    qsort(c->names, c->n, sizeof *c->names, compare_names);
    return POND_OK;
}

static pond_code write_cell(format_rows *rows, pond_value v, pond_buf *room, pond_err *err) {
    if (v.kind == POND_NULL) {
        format_rows_null(rows);
        return POND_OK;
    }
    if (v.kind == POND_STRING)
        return format_rows_text(rows, pond_value_sv(v), err);
    pond_buf_clear(room);
    pond_json_write(room, v, 0);
    return format_rows_text(rows, pond_buf_view(room), err);
}

// Columns and members are both in the order of their bytes.
static pond_code write_row(format_rows *rows, const columns *c, pond_value object, pond_buf *room,
                           pond_err *err) {
    size_t member = 0;
    for (size_t i = 0; i < c->n; i++) {
        bool has = member < object.n && pond_sv_eq(object.entries[member].key, c->names[i]);
        POND_TRY(write_cell(rows, has ? object.entries[member].value : pond_null(), room, err));
        member += has;
    }
    if (member < object.n)
        return pond_fail(err, POND_ERR_CONFLICT, "'%s' was changed while it was read", rows->name);
    return format_rows_end(rows, err);
}

static pond_code write_rows(format_lines *lines, pond_arena *line, const columns *c,
                            format_rows *rows, pond_err *err) {
    pond_buf room = POND_BUF_EMPTY;
    pond_code rc = format_lines_rewind(lines, err);
    for (size_t i = 0; rc == POND_OK && i < c->n; i++)
        rc = format_rows_text(rows, c->names[i], err);
    if (rc == POND_OK)
        rc = format_rows_end(rows, err);
    for (bool is_there = true; rc == POND_OK && is_there;) {
        pond_value object;
        rc = next_object(lines, line, &object, &is_there, err);
        if (rc == POND_OK && is_there)
            rc = write_row(rows, c, object, &room, err);
    }
    pond_buf_free(&room);
    return rc == POND_OK ? format_rows_flush(rows, err) : rc;
}

static pond_text_type *all_text(pond_arena *a, size_t n) {
    pond_text_type *types = POND_NEW_ARRAY(a, pond_text_type, n);
    for (size_t i = 0; i < n; i++)
        types[i] = POND_TEXT_TEXT;
    return types;
}

static pond_code translate(pond_arena *a, const pond_reader *reader, const char *path, pond_sv name,
                           int out, pond_translation *to, pond_err *err) {
    (void)reader;
    format_lines lines;
    format_rows rows = {.fd = out, .name = pond_cstr(a, name)};
    columns c = {.arena = a};
    pond_arena line;
    pond_arena_init(&line);
    pond_code rc = format_lines_open(&lines, path, name, reader->meter, err);
    if (rc == POND_OK)
        rc = find_columns(&lines, &line, &c, err);
    if (rc == POND_OK)
        rc = write_rows(&lines, &line, &c, &rows, err);
    // Without any object nothing is known of its columns.
    *to = (pond_translation){.text = format_rows_layout(c.at.n == 0 ? NULL : all_text(a, c.n))};
    if (rc == POND_OK && lines.n_skipped > 0)
        to->warning =
            pond_svf(a, "jsonlogs: skipped %llu unparseable or non-object line%s",
                     (unsigned long long)lines.n_skipped, lines.n_skipped == 1 ? "" : "s");
    format_rows_free(&rows);
    format_lines_close(&lines);
    pond_arena_deinit(&line);
    return rc;
}

extern const pond_format pond_format_jsonlogs;
const pond_format pond_format_jsonlogs = {
    .name = "jsonlogs",
    .has_lines = true,
    .content = "lines of JSON",
    .summary = "Lines of JSON objects, whose members become columns of text",
    .codecs = FORMAT_ANY_CODEC,
    .read_options = format_read_no_options,
    .translate = translate,
};
