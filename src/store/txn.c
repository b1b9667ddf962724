// Transactions: the writer's lock, the log, and how transactions begin and end.
//
//     begin   lock, clear tmp/   INSERT the row of the log as INCOMPLETE, commit   BEGIN
//     commit  UPDATE the row to COMMITTED, commit: one transaction with the data   unlock
//     end     ROLLBACK           UPDATE the row to FAILED, commit                  unlock
//     (died)                     the row stays INCOMPLETE
#include "store/runs.h"
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// The lock ----------------------------------------------------------------------------------------

enum { LOCK_TIMEOUT_MS = 10000, LOCK_TEXT = 384 };

typedef struct store_lock_file {
    const char *name, *verb; // "lock", "written": for messages
    int64_t wait_ms;
} store_lock_file;

static pond_code lock_timeout(int64_t *ms, pond_err *err) {
    const char *text = getenv("POND_LOCK_TIMEOUT_MS");
    *ms = LOCK_TIMEOUT_MS;
    if (text == NULL || text[0] == '\0' || (pond_sv_to_int(pond_sv_of(text), ms) && *ms >= 0))
        return POND_OK;
    return pond_fail(err, POND_ERR_USAGE,
                     "the environment variable POND_LOCK_TIMEOUT_MS is '%s', and not a number of "
                     "milliseconds",
                     text);
}

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// A lock file holds "PID HOST SINCE COMMAND\n", or nothing before its holder has written that.
static pond_code fail_busy(const store_lock_file *l, int fd, pond_err *err) {
    char text[LOCK_TEXT];
    ssize_t n = pread(fd, text, sizeof text, 0);
    pond_sv line = {text, n < 0 ? 0 : (size_t)n}, pid, host, since;
    ptrdiff_t end = pond_sv_find_char(line, '\n');
    line.n = end < 0 ? 0 : (size_t)end;
    if (!pond_sv_split(&line, ' ', &pid) || !pond_sv_split(&line, ' ', &host) ||
        !pond_sv_split(&line, ' ', &since) || line.n == 0)
        return pond_fail(err, POND_ERR_BUSY,
                         "the pond is being %s by another process; try again when it is done",
                         l->verb);
    return pond_fail(err, POND_ERR_BUSY,
                     "the pond is being %s by process %.*s on %.*s since %.*s (pond %.*s); try "
                     "again when it is done",
                     l->verb, POND_SV_ARG(pid), POND_SV_ARG(host), POND_SV_ARG(since),
                     POND_SV_ARG(line));
}

static pond_code sign_lock(const pond_store *s, const store_lock_file *l, int fd, pond_sv command,
                           pond_err *err) {
    char text[LOCK_TEXT], host[65] = "", since[40];
    struct stat st;
    // A file with a second name may be somebody else's, put here by whoever made the pond. It can
    // be locked, but not written.
    if (fstat(fd, &st) == 0 && st.st_nlink != 1)
        return POND_OK;
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        strcpy(host, "localhost");
    pond_time_format(pond_now_us() / POND_US_PER_S * POND_US_PER_S, since);
    int n = snprintf(text, sizeof text, "%ld %s %s %.*s", (long)getpid(), host, since,
                     POND_SV_ARG(command));
    size_t len = (size_t)n < sizeof text - 1 ? (size_t)n : sizeof text - 2; // cut if it is too long
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\n')
            text[i] = ' ';
    text[len++] = '\n';
    if (ftruncate(fd, 0) != 0)
        return pond_fail_errno(err, "cannot write '%s/%s'", s->dir, l->name);
    return pond_fd_write_all(fd, "the pond's lock", text, len, err);
}

static pond_code take_lock(const pond_store *s, const store_lock_file *l, pond_sv command, int *fd,
                           pond_err *err) {
    enum { MOST_MS = 50 };
    POND_TRY(pond_below_open_file(&s->root, l->name, O_RDWR | O_CREAT, fd, err));
    // Tries again and again, because flock cannot wait with a time limit.
    int64_t deadline_ms = monotonic_ms() + l->wait_ms;
    pond_code rc = POND_OK;
    for (long wait_ms = 1; rc == POND_OK && flock(*fd, LOCK_EX | LOCK_NB) != 0;) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            rc = pond_fail_errno(err, "cannot lock '%s/%s'", s->dir, l->name);
        else if (monotonic_ms() >= deadline_ms)
            rc = fail_busy(l, *fd, err);
        else
            nanosleep(&(struct timespec){.tv_nsec = wait_ms * 1000000}, NULL);
        wait_ms = wait_ms * 2 < MOST_MS ? wait_ms * 2 : MOST_MS;
    }
    if (rc == POND_OK)
        rc = sign_lock(s, l, *fd, command, err);
    if (rc != POND_OK) {
        close(*fd);
        *fd = -1;
    }
    return rc;
}

