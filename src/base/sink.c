// Sinks that write to a buffer and to a file, and reading a file into a sink.
#include "base/sink.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static pond_code write_to_buf(void *user, pond_sv bytes, pond_err *err) {
    (void)err;
    pond_buf_sv(user, bytes);
    return POND_OK;
}

pond_sink pond_sink_to_buf(pond_buf *b) {
    return (pond_sink){write_to_buf, b};
}

static pond_code write_to_fd(void *user, pond_sv bytes, pond_err *err) {
    const pond_fd_target *to = user;
    return pond_fd_write_all(to->fd, to->name, bytes.p, bytes.n, err);
}

pond_sink pond_sink_to_fd(pond_fd_target *to) {
    return (pond_sink){write_to_fd, to};
}

pond_code pond_fd_read_to(int fd, const char *name, pond_sink to, pond_err *err) {
    enum { CHUNK = 1 << 18 };
    char *chunk = pond_xmalloc(CHUNK);
    pond_code rc = POND_OK;
    while (rc == POND_OK) {
        ssize_t got = read(fd, chunk, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = pond_fail_errno(err, "cannot read '%s'", name);
        if (got <= 0)
            break;
        rc = to.write(to.user, (pond_sv){chunk, (size_t)got}, err);
    }
    free(chunk);
    return rc;
}
