// Transactions: commits, failures, the log, several processes.
#include "room.h"

#include <signal.h>
#include <sys/resource.h>

static pond_txn_row_vec log_of(room *r, int64_t limit, int64_t seq) {
    pond_txn_row_vec log;
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_log(t, &r->a, limit, seq, &log, NULL), POND_OK);
    pond_txn_end(t, NULL);
    return log;
}

static bool is_made(room *r, const char *name) {
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    bool found = has(t, &r->a, name);
    pond_txn_end(t, NULL);
    return found;
}

// The ends of a write -----------------------------------------------------------------------------

static void a_commit_is_kept_and_logged(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy a.csv /dir/a");
    pond_id dir = make(t, root, "dir", POND_T_DIRECTORY);
    pond_id file = make(t, dir, "a", POND_T_TABLE);
    pond_version v = {.rows = 1};
    assert_int_equal(pond_object_write(r->s, POND_SV("rows"), &v.object, NULL), POND_OK);
    assert_int_equal(pond_store_add_version(t, file, &v, NULL), POND_OK);
    assert_int_equal(pond_store_add_version(t, file, &v, NULL), POND_OK);
    commit(t);
    reopen(r);

    assert_true(is_made(r, "dir"));
    pond_txn_row_vec log = log_of(r, 0, 0);
    assert_int_equal(log.n, 1);
    const pond_txn_row *row = &log.items[0];
    assert_int_equal(row->seq, 1);
    assert_int_equal(row->id.bytes[6] >> 4, 7);
    assert_true(pond_sv_is(row->command, "copy a.csv /dir/a"));
    assert_int_equal(row->state, POND_TXN_COMMITTED);
    assert_true(pond_sv_is(row->error, ""));
    assert_true(0 < row->began_us && row->began_us <= row->ended_us);
    assert_int_equal(row->n_operations, 4);
    assert_int_equal(row->n_files, 1);
    assert_int_equal(row->n_directories, 1);
}

static pond_commit last_commit(room *r) {
    pond_commit last = {.seq = -1};
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_last_commit(t, &last, NULL), POND_OK);
    pond_txn_end(t, NULL);
    return last;
}

static void the_last_commit_is_not_a_later_failure(void **state) {
    room *r = *state;
    assert_int_equal(last_commit(r).seq, 0);
    commit(begin(r->s, POND_TXN_WRITE, "one"));
    commit(begin(r->s, POND_TXN_WRITE, "two"));
    pond_txn_end(begin(r->s, POND_TXN_WRITE, "three"), NULL);
    pond_commit last = last_commit(r);
    assert_int_equal(last.seq, 2);
    assert_memory_equal(&last.id, &log_of(r, 0, 2).items[0].id, sizeof last.id);
}

static void a_failure_leaves_nothing_but_its_reason(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "apply");
    make(t, root, "dir", POND_T_DIRECTORY);
    pond_fail_at(&r->err, POND_ERR_INVALID, "a.yaml", 3, 5, "unknown key 'x'");
    pond_wrap(&r->err, POND_ERR_INVALID, "mknod '/a'");
    pond_wrap(&r->err, POND_ERR_INVALID, "applying");
    pond_txn_end(t, &r->err);
    assert_false(is_made(r, "dir"));
    pond_txn_row_vec log = log_of(r, 0, 0);
    assert_int_equal(log.n, 1);
    assert_int_equal(log.items[0].state, POND_TXN_FAILED);
    assert_true(
        pond_sv_is(log.items[0].error, "applying: mknod '/a': a.yaml:3:5: unknown key 'x'"));
    assert_true(log.items[0].ended_us >= log.items[0].began_us);

    t = begin(r->s, POND_TXN_WRITE, "mkdir");
    pond_txn_end(t, NULL);
    log = log_of(r, 1, 0);
    assert_int_equal(log.items[0].state, POND_TXN_FAILED);
    assert_true(pond_sv_is(log.items[0].error, "ended without a commit"));
    pond_txn_end(NULL, NULL);
}

