// Reductions of random series, by random clocks, offsets and widths, compared with a slow and
// obvious computation: the buckets one by one, and the rows of each by a join.
#include "fixture.h"

#include "base/time.h"
#include "value/buckets.h"

enum { N_PONDS = 5, N_CUTS = 5 };
static const int64_t HOUR_US = INT64_C(3600000000);
static const int64_t FROM_US = INT64_C(1698364800000000); // 2023-10-27
static const int64_t DAYS = 400;

static int64_t roll(uint64_t *d, int64_t lo, int64_t hi) { // both included
    *d ^= *d << 13;
    *d ^= *d >> 7;
    *d ^= *d << 17;
    return lo + (int64_t)(*d % (uint64_t)(hi - lo + 1));
}

// Where clocks are changed, and anywhere; with ties.
static int64_t random_time(uint64_t *d) {
    static const char *const changes[] = {"2023-10-29T01:00:00Z", "2023-11-05T06:00:00Z",
                                          "2024-03-10T07:00:00Z", "2024-03-31T01:00:00Z",
                                          "2024-04-06T15:00:00Z", "2024-10-27T01:00:00Z"};
    int64_t t_us;
    if (roll(d, 0, 1) == 0)
        return FROM_US + roll(d, 0, DAYS * 48) * HOUR_US / 2;
    const char *change = changes[roll(d, 0, 5)];
    assert_int_equal(pond_time_parse(pond_sv_of(change), &t_us, NULL), POND_OK);
    return t_us + roll(d, -96, 96) * HOUR_US / 4 + roll(d, 0, 1);
}

static pond_sv random_rows(pond_arena *a, uint64_t *d) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT make_timestamp(t) AS timestamp, x, n FROM (VALUES");
    for (int i = 0; i < 300; i++) {
        bool is_null = roll(d, 0, 6) == 0;
        const char *x = roll(d, 0, 9) == 0
                            ? "'NaN'::DOUBLE"
                            : pond_printf(a, "%d::DOUBLE / 8", (int)roll(d, -99, 99));
        pond_buf_printf(&sql, "%s (CAST(%" PRId64 " AS BIGINT), %s, 'n%d')", i == 0 ? "" : ",",
                        random_time(d), is_null ? "NULL" : x, (int)roll(d, 0, 9));
    }
    pond_buf_str(&sql, ") v(t, x, n)");
    pond_sv rows = pond_sv_dup(a, pond_buf_view(&sql));
    pond_buf_free(&sql);
    return rows;
}

// What a pond's reductions are made with.
typedef struct shape {
    const char *zone; // "": none
    const char *const *widths;
    int64_t offset_us;
} shape;

static shape random_shape(uint64_t *d) {
    static const char *const zones[] = {"", "Europe/Berlin", "America/New_York", "Asia/Kolkata",
                                        "Australia/Lord_Howe"};
    static const char *const widths[][3] = {
        {"1h", "6h", "1d"},  {"30m", "1d", "1mo"}, {"12h", "1w", "2w"},
        {"1d", "1mo", "1y"}, {"8h", "1mo", "3mo"}, {"1mo", "6mo", "1y"},
    };
    return (shape){zones[roll(d, 0, 4)], widths[roll(d, 0, 5)], roll(d, 0, 2) * 5 * HOUR_US / 2};
}

static const char *config_of(fixture *f, const shape *s, const char *functions) {
    return pond_printf(
        &f->arena,
        "in_pattern: /s.series\nout_pattern: all\ntime_column: timestamp\nresolutions: [%s, %s, "
        "%s]\n%s%s\n%s\naggregations:\n  - {type: count}\n  - {type: first, columns: [x, n]}\n"
        "  - {type: last, columns: [x, n]}\n  - {type: sum}\n%s",
        s->widths[0], s->widths[1], s->widths[2], *s->zone != '\0' ? "timezone: " : "", s->zone,
        s->offset_us > 0 ? pond_printf(&f->arena, "offset: %dm",
                                       (int)(s->offset_us / HOUR_US * 60) +
                                           (s->offset_us % HOUR_US != 0 ? 30 : 0))
                         : "",
        functions);
}

static void make_random_pond(fixture *f, uint64_t *d, const shape *s) {
    setup_pond(f);
    begin(f, POND_TXN_WRITE);
    append_version(f, "/s.series", random_rows(&f->arena, d));
    append_version(f, "/s.series", random_rows(&f->arena, d));
    make_node(f, "temporal-reduce", "/merged", config_of(f, s, ""));
    make_node(f, "temporal-reduce", "/rows",
              config_of(f, s,
                        "  - {type: median}\n  - {type: p90}\n  - {type: stddev}\n"
                        "  - {type: twa}\n"));
    end(f);
}

