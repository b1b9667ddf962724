// What the files of this room share. duckdb.h is included here and nowhere else.
//
// The files, from the bottom up; each calls only files above it in this list:
//
//     load.c       finds and loads libduckdb         guard.c  interrupts, limits of time and memory
//     types.c      the table of types                error.c  DuckDB's error texts as pond_err
//     cell.c       cells as text                     sql.c    SQL as text, without an engine
//     functions.c  classes of the engine's functions
//     statement.c  one statement: parsed, bound, run in chunks
//     describe.c   the columns of a statement
//     rows.c       pond_rows: the cells of a running statement
//     tree.c       the tree of a user's query        check.c  what users may write
//     parquet.c    Parquet files and their footers
//     encode.c     rows of a stream for the Parquet writer
//     slices.c     one scan, many Parquet files
//     source.c     table functions over rows from outside
//     engine.c     instances: settings, sandbox, opening and closing
#ifndef POND_ENGINE_INTERNAL_H
#define POND_ENGINE_INTERNAL_H

#include "engine/select.h"
#include "parquet/parquet.h"
#include "value/value.h"

#include <duckdb.h>
#include <stdatomic.h>

// What the library compresses and hashes with when it writes Parquet: its own zstd, since another
// version of it would give other bytes.
typedef struct engine_zstd {
    bool is_complete; // all of these were found
    void *(*create)(void);
    size_t (*release)(void *context);
    size_t (*compress)(void *context, void *to, size_t room, const void *from, size_t n, int level);
    size_t (*bound)(size_t n);
    unsigned (*is_error)(size_t result);
    uint64_t (*xxh64)(const void *p, size_t n, unsigned long long seed);
    const char *(*source_id)(void);
} engine_zstd;

// The library as a table of functions. It is loaded at the first use, so nothing links with it.
typedef struct engine_api {
#define DUCKDB(name) __typeof__(duckdb_##name) *name;
#include "engine/duckdb_api.def"
#undef DUCKDB
    engine_zstd zstd;
} engine_api;

struct pond_engine {
    const engine_api *api;
    duckdb_database db;
    duckdb_connection con;
    // For statements that are only planned. It has no optimizer, which takes half of the time of
    // planning, and changes no column.
    duckdb_connection plan_con;
    duckdb_prepared_statement serializer; // check.c; NULL until a query is checked
    // A connection runs one statement at a time: a second one would cut off a stream that is open.
    bool is_streaming;
    bool has_dialect;
    bool *queries; // of the options
    // Set once and never cleared: after an interrupt no further statement may run.
    atomic_bool is_interrupted;
    struct engine_feed *feed;      // slices.c; NULL until slices are written
    struct engine_source *sources; // source.c; those of this engine
    // The error of a source, which the text of the failed statement cannot hold; NULL: none.
    _Atomic(pond_err *) source_err;
    // Its connection, which another thread may interrupt.
    _Atomic(duckdb_connection) feed_con;
    // The engine itself; of a second connection, the engine that it belongs to.
    pond_engine *base;
    pond_engine_guard *guard; // NULL: no limits
    // Under the lock of the guard:
    pond_engine *next; // of the guard's engines
    int n_inside;      // calls of the library that run now, one inside the other
    int64_t since_us;  // when the outermost of them began
    int64_t worked_us; // in the calls that have ended, for the present query
};

// The engine with another of its connections as its own, to run statements there. It lives no
// longer than the engine, and is not closed.
static inline pond_engine engine_on(pond_engine *e, duckdb_connection con) {
    return (pond_engine){.api = e->api, .db = e->db, .con = con, .base = e};
}

// load.c
// Loads the library once per process. A failure is remembered, and each later call reports it.
pond_code engine_load(const engine_api **out, pond_err *err) POND_MUST;
// For the functions that DuckDB calls, to which it passes no engine: one is open.
const engine_api *engine_loaded(void);

// error.c
// Raises an error text of DuckDB. It has the class of the error first, and may have more lines:
//     Parser Error: syntax error at or near "selec"
//
//     LINE 1: selec 1
//             ^
// After an interrupt the reason for that is the error, whatever the text says.
pond_code engine_fail(pond_engine *e, pond_err *err, const char *duckdb_text);

