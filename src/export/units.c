// Plans the units of work of a stage: the partitions that a target may have, and which of them the
// last run has made already.
#include "export/units.h"

#include "export/stale.h"
#include "relation/schema.h"

#include <inttypes.h>

// With more possible partitions than this a target is computed as a whole, and its partitions are
// found in the result: planning each one would take longer than computing everything. A target that
// is known to have rows for them may have more.
enum { MAX_CANDIDATES = 20000, MAX_FULL = 100000, FULL_ROWS = 4 };

// Records -----------------------------------------------------------------------------------------

static pond_sv partition_file(pond_arena *a, const export_target *t, int n_periods,
                              int64_t start_us) {
    pond_civil c = pond_civil_from_us(start_us);
    const int64_t values[POND_N_PERIODS] = {c.year, c.month, c.day, c.hour, c.minute, c.second};
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_sv(&b, t->place);
    for (int i = 0; i < n_periods; i++)
        pond_buf_printf(&b, "/%s=%" PRId64, pond_period_name((pond_period)i), values[i]);
    pond_buf_str(&b, "/data.parquet");
    pond_sv file = pond_sv_dup(a, pond_buf_view(&b));
    pond_buf_free(&b);
    return file;
}

int64_t export_ms(int64_t t_us) {
    return t_us >= 0 ? t_us / 1000 : -((-t_us + 999) / 1000);
}

pond_sv export_slot_of(const export_run *run, pond_sv file) {
    return run->options->tables == POND_TABLES_DELTA ? file : (pond_sv){0};
}

export_record export_partition_record(const export_run *run, const export_unit *u,
                                      int64_t start_us) {
    int n_periods = run->options->n_periods;
    pond_sv file = partition_file(run->arena, u->target, n_periods, start_us);
    return (export_record){
        .file = file,
        .slot = export_slot_of(run, file),
        .has_times = true,
        .start_ms = export_ms(start_us),
        .end_ms = export_ms(pond_next(start_us, (pond_period)(n_periods - 1))),
        .fingerprint = u->fingerprint,
    };
}

export_record export_unit_record(const export_run *run, const export_unit *u) {
    if (u->target->is_partitioned)
        return export_partition_record(run, u, u->start_us);
    pond_sv file = u->target->place;
    return (export_record){
        .file = file, .slot = export_slot_of(run, file), .fingerprint = u->fingerprint};
}

int64_t export_unit_start(const export_unit *u) {
    return u->target->is_partitioned && !u->is_whole ? u->start_us : EXPORT_WHOLE;
}

// Fingerprints ------------------------------------------------------------------------------------

// Everything that an output's bytes depend on: its rows, the arguments, and the version of this
// program, since another one may write the same rows in another way.
static pond_code fingerprint(export_run *run, const export_target *t, pond_range range,
                             pond_sha256 *out, pond_err *err) {
    pond_sha256 rows;
    POND_TRY(pond_relation_fingerprint(run->session, t->relation, range, &rows, err));
    int64_t args[4] = {run->options->range.lo_us, run->options->range.hi_us,
                       run->options->n_periods, t->is_partitioned};
    pond_hasher *h = pond_hasher_new();
    pond_hasher_sha(h, &rows);
    pond_hasher_field(h, (pond_sv){(const char *)args, sizeof args});
    pond_hasher_field(h, pond_sv_of(run->options->program));
    if (run->options->tables == POND_TABLES_DELTA)
        pond_hasher_field(h, POND_SV("delta")); // files have other names, and may have other types
    *out = pond_hasher_finish(h);
    return POND_OK;
}

// Finds the inputs of a target's rows, and which of them changed since the last run.
static pond_code find_changes(export_run *run, export_target *t, pond_err *err) {
    const manifest_target *before = pond_map_get(&run->before->targets, t->place);
    pond_map inputs;
    pond_map_init(&inputs, run->arena);
    POND_TRY(pond_relation_inputs(run->session, t->relation, &inputs, err));
    pond_entry *e = POND_NEW_ARRAY(run->arena, pond_entry, inputs.n);
    pond_buf changed = POND_BUF_EMPTY;
    size_t n = 0;
    for (size_t i = 0; i < inputs.n; i++) {
        char hex[65];
        pond_sha256_hex(inputs.entries[i].value, hex);
        pond_sv hash = pond_svf(run->arena, "%.16s", hex); // enough to notice a change
        pond_sv path = inputs.entries[i].key;
        bool is_utf8 = pond_utf8_find_bad(path) < 0; // else no manifest can name it
        if (is_utf8)
            e[n++] = (pond_entry){path, pond_string(hash)};
        const pond_value *old = before == NULL ? NULL : pond_get(before->inputs, path);
        if (old != NULL && old->kind == POND_STRING && pond_sv_eq(pond_value_sv(*old), hash))
            continue;
        pond_buf_str(&changed, changed.n == 0 ? "" : ", ");
        if (is_utf8)
            pond_buf_sv(&changed, path);
        else
            pond_buf_visible(&changed, path, POND_KEEP_NOTHING);
    }
    t->inputs = pond_object_sorted(e, n);
    t->why_changed = run->options->rebuild ? "--rebuild makes everything again"
                     : changed.n > 0       ? pond_printf(run->arena, "changed: %s", changed.p)
                     : t->changing.n > 0
                         ? pond_printf(run->arena, "its query uses %.*s", POND_SV_ARG(t->changing))
                         : "the arguments or the program changed, or the file was touched";
    pond_buf_free(&changed);
    return POND_OK;
}

// Planning ----------------------------------------------------------------------------------------

