// child: runs another program and reads what it prints.
#ifndef POND_BASE_CHILD_H
#define POND_BASE_CHILD_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

typedef struct pond_child {
    pid_t pid; // 0: it has ended
    const char *name;
    int out, err; // its standard output, and a file with its standard error
} pond_child;

// Starts argv[0], which is looked up in PATH, with its standard input at its end. argv ends with
// NULL and is borrowed. NOT_FOUND, or IO, if it cannot be started.
pond_code pond_child_start(const char *const *argv, pond_child *out, pond_err *err) POND_MUST;
// Reads a piece of its output into `to`; *n is 0 at the end. IO if nothing comes for `patience_us`.
pond_code pond_child_read(pond_child *c, void *to, size_t room, int64_t patience_us, size_t *n,
                          pond_err *err) POND_MUST;
// Waits for it. IO if it failed, with the end of what it wrote to standard error as the message:
// "NAME failed (exit 1): …".
pond_code pond_child_wait(pond_child *c, pond_err *err) POND_MUST;
// Ends it, if it has not ended, and closes everything. Twice is fine.
void pond_child_close(pond_child *c);

#endif