// guard.c
// Begins to guard an engine. The guard may be NULL; if it has interrupted its engines, it
// interrupts this one too. It forgets the engine before that is closed.
pond_code engine_guard_add(pond_engine_guard *g, pond_engine *e, pond_err *err) POND_MUST;
void engine_guard_remove(pond_engine *e);
// Around every call of the library that may take long.
void engine_enter(pond_engine *connection);
void engine_leave(pond_engine *connection);
// The error of a statement that was interrupted: that of the guard, or CANCELLED.
pond_code engine_fail_interrupted(const pond_engine *e, pond_err *err);

// dialect.c
// Makes the engine understand queries as pond defines them (docs/queries.md), if it does not yet.
pond_code engine_need_dialect(pond_engine *e, pond_err *err) POND_MUST;

// division.c
pond_code engine_add_divisions(pond_engine *e, pond_err *err) POND_MUST;

// functions.c
typedef enum engine_class {
    ENGINE_UNKNOWN,
    ENGINE_PURE,
    ENGINE_AGGREGATE,
    ENGINE_CHANGING,
    ENGINE_CHANGING_ALONE,
    ENGINE_REFUSED,
    ENGINE_TABLE,
    ENGINE_REFUSED_TABLE,
} engine_class; // as functions.def describes them
// The class of a function, as a table function or as any other.
engine_class engine_function_class(pond_sv name, bool is_table);
pond_sv engine_functions_of(pond_arena *a, engine_class class); // "name, name, …"
pond_sv engine_function_nearest(pond_arena *a, pond_sv name);   // allowed; or empty

// tree.c
// Walks the tree of select->sql, fills what the SELECT uses, and refuses what a user's query may
// not do: QUERY, LIMIT. What is filled lives in `results`.
pond_code engine_tree_check(pond_arena *results, pond_value tree, pond_select *select,
                            pond_err *err) POND_MUST;

pond_sv engine_tree_text(pond_value v, const char *key); // a text of an object; empty if none

// slicing.c
// As pond_engine_select_slices, of a tree.
pond_select_slicing engine_tree_slices(pond_value tree, const pond_select *select,
                                       pond_sv time_column);

// quoting.c
// QUERY for a column of the inputs whose name has dots and was written without quotes.
pond_code engine_tree_check_names(pond_value tree, const pond_select *select,
                                  pond_err *err) POND_MUST;

// types.c
// The type with this name in SQL; DUCKDB_TYPE_INVALID if it is not in the table.
duckdb_type engine_type_of_sql(pond_sv sql);
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
// The error of a query with parameters, which nobody could fill in.
pond_code engine_fail_parameters(pond_err *err);
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
// Runs `sql` to its end at once: for a small result, since all of it is kept. It is planned once;
// what is prepared and reads files is planned again when it starts.
pond_code engine_stream_run(engine_stream *s, pond_sv sql, pond_err *err) POND_MUST;
// Fetches the next chunk that has rows; *n_rows is 0 at the end. Returns DuckDB's text if it fails,
// which lives until the stream is closed, else NULL.
const char *engine_stream_next(engine_stream *s, idx_t *n_rows) POND_MUST;
void engine_stream_end(engine_stream *s); // the statement stays prepared, and can start again
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
// Appends the COPY that writes the rows of the SELECT to the path.
void engine_append_copy(pond_buf *sql, pond_sv select, const char *path);

// encode.c
typedef struct engine_encoder engine_encoder;
// Makes *encoder ready for the first n columns of a stream that has begun; NULL: it is made. False if
// they, or this library, are left to COPY.
bool engine_encoder_begin(engine_encoder **encoder, engine_stream *s, idx_t n);
void engine_encoder_free(engine_encoder *e); // NULL is fine
// The writer of files with these columns.
pond_parquet_writer *engine_encoder_writer(engine_encoder *e);
// Appends rows [from, to) of the stream's chunk, as pond_parquet_append.
pond_code engine_encoder_append(engine_encoder *e, engine_stream *s, const int64_t *times,
                                idx_t from, idx_t to, bool *fits, pond_err *err) POND_MUST;

// slices.c
void engine_feed_free(struct engine_feed *f); // NULL is fine

// source.c
void engine_sources_free(struct engine_source *s); // NULL is fine

#endif
