// Compares the rows of files with the rows that they should have.
#include "export/count.h"

#include "relation/sql.h"
#include "relation/times.h"

#include <inttypes.h>

static pond_code refuse_count(const export_target *t, int64_t n_written, pond_row_count count,
                              pond_err *err) {
    bool is_less = n_written < count.at_least;
    int64_t n = is_less ? count.at_least : count.at_most;
    pond_fail(err, POND_ERR_CORRUPT,
              "'%.*s' has %s%" PRId64 " row%s, but its files would have %" PRId64,
              POND_SV_ARG(t->node->path),
              count.at_least == count.at_most ? ""
              : is_less                       ? "at least "
                                              : "at most ",
              n, n == 1 ? "" : "s", n_written);
    pond_err_detail(err, "  nothing was published; --rebuild makes all files again%s",
                    t->node->host_path != NULL
                        ? ""
                        : ". If it fails too, what the catalog says about the rows is wrong: "
                          "restore pond.db");
    return POND_ERR_CORRUPT;
}

pond_code export_compare_rows(const export_target *t, int64_t n_written, int64_t n_read,
                              pond_err *err) {
    return n_written == n_read ? POND_OK
                               : refuse_count(t, n_written, (pond_row_count){n_read, n_read}, err);
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

// Promises ----------------------------------------------------------------------------------------

typedef struct found_rows {
    int64_t n;
    pond_odd_times odd;
} found_rows;

static pond_code count_rows(export_run *run, const export_target *t, pond_sv select,
                            found_rows *out, pond_err *err) {
    pond_engine *engine;
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n[1 + POND_ODD_TIMES_COLUMNS];
    POND_TRY(pond_session_engine(run->session, &engine, err));
    pond_buf_str(&sql, "SELECT count(*), ");
    pond_sql_count_odd_times(&sql, pond_schema_find(t->schema, t->relation->time_column));
    pond_buf_printf(&sql, " FROM (%.*s)", POND_SV_ARG(select));
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, n, sizeof n / sizeof *n, err);
    pond_buf_free(&sql);
    if (rc == POND_OK)
        *out = (found_rows){n[0], {n[1], n[2], n[3]}};
    return rc;
}

static pond_code refuse_odd_times(const export_target *t, pond_odd_times odd, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    pond_odd_times_text(&text, odd, t->relation->time_column);
    pond_code rc = pond_fail(err, POND_ERR_INVALID, "'%.*s' has %s, which belong to no partition",
                             POND_SV_ARG(t->node->path), text.p);
    pond_buf_free(&text);
    return rc;
}

static pond_code refuse_difference(const export_target *t, pond_range range, int64_t n_written,
                                   int64_t n_read, pond_err *err) {
    pond_buf where = POND_BUF_EMPTY;
    char time[40];
    for (int i = 0; i < 2; i++) {
        int64_t t_us = i == 0 ? range.lo_us : range.hi_us;
        if (t_us == INT64_MIN || t_us == INT64_MAX)
            continue;
        pond_time_format(t_us, time);
        pond_buf_printf(&where, " %s %s", i == 0 ? "from" : "to", time);
    }
    pond_fail(err, POND_ERR_INVALID,
              "'%.*s' has %" PRId64 " row%s%.*s, but its partitions%s have %" PRId64,
              POND_SV_ARG(t->node->path), n_read, n_read == 1 ? "" : "s",
              POND_SV_ARG(pond_buf_view(&where)), where.n == 0 ? "" : " there", n_written);
    pond_buf_free(&where);
    pond_err_detail(err, "  a query that it is made from promises with `time_sliceable: true` that "
                         "the rows of a time range come from rows of that range; remove that line");
    return POND_ERR_INVALID;
}

typedef enum reading {
    READ_SLICE, // as the units were read: by the range
    READ_ALL,   // all rows of the relation, and then those of the range
} reading;

