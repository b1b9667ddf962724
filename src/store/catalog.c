// The catalog: its schema and migrations, and how a pond is made, opened and closed.
#include "store/store_internal.h"

#include "base/near.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// Schema ------------------------------------------------------------------------------------------

// "Pond": marks the file, so that it is not taken for another SQLite database.
#define APPLICATION_ID "0x506f6e64"
enum { APPLICATION_ID_VALUE = 0x506f6e64, BUSY_MS = 10000 };

static const char schema_1[] =
    "CREATE TABLE pond ("
    "  id BLOB NOT NULL, created_us INTEGER NOT NULL,"
    "  birthplace TEXT NOT NULL, created_by TEXT NOT NULL) STRICT;"
    // The root is the row whose id is zero, and the only one without a parent.
    "CREATE TABLE nodes ("
    "  id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    "  parent BLOB REFERENCES nodes(id), name TEXT NOT NULL, type TEXT NOT NULL,"
    "  factory TEXT NOT NULL DEFAULT '', link TEXT NOT NULL DEFAULT '',"
    "  version INTEGER NOT NULL DEFAULT 0, size_bytes INTEGER NOT NULL DEFAULT 0,"
    "  modified_us INTEGER NOT NULL, UNIQUE (parent, name)) STRICT, WITHOUT ROWID;"
    "INSERT INTO nodes (id, parent, name, type, modified_us)"
    "  VALUES (zeroblob(16), NULL, '', 'directory', 0);"
    "CREATE TABLE versions ("
    "  node BLOB NOT NULL REFERENCES nodes(id) ON DELETE CASCADE, number INTEGER NOT NULL,"
    "  object BLOB NOT NULL CHECK (length(object) = 32), size_bytes INTEGER NOT NULL,"
    "  created_us INTEGER NOT NULL, rows INTEGER NOT NULL, time_column TEXT NOT NULL,"
    "  t_min_us INTEGER NOT NULL, t_max_us INTEGER NOT NULL, columns TEXT NOT NULL,"
    "  PRIMARY KEY (node, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE txns ("
    "  seq INTEGER PRIMARY KEY, id BLOB NOT NULL, command TEXT NOT NULL, state TEXT NOT NULL,"
    "  error TEXT NOT NULL DEFAULT '', began_us INTEGER NOT NULL,"
    "  ended_us INTEGER NOT NULL DEFAULT 0, n_operations INTEGER NOT NULL DEFAULT 0,"
    "  n_files INTEGER NOT NULL DEFAULT 0, n_directories INTEGER NOT NULL DEFAULT 0) STRICT;"
    "PRAGMA application_id = " APPLICATION_ID ";";

// History: docs/changing.md says what it is for. `made` is the number of the transaction that gave
// the row what it holds; 0: one of format 1, which did not keep it. A row of `nodes` that changes
// or goes is kept in past_nodes, with the transaction that ended it. The rows of versions stay, also
// those of nodes that are gone; only one that was taken back has `ended`, else 0. So what holds now
// is read as before, and what held after transaction T is what was made until T and not yet ended.
static const char schema_2[] =
    "ALTER TABLE nodes ADD COLUMN made INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE past_nodes ("
    "  id BLOB NOT NULL, parent BLOB NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,"
    "  factory TEXT NOT NULL, link TEXT NOT NULL,"
    "  version INTEGER NOT NULL, size_bytes INTEGER NOT NULL, modified_us INTEGER NOT NULL,"
    "  made INTEGER NOT NULL, ended INTEGER NOT NULL,"
    "  PRIMARY KEY (parent, name, ended)) STRICT, WITHOUT ROWID;"
    // Versions outlive their nodes, so they no longer refer to them.
    "CREATE TABLE kept_versions ("
    "  node BLOB NOT NULL, number INTEGER NOT NULL,"
    "  object BLOB NOT NULL CHECK (length(object) = 32), size_bytes INTEGER NOT NULL,"
    "  created_us INTEGER NOT NULL, rows INTEGER NOT NULL, time_column TEXT NOT NULL,"
    "  t_min_us INTEGER NOT NULL, t_max_us INTEGER NOT NULL, columns TEXT NOT NULL,"
    "  made INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (node, number)) STRICT, WITHOUT ROWID;"
    "INSERT INTO kept_versions (node, number, object, size_bytes, created_us, rows, time_column,"
    "  t_min_us, t_max_us, columns) SELECT node, number, object, size_bytes, created_us, rows,"
    "  time_column, t_min_us, t_max_us, columns FROM versions;"
    "DROP TABLE versions;"
    "ALTER TABLE kept_versions RENAME TO versions;"
    // The last transaction before history was kept.
    "ALTER TABLE pond ADD COLUMN history_since INTEGER NOT NULL DEFAULT 0;"
    "UPDATE pond SET history_since = (SELECT coalesce(max(seq), 0) FROM txns);";