static void the_log_is_newest_first_and_can_be_cut(void **state) {
    room *r = *state;
    static const char *const commands[] = {"one", "two", "three"};
    for (int i = 0; i < 3; i++)
        commit(begin(r->s, POND_TXN_WRITE, commands[i]));
    pond_txn_end(begin(r->s, POND_TXN_READ, "not logged"), NULL);
    pond_txn_row_vec log = log_of(r, 0, 0);
    assert_int_equal(log.n, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(log.items[i].seq, 3 - i);
        assert_true(pond_sv_is(log.items[i].command, commands[2 - i]));
    }
    log = log_of(r, 2, 0);
    assert_int_equal(log.n, 2);
    assert_int_equal(log.items[1].seq, 2);
    log = log_of(r, 0, 2);
    assert_int_equal(log.n, 1);
    assert_true(pond_sv_is(log.items[0].command, "two"));
    assert_int_equal(log_of(r, 0, 4).n, 0);
}

static void die_in_a_write(room *r) {
    pond_store *s;
    CHILD_CHECK(pond_store_open(r->pond, &s, NULL) == POND_OK);
    pond_txn *t = begin(s, POND_TXN_WRITE, "copy big.csv /big");
    make(t, root, "half", POND_T_DATA);
    kill(getpid(), SIGKILL);
}

static void a_write_that_died_stays_incomplete(void **state) {
    room *r = *state;
    int status;
    assert_true(waitpid(start_child(die_in_a_write, r), &status, 0) > 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_false(is_made(r, "half"));
    for (int i = 0; i < 2; i++) { // also after the next write
        pond_txn_row_vec log = log_of(r, 0, 1);
        assert_int_equal(log.n, 1);
        assert_int_equal(log.items[0].state, POND_TXN_INCOMPLETE);
        assert_true(pond_sv_is(log.items[0].command, "copy big.csv /big"));
        assert_int_equal(log.items[0].ended_us, 0);
        if (i == 0)
            commit(begin(r->s, POND_TXN_WRITE, "next")); // the lock died with its holder
    }
    assert_int_equal(log_of(r, 0, 0).n, 2);
}

// Disks that fail ---------------------------------------------------------------------------------

// A write that outgrows the disk, made with a limit on the size of files: SQLite then gives up its
// transaction by itself, and the rest of the command must not be committed without the beginning.
static void outgrow_the_disk(room *r) {
    pond_store *s;
    CHILD_CHECK(pond_store_open(r->pond, &s, NULL) == POND_OK);
    pond_txn *t = begin(s, POND_TXN_WRITE, "copy much");
    signal(SIGXFSZ, SIG_IGN);
    make(t, root, "early", POND_T_DATA);
    struct rlimit small = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY}, none = small;
    none.rlim_cur = RLIM_INFINITY;
    CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    // Enough nodes to spill SQLite's cache into the log.
    pond_code rc = POND_OK;
    pond_id id;
    for (int i = 0; i < 200000 && rc == POND_OK; i++) {
        const pond_new_node n = {
            .parent = root, .name = pond_svf(&r->a, "%0200d", i), .type = POND_T_DATA};
        rc = pond_store_create(t, &n, &id, &r->err);
    }
    CHILD_CHECK(rc == POND_ERR_IO);
    CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
    pond_err later;
    const pond_new_node late = {.parent = root, .name = POND_SV("late"), .type = POND_T_DATA};
    CHILD_CHECK(pond_store_create(t, &late, &id, &later) == POND_ERR_IO);
    CHILD_CHECK(strcmp(later.msg, "nothing was written, because an earlier change in the same "
                                  "transaction failed") == 0);
    CHILD_CHECK(pond_txn_commit(t, &later) == POND_ERR_IO);
    pond_txn_end(t, &r->err);
    pond_store_close(s);
}

static void after_a_failure_of_the_disk_nothing_can_be_committed(void **state) {
    room *r = *state;
    expect_success(start_child(outgrow_the_disk, r));
    assert_false(is_made(r, "early"));
    assert_false(is_made(r, "late"));
    pond_txn_row_vec log = log_of(r, 0, 0);
    assert_int_equal(log.n, 1);
    assert_int_equal(log.items[0].state, POND_TXN_FAILED);
    assert_true(pond_sv_starts(log.items[0].error, POND_SV("cannot ")));
}

