// Finds the files of a log, looks at their bytes and compares them.
#include "factory/log_files.h"

#include "base/file.h"
#include "base/near.h"
#include "base/time.h"
#include "format/codec.h"
#include "format/unpack.h"
#include "fs/fs.h"
#include "store/runs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

void log_hash_hex(const log_hash *h, char out[65]) {
    pond_hex(h->bytes, sizeof h->bytes, out);
}

static bool same(const log_hash *a, const log_hash *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool hash_from_hex(const char *hex, log_hash *out) {
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        int high = pond_hex_digit(hex[2 * i]), low = high < 0 ? -1 : pond_hex_digit(hex[2 * i + 1]);
        if (low < 0)
            return false;
        out->bytes[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

// The memo ----------------------------------------------------------------------------------------

pond_code log_memo_read(pond_run *r, log_memo *m, pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    pond_sv text;
    pond_value all;
    pond_map_init(&m->files, a);
    m->next = (pond_object_builder){.arena = a};
    POND_TRY(pond_store_memo(pond_session_txn(r->session), a, r->node->id, &text, err));
    // What cannot be read is found out again.
    if (text.n == 0 || pond_json_parse(a, text, "memo", &all, NULL) != POND_OK ||
        all.kind != POND_OBJECT)
        return POND_OK;
    for (size_t i = 0; i < all.n; i++)
        if (all.entries[i].value.kind == POND_STRING) {
            pond_sv *v = POND_NEW(a, pond_sv);
            *v = pond_value_sv(all.entries[i].value);
            *pond_map_at(&m->files, all.entries[i].key, NULL) = v;
        }
    return POND_OK;
}

pond_code log_memo_write(pond_run *r, log_memo *m, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    pond_json_write(&text, pond_object_build(&m->next), 0);
    pond_code rc =
        pond_store_set_memo(pond_session_txn(r->session), r->node->id, pond_buf_view(&text), err);
    pond_buf_free(&text);
    return rc;
}

// What is remembered under a key, if it begins with `mark`; else empty.
static pond_sv recall(const log_memo *m, pond_sv key, pond_sv mark) {
    const pond_sv *v = pond_map_get(&m->files, key);
    return v == NULL || !pond_sv_starts(*v, mark) ? POND_SV("") : pond_sv_sub(*v, mark.n, v->n);
}

// Reading -----------------------------------------------------------------------------------------

enum { PIECE = 1 << 18 };

static pond_code open_plain(pond_run *r, log_file *f, int *fd, pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    if (f->packed != POND_PLAIN && f->plain == NULL) {
        const char *to = pond_store_tmp_name(pond_session_store(r->session), a, ".log");
        POND_TRY(pond_unpack(f->packed, f->path, pond_sv_of(f->path), to, NULL, err));
        f->plain = to;
    }
    return pond_file_open(f->plain == NULL ? f->path : f->plain, fd, err);
}

// Passes on `n` bytes of a file from an offset; CONFLICT if it has become shorter.
static pond_code read_range(int fd, const log_file *f, uint64_t from, uint64_t n, pond_sink to,
                            pond_err *err) {
    char *piece = pond_xmalloc(PIECE);
    pond_code rc = POND_OK;
    while (rc == POND_OK && n > 0) {
        ssize_t got = pread(fd, piece, n < PIECE ? (size_t)n : PIECE, (off_t)from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = pond_fail_errno(err, "cannot read '%s'", f->path);
        else if (got == 0)
            rc = pond_fail(err, POND_ERR_CONFLICT,
                           "'%s' became shorter while it was read; the next run looks at it again",
                           f->path);
        else
            rc = to.write(to.user, (pond_sv){piece, (size_t)got}, err);
        from += got > 0 ? (uint64_t)got : 0;
        n -= got > 0 ? (uint64_t)got : 0;
    }
    free(piece);
    return rc;
}

static pond_code add_to_hash(void *user, pond_sv bytes, pond_err *err) {
    (void)err;
    pond_blake3_add(user, bytes.p, bytes.n);
    return POND_OK;
}

pond_code log_file_prefix(pond_run *r, log_file *f, uint64_t n, log_hash *out, pond_err *err) {
    int fd;
    pond_blake3 h;
    pond_blake3_init(&h);
    POND_TRY(open_plain(r, f, &fd, err));
    pond_code rc = read_range(fd, f, f->n_nuls, n, (pond_sink){add_to_hash, &h}, err);
    close(fd); // nothing was written
    pond_blake3_hash(&h, out->bytes);
    return rc;
}

// Hashes all, and passes on what comes after the first `skip` bytes.
typedef struct copying {
    pond_blake3 hash;
    uint64_t skip;
    pond_sink to;
} copying;

static pond_code copy_piece(void *user, pond_sv bytes, pond_err *err) {
    copying *c = user;
    pond_blake3_add(&c->hash, bytes.p, bytes.n);
    size_t n = c->skip < bytes.n ? (size_t)c->skip : bytes.n;
    c->skip -= n;
    return n == bytes.n ? POND_OK : c->to.write(c->to.user, pond_sv_sub(bytes, n, bytes.n), err);
}

pond_code log_file_copy(pond_run *r, log_file *f, uint64_t from, pond_sink to, pond_err *err) {
    int fd;
    copying c = {.skip = from, .to = to};
    log_hash hash;
    pond_blake3_init(&c.hash);
    POND_TRY(open_plain(r, f, &fd, err));
    pond_code rc = read_range(fd, f, f->n_nuls, f->size, (pond_sink){copy_piece, &c}, err);
    close(fd); // nothing was written
    POND_TRY(rc);
    pond_blake3_hash(&c.hash, hash.bytes);
    if (same(&hash, &f->hash))
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT,
                     "'%s' changed while it was read; the next run looks at it again", f->path);
}

// Files of the host -------------------------------------------------------------------------------

static void name_file(pond_arena *a, log_file *f) {
    static const pond_compression all[] = {POND_GZIP, POND_ZSTD, POND_BZIP2};
    f->name = pond_sv_dup(a, pond_sv_of(pond_path_name(f->path)));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        pond_sv ending = pond_sv_of(pond_codec_ending(all[i]));
        if (f->name.n > ending.n && pond_sv_ends(f->name, ending)) {
            f->packed = all[i];
            f->name = pond_sv_dup(a, pond_sv_sub(f->name, 0, f->name.n - ending.n));
            return;
        }
    }
}

static pond_code add_file(pond_run *r, const char *path, bool is_active, log_file_vec *out,
                          pond_err *err) {
    enum { SETTLED_S = 3 }; // the clock of a file system may be coarse
    pond_arena *a = pond_session_arena(r->session);
    struct stat st;
    if (stat(path, &st) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? POND_OK // it has been moved meanwhile, or a link leads nowhere
                   : pond_fail_errno(err, "cannot look at '%s'", path);
    if (!S_ISREG(st.st_mode))
        return POND_OK;
    log_file *f = POND_NEW(a, log_file);
    *f = (log_file){.path = path, .is_active = is_active, .st = st};
    name_file(a, f);
    int64_t changed_us = pond_timespec_ns(st.st_ctim) / 1000,
            modified_us = pond_timespec_ns(st.st_mtim) / 1000,
            limit_us = pond_now_us() - (int64_t)SETTLED_S * POND_US_PER_S;
    f->is_settled = changed_us < limit_us && modified_us < limit_us;
    *pond_vec_push(a, out) = f;
    return POND_OK;
}

static void warn_of_fs(void *user, pond_sv text) {
    pond_run *r = user;
    pond_report_warn(r->report, "%.*s", POND_SV_ARG(text));
}

static pond_code check_prefix(pond_fs *fs, pond_arena *a, const pond_glob *g, pond_err *err) {
    const pond_node *dir;
    if (g->n_wildcards == 0)
        return POND_OK;
    pond_sv prefix = pond_glob_prefix(a, g);
    if (pond_fs_resolve(fs, prefix, true, &dir, NULL) == POND_OK && pond_type_is_dir(dir->type))
        return POND_OK;
    pond_fail(err, POND_ERR_NOT_FOUND,
              "Failed to read directory '%.*s' (of the pattern "
              "'%.*s')",
              POND_SV_ARG(prefix), POND_SV_ARG(g->text));
    pond_near_path(err, pond_cstr(a, prefix));
    pond_err_detail(err,
                    "  files may be missing, but not the directory in front of the wildcards: is "
                    "it there, and may this user read it?");
    return POND_ERR_NOT_FOUND;
}

pond_code log_files_find(pond_run *r, pond_sv pattern, bool is_active, log_file_vec *out,
                         pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    pond_glob glob;
    pond_match_vec found = {0};
    char *absolute;
    const pond_fs_hook hook = {.warn = warn_of_fs, .user = r};
    POND_TRY(pond_path_absolute(a, pond_cstr(a, pattern), &absolute, err));
    POND_TRY(pond_glob_parse(a, pond_sv_of(absolute), &glob, err));
    pond_fs *fs = pond_fs_open_host("/", &hook);
    pond_code rc = check_prefix(fs, a, &glob, err);
    if (rc == POND_OK)
        rc = pond_fs_glob(fs, a, &glob, &found, err);
    for (size_t i = 0; rc == POND_OK && i < found.n; i++)
        rc = add_file(r, pond_cstr(a, found.items[i].node->path), is_active, out, err);
    pond_fs_close(fs);
    return rc;
}

// Counts NUL bytes at the beginning, and hashes what follows.
typedef struct looking {
    pond_blake3 hash;
    uint64_t n_nuls, size;
} looking;

static pond_code look_at_piece(void *user, pond_sv bytes, pond_err *err) {
    (void)err;
    looking *l = user;
    size_t n = 0;
    while (l->size == 0 && n < bytes.n && bytes.p[n] == '\0')
        n++;
    l->n_nuls += n;
    l->size += bytes.n - n;
    pond_blake3_add(&l->hash, bytes.p + n, bytes.n - n);
    return POND_OK;
}

static pond_code look_at_bytes(pond_run *r, log_file *f, pond_err *err) {
    int fd;
    looking l = {.n_nuls = 0};
    struct stat st;
    pond_blake3_init(&l.hash);
    POND_TRY(open_plain(r, f, &fd, err));
    pond_code rc = POND_OK;
    uint64_t size = (uint64_t)f->st.st_size;
    if (f->packed != POND_PLAIN) {
        rc = fstat(fd, &st) == 0 ? POND_OK : pond_fail_errno(err, "cannot look at '%s'", f->plain);
        size = (uint64_t)st.st_size;
    }
    if (rc == POND_OK)
        rc = read_range(fd, f, 0, size, (pond_sink){look_at_piece, &l}, err);
    close(fd); // nothing was written
    f->n_nuls = l.n_nuls;
    f->size = l.size;
    pond_blake3_hash(&l.hash, f->hash.bytes);
    return rc;
}

pond_code log_file_look(pond_run *r, log_file *f, log_memo *m, bool *is_there, pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    pond_err why;
    char hex[65];
    const struct stat *st = &f->st;
    pond_sv key = pond_sv_of(f->path),
            mark = pond_svf(a, "%ju %ju %jd %" PRId64 " %" PRId64 " ", (uintmax_t)st->st_dev,
                            (uintmax_t)st->st_ino, (intmax_t)st->st_size,
                            pond_timespec_ns(st->st_mtim), pond_timespec_ns(st->st_ctim)),
            known = recall(m, key, mark);
    *is_there = true;
    bool is_known = known.n > 0 &&
                    sscanf(pond_cstr(a, known), "%" SCNu64 " %" SCNu64 " %64s", &f->n_nuls,
                           &f->size, hex) == 3 &&
                    hash_from_hex(hex, &f->hash);
    if (!is_known) {
        pond_code rc = look_at_bytes(r, f, &why);
        if (rc == POND_ERR_INVALID && f->packed != POND_PLAIN) {
            pond_report_warn(r->report, "'%s' is left out: %s", f->path, why.msg);
            *is_there = false;
            return POND_OK;
        }
        if (rc != POND_OK && err != NULL)
            *err = why;
        POND_TRY(rc);
    }
    if (!f->is_settled)
        return POND_OK;
    log_hash_hex(&f->hash, hex);
    pond_object_put_sv(&m->next, key,
                       pond_string(pond_svf(a, "%.*s%" PRIu64 " %" PRIu64 " %s", POND_SV_ARG(mark),
                                            f->n_nuls, f->size, hex)));
    return POND_OK;
}

static pond_code read_file_head(pond_run *r, log_file *f, pond_err *err) {
    int fd;
    if (f->n_head > 0 || f->size == 0)
        return POND_OK;
    POND_TRY(open_plain(r, f, &fd, err));
    ssize_t n =
        pread(fd, f->head, f->size < LOG_HEAD ? (size_t)f->size : LOG_HEAD, (off_t)f->n_nuls);
    pond_code rc = n < 0 ? pond_fail_errno(err, "cannot read '%s'", f->path) : POND_OK;
    close(fd); // nothing was written
    f->n_head = n < 0 ? 0 : (size_t)n;
    return rc;
}

// Files of the pond -------------------------------------------------------------------------------

static pond_code hash_held(pond_run *r, log_held *h, log_memo *m, pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    char id[37], hex[65];
    pond_id_text(&h->node->id, id);
    int64_t last = h->versions.n == 0 ? 0 : h->versions.items[h->versions.n - 1].number;
    pond_sv key = pond_sv_dup(a, pond_sv_of(id)),
            mark = pond_svf(a, "%" PRId64 " %" PRIu64 " ", last, h->size),
            known = recall(m, key, mark);
    if (known.n < 64 || !hash_from_hex(known.p, &h->hash)) {
        pond_blake3 hash;
        pond_blake3_init(&hash);
        POND_TRY(pond_fs_stream(pond_session_fs(r->session), h->node, NULL,
                                (pond_sink){add_to_hash, &hash}, err));
        pond_blake3_hash(&hash, h->hash.bytes);
    }
    log_hash_hex(&h->hash, hex);
    pond_object_put_sv(&m->next, key, pond_string(pond_svf(a, "%.*s%s", POND_SV_ARG(mark), hex)));
    return POND_OK;
}

static pond_code read_held_head(pond_run *r, log_held *h, pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    for (size_t i = 0; i < h->versions.n && h->n_head < LOG_HEAD; i++) {
        pond_sv path;
        int fd;
        POND_TRY(pond_object_open(pond_session_store(r->session), a, &h->versions.items[i].object,
                                  &path, err));
        POND_TRY(pond_file_open(path.p, &fd, err));
        ssize_t n = pread(fd, h->head + h->n_head, LOG_HEAD - h->n_head, 0);
        pond_code rc = n < 0 ? pond_fail_errno(err, "cannot read '%s'", path.p) : POND_OK;
        close(fd); // nothing was written
        POND_TRY(rc);
        h->n_head += (size_t)n;
    }
    return POND_OK;
}

static pond_code add_held(pond_run *r, const pond_node *node, log_memo *m, log_held_vec *out,
                          pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    log_held *h = POND_NEW(a, log_held);
    *h = (log_held){.node = node, .name = node->name, .new_name = node->name};
    POND_TRY(pond_store_versions(pond_session_txn(r->session), a, node->id, &h->versions, err));
    for (size_t i = 0; i < h->versions.n; i++)
        h->size += h->versions.items[i].size_bytes;
    POND_TRY(hash_held(r, h, m, err));
    POND_TRY(read_held_head(r, h, err));
    *pond_vec_push(a, out) = h;
    return POND_OK;
}

pond_code log_held_find(pond_run *r, pond_sv dir, log_memo *m, log_held_vec *out, pond_err *err) {
    pond_fs *fs = pond_session_fs(r->session);
    const pond_node *node;
    pond_node_vec children;
    pond_code rc = pond_fs_resolve(fs, dir, true, &node, NULL);
    if (rc == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(pond_fs_resolve(fs, dir, true, &node, err));
    if (!pond_type_is_dir(node->type))
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is not a directory",
                         POND_SV_ARG(node->path));
    POND_TRY(pond_fs_list(fs, node, &children, err));
    for (size_t i = 0; i < children.n; i++)
        if (children.items[i]->type == POND_T_DATA_SERIES)
            POND_TRY(add_held(r, children.items[i], m, out, err));
    return POND_OK;
}

// Comparing ---------------------------------------------------------------------------------------

pond_code log_file_starts(pond_run *r, log_file *f, const log_held *h, bool *out, pond_err *err) {
    log_hash hash;
    *out = false;
    if (h->size > f->size)
        return POND_OK;
    if (h->size == f->size) {
        *out = same(&h->hash, &f->hash);
        return POND_OK;
    }
    POND_TRY(read_file_head(r, f, err));
    size_t n = h->n_head < f->n_head ? h->n_head : f->n_head;
    if (memcmp(h->head, f->head, n) != 0)
        return POND_OK;
    POND_TRY(log_file_prefix(r, f, h->size, &hash, err));
    *out = same(&hash, &h->hash);
    return POND_OK;
}

pond_code log_file_starts_with_file(pond_run *r, log_file *f, log_file *other, bool *out,
                                    pond_err *err) {
    log_hash hash;
    *out = false;
    if (other->size > f->size)
        return POND_OK;
    POND_TRY(read_file_head(r, f, err));
    POND_TRY(read_file_head(r, other, err));
    size_t n = other->n_head < f->n_head ? other->n_head : f->n_head;
    if (memcmp(other->head, f->head, n) != 0)
        return POND_OK;
    POND_TRY(log_file_prefix(r, f, other->size, &hash, err));
    *out = same(&hash, &other->hash);
    return POND_OK;
}
