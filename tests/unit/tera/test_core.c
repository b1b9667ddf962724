// The public functions of the template engine, as far as cases in tests/tera cannot test them.
#include "tera/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>

static pond_err err;

static void must_add(pond_tera *t, const char *name, const char *source) {
    if (pond_tera_add(t, pond_sv_of(name), pond_sv_of(source), &err) != POND_OK)
        fail_msg("%s\n%s", err.msg, err.detail);
}

static pond_tera *one_template(const char *source) {
    pond_tera *t = pond_tera_new(NULL);
    must_add(t, "t", source);
    assert_int_equal(pond_tera_check(t, &err), POND_OK);
    return t;
}

static pond_value json(pond_arena *a, const char *text) {
    pond_value v;
    if (pond_json_parse(a, pond_sv_of(text), "data", &v, &err) != POND_OK)
        fail_msg("%s", err.msg);
    return v;
}

static void assert_renders(pond_tera *t, const char *name, pond_value context, const char *want) {
    pond_buf out = POND_BUF_EMPTY;
    if (pond_tera_render(t, pond_sv_of(name), context, NULL, &out, &err) != POND_OK)
        fail_msg("%s\n%s", err.msg, err.detail);
    assert_string_equal(pond_buf_view(&out).p, want);
    pond_buf_free(&out);
}

static const pond_value nothing = {.kind = POND_OBJECT};

// Filters and functions of the host ---------------------------------------------------------------

static pond_code twice(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                       pond_value *out) {
    const pond_value *by = pond_tera_arg(args, "by");
    if (in.kind != POND_INT)
        return pond_fail(c->err, POND_ERR_TEMPLATE, "'%.*s' needs an integer",
                         POND_SV_ARG(c->name));
    *out = pond_int(in.i * (by == NULL ? *(const int *)c->user : by->i));
    return POND_OK;
}

static pond_code whose(pond_tera_call *c, const pond_tera_args *args, pond_value *out) {
    (void)args;
    *out = pond_string_lit(c->is_escaped ? "<escaped>" : "<plain>");
    return POND_OK;
}

static void hosts_add_filters_and_functions(void **state) {
    (void)state;
    int two = 2;
    pond_tera *t = pond_tera_new(NULL);
    pond_tera_add_filter(t, &(pond_tera_filter_def){
                                .name = "times", .arguments = "[by]", .fn = twice, .user = &two});
    pond_tera_add_filter( // hides the built-in
        t, &(pond_tera_filter_def){.name = "upper", .fn = twice, .user = &two});
    pond_tera_add_function(t, &(pond_tera_function_def){.name = "whose", .fn = whose});
    must_add(t, "t", "{{ 4 | times }} {{ 4 | times(by=5) }} {{ 3 | upper }} {{ whose() }}");
    must_add(t, "t.html", "{{ whose() }} {{ whose() | safe }}");
    must_add(t, "bad", "{{ 'x' | times }}");
    must_add(t, "near", "{{ 'x' | tines }}");
    assert_int_equal(pond_tera_check(t, &err), POND_OK);
    assert_renders(t, "t", nothing, "8 20 6 <plain>");
    assert_renders(t, "t.html", nothing, "&lt;escaped&gt; <escaped>");
    pond_buf out = POND_BUF_EMPTY;
    assert_int_equal(pond_tera_render(t, POND_SV("bad"), nothing, NULL, &out, &err),
                     POND_ERR_TEMPLATE);
    assert_string_equal(err.msg, "'times' needs an integer");
    assert_int_equal(err.where.column, 10);
    pond_tera_render(t, POND_SV("near"), nothing, NULL, &out, &err) == POND_OK ? fail() : (void)0;
    assert_string_equal(err.msg, "unknown filter 'tines', did you mean 'times'?");
    pond_buf_free(&out);
    pond_tera_free(t);
}

static void count_warning(void *user, const pond_loc *where, const char *message,
                          const char *line) {
    int *n = user;
    assert_int_equal(where->line, ++*n);
    assert_string_equal(line, "{{ 1 | default(value=2) }}");
    if (*n == 101)
        assert_string_equal(message, "50 more warnings are not shown");
    else
        assert_non_null(strstr(message, "'default' has no effect here"));
}

