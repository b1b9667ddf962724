// Finds the files that left Delta tables, decides how long each one stays, and removes those that
// are overdue.
#include "export/delta/retain.h"

#include "export/delta/slots.h"
#include "export/delta/tables.h"

#include <sys/stat.h>

// Planning ----------------------------------------------------------------------------------------

static int64_t now_in_ms(void) {
    return pond_now_us() / POND_US_PER_MS;
}

// A time that is not over yet, of a clock that was wrong or of a file that somebody edited, counts
// as now: nothing stays for ever.
static int64_t not_after(int64_t t_ms, int64_t now_ms) {
    return t_ms < 0 ? 0 : t_ms > now_ms ? now_ms : t_ms;
}

static bool is_overdue(int64_t removed_ms, const export_table *t, int64_t now_ms) {
    return now_ms - removed_ms >= t->retain_ms;
}

static const char *why_overdue(const export_run *run, int64_t removed_ms) {
    char text[40];
    pond_time_format(removed_ms * POND_US_PER_MS, text);
    return pond_printf(run->arena, "left its table at %s, longer ago than --retain", text);
}

static const char *why_retained(const export_run *run, const export_table *t, int64_t now_ms) {
    char text[40];
    int64_t until_us;
    if (__builtin_mul_overflow(now_ms + t->retain_ms, POND_US_PER_MS, &until_us))
        return "leaves its table; stays";
    pond_time_format(until_us, text);
    return pond_printf(run->arena, "leaves its table; stays until %s", text);
}

static export_retained *add(export_run *run, pond_sv file, export_table *t, int64_t removed_ms) {
    export_retained *r = pond_vec_push(run->arena, &run->retained);
    *r = (export_retained){.file = file, .table = t, .removed_ms = removed_ms};
    return r;
}

// A file that goes at once, whatever --keep-stale says about others.
static void plan_removal(export_run *run, pond_sv file, const char *why) {
    export_retained *r = add(run, file, NULL, 0);
    r->is_overdue = true;
    r->why = why;
}

// A file that an earlier run retained, and whose table this one neither makes nor keeps.
static void plan_orphan(export_run *run, pond_sv file, export_outputs *stale) {
    static const char why[] = "its table is no longer made";
    if (run->options->keep_stale)
        plan_removal(run, file, why);
    else
        *export_outputs_add(run->arena, stale) = (export_output){
            .record = {.file = file, .rows = -1}, .state = POND_EXPORT_STALE, .why = why};
}

// Files that an earlier run retained. One that this run makes again is a file of its table again. A
// table that --keep-stale keeps is kept as it is.
static void plan_known(export_run *run, const pond_map *made, int64_t now_ms,
                       export_outputs *stale) {
    const pond_map *known = &run->before->retained;
    for (size_t i = 0; i < known->n; i++) {
        const export_retained *old = known->entries[i].value;
        if (pond_map_get(made, old->file) != NULL)
            continue;
        export_table *t = delta_table_of(&run->tables, old->file);
        int64_t removed_ms = not_after(old->removed_ms, now_ms);
        if (t == NULL) {
            plan_orphan(run, old->file, stale);
            continue;
        }
        export_retained *r = add(run, old->file, t, removed_ms);
        r->is_overdue = t->target != NULL && is_overdue(removed_ms, t, now_ms);
        r->why = why_overdue(run, removed_ms);
    }
}

// A file of an earlier run that this one does not make. False: it is an ordinary stale file.
static bool plan_stale(export_run *run, const export_output *o, int64_t now_ms) {
    export_table *t = delta_table_of(&run->tables, o->record.file);
    const manifest_file *f = manifest_find(run->before, o->record.file);
    if (t == NULL || t->target == NULL || pond_map_get(&run->before->tables, t->root) == NULL) {
        // The tables had another format. No log has the file any more, or none had it.
        bool is_kept_in_vain = f != NULL && f->is_superseded && run->options->keep_stale;
        if (is_kept_in_vain)
            plan_removal(run, o->record.file, "replaced by a file of another name");
        return is_kept_in_vain;
    }
    if (f != NULL && delta_keeps_stale(run, t, f))
        return false;
    t->has_stale = true;
    export_retained *r = add(run, o->record.file, t, now_ms);
    r->is_new = true;
    r->is_overdue = is_overdue(now_ms, t, now_ms);
    r->why = f == NULL ? o->why : r->is_overdue ? "leaves its table" : why_retained(run, t, now_ms);
    return true;
}

