// Copies files of the host into the pond.
#include "cli/copy.h"

#include "base/file.h"
#include "cli/output.h"
#include "format/codec.h"
#include "format/format.h"
#include "format/pages.h"
#include "relation/file.h"
#include "relation/ingest.h"
#include "relation/spool.h"

#include <sys/stat.h>
#include <unistd.h>

// What a directory or a pattern happens to contain may be a FIFO that nobody ever writes to.
static pond_code open_source(const cli_incoming *in, int *fd, pond_err *err) {
    return in->is_named ? pond_file_open_input(in->host_path, fd, err)
                        : pond_file_open(in->host_path, fd, err);
}

// A path that exists in the pond but not on the host suggests that the user wants to copy out.
static void advise_missing(cli *c, const cli_incoming *in, pond_code rc, pond_err *err) {
    const pond_node *node;
    if (rc == POND_ERR_NOT_FOUND &&
        pond_fs_resolve(pond_session_fs(c->session), in->url.text, true, &node, NULL) == POND_OK)
        pond_err_detail(err,
                        "  '%.*s' is in the pond; to copy it out, use the destination host:///DIR",
                        POND_SV_ARG(node->path));
}

void cli_copy_advise_lines(pond_err *err) {
    if (err != NULL && err->code == POND_ERR_INVALID && err->where.line > 0 &&
        err->detail[0] == '\0' && strstr(err->msg, "field") != NULL)
        pond_err_detail(err,
                        "  lines that are no rows: &skip=N at the top, &comment=TEXT by how they "
                        "begin; rows that end early: &short_rows=true");
}

// Nothing has said how a text is laid out, and it is no plain CSV: it may have a title, or another
// delimiter.
static void advise_layout(const cli_incoming *in, pond_code rc, pond_err *err) {
    struct stat st;
    if (rc != POND_ERR_INVALID || err == NULL || err->where.line == 0 || err->detail[0] != '\0' ||
        !pond_sv_is(in->url.format, "csv"))
        return;
    if (in->url.options.n > 0 || stat(in->host_path, &st) != 0 || !S_ISREG(st.st_mode)) {
        cli_copy_advise_lines(err);
        return;
    }
    pond_buf word = POND_BUF_EMPTY;
    cli_shell_word(&word, pond_sv_of(in->host_path));
    pond_err_detail(err, "  is it laid out in another way? pond copy --guess %s", word.p);
    pond_buf_free(&word);
}

// Whoever wrote the path of a file has no URL, which the advice about options is for.
static void advise_url(const cli_incoming *in, pond_code rc, pond_err *err) {
    pond_buf url = POND_BUF_EMPTY, word = POND_BUF_EMPTY;
    const pond_pairs *o = &in->url.options;
    if (rc != POND_ERR_INVALID || err == NULL || in->url.is_url ||
        (strchr(err->detail, '&') == NULL &&
         strstr(err->detail, "URL") == NULL)) // no option is advised
        return;
    pond_buf_printf(&url, "host+%.*s", POND_SV_ARG(in->url.format));
    if (in->url.compression != POND_PLAIN)
        pond_buf_printf(&url, "+%s", pond_codec_name(in->url.compression));
    pond_buf_printf(&url, "+%s://%s", in->type == POND_T_TABLE ? "table" : "series", in->host_path);
    for (size_t i = 0; i < o->n; i++) { // those of the ending
        pond_buf_printf(&url, "%c%.*s=", i == 0 ? '?' : '&', POND_SV_ARG(o->items[i].key));
        pond_buf_url_value(&url, pond_sv_is(o->items[i].value, "\t") ? POND_SV("tab")
                                                                     : o->items[i].value);
    }
    cli_shell_word(&word, pond_buf_view(&url));
    pond_err_detail(err, "  the URL of this file is %s", word.p);
    pond_buf_free(&url);
    pond_buf_free(&word);
}

// Adds the formats that are parsed, "  formats that can be read: csv, weblog, …".
static void list_formats(pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    for (size_t i = 0; i < pond_format_count(); i++) {
        pond_url url = {.format = pond_sv_of(pond_format_at(i)->name)};
        if (pond_url_is_parsed(&url))
            pond_buf_printf(&names, "%s%s", names.n == 0 ? "" : ", ", pond_format_at(i)->name);
    }
    pond_err_detail(err, "  formats that can be read: %s", names.p);
    pond_buf_free(&names);
}

