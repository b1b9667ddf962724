// http-ingest: a file on a server becomes a file of the pond, and what is new there comes in with
// each run.
//
// The server is asked whether the file has changed, by its ETag or its time. Of a file that only
// grows, no more than its new lines are asked for (http_growth.h). Nothing is stored of a reply that
// is not whole, and nothing comes in twice: rows that the series may have already need a key.
#include "factory/http_growth.h"

#include "base/file.h"
#include "factory/factory.h"
#include "relation/file.h"
#include "relation/ingest.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct fetching {
    pond_run *run;
    http_config config;
    pond_sv shown; // the URL without secrets
    pond_http *http;
    pond_http_header_vec headers; // of the config
    pond_sv password;
    http_memory memory;
    http_part part; // the body
    pond_http_reply reply;
    bool is_whole; // it begins where the file does
    bool is_anew;  // another file is in the place of the one that came in before
} fetching;

static pond_arena *arena_of(const fetching *f) {
    return pond_session_arena(f->run->session);
}

// Asking ------------------------------------------------------------------------------------------

static pond_code read_credentials(fetching *f, pond_err *err) {
    const http_config *c = &f->config;
    for (size_t i = 0; c->headers != NULL && i < c->headers->n; i++)
        *pond_vec_push(arena_of(f), &f->headers) =
            (pond_http_header){c->headers->items[i].key, c->headers->items[i].text, false};
    for (size_t i = 0; c->header_files != NULL && i < c->header_files->n; i++) {
        const pond_conf *file = &c->header_files->items[i];
        pond_http_header *h = pond_vec_push(arena_of(f), &f->headers);
        *h = (pond_http_header){.name = file->key};
        POND_TRY(factory_read_credential(f->run, file->text, &h->value, err));
        if (pond_http_header_flaw(h->name, h->value) != NULL)
            return pond_fail(err, POND_ERR_INVALID, "'%.*s' holds more than a line",
                             POND_SV_ARG(file->text));
    }
    f->password = c->password;
    if (c->password_file.n > 0)
        POND_TRY(factory_read_credential(f->run, c->password_file, &f->password, err));
    return POND_OK;
}

static void add_header(fetching *f, pond_http_header_vec *to, const char *name, pond_sv value) {
    if (value.n > 0)
        *pond_vec_push(arena_of(f), to) = (pond_http_header){pond_sv_of(name), value, true};
}

// `is_all`: the file as it is now, from its beginning.
static pond_code ask(fetching *f, bool is_all, pond_err *err) {
    const http_memory *m = &f->memory;
    pond_http_header_vec headers = {0};
    for (size_t i = 0; i < f->headers.n; i++)
        *pond_vec_push(arena_of(f), &headers) = f->headers.items[i];
    int64_t from = !is_all && f->config.is_growing ? m->size - m->n_tail : 0;
    if (!is_all) {
        add_header(f, &headers, "If-None-Match", m->etag);
        add_header(f, &headers, "If-Modified-Since", m->etag.n > 0 ? POND_SV("") : m->modified);
    }
    if (!is_all && f->config.is_growing && m->size > 0)
        add_header(f, &headers, "Range", pond_svf(arena_of(f), "bytes=%lld-", (long long)from));
    const pond_http_request request = {
        .url = f->config.url,
        .shown = f->shown,
        .headers = headers.items,
        .n_headers = headers.n,
        .user = f->config.user,
        .password = f->password,
    };
    POND_TRY(pond_http_send(f->http, arena_of(f), &request, (pond_http_body){f->part.fd, NULL},
                            &f->reply, err));
    f->part.size = (int64_t)f->reply.size_bytes;
    f->part.offset = 0;
    return POND_OK;
}

// "bytes 100-199/400": whether the part begins at `from`, and whether it is the rest of the file.
static bool is_part_from(pond_sv range, int64_t from, int64_t size, bool *is_rest) {
    int64_t first, last, all;
    pond_sv unit = POND_SV("bytes ");
    ptrdiff_t dash = pond_sv_find_char(range, '-'), slash = pond_sv_find_char(range, '/');
    if (!pond_sv_starts(range, unit) || dash < 0 || slash < dash ||
        !pond_sv_to_int(pond_sv_sub(range, unit.n, (size_t)dash), &first) ||
        !pond_sv_to_int(pond_sv_sub(range, (size_t)dash + 1, (size_t)slash), &last))
        return false;
    *is_rest =
        pond_sv_to_int(pond_sv_sub(range, (size_t)slash + 1, range.n), &all) && last + 1 == all;
    return first == from && last - first + 1 == size;
}