void delta_retain_plan(export_run *run, export_outputs *stale) {
    int64_t now_ms = now_in_ms();
    size_t n = 0;
    pond_map made;
    delta_keep(run);
    pond_map_init(&made, run->arena);
    for (size_t i = 0; i < run->outputs.n && run->before->retained.n > 0; i++)
        *pond_map_at(&made, run->outputs.items[i]->record.file, NULL) = run;
    for (size_t i = 0; i < stale->n; i++)
        if (!plan_stale(run, stale->items[i], now_ms))
            stale->items[n++] = stale->items[i];
    stale->n = n;
    plan_known(run, &made, now_ms, stale);
}

bool delta_keeps_stale(const export_run *run, const export_table *t, const manifest_file *f) {
    int n_periods = t->target->is_partitioned ? run->options->n_periods : 0, n_found = 0;
    pond_sv path = pond_sv_sub(f->output.record.file, t->root.n + 1, f->output.record.file.n);
    for (size_t i = 0; i < path.n; i++)
        n_found += path.p[i] == '/';
    return run->options->keep_stale && !f->is_superseded && n_found == n_periods;
}

// What the log says -------------------------------------------------------------------------------

static pond_sv path_in(const export_table *t, pond_sv file) {
    return pond_sv_sub(file, t->root.n + 1, file.n);
}

static void settle_file(const export_run *run, export_retained *r, const delta_state *before,
                        int64_t now_ms) {
    pond_sv path = path_in(r->table, r->file);
    const pond_value *gone = pond_map_get(&before->removed, path);
    bool is_forgotten = false;
    if (pond_map_get(&before->files, path) != NULL)
        r->removed_ms = now_ms; // by this commit
    else if (gone != NULL)
        r->removed_ms = not_after(pond_get_int(*gone, "deletionTimestamp", 0), now_ms);
    else
        is_forgotten = r->is_new || before->version < 0; // no version of this log ever had it
    r->is_overdue = is_forgotten || is_overdue(r->removed_ms, r->table, now_ms);
    if (r->is_overdue && !r->is_new)
        r->why = is_forgotten ? "its table's log is gone" : why_overdue(run, r->removed_ms);
}

static bool is_there(const export_run *run, pond_sv file) {
    struct stat st;
    return pond_below_stat(&run->dir.root, pond_cstr(run->arena, file), &st) && S_ISREG(st.st_mode);
}

// Files that the log removed and that no manifest lists: of a run that was killed, or of a
// directory whose .pond was lost. They are recognised by their names.
static void adopt(export_run *run, export_table *t, const delta_state *before, int64_t now_ms) {
    pond_map known;
    pond_map_init(&known, run->arena);
    for (size_t i = 0; i < run->retained.n; i++)
        if (run->retained.items[i].table == t)
            *pond_map_at(&known, run->retained.items[i].file, NULL) = run;
    for (size_t i = 0; i < t->target->outputs.n; i++)
        *pond_map_at(&known, t->target->outputs.items[i]->record.file, NULL) = run;
    for (size_t i = 0; i < before->removed.n; i++) {
        const pond_map_entry *e = &before->removed.entries[i];
        if (e->value == NULL || !delta_is_our_name(e->key))
            continue;
        pond_sv file = pond_svf(run->arena, "%.*s/%.*s", POND_SV_ARG(t->root), POND_SV_ARG(e->key));
        if (pond_map_get(&known, file) != NULL || !is_there(run, file))
            continue;
        int64_t removed_ms =
            not_after(pond_get_int(*(const pond_value *)e->value, "deletionTimestamp", 0), now_ms);
        export_retained *r = add(run, file, t, removed_ms);
        r->is_overdue = is_overdue(removed_ms, t, now_ms);
        r->why = why_overdue(run, removed_ms);
    }
}

void delta_retain_settle(export_run *run, export_table *t, const delta_state *before,
                         int64_t now_ms) {
    for (size_t i = 0; i < run->retained.n; i++)
        if (run->retained.items[i].table == t)
            settle_file(run, &run->retained.items[i], before, now_ms);
    adopt(run, t, before, now_ms);
}

// Removing ----------------------------------------------------------------------------------------

pond_code delta_retain_remove(export_run *run, pond_err *err) {
    const pond_below *root = &run->dir.root;
    for (size_t i = 0; i < run->retained.n; i++) {
        const export_retained *r = &run->retained.items[i];
        if (!r->is_overdue)
            continue;
        const char *name = pond_cstr(run->arena, r->file);
        POND_TRY_CTX(pond_below_remove(root, name, err), err, "a file that left its Delta table");
        pond_below_prune(root, name);
    }
    return POND_OK;
}
