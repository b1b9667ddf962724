// The table of factories, environment references in configs, and the schema that pages see.
#include "factory/config.h"
#include "factory/factory.h"
#include "factory/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void test_template_schema(void **state) {
    (void)state;
    static const struct {
        const char *column, *instrument, *name, *unit, *agg;
    } cases[] = {
        {"Vulink.Temperature.C.avg", "Vulink", "Temperature", "C", "avg"},
        {"AT500.Surface.DO.mg/L.max", "AT500.Surface", "DO", "mg/L", "max"},
        {"timestamp.count", "system", "timestamp", "count", "count"},
        {"DO.mgL.avg", "", "DO.mgL.avg", "", ""}, // three parts do not make four
        {"flow", "", "flow", "", ""},
        {"a..b.c", "a", "", "b", "c"},
        {"...", "", "", "", ""},
        {"", "", "", "", ""},
        {"größe.Länge.µm.min", "größe", "Länge", "µm", "min"},
    };
    enum { N = sizeof cases / sizeof *cases };
    pond_arena a;
    pond_arena_init(&a);
    pond_column columns[N + 1] = {{POND_SV("when"), POND_SV("TIMESTAMP")}};
    for (size_t i = 0; i < N; i++)
        columns[i + 1] = (pond_column){pond_sv_of(cases[i].column), POND_SV("DOUBLE")};
    pond_value schema = pond_template_schema(&a, (pond_schema){columns, N + 1}, POND_SV("when"));
    const pond_value *fields = pond_get_lit(schema, "fields");
    assert_non_null(fields);
    assert_int_equal(fields->n, N); // without the time
    for (size_t i = 0; i < N; i++) {
        const struct {
            const char *key, *text;
        } members[] = {{"column", cases[i].column}, {"instrument", cases[i].instrument},
                       {"name", cases[i].name},     {"unit", cases[i].unit},
                       {"agg", cases[i].agg},       {"type", "DOUBLE"}};
        for (size_t k = 0; k < 6; k++) {
            const pond_value *v = pond_get(fields->items[i], pond_sv_of(members[k].key));
            assert_non_null(v);
            if (!pond_sv_is(pond_value_sv(*v), members[k].text))
                fail_msg("'%s': %s is '%.*s', not '%s'", cases[i].column, members[k].key,
                         POND_SV_ARG(pond_value_sv(*v)), members[k].text);
        }
    }
    pond_arena_deinit(&a);
}

static void test_factories_are_sorted(void **state) {
    (void)state;
    for (size_t i = 1; i < pond_factory_count(); i++)
        assert_true(strcmp(pond_factory_at(i - 1)->name, pond_factory_at(i)->name) < 0);
    for (size_t i = 0; i < pond_factory_count(); i++)
        assert_ptr_equal(pond_factory_find(pond_sv_of(pond_factory_at(i)->name)),
                         pond_factory_at(i));
    assert_null(pond_factory_find(POND_SV("templat")));
    assert_null(pond_factory_find(POND_SV("")));
}

static void test_environment(void **state) {
    (void)state;
    static const struct {
        const char *text, *expanded; // NULL: an error
    } cases[] = {
        {"no reference", "no reference"},
        {"${env:POND_TEST_SET}", "value"},
        {"a${env:POND_TEST_SET}b${env:POND_TEST_SET:-x}", "avaluebvalue"},
        {"${env:POND_TEST_UNSET:-}", ""},
        {"${env:POND_TEST_UNSET:-a:-b}", "a:-b"},
        {"$$${env:POND_TEST_SET}", "$value"},
        {"$ $x ${x} ${env:} ${env:open", "$ $x ${x} ${env:} ${env:open"},
        {"$${env:POND_TEST_UNSET}", "${env:POND_TEST_UNSET}"},
        {"${env:POND_TEST_UNSET}", NULL},
    };
    setenv("POND_TEST_SET", "value", 1);
    unsetenv("POND_TEST_UNSET");
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_sv out;
        pond_err err;
        pond_code rc = pond_config_expand_env(&a, pond_sv_of(cases[i].text), NULL, &out, &err);
        assert_int_equal(rc, cases[i].expanded == NULL ? POND_ERR_INVALID : POND_OK);
        if (rc == POND_OK)
            assert_true(pond_sv_is(out, cases[i].expanded));
        else
            assert_string_equal(
                err.msg, "Environment variable 'POND_TEST_UNSET' not set and no default provided");
    }
    pond_arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_template_schema),
        cmocka_unit_test(test_factories_are_sorted),
        cmocka_unit_test(test_environment),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
