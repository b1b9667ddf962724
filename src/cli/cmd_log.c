// log: shows the write transactions of the pond.
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/show.h"

#include <inttypes.h>

typedef struct log_options {
    int64_t limit, txn_seq;
    bool incomplete;
} log_options;

static const pond_option rows[] = {
    POND_OPTION("limit", POND_OPT_INT, log_options, limit, .min = 0, .max = INT64_MAX, .value = "N",
                .help = "show the newest N transactions (default: 10)"),
    POND_OPTION("txn-seq", POND_OPT_INT, log_options, txn_seq, .value = "SEQ",
                .help = "show one transaction"),
    POND_OPTION(
        "incomplete", POND_OPT_BOOL, log_options, incomplete,
        .help =
            "show only transactions that did not end, because the writer was killed or crashed"),
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

static void print_txn(cli *c, const pond_txn_row *t) {
    char when[32], id[37];
    cli_time(t->began_us, when);
    pond_id_text(&t->id, id);
    rule(c, pond_printf(c->arena, "+- Transaction %" PRId64 "  (write)  %s ", t->seq,
                        pond_txn_state_name(t->state)));
    cli_printf(c, "|  Command  : pond %.*s\n", POND_SV_ARG(t->command));
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

static pond_code run_log(cli *c, pond_err *err) {
    const log_options *o = c->options;
    pond_txn_row_vec found = {0};
    int64_t limit = o->incomplete ? 0 : o->limit == 0 ? 10 : o->limit;
    POND_TRY(
        pond_store_log(pond_session_txn(c->session), c->arena, limit, o->txn_seq, &found, err));
    banner(c, o->incomplete ? "INCOMPLETE TRANSACTIONS" : "TRANSACTION LOG");
    size_t n = 0;
    for (size_t i = 0; i < found.n; i++) {
        if (o->incomplete && found.items[i].state != POND_TXN_INCOMPLETE)
            continue;
        print_txn(c, &found.items[i]);
        n++;
    }
    if (n > 0)
        return POND_OK;
    if (o->incomplete)
        cli_printf(c, "No incomplete transactions found. All operations completed successfully.\n");
    else if (o->txn_seq != 0)
        cli_printf(c, "Transaction %" PRId64 " not found.\n", o->txn_seq);
    else
        cli_printf(c, "No transactions found.\n");
    return POND_OK;
}

const cli_command cli_log = {
    .name = "log",
    .args = "",
    .pond = CLI_READS,
    CLI_OPTIONS(rows, log_options),
    .summary = "Show the transactions: what was written, when, by which command",
    .example = "pond log --limit 3",
    .run = run_log,
};
