// Reads rows of the engine as values of templates.
#include "factory/ask_values.h"

#include "relation/times.h"

#include <stdlib.h>

// Cells -------------------------------------------------------------------------------------------

typedef enum cell_kind { CELL_BOOL, CELL_TIME, CELL_FLOAT, CELL_NUMBER, CELL_TEXT } cell_kind;

static cell_kind kind_of(pond_sv type) {
    if (pond_sv_is(type, "BOOLEAN"))
        return CELL_BOOL;
    if (pond_type_is_time(type))
        return CELL_TIME;
    if (pond_sv_is(type, "FLOAT") || pond_sv_is(type, "DOUBLE"))
        return CELL_FLOAT;
    return pond_type_is_numeric(type) ? CELL_NUMBER : CELL_TEXT;
}

static int64_t ms_of(int64_t t_us) {
    return t_us / 1000 - (t_us % 1000 < 0);
}

// A number from the text of its cell, so that a FLOAT is the double of its shortest digits.
static pond_value number_of(const char *text, size_t n, cell_kind kind) {
    pond_sv s = {text, n};
    int64_t i;
    uint64_t u;
    if (kind == CELL_NUMBER && pond_sv_to_int(s, &i))
        return pond_int(i);
    if (kind == CELL_NUMBER && pond_sv_to_uint(s, &u))
        return pond_uint(u);
    return pond_float(strtod(text, NULL)); // also of "NaN" and "inf"
}

// Reading -----------------------------------------------------------------------------------------

typedef struct reader {
    pond_arena *arena;
    const ask_reading *r;
    cell_kind *kinds;  // of each column
    size_t *places;    // of each column among the members, which are sorted by name
    pond_entry *names; // the members of a row, without values
    size_t end_bytes;  // of the arena
    pond_buf text;     // of a cell
    POND_VEC(pond_value) items;
} reader;

static pond_code no_room(const reader *r, pond_err *err) {
    return pond_fail(err, POND_ERR_LIMIT, "the rows take more than %zu bytes: ask for fewer",
                     r->r->room_bytes);
}

static pond_code read_text(reader *r, pond_sv text, pond_value *out, pond_err *err) {
    if (r->arena->used_bytes + text.n > r->end_bytes)
        return no_room(r, err);
    *out = pond_string(pond_sv_dup(r->arena, text));
    return POND_OK;
}

static pond_code read_cell(reader *r, const pond_rows *rows, size_t column, size_t row,
                           pond_value *out, pond_err *err) {
    cell_kind kind = r->kinds[column];
    *out = pond_null();
    if (pond_rows_is_null(rows, column, row))
        return POND_OK;
    if (kind == CELL_BOOL) {
        *out = pond_bool(pond_rows_int(rows, column, row) != 0);
        return POND_OK;
    }
    if (kind == CELL_TIME) {
        *out = pond_int(ms_of(pond_rows_int(rows, column, row)));
        return POND_OK;
    }
    pond_buf_clear(&r->text);
    pond_rows_cell(rows, column, row, &r->text);
    if (kind == CELL_TEXT)
        return read_text(r, pond_buf_view(&r->text), out, err);
    *out = number_of(r->text.p, r->text.n, kind);
    return POND_OK;
}

static pond_code read_row(reader *r, const pond_rows *rows, size_t row, pond_err *err) {
    size_t n = r->r->schema.n;
    if (r->items.n == r->r->max_rows)
        return pond_fail(err, POND_ERR_LIMIT,
                         "there are more than %zu rows: `limit=%zu` takes the first ones, `max=` "
                         "allows more",
                         r->r->max_rows, r->r->max_rows);
    if (r->arena->used_bytes + n * sizeof(pond_entry) > r->end_bytes)
        return no_room(r, err);
    pond_entry *e = pond_alloc(r->arena, n * sizeof *e);
    memcpy(e, r->names, n * sizeof *e);
    for (size_t i = 0; i < n; i++)
        POND_TRY(read_cell(r, rows, i, row, &e[r->places[i]].value, err));
    *pond_vec_push(r->arena, &r->items) = pond_object(e, n);
    return POND_OK;
}

// The members of each row: the names of the columns, sorted.
static pond_code sort_names(reader *r, pond_err *err) {
    pond_schema schema = r->r->schema;
    r->names = POND_NEW_ARRAY(r->arena, pond_entry, schema.n + 1);
    for (size_t i = 0; i < schema.n; i++)
        r->names[i] = (pond_entry){pond_sv_dup(r->arena, schema.items[i].name), pond_null()};
    pond_value all = pond_object_sorted(r->names, schema.n);
    for (size_t i = 0; i < schema.n; i++) {
        r->kinds[i] = kind_of(schema.items[i].type);
        r->places[i] = (size_t)((const char *)pond_get(all, schema.items[i].name) -
                                (const char *)&r->names[0].value) /
                       sizeof(pond_entry);
    }
    if (all.n == schema.n)
        return POND_OK;
    for (size_t i = 1; i < schema.n; i++)
        for (size_t j = 0; j < i; j++)
            if (pond_sv_eq(schema.items[i].name, schema.items[j].name))
                return pond_fail(err, POND_ERR_INVALID, "two columns are called '%.*s'",
                                 POND_SV_ARG(schema.items[i].name));
    return POND_OK;
}

// SELECT c0, <microseconds of c1>, … FROM (select) AS t(c0, c1, …)
static void write_select(pond_buf *sql, const ask_reading *r) {
    pond_buf_sv(sql, r->with);
    for (size_t i = 0; i < r->schema.n; i++) {
        char name[24];
        snprintf(name, sizeof name, "c%zu", i);
        pond_column column = {pond_sv_of(name), r->schema.items[i].type};
        pond_buf_str(sql, i == 0 ? "SELECT " : ", ");
        if (kind_of(column.type) == CELL_TIME)
            pond_sql_time_us(sql, NULL, &column);
        else
            pond_buf_sv(sql, column.name);
    }
    pond_buf_printf(sql, " FROM (%.*s\n) AS t", POND_SV_ARG(r->select));
    for (size_t i = 0; i < r->schema.n; i++)
        pond_buf_printf(sql, "%sc%zu", i == 0 ? "(" : ", ", i);
    pond_buf_char(sql, ')');
}

pond_code ask_read(pond_engine *e, pond_arena *a, const ask_reading *reading, pond_value *out,
                   pond_err *err) {
    reader r = {.arena = a,
                .r = reading,
                .kinds = POND_NEW_ARRAY(a, cell_kind, reading->schema.n),
                .places = POND_NEW_ARRAY(a, size_t, reading->schema.n),
                .end_bytes = a->used_bytes + reading->room_bytes};
    pond_buf sql = POND_BUF_EMPTY;
    pond_rows *rows = NULL;
    write_select(&sql, reading);
    pond_code rc = sort_names(&r, err);
    if (rc == POND_OK)
        rc = pond_engine_query(e, pond_buf_view(&sql), &rows, err);
    for (size_t row; pond_rows_each(rows, &row, &rc, err);)
        rc = read_row(&r, rows, row, err);
    pond_rows_close(rows);
    pond_buf_free(&r.text);
    pond_buf_free(&sql);
    *out = pond_array(r.items.items, r.items.n);
    return rc;
}
