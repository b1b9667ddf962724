// worker: rows to Parquet, on a pool of single-threaded engines.
//
// A job is one partition of a target that can be sliced by time, or a whole target. Each worker has
// an engine of its own, with one thread, so that sums of floats do not depend on timing, and its
// share of the memory. What needs the session (SQL text, the manifest) happens under the pool's
// lock; queries, hashing and file work happen outside it.
#include "export/internal.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

// Beyond this many possible partitions, those that have rows are asked for instead of trying each.
enum { MAX_CANDIDATES = 20000 };

typedef struct job {
    pond_target *target;
    pond_range range; // of the rows
    int64_t start_us; // of the partition
    bool is_whole;    // computed once into a table, partitions found there
    pond_sha256 fingerprint;
    pond_output_vec outputs; // what it made
} job;
typedef POND_VEC(job) job_vec;

typedef struct pool {
    export_run *run;
    pthread_mutex_t lock; // guards all below, the session and its arena
    job *jobs;
    size_t n_jobs, next, n_running;
    atomic_bool is_stopping; // written under the lock, read anywhere
    pond_code rc;            // of the first failure
    pond_err *err;
    pond_engine **engines; // one place a worker; NULL before it opens one
    int n_workers;
    int done_fd; // an eventfd: a worker ended or finished a job
    pond_export_progress progress;
} pool;

// Partitions
// ----------------------------------------------------------------------------------------

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

static int64_t ms_floor(int64_t t_us) {
    return t_us >= 0 ? t_us / 1000 : -((-t_us + 999) / 1000);
}

static pond_output partition_output(export_run *run, const pond_target *t, int64_t start_us,
                                    pond_sha256 fingerprint) {
    int n_units = run->options->n_units;
    return (pond_output){
        .file = partition_file(run->arena, t, n_units, start_us),
        .has_times = true,
        .start_ms = ms_floor(start_us),
        .end_ms = ms_floor(pond_next(start_us, (pond_unit)(n_units - 1))),
        .fingerprint = fingerprint,
    };
}

// Planning
// ------------------------------------------------------------------------------------------

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
    for (size_t i = 0; i < before->n_outputs; i++) {
        before->outputs[i]->is_claimed = true;
        pond_output *o = pond_vec_push(run->arena, &t->outputs);
        *o = before->outputs[i]->output;
        o->state = POND_OUTPUT_SAME;
        o->why = "nothing that it depends on changed";
    }
    return true;
}

