// Temporary directories of processes: making, locking, removing, and clearing those of the dead.
#include "base/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

pond_code pond_scratch_init(pond_scratch *t, pond_arena *a, const pond_below *in,
                            const char *in_path, const char *prefix, pond_err *err) {
    uint8_t random[8];
    char digits[2 * sizeof random + 1];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return pond_fail_errno(err, "cannot get random bytes from the system");
    pond_hex(random, sizeof random, digits);
    const char *name = pond_printf(a, "%s%s", prefix, digits);
    *t = (pond_scratch){.in = in, .name = name, .dir = {-1, pond_path_join(a, in_path, name)}};
    return POND_OK;
}

// Opens and locks a directory. False with errno, EWOULDBLOCK if it is in use.
static bool lock_dir(const pond_below *in, const char *name, int *fd) {
    *fd = openat(in->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    errno = saved;
    *fd = -1;
    return false;
}

pond_code pond_scratch_make(pond_scratch *t, pond_err *err) {
    enum { TRIES = 10 }; // each needs another process that clears at this moment
    for (int i = 0; i < TRIES && t->dir.fd < 0; i++) {
        if (mkdirat(t->in->fd, t->name, 0777) != 0 && errno != EEXIST)
            break;
        // Another process may remove the directory after it is made and before it is locked.
        if (lock_dir(t->in, t->name, &t->dir.fd) && !pond_below_exists(t->in, t->name))
            pond_below_close(&t->dir);
    }
    return t->dir.fd >= 0 ? POND_OK
                          : pond_fail_errno(err, "cannot make directory '%s'", t->dir.path);
}

char *pond_scratch_name(pond_scratch *t, pond_arena *a, const char *suffix) {
    return pond_printf(a, "%" PRIu64 "%s", ++t->n_names, suffix);
}

void pond_scratch_close(pond_scratch *t) {
    if (t->dir.fd < 0)
        return;
    pond_code rc = pond_below_remove_tree(t->in, t->name, NULL);
    (void)rc; // a later pond_scratch_clear removes what remains
    pond_below_close(&t->dir);
}

pond_code pond_scratch_clear(const pond_below *in, pond_sv prefix, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_dirent_vec found = {0};
    pond_code rc = pond_below_list(in, &a, ".", &found, err);
    for (size_t i = 0; rc == POND_OK && i < found.n; i++) {
        const char *name = found.items[i].name.p;
        int fd = -1;
        if (!pond_sv_starts(found.items[i].name, prefix))
            continue;
        if (found.items[i].is_dir && !lock_dir(in, name, &fd) && errno == EWOULDBLOCK)
            continue; // in use
        rc = pond_below_remove_tree(in, name, err);
        if (fd >= 0)
            close(fd);
    }
    pond_arena_deinit(&a);
    return rc;
}
