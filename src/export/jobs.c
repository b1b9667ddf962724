// Groups units into jobs: decides which units share one scan of their rows, and how many of them
// one job has.
#include "export/jobs.h"

#include "parquet/parquet.h"

#include <inttypes.h>
#include <stdlib.h>

int64_t export_row_bytes(const pond_relation *r, int64_t rows) {
    int64_t bytes, row_bytes = (int64_t)r->schema.n * 8;
    return __builtin_mul_overflow(rows, row_bytes, &bytes) ? INT64_MAX : bytes;
}

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

// Whether the unit is the next partition after the job's, and the rows of both come in one scan: in
// the job's order, or if they must be sorted, no more than fit into memory.
static bool continues(export_run *run, const export_job *j, const export_unit *u,
                      pond_order order) {
    pond_relation *r = u->target->relation;
    pond_range both = {j->range.lo_us, u->range.hi_us, false};
    if (j->range.hi_us != u->range.lo_us)
        return false;
    return order == POND_UNORDERED
               ? export_row_bytes(r, pond_relation_table_rows(run->session, r, both)) <=
                     EXPORT_SHARED_BYTES
               : pond_relation_order(run->session, r, both) == order;
}

// How many partitions a job may have: few enough that every worker gets jobs, but not so few that jobs
// decode the same row groups of their source again and again.
static size_t most_partitions(export_run *run, export_unit *units, size_t n, int n_workers) {
    pond_range all = {units[0].range.lo_us, units[n - 1].range.hi_us, POND_NOTHING_BEYOND};
    int64_t rows = pond_relation_table_rows(run->session, units->target->relation, all);
    size_t n_groups = (size_t)(rows / POND_PARQUET_GROUP_ROWS) + 1, n_jobs = 4 * (size_t)n_workers;
    return n_workers == 1 ? n : n / (n_groups < n_jobs ? n_groups : n_jobs) + 1;
}

// units[0, n) are pending partitions of one stored series, in time order. Where rows came late, the
// partitions that have them must be sorted, and the others need not.
static void group_partitions(export_run *run, export_unit *units, size_t n, int n_workers,
                             export_jobs *jobs) {
    pond_relation *r = units->target->relation;
    export_job *j = NULL;
    pond_order job_order = POND_UNORDERED;
    size_t most = most_partitions(run, units, n, n_workers);
    for (size_t i = 0; i < n; i++) {
        pond_order order = pond_relation_order(run->session, r, units[i].range);
        if (j == NULL || j->units.n == most || order != job_order ||
            !continues(run, j, &units[i], order)) {
            j = add_job(run, jobs, &units[i]);
            j->kind = JOB_STREAM;
            job_order = order;
        }
        add_unit(run, j, &units[i]);
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

// How many rows the table of several partitions may have. It is far below the size at which the
// engine would give the rows of a table in another order: sums of floats depend on that.
enum { MERGED_ROWS = 16384 };
// How many stored rows it may be made from: a join of sources holds them in memory.
enum { MERGED_SOURCE_ROWS = 1 << 18 };

// Whether two jobs of resolutions can share a table: those of partitions that follow each other. (A
// whole target has no neighbour.) Slices that rest on a promise stay alone: that is how a broken
// promise is found. So do those whose sums depend on the range.
static pond_code can_merge(export_run *run, const export_job *a, const export_job *b, size_t most,
                           bool *out, pond_err *err) {
    const export_unit *u = a->units.items[0], *v = b->units.items[0];
    pond_relation *r = u->target->relation;
    pond_range both = {a->range.lo_us, b->range.hi_us, false};
    bool is_promised = false;
    *out = a->kind == JOB_TABLE && b->kind == JOB_TABLE && !pond_relation_sums_vary(r) &&
           r->table_key == v->target->relation->table_key && a->range.hi_us == b->range.lo_us &&
           a->n_partitions < most &&
           pond_relation_table_rows(run->session, r, both) <= MERGED_ROWS &&
           pond_relation_work(run->session, r, both) <= MERGED_SOURCE_ROWS;
    if (*out)
        POND_TRY(pond_relation_is_promised(run->session, r, &is_promised, err));
    *out = *out && !is_promised;
    return POND_OK;
}

// Target by target, in time order.
static int by_target(const void *x, const void *y) {
    const export_unit *a = *(export_unit *const *)x, *b = *(export_unit *const *)y;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    return (a->start_us > b->start_us) - (a->start_us < b->start_us);
}

static void merge(export_run *run, export_job *a, const export_job *b) {
    for (size_t i = 0; i < b->units.n; i++)
        add_unit(run, a, b->units.items[i]);
    a->n_partitions++;
}

// Gives neighbouring partitions of small resolutions to one job.
static pond_code merge_resolutions(export_run *run, int n_workers, export_jobs *jobs,
                                   pond_err *err) {
    size_t n = 0, most = n_workers == 1 ? jobs->n : jobs->n / (4 * (size_t)n_workers) + 1;
    for (size_t i = 0; i < jobs->n; i++) {
        export_job *j = jobs->items[i];
        bool is_merged = false;
        j->n_partitions = 1;
        if (n > 0)
            POND_TRY(can_merge(run, jobs->items[n - 1], j, most, &is_merged, err));
        if (is_merged)
            merge(run, jobs->items[n - 1], j);
        else
            jobs->items[n++] = j;
    }
    jobs->n = n;
    for (size_t i = 0; i < n; i++)
        if (jobs->items[i]->n_partitions > 1)
            qsort(jobs->items[i]->units.items, jobs->items[i]->units.n, sizeof(export_unit *),
                  by_target);
    return POND_OK;
}

// A unit that shares nothing. If its rows are stored in the order of their times, they are copied,
// and at most ties are sorted. Otherwise it is sorted by its own query, since the unit may be a whole
// series.
static void add_alone(export_run *run, export_unit *u, export_jobs *jobs) {
    export_job *j = add_job(run, jobs, u);
    add_unit(run, j, u);
    bool is_ordered = !u->is_whole && pond_relation_order(run->session, u->target->relation,
                                                          u->range) != POND_UNORDERED;
    j->kind = is_ordered ? JOB_STREAM : JOB_SINGLE;
}

// Units of one target follow each other. Returns the end of those, from `i` on, that are pending.
static size_t pending_end(const export_units *units, size_t i) {
    const export_target *t = units->items[i].target;
    while (i < units->n && !units->items[i].is_done && units->items[i].target == t)
        i++;
    return i;
}

pond_code export_group_units(export_run *run, export_units *units, int n_workers, export_jobs *jobs,
                             pond_err *err) {
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
    return merge_resolutions(run, n_workers, jobs, err);
}
