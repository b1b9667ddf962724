// From patterns to targets: where each goes, and which ones cannot be exported together.
#include "fixture.h"

static void make_table(export_fixture *f, const char *path) {
    make_node(&f->pond, "sql-derived-table", path, "patterns: {s: /s/a}\nquery: SELECT x FROM s");
}

static void make_series(export_fixture *f, const char *path) {
    append_version(&f->pond, path, POND_SV("SELECT TIMESTAMP '2024-01-01' AS timestamp, 1 AS x"));
}

static void make_file(export_fixture *f, const char *path) {
    pond_version v = {0};
    pond_store *store = pond_session_store(f->pond.session);
    CHECK_OK(&f->pond, pond_object_write(store, POND_SV("x"), &v.object, &f->pond.err));
    v.size_bytes = 1;
    v.rows = -1;
    CHECK_OK(&f->pond, pond_fs_write(pond_session_fs(f->pond.session), pond_sv_of(path),
                                     POND_T_DATA, &v, &f->pond.err));
}

static void make_dir(export_fixture *f, const char *path) {
    CHECK_OK(&f->pond,
             pond_fs_mkdir(pond_session_fs(f->pond.session), pond_sv_of(path), true, &f->pond.err));
}

// A pond with a series, a table and files whose names meet.
static void setup_plan(export_fixture *f) {
    setup_pond(&f->pond);
    begin(&f->pond, POND_TXN_WRITE);
    make_dir(f, "/s");
    make_dir(f, "/t");
    make_dir(f, "/u");
    make_dir(f, "/u/a");
    make_series(f, "/s/a");
    make_series(f, "/t/a");
    make_file(f, "/u/a.parquet");
    make_file(f, "/u/a/x");
    make_file(f, "/t/b");
    end(&f->pond);
}

static void teardown_plan(export_fixture *f) {
    teardown_pond(&f->pond);
}

// The places of all targets, or the error.
static const char *plan(export_fixture *f, int n_periods, bool is_delta,
                        const char *const *patterns) {
    begin_export(f, patterns, n_periods);
    f->options.tables = is_delta ? POND_TABLES_DELTA : POND_TABLES_PARQUET;
    open_run(f);
    pond_err_clear(&f->pond.err);
    pond_code rc = export_plan(&f->run, &f->pond.err);
    const char *text = "";
    for (size_t i = 0; rc == POND_OK && i < f->run.n_stages; i++)
        for (size_t j = 0; j < f->run.stages[i].n_targets; j++)
            text = pond_printf(&f->pond.arena, "%s%s%.*s", text, *text == '\0' ? "" : " ",
                               POND_SV_ARG(f->run.stages[i].targets[j].place));
    if (rc != POND_OK)
        text = pond_printf(&f->pond.arena, "%s", f->pond.err.msg);
    close_run(f);
    end_export(f);
    return text;
}
#define PLAN(f, n_periods, is_delta, ...)                                                          \
    plan(f, n_periods, is_delta, (const char *[]){__VA_ARGS__, NULL})

static void captures_decide_the_place(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_plan(&f);
    assert_string_equal(PLAN(&f, 0, false, "/s/*"), "a.parquet");
    assert_string_equal(PLAN(&f, 1, false, "/s/*"), "a");
    assert_string_equal(PLAN(&f, 0, false, "/*/a", "/u/*.parquet"), "s.parquet t.parquet a");
    assert_string_equal(PLAN(&f, 0, false, "/s/a"), "s/a.parquet");
    assert_string_equal(PLAN(&f, 0, false, "/u/a.parquet"), "u/a");
    assert_string_equal(PLAN(&f, 0, false, "/t/a*"),
                        "'/t/a': all its captures are empty, so it has no file name");
    assert_string_equal(PLAN(&f, 0, true, "/s/*"), "a/data.parquet");
    assert_string_equal(PLAN(&f, 2, true, "/s/*"), "a");
    teardown_plan(&f);
}

static void two_targets_cannot_have_the_same_file(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_plan(&f);
    assert_string_equal(PLAN(&f, 0, false, "/s/*", "/t/*"),
                        "'/s/a' and '/t/a' would both be written to 'a.parquet'");
    assert_string_equal(PLAN(&f, 0, false, "/s/*", "/t/a"), "a.parquet t/a.parquet");
    assert_string_equal(PLAN(&f, 0, false, "/s/*", "/u/*"),
                        "'/s/a' and '/u/a.parquet' would both be written to 'a.parquet'");
    teardown_plan(&f);
}

static void a_file_cannot_be_a_directory_of_another_target(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_plan(&f);
    assert_string_equal(
        PLAN(&f, 0, false, "/u/*.parquet", "/u/*/*"),
        "'/u/a.parquet' would be written to the file 'a', which '/u/a/x' needs as a directory");
    // A directory of partitions may hold other files.
    assert_string_equal(PLAN(&f, 1, false, "/s/*", "/u/*/*"), "a a/x");
    teardown_plan(&f);
}

static void two_targets_cannot_share_a_delta_table(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_plan(&f);
    begin(&f.pond, POND_TXN_WRITE);
    make_dir(&f, "/v");
    make_table(&f, "/v/a");
    end(&f.pond);
    assert_string_equal(PLAN(&f, 1, true, "/s/*", "/v/*"),
                        "'/s/a' and '/v/a' would both be the Delta table 'a'");
    assert_string_equal(PLAN(&f, 1, false, "/s/*", "/v/*"), "a a.parquet");
    teardown_plan(&f);
}

static void periods_are_named_from_the_year_down(void **state) {
    (void)state;
    pond_err err;
    int n = -1;
    assert_int_equal(pond_export_parse_periods(POND_SV("year"), &n, &err), POND_OK);
    assert_int_equal(n, 1);
    assert_int_equal(pond_export_parse_periods(POND_SV(" year, month ,day"), &n, &err), POND_OK);
    assert_int_equal(n, 3);
    assert_int_equal(
        pond_export_parse_periods(POND_SV("year,month,day,hour,minute,second"), &n, &err), POND_OK);
    assert_int_equal(n, 6);
    static const char *const bad[] = {"",          "month",      "year,day",   "year,year",
                                      "year,week", "month,year", "year,month,"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(pond_export_parse_periods(pond_sv_of(bad[i]), &n, &err), POND_ERR_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captures_decide_the_place),
        cmocka_unit_test(two_targets_cannot_have_the_same_file),
        cmocka_unit_test(a_file_cannot_be_a_directory_of_another_target),
        cmocka_unit_test(two_targets_cannot_share_a_delta_table),
        cmocka_unit_test(periods_are_named_from_the_year_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
