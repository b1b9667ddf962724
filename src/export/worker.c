// The pool of engines that runs the jobs of a stage.
#include "export/worker.h"

#include "export/rows.h"

#define DEFAULT_MEMORY_BYTES (UINT64_C(2) << 30) // of all workers together

typedef struct stage_work {
    export_run *run;
    const export_jobs *jobs;
    export_worker *workers;
    int n_workers;
    pond_export_progress progress; // under the pool's lock
} stage_work;

// Of all workers together.
static uint64_t memory_of(export_run *run) {
    uint64_t bytes = pond_session_engine_options(run->session)->memory_bytes;
    return bytes > 0 ? bytes : DEFAULT_MEMORY_BYTES;
}

int export_count_workers(export_run *run, size_t n_units) {
    size_t most = (size_t)(memory_of(run) / POND_MIN_ENGINE_BYTES);
    if (run->options->n_jobs == 0 && most < n_units) // rather fewer than without memory
        n_units = most;
    return pond_pool_size(run->options->n_jobs, n_units);
}

static pond_code open_engine(const stage_work *work, int index, pond_err *err) {
    export_worker *w = &work->workers[index];
    export_run *run = w->run;
    pond_pool_lock(w->pool);
    pond_engine_options options = *pond_session_engine_options(run->session);
    options.threads = 1;
    options.memory_bytes = memory_of(run) / (uint64_t)work->n_workers;
    options.temp_dir = pond_printf(run->arena, "%s/spill-%d", run->dir.tmp, index);
    pond_pool_unlock(w->pool);
    pond_engine *engine = NULL;
    pond_code rc = pond_engine_open(&options, &engine, err);
    pond_pool_lock(w->pool);
    w->engine = engine;
    // If the pool stopped meanwhile, interrupt_engines did not see this one.
    if (engine != NULL && pond_pool_is_stopping(w->pool))
        pond_engine_interrupt(engine);
    pond_pool_unlock(w->pool);
    return rc;
}

static pond_code run_job(pond_pool *pool, void *user, int worker, size_t job, pond_err *err) {
    stage_work *work = user;
    export_worker *w = &work->workers[worker];
    const export_job *j = work->jobs->items[job];
    w->pool = pool;
    pond_code rc = w->engine == NULL ? open_engine(work, worker, err) : POND_OK;
    pond_engine_next_query(w->engine);
    if (rc == POND_OK)
        rc = export_run_job(w, j, err);
    pond_pool_lock(pool);
    work->progress.done += j->units.n;
    pond_pool_unlock(pool);
    return rc;
}

static void interrupt_engines(void *user) {
    const stage_work *work = user;
    for (int i = 0; i < work->n_workers; i++)
        if (work->workers[i].engine != NULL)
            pond_engine_interrupt(work->workers[i].engine);
}

static void report_progress(pond_pool *pool, void *user) {
    const stage_work *work = user;
    const pond_export_options *o = work->run->options;
    if (o->progress == NULL)
        return;
    pond_pool_lock(pool);
    pond_export_progress progress = work->progress;
    pond_pool_unlock(pool);
    o->progress(o->progress_user, &progress);
}

pond_code export_run_jobs(export_run *run, size_t stage, const export_jobs *jobs, int n_workers,
                          pond_err *err) {
    stage_work work = {.run = run, .jobs = jobs, .n_workers = n_workers};
    work.progress = (pond_export_progress){.stage = stage, .n_stages = run->n_stages};
    for (size_t i = 0; i < jobs->n; i++)
        work.progress.total += jobs->items[i]->units.n;
    work.workers = POND_NEW_ARRAY(run->arena, export_worker, n_workers);
    for (int i = 0; i < n_workers; i++)
        work.workers[i] = (export_worker){.run = run, .progress = &work.progress};
    pond_code rc = pond_pool_run(
        &(pond_pool_options){.n_workers = n_workers,
                             .n_jobs = jobs->n,
                             .user = &work,
                             .job = run_job,
                             .interrupt = interrupt_engines,
                             .progress = report_progress,
                             .cancelled = "interrupted; the output directory is as it was"},
        err);
    for (int i = 0; i < n_workers; i++)
        pond_engine_close(work.workers[i].engine);
    return rc;
}
