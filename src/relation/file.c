// Files of bytes read as rows: `csv:///lookup/sites.csv`, and Parquet that was stored as bytes
// (`table:///…`).
#include "relation/input.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

bool pond_format_is_known(pond_sv format) {
    return pond_sv_is(format, "file") || pond_sv_is(format, "csv");
}

const char *pond_format_names(void) {
    return "csv";
}

typedef struct format_relation {
    pond_relation base;
    bool is_parquet, is_checked;
    pond_csv_options csv;
    pond_sv *files; // absolute paths on the host
    size_t n_files;
    pond_sv identity; // contents and options, for the fingerprint
} format_relation;

// Options
// -------------------------------------------------------------------------------------------

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
    if (pond_sv_is(o->key, "batch_size")) // accepted for the configs that name it; the engine sizes
                                          // its own batches
        return POND_OK;
    return pond_fail(
        err, POND_ERR_INVALID,
        "unknown option '%.*s' in '%.*s'; csv has delimiter, quote, escape, has_header, null, "
        "schema_infer_max_records",
        POND_SV_ARG(o->key), POND_SV_ARG(url->text));
}

static pond_code csv_options(const pond_url *url, pond_csv_options *out, pond_err *err) {
    // Types are inferred from every row: a column that is whole numbers for the first months is not
    // for that an integer.
    *out = (pond_csv_options){.has_header = true,
                              .sample_rows = -1,
                              .compression = url->compression == POND_GZIP   ? "gzip"
                                             : url->compression == POND_ZSTD ? "zstd"
                                                                             : NULL};
    for (size_t i = 0; i < url->n_options; i++)
        POND_TRY(csv_option(url, &url->options[i], out, err));
    return POND_OK;
}

// The relation
// --------------------------------------------------------------------------------------

// The first and the last four bytes of a file, zeros where it is shorter.
static pond_code read_ends(const char *path, char first[4], char last[4], pond_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pond_fail_errno(err, "cannot open '%s'", path);
    off_t size = lseek(fd, 0, SEEK_END);
    memset(first, 0, 4);
    memset(last, 0, 4);
    bool is_short = size < 8;
    ssize_t n = pread(fd, first, 4, 0);
    if (n >= 0 && !is_short)
        n = pread(fd, last, 4, size - 4);
    pond_code rc = n < 0 ? pond_fail_errno(err, "cannot read '%s'", path) : POND_OK;
    close(fd);
    return rc;
}

pond_code pond_parquet_flaw(const char *path, const char **flaw, pond_err *err) {
    char first[4], last[4];
    POND_TRY(read_ends(path, first, last, err));
    *flaw = memcmp(first, "PAR1", 4) != 0  ? "missing PAR1 magic bytes"
            : memcmp(last, "PAR1", 4) != 0 ? "missing PAR1 magic bytes at its end: it was cut off"
                                           : NULL;
    return POND_OK;
}

static pond_code gzip_flaw(const char *path, const char **flaw, pond_err *err) {
    char first[4], last[4];
    POND_TRY(read_ends(path, first, last, err));
    *flaw = memcmp(first, "\x1f\x8b", 2) != 0 ? "it begins with other bytes" : NULL;
    return POND_OK;
}

// The engine would name the object in the store, which tells nobody anything.
static pond_code check_content(format_relation *f, pond_err *err) {
    bool is_gzip = f->csv.compression != NULL && strcmp(f->csv.compression, "gzip") == 0;
    if (f->is_checked || (!f->is_parquet && !is_gzip))
        return POND_OK;
    for (size_t i = 0; i < f->n_files; i++) {
        const char *flaw;
        POND_TRY(is_gzip ? gzip_flaw(f->files[i].p, &flaw, err)
                         : pond_parquet_flaw(f->files[i].p, &flaw, err));
        if (flaw != NULL)
            return pond_fail(err, POND_ERR_INVALID, "'%.*s' is not %s: %s",
                             POND_SV_ARG(f->base.path),
                             is_gzip ? "compressed with gzip" : "a valid Parquet file", flaw);
    }
    f->is_checked = true;
    return POND_OK;
}

static pond_code format_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    (void)s;
    POND_DCHECK(range.lo_us == INT64_MIN &&
                range.hi_us == INT64_MAX); // not sliceable: filtered outside
    (void)range;
    format_relation *f = (format_relation *)r;
    POND_TRY(check_content(f, err));
    pond_buf_str(sql, "SELECT * FROM ");
    if (f->is_parquet)
        pond_engine_sql_read_parquet(sql, f->files, f->n_files, f->n_files > 1);
    else
        pond_engine_sql_read_csv(sql, f->files, f->n_files, &f->csv);
    return POND_OK;
}