static void lint_reports_a_hundred_warnings_at_most(void **state) {
    (void)state;
    pond_tera *t = pond_tera_new(NULL);
    pond_buf source = POND_BUF_EMPTY;
    for (int i = 0; i < 150; i++)
        pond_buf_str(&source, "{{ 1 | default(value=2) }}\n");
    must_add(t, "t", source.p);
    int n = 0;
    pond_tera_lint(t, POND_SV("t"), count_warning, &n);
    assert_int_equal(n, 101);
    pond_buf_free(&source);
    pond_tera_free(t);
}

// Loading -----------------------------------------------------------------------------------------

static pond_code load(void *user, pond_sv name, pond_sv *source, pond_err *e) {
    (*(int *)user)++;
    if (pond_sv_is(name, "/base"))
        *source = POND_SV("{% import '/m' as m %}<{% block b %}{% endblock %}>");
    else if (pond_sv_is(name, "/m"))
        *source = POND_SV("{% macro f() %}M{% endmacro %}");
    else if (pond_sv_is(name, "/part"))
        *source = POND_SV("part");
    else if (pond_sv_is(name, "/broken"))
        *source = POND_SV("{{");
    else if (pond_sv_is(name, "/forbidden"))
        return pond_fail(e, POND_ERR_IO, "no permission");
    else
        return pond_fail(e, POND_ERR_NOT_FOUND, "none");
    return POND_OK;
}

static pond_code check_with_loader(const char *source, int *n_loaded) {
    pond_tera *t = pond_tera_new(&(pond_tera_options){.loader = load, .loader_user = n_loaded});
    must_add(t, "t", source);
    pond_code code = pond_tera_check(t, &err);
    pond_tera_free(t);
    return code;
}

static void the_loader_finds_what_was_not_added(void **state) {
    (void)state;
    int n = 0;
    pond_tera *t = pond_tera_new(&(pond_tera_options){.loader = load, .loader_user = &n});
    must_add(t, "t",
             "{% extends '/base' %}{% block b %}{{ m::f() }}{% include ['/none', '/part'] %}"
             "{% include '/part' %}{% include '/none' ignore missing %}{% endblock %}");
    assert_int_equal(pond_tera_check(t, &err), POND_OK);
    assert_renders(t, "t", nothing, "<Mpartpart>");
    assert_int_equal(n, 5); // /base, /m, /part once, /none for each tag
    pond_tera_free(t);
    assert_int_equal(check_with_loader("{% include '/broken' %}", &n), POND_ERR_TEMPLATE);
    assert_string_equal(err.where.file, "/broken");
    assert_int_equal(check_with_loader("{% include '/forbidden' %}", &n), POND_ERR_IO);
    assert_string_equal(err.msg, "no permission");
    assert_string_equal(err.ctx[0], "loading template '/forbidden'");
    assert_int_equal(check_with_loader("{% extends '/none' %}", &n), POND_ERR_TEMPLATE);
    assert_string_equal(err.msg, "there is no template '/none' to extend");
}

static void a_template_added_again_replaces_the_first(void **state) {
    (void)state;
    pond_tera *t = one_template("old");
    must_add(t, "t", "new");
    assert_int_equal(pond_tera_check(t, &err), POND_OK);
    assert_renders(t, "t", nothing, "new");
    pond_tera_free(t);
}

// Rendering ---------------------------------------------------------------------------------------

static void output_is_appended_and_kept_on_failure(void **state) {
    (void)state;
    pond_tera *t = one_template("one {{ two }}");
    pond_buf out = POND_BUF_EMPTY;
    pond_buf_str(&out, "zero ");
    assert_int_equal(pond_tera_render(t, POND_SV("t"), nothing, NULL, &out, &err),
                     POND_ERR_TEMPLATE);
    assert_string_equal(out.p, "zero one ");
    assert_int_equal(pond_tera_render(t, POND_SV("t"), nothing, NULL, &out, NULL),
                     POND_ERR_TEMPLATE); // without an error
    pond_buf_free(&out);
    pond_tera_free(t);
}

static void an_unknown_template_is_named(void **state) {
    (void)state;
    pond_tera *t = one_template("x");
    must_add(t, "index.html", "x");
    pond_buf out = POND_BUF_EMPTY;
    assert_int_equal(pond_tera_render(t, POND_SV("indx.html"), nothing, NULL, &out, &err),
                     POND_ERR_TEMPLATE);
    assert_string_equal(err.msg, "there is no template 'indx.html', did you mean 'index.html'?");
    pond_buf_free(&out);
    pond_tera_free(t);
}

