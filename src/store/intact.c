// Whether objects have their bytes. Disks rot and people restore copies, so an object is hashed
// before its rows are read. To hash everything in every command would cost more than most commands
// do, so a file that was found intact is remembered by its size, inode and times of change: a file
// that has been written to, replaced, or copied to another place differs in one of them.
//
// The catalog keeps this in the table `intact`. It is only a cache: a program may ignore it, and a
// catalog need not have it, so it is not a part of the format that user_version counts.
#include "store/store_internal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct intact_file {
    int64_t size_bytes, mtime_ns, ctime_ns, inode;
    bool is_new;     // the catalog does not have it, or not with these values
    bool is_checked; // by this process
} intact_file;

static intact_file file_of(const struct stat *st) {
    return (intact_file){
        .size_bytes = (int64_t)st->st_size,
        .mtime_ns = pond_timespec_ns(st->st_mtim),
        .ctime_ns = pond_timespec_ns(st->st_ctim),
        .inode = (int64_t)st->st_ino,
    };
}

static bool is_same(const intact_file *a, const intact_file *b) {
    return a->size_bytes == b->size_bytes && a->mtime_ns == b->mtime_ns &&
           a->ctime_ns == b->ctime_ns && a->inode == b->inode;
}

static pond_sv key_of(const pond_sha256 *object) {
    return (pond_sv){(const char *)object->bytes, sizeof object->bytes};
}

pond_code store_intact_init(pond_store *s, pond_err *err) {
    pond_map_init(&s->intact.known, &s->arena);
    int64_t n;
    POND_TRY(store_ask_int(s, "SELECT count(*) FROM sqlite_schema WHERE name = 'intact'", &n, err));
    s->intact.has_table = n == 1;
    return POND_OK;
}

// Remembering -------------------------------------------------------------------------------------

static void remember(pond_store *s, const pond_sha256 *object, intact_file f) {
    intact_file *known = pond_map_get(&s->intact.known, key_of(object));
    if (known == NULL) {
        known = POND_NEW(&s->arena, intact_file);
        *pond_map_at(&s->intact.known, pond_sv_dup(&s->arena, key_of(object)), NULL) = known;
    }
    s->intact.n_new += !known->is_new;
    *known = f;
    known->is_new = known->is_checked = true;
}

void store_intact_add(pond_store *s, const pond_sha256 *object, const struct stat *st) {
    remember(s, object, file_of(st));
}

bool store_intact_was_checked(const pond_store *s, const pond_sha256 *object) {
    const intact_file *f = pond_map_get(&s->intact.known, key_of(object));
    return f != NULL && f->is_checked;
}

static pond_code read_file(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    (void)a, (void)err;
    *(intact_file *)out = (intact_file){.size_bytes = store_int(q, 0),
                                        .mtime_ns = store_int(q, 1),
                                        .ctime_ns = store_int(q, 2),
                                        .inode = store_int(q, 3)};
    return POND_OK;
}

// What is remembered of an object; NULL: nothing.
static pond_code recall(pond_store *s, const pond_sha256 *object, intact_file **out,
                        pond_err *err) {
    *out = pond_map_get(&s->intact.known, key_of(object));
    if (*out != NULL || !s->intact.has_table)
        return POND_OK;
    bool found;
    intact_file f;
    store_query q = store_ask(s, SQL_INTACT);
    store_put_blob(&q, object->bytes, sizeof object->bytes);
    POND_TRY(store_first(&q, &s->arena, read_file, &f, &found, err));
    if (!found)
        return POND_OK;
    remember(s, object, f);
    *out = pond_map_get(&s->intact.known, key_of(object));
    (*out)->is_new = (*out)->is_checked = false;
    s->intact.n_new--;
    return POND_OK;
}

// Checking ----------------------------------------------------------------------------------------

pond_code store_intact_check(pond_store *s, const pond_sha256 *object, bool *is_intact, bool *found,
                             pond_err *err) {
    char name[STORE_OBJECT_NAME];
    int fd;
    struct stat st;
    intact_file *known;
    pond_sha256 sum;
    store_object_name(object, name);
    *is_intact = *found = false;
    POND_TRY(recall(s, object, &known, err));
    pond_code rc = pond_below_open_file(&s->objects, name, O_RDONLY, &fd, err);
    if (rc == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(rc);
    *found = true;
    if (fstat(fd, &st) != 0)
        rc = pond_fail_errno(err, "cannot stat '%s/%s'", s->objects_path, name);
    intact_file now = file_of(&st);
    if (rc == POND_OK && known != NULL && is_same(known, &now))
        *is_intact = known->is_checked = true;
    else if (rc == POND_OK)
        rc = pond_sha256_fd(fd, name, &sum, NULL, err);
    close(fd); // nothing was written, so no error can be lost
    if (rc != POND_OK || *is_intact || !pond_sha256_eq(&sum, object))
        return rc;
    *is_intact = true;
    remember(s, object, now);
    return POND_OK;
}

// The catalog -------------------------------------------------------------------------------------

static pond_code save(pond_store *s, const pond_map_entry *e, pond_err *err) {
    const intact_file *f = e->value;
    store_query q = store_ask(s, SQL_ADD_INTACT);
    store_put_blob(&q, e->key.p, e->key.n);
    store_put_int(&q, f->size_bytes);
    store_put_int(&q, f->mtime_ns);
    store_put_int(&q, f->ctime_ns);
    store_put_int(&q, f->inode);
    return store_run(&q, err);
}

pond_code store_intact_save(pond_store *s, pond_err *err) {
    if (s->intact.n_new == 0)
        return POND_OK;
    if (!s->intact.has_table)
        POND_TRY(store_exec(s,
                            "CREATE TABLE IF NOT EXISTS intact ("
                            "  object BLOB PRIMARY KEY CHECK (length(object) = 32),"
                            "  size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
                            "  ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL)"
                            " STRICT, WITHOUT ROWID",
                            err));
    s->intact.has_table = true;
    for (size_t i = 0; i < s->intact.known.n; i++) {
        intact_file *f = s->intact.known.entries[i].value;
        if (!f->is_new)
            continue;
        POND_TRY(save(s, &s->intact.known.entries[i], err));
        f->is_new = false;
    }
    s->intact.n_new = 0;
    return POND_OK;
}

void store_intact_close(pond_store *s) {
    // After a power failure, a file that was not synced may have its size and no bytes.
    if (s->intact.n_new == 0 || s->has_unsynced || sqlite3_db_readonly(s->db, "main") != 0)
        return;
    sqlite3_busy_timeout(s->db, 0);
    if (store_exec(s, "BEGIN IMMEDIATE", NULL) != POND_OK)
        return;
    pond_code rc = store_intact_save(s, NULL);
    rc = store_exec(s, rc == POND_OK ? "COMMIT" : "ROLLBACK", NULL);
    if (rc == POND_OK) // otherwise closing the catalog rolls back
        store_empty_wal(s);
}
