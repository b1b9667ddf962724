// Threads that take jobs from a counter under one lock. The thread that started the pool waits on
// two descriptors: an eventfd that workers write to when a job ends, and a signalfd for Ctrl-C.
#include "base/pool.h"

#include "base/arena.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

typedef struct worker {
    pond_pool *pool;
    int index;
    pthread_t thread;
} worker;

struct pond_pool {
    const pond_pool_options *options;
    pthread_mutex_t lock; // guards what follows
    size_t next_job;
    int n_running;           // workers
    atomic_bool is_stopping; // written with the lock held, read anywhere
    size_t failed_job;       // SIZE_MAX: none
    pond_code rc;            // the first failure
    pond_err err;            // and its message
    int done_fd;             // eventfd: a job or a worker has ended
    worker *workers;
};

void pond_pool_lock(pond_pool *p) {
    pthread_mutex_lock(&p->lock);
}

void pond_pool_unlock(pond_pool *p) {
    pthread_mutex_unlock(&p->lock);
}

bool pond_pool_is_stopping(const pond_pool *p) {
    return atomic_load(&p->is_stopping);
}

int pond_pool_size(int n_wanted, size_t n_jobs) {
    long n = n_wanted > 0 ? n_wanted : sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1 || n_jobs < 1)
        return 1;
    return (size_t)n < n_jobs ? (int)n : (int)n_jobs;
}

// Workers -----------------------------------------------------------------------------------------

static bool next_job(pond_pool *p, size_t *job) {
    pond_pool_lock(p);
    bool has_job = !p->is_stopping && p->next_job < p->options->n_jobs;
    if (has_job)
        *job = p->next_job++;
    pond_pool_unlock(p);
    return has_job;
}

static void wake_waiter(pond_pool *p) {
    uint64_t one = 1;
    ssize_t n = write(p->done_fd, &one, sizeof one);
    POND_ASSERT(n == sizeof one);
}

static void finish_job(pond_pool *p, size_t job, pond_code rc, const pond_err *err) {
    pond_pool_lock(p);
    // After a stop the other jobs fail because they were interrupted; only the first failure
    // counts.
    bool is_before = p->options->is_ordered && p->failed_job != SIZE_MAX && job < p->failed_job;
    if (rc != POND_OK && (!p->is_stopping || is_before)) {
        p->failed_job = job;
        p->rc = rc;
        p->err = *err;
        p->is_stopping = true;
    }
    // The waiter needs to know of each job only to show it; the end of a worker wakes it anyway.
    bool is_news = p->options->progress != NULL || rc != POND_OK;
    pond_pool_unlock(p);
    if (is_news)
        wake_waiter(p);
}

static void *work(void *arg) {
    const worker *w = arg;
    pond_pool *p = w->pool;
    pond_err *err = pond_xmalloc(sizeof *err); // large for the stack of a thread
    pond_err_clear(err);
    for (size_t job; next_job(p, &job);)
        finish_job(p, job, p->options->job(p, p->options->user, w->index, job, err), err);
    free(err);
    pond_pool_lock(p);
    p->n_running--;
    pond_pool_unlock(p);
    wake_waiter(p);
    return NULL;
}

// Waiting -----------------------------------------------------------------------------------------

// Asks the running jobs to end; `cancelled` is the message if no failure stopped the pool before.
static void stop(pond_pool *p, const char *cancelled) {
    pond_pool_lock(p);
    if (!p->is_stopping) {
        p->is_stopping = true;
        p->rc = pond_fail(&p->err, POND_ERR_CANCELLED, "%s", cancelled);
    }
    if (p->options->interrupt != NULL)
        p->options->interrupt(p->options->user);
    pond_pool_unlock(p);
}

enum { STOP_AGAIN_MS = 20 };

static void wait_for_workers(pond_pool *p, int signal_fd) {
    const pond_pool_options *o = p->options;
    struct pollfd fds[2] = {{.fd = p->done_fd, .events = POLLIN},
                            {.fd = signal_fd, .events = POLLIN}};
    bool is_failed = false;
    for (bool is_over = false; !is_over;) {
        // Again and again after a stop: a job may have begun something new at that instant.
        if (poll(fds, 2, is_failed ? STOP_AGAIN_MS : -1) < 0 && errno != EINTR)
            break;
        uint64_t n;
        struct signalfd_siginfo info;
        if ((fds[0].revents & POLLIN) && read(p->done_fd, &n, sizeof n) < 0 && errno != EAGAIN)
            break;
        if ((fds[1].revents & POLLIN) && read(signal_fd, &info, sizeof info) == sizeof info)
            stop(p, o->cancelled);
        pond_pool_lock(p);
        is_over = p->n_running == 0;
        is_failed = p->rc != POND_OK;
        pond_pool_unlock(p);
        if (is_failed)
            stop(p, o->cancelled);
        if (o->progress != NULL)
            o->progress(p, o->user);
    }
}

// Running -----------------------------------------------------------------------------------------

static pond_code start_workers(pond_pool *p, int *n_started, pond_err *err) {
    int n = p->options->n_workers;
    p->n_running = n;
    for (; *n_started < n; (*n_started)++) {
        worker *w = &p->workers[*n_started];
        *w = (worker){.pool = p, .index = *n_started};
        int failure = pthread_create(&w->thread, NULL, work, w);
        if (failure == 0)
            continue;
        pond_pool_lock(p);
        p->is_stopping = true;
        p->n_running -= n - *n_started;
        pond_pool_unlock(p);
        errno = failure;
        return pond_fail_errno(err, "cannot start a worker thread");
    }
    return POND_OK;
}

static pond_code run_workers(pond_pool *p, int signal_fd, pond_err *err) {
    int n_started = 0;
    pond_code rc = start_workers(p, &n_started, err);
    if (rc == POND_OK)
        wait_for_workers(p, signal_fd);
    for (int i = 0; i < n_started; i++)
        pthread_join(p->workers[i].thread, NULL);
    if (rc == POND_OK && p->rc != POND_OK) {
        rc = p->rc;
        if (err != NULL)
            *err = p->err;
    }
    return rc;
}

pond_code pond_pool_run(const pond_pool_options *o, pond_err *err) {
    POND_ASSERT(o->n_workers >= 1 && !(o->is_ordered && o->interrupt != NULL));
    pond_pool *p = pond_xmalloc(sizeof *p);
    *p = (pond_pool){.options = o, .failed_job = SIZE_MAX};
    p->workers = pond_xmalloc((size_t)o->n_workers * sizeof *p->workers);
    pthread_mutex_init(&p->lock, NULL);
    sigset_t watched, before;
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    // Blocked before the threads start, so that all inherit it and a signal comes through the
    // descriptor only.
    pthread_sigmask(SIG_BLOCK, &watched, &before);
    int signal_fd = signalfd(-1, &watched, SFD_CLOEXEC);
    p->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pond_code rc = signal_fd < 0 || p->done_fd < 0
                       ? pond_fail_errno(err, "cannot make a descriptor for the worker threads")
                       : run_workers(p, signal_fd, err);
    if (signal_fd >= 0)
        close(signal_fd);
    if (p->done_fd >= 0)
        close(p->done_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_destroy(&p->lock);
    free(p->workers);
    free(p);
    return rc;
}
