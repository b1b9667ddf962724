// manifest: what the last run made, DIR/.pond/manifest.json, and the journal of a run that is
// publishing.
//
//     {"version": 1, "pond": ID, "temporal": 2, "vars": {…},
//      "stages": [{"pattern": …, "export": ExportSet,
//                  "targets": [{"path", "type", "captures", "place", "fingerprint", "inputs",
//                               "files": [{"file", "size", "sha256", "rows", "start_time",
//                                          "end_time", "fingerprint", "mtime_ns"}]}]}],
//      "tables": [{"root", "version"}],
//      "stale": [{"file", "size", "sha256", "mtime_ns"}]}
#include "export/internal.h"

#include "base/file.h"
#include "factory/template.h"

#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>

enum { MANIFEST_VERSION = 1 };

// Reading
// -------------------------------------------------------------------------------------------

static int64_t get_int(pond_value object, const char *key, int64_t otherwise) {
    const pond_value *v = pond_get_lit(object, key);
    return v != NULL && v->kind == POND_INT ? v->i : otherwise;
}

static bool get_hash(pond_value object, const char *key, pond_sha256 *out) {
    const pond_value *v = pond_get_lit(object, key);
    return v != NULL && v->kind == POND_STRING && pond_sha256_from_hex(pond_value_sv(*v), out);
}

bool manifest_read_output(pond_value v, pond_output *o) {
    const pond_value *file = pond_get_lit(v, "file"), *start = pond_get_lit(v, "start_time");
    if (file == NULL || file->kind != POND_STRING || !get_hash(v, "sha256", &o->checksum))
        return false;
    o->file = pond_value_sv(*file);
    o->size_bytes = (uint64_t)get_int(v, "size", 0);
    o->rows = get_int(v, "rows", -1);
    o->mtime_ns = get_int(v, "mtime_ns", 0);
    o->has_times = start != NULL && start->kind == POND_INT;
    o->start_ms = get_int(v, "start_time", 0);
    o->end_ms = get_int(v, "end_time", 0);
    (void)get_hash(v, "fingerprint", &o->fingerprint);
    return true;
}

static bool add_output(pond_arena *a, manifest *m, pond_value v, manifest_output **out) {
    manifest_output *o = POND_NEW(a, manifest_output);
    if (!manifest_read_output(v, &o->output))
        return false;
    *pond_map_at(&m->files, o->output.file, NULL) = o;
    if (out != NULL)
        *out = o;
    return true;
}

static bool add_target(pond_arena *a, manifest *m, pond_value v) {
    const pond_value *place = pond_get_lit(v, "place"), *files = pond_get_lit(v, "files");
    manifest_target *t = POND_NEW(a, manifest_target);
    if (place == NULL || place->kind != POND_STRING || files == NULL || files->kind != POND_ARRAY ||
        !get_hash(v, "fingerprint", &t->fingerprint))
        return false;
    const pond_value *inputs = pond_get_lit(v, "inputs");
    t->inputs = inputs == NULL ? pond_null() : *inputs;
    t->outputs = POND_NEW_ARRAY(a, manifest_output *, files->n);
    for (size_t i = 0; i < files->n; i++)
        if (!add_output(a, m, files->items[i], &t->outputs[t->n_outputs++]))
            return false;
    *pond_map_at(&m->targets, pond_value_sv(*place), NULL) = t;
    return true;
}

static bool add_stages(pond_arena *a, manifest *m, pond_value stages) {
    for (size_t i = 0; i < stages.n; i++) {
        const pond_value *targets = pond_get_lit(stages.items[i], "targets");
        if (targets == NULL || targets->kind != POND_ARRAY)
            return false;
        for (size_t j = 0; j < targets->n; j++)
            if (!add_target(a, m, targets->items[j]))
                return false;
    }
    return true;
}

// {"root": …, "version": …} of a manifest, {"table": …} of a journal.
static bool add_table(pond_arena *a, manifest *m, pond_value v, const char *key) {
    const pond_value *root = pond_get_lit(v, key);
    if (root == NULL || root->kind != POND_STRING)
        return false;
    void **at = pond_map_at(&m->tables, pond_value_sv(*root), NULL);
    if (*at == NULL) {
        export_table *t = POND_NEW(a, export_table);
        *t = (export_table){.root = pond_value_sv(*root), .version = get_int(v, "version", -1)};
        *at = t;
    }
    return true;
}