// What `pond apply` remembers (store/declared.h). These are notes about nodes and have no history, so
// they may name nodes that are gone.
static const char schema_3[] =
    "CREATE TABLE declared ("
    "  node BLOB PRIMARY KEY CHECK (length(node) = 16), label TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE origins ("
    "  node BLOB NOT NULL CHECK (length(node) = 16), path TEXT NOT NULL,"
    "  size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
    "  hash BLOB NOT NULL CHECK (length(hash) = 32), seal BLOB NOT NULL CHECK (length(seal) = 32),"
    "  PRIMARY KEY (node, path)) STRICT, WITHOUT ROWID;";

// Nodes that are run (store/runs.h). The state of a node is a part of its row, and so of its history:
// what takes rows back takes back how far the node had read. `runs`, `memos` and `settings` belong to
// this copy of the pond and have no history.
static const char schema_4[] =
    "ALTER TABLE nodes ADD COLUMN state TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE past_nodes ADD COLUMN state TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE runs ("
    "  node BLOB PRIMARY KEY CHECK (length(node) = 16),"
    "  began_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, good_us INTEGER NOT NULL,"
    "  is_good INTEGER NOT NULL, said TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE memos ("
    "  node BLOB PRIMARY KEY CHECK (length(node) = 16), text TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE settings ("
    "  key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;";

// More of the last runs: since when they fail, when one stored something, when one warned and of
// what. Of runs before this format it is not known what they stored: a good one counts as one that did,
// so that no node is called stale for that.
static const char schema_5[] = "ALTER TABLE runs ADD COLUMN failed_us INTEGER NOT NULL DEFAULT 0;"
                               "ALTER TABLE runs ADD COLUMN stored_us INTEGER NOT NULL DEFAULT 0;"
                               "ALTER TABLE runs ADD COLUMN warned_us INTEGER NOT NULL DEFAULT 0;"
                               "ALTER TABLE runs ADD COLUMN warnings TEXT NOT NULL DEFAULT '';"
                               "UPDATE runs SET stored_us = good_us, failed_us = CASE is_good WHEN "
                               "0 THEN began_us ELSE 0 END;";

// A step that was released never changes.
static const char *const steps[] = {schema_1, schema_2, schema_3, schema_4, schema_5};
const store_migrations store_current_migrations = {steps, sizeof steps / sizeof *steps};

// One transaction: a catalog has either its old version or the new one. After a failure the caller
// closes the catalog, which rolls back.
static pond_code migrate(pond_store *s, const store_migrations *m, int64_t from, pond_err *err) {
    POND_TRY(store_exec(s, "BEGIN IMMEDIATE", err));
    for (int64_t v = from; v < m->n; v++)
        POND_TRY_CTX(store_exec(s, m->steps[v], err), err,
                     "migrating the catalog '%s' from format %" PRId64 " to %" PRId64, s->db_path,
                     v, v + 1);
    char done[64];
    snprintf(done, sizeof done, "PRAGMA user_version = %d; COMMIT", m->n);
    return store_exec(s, done, err);
}

// Handles -----------------------------------------------------------------------------------------

