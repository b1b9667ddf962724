// A pond in a temporary directory, and a run of an export from it that a test takes step by step.
#ifndef POND_TESTS_EXPORT_FIXTURE_H
#define POND_TESTS_EXPORT_FIXTURE_H

#include "../factory/fixture.h"

#include "export/manifest.h"
#include "export/plan.h"
#include "export/units.h"

typedef struct export_fixture {
    fixture pond;
    pond_sv patterns[4];
    pond_export_options options;
    export_run run;
} export_fixture;

// A read transaction, and options for patterns (NULL ends them) and a directory beside the pond.
static inline void begin_export(export_fixture *f, const char *const *patterns, int n_periods) {
    begin(&f->pond, POND_TXN_READ);
    f->options = (pond_export_options){.patterns = f->patterns,
                                       .dir = pond_path_join(&f->pond.arena, f->pond.dir, "out"),
                                       .range = POND_RANGE_ALL,
                                       .n_periods = n_periods,
                                       .vars = pond_object(NULL, 0),
                                       .program = "test"};
    for (; *patterns != NULL; patterns++)
        f->patterns[f->options.n_patterns++] = pond_sv_of(*patterns);
}

// Opens the directory as pond_export_run does; options may be changed before.
static inline void open_run(export_fixture *f) {
    f->run =
        (export_run){.session = f->pond.session, .arena = &f->pond.arena, .options = &f->options};
    pond_map_init(&f->run.tables, &f->pond.arena);
    CHECK_OK(&f->pond, export_dir_init(&f->run.dir, &f->pond.arena, f->options.dir, &f->pond.err));
    CHECK_OK(&f->pond, export_dir_open(&f->run.dir, false, &f->pond.err));
    CHECK_OK(&f->pond, export_dir_make_tmp(&f->run.dir, &f->pond.err));
    CHECK_OK(&f->pond,
             manifest_read(&f->pond.arena, &f->run.dir.meta, &f->run.before, &f->pond.err));
}

static inline void close_run(export_fixture *f) {
    CHECK_OK(&f->pond, pond_remove_tree(f->run.dir.tmp, &f->pond.err));
    assert_true(export_dir_close(&f->run.dir));
}

static inline void end_export(export_fixture *f) {
    end(&f->pond);
}

// A whole export with these options.
static inline pond_export_result run_export(export_fixture *f) {
    pond_export_result result;
    CHECK_OK(&f->pond, pond_export_run(f->pond.session, &f->options, &result, &f->pond.err));
    return result;
}

static inline void write_file(export_fixture *f, const char *path, const char *text) {
    CHECK_OK(&f->pond, pond_mkdir_all(pond_path_parent(&f->pond.arena, path), &f->pond.err));
    CHECK_OK(&f->pond, pond_file_replace(path, pond_sv_of(text), &f->pond.err));
}

static inline pond_sha256 hash_of(const char *text) {
    return pond_sha256_of(pond_sv_of(text));
}

static inline bool is_text(pond_sv s, const char *text) {
    return pond_sv_is(s, text);
}

#endif
