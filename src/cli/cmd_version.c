// --version: the versions of pond, of its query engine and of its catalog. It is an option, so the
// table of commands does not list it.
#include "cli/output.h"

static pond_code run_version(cli *c, pond_err *err) {
    (void)err;
    pond_err missing = {0};
    bool is_loaded = pond_engine_load(&missing) == POND_OK;
    cli_printf(c, "pond %s (DuckDB %s%s, SQLite %s)\n", POND_VERSION, pond_engine_version() + 1,
               is_loaded ? "" : " could not be loaded", pond_store_sqlite_version());
    if (!is_loaded)
        pond_err_print(&missing, "pond", stderr);
    return POND_OK;
}

const cli_command cli_version = {
    .name = "version",
    .args = "",
    .pond = CLI_NO_POND,
    .run = run_version,
};