static pond_code new_store(const char *dir, pond_store **out, pond_err *err) {
    pond_store *s = pond_xmalloc(sizeof *s);
    *s = (pond_store){
        .root = POND_BELOW_CLOSED, .objects = POND_BELOW_CLOSED, .tmp_root = POND_BELOW_CLOSED};
    pond_arena_init(&s->arena);
    pond_code rc = pond_path_absolute(&s->arena, dir, &s->dir, err);
    POND_GOTO_IF(rc, fail);
    s->db_path = pond_path_join(&s->arena, s->dir, "pond.db");
    s->objects_path = pond_path_join(&s->arena, s->dir, "objects");
    s->tmp_path = pond_path_join(&s->arena, s->dir, "tmp");
    s->tmp = POND_NEW(&s->arena, pond_scratch);
    s->tmp->dir = POND_BELOW_CLOSED;
    POND_TRY_GOTO(rc, pond_scratch_init(s->tmp, &s->arena, &s->tmp_root, s->tmp_path, "", err),
                  fail);
    *out = s;
    return POND_OK;
fail:
    pond_store_close(s);
    return rc;
}

// Opens objects/ and tmp/. They are made if they are missing, as after a copy by a program that
// leaves out empty directories.
static pond_code open_dirs(pond_store *s, pond_err *err) {
    pond_code rc = pond_below_mkdir(&s->root, "objects", POND_SYNC, err);
    if (rc == POND_OK)
        rc = pond_below_enter(&s->root, &s->arena, "objects", &s->objects, err);
    POND_TRY(rc);
    // A pond that can only be read may be without a tmp/. But one that is something else, such as a
    // link to a directory of somebody's files, is refused.
    rc = pond_below_mkdir(&s->root, "tmp", POND_SYNC, err);
    if (rc != POND_OK && !pond_below_exists(&s->root, "tmp"))
        return POND_OK;
    return rc != POND_OK ? rc : pond_below_enter(&s->root, &s->arena, "tmp", &s->tmp_root, err);
}

static void close_db(pond_store *s) {
    store_forget_statements(s);
    int rc = sqlite3_close(s->db);
    POND_ASSERT(rc == SQLITE_OK); // BUSY would mean a statement that was not finalized
    s->db = NULL;
}

void pond_store_close(pond_store *s) {
    if (s == NULL)
        return;
    POND_ASSERT(s->txn == NULL);
    if (s->db != NULL)
        store_intact_close(s);
    close_db(s);
    if (s->tmp != NULL)
        pond_scratch_close(s->tmp);
    pond_below_close(&s->tmp_root);
    pond_below_close(&s->objects);
    pond_below_close(&s->root);
    pond_arena_deinit(&s->arena);
    free(s);
}

// A file of the catalog is missing or regular.
static pond_code check_regular(const pond_store *s, const char *name, pond_err *err) {
    struct stat st;
    if (!pond_below_stat(&s->root, name, &st) || S_ISREG(st.st_mode))
        return POND_OK;
    return pond_fail(err, POND_ERR_CORRUPT,
                     "'%s/%s' is not a regular file; a catalog that is a link or anything else is "
                     "not opened",
                     s->dir, name);
}

// SQLite takes a path. It refuses a link in any part of it, so those that lead to the pond are
// resolved before.
static pond_code resolve_path(pond_store *s, const char *name, char **out, pond_err *err) {
    char *real = realpath(s->dir, NULL);
    if (real == NULL)
        return pond_fail_errno(err, "cannot resolve '%s'", s->dir);
    *out = pond_path_join(&s->arena, real, name);
    free(real);
    return POND_OK;
}

// The catalog may come from a stranger, so what SQLite can be made to do by its schema is off:
// triggers, views, and functions in the schema that have effects.
static void distrust(sqlite3 *db) {
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
}

