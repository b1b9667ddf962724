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

// The lines that are not printed yet. There may be very many, so printf does not make them.
typedef struct lines {
    const cli *c;
    char pond_tail[13]; // of the id
    pond_buf text;
    // The time of the line before: what one command has made often has the same.
    int64_t second;
    char when[32];
    size_t n_when;
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

// Pieces, each of which is put at `to` and gives where the next one goes.

static char *put(char *to, const char *p, size_t n) {
    memcpy(to, p, n);
    return to + n;
}

static char *put_right(char *to, const char *text, size_t n, size_t width) {
    for (; n < width; width--)
        *to++ = ' ';
    return put(to, text, n);
}

static char *put_time(lines *v, char *to, int64_t t_us) {
    int64_t second = t_us / POND_US_PER_S - (t_us % POND_US_PER_S < 0);
    if (v->n_when == 0 || second != v->second) {
        cli_time(t_us, v->when);
        v->n_when = strlen(v->when);
    }
    v->second = second;
    return put(to, v->when, v->n_when);
}

static char *put_version(char *to, int64_t version) {
    *to++ = 'v';
    if (version < 0)
        *to++ = '-';
    return to + pond_digits_at(version < 0 ? 0 - (uint64_t)version : (uint64_t)version, to);
}

static char *put_ids(const lines *v, char *to, const pond_node *n) {
    to = put(to, " [", 2);
    pond_id_tail(&n->id, to);
    to = put(to + 12, "]@[", 3);
    to = put(to, v->pond_tail, 12);
    *to++ = ']';
    return to;
}

static size_t put_size(const pond_node *n, char out[16]) {
    return cli_size(n->size_bytes < 0 ? 0 : (uint64_t)n->size_bytes, out);
}

// The form that scripts read.
static void append_icon_line(lines *v, const pond_node *n) {
    enum { MOST_BYTES = 256 }; // before the path
    const list_options *o = v->c->options;
    char size[16] = "-";
    size_t n_size = pond_type_is_dir(n->type) ? 1 : put_size(n, size);
    pond_buf_reserve(&v->text, MOST_BYTES + n->path.n);
    char *to = v->text.p + v->text.n;
    to = stpcpy(to, cli_type_icon(n->type));
    if (o->is_long)
        to += sprintf(to, " %-17s", pond_type_name(n->type));
    *to++ = ' ';
    to = put_right(to, size, n_size, 8);
    to = put_ids(v, to, n);
    *to++ = ' ';
    to = put_version(to, n->version);
    *to++ = ' ';
    to = put_time(v, to, n->modified_us);
    *to++ = ' ';
    to = put(to, n->path.p, n->path.n);
    v->text.n = (size_t)(to - v->text.p);
}

// The form for a terminal: nothing is shown of a computed node that it does not have.
static void append_plain_line(lines *v, const pond_node *n) {
    const list_options *o = v->c->options;
    pond_buf *b = &v->text;
    bool is_dir = pond_type_is_dir(n->type), is_link = n->type == POND_T_SYMLINK;
    bool is_kept = cli_node_is_kept(n);
    char size[16] = "", version[24] = "", room[64];
    if (is_kept && !is_dir && !is_link)
        put_size(n, size);
    if (is_kept && n->version > 0 && !is_dir && !is_link)
        snprintf(version, sizeof version, "v%" PRId64, n->version);
    pond_buf_printf(b, "%-17s %8s %5s ", pond_type_name(n->type), size, version);
    if (is_kept)
        pond_buf_append(b, room, (size_t)(put_time(v, room, n->modified_us) - room));
    else
        pond_buf_fill(b, ' ', sizeof "2024-01-31 10:00:00" - 1);
    if (o->is_long)
        pond_buf_append(b, room, (size_t)(put_ids(v, room, n) - room));
    const char *sgr = cli_screen_colour(v->c->screen, is_dir ? "1;34" : is_link ? "36" : "");
    append_name(v, sgr[0] == '\0' ? " " : pond_printf(v->c->arena, " \033[%sm", sgr), n->path);
    pond_buf_str(b, sgr[0] == '\0' ? "" : "\033[0m");
}

static void add_line(lines *v, const pond_node *n) {
    enum { FEW_BYTES = 1 << 16 };
    if (v->c->is_terminal)
        append_plain_line(v, n);
    else
        append_icon_line(v, n);
    if (n->link.n > 0)
        append_name(v, " -> ", n->link);
    pond_buf_char(&v->text, '\n');
    if (v->text.n >= FEW_BYTES)
        print_lines(v);
}

static bool is_hidden(const cli *c, const pond_node *n) {
    return n->name.n > 0 && n->name.p[0] == '.' && !((const list_options *)c->options)->all;
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
        if (!is_hidden(c, node) && node->parent != NULL)
            found->items[n++] = found->items[i];
    }
    found->n = n;
}

static void print_text(cli *c, const pond_match_vec *found, bool is_host) {
    // Nodes of the host have no ids.
    pond_id id = {0};
    if (!is_host)
        id = pond_session_tree_id(c->session);
    lines v = {.c = c};
    pond_id_tail(&id, v.pond_tail);
    for (size_t i = 0; i < found->n; i++)
        add_line(&v, found->items[i].node);
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
    .alias = "ls",
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