// Reads the relation again: its rows in the range have to be those that were written.
static pond_code compare(export_run *run, const export_target *t, pond_range range, reading how,
                         int64_t n_written, pond_err *err) {
    if (pond_range_is_empty(range))
        return POND_OK;
    const pond_column *time = pond_schema_find(t->schema, t->relation->time_column);
    pond_buf sql = POND_BUF_EMPTY;
    found_rows found = {0};
    range.beyond = POND_ODD_BEYOND;
    if (how == READ_ALL)
        pond_buf_str(&sql, "FROM (");
    pond_code rc = pond_relation_sql(run->session, t->relation,
                                     how == READ_ALL ? POND_RANGE_ALL : range, &sql, err);
    if (how == READ_ALL) {
        pond_buf_str(&sql, ") WHERE ");
        pond_sql_time_filter(&sql, time->name, time->type, range);
    }
    if (rc == POND_OK)
        rc = count_rows(run, t, pond_buf_view(&sql), &found, err);
    pond_buf_free(&sql);
    POND_TRY(rc);
    if (pond_has_odd_times(found.odd))
        return refuse_odd_times(t, found.odd, err);
    return found.n == n_written ? POND_OK : refuse_difference(t, range, n_written, found.n, err);
}

// The units of one target, in time order. Those that are known to have no rows may be missing.
typedef struct unit_list {
    const export_unit *items;
    size_t n;
} unit_list;

static pond_range range_of(int64_t lo_us, int64_t hi_us) {
    return (pond_range){.lo_us = lo_us, .hi_us = hi_us};
}

// Finds neighbours with rows, from the middle on. A query that shifts times, or looks at the rows
// before, gives other rows for both together than for each alone.
static pond_code compare_neighbours(export_run *run, unit_list units, pond_err *err) {
    for (size_t k = 0; k + 1 < units.n; k++) {
        const export_unit *u = &units.items[(units.n / 2 + k) % (units.n - 1)];
        int64_t n = export_outputs_rows(&u[0].outputs) + export_outputs_rows(&u[1].outputs);
        if (n > 0 && u[0].range.hi_us == u[1].range.lo_us)
            return compare(run, u->target, range_of(u[0].range.lo_us, u[1].range.hi_us), READ_SLICE,
                           n, err);
    }
    return POND_OK;
}

// Sources have no rows outside of the units, so this costs next to nothing.
static pond_code check_outside(export_run *run, const export_coverage *c, pond_err *err) {
    pond_range wanted = run->options->range;
    POND_TRY(compare(run, c->target, range_of(wanted.lo_us, c->range.lo_us), READ_SLICE, 0, err));
    return compare(run, c->target, range_of(c->range.hi_us, wanted.hi_us), READ_SLICE, 0, err);
}

// Everything is read again when a unit had strays, and when there are few units, all of them new.
// Units that stayed were compared when they were new.
static pond_code check_promise(export_run *run, const export_coverage *c, unit_list units,
                               pond_map *compared, pond_err *err) {
    enum { FEW = 4 };
    const export_target *t = c->target;
    bool is_promised, is_first = true;
    POND_TRY(pond_relation_is_promised(run->session, t->relation, &is_promised, err));
    if (!is_promised)
        return POND_OK;
    // Resolutions of one source rest on the same promise.
    if (t->relation->table_key != NULL)
        pond_map_at(compared, pond_svf(run->arena, "%p", t->relation->table_key), &is_first);
    int64_t n = export_outputs_rows(&t->outputs);
    bool are_new = is_first && c->n_units > 0 && c->n_to_make == c->n_units;
    if (t->has_strays || (are_new && (n == 0 || units.n <= FEW)))
        return compare(run, t, run->options->range, READ_ALL, n, err);
    POND_TRY(check_outside(run, c, err));
    return are_new ? compare_neighbours(run, units, err) : POND_OK;
}

// All targets -------------------------------------------------------------------------------------

static pond_code check_target(export_run *run, const export_coverage *c, unit_list units,
                              pond_map *compared, pond_err *err) {
    const export_target *t = c->target;
    int64_t n = export_outputs_rows(&t->outputs);
    pond_row_count count = pond_relation_count(run->session, t->relation, run->options->range);
    if (n < count.at_least || n > count.at_most)
        return refuse_count(t, n, count, err);
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
