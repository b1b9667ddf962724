// worker: a pool of threads, each with a single-threaded engine of its own and its share of the
// memory.
//
// What needs the session (SQL text, the manifest, the arena) happens under the pool's lock;
// queries, hashing and file work happen outside it. One thread an engine: sums of floats then do
// not depend on timing.
#include "export/internal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

typedef struct pool {
    export_run *run;
    pthread_mutex_t lock; // guards all below, the session and its arena
    export_jobs *jobs;
    size_t next, n_running;
    atomic_bool is_stopping; // written under the lock, read anywhere
    pond_code rc;            // of the first failure
    pond_err *err;
    export_worker *workers;
    int n_workers;
    int done_fd; // an eventfd: a worker ended or finished a job
    pond_export_progress progress;
} pool;

void export_hold(export_worker *w) {
    pthread_mutex_lock(&w->pool->lock);
}

void export_release(export_worker *w) {
    pthread_mutex_unlock(&w->pool->lock);
}

bool export_is_stopping(export_worker *w) {
    return atomic_load(&w->pool->is_stopping);
}

// Workers
// ---------------------------------------------------------------------------------------------

static pond_code open_engine(export_worker *w, pond_err *err) {
    const export_run *run = w->run;
    uint64_t memory =
        run->options->memory_bytes == 0 ? UINT64_C(2) << 30 : run->options->memory_bytes;
    export_hold(w);
    pond_engine_options options = *pond_session_engine_options(run->session);
    options.threads = 1;
    options.memory_bytes = memory / (uint64_t)w->pool->n_workers;
    options.temp_dir = pond_printf(run->arena, "%s/spill-%d", run->tmp, w->index);
    export_release(w);
    pond_engine *engine = NULL;
    pond_code rc = pond_engine_open(&options, &engine, err);
    export_hold(w);
    w->engine = engine;
    if (engine != NULL && w->pool->is_stopping) // whoever stopped the pool could not see it yet
        pond_engine_interrupt(engine);
    export_release(w);
    return rc;
}

static export_job *next_job(pool *p) {
    pthread_mutex_lock(&p->lock);
    export_job *j = !p->is_stopping && p->next < p->jobs->n ? p->jobs->items[p->next++] : NULL;
    pthread_mutex_unlock(&p->lock);
    return j;
}

static void tell(pool *p) {
    uint64_t one = 1;
    ssize_t n = write(p->done_fd, &one, sizeof one);
    POND_ASSERT(n == sizeof one);
}

static void finish_job(pool *p, const export_job *j, pond_code rc, const pond_err *err) {
    pthread_mutex_lock(&p->lock);
    p->progress.done += j->units.n;
    // After a stop every other worker fails as interrupted; the first failure is the one to report.
    if (rc != POND_OK && !p->is_stopping) {
        p->rc = rc;
        p->is_stopping = true;
        *p->err = *err;
    }
    pthread_mutex_unlock(&p->lock);
    tell(p);
}

static void *work(void *arg) {
    export_worker *w = arg;
    pool *p = w->pool;
    pond_err *err = pond_xmalloc(sizeof *err);
    pond_err_clear(err);
    for (export_job *j; (j = next_job(p)) != NULL;) {
        pond_code rc = w->engine == NULL ? open_engine(w, err) : POND_OK;
        if (rc == POND_OK)
            rc = export_run_job(w, j, err);
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
        if (p->workers[i].engine != NULL)
            pond_engine_interrupt(p->workers[i].engine);
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
    int n_started = 0;
    pond_code rc = POND_OK;
    if (signal_fd < 0 || p->done_fd < 0)
        rc = pond_fail_errno(err, "cannot make a descriptor for the worker pool");
    p->n_running = (size_t)p->n_workers;
    for (; rc == POND_OK && n_started < p->n_workers; n_started++) {
        int e = pthread_create(&threads[n_started], NULL, work, &p->workers[n_started]);
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
        pond_engine_close(p->workers[i].engine);
    if (signal_fd >= 0)
        close(signal_fd);
    if (p->done_fd >= 0)
        close(p->done_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc != POND_OK ? rc : p->rc;
}

// The stage
// ---------------------------------------------------------------------------------------------

static int count_workers(const export_run *run, size_t n_pending) {
    long n = run->options->n_jobs > 0 ? run->options->n_jobs : sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1)
        n = 1;
    return (int)((size_t)n < n_pending ? (size_t)n : n_pending);
}

static pond_code run_jobs(export_run *run, size_t stage, export_jobs *jobs, size_t n_pending,
                          int n_workers, pond_err *err) {
    pool p = {.run = run, .jobs = jobs, .err = err, .n_workers = n_workers};
    p.progress =
        (pond_export_progress){.stage = stage, .n_stages = run->n_stages, .total = n_pending};
    p.workers = POND_NEW_ARRAY(run->arena, export_worker, n_workers);
    for (int i = 0; i < n_workers; i++)
        p.workers[i] = (export_worker){.pool = &p, .run = run, .index = i, .progress = &p.progress};
    pthread_mutex_init(&p.lock, NULL);
    pond_code rc = run_pool(&p, err);
    pthread_mutex_destroy(&p.lock);
    return rc;
}

static int64_t unit_start(const export_unit *u) {
    return u->target->is_partitioned && !u->is_whole ? u->start_us : EXPORT_WHOLE;
}

// A shard leaves the units of the others alone; a merge finds all of them done.
static pond_code take_units(export_run *run, export_units *units, pond_err *err) {
    size_t n = 0;
    for (size_t i = 0; i < units->n; i++) {
        export_unit *u = &units->items[i];
        bool is_kept;
        POND_TRY(export_take_unit(run, u->target, unit_start(u), &u->fingerprint, &u->outputs,
                                  &is_kept, err));
        u->is_done |= u->outputs.n > 0;
        if (is_kept)
            units->items[n++] = *u;
    }
    units->n = n;
    return POND_OK;
}

// Units were planned target by target, partition by partition, so their outputs come in time order.
static void collect(export_run *run, export_units *units) {
    for (size_t i = 0; i < units->n; i++) {
        export_unit *u = &units->items[i];
        export_unit_ran(run, u->target, unit_start(u), &u->fingerprint, &u->outputs);
        for (size_t k = 0; k < u->outputs.n; k++) {
            pond_output *o = &u->outputs.items[k];
            if (o->made != NULL)
                export_settle(run, o, u->target->why);
            *pond_vec_push(run->arena, &u->target->outputs) = *o;
        }
    }
}

pond_code export_make_rows(export_run *run, size_t stage, pond_err *err) {
    export_units units = {0};
    export_jobs jobs = {0};
    size_t n_pending = 0;
    POND_TRY(export_plan_units(run, stage, &units, err));
    POND_TRY(take_units(run, &units, err));
    for (size_t i = 0; i < units.n; i++)
        n_pending += !units.items[i].is_done;
    if (n_pending > 0) {
        int n_workers = count_workers(run, n_pending);
        export_group_units(run, &units, n_workers, &jobs);
        pond_err first;
        pond_err_clear(&first);
        pond_code rc = run_jobs(run, stage, &jobs, n_pending, n_workers, &first);
        if (rc != POND_OK) {
            if (err != NULL)
                *err = first;
            return rc;
        }
    }
    collect(run, &units);
    return POND_OK;
}
