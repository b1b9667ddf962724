// Finds what `pond copy` brings into the pond: the host files that its sources name, and the path
// and the type that each file gets.
#include "cli/copy.h"

#include "base/file.h"
#include "cli/host.h"
#include "format/format.h"

#include <sys/stat.h>

// Sources -----------------------------------------------------------------------------------------

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

static pond_code source_of(cli *c, pond_sv text, bool is_url, cli_incoming *out, pond_err *err) {
    *out = (cli_incoming){0};
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

// Destinations ------------------------------------------------------------------------------------

// The name of a source in a directory: its own. Parsed text gets the extension of what it becomes.
static pond_sv own_name(cli *c, const cli_incoming *in) {
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

// A directory that is being copied, and those around it.
typedef struct source_dir {
    const char *host_path;
    pond_sv path; // in the pond
    const struct source_dir *outer;
    struct stat st;
} source_dir;

// A symbolic link may lead to a directory that contains it; copying that would never end.
static pond_code check_directory(source_dir *dir, pond_err *err) {
    if (stat(dir->host_path, &dir->st) != 0)
        return pond_fail_errno(err, "cannot open directory '%s'", dir->host_path);
    for (const source_dir *o = dir->outer; o != NULL; o = o->outer)
        if (o->st.st_dev == dir->st.st_dev && o->st.st_ino == dir->st.st_ino)
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%s' is a link to a directory that contains it", dir->host_path);
    return POND_OK;
}

// Makes the directory in the pond, and adds the files in it and below it.
static pond_code add_directory(cli *c, source_dir *dir, cli_incoming_vec *all, pond_err *err) {
    pond_dirent_vec entries = {0};
    POND_TRY(check_directory(dir, err));
    POND_TRY(pond_fs_mkdir(pond_session_fs(c->session), dir->path, true, err));
    POND_TRY(pond_dir_list(c->arena, dir->host_path, &entries, err));
    for (size_t i = 0; i < entries.n; i++) {
        pond_sv name = entries.items[i].name, to = join(c, dir->path, name);
        char *from = pond_path_join(c->arena, dir->host_path, name.p);
        if (pond_path_is_dir(from)) {
            source_dir inner = {.host_path = from, .path = to, .outer = dir};
            POND_TRY(add_directory(c, &inner, all, err));
            continue;
        }
        *pond_vec_push(c->arena, all) =
            (cli_incoming){.host_path = from,
                           .path = to,
                           .type = type_of_name(name),
                           .url = pond_url_of_file(pond_sv_of(from), pond_sv_of(from))};
    }
    return POND_OK;
}

// DEST, as it is before anything is copied.
typedef struct destination {
    pond_sv path;
    bool is_dir;
    const pond_node *file; // an existing file, which gets a further version; else NULL
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

// Adds a source that is not a directory.
static pond_code add_file(cli *c, const destination *dest, cli_incoming in, cli_incoming_vec *all,
                          pond_err *err) {
    // The URL says what parsed rows become; if it does not, the destination or its name does.
    if (pond_url_is_parsed(&in.url) && in.type == POND_T_DATA)
        in.type = dest->file != NULL ? dest->file->type : type_of_name(dest->path);
    if (pond_url_is_parsed(&in.url) && !pond_type_is_queryable(in.type))
        return pond_fail(err, POND_ERR_USAGE,
                         "'%.*s' does not say what its rows become; use host+%.*s+series:// or "
                         "host+%.*s+table://",
                         POND_SV_ARG(in.url.text), POND_SV_ARG(in.url.format),
                         POND_SV_ARG(in.url.format));
    if (dest->file != NULL) // a node never changes its type
        in.type = dest->file->type;
    in.path = dest->is_dir         ? join(c, dest->path, own_name(c, &in))
              : dest->file != NULL ? dest->file->path
                                   : dest->path;
    *pond_vec_push(c->arena, all) = in;
    return POND_OK;
}

pond_code cli_copy_find(cli *c, bool is_url, cli_incoming_vec *all, pond_err *err) {
    size_t n = c->n_args - 1;
    cli_incoming *sources = POND_NEW_ARRAY(c->arena, cli_incoming, n);
    for (size_t i = 0; i < n; i++)
        POND_TRY(source_of(c, c->args[i], is_url, &sources[i], err));
    destination dest;
    POND_TRY(find_destination(c, c->args[n], n, n == 1 && pond_path_is_dir(sources[0].host_path),
                              &dest, err));
    for (size_t i = 0; i < n; i++) {
        const char *path = sources[i].host_path;
        if (!pond_path_is_dir(path)) {
            POND_TRY(add_file(c, &dest, sources[i], all, err));
            continue;
        }
        if (dest.file != NULL)
            return pond_fail(err, POND_ERR_CONFLICT, "'%s' is a directory, but '%.*s' is a file",
                             path, POND_SV_ARG(dest.path));
        source_dir dir = {.host_path = path, .path = dest.path};
        if (n > 1)
            dir.path = join(c, dest.path, pond_sv_of(pond_path_name(path)));
        POND_TRY(add_directory(c, &dir, all, err));
    }
    return POND_OK;
}
