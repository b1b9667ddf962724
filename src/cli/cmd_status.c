// status: how the pond stands, and what is late.
#include "cli/cli.h"

#include "base/time.h"
#include "cli/output.h"
#include "cli/run_all.h"
#include "cli/show.h"
#include "store/runs.h"

#include <inttypes.h>

typedef struct status_options {
    bool check;
} status_options;

static const pond_option rows[] = {
    POND_OPTION("check", POND_OPT_BOOL, status_options, check,
                .help = "exit with status 1 if a node is late or stale or its last run failed"),
};

static void print_identity(const cli *c) {
    const pond_info *info = pond_store_info(pond_session_store(c->session));
    char id[37], when[32];
    pond_id_text(&info->id, id);
    cli_time(info->created_us, when);
    cli_printf(c, "Pond Status\n\nIdentity\n  Pond ID:    %s\n  Created:    %s UTC by %.*s\n", id,
               when, POND_SV_ARG(info->created_by));
    cli_printf(c, "  Birthplace: %.*s\n  Location:   %s\n", POND_SV_ARG(info->birthplace),
               c->pond_dir);
}

static pond_code print_state(cli *c, pond_err *err) {
    pond_commit last;
    pond_txn_row_vec log;
    size_t n = 0;
    pond_txn *t = pond_session_txn(c->session);
    POND_TRY(pond_store_last_commit(t, &last, err));
    POND_TRY(pond_store_log(t, c->arena, 0, 0, &log, err));
    for (size_t i = 0; i < log.n; i++)
        n += log.items[i].state == POND_TXN_INCOMPLETE;
    cli_printf(c, "\nLocal state\n  Last write seq:  %" PRId64 "\n", last.seq);
    if (n == 0) {
        cli_printf(c, "  Recovery:        OK (no incomplete transactions)\n");
        return POND_OK;
    }
    cli_printf(c,
               "  Recovery:        [WARN] %zu incomplete transaction%s; nothing has to be "
               "repaired\n",
               n, n == 1 ? "" : "s");
    for (size_t i = 0; i < log.n; i++) {
        char id[37];
        pond_id_text(&log.items[i].id, id);
        if (log.items[i].state == POND_TXN_INCOMPLETE)
            cli_printf(c, "    seq=%" PRId64 " txn_id=%s\n", log.items[i].seq, id);
    }
    return POND_OK;
}

static void print_time(const cli *c, const char *name, int64_t t_us) {
    char when[32];
    cli_time(t_us, when);
    cli_printf(c, "    %-13s%s UTC\n", name, when);
}

static void print_schedule(const cli *c, const cli_due *d) {
    if (d->rc != POND_OK)
        cli_printf(c, "    [invalid: %s]\n", d->why->msg);
    else if (d->schedule.every_us == 0)
        cli_printf(c, "    every:       - (only by hand)\n");
    else
        cli_printf(c, "    every:       %" PRId64 "s\n", d->schedule.every_us / POND_US_PER_S);
}

// The warnings of the last run; of an earlier one, with its time.
static void print_warnings(const cli *c, const pond_run_row *last) {
    pond_sv rest = last->warnings, line;
    bool is_of_last = last->warned_us == last->began_us;
    if (last->warned_us > 0 && !is_of_last)
        print_time(c, "warned:", last->warned_us);
    while (last->warned_us > 0 && pond_sv_split(&rest, '\n', &line))
        cli_printf(c, "    %s%.*s\n", is_of_last ? "[WARN]       " : "             ",
                   POND_SV_ARG(line));
}

static void print_last(const cli *c, const cli_due *d) {
    const pond_run_row *last = d->last;
    print_time(c, "last run:", last->began_us);
    if (!last->is_good && last->good_us > 0)
        print_time(c, "last good:", last->good_us);
    cli_printf(c, "    %s%.*s\n", last->is_good ? "ok:          " : "[FAILED]     ",
               POND_SV_ARG(last->said));
    if (!last->is_good && d->rc == POND_OK && d->schedule.every_us > 0)
        print_time(c, "next try:", d->next_us);
    if (last->stored_us > 0)
        print_time(c, "last new:", last->stored_us);
    else
        cli_printf(c, "    last new:    - (nothing has come in yet)\n");
    print_warnings(c, last);
}

// Whether there is something to care about.
static bool print_run(const cli *c, const cli_due *d) {
    cli_printf(c, "  %.*s  [%.*s]\n", POND_SV_ARG(d->node->path), POND_SV_ARG(d->node->factory));
    print_schedule(c, d);
    if (d->last == NULL)
        cli_printf(c, "    last run:    - (never run)\n");
    else
        print_last(c, d);
    if (d->is_late)
        cli_printf(c, "    [LATE]       no good run for more than twice its period\n");
    if (d->is_stale)
        cli_printf(c, "    [STALE]      nothing new for more than %" PRId64 "s\n",
                   d->schedule.stale_us / POND_US_PER_S);
    return d->rc != POND_OK || d->is_late || d->is_stale || (d->last != NULL && !d->last->is_good);
}

static pond_code run_status(cli *c, pond_err *err) {
    const status_options *o = c->options;
    cli_due_vec all;
    size_t n_bad = 0;
    print_identity(c);
    POND_TRY(print_state(c, err));
    cli_printf(c, "\nRemotes (0)\n  (none attached)\n");
    POND_TRY(cli_find_due(c, c->session, &all, err));
    cli_printf(c, "\nRuns (%zu)\n", all.n);
    if (all.n == 0)
        cli_printf(c, "  (no node can be run)\n");
    for (size_t i = 0; i < all.n; i++)
        n_bad += print_run(c, &all.items[i]);
    if (o->check && n_bad > 0)
        c->exit_status = 1;
    return POND_OK;
}

const cli_command cli_status = {
    .name = "status",
    .args = "",
    .pond = CLI_READS,
    CLI_OPTIONS(rows, status_options),
    .summary = "Show how the pond stands, how the last runs ended, and what is late",
    .details =
        "A node is late when twice its `every` has passed without a good run, and stale when its\n"
        "`stale_after` has passed without anything new. What a run warned of is shown, also after\n"
        "later runs that did not warn. Whether values are right is for `pond check`.",
    .example = "pond status --check",
    .run = run_status,
};
