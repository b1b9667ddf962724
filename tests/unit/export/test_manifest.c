// The manifest and the journal: what is written is read back, and what is damaged is refused.
#include "fixture.h"

#include "export/manifest_write.h"
#include "export/set.h"

#include <sys/stat.h>
#include <unistd.h>

// A run with one stage of two targets: a partitioned series and a page.
static void fill_run(export_run *run, pond_relation *relation) {
    static pond_node series = {.type = POND_T_TABLE_SERIES}, page = {.type = POND_T_DATA_DYNAMIC};
    static const pond_sv captures[2] = {{"a", 1}, {"b \"quoted\"", 10}};
    pond_arena *a = run->arena;
    series.path = POND_SV("/in/a.series");
    page.path = POND_SV("/pages/p");
    pond_entry *inputs = POND_NEW_ARRAY(a, pond_entry, 1);
    inputs[0] = (pond_entry){POND_SV("/in/a.series"), pond_string_lit("0123")};
    run->n_stages = 1;
    run->stages = POND_NEW(a, export_stage);
    run->stages[0] = (export_stage){.pattern = POND_SV("/*/*"), .n_targets = 2};
    run->stages[0].targets = POND_NEW_ARRAY(a, export_target, 2);
    run->stages[0].targets[0] = (export_target){.node = &series,
                                                .captures = captures,
                                                .n_captures = 1,
                                                .place = POND_SV("a"),
                                                .relation = relation,
                                                .is_partitioned = true,
                                                .inputs = pond_object(inputs, 1),
                                                .fingerprint = hash_of("target a")};
    run->stages[0].targets[1] = (export_target){.node = &page,
                                                .captures = captures + 1,
                                                .n_captures = 1,
                                                .place = POND_SV("b"),
                                                .fingerprint = hash_of("target b")};
    for (int i = 0; i < 2; i++)
        *export_outputs_add(a, &run->stages[0].targets[0].outputs) =
            (export_output){.record = {.file = pond_svf(a, "a/year=%d/data.parquet", 2023 + i),
                                       .size_bytes = 100,
                                       .rows = 7 + i,
                                       .has_times = true,
                                       .start_ms = -1000 * i,
                                       .end_ms = 1000,
                                       .checksum = hash_of("bytes"),
                                       .fingerprint = hash_of("inputs"),
                                       .mtime_ns = 1700000000123456789}};
    *export_outputs_add(a, &run->stages[0].targets[1].outputs) =
        (export_output){.record = {.file = POND_SV("b"), .rows = -1, .size_bytes = 3}};
}

// A run of one stage that has all kinds of outputs.
static void begin_filled(export_fixture *f) {
    setup_pond(&f->pond);
    begin_export(f, (const char *[]){"/*/*", NULL}, 1);
    open_run(f);
    pond_relation *relation = POND_NEW(f->run.arena, pond_relation);
    relation->path = POND_SV("/in/a.series");
    fill_run(&f->run, relation);
}

static void write_manifest(export_fixture *f, const export_outputs *kept_stale) {
    static const char draft[] = ".pond/tmp/manifest";
    export_make_sets(f->run.arena, &f->run);
    CHECK_OK(&f->pond, manifest_write_draft(&f->run, draft, kept_stale, &f->pond.err));
    CHECK_OK(&f->pond, manifest_publish_draft(&f->run, draft, &f->pond.err));
}

