// A program that cannot load the library: each engine that it opens fails with the same reason.
#include "engine_test.h"

static void test_a_wrong_path_is_reported_each_time(void **state) {
    (void)state;
    static const char *const asked[] = {"/nowhere/libduckdb.so", "/elsewhere"};
    pond_engine_options o = {0};
    for (size_t i = 0; i < 2; i++) {
        setenv("POND_LIBDUCKDB", asked[i], 1);
        pond_engine *e;
        pond_err err;
        assert_int_equal(pond_engine_open(&o, &e, &err), POND_ERR_NOT_FOUND);
        assert_null(e);
        assert_string_equal(err.msg, "cannot load the query engine, libduckdb.so");
        assert_string_equal(err.detail,
                            "  /nowhere/libduckdb.so: No such file or directory\n"
                            "run 'make' in the source tree to fetch it, or set POND_LIBDUCKDB to "
                            "the path of the file\n");
        assert_int_equal(pond_engine_open(&o, &e, NULL), POND_ERR_NOT_FOUND);
    }
    assert_string_equal(pond_engine_version(), "v1.5.6"); // does not need the library
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_wrong_path_is_reported_each_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
