// Texts as rows: from the bytes of a file to a text, and from a text to SQL.
#include "relation/parsed.h"

#include "base/file.h"
#include "relation/recall.h"
#include "text/charset.h"

#include <unistd.h>

// Plain text --------------------------------------------------------------------------------------

// The name of the file itself, without the directory and without the ending of the compression.
static pond_sv plain_name(pond_sv path) {
    pond_sv name = pond_sv_sub(path, (size_t)(pond_sv_rfind_char(path, '/') + 1), path.n);
    ptrdiff_t dot = pond_sv_rfind_char(name, '.');
    return dot > 0 ? pond_sv_sub(name, 0, (size_t)dot) : name;
}

static pond_code make_name(pond_session *s, const pond_parsed *p, pond_sv *out, pond_err *err) {
    return pond_spool_name(s, plain_name(p->name), out, err);
}

// Whether it is not UTF-8: the URL says so, or a byte order mark of UTF-16 or UTF-32.
static bool is_foreign(const pond_parsed *p, int fd) {
    char mark[4] = {1, 1, 1, 1};
    ssize_t n = pread(fd, mark, sizeof mark, 0);
    return p->reader->encoding.n > 0 ||
           (n >= 2 && (memcmp(mark, "\xFF\xFE", 2) == 0 || memcmp(mark, "\xFE\xFF", 2) == 0 ||
                       memcmp(mark, "\0\0\xFE\xFF", 4) == 0));
}

static pond_code decode_to(pond_session *s, pond_parsed *p, int in, const char *to, pond_err *err) {
    int out;
    POND_TRY(pond_file_make(to, &out, err));
    pond_code rc = pond_charset_decode(in, p->reader->encoding, out,
                                       pond_cstr(pond_session_arena(s), p->name), err);
    return pond_file_made(out, to, rc, err);
}

// Replaces *path by a file with the same text in UTF-8, if it is not UTF-8 already.
static pond_code decode(pond_session *s, pond_parsed *p, const char **path, pond_err *err) {
    int in;
    pond_sv to;
    POND_TRY(pond_file_open(*path, &in, err));
    pond_code rc = POND_OK;
    if (is_foreign(p, in)) {
        rc = make_name(s, p, &to, err);
        if (rc == POND_OK) {
            *path = p->made[1] = to.p;
            rc = decode_to(s, p, in, to.p, err);
        }
    }
    close(in); // nothing was written
    return rc;
}

static pond_code append_part(const char *path, const pond_fd_target *to, pond_err *err) {
    int fd;
    pond_fd_target target = *to;
    POND_TRY(pond_file_open(path, &fd, err));
    pond_code rc = pond_fd_read_to(fd, path, pond_sink_to_fd(&target), err);
    close(fd); // nothing was written
    return rc;
}

// Makes a file of all pieces.
static pond_code join_parts(pond_session *s, pond_parsed *p, const char **path, pond_err *err) {
    pond_sv to;
    int fd;
    POND_TRY(make_name(s, p, &to, err));
    POND_TRY(pond_file_make(to.p, &fd, err));
    *path = p->made[4] = to.p;
    pond_code rc = POND_OK;
    for (size_t i = 0; rc == POND_OK && i < p->n_parts; i++)
        rc = append_part(p->parts[i], &(pond_fd_target){fd, to.p}, err);
    return pond_file_made(fd, to.p, rc, err);
}

pond_code pond_parsed_plain(pond_session *s, pond_parsed *p, const char **out, pond_err *err) {
    *out = p->path;
    if (p->n_parts > 0)
        POND_TRY(join_parts(s, p, out, err));
    if (p->object == NULL) {
        POND_TRY(pond_spool(s, p->path, &p->spooled, err));
        *out = p->spooled.path;
    }
    if (p->reader->compression != POND_PLAIN) {
        pond_sv to;
        POND_TRY(make_name(s, p, &to, err));
        POND_TRY(pond_reader_unpack(p->reader, *out, p->name, to.p, err));
        *out = p->made[0] = to.p;
    }
    return decode(s, p, out, err);
}

