// Checks with random ponds what every relation promises about ranges: slices that cover all times
// have together exactly the rows of the whole; a fingerprint changes if a version with rows in its
// range changes, and only then.
#include "fixture.h"

#include "relation/schema.h"
#include "relation/sql.h"

enum { N_PONDS = 6, N_CUTS = 7 };
static const int64_t HOUR_US = INT64_C(3600000000);

// Numbers that are the same in every run.
typedef struct dice {
    uint64_t state;
} dice;

static int64_t roll(dice *d, int64_t lo, int64_t hi) { // both included
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return lo + (int64_t)(d->state % (uint64_t)(hi - lo + 1));
}

// Random series -----------------------------------------------------------------------------------

// An instant from five days before the epoch to five after it: mostly whole hours, so that ties,
// bucket edges and cuts meet.
static int64_t random_time(dice *d) {
    int64_t t = roll(d, -120, 120) * HOUR_US;
    return roll(d, 0, 3) > 0 ? t : t + roll(d, -2000000, 2000000);
}

// The rows of one version: some columns are missing in some, x is an integer or a double.
static pond_sv random_rows(pond_arena *a, dice *d, bool has_zone) {
    static const char *const plain[] = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"};
    const char *type = has_zone ? "TIMESTAMP WITH TIME ZONE" : plain[roll(d, 0, 3)];
    bool has_y = roll(d, 0, 2) > 0, is_double = roll(d, 0, 1) == 1;
    int64_t n = roll(d, 0, 9) == 0 ? 0 : roll(d, 1, 40);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "SELECT CAST(%s AS %s) AS timestamp, CAST(x AS %s) AS x%s FROM (VALUES",
                    has_zone ? "make_timestamptz(t)" : "make_timestamp(t)", type,
                    is_double ? "DOUBLE" : "BIGINT", has_y ? ", y" : "");
    for (int64_t i = 0; i < n; i++)
        pond_buf_printf(
            &sql, "%s (CAST(%" PRId64 " AS BIGINT), %s, %s)", i == 0 ? "" : ",", random_time(d),
            roll(d, 0, 5) == 0
                ? "NULL"
                : pond_printf(a, "%" PRId64 ".%s", roll(d, -9, 9), is_double ? "25" : "0"),
            roll(d, 0, 4) == 0 ? "NULL" : pond_printf(a, "'%" PRId64 "'", roll(d, 0, 3)));
    pond_buf_str(&sql,
                 n == 0 ? " (CAST(0 AS BIGINT), 0.0, '')) v(t, x, y) WHERE false" : ") v(t, x, y)");
    if (roll(d, 0, 1) == 0)
        pond_buf_str(&sql, " ORDER BY t");
    pond_sv rows = pond_sv_dup(a, pond_buf_view(&sql));
    pond_buf_free(&sql);
    return rows;
}

static const char *const nodes[] = {
    "/in/a.series",
    "/in/b.series",
    "/united",
    "/query",
    "/stepped",
    "/reduced/all/res=1h.series",
    "/again/all/res=21h.series",
    "/reduced/all/res=7h.series",
    "/reduced/all/res=21h.series",
    "/joined",
    "/pivot",
    "/of-joined/all/res=7h.series",
    "/cut",
    "/waves",
};
enum { N_NODES = sizeof nodes / sizeof *nodes };

