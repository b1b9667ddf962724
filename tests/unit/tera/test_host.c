// What a host adds to the language: object literals, late members, and a run of its own.
#include "tera/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

static pond_err err;

typedef struct host {
    pond_arena arena;
    int n_asked; // how often a late member was made
    bool is_down;
} host;

// Every object with the flag has a late member `double`, of its member `n`.
static bool late(void *user, pond_arena *a, pond_value object, pond_sv key, pond_value *out) {
    (void)a;
    host *h = user;
    if (!pond_sv_is(key, "double") || h->is_down)
        return false;
    h->n_asked++;
    *out = pond_int(2 * pond_get_int(object, "n", 0));
    return true;
}

static pond_code who(pond_tera_call *c, const pond_tera_args *args, pond_value *out) {
    const host *h = pond_tera_host(c);
    (void)args;
    *out = pond_int(h == NULL ? -1 : h->n_asked);
    return POND_OK;
}

static int setup(void **state) {
    host *h = calloc(1, sizeof *h);
    pond_arena_init(&h->arena);
    *state = h;
    return 0;
}

static int teardown(void **state) {
    host *h = *state;
    pond_arena_deinit(&h->arena);
    free(h);
    return 0;
}

// Renders with {"items": […], "one": …}, whose objects have late members.
static pond_code render(host *h, const char *source, bool has_late, pond_buf *out) {
    pond_tera *t = pond_tera_new(&(pond_tera_options){.has_objects = true});
    const pond_tera_function_def def = {.name = "who", .arguments = "", .fn = who};
    pond_tera_add_function(t, &def);
    pond_entry member[2][1] = {{{POND_SV("n"), pond_int(4)}}, {{POND_SV("n"), pond_int(3)}}};
    pond_value items[2] = {pond_object(member[0], 1), pond_object(member[1], 1)};
    items[0].flags |= POND_TERA_HAS_LATE;
    items[1].flags |= POND_TERA_HAS_LATE;
    pond_entry names[2] = {{POND_SV("items"), pond_array(items, 2)}, {POND_SV("one"), items[0]}};
    pond_tera_run run = {.host = h, .late = has_late ? late : NULL};
    pond_code rc = pond_tera_add(t, POND_SV("t"), pond_sv_of(source), &err);
    if (rc == POND_OK)
        rc = pond_tera_check(t, &err);
    if (rc == POND_OK)
        rc = pond_tera_render(t, POND_SV("t"), pond_object(names, 2), &run, out, &err);
    pond_tera_free(t);
    return rc;
}

static void assert_renders(host *h, const char *source, const char *want) {
    pond_buf out = POND_BUF_EMPTY;
    if (render(h, source, true, &out) != POND_OK)
        fail_msg("%s\n%s", err.msg, err.detail);
    assert_string_equal(out.n == 0 ? "" : out.p, want);
    pond_buf_free(&out);
}

static void assert_fails(host *h, const char *source, bool has_late, const char *want) {
    pond_buf out = POND_BUF_EMPTY;
    assert_int_not_equal(render(h, source, has_late, &out), POND_OK);
    assert_non_null(strstr(err.msg, want));
    pond_buf_free(&out);
}

static void late_members_are_made_when_they_are_named(void **state) {
    host *h = *state;
    assert_renders(h, "{{ one.double }} {{ one['double'] }} {{ items.1.double }}", "8 8 6");
    assert_renders(h,
                   "{% set k = 'double' %}{{ one[k] }} {{ one.double + 1 }} {{ -1 * one.double }}",
                   "8 9 -8");
    assert_renders(
        h, "{% for i in items %}{{ i.double }}{% if i.double > 7 %}!{% endif %} {% endfor %}",
        "8! 6 ");
    assert_renders(
        h, "{% set x = items | first %}{% if x.double is defined %}{{ x.double }}{% endif %}", "8");
    assert_renders(h, "{% macro m(x) %}{{ x.double }}{% endmacro %}{{ self::m(x=one) }}", "8");
    assert_renders(h, "{{ one.double | default(value=1) }} {{ one.none | default(value=1) }}",
                   "8 1");
}