// Several processes -------------------------------------------------------------------------------

// A pipe on which one side waits for the other: no test depends on the clock.
typedef struct gate {
    int ends[2];
} gate;
static gate at_work, go_on;

static void open_gates(void) {
    assert_int_equal(pipe(at_work.ends), 0);
    assert_int_equal(pipe(go_on.ends), 0);
}

static void pass_signal(gate *g) {
    if (write(g->ends[1], "x", 1) != 1)
        abort();
}

static void await_signal(gate *g) {
    char c;
    if (read(g->ends[0], &c, 1) != 1)
        abort();
}

static void close_gates(void) {
    for (int i = 0; i < 2; i++) {
        close(at_work.ends[i]);
        close(go_on.ends[i]);
    }
}

// Waits at three gates: it begins on a signal, sends one in the middle, commits on a signal.
static void write_when_told(room *r) {
    pond_store *s;
    await_signal(&go_on);
    CHILD_CHECK(pond_store_open(r->pond, &s, NULL) == POND_OK);
    pond_txn *t = begin(s, POND_TXN_WRITE, "copy slow.csv\n/slow");
    make(t, root, "slow", POND_T_DATA);
    pass_signal(&at_work);
    await_signal(&go_on);
    commit(t);
    pond_store_close(s);
}

static void a_second_writer_learns_who_holds_the_pond(void **state) {
    room *r = *state;
    open_gates();
    pid_t holder = start_child(write_when_told, r);
    pass_signal(&go_on);
    await_signal(&at_work);
    setenv("POND_LOCK_TIMEOUT_MS", "20", 1);
    pond_txn *t;
    assert_int_equal(pond_txn_begin(r->s, POND_TXN_WRITE, POND_SV("mkdir /x"), &t, &r->err),
                     POND_ERR_BUSY);
    assert_null(t);
    pond_sv msg = pond_sv_of(r->err.msg);
    assert_true(pond_sv_starts(
        msg, pond_svf(&r->a, "the pond is being written by process %ld on ", (long)holder)));
    assert_true(pond_sv_find(msg, POND_SV(" since 20")) > 0);
    assert_true(
        pond_sv_ends(msg, POND_SV("Z (pond copy slow.csv /slow); try again when it is done")));
    unsetenv("POND_LOCK_TIMEOUT_MS");
    pass_signal(&go_on);
    expect_success(holder);
    close_gates();
    // The refused command was never begun.
    assert_int_equal(log_of(r, 0, 0).n, 1);
    assert_true(is_made(r, "slow"));
    commit(begin(r->s, POND_TXN_WRITE, "mkdir /x"));
}

static void write_after_another(room *r) {
    pond_store *s;
    await_signal(&go_on);
    CHILD_CHECK(pond_store_open(r->pond, &s, NULL) == POND_OK);
    pass_signal(&at_work);
    pond_txn *t = begin(s, POND_TXN_WRITE, "second");
    CHILD_CHECK(has(t, &r->a, "first"));
    make(t, root, "second", POND_T_DATA);
    commit(t);
    pond_store_close(s);
}

static void a_second_writer_waits_and_sees_what_the_first_did(void **state) {
    room *r = *state;
    open_gates();
    pid_t second = start_child(write_after_another, r);
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "first");
    make(t, root, "first", POND_T_DATA);
    pass_signal(&go_on);
    await_signal(&at_work);
    // It cannot end before this process has.
    assert_int_equal(waitpid(second, NULL, WNOHANG), 0);
    commit(t);
    expect_success(second);
    close_gates();
    assert_true(is_made(r, "first") && is_made(r, "second"));
    pond_txn_row_vec log = log_of(r, 0, 0);
    assert_int_equal(log.n, 2);
    assert_true(pond_sv_is(log.items[0].command, "second"));
}