// Joins and pivots of the two series and of computed times, with transforms and ranges.
static void make_joins(fixture *f) {
    make_node(f, "synthetic-timeseries", "/waves",
              "start: 1969-12-28T00:00:00Z\nend: 1970-01-03T00:30:00Z\ninterval: 90m\n"
              "points: [{name: w, components: [{type: sine, amplitude: 2, period: 7h}]}]\n");
    make_node(f, "column-rename", "/rename",
              "rules:\n- {type: direct, from: x, to: value, cast: float64}\n"
              "- {type: pattern, pattern: '^(.)$', replacement: 'col.$1'}\n");
    make_node(f, "timeseries-join", "/joined",
              "inputs:\n"
              "- {pattern: /in/a.series, scope: A}\n"
              "- {pattern: /in/b.series, scope: B, transforms: [/rename]}\n"
              "- {pattern: /in/*.series, scope: B}\n"
              "- {pattern: /waves}\n");
    make_node(f, "timeseries-pivot", "/pivot",
              "pattern: /in/*.series\ncolumns: [col.y, value, none]\ntransforms: [/rename]\n");
    make_node(f, "timeseries-join", "/cut",
              "inputs:\n"
              "- {pattern: /in/a.series, scope: S, range: {end: 1969-12-31T23:59:59Z}}\n"
              "- {pattern: /in/b.series, scope: S, range: {begin: 1970-01-01, end: 1970-01-03}}\n"
              "- {pattern: /waves, scope: S, range: {begin: 1970-01-02T03:30:00Z}}\n");
    make_node(f, "temporal-reduce", "/of-joined",

              "in_pattern: /joined\nout_pattern: all\ntime_column: timestamp\n"
              "resolutions: [7h]\naggregations: [{type: avg}, {type: min}, {type: count}]\n");
}

static void make_random_pond(fixture *f, dice *d) {
    setup_pond(f);
    begin(f, POND_TXN_WRITE);
    CHECK_OK(f, pond_fs_mkdir(pond_session_fs(f->session), POND_SV("/in"), false, &f->err));
    bool has_zone = roll(d, 0, 2) == 0;
    for (int64_t i = roll(d, 1, 6); i > 0; i--)
        append_version(f, "/in/a.series", random_rows(&f->arena, d, has_zone));
    for (int64_t i = roll(d, 1, 3); i > 0; i--)
        append_version(f, "/in/b.series", random_rows(&f->arena, d, has_zone));
    make_node(f, "sql-derived-series", "/united",
              "patterns: {s: /in/*.series}\ntime_sliceable: true\n");
    make_node(f, "sql-derived-series", "/query",
              "patterns: {a: /in/a.series, b: /in/b.series}\ntime_sliceable: true\n"
              "query: SELECT a.timestamp, a.x, b.x AS other FROM a JOIN b USING (timestamp)\n");
    // Not sliceable: each row depends on the one before.
    make_node(f, "sql-derived-series", "/stepped",
              "patterns: {a: /in/a.series}\n"
              "query: SELECT timestamp, x, count(*) OVER (ORDER BY timestamp) AS n FROM a\n");
    static const char *const aggregations =
        "aggregations: [{type: avg}, {type: sum}, {type: min}, {type: max}, {type: count}, "
        "{type: count, columns: [x]}]\n";
    make_node(f, "temporal-reduce", "/reduced",
              pond_printf(&f->arena,
                          "in_pattern: /in/*.series\nout_pattern: all\ntime_column: timestamp\n"
                          "resolutions: [1h, 7h, 21h]\n%s",
                          aggregations));
    make_node(f, "temporal-reduce", "/again",
              pond_printf(&f->arena,
                          "in_pattern: /reduced/all/res=7h.series\nout_pattern: all\n"
                          "time_column: timestamp\nresolutions: [21h]\n%s",
                          aggregations));
    make_joins(f);
    end(f);
}

// Slices ------------------------------------------------------------------------------------------

