// Delta tables: finds the tables that an export makes, and removes those that it no longer makes.
#include "export/delta/tables.h"

#include "export/delta/log.h"
#include "export/manifest.h"

// Tables ------------------------------------------------------------------------------------------

export_table *delta_table_of(const pond_map *tables, pond_sv file) {
    while (pond_path_up(&file)) {
        export_table *t = pond_map_get(tables, file);
        if (t != NULL)
            return t;
    }
    return NULL;
}

int64_t delta_retain_ms(const pond_export_options *o) {
    return o->retain_us == 0  ? POND_RETAIN_DEFAULT_US / POND_US_PER_MS
           : o->retain_us < 0 ? 0
                              : o->retain_us / POND_US_PER_MS;
}

static pond_sv root_of(const export_target *t) {
    return t->is_partitioned ? t->place
                             : pond_sv_sub(t->place, 0, (size_t)pond_sv_rfind_char(t->place, '/'));
}

static pond_code add_table(export_run *run, const export_target *t, pond_err *err) {
    export_table *table = POND_NEW(run->arena, export_table);
    *table = (export_table){
        .root = root_of(t), .target = t, .version = -1, .retain_ms = delta_retain_ms(run->options)};
    bool is_new;
    void **at = pond_map_at(&run->tables, table->root, &is_new);
    if (!is_new)
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' and '%.*s' would both be the Delta table '%.*s'",
                         POND_SV_ARG(((const export_table *)*at)->target->node->path),
                         POND_SV_ARG(t->node->path), POND_SV_ARG(table->root));
    *at = table;
    return POND_OK;
}

pond_code delta_plan(export_run *run, pond_err *err) {
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++)
            if (run->stages[i].targets[j].relation != NULL)
                POND_TRY(add_table(run, &run->stages[i].targets[j], err));
    return POND_OK;
}

bool delta_has_new(const export_run *run) {
    for (size_t i = 0; i < run->tables.n; i++)
        if (pond_map_get(&run->before->tables, run->tables.entries[i].key) == NULL)
            return true;
    return false;
}

pond_code delta_check_foreign(const export_run *run, pond_err *err) {
    for (size_t i = 0; i < run->tables.n && !run->options->force; i++) {
        const export_table *t = run->tables.entries[i].value;
        delta_log log = delta_log_of(run, run->arena, t->root);
        if (pond_map_get(&run->before->tables, t->root) == NULL &&
            pond_below_exists(log.root, log.name))
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%s' was not written by an export, and the log of '%.*s' must go "
                             "there; move it away, or add --force to continue it",
                             log.dir, POND_SV_ARG(t->target->node->path));
    }
    return POND_OK;
}

// Dropping ----------------------------------------------------------------------------------------

// Whether this run puts files into the table's directory.
static bool is_in_use(const export_run *run, pond_sv root) {
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++)
            if (run->stages[i].targets[j].relation != NULL &&
                pond_sv_eq(run->stages[i].targets[j].place, root))
                return true;
    return false;
}

// The log is removed as a whole, by one rename: a log that has lost some versions is damaged.
static pond_code drop_table(export_run *run, export_table *t, pond_err *err) {
    const pond_below *root = &run->dir.root;
    const char *log_dir = delta_log_of(run, run->arena, t->root).name;
    const char *away = export_dir_name(&run->dir, export_dir_tmp_path(&run->dir, ".dropped"));
    if (!pond_below_exists(root, log_dir))
        return POND_OK;
    POND_TRY_CTX(pond_below_rename(root, log_dir, root, away, err), err,
                 "removing a Delta log that is no longer needed");
    pond_below_prune(root, log_dir);
    return POND_OK;
}

void delta_keep(export_run *run) {
    for (size_t i = 0; run->options->keep_stale && i < run->before->tables.n; i++) {
        export_table *t = run->before->tables.entries[i].value;
        if (pond_map_get(&run->tables, t->root) == NULL && !is_in_use(run, t->root))
            *pond_map_at(&run->tables, t->root, NULL) = t;
    }
}

pond_code delta_drop(export_run *run, pond_err *err) {
    for (size_t i = 0; i < run->before->tables.n; i++) {
        export_table *t = run->before->tables.entries[i].value;
        if (pond_map_get(&run->tables, t->root) == NULL)
            POND_TRY(drop_table(run, t, err));
    }
    return POND_OK;
}
