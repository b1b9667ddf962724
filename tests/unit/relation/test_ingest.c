// Sessions, ingest and unions, in a real pond without factories.
#include "relation/file.h"
#include "relation/ingest.h"
#include "relation/spool.h"
#include "relation/stored.h"
#include "relation/wrapper.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct fixture {
    pond_arena arena;
    pond_err err;
    char dir[64];
    char *pond;
    pond_session *session;
} fixture;

#define CHECK_OK(f, e)                                                                             \
    do {                                                                                           \
        if ((e) != POND_OK)                                                                        \
            fail_msg("%s: %s\n%s", #e, (f)->err.msg, (f)->err.detail);                             \
    } while (0)

static void open_session(fixture *f) {
    f->session = pond_session_new(&f->arena, NULL);
    CHECK_OK(f,
             pond_session_open_pond(f->session, f->pond, POND_TXN_WRITE, POND_SV("test"), &f->err));
}

static int set_up(void **state) {
    fixture *f = pond_xmalloc(sizeof *f);
    pond_arena_init(&f->arena);
    strcpy(f->dir, "/tmp/pond-relation-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->pond = pond_path_join(&f->arena, f->dir, "pond");
    CHECK_OK(f, pond_store_init(f->pond, "test", &f->err));
    open_session(f);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pond_session_close(f->session, NULL);
    assert_int_equal(pond_remove_tree(f->dir, &f->err), POND_OK);
    pond_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static pond_relation *csv(fixture *f, const char *name, const char *text) {
    char *path = pond_path_join(&f->arena, f->dir, name);
    CHECK_OK(f, pond_file_replace(path, pond_sv_of(text), &f->err));
    pond_url url;
    pond_relation *r;
    char *written = pond_printf(&f->arena, "host+csv+series://%s", path);
    CHECK_OK(f, pond_url_parse(&f->arena, pond_sv_of(written), &url, &f->err));
    CHECK_OK(f, pond_host_file_relation(f->session, &url, path, &r, &f->err));
    return r;
}

static pond_code ingest(fixture *f, const char *path, pond_type type, pond_relation *rows,
                        const char *query) {
    pond_destination to = {.path = pond_sv_of(path), .type = type, .source = rows->path};
    pond_ingested what;
    return pond_ingest_rows(f->session, &to, rows, pond_sv_of(query), &what, &f->err);
}

static int64_t ask(fixture *f, pond_relation *r, const char *query) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_engine *engine;
    int64_t n;
    CHECK_OK(f,
             pond_relation_query(f->session, r, POND_RANGE_ALL, pond_sv_of(query), &sql, &f->err));
    CHECK_OK(f, pond_session_engine(f->session, &engine, &f->err));
    CHECK_OK(f, pond_engine_ints(engine, pond_buf_view(&sql), -1, &n, 1, &f->err));
    pond_buf_free(&sql);
    return n;
}

static const pond_node *node_at(fixture *f, const char *path) {
    const pond_node *node;
    CHECK_OK(f,
             pond_fs_resolve(pond_session_fs(f->session), pond_sv_of(path), true, &node, &f->err));
    return node;
}

static pond_version_vec versions_at(fixture *f, const char *path) {
    pond_version_vec v = {0};
    CHECK_OK(f, pond_store_versions(pond_session_txn(f->session), &f->arena, node_at(f, path)->id,
                                    &v, &f->err));
    return v;
}

static void rows_become_versions_with_their_facts(void **state) {
    fixture *f = *state;
    CHECK_OK(f,
             ingest(f, "/s.series", POND_T_TABLE_SERIES,
                    csv(f, "a.csv", "timestamp,v\n2024-01-03 00:00:00,3\n2024-01-01 00:00:00,\n"),
                    ""));
    CHECK_OK(f,
             ingest(f, "/s.series", POND_T_TABLE_SERIES,
                    csv(f, "b.csv", "timestamp,v\n2024-02-01 00:00:00,5\n2024-02-01 00:00:00,6\n"),
                    "SELECT timestamp, v * 10 AS v FROM source"));
    pond_version_vec v = versions_at(f, "/s.series");
    assert_int_equal(v.n, 2);
    assert_int_equal(v.items[0].rows, 2);
    assert_true(pond_sv_is(v.items[0].time_column, "timestamp"));
    assert_int_equal(v.items[0].t_max_us - v.items[0].t_min_us, INT64_C(2) * 86400000000);
    pond_facts facts;
    CHECK_OK(f, pond_facts_parse(&f->arena, v.items[0].facts, &facts, &f->err));
    assert_int_equal(facts.n_columns, 2);
    assert_int_equal(facts.columns[1].n_nulls, 1);
    assert_int_equal(facts.order, POND_ORDERED); // they are stored in the order of their times
    assert_int_equal(facts.n_days, 2);
    CHECK_OK(f, pond_facts_parse(&f->arena, v.items[1].facts, &facts, &f->err));
    assert_int_equal(facts.order, POND_ASCENDING);
    assert_true(pond_sv_eq(pond_facts_write(&f->arena, &facts), v.items[1].facts));
    pond_relation *r;
    CHECK_OK(f, pond_relation_of(f->session, node_at(f, "/s.series"), &r, &f->err));
    assert_int_equal(ask(f, r, "SELECT CAST(sum(v) AS BIGINT) FROM source"), 3 + 50 + 60);
}

static void rows_that_do_not_fit_leave_the_pond_as_it_was(void **state) {
    fixture *f = *state;
    CHECK_OK(f, ingest(f, "/s.series", POND_T_TABLE_SERIES,
                       csv(f, "a.csv", "timestamp,v\n2024-01-01 00:00:00,1\n"), ""));
    static const struct {
        const char *text;
        pond_code code;
    } cases[] = {
        {"timestamp,v\n2024-01-02 00:00:00,x\n", POND_ERR_CONFLICT}, // another type
        {"timestamp,V\n2024-01-02 00:00:00,2\n", POND_ERR_CONFLICT}, // a name that differs in case
        {"time,v\n2024-01-02 00:00:00,2\n", POND_ERR_CONFLICT},      // another time column
        {"timestamp,v\n,2\n2024-01-02 00:00:00,2\n", POND_ERR_INVALID}, // a row without a time
        {"timestamp,v\ninfinity,2\n2024-01-02 00:00:00,2\n", POND_ERR_INVALID}, // no instant
        {"when,v\n2024-01-02 00:00:00,2\n", POND_ERR_INVALID},                  // no time column
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ingest(f, "/s.series", POND_T_TABLE_SERIES,
                                csv(f, pond_printf(&f->arena, "%zu.csv", i), cases[i].text), ""),
                         cases[i].code);
    assert_int_equal(versions_at(f, "/s.series").n, 1);
    pond_dirent_vec litter = {0};
    CHECK_OK(f, pond_dir_list(&f->arena, pond_store_tmp_dir(pond_session_store(f->session)),
                              &litter, &f->err));
    assert_int_equal(litter.n, 0);
}

// An older program took an infinite time for the first instant of 1970.
static void bounds_of_older_programs_are_measured_again(void **state) {
    fixture *f = *state;
    pond_engine *engine;
    pond_parquet_stats stats;
    pond_version v = {.rows = 3, .t_min_us = 5000, .time_column = POND_SV("t")};
    char *tmp = pond_store_tmp_name(pond_session_store(f->session), &f->arena, ".parquet");
    CHECK_OK(f, pond_session_engine(f->session, &engine, &f->err));
    CHECK_OK(f, pond_engine_write_parquet(
                    engine,
                    POND_SV("SELECT CAST(t AS TIMESTAMP_NS) AS t FROM (VALUES (TIMESTAMP "
                            "'1970-01-01 00:00:00.005'), ('1970-01-02'), ('infinity')) v(t)"),
                    tmp, &stats, &f->err));
    CHECK_OK(f, pond_object_adopt(pond_session_store(f->session), tmp, &v.object, NULL, &f->err));
    pond_facts facts;
    pond_time_bounds b;
    static const char columns[] =
        "{\"columns\":[{\"name\":\"t\",\"type\":\"TIMESTAMP_NS\",\"nulls\":0}]%s}";
    CHECK_OK(f, pond_facts_parse(&f->arena, pond_svf(&f->arena, columns, ""), &facts, &f->err));
    CHECK_OK(f, pond_facts_bounds(f->session, &v, &facts, &b, &f->err));
    assert_int_equal(b.t_min_us, 5000);
    assert_int_equal(b.t_max_us, INT64_C(86400000000));
    assert_int_equal(b.n_odd, 1);
    // Other bounds, and those of this program, are taken as they are.
    v.t_max_us = 6000;
    CHECK_OK(f, pond_facts_bounds(f->session, &v, &facts, &b, &f->err));
    assert_int_equal(b.t_max_us, 6000);
    v.t_max_us = 0;
    CHECK_OK(f, pond_facts_parse(&f->arena, pond_svf(&f->arena, columns, ",\"times\":\"finite\""),
                                 &facts, &f->err));
    CHECK_OK(f, pond_facts_bounds(f->session, &v, &facts, &b, &f->err));
    assert_int_equal(b.t_max_us, 0);
    assert_int_equal(b.n_odd, 0);
    // The object is verified before its rows are read.
    CHECK_OK(f, pond_facts_parse(&f->arena, pond_svf(&f->arena, columns, ""), &facts, &f->err));
    v.object = pond_sha256_of(POND_SV("not in this pond"));
    assert_int_equal(pond_facts_bounds(f->session, &v, &facts, &b, &f->err), POND_ERR_CORRUPT);
    assert_non_null(strstr(f->err.msg, "is missing"));
}

static void bytes_and_parquet_are_stored_as_they_are(void **state) {
    fixture *f = *state;
    char *path = pond_path_join(&f->arena, f->dir, "x.parquet");
    pond_engine *engine;
    pond_parquet_stats stats;
    pond_session_allow_dir(f->session, f->dir);
    CHECK_OK(f, pond_session_engine(f->session, &engine, &f->err));
    CHECK_OK(f, pond_engine_write_parquet(engine, POND_SV("SELECT 7 AS x"), path, &stats, &f->err));
    static const pond_type types[] = {POND_T_TABLE, POND_T_DATA};
    static const char *const paths[] = {"/t.table", "/t.bin"};
    for (size_t i = 0; i < 2; i++) {
        pond_destination to = {
            .path = pond_sv_of(paths[i]), .type = types[i], .source = pond_sv_of(path)};
        pond_ingested what;
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        CHECK_OK(f, types[i] == POND_T_DATA
                        ? pond_ingest_bytes(f->session, &to, fd, &what, &f->err)
                        : pond_ingest_parquet(f->session, &to, fd, &what, &f->err));
        close(fd);
        assert_int_equal(versions_at(f, paths[i]).items[0].size_bytes, stats.size_bytes);
    }
    assert_int_equal(versions_at(f, "/t.table").items[0].rows, 1);
    assert_int_equal(versions_at(f, "/t.bin").items[0].rows, -1);
}

static void a_union_has_the_columns_of_all_its_parts(void **state) {
    fixture *f = *state;
    pond_relation *parts[] = {csv(f, "a.csv", "timestamp,v\n2024-01-01 00:00:00,1\n"),
                              csv(f, "b.csv", "timestamp,w\n2024-01-02 00:00:00,2.5\n")};
    pond_relation *all = pond_union_of(f->session, parts, 2);
    pond_schema schema;
    CHECK_OK(f, pond_relation_schema(f->session, all, &schema, &f->err));
    assert_int_equal(schema.n, 3);
    assert_int_equal(ask(f, all, "SELECT count(*) FROM source WHERE v IS NULL AND w = 2.5"), 1);
    assert_ptr_equal(pond_union_of(f->session, parts, 1), parts[0]);
    pond_relation *none = pond_union_of(f->session, NULL, 0);
    assert_int_equal(ask(f, none, "SELECT count(timestamp) FROM source"), 0);
}

static void paths_may_be_allowed_at_any_time(void **state) {
    fixture *f = *state;
    pond_relation *first = csv(f, "a.csv", "timestamp,v\n2024-01-01 00:00:00,1\n");
    assert_int_equal(ask(f, first, "SELECT count(*) FROM source"), 1); // the engine is open now
    pond_relation *second =
        csv(f, "b.csv", "timestamp,v\n2024-01-01 00:00:00,1\n2024-01-02 00:00:00,1\n");
    assert_int_equal(ask(f, second, "SELECT count(*) FROM source"), 2);
    assert_int_equal(ask(f, first, "SELECT count(*) FROM source"), 1);
    const char *scratch, *again;
    CHECK_OK(f, pond_session_scratch(f->session, &scratch, &f->err));
    CHECK_OK(f, pond_session_scratch(f->session, &again, &f->err));
    assert_ptr_equal(scratch, again);
    char *path = pond_path_join(&f->arena, scratch, "out.parquet");
    pond_engine *engine;
    pond_parquet_stats stats;
    CHECK_OK(f, pond_session_engine(f->session, &engine, &f->err));
    CHECK_OK(f, pond_engine_write_parquet(engine, POND_SV("SELECT 1 AS x"), path, &stats, &f->err));
    char *kept = pond_printf(&f->arena, "%s", scratch);
    pond_session_close(f->session, NULL);
    assert_false(pond_path_exists(kept));
    open_session(f);
}

static void count_release(void *thing) {
    int *n = thing;
    *n = *n * 10 + 1;
}

static void an_input_that_is_no_file_is_copied_to_one(void **state) {
    fixture *f = *state;
    int ends[2];
    pond_spooled file;
    pond_buf got = POND_BUF_EMPTY;
    char *plain = pond_path_join(&f->arena, f->dir, "plain");
    CHECK_OK(f, pond_file_replace(plain, POND_SV("text"), &f->err));
    CHECK_OK(f, pond_spool(f->session, plain, &file, &f->err));
    assert_string_equal(file.path, plain);
    assert_false(file.is_new);
    pond_spool_drop(&file);
    assert_true(pond_path_exists(plain));

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    close(ends[1]);
    char *name = pond_printf(&f->arena, "/dev/fd/%d", ends[0]);
    CHECK_OK(f, pond_spool(f->session, name, &file, &f->err));
    close(ends[0]);
    assert_true(file.is_new);
    assert_true(pond_sv_starts(pond_sv_of(file.path),
                               pond_sv_of(pond_store_tmp_dir(pond_session_store(f->session)))));
    CHECK_OK(f, pond_file_read(file.path, &got, &f->err));
    assert_true(pond_sv_is(pond_buf_view(&got), "piped"));
    const char *path = file.path;
    pond_spool_drop(&file);
    assert_false(pond_path_exists(path));
    assert_int_equal(pond_spool(f->session, "/dev/zero", &file, &f->err), POND_ERR_INVALID);
    assert_int_equal(pond_spool(f->session, "/no/file", &file, &f->err), POND_ERR_NOT_FOUND);
    pond_buf_free(&got);
}

static void count_release_twice(void *thing) {
    int *n = thing;
    *n = *n * 10 + 2;
}

static void what_a_session_owns_is_released_last_first(void **state) {
    fixture *f = *state;
    int order = 0;
    pond_session_own(f->session, &order, count_release);
    pond_session_own(f->session, &order, count_release_twice);
    pond_session_close(f->session, NULL);
    assert_int_equal(order, 21);
    open_session(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_become_versions_with_their_facts),
        TEST(rows_that_do_not_fit_leave_the_pond_as_it_was),
        TEST(bounds_of_older_programs_are_measured_again),
        TEST(bytes_and_parquet_are_stored_as_they_are),
        TEST(a_union_has_the_columns_of_all_its_parts),
        TEST(an_input_that_is_no_file_is_copied_to_one),
        TEST(paths_may_be_allowed_at_any_time),
        TEST(what_a_session_owns_is_released_last_first),
    };
    return cmocka_run_group_tests_name("ingest", tests, NULL, NULL);
}
