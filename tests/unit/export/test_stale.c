// What of the last run can stay: every way in which a file, a target or a fingerprint can differ.
#include "fixture.h"

#include "export/stale.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// A directory in which the last run made a target `t` of two files, t/1 and t/2.
typedef struct stale_fixture {
    export_fixture e;
    export_target target;
    manifest_file files[2];
} stale_fixture;

static pond_sha256 fingerprint;

static void setup_stale(stale_fixture *f) {
    setup_pond(&f->e.pond);
    begin_export(&f->e, (const char *[]){"/*", NULL}, 1);
    open_run(&f->e);
    fingerprint = hash_of("inputs");
    pond_arena *a = &f->e.pond.arena;
    manifest_target *before = POND_NEW(a, manifest_target);
    before->fingerprint = hash_of("target");
    before->n_files = 2;
    before->files = f->files;
    for (int i = 0; i < 2; i++) {
        struct stat st;
        pond_sv file = pond_svf(a, "t/%d", i + 1);
        const char *path = export_dir_file(&f->e.run.dir, a, file);
        write_file(&f->e, path, "content");
        assert_int_equal(stat(path, &st), 0);
        f->files[i].output.record = (export_record){
            .file = file,
            .size_bytes = 7,
            .checksum = hash_of("content"),
            .fingerprint = fingerprint,
            .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
        *pond_map_at(&f->e.run.before->files, file, NULL) = &f->files[i];
    }
    *pond_map_at(&f->e.run.before->targets, POND_SV("t"), NULL) = before;
    f->target = (export_target){.place = POND_SV("t"), .fingerprint = hash_of("target")};
}

static void teardown_stale(stale_fixture *f) {
    CHECK_OK(&f->e.pond, pond_remove_tree(pond_path_join(&f->e.pond.arena, f->e.run.dir.path, "t"),
                                          &f->e.pond.err));
    close_run(&f->e);
    end_export(&f->e);
    teardown_pond(&f->e.pond);
}

static const char *path_of(stale_fixture *f, int i) {
    return export_dir_file(&f->e.run.dir, &f->e.pond.arena, f->files[i].output.record.file);
}

static void touch(const char *path) {
    const struct timespec times[2] = {{1, 0}, {1, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_valid(stale_fixture *f) {
    return stale_find_valid(&f->e.run, POND_SV("t/1"), &fingerprint) == &f->files[0];
}

static void a_file_can_stay_while_it_is_the_recorded_one(void **state) {
    (void)state;
    stale_fixture f = {0};
    setup_stale(&f);
    assert_true(is_valid(&f));
    assert_null(stale_find_valid(&f.e.run, POND_SV("t/3"), &fingerprint));
    const pond_sha256 other = hash_of("other inputs");
    assert_null(stale_find_valid(&f.e.run, POND_SV("t/1"), &other));
    f.e.options.rebuild = true;
    assert_false(is_valid(&f));
    f.e.options.rebuild = false;

    touch(path_of(&f, 0));
    assert_false(is_valid(&f));
    f.e.options.verify = true; // reads the file, whatever its mtime
    assert_true(is_valid(&f));
    write_file(&f.e, path_of(&f, 0), "CONTENT");
    assert_false(is_valid(&f));
    f.e.options.verify = false;
    write_file(&f.e, path_of(&f, 0), "content and more");
    assert_false(is_valid(&f));
    assert_int_equal(unlink(path_of(&f, 0)), 0);
    assert_false(is_valid(&f));
    assert_int_equal(mkdir(path_of(&f, 0), 0777), 0);
    assert_false(is_valid(&f));
    teardown_stale(&f);
}

static void a_target_is_kept_with_all_its_files_or_not_at_all(void **state) {
    (void)state;
    stale_fixture f = {0};
    setup_stale(&f);
    assert_true(stale_keep_target(&f.e.run, &f.target));
    assert_true(f.target.is_kept);
    assert_int_equal(f.target.outputs.n, 2);
    for (int i = 0; i < 2; i++) {
        assert_ptr_equal(f.target.outputs.items[i], &f.files[i].output);
        assert_int_equal(f.files[i].output.state, POND_EXPORT_SAME);
        assert_ptr_equal(f.files[i].output.target, &f.target);
        assert_true(f.files[i].is_claimed);
    }
    assert_true(stale_is_unchanged(&f.e.run, &f.target));
    f.files[1].output.state = POND_EXPORT_CHANGED;
    assert_false(stale_is_unchanged(&f.e.run, &f.target));

    f.files[0].is_claimed = f.files[1].is_claimed = false;
    touch(path_of(&f, 1));
    export_target again = {.place = POND_SV("t"), .fingerprint = hash_of("target")};
    assert_false(stale_keep_target(&f.e.run, &again));
    assert_int_equal(again.outputs.n, 0);
    assert_false(f.files[0].is_claimed);
    export_target changed = {.place = POND_SV("t"), .fingerprint = hash_of("another")};
    assert_false(stale_keep_target(&f.e.run, &changed));
    export_target unknown = {.place = POND_SV("u"), .fingerprint = hash_of("target")};
    assert_false(stale_keep_target(&f.e.run, &unknown));
    assert_false(stale_is_unchanged(&f.e.run, &unknown));
    teardown_stale(&f);
}

// Very many files are looked at before they are asked for, by several threads.
static void looking_ahead_sees_what_looking_sees(void **state) {
    (void)state;
    enum {
        N_TARGETS = 70,
        N_FILES = 50,
        MISSING = 0,
        TOUCHED = 1234,
        LONGER = N_TARGETS * N_FILES - 1
    };
    stale_fixture f = {0};
    setup_stale(&f);
    export_run *run = &f.e.run;
    pond_arena *a = run->arena;
    manifest_target *before = POND_NEW_ARRAY(a, manifest_target, N_TARGETS);
    export_target *targets = POND_NEW_ARRAY(a, export_target, N_TARGETS);
    for (int i = 0; i < N_TARGETS; i++) {
        targets[i] = (export_target){.place = pond_svf(a, "place %d", i)};
        before[i].n_files = N_FILES;
        before[i].files = POND_NEW_ARRAY(a, manifest_file, N_FILES);
        for (int k = 0; k < N_FILES; k++)
            before[i].files[k] = f.files[k % 2];
        *pond_map_at(&run->before->targets, targets[i].place, NULL) = &before[i];
    }
    before[MISSING / N_FILES].files[MISSING % N_FILES].output.record.file = POND_SV("t/none");
    before[TOUCHED / N_FILES].files[TOUCHED % N_FILES].output.record.mtime_ns++;
    before[LONGER / N_FILES].files[LONGER % N_FILES].output.record.size_bytes++;
    run->n_stages = 1;
    run->stages = POND_NEW(a, export_stage);
    *run->stages = (export_stage){.targets = targets, .n_targets = N_TARGETS};
    f.e.options.n_jobs = 3;
    CHECK_OK(&f.e.pond, stale_look_ahead(run, 0, &f.e.pond.err));
    for (int i = 0; i < N_TARGETS * N_FILES; i++) {
        const manifest_file *file = &before[i / N_FILES].files[i % N_FILES];
        assert_true(file->is_looked_at);
        assert_int_equal(file->is_as_recorded, i != MISSING && i != TOUCHED && i != LONGER);
    }
    for (int i = 0; i < N_TARGETS; i++)
        assert_int_equal(stale_keep_target(run, &targets[i]),
                         i != MISSING / N_FILES && i != TOUCHED / N_FILES && i != LONGER / N_FILES);
    teardown_stale(&f);
}

static export_output made(const char *file, const char *content) {
    return (export_output){.record = {.file = pond_sv_of(file),
                                      .size_bytes = strlen(content),
                                      .checksum = hash_of(content)}};
}

static void the_bytes_decide_the_state_of_a_file_made_again(void **state) {
    (void)state;
    stale_fixture f = {0};
    setup_stale(&f);
    export_output new_file = made("u", "content"), same = made("t/1", "content"),
                  changed = made("t/2", "context");
    stale_settle(&f.e.run, &new_file, "changed");
    assert_int_equal(new_file.state, POND_EXPORT_NEW);
    stale_settle(&f.e.run, &same, "changed");
    assert_int_equal(same.state, POND_EXPORT_SAME);
    assert_true(f.files[0].is_claimed);
    stale_settle(&f.e.run, &changed, "changed: /a.series");
    assert_int_equal(changed.state, POND_EXPORT_CHANGED);
    assert_string_equal(changed.why, "changed: /a.series");
    // The right bytes, but the file in place is not the recorded one.
    touch(path_of(&f, 0));
    stale_settle(&f.e.run, &same, "touched");
    assert_int_equal(same.state, POND_EXPORT_CHANGED);
    teardown_stale(&f);
}

static void files_that_no_target_makes_are_stale(void **state) {
    (void)state;
    stale_fixture f = {0};
    setup_stale(&f);
    export_outputs stale = {0};
    f.files[0].is_claimed = true;
    export_output mine = made("mine", "content");
    *pond_vec_push(&f.e.pond.arena, &f.e.run.outputs) = &mine;
    const char *journal[] = {"mine", "t/2", "lost"};
    for (int i = 0; i < 3; i++)
        *pond_map_at(&f.e.run.before->journal, pond_sv_of(journal[i]), NULL) = &f;
    stale_find(&f.e.run, &stale);
    assert_int_equal(stale.n, 2);
    assert_true(is_text(stale.items[0]->record.file, "lost"));
    assert_true(is_text(stale.items[1]->record.file, "t/2"));
    assert_int_equal(stale.items[1]->state, POND_EXPORT_STALE);
    teardown_stale(&f);
}

// A manifest that somebody changed may have a file in two targets, of which one is gone.
static void a_file_that_is_made_is_not_stale(void **state) {
    (void)state;
    stale_fixture f = {0};
    setup_stale(&f);
    export_outputs stale = {0};
    f.files[0].is_claimed = true;
    export_output mine = made("t/2", "content");
    *pond_vec_push(&f.e.pond.arena, &f.e.run.outputs) = &mine;
    stale_find(&f.e.run, &stale);
    assert_int_equal(stale.n, 0);
    teardown_stale(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_can_stay_while_it_is_the_recorded_one),
        cmocka_unit_test(a_target_is_kept_with_all_its_files_or_not_at_all),
        cmocka_unit_test(looking_ahead_sees_what_looking_sees),
        cmocka_unit_test(the_bytes_decide_the_state_of_a_file_made_again),
        cmocka_unit_test(files_that_no_target_makes_are_stale),
        cmocka_unit_test(a_file_that_is_made_is_not_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
