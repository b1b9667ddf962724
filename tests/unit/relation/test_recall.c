// What one session writes down about files of the host, and what the next one takes from it.
#include "relation/recall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

typedef struct fixture {
    pond_arena arena;
    pond_session *session;
    pond_buf text; // what the last session wrote
} fixture;

static int setup(void **state) {
    fixture *f = pond_xmalloc(sizeof *f);
    *f = (fixture){0};
    pond_arena_init(&f->arena);
    f->session = pond_session_new(&f->arena, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    fixture *f = *state;
    pond_session_close(f->session, NULL);
    pond_buf_free(&f->text);
    pond_arena_deinit(&f->arena);
    free(f);
    return 0;
}

// Ends the session, and begins the next one with what it wrote.
static bool next(fixture *f, bool hashes_all) {
    pond_buf text = POND_BUF_EMPTY;
    bool has_news = pond_recall_write(f->session, &text);
    pond_session_close(f->session, NULL);
    if (has_news) {
        pond_buf_free(&f->text);
        f->text = text;
    }
    f->session = pond_session_new(&f->arena, NULL);
    pond_sv kept = pond_sv_dup(&f->arena, pond_buf_view(&f->text));
    pond_recall_begin(f->session, kept, hashes_all);
    return has_news;
}

static struct stat stat_of(long long size, long long mtime_ns, long long ctime_ns, ino_t inode) {
    struct stat st = {.st_size = size, .st_ino = inode};
    st.st_mtim = (struct timespec){mtime_ns / 1000000000, mtime_ns % 1000000000};
    st.st_ctim = (struct timespec){ctime_ns / 1000000000, ctime_ns % 1000000000};
    return st;
}

static const long long T = 1700000000123456789;

static void note(fixture *f, pond_sv path, struct stat st) {
    pond_sha256 hash = pond_sha256_of(path);
    relation_note_hash(f->session, path, &st, &hash);
}

static bool knows(fixture *f, pond_sv path, struct stat st) {
    pond_sha256 found, hash = pond_sha256_of(path);
    return relation_recall_hash(f->session, path, &st, &found) && pond_sha256_eq(&found, &hash);
}

static void test_a_file_that_looks_the_same_has_the_recorded_hash(void **state) {
    fixture *f = *state;
    const pond_sv odd = POND_SV("/a\"b\\\n\xff.csv");
    const ino_t large = (ino_t)UINT64_C(0xfedcba9876543210);
    pond_recall_begin(f->session, POND_SV(""), false);
    note(f, POND_SV("/a"), stat_of(5, T, T + 1, 7));
    note(f, odd, stat_of(0, -1, -2, large));
    assert_true(next(f, false));
    assert_true(knows(f, POND_SV("/a"), stat_of(5, T, T + 1, 7)));
    assert_true(knows(f, odd, stat_of(0, -1, -2, large)));
    assert_false(knows(f, POND_SV("/a"), stat_of(6, T, T + 1, 7)));
    assert_false(knows(f, POND_SV("/a"), stat_of(5, T + 1, T + 1, 7)));
    assert_false(knows(f, POND_SV("/a"), stat_of(5, T, T + 2, 7)));
    assert_false(knows(f, POND_SV("/a"), stat_of(5, T, T + 1, 8)));
    assert_false(knows(f, POND_SV("/A"), stat_of(5, T, T + 1, 7)));
    assert_false(next(f, true)); // nothing new: nothing is written
    assert_false(knows(f, POND_SV("/a"), stat_of(5, T, T + 1, 7)));
}

static void test_nothing_is_noted_or_found_before_it_begins(void **state) {
    fixture *f = *state;
    pond_buf text = POND_BUF_EMPTY;
    note(f, POND_SV("/a"), stat_of(5, T, T, 7));
    assert_false(knows(f, POND_SV("/a"), stat_of(5, T, T, 7)));
    assert_false(pond_recall_write(f->session, &text));
    assert_int_equal(text.n, 0);
}

static relation_known *rows_of(fixture *f, pond_sv name, pond_sv type) {
    relation_known *k = POND_NEW(&f->arena, relation_known);
    pond_fact_column *c = POND_NEW_ARRAY(&f->arena, pond_fact_column, 2);
    pond_fact_days *days = POND_NEW(&f->arena, pond_fact_days);
    c[0] = (pond_fact_column){POND_SV("ts"), POND_SV("TIMESTAMP_NS"), 0};
    c[1] = (pond_fact_column){name, type, 3};
    *days = (pond_fact_days){-2, 5};
    *k = (relation_known){.warning = POND_SV("left out: \"x\"")};
    k->rows = (pond_measured){.rows = 4,
                              .time_column = POND_SV("ts"),
                              .t_min_us = -7,
                              .t_max_us = 9,
                              .facts = {.columns = c,
                                        .n_columns = 2,
                                        .order = POND_ASCENDING,
                                        .is_finite = true,
                                        .has_days = true,
                                        .days = days,
                                        .n_days = 1}};
    return k;
}

static void test_rows_come_back_as_they_were(void **state) {
    fixture *f = *state;
    const pond_sv name = POND_SV("Größe \"m\" \xe6\xb0\xb4");
    const pond_sha256 key = pond_sha256_of(POND_SV("key")),
                      other = pond_sha256_of(POND_SV("other"));
    pond_recall_begin(f->session, POND_SV(""), false);
    relation_note_rows(f->session, &key, rows_of(f, name, POND_SV("DECIMAL(18,3)")));
    relation_note_rows(f->session, &other, rows_of(f, name, POND_SV("STRUCT(a INTEGER)")));
    assert_true(next(f, true)); // what rows a content has does not depend on times
    assert_null(relation_recall_rows(f->session, &other));
    const relation_known *k = relation_recall_rows(f->session, &key);
    assert_non_null(k);
    assert_int_equal(k->rows.rows, 4);
    assert_int_equal(k->rows.t_min_us, -7);
    assert_int_equal(k->rows.t_max_us, 9);
    assert_true(pond_sv_is(k->rows.time_column, "ts"));
    assert_true(pond_sv_is(k->warning, "left out: \"x\""));
    assert_int_equal(k->rows.facts.schema.n, 2);
    assert_true(pond_sv_eq(k->rows.facts.schema.items[1].name, name));
    assert_true(pond_sv_is(k->rows.facts.schema.items[1].type, "DECIMAL(18,3)"));
    assert_int_equal(k->rows.facts.columns[1].n_nulls, 3);
    assert_int_equal(k->rows.facts.order, POND_ASCENDING);
    assert_true(k->rows.facts.is_finite && k->rows.facts.has_days);
    assert_int_equal(k->rows.facts.n_days, 1);
    assert_int_equal(k->rows.facts.days[0].first, -2);
    assert_int_equal(k->rows.facts.days[0].last, 5);
}

static void test_what_is_not_used_is_forgotten_after_a_while(void **state) {
    fixture *f = *state;
    pond_recall_begin(f->session, POND_SV(""), false);
    note(f, POND_SV("/old"), stat_of(1, T, T, 1));
    note(f, POND_SV("/used"), stat_of(2, T, T, 2));
    for (int i = 0; i <= 15; i++) {
        assert_true(next(f, false));
        note(f, POND_SV("/news"), stat_of(i, T, T, 3));
        assert_true(knows(f, POND_SV("/used"), stat_of(2, T, T, 2)));
    }
    assert_true(next(f, false));
    assert_true(knows(f, POND_SV("/used"), stat_of(2, T, T, 2)));
    assert_false(knows(f, POND_SV("/old"), stat_of(1, T, T, 1)));
}

static void test_no_bit_of_the_text_may_change(void **state) {
    fixture *f = *state;
    const pond_sha256 key = pond_sha256_of(POND_SV("key"));
    pond_recall_begin(f->session, POND_SV(""), false);
    note(f, POND_SV("/a"), stat_of(5, T, T, 7));
    relation_note_rows(f->session, &key, rows_of(f, POND_SV("v"), POND_SV("BIGINT")));
    assert_true(next(f, false));
    for (size_t i = 0; i < f->text.n; i++) {
        pond_sv damaged = pond_sv_dup(&f->arena, pond_buf_view(&f->text));
        ((char *)(uintptr_t)damaged.p)[i] ^= 1;
        pond_recall_begin(f->session, damaged, false);
        assert_false(knows(f, POND_SV("/a"), stat_of(5, T, T, 7)));
        assert_null(relation_recall_rows(f->session, &key));
        pond_recall_begin(f->session, pond_sv_sub(pond_buf_view(&f->text), 0, i), false);
        assert_null(relation_recall_rows(f->session, &key));
    }
}

static void test_only_names_of_types_are_types(void **state) {
    (void)state;
    static const char *const good[] = {"BIGINT", "TIMESTAMP WITH TIME ZONE", "DECIMAL(18,3)",
                                       "\"NULL\""},
                             *const bad[] = {"",           "bigint",        "BIGINT)",
                                             "DECIMAL()",  "DECIMAL(1)",    "DECIMAL(1,2),(3)",
                                             "DECIMAL(,)", "DECIMAL(1,-2)", "INTEGER[]",
                                             "DECIMAL(",   "DECIMAL(1, 2)", "STRUCT(a INTEGER)"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(pond_type_is_name(pond_sv_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(pond_type_is_name(pond_sv_of(bad[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_file_that_looks_the_same_has_the_recorded_hash,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_noted_or_found_before_it_begins, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_rows_come_back_as_they_were, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_used_is_forgotten_after_a_while, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_no_bit_of_the_text_may_change, setup, teardown),
        cmocka_unit_test(test_only_names_of_types_are_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
