// csv: text with one record on each line and delimiters between the fields.
#include "engine/engine.h"
#include "format/format.h"

#include <sys/stat.h>

typedef struct csv_config {
    pond_csv_options csv;
    pond_sv batch_size;
} csv_config;

static const pond_option rows[] = {
    POND_OPTION("delimiter", POND_OPT_CHAR, csv_config, csv.delimiter,
                .help = "character between fields (default: a comma)"),
    POND_OPTION("quote", POND_OPT_CHAR, csv_config, csv.quote,
                .help =
                    "character around fields that contain delimiters (default: a double quote)"),
    POND_OPTION("escape", POND_OPT_CHAR, csv_config, csv.escape,
                .help = "character before a quote inside quotes (default: the quote itself)"),
    POND_OPTION("has_header", POND_OPT_BOOL, csv_config, csv.has_header,
                .help = "whether the first line has the names of the columns (default: true)"),
    POND_OPTION("null", POND_OPT_TEXT, csv_config, csv.null_text,
                .help = "text that is read as NULL, like an empty field"),
    POND_OPTION("schema_infer_max_records", POND_OPT_INT, csv_config, csv.sample_rows, .min = 1,
                .max = INT64_MAX, .value = "N",
                .help = "number of rows that decide the types of the columns (default: all)"),
    POND_OPTION("batch_size", POND_OPT_TEXT, csv_config, batch_size, .value = "N",
                .help = "ignored: the engine decides the size of its batches"),
};
static const pond_options options = POND_OPTIONS("csv", rows);

static pond_code read_options(pond_arena *a, const pond_url *url, const void **out, pond_err *err) {
    csv_config *c = POND_NEW(a, csv_config);
    // Types are inferred from every row: a column of whole numbers may have a fraction after some
    // months.
    c->csv = (pond_csv_options){.has_header = true, .sample_rows = -1};
    *out = &c->csv;
    return pond_options_read_pairs(a, &url->options, &options, c, err);
}

static pond_code check(const char *path, const pond_reader *reader, pond_err *err) {
    struct stat st;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
        return pond_fail(err, POND_ERR_INVALID, "'%s' is empty", path);
    return pond_engine_csv_check(path, reader->options, err);
}

// The engine gives each file a buffer of 32 MB for as long as a query is planned and run. Small
// files get one of their own size, so that hundreds of them can be read together.
enum { SMALL_FILE = 16 << 20, LEAST_BUFFER = 64 << 10 };

static uint64_t buffer_bytes(const pond_sv *files, size_t n) {
    uint64_t most = LEAST_BUFFER;
    for (size_t i = 0; i < n; i++) {
        struct stat st;
        if (stat(files[i].p, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size >= SMALL_FILE)
            return 0;
        if ((uint64_t)st.st_size >= most)
            most = (uint64_t)st.st_size + 1;
    }
    return most;
}

static void write_sql(pond_buf *sql, const pond_sv *files, size_t n, const pond_reader *reader) {
    pond_csv_options o = *(const pond_csv_options *)reader->options;
    o.buffer_bytes = buffer_bytes(files, n);
    pond_engine_sql_read_csv(sql, files, n, &o);
}

extern const pond_format pond_format_csv;
const pond_format pond_format_csv = {
    .name = "csv",
    .content = "CSV",
    .summary = "Text with one record on each line and delimiters between the fields",
    .options = &options,
    .codecs = 1U << POND_GZIP | 1U << POND_ZSTD | 1U << POND_BZIP2,
    .read_options = read_options,
    .check = check,
    .sql = write_sql,
};
