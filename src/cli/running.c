// Runs a node: opens the pond, calls the factory, commits, and remembers how it ended.
#include "cli/running.h"

#include "base/time.h"
#include "cli/output.h"
#include "factory/factory.h"
#include "store/runs.h"

#include <stdlib.h>
#include <sys/resource.h>

typedef struct running {
    cli *c;
    const cli_running *what;
    pond_session *session;
    // Of the node, once it is found; they outlive the session.
    bool is_found;
    pond_id node;
    pond_sv path, factory;
    pond_report report;
    int64_t began_us;
    bool only_reads;
} running;

// What a run says ---------------------------------------------------------------------------------

static void say(void *user, pond_sv line) {
    cli_report(user, "%.*s\n", POND_SV_ARG(line));
}

static void warn(void *user, pond_sv line) {
    cli_eprintf(user, "%.*s\n", POND_SV_ARG(line));
}

static void print(void *user, pond_sv line) {
    cli_printf(user, "%.*s\n", POND_SV_ARG(line));
}

static double peak_mb(void) {
    struct rusage used;
    return getrusage(RUSAGE_SELF, &used) == 0 ? (double)used.ru_maxrss / 1024 : 0;
}

// The line that programs look for which watch over a pond: fields with two blanks between them.
static void print_summary(const running *r, pond_code rc) {
    pond_buf args = POND_BUF_EMPTY, shown = POND_BUF_EMPTY;
    for (size_t i = 0; i < r->what->n_args; i++) {
        pond_buf_str(&args, i == 0 ? "" : ", ");
        pond_json_string(&args, r->what->args[i]);
    }
    pond_secrets_hide(r->report.secrets, pond_buf_view(&args), &shown);
    pond_sv path = r->is_found ? r->path : r->what->path,
            factory = r->is_found ? r->factory : POND_SV("-");
    cli_report(r->c,
               "Run summary  path=%.*s  factory=%.*s  args=[%.*s]  elapsed_s=%.3f  "
               "peak_mem_mb=%.2f  outcome=%s\n",
               POND_SV_ARG(path), POND_SV_ARG(factory), POND_SV_ARG(pond_buf_view(&shown)),
               (double)(pond_now_us() - r->began_us) / POND_US_PER_S, peak_mb(),
               rc == POND_OK ? "ok" : "err");
    pond_buf_free(&args);
    pond_buf_free(&shown);
}

// What is remembered ------------------------------------------------------------------------------

static void note_good(const running *r, pond_run_row *now) {
    now->good_us = r->began_us;
    now->failed_us = 0;
    now->is_good = true;
    now->said = r->report.done;
    if (pond_txn_has_stored(pond_session_txn(r->session)))
        now->stored_us = r->began_us;
}

static void note_failure(const running *r, const pond_err *failed, pond_run_row *now) {
    char line[POND_ERR_LINE];
    pond_err_line(failed, line);
    now->is_good = false;
    now->said = pond_sv_dup(r->c->arena, pond_sv_of(line));
    // If the clock went back, it has failed since the present time: no time is in the future.
    if (now->failed_us == 0 || now->failed_us > r->began_us)
        now->failed_us = r->began_us;
}

static void note_warnings(const running *r, pond_run_row *now) {
    if (r->report.n_warnings == 0)
        return;
    now->warned_us = r->began_us;
    now->warnings = pond_buf_view(&r->report.warnings);
}

// `failed` is NULL for a good run.
static pond_code remember(const running *r, const pond_err *failed, pond_err *err) {
    const pond_run_row *last;
    pond_txn *t = pond_session_txn(r->session);
    POND_TRY(pond_store_last_run(t, r->c->arena, r->node, &last, err));
    pond_run_row now = last == NULL ? (pond_run_row){.warnings = POND_SV("")} : *last;
    now.began_us = r->began_us;
    now.ended_us = pond_now_us();
    if (failed == NULL)
        note_good(r, &now);
    else
        note_failure(r, failed, &now);
    note_warnings(r, &now);
    return pond_store_set_last_run(t, r->node, &now, err);
}

static pond_code open_session(running *r, pond_err *err) {
    r->session = pond_session_new(r->c->arena, pond_factory_open_stored);
    POND_TRY(pond_session_open_pond(r->session, r->c->pond_dir,
                                    r->only_reads ? POND_TXN_READ : POND_TXN_WRITE,
                                    r->c->command_line, err));
    pond_txn_be_quiet(pond_session_txn(r->session));
    return POND_OK;
}

static void close_session(running *r, const pond_err *err) {
    cli_print_warnings_of(r->session);
    pond_session_close(r->session, err);
}

// In a transaction of its own, since that of the run is taken back. A pond that cannot be written
// now has another error to tell.
static void remember_failure(running *r, const pond_err *failed) {
    if (open_session(r, NULL) == POND_OK && remember(r, failed, NULL) == POND_OK) {
        pond_code rc = pond_session_commit(r->session, NULL);
        (void)rc;
    }
    close_session(r, NULL);
}

// Running -----------------------------------------------------------------------------------------

static pond_code run(running *r, pond_err *err) {
    const pond_node *node;
    POND_TRY(open_session(r, err));
    POND_TRY(pond_run_find(r->session, r->what->path, &r->report, &node, err));
    r->is_found = true;
    r->node = node->id;
    r->path = pond_sv_dup(r->c->arena, node->path);
    r->factory = pond_sv_dup(r->c->arena, node->factory);
    POND_TRY(pond_run_node(r->session, node, r->what->args, r->what->n_args, &r->report, err));
    if (r->report.is_main)
        POND_TRY(remember(r, NULL, err));
    return pond_session_commit(r->session, err);
}

pond_code cli_run_node(cli *c, const cli_running *what, pond_sv *did, pond_err *err) {
    running r = {.c = c, .what = what, .began_us = pond_now_us()};
    r.report =
        (pond_report){.say = say, .warn = warn, .print = print, .user = c, .arena = c->arena};
    r.only_reads = pond_run_only_reads(what->args, what->n_args);
    pond_err *why = pond_xmalloc(sizeof *why);
    pond_err_clear(why);
    pond_code rc = run(&r, why);
    close_session(&r, rc == POND_OK ? NULL : why);
    if (rc != POND_OK && r.report.is_main)
        remember_failure(&r, why);
    print_summary(&r, rc);
    *did = r.report.done;
    if (rc != POND_OK && err != NULL)
        *err = *why;
    free(why);
    pond_report_free(&r.report);
    return rc;
}
