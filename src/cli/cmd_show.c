// show: what is stored, counted by directory; the transactions; and what each of them did to nodes.
#include "base/map.h"
#include "cli/log_record.h"
#include "cli/output.h"
#include "cli/show.h"

#include <inttypes.h>

typedef struct show_options {
    pond_sv mode;
    int format; // cli_format
} show_options;

static const pond_option rows[] = {
    POND_OPTION("mode", POND_OPT_TEXT, show_options, mode, .letter = 'm',
                .value = "brief|concise|detailed",
                .help = "directories and sizes, a line for each transaction, or its nodes "
                        "(default: brief)"),
    CLI_RECORD_FORMAT_OPTION(show_options, format),
};

// "123 bytes", "1.5 KB".
static const char *spaced_size(cli *c, uint64_t bytes) {
    char text[16];
    cli_size(bytes, text);
    size_t n = strspn(text, "0123456789.");
    const char *unit = strcmp(text + n, "B") == 0 ? "bytes" : text + n;
    return pond_printf(c->arena, "%.*s %s", (int)n, text, unit);
}

static void banner(const cli *c, const char *title) {
    cli_printf(c, "==================== %s ====================\n", title);
}

// Brief -------------------------------------------------------------------------------------------

// A stored directory, and what is in it but not below it.
typedef struct directory {
    pond_id id;
    pond_sv path;
    int64_t n_directories, n_files, n_versions;
    uint64_t bytes; // of all versions
} directory;
typedef POND_VEC(directory) directory_vec;

typedef struct summary {
    directory_vec directories;
    pond_map objects; // by their hash: several versions may have one object
    int64_t n_tables; // objects that are Parquet
    uint64_t bytes;   // of all objects
} summary;

// Rows of the catalog.
static int64_t rows_of(const directory *d) {
    return d->n_directories + d->n_files + d->n_versions;
}

static void count_object(summary *s, const pond_version *v) {
    bool is_new;
    pond_sv key =
        pond_sv_dup(s->objects.arena, (pond_sv){(const char *)&v->object, sizeof v->object});
    pond_map_at(&s->objects, key, &is_new);
    if (!is_new)
        return;
    s->bytes += v->size_bytes;
    s->n_tables += v->rows >= 0;
}

static pond_code count_versions(cli *c, summary *s, directory *d, const pond_node_row *row,
                                pond_err *err) {
    pond_version_vec versions;
    if (row->version == 0)
        return POND_OK;
    POND_TRY(pond_store_versions(pond_session_txn(c->session), c->arena, row->id, &versions, err));
    d->n_versions += (int64_t)versions.n;
    for (size_t i = 0; i < versions.n; i++) {
        d->bytes += versions.items[i].size_bytes;
        count_object(s, &versions.items[i]);
    }
    return POND_OK;
}

// Counts what is in a directory, and adds those in it to the list. A computed one is a directory
// whose content is its config; its entries are not stored, but for those that its factory keeps.
static pond_code count_directory(cli *c, summary *s, size_t at, pond_err *err) {
    directory d = s->directories.items[at];
    pond_node_row_vec children;
    POND_TRY(pond_store_children(pond_session_txn(c->session), c->arena, d.id, &children, err));
    for (size_t i = 0; i < children.n; i++) {
        const pond_node_row *row = children.items[i];
        if (pond_type_is_dir(row->type)) {
            d.n_directories++;
            *pond_vec_push(c->arena, &s->directories) = (directory){
                .id = row->id,
                .path = pond_svf(c->arena, "%.*s/%.*s", d.path.n > 1 ? (int)d.path.n : 0, d.path.p,
                                 POND_SV_ARG(row->name))};
        } else {
            d.n_files++;
        }
        POND_TRY(count_versions(c, s, &d, row, err));
    }
    s->directories.items[at] = d;
    return POND_OK;
}

static int by_rows(const void *x, const void *y) {
    const directory *a = x, *b = y;
    int64_t n_a = rows_of(a), n_b = rows_of(b);
    return n_a != n_b ? (n_a > n_b ? -1 : 1) : pond_sv_cmp(a->path, b->path);
}

static pond_code summarize(cli *c, summary *s, pond_err *err) {
    size_t n = 0;
    *s = (summary){0};
    pond_map_init(&s->objects, c->arena);
    pond_store_read_ahead(pond_session_txn(c->session));
    *pond_vec_push(c->arena, &s->directories) = (directory){.path = POND_SV("/")};
    for (size_t i = 0; i < s->directories.n; i++)
        POND_TRY(count_directory(c, s, i, err));
    for (size_t i = 0; i < s->directories.n; i++)
        if (i == 0 || rows_of(&s->directories.items[i]) > 0)
            s->directories.items[n++] = s->directories.items[i];
    s->directories.n = n;
    pond_sort(s->directories.items, n, sizeof *s->directories.items, by_rows);
    return POND_OK;
}

