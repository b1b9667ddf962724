// Parquet: writes files with COPY, reads their columns, and reads statistics from their footers.
#include "engine/engine_internal.h"

#include "base/map.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

// Writing -----------------------------------------------------------------------------------------

// DESCRIBE, SUMMARIZE and SHOW are SELECT statements everywhere but in the parentheses of COPY.
static bool needs_from(pond_sv select) {
    static const char *const words[] = {"DESCRIBE", "DESC", "SUMMARIZE", "SHOW"};
    pond_sv word = engine_first_word(select);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (word.n == strlen(words[i]) && strncasecmp(word.p, words[i], word.n) == 0)
            return true;
    return false;
}

void engine_append_copy(pond_buf *sql, pond_sv select, const char *path) {
    pond_sv body = pond_engine_select_body(select);
    pond_buf_printf(sql, needs_from(select) ? "COPY (FROM (%.*s\n)) TO " : "COPY (%.*s\n) TO ",
                    POND_SV_ARG(body));
    pond_buf_sql_string(sql, pond_sv_of(path));
    // The path is a temporary name already. A second one, chosen by DuckDB, could remain after a
    // failure, and the caller would not know its name.
    pond_buf_printf(sql,
                    " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d, USE_TMP_FILE false)",
                    POND_PARQUET_GROUP_ROWS);
}

pond_code engine_discard_file(const char *path, pond_code rc, pond_err *err) {
    if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        pond_wrap(err, rc, "cannot remove '%s' (%s)", path, strerror(errno));
    return rc;
}

pond_code pond_engine_write_parquet(pond_engine *e, pond_sv select, const char *path,
                                    pond_parquet_stats *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n_rows = 0;
    engine_append_copy(&sql, select, path);
    pond_code rc = pond_engine_ints(e, pond_buf_view(&sql), 0, &n_rows, 1, err);
    pond_buf_free(&sql);
    struct stat st;
    if (rc == POND_OK && stat(path, &st) != 0)
        rc = pond_fail_errno(err, "writing '%s'", path);
    if (rc != POND_OK)
        return engine_discard_file(path, rc, err);
    *out = (pond_parquet_stats){(uint64_t)n_rows, (uint64_t)st.st_size};
    return POND_OK;
}

// Columns -----------------------------------------------------------------------------------------

pond_code pond_engine_parquet_schema(pond_engine *e, pond_arena *a, const char *path,
                                     pond_schema *out, pond_err *err) {
    if (access(path, R_OK) != 0)
        return pond_fail_errno(err, "'%s'", path);
    pond_buf sql = POND_BUF_EMPTY;
    pond_sv name = pond_sv_of(path);
    pond_err why;
    pond_err_clear(&why);
    pond_buf_str(&sql, "SELECT * FROM ");
    pond_engine_sql_read_parquet(&sql, &name, 1, false);
    pond_code rc = pond_engine_schema(e, a, pond_buf_view(&sql), out, &why);
    pond_buf_free(&sql);
    // A damaged footer may point past the end of the file, which is an I/O error for DuckDB.
    if (rc == POND_ERR_QUERY || rc == POND_ERR_IO)
        return pond_fail(err, POND_ERR_INVALID, "'%s' is not a valid Parquet file: %s", path,
                         why.msg);
    if (rc != POND_OK && err != NULL)
        *err = why;
    return rc;
}

// Footers -----------------------------------------------------------------------------------------

// Appends a bound, which parquet_metadata gives as text, in the type in which bounds are compared.
// False for a type without bounds.
static bool append_bound(pond_buf *sql, pond_sv type, const char *text) {
    if (pond_sv_is(type, "VARCHAR"))
        pond_buf_str(sql, text);
    else if (pond_type_is_time(type)) // NULL for infinity
        pond_buf_printf(sql, "epoch_us(TRY_CAST(%s AS TIMESTAMPTZ))", text);
    else if (pond_type_is_numeric(type) || pond_sv_is(type, "DATE") || pond_sv_is(type, "BOOLEAN"))
        pond_buf_printf(sql, "TRY_CAST(%s AS %.*s)", text, POND_SV_ARG(type));
    else
        return false;
    return true;
}

