#include "cli/copy.h"

#include "base/file.h"
#include "relation/file.h"
#include "relation/ingest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// One file to bring in: where it lies on the host, where it goes, and what it becomes.
typedef struct incoming {
    const char *host_path;
    pond_sv path; // in the pond
    pond_type type;
    pond_url url;
} incoming;
typedef POND_VEC(incoming) incoming_vec;

// Sources
// -------------------------------------------------------------------------------------------

static pond_type type_of_as(pond_as as) {
    return as == POND_AS_SERIES  ? POND_T_TABLE_SERIES
           : as == POND_AS_TABLE ? POND_T_TABLE
                                 : POND_T_DATA;
}

static pond_type type_of_name(pond_sv name) {
    return pond_sv_ends(name, POND_SV(".series"))  ? POND_T_TABLE_SERIES
           : pond_sv_ends(name, POND_SV(".table")) ? POND_T_TABLE
                                                   : POND_T_DATA;
}

static pond_code source_of(cli *c, pond_sv text, bool is_url, incoming *out, pond_err *err) {
    *out = (incoming){0};
    if (!is_url) {
        char *path;
        POND_TRY(cli_plain_host_path(c, text, &path, err));
        out->host_path = path;
        out->url = pond_url_of_file(text, pond_sv_of(path));
        out->type = POND_T_DATA;
        return POND_OK;
    }
    POND_TRY(pond_url_parse(c->arena, text, &out->url, err));
    out->host_path = cli_host_path(c, out->url.path);
    out->type = type_of_as(out->url.as);
    pond_reader reader;
    return pond_reader_open(c->arena, &out->url, &reader, err);
}

// Destinations
// --------------------------------------------------------------------------------------

// The name that a source gets in a directory: its own; parsed text gets the extension of what it
// became.
static pond_sv own_name(cli *c, const incoming *in) {
    pond_sv name = pond_sv_of(pond_path_name(in->host_path));
    if (!pond_url_is_parsed(&in->url) || in->type == POND_T_DATA)
        return name;
    ptrdiff_t dot = pond_sv_rfind_char(name, '.');
    if (dot > 0)
        name.n = (size_t)dot;
    return pond_svf(c->arena, "%.*s.%s", POND_SV_ARG(name),
                    in->type == POND_T_TABLE ? "table" : "series");
}

static pond_sv join(cli *c, pond_sv dir, pond_sv name) {
    while (dir.n > 0 && dir.p[dir.n - 1] == '/')
        dir.n--;
    return pond_svf(c->arena, "%.*s/%.*s", POND_SV_ARG(dir), POND_SV_ARG(name));
}

// The directories that are being copied, innermost first.
typedef struct open_dir {
    const struct open_dir *outer;
    struct stat st;
} open_dir;

// A symbolic link may lead up again.
static pond_code enter_directory(const char *path, const open_dir *outer, open_dir *out,
                                 pond_err *err) {
    out->outer = outer;
    if (stat(path, &out->st) != 0)
        return pond_fail_errno(err, "cannot open directory '%s'", path);
    for (const open_dir *o = outer; o != NULL; o = o->outer)
        if (o->st.st_dev == out->st.st_dev && o->st.st_ino == out->st.st_ino)
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%s' is a link to a directory that it is in; it has no end", path);
    return POND_OK;
}

static pond_code add_directory(cli *c, const char *host_dir, pond_sv dest, const open_dir *outer,
                               incoming_vec *all, pond_err *err) {
    open_dir this;
    pond_dirent_vec entries = {0};
    POND_TRY(enter_directory(host_dir, outer, &this, err));
    POND_TRY(pond_fs_mkdir(pond_session_fs(c->session), dest, true, err));
    POND_TRY(pond_dir_list(c->arena, host_dir, &entries, err));
    for (size_t i = 0; i < entries.n; i++) {
        char *path = pond_path_join(c->arena, host_dir, entries.items[i].name.p);
        pond_sv to = join(c, dest, entries.items[i].name);
        if (pond_path_is_dir(path))
            POND_TRY(add_directory(c, path, to, &this, all, err));
        else
            *pond_vec_push(c->arena, all) =
                (incoming){.host_path = path,
                           .path = to,
                           .type = type_of_name(entries.items[i].name),
                           .url = pond_url_of_file(pond_sv_of(path), pond_sv_of(path))};
    }
    return POND_OK;
}

// What DEST is, before anything is copied.
typedef struct destination {
    pond_sv path;
    bool is_dir;           // files go into it
    const pond_node *file; // an existing file: a version of it
} destination;

static pond_code find_destination(cli *c, pond_sv text, size_t n_sources, bool source_is_dir,
                                  destination *out, pond_err *err) {
    *out = (destination){.path = text};
    const pond_node *node;
    pond_code rc = pond_fs_resolve(pond_session_fs(c->session), text, true, &node, err);
    if (rc == POND_OK) {
        out->is_dir = pond_type_is_dir(node->type);
        out->file = out->is_dir ? NULL : node;
    } else if (rc != POND_ERR_NOT_FOUND) {
        return rc;
    } else if (pond_sv_ends(text, POND_SV("/")) || source_is_dir) {
        POND_TRY(pond_fs_mkdir(pond_session_fs(c->session), text, false, err));
        out->is_dir = true;
    }
    if (n_sources > 1 && !out->is_dir)
        return pond_fail(
            err, POND_ERR_INVALID,
            "When copying multiple files, destination '%.*s' must be an existing directory",
            POND_SV_ARG(text));
    return POND_OK;
}