// A partition that stands as the last run made it becomes a finished output, another one a job.
static pond_code plan_partition(export_run *run, pond_target *t, pond_range range, int64_t start_us,
                                job_vec *jobs, pond_err *err) {
    job j = {.target = t, .range = range, .start_us = start_us};
    POND_TRY(fingerprint(run, t, range, &j.fingerprint, err));
    pond_output o = partition_output(run, t, start_us, j.fingerprint);
    manifest_output *before = run->options->is_rebuild ? NULL : manifest_valid(run, o.file);
    if (before != NULL &&
        memcmp(&before->output.fingerprint, &j.fingerprint, sizeof j.fingerprint) == 0) {
        before->is_claimed = true;
        o = before->output;
        o.state = POND_OUTPUT_SAME;
        o.why = "nothing that it depends on changed";
        *pond_vec_push(run->arena, &j.outputs) = o;
        j.range = (pond_range){0, 0}; // nothing to run
    }
    *pond_vec_push(run->arena, jobs) = j;
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
static bool candidates(const export_run *run, const pond_target *t, pond_range bounds) {
    if (!t->relation->is_sliceable || t->relation->may_have_null_times ||
        bounds.lo_us == INT64_MIN || bounds.hi_us == INT64_MAX)
        return false;
    static const int64_t shortest_us[POND_N_UNITS] = {
        365 * POND_US_PER_DAY,   28 * POND_US_PER_DAY,  POND_US_PER_DAY,
        3600 * INT64_C(1000000), 60 * INT64_C(1000000), 1000000};
    return pond_range_is_empty(bounds) ||
           (bounds.hi_us - bounds.lo_us) / shortest_us[run->options->n_units - 1] < MAX_CANDIDATES;
}

static pond_code plan_target(export_run *run, pond_target *t, job_vec *jobs, pond_err *err) {
    POND_TRY(pond_relation_schema(run->session, t->relation, &t->schema, err));
    if (t->is_partitioned && t->relation->time_column.n == 0)
        return no_time_column(t, err);
    POND_TRY(fingerprint(run, t, run->options->range, &t->fingerprint, err));
    if (reuse_target(run, t))
        return POND_OK;
    t->is_recomputed = true;
    if (!t->is_partitioned) {
        *pond_vec_push(run->arena, jobs) =
            (job){.target = t, .range = run->options->range, .fingerprint = t->fingerprint};
        return POND_OK;
    }
    pond_range bounds;
    POND_TRY(pond_relation_bounds(run->session, t->relation, &bounds, err));
    bounds = pond_range_intersect(bounds, run->options->range);
    if (!candidates(run, t, bounds)) {
        *pond_vec_push(run->arena, jobs) = (job){.target = t,
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
        pond_range range = pond_range_intersect((pond_range){p, next}, run->options->range);
        POND_TRY(plan_partition(run, t, range, p, jobs, err));
        p = next;
    }
    return POND_OK;
}

// One file
// ------------------------------------------------------------------------------------------

// Called by a worker without the lock: runs the SELECT into a file and measures it. *rows 0: there
// is no file.
static pond_code write_rows(pool *p, pond_engine *engine, pond_sv select, bool keep_empty,
                            pond_output *o, pond_err *err) {
    pthread_mutex_lock(&p->lock);
    o->made = export_tmp_name(p->run, ".parquet");
    pthread_mutex_unlock(&p->lock);
    pond_parquet_stats stats;
    POND_TRY(pond_engine_write_parquet(engine, select, o->made, &stats, err));
    o->rows = (int64_t)stats.rows;
    if (stats.rows == 0 && !keep_empty) {
        if (unlink(o->made) != 0)
            return pond_fail_errno(err, "cannot remove '%s'", o->made);
        o->made = NULL;
        return POND_OK;
    }
    return pond_sha256_file(o->made, &o->checksum, &o->size_bytes, err);
}

// First and last time of an unpartitioned series, from the file just written.
static pond_code measure_times(const pond_target *t, pond_engine *engine, pond_output *o,
                               pond_err *err) {
    if (!t->relation->is_series || t->relation->time_column.n == 0 || o->rows == 0)
        return POND_OK;
    pond_buf sql = POND_BUF_EMPTY;
    pond_sv file = pond_sv_of(o->made);
    for (int i = 0; i < 2; i++) {
        pond_buf_printf(&sql, "%s epoch_us(CAST(%s(", i == 0 ? "SELECT" : ",",
                        i == 0 ? "min" : "max");
        pond_buf_sql_name(&sql, t->relation->time_column);
        pond_buf_str(&sql, ") AS TIMESTAMP))");
    }
    pond_buf_str(&sql, ", count(");
    pond_buf_sql_name(&sql, t->relation->time_column);
    pond_buf_str(&sql, ") FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    int64_t bounds[3];
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, bounds, 3, err);
    pond_buf_free(&sql);
    POND_TRY(rc);
    o->has_times = bounds[2] > 0;
    o->start_ms = ms_floor(bounds[0]);
    o->end_ms = ms_floor(bounds[1]);
    return POND_OK;
}

// Jobs
// ----------------------------------------------------------------------------------------------

// The rows of a job in their final order.
static pond_code job_sql(pool *p, const job *j, pond_buf *sql, pond_err *err) {
    pthread_mutex_lock(&p->lock);
    pond_code rc =
        pond_relation_sql_ordered(p->run->session, j->target->relation, j->range, sql, err);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

static void push_output(pool *p, job *j, const pond_output *o) {
    pthread_mutex_lock(&p->lock);
    *pond_vec_push(p->run->arena, &j->outputs) = *o;
    p->progress.rows += (uint64_t)o->rows;
    p->progress.bytes += o->size_bytes;
    pthread_mutex_unlock(&p->lock);
}

// A partition whose range is known, or a whole table.
static pond_code run_slice(pool *p, pond_engine *engine, job *j, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_target *t = j->target;
    pond_output o = {.fingerprint = j->fingerprint};
    pthread_mutex_lock(&p->lock);
    if (t->is_partitioned)
        o = partition_output(p->run, t, j->start_us, j->fingerprint);
    else
        o.file = t->place;
    pthread_mutex_unlock(&p->lock);
    pond_code rc = job_sql(p, j, &sql, err);
    if (rc == POND_OK)
        rc = write_rows(p, engine, pond_buf_view(&sql), !t->is_partitioned, &o, err);
    if (rc == POND_OK && !t->is_partitioned)
        rc = measure_times(t, engine, &o, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && o.made != NULL)
        push_output(p, j, &o);
    return rc;
}

// A row of the list of partitions: its start and how many rows it has.
typedef struct found_partition {
    int64_t start_us, rows;
} found_partition;
typedef POND_VEC(found_partition) found_partitions;

static pond_code check_null_times(pond_engine *engine, const pond_target *t, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT count(*) FROM whole WHERE ");
    pond_buf_sql_name(&sql, t->relation->time_column);
    pond_buf_str(&sql, " IS NULL");
    int64_t n;
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, &n, 1, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && n > 0)
        rc = pond_fail(err, POND_ERR_INVALID,
                       "'%.*s' has %" PRId64
                       " row%s with NULL in the time column '%.*s', which belong to no partition",
                       POND_SV_ARG(t->node->path), n, n == 1 ? "" : "s",
                       POND_SV_ARG(t->relation->time_column));
    return rc;
}

static pond_code find_partitions(pond_engine *engine, const pond_target *t, pond_unit unit,
                                 pond_arena *a, found_partitions *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "SELECT epoch_us(date_trunc('%s', CAST(", pond_unit_name(unit));
    pond_buf_sql_name(&sql, t->relation->time_column);
    pond_buf_str(&sql, " AS TIMESTAMP))), count(*) FROM whole GROUP BY 1 ORDER BY 1");
    pond_rows *rows = NULL;
    pond_code rc = pond_engine_query(engine, pond_buf_view(&sql), &rows, err);
    pond_buf_free(&sql);
    for (size_t n = 1; rc == POND_OK && n > 0;) {
        rc = pond_rows_next(rows, &n, err);
        for (size_t i = 0; rc == POND_OK && i < n; i++)
            *pond_vec_push(a, out) =
                (found_partition){pond_rows_int(rows, 0, i), pond_rows_int(rows, 1, i)};
    }
    pond_rows_close(rows);
    return rc;
}

static pond_code write_found(pool *p, pond_engine *engine, job *j, const found_partition *f,
                             pond_err *err) {
    pond_target *t = j->target;
    pond_unit unit = (pond_unit)(p->run->options->n_units - 1);
    const pond_column *time = pond_schema_find(t->schema, t->relation->time_column);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT * FROM whole WHERE ");
    pond_sql_time_filter(&sql, time->name, time->type,
                         (pond_range){f->start_us, pond_next(f->start_us, unit)});
    pond_sql_order(&sql, t->relation);
    pthread_mutex_lock(&p->lock);
    pond_output o = partition_output(p->run, t, f->start_us, j->fingerprint);
    pthread_mutex_unlock(&p->lock);
    pond_code rc = write_rows(p, engine, pond_buf_view(&sql), false, &o, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && o.made != NULL)
        push_output(p, j, &o);
    return rc;
}

// A target that cannot be sliced: computed once into a temporary table, which tells its partitions.
static pond_code run_whole(pool *p, pond_engine *engine, job *j, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_buf sql = POND_BUF_EMPTY;
    found_partitions found = {0};
    pond_buf_str(&sql, "CREATE OR REPLACE TEMP TABLE whole AS ");
    pthread_mutex_lock(&p->lock);
    pond_code rc = pond_relation_sql(p->run->session, j->target->relation, j->range, &sql, err);
    pthread_mutex_unlock(&p->lock);
    POND_TRY_GOTO(rc, rc, done);
    POND_TRY_GOTO(rc, pond_engine_exec(engine, pond_buf_view(&sql), err), done);
    POND_TRY_GOTO(rc, check_null_times(engine, j->target, err), done);
    POND_TRY_GOTO(rc,
                  find_partitions(engine, j->target, (pond_unit)(p->run->options->n_units - 1), &a,
                                  &found, err),
                  done);
    for (size_t i = 0; i < found.n && !p->is_stopping; i++)
        POND_TRY_GOTO(rc, write_found(p, engine, j, &found.items[i], err), done);
    rc = pond_engine_exec(engine, POND_SV("DROP TABLE whole"), err);
done:
    pond_buf_free(&sql);
    pond_arena_deinit(&a);
    return rc;
}

// Workers
// -------------------------------------------------------------------------------------------

static pond_code open_engine(pool *p, int worker, pond_err *err) {
    const export_run *run = p->run;
    uint64_t memory =
        run->options->memory_bytes == 0 ? UINT64_C(2) << 30 : run->options->memory_bytes;
    pthread_mutex_lock(&p->lock);
    pond_engine_options options = run->session->engine_options;
    options.threads = 1;
    options.memory_bytes = memory / (uint64_t)p->n_workers;
    options.temp_dir = pond_printf(run->arena, "%s/spill-%d", run->tmp, worker);
    pthread_mutex_unlock(&p->lock);
    pond_engine *engine = NULL;
    pond_code rc = pond_engine_open(&options, &engine, err);
    pthread_mutex_lock(&p->lock);
    p->engines[worker] = engine;
    pthread_mutex_unlock(&p->lock);
    return rc;
}

static job *next_job(pool *p) {
    pthread_mutex_lock(&p->lock);
    job *j = NULL;
    while (j == NULL && !p->is_stopping && p->next < p->n_jobs) {
        j = &p->jobs[p->next++];
        if (j->outputs.n > 0)
            j = NULL; // stands as it was
    }
    pthread_mutex_unlock(&p->lock);
    return j;
}

static void tell(pool *p) {
    uint64_t one = 1;
    ssize_t n = write(p->done_fd, &one, sizeof one);
    POND_ASSERT(n == sizeof one);
}

static void finish_job(pool *p, const job *j, pond_code rc, const pond_err *err) {
    pthread_mutex_lock(&p->lock);
    p->progress.done++;
    // After a stop every other worker fails as interrupted; the first failure is the one to report.
    if (rc != POND_OK && !p->is_stopping) {
        p->rc = rc;
        p->is_stopping = true;
        *p->err = *err;
        pond_wrap(p->err, rc, "target '%.*s'", POND_SV_ARG(j->target->node->path));
    }
    pthread_mutex_unlock(&p->lock);
    tell(p);
}

typedef struct worker_arg {
    pool *pool;
    int index;
} worker_arg;

static void *work(void *arg) {
    worker_arg *w = arg;
    pool *p = w->pool;
    pond_err *err = pond_xmalloc(sizeof *err);
    pond_err_clear(err);
    for (job *j; (j = next_job(p)) != NULL;) {
        pond_code rc = POND_OK;
        if (p->engines[w->index] == NULL)
            rc = open_engine(p, w->index, err);
        if (rc == POND_OK)
            rc = j->is_whole ? run_whole(p, p->engines[w->index], j, err)
                             : run_slice(p, p->engines[w->index], j, err);
        finish_job(p, j, rc, err);
    }
    free(err);
    pthread_mutex_lock(&p->lock);
    p->n_running--;
    pthread_mutex_unlock(&p->lock);
    tell(p);
    return NULL;
}

static void stop(pool *p, pond_code rc, const char *why) {
    pthread_mutex_lock(&p->lock);
    if (!p->is_stopping) {
        p->is_stopping = true;
        p->rc = pond_fail(p->err, rc, "%s", why);
    }
    for (int i = 0; i < p->n_workers; i++)
        if (p->engines[i] != NULL)
            pond_engine_interrupt(p->engines[i]);
    pthread_mutex_unlock(&p->lock);
}

// Waits for the workers, watching for Ctrl-C, and reports progress from this thread.
static void wait_for_workers(pool *p, int signal_fd) {
    struct pollfd fds[2] = {{.fd = p->done_fd, .events = POLLIN},
                            {.fd = signal_fd, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        uint64_t n;
        struct signalfd_siginfo info;
        if ((fds[0].revents & POLLIN) && read(p->done_fd, &n, sizeof n) < 0 && errno != EAGAIN)
            break;
        if ((fds[1].revents & POLLIN) && read(signal_fd, &info, sizeof info) == sizeof info)
            stop(p, POND_ERR_CANCELLED, "interrupted; the output directory is as it was");
        pthread_mutex_lock(&p->lock);
        bool is_over = p->n_running == 0, is_failed = p->rc != POND_OK;
        pond_export_progress progress = p->progress;
        pthread_mutex_unlock(&p->lock);
        if (is_failed)
            stop(p, p->rc, "");
        if (p->run->options->progress != NULL)
            p->run->options->progress(p->run->options->progress_user, &progress);
        if (is_over)
            break;
    }
}

static int count_workers(const export_run *run, size_t n_jobs) {
    long n = run->options->n_jobs > 0 ? run->options->n_jobs : sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1)
        n = 1;
    return (int)((size_t)n < n_jobs ? (size_t)n : n_jobs);
}

static pond_code run_pool(pool *p, pond_err *err) {
    sigset_t watched, before;
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    // Blocked before the threads start, so that all inherit it and the signal comes through the
    // descriptor only.
    pthread_sigmask(SIG_BLOCK, &watched, &before);
    int signal_fd = signalfd(-1, &watched, SFD_CLOEXEC);
    p->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_t *threads = POND_NEW_ARRAY(p->run->arena, pthread_t, p->n_workers);
    worker_arg *args = POND_NEW_ARRAY(p->run->arena, worker_arg, p->n_workers);
    int n_started = 0;
    pond_code rc = POND_OK;
    if (signal_fd < 0 || p->done_fd < 0)
        rc = pond_fail_errno(err, "cannot make a descriptor for the worker pool");
    p->n_running = (size_t)p->n_workers;
    for (; rc == POND_OK && n_started < p->n_workers; n_started++) {
        args[n_started] = (worker_arg){p, n_started};
        int e = pthread_create(&threads[n_started], NULL, work, &args[n_started]);
        if (e != 0) {
            errno = e;
            rc = pond_fail_errno(err, "cannot start a worker");
            pthread_mutex_lock(&p->lock);
            p->is_stopping = true;
            p->n_running -= (size_t)(p->n_workers - n_started);
            pthread_mutex_unlock(&p->lock);
            break;
        }
    }
    if (rc == POND_OK)
        wait_for_workers(p, signal_fd);
    for (int i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < p->n_workers; i++)
        pond_engine_close(p->engines[i]);
    if (signal_fd >= 0)
        close(signal_fd);
    if (p->done_fd >= 0)
        close(p->done_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc != POND_OK ? rc : p->rc;
}

// The stage
// -----------------------------------------------------------------------------------------

static pond_code plan_jobs(export_run *run, pond_stage *stage, job_vec *jobs, pond_err *err) {
    for (size_t i = 0; i < stage->n_targets; i++)
        if (stage->targets[i].relation != NULL)
            POND_TRY_CTX(plan_target(run, &stage->targets[i], jobs, err), err, "target '%.*s'",
                         POND_SV_ARG(stage->targets[i].node->path));
    return POND_OK;
}

static int64_t unit_start(const job *j) {
    return j->target->is_partitioned && !j->is_whole ? j->start_us : EXPORT_WHOLE;
}

// A shard leaves the jobs of the others alone; a merge finds all of them done.
static pond_code take_jobs(export_run *run, job_vec *jobs, pond_err *err) {
    size_t n = 0;
    for (size_t i = 0; i < jobs->n; i++) {
        job *j = &jobs->items[i];
        bool is_kept;
        POND_TRY(export_take_unit(run, j->target, unit_start(j), &j->fingerprint, &j->outputs,
                                  &is_kept, err));
        if (is_kept)
            jobs->items[n++] = *j;
    }
    jobs->n = n;
    return POND_OK;
}

// Jobs were planned target by target, partition by partition, so their outputs come in time order.
static void collect(export_run *run, job_vec *jobs) {
    for (size_t i = 0; i < jobs->n; i++) {
        job *j = &jobs->items[i];
        export_unit_ran(run, j->target, unit_start(j), &j->fingerprint, &j->outputs);
        for (size_t k = 0; k < j->outputs.n; k++) {
            pond_output *o = &j->outputs.items[k];
            if (o->made != NULL)
                export_settle(run, o);
            *pond_vec_push(run->arena, &j->target->outputs) = *o;
        }
    }
}

pond_code export_make_rows(export_run *run, size_t stage, pond_err *err) {
    job_vec jobs = {0};
    POND_TRY(plan_jobs(run, &run->stages[stage], &jobs, err));
    POND_TRY(take_jobs(run, &jobs, err));
    size_t n_to_run = 0;
    for (size_t i = 0; i < jobs.n; i++)
        n_to_run += jobs.items[i].outputs.n == 0;
    if (n_to_run > 0) {
        pond_err first;
        pond_err_clear(&first);
        pool p = {.run = run, .jobs = jobs.items, .n_jobs = jobs.n, .err = &first};
        p.progress =
            (pond_export_progress){.stage = stage, .n_stages = run->n_stages, .total = n_to_run};
        p.n_workers = count_workers(run, n_to_run);
        p.engines = POND_NEW_ARRAY(run->arena, pond_engine *, p.n_workers);
        pthread_mutex_init(&p.lock, NULL);
        pond_code rc = run_pool(&p, &first);
        pthread_mutex_destroy(&p.lock);
        if (rc != POND_OK) {
            if (err != NULL)
                *err = first;
            return rc;
        }
    }
    collect(run, &jobs);
    return POND_OK;
}
