// csv: text with one record a line and fields between delimiters.
#include "engine/engine.h"
#include "format/codec.h"
#include "format/format.h"

#include <sys/stat.h>

static pond_code one_character(const pond_url *url, pond_sv key, pond_sv value, char *out,
                               pond_err *err) {
    if (pond_sv_is(value, "\\t"))
        value = POND_SV("\t");
    if (value.n != 1)
        return pond_fail(err, POND_ERR_INVALID,
                         "option '%.*s' of '%.*s' must be one character, not '%.*s'",
                         POND_SV_ARG(key), POND_SV_ARG(url->text), POND_SV_ARG(value));
    *out = value.p[0];
    return POND_OK;
}

static pond_code csv_option(const pond_url *url, const pond_url_option *o, pond_csv_options *out,
                            pond_err *err) {
    if (pond_sv_is(o->key, "delimiter"))
        return one_character(url, o->key, o->value, &out->delimiter, err);
    if (pond_sv_is(o->key, "quote"))
        return one_character(url, o->key, o->value, &out->quote, err);
    if (pond_sv_is(o->key, "escape"))
        return one_character(url, o->key, o->value, &out->escape, err);
    if (pond_sv_is(o->key, "null")) {
        out->null_text = o->value;
        return POND_OK;
    }
    if (pond_sv_is(o->key, "has_header")) {
        out->has_header = pond_sv_is(o->value, "true");
        if (!out->has_header && !pond_sv_is(o->value, "false"))
            return pond_fail(err, POND_ERR_INVALID,
                             "option 'has_header' of '%.*s' must be true or false, not '%.*s'",
                             POND_SV_ARG(url->text), POND_SV_ARG(o->value));
        return POND_OK;
    }
    if (pond_sv_is(o->key, "schema_infer_max_records")) {
        if (!pond_sv_to_int(o->value, &out->sample_rows) || out->sample_rows <= 0)
            return pond_fail(
                err, POND_ERR_INVALID,
                "option 'schema_infer_max_records' of '%.*s' must be a positive number, not '%.*s'",
                POND_SV_ARG(url->text), POND_SV_ARG(o->value));
        return POND_OK;
    }
    if (pond_sv_is(o->key,
                   "batch_size")) // accepted, since configs name it: the engine sizes its batches
        return POND_OK;
    return pond_fail(
        err, POND_ERR_INVALID,
        "unknown option '%.*s' in '%.*s'; csv has delimiter, quote, escape, has_header, null, "
        "schema_infer_max_records",
        POND_SV_ARG(o->key), POND_SV_ARG(url->text));
}

static pond_code read_options(pond_arena *a, const pond_url *url, const void **out, pond_err *err) {
    pond_csv_options *o = POND_NEW(a, pond_csv_options);
    // Types are inferred from every row: a column of whole numbers may have a fraction after some
    // months.
    *o = (pond_csv_options){
        .has_header = true, .sample_rows = -1, .compression = pond_codec_name(url->compression)};
    for (size_t i = 0; i < url->n_options; i++)
        POND_TRY(csv_option(url, &url->options[i], o, err));
    *out = o;
    return POND_OK;
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
    if (reader->compression == POND_PLAIN)
        o.buffer_bytes = buffer_bytes(files, n);
    pond_engine_sql_read_csv(sql, files, n, &o);
}

extern const pond_format pond_format_csv;
const pond_format pond_format_csv = {
    .name = "csv",
    .content = "CSV",
    .codecs = 1U << POND_GZIP | 1U << POND_ZSTD,
    .read_options = read_options,
    .check = check,
    .sql = write_sql,
};
