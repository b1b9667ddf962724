// The extras of a pond's templates: their limits and what lint knows about them. Their results are
// tested with `pond render` in tests/cli/template-extras.test.
#include "factory/template_extras.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static pond_err err;

static pond_tera *load(const char *source) {
    pond_tera_options options = {.limits = {.max_memory_bytes = 100000}};
    pond_tera *t = pond_tera_new(&options);
    pond_template_add_extras(t);
    if (pond_tera_add(t, POND_SV("t"), pond_sv_of(source), &err) != POND_OK ||
        pond_tera_check(t, &err) != POND_OK)
        fail_msg("%s\n%s", err.msg, err.detail);
    return t;
}

static void assert_limit(const char *source, const char *message) {
    pond_tera *t = load(source);
    pond_buf out = POND_BUF_EMPTY;
    pond_code code = pond_tera_render(t, POND_SV("t"), pond_object(NULL, 0), NULL, &out, &err);
    assert_int_equal(code, POND_ERR_LIMIT);
    assert_non_null(strstr(err.msg, message));
    pond_buf_free(&out);
    pond_tera_free(t);
}

static void results_stay_within_the_memory_of_a_render(void **state) {
    (void)state;
    assert_limit("{% set a = ['0123456789'] %}{% for i in range(end=30) %}"
                 "{% set_global a = [a, a] %}{% endfor %}{{ a | to_json }}",
                 "filter 'to_json': the value is too large or too deeply nested");
    assert_limit("{{ group(by='k', in=range(end=3000)) }}",
                 "function 'group': the result exceeds the limit of 100000 bytes");
}

static void count(void *user, const pond_loc *where, const char *message, const char *line) {
    (void)where, (void)message, (void)line;
    ++*(int *)user;
}

static void lint_knows_the_arguments(void **state) {
    (void)state;
    int n = 0;
    pond_tera *t = load("{{ group(by='k', in=l) }}{{ timeformat(value=0, format='%F') }}"
                        "{{ 0 | timeformat(timezone='UTC') }}{{ 0 | to_json }}");
    pond_tera_lint(t, POND_SV("t"), count, &n);
    assert_int_equal(n, 0);
    assert_true(pond_tera_is_pure(t, POND_SV("t")));
    pond_tera_free(t);
    t = load("{{ group(by='k') }}{{ timeformat(ms=0) }}{{ 0 | timeformat(zone='UTC') }}"
             "{{ 0 | to_json(pretty=true) }}");
    pond_tera_lint(t, POND_SV("t"), count, &n);
    assert_int_equal(n, 5); // `ms` is unknown, and `value` is missing
    pond_tera_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_stay_within_the_memory_of_a_render),
        cmocka_unit_test(lint_knows_the_arguments),
    };
    return cmocka_run_group_tests_name("template_extras", tests, NULL, NULL);
}
