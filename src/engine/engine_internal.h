// What the files of this room share. duckdb.h is included here and nowhere else.
#ifndef POND_ENGINE_INTERNAL_H
#define POND_ENGINE_INTERNAL_H

#include "engine/engine.h"

#include <duckdb.h>
#include <stdatomic.h>

// The library as a table of functions: it is loaded at the first use, so nothing links with it.
typedef struct engine_api {
#define DUCKDB(name) __typeof__(duckdb_##name) *name;
#include "engine/duckdb_api.def"
#undef DUCKDB
} engine_api;

// Loads the library once in the life of the program; a failure is remembered and told again.
pond_code engine_load(const engine_api **out, pond_err *err) POND_MUST;

struct pond_engine {
    const engine_api *api;
    duckdb_database db;
    duckdb_connection con;
    // For pond_engine_write_slices: a second connection, whose COPY reads what the first one
    // streams; made when first used.
    duckdb_connection copy_con;
    struct engine_feed *feed; // what the table function reads
    // The connection has room for one running result: a second statement would cut it off.
    bool has_open_rows;
    // Stays set: whoever interrupted wants no further statement either.
    atomic_bool is_interrupted;
};

// slices.c: of the second connection; NULL is fine.
void engine_feed_free(pond_engine *e);
// parquet.c: COPY … TO 'path', as every Parquet file of ours is written.
void engine_sql_copy(pond_buf *sql, pond_sv select, const char *path);

// Raises what DuckDB says, which is several lines behind the name of a class of errors:
//     Parser Error: syntax error at or near "selec"
//
//     LINE 1: selec 1
//             ^
pond_code engine_fail(pond_err *err, const char *duckdb_text);

// One statement, parsed and bound. On success *out is to be freed with destroy_prepare.
pond_code engine_prepare(pond_engine *e, pond_sv sql, duckdb_prepared_statement *out,
                         pond_err *err) POND_MUST;

// pond_engine_query for any statement, not a SELECT only: COPY gives a row as well.
pond_code engine_run(pond_engine *e, pond_sv sql, pond_rows **out, pond_err *err) POND_MUST;

// Columns of a prepared statement; `sql` is its text. ids[i] is the type as DuckDB numbers it.
pond_code engine_describe(pond_engine *e, pond_arena *a, duckdb_prepared_statement stmt,
                          pond_sv sql, pond_schema *out, duckdb_type **ids,
                          pond_err *err) POND_MUST;
bool engine_type_is_plain(duckdb_type id);

// Parses and counts: one statement of whatever kind.
pond_code engine_parse(pond_engine *e, pond_sv sql, pond_err *err) POND_MUST;

// A path as read_parquet and its like take it: quoted, and no character of it a wildcard.
void engine_sql_path(pond_buf *sql, pond_sv path);
void engine_sql_paths(pond_buf *sql, const pond_sv *paths, size_t n); // ['…', '…']

// Appends any plain cell but a text: data is the vector of its column.
void engine_cell(duckdb_type id, const void *data, size_t row, pond_buf *out);

// The statement's first word, as it is written; empty if there is none.
pond_sv engine_first_word(pond_sv sql);

#endif
