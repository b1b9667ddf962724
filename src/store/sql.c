// Statements of SQLite: preparing, binding, reading rows, and its errors.
#include "store/store_internal.h"

#include <errno.h>
#include <stdlib.h>

static const char *const texts[] = {
#define SQL(name, text) [SQL_##name] = text,
#include "store/statements.def"
#undef SQL
};

pond_code store_damaged(const pond_store *s, pond_err *err, const char *fmt, ...) {
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return pond_fail(err, POND_ERR_CORRUPT,
                     "the catalog '%s' is damaged (%s): restore it from a copy of the pond",
                     s->db_path, what);
}

// In WAL mode a reader, too, needs the two files next to the catalog.
static pond_code fail_unreadable(const char *db, pond_err *err) {
    const char *name = pond_path_name(db);
    return pond_fail(err, POND_ERR_IO,
                     "cannot read '%s': this user must be able to read it, '%s-wal' and '%s-shm'; "
                     "if the last two are missing, read the pond once as a user who may write",
                     db, name, name);
}

pond_code store_sql_fail(const pond_store *s, int rc, pond_err *err) {
    const char *said = s->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(s->db);
    const char *db = s->db_path;
    int cause = s->db == NULL ? 0 : sqlite3_system_errno(s->db);
    switch (rc & 0xFF) {
    case SQLITE_NOMEM:
        pond_out_of_memory(0);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return pond_fail(err, POND_ERR_BUSY,
                         "the catalog '%s' is in use by another program; try again when it is done",
                         db);
    case SQLITE_FULL:
        return pond_fail(err, POND_ERR_IO, "cannot write '%s': %s", db, strerror(ENOSPC));
    case SQLITE_IOERR:
        return pond_fail(err, POND_ERR_IO, "cannot read or write '%s': %s", db,
                         cause != 0 ? strerror(cause) : said);
    case SQLITE_CANTOPEN:
        return fail_unreadable(db, err);
    case SQLITE_READONLY:
        if (rc == SQLITE_READONLY_DIRECTORY || rc == SQLITE_READONLY_CANTINIT ||
            rc == SQLITE_READONLY_RECOVERY)
            return fail_unreadable(db, err);
        return pond_fail(err, POND_ERR_IO,
                         "cannot write '%s': this user has no permission to write it", db);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return store_damaged(s, err, "%s", said);
    case SQLITE_TOOBIG:
        return pond_fail(err, POND_ERR_LIMIT, "a value is too long for the catalog: %s", said);
    case SQLITE_INTERRUPT:
        return pond_fail(err, POND_ERR_CANCELLED, "interrupted");
    default:
        return pond_fail(err, POND_ERR_INTERNAL, "the catalog '%s' refused a statement: %s", db,
                         said);
    }
}

pond_code store_exec(pond_store *s, const char *sql, pond_err *err) {
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? POND_OK : store_sql_fail(s, rc, err);
}

store_query store_ask(pond_store *s, store_sql which) {
    store_query q = {.store = s, .rc = SQLITE_OK};
    if (s->statements[which] == NULL)
        q.rc = sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                  &s->statements[which], NULL);
    q.stmt = s->statements[which];
    return q;
}

void store_forget_statements(pond_store *s) {
    for (int i = 0; i < N_SQL; i++) {
        sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }
}

static void keep_failure(store_query *q, int rc) {
    if (q->rc == SQLITE_OK)
        q->rc = rc;
}

void store_put_int(store_query *q, int64_t i) {
    keep_failure(q, sqlite3_bind_int64(q->stmt, ++q->n_bound, i));
}

void store_put_text(store_query *q, pond_sv text) {
    // A NULL pointer would bind NULL instead of an empty text.
    keep_failure(q, sqlite3_bind_text64(q->stmt, ++q->n_bound, text.n == 0 ? "" : text.p, text.n,
                                        SQLITE_STATIC, SQLITE_UTF8));
}

void store_put_blob(store_query *q, const void *p, size_t n) {
    keep_failure(q, sqlite3_bind_blob64(q->stmt, ++q->n_bound, p, n, SQLITE_STATIC));
}

pond_code store_step(store_query *q, bool *has_row, pond_err *err) {
    *has_row = false;
    if (q->rc == SQLITE_OK)
        q->rc = sqlite3_step(q->stmt);
    int rc = q->rc;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return store_sql_fail(q->store, rc, err);
    *has_row = rc == SQLITE_ROW;
    q->rc = SQLITE_OK;
    return POND_OK;
}

// The functions for values do less than those for columns, which are made for several threads.
static sqlite3_value *value_of(const store_query *q, int column) {
    return q->values != NULL ? q->values[column] : sqlite3_column_value(q->stmt, column);
}

