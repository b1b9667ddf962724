// Rows in memory: the engine reads them as a source of rows.
#include "relation/made.h"

#include <stdlib.h>

typedef struct made_relation {
    pond_relation base;
    pond_row_source source;
    const pond_made_column *columns;
    pond_sv function; // of the engine, which gives the rows
} made_relation;

// Reading -----------------------------------------------------------------------------------------

typedef struct made_cursor {
    const made_relation *of;
    uint64_t at;
} made_cursor;

static pond_code open_rows(void *user, const bool *is_wanted, void **cursor, pond_err *err) {
    (void)is_wanted, (void)err;
    made_cursor *c = pond_xmalloc(sizeof *c);
    *c = (made_cursor){.of = user};
    *cursor = c;
    return POND_OK;
}

static size_t width_of(pond_sv type) {
    return pond_sv_is(type, "VARCHAR")   ? sizeof(pond_sv)
           : pond_sv_is(type, "BOOLEAN") ? sizeof(bool)
           : pond_sv_is(type, "DATE")    ? sizeof(int32_t)
                                         : sizeof(int64_t);
}

static pond_code next_rows(void *cursor, pond_cells *cells, size_t *n, pond_err *err) {
    (void)err;
    made_cursor *c = cursor;
    const pond_row_source *source = &c->of->source;
    uint64_t left = source->rows - c->at;
    *n = left < POND_BATCH_ROWS ? (size_t)left : POND_BATCH_ROWS;
    // Batches begin at whole words of `valid`, since they have 2048 rows.
    for (size_t i = 0; i < source->schema.n; i++) {
        const pond_cells *all = &c->of->columns[i].cells;
        cells[i].values =
            (const char *)all->values + c->at * width_of(source->schema.items[i].type);
        cells[i].valid = all->valid + c->at / 64;
    }
    c->at += *n;
    return POND_OK;
}

// The relation ------------------------------------------------------------------------------------

static pond_code made_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    (void)s, (void)err;
    *out = ((made_relation *)r)->source.schema;
    return POND_OK;
}

static pond_code made_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                          pond_err *err) {
    (void)s, (void)range, (void)err; // another range than all is filtered from outside
    pond_buf_printf(sql, "SELECT * FROM %.*s()", POND_SV_ARG(((made_relation *)r)->function));
    return POND_OK;
}

static pond_code made_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                  pond_hasher *h, pond_err *err) {
    (void)s, (void)range, (void)h;
    return pond_fail(err, POND_ERR_INTERNAL, "the rows of '%.*s' are to be stored, not exported",
                     POND_SV_ARG(r->path));
}

static pond_code made_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    (void)s, (void)r, (void)err;
    *out = POND_RANGE_ALL;
    return POND_OK;
}

static const pond_relation_ops made_ops = {
    .schema = made_schema,
    .sql = made_sql,
    .fingerprint = made_fingerprint,
    .bounds = made_bounds,
};

pond_code pond_made_relation(pond_session *s, pond_sv name, const pond_made_column *columns,
                             size_t n_columns, uint64_t rows, pond_relation **out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    made_relation *m = POND_NEW(a, made_relation);
    pond_column *schema = POND_NEW_ARRAY(a, pond_column, n_columns);
    for (size_t i = 0; i < n_columns; i++)
        schema[i] = columns[i].column;
    *m = (made_relation){
        .base = {.ops = &made_ops, .path = name, .is_series = true},
        .source = {.schema = {.items = schema, .n = n_columns},
                   .rows = rows,
                   .is_known = true,
                   .user = m,
                   .open = open_rows,
                   .next = next_rows,
                   .close = free},
        .columns = columns,
    };
    *out = &m->base;
    return pond_session_add_source(s, &m->source, &m->function, err);
}
