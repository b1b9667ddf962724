// The part that a shard leaves for the merge.
#include "fixture.h"

#include "export/shard/part.h"

static void keys_of_units_never_change(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    assert_true(
        is_text(part_key(&a, POND_SV("flow"), INT64_C(1704067200000000)), "1704067200000000 flow"));
    assert_true(is_text(part_key(&a, POND_SV("flow"), EXPORT_WHOLE), "-9223372036854775808 flow"));
    pond_arena_deinit(&a);
}

static void names_of_parts_are_read(void **state) {
    (void)state;
    part_id id;
    assert_true(part_parse_name(POND_SV("3-of-8.json"), &id));
    assert_int_equal(id.index, 3);
    assert_int_equal(id.count, 8);
    static const char *const others[] = {"8-of-8.json",   "-1-of-8.json",    "3-of-8",
                                         "3-of-.json",    "-of-8.json",      "3-of-65537.json",
                                         "3-of-8.json.x", "a3-of-8.json",    "3-of-8.jso",
                                         ".json",         "3-of-8-of-9.json"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (part_parse_name(pond_sv_of(others[i]), &id))
            fail_msg("taken for a part: %s", others[i]);
}

static void the_name_of_a_parked_file_says_its_output_and_content(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    export_record r = {.file = POND_SV("a/data.parquet"), .checksum = hash_of("one")};
    const char *name = part_file(&a, &r);
    assert_string_equal(part_file(&a, &r), name);
    r.checksum = hash_of("two");
    assert_string_not_equal(part_file(&a, &r), name);
    r.checksum = hash_of("one");
    r.file = POND_SV("b/data.parquet");
    assert_string_not_equal(part_file(&a, &r), name);
    pond_arena_deinit(&a);
}

static void a_part_is_read_back(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_pond(&f.pond);
    begin_export(&f, (const char *[]){"/*", NULL}, 2);
    open_run(&f);
    const part_id id = {0, 2};
    CHECK_OK(&f.pond,
             pond_below_mkdir(&f.run.dir.meta, part_dir(&f.run, id), POND_SYNC, &f.pond.err));
    part_unit units[2] = {{.key = POND_SV("2 b"), .place = POND_SV("b"), .start_us = EXPORT_WHOLE},
                          {.key = POND_SV("1 a"),
                           .place = POND_SV("a"),
                           .start_us = -5,
                           .fingerprint = hash_of("inputs")}};
    *export_outputs_add(&f.pond.arena, &units[1].outputs) = (export_output){
        .record = {.file = POND_SV("a/data.parquet"), .rows = 3, .checksum = hash_of("bytes")}};
    part_units all = {0};
    *pond_vec_push(&f.pond.arena, &all) = &units[0];
    *pond_vec_push(&f.pond.arena, &all) = &units[1];
    CHECK_OK(&f.pond, part_write(&f.run, id, &all, &f.pond.err));

    pond_value part, own;
    pond_map read;
    pond_map_init(&read, &f.pond.arena);
    CHECK_OK(&f.pond, part_read(&f.run, id, &part, &f.pond.err));
    CHECK_OK(&f.pond, part_read_units(&f.run, id, part, &read, &f.pond.err));
    assert_int_equal(read.n, 2);
    const part_unit *a = pond_map_get(&read, part_key(&f.pond.arena, POND_SV("a"), -5)),
                    *b = pond_map_get(&read, part_key(&f.pond.arena, POND_SV("b"), EXPORT_WHOLE));
    assert_true(pond_sha256_eq(&a->fingerprint, &units[1].fingerprint));
    assert_int_equal(a->outputs.n, 1);
    assert_int_equal(a->outputs.items[0]->record.rows, 3);
    assert_string_equal(a->outputs.items[0]->tmp_path,
                        part_file_path(&f.run, id, &units[1].outputs.items[0]->record));
    assert_int_equal(b->outputs.n, 0);
    assert_ptr_equal(pond_map_get(&read, read.entries[0].key), a); // sorted by key

    // Facts: the same run agrees with itself, and each argument counts.
    const pond_value *facts = pond_get_lit(part, "facts");
    CHECK_OK(&f.pond, part_facts(&f.run, &own, &f.pond.err));
    assert_null(part_difference(&f.pond.arena, *facts, own));
    f.options.n_periods = 1;
    CHECK_OK(&f.pond, part_facts(&f.run, &own, &f.pond.err));
    assert_string_equal(
        part_difference(&f.pond.arena, *facts, own),
        "was given another --temporal: [\"year\",\"month\"] there, [\"year\"] here");
    f.options.program = "other"; // the difference that explains most comes first
    CHECK_OK(&f.pond, part_facts(&f.run, &own, &f.pond.err));
    assert_string_equal(part_difference(&f.pond.arena, *facts, own),
                        "was run by another version of pond: \"test\" there, \"other\" here");
    CHECK_OK(&f.pond, pond_below_remove_tree(&f.run.dir.meta, PART_ROOT, &f.pond.err));
    CHECK_OK(&f.pond, part_read(&f.run, id, &part, &f.pond.err));
    assert_int_equal(part.kind, POND_NULL);
    close_run(&f);
    end_export(&f);
    teardown_pond(&f.pond);
}

#define HASH "\"5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9\""

static void damaged_parts_are_refused(void **state) {
    (void)state;
    static const char *const damaged[] = {
        "{}",
        "[]",
        "{\"version\":2,\"units\":[]}",
        "{\"version\":1}",
        "{\"version\":1,\"units\":{}}",
        "{\"version\":1,\"units\":[{}]}",
        "{\"version\":1,\"units\":[{\"place\":\"a\",\"start\":1,\"files\":[]}]}",
        "{\"version\":1,\"units\":[{\"place\":\"a\",\"fingerprint\":" HASH ",\"files\":[]}]}",
        "{\"version\":1,\"units\":[{\"place\":\"a\",\"start\":1,\"fingerprint\":" HASH "}]}",
        "{\"version\":1,\"units\":[{\"place\":\"a\",\"start\":1,\"fingerprint\":\"5f\","
        "\"files\":[]}]}",
        "{\"version\":1,\"units\":[{\"place\":\"a\",\"start\":1,\"fingerprint\":" HASH
        ",\"files\":[{}]}]}",
        "{\"version\":1,\"units\":[{\"place\":\"a\",\"start\":1,\"fingerprint\":" HASH
        ",\"files\":[{\"file\":\"../../pwned\",\"sha256\":" HASH "}]}]}",
    };
    export_fixture f = {0};
    setup_pond(&f.pond);
    begin_export(&f, (const char *[]){"/*", NULL}, 2);
    open_run(&f);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        pond_value part;
        pond_map units;
        pond_map_init(&units, &f.pond.arena);
        CHECK_OK(&f.pond, pond_json_parse(&f.pond.arena, pond_sv_of(damaged[i]), "part", &part,
                                          &f.pond.err));
        if (part_read_units(&f.run, (part_id){0, 1}, part, &units, NULL) != POND_ERR_CORRUPT)
            fail_msg("accepted: %s", damaged[i]);
    }
    close_run(&f);
    end_export(&f);
    teardown_pond(&f.pond);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_units_never_change),
        cmocka_unit_test(names_of_parts_are_read),
        cmocka_unit_test(the_name_of_a_parked_file_says_its_output_and_content),
        cmocka_unit_test(a_part_is_read_back),
        cmocka_unit_test(damaged_parts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
