// The cells of a transaction.
#include "cli/log_record.h"

static const cli_column columns[] = {
    CLI_COLUMN("seq", CLI_NUMBER),         CLI_COLUMN("id", CLI_TEXT),
    CLI_COLUMN("state", CLI_TEXT),         CLI_COLUMN("command", CLI_TEXT),
    CLI_COLUMN("began", CLI_TIME),         CLI_COLUMN("ended", CLI_TIME),
    CLI_COLUMN("operations", CLI_NUMBER),  CLI_COLUMN("files", CLI_NUMBER),
    CLI_COLUMN("directories", CLI_NUMBER), CLI_COLUMN("error", CLI_TEXT),
    CLI_COLUMN("changes", CLI_VALUE),
};

cli_table *cli_log_table(cli *c, cli_format format) {
    return cli_table_new(c, format, columns, sizeof columns / sizeof *columns);
}

// {"path", "path_before", "type", "version", "version_before"}: what is before is missing for a node
// that was added, what is after for one that was removed.
static pond_value change_value(pond_arena *a, const pond_change *d) {
    pond_object_builder o = {.arena = a};
    const pond_node_row *any = d->after != NULL ? d->after : d->before;
    pond_object_put(&o, "type", pond_string_lit(pond_type_name(any->type)));
    if (d->after != NULL) {
        pond_object_put(&o, "path", pond_string(d->path_after));
        pond_object_put(&o, "version", pond_int(d->after->version));
    }
    if (d->before != NULL) {
        pond_object_put(&o, "path_before", pond_string(d->path_before));
        pond_object_put(&o, "version_before", pond_int(d->before->version));
    }
    return pond_object_build(&o);
}

void cli_log_record(cli_table *t, pond_arena *a, const pond_txn_row *txn,
                    const pond_change *changes, size_t n_changes) {
    char id[37];
    bool is_committed = txn->state == POND_TXN_COMMITTED;
    const int64_t counts[] = {txn->n_operations, txn->n_files, txn->n_directories};
    pond_value *values = POND_NEW_ARRAY(a, pond_value, n_changes);
    for (size_t i = 0; i < n_changes; i++)
        values[i] = change_value(a, &changes[i]);
    pond_id_text(&txn->id, id);
    cli_table_int(t, txn->seq);
    cli_table_text(t, pond_sv_of(id));
    cli_table_text(t, pond_sv_of(pond_txn_state_name(txn->state)));
    cli_table_text(t, txn->command);
    cli_table_time(t, txn->began_us);
    if (txn->ended_us > 0)
        cli_table_time(t, txn->ended_us);
    else
        cli_table_null(t);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (is_committed)
            cli_table_int(t, counts[i]);
        else
            cli_table_null(t);
    cli_table_text_or_null(t, txn->error);
    cli_table_value(t, pond_array(values, n_changes));
}