static pond_code no_time_column(const export_target *t, pond_err *err) {
    pond_fail(err, POND_ERR_INVALID,
              "series '%.*s' has no time column, so it cannot be partitioned by time",
              POND_SV_ARG(t->node->path));
    for (size_t i = 0; i < t->schema.n; i++)
        pond_err_detail(err, "    %.*s  %.*s", POND_SV_ARG(t->schema.items[i].name),
                        POND_SV_ARG(t->schema.items[i].type));
    pond_err_detail(err, "  name a TIMESTAMP column `timestamp`, or export without --temporal");
    return POND_ERR_INVALID;
}

// Whether a sliceable target is planned partition by partition: its bounds are known and overlap
// few enough partitions.
static bool is_planned_by_partition(const export_run *run, const export_target *t,
                                    pond_range bounds) {
    static const int64_t shortest_us[POND_N_PERIODS] = {
        365 * POND_US_PER_DAY,   28 * POND_US_PER_DAY,  POND_US_PER_DAY,
        3600 * INT64_C(1000000), 60 * INT64_C(1000000), 1000000};
    if (bounds.lo_us == INT64_MIN || bounds.hi_us == INT64_MAX)
        return false;
    if (pond_range_is_empty(bounds))
        return true;
    int64_t n = (bounds.hi_us - bounds.lo_us) / shortest_us[run->options->n_periods - 1];
    return n < MAX_CANDIDATES ||
           (n < MAX_FULL &&
            n <= pond_relation_count(run->session, t->relation, bounds).at_least / FULL_ROWS);
}

static pond_code plan_partition(export_run *run, const export_unit *partition, export_units *units,
                                pond_err *err) {
    export_unit u = *partition;
    POND_TRY(fingerprint(run, u.target, u.range, &u.fingerprint, err));
    export_record r = export_unit_record(run, &u);
    manifest_file *before =
        u.target->changing.n > 0 ? NULL : stale_find_valid(run, r.file, &u.fingerprint);
    if (before != NULL) {
        *pond_vec_push(run->arena, &u.outputs) = stale_keep_file(before, u.target);
        u.is_done = true;
    }
    *pond_vec_push(run->arena, units) = u;
    return POND_OK;
}

static pond_code plan_partitions(export_run *run, export_target *t, pond_range bounds,
                                 export_units *units, pond_err *err) {
    pond_period period = (pond_period)(run->options->n_periods - 1);
    if (pond_range_is_empty(bounds))
        return POND_OK;
    for (int64_t next, at = pond_trunc(bounds.lo_us, period); at < bounds.hi_us; at = next) {
        next = pond_next(at, period);
        // The whole period, also where it is outside of the present bounds: the fingerprint must
        // not depend on rows in other partitions.
        pond_range range = pond_range_intersect((pond_range){at, next, false}, run->options->range);
        export_unit u = {.target = t, .range = range, .start_us = at};
        POND_TRY(plan_partition(run, &u, units, err));
    }
    return POND_OK;
}

// A column called `year` beside directories year=… would be one column to every reader, which then
// shows the directory's value for it. Readers do not distinguish names that differ only in case.
static pond_code check_names(const export_run *run, const export_target *t, pond_err *err) {
    for (size_t i = 0; t->is_partitioned && i < t->schema.n; i++)
        for (int k = 0; k < run->options->n_periods; k++) {
            pond_sv name = t->schema.items[i].name;
            const char *period = pond_period_name((pond_period)k);
            if (pond_column_name_eq(name, pond_sv_of(period)))
                return pond_fail(err, POND_ERR_CONFLICT,
                                 "column '%.*s' has the name of the partition directories %s=…; "
                                 "rename it in a sql-derived node",
                                 POND_SV_ARG(name), period);
        }
    return POND_OK;
}

static pond_code plan_target(export_run *run, export_target *t, export_units *units,
                             pond_err *err) {
    pond_session_next_query(run->session);
    POND_TRY(pond_relation_schema(run->session, t->relation, &t->schema, err));
    if (t->is_partitioned && t->relation->time_column.n == 0)
        return no_time_column(t, err);
    POND_TRY(check_names(run, t, err));
    POND_TRY(fingerprint(run, t, run->options->range, &t->fingerprint, err));
    POND_TRY(pond_relation_changing(run->session, t->relation, &t->changing, err));
    if (t->changing.n == 0 && stale_keep_target(run, t))
        return POND_OK;
    POND_TRY(find_changes(run, t, err));
    bool is_sliceable = false;
    if (t->is_partitioned)
        POND_TRY(pond_relation_is_sliceable(run->session, t->relation, &is_sliceable, err));
    if (is_sliceable) {
        pond_range bounds;
        POND_TRY(pond_relation_bounds(run->session, t->relation, &bounds, err));
        bounds = pond_range_intersect(bounds, run->options->range);
        if (is_planned_by_partition(run, t, bounds))
            return plan_partitions(run, t, bounds, units, err);
    }
    *pond_vec_push(run->arena, units) = (export_unit){.target = t,
                                                      .range = run->options->range,
                                                      .is_whole = t->is_partitioned,
                                                      .fingerprint = t->fingerprint};
    return POND_OK;
}

pond_code export_plan_units(export_run *run, size_t stage, export_units *units, pond_err *err) {
    export_stage *s = &run->stages[stage];
    for (size_t i = 0; i < s->n_targets; i++)
        if (s->targets[i].relation != NULL)
            POND_TRY_CTX(plan_target(run, &s->targets[i], units, err), err, "target '%.*s'",
                         POND_SV_ARG(s->targets[i].node->path));
    return POND_OK;
}
