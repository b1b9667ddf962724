// units: which units of work a stage has, which of them stand as the last run made them, and which
// share work.
#include "export/internal.h"

#include <inttypes.h>

// Beyond this many possible partitions, those that have rows are asked for instead of trying each.
enum { MAX_CANDIDATES = 20000 };

// A table of about this size is shared by neighbouring partitions of a stored series whose rows
// have to be sorted, so that a row group of the source that reaches over several of them is decoded
// once. Larger would save little and cost memory in each worker.
enum { SHARED_BYTES = 32 << 20 };

// Partitions
// ---------------------------------------------------------------------------------------------

static pond_sv partition_file(pond_arena *a, const pond_target *t, int n_units, int64_t start_us) {
    pond_civil c = pond_civil_from_us(start_us);
    const int64_t values[POND_N_UNITS] = {c.year, c.month, c.day, c.hour, c.minute, c.second};
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_sv(&b, t->place);
    for (int i = 0; i < n_units; i++)
        pond_buf_printf(&b, "/%s=%" PRId64, pond_unit_name((pond_unit)i), values[i]);
    pond_buf_str(&b, "/data.parquet");
    pond_sv file = pond_sv_dup(a, pond_buf_view(&b));
    pond_buf_free(&b);
    return file;
}

int64_t export_ms(int64_t t_us) {
    return t_us >= 0 ? t_us / 1000 : -((-t_us + 999) / 1000);
}

pond_output export_partition(export_run *run, const pond_target *t, int64_t start_us,
                             pond_sha256 fingerprint) {
    int n_units = run->options->n_units;
    return (pond_output){
        .file = partition_file(run->arena, t, n_units, start_us),
        .has_times = true,
        .start_ms = export_ms(start_us),
        .end_ms = export_ms(pond_next(start_us, (pond_unit)(n_units - 1))),
        .fingerprint = fingerprint,
    };
}

// Planning
// ---------------------------------------------------------------------------------------------

// Everything that an output's bytes depend on beside the rows' sources.
static pond_code fingerprint(export_run *run, pond_target *t, pond_range range, pond_sha256 *out,
                             pond_err *err) {
    pond_sha256 rows;
    POND_TRY(pond_relation_fingerprint(run->session, t->relation, range, &rows, err));
    int64_t args[4] = {run->options->range.lo_us, run->options->range.hi_us, run->options->n_units,
                       t->is_partitioned};
    pond_hasher *h = pond_hasher_new();
    pond_hasher_part(h, (pond_sv){(const char *)rows.bytes, sizeof rows.bytes});
    pond_hasher_part(h, (pond_sv){(const char *)args, sizeof args});
    pond_hasher_part(
        h, pond_sv_of(run->options->program)); // another version may write the same rows otherwise
    *out = pond_hasher_finish(h);
    return POND_OK;
}

// Whether all that the last run made of the target still stands; its outputs are then this run's.
static bool reuse_target(export_run *run, pond_target *t) {
    const manifest_target *before = pond_map_get(&run->before->targets, t->place);
    if (run->options->is_rebuild || before == NULL ||
        memcmp(&before->fingerprint, &t->fingerprint, 32) != 0)
        return false;
    for (size_t i = 0; i < before->n_outputs; i++)
        if (manifest_valid(run, before->outputs[i]->output.file) == NULL)
            return false;
    t->inputs = before->inputs;
    t->is_kept = true;
    for (size_t i = 0; i < before->n_outputs; i++)
        export_keep(before->outputs[i], pond_vec_push(run->arena, &t->outputs));
    return true;
}

// A partition that stands as the last run made it is a finished unit.
static pond_code plan_partition(export_run *run, pond_target *t, pond_range range, int64_t start_us,
                                export_units *units, pond_err *err) {
    export_unit u = {.target = t, .range = range, .start_us = start_us};
    POND_TRY(fingerprint(run, t, range, &u.fingerprint, err));
    pond_output o = export_partition(run, t, start_us, u.fingerprint);
    manifest_output *before = run->options->is_rebuild ? NULL : manifest_valid(run, o.file);
    if (before != NULL &&
        memcmp(&before->output.fingerprint, &u.fingerprint, sizeof u.fingerprint) == 0) {
        export_keep(before, &o);
        *pond_vec_push(run->arena, &u.outputs) = o;
        u.is_done = true;
    }
    *pond_vec_push(run->arena, units) = u;
    return POND_OK;
}