// Opens a catalog; `name` is below the pond.
static pond_code open_db(pond_store *s, const char *name, int flags, pond_err *err) {
    static const char *const parts[] = {"", "-wal", "-shm", "-journal"};
    char *path = NULL;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        POND_TRY(check_regular(s, pond_printf(&s->arena, "%s%s", name, parts[i]), err));
    POND_TRY(resolve_path(s, name, &path, err));
    // Without the mutexes of SQLite, which would be locked for every column: see store.h.
    flags |= SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &s->db, flags, NULL);
    if (rc != SQLITE_OK)
        return store_sql_fail(s, rc, err);
    distrust(s->db);
    POND_TRY(store_gather_init(s, err));
    // A reader never waits for a writer. It may wait for the short moments at which WAL mode locks
    // out everybody: recovery after a crash, and the end of a checkpoint.
    sqlite3_busy_timeout(s->db, BUSY_MS);
    return store_exec(s,
                      "PRAGMA foreign_keys = ON;"
                      "PRAGMA synchronous = FULL;"
                      // The undo log of a statement needs no file.
                      "PRAGMA temp_store = MEMORY;"
                      // The WAL shrinks again after one huge transaction.
                      "PRAGMA journal_size_limit = 16777216",
                      err);
}

// Init --------------------------------------------------------------------------------------------

// Fails unless there is nothing in the directory but what an init that died leaves there: other
// directories and a file in tmp/, but no catalog and no object.
static pond_code check_vacant(pond_store *s, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    pond_dirent_vec found, objects = {0};
    if (pond_below_exists(&s->root, "pond.db"))
        rc = pond_fail(err, POND_ERR_EXISTS, "pond already exists in '%s'", s->dir);
    if (rc == POND_OK)
        rc = pond_below_list(&s->root, &a, ".", &found, err);
    for (size_t i = 0; rc == POND_OK && i < found.n; i++) {
        pond_sv name = found.items[i].name;
        bool is_ours =
            pond_sv_is(name, "lock") || pond_sv_is(name, "objects") || pond_sv_is(name, "tmp");
        if (pond_sv_is(name, "objects"))
            rc = pond_below_list(&s->root, &a, "objects", &objects, err);
        if (rc == POND_OK && (!is_ours || objects.n > 0))
            rc = pond_fail(err, POND_ERR_EXISTS,
                           "'%s' is not empty (it holds '%.*s'): a pond needs a new or an empty "
                           "directory",
                           s->dir, POND_SV_ARG(name));
    }
    pond_arena_deinit(&a);
    return rc;
}

static char *user_at_host(pond_arena *a) {
    char host[256] = "";
    if (gethostname(host, sizeof host - 1) != 0)
        strcpy(host, "localhost");
    const struct passwd *user = getpwuid(geteuid());
    return user != NULL ? pond_printf(a, "%s@%s", user->pw_name, host)
                        : pond_printf(a, "%u@%s", (unsigned)geteuid(), host);
}

static pond_code write_info(pond_store *s, const char *birthplace, pond_err *err) {
    pond_id id;
    POND_TRY(store_new_id(&id, err));
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(
        s->db, "INSERT INTO pond (id, created_us, birthplace, created_by) VALUES (?, ?, ?, ?)", -1,
        &stmt, NULL);
    store_query q = {.store = s, .stmt = stmt, .rc = rc};
    store_put_id(&q, &id);
    store_put_int(&q, pond_now_us());
    store_put_text(&q, pond_sv_of(birthplace));
    store_put_text(&q, pond_sv_of(user_at_host(&s->arena)));
    pond_code code = store_run(&q, err);
    sqlite3_finalize(stmt);
    return code;
}

