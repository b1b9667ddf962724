// Pools: every job runs once, a failure or a signal stops the pool, progress is reported.
#include "base/pool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

enum { N_JOBS = 500, N_WORKERS = 4, NO_JOB = N_JOBS };

typedef struct counts {
    int n_runs[N_JOBS]; // of each job
    int n_by_worker[N_WORKERS];
    size_t n_done, n_seen; // seen: by the last call of progress
    size_t failing_job;
    size_t signalling_job;
    int n_interrupts;
    bool is_waiting; // jobs after the failing one wait until the pool stops
} counts;

static pond_code count_job(pond_pool *p, void *user, int worker, size_t job, pond_err *err) {
    counts *c = user;
    pond_pool_lock(p);
    c->n_runs[job]++;
    c->n_by_worker[worker]++;
    c->n_done++;
    pond_pool_unlock(p);
    if (job == c->signalling_job)
        kill(getpid(), SIGINT);
    if (job == c->failing_job)
        return pond_fail(err, POND_ERR_INVALID, "job %zu is bad", job);
    while (c->is_waiting && !pond_pool_is_stopping(p))
        usleep(1000);
    return c->is_waiting ? pond_fail(err, POND_ERR_CANCELLED, "job %zu was interrupted", job)
                         : POND_OK;
}

static void count_interrupt(void *user) {
    ((counts *)user)->n_interrupts++;
}

static void see_progress(pond_pool *p, void *user) {
    counts *c = user;
    pond_pool_lock(p);
    c->n_seen = c->n_done;
    pond_pool_unlock(p);
}

static pond_code run(counts *c, int n_workers, size_t n_jobs, pond_err *err) {
    return pond_pool_run(&(pond_pool_options){.n_workers = n_workers,
                                              .n_jobs = n_jobs,
                                              .user = c,
                                              .job = count_job,
                                              .interrupt = count_interrupt,
                                              .progress = see_progress,
                                              .cancelled = "stopped by a signal"},
                         err);
}

static void each_job_runs_once(void **state) {
    (void)state;
    for (int n_workers = 1; n_workers <= N_WORKERS; n_workers++) {
        counts c = {.failing_job = NO_JOB, .signalling_job = NO_JOB};
        pond_err err;
        assert_int_equal(run(&c, n_workers, N_JOBS, &err), POND_OK);
        for (int i = 0; i < N_JOBS; i++)
            assert_int_equal(c.n_runs[i], 1);
        for (int i = n_workers; i < N_WORKERS; i++)
            assert_int_equal(c.n_by_worker[i], 0);
        assert_int_equal(c.n_seen, N_JOBS);
        assert_int_equal(c.n_interrupts, 0);
    }
}

static void a_pool_without_jobs_succeeds(void **state) {
    (void)state;
    counts c = {.failing_job = NO_JOB, .signalling_job = NO_JOB};
    assert_int_equal(run(&c, 2, 0, NULL), POND_OK);
    assert_int_equal(c.n_done, 0);
}

static void one_worker_takes_the_jobs_in_order_and_stops_at_a_failure(void **state) {
    (void)state;
    counts c = {.failing_job = 7, .signalling_job = NO_JOB};
    pond_err err;
    assert_int_equal(run(&c, 1, N_JOBS, &err), POND_ERR_INVALID);
    assert_string_equal(err.msg, "job 7 is bad");
    for (int i = 0; i < N_JOBS; i++)
        assert_int_equal(c.n_runs[i], i <= 7);
    assert_int_equal(run(&c, 1, N_JOBS, NULL), POND_ERR_INVALID);
}

static void the_first_failure_is_reported_and_the_other_jobs_are_interrupted(void **state) {
    (void)state;
    counts c = {.failing_job = 3, .signalling_job = NO_JOB, .is_waiting = true};
    pond_err err;
    assert_int_equal(run(&c, N_WORKERS, N_JOBS, &err), POND_ERR_INVALID);
    assert_string_equal(err.msg, "job 3 is bad");
    assert_true(c.n_interrupts >= 1);
    assert_int_equal(c.n_done, 4); // a worker each; no further job has started
}

static volatile sig_atomic_t n_signals;

static void count_signal(int number) {
    (void)number;
    n_signals++;
}

static void a_signal_stops_the_pool_and_no_handler_sees_it(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = count_signal}, before;
    assert_int_equal(sigaction(SIGINT, &action, &before), 0);
    counts c = {.failing_job = NO_JOB, .signalling_job = 1, .is_waiting = true};
    pond_err err;
    n_signals = 0;
    assert_int_equal(run(&c, 2, N_JOBS, &err), POND_ERR_CANCELLED);
    assert_string_equal(err.msg, "stopped by a signal");
    assert_true(c.n_interrupts >= 1);
    assert_int_equal(n_signals, 0);
    raise(SIGINT); // no longer blocked
    assert_int_equal(n_signals, 1);
    assert_int_equal(sigaction(SIGINT, &before, NULL), 0);
}

// The lower of two jobs that fail waits until the higher one has failed.
static pond_code fail_in_reverse(pond_pool *p, void *user, int worker, size_t job, pond_err *err) {
    (void)user, (void)worker;
    while (job == 2 && !pond_pool_is_stopping(p))
        usleep(1000);
    return job == 2 || job == 3 ? pond_fail(err, POND_ERR_INVALID, "job %zu is bad", job) : POND_OK;
}

static void an_ordered_pool_reports_the_lowest_job_that_failed(void **state) {
    (void)state;
    pond_err err;
    assert_int_equal(pond_pool_run(&(pond_pool_options){.n_workers = N_WORKERS,
                                                        .n_jobs = N_JOBS,
                                                        .job = fail_in_reverse,
                                                        .is_ordered = true},
                                   &err),
                     POND_ERR_INVALID);
    assert_string_equal(err.msg, "job 2 is bad");
}

static void a_pool_has_as_many_workers_as_are_wanted_and_no_more_than_jobs(void **state) {
    (void)state;
    assert_int_equal(pond_pool_size(3, 100), 3);
    assert_int_equal(pond_pool_size(3, 2), 2);
    assert_int_equal(pond_pool_size(3, 0), 1);
    assert_int_equal(pond_pool_size(0, 1), 1);
    assert_true(pond_pool_size(0, 100) >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_runs_once),
        cmocka_unit_test(a_pool_without_jobs_succeeds),
        cmocka_unit_test(one_worker_takes_the_jobs_in_order_and_stops_at_a_failure),
        cmocka_unit_test(the_first_failure_is_reported_and_the_other_jobs_are_interrupted),
        cmocka_unit_test(a_signal_stops_the_pool_and_no_handler_sees_it),
        cmocka_unit_test(an_ordered_pool_reports_the_lowest_job_that_failed),
        cmocka_unit_test(a_pool_has_as_many_workers_as_are_wanted_and_no_more_than_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