static void what_is_written_is_read_back(void **state) {
    (void)state;
    export_fixture f = {0};
    begin_filled(&f);
    export_table table = {.root = POND_SV("a"), .version = 3};
    *pond_map_at(&f.run.tables, table.root, NULL) = &table;
    export_outputs stale = {0};
    *export_outputs_add(&f.pond.arena, &stale) =
        (export_output){.record = {.file = POND_SV("old"), .rows = -1, .checksum = hash_of("old")}};
    const export_retained retained[2] = {
        {.file = POND_SV("a/part-1"), .removed_ms = 12345},
        {.file = POND_SV("a/part-2"), .is_overdue = true},
    };
    for (int i = 0; i < 2; i++)
        *pond_vec_push(&f.pond.arena, &f.run.retained) = retained[i];
    write_manifest(&f, &stale);

    manifest *m;
    CHECK_OK(&f.pond, manifest_read(&f.pond.arena, &f.run.dir.meta, &m, &f.pond.err));
    manifest_index(m);
    assert_int_equal(m->files.n, 4);
    assert_int_equal(m->targets.n, 2);
    const manifest_target *a = pond_map_get(&m->targets, POND_SV("a"));
    assert_int_equal(a->n_files, 2);
    const pond_sha256 target_hash = hash_of("target a");
    assert_true(pond_sha256_eq(&a->fingerprint, &target_hash));
    assert_true(pond_value_equal(a->inputs, f.run.stages[0].targets[0].inputs));
    const export_record *r = &a->files[1].output.record,
                        *w = &f.run.stages[0].targets[0].outputs.items[1]->record;
    assert_true(is_text(r->file, "a/year=2024/data.parquet"));
    assert_int_equal(r->size_bytes, w->size_bytes);
    assert_int_equal(r->rows, w->rows);
    assert_true(r->has_times);
    assert_int_equal(r->start_ms, -1000);
    assert_int_equal(r->end_ms, 1000);
    assert_int_equal(r->mtime_ns, w->mtime_ns);
    assert_true(pond_sha256_eq(&r->checksum, &w->checksum));
    assert_true(pond_sha256_eq(&r->fingerprint, &w->fingerprint));
    const manifest_file *b = pond_map_get(&m->files, POND_SV("b"));
    assert_int_equal(b->output.record.rows, -1);
    assert_false(b->output.record.has_times);
    assert_non_null(pond_map_get(&m->files, POND_SV("old")));
    const export_table *t = pond_map_get(&m->tables, POND_SV("a"));
    assert_int_equal(t->version, 3);
    assert_int_equal(m->retained.n, 1); // the other one is gone
    const export_retained *kept = pond_map_get(&m->retained, POND_SV("a/part-1"));
    assert_int_equal(kept->removed_ms, 12345);
    close_run(&f);
    end_export(&f);
    teardown_pond(&f.pond);
}

// Its text goes to the file piece by piece.
static void a_large_manifest_is_whole(void **state) {
    (void)state;
    enum { N = 2000 };
    export_fixture f = {0};
    begin_filled(&f);
    pond_arena *a = f.run.arena;
    export_stage *stage = &f.run.stages[0];
    const export_target like = stage->targets[0];
    stage->targets = POND_NEW_ARRAY(a, export_target, N);
    stage->n_targets = N;
    for (int i = 0; i < N; i++) {
        pond_sv *capture = POND_NEW(a, pond_sv);
        *capture = pond_svf(a, "%04d", i);
        stage->targets[i] = like;
        stage->targets[i].captures = capture;
        stage->targets[i].place = *capture;
    }
    write_manifest(&f, &(export_outputs){0});

    pond_buf text = POND_BUF_EMPTY, set = POND_BUF_EMPTY;
    CHECK_OK(&f.pond, pond_below_read(&f.run.dir.meta, "manifest.json", &text, &f.pond.err));
    pond_json_write(&set, stage->set, 0);
    assert_true(set.n > 1 << 18);
    assert_true(pond_sv_find(pond_buf_view(&text), pond_buf_view(&set)) > 0);
    manifest *m;
    CHECK_OK(&f.pond, manifest_read(&f.pond.arena, &f.run.dir.meta, &m, &f.pond.err));
    assert_int_equal(m->targets.n, N);
    for (size_t i = 0; i < N; i++)
        assert_true(
            pond_sv_eq(m->stages.items[0]->targets.items[i]->place, stage->targets[i].place));
    pond_buf_free(&text);
    pond_buf_free(&set);
    close_run(&f);
    end_export(&f);
    teardown_pond(&f.pond);
}