static int compare_ints(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The first or the last instant of some version: cuts are most likely to be wrong there.
static int64_t random_edge(fixture *f, dice *d) {
    const pond_node *node;
    pond_version_vec versions = {0};
    CHECK_OK(f, pond_fs_resolve(pond_session_fs(f->session), pond_sv_of(nodes[roll(d, 0, 1)]), true,
                                &node, &f->err));
    CHECK_OK(f, pond_store_versions(pond_session_txn(f->session), &f->arena, node->id, &versions,
                                    &f->err));
    const pond_version *v = &versions.items[roll(d, 0, (int64_t)versions.n - 1)];
    return v->rows == 0 ? random_time(d) : roll(d, 0, 1) == 0 ? v->t_min_us : v->t_max_us;
}

static void random_cuts(fixture *f, dice *d, int64_t cuts[N_CUTS]) {
    for (int i = 0; i < N_CUTS; i++)
        cuts[i] = roll(d, 0, 1) == 0 ? random_time(d) : random_edge(f, d);
    qsort(cuts, N_CUTS, sizeof *cuts, compare_ints);
}

static pond_range between(const int64_t cuts[N_CUTS], int i) { // 0 … N_CUTS
    return (pond_range){i == 0 ? INT64_MIN : cuts[i - 1], i == N_CUTS ? INT64_MAX : cuts[i], false};
}

// Table `name` with the rows of the range.
static void create_slice(fixture *f, const char *name, pond_relation *r, pond_range range) {
    pond_buf sql = POND_BUF_EMPTY;
    CHECK_OK(f, pond_relation_sql(f->session, r, range, &sql, &f->err));
    exec(f, "CREATE OR REPLACE TABLE %s AS %s", name, sql.p);
    pond_buf_free(&sql);
}

// How many rows of one table the other lacks; equal rows count separately.
static int64_t n_different(fixture *f, const char *a, const char *b) {
    return number(f,
                  "SELECT count(*) FROM ((FROM %s EXCEPT ALL FROM %s) UNION ALL "
                  "(FROM %s EXCEPT ALL FROM %s))",
                  a, b, b, a);
}

static int64_t n_outside(fixture *f, const char *table, pond_range range) {
    return number(f,
                  "SELECT count(*) FROM %s WHERE NOT (epoch_us(timestamp) >= %" PRId64
                  " AND epoch_us(timestamp) < %" PRId64 ")",
                  table, range.lo_us, range.hi_us);
}

static void check_slices(fixture *f, dice *d, const char *path) {
    int64_t cuts[N_CUTS];
    pond_relation *r = relation_at(f, path);
    random_cuts(f, d, cuts);
    create_slice(f, "whole", r, POND_RANGE_ALL);
    exec(f, "CREATE OR REPLACE TABLE slices AS FROM whole WHERE false");
    for (int i = 0; i <= N_CUTS; i++) {
        create_slice(f, "slice", r, between(cuts, i));
        if (n_outside(f, "slice", between(cuts, i)) != 0)
            fail_msg("%s: rows of a slice lie outside of its range", path);
        exec(f, "INSERT INTO slices FROM slice");
    }
    if (n_different(f, "whole", "slices") != 0)
        fail_msg("%s: its slices are not the whole", path);
}

static void test_slices_are_the_whole(void **state) {
    (void)state;
    int64_t n_rows = 0;
    for (uint64_t seed = 1; seed <= N_PONDS; seed++) {
        fixture f;
        dice d = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        make_random_pond(&f, &d);
        begin(&f, POND_TXN_READ);
        for (int i = 0; i < N_NODES; i++) {
            check_slices(&f, &d, nodes[i]);
            n_rows += number(&f, "SELECT count(*) FROM whole");
        }
        end(&f);
        teardown_pond(&f);
    }
    assert_true(n_rows > 500); // random, but not nothing
}

// The rows of a sliceable chain lie within its bounds.
static void test_bounds_hold_all_rows(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= N_PONDS; seed++) {
        fixture f;
        dice d = {seed * UINT64_C(0xd1342543de82ef95)};
        make_random_pond(&f, &d);
        begin(&f, POND_TXN_READ);
        for (int i = 0; i < N_NODES; i++) {
            pond_range bounds;
            pond_relation *r = relation_at(&f, nodes[i]);
            CHECK_OK(&f, pond_relation_bounds(f.session, r, &bounds, &f.err));
            create_slice(&f, "whole", r, POND_RANGE_ALL);
            assert_int_equal(n_outside(&f, "whole", bounds), 0);
        }
        end(&f);
        teardown_pond(&f);
    }
}

// Reading in order --------------------------------------------------------------------------------

