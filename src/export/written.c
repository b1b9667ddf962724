// Finds the files of a relation among the targets of the stages that are made.
#include "export/written.h"

static const export_target *find_target(const export_written *w, const pond_relation *r) {
    for (size_t i = 0; i < w->n_stages; i++) {
        const export_stage *s = &w->run->stages[i];
        for (size_t k = 0; k < s->n_targets; k++)
            if (s->targets[k].relation == r)
                return &s->targets[k];
    }
    return NULL;
}

bool export_find_written(void *user, const pond_relation *r, pond_buf *sql) {
    const export_written *w = user;
    const export_run *run = w->run;
    const export_target *t = find_target(w, r);
    if (t == NULL || t->outputs.n == 0 || !pond_range_is_all(run->options->range) ||
        run->options->tables != POND_TABLES_PARQUET)
        return false;
    pond_sv *files = POND_NEW_ARRAY(run->arena, pond_sv, t->outputs.n);
    for (size_t i = 0; i < t->outputs.n; i++) {
        const export_output *o = t->outputs.items[i];
        files[i] = pond_sv_of(o->tmp_path != NULL
                                  ? o->tmp_path
                                  : export_dir_file(&run->dir, run->arena, o->record.file));
    }
    pond_buf_str(sql, "SELECT * FROM ");
    pond_engine_sql_read_parquet(sql, files, t->outputs.n, true);
    return true;
}