// A manifest is current only while a run would write the same one.
static void a_manifest_is_current_until_something_differs(void **state) {
    (void)state;
    export_fixture f = {0};
    begin_filled(&f);
    const export_outputs none = {0};
    assert_false(manifest_is_current(&f.run, &none)); // there is none
    write_manifest(&f, &none);
    CHECK_OK(&f.pond, manifest_read(&f.pond.arena, &f.run.dir.meta, &f.run.before, &f.pond.err));
    assert_false(manifest_is_current(&f.run, &none)); // its targets were made again
    f.run.stages[0].targets[0].is_kept = f.run.stages[0].targets[1].is_kept = true;
    assert_true(manifest_is_current(&f.run, &none));

    f.options.n_periods = 2;
    assert_false(manifest_is_current(&f.run, &none));
    f.options.n_periods = 1;
    pond_entry var = {POND_SV("title"), pond_string_lit("x")};
    f.options.vars = pond_object(&var, 1);
    assert_false(manifest_is_current(&f.run, &none));
    f.options.vars = pond_object(NULL, 0);
    f.run.stages[0].pattern = POND_SV("/other");
    assert_false(manifest_is_current(&f.run, &none));
    f.run.stages[0].pattern = POND_SV("/*/*");
    f.run.stages[0].n_targets = 1;
    assert_false(manifest_is_current(&f.run, &none));
    f.run.stages[0].n_targets = 2;
    export_outputs stale = {0};
    export_outputs_add(&f.pond.arena, &stale);
    assert_false(manifest_is_current(&f.run, &stale));
    *pond_map_at(&f.run.before->journal, POND_SV("a"), NULL) = &f;
    assert_false(manifest_is_current(&f.run, &none));
    close_run(&f);
    end_export(&f);
    teardown_pond(&f.pond);
}

#define HASH "\"5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9\""

static void damaged_manifests_are_refused(void **state) {
    (void)state;
    static const char *const damaged[] = {
        "",
        "{",
        "[]",
        "\"text\"",
        "{}",
        "null",
        "{\"version\":1,\"stages\":[],\"stale\":[]} x",
        "{\"version\":1,\"stages\":[],\"stale\":[],}",
        "{\"version\":1,\"stages\":[],\"stale\":[],\"new\":[1 2]}",
        "{\"version\":1,\"stages\":[],\"stages\":1,\"stale\":[]}",
        "{\"version\":1,\"stages\":[{\"targets\":[]},7],\"stale\":[]}",
        "{\"version\":2,\"stages\":[],\"stale\":[]}",
        "{\"version\":\"1\",\"stages\":[],\"stale\":[]}",
        "{\"version\":1,\"stages\":[]}",
        "{\"version\":1,\"stale\":[]}",
        "{\"version\":1,\"stages\":{},\"stale\":[]}",
        "{\"version\":1,\"stages\":[],\"stale\":{}}",
        "{\"version\":1,\"stages\":[],\"stale\":[],\"tables\":\"none\"}",
        "{\"version\":1,\"stages\":[],\"stale\":[],\"tables\":[{}]}",
        "{\"version\":1,\"stages\":[],\"stale\":[],\"tables\":[{\"root\":1}]}",
        "{\"version\":1,\"stages\":[],\"stale\":[{\"file\":\"a\"}]}",
        "{\"version\":1,\"stages\":[],\"stale\":[{\"sha256\":" HASH "}]}",
        "{\"version\":1,\"stages\":[],\"stale\":[{\"file\":\"a\",\"sha256\":\"5fec\"}]}",
        "{\"version\":1,\"stages\":[null],\"stale\":[]}",
        "{\"version\":1,\"stages\":[{}],\"stale\":[]}",
        "{\"version\":1,\"stages\":[{\"targets\":[{}]}],\"stale\":[]}",
        "{\"version\":1,\"stages\":[{\"targets\":[{\"place\":\"a\",\"files\":[]}]}],\"stale\":[]}",
        "{\"version\":1,\"stages\":[{\"targets\":[{\"place\":\"a\",\"fingerprint\":" HASH
        "}]}],\"stale\":[]}",
        "{\"version\":1,\"stages\":[{\"targets\":[{\"place\":\"a\",\"fingerprint\":" HASH
        ",\"files\":[{}]}]}],\"stale\":[]}",
    };
    fixture f = {0};
    setup_pond(&f);
    const char *path = pond_path_join(&f.arena, f.dir, "manifest.json");
    manifest *m;
    pond_below dir;
    CHECK_OK(&f, pond_below_open(f.dir, &dir, &f.err));
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        CHECK_OK(&f, pond_file_replace(path, pond_sv_of(damaged[i]), &f.err));
        if (manifest_read(&f.arena, &dir, &m, &f.err) == POND_OK)
            fail_msg("accepted: %s", damaged[i]);
    }
    // The smallest one that is whole; unknown keys are left alone.
    CHECK_OK(&f, pond_file_replace(path,
                                   POND_SV("{\"version\":1,\"stages\":[],\"stale\":[],\"new\":1}"),
                                   &f.err));
    CHECK_OK(&f, manifest_read(&f.arena, &dir, &m, &f.err));
    assert_int_equal(unlink(path), 0);
    CHECK_OK(&f, manifest_read(&f.arena, &dir, &m, &f.err));
    assert_false(m->is_there);
    // Neither a link nor a FIFO is read.
    assert_int_equal(mkfifo(path, 0666), 0);
    assert_int_equal(manifest_read(&f.arena, &dir, &m, &f.err), POND_ERR_INVALID);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(manifest_read(&f.arena, &dir, &m, &f.err), POND_ERR_CONFLICT);
    pond_below_close(&dir);
    teardown_pond(&f);
}

