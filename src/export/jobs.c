// Groups units into jobs: decides which units share one scan of their rows, and how many of them
// one job has.
#include "export/jobs.h"

#include <inttypes.h>

// A table of neighbouring partitions has about this size: large enough that a row group of
// the source that reaches over several partitions is decoded once. A larger one would save little
// and cost memory in each worker.
enum { SHARED_BYTES = 32 << 20 };

static export_job *add_job(export_run *run, export_jobs *jobs, const export_unit *first) {
    export_job *j = POND_NEW(run->arena, export_job);
    j->range = first->range;
    *pond_vec_push(run->arena, jobs) = j;
    return j;
}

static void add_unit(export_run *run, export_job *j, export_unit *u) {
    j->range.hi_us = u->range.hi_us;
    *pond_vec_push(run->arena, &j->units) = u;
}

// Partitions of one series ------------------------------------------------------------------------

// How many neighbouring partitions one job may have: few enough that every worker gets a job, and
// no more than fit into one table.
static size_t max_partitions(export_run *run, const export_unit *unit, size_t n_pending,
                             bool is_stream, int n_workers) {
    pond_relation *r = unit->target->relation;
    size_t fair = n_workers == 1 ? n_pending : n_pending / (4 * (size_t)n_workers) + 1;
    if (is_stream)
        return fair;
    int64_t rows = pond_relation_table_rows(run->session, r, unit->range);
    int64_t bytes = (rows < 1 ? 1 : rows) * (int64_t)(r->schema.n * 8);
    size_t fit = bytes > SHARED_BYTES ? 1 : (size_t)(SHARED_BYTES / bytes);
    return fit < fair ? fit : fair;
}

// Whether the unit is the next partition after the job's, and the rows of both together come in the
// job's order, too.
static bool continues(export_run *run, const export_job *j, const export_unit *u,
                      pond_order order) {
    pond_range both = {j->range.lo_us, u->range.hi_us, false};
    return j->range.hi_us == u->range.lo_us && j->order == order &&
           (order == POND_UNORDERED ||
            pond_relation_order(run->session, u->target->relation, both) == order);
}

// units[0, n) are pending partitions of one stored series, in time order. Where rows came late, the
// partitions that have them must be sorted, and the others need not.
static void group_partitions(export_run *run, export_unit *units, size_t n, int n_workers,
                             export_jobs *jobs) {
    export_job *j = NULL;
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        pond_order order =
            pond_relation_order(run->session, units->target->relation, units[i].range);
        if (j == NULL || j->units.n == most || !continues(run, j, &units[i], order)) {
            j = add_job(run, jobs, &units[i]);
            j->order = order;
            j->kind = order == POND_UNORDERED ? JOB_SINGLE : JOB_STREAM;
            most = max_partitions(run, &units[i], n, j->kind == JOB_STREAM, n_workers);
        }
        add_unit(run, j, &units[i]);
        if (j->kind == JOB_SINGLE && j->units.n > 1)
            j->kind = JOB_TABLE;
    }
}

// Other units -------------------------------------------------------------------------------------

// The same partition of relations that share work: the resolutions of one source. `by_partition`
// has the jobs so far.
static void group_resolutions(export_run *run, export_unit *u, pond_map *by_partition,
                              export_jobs *jobs) {
    pond_sv key = pond_svf(run->arena, "%p %d %d %" PRId64, u->target->relation->table_key,
                           u->is_whole, u->target->is_partitioned, u->start_us);
    void **at = pond_map_at(by_partition, key, NULL);
    if (*at == NULL)
        *at = add_job(run, jobs, u);
    export_job *j = *at;
    j->kind = JOB_TABLE;
    add_unit(run, j, u);
}

// A unit that shares nothing. If its rows are stored in a total order, they are copied without
// sorting. Otherwise it is sorted by its own query, since the unit may be a whole series.
static void add_alone(export_run *run, export_unit *u, export_jobs *jobs) {
    export_job *j = add_job(run, jobs, u);
    add_unit(run, j, u);
    j->order = u->is_whole ? POND_UNORDERED
                           : pond_relation_order(run->session, u->target->relation, u->range);
    j->kind = j->order == POND_ORDERED ? JOB_STREAM : JOB_SINGLE;
}

// Units of one target follow each other. Returns the end of those, from `i` on, that are pending.
static size_t pending_end(const export_units *units, size_t i) {
    const export_target *t = units->items[i].target;
    while (i < units->n && !units->items[i].is_done && units->items[i].target == t)
        i++;
    return i;
}

void export_group_units(export_run *run, export_units *units, int n_workers, export_jobs *jobs) {
    pond_map by_partition;
    pond_map_init(&by_partition, run->arena);
    for (size_t i = 0, end; i < units->n; i = end) {
        export_unit *u = &units->items[i];
        const pond_relation *r = u->target->relation;
        end = i + 1;
        if (u->is_done)
            continue;
        bool is_alone =
            r->table_key == NULL || (r->is_table_of_rows && export_unit_start(u) == EXPORT_WHOLE);
        if (is_alone) {
            add_alone(run, u, jobs);
        } else if (!r->is_table_of_rows) {
            group_resolutions(run, u, &by_partition, jobs);
        } else {
            end = pending_end(units, i);
            group_partitions(run, u, end - i, n_workers, jobs);
        }
    }
}
