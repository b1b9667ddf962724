// Names of data files in Delta tables: which are ours, and what becomes of a name that is taken.
#include "fixture.h"

#include "export/delta/names.h"
#include "export/delta/slots.h"

#include <unistd.h>

static void our_names_are_known(void **state) {
    (void)state;
    static const char *const ours[] = {
        "part-0123456789ab.parquet",
        "year=2024/part-0123456789abcdef.parquet",
        "year=-1/month=7/day=31/part-0123456789ab.parquet",
    };
    static const char *const others[] = {
        "",
        "part-.parquet",
        "part-0123456789a.parquet",
        "part-0123456789AB.parquet",
        "part-0123456789ab.parquet.crc",
        "part-00000-3935a07c-416b-4344-ad97-2a38342ee2fc.c000.snappy.parquet",
        "data.parquet",
        "/part-0123456789ab.parquet",
        "../part-0123456789ab.parquet",
        "year=2024/../part-0123456789ab.parquet",
        "month=7/part-0123456789ab.parquet",
        "year=2024//part-0123456789ab.parquet",
        "year=x/part-0123456789ab.parquet",
        "part-0123456789ab.parquet/",
        "year=1/month=1/day=1/hour=1/minute=1/second=1/year=1/part-0123456789ab.parquet",
    };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!delta_is_our_name(pond_sv_of(ours[i])))
            fail_msg("not taken for ours: %s", ours[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (delta_is_our_name(pond_sv_of(others[i])))
            fail_msg("taken for ours: %s", others[i]);
}

static export_output made(const char *slot, const char *content) {
    return (export_output){.record = {.file = pond_sv_of(slot),
                                      .slot = pond_sv_of(slot),
                                      .size_bytes = strlen(content),
                                      .checksum = hash_of(content)}};
}

static void a_name_has_the_first_digits_that_no_other_bytes_have(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_pond(&f.pond);
    begin_export(&f, (const char *[]){"/*", NULL}, 1);
    f.options.tables = POND_TABLES_DELTA;
    open_run(&f);
    char hex[65];
    const pond_sha256 sum = hash_of("content");
    pond_sha256_hex(&sum, hex);
    const char *path[3];
    for (int i = 0; i < 3; i++)
        path[i] = pond_printf(&f.pond.arena, "t/year=2024/part-%.*s.parquet", 12 + 4 * i, hex);

    export_output o = made("t/year=2024/data.parquet", "content");
    CHECK_OK(&f.pond, delta_name_output(&f.run, &o, &f.pond.err));
    assert_true(is_text(o.record.file, path[0]));
    assert_false(o.is_there);

    // The same bytes are there.
    write_file(&f, export_dir_file(&f.run.dir, &f.pond.arena, pond_sv_of(path[0])), "content");
    o = made("t/year=2024/data.parquet", "content");
    CHECK_OK(&f.pond, delta_name_output(&f.run, &o, &f.pond.err));
    assert_true(is_text(o.record.file, path[0]));
    assert_true(o.is_there);

    // Other bytes of the same size, and of another one.
    write_file(&f, export_dir_file(&f.run.dir, &f.pond.arena, pond_sv_of(path[0])), "CONTENT");
    write_file(&f, export_dir_file(&f.run.dir, &f.pond.arena, pond_sv_of(path[1])), "more content");
    o = made("t/year=2024/data.parquet", "content");
    CHECK_OK(&f.pond, delta_name_output(&f.run, &o, &f.pond.err));
    assert_true(is_text(o.record.file, path[2]));
    assert_false(o.is_there);

    // A file without a slot keeps its name.
    export_output page = made("page", "content");
    page.record.slot = (pond_sv){0};
    CHECK_OK(&f.pond, delta_name_output(&f.run, &page, &f.pond.err));
    assert_true(is_text(page.record.file, "page"));
    CHECK_OK(&f.pond,
             pond_remove_tree(pond_path_join(&f.pond.arena, f.run.dir.path, "t"), &f.pond.err));
    close_run(&f);
    end_export(&f);
    teardown_pond(&f.pond);
}

static void a_slot_is_found_by_the_place_of_its_file(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_pond(&f.pond);
    begin_export(&f, (const char *[]){"/*", NULL}, 1);
    open_run(&f);
    static const char *const names[] = {
        "t/year=2024/part-0123456789ab.parquet", "t/year=2025/other.parquet",
        "u/year=2024/part-0123456789ab.parquet", // in no table
    };
    manifest_file files[3] = {0};
    for (int i = 0; i < 3; i++) {
        files[i].output.record.file = pond_sv_of(names[i]);
        *pond_map_at(&f.run.before->files, pond_sv_of(names[i]), NULL) = &files[i];
    }
    export_table table = {.root = POND_SV("t")};
    *pond_map_at(&f.run.before->tables, table.root, NULL) = &table;
    assert_ptr_equal(delta_find_slot(&f.run, POND_SV("t/year=2024/data.parquet")), &files[0]);
    assert_null(delta_find_slot(&f.run, POND_SV("t/year=2025/data.parquet")));
    assert_null(delta_find_slot(&f.run, POND_SV("u/year=2024/data.parquet")));
    close_run(&f);
    end_export(&f);
    teardown_pond(&f.pond);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_names_are_known),
        cmocka_unit_test(a_slot_is_found_by_the_place_of_its_file),
        cmocka_unit_test(a_name_has_the_first_digits_that_no_other_bytes_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
