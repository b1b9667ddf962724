// What all commands share: opening the pond, finding nodes, and the variables of -v.
#include "cli/cli.h"

#include "cli/at.h"
#include "cli/find.h"
#include "cli/mounts.h"
#include "cli/output.h"
#include "factory/factory.h"

pond_code cli_open_pond(cli *c, pond_txn_mode mode, pond_err *err) {
    if (c->is_open)
        return POND_OK;
    if (c->mounts.n > 0 && c->host == NULL)
        return pond_fail(err, POND_ERR_USAGE,
                         "--hostmount '%.*s' is shown in the tree of host URLs, and this command "
                         "reads the pond: write host+file:///PATTERN",
                         POND_SV_ARG(c->mounts.items[0]));
    POND_TRY(cli_find_pond(c, err));
    if (c->pond_dir == NULL) {
        pond_fail(err, POND_ERR_USAGE, "POND environment variable not set");
        pond_err_detail(err, "  name a pond: `export POND=/path/to/pond`, or --pond /path/to/pond; "
                             "the working directory is not in one");
        return POND_ERR_USAGE;
    }
    c->is_open = true; // even if opening fails: closing is safe then
    cli_trace(c, "opening the pond %s for %s", c->pond_dir,
              mode == POND_TXN_WRITE ? "writing" : "reading");
    pond_code rc = pond_session_open_pond(c->session, c->pond_dir, mode, c->command_line, err);
    if (rc == POND_ERR_NOT_FOUND)
        cli_explain_relative(c, err);
    POND_TRY(rc);
    return cli_look_back(c, err);
}

void cli_close_pond(cli *c) {
    cli_print_warnings(c);
    pond_session_close(c->session, NULL);
    c->session = pond_session_new(c->arena, pond_factory_open_stored);
    c->is_open = false;
}

pond_code cli_open_tree(cli *c, bool is_host, pond_err *err) {
    if (c->is_open)
        return POND_OK;
    if (!is_host)
        return cli_open_pond(c, POND_TXN_READ, err);
    if (c->at.is_given)
        return pond_fail(err, POND_ERR_USAGE,
                         "--at shows a pond as it was; files of the host have no history");
    c->is_open = true;
    return cli_mount_host(c, c->session, err);
}

static void keep_failure(void *user, const pond_err *why) {
    cli *c = user;
    pond_session_warn_of(c->session, why);
    if (c->exit_status == 0)
        c->exit_status = pond_code_exit_status(why->code);
}

bool cli_is_url(pond_sv text) {
    return pond_sv_find(text, POND_SV("://")) >= 0 || pond_sv_starts(text, POND_SV("host+"));
}

pond_code cli_check_prefix(cli *c, const pond_url *url, const pond_glob *glob, pond_err *err) {
    const pond_node *dir;
    if (!url->is_host || glob->n_wildcards == 0)
        return POND_OK;
    return pond_fs_resolve(pond_session_fs(c->session), pond_glob_prefix(c->arena, glob), true,
                           &dir, err);
}

pond_code cli_find_nodes(cli *c, const pond_url *pattern, pond_match_vec *out, pond_err *err) {
    pond_glob glob;
    const pond_fs_search search = {
        .glob = &glob, .failed = keep_failure, .user = c, .has_no_captures = true};
    POND_TRY(cli_open_tree(c, pattern->is_host, err));
    POND_TRY(pond_glob_parse(c->arena, pattern->path, &glob, err));
    POND_TRY(cli_check_prefix(c, pattern, &glob, err));
    pond_code rc = pond_fs_find(pond_session_fs(c->session), c->arena, &search, out, err);
    cli_trace(c, "%zu nodes match %.*s", out->n, POND_SV_ARG(pattern->path));
    return rc;
}

pond_value cli_vars(const cli *c) {
    pond_entry *e = POND_NEW_ARRAY(c->arena, pond_entry, c->vars.n);
    for (size_t i = 0; i < c->vars.n; i++) {
        pond_sv v = c->vars.items[i];
        ptrdiff_t equals = pond_sv_find_char(v, '=');
        e[i] = (pond_entry){pond_sv_sub(v, 0, (size_t)equals),
                            pond_string(pond_sv_sub(v, (size_t)equals + 1, v.n))};
    }
    return pond_object_sorted(e, c->vars.n);
}