pond_code store_lock(const pond_store *s, pond_sv command, int *fd, pond_err *err) {
    store_lock_file l = {.name = "lock", .verb = "written"};
    POND_TRY(lock_timeout(&l.wait_ms, err));
    return take_lock(s, &l, command, fd, err);
}

pond_code pond_store_lock_runs(pond_store *s, pond_sv command, int *fd, pond_err *err) {
    const store_lock_file l = {"run.lock", "run", 0};
    return take_lock(s, &l, command, fd, err);
}

void store_unlock(int fd) {
    if (fd < 0)
        return;
    close(fd); // the text of a free lock is never read
}

void pond_store_unlock_runs(int fd) {
    store_unlock(fd);
}

// The log -----------------------------------------------------------------------------------------

static pond_code log_begin(pond_txn *t, pond_sv command, pond_err *err) {
    pond_id id;
    POND_TRY(store_new_id(&id, err));
    store_query q = store_ask(t->store, SQL_LOG_BEGIN);
    store_put_id(&q, &id);
    store_put_text(&q, command);
    store_put_int(&q, pond_now_us());
    bool has_row = false;
    pond_code rc = store_step(&q, &has_row, err);
    if (rc == POND_OK) {
        t->seq = store_int(&q, 0);
        rc = store_step(&q, &has_row, err); // the statement ends here, and is committed
    }
    store_done(&q);
    return rc;
}

static pond_code log_end(pond_txn *t, pond_txn_state state, pond_sv error, pond_err *err) {
    store_query q = store_ask(t->store, SQL_LOG_END);
    store_put_text(&q, pond_sv_of(pond_txn_state_name(state)));
    store_put_text(&q, error);
    store_put_int(&q, pond_now_us());
    store_put_int(&q, t->n_operations);
    store_put_int(&q, t->n_files);
    store_put_int(&q, t->n_directories);
    store_put_int(&q, t->seq);
    return store_run(&q, err);
}

static pond_code log_forget(pond_txn *t, pond_err *err) {
    store_query q = store_ask(t->store, SQL_LOG_FORGET);
    store_put_int(&q, t->seq);
    return store_run(&q, err);
}

// The error as main prints it, without the detail.
static pond_sv error_text(pond_arena *a, const pond_err *error) {
    pond_buf text = POND_BUF_EMPTY;
    for (int i = error->n_ctx - 1; i >= 0; i--)
        pond_buf_printf(&text, "%s: ", error->ctx[i]);
    if (error->where.file[0] != '\0')
        pond_buf_printf(&text, "%s:%u:%u: ", error->where.file, error->where.line,
                        error->where.column);
    pond_buf_str(&text, error->msg);
    return pond_buf_keep(a, &text);
}

static pond_code push_txn(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    pond_txn_row *row = pond_vec_push(a, (pond_txn_row_vec *)out);
    *row = (pond_txn_row){
        .seq = store_int(q, 0),
        .command = store_text(q, a, 2),
        .error = store_text(q, a, 4),
        .began_us = store_int(q, 5),
        .ended_us = store_int(q, 6),
        .n_operations = store_int(q, 7),
        .n_files = store_int(q, 8),
        .n_directories = store_int(q, 9),
    };
    pond_sv state = store_text(q, a, 3);
    if (!store_state_from_name(state, &row->state))
        return store_damaged(q->store, err, "transaction %" PRId64 " has the unknown state '%.*s'",
                             row->seq, POND_SV_ARG(state));
    return store_blob(q, 1, row->id.bytes, sizeof row->id.bytes, err);
}

pond_code pond_store_log(pond_txn *t, pond_arena *a, int64_t limit, int64_t seq,
                         pond_txn_row_vec *out, pond_err *err) {
    *out = (pond_txn_row_vec){0};
    store_query q = store_ask(t->store, SQL_LOG_READ);
    store_put_int(&q, seq);
    store_put_int(&q, limit == 0 ? -1 : limit);
    return store_each(&q, a, push_txn, out, err);
}

static pond_code read_commit(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    (void)a;
    pond_commit *c = out;
    c->seq = store_int(q, 0);
    return store_blob(q, 1, c->id.bytes, sizeof c->id.bytes, err);
}