static void a_reader_keeps_its_snapshot_while_another_writes(void **state) {
    room *r = *state;
    open_gates();
    pid_t writer = start_child(write_when_told, r);
    pond_txn *before = begin(r->s, POND_TXN_READ, "");
    pass_signal(&go_on);
    await_signal(&at_work);

    // During the write neither the old reader nor a new one waits or sees any of it...
    assert_false(has(before, &r->a, "slow"));
    pond_store *other;
    assert_int_equal(pond_store_open(r->pond, &other, NULL), POND_OK);
    pond_txn *during = begin(other, POND_TXN_READ, "");
    assert_false(has(during, &r->a, "slow"));
    pond_txn_row_vec log;
    assert_int_equal(pond_store_log(during, &r->a, 0, 0, &log, NULL), POND_OK);
    assert_int_equal(log.n, 1);
    assert_int_equal(log.items[0].state, POND_TXN_INCOMPLETE);
    assert_true(pond_sv_is(log.items[0].command, "copy slow.csv\n/slow"));

    // ... and after it their snapshots stay as they were.
    pass_signal(&go_on);
    expect_success(writer);
    assert_false(has(before, &r->a, "slow"));
    assert_false(has(during, &r->a, "slow"));
    pond_txn_end(before, NULL);
    pond_txn_end(during, NULL);
    pond_store_close(other);
    close_gates();
    assert_true(is_made(r, "slow"));
}

static void add_twenty(room *r) {
    pond_store *s;
    CHILD_CHECK(pond_store_open(r->pond, &s, NULL) == POND_OK);
    for (int i = 0; i < 20; i++) {
        pond_txn *t = begin(s, POND_TXN_WRITE, "copy");
        const pond_node_row *row;
        CHILD_CHECK(pond_store_lookup(t, &r->a, root, POND_SV("log"), &row, NULL) == POND_OK);
        pond_version v = {.size_bytes = 1};
        CHILD_CHECK(pond_object_write(s, POND_SV("x"), &v.object, NULL) == POND_OK);
        CHILD_CHECK(pond_store_add_version(t, row->id, &v, NULL) == POND_OK);
        commit(t);
    }
    pond_store_close(s);
}

static void writers_side_by_side_lose_nothing(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy");
    pond_id log = make(t, root, "log", POND_T_DATA_SERIES);
    commit(t);
    enum { N = 3 };
    pid_t writers[N];
    for (int i = 0; i < N; i++)
        writers[i] = start_child(add_twenty, r);
    for (int i = 0; i < N; i++)
        expect_success(writers[i]);
    pond_version_vec versions;
    t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_versions(t, &r->a, log, &versions, NULL), POND_OK);
    pond_txn_end(t, NULL);
    assert_int_equal(versions.n, 20 * N);
    assert_int_equal(versions.items[20 * N - 1].number, 20 * N);
    assert_int_equal(log_of(r, 0, 0).n, 20 * N + 1);
}

static void make_a_pond(room *r) {
    pond_code rc = pond_store_init(r->pond, "race", &r->err);
    _exit(rc == POND_OK ? 0 : rc == POND_ERR_EXISTS ? 1 : 2);
}

static void of_two_inits_one_makes_the_pond(void **state) {
    room *r = *state;
    pid_t children[2];
    int n_status[3] = {0}, status;
    for (int i = 0; i < 2; i++)
        children[i] = start_child(make_a_pond, r);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 3);
        n_status[WEXITSTATUS(status)]++;
    }
    assert_int_equal(n_status[0], 1);
    assert_int_equal(n_status[1], 1);
    assert_int_equal(pond_store_open(r->pond, &r->s, NULL), POND_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_commit_is_kept_and_logged),
        IN_ROOM(the_last_commit_is_not_a_later_failure),
        IN_ROOM(a_failure_leaves_nothing_but_its_reason),
        IN_ROOM(the_log_is_newest_first_and_can_be_cut),
        IN_ROOM(a_write_that_died_stays_incomplete),
        IN_ROOM(after_a_failure_of_the_disk_nothing_can_be_committed),
        IN_ROOM(a_second_writer_learns_who_holds_the_pond),
        IN_ROOM(a_second_writer_waits_and_sees_what_the_first_did),
        IN_ROOM(a_reader_keeps_its_snapshot_while_another_writes),
        IN_ROOM(writers_side_by_side_lose_nothing),
        IN_EMPTY_ROOM(of_two_inits_one_makes_the_pond),
    };
    return cmocka_run_group_tests_name("store/txn", tests, NULL, NULL);
}
