// Hashes files of the host, and finds out whether they changed.
#include "relation/hostfile.h"

#include "base/file.h"
#include "base/time.h"
#include "relation/internal.h"
#include "relation/recall.h"

#include <sys/stat.h>
#include <unistd.h>

// Longer than a tick of any file system's clock (FAT: 2 s), and what clocks of machines differ.
#define RECENT_US (INT64_C(3) * POND_US_PER_S)

typedef struct hostfile {
    struct stat st;
    int64_t looked_us; // when that was
    pond_sha256 hash;
} hostfile;

// The file is hashed through the descriptor that it is looked at by: both are of one file.
static pond_code look(const char *path, hostfile *out, pond_err *err) {
    int fd;
    POND_TRY(pond_file_open(path, &fd, err));
    out->looked_us = pond_now_us();
    pond_code rc =
        fstat(fd, &out->st) == 0 ? POND_OK : pond_fail_errno(err, "cannot look at '%s'", path);
    if (rc == POND_OK)
        rc = pond_sha256_fd(fd, path, &out->hash, NULL, err);
    close(fd); // nothing was written
    return rc;
}

static bool is_recent(const hostfile *f) {
    int64_t since_ns = (f->looked_us - RECENT_US) * 1000;
    return pond_timespec_ns(f->st.st_mtim) >= since_ns ||
           pond_timespec_ns(f->st.st_ctim) >= since_ns;
}

// The hash that an earlier session recorded, if the file still looks as it did then.
static bool recall(pond_session *s, const char *path, hostfile *out) {
    out->looked_us = pond_now_us();
    return stat(path, &out->st) == 0 &&
           relation_recall_hash(s, pond_sv_of(path), &out->st, &out->hash);
}

static pond_code look_first(pond_session *s, const char *path, hostfile *out, pond_err *err) {
    relation_counts(s)->files++;
    if (recall(s, path, out))
        return POND_OK;
    POND_TRY(look(path, out, err));
    relation_counts(s)->hashed++;
    // A change after this look shows, unless the clock has not ticked since the change before it.
    if (!is_recent(out))
        relation_note_hash(s, pond_sv_of(path), &out->st, &out->hash);
    return POND_OK;
}

pond_code pond_hostfile_hash(pond_session *s, const char *path, pond_sha256 *out, pond_err *err) {
    void **at = pond_map_at(relation_host_files(s), pond_sv_of(path), NULL);
    if (*at == NULL) {
        hostfile *f = POND_NEW(pond_session_arena(s), hostfile);
        POND_TRY(look_first(s, path, f, err));
        *at = f;
    }
    *out = ((const hostfile *)*at)->hash;
    return POND_OK;
}

static bool is_same_time(struct timespec a, struct timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

// Writing sets both times. The second one cannot be set back, but not every file system has it.
static bool looks_same(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           is_same_time(a->st_mtim, b->st_mtim) && is_same_time(a->st_ctim, b->st_ctim);
}

static pond_code check(const char *path, const hostfile *f, pond_err *err) {
    struct stat st;
    hostfile again;
    bool is_same = stat(path, &st) == 0 && looks_same(&f->st, &st);
    if (is_same && is_recent(f)) {
        POND_TRY(look(path, &again, err));
        is_same = looks_same(&f->st, &again.st) && pond_sha256_eq(&f->hash, &again.hash);
    }
    if (is_same)
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT,
                     "'%s' was changed while it was read; try again when it is complete", path);
}

pond_code pond_hostfile_check(pond_session *s, pond_err *err) {
    const pond_map *files = relation_host_files(s);
    for (size_t i = 0; i < files->n; i++)
        if (files->entries[i].value != NULL)
            POND_TRY(check(pond_cstr(pond_session_arena(s), files->entries[i].key),
                           files->entries[i].value, err));
    return POND_OK;
}