static void suffixes_decide_about_escaping(void **state) {
    (void)state;
    static const char *const every[] = {""}, *const md[] = {".md", ".txt"};
    static const struct {
        const char *const *suffixes;
        size_t n;
        const char *name, *want;
    } rows[] = {{NULL, 0, "a.html", "&lt;"}, {NULL, 0, "a.htm", "&lt;"}, {NULL, 0, "a.xml", "&lt;"},
                {NULL, 0, "html", "<"},      {every, 1, "a", "&lt;"},    {every, 0, "a.html", "<"},
                {md, 2, "a.txt", "&lt;"},    {md, 2, "a.html", "<"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pond_tera *t = pond_tera_new(
            &(pond_tera_options){.autoescape = rows[i].suffixes, .n_autoescape = rows[i].n});
        must_add(t, rows[i].name, "{{ '<' }}");
        assert_int_equal(pond_tera_check(t, &err), POND_OK);
        assert_renders(t, rows[i].name, nothing, rows[i].want);
        pond_tera_free(t);
    }
}

static void a_run_decides_about_escaping(void **state) {
    (void)state;
    static const struct {
        pond_tera_escape escape;
        const char *html, *txt;
    } rows[] = {{POND_TERA_ESCAPE_AS_TEMPLATE, "&lt;", "<"},
                {POND_TERA_ESCAPE_ON, "&lt;", "&lt;"},
                {POND_TERA_ESCAPE_OFF, "<", "<"}};
    pond_tera *t = pond_tera_new(NULL);
    must_add(t, "a.html", "{{ '<' }}");
    must_add(t, "a.txt", "{% macro m() %}{{ '<' }}{% endmacro %}{{ self::m() }}");
    assert_int_equal(pond_tera_check(t, &err), POND_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pond_tera_run run = {.escape = rows[i].escape};
        pond_buf out = POND_BUF_EMPTY;
        assert_int_equal(pond_tera_render(t, POND_SV("a.html"), nothing, &run, &out, &err), 0);
        assert_string_equal(out.p, rows[i].html);
        pond_buf_clear(&out);
        assert_int_equal(pond_tera_render(t, POND_SV("a.txt"), nothing, &run, &out, &err), 0);
        assert_string_equal(out.p, rows[i].txt);
        pond_buf_free(&out);
    }
    pond_tera_free(t);
}

static void names_of_markup(void **state) {
    (void)state;
    static const char *const markup[] = {"a.html", ".htm",    "a.XML",  "a.b.Svg", "x.xhtml",
                                         "x.RSS",  "x.shtml", "x.atom", "x.mml"};
    static const char *const plain[] = {"",        "html",    "a.md", "a.html.md",
                                        "a.htmlx", "a.html.", "a."};
    for (size_t i = 0; i < sizeof markup / sizeof *markup; i++)
        assert_true(pond_tera_is_markup(pond_sv_of(markup[i])));
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_false(pond_tera_is_markup(pond_sv_of(plain[i])));
}

// An array that also has members.
static void arrays_with_attributes(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    pond_value files = json(&a, "[{\"file\": \"a\"}, {\"file\": \"b\"}]");
    pond_entry attrs[] = {{POND_SV("files"), files},
                          {POND_SV("schema"), json(&a, "{\"fields\": [1, 2]}")}};
    pond_entry context[] = {
        {POND_SV("leaf"), pond_array_with_attrs(&a, files.items, files.n, pond_object(attrs, 2))}};
    pond_tera *t =
        one_template("{% for f in leaf %}{{ f.file }}{% endfor %} {% for f in leaf.files %}{{ "
                     "f.file }}{% endfor %} "
                     "{{ leaf[1].file }} {{ leaf['schema'].fields | length }} {{ leaf | length }} "
                     "{% if leaf.nothing %}y{% else %}n{% endif %}");
    assert_renders(t, "t", pond_object(context, 1), "ab ab b 2 2 n");
    must_add(t, "bad", "{{ leaf.shema }}");
    pond_buf out = POND_BUF_EMPTY;
    assert_int_equal(pond_tera_render(t, POND_SV("bad"), pond_object(context, 1), NULL, &out, &err),
                     POND_ERR_TEMPLATE);
    assert_string_equal(err.msg, "'leaf.shema': there is no key 'shema', did you mean 'schema'? "
                                 "keys: files, schema");
    pond_buf_free(&out);
    pond_tera_free(t);
    pond_arena_deinit(&a);
}

static void a_run_can_have_lower_limits(void **state) {
    (void)state;
    pond_tera *t = one_template("{% for i in range(end=50) %}{{ i }}{% endfor %}");
    pond_tera_run run = {.limits = {.max_steps = 60}};
    pond_buf out = POND_BUF_EMPTY;
    assert_int_equal(pond_tera_render(t, POND_SV("t"), nothing, &run, &out, &err), POND_ERR_LIMIT);
    assert_int_equal(pond_tera_render(t, POND_SV("t"), nothing, NULL, &out, &err), POND_OK);
    pond_buf_free(&out);
    pond_tera_free(t);
}

// Threads -----------------------------------------------------------------------------------------

enum { N_THREADS = 4, N_RENDERS = 200 };

typedef struct worker {
    const pond_tera *t;
    pond_value context;
    int n_right;
} worker;

static void *render_many(void *arg) {
    worker *w = arg;
    pond_buf out = POND_BUF_EMPTY;
    for (int i = 0; i < N_RENDERS; i++) {
        pond_buf_clear(&out);
        pond_code code = pond_tera_render(w->t, POND_SV("t"), w->context, NULL, &out, NULL);
        w->n_right += code == POND_OK && strcmp(out.p, "B[1]B[2]B[3]6") == 0;
    }
    pond_buf_free(&out);
    return NULL;
}

static void threads_render_from_one_set(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    pond_tera *t = pond_tera_new(NULL);
    must_add(t, "base", "{% block b %}{% endblock %}{{ sum }}");
    must_add(t, "t",
             "{% extends 'base' %}{% macro m(x) %}[{{ x }}]{% endmacro %}{% block b %}"
             "{% set_global sum = 0 %}{% for x in l %}{{ 'b' | upper }}{{ self::m(x=x) }}"
             "{% set_global sum = sum + x %}{% endfor %}{% endblock %}");
    assert_int_equal(pond_tera_check(t, &err), POND_OK);
    worker workers[N_THREADS];
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++) {
        workers[i] = (worker){.t = t, .context = json(&a, "{\"l\": [1, 2, 3]}")};
        assert_int_equal(pthread_create(&threads[i], NULL, render_many, &workers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].n_right, N_RENDERS);
    }
    pond_tera_free(t);
    pond_arena_deinit(&a);
}