// A reply that may have been cut is not what its ETag names: the next run must not be told that
// nothing has changed since.
static void remember_validators(fetching *f, bool is_rest) {
    is_rest = is_rest && f->reply.is_delimited;
    f->memory.etag = is_rest ? pond_http_header_of(&f->reply, "ETag") : POND_SV("");
    f->memory.modified = is_rest ? pond_http_header_of(&f->reply, "Last-Modified") : POND_SV("");
}

// A part of the file. *is_rest: it goes on to the end of the file.
static pond_code look_at_part(fetching *f, bool *is_rest, bool *is_continued, pond_err *err) {
    const http_memory *m = &f->memory;
    f->part.offset = m->size - m->n_tail;
    if (!is_part_from(pond_http_header_of(&f->reply, "Content-Range"), f->part.offset, f->part.size,
                      is_rest))
        return pond_fail(err, POND_ERR_IO,
                         "%.*s: the server was asked for the bytes from %lld, and sends others",
                         POND_SV_ARG(f->shown), (long long)f->part.offset);
    if (!*is_rest && f->part.size < m->n_tail)
        return pond_fail(err, POND_ERR_IO,
                         "%.*s: the server was asked for the bytes from %lld, and sends %lld of "
                         "them: too few to see whether the file goes on there",
                         POND_SV_ARG(f->shown), (long long)f->part.offset, (long long)f->part.size);
    return http_is_continued(m, &f->part, is_continued, err);
}

// Gets what is new, or all. *is_same: the server says that nothing has changed.
static pond_code get(fetching *f, bool *is_same, pond_err *err) {
    bool is_rest = true, is_continued = false;
    const http_memory *m = &f->memory;
    POND_TRY(ask(f, !m->is_known, err));
    *is_same = f->reply.status == 304 && m->is_known;
    if (*is_same)
        return POND_OK;
    bool is_part = f->reply.status == 206 && m->size > 0;
    if (is_part)
        POND_TRY(look_at_part(f, &is_rest, &is_continued, err));
    // The part is of another file, or there is none, since the file is shorter than what came in.
    // What it is now is seen in all of it: it may have been half written, or the part a page of an
    // error.
    if ((is_part && !is_continued) || (f->reply.status == 416 && m->size > 0)) {
        is_rest = true;
        POND_TRY(ask(f, true, err));
    }
    if (f->reply.status == 200) {
        if (m->size > 0)
            POND_TRY(http_is_continued(m, &f->part, &is_continued, err));
        f->is_whole = !is_continued;
        f->is_anew = m->size > 0 && !is_continued;
    } else if (!is_continued) {
        return factory_refuse_reply(f->run->session, f->shown, &f->reply, err);
    }
    remember_validators(f, is_rest);
    return POND_OK;
}

// Storing -----------------------------------------------------------------------------------------

static pond_destination destination(const fetching *f) {
    const http_config *c = &f->config;
    return (pond_destination){
        .path = c->pond_path,
        .type = !c->has_rows                 ? c->is_growing ? POND_T_DATA_SERIES : POND_T_DATA
                : c->how.as == POND_AS_TABLE ? POND_T_TABLE
                                             : POND_T_TABLE_SERIES,
        .source = f->shown,
        .is_repeated = c->is_growing, // two parts of a file may be equal
        .key = c->key.items,
        .n_key = c->key.n,
    };
}

static pond_code store(fetching *f, const char *path, pond_ingested *out, pond_err *err) {
    pond_session *s = f->run->session;
    const http_config *c = &f->config;
    pond_destination to = destination(f);
    pond_relation *rows;
    int fd;
    if (c->has_rows && pond_url_is_parsed(&c->how)) {
        POND_TRY(pond_named_file_relation(s, &c->how, path, f->shown, &rows, err));
        return pond_ingest_rows(s, &to, rows, POND_SV(""), out, err);
    }
    POND_TRY(pond_file_open(path, &fd, err));
    pond_code rc = c->has_rows ? pond_reader_check_ends(&c->reader, path, f->shown, err) : POND_OK;
    if (rc == POND_OK)
        rc = c->has_rows ? pond_ingest_parquet(s, &to, fd, out, err)
                         : pond_ingest_bytes(s, &to, fd, out, err);
    close(fd);
    return rc;
}

// Rows that the series may have already, and no key that would tell.
static pond_code check_known(const fetching *f, const pond_ingested *in, pond_err *err) {
    const http_config *c = &f->config;
    bool is_continued = c->is_growing && !f->is_whole;
    if (!c->has_rows || c->key.n > 0 || is_continued || in->status != POND_INGEST_ADDED ||
        in->n_known == 0)
        return POND_OK;
    pond_fail(err, POND_ERR_CONFLICT,
              "%lld of the %lld rows of %.*s are at times that '%.*s' has rows at already",
              (long long)in->n_known, (long long)in->rows.rows, POND_SV_ARG(f->shown),
              POND_SV_ARG(c->pond_path));
    pond_err_detail(err,
                    "  they would come in twice: name the columns that tell rows apart, as "
                    "'key: [timestamp]'%s",
                    c->is_growing ? ""
                                  : ", or set 'growing: true' if lines are only added at the "
                                    "end of the file");
    return POND_ERR_CONFLICT;
}

