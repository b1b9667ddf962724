// parquet: Parquet files that the pond stores as bytes, `table:///PATH` and `series:///PATH`.
#include "engine/engine.h"
#include "format/codec.h"
#include "format/format.h"

#include <string.h>

static pond_code read_options(pond_arena *a, const pond_url *url, pond_reader *out, pond_err *err) {
    (void)a, (void)out;
    if (url->options.n > 0)
        return pond_fail(err, POND_ERR_USAGE, "'%.*s': options are for formats such as csv",
                         POND_SV_ARG(url->text));
    return POND_OK;
}

static pond_code find_flaw(const char *path, const char **flaw, pond_err *err) {
    pond_file_ends ends;
    POND_TRY(pond_file_read_ends(path, &ends, err));
    *flaw = memcmp(ends.first, "PAR1", 4) != 0 ? "missing PAR1 magic bytes"
            : memcmp(ends.last, "PAR1", 4) != 0
                ? "missing PAR1 magic bytes at its end: it was cut off"
                : NULL;
    return POND_OK;
}

static void write_sql(pond_buf *sql, const pond_sv *files, size_t n, const pond_reader *reader) {
    (void)reader;
    pond_engine_sql_read_parquet(sql, files, n, n > 1);
}

static const pond_ending endings[] = {{.text = ".parquet"}};

extern const pond_format pond_format_parquet;
const pond_format pond_format_parquet = {
    .name = POND_FORMAT_FILE,
    .endings = endings,
    .n_endings = sizeof endings / sizeof *endings,
    .content = "a valid Parquet file",
    .summary = "Unparsed files: bytes, or Parquet where rows are needed",
    .read_options = read_options,
    .find_flaw = find_flaw,
    .sql = write_sql,
};