static void print_summary(cli *c, const summary *s, int64_t n_transactions) {
    banner(c, "POND SUMMARY");
    cli_printf(c, "\nTransactions       : %" PRId64 "\n\nStorage Statistics\n", n_transactions);
    cli_printf(c, "Objects            : %zu\n", s->objects.n);
    cli_printf(c, "Parquet Files      : %" PRId64 "\n", s->n_tables);
    cli_printf(c, "Total Size         : %s\n", spaced_size(c, s->bytes));
    cli_printf(c, "Partitions         : %zu\n", s->directories.n);
    cli_printf(c, "\nPartitions (by row count)\n");
    for (size_t i = 0; i < s->directories.n; i++) {
        const directory *d = &s->directories.items[i];
        char tail[13];
        pond_id_tail(&d->id, tail);
        cli_printf(c,
                   "  %s  %.*s\n    %" PRId64 " rows (%" PRId64 " dir, %" PRId64 " files, %" PRId64
                   " versions)\n",
                   tail, POND_SV_ARG(d->path), rows_of(d), d->n_directories, d->n_files,
                   d->n_versions);
    }
}

static void print_directories(cli *c, const summary *s, cli_format format) {
    static const cli_column columns[] = {
        CLI_COLUMN("path", CLI_TEXT),    CLI_COLUMN("id", CLI_TEXT),
        CLI_COLUMN("rows", CLI_NUMBER),  CLI_COLUMN("directories", CLI_NUMBER),
        CLI_COLUMN("files", CLI_NUMBER), CLI_COLUMN("versions", CLI_NUMBER),
        CLI_COLUMN("bytes", CLI_NUMBER),
    };
    cli_table *t = cli_table_new(c, format, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < s->directories.n; i++) {
        const directory *d = &s->directories.items[i];
        char id[37];
        pond_id_text(&d->id, id);
        cli_table_text(t, d->path);
        cli_table_text(t, pond_sv_of(id));
        cli_table_int(t, rows_of(d));
        cli_table_int(t, d->n_directories);
        cli_table_int(t, d->n_files);
        cli_table_int(t, d->n_versions);
        cli_table_int(t, (int64_t)d->bytes);
    }
    cli_table_end(t);
}

static pond_code show_brief(cli *c, cli_format format, const pond_txn_row_vec *log, pond_err *err) {
    summary s;
    POND_TRY(summarize(c, &s, err));
    if (format == CLI_TEXT_FORM)
        print_summary(c, &s, (int64_t)log->n);
    else
        print_directories(c, &s, format);
    return POND_OK;
}

// Concise -----------------------------------------------------------------------------------------

static void print_line(const cli *c, const pond_txn_row *t) {
    char when[32];
    cli_time(t->began_us, when);
    cli_printf(c, "  seq %5" PRId64 "  %4" PRId64 " op(s)  %4" PRId64 " node(s)  %s UTC\n", t->seq,
               t->n_operations, t->n_files + t->n_directories, when);
}

// Detailed ----------------------------------------------------------------------------------------

static const pond_node_row *row_of(const pond_change *d) {
    return d->after != NULL ? d->after : d->before;
}

// The directory that a node is in, or was in.
static pond_sv place_of(const pond_change *d) {
    pond_sv path = pond_change_path(d);
    ptrdiff_t slash = pond_sv_rfind_char(path, '/');
    return slash <= 0 ? POND_SV("/") : pond_sv_sub(path, 0, (size_t)slash);
}

// The changes of a transaction in one directory.
typedef struct partition {
    pond_id id;
    pond_sv path;
    POND_VEC(const pond_change *) changes;
} partition;

typedef struct partitions {
    POND_VEC(partition *) all;
    pond_map by_path;
} partitions;

static void group(cli *c, const pond_change *changes, size_t n, partitions *out) {
    *out = (partitions){0};
    pond_map_init(&out->by_path, c->arena);
    for (size_t i = 0; i < n; i++) {
        pond_sv path = place_of(&changes[i]);
        void **slot = pond_map_at(&out->by_path, path, NULL);
        if (*slot == NULL) {
            partition *p = *slot = POND_NEW(c->arena, partition);
            *p = (partition){.id = row_of(&changes[i])->parent, .path = path};
            *pond_vec_push(c->arena, &out->all) = p;
        }
        *pond_vec_push(c->arena, &((partition *)*slot)->changes) = &changes[i];
    }
}

static pond_sv name_of(const pond_change *d) {
    return row_of(d)->name;
}

static void print_entries(const cli *c, const partition *in) {
    for (size_t i = 0; in != NULL && i < in->changes.n; i++) {
        const pond_change *d = in->changes.items[i];
        char tail[13];
        pond_id_tail(&row_of(d)->id, tail);
        cli_printf(c, "    |   %c %.*s -> %s\n", d->after == NULL ? '-' : '+',
                   POND_SV_ARG(name_of(d)), tail);
    }
}

