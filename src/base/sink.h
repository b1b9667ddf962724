// sink: where bytes go that are made or read piece by piece.
#ifndef POND_BASE_SINK_H
#define POND_BASE_SINK_H

#include "base/err.h"
#include "base/str.h"

// `write` takes each piece in turn; after an error nothing more is written.
typedef struct pond_sink {
    pond_code (*write)(void *user, pond_sv bytes, pond_err *err);
    void *user;
} pond_sink;

// Appends to a buffer.
pond_sink pond_sink_to_buf(pond_buf *b);

// Writes to an open file. The struct must live as long as the sink.
typedef struct pond_fd_target {
    int fd;
    const char *name; // for messages
} pond_fd_target;
pond_sink pond_sink_to_fd(pond_fd_target *to);

// Reads a file descriptor to its end. `name` is for messages.
pond_code pond_fd_read_to(int fd, const char *name, pond_sink to, pond_err *err) POND_MUST;

#endif
