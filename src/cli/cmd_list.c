// list: lists the nodes of the pond, or files of the host, that a pattern matches.
#include "cli/cli.h"

#include "base/time.h"
#include "cli/at.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/show.h"
#include "fs/fs.h"

typedef struct list_options {
    bool all, is_long;
    pond_sv at;
} list_options;

static const pond_option rows[] = {
    POND_OPTION("all", POND_OPT_BOOL, list_options, all, .letter = 'a',
                .help = "include names that begin with a dot"),
    POND_OPTION("long", POND_OPT_BOOL, list_options, is_long, .letter = 'l',
                .help = "show the type of each node"),
    CLI_AT_OPTION(list_options, at),
};

// What one line shows of a node.
typedef struct line {
    pond_type type;
    uint64_t size_bytes;
    int64_t version, modified_us;
    char id[13];
    pond_sv path, link;
} line;

// The lines that are not printed yet. There may be very many, so printf does not make them.
typedef struct lines {
    const cli *c;
    const char *pond_tail; // of the id
    pond_buf text;
    // The time of the line before: what one command has made often has the same.
    int64_t second;
    char when[32];
} lines;

static void print_lines(lines *v) {
    cli_print_text(v->c, pond_buf_view(&v->text));
    pond_buf_clear(&v->text);
}

// A name is somebody's, and must not look like another line.
static void append_name(lines *v, const char *before, pond_sv name) {
    pond_buf_str(&v->text, before);
    if (v->c->is_terminal)
        pond_buf_visible(&v->text, name, POND_KEEP_NOTHING);
    else
        pond_buf_sv(&v->text, name);
}

static void append_right(pond_buf *b, const char *text, size_t width) {
    size_t n = strlen(text);
    pond_buf_fill(b, ' ', n < width ? width - n : 0);
    pond_buf_append(b, text, n);
}

static void append_time(lines *v, int64_t t_us) {
    int64_t second = t_us / POND_US_PER_S - (t_us % POND_US_PER_S < 0);
    if (v->when[0] == '\0' || second != v->second)
        cli_time(t_us, v->when);
    v->second = second;
    pond_buf_str(&v->text, v->when);
}

static void append_version(pond_buf *b, int64_t version) {
    char digits[24], *end = digits + sizeof digits;
    char *p = pond_digits(version < 0 ? 0 - (uint64_t)version : (uint64_t)version, end);
    pond_buf_str(b, version < 0 ? "v-" : "v");
    pond_buf_append(b, p, (size_t)(end - p));
}

static void add_line(lines *v, const line *l) {
    enum { FEW_BYTES = 1 << 16 };
    const list_options *o = v->c->options;
    pond_buf *b = &v->text;
    char size[16] = "-";
    if (!pond_type_is_dir(l->type))
        cli_size(l->size_bytes, size);
    pond_buf_str(b, cli_type_icon(l->type));
    if (o->is_long)
        pond_buf_printf(b, " %-17s", pond_type_name(l->type));
    pond_buf_char(b, ' ');
    append_right(b, size, 8);
    pond_buf_str(b, " [");
    pond_buf_str(b, l->id);
    pond_buf_str(b, "]@[");
    pond_buf_str(b, v->pond_tail);
    pond_buf_str(b, "] ");
    append_version(b, l->version);
    pond_buf_char(b, ' ');
    append_time(v, l->modified_us);
    append_name(v, " ", l->path);
    if (l->link.n > 0)
        append_name(v, " -> ", l->link);
    pond_buf_char(b, '\n');
    if (b->n >= FEW_BYTES)
        print_lines(v);
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

static pond_code list(cli *c, const pond_url *pattern, pond_err *err) {
    pond_match_vec found = {0};
    POND_TRY(cli_find_nodes(c, pattern, &found, err));
    // Nodes of the host have no ids.
    pond_id id = {0};
    if (!pattern->is_host)
        id = pond_session_tree_id(c->session);
    char pond_tail[13];
    pond_id_tail(&id, pond_tail);
    lines v = {.c = c, .pond_tail = pond_tail};
    for (size_t i = 0; i < found.n; i++) {
        const pond_node *n = found.items[i].node;
        if (is_hidden(c, n->path) || n->parent == NULL)
            continue;
        line l = {n->type,    n->size_bytes < 0 ? 0 : (uint64_t)n->size_bytes,
                  n->version, n->modified_us,
                  "",         n->path,
                  n->link};
        pond_id_tail(&n->id, l.id);
        add_line(&v, &l);
    }
    print_lines(&v);
    pond_buf_free(&v.text);
    return POND_OK;
}

static pond_code run_list(cli *c, pond_err *err) {
    pond_sv pattern = c->n_args == 0 ? POND_SV("**/*") : c->args[0];
    pond_url url = {.path = pattern};
    POND_TRY(cli_look_at(c, ((const list_options *)c->options)->at, err));
    if (cli_is_url(pattern))
        POND_TRY(cli_url_parse(c, pattern, &url, err));
    url.path = prepare_pattern(c, url.path);
    return list(c, &url, err);
}

const cli_command cli_list = {
    .name = "list",
    .alias = "ls",
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