static pond_sv text_of(sqlite3_value *v) {
    const char *p = (const char *)sqlite3_value_text(v);
    return (pond_sv){p, p == NULL ? 0 : (size_t)sqlite3_value_bytes(v)};
}

pond_sv store_borrow_text(const store_query *q, int column) {
    return text_of(value_of(q, column));
}

pond_sv store_text(const store_query *q, pond_arena *a, int column) {
    // Most texts are empty, and one question is enough to see that.
    sqlite3_value *v = value_of(q, column);
    return sqlite3_value_bytes(v) == 0 ? POND_SV("") : pond_sv_dup(a, text_of(v));
}

int64_t store_int(const store_query *q, int column) {
    return sqlite3_value_int64(value_of(q, column));
}

static const char *name_of(const store_query *q, int column) {
    return q->values == NULL ? sqlite3_column_name(q->stmt, column) : "of a gathered row";
}

pond_code store_blob(const store_query *q, int column, void *out, size_t n, pond_err *err) {
    sqlite3_value *v = value_of(q, column);
    const void *p = sqlite3_value_blob(v);
    if (p == NULL || (size_t)sqlite3_value_bytes(v) != n)
        return store_damaged(q->store, err, "column '%s' does not have %zu bytes",
                             name_of(q, column), n);
    memcpy(out, p, n);
    return POND_OK;
}

void store_done(store_query *q) {
    if (q->stmt == NULL)
        return;
    // Its result repeats the error of the last step, which is reported already.
    sqlite3_reset(q->stmt);
    sqlite3_clear_bindings(q->stmt);
}

pond_code store_run(store_query *q, pond_err *err) {
    bool has_row = true;
    pond_code rc = POND_OK;
    while (rc == POND_OK && has_row)
        rc = store_step(q, &has_row, err);
    store_done(q);
    return rc;
}

pond_code store_each(store_query *q, pond_arena *a, store_read read, void *out, pond_err *err) {
    bool has_row = false;
    pond_code rc = store_step(q, &has_row, err);
    while (rc == POND_OK && has_row) {
        rc = read(q, a, out, err);
        if (rc == POND_OK)
            rc = store_step(q, &has_row, err);
    }
    store_done(q);
    return rc;
}

pond_code store_first(store_query *q, pond_arena *a, store_read read, void *out, bool *found,
                      pond_err *err) {
    pond_code rc = store_step(q, found, err);
    if (rc == POND_OK && *found)
        rc = read(q, a, out, err);
    store_done(q);
    return rc;
}

// Gathering ---------------------------------------------------------------------------------------
//
// An aggregate function whose result is nothing, and whose arguments are the columns of each row.

typedef struct store_gathering {
    store_query row;
    pond_arena *a;
    store_read read;
    void *out;
    pond_code rc;
} store_gathering;

static void gather_row(sqlite3_context *call, int n_values, sqlite3_value **values) {
    store_gathering *g = ((pond_store *)sqlite3_user_data(call))->gathering;
    (void)n_values;
    g->row.values = values;
    g->rc = g->read(&g->row, g->a, g->out, NULL);
    if (g->rc != POND_OK)
        sqlite3_result_error_code(call, SQLITE_ABORT); // no further row
}

static void gather_end(sqlite3_context *call) {
    (void)call;
}

pond_code store_gather_init(pond_store *s, pond_err *err) {
    int rc = sqlite3_create_function_v2(s->db, "gather", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, s,
                                        NULL, gather_row, gather_end, NULL);
    return rc == SQLITE_OK ? POND_OK : store_sql_fail(s, rc, err);
}

pond_code store_gather(store_query *q, pond_arena *a, store_read read, void *out) {
    store_gathering g = {.row = *q, .a = a, .read = read, .out = out, .rc = POND_OK};
    q->store->gathering = &g;
    pond_code rc = store_run(q, NULL);
    q->store->gathering = NULL;
    return g.rc != POND_OK ? g.rc : rc;
}

const char *pond_store_sqlite_version(void) {
    return sqlite3_libversion();
}

// Once --------------------------------------------------------------------------------------------

pond_code store_ask_text(pond_store *s, const char *sql, pond_sv *out, pond_err *err) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    pond_code code = rc == SQLITE_ROW ? POND_OK : store_sql_fail(s, rc, err);
    if (code == POND_OK)
        *out = pond_sv_dup(&s->arena, pond_sv_of((const char *)sqlite3_column_text(stmt, 0)));
    sqlite3_finalize(stmt);
    return code;
}

pond_code store_ask_int(pond_store *s, const char *sql, int64_t *out, pond_err *err) {
    pond_sv text;
    POND_TRY(store_ask_text(s, sql, &text, err));
    return pond_sv_to_int(text, out) ? POND_OK : store_damaged(s, err, "%s", sql);
}
