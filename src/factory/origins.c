// The files that nodes were made from: noting them, and finding those that have changed.
#include "factory/origins.h"

#include "base/file.h"

#include <sys/stat.h>
#include <unistd.h>

static int64_t mtime_ns(const struct stat *st) {
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

// Noting ------------------------------------------------------------------------------------------

void pond_origin_add(pond_arena *a, const char *path, const pond_sha256 *hash,
                     pond_origin_vec *out) {
    struct stat st;
    char *absolute;
    if (out == NULL || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        pond_path_absolute(a, path, &absolute, NULL) != POND_OK ||
        pond_utf8_find_bad(pond_sv_of(absolute)) >= 0)
        return;
    *pond_vec_push(a, out) = (pond_origin){.path = pond_sv_of(absolute),
                                           .size_bytes = (uint64_t)st.st_size,
                                           .mtime_ns = mtime_ns(&st),
                                           .hash = *hash};
}

pond_code pond_origin_read(pond_arena *a, const char *path, pond_sv *text, pond_origin_vec *origins,
                           pond_err *err) {
    pond_buf raw = POND_BUF_EMPTY;
    pond_code rc = pond_file_read(path, &raw, err);
    *text = pond_buf_keep(a, &raw);
    if (rc != POND_OK)
        return rc;
    pond_sha256 hash = pond_sha256_of(*text);
    pond_origin_add(a, path, &hash, origins);
    return POND_OK;
}

// What tells this copy of the pond from others: the machine, the user, and the catalog's place on
// its disk. Nobody else knows all of it. False if the user does not own the pond.
static bool find_seal(pond_session *s, pond_sha256 *out) {
    pond_arena *a = pond_session_arena(s);
    pond_buf machine = POND_BUF_EMPTY;
    struct stat st;
    const char *dir = pond_path_parent(a, pond_store_objects_dir(pond_session_store(s)));
    if (lstat(pond_path_join(a, dir, "pond.db"), &st) != 0 || st.st_uid != geteuid())
        return false;
    pond_code rc = pond_file_read("/etc/machine-id", &machine, NULL);
    (void)rc; // without one, the rest has to do
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, pond_buf_view(&machine));
    pond_hasher_field(h, pond_svf(a, "%ju %ju %ju", (uintmax_t)st.st_uid, (uintmax_t)st.st_dev,
                                  (uintmax_t)st.st_ino));
    pond_hasher_field(h, pond_sv_of(dir));
    *out = pond_hasher_finish(h);
    pond_buf_free(&machine);
    return true;
}

pond_code pond_origins_keep(pond_session *s, pond_sv node_path, pond_origin_vec *origins,
                            pond_err *err) {
    const pond_node *node;
    pond_sha256 seal = {{0}};
    POND_TRY(pond_fs_resolve(pond_session_fs(s), node_path, false, &node, err));
    bool is_ours = find_seal(s, &seal);
    for (size_t i = 0; i < origins->n; i++)
        origins->items[i].seal = seal;
    const pond_origin_vec none = {0};
    return pond_store_set_origins(pond_session_txn(s), node->id, is_ours ? origins : &none, err);
}

// Finding -----------------------------------------------------------------------------------------

static bool has_changed(const pond_origin *o) {
    struct stat st;
    pond_sha256 now;
    const char *path = o->path.p;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    if ((uint64_t)st.st_size != o->size_bytes)
        return true;
    if (mtime_ns(&st) == o->mtime_ns)
        return false;
    return pond_sha256_file(path, &now, NULL, NULL) == POND_OK && !pond_sha256_eq(&now, &o->hash);
}

pond_code pond_origins_warn(pond_session *s, pond_err *err) {
    enum { SHOWN = 5 };
    pond_origin_vec all;
    pond_sha256 seal;
    size_t n = 0;
    if (pond_session_txn(s) == NULL)
        return POND_OK;
    POND_TRY(pond_store_origins(pond_session_txn(s), pond_session_arena(s), &all, err));
    if (all.n == 0 || !find_seal(s, &seal))
        return POND_OK;
    for (size_t i = 0; i < all.n; i++) {
        const pond_origin *o = &all.items[i];
        if (!pond_sha256_eq(&o->seal, &seal) || !has_changed(o) || n++ >= SHOWN)
            continue;
        pond_session_warn(
            s,
            "'%.*s' has changed since '%.*s' was made from it, and the pond has it as "
            "it was; apply it, copy it or make the node again",
            POND_SV_ARG(o->path), POND_SV_ARG(o->node));
    }
    if (n > SHOWN)
        pond_session_warn(s, "and %zu more files that have changed since", n - SHOWN);
    return POND_OK;
}
