// list: lists the nodes of the pond, or files of the host, that a pattern matches.
#include "cli/cli.h"

#include "base/time.h"
#include "cli/at.h"
#include "cli/host.h"
#include "cli/node_record.h"
#include "cli/output.h"
#include "cli/show.h"
#include "factory/origins.h"
#include "fs/fs.h"

#include <inttypes.h>

typedef struct list_options {
    bool all, is_long;
    pond_sv at;
    int64_t limit; // 0: all
    int format;    // cli_format
} list_options;

static const pond_option rows[] = {
    POND_OPTION("all", POND_OPT_BOOL, list_options, all, .letter = 'a',
                .help = "include names that begin with a dot"),
    POND_OPTION("long", POND_OPT_BOOL, list_options, is_long, .letter = 'l',
                .help = "show the type of each node; on a terminal its ids"),
    POND_OPTION("limit", POND_OPT_INT, list_options, limit, .min = 1, .max = INT64_MAX,
                .value = "N", .help = "only the first N nodes"),
    CLI_RECORD_FORMAT_OPTION(list_options, format),
    CLI_AT_OPTION(list_options, at),
};

// What one line shows of a node.
typedef struct line {
    pond_type type;
    uint64_t size_bytes;
    int64_t version, modified_us;
    bool is_kept; // not computed
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
    cli_screen_write(v->c->screen, pond_buf_view(&v->text)); // names are visible already
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

static void append_ids(lines *v, const line *l) {
    pond_buf_str(&v->text, " [");
    pond_buf_str(&v->text, l->id);
    pond_buf_str(&v->text, "]@[");
    pond_buf_str(&v->text, v->pond_tail);
    pond_buf_char(&v->text, ']');
}

// The form that scripts read.
static void append_icon_line(lines *v, const line *l) {
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
    append_ids(v, l);
    pond_buf_char(b, ' ');
    append_version(b, l->version);
    pond_buf_char(b, ' ');
    append_time(v, l->modified_us);
    append_name(v, " ", l->path);
}

// The form for a terminal: nothing is shown of a computed node that it does not have.
static void append_plain_line(lines *v, const line *l) {
    const list_options *o = v->c->options;
    pond_buf *b = &v->text;
    bool is_dir = pond_type_is_dir(l->type), is_link = l->type == POND_T_SYMLINK;
    char size[16] = "", version[24] = "";
    if (l->is_kept && !is_dir && !is_link)
        cli_size(l->size_bytes, size);
    if (l->is_kept && l->version > 0 && !is_dir && !is_link)
        snprintf(version, sizeof version, "v%" PRId64, l->version);
    pond_buf_printf(b, "%-17s %8s %5s ", pond_type_name(l->type), size, version);
    if (l->is_kept)
        append_time(v, l->modified_us);
    else
        pond_buf_fill(b, ' ', sizeof "2024-01-31 10:00:00" - 1);
    if (o->is_long)
        append_ids(v, l);
    const char *sgr = cli_screen_colour(v->c->screen, is_dir ? "1;34" : is_link ? "36" : "");
    append_name(v, sgr[0] == '\0' ? " " : pond_printf(v->c->arena, " \033[%sm", sgr), l->path);
    pond_buf_str(b, sgr[0] == '\0' ? "" : "\033[0m");
}

static void add_line(lines *v, const line *l) {
    enum { FEW_BYTES = 1 << 16 };
    if (v->c->is_terminal)
        append_plain_line(v, l);
    else
        append_icon_line(v, l);
    if (l->link.n > 0)
        append_name(v, " -> ", l->link);
    pond_buf_char(&v->text, '\n');
    if (v->text.n >= FEW_BYTES)
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

// Leaves out what is not listed: the root, hidden names, what is beyond --limit.
static void keep_listed(const cli *c, pond_match_vec *found) {
    int64_t limit = ((const list_options *)c->options)->limit;
    size_t n = 0;
    for (size_t i = 0; i < found->n && (limit == 0 || (int64_t)n < limit); i++) {
        const pond_node *node = found->items[i].node;
        if (!is_hidden(c, node->path) && node->parent != NULL)
            found->items[n++] = found->items[i];
    }
    found->n = n;
}

static void print_text(cli *c, const pond_match_vec *found, bool is_host) {
    // Nodes of the host have no ids.
    pond_id id = {0};
    if (!is_host)
        id = pond_session_tree_id(c->session);
    char pond_tail[13];
    pond_id_tail(&id, pond_tail);
    lines v = {.c = c, .pond_tail = pond_tail};
    for (size_t i = 0; i < found->n; i++) {
        const pond_node *n = found->items[i].node;
        line l = {.type = n->type,
                  .size_bytes = n->size_bytes < 0 ? 0 : (uint64_t)n->size_bytes,
                  .version = n->version,
                  .modified_us = n->modified_us,
                  .is_kept = cli_node_is_kept(n),
                  .path = n->path,
                  .link = n->link};
        pond_id_tail(&n->id, l.id);
        add_line(&v, &l);
    }
    print_lines(&v);
    pond_buf_free(&v.text);
}

static void print_records(cli *c, cli_format format, const pond_match_vec *found) {
    static const cli_column columns[] = {CLI_NODE_COLUMNS};
    cli_table *t = cli_table_new(c, format, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < found->n; i++)
        cli_node_cells(t, found->items[i].node);
    cli_table_end(t);
}

static pond_code run_list(cli *c, pond_err *err) {
    pond_sv pattern = c->n_args == 0 ? POND_SV("**/*") : c->args[0];
    pond_url url = {.path = pattern};
    const list_options *o = c->options;
    pond_match_vec found = {0};
    cli_format format;
    POND_TRY(cli_record_format((cli_format)o->format, &format, err));
    POND_TRY(cli_look_at(c, o->at, err));
    if (cli_is_url(pattern))
        POND_TRY(cli_url_parse(c, pattern, &url, err));
    url.path = prepare_pattern(c, url.path);
    POND_TRY(cli_find_nodes(c, &url, &found, err));
    keep_listed(c, &found);
    if (format == CLI_TEXT_FORM)
        print_text(c, &found, url.is_host);
    else
        print_records(c, format, &found);
    return c->at.is_given ? POND_OK : pond_origins_warn(c->session, err);
}

const cli_command cli_list = {
    .name = "list",
    .args = "[PATTERN]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    .is_paged = true,
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
        "decides the exit status.\n"
        "A terminal gets the type, size, version, time (UTC) and path of each node, and of a "
        "computed one only\n"
        "its type and path. A pipe gets lines for scripts, with ids, and with 0B and 1970 for what "
        "is computed.",
    .example = "pond list '/sensors/*/*.series'",
    .run = run_list,
};
