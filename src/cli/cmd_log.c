// log: shows the write transactions of the pond.
#include "cli/cli.h"
#include "cli/log_record.h"
#include "cli/output.h"
#include "cli/show.h"

#include <inttypes.h>

typedef struct log_options {
    int64_t limit, txn_seq;
    bool incomplete;
    int format; // cli_format
} log_options;

static const pond_option rows[] = {
    POND_OPTION("limit", POND_OPT_INT, log_options, limit, .min = 0, .max = INT64_MAX, .value = "N",
                .help = "show the newest N transactions (default: 10)"),
    POND_OPTION("txn-seq", POND_OPT_INT, log_options, txn_seq, .value = "SEQ",
                .help = "show one transaction, with its whole command line"),
    POND_OPTION(
        "incomplete", POND_OPT_BOOL, log_options, incomplete,
        .help =
            "show only transactions that did not end, because the writer was killed or crashed"),
    CLI_RECORD_FORMAT_OPTION(log_options, format),
};

// A line of dashes, 78 characters long, that begins with `text`.
static void rule(const cli *c, const char *text) {
    static const char dashes[] =
        "------------------------------------------------------------------"
        "------------";
    size_t n = strlen(text);
    cli_printf(c, "%s%s\n", text, n < sizeof dashes ? dashes + n : "");
}

static const char *plural(int64_t n) {
    return n == 1 ? "" : "s";
}

static const char *versions(cli *c, const pond_change *d) {
    bool is_dynamic = pond_type_is_dynamic(d->after->type);
    return pond_printf(c->arena, "%sversion %" PRId64 " -> %" PRId64, is_dynamic ? "config, " : "",
                       d->before->version, d->after->version);
}

// What a transaction did to a node.
static void print_change(cli *c, const pond_change *d) {
    if (d->before == NULL)
        cli_printf(c, "|  Added    : %.*s (%s)\n", POND_SV_ARG(d->path_after),
                   pond_type_name(d->after->type));
    else if (d->after == NULL)
        cli_printf(c, "|  Removed  : %.*s (%s)\n", POND_SV_ARG(d->path_before),
                   pond_type_name(d->before->type));
    else {
        if (pond_change_is_move(d))
            cli_printf(c, "|  Moved    : %.*s -> %.*s\n", POND_SV_ARG(d->path_before),
                       POND_SV_ARG(d->path_after));
        if (d->before->version != d->after->version)
            cli_printf(c, "|  Changed  : %.*s (%s)\n", POND_SV_ARG(d->path_after), versions(c, d));
    }
}

// The changes of one transaction.
typedef struct changes {
    const pond_change *items;
    size_t n;
} changes;

static void print_changes(cli *c, const changes *all) {
    enum { SHOWN = 10 };
    for (size_t i = 0; i < all->n && i < SHOWN; i++)
        print_change(c, &all->items[i]);
    if (all->n > SHOWN)
        cli_printf(c, "|             and %zu more\n", all->n - SHOWN);
}

// A command line has all that a shell made of its wildcards.
static pond_sv shown_command(const cli *c, const pond_txn_row *t) {
    const log_options *o = c->options;
    return o->txn_seq != 0
               ? t->command
               : cli_cut(c->arena, t->command, cli_room(c, strlen("|  Command  : pond ")));
}

static void print_txn(cli *c, const pond_txn_row *t, const changes *did) {
    char when[32], id[37];
    cli_time(t->began_us, when);
    pond_id_text(&t->id, id);
    rule(c, pond_printf(c->arena, "+- Transaction %" PRId64 "  (write)  %s ", t->seq,
                        pond_txn_state_name(t->state)));
    cli_printf(c, "|  Command  : pond %.*s\n", POND_SV_ARG(shown_command(c, t)));
    cli_printf(c, "|  When     : %s UTC", when);
    if (t->ended_us > 0)
        cli_printf(c, "  (%" PRId64 "ms)", (t->ended_us - t->began_us) / 1000);
    cli_printf(c, "\n");
    if (t->state == POND_TXN_COMMITTED)
        cli_printf(c,
                   "|  Changes  : %" PRId64 " operation%s -> %" PRId64 " file%s, %" PRId64
                   " director%s\n",
                   t->n_operations, plural(t->n_operations), t->n_files, plural(t->n_files),
                   t->n_directories, t->n_directories == 1 ? "y" : "ies");
    print_changes(c, did);
    if (t->error.n > 0)
        cli_printf(c, "|  Error    : %.*s\n", POND_SV_ARG(t->error));
    cli_printf(c, "|  TxnID    : %s\n", id);
    rule(c, "+");
    cli_printf(c, "\n");
}

static void banner(const cli *c, const char *title) {
    rule(c, "+");
    cli_printf(c, "|  %s\n", title);
    rule(c, "+");
    cli_printf(c, "\n");
}

// A path as it is written, or that of the node that is there.
typedef struct place {
    pond_sv path; // "/a/b"; empty: that of everything
    bool is_there;
    pond_id id;
} place;