// Other programs may write keys in another order, more blanks, and escapes where none are needed;
// of equal keys the last one counts.
static void the_form_of_a_manifest_does_not_matter(void **state) {
    (void)state;
    fixture f = {0};
    setup_pond(&f);
    const char *path = pond_path_join(&f.arena, f.dir, "manifest.json");
    manifest *m;
    pond_below dir;
    CHECK_OK(&f, pond_below_open(f.dir, &dir, &f.err));
    const char *text =
        "\xEF\xBB\xBF{ \"origins\" : [null, \"/b\"], \"stale\": [\n"
        "  { \"sha256\": " HASH ", \"file\": \"x\", \"size\": 1, \"size\": 2 },\n"
        "  { \"file\": \"y\", \"sha256\": " HASH ", \"rows\": \"7\", \"mtime_ns\": 1e3 } ],\n"
        "  \"stages\": [ { \"targets\": 5, \"targets\": [ {\n"
        "    \"files\": [ { \"f\\u0069le\" : \"a\\/\\u00e4\", \"sha256\" : " HASH " } ],\n"
        "    \"matched\": \"/link\", \"fingerprint\": " HASH
        ", \"place\": \"a\", \"path\": \"/p\",\n"
        "    \"inputs\": [] } ], \"export\": {\"x\": null}, \"pattern\": \"/*\" } ],\n"
        "  \"pond\": 5, \"temporal\": 2, \"vars\": {\"k\": \"v\"}, \"version\": 1 }\n";
    CHECK_OK(&f, pond_file_replace(path, pond_sv_of(text), &f.err));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(&f, i == 0 ? manifest_read(&f.arena, &dir, &m, &f.err)
                            : manifest_read_sets(&f.arena, &dir, &m, &f.err));
        assert_null(m->pond.p);
        assert_int_equal(m->temporal, 2);
        assert_true(pond_has_string(m->vars, "k", POND_SV("v")));
        assert_int_equal(m->stages.n, 1);
        const manifest_stage *stage = m->stages.items[0];
        assert_true(is_text(stage->pattern, "/*"));
        assert_int_equal(stage->set.kind, i == 0 ? POND_NULL : POND_OBJECT);
        assert_int_equal(stage->targets.n, 1);
        const manifest_target *t = pond_map_get(&m->targets, POND_SV("a"));
        assert_ptr_equal(t, stage->targets.items[0]);
        assert_true(is_text(t->path, "/p"));
        assert_int_equal(t->inputs.kind, POND_NULL);
        assert_int_equal(t->n_files, 1);
        assert_true(is_text(t->files[0].output.record.file, "a/\xc3\xa4"));
        assert_true(is_text(t->files[0].output.origin, "/link"));
        const manifest_file *x = manifest_find(m, POND_SV("x")),
                            *y = manifest_find(m, POND_SV("y"));
        assert_int_equal(x->output.record.size_bytes, 2);
        assert_null(x->output.origin.p);
        assert_int_equal(y->output.record.rows, -1);
        assert_int_equal(y->output.record.mtime_ns, 0);
        assert_true(is_text(y->output.origin, "/b"));
    }
    pond_below_close(&dir);
    teardown_pond(&f);
}