// A file whose name does not say that it is text.
static void advise_text(const cli_incoming *in, const char *what, pond_err *err) {
    pond_buf path = POND_BUF_EMPTY, dest = POND_BUF_EMPTY, url = POND_BUF_EMPTY;
    cli_shell_word(&path, pond_sv_of(in->host_path));
    cli_shell_word(&dest, in->path);
    pond_buf_printf(&url, "host+csv+%s://%s", what, in->host_path);
    if (!pond_path_is_descriptor(in->host_path)) // which can be read only once
        pond_err_detail(err, "  rows of text: pond copy --guess %s proposes a URL", path.p);
    pond_buf_clear(&path);
    cli_shell_word(&path, pond_buf_view(&url));
    pond_err_detail(err, "  rows of plain CSV: pond copy %s %s", path.p, dest.p);
    pond_buf_free(&path);
    pond_buf_free(&dest);
    pond_buf_free(&url);
}

static pond_code refuse_content(const cli_incoming *in, const char *flaw, pond_err *err) {
    const char *what = in->type == POND_T_TABLE ? "table" : "series";
    if (in->url.as != POND_AS_IS) {
        pond_fail(
            err, POND_ERR_INVALID,
            "File '%s' is not a valid parquet file (%s). Use host:///path (without +table or "
            "+series) for non-parquet files. To query CSV files, use 'pond cat host+csv:///path' "
            "with the csv:// URL scheme; to store their rows, 'pond copy host+csv+series:///path "
            "DEST'.",
            in->host_path, flaw);
    } else {
        pond_fail(err, POND_ERR_INVALID,
                  "'%.*s' is a %s, and '%s' is not a valid parquet file (%s)",
                  POND_SV_ARG(in->path), what, in->host_path, flaw);
        if (!pond_sv_ends(pond_sv_of(in->host_path), POND_SV(".parquet")))
            advise_text(in, what, err);
        pond_err_detail(err, "  bytes as they are: choose a name that does not end in .%s", what);
    }
    list_formats(err);
    return POND_ERR_INVALID;
}

// A file that is stored as rows must be Parquet. `path` is that of the file, or of its copy.
static pond_code check_parquet(cli *c, const cli_incoming *in, const char *path, pond_err *err) {
    pond_reader reader;
    const char *flaw, *content;
    POND_TRY(pond_reader_open(c->arena, &in->url, &reader, err));
    POND_TRY(pond_reader_find_flaw(&reader, path, &flaw, &content, err));
    return flaw == NULL ? POND_OK : refuse_content(in, flaw, err);
}

static pond_code bring_bytes(cli *c, const cli_incoming *in, const pond_destination *to,
                             pond_ingested *out, pond_err *err) {
    int fd;
    POND_TRY(open_source(in, &fd, err));
    pond_code rc = pond_ingest_bytes(c->session, to, fd, out, err);
    close(fd);
    return rc;
}

// The result of a query over the rows of the Parquet file at `path`.
static pond_code bring_queried(cli *c, const cli_incoming *in, const pond_destination *to,
                               const char *path, pond_sv query, pond_ingested *out, pond_err *err) {
    pond_relation *rows;
    POND_TRY(pond_parquet_check(path, to->source, pond_session_meter(c->session), err));
    POND_TRY(pond_named_file_relation(c->session, &in->url, path, to->source, &rows, err));
    return pond_ingest_rows(c->session, to, rows, query, out, err);
}

static pond_code bring_parquet(cli *c, const cli_incoming *in, const pond_destination *to,
                               pond_sv query, pond_ingested *out, pond_err *err) {
    pond_spooled file = {.path = in->host_path};
    int fd = -1;
    if (in->is_named)
        POND_TRY(pond_spool(c->session, in->host_path, &file, err));
    pond_code rc = pond_file_open(file.path, &fd, err);
    if (rc == POND_OK && !pond_type_is_dynamic(in->type))
        rc = check_parquet(c, in, file.path, err);
    if (rc == POND_OK)
        rc = query.n > 0 ? bring_queried(c, in, to, file.path, query, out, err)
                         : pond_ingest_parquet(c->session, to, fd, out, err);
    if (fd >= 0)
        close(fd);
    pond_spool_drop(&file);
    return rc;
}

static pond_code bring_rows(cli *c, const cli_incoming *in, const pond_destination *to,
                            pond_sv query, pond_ingested *out, pond_err *err) {
    pond_relation *rows;
    int fd;
    if (!in->is_named) { // only a file that was named is read if it is a pipe
        POND_TRY(pond_file_open(in->host_path, &fd, err));
        close(fd);
    }
    if (query.n > 0)
        POND_TRY(pond_host_file_relation(c->session, &in->url, in->host_path, &rows, err));
    else
        POND_TRY(pond_host_file_start(c->session, &in->url, in->host_path,
                                      in->type == POND_T_TABLE_SERIES, &rows, err));
    return pond_ingest_rows(c->session, to, rows, query, out, err);
}