// The order is total: sorting by every column changes nothing, and it is the same twice.
static void test_ordered_is_ordered(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= N_PONDS; seed++) {
        fixture f;
        dice d = {seed * UINT64_C(0xa0761d6478bd642f)};
        int64_t cuts[N_CUTS];
        make_random_pond(&f, &d);
        begin(&f, POND_TXN_READ);
        for (int i = 0; i < N_NODES; i++) {
            pond_relation *r = relation_at(&f, nodes[i]);
            random_cuts(&f, &d, cuts);
            for (int k = 0; k <= N_CUTS; k += 3) {
                pond_buf sql = POND_BUF_EMPTY, order = POND_BUF_EMPTY;
                CHECK_OK(&f,
                         pond_relation_sql_ordered(f.session, r, between(cuts, k), &sql, &f.err));
                pond_sql_order(&order, r);
                // Equal rows may change places, but the text of the result stays the same.
                assert_int_equal(
                    number(&f,
                           "WITH o AS MATERIALIZED (SELECT row_number() OVER () AS i, t FROM "
                           "(SELECT CAST(s AS VARCHAR) AS t FROM (%s) s)), "
                           "p AS MATERIALIZED (SELECT row_number() OVER () AS i, t FROM "
                           "(SELECT CAST(s AS VARCHAR) AS t FROM (SELECT * FROM (%s)%s) s)) "
                           "SELECT count(*) FROM o JOIN p USING (i) WHERE o.t <> p.t",
                           sql.p, sql.p, order.p),
                    0);
                pond_buf_free(&sql);
                pond_buf_free(&order);
            }
        }
        end(&f);
        teardown_pond(&f);
    }
}

// What several slices share -----------------------------------------------------------------------

static void check_from_shared(fixture *f, pond_relation *r, pond_range range, const char *path) {
    pond_buf sql = POND_BUF_EMPTY;
    CHECK_OK(f, pond_relation_from_table(f->session, r, range, POND_SV("shared"), &sql, &f->err));
    exec(f, "CREATE OR REPLACE TABLE taken AS %s", sql.p);
    pond_buf_free(&sql);
    create_slice(f, "slice", r, range);
    if (n_different(f, "slice", "taken") != 0)
        fail_msg("%s: a slice from what is shared is another one", path);
}

static void test_shared_work_gives_the_same_slices(void **state) {
    (void)state;
    int n_shared = 0;
    for (uint64_t seed = 1; seed <= N_PONDS; seed++) {
        fixture f;
        dice d = {seed * UINT64_C(0xe7037ed1a0b428db)};
        int64_t cuts[N_CUTS];
        make_random_pond(&f, &d);
        begin(&f, POND_TXN_READ);
        for (int i = 0; i < N_NODES; i++) {
            pond_relation *r = relation_at(&f, nodes[i]);
            if (r->table_key == NULL)
                continue;
            random_cuts(&f, &d, cuts);
            pond_range range = {cuts[1], cuts[N_CUTS - 2], false};
            pond_buf sql = POND_BUF_EMPTY;
            CHECK_OK(&f, r->ops->table_sql(f.session, r, range, &sql, &f.err));
            exec(&f, "CREATE OR REPLACE TABLE shared AS %s", sql.p);
            pond_buf_free(&sql);
            check_from_shared(&f, r, range, nodes[i]);
            for (int k = 2; r->is_table_of_rows && k < N_CUTS - 2; k++)
                check_from_shared(&f, r, between(cuts, k), nodes[i]);
            for (int k = 0; k < N_NODES; k++)
                if (relation_at(&f, nodes[k])->table_key == r->table_key)
                    check_from_shared(&f, relation_at(&f, nodes[k]), range, nodes[k]);
            n_shared++;
        }
        end(&f);
        teardown_pond(&f);
    }
    assert_true(n_shared >= N_PONDS);
}

// Fingerprints ------------------------------------------------------------------------------------