pond_code pond_store_last_commit(pond_txn *t, pond_commit *out, pond_err *err) {
    store_query q = store_ask(t->store, SQL_LAST_COMMIT);
    bool found;
    *out = (pond_commit){0};
    return store_first(&q, &t->arena, read_commit, out, &found, err);
}

// Begin and end -----------------------------------------------------------------------------------

static pond_code run(pond_store *s, store_sql which, pond_err *err) {
    store_query q = store_ask(s, which);
    return store_run(&q, err);
}

static pond_code begin_read(pond_txn *t, pond_err *err) {
    POND_TRY(run(t->store, SQL_BEGIN_READ, err));
    t->is_active = true;
    return run(t->store, SQL_SNAPSHOT, err);
}

static pond_code begin_write(pond_txn *t, pond_sv command, pond_err *err) {
    POND_TRY(store_lock(t->store, command, &t->lock_fd, err));
    POND_TRY(pond_scratch_clear(&t->store->tmp_root, POND_SV(""), err));
    POND_TRY(log_begin(t, command, err));
    POND_TRY(run(t->store, SQL_BEGIN_WRITE, err));
    t->is_active = true;
    return POND_OK;
}

pond_code pond_txn_begin(pond_store *s, pond_txn_mode mode, pond_sv command, pond_txn **out,
                         pond_err *err) {
    POND_ASSERT(s->txn == NULL);
    pond_txn *t = pond_xmalloc(sizeof *t);
    *t = (pond_txn){.store = s, .mode = mode, .lock_fd = -1, .facts = POND_SV("")};
    pond_arena_init(&t->arena);
    pond_map_init(&t->touched, &t->arena);
    s->txn = *out = t;
    pond_code rc = mode == POND_TXN_READ ? begin_read(t, err) : begin_write(t, command, err);
    if (rc != POND_OK) {
        pond_txn_end(t, err);
        *out = NULL;
    }
    return rc;
}

// After some errors (a full or bad disk) SQLite has rolled back by itself.
static void roll_back(pond_txn *t) {
    if (t->is_active && sqlite3_get_autocommit(t->store->db) == 0) {
        pond_code rc = run(t->store, SQL_ROLLBACK, NULL);
        (void)rc; // closing the connection would roll back too
    }
    t->is_active = false;
}

pond_code store_check_intact(const pond_txn *t, pond_err *err) {
    POND_ASSERT(t->is_active);
    if (!t->is_broken && sqlite3_get_autocommit(t->store->db) == 0)
        return POND_OK;
    return pond_fail(
        err, POND_ERR_IO,
        "nothing was written, because an earlier change in the same transaction failed");
}

void pond_txn_be_quiet(pond_txn *t) {
    t->is_quiet = true;
}

bool pond_txn_has_stored(const pond_txn *t) {
    return t->has_stored;
}

pond_code pond_txn_commit(pond_txn *t, pond_err *err) {
    POND_TRY(store_check_intact(t, err));
    if (t->mode == POND_TXN_WRITE) {
        POND_TRY(store_objects_sync(t->store, err));
        POND_TRY(store_intact_save(t->store, err));
        POND_TRY(t->is_quiet && t->n_operations == 0
                     ? log_forget(t, err)
                     : log_end(t, POND_TXN_COMMITTED, POND_SV(""), err));
    }
    POND_TRY(run(t->store, SQL_COMMIT, err));
    t->is_active = false;
    t->is_settled = true;
    if (t->mode == POND_TXN_WRITE)
        store_empty_wal(t->store);
    return POND_OK;
}

void pond_txn_forget(pond_txn *t) {
    t->is_forgotten = true;
}

void pond_txn_end(pond_txn *t, const pond_err *error) {
    if (t == NULL)
        return;
    roll_back(t);
    store_look_at_now(t);
    bool has_error = error != NULL && error->code != POND_OK;
    if (t->is_forgotten && !has_error && !t->is_settled)
        t->is_settled = log_forget(t, NULL) == POND_OK;
    if (t->seq > 0 && !t->is_settled) {
        pond_sv text = has_error ? error_text(&t->arena, error) : POND_SV("ended without a commit");
        pond_code rc = log_end(t, POND_TXN_FAILED, text, NULL);
        (void)rc; // the row then stays INCOMPLETE
    }
    store_unlock(t->lock_fd);
    t->store->txn = NULL;
    pond_arena_deinit(&t->arena);
    free(t);
}
