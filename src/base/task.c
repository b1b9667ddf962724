// A thread for one function.
#include "base/task.h"

#include "base/err.h"

#include <signal.h>
#include <stddef.h>

static void *work(void *arg) {
    const pond_task *t = arg;
    t->run(t->user);
    return NULL;
}

void pond_task_start(pond_task *t, void (*run)(void *user), void *user) {
    *t = (pond_task){.run = run, .user = user};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); // the thread inherits it
    // The thread reads what was set above, and only its owner reads is_started.
    t->is_started = pthread_create(&t->thread, NULL, work, t) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void pond_task_join(pond_task *t) {
    if (!t->is_started) {
        t->run(t->user);
        return;
    }
    int failure = pthread_join(t->thread, NULL);
    POND_ASSERT(failure == 0);
}