pond_code manifest_read_json(pond_arena *a, const char *path, pond_value *out, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    *out = pond_null();
    pond_code rc = pond_file_read(path, &text, err);
    if (rc == POND_ERR_NOT_FOUND)
        rc = POND_OK;
    else if (rc == POND_OK)
        rc = pond_json_parse(a, pond_buf_view(&text), path, out, err);
    pond_buf_free(&text);
    return rc;
}

pond_code manifest_read(pond_arena *a, const char *meta, manifest **out, pond_err *err) {
    manifest *m = POND_NEW(a, manifest);
    pond_map_init(&m->files, a);
    pond_map_init(&m->targets, a);
    pond_map_init(&m->tables, a);
    pond_map_init(&m->journal, a);
    *out = m;
    const char *path = pond_path_join(a, meta, "manifest.json");
    POND_TRY(manifest_read_json(a, path, &m->value, err));
    if (m->value.kind != POND_NULL) {
        const pond_value *stages = pond_get_lit(m->value, "stages"),
                         *stale = pond_get_lit(m->value, "stale");
        bool is_known = get_int(m->value, "version", 0) == MANIFEST_VERSION && stages != NULL &&
                        stale != NULL && stages->kind == POND_ARRAY && stale->kind == POND_ARRAY &&
                        add_stages(a, m, *stages);
        for (size_t i = 0; is_known && i < stale->n; i++)
            is_known = add_output(a, m, stale->items[i], NULL);
        const pond_value *tables = pond_get_lit(m->value, "tables");
        for (size_t i = 0; is_known && tables != NULL && i < tables->n; i++)
            is_known = add_table(a, m, tables->items[i], "root");
        if (!is_known)
            return pond_fail(err, POND_ERR_CORRUPT,
                             "'%s' is not a manifest that this version understands; export to "
                             "another directory, or "
                             "remove that file and add --force",
                             path);
    }
    pond_value journal;
    POND_TRY(manifest_read_json(a, pond_path_join(a, meta, "journal.json"), &journal, err));
    for (size_t i = 0; journal.kind == POND_ARRAY && i < journal.n; i++)
        if (journal.items[i].kind == POND_STRING)
            *pond_map_at(&m->journal, pond_value_sv(journal.items[i]), NULL) = m;
        else
            (void)add_table(a, m, journal.items[i], "table");
    return POND_OK;
}

static bool is_recorded(const export_run *run, const pond_output *o, const struct stat *st) {
    if (!S_ISREG(st->st_mode) || (uint64_t)st->st_size != o->size_bytes)
        return false;
    if (!run->options->verify)
        return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec == o->mtime_ns;
    pond_arena a;
    pond_arena_init(&a);
    pond_sha256 sum;
    bool is_same = pond_sha256_file(export_path(run, &a, o->file), &sum, NULL, NULL) == POND_OK &&
                   memcmp(&sum, &o->checksum, sizeof sum) == 0;
    pond_arena_deinit(&a);
    return is_same;
}

manifest_output *manifest_valid(const export_run *run, pond_sv file) {
    manifest_output *o = pond_map_get(&run->before->files, file);
    char name[PATH_MAX];
    struct stat st;
    if (o == NULL || file.n >= sizeof name)
        return NULL;
    memcpy(name, file.p, file.n);
    name[file.n] = '\0';
    // Relative to the open directory: with very many files, walking its path each time is what
    // takes the time.
    return fstatat(run->dir_fd, name, &st, 0) == 0 && is_recorded(run, &o->output, &st) ? o : NULL;
}

// Writing
// -------------------------------------------------------------------------------------------

static void write_hash(pond_buf *b, const char *key, const pond_sha256 *h) {
    char hex[65];
    pond_sha256_hex(h, hex);
    pond_buf_printf(b, ",\"%s\":\"%s\"", key, hex);
}

