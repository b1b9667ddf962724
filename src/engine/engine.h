// engine: SQL over Parquet files, and over rows that the program makes: a small interface to DuckDB.
//
// A pond_engine is one DuckDB instance with one connection. It belongs to one thread, its time zone
// is UTC, and it can reach only the files and directories given when it is opened. SQL that a user
// wrote goes through pond_engine_select_check (select.h) first, which allows one SELECT of known
// tables and functions and nothing else.
//
// Owns      the DuckDB handles. No other room includes duckdb.h, and no type of it leaves this one.
// Includes  value, base/*, libduckdb (loaded when the first engine is opened, not with the
//           program).
// Promises  with threads = 1 a statement gives the same bytes every time; a statement that fails
//           leaves no file under the name it was given.
// Leaves    the meaning of names, and which files a series consists of, to the rooms above.
#ifndef POND_ENGINE_ENGINE_H
#define POND_ENGINE_ENGINE_H

#include "base/cells.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"
#include "engine/guard.h"

typedef struct pond_engine pond_engine;

// With less, an engine can hardly run a query.
#define POND_MIN_ENGINE_BYTES (UINT64_C(16) << 20)

typedef struct pond_engine_options {
    int threads;           // 0: 1
    uint64_t memory_bytes; // 0: 1 GiB
    const char *temp_dir;  // for spilling, made when needed; NULL: no spilling
    // What it may access, as absolute paths, any number of each. Everything else is refused.
    const char *const *dirs; // whole directories, with all below them
    size_t n_dirs;
    const char *const *files; // single files
    size_t n_files;
    pond_engine_guard *guard; // outlives the engine; NULL: no limits
    // Set when a query of a user is checked (select.h): an engine that opens before cannot run one
    // without, and saves some milliseconds. Engines with the same pointer learn it from each other.
    // Outlives them. NULL: the engine can run queries from the beginning.
    bool *queries;
} pond_engine_options;

// Copies what it needs: the options and all they point to may be freed or changed afterwards. The
// files and directories need not exist yet.
pond_code pond_engine_open(const pond_engine_options *options, pond_engine **out,
                           pond_err *err) POND_MUST;
// Ends everything that belongs to the engine: its tables, spill files and memory. Only an open
// pond_rows must be closed before. Schemas, footers and errors do not refer to the engine: they
// remain valid. NULL is fine.
void pond_engine_close(pond_engine *e);
// Closes the engine and opens it with other options, such as more to read. It is the same pointer,
// without its tables and sources. After an error it can only be closed.
pond_code pond_engine_reopen(pond_engine *e, const pond_engine_options *options,
                             pond_err *err) POND_MUST;
// May be called from any thread: the running statement and all later ones fail, POND_ERR_CANCELLED.
void pond_engine_interrupt(pond_engine *e);
bool pond_engine_is_interrupted(const pond_engine *e); // by anybody, the guard too
// What follows is another query: its time counts from 0. NULL is fine.
void pond_engine_next_query(pond_engine *e);
const char *pond_engine_version(void); // "v1.5.6", without loading the library
// Loads the library, if nothing did before. Opening an engine does it too.
pond_code pond_engine_load(pond_err *err) POND_MUST;

// Schemas -----------------------------------------------------------------------------------------

typedef struct pond_column {
    pond_sv name;
    pond_sv type; // as SQL writes it: "DOUBLE", "TIMESTAMP WITH TIME ZONE", "DECIMAL(18,3)"
} pond_column;

typedef struct pond_schema {
    const pond_column *items;
    size_t n;
} pond_schema;

const pond_column *pond_schema_find(pond_schema s, pond_sv name); // exact match; NULL if absent
bool pond_type_is_time(pond_sv sql_type);    // TIMESTAMP of any precision, with or without zone
bool pond_type_is_numeric(pond_sv sql_type); // integers, floats, decimals
bool pond_type_is_nested(pond_sv sql_type);  // lists, arrays, structs, maps, unions
// A type of types.def or a DECIMAL(P,S). False for lists, structs and other types that hold texts of
// their own, and for every text that is no type: what comes from outside must not become SQL.
bool pond_type_is_name(pond_sv sql_type);