// Columns -----------------------------------------------------------------------------------------

static bool has_name(pond_value names, pond_sv name) {
    for (size_t i = 0; names.kind == POND_ARRAY && i < names.n; i++)
        if (names.items[i].kind == POND_STRING && pond_sv_eq(pond_value_sv(names.items[i]), name))
            return true;
    return false;
}

// Adds the names of `these` that are not among the others: "new columns: 'a', 'b'".
static size_t list_others(pond_value these, pond_value others, const char *what, pond_err *err) {
    size_t n = 0;
    pond_buf line = POND_BUF_EMPTY;
    for (size_t i = 0; i < these.n; i++) {
        if (these.items[i].kind != POND_STRING || has_name(others, pond_value_sv(these.items[i])))
            continue;
        pond_buf_printf(&line, "%s'%.*s'", n++ == 0 ? "" : ", ",
                        POND_SV_ARG(pond_value_sv(these.items[i])));
    }
    if (n > 0)
        pond_err_detail(err, "  %s: %.*s", what, POND_SV_ARG(pond_buf_view(&line)));
    pond_buf_free(&line);
    return n;
}

// A logger that is set up anew sends other columns, which is found now and not in a year.
static pond_code check_columns(fetching *f, const pond_ingested *in, pond_err *err) {
    pond_arena *a = arena_of(f);
    pond_value before = pond_null();
    size_t n = in->rows.facts.n_columns;
    pond_value *names = POND_NEW_ARRAY(a, pond_value, n);
    if (!f->config.has_rows || in->rows.rows <= 0)
        return POND_OK;
    for (size_t i = 0; i < n; i++)
        names[i] = pond_string(in->rows.facts.columns[i].name);
    pond_value now = pond_array(names, n);
    pond_buf json = POND_BUF_EMPTY;
    pond_json_write(&json, now, 0);
    pond_sv known = f->memory.columns;
    f->memory.columns = pond_buf_keep(a, &json);
    if (known.n == 0 || f->config.may_change ||
        pond_json_parse(a, known, "the state of the node", &before, NULL) != POND_OK)
        return POND_OK;
    pond_fail(err, POND_ERR_CONFLICT, "%.*s has other columns than at the last run",
              POND_SV_ARG(f->shown));
    n = list_others(now, before, "new columns", err);
    n += list_others(before, now, "missing columns", err);
    if (n == 0) {
        pond_err_clear(err);
        return POND_OK;
    }
    pond_err_detail(err, "  if that is right, set 'columns_may_change: true' in the config");
    return POND_ERR_CONFLICT;
}

// The run -----------------------------------------------------------------------------------------

static void tell(fetching *f, const pond_ingested *in) {
    const http_config *c = &f->config;
    if (f->is_anew)
        pond_report_warn(f->run->report,
                         "%.*s does not go on from what came in before: it was made anew, and all "
                         "of it came in",
                         POND_SV_ARG(f->shown));
    if (in->status == POND_INGEST_UNCHANGED || in->status == POND_INGEST_NO_ROWS ||
        in->status == POND_INGEST_ALL_KNOWN)
        pond_report_done(f->run->report, "nothing new at %.*s", POND_SV_ARG(f->shown));
    else if (!c->has_rows)
        pond_report_done(f->run->report, "stored %llu bytes in '%.*s' as version %lld",
                         (unsigned long long)in->size_bytes, POND_SV_ARG(c->pond_path),
                         (long long)in->version);
    else if (c->key.n > 0)
        pond_report_done(f->run->report,
                         "stored %lld new and %lld changed rows in '%.*s', of %lld that came",
                         (long long)in->keyed.n_new, (long long)in->keyed.n_replacing,
                         POND_SV_ARG(c->pond_path), (long long)in->rows.rows);
    else
        pond_report_done(f->run->report, "stored %lld row%s in '%.*s'", (long long)in->rows.rows,
                         in->rows.rows == 1 ? "" : "s", POND_SV_ARG(c->pond_path));
}

static pond_code bring(fetching *f, const char *path, pond_err *err) {
    pond_ingested in = {0};
    pond_sv parent =
        pond_sv_of(pond_path_parent(arena_of(f), pond_cstr(arena_of(f), f->config.pond_path)));
    POND_TRY(pond_fs_mkdir(pond_session_fs(f->run->session), parent, true, err));
    POND_TRY(store(f, path, &in, err));
    POND_TRY(check_columns(f, &in, err));
    POND_TRY(check_known(f, &in, err));
    tell(f, &in);
    return POND_OK;
}