// Appends a SELECT of a row for each file and column of this type: the file, the column, and over
// all row groups the rows, the NULLs, the minimum and the maximum. The last three are NULL when a
// row group lacks them; a row group without values needs no bounds.
static void append_stats(pond_buf *sql, pond_schema schema, pond_sv type) {
    pond_buf min = POND_BUF_EMPTY, max = POND_BUF_EMPTY;
    if (!append_bound(&min, type, "stats_min_value") ||
        !append_bound(&max, type, "stats_max_value")) {
        pond_buf_str(&min, "NULL");
        pond_buf_str(&max, "NULL");
    }
    pond_buf_printf(sql,
                    "SELECT file_name, column_id, CAST(sum(row_group_num_rows) AS BIGINT),"
                    " CASE WHEN bool_and(stats_null_count IS NOT NULL)"
                    " THEN CAST(sum(stats_null_count) AS BIGINT) END,"
                    " CASE WHEN bool_and(is_empty OR (%s IS NOT NULL AND %s IS NOT NULL))"
                    " THEN CAST(min(%s) AS VARCHAR) END,"
                    " CASE WHEN bool_and(is_empty OR (%s IS NOT NULL AND %s IS NOT NULL))"
                    " THEN CAST(max(%s) AS VARCHAR) END"
                    " FROM groups WHERE column_id IN (",
                    min.p, max.p, min.p, min.p, max.p, max.p);
    for (size_t i = 0, n = 0; i < schema.n; i++)
        if (pond_sv_eq(schema.items[i].type, type))
            pond_buf_printf(sql, n++ == 0 ? "%zu" : ", %zu", i);
    pond_buf_str(sql, ") GROUP BY ALL");
    pond_buf_free(&min);
    pond_buf_free(&max);
}

// Appends one SELECT for each type. One for each column would take DuckDB longer to plan than to
// run.
static void append_footers(pond_buf *sql, const pond_sv *paths, size_t n, pond_schema schema) {
    pond_buf_str(sql, "WITH groups AS MATERIALIZED (SELECT file_name, column_id,"
                      " row_group_num_rows, stats_null_count, stats_min_value, stats_max_value,"
                      " coalesce(stats_null_count = num_values, false) AS is_empty"
                      " FROM parquet_metadata(");
    engine_sql_paths(sql, paths, n);
    pond_buf_str(sql, ")) ");
    for (size_t i = 0; i < schema.n; i++) {
        bool is_first = true;
        for (size_t k = 0; k < i && is_first; k++)
            is_first = !pond_sv_eq(schema.items[k].type, schema.items[i].type);
        if (!is_first)
            continue;
        if (i > 0)
            pond_buf_str(sql, " UNION ALL ");
        append_stats(sql, schema, schema.items[i].type);
    }
}

static void read_stats(const pond_rows *rows, size_t row, pond_arena *a, size_t n_columns,
                       pond_file_stats *out) {
    int64_t column = pond_rows_int(rows, 1, row);
    if (column < 0 || (size_t)column >= n_columns)
        return;
    pond_column_stats *c = &out->columns[column];
    out->rows = (uint64_t)pond_rows_int(rows, 2, row);
    c->nulls = pond_rows_is_null(rows, 3, row) ? -1 : pond_rows_int(rows, 3, row);
    c->has_bounds = !pond_rows_is_null(rows, 4, row) && !pond_rows_is_null(rows, 5, row);
    c->min = pond_sv_dup(a, pond_rows_text(rows, 4, row));
    c->max = pond_sv_dup(a, pond_rows_text(rows, 5, row));
}

pond_code pond_engine_parquet_footers(pond_engine *e, pond_arena *a, pond_schema schema,
                                      pond_file_stats *files, size_t n, pond_err *err) {
    if (n == 0)
        return POND_OK;
    pond_sv *paths = POND_NEW_ARRAY(a, pond_sv, n);
    pond_map by_path;
    pond_map_init(&by_path, a);
    for (size_t i = 0; i < n; i++) {
        // A file without row groups is not listed: it keeps these zeros.
        files[i].rows = 0;
        files[i].columns = POND_NEW_ARRAY(a, pond_column_stats, schema.n);
        paths[i] = pond_sv_of(files[i].path);
        *pond_map_at(&by_path, paths[i], NULL) = &files[i];
    }
    pond_buf sql = POND_BUF_EMPTY;
    append_footers(&sql, paths, n, schema);
    pond_rows *rows = NULL;
    pond_code rc = pond_engine_query(e, pond_buf_view(&sql), &rows, err);
    pond_buf_free(&sql);
    for (size_t row; pond_rows_each(rows, &row, &rc, err);) {
        pond_file_stats *file = pond_map_get(&by_path, pond_rows_text(rows, 0, row));
        if (file != NULL)
            read_stats(rows, row, a, schema.n, file);
    }
    pond_rows_close(rows);
    return rc;
}