static pond_code collect(cli *c, bool is_url, incoming_vec *all, pond_err *err) {
    size_t n = c->n_args - 1;
    incoming first;
    POND_TRY(source_of(c, c->args[0], is_url, &first, err));
    destination dest;
    POND_TRY(find_destination(c, c->args[n], n, n == 1 && pond_path_is_dir(first.host_path), &dest,
                              err));
    for (size_t i = 0; i < n; i++) {
        incoming in;
        POND_TRY(source_of(c, c->args[i], is_url, &in, err));
        if (pond_path_is_dir(in.host_path)) {
            if (dest.file != NULL)
                return pond_fail(err, POND_ERR_CONFLICT, "'%s' is a directory and '%.*s' a file",
                                 in.host_path, POND_SV_ARG(dest.path));
            pond_sv to =
                n == 1 ? dest.path : join(c, dest.path, pond_sv_of(pond_path_name(in.host_path)));
            POND_TRY(add_directory(c, in.host_path, to, NULL, all, err));
            continue;
        }
        // Text that becomes rows must say as what, or the destination's name says it.
        if (pond_url_is_parsed(&in.url) && in.type == POND_T_DATA)
            in.type = dest.file != NULL ? dest.file->type : type_of_name(dest.path);
        if (pond_url_is_parsed(&in.url) && !pond_type_is_queryable(in.type))
            return pond_fail(
                err, POND_ERR_USAGE,
                "'%.*s': say what its rows become: host+%.*s+series:// or host+%.*s+table://",
                POND_SV_ARG(in.url.text), POND_SV_ARG(in.url.format), POND_SV_ARG(in.url.format));
        if (dest.file != NULL) // a node keeps its type for life
            in.type = dest.file->type;
        in.path = dest.is_dir         ? join(c, dest.path, own_name(c, &in))
                  : dest.file != NULL ? dest.file->path
                                      : dest.path;
        *pond_vec_push(c->arena, all) = in;
    }
    return POND_OK;
}

// Content
// -------------------------------------------------------------------------------------------

// A path that is there in the pond and not on the host was meant the other way round.
static pond_code cannot_open(cli *c, const incoming *in, pond_err *err) {
    pond_code rc = pond_fail_errno(err, "cannot open '%s'", in->host_path);
    const pond_node *node;
    if (rc == POND_ERR_NOT_FOUND &&
        pond_fs_resolve(pond_session_fs(c->session), in->url.text, true, &node, NULL) == POND_OK)
        pond_err_detail(err, "  the pond has '%.*s'; what is copied out of it goes to host:///DIR",
                        POND_SV_ARG(node->path));
    return rc;
}

// Whether a file that is to be stored as rows is Parquet.
static pond_code check_parquet(cli *c, const incoming *in, pond_err *err) {
    pond_reader reader;
    const char *flaw, *content;
    POND_TRY(pond_reader_open(c->arena, &in->url, &reader, err));
    POND_TRY(pond_reader_find_flaw(&reader, in->host_path, &flaw, &content, err));
    if (flaw == NULL)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "File '%s' is not a valid parquet file (%s). Use host:///path (without "
                     "+table or +series) for non-parquet files. To query CSV files, use 'pond cat "
                     "host+csv:///path' with the csv:// URL scheme; to store their rows, 'pond "
                     "copy host+csv+series:///path DEST'.",
                     in->host_path, flaw);
}

static pond_code bring_file(cli *c, const incoming *in, const pond_destination *to, pond_err *err) {
    bool is_rows = pond_type_is_queryable(in->type);
    int fd = open(in->host_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_open(c, in, err);
    pond_code rc = is_rows && !pond_type_is_dynamic(in->type) ? check_parquet(c, in, err) : POND_OK;
    if (rc == POND_OK)
        rc = is_rows ? pond_ingest_parquet(c->session, to, fd, err)
                     : pond_ingest_bytes(c->session, to, fd, err);
    close(fd);
    return rc;
}

static pond_code bring(cli *c, const incoming *in, pond_err *err) {
    pond_sv query = ((const copy_options *)c->options)->sql;
    pond_destination to = {in->path, in->type, pond_sv_of(in->host_path)};
    pond_relation *rows;
    if (pond_url_is_parsed(&in->url)) {
        POND_TRY(pond_host_file_relation(c->session, &in->url, in->host_path, &rows, err));
        return pond_ingest_rows(c->session, &to, rows, query, err);
    }
    if (query.n > 0)
        return pond_fail(err, POND_ERR_USAGE,
                         "--sql is for rows: 'host+csv+series:///…', not the bytes of '%s'",
                         in->host_path);
    return bring_file(c, in, &to, err);
}

pond_code copy_in(cli *c, bool is_url, pond_err *err) {
    POND_TRY(cli_open_pond(c, POND_TXN_WRITE, err));
    incoming_vec all = {0};
    POND_TRY(collect(c, is_url, &all, err));
    for (size_t i = 0; i < all.n; i++) // all at once, so that the engine opens once
        if (pond_url_is_parsed(&all.items[i].url))
            pond_session_allow_file(c->session, all.items[i].host_path);
    for (size_t i = 0; i < all.n; i++)
        POND_TRY_CTX(bring(c, &all.items[i], err), err, "copy '%.*s' to '%.*s'",
                     POND_SV_ARG(all.items[i].url.text), POND_SV_ARG(all.items[i].path));
    return POND_OK;
}
