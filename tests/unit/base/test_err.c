// Errors: messages, context, details, carets.
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void check_printed(const pond_err *err, const char *expected) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    pond_err_print(err, "pond", out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void raising(void **state) {
    (void)state;
    pond_err err = {0};
    assert_int_equal(pond_fail(&err, POND_ERR_LIMIT, "too %s: %d", "many", 7), POND_ERR_LIMIT);
    assert_int_equal(err.code, POND_ERR_LIMIT);
    check_printed(&err, "pond: too many: 7\n");
    assert_int_equal(pond_fail(NULL, POND_ERR_IO, "nobody listens"), POND_ERR_IO);
    assert_int_equal(pond_fail_at(NULL, POND_ERR_IO, "f", 1, 2, "nobody"), POND_ERR_IO);
}

static void raising_at_a_place(void **state) {
    (void)state;
    pond_err err = {0};
    assert_int_equal(pond_fail_at(&err, POND_ERR_SYNTAX, "a.yaml", 3, 14, "no '%c'", ':'),
                     POND_ERR_SYNTAX);
    check_printed(&err, "pond: a.yaml:3:14: no ':'\n");
    pond_fail_at(&err, POND_ERR_SYNTAX, "a.yaml", 0, 0, "no place in it");
    check_printed(&err, "pond: a.yaml: no place in it\n");
}

static void a_new_error_clears_the_old_one(void **state) {
    (void)state;
    pond_err err = {0};
    pond_fail_at(&err, POND_ERR_SYNTAX, "f", 1, 1, "first");
    pond_err_detail(&err, "below");
    pond_wrap(&err, err.code, "around");
    pond_fail(&err, POND_ERR_INVALID, "second, not %s", err.msg); // it may quote what it replaces
    check_printed(&err, "pond: second, not first\n");
    pond_err_clear(&err);
    assert_int_equal(err.code, POND_OK);
    check_printed(&err, "pond: \n");
}

static void errno_chooses_the_code(void **state) {
    (void)state;
    pond_err err = {0};
    errno = ENOENT;
    assert_int_equal(pond_fail_errno(&err, "cannot open '%s'", "x"), POND_ERR_NOT_FOUND);
    assert_string_equal(err.msg, "cannot open 'x': No such file or directory");
    errno = EEXIST;
    assert_int_equal(pond_fail_errno(&err, "cannot make 'x'"), POND_ERR_EXISTS);
    errno = ENOSPC;
    assert_int_equal(pond_fail_errno(&err, "cannot write 'x'"), POND_ERR_IO);
    assert_string_equal(err.msg, "cannot write 'x': No space left on device");
    errno = EACCES;
    assert_int_equal(pond_fail_errno(NULL, "cannot write 'x'"), POND_ERR_IO);
}

static void contexts_print_outermost_first(void **state) {
    (void)state;
    pond_err err = {0};
    pond_code rc = pond_fail(&err, POND_ERR_INVALID, "no");
    assert_int_equal(pond_wrap(&err, rc, "stage %d", 2), POND_ERR_INVALID);
    pond_wrap(&err, rc, "export '%s'", "site");
    check_printed(&err, "pond: export 'site': stage 2: no\n");
    assert_int_equal(pond_wrap(&err, POND_OK, "not this"), POND_OK);
    assert_int_equal(pond_wrap(NULL, POND_ERR_IO, "nor this"), POND_ERR_IO);
    assert_int_equal(err.n_ctx, 2);
    for (int i = 0; i < 20; i++)
        pond_wrap(&err, rc, "level %d", i);
    assert_int_equal(err.n_ctx, POND_ERR_MAX_CTX);
    assert_string_equal(err.ctx[POND_ERR_MAX_CTX - 1], "level 5");
}

static void details_are_whole_lines(void **state) {
    (void)state;
    pond_err err = {0};
    pond_fail(&err, POND_ERR_INVALID, "no");
    pond_err_detail(&err, "one %d", 1);
    pond_err_detail(&err, "two\n");
    check_printed(&err, "pond: no\none 1\ntwo\n");
    pond_err_detail(NULL, "nobody");
}

static void a_name_in_a_detail_stays_in_its_line(void **state) {
    (void)state;
    pond_err err = {0};
    pond_fail(&err, POND_ERR_INVALID, "no");
    pond_err_detail(&err, "did you mean '%s'?", "a\npond: b\n");
    pond_err_detail(&err, "%s", "a text\nof two lines");
    pond_err_detail(&err, "one\n%s", "two");
    check_printed(&err,
                  "pond: no\ndid you mean 'a\\npond: b\\n'?\na text\nof two lines\none\ntwo\n");
    char text[POND_ERR_DETAIL];
    memset(text, '\n', sizeof text);
    text[sizeof text - 200] = '\0';
    pond_err_detail(&err, "-%s-", text);
    assert_true(strlen(err.detail) < sizeof err.detail);
    const char *last = strstr(err.detail, "\n-");
    assert_true(strchr(last + 1, '\n') == err.detail + strlen(err.detail) - 1);
}

static void texts_that_are_cut_say_so(void **state) {
    (void)state;
    char text[POND_ERR_DETAIL * 2];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    pond_err err = {0};
    pond_fail(&err, POND_ERR_INVALID, "%s", text);
    assert_int_equal(strlen(err.msg), POND_ERR_MSG - 1);
    assert_string_equal(err.msg + POND_ERR_MSG - 6, "xx...");
    pond_wrap(&err, err.code, "%s", text);
    assert_int_equal(strlen(err.ctx[0]), POND_ERR_CTX - 1);
    assert_string_equal(err.ctx[0] + POND_ERR_CTX - 6, "xx...");
    for (int i = 0; i < 3; i++)
        pond_err_detail(&err, "%s", text);
    size_t n = strlen(err.detail);
    assert_true(n < POND_ERR_DETAIL);
    assert_string_equal(err.detail + n - 5, "x...\n");
    pond_fail_at(&err, POND_ERR_INVALID, text, 1, 1, "a long name");
    assert_int_equal(strlen(err.where.file), sizeof err.where.file - 1);
}

static void check_caret(const char *line, uint32_t column, uint32_t width, const char *expected) {
    pond_err err = {0};
    pond_err_caret(&err, line, strlen(line), column, width);
    assert_string_equal(err.detail, expected);
}

static void carets_are_below_their_characters(void **state) {
    (void)state;
    check_caret("abc def", 5, 3, "    abc def\n        ^^^\n");
    check_caret("abc", 1, 0, "    abc\n    ^\n");    // at least one
    check_caret("abc", 4, 1, "    abc\n       ^\n"); // after the end
    check_caret("\tx = 1", 4, 1, "    \tx = 1\n    \t  ^\n");
    check_caret("\xC3\xA9\xE2\x82\xAC = x", 6, 1, "    \xC3\xA9\xE2\x82\xAC = x\n         ^\n");
    check_caret("", 1, 1, "    \n    ^\n");
    char line[500];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    check_caret(line, 3, 1, ""); // too long to show
    pond_err_caret(NULL, "x", 1, 1, 1);
}

static void codes_have_names_and_statuses(void **state) {
    (void)state;
    assert_string_equal(pond_code_name(POND_OK), "OK");
    assert_string_equal(pond_code_name(POND_ERR_USAGE), "USAGE");
    assert_string_equal(pond_code_name(POND_ERR_INTERNAL), "INTERNAL");
    assert_string_equal(pond_code_name(POND_N_CODES), "?");
    assert_int_equal(pond_code_exit_status(POND_OK), 0);
    assert_int_equal(pond_code_exit_status(POND_ERR_USAGE), 64);
    assert_int_equal(pond_code_exit_status(POND_ERR_INVALID), 65);
    assert_int_equal(pond_code_exit_status(POND_ERR_NOT_FOUND), 66);
    assert_int_equal(pond_code_exit_status(POND_ERR_IO), 74);
    assert_int_equal(pond_code_exit_status(POND_N_CODES), 70);
}

static pond_code tried(pond_err *err, pond_code inner, bool *is_reached) {
    POND_TRY(inner);
    *is_reached = true;
    POND_TRY_CTX(pond_fail(err, POND_ERR_IO, "broken"), err, "doing %d", 1);
    return POND_OK;
}

static void trying_returns_at_once(void **state) {
    (void)state;
    pond_err err = {0};
    bool is_reached = false;
    assert_int_equal(tried(&err, POND_ERR_BUSY, &is_reached), POND_ERR_BUSY);
    assert_false(is_reached);
    assert_int_equal(tried(&err, POND_OK, &is_reached), POND_ERR_IO);
    assert_true(is_reached);
    check_printed(&err, "pond: doing 1: broken\n");
}

// Characters of one to four bytes, whatever byte of them the end falls on: what is kept is whole.
static void cuts_fall_between_characters(void **state) {
    (void)state;
    static const char *const characters[] = {"x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
    for (size_t c = 0; c < 4; c++)
        for (size_t before = 0; before < 8; before++) {
            char text[2 * POND_ERR_MSG];
            size_t n = before, width = strlen(characters[c]);
            memset(text, '-', before);
            for (; n + width < sizeof text; n += width)
                memcpy(text + n, characters[c], width);
            text[n] = '\0';
            pond_err err = {0};
            pond_fail(&err, POND_ERR_INVALID, "%s", text);
            size_t kept = strlen(err.msg) - 3;
            assert_string_equal(err.msg + kept, "...");
            assert_memory_equal(err.msg, text, kept);
            assert_int_equal((kept - before) % width, 0);
            assert_true(kept + 3 + width + 4 > POND_ERR_MSG - 1); // and not much is lost
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_fall_between_characters),
        cmocka_unit_test(raising),
        cmocka_unit_test(raising_at_a_place),
        cmocka_unit_test(a_new_error_clears_the_old_one),
        cmocka_unit_test(errno_chooses_the_code),
        cmocka_unit_test(contexts_print_outermost_first),
        cmocka_unit_test(details_are_whole_lines),
        cmocka_unit_test(a_name_in_a_detail_stays_in_its_line),
        cmocka_unit_test(texts_that_are_cut_say_so),
        cmocka_unit_test(carets_are_below_their_characters),
        cmocka_unit_test(codes_have_names_and_statuses),
        cmocka_unit_test(trying_returns_at_once),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