static pond_code format_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    pond_engine *engine;
    POND_TRY(pond_session_engine(s, &engine, err));
    format_relation *f = (format_relation *)r;
    POND_TRY(check_content(f, err));
    if (f->is_parquet && f->n_files == 1) // says in plain words when it is none
        return pond_engine_parquet_schema(engine, pond_session_arena(s), f->files[0].p, out, err);
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = format_sql(s, r, POND_RANGE_ALL, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_schema(engine, pond_session_arena(s), pond_buf_view(&sql), out, err);
    pond_buf_free(&sql);
    return rc;
}

static pond_code format_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                    pond_hasher *h, pond_err *err) {
    (void)s, (void)range, (void)err;
    pond_hasher_part(h, ((format_relation *)r)->identity);
    return POND_OK;
}

static pond_code format_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    (void)s, (void)r, (void)err;
    *out = POND_RANGE_ALL; // only reading tells
    return POND_OK;
}

static pond_code format_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    (void)err;
    pond_sha256 *h = POND_NEW(pond_session_arena(s), pond_sha256);
    *h = pond_sha256_of(((format_relation *)r)->identity);
    *pond_map_at(out, r->path, NULL) = h;
    return POND_OK;
}

static const pond_relation_ops format_ops = {
    .schema = format_schema,
    .sql = format_sql,
    .fingerprint = format_fingerprint,
    .bounds = format_bounds,
    .inputs = format_inputs,
};

static pond_code pond_files(pond_session *s, format_relation *f, const pond_node *node,
                            pond_buf *identity, pond_err *err) {
    if (!node->is_stored || node->type == POND_T_DATA_DYNAMIC)
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%.*s' is computed text and cannot be parsed as rows; copy it out and in "
                         "again to query it",
                         POND_SV_ARG(node->path));
    pond_version_vec versions = {0};
    POND_TRY(pond_store_versions(pond_session_txn(s), pond_session_arena(s), node->id, &versions, err));
    if (versions.n == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND, "'%.*s' has no content yet",
                         POND_SV_ARG(node->path));
    size_t first = node->type == POND_T_DATA_SERIES ? 0 : versions.n - 1;
    f->files = POND_NEW_ARRAY(pond_session_arena(s), pond_sv, versions.n - first);
    for (size_t i = first; i < versions.n; i++) {
        f->files[f->n_files++] = pond_object_path(pond_session_store(s), pond_session_arena(s), &versions.items[i].object);
        pond_buf_append(identity, versions.items[i].object.bytes,
                        sizeof versions.items[i].object.bytes);
    }
    return POND_OK;
}

pond_code pond_format_relation(pond_session *s, const pond_url *url, const pond_node *node,
                               const char *host_path, pond_relation **out, pond_err *err) {
    format_relation *f = POND_NEW(pond_session_arena(s), format_relation);
    f->is_parquet = pond_sv_is(url->format, "file");
    if (url->compression == POND_BZIP2 || (f->is_parquet && url->compression != POND_PLAIN))
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%.*s': this compression cannot be read; gzip and zstd of text can",
                         POND_SV_ARG(url->text));
    if (!f->is_parquet)
        POND_TRY(csv_options(url, &f->csv, err));
    pond_buf identity = POND_BUF_EMPTY;
    pond_buf_sv(&identity, url->text);
    pond_code rc = POND_OK;
    if (host_path != NULL) {
        f->files = POND_NEW(pond_session_arena(s), pond_sv);
        f->files[f->n_files++] = pond_sv_dup(pond_session_arena(s), pond_sv_of(host_path));
    } else {
        rc = pond_files(s, f, node, &identity, err);
    }
    f->identity = pond_sv_dup(pond_session_arena(s), pond_buf_view(&identity));
    pond_buf_free(&identity);
    f->base = (pond_relation){.ops = &format_ops,
                              .path = host_path != NULL ? url->text : node->path,
                              .is_series = url->as == POND_AS_SERIES};
    *out = &f->base;
    return rc;
}

pond_code pond_format_check_text(const pond_relation *r, pond_err *err) {
    POND_ASSERT(r->ops == &format_ops);
    const format_relation *f = (const format_relation *)r;
    for (size_t i = 0; i < f->n_files && !f->is_parquet; i++) {
        struct stat st;
        if (stat(f->files[i].p, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
            return pond_fail(err, POND_ERR_INVALID, "'%s' is empty", f->files[i].p);
        POND_TRY(pond_engine_csv_check(f->files[i].p, &f->csv, err));
    }
    return POND_OK;
}