// The columns of a SELECT. It is planned and not run. Lives in `a`.
pond_code pond_engine_schema(pond_engine *e, pond_arena *a, pond_sv select, pond_schema *out,
                             pond_err *err) POND_MUST;

// The statement without the comments around it and the final semicolon. Borrows from `sql`.
pond_sv pond_engine_select_body(pond_sv sql);

// Whether a text, put into parentheses, stays within them: its own parentheses are closed in their
// order, and it has no semicolon. It need not be SQL.
bool pond_engine_is_enclosed(pond_sv sql);
// Whether a word of SQL is in the text outside of all parentheses, quotes and comments: a query with
// ORDER there orders its result. Letters of any case.
bool pond_engine_has_word(pond_sv sql, const char *word);

// Running -----------------------------------------------------------------------------------------

// Runs one statement of any kind, never a user's, and ignores its result.
pond_code pond_engine_exec(pond_engine *e, pond_sv sql, pond_err *err) POND_MUST;
// Runs a statement that returns one row of n columns, BIGINT or BOOLEAN: out[0..n). NULL becomes
// `null_as`.
pond_code pond_engine_ints(pond_engine *e, pond_sv sql, int64_t null_as, int64_t *out, size_t n,
                           pond_err *err) POND_MUST;

// The rows of a SELECT, streamed in chunks:
//
//     pond_rows *rows;
//     pond_code rc = pond_engine_query(e, sql, &rows, err);
//     for (size_t row; pond_rows_each(rows, &row, &rc, err);)
//         use(pond_rows_int(rows, 0, row), pond_rows_text(rows, 1, row));
//     pond_rows_close(rows);
//     return rc;
//
// An engine has one pond_rows open at a time: any other statement fails, POND_ERR_INTERNAL.
typedef struct pond_rows pond_rows;
pond_code pond_engine_query(pond_engine *e, pond_sv sql, pond_rows **out, pond_err *err) POND_MUST;
// The next row, for reading cells until the next call. False at the end, and when *rc is a failure:
// one of its own, or one set by the caller (then rows may be NULL).
bool pond_rows_each(pond_rows *r, size_t *row, pond_code *rc, pond_err *err) POND_MUST;
// The next chunk at once, whose rows are 0 to *n_rows - 1; *n_rows is 0 at the end.
pond_code pond_rows_next(pond_rows *r, size_t *n_rows, pond_err *err) POND_MUST;
void pond_rows_close(pond_rows *r);               // NULL is fine
pond_schema pond_rows_schema(const pond_rows *r); // until the rows are closed

bool pond_rows_is_null(const pond_rows *r, size_t column, size_t row);
// Of a BIGINT or BOOLEAN column, and of a VARCHAR column: cast in SQL. NULL reads as 0 and as "".
int64_t pond_rows_int(const pond_rows *r, size_t column, size_t row);
pond_sv pond_rows_text(const pond_rows *r, size_t column, size_t row); // until the next chunk
// Appends a cell of any type as text: "NULL", floats with a fraction or exponent, ISO 8601 times.
void pond_rows_cell(const pond_rows *r, size_t column, size_t row, pond_buf *out);

// Parquet -----------------------------------------------------------------------------------------

typedef struct pond_parquet_stats {
    uint64_t rows, size_bytes;
} pond_parquet_stats;

// Writes the rows of `select`, in its order, to `path`: zstd, row groups of at most 122,880 rows.
// The file is not synced. After a failure there is no file at `path`.
pond_code pond_engine_write_parquet(pond_engine *e, pond_sv select, const char *path,
                                    pond_parquet_stats *out, pond_err *err) POND_MUST;

