// list: lists the nodes of the pond, or files of the host, that a pattern matches.
#include "cli/cli.h"

#include "cli/host.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/show.h"
#include "format/url.h"
#include "fs/fs.h"

#include <sys/stat.h>

typedef struct list_options {
    bool all, is_long;
} list_options;

static const pond_option rows[] = {
    POND_OPTION("all", POND_OPT_BOOL, list_options, all, .letter = 'a',
                .help = "include names that begin with a dot"),
    POND_OPTION("long", POND_OPT_BOOL, list_options, is_long, .letter = 'l',
                .help = "show the type of each node"),
};

// What one line shows of a node or a host file.
typedef struct line {
    pond_type type;
    uint64_t size_bytes;
    int64_t version, modified_us;
    char id[13];
    pond_sv path, link;
} line;

static void print_line(const cli *c, const line *l, const char *pond_tail) {
    const list_options *o = c->options;
    char size[16], when[32];
    if (pond_type_is_dir(l->type))
        snprintf(size, sizeof size, "-");
    else
        cli_size(l->size_bytes, size);
    cli_time(l->modified_us, when);
    cli_printf(c, "%s", cli_type_icon(l->type));
    if (o->is_long)
        cli_printf(c, " %-17s", pond_type_name(l->type));
    cli_printf(c, " %8s [%s]@[%s] v%lld %s %.*s", size, l->id, pond_tail, (long long)l->version,
               when, POND_SV_ARG(l->path));
    if (l->link.n > 0)
        cli_printf(c, " -> %.*s", POND_SV_ARG(l->link));
    cli_printf(c, "\n");
}

static bool is_hidden(const cli *c, pond_sv path) {
    ptrdiff_t slash = pond_sv_rfind_char(path, '/');
    return !((const list_options *)c->options)->all && (size_t)(slash + 1) < path.n &&
           path.p[slash + 1] == '.';
}

// "x/" means everything in x, so "/" means everything in the root.
static pond_sv prepare_pattern(cli *c, pond_sv pattern) {
    pattern = pond_sv_trim(pattern);
    return pond_sv_ends(pattern, POND_SV("/")) ? pond_svf(c->arena, "%.*s*", POND_SV_ARG(pattern))
                                               : pattern;
}

static pond_code list_host(cli *c, pond_sv pattern, pond_err *err) {
    pond_texts paths = {0};
    POND_TRY(cli_host_glob(c, prepare_pattern(c, pattern), true, &paths, err));
    for (size_t i = 0; i < paths.n; i++) {
        struct stat st;
        line l = {.path = paths.items[i], .id = "000000000000", .version = 1};
        if (is_hidden(c, l.path) || stat(cli_host_path(c, l.path), &st) != 0)
            continue;
        l.type = S_ISDIR(st.st_mode) ? POND_T_DIRECTORY : POND_T_DATA;
        l.size_bytes = (uint64_t)st.st_size;
        l.modified_us = pond_timespec_ns(st.st_mtim) / 1000;
        print_line(c, &l, "000000000000");
    }
    return POND_OK;
}

static pond_code list_pond(cli *c, pond_sv pattern, pond_err *err) {
    pond_match_vec found = {0};
    POND_TRY(cli_find_nodes(c, prepare_pattern(c, pattern), &found, err));
    char pond_tail[13];
    pond_id_tail(&pond_store_info(pond_session_store(c->session))->id, pond_tail);
    for (size_t i = 0; i < found.n; i++) {
        const pond_node *n = found.items[i].node;
        if (is_hidden(c, n->path) || n->parent == NULL)
            continue;
        line l = {n->type,    n->size_bytes < 0 ? 0 : (uint64_t)n->size_bytes,
                  n->version, n->modified_us,
                  "",         n->path,
                  n->link};
        pond_id_tail(&n->id, l.id);
        print_line(c, &l, pond_tail);
    }
    return POND_OK;
}

static pond_code run_list(cli *c, pond_err *err) {
    pond_sv pattern = c->n_args == 0 ? POND_SV("**/*") : c->args[0];
    pond_url url = {.path = pattern};
    if (pond_sv_find(pattern, POND_SV("://")) >= 0 || pond_sv_starts(pattern, POND_SV("host+")))
        POND_TRY(pond_url_parse(c->arena, pattern, &url, err));
    return url.is_host ? list_host(c, url.path, err) : list_pond(c, url.path, err);
}

const cli_command cli_list = {
    .name = "list",
    .args = "[PATTERN]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, list_options),
    .summary = "List the nodes that a pattern matches",
    .details =
        "In PATTERN, `*` matches any characters of a name, and `**` any directories. The "
        "default is `**/*`,\n"
        "which matches everything. DIR lists the directory itself, DIR/ what is in it.\n"
        "host+file:///PATTERN lists files of the host. A node without a valid name is left "
        "out with a warning.\n"
        "A directory whose config is wrong cannot be looked into: its error is printed after "
        "the list and\n"
        "decides the exit status.",
    .example = "pond list '/sensors/*/*.series'",
    .run = run_list,
};
