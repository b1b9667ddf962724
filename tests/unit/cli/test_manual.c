// The page of factories inside the program, and Markdown as text.
#include "cli/manual.h"
#include "cli/markdown.h"
#include "factory/factory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

// The page ----------------------------------------------------------------------------------------

static void add(pond_arena *a, pond_map *keys, const char *at, const pond_options *options) {
    for (size_t i = 0; i < options->n; i++)
        *pond_map_at(keys, pond_svf(a, "%s%s", at, options->rows[i].name), NULL) = keys;
}

// The keys that the factory reads.
static void find_read(pond_arena *a, const pond_factory *f, pond_map *keys) {
    pond_map_init(keys, a);
    add(a, keys, "", f->options);
    for (size_t i = 0; i < f->n_parts; i++)
        add(a, keys, f->parts[i].at, f->parts[i].options);
}

// The keys of the table of a section, whose rows are "| `key` | type | default | unit | meaning |".
static void find_written(pond_arena *a, const pond_factory *f, pond_sv body, pond_map *keys) {
    static const char header[] =
        "| key | type | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n";
    ptrdiff_t at = pond_sv_find(body, pond_sv_of(header));
    if (at < 0)
        fail_msg("the section of '%s' has no table of keys, with a type, a default and a unit",
                 f->name);
    pond_sv rest = pond_sv_sub(body, (size_t)at + strlen(header), body.n), line;
    pond_map_init(keys, a);
    while (pond_sv_split(&rest, '\n', &line) && pond_sv_starts(line, POND_SV("| `"))) {
        pond_sv key = pond_sv_sub(line, 3, line.n);
        key = pond_sv_sub(key, 0, (size_t)pond_sv_find_char(key, '`'));
        bool is_new;
        *pond_map_at(keys, key, &is_new) = keys;
        if (!is_new)
            fail_msg("'%.*s' is twice in the table of '%s'", POND_SV_ARG(key), f->name);
        size_t n_cells = 0;
        for (size_t i = 0; i < line.n; i++)
            n_cells += line.p[i] == '|';
        if (n_cells != 6)
            fail_msg("'%.*s' of '%s' has not five cells", POND_SV_ARG(key), f->name);
    }
}

static void expect_within(const pond_map *keys, const pond_map *others, const char *factory,
                          const char *what) {
    for (size_t i = 0; i < keys->n; i++)
        if (pond_map_get(others, keys->entries[i].key) == NULL)
            fail_msg("the key '%.*s' of '%s' %s", POND_SV_ARG(keys->entries[i].key), factory, what);
}

static void every_factory_has_a_section_with_its_keys(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < pond_factory_count(); i++) {
        const pond_factory *f = pond_factory_at(i);
        cli_section section;
        if (!cli_manual_find(&a, pond_sv_of(f->name), &section))
            fail_msg("docs/factories.md has no section '## %s'", f->name);
        pond_map read, written;
        find_read(&a, f, &read);
        find_written(&a, f, section.body, &written);
        expect_within(&read, &written, f->name, "is not in the table of its section");
        expect_within(&written, &read, f->name,
                      "is in the table of its section, and the factory does not know it");
        static const char *const parts[] = {"```sh\n", "```text\n", "*Slices:* ", "*Cost:* "};
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            if (pond_sv_find(section.body, pond_sv_of(parts[k])) < 0)
                fail_msg("the section of '%s' has no '%s'", f->name, parts[k]);
    }
    pond_arena_deinit(&a);
}

static void sections_are_found_by_whole_words(void **state) {
    (void)state;
    pond_arena a;
    cli_section section;
    pond_arena_init(&a);
    static const char *const missing[] = {"", "check", "sql-derived", "CHECKS"};
    assert_true(cli_manual_find(&a, POND_SV("sql-derived-table"), &section));
    pond_buf anchor = POND_BUF_EMPTY;
    cli_manual_anchor(section.heading, &anchor);
    assert_string_equal(anchor.p, "sql-derived-series-and-sql-derived-table");
    pond_buf_free(&anchor);
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        assert_false(cli_manual_find(&a, pond_sv_of(missing[i]), &section));
    pond_arena_deinit(&a);
}