static void take_fingerprints(fixture *f, const int64_t cuts[N_CUTS],
                              pond_sha256 out[N_NODES][N_CUTS + 1]) {
    begin(f, POND_TXN_READ);
    for (int i = 0; i < N_NODES; i++)
        for (int k = 0; k <= N_CUTS; k++)
            CHECK_OK(f, pond_relation_fingerprint(f->session, relation_at(f, nodes[i]),
                                                  between(cuts, k), &out[i][k], &f->err));
    end(f);
}

static bool is_same(const pond_sha256 *a, const pond_sha256 *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

// The source rows that the node at `path` needs for a range. A reduction needs all buckets that
// begin in it.
static pond_range needed(const char *path, pond_range r) {
    const char *res = strstr(path, "res=");
    int64_t width = res == NULL ? 1 : strtoll(res + 4, NULL, 10) * HOUR_US;
    if (r.lo_us != INT64_MIN)
        r.lo_us += ((-r.lo_us) % width + width) % width;
    if (r.hi_us != INT64_MAX)
        r.hi_us += ((-r.hi_us) % width + width) % width;
    return r;
}

static bool depends_on_a(const char *path) {
    return strcmp(path, "/in/b.series") != 0 && strcmp(path, "/waves") != 0;
}

static void test_fingerprints_change_with_the_versions_that_they_cover(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= N_PONDS; seed++) {
        fixture f;
        dice d = {seed * UINT64_C(0x8ebc6af09c88c6e3)};
        int64_t cuts[N_CUTS], t = 0;
        static pond_sha256 before[N_NODES][N_CUTS + 1], after[N_NODES][N_CUTS + 1];
        make_random_pond(&f, &d);
        begin(&f, POND_TXN_READ);
        random_cuts(&f, &d, cuts);
        end(&f);
        // The first version decides the types, so that the second one changes only the content.
        for (int version = 0; version < 2; version++) {
            take_fingerprints(&f, cuts, before);
            take_fingerprints(&f, cuts, after);
            assert_memory_equal(before, after, sizeof before); // repeatable
            t = random_time(&d);
            begin(&f, POND_TXN_WRITE);
            pond_relation *a = relation_at(&f, "/in/a.series");
            pond_schema schema;
            CHECK_OK(&f, pond_relation_schema(f.session, a, &schema, &f.err));
            bool has_zone = pond_sv_is(pond_schema_find(schema, POND_SV("timestamp"))->type,
                                       "TIMESTAMP WITH TIME ZONE");
            append_version(
                &f, "/in/a.series",
                pond_svf(&f.arena,
                         "SELECT CAST(%s AS %s) AS timestamp, 0.5 :: DOUBLE AS x, 'y' "
                         "AS y",
                         has_zone ? pond_printf(&f.arena, "make_timestamptz(%lld)", (long long)t)
                                  : pond_printf(&f.arena, "make_timestamp(%" PRId64 ")", t),
                         has_zone ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP_NS"));
            end(&f);
        }
        take_fingerprints(&f, cuts, after);
        for (int i = 0; i < N_NODES; i++) {
            begin(&f, POND_TXN_READ);
            bool is_sliceable;
            CHECK_OK(&f, pond_relation_is_sliceable(f.session, relation_at(&f, nodes[i]),
                                                    &is_sliceable, &f.err));
            end(&f);
            for (int k = 0; k <= N_CUTS; k++) {
                pond_range range = needed(nodes[i], between(cuts, k));
                bool is_changed = depends_on_a(nodes[i]) &&
                                  (strcmp(nodes[i], "/cut") != 0 || t < 0) &&
                                  (!is_sliceable || (t >= range.lo_us && t < range.hi_us));
                if (is_same(&before[i][k], &after[i][k]) == is_changed)
                    fail_msg("%s, slice %d: %s", nodes[i], k,
                             is_changed ? "does not see a version in it" : "sees one beside it");
            }
        }
        teardown_pond(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices_are_the_whole),
        cmocka_unit_test(test_bounds_hold_all_rows),
        cmocka_unit_test(test_ordered_is_ordered),
        cmocka_unit_test(test_shared_work_gives_the_same_slices),
        cmocka_unit_test(test_fingerprints_change_with_the_versions_that_they_cover),
    };
    return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
