// Finds out which nodes are due, and runs them.
#include "cli/run_all.h"

#include "base/time.h"
#include "cli/output.h"
#include "cli/running.h"
#include "factory/factory.h"
#include "store/runs.h"

#include <stdlib.h>

// Nodes -------------------------------------------------------------------------------------------

static pond_code look_at(cli *c, pond_session *s, cli_due *d, pond_err *err) {
    const pond_version *config;
    int64_t now_us = pond_now_us();
    pond_txn *t = pond_session_txn(s);
    POND_TRY(pond_store_latest(t, c->arena, d->node->id, &config, err));
    d->made_us = config == NULL ? now_us : config->created_us;
    POND_TRY(pond_store_last_run(t, c->arena, d->node->id, &d->last, err));
    d->why = POND_NEW(c->arena, pond_err);
    pond_err_clear(d->why);
    d->rc = pond_run_every(s, d->node, &d->every_us, d->why);
    if (d->rc != POND_OK || d->every_us == 0)
        return POND_OK;
    int64_t since_us = d->last == NULL ? 0 : now_us - d->last->began_us;
    d->is_due = d->last == NULL || since_us < 0 || since_us >= d->every_us - d->every_us / 10;
    int64_t good_us = d->last != NULL && d->last->good_us > 0 ? d->last->good_us : d->made_us;
    d->is_late = now_us - good_us > d->every_us && (now_us - good_us) / 2 > d->every_us;
    return POND_OK;
}

pond_code cli_find_due(cli *c, pond_session *s, cli_due_vec *out, pond_err *err) {
    pond_node_vec nodes;
    *out = (cli_due_vec){0};
    POND_TRY(pond_run_list(s, &nodes, err));
    for (size_t i = 0; i < nodes.n; i++) {
        cli_due *d = pond_vec_push(c->arena, out);
        *d = (cli_due){.node = nodes.items[i]};
        POND_TRY(look_at(c, s, d, err));
    }
    return POND_OK;
}

// Running -----------------------------------------------------------------------------------------

typedef struct due_paths {
    POND_VEC(pond_sv) paths;
    int lock_fd;
} due_paths;

static void print_failure(cli *c, pond_sv path, const pond_err *why) {
    cli_printf(c, "%.*s: failed\n", POND_SV_ARG(path));
    cli_print_error(c, why);
    c->exit_status = 1;
}

// What is due, and the lock for running it. The lock comes first: what another process has just run
// is not due any more.
static pond_code find_paths(cli *c, pond_session *s, due_paths *out, pond_err *err) {
    cli_due_vec all;
    POND_TRY(pond_session_open_pond(s, c->pond_dir, POND_TXN_READ, c->command_line, err));
    POND_TRY(pond_store_lock_runs(pond_session_store(s), c->command_line, &out->lock_fd, err));
    POND_TRY(cli_find_due(c, s, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        const cli_due *d = &all.items[i];
        if (d->rc != POND_OK)
            print_failure(c, d->node->path, d->why);
        else if (d->is_due)
            *pond_vec_push(c->arena, &out->paths) = pond_sv_dup(c->arena, d->node->path);
    }
    return POND_OK;
}

static void run_path(cli *c, pond_sv path, pond_err *why) {
    pond_sv did;
    const cli_running what = {path, NULL, 0};
    pond_err_clear(why);
    if (cli_run_node(c, &what, &did, why) == POND_OK)
        cli_printf(c, "%.*s: %.*s\n", POND_SV_ARG(path), POND_SV_ARG(did));
    else
        print_failure(c, path, why);
}

static void print_nothing(const cli *c) {
    if (c->exit_status == 0)
        cli_printf(c, "Nothing is due.\n");
}

pond_code cli_run_all(cli *c, pond_err *err) {
    due_paths due = {.lock_fd = -1};
    pond_session *s = pond_session_new(c->arena, pond_factory_open_stored);
    pond_code rc = find_paths(c, s, &due, err);
    cli_print_warnings_of(s);
    pond_session_close(s, NULL);
    pond_err *why = pond_xmalloc(sizeof *why);
    for (size_t i = 0; rc == POND_OK && i < due.paths.n; i++)
        run_path(c, due.paths.items[i], why);
    free(why);
    if (rc == POND_OK && due.paths.n == 0)
        print_nothing(c);
    pond_store_unlock_runs(due.lock_fd);
    return rc;
}