// The rows of a time range [lo, hi), and the file for them.
typedef struct pond_slice {
    int64_t lo_us, hi_us;
    const char *path;
    uint64_t rows; // filled; 0: no file was written
    // Filled, if they are known without reading the file again:
    bool is_hashed;
    pond_sha256 checksum;
    uint64_t size_bytes;
    int64_t mtime_ns;
} pond_slice;
typedef struct pond_slice_scan {
    pond_sv select;  // its rows come in the order of time_us
    pond_sv time_us; // an expression: the time of a row, BIGINT; NULL: it is not finite
    pond_sv ties;    // the time column, if rows of equal times are to be sorted by it and then by
                     // every other column; empty: they keep the order that they have
    pond_slice *slices; // in time order, not overlapping
    size_t n;
    const char *draft; // a path beside those of the slices: each file is written there and renamed.
                       // The same one for all scans of an engine is fastest
    bool is_small;     // all rows together fit well into memory: they are read at once
    uint64_t rows;     // filled: all rows of the SELECT
} pond_slice_scan;
// Runs the SELECT once and writes each slice to its file. The bytes are those that
// pond_engine_write_parquet would write for a SELECT of the slice alone. Rows outside of all slices
// are skipped, and counted in scan->rows. A row without a finite time is an error. Memory does not
// grow with the number of rows, unless is_small. After a failure no slice has a file.
pond_code pond_engine_write_slices(pond_engine *e, pond_slice_scan *scan, pond_err *err) POND_MUST;

// The columns of a Parquet file. Lives in `a`. POND_ERR_INVALID if it is not a Parquet file.
pond_code pond_engine_parquet_schema(pond_engine *e, pond_arena *a, const char *path,
                                     pond_schema *out, pond_err *err) POND_MUST;

// What the footer of a Parquet file says about a column.
typedef struct pond_column_stats {
    int64_t nulls;   // -1: unknown
    bool has_bounds; // every value is between min and max. False for a column without values, with
                     // a NaN, or of a type without bounds
    // Numbers in decimal, times as microseconds since 1970, dates as 2024-01-31, texts as they are
    // or cut short.
    pond_sv min, max;
} pond_column_stats;
typedef struct pond_file_stats {
    const char *path;
    uint64_t rows;              // filled
    pond_column_stats *columns; // filled: one for each column of the schema
} pond_file_stats;
// Reads the footers of n files that have the columns of `schema`: at least one, and none nested.
// The results live in `a`.
pond_code pond_engine_parquet_footers(pond_engine *e, pond_arena *a, pond_schema schema,
                                      pond_file_stats *files, size_t n, pond_err *err) POND_MUST;

// Appends "read_parquet(['…', …], …)". The paths are absolute. With by_name, columns are matched by
// name, and one that a file lacks is NULL there.
void pond_engine_sql_read_parquet(pond_buf *sql, const pond_sv *paths, size_t n, bool by_name);

// Rows from outside -------------------------------------------------------------------------------

// Rows that the program makes, such as those of a text file. The types of the columns are VARCHAR,
// BOOLEAN, BIGINT, DOUBLE, DATE and timestamps. Every reading opens a cursor of its own, in any
// thread of the engine.
typedef struct pond_row_source {
    pond_schema schema;
    uint64_t rows; // that it has
    bool is_known; // else nobody knows yet how many
    void *user;
    // is_wanted has an item for each column: what is not wanted is not read.
    pond_code (*open)(void *user, const bool *is_wanted, void **cursor, pond_err *err);
    // The next rows, at most POND_BATCH_ROWS, valid until the next call; *n is 0 at the end. `cells`
    // has an item for each column.
    pond_code (*next)(void *cursor, pond_cells *cells, size_t *n, pond_err *err);
    void (*close)(void *cursor);
} pond_row_source;
// Makes the table function `name`, without parameters. The source and all it points to outlive the
// engine. An error of the source is that of the statement.
pond_code pond_engine_add_source(pond_engine *e, const char *name, const pond_row_source *source,
                                 pond_err *err) POND_MUST;

#endif