// Table `slow`: the reduction by loops and joins, with the columns of /rows.
static void compute_slowly(fixture *f, const shape *s, const char *width) {
    pond_buckets b = {.offset_us = s->offset_us};
    CHECK_OK(f, pond_buckets_parse(pond_sv_of(width), &b, &f->err));
    b.clock = *s->zone == '\0' ? NULL : pond_zone_clock_new(&f->arena, pond_sv_of(s->zone));
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "CREATE OR REPLACE TABLE buckets AS SELECT make_timestamp(lo) AS lo, "
                       "make_timestamp(hi) AS hi FROM (VALUES");
    int64_t lo = pond_bucket_start(&b, FROM_US - 40 * POND_US_PER_DAY);
    for (int i = 0; lo < FROM_US + (DAYS + 40) * POND_US_PER_DAY; i++) {
        int64_t hi = pond_bucket_next(&b, lo);
        pond_buf_printf(&sql, "%s (%" PRId64 ", %" PRId64 ")", i == 0 ? "" : ",", lo, hi);
        lo = hi;
    }
    pond_buf_str(&sql, ") v(lo, hi)");
    CHECK_OK(f, pond_engine_exec(engine_of(f), pond_buf_view(&sql), &f->err));
    pond_buf_free(&sql);
    exec(f, "CREATE OR REPLACE TABLE sorted AS SELECT lo, hi, timestamp AS t, "
            "CASE WHEN isnan(x) THEN NULL ELSE x END AS x, n "
            "FROM rows JOIN buckets ON timestamp >= lo AND timestamp < hi");
    // Lists of the values, sorted by value and by time, and of the times.
    exec(f, "CREATE OR REPLACE TABLE lists AS SELECT lo, any_value(hi) AS hi, count(*) AS c, "
            "list(x ORDER BY x) FILTER (WHERE x IS NOT NULL) AS xs, "
            "list(x ORDER BY t, x) FILTER (WHERE x IS NOT NULL) AS by_time, "
            "list(t ORDER BY t, x) FILTER (WHERE x IS NOT NULL) AS times, "
            "list(n ORDER BY t, n) AS ns FROM sorted GROUP BY lo");
    exec(
        f,
        "CREATE OR REPLACE TABLE slow AS SELECT lo AS timestamp, c AS \"timestamp.count\", "
        "by_time[1] AS \"x.first\", ns[1] AS \"n.first\", by_time[len(by_time)] AS \"x.last\", "
        "ns[len(ns)] AS \"n.last\", list_sum(xs) AS \"x.sum\", "
        "(xs[(len(xs) + 1) // 2] + xs[(len(xs) + 2) // 2]) / 2 AS \"x.median\", "
        "xs[CAST(floor(0.9 * (len(xs) - 1)) AS BIGINT) + 1] + (0.9 * (len(xs) - 1) - floor(0.9 * "
        "(len(xs) - 1))) * (xs[CAST(ceil(0.9 * (len(xs) - 1)) AS BIGINT) + 1] - xs[CAST(floor(0.9 "
        "* (len(xs) - 1)) AS BIGINT) + 1]) AS \"x.p90\", "
        "CASE WHEN len(xs) > 1 THEN sqrt(list_sum(list_transform(xs, lambda v: (v - list_sum(xs) / "
        "len(xs)) * (v - list_sum(xs) / len(xs)))) / (len(xs) - 1)) END AS \"x.stddev\", "
        "list_sum(list_transform(range(1, len(xs) + 1), lambda i: by_time[i] * "
        "(epoch_us(coalesce(times[i + 1], hi)) - epoch_us(times[i])))) / (epoch_us(hi) - "
        "epoch_us(times[1])) AS \"x.twa\" FROM lists");
}

// Rows of `fast` that differ from those of `slow` in the first columns, or by more than rounding in
// the computed ones.
static int64_t n_different(fixture *f, bool is_from_rows) {
    static const char *const exact[] = {"timestamp.count", "x.first", "n.first",
                                        "x.last",          "n.last",  "x.sum"};
    static const char *const rounded[] = {"x.median", "x.p90", "x.stddev", "x.twa"};
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT count(*) FROM fast FULL JOIN slow USING (timestamp) WHERE false");
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        pond_buf_printf(&sql, " OR fast.\"%s\" IS DISTINCT FROM slow.\"%s\"", exact[i], exact[i]);
    for (size_t i = 0; i < sizeof rounded / sizeof *rounded && is_from_rows; i++)
        pond_buf_printf(&sql,
                        " OR (fast.\"%s\" IS NULL) <> (slow.\"%s\" IS NULL) OR abs(fast.\"%s\" - "
                        "slow.\"%s\") > 1e-9",
                        rounded[i], rounded[i], rounded[i], rounded[i]);
    int64_t n = number(f, "%s", sql.p);
    pond_buf_free(&sql);
    return n;
}

