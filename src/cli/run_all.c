// Finds out which nodes are due, and runs them.
#include "cli/run_all.h"

#include "base/time.h"
#include "cli/output.h"
#include "cli/running.h"
#include "factory/factory.h"
#include "store/runs.h"

#include <stdlib.h>

// Nodes -------------------------------------------------------------------------------------------

// How long after the beginning of its last run a node is to be run again.
static int64_t wait_of(const cli_due *d) {
    static const int64_t first_us = INT64_C(600) * POND_US_PER_S;
    int64_t every_us = d->schedule.every_us;
    if (d->last->is_good)
        return every_us;
    int64_t failing_us = d->last->began_us - d->last->failed_us;
    int64_t wait_us = failing_us > first_us ? failing_us : first_us;
    return wait_us < every_us ? wait_us : every_us;
}

// A last run in the future was before the clock was set back.
static void find_next_run(cli_due *d, int64_t now_us) {
    d->next_us = now_us;
    d->is_due = true;
    if (d->last == NULL || d->last->began_us > now_us)
        return;
    int64_t wait_us = wait_of(d), since_us = d->last->began_us;
    wait_us -= wait_us / 10;
    d->next_us = wait_us > INT64_MAX - since_us ? INT64_MAX : since_us + wait_us;
    d->is_due = d->next_us <= now_us;
}

static pond_code look_at(cli *c, pond_session *s, cli_due *d, pond_err *err) {
    const pond_version *config;
    int64_t now_us = pond_now_us();
    pond_txn *t = pond_session_txn(s);
    POND_TRY(pond_store_latest(t, c->arena, d->node->id, &config, err));
    d->made_us = config == NULL ? now_us : config->created_us;
    POND_TRY(pond_store_last_run(t, c->arena, d->node->id, &d->last, err));
    d->why = POND_NEW(c->arena, pond_err);
    pond_err_clear(d->why);
    d->rc = pond_run_schedule(s, d->node, &d->schedule, d->why);
    if (d->rc != POND_OK)
        return POND_OK;
    int64_t every_us = d->schedule.every_us, stale_us = d->schedule.stale_us;
    int64_t good_us = d->last != NULL && d->last->good_us > 0 ? d->last->good_us : d->made_us;
    int64_t stored_us = d->last != NULL && d->last->stored_us > 0 ? d->last->stored_us : d->made_us;
    d->is_stale = stale_us > 0 && now_us - stored_us > stale_us;
    if (every_us == 0)
        return POND_OK;
    find_next_run(d, now_us);
    d->is_late = now_us - good_us > every_us && (now_us - good_us) / 2 > every_us;
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
    pond_code rc = cli_run_node(c, &what, &did, why);
    if (rc == POND_OK) {
        cli_printf(c, "%.*s: %.*s\n", POND_SV_ARG(path), POND_SV_ARG(did));
        return;
    }
    (void)pond_wrap(why, rc, "%.*s", POND_SV_ARG(path)); // standard error alone says which node
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