// Another file without a whole line, perhaps a page about an error: the next run looks at all of it.
static void pass_over(fetching *f) {
    if (f->is_anew)
        remember_validators(f, false);
    pond_report_done(f->run->report, "no new whole line at %.*s", POND_SV_ARG(f->shown));
}

static pond_code bring_lines(fetching *f, pond_err *err) {
    pond_session *s = f->run->session;
    int64_t n_new;
    char *lines = pond_store_tmp_name(pond_session_store(s), arena_of(f), ".lines");
    pond_code rc = http_take_lines(arena_of(f), &f->config, &f->part, f->is_whole, &f->memory,
                                   lines, &n_new, err);
    if (rc == POND_OK && n_new > 0)
        rc = bring(f, lines, err);
    else if (rc == POND_OK)
        pass_over(f);
    pond_store_tmp_drop(pond_session_store(s), lines);
    return rc;
}

static pond_code bring_whole(fetching *f, pond_err *err) {
    pond_sha256 sha;
    char hex[65];
    POND_TRY(pond_sha256_file(f->part.path, &sha, NULL, err));
    pond_sha256_hex(&sha, hex);
    if (pond_sv_is(f->memory.body, hex)) { // of a server that knows no ETag
        pond_report_done(f->run->report, "nothing new at %.*s", POND_SV_ARG(f->shown));
        return POND_OK;
    }
    f->memory.body = pond_sv_dup(arena_of(f), pond_sv_of(hex));
    return bring(f, f->part.path, err);
}

static pond_code fetch(fetching *f, pond_err *err) {
    bool is_same;
    POND_TRY(read_credentials(f, err));
    POND_TRY(http_memory_read(f->run, &f->config, &f->memory, err));
    POND_TRY(factory_http_open(&f->config.bounds, f->run->report, "http-ingest", &f->http, err));
    POND_TRY(get(f, &is_same, err));
    if (is_same) {
        pond_report_done(f->run->report, "nothing new at %.*s", POND_SV_ARG(f->shown));
        return POND_OK;
    }
    POND_TRY(f->config.is_growing ? bring_lines(f, err) : bring_whole(f, err));
    return http_memory_write(f->run, &f->config, &f->memory, err);
}

static pond_code pull(pond_run *r, pond_err *err) {
    pond_store *store_ = pond_session_store(r->session);
    pond_arena *a = pond_session_arena(r->session);
    fetching f = {.run = r};
    pond_buf shown = POND_BUF_EMPTY;
    POND_TRY(http_config_read(a, r->config, NULL, &f.config, err));
    pond_secrets_hide(r->report->secrets, f.config.url, &shown);
    f.shown = pond_buf_keep(a, &shown);
    f.part.path = pond_store_tmp_name(store_, a, ".body");
    f.part.fd = open(f.part.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (f.part.fd < 0)
        return pond_fail_errno(err, "cannot make '%s'", f.part.path);
    pond_code rc = fetch(&f, err);
    pond_http_close(f.http);
    close(f.part.fd); // what was written was read again
    pond_store_tmp_drop(store_, f.part.path);
    return rc;
}

static pond_code status(pond_run *r, pond_err *err) {
    http_config c;
    http_memory m;
    POND_TRY(http_config_read(pond_session_arena(r->session), r->config, NULL, &c, err));
    POND_TRY(http_memory_read(r, &c, &m, err));
    pond_report_print(r->report, "%.*s -> %.*s", POND_SV_ARG(c.url), POND_SV_ARG(c.pond_path));
    if (!m.is_known)
        pond_report_print(r->report, "not fetched yet");
    else if (c.is_growing)
        pond_report_print(r->report, "%lld bytes have come in", (long long)m.size);
    else
        pond_report_print(r->report, "fetched, ETag %.*s",
                          POND_SV_ARG(m.etag.n > 0 ? m.etag : POND_SV("(none)")));
    return POND_OK;
}

static const pond_action actions[] = {
    {.name = "pull", .args = "", .summary = "fetch what is new", .run = pull},
    {.name = "status",
     .args = "",
     .summary = "how far the file was fetched; asks no server",
     .only_reads = true,
     .run = status},
};

static pond_code http_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                            pond_err *err) {
    (void)stored;
    http_config c;
    return http_config_read(pond_session_arena(s), source->config, source->written, &c, err);
}

const pond_factory pond_factory_http_ingest = {
    .name = "http-ingest",
    .summary = "A file on a web server, such as a logger's CSV or JSON: what is new there comes in",
    .options = &http_config_options,
    .type = POND_T_DATA_DYNAMIC,
    .check = http_check,
    POND_FACTORY_ACTIONS(actions),
};
