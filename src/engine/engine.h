// engine: SQL over Parquet and CSV, DuckDB behind one small interface.
//
// A pond_engine is one DuckDB instance with one connection, time zone UTC, and belongs to one
// thread. Everything a user may write as SQL goes through pond_engine_select_check first: one
// SELECT statement, nothing else. The instance itself reaches only the directories it was opened
// with (enable_external_access = false, lock_configuration).
//
// Owns      the DuckDB handles. No other room includes duckdb.h; no code or type of it escapes.
// Includes  base/*, libduckdb (loaded when the first engine is opened, not with the program).
// Promises  threads = 1 gives the same bytes for the same statement every time; a failed statement
//           leaves no partial file under the name asked for.
// Leaves    which files make a series, and what a name means, to factory.
#ifndef POND_ENGINE_ENGINE_H
#define POND_ENGINE_ENGINE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct pond_engine pond_engine;

typedef struct pond_engine_options {
    int threads;             // 0: 1
    uint64_t memory_bytes;   // 0: 1 GiB
    const char *temp_dir;    // spill directory, made on demand; NULL: no spilling
    const char *const *dirs; // the only directories (absolute) it may read and write
    size_t n_dirs;
    const char *const *files; // single files (absolute) it may read
    size_t n_files;
} pond_engine_options;

pond_code pond_engine_open(const pond_engine_options *options, pond_engine **out,
                           pond_err *err) POND_MUST;
void pond_engine_close(pond_engine *e); // NULL is fine; its rows are closed before
// From any thread: the running statement and each later one end in POND_ERR_CANCELLED.
void pond_engine_interrupt(pond_engine *e);
const char *pond_engine_version(void); // "v1.4.4", without loading the library
// Loads the library, if nothing did before. Opening an engine does it too.
pond_code pond_engine_load(pond_err *err) POND_MUST;

// Schemas
// ------------------------------------------------------------------------------------------------

typedef struct pond_column {
    pond_sv name;
    pond_sv type; // as DuckDB's SQL writes it: "DOUBLE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE",
                  // "DECIMAL(18,3)" …
} pond_column;

typedef struct pond_schema {
    const pond_column *items;
    size_t n;
} pond_schema;

const pond_column *pond_schema_find(pond_schema s, pond_sv name); // exact; NULL if absent
bool pond_type_is_time(pond_sv sql_type);    // TIMESTAMP in any precision, with or without zone
bool pond_type_is_numeric(pond_sv sql_type); // integers, floats, decimals
// "TIMESTAMP WITH TIME ZONE" → `Timestamp(us, "UTC")`, "BIGINT" → "Int64": the words of printed
// tables. Lives in `a`.
pond_sv pond_type_arrow(pond_arena *a, pond_sv sql_type);
// The words of `describe`: `Timestamp(Microsecond, Some("UTC"))`, "Int64", "Float64", "Utf8".
pond_sv pond_type_arrow_debug(pond_arena *a, pond_sv sql_type);

// Columns of a SELECT, from the planner: nothing runs. Lives in `a`.
pond_code pond_engine_schema(pond_engine *e, pond_arena *a, pond_sv select, pond_schema *out,
                             pond_err *err) POND_MUST;
// One statement, a SELECT (WITH, FROM-first, VALUES, DESCRIBE/SUMMARIZE count as one): else
// POND_ERR_QUERY that says what is allowed. Text, not meaning: it does not look tables up.
pond_code pond_engine_select_check(pond_engine *e, pond_sv sql, pond_err *err) POND_MUST;

// The statement from its first word to its last, without comments around it and final semicolon:
// "(" BODY "\n)" is a subquery. Borrows from `sql`.
pond_sv pond_engine_select_body(pond_sv sql);

// Running
// ------------------------------------------------------------------------------------------------

// One statement of ours (never a user's), without a result.
pond_code pond_engine_exec(pond_engine *e, pond_sv sql, pond_err *err) POND_MUST;

// Streams rows in chunks. Cells are read by row of the current chunk. One pond_rows at a time is
// open in an engine: until it is closed, any other statement is POND_ERR_INTERNAL.
typedef struct pond_rows pond_rows;
pond_code pond_engine_query(pond_engine *e, pond_sv sql, pond_rows **out, pond_err *err) POND_MUST;
// The next chunk; *n_rows 0 at the end.
pond_code pond_rows_next(pond_rows *r, size_t *n_rows, pond_err *err) POND_MUST;
void pond_rows_close(pond_rows *r);               // NULL is fine
pond_schema pond_rows_schema(const pond_rows *r); // lives with r
bool pond_rows_is_null(const pond_rows *r, size_t column, size_t row);
// The caller knows the column's type and casts in SQL: BIGINT or BOOLEAN, DOUBLE, VARCHAR. What is
// NULL reads as 0, 0.0 and "".
int64_t pond_rows_int(const pond_rows *r, size_t column, size_t row);
double pond_rows_double(const pond_rows *r, size_t column, size_t row);
pond_sv pond_rows_text(const pond_rows *r, size_t column, size_t row); // until the next chunk
// One row of BIGINTs, for counts and bounds: fills out[0..n), NULL becomes `null_as`.
pond_code pond_engine_ints(pond_engine *e, pond_sv sql, int64_t null_as, int64_t *out, size_t n,
                           pond_err *err) POND_MUST;