// What the rows of a target are made from, and which of it changed since the last run.
static pond_code explain(export_run *run, pond_target *t, pond_err *err) {
    const manifest_target *before = pond_map_get(&run->before->targets, t->place);
    pond_map inputs;
    pond_map_init(&inputs, run->arena);
    POND_TRY(pond_relation_inputs(run->session, t->relation, &inputs, err));
    pond_entry *e = POND_NEW_ARRAY(run->arena, pond_entry, inputs.n);
    pond_buf changed = POND_BUF_EMPTY;
    for (size_t i = 0; i < inputs.n; i++) {
        char hex[65];
        pond_sha256_hex(inputs.entries[i].value, hex);
        pond_sv hash = pond_svf(run->arena, "%.16s", hex); // enough to tell a change by
        e[i] = (pond_entry){inputs.entries[i].key, pond_string(hash)};
        const pond_value *old =
            before == NULL ? NULL : pond_get(before->inputs, inputs.entries[i].key);
        if (old == NULL || old->kind != POND_STRING || !pond_sv_eq(pond_value_sv(*old), hash))
            pond_buf_printf(&changed, "%s%.*s", changed.n == 0 ? "" : ", ",
                            POND_SV_ARG(inputs.entries[i].key));
    }
    t->inputs = pond_object_sorted(e, inputs.n);
    t->why = run->options->is_rebuild ? "everything is made anew"
             : changed.n > 0          ? pond_printf(run->arena, "changed: %s", changed.p)
                             : "the arguments or the program changed, or files were touched";
    pond_buf_free(&changed);
    return POND_OK;
}

static pond_code no_time_column(const pond_target *t, pond_err *err) {
    pond_fail(err, POND_ERR_INVALID,
              "series '%.*s' has no time column, so it cannot be partitioned by time",
              POND_SV_ARG(t->node->path));
    for (size_t i = 0; i < t->schema.n; i++)
        pond_err_detail(err, "    %.*s  %.*s", POND_SV_ARG(t->schema.items[i].name),
                        POND_SV_ARG(t->schema.items[i].type));
    pond_err_detail(err, "  name a TIMESTAMP column `timestamp`, or export without --temporal");
    return POND_ERR_INVALID;
}

// A range whose rows can be cut into partitions one by one, and how many there may be.
static bool candidates(const export_run *run, pond_range bounds) {
    if (bounds.lo_us == INT64_MIN || bounds.hi_us == INT64_MAX)
        return false;
    static const int64_t shortest_us[POND_N_UNITS] = {
        365 * POND_US_PER_DAY,   28 * POND_US_PER_DAY,  POND_US_PER_DAY,
        3600 * INT64_C(1000000), 60 * INT64_C(1000000), 1000000};
    return pond_range_is_empty(bounds) ||
           (bounds.hi_us - bounds.lo_us) / shortest_us[run->options->n_units - 1] < MAX_CANDIDATES;
}

static pond_code plan_target(export_run *run, pond_target *t, export_units *units, pond_err *err) {
    POND_TRY(pond_relation_schema(run->session, t->relation, &t->schema, err));
    if (t->is_partitioned && t->relation->time_column.n == 0)
        return no_time_column(t, err);
    POND_TRY(fingerprint(run, t, run->options->range, &t->fingerprint, err));
    if (reuse_target(run, t))
        return POND_OK;
    POND_TRY(explain(run, t, err));
    if (!t->is_partitioned) {
        *pond_vec_push(run->arena, units) =
            (export_unit){.target = t, .range = run->options->range, .fingerprint = t->fingerprint};
        return POND_OK;
    }
    pond_range bounds;
    bool is_sliceable;
    POND_TRY(pond_relation_is_sliceable(run->session, t->relation, &is_sliceable, err));
    POND_TRY(pond_relation_bounds(run->session, t->relation, &bounds, err));
    bounds = pond_range_intersect(bounds, run->options->range);
    if (!is_sliceable || !candidates(run, bounds)) {
        *pond_vec_push(run->arena, units) = (export_unit){.target = t,
                                                          .range = run->options->range,
                                                          .is_whole = true,
                                                          .fingerprint = t->fingerprint};
        return POND_OK;
    }
    pond_unit unit = (pond_unit)(run->options->n_units - 1);
    for (int64_t p = pond_range_is_empty(bounds) ? bounds.hi_us : pond_trunc(bounds.lo_us, unit);
         p < bounds.hi_us;) {
        int64_t next = pond_next(p, unit);
        // The whole partition, not the part within today's bounds: its fingerprint must not depend
        // on other months.
        pond_range range = pond_range_intersect((pond_range){p, next, false}, run->options->range);
        POND_TRY(plan_partition(run, t, range, p, units, err));
        p = next;
    }
    return POND_OK;
}

