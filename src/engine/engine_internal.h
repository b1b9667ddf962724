// What the files of this room share. duckdb.h is included here and nowhere else.
//
// The files, from the bottom up; each calls only files above it in this list:
//
//     load.c       finds and loads libduckdb         error.c  DuckDB's error texts as pond_err
//     types.c      the table of types                sql.c    SQL as text, without an engine
//     cell.c       cells as text                     csv.c    CSV
//     statement.c  one statement: parsed, bound, run in chunks
//     describe.c   the columns of a statement
//     rows.c       pond_rows: the cells of a running statement
//     check.c      what users may write
//     parquet.c    Parquet files and their footers
//     slices.c     one scan, many Parquet files
//     engine.c     instances: settings, sandbox, opening and closing
#ifndef POND_ENGINE_INTERNAL_H
#define POND_ENGINE_INTERNAL_H

#include "engine/engine.h"

#include <duckdb.h>
#include <stdatomic.h>

// The library as a table of functions. It is loaded at the first use, so nothing links with it.
typedef struct engine_api {
#define DUCKDB(name) __typeof__(duckdb_##name) *name;
#include "engine/duckdb_api.def"
#undef DUCKDB
} engine_api;

struct pond_engine {
    const engine_api *api;
    duckdb_database db;
    duckdb_connection con;
    // A connection runs one statement at a time: a second one would cut off a stream that is open.
    bool is_streaming;
    // Set once and never cleared: after an interrupt no further statement may run.
    atomic_bool is_interrupted;
    struct engine_feed *feed; // slices.c; NULL until slices are written
};

// load.c
// Loads the library once per process. A failure is remembered, and each later call reports it.
pond_code engine_load(const engine_api **out, pond_err *err) POND_MUST;

// error.c
// Raises an error text of DuckDB. It has the class of the error first, and may have more lines:
//     Parser Error: syntax error at or near "selec"
//
//     LINE 1: selec 1
//             ^
pond_code engine_fail(pond_err *err, const char *duckdb_text);

// types.c
// Whether rows.c reads cells of this type itself; other types are cast to VARCHAR in the query.
bool engine_type_is_plain(duckdb_type id);
// The name in SQL; empty for types that have parameters (DECIMAL, lists, structs, enums …).
pond_sv engine_type_sql(duckdb_type id);

// sql.c
// The first word of a statement, as written; empty if there is none.
pond_sv engine_first_word(pond_sv sql);
// A path as an argument of read_parquet and similar functions: quoted, wildcards escaped.
void engine_sql_path(pond_buf *sql, pond_sv path);
void engine_sql_paths(pond_buf *sql, const pond_sv *paths, size_t n); // ['…', '…']

// statement.c
// Checks that the text parses and is exactly one statement, of any kind.
pond_code engine_parse(pond_engine *e, pond_sv sql, pond_err *err) POND_MUST;
// Parses and binds exactly one statement of any kind. On success the caller frees *out with
// destroy_prepare.
pond_code engine_prepare(pond_engine *e, pond_sv sql, duckdb_prepared_statement *out,
                         pond_err *err) POND_MUST;

// A statement whose result comes in chunks. Start with {.e = engine}; close it in any case.
typedef struct engine_stream {
    pond_engine *e;
    duckdb_prepared_statement stmt; // from engine_prepare, owned
    duckdb_result result;
    duckdb_data_chunk chunk; // the current one; NULL before the first and after the last
    bool has_result;
    bool is_at_end; // DuckDB must not be asked for another chunk
} engine_stream;

// Prepares and starts `sql`; or starts s->stmt, when it is prepared already.
pond_code engine_stream_open(engine_stream *s, pond_sv sql, pond_err *err) POND_MUST;
pond_code engine_stream_start(engine_stream *s, pond_err *err) POND_MUST;
// Fetches the next chunk that has rows; *n_rows is 0 at the end. Returns DuckDB's text if it fails,
// which lives until the stream is closed, else NULL.
const char *engine_stream_next(engine_stream *s, idx_t *n_rows) POND_MUST;
void engine_stream_close(engine_stream *s);

// cell.c
// Appends a cell of any plain type but VARCHAR. `data` is the vector of its column.
void engine_cell(duckdb_type id, const void *data, size_t row, pond_buf *out);
// A cell of a VARCHAR vector; valid as long as the vector.
pond_sv engine_cell_text(const void *data, size_t row);

// describe.c
typedef struct engine_columns {
    pond_schema schema;
    duckdb_type *ids; // of each column
} engine_columns;
// The columns of a prepared statement, whose text is `sql`. Lives in `a`.
pond_code engine_describe(pond_engine *e, pond_arena *a, duckdb_prepared_statement stmt,
                          pond_sv sql, engine_columns *out, pond_err *err) POND_MUST;

// parquet.c
// Removes a file, if it exists, after the failure `rc`, and returns that. A failure to remove it is
// added to the error.
pond_code engine_discard_file(const char *path, pond_code rc, pond_err *err) POND_MUST;

// slices.c
void engine_feed_free(struct engine_feed *f); // NULL is fine

#endif
