// Which units of work a stage has, over series in a real pond.
#include "fixture.h"

#include <unistd.h>

// Hours from 2024-01-01 on.
static void append_hours(export_fixture *f, const char *path, int from, int to) {
    append_version(&f->pond, path,
                   pond_svf(&f->pond.arena,
                            "SELECT TIMESTAMP '2024-01-01' + to_hours(i) AS timestamp, i AS x FROM "
                            "range(%d, %d) t(i) ORDER BY 1",
                            from, to));
}

// A pond with a series of January and February, with a hole of ten days in January.
static void setup_units(export_fixture *f) {
    setup_pond(&f->pond);
    begin(&f->pond, POND_TXN_WRITE);
    append_hours(f, "/a", 0, 10 * 24);
    append_hours(f, "/a", 20 * 24, 40 * 24);
    make_node(
        &f->pond, "sql-derived-series", "/q",
        "patterns: {a: /a}\nquery: SELECT timestamp, lag(x) OVER (ORDER BY timestamp) AS y FROM a");
    end(&f->pond);
}

// Plans the first stage and describes its units: the range of days since 2024-01-01, and "done" or
// "whole".
static const char *units_of(export_fixture *f) {
    const int64_t begin_us = 19723 * POND_US_PER_DAY;
    const char *text = "";
    export_units units = {0};
    CHECK_OK(&f->pond, export_plan(&f->run, &f->pond.err));
    CHECK_OK(&f->pond, export_plan_units(&f->run, 0, &units, &f->pond.err));
    for (size_t i = 0; i < units.n; i++) {
        const export_unit *u = &units.items[i];
        const char *range = u->range.lo_us == INT64_MIN
                                ? "all"
                                : pond_printf(&f->pond.arena, "%d-%d",
                                              (int)((u->range.lo_us - begin_us) / POND_US_PER_DAY),
                                              (int)((u->range.hi_us - begin_us) / POND_US_PER_DAY));
        text = pond_printf(&f->pond.arena, "%s%s%s%s%s", text, i == 0 ? "" : ", ", range,
                           u->is_done ? " done" : "", u->is_whole ? " whole" : "");
        assert_int_equal(u->outputs.n, u->is_done ? 1 : 0);
    }
    return text;
}

static const char *plan(export_fixture *f) {
    open_run(f);
    const char *text = units_of(f);
    close_run(f);
    return text;
}

static void a_series_has_a_unit_for_each_period(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_units(&f);
    begin_export(&f, (const char *[]){"/a", NULL}, 1);
    assert_string_equal(plan(&f), "0-366");
    f.options.n_periods = 2;
    assert_string_equal(plan(&f), "0-31, 31-60");
    f.options.n_periods = 0;
    assert_string_equal(plan(&f), "all");
    // The range of the rows to keep cuts the first and the last unit.
    f.options.n_periods = 2;
    CHECK_OK(&f.pond, pond_time_parse(POND_SV("2024-01-08"), &f.options.range.lo_us, &f.pond.err));
    CHECK_OK(&f.pond, pond_time_parse(POND_SV("2024-02-03"), &f.options.range.hi_us, &f.pond.err));
    assert_string_equal(plan(&f), "7-31, 31-33");
    CHECK_OK(&f.pond, pond_time_parse(POND_SV("2024-01-09"), &f.options.range.hi_us, &f.pond.err));
    assert_string_equal(plan(&f), "7-8");
    CHECK_OK(&f.pond, pond_time_parse(POND_SV("2023-01-01"), &f.options.range.lo_us, &f.pond.err));
    CHECK_OK(&f.pond, pond_time_parse(POND_SV("2023-02-01"), &f.options.range.hi_us, &f.pond.err));
    assert_string_equal(plan(&f), "");
    end_export(&f);
    teardown_pond(&f.pond);
}

static void a_target_that_is_not_sliceable_is_one_unit(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_units(&f);
    begin_export(&f, (const char *[]){"/q", NULL}, 2);
    assert_string_equal(plan(&f), "all whole");
    // And a series with too many periods: 40 days have 3456000 seconds.
    f.patterns[0] = POND_SV("/a");
    f.options.n_periods = 6;
    assert_string_equal(plan(&f), "all whole");
    end_export(&f);
    teardown_pond(&f.pond);
}

static const char *out_file(export_fixture *f, const char *file) {
    return pond_path_join(&f->pond.arena, f->options.dir, file);
}