pond_code export_plan_units(export_run *run, size_t stage, export_units *units, pond_err *err) {
    pond_stage *s = &run->stages[stage];
    for (size_t i = 0; i < s->n_targets; i++)
        if (s->targets[i].relation != NULL)
            POND_TRY_CTX(plan_target(run, &s->targets[i], units, err), err, "target '%.*s'",
                         POND_SV_ARG(s->targets[i].node->path));
    return POND_OK;
}

// Grouping
// ---------------------------------------------------------------------------------------------

static export_job *new_job(export_run *run, export_jobs *jobs, const export_unit *first) {
    export_job *j = POND_NEW(run->arena, export_job);
    j->range = first->range;
    *pond_vec_push(run->arena, jobs) = j;
    return j;
}

// How many neighbouring partitions of a series one job takes: not so many that workers stand idle,
// and, where they are made from a table, not more than it has room for.
static size_t partitions_a_job(export_run *run, const export_unit *unit, size_t n_pending,
                               bool is_streamed, int n_workers) {
    pond_relation *r = unit->target->relation;
    size_t fair = n_workers == 1 ? n_pending : n_pending / (4 * (size_t)n_workers) + 1;
    if (is_streamed)
        return fair;
    int64_t rows = r->ops->shared_rows(run->session, r, unit->range);
    int64_t bytes = (rows < 1 ? 1 : rows) * (int64_t)(r->schema.n * 8);
    size_t fit = bytes > SHARED_BYTES ? 1 : (size_t)(SHARED_BYTES / bytes);
    return fit < fair ? fit : fair;
}

// Whether the job can take the unit as well: the next partition, and in the same order of rows,
// also over the seam.
static bool takes_too(export_run *run, const export_job *j, const export_unit *u,
                      pond_order order) {
    pond_range both = {j->range.lo_us, u->range.hi_us, false};
    return j->range.hi_us == u->range.lo_us && j->order == order &&
           (order == POND_UNORDERED ||
            pond_relation_order(run->session, u->target->relation, both) == order);
}

// Slices of one stored series: units[0, n) are pending, of one target, in time order. Rows that
// came late are sorted in with those of their partition; the other partitions are as they were.
static void group_over_time(export_run *run, export_unit *units, size_t n, int n_workers,
                            export_jobs *jobs) {
    export_job *j = NULL;
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        pond_order order =
            pond_relation_order(run->session, units->target->relation, units[i].range);
        if (j == NULL || j->units.n == most || !takes_too(run, j, &units[i], order)) {
            j = new_job(run, jobs, &units[i]);
            j->order = order;
            j->is_streamed = order != POND_UNORDERED;
            most = partitions_a_job(run, &units[i], n, j->is_streamed, n_workers);
        }
        j->range.hi_us = units[i].range.hi_us;
        *pond_vec_push(run->arena, &j->units) = &units[i];
        j->is_shared = !j->is_streamed && j->units.n > 1;
    }
}

// The same slice of relations that share: the resolutions of one source.
static void group_by_slice(export_run *run, export_unit *u, pond_map *open, export_jobs *jobs) {
    pond_sv key = pond_svf(run->arena, "%p %d %d %" PRId64, u->target->relation->share, u->is_whole,
                           u->target->is_partitioned, u->start_us);
    void **at = pond_map_at(open, key, NULL);
    if (*at == NULL) {
        *at = new_job(run, jobs, u);
        ((export_job *)*at)->is_shared = true;
    }
    *pond_vec_push(run->arena, &((export_job *)*at)->units) = u;
}

void export_group_units(export_run *run, export_units *units, int n_workers, export_jobs *jobs) {
    pond_map open;
    pond_map_init(&open, run->arena);
    for (size_t i = 0; i < units->n;) {
        export_unit *u = &units->items[i];
        size_t end = i + 1;
        if (u->is_done) {
            i = end;
            continue;
        }
        const pond_relation *r = u->target->relation;
        if (r->share == NULL ||
            (r->shares_over_time && (u->is_whole || !u->target->is_partitioned))) {
            export_job *j = new_job(run, jobs, u);
            *pond_vec_push(run->arena, &j->units) = u;
            j->order = u->is_whole
                           ? POND_UNORDERED
                           : pond_relation_order(run->session, u->target->relation, u->range);
            j->is_streamed =
                j->order ==
                POND_ORDERED; // ties of a whole series would have to be sorted all at once
        } else if (r->shares_over_time) {
            while (end < units->n && !units->items[end].is_done &&
                   units->items[end].target == u->target)
                end++;
            group_over_time(run, u, end - i, n_workers, jobs);
        } else {
            group_by_slice(run, u, &open, jobs);
        }
        i = end;
    }
}
