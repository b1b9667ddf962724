// Differences of texts: the form of a unified diff, shortest scripts, and that a diff leads from one text to the other.
#include "base/diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_diff(const char *before, const char *after, const char *expected) {
    pond_buf out = POND_BUF_EMPTY;
    pond_diff(pond_sv_of(before), pond_sv_of(after), &out);
    assert_string_equal(pond_buf_view(&out).p, expected);
    pond_buf_free(&out);
}

static void hunks_are_those_of_diff_u(void **state) {
    (void)state;
    assert_diff("", "", "");
    assert_diff("a\n", "a\n", "");
    assert_diff("", "a\n", "@@ -0,0 +1 @@\n+a\n");
    assert_diff("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n");
    assert_diff("a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
    assert_diff("1\n2\n3\n4\n5\n", "1\n2\n3\n4\n5\n6\n", "@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6\n");
    assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n", "2\n3\n4\n5\n6\n7\n",
                "@@ -1,8 +1,6 @@\n-1\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n");
    assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "2\n3\n4\n5\n6\n7\n8\n",
                "@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n@@ -6,4 +5,3 @@\n 6\n 7\n 8\n-9\n");
}

static void a_missing_newline_at_the_end_is_told(void **state) {
    (void)state;
    assert_diff("a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
    assert_diff("a\nb", "c\nb", "@@ -1,2 +1,2 @@\n-a\n+c\n b\n\\ No newline at end of file\n");
}

// The text after, made from the text before and the hunks.
static void apply(pond_sv before, pond_sv hunks, pond_buf *out) {
    size_t at = 0; // lines of `before` that are used up
    pond_sv line;
    while (hunks.n > 0) {
        size_t end = (size_t)pond_sv_find_char(hunks, '\n') + 1;
        line = pond_sv_sub(hunks, 0, end);
        hunks = pond_sv_sub(hunks, end, hunks.n);
        size_t n = 0;
        if (line.p[0] == '@') {
            unsigned long from = strtoul(line.p + 4, NULL, 10);
            bool is_empty = strncmp(strpbrk(line.p + 4, ", "), ",0 ", 3) == 0;
            n = from - (is_empty ? 0 : 1) - at;
        } else if (line.p[0] == '+') {
            pond_buf_append(out, line.p + 1, line.n - 1);
        } else if (line.p[0] == '-') {
            size_t length = (size_t)pond_sv_find_char(before, '\n') + 1;
            assert_memory_equal(before.p, line.p + 1, length);
            before = pond_sv_sub(before, length, before.n);
            at++;
        } else {
            n = 1;
        }
        for (; n > 0; n--, at++) {
            size_t length = (size_t)pond_sv_find_char(before, '\n') + 1;
            pond_buf_append(out, before.p, length);
            before = pond_sv_sub(before, length, before.n);
        }
    }
    pond_buf_sv(out, before);
}

static void random_text(pond_buf *b, int n_lines, int n_kinds) {
    pond_buf_clear(b);
    for (int i = 0; i < n_lines; i++)
        pond_buf_printf(b, "line %d\n", rand() % n_kinds);
}

// The length of the longest common subsequence, the slow way.
static size_t common_lines(pond_sv a, pond_sv b) {
    enum { MOST = 64 };
    size_t best[MOST + 1][MOST + 1] = {{0}}, n = 0, m = 0;
    pond_sv as[MOST], bs[MOST];
    while (pond_sv_split(&a, '\n', &as[n]))
        n++;
    while (pond_sv_split(&b, '\n', &bs[m]))
        m++;
    n--, m--; // what follows the last newline
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            size_t x = best[i - 1][j], y = best[i][j - 1];
            best[i][j] = pond_sv_eq(as[i - 1], bs[j - 1]) ? best[i - 1][j - 1] + 1 : x > y ? x : y;
        }
    return n + m - 2 * best[n][m];
}

static void random_texts_become_each_other_by_shortest_scripts(void **state) {
    (void)state;
    pond_buf a = POND_BUF_EMPTY, b = POND_BUF_EMPTY, out = POND_BUF_EMPTY, made = POND_BUF_EMPTY;
    srand(1);
    for (int i = 0; i < 3000; i++) {
        random_text(&a, rand() % 60, 1 + rand() % 30);
        random_text(&b, rand() % 60, 1 + rand() % 30);
        pond_buf_clear(&out);
        pond_buf_clear(&made);
        pond_diff_counts n = pond_diff(pond_buf_view(&a), pond_buf_view(&b), &out);
        apply(pond_buf_view(&a), pond_buf_view(&out), &made);
        assert_true(pond_sv_eq(pond_buf_view(&made), pond_buf_view(&b)));
        assert_int_equal(n.n_removed + n.n_added,
                         common_lines(pond_buf_view(&a), pond_buf_view(&b)));
    }
    pond_buf_free(&a), pond_buf_free(&b), pond_buf_free(&out), pond_buf_free(&made);
}

static void texts_with_nothing_in_common_are_replaced(void **state) {
    (void)state;
    pond_buf a = POND_BUF_EMPTY, b = POND_BUF_EMPTY, out = POND_BUF_EMPTY, made = POND_BUF_EMPTY;
    for (int i = 0; i < 20000; i++) {
        pond_buf_printf(&a, "before %d\n", i);
        pond_buf_printf(&b, "%s %d\n", i == 0 ? "before" : "after", i);
    }
    pond_diff_counts n = pond_diff(pond_buf_view(&a), pond_buf_view(&b), &out);
    assert_int_equal(n.n_removed, 19999);
    assert_int_equal(n.n_added, 19999);
    apply(pond_buf_view(&a), pond_buf_view(&out), &made);
    assert_true(pond_sv_eq(pond_buf_view(&made), pond_buf_view(&b)));
    pond_buf_free(&a), pond_buf_free(&b), pond_buf_free(&out), pond_buf_free(&made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hunks_are_those_of_diff_u),
        cmocka_unit_test(a_missing_newline_at_the_end_is_told),
        cmocka_unit_test(random_texts_become_each_other_by_shortest_scripts),
        cmocka_unit_test(texts_with_nothing_in_common_are_replaced),
    };
    return cmocka_run_group_tests_name("base/diff", tests, NULL, NULL);
}