// Removes the next column from what --key says: up to a comma, or in double quotes, where a quote is
// doubled. False: there is none, or the quotes are wrong, and *name is empty.
static bool cut_key(pond_arena *a, pond_sv *rest, pond_sv *name) {
    pond_sv text = rest->p == NULL ? *rest : pond_sv_trim(*rest);
    if (!pond_sv_cut_char(&text, '"')) {
        bool is_there = pond_sv_split(rest, ',', name);
        *name = is_there ? pond_sv_trim(*name) : (pond_sv){"", 0};
        return is_there;
    }
    pond_buf out = POND_BUF_EMPTY;
    for (ptrdiff_t quote; (quote = pond_sv_find_char(text, '"')) >= 0;) {
        pond_buf_sv(&out, pond_sv_sub(text, 0, (size_t)quote));
        text = pond_sv_sub(text, (size_t)quote + 1, text.n);
        if (pond_sv_cut_char(&text, '"')) {
            pond_buf_char(&out, '"');
            continue;
        }
        *name = pond_buf_keep(a, &out);
        *rest = pond_sv_trim(text);
        if (rest->n == 0) {
            *rest = (pond_sv){NULL, 0};
            return true;
        }
        if (pond_sv_cut_char(rest, ','))
            return true;
        break;
    }
    pond_buf_free(&out);
    *name = (pond_sv){"", 0};
    return true;
}

// The columns of all --key options.
static pond_code find_key(cli *c, const cli_incoming *in, pond_destination *to, pond_err *err) {
    const cli_copy_options *o = c->options;
    typedef POND_VEC(pond_sv) names_vec;
    names_vec names = {0};
    for (size_t i = 0; i < o->keys.n; i++) {
        pond_sv rest = o->keys.items[i], name;
        while (cut_key(c->arena, &rest, &name)) {
            bool is_known = false;
            for (size_t k = 0; k < names.n; k++)
                is_known |= pond_sv_eq(names.items[k], name);
            if (name.n == 0)
                return pond_fail(err, POND_ERR_USAGE,
                                 "--key '%.*s' has an empty column name, or quotes that are not "
                                 "closed",
                                 POND_SV_ARG(o->keys.items[i]));
            if (!is_known)
                *pond_vec_push(c->arena, &names) = name;
        }
    }
    if (names.n > 0 && in->type != POND_T_TABLE_SERIES)
        return pond_fail(err, POND_ERR_USAGE, "--key is for a series, which '%.*s' is not",
                         POND_SV_ARG(in->path));
    to->key = names.items;
    to->n_key = names.n;
    return POND_OK;
}

static pond_code bring(cli *c, const cli_incoming *in, pond_ingested *out, pond_err *err) {
    const cli_copy_options *o = c->options;
    pond_destination to = {.path = in->path,
                           .type = in->type,
                           .source = pond_sv_of(in->host_path),
                           .is_dry_run = o->is_dry_run,
                           .is_repeated = o->is_repeated,
                           .is_flat = in->url.is_flat};
    POND_TRY(find_key(c, in, &to, err));
    pond_session_next_query(c->session);
    if (pond_url_is_parsed(&in->url)) {
        pond_code rc = bring_rows(c, in, &to, o->sql, out, err);
        advise_url(in, rc, err);
        advise_layout(in, rc, err);
        return rc;
    }
    bool has_rows = pond_type_is_queryable(in->type);
    if (o->sql.n > 0 && !has_rows)
        return pond_fail(err, POND_ERR_USAGE,
                         "--sql needs rows, as of 'host+csv+series:///…'; '%s' is copied as bytes",
                         in->host_path);
    pond_code rc =
        has_rows ? bring_parquet(c, in, &to, o->sql, out, err) : bring_bytes(c, in, &to, out, err);
    advise_missing(c, in, rc, err);
    return rc;
}

pond_code cli_copy_in(cli *c, bool is_url, pond_err *err) {
    const cli_copy_options *o = c->options;
    POND_TRY(cli_open_pond(c, POND_TXN_WRITE, err));
    cli_incoming_vec all = {0};
    POND_TRY(cli_copy_find(c, is_url, &all, err));
    cli_copy_meter *meter = cli_copy_watch(c, all.n, !c->is_quiet);
    for (size_t i = 0; i < all.n; i++) {
        pond_ingested what;
        cli_trace(c, "reading %s", all.items[i].host_path);
        meter->file = i;
        if (!pond_url_is_parsed(&all.items[i].url) && !pond_type_is_queryable(all.items[i].type))
            cli_copy_watch_bytes(meter, all.items[i].host_path);
        pond_code rc = bring(c, &all.items[i], &what, err);
        cli_copy_watch_end(meter);
        POND_TRY_CTX(rc, err, "copy '%.*s' to '%.*s'", POND_SV_ARG(all.items[i].url.text),
                     POND_SV_ARG(all.items[i].path));
        if (!c->is_quiet)
            cli_copy_report(c, &all.items[i], &what);
    }
    c->is_undone = o->is_dry_run;
    return POND_OK;
}
