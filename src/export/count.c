// Compares the rows of files with the rows that they should have.
#include "export/count.h"

#include "relation/times.h"

#include <inttypes.h>

pond_code export_compare_rows(const export_target *t, int64_t n_written, int64_t n_read,
                              pond_err *err) {
    if (n_written == n_read)
        return POND_OK;
    pond_fail(err, POND_ERR_CORRUPT,
              "'%.*s' has %" PRId64 " row%s, but its files would have %" PRId64,
              POND_SV_ARG(t->node->path), n_read, n_read == 1 ? "" : "s", n_written);
    pond_err_detail(err, "  nothing was published; --rebuild makes all files again. If it fails "
                         "too, what the catalog says about the rows is wrong: restore pond.db");
    return POND_ERR_CORRUPT;
}

// Coverage ----------------------------------------------------------------------------------------

static pond_code extend(export_coverage *c, const export_unit *u, pond_err *err) {
    if (c->range.hi_us != u->range.lo_us)
        return pond_fail(err, POND_ERR_INTERNAL,
                         "the partitions of '%.*s' do not follow each other",
                         POND_SV_ARG(u->target->node->path));
    c->range.hi_us = u->range.hi_us;
    return POND_OK;
}

pond_code export_find_coverage(export_run *run, const export_units *units, export_coverages *out,
                               pond_err *err) {
    for (size_t i = 0; i < units->n; i++) {
        const export_unit *u = &units->items[i];
        export_coverage *c = out->n == 0 ? NULL : &out->items[out->n - 1];
        if (c != NULL && c->target == u->target) {
            POND_TRY(extend(c, u, err));
        } else {
            c = pond_vec_push(run->arena, out);
            *c = (export_coverage){.target = u->target, .range = u->range, .is_whole = u->is_whole};
        }
        c->n_units++;
        c->n_to_make += !u->is_done;
    }
    return POND_OK;
}

// Rows outside of all units -----------------------------------------------------------------------

static pond_code append_rows(export_run *run, pond_relation *r, pond_range range, pond_buf *sql,
                             pond_err *err) {
    if (pond_range_is_empty(range))
        return POND_OK;
    range.with_odd_times = true;
    pond_buf_str(sql, sql->n == 0 ? "FROM (" : " UNION ALL FROM (");
    POND_TRY(pond_relation_sql(run->session, r, range, sql, err));
    pond_buf_char(sql, ')');
    return POND_OK;
}

typedef struct outside_rows {
    int64_t n;
    pond_odd_times odd;
} outside_rows;

static pond_code count_rows(export_run *run, const export_target *t, const pond_buf *rows,
                            outside_rows *out, pond_err *err) {
    pond_engine *engine;
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n[1 + POND_ODD_TIMES_COLUMNS];
    POND_TRY(pond_session_engine(run->session, &engine, err));
    pond_buf_str(&sql, "SELECT count(*), ");
    pond_sql_count_odd_times(&sql, pond_schema_find(t->schema, t->relation->time_column));
    pond_buf_printf(&sql, " FROM (%s)", rows->p);
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, n, sizeof n / sizeof *n, err);
    pond_buf_free(&sql);
    if (rc == POND_OK)
        *out = (outside_rows){n[0], {n[1], n[2], n[3]}};
    return rc;
}

static pond_code refuse_outside(const export_target *t, const outside_rows *outside,
                                pond_err *err) {
    pond_sv path = t->node->path;
    pond_buf text = POND_BUF_EMPTY;
    if (outside->n == 0)
        return POND_OK;
    if (pond_has_odd_times(outside->odd)) {
        pond_odd_times_text(&text, outside->odd, t->relation->time_column);
        pond_fail(err, POND_ERR_INVALID, "'%.*s' has %s, which belong to no partition",
                  POND_SV_ARG(path), text.p);
        pond_buf_free(&text);
        return POND_ERR_INVALID;
    }
    pond_fail(err, POND_ERR_INVALID,
              "'%.*s' has %" PRId64 " row%s before the first or after the last row of its sources",
              POND_SV_ARG(path), outside->n, outside->n == 1 ? "" : "s");
    pond_err_detail(err, "  its query, or one that it reads, promises with `time_sliceable: true` "
                         "that rows come from rows of the same time; remove that line");
    return POND_ERR_INVALID;
}

static pond_code check_outside(export_run *run, const export_target *t, pond_range covered,
                               pond_err *err) {
    pond_range wanted = run->options->range;
    pond_buf rows = POND_BUF_EMPTY;
    outside_rows outside = {0};
    pond_code rc =
        append_rows(run, t->relation, (pond_range){wanted.lo_us, covered.lo_us, true}, &rows, err);
    if (rc == POND_OK)
        rc = append_rows(run, t->relation, (pond_range){covered.hi_us, wanted.hi_us, true}, &rows,
                         err);
    if (rc == POND_OK && rows.n > 0)
        rc = count_rows(run, t, &rows, &outside, err);
    pond_buf_free(&rows);
    return rc == POND_OK ? refuse_outside(t, &outside, err) : rc;
}

