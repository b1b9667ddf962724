// The bounds and counts that footers have for columns.
#include "engine_test.h"

// Three row groups with different values.
static const char ROWS[] =
    "SELECT i - 100000 AS i, i / 4.0 AS d, CASE WHEN i < 122880 THEN NULL ELSE i * 2 END AS late, "
    "CASE WHEN i = 250000 THEN 'nan'::DOUBLE ELSE i END AS nan, NULL::DOUBLE AS none, "
    "printf('%06d', i) AS s, TIMESTAMP '1970-01-01' + to_microseconds(i - 5) AS t, "
    "make_timestamptz(i) AS z, CASE WHEN i = 7 THEN TIMESTAMP 'infinity' ELSE "
    "TIMESTAMP '2024-01-01' END AS forever, DATE '2024-02-28' + (i % 3)::INTEGER AS day, "
    "(i / 8.0)::DECIMAL(12,3) AS m, i % 2 = 0 AS b, 'x'::BLOB AS blob FROM range(300000) r(i)";

static pond_file_stats footer_of(fixture *f, const char *select, const char *name,
                                 pond_schema *schema) {
    char *path = path_in(f, name);
    pond_parquet_stats written;
    pond_file_stats stats = {.path = path};
    assert_ok(f, pond_engine_write_parquet(f->e, pond_sv_of(select), path, &written, &f->err));
    assert_ok(f, pond_engine_parquet_schema(f->e, &f->a, path, schema, &f->err));
    assert_ok(f, pond_engine_parquet_footers(f->e, &f->a, *schema, &stats, 1, &f->err));
    assert_int_equal(stats.rows, written.rows);
    return stats;
}

static void assert_column(pond_schema schema, pond_file_stats stats, const char *name,
                          int64_t nulls, const char *min, const char *max) {
    const pond_column *c = pond_schema_find(schema, pond_sv_of(name));
    assert_non_null(c);
    const pond_column_stats *s = &stats.columns[c - schema.items];
    assert_int_equal(s->nulls, nulls);
    assert_int_equal(s->has_bounds, min != NULL);
    if (min == NULL)
        return;
    assert_string_equal(s->min.p, min);
    assert_string_equal(s->max.p, max);
}

static void test_bounds_are_over_all_row_groups(void **state) {
    fixture *f = *state;
    pond_schema schema;
    pond_file_stats stats = footer_of(f, ROWS, "rows.parquet", &schema);
    assert_int_equal(stats.rows, 300000);
    assert_column(schema, stats, "i", 0, "-100000", "199999");
    assert_column(schema, stats, "d", 0, "0.0", "74999.75");
    assert_column(schema, stats, "late", 122880, "245760", "599998"); // a row group has no values
    assert_column(schema, stats, "nan", 0, NULL, NULL);               // a row group has no bounds
    assert_column(schema, stats, "none", 300000, NULL, NULL);
    assert_column(schema, stats, "s", 0, "000000", "299999");
    assert_column(schema, stats, "t", 0, "-5", "299994");
    assert_column(schema, stats, "z", 0, "0", "299999");
    assert_column(schema, stats, "forever", 0, NULL, NULL);
    assert_column(schema, stats, "day", 0, "2024-02-28", "2024-03-01");
    assert_column(schema, stats, "m", 0, "0.000", "37499.875");
    assert_column(schema, stats, "b", 0, "false", "true");
    assert_column(schema, stats, "blob", 0, NULL, NULL);
}

static void test_several_files_at_once(void **state) {
    fixture *f = *state;
    const char *names[] = {"a.parquet", "[b]*?.parquet", "none.parquet"};
    const char *selects[] = {"SELECT 1 AS i, 'x' AS \"a, b\"", "SELECT 2 AS i, NULL::VARCHAR AS s",
                             "SELECT 3 AS i, 'y' AS s WHERE false"};
    pond_schema schema;
    pond_file_stats stats[3];
    for (int i = 0; i < 3; i++) {
        (void)footer_of(f, selects[i], names[i], &schema);
        stats[i].path = path_in(f, names[i]);
    }
    assert_ok(f, pond_engine_parquet_footers(f->e, &f->a, schema, stats, 3, &f->err));
    assert_column(schema, stats[0], "i", 0, "1", "1");
    assert_column(schema, stats[0], "s", 0, "x", "x"); // by position, whatever its name in the file
    assert_column(schema, stats[1], "i", 0, "2", "2");
    assert_column(schema, stats[1], "s", 1, NULL, NULL);
    assert_int_equal(stats[2].rows, 0);
    assert_column(schema, stats[2], "i", 0, NULL, NULL);
    assert_column(schema, stats[2], "s", 0, NULL, NULL);
}

static void test_a_file_that_is_missing(void **state) {
    fixture *f = *state;
    pond_column column = {POND_SV("i"), POND_SV("INTEGER")};
    pond_schema schema = {&column, 1};
    pond_file_stats stats[1] = {{.path = path_in(f, "missing.parquet")}};
    assert_int_not_equal(pond_engine_parquet_footers(f->e, &f->a, schema, stats, 1, &f->err),
                         POND_OK);
    assert_non_null(strstr(f->err.msg, "missing.parquet"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        T(test_bounds_are_over_all_row_groups),
        T(test_several_files_at_once),
        T(test_a_file_that_is_missing),
    };
    return cmocka_run_group_tests_name("footers", tests, NULL, NULL);
}
