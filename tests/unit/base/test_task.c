// Tasks: the function runs once, beside the caller.
#include "base/task.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct seen {
    atomic_bool may_end;
    int n_runs;
    bool is_deaf; // its thread takes no signal
} seen;

static void wait_for_caller(void *user) {
    seen *s = user;
    sigset_t blocked;
    while (!atomic_load(&s->may_end))
        usleep(1000);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    s->is_deaf = sigismember(&blocked, SIGINT) == 1 && sigismember(&blocked, SIGTERM) == 1;
    s->n_runs++;
}

static void a_task_runs_beside_its_caller(void **state) {
    (void)state;
    seen s = {0};
    sigset_t blocked;
    pond_task t;
    pond_task_start(&t, wait_for_caller, &s);
    assert_true(t.is_started);
    atomic_store(&s.may_end, true); // the task waits for it
    pond_task_join(&t);
    assert_int_equal(s.n_runs, 1);
    assert_true(s.is_deaf);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    assert_int_equal(sigismember(&blocked, SIGINT), 0);
}

static void without_a_thread_it_runs_when_it_is_joined(void **state) {
    (void)state;
    seen s = {.may_end = true};
    pond_task t = {.run = wait_for_caller, .user = &s};
    pond_task_join(&t);
    assert_int_equal(s.n_runs, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_runs_beside_its_caller),
        cmocka_unit_test(without_a_thread_it_runs_when_it_is_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
