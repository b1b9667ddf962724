// Finds nodes that can be run, reads their configs and calls their actions.
#include "factory/run.h"

#include "base/file.h"
#include "base/time.h"
#include "factory/config.h"
#include "factory/factory.h"

// Finding -----------------------------------------------------------------------------------------

// With the nearest directory or name, as of any other path.
static pond_code fail_missing(pond_session *s, pond_sv path, const pond_err *why, pond_err *err) {
    pond_sv above = path;
    bool has_parent = !pond_path_up(&above) || above.n == 0 ||
                      pond_sv_eq(pond_fs_nearest_dir(pond_session_fs(s), path), above);
    pond_fail(err, POND_ERR_NOT_FOUND, "%s: %.*s",
              has_parent ? "Configuration file not found" : "Failed to resolve path",
              POND_SV_ARG(path));
    pond_err_detail(err, "%s", why->detail);
    return POND_ERR_NOT_FOUND;
}

static pond_code find_short(pond_session *s, pond_sv name, pond_report *report,
                            const pond_node **out, pond_err *err) {
    static const char *const dirs[] = {"/system/run", "/system/etc"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        pond_sv path = pond_svf(pond_session_arena(s), "%s/%.*s", dirs[i], POND_SV_ARG(name));
        pond_code rc = pond_fs_resolve(pond_session_fs(s), path, true, out, NULL);
        if (rc == POND_OK) {
            pond_report_say(report, "Resolved short name '%.*s' -> '%.*s'", POND_SV_ARG(name),
                            POND_SV_ARG(path));
            return POND_OK;
        }
        if (rc != POND_ERR_NOT_FOUND)
            POND_TRY(pond_fs_resolve(pond_session_fs(s), path, true, out, err));
    }
    pond_fail(err, POND_ERR_NOT_FOUND, "Configuration file not found: %.*s", POND_SV_ARG(name));
    pond_err_detail(err, "  a name without '/' at its start is looked up as %s/%.*s and %s/%.*s",
                    dirs[0], POND_SV_ARG(name), dirs[1], POND_SV_ARG(name));
    return POND_ERR_NOT_FOUND;
}

static const pond_factory *executable_of(const pond_node *node) {
    const pond_factory *f = node->factory.n == 0 ? NULL : pond_factory_find(node->factory);
    return f != NULL && f->n_actions > 0 ? f : NULL;
}

static pond_code check_executable(const pond_node *node, pond_err *err) {
    const pond_factory *f;
    if (!pond_type_is_dynamic(node->type) || node->factory.n == 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "Configuration file has no associated factory: %.*s",
                         POND_SV_ARG(node->path));
    POND_TRY(pond_factory_get(node->factory, NULL, &f, err));
    if (executable_of(node) == NULL)
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "Execution failed for factory '%s': Factory '%s' does not support "
                         "execution; '%.*s' is read, with `pond cat` or `pond list`",
                         f->name, f->name, POND_SV_ARG(node->path));
    if (!node->is_stored)
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%.*s' is computed: only a node that mknod has made can be run",
                         POND_SV_ARG(node->path));
    return POND_OK;
}

pond_code pond_run_find(pond_session *s, pond_sv path, pond_report *report, const pond_node **out,
                        pond_err *err) {
    pond_err why;
    pond_err_clear(&why);
    if (!pond_sv_starts(path, POND_SV("/")))
        POND_TRY(find_short(s, path, report, out, err));
    else if (pond_fs_resolve(pond_session_fs(s), path, true, out, &why) == POND_ERR_NOT_FOUND)
        return fail_missing(s, path, &why, err);
    else
        POND_TRY(pond_fs_resolve(pond_session_fs(s), path, true, out, err));
    return check_executable(*out, err);
}

pond_code pond_run_list(pond_session *s, pond_node_vec *out, pond_err *err) {
    pond_fs *fs = pond_session_fs(s);
    pond_node_vec top, all;
    *out = (pond_node_vec){0};
    POND_TRY(pond_fs_list(fs, pond_fs_root(fs), &top, err));
    for (size_t i = 0; i < top.n; i++) {
        POND_TRY(pond_fs_subtree(fs, top.items[i], &all, err));
        for (size_t k = 0; k < all.n; k++)
            if (executable_of(all.items[k]) != NULL)
                *pond_vec_push(pond_session_arena(s), out) = all.items[k];
    }
    return POND_OK;
}

// Actions -----------------------------------------------------------------------------------------

static const pond_action *find_action(const pond_factory *f, pond_sv name) {
    for (size_t i = 0; i < f->n_actions; i++)
        if (pond_sv_is(name, f->actions[i].name))
            return &f->actions[i];
    return NULL;
}

bool pond_run_only_reads(const pond_sv *args, size_t n_args) {
    bool is_known = false;
    for (size_t i = 0; n_args > 0 && i < pond_factory_count(); i++) {
        const pond_action *a = find_action(pond_factory_at(i), args[0]);
        if (a != NULL && !a->only_reads)
            return false;
        is_known |= a != NULL;
    }
    return is_known;
}