// Markdown ----------------------------------------------------------------------------------------

static void expect_text(const char *markdown, const char *expected) {
    pond_buf out = POND_BUF_EMPTY;
    cli_markdown_text(pond_sv_of(markdown), &out);
    assert_string_equal(out.p == NULL ? "" : out.p, expected);
    pond_buf_free(&out);
}

static void paragraphs_and_lists_are_wrapped(void **state) {
    (void)state;
    expect_text("", "");
    expect_text("one\ntwo\n\nthree", "one two\n\nthree\n");
    expect_text(
        "*Slices:* **never**, `a * b` and [queries.md](queries.md#x), [SQL](https://x.org/).\n",
        "Slices: never, `a * b` and queries.md, SQL (https://x.org/).\n");
    expect_text("a [b] (c), [d", "a [b] (c), [d\n");
    expect_text("- one\n  more\n- two\nthen\n\nnext\n", "- one more\n- two then\n\nnext\n");
    expect_text("### Größe\n\ntext\n", "Größe\n-----\n\ntext\n");
    pond_buf words = POND_BUF_EMPTY, out = POND_BUF_EMPTY;
    pond_buf_str(&words, "-");
    for (int i = 0; i < 50; i++)
        pond_buf_str(&words, " ä1"); // three bytes, two columns
    cli_markdown_text(pond_buf_view(&words), &out);
    pond_sv rest = pond_buf_view(&out), line;
    size_t n = 0;
    while (pond_sv_split(&rest, '\n', &line) && line.n > 0) {
        assert_true(pond_utf8_count(line) <= CLI_MARKDOWN_WIDTH);
        assert_true(pond_sv_starts(line, n++ == 0 ? POND_SV("- ä") : POND_SV("  ")));
    }
    assert_int_equal(n, 2); // 33 words of two characters and a blank are 98 characters after "- "
    pond_buf_free(&words);
    pond_buf_free(&out);
}

static void code_is_kept(void **state) {
    (void)state;
    expect_text("```sh\na  *b* | [c](d)\n\n  e\n```\nf\n", "    a  *b* | [c](d)\n\n      e\nf\n");
    expect_text("```sh\nnever closed", "    never closed\n");
}

static void tables_fit(void **state) {
    (void)state;
    expect_text("| key | | unit | meaning |\n| --- | --- | --- | --- |\n| `ä` | x | | first |\n| "
                "`bb` | | | second |\nafter\n",
                "key      meaning\n----------------\n`ä`   x  first\n`bb`     second\nafter\n");
    expect_text("| a | b |\n| --- | --- |\n| 1 |\n", "a\n-\n1\n");
    pond_buf table = POND_BUF_EMPTY, out = POND_BUF_EMPTY;
    pond_buf_str(&table, "| key | meaning |\n| --- | --- |\n| `a-name-that-is-not-cut` | ");
    for (int i = 0; i < 50; i++)
        pond_buf_str(&table, "word ");
    pond_buf_str(&table, "|\n| `b` | end |\n");
    cli_markdown_text(pond_buf_view(&table), &out);
    pond_sv rest = pond_buf_view(&out), line;
    size_t n = 0;
    for (; pond_sv_split(&rest, '\n', &line) && line.n > 0; n++)
        assert_true(line.n <= CLI_MARKDOWN_WIDTH);
    assert_int_equal(n, 7); // 15 words fit beside the key
    pond_buf_free(&table);
    pond_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_factory_has_a_section_with_its_keys),
        cmocka_unit_test(sections_are_found_by_whole_words),
        cmocka_unit_test(paragraphs_and_lists_are_wrapped),
        cmocka_unit_test(code_is_kept),
        cmocka_unit_test(tables_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