static size_t count_units(export_fixture *f, const char *path, bool *is_whole) {
    export_units units = {0};
    begin_export(f, (const char *[]){path, NULL}, 5);
    open_run(f);
    CHECK_OK(&f->pond, export_plan(&f->run, &f->pond.err));
    CHECK_OK(&f->pond, export_plan_units(&f->run, 0, &units, &f->pond.err));
    *is_whole = units.items[0].is_whole;
    close_run(f);
    end_export(f);
    return units.n;
}

// Two weeks by the minute, with five rows in each, and with one row at both ends.
static void many_partitions_are_planned_if_they_have_rows(void **state) {
    (void)state;
    enum { MINUTES = 20161 };
    export_fixture f = {0};
    bool is_whole;
    setup_pond(&f.pond);
    begin(&f.pond, POND_TXN_WRITE);
    for (int i = 0; i < 2; i++)
        append_version(&f.pond, i == 0 ? "/full" : "/sparse",
                       pond_svf(&f.pond.arena,
                                "SELECT TIMESTAMP '2024-01-01' + to_seconds(i * 12) AS timestamp, "
                                "i AS x FROM range(0, %d, %d) t(i)",
                                5 * MINUTES, i == 0 ? 1 : 5 * (MINUTES - 1)));
    end(&f.pond);
    assert_int_equal(count_units(&f, "/full", &is_whole), MINUTES);
    assert_false(is_whole);
    assert_int_equal(count_units(&f, "/sparse", &is_whole), 1);
    assert_true(is_whole);
    teardown_pond(&f.pond);
}

static void only_what_changed_is_pending_after_an_export(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_units(&f);
    begin_export(&f, (const char *[]){"/a", NULL}, 2);
    pond_export_result first = run_export(&f);
    assert_int_equal(first.n_written, 2);
    assert_int_equal(first.rows, 30 * 24);
    assert_string_equal(plan(&f), ""); // the target is kept as a whole
    f.options.rebuild = true;
    assert_string_equal(plan(&f), "0-31, 31-60");
    f.options.rebuild = false;
    // A file that was removed is made again, alone.
    assert_int_equal(unlink(out_file(&f, "a/year=2024/month=2/data.parquet")), 0);
    assert_string_equal(plan(&f), "0-31 done, 31-60");
    f.options.program = "another version";
    assert_string_equal(plan(&f), "0-31, 31-60");
    end_export(&f);
    // Rows that come late change their month only.
    begin(&f.pond, POND_TXN_WRITE);
    append_hours(&f, "/a", 5 * 24, 5 * 24 + 1);
    end(&f.pond);
    f.options = (pond_export_options){0};
    begin_export(&f, (const char *[]){"/a", NULL}, 2);
    assert_string_equal(plan(&f), "0-31, 31-60");
    assert_int_equal(run_export(&f).n_written, 2);
    end_export(&f);
    begin(&f.pond, POND_TXN_WRITE);
    append_hours(&f, "/a", 35 * 24, 35 * 24 + 1);
    end(&f.pond);
    f.options = (pond_export_options){0};
    begin_export(&f, (const char *[]){"/a", NULL}, 2);
    assert_string_equal(plan(&f), "0-31 done, 31-60");
    pond_export_result last = run_export(&f);
    assert_int_equal(last.n_files, 2);
    assert_int_equal(last.files[0].state, POND_EXPORT_SAME);
    assert_int_equal(last.files[1].state, POND_EXPORT_CHANGED);
    assert_string_equal(last.files[1].why, "changed: /a");
    end_export(&f);
    teardown_pond(&f.pond);
}

static void times_before_the_epoch_are_rounded_down(void **state) {
    (void)state;
    assert_int_equal(export_ms(1999), 1);
    assert_int_equal(export_ms(0), 0);
    assert_int_equal(export_ms(-1), -1);
    assert_int_equal(export_ms(-1000), -1);
    assert_int_equal(export_ms(-1001), -2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_has_a_unit_for_each_period),
        cmocka_unit_test(a_target_that_is_not_sliceable_is_one_unit),
        cmocka_unit_test(many_partitions_are_planned_if_they_have_rows),
        cmocka_unit_test(only_what_changed_is_pending_after_an_export),
        cmocka_unit_test(times_before_the_epoch_are_rounded_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
