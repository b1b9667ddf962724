// The cells of a node.
#include "cli/node_record.h"

void cli_node_cells(cli_table *t, const pond_node *n) {
    char id[37];
    bool has_size = !pond_type_is_dir(n->type) && n->type != POND_T_SYMLINK && n->size_bytes >= 0;
    cli_table_text(t, n->path);
    cli_table_text(t, pond_sv_of(pond_type_name(n->type)));
    if (has_size && cli_node_is_kept(n))
        cli_table_int(t, n->size_bytes);
    else
        cli_table_null(t);
    if (n->is_stored)
        cli_table_int(t, n->version);
    else
        cli_table_null(t);
    if (cli_node_is_kept(n))
        cli_table_time(t, n->modified_us);
    else
        cli_table_null(t);
    cli_table_text_or_null(t, n->factory);
    cli_table_text_or_null(t, n->link);
    pond_id_text(&n->id, id);
    cli_table_text_or_null(t, n->host_path != NULL ? POND_SV("") : pond_sv_of(id));
}
