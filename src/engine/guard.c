// The guard: a thread that measures time and memory while engines work, and interrupts them.
#include "engine/guard.h"

#include "engine/engine_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_US = 10000,    // memory grows by some 10 MB in this time
    GRACE_US = 2000000, // between the interrupt and giving up
    SPARE_BYTES = 16 << 20,
};

struct pond_engine_guard {
    pond_limits limits;
    pthread_mutex_t lock; // guards what follows, and the clocks of the engines
    pthread_cond_t wake;  // work has begun, or the guard ends
    pthread_t thread;
    bool has_thread, is_idle, is_ending;
    bool has_begun;       // work, since the last tick
    pond_engine *engines; // linked by `next`
    int n_working;
    int statm_fd; // /proc/self/statm; -1: there is none
    bool has_tripped, has_given_up;
    int64_t tripped_us; // when
    pond_err why;
};

// Measuring ---------------------------------------------------------------------------------------

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

// The memory that the process has allocated and used. Files that it maps (the engine's library)
// do not count. Without /proc: the most that it ever had, with those files.
static uint64_t process_bytes(const pond_engine_guard *g) {
    char text[128];
    unsigned long long total, resident, shared;
    ssize_t n = g->statm_fd < 0 ? -1 : pread(g->statm_fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    if (n > 0 && sscanf(text, "%llu %llu %llu", &total, &resident, &shared) == 3)
        return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

static bool is_out_of_time(const pond_engine_guard *g, int64_t at_us) {
    for (const pond_engine *e = g->engines; e != NULL && g->limits.timeout_us > 0; e = e->next)
        if (e->n_inside > 0 && e->worked_us + at_us - e->since_us > g->limits.timeout_us)
            return true;
    return false;
}

// Interrupting ------------------------------------------------------------------------------------

// Rounded up, so that it never looks like the limit that it exceeds.
static void size_text(uint64_t bytes, char out[32]) {
    uint64_t mb = (bytes >> 20) + 1;
    if (mb < 1024)
        snprintf(out, 32, "%" PRIu64 " MB", mb);
    else
        snprintf(out, 32, "%.2f GB", (double)mb / 1024 + 0.005);
}

static void fail_time(pond_engine_guard *g) {
    double seconds = (double)g->limits.timeout_us / 1e6;
    pond_fail(&g->why, POND_ERR_LIMIT, "the query was stopped after %.4g second%s (--timeout)",
              seconds, seconds == 1 ? "" : "s");
    pond_err_detail(&g->why, "allow more time, or change the query so that it has less to do");
}

static void fail_memory(pond_engine_guard *g, uint64_t bytes) {
    char size[32];
    size_text(bytes, size);
    pond_fail(&g->why, POND_ERR_LIMIT,
              "the query was stopped: the process used %s, more than %s allows", size,
              g->limits.memory_name);
    pond_err_detail(&g->why, "allow more memory (--memory), or change the query so that it keeps "
                             "less in memory");
}

void pond_engine_interrupt(pond_engine *e) {
    // The flag comes first. DuckDB forgets an interrupt when the next statement starts, so a
    // statement that starts between these two lines must find the flag.
    atomic_store(&e->is_interrupted, true);
    e->api->interrupt(e->con);
    e->api->interrupt(e->plan_con);
    duckdb_connection feed = atomic_load(&e->feed_con);
    if (feed != NULL)
        e->api->interrupt(feed);
}

bool pond_engine_is_interrupted(const pond_engine *e) {
    return atomic_load(&e->is_interrupted);
}

static void interrupt_all(const pond_engine_guard *g) {
    for (pond_engine *e = g->engines; e != NULL; e = e->next)
        pond_engine_interrupt(e);
}

// Whether to give up: an interrupted query has had its time, or goes on allocating.
static bool is_hopeless(const pond_engine_guard *g, int64_t at_us, uint64_t bytes) {
    return at_us - g->tripped_us > GRACE_US ||
           (g->limits.memory_bytes > 0 &&
            bytes > g->limits.memory_bytes + g->limits.memory_bytes / 8 + SPARE_BYTES);
}

// Looks once, while an engine works. Called with the lock held.
static void check(pond_engine_guard *g) {
    int64_t at_us = now_us();
    uint64_t bytes = g->limits.memory_bytes > 0 ? process_bytes(g) : 0;
    if (!g->has_tripped) {
        bool is_late = is_out_of_time(g, at_us);
        if (!is_late && bytes <= g->limits.memory_bytes)
            return;
        if (is_late)
            fail_time(g);
        else
            fail_memory(g, bytes);
        g->has_tripped = true;
        g->tripped_us = at_us;
    }
    // Again each time: the engine forgets an interrupt when a statement starts.
    interrupt_all(g);
    if (g->limits.give_up != NULL && !g->has_given_up && is_hopeless(g, at_us, bytes)) {
        g->has_given_up = true;
        g->limits.give_up(g->limits.user, &g->why);
    }
}

// Waits for a tick, or for the end of the guard.
static void wait_tick(pond_engine_guard *g) {
    int64_t until_us = now_us() + TICK_US;
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    pthread_cond_timedwait(&g->wake, &g->lock, &until);
}

// The thread sleeps only when a whole tick has passed without work: waking it for each of many
// short statements would cost more than the statements.
static void *watch(void *guard) {
    pond_engine_guard *g = guard;
    pthread_mutex_lock(&g->lock);
    while (!g->is_ending) {
        g->is_idle = g->n_working == 0 && !g->has_begun;
        g->has_begun = false;
        if (g->is_idle)
            pthread_cond_wait(&g->wake, &g->lock);
        else
            wait_tick(g);
        if (!g->is_idle && g->n_working > 0 && !g->is_ending)
            check(g);
    }
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

// The thread --------------------------------------------------------------------------------------

pond_engine_guard *pond_engine_guard_new(const pond_limits *limits) {
    pond_engine_guard *g = pond_xmalloc(sizeof *g);
    *g = (pond_engine_guard){.limits = *limits, .statm_fd = -1};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&g->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&g->lock, NULL);
    return g;
}

// Signals are for the other threads: the pool waits for them, and nothing else handles any.
static pond_code start_thread(pond_engine_guard *g, pond_err *err) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&g->thread, NULL, watch, g);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return pond_fail(err, POND_ERR_IO, "cannot start a thread (%s)", strerror(rc));
    g->has_thread = true;
    return POND_OK;
}