// Writes a complete catalog below tmp/ and closes it. It is switched to WAL mode at the end, so
// that all of it is in the one file that will be renamed.
static pond_code write_catalog(pond_store *s, const char *name, const char *birthplace,
                               pond_err *err) {
    pond_sv mode;
    pond_code rc = open_db(s, name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    POND_GOTO_IF(rc, done);
    POND_TRY_GOTO(rc, migrate(s, &store_current_migrations, 0, err), done);
    POND_TRY_GOTO(rc, write_info(s, birthplace, err), done);
    POND_TRY_GOTO(rc, store_ask_text(s, "PRAGMA journal_mode = WAL", &mode, err), done);
    if (!pond_sv_is(mode, "wal"))
        rc = pond_fail(err, POND_ERR_UNSUPPORTED,
                       "the file system of '%s' does not support shared memory, which the catalog "
                       "needs: put the pond on a local disk",
                       s->dir);
done:
    close_db(s);
    return rc;
}

// The catalog comes last: its rename makes the pond.
static pond_code make_pond(pond_store *s, const char *birthplace, pond_err *err) {
    POND_TRY(check_vacant(s, err)); // again, now under the lock
    POND_TRY(open_dirs(s, err));
    POND_TRY(pond_scratch_clear(&s->tmp_root, POND_SV(""), err));
    POND_TRY(write_catalog(s, "tmp/pond.db", birthplace, err));
    POND_TRY(pond_fsync_parent(s->dir, err));
    return pond_below_publish(&s->tmp_root, "pond.db", &s->root, "pond.db", err);
}

pond_code pond_store_init(const char *dir, const char *birthplace, pond_err *err) {
    pond_store *s = NULL, *made = NULL;
    int lock_fd = -1;
    pond_code rc = new_store(dir, &s, err);
    POND_GOTO_IF(rc, done);
    POND_TRY_GOTO(rc, pond_mkdir_all(s->dir, err), done);
    POND_TRY_GOTO(rc, pond_below_open(s->dir, &s->root, err), done);
    POND_TRY_GOTO(rc, check_vacant(s, err), done); // before a lock file is put beside other files
    POND_TRY_GOTO(rc, store_lock(s, POND_SV("init"), &lock_fd, err), done);
    POND_TRY_GOTO(rc, make_pond(s, birthplace, err), done);
    // The first open makes the two files of the WAL, which a reader without permission to write
    // could not make.
    rc = pond_store_open(s->dir, &made, err);
done:
    pond_store_close(made);
    store_unlock(lock_fd);
    pond_store_close(s);
    return rc;
}

// Open --------------------------------------------------------------------------------------------

static pond_code read_version(pond_store *s, const store_migrations *m, int64_t *version,
                              pond_err *err) {
    POND_TRY(store_ask_int(s, "PRAGMA user_version", version, err));
    if (*version <= m->n)
        return POND_OK;
    return pond_fail(err, POND_ERR_UNSUPPORTED,
                     "the pond in '%s' has format %" PRId64
                     ", this program supports %d: use a newer "
                     "pond program",
                     s->dir, *version, m->n);
}

static pond_code migrate_under_lock(pond_store *s, const store_migrations *m, pond_err *err) {
    int lock_fd = -1;
    int64_t version = 0;
    POND_TRY(store_lock(s, POND_SV("(migrating the catalog)"), &lock_fd, err));
    pond_code rc = read_version(s, m, &version, err); // others migrate too
    if (rc == POND_OK && version < m->n)
        rc = migrate(s, m, version, err);
    store_unlock(lock_fd);
    return rc;
}

static pond_code bring_up_to_date(pond_store *s, const store_migrations *m, pond_err *err) {
    int64_t application = 0, version = 0;
    POND_TRY(store_ask_int(s, "PRAGMA application_id", &application, err));
    if (application == APPLICATION_ID_VALUE)
        POND_TRY(read_version(s, m, &version, err));
    if (version < 1)
        return pond_fail(err, POND_ERR_CORRUPT, "'%s' is not the catalog of a pond", s->db_path);
    return version == m->n ? POND_OK : migrate_under_lock(s, m, err);
}

static pond_code read_info(pond_store *s, pond_err *err) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, "SELECT id, created_us, birthplace, created_by FROM pond",
                                -1, &stmt, NULL);
    store_query q = {.store = s, .stmt = stmt, .rc = rc};
    bool found = false;
    pond_code code = store_step(&q, &found, err);
    if (code == POND_OK && !found)
        code = store_damaged(s, err, "it has no row that describes the pond");
    if (code == POND_OK) {
        code = store_blob(&q, 0, s->info.id.bytes, sizeof s->info.id.bytes, err);
        s->info.created_us = store_int(&q, 1);
        s->info.birthplace = store_text(&q, &s->arena, 2);
        s->info.created_by = store_text(&q, &s->arena, 3);
    }
    sqlite3_finalize(stmt);
    return code;
}