// Purity ------------------------------------------------------------------------------------------

static void assert_pure(const char *source, bool want) {
    pond_tera *t = pond_tera_new(NULL);
    pond_tera_add_function(
        t, &(pond_tera_function_def){.name = "dice", .fn = whose, .is_impure = true});
    pond_tera_add_function(t, &(pond_tera_function_def){.name = "whose", .fn = whose});
    pond_tera_add_filter(t,
                         &(pond_tera_filter_def){.name = "shaken", .fn = twice, .is_impure = true});
    must_add(t, "clock", "{% macro time() %}{{ now() }}{% endmacro %}now");
    must_add(t, "quiet", "{% macro f() %}known{% endmacro %}{% block b %}{% endblock %}");
    must_add(t, "a", "{% include 'b' %}"); // a and b include each other
    must_add(t, "b", "{% if false %}{% include 'a' %}{% endif %}{{ 1 | date }}");
    must_add(t, "child of clock", "{% extends 'page with clock' %}");
    must_add(t, "page with clock", "{% block b %}{{ now(timestamp=true) }}{% endblock %}");
    must_add(t, "t", source);
    assert_int_equal(pond_tera_check(t, &err), POND_OK);
    if (pond_tera_is_pure(t, POND_SV("t")) != want)
        fail_msg("%s: %s", source, want ? "should be pure" : "should not be pure");
    pond_tera_free(t);
}

static void pages_without_impure_calls_are_pure(void **state) {
    (void)state;
    assert_pure("", true);
    assert_pure("known, snow and now(); {{ now }} {# {{ now() #}", true);
    assert_pure("{% raw %}{{ get_random(end=1) }}{% endraw %}{{ 'now()' | upper }}", true);
    assert_pure("{{ range(end=3) | first }}{{ throw(message='x') }}{{ whose() }}", true);
    assert_pure("{{ s | date(timezone='Europe/Berlin') }}{{ unknown() }}{{ x | unknown }}", true);
    assert_pure("{% extends 'quiet' %}{% block b %}{{ x }}{% endblock %}", true);
    assert_pure("{% import 'quiet' as q %}{{ q::f() }}", true);
    assert_pure("{% include 'a' %}{% include 'b' %}", true);
    assert_pure("{% include 'none' ignore missing %}{% include ['none', 'quiet'] %}", true);
}