// Any value as the grid of `cat --format table` prints it (NULL, floats with a fraction, ISO
// times). Appends.
void pond_rows_cell(const pond_rows *r, size_t column, size_t row, pond_buf *out);

// The grid of `cat --format table` (behaviour: header of two lines, `Summary: N total rows`, `No
// data found`), and CSV (RFC 4180, header, NULL empty), to a stdio stream.
pond_code pond_engine_print_table(pond_engine *e, pond_sv select, FILE *out,
                                  pond_err *err) POND_MUST;
pond_code pond_engine_print_csv(pond_engine *e, pond_sv select, FILE *out, pond_err *err) POND_MUST;

// Parquet
// ------------------------------------------------------------------------------------------------

typedef struct pond_parquet_stats {
    uint64_t rows, size_bytes;
} pond_parquet_stats;

// Writes the rows of `select` (in its order) to `path`, zstd, row groups of at most 122,880 rows.
// The file is not synced; on failure nothing stands at `path`.
pond_code pond_engine_write_parquet(pond_engine *e, pond_sv select, const char *path,
                                    pond_parquet_stats *out, pond_err *err) POND_MUST;
// One stretch of time of a statement's rows, [lo, hi), and the file that it goes to.
typedef struct pond_slice {
    int64_t lo_us, hi_us;
    const char *path;
    pond_parquet_stats stats; // filled; rows 0: there is no file
} pond_slice;
// `order` is empty, or an ` ORDER BY …` for the rows of each slice.
// Runs a SELECT whose rows come in the order of `time_column` once, and writes each slice to its
// file, as pond_engine_write_parquet would write the slice's own SELECT, to the byte. Slices are in
// time order and do not overlap; rows outside them are passed over. Memory does not grow with the
// rows. On failure no file of a slice stands.
pond_code pond_engine_write_slices(pond_engine *e, pond_sv select, pond_sv time_column,
                                   pond_sv order, pond_slice *slices, size_t n,
                                   pond_err *err) POND_MUST;
// Columns of a Parquet file on disk. Lives in `a`. POND_ERR_INVALID "… is not a valid Parquet file"
// if it is none.
pond_code pond_engine_parquet_schema(pond_engine *e, pond_arena *a, const char *path,
                                     pond_schema *out, pond_err *err) POND_MUST;

// What the footer of a Parquet file tells of a column.
typedef struct pond_column_stats {
    int64_t nulls;   // -1: not told
    bool has_bounds; // no value is below min or above max; false too where there is no value, or a
                     // NaN
    // Numbers as digits, instants as microseconds since 1970, dates as 2024-01-31, texts as they
    // are or cut. Other types have no bounds.
    pond_sv min, max;
} pond_column_stats;
typedef struct pond_file_stats {
    uint64_t rows;
    pond_column_stats *columns; // as many as the schema has
} pond_file_stats;
// Of n files with these columns, at least one and none of them nested: out[0..n). Lives in `a`.
// Reads footers only.
pond_code pond_engine_parquet_footers(pond_engine *e, pond_arena *a, const pond_sv *paths, size_t n,
                                      pond_schema schema, pond_file_stats *out,
                                      pond_err *err) POND_MUST;

// "read_parquet(['…','…'], union_by_name=true)" over absolute paths; by_name only when asked for.
void pond_engine_sql_read_parquet(pond_buf *sql, const pond_sv *paths, size_t n, bool by_name);

// Text formats
// ------------------------------------------------------------------------------------------------

typedef struct pond_csv_options {
    char delimiter, quote, escape; // 0: ',' , '"', none
    bool has_header;
    pond_sv null_text;       // read as NULL beside the empty field; empty: none
    int64_t sample_rows;     // 0: the engine's default, -1: all
    const char *compression; // "gzip", "zstd"; NULL: none
} pond_csv_options;
// "read_csv([...], …)": appended to sql, types inferred, nothing opened yet.
void pond_engine_sql_read_csv(pond_buf *sql, const pond_sv *paths, size_t n,
                              const pond_csv_options *o);
// Reads the file and compares its lines: each has as many fields as the first, each quote is
// closed. POND_ERR_INVALID at the file's line if not. The engine refuses such a file as well, but
// where the line is within its sample it cannot say which one. Compressed files pass unread.
pond_code pond_engine_csv_check(const char *path, const pond_csv_options *o,
                                pond_err *err) POND_MUST;

#endif
