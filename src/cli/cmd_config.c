// config: the identity and the settings of a pond.
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/show.h"
#include "store/runs.h"

static pond_code print_config(cli *c, pond_err *err) {
    pond_setting_vec all;
    char id[37], when[32];
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    const pond_info *info = pond_store_info(pond_session_store(c->session));
    POND_TRY(pond_store_settings(pond_session_txn(c->session), c->arena, &all, err));
    pond_id_text(&info->id, id);
    cli_time(info->created_us, when);
    cli_printf(c, "Pond Configuration\n\nPond ID:        %s\nCreated:        %s UTC\n", id, when);
    cli_printf(c, "Created by:     %.*s\nBirthplace:     %.*s\n", POND_SV_ARG(info->created_by),
               POND_SV_ARG(info->birthplace));
    cli_printf(c, "\nFactory Modes:\n  (none configured)\n\nSettings:\n");
    for (size_t i = 0; i < all.n; i++) {
        const pond_setting *s = &all.items[i];
        cli_printf(c, "  %-20s %.*s\n", pond_printf(c->arena, "%.*s:", POND_SV_ARG(s->key)),
                   POND_SV_ARG(s->value));
    }
    if (all.n == 0)
        cli_printf(c, "  (none configured)\n");
    return POND_OK;
}

static pond_code set_config(cli *c, pond_sv key, pond_sv value, pond_err *err) {
    if (key.n == 0 || pond_utf8_find_bad(key) >= 0 || pond_utf8_find_bad(value) >= 0)
        return pond_fail(err, POND_ERR_USAGE,
                         "a key of `config set` has a name, and key and value "
                         "are UTF-8");
    POND_TRY(cli_open_pond(c, POND_TXN_WRITE, err));
    pond_txn_be_quiet(pond_session_txn(c->session)); // settings are no content
    POND_TRY(pond_store_set_setting(pond_session_txn(c->session), key, value, err));
    cli_printf(c, "[OK] Set '%.*s' = '%.*s'\n", POND_SV_ARG(key), POND_SV_ARG(value));
    return POND_OK;
}

static pond_code run_config(cli *c, pond_err *err) {
    if (c->n_args == 0)
        return print_config(c, err);
    if (c->n_args == 3 && pond_sv_is(c->args[0], "set"))
        return set_config(c, c->args[1], c->args[2], err);
    return pond_fail(err, POND_ERR_USAGE, "config takes nothing, or: set KEY VALUE");
}

const cli_command cli_config = {
    .name = "config",
    .args = "[set KEY VALUE]",
    .max_args = 3,
    .pond = CLI_NO_POND,
    .summary = "Show or change the settings of this copy of the pond",
    .details = "Any key is taken. Settings have no history, and are no transaction.",
    .example = "pond config set owner harbour",
    .run = run_config,
};