static place place_of(cli *c) {
    place p = {.path = POND_SV("")};
    const pond_node *node;
    if (c->n_args == 0)
        return p;
    p.path = c->args[0];
    while (pond_sv_ends(p.path, POND_SV("/")))
        p.path = pond_sv_sub(p.path, 0, p.path.n - 1);
    if (p.path.n > 0 && p.path.p[0] != '/')
        p.path = pond_svf(c->arena, "/%.*s", POND_SV_ARG(p.path));
    p.is_there =
        pond_fs_resolve(pond_session_fs(c->session), c->args[0], false, &node, NULL) == POND_OK &&
        node->is_stored;
    if (p.is_there) {
        p.path = node->parent == NULL ? POND_SV("") : node->path;
        p.id = node->id;
    }
    return p;
}

static bool is_at_or_below(pond_sv path, pond_sv dir) {
    return pond_sv_starts(path, dir) && (path.n == dir.n || path.p[dir.n] == '/');
}

// Whether a change is one of the node, of what is below its path, or moved a directory above it.
static bool touches(const pond_change *d, const place *p) {
    const pond_node_row *row = d->after != NULL ? d->after : d->before;
    if (is_at_or_below(d->path_before, p->path) || is_at_or_below(d->path_after, p->path))
        return true;
    if (p->is_there && pond_id_eq(row->id, p->id))
        return true;
    return pond_change_is_move(d) &&
           (is_at_or_below(p->path, d->path_before) || is_at_or_below(p->path, d->path_after));
}

static void keep_touching(pond_change_vec *all, const place *p) {
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (touches(&all->items[i], p))
            all->items[n++] = all->items[i];
    all->n = n;
}

// The changes of transaction `seq`, which are not before *at; newest come first.
static changes next_changes(const pond_change_vec *all, size_t *at, int64_t seq) {
    while (*at < all->n && all->items[*at].seq > seq)
        ++*at;
    size_t end = *at;
    while (end < all->n && all->items[end].seq == seq)
        end++;
    return (changes){end > *at ? all->items + *at : NULL, end - *at};
}

static pond_code find_changes(cli *c, const pond_txn_row_vec *found, const place *p,
                              pond_change_vec *out, pond_err *err) {
    *out = (pond_change_vec){0};
    if (found->n == 0)
        return POND_OK;
    POND_TRY(pond_store_changes(pond_session_txn(c->session), c->arena,
                                found->items[found->n - 1].seq, found->items[0].seq, out, err));
    keep_touching(out, p);
    return POND_OK;
}

static void print_none(const cli *c, const log_options *o, const place *p) {
    if (o->incomplete)
        cli_printf(c, "No incomplete transactions found. All operations completed successfully.\n");
    else if (o->txn_seq != 0)
        cli_printf(c, "Transaction %" PRId64 " not found.\n", o->txn_seq);
    else if (p->path.n > 0)
        cli_printf(c, "No transactions found that touched %.*s.\n", POND_SV_ARG(p->path));
    else
        cli_printf(c, "No transactions found.\n");
}

static pond_code run_log(cli *c, pond_err *err) {
    const log_options *o = c->options;
    pond_txn_row_vec found = {0};
    pond_change_vec all;
    size_t at = 0;
    const place where = place_of(c);
    int64_t limit = o->limit == 0 ? 10 : o->limit, n = 0;
    cli_format format;
    cli_table *table = NULL;
    if (c->n_args > 0 && c->args[0].n == 0)
        return pond_fail(err, POND_ERR_USAGE, "the path is empty; the root is '/'");
    POND_TRY(cli_record_format((cli_format)o->format, &format, err));
    bool is_filtered = o->incomplete || where.path.n > 0;
    POND_TRY(pond_store_log(pond_session_txn(c->session), c->arena, is_filtered ? 0 : limit,
                            o->txn_seq, &found, err));
    POND_TRY(find_changes(c, &found, &where, &all, err));
    if (format != CLI_TEXT_FORM)
        table = cli_log_table(c, format);
    else
        banner(c, o->incomplete ? "INCOMPLETE TRANSACTIONS" : "TRANSACTION LOG");
    for (size_t i = 0; i < found.n && (o->incomplete || n < limit); i++) {
        const pond_txn_row *t = &found.items[i];
        const changes did = next_changes(&all, &at, t->seq);
        if ((o->incomplete && t->state != POND_TXN_INCOMPLETE) || (where.path.n > 0 && did.n == 0))
            continue;
        if (table != NULL)
            cli_log_record(table, c->arena, t, did.items, did.n);
        else
            print_txn(c, t, &did);
        n++;
    }
    if (table != NULL)
        cli_table_end(table);
    else if (n == 0)
        print_none(c, o, &where);
    return POND_OK;
}

const cli_command cli_log = {
    .name = "log",
    .args = "[PATH]",
    .max_args = 1,
    .pond = CLI_READS,
    .is_paged = true,
    CLI_OPTIONS(rows, log_options),
    .summary = "Show the transactions: what was written, when, by which command",
    .details = "With PATH, only the transactions that changed it or something below it. A node is "
               "followed to its\n"
               "former paths, and a path may be one where nothing is any more. A very long command "
               "line is cut.",
    .example = "pond log --limit 3",
    .run = run_log,
};
