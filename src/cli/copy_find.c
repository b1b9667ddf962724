// Finds what `pond copy` brings into the pond: the host files that its sources name, and the path
// and the type that each file gets.
#include "cli/copy.h"

#include "base/file.h"
#include "base/map.h"
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

typedef struct source_vec {
    cli_incoming *items;
    size_t n, cap;
    bool has_pattern; // how many there are depends on what the host has
} source_vec;

static void add_plain_source(cli *c, pond_sv text, char *path, source_vec *out) {
    *pond_vec_push(c->arena, out) = (cli_incoming){
        .host_path = path,
        .url = pond_url_of_file(text, pond_sv_of(path)),
        .type = POND_T_DATA,
        .is_named = true,
    };
}

// The URL of one match of a pattern: the pattern with another path.
static pond_sv text_of_match(cli *c, pond_sv text, pond_sv path) {
    ptrdiff_t slashes = pond_sv_find(text, POND_SV("://")), options = pond_sv_find_char(text, '?');
    return pond_svf(c->arena, "%.*s://%.*s%.*s", (int)slashes, text.p, POND_SV_ARG(path),
                    POND_SV_ARG(pond_sv_sub(text, options < 0 ? text.n : (size_t)options, text.n)));
}

static pond_code add_url_sources(cli *c, pond_sv text, source_vec *out, pond_err *err) {
    pond_url url;
    pond_reader reader;
    cli_source_vec found = {0};
    POND_TRY(cli_url_parse(c, text, &url, err));
    POND_TRY(pond_reader_open(c->arena, &url, &reader, err)); // checks format and options
    POND_TRY(cli_copy_sources(c, &url, &found, err));
    for (size_t i = 0; i < found.n; i++) {
        const cli_source *s = &found.items[i];
        cli_incoming *in = pond_vec_push(c->arena, out);
        *in = (cli_incoming){.host_path = s->host_path,
                             .url = s->url,
                             .type = type_of_as(s->url.as),
                             .is_named = s->is_named};
        if (in->is_named)
            continue;
        in->url.path = s->path;
        in->url.text = text_of_match(c, text, s->path);
        out->has_pattern = true;
    }
    return POND_OK;
}

static pond_code add_sources(cli *c, pond_sv text, bool is_url, source_vec *out, pond_err *err) {
    char *path = "/dev/stdin";
    if (text.n == 0) // or it would be the working directory
        return pond_fail(err, POND_ERR_USAGE, "a source is empty: it is a file or a URL");
    if (is_url)
        return add_url_sources(c, text, out, err);
    if (!pond_sv_is(text, "-"))
        POND_TRY(cli_plain_host_path(c, text, &path, err));
    add_plain_source(c, text, path, out);
    return POND_OK;
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
    pond_map taken;        // in a directory: a cli_incoming for each path that a source gets
} destination;

// The directory that `path` is in.
static pond_sv above(pond_sv path) {
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return pond_path_up(&path) ? path : POND_SV("/");
}

// Without this, a missing directory would show only after the rows of the first file were read.
static pond_code check_parent(cli *c, pond_sv path, pond_err *err) {
    const pond_node *dir;
    pond_sv name;
    pond_err why;
    pond_err_clear(&why);
    pond_code rc = pond_fs_parent_of(pond_session_fs(c->session), path, &dir, &name, &why);
    if (rc != POND_ERR_NOT_FOUND) {
        if (rc != POND_OK && err != NULL)
            *err = why;
        return rc;
    }
    pond_fail(err, rc, "%s; make it with 'pond mkdir -p %.*s', or add -p to the copy", why.msg,
              POND_SV_ARG(above(path)));
    pond_err_detail(err, "%s", why.detail);
    return rc;
}

static pond_code make_room(cli *c, pond_sv path, pond_err *err) {
    if (((const cli_copy_options *)c->options)->parents)
        return pond_fs_mkdir(pond_session_fs(c->session), above(path), true, err);
    return check_parent(c, path, err);
}

static pond_code find_destination(cli *c, pond_sv text, const source_vec *sources, destination *out,
                                  pond_err *err) {
    *out = (destination){.path = text};
    pond_map_init(&out->taken, c->arena);
    bool source_is_dir = sources->n == 1 && pond_path_is_dir(sources->items[0].host_path);
    const pond_node *node;
    pond_code rc = pond_fs_resolve(pond_session_fs(c->session), text, true, &node, err);
    if (rc == POND_OK) {
        out->is_dir = pond_type_is_dir(node->type);
        out->file = out->is_dir ? NULL : node;
        return POND_OK;
    }
    if (rc != POND_ERR_NOT_FOUND)
        return rc;
    pond_err_clear(err);
    POND_TRY(make_room(c, text, err));
    if (pond_sv_ends(text, POND_SV("/")) || source_is_dir) {
        POND_TRY(pond_fs_mkdir(pond_session_fs(c->session), text, false, err));
        out->is_dir = true;
    }
    return POND_OK;
}

static pond_type wanted_type(const destination *dest, pond_sv path) {
    return dest->file != NULL ? dest->file->type : type_of_name(path);
}