static void create(fixture *f, const char *name, pond_relation *r, pond_range range) {
    pond_buf sql = POND_BUF_EMPTY;
    CHECK_OK(f, pond_relation_sql(f->session, r, range, &sql, &f->err));
    exec(f, "CREATE OR REPLACE TABLE %s AS %s", name, sql.p);
    pond_buf_free(&sql);
}

static int64_t n_not_equal(fixture *f, const char *a, const char *b) {
    return number(f,
                  "SELECT count(*) FROM ((FROM %s EXCEPT ALL FROM %s) UNION ALL "
                  "(FROM %s EXCEPT ALL FROM %s))",
                  a, b, b, a);
}

// Slices that cover all times, each alone and from one table, have the rows of `fast` to the bit.
static void check_slices(fixture *f, pond_relation *r, uint64_t *d, const char *path) {
    int64_t cuts[N_CUTS + 2] = {INT64_MIN};
    for (int i = 1; i <= N_CUTS; i++)
        cuts[i] = i == 1 ? random_time(d) : cuts[i - 1] + roll(d, 0, 100 * 24) * HOUR_US;
    cuts[N_CUTS + 1] = INT64_MAX;
    pond_buf sql = POND_BUF_EMPTY;
    CHECK_OK(f, pond_relation_table_sql(f->session, r, (pond_range){cuts[1], cuts[N_CUTS], 0}, &sql,
                                        &f->err));
    exec(f, "CREATE OR REPLACE TABLE shared AS %s", sql.p);
    exec(f, "CREATE OR REPLACE TABLE slices AS FROM fast WHERE false");
    for (int i = 0; i <= N_CUTS; i++) {
        pond_range range = {cuts[i], cuts[i + 1], 0};
        create(f, "slice", r, range);
        exec(f, "INSERT INTO slices FROM slice");
        if (i == 0 || i == N_CUTS)
            continue;
        pond_buf_clear(&sql);
        CHECK_OK(f,
                 pond_relation_from_table(f->session, r, range, POND_SV("shared"), &sql, &f->err));
        exec(f, "CREATE OR REPLACE TABLE taken AS %s", sql.p);
        if (n_not_equal(f, "slice", "taken") != 0)
            fail_msg("%s: a slice from the table is another one", path);
    }
    if (n_not_equal(f, "fast", "slices") != 0)
        fail_msg("%s: its slices are not the whole", path);
    pond_buf_free(&sql);
}

static void test_reductions_are_what_they_say(void **state) {
    (void)state;
    int64_t n_rows = 0;
    for (uint64_t seed = 1; seed <= N_PONDS; seed++) {
        fixture f;
        uint64_t d = seed * UINT64_C(0x9e3779b97f4a7c15);
        shape s = random_shape(&d);
        make_random_pond(&f, &d, &s);
        begin(&f, POND_TXN_READ);
        create(&f, "rows", relation_at(&f, "/s.series"), POND_RANGE_ALL);
        for (int i = 0; i < 6; i++) {
            const char *width = s.widths[i / 2];
            const char *path = pond_printf(&f.arena, "/%s/all/res=%s.series",
                                           i % 2 == 0 ? "merged" : "rows", width);
            pond_relation *r = relation_at(&f, path);
            create(&f, "fast", r, POND_RANGE_ALL);
            compute_slowly(&f, &s, width);
            if (n_different(&f, i % 2 == 1) != 0)
                fail_msg("%s in '%s' with an offset of %d hours differs", path, s.zone,
                         (int)(s.offset_us / HOUR_US));
            assert_int_equal(
                number(&f, "SELECT CAST(sum(\"timestamp.count\") AS BIGINT) FROM fast"), 600);
            n_rows += number(&f, "SELECT count(*) FROM fast");
            check_slices(&f, r, &d, path);
        }
        end(&f);
        teardown_pond(&f);
    }
    assert_true(n_rows > 500); // random, but not nothing
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reductions_are_what_they_say),
    };
    return cmocka_run_group_tests_name("factory/reduce", tests, NULL, NULL);
}
