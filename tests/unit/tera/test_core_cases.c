// Runs the cases of tests/tera/*.test, from the root of the checkout. A case has a title and
// sections:
//
//     === title
//     --- template [NAME]     the template to render; its name decides about escaping
//     --- file NAME           another template
//     --- data                the context, JSON
//     --- limits              fields of pond_tera_limits, JSON
//     --- output              the expected output
//     --- error               or the expected error: place and message, then its detail lines
//     --- warning             and the expected warnings: LINE:COLUMN: message
//     --- exact               compare newlines at the ends of sections, too
//     --- skip                do not run this case; the text says why
#include "base/file.h"
#include "base/vec.h"
#include "tera/tera.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>

typedef struct section {
    pond_sv word, name; // "file", "base.html"
    pond_sv text;
} section;

typedef struct test_case {
    const char *file;
    uint32_t line;
    pond_sv title;
    POND_VEC(section) sections;
} test_case;

typedef POND_VEC(test_case) case_vec;

// Reading -----------------------------------------------------------------------------------------

static const char *const words[] = {"template", "file",    "data",  "limits", "output",
                                    "error",    "warning", "exact", "skip"};

static bool is_section(pond_sv line, section *out) {
    if (!pond_sv_starts(line, POND_SV("--- ")))
        return false;
    pond_sv rest = pond_sv_sub(line, 4, line.n);
    ptrdiff_t blank = pond_sv_find_char(rest, ' ');
    *out = (section){.word = rest};
    if (blank >= 0) {
        out->word = pond_sv_sub(rest, 0, (size_t)blank);
        out->name = pond_sv_sub(rest, (size_t)blank + 1, rest.n);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (pond_sv_is(out->word, words[i]))
            return true;
    return false;
}

static void read_file(pond_arena *a, const char *path, case_vec *cases) {
    pond_buf text = POND_BUF_EMPTY;
    pond_err err;
    if (pond_file_read(path, &text, &err) != POND_OK)
        fail_msg("%s: %s", path, err.msg);
    pond_sv rest = pond_sv_dup(a, pond_buf_view(&text)), line;
    pond_buf_free(&text);
    section *current = NULL;
    for (uint32_t n = 1; pond_sv_split(&rest, '\n', &line); n++) {
        section found;
        if (pond_sv_starts(line, POND_SV("=== "))) {
            *pond_vec_push(a, cases) =
                (test_case){.file = path, .line = n, .title = pond_sv_sub(line, 4, line.n)};
            current = NULL;
        } else if (is_section(line, &found) && cases->n > 0) {
            current = pond_vec_push(a, &cases->items[cases->n - 1].sections);
            *current = found;
            current->text = (pond_sv){line.p + line.n + (rest.p != NULL), 0};
        } else if (current != NULL) {
            current->text.n = (size_t)(line.p + line.n + (rest.p != NULL) - current->text.p);
        }
    }
}

// Without the blank line between cases, and without trailing newlines unless `is_exact`.
static pond_sv section_text(const section *s, bool is_exact) {
    pond_sv text = s->text;
    if (is_exact && pond_sv_ends(text, POND_SV("\n\n")))
        text.n--;
    while (!is_exact && text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    return text;
}

static const section *find_section(const test_case *c, const char *word) {
    for (size_t i = 0; i < c->sections.n; i++)
        if (pond_sv_is(c->sections.items[i].word, word))
            return &c->sections.items[i];
    return NULL;
}

// Running -----------------------------------------------------------------------------------------

static pond_value parse_json(pond_arena *a, const test_case *c, const char *word) {
    const section *s = find_section(c, word);
    pond_value v = pond_object(NULL, 0);
    pond_err err;
    if (s != NULL && pond_json_parse(a, s->text, word, &v, &err) != POND_OK)
        fail_msg("%s:%u: %s: %s", c->file, c->line, word, err.msg);
    return v;
}

static uint64_t limit(pond_value limits, const char *name) {
    const pond_value *v = pond_get_lit(limits, name);
    return v == NULL ? 0 : (uint64_t)v->i;
}

static pond_tera_limits read_limits(pond_arena *a, const test_case *c) {
    pond_value v = parse_json(a, c, "limits");
    return (pond_tera_limits){.max_nesting = (uint32_t)limit(v, "max_nesting"),
                              .max_call_depth = (uint32_t)limit(v, "max_call_depth"),
                              .max_output_bytes = limit(v, "max_output_bytes"),
                              .max_memory_bytes = limit(v, "max_memory_bytes"),
                              .max_steps = limit(v, "max_steps"),
                              .max_range = limit(v, "max_range")};
}

static pond_sv template_name(const section *s) {
    return s->name.p != NULL ? s->name : POND_SV("template");
}

static pond_sv main_name(const test_case *c) {
    const section *s = find_section(c, "template");
    if (s == NULL)
        fail_msg("%s:%u: no template", c->file, c->line);
    return template_name(s);
}

static pond_code run(pond_tera *t, pond_arena *a, const test_case *c, bool is_exact, pond_buf *out,
                     pond_err *err) {
    for (size_t i = 0; i < c->sections.n; i++) {
        const section *s = &c->sections.items[i];
        if (pond_sv_is(s->word, "template") || pond_sv_is(s->word, "file"))
            POND_TRY(pond_tera_add(t, template_name(s), section_text(s, is_exact), err));
    }
    POND_TRY(pond_tera_check(t, err));
    return pond_tera_render(t, main_name(c), parse_json(a, c, "data"), NULL, out, err);
}

static void add_warning(void *user, const pond_loc *where, const char *message, const char *line) {
    (void)line;
    pond_buf_printf(user, "%u:%u: %s\n", where->line, where->column, message);
}

static void write_error(const pond_err *err, pond_buf *out) {
    if (err->where.line > 0)
        pond_buf_printf(out, "%s:%u:%u: ", err->where.file, err->where.line, err->where.column);
    pond_buf_printf(out, "%s\n%s", err->msg, err->detail);
}

// Comparing ---------------------------------------------------------------------------------------

static void print_lines(pond_sv text, const char *mark) {
    pond_sv line;
    while (pond_sv_split(&text, '\n', &line))
        fprintf(stderr, "%s%.*s\n", mark, POND_SV_ARG(line));
}

static void compare(const test_case *c, const section *s, pond_buf *got, bool is_exact) {
    section shown = {.text = pond_buf_view(got)};
    pond_sv want = section_text(s, is_exact);
    pond_sv have = is_exact ? shown.text : section_text(&shown, false);
    if (pond_sv_eq(want, have))
        return;
    print_lines(want, "- ");
    print_lines(have, "+ ");
    fail_msg("%s:%u: %.*s: the %.*s differs", c->file, c->line, POND_SV_ARG(c->title),
             POND_SV_ARG(s->word));
}

static void run_case(void **state) {
    const test_case *c = *state;
    if (find_section(c, "skip") != NULL)
        skip();
    static pond_err err;
    pond_arena a;
    pond_arena_init(&a);
    bool is_exact = find_section(c, "exact") != NULL;
    pond_tera_options options = {.limits = read_limits(&a, c)};
    pond_tera *t = pond_tera_new(&options);
    pond_buf out = POND_BUF_EMPTY, text = POND_BUF_EMPTY, warnings = POND_BUF_EMPTY;
    pond_code code = run(t, &a, c, is_exact, &out, &err);
    const section *output = find_section(c, "output"), *error = find_section(c, "error");
    const section *warning = find_section(c, "warning");
    if (code != POND_OK)
        write_error(&err, &text);
    if (code != POND_OK && error == NULL)
        fail_msg("%s:%u: %.*s: %s", c->file, c->line, POND_SV_ARG(c->title), text.p);
    if (code == POND_OK && error != NULL)
        fail_msg("%s:%u: %.*s: no error, but %s", c->file, c->line, POND_SV_ARG(c->title),
                 out.n > 0 ? out.p : "no output");
    if (output == NULL && error == NULL && warning == NULL)
        fail_msg("%s:%u: %.*s: nothing is expected", c->file, c->line, POND_SV_ARG(c->title));
    if (output != NULL)
        compare(c, output, &out, is_exact);
    if (error != NULL)
        compare(c, error, &text, false);
    if (warning != NULL) {
        pond_tera_lint(t, main_name(c), add_warning, &warnings);
        compare(c, warning, &warnings, false);
    }
    pond_buf_free(&out);
    pond_buf_free(&text);
    pond_buf_free(&warnings);
    pond_tera_free(t);
    pond_arena_deinit(&a);
}

int main(void) {
    pond_arena a;
    pond_arena_init(&a);
    glob_t files;
    case_vec cases = {0};
    if (glob("tests/tera/*.test", 0, NULL, &files) != 0) {
        fprintf(stderr, "no tests/tera/*.test here; run from the root of the checkout\n");
        return 1;
    }
    for (size_t i = 0; i < files.gl_pathc; i++)
        read_file(&a, files.gl_pathv[i], &cases);
    struct CMUnitTest *tests = POND_NEW_ARRAY(&a, struct CMUnitTest, cases.n);
    for (size_t i = 0; i < cases.n; i++)
        tests[i] = (struct CMUnitTest){.name = pond_printf(&a, "%s:%u: %.*s", cases.items[i].file,
                                                           cases.items[i].line,
                                                           POND_SV_ARG(cases.items[i].title)),
                                       .test_func = run_case,
                                       .initial_state = &cases.items[i]};
    int failed = _cmocka_run_group_tests("tests/tera", tests, cases.n, NULL, NULL);
    globfree(&files);
    pond_arena_deinit(&a);
    return failed;
}