static void one_impure_call_is_enough(void **state) {
    (void)state;
    static const char *const calls[] = {"now()", "get_random(end=2)", "get_env(name='HOME')",
                                        "dice()"};
    static const struct {
        const char *before, *after;
    } places[] = {{"{{ ", " }}"},
                  {"{{ ", " | date | upper }}"},
                  {"{% set x = [1, ", "] %}"},
                  {"{{ 'a' ~ ", " }}"},
                  {"{{ x | default(value=", ") }}"},
                  {"{{ whose(a=1 + ", ") }}"},
                  {"{% if x and (", " == 1) %}{% endif %}"},
                  {"{% if x is divisibleby(", ") %}{% endif %}"},
                  {"{% if false %}{{ ", " }}{% endif %}"},
                  {"{% for x in ", " %}{% endfor %}"},
                  {"{% macro m() %}{{ ", " }}{% endmacro %}"},
                  {"{% extends 'quiet' %}{% block b %}{{ ", " }}{% endblock %}"}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
            char source[128];
            snprintf(source, sizeof source, "%s%s%s", places[k].before, calls[i], places[k].after);
            assert_pure(source, false);
        }
    assert_pure("{{ 1 | shaken }}", false);
    assert_pure("{% filter shaken %}1{% endfilter %}", false);
    assert_pure("{% include 'clock' %}", false);
    assert_pure("{% include ['none', 'clock'] %}", false);
    assert_pure("{% import 'clock' as c %}", false);
    assert_pure("{% extends 'child of clock' %}", false);
}

static void an_unknown_template_is_not_pure(void **state) {
    (void)state;
    pond_tera *t = one_template("x");
    assert_true(pond_tera_is_pure(t, POND_SV("t")));
    assert_false(pond_tera_is_pure(t, POND_SV("none")));
    pond_tera_free(t);
}

// Undefined names ---------------------------------------------------------------------------------

static bool is_undefined(const char *source, pond_sv *name) {
    pond_tera *t = one_template(source);
    pond_buf out = POND_BUF_EMPTY;
    assert_int_not_equal(pond_tera_render(t, POND_SV("t"), nothing, NULL, &out, &err), POND_OK);
    pond_buf_free(&out);
    pond_tera_free(t);
    return pond_tera_err_undefined(&err, name);
}

static void an_undefined_name_is_known_from_the_error(void **state) {
    (void)state;
    pond_sv name;
    assert_true(is_undefined("{{ export.a[0] }}", &name));
    assert_true(pond_sv_is(name, "export"));
    assert_true(is_undefined("{% set stage = 1 %}{% for s in stages %}{% endfor %}", &name));
    assert_true(pond_sv_is(name, "stages")); // also when another name is similar
    assert_true(is_undefined("{{ a[b] }}", NULL));
    assert_false(is_undefined("{% set a = 1 %}{{ a.b }}", &name));
    assert_false(is_undefined("{{ a() }}", &name));
    assert_false(is_undefined("{{ throw(message=\"it's not defined here\") }}", &name));
    pond_err_clear(&err);
    assert_false(pond_tera_err_undefined(&err, &name));
}

// Depth -------------------------------------------------------------------------------------------

static char *repeat(const char *head, size_t n, const char *middle, const char *tail) {
    pond_buf b = POND_BUF_EMPTY;
    for (size_t i = 0; i < n; i++)
        pond_buf_str(&b, head);
    pond_buf_str(&b, middle);
    for (size_t i = 0; i < n; i++)
        pond_buf_str(&b, tail);
    return b.p;
}