// Several files can go into a directory, or become the versions of a series.
static pond_code check_several(const destination *dest, const source_vec *sources, pond_err *err) {
    if (dest->is_dir || (sources->n == 1 && !sources->has_pattern))
        return POND_OK;
    pond_type type = wanted_type(dest, dest->path);
    if (type == POND_T_TABLE_SERIES || (type == POND_T_TABLE && sources->n == 1))
        return POND_OK;
    if (type == POND_T_TABLE)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' is a table, which holds one file, and %zu are given; use a "
                         "series, or a directory",
                         POND_SV_ARG(dest->path), sources->n);
    return pond_fail(
        err, POND_ERR_INVALID,
        "When copying multiple files, destination '%.*s' must be an existing directory",
        POND_SV_ARG(dest->path));
}

// A source of bytes that goes where rows belong is read as its name says.
static pond_code read_as_rows(cli *c, cli_incoming *in, pond_type type, pond_err *err) {
    pond_reader reader;
    in->type = type;
    if (pond_type_is_dynamic(type) ||
        !pond_format_by_ending(pond_sv_of(pond_path_name(in->host_path)), &in->url))
        return POND_OK;
    return pond_reader_open(c->arena, &in->url, &reader, err); // whether it can be unpacked
}

// The type that the file gets: the URL says it; if it does not, the destination or its name does.
static pond_code set_type(cli *c, const destination *dest, cli_incoming *in, pond_err *err) {
    const pond_node *node = dest->file;
    pond_type wanted = wanted_type(dest, in->path);
    if (dest->is_dir && pond_type_is_queryable(wanted) &&
        pond_fs_resolve(pond_session_fs(c->session), in->path, true, &node, NULL) == POND_OK)
        wanted = node->type;
    bool is_parsed = pond_url_is_parsed(&in->url);
    if (is_parsed && in->type == POND_T_DATA)
        in->type = dest->is_dir ? POND_T_DATA : wanted;
    if (is_parsed && !pond_type_is_queryable(in->type))
        return pond_fail(err, POND_ERR_USAGE,
                         "'%.*s' does not say what its rows become; use host+%.*s+series:// or "
                         "host+%.*s+table://",
                         POND_SV_ARG(in->url.text), POND_SV_ARG(in->url.format),
                         POND_SV_ARG(in->url.format));
    if (!is_parsed && in->type == POND_T_DATA && pond_type_is_queryable(wanted))
        return read_as_rows(c, in, wanted, err);
    if (dest->file != NULL) // a node never changes its type
        in->type = wanted;
    return POND_OK;
}

// Two files of one name would replace each other.
static pond_code take_path(destination *dest, cli_incoming *in, pond_err *err) {
    void **taken = pond_map_at(&dest->taken, in->path, NULL);
    const cli_incoming *other = *taken;
    if (other != NULL)
        return pond_fail(err, POND_ERR_CONFLICT, "'%s' and '%s' would both become '%.*s'",
                         other->host_path, in->host_path, POND_SV_ARG(in->path));
    *taken = in;
    return POND_OK;
}

// Adds a source that is not a directory.
static pond_code add_file(cli *c, destination *dest, cli_incoming *in, cli_incoming_vec *all,
                          pond_err *err) {
    if (dest->is_dir && pond_path_is_descriptor(in->host_path))
        return pond_fail(err, POND_ERR_USAGE,
                         "'%.*s' has no name that it could have in the directory '%.*s'; write "
                         "the path of the file",
                         POND_SV_ARG(in->url.text), POND_SV_ARG(dest->path));
    in->path = dest->is_dir         ? join(c, dest->path, own_name(c, in))
               : dest->file != NULL ? dest->file->path
                                    : dest->path;
    POND_TRY(set_type(c, dest, in, err));
    if (dest->is_dir)
        POND_TRY(take_path(dest, in, err));
    *pond_vec_push(c->arena, all) = *in;
    return POND_OK;
}

pond_code cli_copy_find(cli *c, bool is_url, cli_incoming_vec *all, pond_err *err) {
    source_vec sources = {0};
    destination dest;
    for (size_t i = 0; i + 1 < c->n_args; i++)
        POND_TRY(add_sources(c, c->args[i], is_url, &sources, err));
    POND_TRY(find_destination(c, c->args[c->n_args - 1], &sources, &dest, err));
    POND_TRY(check_several(&dest, &sources, err));
    for (size_t i = 0; i < sources.n; i++) {
        const char *path = sources.items[i].host_path;
        if (!pond_path_is_dir(path)) {
            POND_TRY(add_file(c, &dest, &sources.items[i], all, err));
            continue;
        }
        if (!dest.is_dir)
            return pond_fail(err, POND_ERR_CONFLICT, "'%s' is a directory, but '%.*s' is a file",
                             path, POND_SV_ARG(dest.path));
        source_dir dir = {.host_path = path, .path = dest.path};
        if (sources.n > 1)
            dir.path = join(c, dest.path, pond_sv_of(pond_path_name(path)));
        POND_TRY(add_directory(c, &dir, all, err));
    }
    return POND_OK;
}