static void write_output(pond_buf *b, const pond_output *o) {
    pond_buf_str(b, "{\"file\":");
    pond_json_string(b, o->file);
    pond_buf_printf(b, ",\"size\":%" PRIu64, o->size_bytes);
    if (o->rows >= 0)
        pond_buf_printf(b, ",\"rows\":%" PRId64, o->rows);
    if (o->has_times)
        pond_buf_printf(b, ",\"start_time\":%" PRId64 ",\"end_time\":%" PRId64, o->start_ms,
                        o->end_ms);
    write_hash(b, "sha256", &o->checksum);
    write_hash(b, "fingerprint", &o->fingerprint);
    pond_buf_printf(b, ",\"mtime_ns\":%" PRId64 "}", o->mtime_ns);
}

void manifest_write_outputs(pond_buf *b, const pond_output_vec *v) {
    pond_buf_char(b, '[');
    for (size_t i = 0; i < v->n; i++) {
        pond_buf_str(b, i == 0 ? "\n" : ",\n");
        write_output(b, &v->items[i]);
    }
    pond_buf_char(b, ']');
}

static void write_target(pond_buf *b, const pond_target *t) {
    pond_buf_str(b, "{\"path\":");
    pond_json_string(b, t->node->path);
    pond_buf_printf(b, ",\"type\":\"%s\",\"captures\":[", pond_type_name(t->node->type));
    for (size_t i = 0; i < t->n_captures; i++) {
        if (i > 0)
            pond_buf_char(b, ',');
        pond_json_string(b, t->captures[i]);
    }
    pond_buf_str(b, "],\"place\":");
    pond_json_string(b, t->place);
    write_hash(b, "fingerprint", &t->fingerprint);
    if (t->relation != NULL) {
        pond_buf_str(b, ",\"inputs\":");
        pond_json_write(b, t->inputs, 0);
    }
    pond_buf_str(b, ",\"files\":");
    manifest_write_outputs(b, &t->outputs);
    pond_buf_char(b, '}');
}

static void write_tables(pond_buf *b, const pond_map *tables) {
    pond_buf_char(b, '[');
    for (size_t i = 0; i < tables->n; i++) {
        const export_table *t = tables->entries[i].value;
        pond_buf_str(b, i == 0 ? "\n{\"root\":" : ",\n{\"root\":");
        pond_json_string(b, t->root);
        pond_buf_printf(b, ",\"version\":%" PRId64 "}", t->version);
    }
    pond_buf_char(b, ']');
}

static void write_stage(pond_buf *b, pond_arena *a, pond_stage *stage) {
    pond_buf_str(b, "{\"pattern\":");
    pond_json_string(b, stage->pattern);
    pond_buf_str(b, ",\"export\":");
    pond_json_write(b, export_stage_set(a, stage), 0);
    pond_buf_str(b, ",\"targets\":[");
    for (size_t i = 0; i < stage->n_targets; i++) {
        pond_buf_str(b, i == 0 ? "\n" : ",\n");
        write_target(b, &stage->targets[i]);
    }
    pond_buf_str(b, "]}");
}

static bool has_text(pond_value object, const char *key, pond_sv text) {
    const pond_value *v = pond_get_lit(object, key);
    return v != NULL && v->kind == POND_STRING && pond_sv_eq(pond_value_sv(*v), text);
}

// The recorded stage is of the same targets in the same order, all of them kept.
static bool stage_stands(const pond_stage *stage, pond_value before) {
    const pond_value *targets = pond_get_lit(before, "targets");
    if (!has_text(before, "pattern", stage->pattern) || targets == NULL ||
        targets->n != stage->n_targets)
        return false;
    for (size_t i = 0; i < stage->n_targets; i++) {
        const pond_target *t = &stage->targets[i];
        if (!t->is_kept || !has_text(targets->items[i], "place", t->place) ||
            !has_text(targets->items[i], "path", t->node->path))
            return false;
    }
    return true;
}

bool manifest_stands(const export_run *run, const pond_output_vec *kept_stale) {
    const manifest *m = run->before;
    const pond_value *stages = pond_get_lit(m->value, "stages"),
                     *vars = pond_get_lit(m->value, "vars");
    const pond_value *stale = pond_get_lit(m->value, "stale");
    char id[37];
    pond_id_text(&pond_store_info(pond_session_store(run->session))->id, id);
    if (m->journal.n > 0 || m->tables.n > 0 || run->tables.n > 0 || kept_stale->n > 0 ||
        stale == NULL || stale->n > 0 || !has_text(m->value, "pond", pond_sv_of(id)) ||
        get_int(m->value, "temporal", -1) != run->options->n_units || vars == NULL ||
        !pond_value_equal(*vars, run->options->vars) || stages == NULL ||
        stages->n != run->n_stages)
        return false;
    for (size_t i = 0; i < run->n_stages; i++)
        if (!stage_stands(&run->stages[i], stages->items[i]))
            return false;
    return true;
}

