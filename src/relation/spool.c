// Copies inputs that can be read only once to files.
#include "relation/spool.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// The pond's tmp, if there is one.
static const char *find_tmp(pond_session *s) {
    pond_store *store = pond_session_store(s);
    const char *dir = store == NULL ? NULL : pond_store_tmp_dir(store);
    return dir != NULL && pond_path_is_dir(dir) ? dir : NULL;
}

const char *pond_spool_dir(pond_session *s) {
    const char *dir = find_tmp(s), *tmp = getenv("TMPDIR");
    return dir != NULL ? dir : tmp != NULL && *tmp != '\0' ? tmp : "/tmp";
}

pond_code pond_spool_name(pond_session *s, pond_sv name, pond_sv *out, pond_err *err) {
    const char *dir = find_tmp(s);
    if (dir == NULL)
        POND_TRY(pond_session_scratch(s, &dir, err));
    for (int i = 0;; i++) {
        *out = pond_svf(pond_session_arena(s), "%s/%d-%.*s", dir, i, POND_SV_ARG(name));
        if (!pond_path_exists(out->p))
            return POND_OK;
    }
}

static pond_code copy_to(int from, const char *name, const char *path, pond_err *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return pond_fail_errno(err, "cannot create '%s'", path);
    pond_fd_target to = {fd, path};
    pond_code rc = pond_fd_read_to(from, name, pond_sink_to_fd(&to), err);
    if (close(fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", path);
    return rc;
}

pond_code pond_spool(pond_session *s, const char *path, pond_spooled *out, pond_err *err) {
    int fd;
    struct stat st;
    pond_sv to;
    *out = (pond_spooled){.path = path};
    POND_TRY(pond_file_open_input(path, &fd, err));
    pond_code rc = fstat(fd, &st) == 0 ? POND_OK : pond_fail_errno(err, "cannot stat '%s'", path);
    if (rc == POND_OK && !S_ISREG(st.st_mode)) {
        rc = pond_spool_name(s, pond_sv_of(pond_path_name(path)), &to, err);
        if (rc == POND_OK) {
            *out = (pond_spooled){.path = to.p, .is_new = true};
            rc = copy_to(fd, path, to.p, err);
        }
    }
    close(fd); // nothing was written, so no error can be lost
    if (rc != POND_OK)
        pond_spool_drop(out);
    return rc;
}

void pond_spool_drop(pond_spooled *f) {
    if (f->is_new)
        unlink(f->path); // what remains goes with its directory, when the session closes
    *f = (pond_spooled){0};
}
