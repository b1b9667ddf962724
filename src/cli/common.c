#include "cli/cli.h"

#include "base/file.h"
#include "base/time.h"
#include "relation/match.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

pond_code cli_open_pond(cli *c, pond_txn_mode mode, pond_err *err) {
    if (c->is_open)
        return POND_OK;
    if (c->pond_dir == NULL) {
        pond_fail(err, POND_ERR_USAGE, "POND environment variable not set");
        pond_err_detail(err,
                        "  say which pond: `export POND=/path/to/pond`, or --pond /path/to/pond");
        return POND_ERR_USAGE;
    }
    c->is_open = true; // also when opening fails half-way: closing is safe
    return pond_session_open_pond(c->session, c->pond_dir, mode, c->command_line, err);
}

// Host paths
// ----------------------------------------------------------------------------------------

char *cli_host_path(cli *c, pond_sv url_path) {
    return pond_printf(c->arena, "%s%.*s", c->host_dir, POND_SV_ARG(url_path));
}

pond_code cli_plain_host_path(cli *c, pond_sv typed, char **out, pond_err *err) {
    return pond_path_absolute(c->arena, pond_cstr(c->arena, typed), out, err);
}

// Walks below `path` ("" is the root), collecting what matches. Hidden and unreadable directories
// of a host are many: one that cannot be listed is passed over unless the pattern names it.
static pond_code walk_host(cli *c, const pond_glob *glob, pond_sv path, bool with_dirs,
                           bool is_named, pond_texts *out, pond_err *err) {
    pond_dirent_vec entries = {0};
    pond_code rc = pond_dir_list(c->arena, cli_host_path(c, path.n == 0 ? POND_SV("/") : path),
                                 &entries, is_named ? err : NULL);
    if (rc != POND_OK)
        return is_named ? rc : POND_OK;
    for (size_t i = 0; i < entries.n; i++) {
        const pond_dirent *e = &entries.items[i];
        pond_sv child = pond_svf(c->arena, "%.*s/%.*s", POND_SV_ARG(path), POND_SV_ARG(e->name));
        pond_sv_vec captures = {0};
        bool is_dir = e->is_dir || (e->is_symlink && pond_path_is_dir(cli_host_path(c, child)));
        if ((with_dirs || !is_dir) && pond_glob_match(c->arena, glob, child, &captures))
            *pond_vec_push(c->arena, out) = child;
        size_t depth = 0;
        for (size_t k = 0; k < child.n; k++)
            depth += child.p[k] == '/';
        if (is_dir && !e->is_symlink && (glob->has_deep || depth < glob->n_parts))
            POND_TRY(walk_host(c, glob, child, with_dirs, false, out, err));
    }
    return POND_OK;
}

static int compare_texts(const void *a, const void *b) {
    return pond_sv_cmp(*(const pond_sv *)a, *(const pond_sv *)b);
}

pond_code cli_host_glob(cli *c, pond_sv pattern, bool with_dirs, pond_texts *paths, pond_err *err) {
    pond_glob glob;
    POND_TRY(pond_glob_parse(c->arena, pattern, &glob, err));
    if (glob.n_wildcards == 0) {
        *pond_vec_push(c->arena, paths) = pattern;
        return POND_OK;
    }
    pond_sv prefix = pond_glob_prefix(c->arena, &glob);
    if (pond_sv_is(prefix, "/"))
        prefix.n = 0;
    POND_TRY(walk_host(c, &glob, prefix, with_dirs, true, paths, err));
    if (paths->n > 1)
        qsort(paths->items, paths->n, sizeof *paths->items, compare_texts);
    return POND_OK;
}

// Small things
// --------------------------------------------------------------------------------------

pond_code cli_vars(cli *c, pond_value *out, pond_err *err) {
    pond_entry *e = POND_NEW_ARRAY(c->arena, pond_entry, c->vars.n);
    for (size_t i = 0; i < c->vars.n; i++) {
        pond_sv v = c->vars.items[i];
        ptrdiff_t equals = pond_sv_find_char(v, '=');
        if (equals < 0)
            return pond_fail(err, POND_ERR_USAGE, "invalid KEY=value: no `=` found in `%.*s`",
                             POND_SV_ARG(v));
        e[i] = (pond_entry){pond_sv_sub(v, 0, (size_t)equals),
                            pond_string(pond_sv_sub(v, (size_t)equals + 1, v.n))};
    }
    *out = pond_object_sorted(e, c->vars.n);
    return POND_OK;
}

static const struct {
    const char *icon, *word;
} types[POND_N_TYPES] = {
    [POND_T_DIRECTORY] = {"[DIR]", "DirectoryPhysical"},
    [POND_T_DYNAMIC_DIRECTORY] = {"[DIR]", "DirectoryDynamic"},
    [POND_T_SYMLINK] = {"[LINK]", "Symlink"},
    [POND_T_DATA] = {"[FILE]", "FilePhysicalVersion"},
    [POND_T_DATA_SERIES] = {"[FILE]", "FilePhysicalSeries"},
    [POND_T_DATA_DYNAMIC] = {"[FILE]", "FileDynamic"},
    [POND_T_TABLE] = {"[TBL]", "TablePhysicalVersion"},
    [POND_T_TABLE_SERIES] = {"[SER]", "TablePhysicalSeries"},
    [POND_T_TABLE_DYNAMIC] = {"[SER]", "TableDynamic"},
};

const char *cli_type_icon(pond_type t) {
    return types[t].icon;
}

const char *cli_type_word(pond_type t) {
    return types[t].word;
}

void cli_size(uint64_t bytes, char out[16]) {
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    double v = (double)bytes;
    int unit = 0;
    for (; v >= 1024 && unit < 6; unit++)
        v /= 1024;
    if (unit == 0)
        snprintf(out, 16, "%" PRIu64 "B", bytes);
    else
        snprintf(out, 16, "%.1f%s", v, units[unit]);
}

void cli_time(int64_t t_us, char out[32]) {
    pond_civil t = pond_civil_from_us(t_us);
    snprintf(out, 32, "%04" PRId64 "-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.hour,
             t.minute, t.second);
}

pond_code cli_flush(pond_err *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return POND_OK;
    // An earlier write may have failed, whose errno is gone: a pipe without a reader says so
    // itself.
    struct pollfd out = {.fd = STDOUT_FILENO};
    if (errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR)))
        return POND_OK;
    if (errno == 0)
        return pond_fail(err, POND_ERR_IO, "cannot write to standard output");
    return pond_fail_errno(err, "cannot write to standard output");
}

pond_code cli_print_file(const char *path, pond_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pond_fail_errno(err, "cannot open '%s'", path);
    char chunk[1 << 16];
    pond_code rc = POND_OK;
    for (ssize_t n = 1; n > 0 && rc == POND_OK;) {
        n = read(fd, chunk, sizeof chunk);
        if (n < 0)
            rc = pond_fail_errno(err, "cannot read '%s'", path);
        else if (n > 0 && fwrite(chunk, 1, (size_t)n, stdout) != (size_t)n)
            break; // cli_flush tells
    }
    close(fd);
    return rc != POND_OK ? rc : cli_flush(err);
}