static void print_node(cli *c, const partitions *all, const pond_change *d) {
    const pond_node_row *row = row_of(d);
    char tail[13];
    pond_id_tail(&row->id, tail);
    cli_printf(c, "    |- Node %s %s", tail, pond_type_name(row->type));
    if (row->version > 0)
        cli_printf(c, " v%" PRId64 " (%s)", row->version, spaced_size(c, row->size_bytes));
    else if (row->type == POND_T_SYMLINK)
        cli_printf(c, " -> %.*s", POND_SV_ARG(row->link));
    const partition *in = NULL;
    if (row->type == POND_T_DIRECTORY) {
        in = pond_map_get(&all->by_path, pond_change_path(d));
        cli_printf(c, " (%zu entries)", in == NULL ? 0 : in->changes.n);
    }
    cli_printf(c, "  %.*s", POND_SV_ARG(name_of(d)));
    if (d->after == NULL)
        cli_printf(c, "  [removed]");
    else if (pond_change_is_move(d))
        cli_printf(c, "  [was %.*s]", POND_SV_ARG(d->path_before));
    cli_printf(c, "\n");
    print_entries(c, in);
}

static void print_transaction(cli *c, const pond_txn_row *t, const pond_change *changes, size_t n) {
    partitions parts;
    char id[37], when[32], tail[13];
    pond_id_text(&t->id, id);
    cli_time(t->began_us, when);
    banner(c, pond_printf(c->arena, "Transaction %" PRId64, t->seq));
    cli_printf(c, "  %s  %s UTC\n", id, when);
    group(c, changes, n, &parts);
    for (size_t i = 0; i < parts.all.n; i++) {
        const partition *p = parts.all.items[i];
        pond_id_tail(&p->id, tail);
        cli_printf(c, "  Partition %s %.*s:\n", tail, POND_SV_ARG(p->path));
        for (size_t k = 0; k < p->changes.n; k++)
            print_node(c, &parts, p->changes.items[k]);
    }
    cli_printf(c, "\n");
}

// Modes -------------------------------------------------------------------------------------------

enum { BRIEF, CONCISE, DETAILED, N_MODES };

static pond_code read_mode(pond_sv text, int *out, pond_err *err) {
    static const char *const names[N_MODES] = {"brief", "concise", "detailed"};
    *out = BRIEF;
    if (text.n == 0)
        return POND_OK;
    for (int i = 0; i < N_MODES; i++)
        if (pond_sv_is(text, names[i])) {
            *out = i;
            return POND_OK;
        }
    return pond_fail(err, POND_ERR_USAGE,
                     "Invalid mode '%.*s'. Use 'brief', 'concise', or 'detailed'.",
                     POND_SV_ARG(text));
}

// Transactions that were committed, newest first.
static pond_code find_log(cli *c, pond_txn_row_vec *out, pond_err *err) {
    size_t n = 0;
    POND_TRY(pond_store_log(pond_session_txn(c->session), c->arena, 0, 0, out, err));
    for (size_t i = 0; i < out->n; i++)
        if (out->items[i].state == POND_TXN_COMMITTED)
            out->items[n++] = out->items[i];
    out->n = n;
    return POND_OK;
}

static pond_code show_transactions(cli *c, cli_format format, bool is_detailed,
                                   const pond_txn_row_vec *log, pond_err *err) {
    pond_change_vec all = {0};
    if (log->n > 0)
        POND_TRY(pond_store_changes(pond_session_txn(c->session), c->arena,
                                    log->items[log->n - 1].seq, log->items[0].seq, &all, err));
    cli_table *table = format == CLI_TEXT_FORM ? NULL : cli_log_table(c, format);
    if (table == NULL && !is_detailed)
        cli_printf(c, "Transactions (newest first)\n");
    for (size_t i = 0, at = 0; i < log->n; i++) {
        const pond_txn_row *t = &log->items[i];
        while (at < all.n && all.items[at].seq > t->seq)
            at++;
        const size_t from = at;
        while (at < all.n && all.items[at].seq == t->seq)
            at++;
        const pond_change *changes = all.items == NULL ? NULL : all.items + from;
        if (table != NULL)
            cli_log_record(table, c->arena, t, changes, at - from);
        else if (is_detailed)
            print_transaction(c, t, changes, at - from);
        else
            print_line(c, t);
    }
    if (table != NULL)
        cli_table_end(table);
    return POND_OK;
}

static pond_code run_show(cli *c, pond_err *err) {
    const show_options *o = c->options;
    int mode;
    cli_format format;
    pond_txn_row_vec log;
    POND_TRY(read_mode(o->mode, &mode, err));
    POND_TRY(cli_record_format((cli_format)o->format, &format, err));
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    POND_TRY(find_log(c, &log, err));
    return mode == BRIEF ? show_brief(c, format, &log, err)
                         : show_transactions(c, format, mode == DETAILED, &log, err);
}

const cli_command cli_show = {
    .name = "show",
    .args = "",
    .pond = CLI_NO_POND,
    .is_paged = true,
    CLI_OPTIONS(rows, show_options),
    .summary = "Show what is stored, by directory or by transaction",
    .details =
        "brief counts, for each directory, the rows of the catalog: directories and other "
        "nodes in it, and their\n"
        "versions. Objects are their bytes, each counted once; those of former nodes are left "
        "out. concise and\n"
        "detailed show the transactions that were committed. With another format than text: a "
        "record for each\n"
        "directory, or those of `pond log`. `pond cat PATH` prints a file.",
    .example = "pond show -m concise",
    .run = run_show,
};