// Replaces *path by a file with the same rows as CSV, if the format is another one. *layout is how
// the file is laid out.
static pond_code translate(pond_session *s, pond_parsed *p, const char **path,
                           const pond_text_options **layout, pond_err *err) {
    *layout = p->reader->text;
    if (p->reader->format->translate == NULL)
        return POND_OK;
    pond_sv to;
    POND_TRY(make_name(s, p, &to, err));
    int out;
    POND_TRY(pond_file_make(to.p, &out, err));
    p->made[2] = to.p;
    pond_code rc = p->reader->format->translate(pond_session_arena(s), p->reader, *path, p->name,
                                                out, &p->translation, err);
    rc = pond_file_made(out, to.p, rc, err);
    if (rc == POND_OK && p->translation.warning.n > 0 && !p->is_warned)
        pond_session_warn(s, "warning: %.*s: %.*s", POND_SV_ARG(p->name),
                          POND_SV_ARG(p->translation.warning));
    *path = to.p;
    *layout = &p->translation.text;
    return rc;
}

void pond_parsed_release(pond_parsed *p) {
    for (size_t i = 0; i < sizeof p->made / sizeof *p->made; i++) {
        if (p->made[i] != NULL)
            unlink(p->made[i]); // what remains goes with its directory, when the session closes
        p->made[i] = NULL;
    }
    pond_spool_drop(&p->spooled);
    pond_text_close(p->text);
    p->is_ready = false;
    p->text = NULL;
}

// A text as a source of the engine ----------------------------------------------------------------

static pond_code open_rows(void *user, const bool *is_wanted, void **cursor, pond_err *err) {
    pond_text_rows *rows;
    POND_TRY(pond_text_rows_open(user, is_wanted, &rows, err));
    *cursor = rows;
    return POND_OK;
}

static pond_code next_rows(void *cursor, pond_cells *cells, size_t *n, pond_err *err) {
    return pond_text_rows_next(cursor, cells, n, err);
}

static void close_rows(void *cursor) {
    pond_text_rows_close(cursor);
}

static pond_schema schema_of(pond_arena *a, const pond_text_facts *f) {
    pond_column *columns = POND_NEW_ARRAY(a, pond_column, f->n_columns);
    for (size_t i = 0; i < f->n_columns; i++)
        columns[i] =
            (pond_column){f->columns[i].name, pond_sv_of(pond_text_type_sql(f->columns[i].type))};
    return (pond_schema){columns, f->n_columns};
}

// Threads that read a text beside the engine's own.
static int count_threads(void) {
    enum { MOST = 4 };
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > MOST ? MOST : (int)n;
}

// Makes what the text is known to have a source of the engine.
static pond_code add_source(pond_session *s, pond_parsed *p, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    const pond_text_facts *f = pond_text_facts_of(p->text);
    pond_row_source *source = POND_NEW(a, pond_row_source);
    pond_sv name;
    p->schema = schema_of(a, f);
    p->rows = f->rows;
    p->is_silent = POND_NEW_ARRAY(a, bool, f->n_columns);
    for (size_t i = 0; i < f->n_columns; i++)
        p->is_silent[i] = f->columns[i].n_values == 0;
    *source = (pond_row_source){.schema = p->schema,
                                .rows = f->rows,
                                .is_known = !pond_text_is_started(p->text),
                                .user = p->text,
                                .open = open_rows,
                                .next = next_rows,
                                .close = close_rows};
    POND_TRY(pond_session_add_source(s, source, &name, err));
    p->from = pond_svf(a, "%.*s()", POND_SV_ARG(name));
    return POND_OK;
}

static pond_code open_text(pond_session *s, pond_parsed *p, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    const char *plain;
    const pond_text_options *layout;
    POND_TRY(pond_parsed_plain(s, p, &plain, err));
    POND_TRY(translate(s, p, &plain, &layout, err));
    pond_text_means means = {
        .threads = count_threads(), .dir = pond_spool_dir(s), .meter = pond_session_meter(s)};
    if (p->object == NULL) // the cache gets all columns
        means.query = pond_session_expected_query(s);
    if (p->may_start)
        POND_TRY(pond_text_start(a, plain, p->name, layout, &means, p->needs_order, &p->text, err));
    else
        POND_TRY(pond_text_open(a, plain, p->name, layout, &means, &p->text, err));
    return add_source(s, p, err);
}

bool pond_parsed_is_started(const pond_parsed *p) {
    return p->text != NULL && pond_text_is_started(p->text);
}

pond_code pond_parsed_finish(pond_session *s, pond_parsed *p, bool *is_as_guessed, pond_err *err) {
    POND_TRY(pond_text_finish(p->text, is_as_guessed, err));
    return add_source(s, p, err);
}