pond_code manifest_write(const export_run *run, const pond_output_vec *kept_stale, pond_err *err) {
    const pond_export_options *o = run->options;
    pond_buf b = POND_BUF_EMPTY;
    char id[37];
    pond_id_text(&pond_store_info(pond_session_store(run->session))->id, id);
    pond_buf_printf(&b,
                    "{\"version\":%d,\"pond\":\"%s\",\"temporal\":%d,\"vars\":", MANIFEST_VERSION,
                    id, o->n_units);
    pond_json_write(&b, o->vars, 0);
    pond_buf_str(&b, ",\"stages\":[\n");
    for (size_t i = 0; i < run->n_stages; i++) {
        if (i > 0)
            pond_buf_str(&b, ",\n");
        write_stage(&b, run->arena, &run->stages[i]);
    }
    pond_buf_str(&b, "],\"tables\":");
    write_tables(&b, &run->tables);
    pond_buf_str(&b, ",\"stale\":");
    manifest_write_outputs(&b, kept_stale);
    pond_buf_str(&b, "}\n");
    pond_code rc = pond_file_replace(pond_path_join(run->arena, run->meta, "manifest.json"),
                                     pond_buf_view(&b), err);
    pond_buf_free(&b);
    return rc;
}

// Reading it as a context
// ---------------------------------------------------------------------------

// Which stage's set a template at `path` would see: that of the stage before the first one that
// exports it.
static size_t stage_before(pond_arena *a, pond_value stages, pond_sv path) {
    for (size_t i = 1; i < stages.n; i++) {
        const pond_value *pattern = pond_get_lit(stages.items[i], "pattern");
        pond_glob glob;
        pond_sv_vec captures = {0};
        if (pattern != NULL && pattern->kind == POND_STRING &&
            pond_glob_parse(a, pond_value_sv(*pattern), &glob, NULL) == POND_OK &&
            pond_glob_match(a, &glob, path, &captures))
            return i;
    }
    return stages.n;
}

pond_code pond_export_load_context(pond_arena *a, const char *dir, pond_sv path, pond_value vars,
                                   pond_page_context *out, pond_err *err) {
    manifest *m;
    char *absolute;
    POND_TRY(pond_path_absolute(a, dir, &absolute, err));
    POND_TRY(manifest_read(a, pond_path_join(a, absolute, ".pond"), &m, err));
    if (m->value.kind == POND_NULL)
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "'%s' holds no export (there is no .pond/manifest.json in it)", dir);
    const pond_value *all = pond_get_lit(m->value, "stages");
    size_t n = stage_before(a, *all, path);
    pond_value *stages = POND_NEW_ARRAY(a, pond_value, n + 1), export = pond_null();
    for (size_t i = 0; i < n; i++) {
        const pond_value *set = pond_get_lit(all->items[i], "export"),
                         *pattern = pond_get_lit(all->items[i], "pattern");
        export = set == NULL ? pond_null() : export_set_revive(a, *set);
        pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 2);
        e[0] = (pond_entry){POND_SV("export"), export};
        e[1] = (pond_entry){POND_SV("pattern"), pattern == NULL ? pond_null() : *pattern};
        stages[i] = pond_object(e, 2);
    }
    // Variables given now go before those of the export.
    const pond_value *recorded = pond_get_lit(m->value, "vars");
    if (recorded != NULL && recorded->kind == POND_OBJECT) {
        pond_entry *e = POND_NEW_ARRAY(a, pond_entry, recorded->n + vars.n);
        for (size_t i = 0; i < recorded->n; i++)
            e[i] = recorded->entries[i];
        for (size_t i = 0; i < vars.n; i++)
            e[recorded->n + i] = vars.entries[i];
        vars = pond_object_sorted(e, recorded->n + vars.n);
    }
    pond_value list = pond_array(stages, n);
    *out = pond_page_context_of(a, &export, &list, vars);
    return POND_OK;
}