static void filters_find_late_members(void **state) {
    host *h = *state;
    assert_renders(h, "{{ items | map(attribute='double') | join(sep=',') }}", "8,6");
    assert_renders(h, "{{ items | sort(attribute='double') | map(attribute='n') }}", "[3, 4]");
    assert_renders(h, "{{ items | filter(attribute='double', value=6) | length }}", "1");
    assert_renders(h, "{{ items | unique(attribute='double') | length }}", "2");
    assert_renders(h,
                   "{% for k, v in items | group_by(attribute='double') %}{{ k }}:{{ v | length }} "
                   "{% endfor %}",
                   "6:1 8:1 ");
    assert_renders(h, "{{ one | get(key='double') }} {{ one | get(key='none', default=0) }}",
                   "8 0");
}

static void a_walk_does_not_see_late_members(void **state) {
    host *h = *state;
    assert_renders(h, "{{ one | json_encode }}{% for k, v in one %} {{ k }}{% endfor %}",
                   "{\"n\":4} n");
    assert_renders(h, "{{ one | length }} {% if 'double' in one %}in{% else %}out{% endif %}",
                   "1 out");
    assert_int_equal(h->n_asked, 0);
}

static void what_the_host_does_not_have_is_missing(void **state) {
    host *h = *state;
    assert_fails(h, "{{ one.triple }}", true, "there is no key 'triple'");
    assert_fails(h, "{{ one.double.more }}", true, "there is no key");
    assert_fails(h, "{{ one.double }}", false, "there is no key 'double'");
    assert_fails(h, "{{ items.double }}", true, "'double' is not an index");
    h->is_down = true;
    assert_fails(h, "{{ one.double }}", true, "there is no key 'double'");
    assert_renders(h, "{% if one.double %}yes{% else %}no{% endif %}", "no");
}

static void functions_know_the_host_of_the_run(void **state) {
    host *h = *state;
    assert_renders(h, "{{ who() }} {{ one.double }} {{ who() }}", "0 8 1");
}

static void objects_can_be_written(void **state) {
    host *h = *state;
    assert_renders(h,
                   "{% set o = {\"b\": 1, 'a': one.n + 1, `c`: [1, 2], \"d\": {\"e\": \"f\"},} "
                   "%}{{ o | json_encode }}",
                   "{\"a\":5,\"b\":1,\"c\":[1,2],\"d\":{\"e\":\"f\"}}");
    assert_renders(h, "{% set o = {} %}{{ o | json_encode }} {{ {\"a\": 1} | length }}", "{} 1");
    assert_renders(h, "{% set o = {\"a\": 1, \"a\": 2} %}{{ o.a }}", "2");
    assert_renders(h, "{% macro m(x) %}{{ x.a }}{% endmacro %}{{ self::m(x={\"a\": 7}) }}", "7");
    assert_renders(h, "{%set o={\"a\":{\"b\":{}}}%}{{o.a|json_encode}}", "{\"b\":{}}");
    assert_fails(h, "{% set o = {\"a\" 1} %}", true, "expected ':'");
    assert_fails(h, "{% set o = {a: 1} %}", true, "a key in quotes");
    assert_fails(h, "{% set o = {\"a\": 1 %}", true, "'}'");
    assert_fails(h, "{{ [{\"a\": 1}] }}", true, "expected");
    assert_fails(h, "{% set o = {\"a\": nowhere} %}", true, "'nowhere' is not defined");
}

// Nesting is limited, as that of other expressions.
static void deep_objects_are_refused(void **state) {
    pond_buf source = POND_BUF_EMPTY;
    pond_buf_str(&source, "{% set o = ");
    for (int i = 0; i < 5000; i++)
        pond_buf_str(&source, "{\"a\":");
    assert_fails(*state, source.p, true, "nested");
    pond_buf_free(&source);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(late_members_are_made_when_they_are_named),
        T(filters_find_late_members),
        T(a_walk_does_not_see_late_members),
        T(what_the_host_does_not_have_is_missing),
        T(functions_know_the_host_of_the_run),
        T(objects_can_be_written),
        T(deep_objects_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