pond_code store_open_with(const char *dir, const store_migrations *m, pond_store **out,
                          pond_err *err) {
    *out = NULL;
    pond_store *s = NULL;
    POND_TRY(new_store(dir, &s, err));
    pond_code rc = pond_below_open(s->dir, &s->root, err);
    bool is_dir = rc == POND_OK,
         is_other = !is_dir && pond_path_exists(s->dir) && !pond_path_is_dir(s->dir);
    if (rc == POND_ERR_NOT_FOUND || is_other ||
        (is_dir && !pond_below_exists(&s->root, "pond.db"))) {
        rc = pond_fail(err, POND_ERR_NOT_FOUND, "no pond in '%s': make one with 'pond init'",
                       s->dir);
        pond_near_path(err, s->dir);
    }
    POND_GOTO_IF(rc, fail);
    POND_TRY_GOTO(rc, open_db(s, "pond.db", SQLITE_OPEN_READWRITE, err), fail);
    // Without this the last to close would remove the WAL files, and a user without permission to
    // write could not read the pond.
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_wal_autocheckpoint(s->db, 0); // store_empty_wal does it
    POND_TRY_GOTO(rc, bring_up_to_date(s, m, err), fail);
    POND_TRY_GOTO(rc, read_info(s, err), fail);
    POND_TRY_GOTO(rc, open_dirs(s, err), fail);
    POND_TRY_GOTO(rc, store_intact_init(s, err), fail);
    *out = s;
    return POND_OK;
fail:
    pond_store_close(s);
    return rc;
}

pond_code pond_store_open(const char *dir, pond_store **out, pond_err *err) {
    return store_open_with(dir, &store_current_migrations, out, err);
}

void store_empty_wal(pond_store *s) {
    enum { LARGE_BYTES = 1 << 18 };
    struct stat st;
    if (!pond_below_stat(&s->root, "pond.db-wal", &st) || st.st_size < LARGE_BYTES)
        return;
    sqlite3_busy_timeout(s->db, 0);
    int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)rc; // left to the next writer
    sqlite3_busy_timeout(s->db, BUSY_MS);
}

const pond_info *pond_store_info(const pond_store *s) {
    return &s->info;
}

const char *pond_store_objects_dir(const pond_store *s) {
    return s->objects_path;
}

// Compares directories by what they are and not by their names. The path need not exist, so those
// above it are asked, too.
static bool is_root(const pond_store *s, const char *path) {
    struct stat root, st;
    return fstat(s->root.fd, &root) == 0 && stat(path, &st) == 0 && st.st_dev == root.st_dev &&
           st.st_ino == root.st_ino;
}

bool pond_store_contains(const pond_store *s, const char *path) {
    pond_arena a;
    pond_arena_init(&a);
    char *at = pond_cstr(&a, pond_sv_of(path)), *real;
    while ((real = realpath(at, NULL)) == NULL && strcmp(at, "/") != 0)
        at = pond_path_parent(&a, at);
    at = pond_cstr(&a, pond_sv_of(real == NULL ? "/" : real));
    free(real);
    bool is_inside = is_root(s, at);
    while (!is_inside && strcmp(at, "/") != 0)
        is_inside = is_root(s, at = pond_path_parent(&a, at));
    pond_arena_deinit(&a);
    return is_inside;
}

pond_sv pond_store_name_in(const pond_store *s, pond_arena *a, const char *dir) {
    pond_sv name = {NULL, 0};
    char *real_dir = realpath(dir, NULL), *real_pond = realpath(s->dir, NULL);
    pond_sv outer = pond_sv_of(real_dir), inner = pond_sv_of(real_pond);
    if (outer.n == 1) // "/"
        outer.n = 0;
    if (real_dir != NULL && real_pond != NULL && inner.n > outer.n &&
        pond_below_is_in(inner, outer))
        name = pond_sv_dup(a, pond_sv_sub(inner, outer.n + 1, inner.n));
    free(real_dir);
    free(real_pond);
    return name;
}