static void list_actions(const pond_factory *f, pond_err *err) {
    for (size_t i = 0; i < f->n_actions; i++) {
        const pond_action *a = &f->actions[i];
        pond_err_detail(err, "  %s%s%s: %s", a->name, a->args[0] == '\0' ? "" : " ", a->args,
                        a->summary);
    }
}

static pond_code choose_action(const pond_factory *f, const pond_sv *args, size_t n_args,
                               const pond_action **out, pond_err *err) {
    pond_code rc = POND_OK;
    *out = n_args > 0 ? find_action(f, args[0]) : f->wants_action ? NULL : &f->actions[0];
    size_t n = n_args > 0 ? n_args - 1 : 0;
    if (*out == NULL && n_args == 0)
        rc =
            pond_fail(err, POND_ERR_USAGE, "Command parse error: '%s' wants a subcommand", f->name);
    else if (*out == NULL)
        rc = pond_fail(err, POND_ERR_USAGE, "Command parse error: '%s' has no subcommand '%.*s'",
                       f->name, POND_SV_ARG(args[0]));
    else if (n < (*out)->min_args || n > (*out)->max_args)
        rc = pond_fail(err, POND_ERR_USAGE,
                       "Command parse error: '%s' of '%s' takes %s, not %zu argument%s",
                       (*out)->name, f->name, (*out)->max_args == 0 ? "no argument" : (*out)->args,
                       n, n == 1 ? "" : "s");
    if (rc != POND_OK)
        list_actions(f, err);
    return rc;
}

// Configs -----------------------------------------------------------------------------------------

static pond_code read_config(pond_session *s, const pond_node *node, const pond_conf **out,
                             pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    const pond_version *v;
    pond_buf raw = POND_BUF_EMPTY;
    pond_sv expanded;
    POND_TRY(pond_store_latest(pond_session_txn(s), a, node->id, &v, err));
    if (v == NULL)
        return pond_fail(err, POND_ERR_CORRUPT, "'%.*s' has no config", POND_SV_ARG(node->path));
    pond_code rc = pond_object_read(pond_session_store(s), &v->object, &raw, err);
    pond_sv text = pond_buf_keep(a, &raw);
    POND_TRY(rc);
    POND_TRY_CTX(pond_config_expand_env(a, text, pond_session_secrets(s), &expanded, err), err,
                 "Failed to expand environment variables in config '%.*s'",
                 POND_SV_ARG(node->path));
    return pond_conf_parse(a, expanded, pond_cstr(a, node->path), out, err);
}

static pond_code run_action(pond_session *s, const pond_node *node, const pond_sv *args,
                            size_t n_args, pond_report *report, pond_err *err) {
    const pond_factory *f = executable_of(node);
    const pond_action *action;
    pond_run run = {.session = s, .node = node, .report = report};
    POND_TRY(choose_action(f, args, n_args, &action, err));
    report->is_main = action == &f->actions[0];
    POND_TRY(read_config(s, node, &run.config, err));
    run.args = n_args > 0 ? args + 1 : NULL;
    run.n_args = n_args > 0 ? n_args - 1 : 0;
    POND_TRY_CTX(action->run(&run, err), err, "Execution failed for factory '%s'", f->name);
    return POND_OK;
}

pond_code pond_run_node(pond_session *s, const pond_node *node, const pond_sv *args, size_t n_args,
                        pond_report *report, pond_err *err) {
    report->arena = pond_session_arena(s);
    report->done = POND_SV("");
    report->secrets = pond_session_secrets(s);
    pond_code rc = run_action(s, node, args, n_args, report, err);
    if (rc != POND_OK)
        pond_secrets_hide_in_error(report->secrets, err);
    return rc;
}

static pond_code read_duration(const pond_conf *config, const char *key, int64_t *out,
                               pond_err *err) {
    const pond_conf *at = pond_conf_get(config, key);
    pond_err why;
    if (at == NULL || at->value.kind == POND_NULL)
        return POND_OK;
    if (pond_duration_parse(at->text, out, &why) != POND_OK)
        return pond_conf_fail(at, err, "%s", why.msg);
    return POND_OK;
}

static pond_code read_schedule(pond_session *s, const pond_node *node, pond_schedule *out,
                               pond_err *err) {
    const pond_conf *config;
    POND_TRY(read_config(s, node, &config, err));
    POND_TRY(read_duration(config, "every", &out->every_us, err));
    return read_duration(config, "stale_after", &out->stale_us, err);
}

pond_code pond_run_schedule(pond_session *s, const pond_node *node, pond_schedule *out,
                            pond_err *err) {
    *out = (pond_schedule){0};
    pond_code rc = read_schedule(s, node, out, err);
    if (rc != POND_OK)
        pond_secrets_hide_in_error(pond_session_secrets(s), err);
    return rc;
}
