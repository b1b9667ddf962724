// undo: takes a transaction back.
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/show.h"

#include <inttypes.h>

static pond_code run_undo(cli *c, pond_err *err) {
    int64_t seq = 0, undone;
    pond_txn_row_vec log;
    if (c->n_args > 0 && (!pond_sv_to_int(c->args[0], &seq) || seq < 1))
        return pond_fail(err, POND_ERR_USAGE,
                         "undo takes the number of a transaction, which `pond log` shows, not "
                         "'%.*s'",
                         POND_SV_ARG(c->args[0]));
    pond_txn *t = pond_session_txn(c->session);
    POND_TRY(pond_store_undo(t, seq, &undone, err));
    POND_TRY(pond_store_log(t, c->arena, 1, undone, &log, err));
    const char *said = pond_printf(c->arena, "Took back transaction %" PRId64 ": pond ", undone);
    cli_printf(c, "%s%.*s\n", said,
               POND_SV_ARG(cli_cut(c->arena, log.items[0].command, cli_room(c, strlen(said)))));
    return POND_OK;
}

const cli_command cli_undo = {
    .name = "undo",
    .args = "[TXN]",
    .max_args = 1,
    .pond = CLI_WRITES,
    .summary = "Take a transaction back, in a new one",
    .details =
        "Without TXN it is the last transaction that changed something. What it touched is then as "
        "it was before\n"
        "it. That is refused where a later transaction builds on it: take that one back first. An "
        "undo is a\n"
        "transaction, too: a second `pond undo` takes back the first.",
    .example = "pond undo 12",
    .run = run_undo,
};