// Rows as Parquet ---------------------------------------------------------------------------------

// Another number makes all cached rows stale: when texts are read in another way.
#define PARSER_VERSION "text 3"

pond_sha256 pond_parsed_key(const pond_parsed *p, const pond_sha256 *content) {
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, POND_SV(PARSER_VERSION));
    pond_hasher_field(h, pond_sv_of(pond_engine_version()));
    pond_hasher_field(h, pond_sv_of(p->reader->format->name));
    pond_hasher_field(h, p->options);
    pond_hasher_sha(h, content);
    return pond_hasher_finish(h);
}

// The columns of a file that has the rows, and which of them have no values.
static pond_code read_kept(pond_session *s, pond_parsed *p, pond_sv path, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_engine *engine;
    pond_file_stats stats = {.path = path.p};
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_engine_parquet_schema(engine, a, path.p, &p->schema, err));
    POND_TRY(pond_engine_parquet_footers(engine, a, p->schema, &stats, 1, err));
    p->rows = stats.rows;
    p->is_silent = POND_NEW_ARRAY(a, bool, p->schema.n);
    for (size_t i = 0; i < p->schema.n; i++)
        p->is_silent[i] = stats.columns[i].nulls == (int64_t)stats.rows;
    pond_buf from = POND_BUF_EMPTY;
    pond_engine_sql_read_parquet(&from, &path, 1, false);
    p->kept = path;
    p->from = pond_buf_keep(a, &from);
    return POND_OK;
}

// Reads the text, and writes its rows to a new file of the session.
static pond_code write_rows(pond_session *s, pond_parsed *p, pond_sv *path, pond_err *err) {
    pond_engine *engine;
    pond_parquet_stats stats;
    POND_TRY(open_text(s, p, err));
    POND_TRY(pond_spool_name(s, POND_SV("rows.parquet"), path, err));
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_sv select = pond_svf(pond_session_arena(s), "SELECT * FROM %.*s", POND_SV_ARG(p->from));
    POND_TRY(pond_engine_write_parquet(engine, select, path->p, &stats, err));
    if (stats.rows != p->rows)
        return pond_fail(err, POND_ERR_INTERNAL, "'%.*s' has %llu rows, and %llu were written",
                         POND_SV_ARG(p->name), (unsigned long long)p->rows,
                         (unsigned long long)stats.rows);
    pond_parsed_release(p);
    return POND_OK;
}

// Writes the rows to the cache; where that cannot be written, to a file of the session.
static pond_code fill_cache(pond_session *s, pond_parsed *p, const pond_sha256 *key, pond_sv *path,
                            pond_err *err) {
    pond_store *store = pond_session_store(s);
    pond_sv tmp;
    POND_TRY(write_rows(s, p, &tmp, err));
    if (pond_sv_starts(tmp, pond_sv_of(pond_store_tmp_dir(store))) &&
        pond_cache_adopt(store, tmp.p, key, NULL) == POND_OK)
        return POND_OK;
    *path = tmp; // it goes with its directory
    return POND_OK;
}

static pond_code open_cached(pond_session *s, pond_parsed *p, pond_err *err) {
    pond_sv path;
    bool is_there;
    pond_sha256 key = pond_parsed_key(p, p->object);
    POND_TRY(
        pond_cache_find(pond_session_store(s), pond_session_arena(s), &key, &path, &is_there, err));
    if (!is_there)
        POND_TRY(fill_cache(s, p, &key, &path, err));
    return read_kept(s, p, path, err);
}

static pond_code open_kept(pond_session *s, pond_parsed *p, pond_err *err) {
    pond_sv path;
    POND_TRY(write_rows(s, p, &path, err));
    p->made[3] = path.p;
    relation_counts(s)->parsed++;
    return read_kept(s, p, path, err);
}

pond_code pond_parsed_ready(pond_session *s, pond_parsed *p, pond_err *err) {
    if (p->is_ready)
        return POND_OK;
    pond_code rc = p->object != NULL ? open_cached(s, p, err)
                   : p->keeps_rows   ? open_kept(s, p, err)
                                     : open_text(s, p, err);
    if (rc != POND_OK)
        pond_parsed_release(p);
    p->is_ready = rc == POND_OK;
    return rc;
}