void pond_engine_guard_free(pond_engine_guard *g) {
    if (g == NULL)
        return;
    POND_ASSERT(g->engines == NULL);
    if (g->has_thread) {
        pthread_mutex_lock(&g->lock);
        g->is_ending = true;
        pthread_cond_signal(&g->wake);
        pthread_mutex_unlock(&g->lock);
        pthread_join(g->thread, NULL);
    }
    if (g->statm_fd >= 0)
        close(g->statm_fd);
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

// Engines -----------------------------------------------------------------------------------------

pond_code engine_guard_add(pond_engine_guard *g, pond_engine *e, pond_err *err) {
    pond_code rc = POND_OK;
    if (g == NULL || (g->limits.timeout_us == 0 && g->limits.memory_bytes == 0))
        return POND_OK;
    pthread_mutex_lock(&g->lock);
    if (!g->has_thread) {
        g->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
        rc = start_thread(g, err);
    }
    if (rc == POND_OK) {
        e->guard = g;
        e->next = g->engines;
        g->engines = e;
        if (g->has_tripped)
            pond_engine_interrupt(e);
    }
    pthread_mutex_unlock(&g->lock);
    return rc;
}

void engine_guard_remove(pond_engine *e) {
    pond_engine_guard *g = e->guard;
    if (g == NULL)
        return;
    pthread_mutex_lock(&g->lock);
    pond_engine **at = &g->engines;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    pthread_mutex_unlock(&g->lock);
    e->guard = NULL;
}

void engine_enter(pond_engine *connection) {
    pond_engine *e = connection->base;
    pond_engine_guard *g = e->guard;
    if (g == NULL)
        return;
    pthread_mutex_lock(&g->lock);
    if (e->n_inside++ == 0) {
        e->since_us = now_us();
        g->n_working++;
        g->has_begun = true;
        if (g->is_idle)
            pthread_cond_signal(&g->wake);
    }
    pthread_mutex_unlock(&g->lock);
}

void engine_leave(pond_engine *connection) {
    pond_engine *e = connection->base;
    pond_engine_guard *g = e->guard;
    if (g == NULL)
        return;
    pthread_mutex_lock(&g->lock);
    if (--e->n_inside == 0) {
        e->worked_us += now_us() - e->since_us;
        g->n_working--;
    }
    pthread_mutex_unlock(&g->lock);
}

void pond_engine_next_query(pond_engine *e) {
    if (e == NULL || e->guard == NULL)
        return;
    pthread_mutex_lock(&e->guard->lock);
    e->worked_us = 0;
    pthread_mutex_unlock(&e->guard->lock);
}

pond_code engine_fail_interrupted(const pond_engine *e, pond_err *err) {
    pond_engine_guard *g = e->base->guard;
    pond_code rc = POND_ERR_CANCELLED;
    if (g != NULL) {
        pthread_mutex_lock(&g->lock);
        if (g->has_tripped) {
            rc = g->why.code;
            if (err != NULL)
                *err = g->why;
        }
        pthread_mutex_unlock(&g->lock);
    }
    return rc == POND_ERR_CANCELLED ? pond_fail(err, rc, "interrupted") : rc;
}