static void nesting_ends_in_an_error_not_in_the_stack(void **state) {
    (void)state;
    static const struct {
        const char *before, *head, *middle, *tail;
    } rows[] = {{"{{ ", "(", "1", ")"},
                {"{{ a", "[a", "[0]", "]"},
                {"{{ ", "f(a=", "1", ")"},
                {"{{ ", "(", "'a'", ")"},
                {"", "{% if a %}", "x", "{% endif %}"},
                {"", "{% for a in b %}", "x", "{% endfor %}"},
                {"", "{% filter upper %}", "x", "{% endfilter %}"},
                {"", "{% for a in b %}{% else %}", "x", "{% endfor %}"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *source = repeat(rows[i].head, 100000, rows[i].middle, rows[i].tail);
        pond_buf all = POND_BUF_EMPTY;
        pond_buf_str(&all, rows[i].before);
        pond_buf_str(&all, source);
        pond_tera *t = pond_tera_new(NULL);
        pond_code code = pond_tera_add(t, POND_SV("t"), pond_buf_view(&all), &err);
        if (code != POND_ERR_LIMIT)
            fail_msg("row %zu: %s", i, err.msg);
        assert_string_equal(err.msg, "nested deeper than 256 levels");
        pond_tera_free(t);
        pond_buf_free(&all);
        free(source);
    }
}

static void deep_calls_of_deep_templates_end_in_an_error(void **state) {
    (void)state;
    char *body = repeat("{% if true %}", 200, "{{ self::f() }}", "{% endif %}");
    pond_buf source = POND_BUF_EMPTY;
    pond_buf_printf(&source, "{%% macro f() %%}%s{%% endmacro %%}{{ self::f() }}", body);
    pond_tera_options options = {.limits = {.max_call_depth = 1000000}};
    pond_tera *t = pond_tera_new(&options);
    must_add(t, "t", source.p);
    assert_int_equal(pond_tera_check(t, &err), POND_OK);
    pond_buf out = POND_BUF_EMPTY;
    assert_int_equal(pond_tera_render(t, POND_SV("t"), nothing, NULL, &out, &err), POND_ERR_LIMIT);
    assert_string_equal(err.msg, "tags, macros and parentheses are nested too deep");
    pond_buf_free(&out);
    pond_buf_free(&source);
    pond_tera_free(t);
    free(body);
}

static void long_chains_of_templates_end_in_an_error(void **state) {
    (void)state;
    static const char *const wants[] = {"more than 500 parents in a chain",
                                        "more than 500 imports in a chain"};
    for (size_t k = 0; k < 2; k++) {
        pond_tera *t = pond_tera_new(NULL);
        for (int i = 0; i < 700; i++) {
            char name[16], source[64];
            snprintf(name, sizeof name, "t%d", i);
            snprintf(source, sizeof source,
                     k == 0 ? "{%% extends 't%d' %%}" : "{%% import 't%d' as m %%}", i + 1);
            must_add(t, name, source);
        }
        must_add(t, "t700", "end");
        assert_int_equal(pond_tera_check(t, &err), POND_ERR_LIMIT);
        assert_string_equal(err.msg, wants[k]);
        pond_tera_free(t);
    }
}

static void at_most_twenty_errors_are_shown(void **state) {
    (void)state;
    char *source = repeat("{{ }}\n{% if %}\n", 100000, "", "");
    pond_tera *t = pond_tera_new(NULL);
    assert_int_equal(pond_tera_add(t, POND_SV("t"), pond_sv_of(source), &err), POND_ERR_TEMPLATE);
    assert_int_equal(err.where.line, 1);
    assert_non_null(strstr(err.detail, "\nt:20:7: expected a value, found '%}'\n"));
    assert_null(strstr(err.detail, "\nt:21:"));
    pond_tera_free(t);
    free(source);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_add_filters_and_functions),
        cmocka_unit_test(lint_reports_a_hundred_warnings_at_most),
        cmocka_unit_test(the_loader_finds_what_was_not_added),
        cmocka_unit_test(a_template_added_again_replaces_the_first),
        cmocka_unit_test(output_is_appended_and_kept_on_failure),
        cmocka_unit_test(an_unknown_template_is_named),
        cmocka_unit_test(suffixes_decide_about_escaping),
        cmocka_unit_test(a_run_decides_about_escaping),
        cmocka_unit_test(names_of_markup),
        cmocka_unit_test(arrays_with_attributes),
        cmocka_unit_test(a_run_can_have_lower_limits),
        cmocka_unit_test(threads_render_from_one_set),
        cmocka_unit_test(pages_without_impure_calls_are_pure),
        cmocka_unit_test(one_impure_call_is_enough),
        cmocka_unit_test(an_unknown_template_is_not_pure),
        cmocka_unit_test(an_undefined_name_is_known_from_the_error),
        cmocka_unit_test(nesting_ends_in_an_error_not_in_the_stack),
        cmocka_unit_test(deep_calls_of_deep_templates_end_in_an_error),
        cmocka_unit_test(long_chains_of_templates_end_in_an_error),
        cmocka_unit_test(at_most_twenty_errors_are_shown),
    };
    return cmocka_run_group_tests_name("tera", tests, NULL, NULL);
}
