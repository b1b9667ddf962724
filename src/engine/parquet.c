#include "engine/engine_internal.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

// DESCRIBE and its like are SELECTs everywhere but right behind COPY's parenthesis.
static bool needs_from(pond_sv select) {
    static const char *const words[] = {"DESCRIBE", "DESC", "SUMMARIZE", "SHOW"};
    pond_sv word = engine_first_word(select);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (word.n == strlen(words[i]) && strncasecmp(word.p, words[i], word.n) == 0)
            return true;
    return false;
}

static void append_copy(pond_buf *sql, pond_sv select, const char *path) {
    pond_sv body = pond_engine_select_body(select);
    pond_buf_printf(sql, needs_from(select) ? "COPY (FROM (%.*s\n)) TO " : "COPY (%.*s\n) TO ",
                    POND_SV_ARG(body));
    pond_buf_sql_string(sql, pond_sv_of(path));
    // Our callers have a temporary name already; a second one, of the engine's, would be left
    // behind by a failure under a name that nobody knows.
    pond_buf_str(sql, " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, "
                      "USE_TMP_FILE false)");
}

pond_code pond_engine_write_parquet(pond_engine *e, pond_sv select, const char *path,
                                    pond_parquet_stats *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n_rows = 0;
    append_copy(&sql, select, path);
    pond_code rc = pond_engine_ints(e, pond_buf_view(&sql), 0, &n_rows, 1, err);
    pond_buf_free(&sql);
    struct stat st;
    if (rc == POND_OK && stat(path, &st) != 0)
        rc = pond_fail_errno(err, "writing '%s'", path);
    if (rc == POND_OK)
        *out = (pond_parquet_stats){(uint64_t)n_rows, (uint64_t)st.st_size};
    else if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        pond_wrap(err, rc, "'%s' stays behind (%s)", path, strerror(errno));
    return rc;
}

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
    // A damaged footer points behind the end of the file, which the engine calls an I/O error.
    if (rc == POND_ERR_QUERY || rc == POND_ERR_IO)
        return pond_fail(err, POND_ERR_INVALID, "'%s' is not a valid Parquet file: %s", path,
                         why.msg);
    if (rc != POND_OK && err != NULL)
        *err = why;
    return rc;
}