// Names that lead out of DIR, or into DIR/.pond, wherever a manifest has names.
static void names_that_cannot_be_outputs_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {
        "../victim/f",    "/etc/passwd", "a/../../f", "..",    "",
        ".pond/manifest", "a//b",        "a/./b",     ".pond", "a\\u0000b"};
    fixture f = {0};
    setup_pond(&f);
    const char *path = pond_path_join(&f.arena, f.dir, "manifest.json");
    manifest *m;
    pond_below dir;
    CHECK_OK(&f, pond_below_open(f.dir, &dir, &f.err));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *record =
            pond_printf(&f.arena, "{\"file\":\"%s\",\"sha256\":" HASH "}", names[i]);
        const char *const texts[] = {
            pond_printf(&f.arena, "{\"version\":1,\"stages\":[],\"stale\":[%s]}", record),
            pond_printf(&f.arena,
                        "{\"version\":1,\"stages\":[{\"targets\":[{\"place\":\"a\",\"path\":\"/a\","
                        "\"fingerprint\":" HASH ",\"files\":[%s]}]}],\"stale\":[]}",
                        record),
            pond_printf(&f.arena,
                        "{\"version\":1,\"stages\":[],\"stale\":[],\"tables\":[{\"root\":\"%s\"}]}",
                        names[i]),
        };
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            CHECK_OK(&f, pond_file_replace(path, pond_sv_of(texts[k]), &f.err));
            if (manifest_read(&f.arena, &dir, &m, &f.err) != POND_ERR_CORRUPT)
                fail_msg("accepted: %s", texts[k]);
        }
        // A journal is what a killed run left: names that cannot be right are passed over.
        const char *journal =
            pond_printf(&f.arena, "[\"%s\",{\"table\":\"%s\"},\"right/name\"]", names[i], names[i]);
        assert_int_equal(unlink(path), 0);
        CHECK_OK(&f, pond_file_replace(pond_path_join(&f.arena, f.dir, "journal.json"),
                                       pond_sv_of(journal), &f.err));
        CHECK_OK(&f, manifest_read(&f.arena, &dir, &m, &f.err));
        assert_int_equal(m->journal.n, 1);
        assert_int_equal(m->tables.n, 0);
    }
    pond_below_close(&dir);
    teardown_pond(&f);
}

static void a_journal_names_the_files_of_all_interrupted_runs(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_pond(&f.pond);
    begin_export(&f, (const char *[]){"/*", NULL}, 0);
    open_run(&f);
    export_outputs files = {0};
    export_outputs_add(&f.pond.arena, &files)->record.file = POND_SV("new");
    *pond_map_at(&f.run.before->journal, POND_SV("older"), NULL) = &f;
    export_table table = {.root = POND_SV("t"), .version = 2};
    *pond_map_at(&f.run.tables, table.root, NULL) = &table;
    CHECK_OK(&f.pond, manifest_write_journal(&f.run, &files, &f.pond.err));
    manifest *m;
    CHECK_OK(&f.pond, manifest_read(&f.pond.arena, &f.run.dir.meta, &m, &f.pond.err));
    assert_int_equal(m->journal.n, 2);
    assert_non_null(pond_map_get(&m->journal, POND_SV("new")));
    assert_non_null(pond_map_get(&m->journal, POND_SV("older")));
    assert_int_equal(((export_table *)pond_map_get(&m->tables, POND_SV("t")))->version, -1);
    // What is not a name or a table is left out.
    write_file(&f, export_dir_file(&f.run.dir, &f.pond.arena, POND_SV(".pond/journal.json")),
               "[1, \"a\", {}, null]");
    CHECK_OK(&f.pond, manifest_read(&f.pond.arena, &f.run.dir.meta, &m, &f.pond.err));
    assert_int_equal(m->journal.n, 1);
    CHECK_OK(&f.pond, manifest_remove_journal(&f.run, &f.pond.err));
    CHECK_OK(&f.pond, manifest_remove_journal(&f.run, &f.pond.err)); // none is fine
    close_run(&f);
    end_export(&f);
    teardown_pond(&f.pond);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_large_manifest_is_whole),
        cmocka_unit_test(a_manifest_is_current_until_something_differs),
        cmocka_unit_test(damaged_manifests_are_refused),
        cmocka_unit_test(the_form_of_a_manifest_does_not_matter),
        cmocka_unit_test(names_that_cannot_be_outputs_are_refused),
        cmocka_unit_test(a_journal_names_the_files_of_all_interrupted_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