// Two units together ------------------------------------------------------------------------------

// A query that shifts times, or looks at the rows before, gives other rows for two slices together
// than for each alone.
static pond_code compare_together(export_run *run, const export_target *t, pond_range range,
                                  int64_t n_apart, pond_err *err) {
    pond_buf rows = POND_BUF_EMPTY;
    outside_rows together = {0};
    pond_code rc = append_rows(run, t->relation, range, &rows, err);
    if (rc == POND_OK)
        rc = count_rows(run, t, &rows, &together, err);
    pond_buf_free(&rows);
    if (rc != POND_OK || together.n == n_apart)
        return rc;
    char lo[40], hi[40];
    pond_time_format(range.lo_us, lo);
    pond_time_format(range.hi_us, hi);
    pond_fail(err, POND_ERR_INVALID,
              "'%.*s' has %" PRId64 " row%s from %s to %s, but its partitions there have %" PRId64,
              POND_SV_ARG(t->node->path), together.n, together.n == 1 ? "" : "s", lo, hi, n_apart);
    pond_err_detail(err, "  its query, or one that it reads, promises with `time_sliceable: true` "
                         "that the rows of a range come from rows of that range; remove that line");
    return POND_ERR_INVALID;
}

// The units of one target, in time order. Those that are known to have no rows may be missing.
typedef struct unit_list {
    const export_unit *items;
    size_t n;
} unit_list;

// Compares two neighbouring units in the middle of the target that have rows. If no unit has any,
// all of them: perhaps the query moves every row out of its unit.
static pond_code check_neighbours(export_run *run, const export_coverage *c, unit_list units,
                                  pond_err *err) {
    for (size_t k = 0; k + 1 < units.n; k++) {
        const export_unit *u = &units.items[(units.n / 2 + k) % (units.n - 1)];
        int64_t n = export_outputs_rows(&u[0].outputs) + export_outputs_rows(&u[1].outputs);
        if (n > 0 && u[0].range.hi_us == u[1].range.lo_us)
            return compare_together(run, c->target,
                                    (pond_range){u[0].range.lo_us, u[1].range.hi_us, true}, n, err);
    }
    return export_outputs_rows(&c->target->outputs) > 0
               ? POND_OK
               : compare_together(run, c->target, c->range, 0, err);
}

// All targets -------------------------------------------------------------------------------------

static pond_code check_promise(export_run *run, const export_coverage *c, unit_list units,
                               pond_map *compared, pond_err *err) {
    pond_relation *r = c->target->relation;
    bool is_promised, is_new = true;
    POND_TRY(pond_relation_is_promised(run->session, r, &is_promised, err));
    if (!is_promised)
        return POND_OK;
    POND_TRY(check_outside(run, c->target, c->range, err));
    // Resolutions of one source rest on the same promise.
    if (r->table_key != NULL)
        pond_map_at(compared, pond_svf(run->arena, "%p", r->table_key), &is_new);
    bool are_all_new = c->n_to_make == c->n_units && c->n_units > 1;
    return are_all_new && is_new ? check_neighbours(run, c, units, err) : POND_OK;
}

static pond_code check_target(export_run *run, const export_coverage *c, unit_list units,
                              pond_map *compared, pond_err *err) {
    const export_target *t = c->target;
    int64_t n;
    POND_TRY(pond_relation_rows(run->session, t->relation, run->options->range, &n, err));
    if (n >= 0)
        return export_compare_rows(t, export_outputs_rows(&t->outputs), n, err);
    return t->is_partitioned && !c->is_whole ? check_promise(run, c, units, compared, err)
                                             : POND_OK;
}

pond_code export_check_rows(export_run *run, size_t stage, const export_units *units,
                            const export_coverages *coverages, pond_err *err) {
    const export_stage *s = &run->stages[stage];
    int64_t lo_us = run->options->range.lo_us;
    size_t at = 0, at_unit = 0; // coverages and units come in the order of their targets
    pond_map compared;
    pond_map_init(&compared, run->arena);
    for (size_t i = 0; i < s->n_targets; i++) {
        const export_target *t = &s->targets[i];
        // A target without units: all its rows would be after what they cover.
        export_coverage c = {.target = t, .range = {lo_us, lo_us, false}};
        unit_list own = {units->items + at_unit, 0};
        if (at < coverages->n && coverages->items[at].target == t)
            c = coverages->items[at++];
        for (; at_unit < units->n && units->items[at_unit].target == t; at_unit++)
            own.n++;
        if (t->relation != NULL && !t->is_kept)
            POND_TRY_CTX(check_target(run, &c, own, &compared, err), err, "target '%.*s'",
                         POND_SV_ARG(t->node->path));
    }
    return POND_OK;
}
