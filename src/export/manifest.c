// Reads the manifest and journal of the last run, and writes those of this run.
#include "export/manifest.h"

#include "export/set.h"

#include <inttypes.h>

enum { MANIFEST_VERSION = 1 };

// Reading -----------------------------------------------------------------------------------------

// These return false for what they cannot understand.
static bool add_file(pond_arena *a, manifest *m, pond_value v, pond_sv origin,
                     manifest_file **out) {
    manifest_file *f = POND_NEW(a, manifest_file);
    f->output.origin = origin;
    if (!export_record_read(v, &f->output.record))
        return false;
    *pond_map_at(&m->files, f->output.record.file, NULL) = f;
    if (out != NULL)
        *out = f;
    return true;
}

static bool add_target(pond_arena *a, manifest *m, pond_value v) {
    const pond_value *files = pond_get_array(v, "files"), *inputs = pond_get_object(v, "inputs");
    pond_sv place, path, matched, fingerprint;
    manifest_target *t = POND_NEW(a, manifest_target);
    if (!pond_get_string(v, "place", &place) || !pond_get_string(v, "path", &path) ||
        files == NULL || !pond_get_string(v, "fingerprint", &fingerprint) ||
        !pond_sha256_from_hex(fingerprint, &t->fingerprint))
        return false;
    if (!pond_get_string(v, "matched", &matched))
        matched = path;
    t->inputs = inputs == NULL ? pond_null() : *inputs;
    t->files = POND_NEW_ARRAY(a, manifest_file *, files->n);
    for (size_t i = 0; i < files->n; i++)
        if (!add_file(a, m, files->items[i], matched, &t->files[t->n_files++]))
            return false;
    *pond_map_at(&m->targets, place, NULL) = t;
    return true;
}

static bool add_stages(pond_arena *a, manifest *m, pond_value stages) {
    for (size_t i = 0; i < stages.n; i++) {
        const pond_value *targets = pond_get_array(stages.items[i], "targets");
        if (targets == NULL)
            return false;
        for (size_t j = 0; j < targets->n; j++)
            if (!add_target(a, m, targets->items[j]))
                return false;
    }
    return true;
}

// {"root": …, "version": …} of a manifest, {"table": …} of a journal.
static bool add_table(pond_arena *a, manifest *m, pond_value v, const char *key) {
    pond_sv root;
    if (!pond_get_string(v, key, &root) || !export_is_output_name(root))
        return false;
    void **at = pond_map_at(&m->tables, root, NULL);
    if (*at == NULL) {
        export_table *t = POND_NEW(a, export_table);
        *t = (export_table){.root = root,
                            .version = pond_get_int(v, "version", -1),
                            .retain_ms = pond_get_int(v, "retain_ms", -1)};
        *at = t;
    }
    return true;
}

static bool add_retained(pond_arena *a, manifest *m, pond_value v) {
    export_retained *r = POND_NEW(a, export_retained);
    if (!pond_get_string(v, "file", &r->file) || !export_is_output_name(r->file))
        return false;
    r->removed_ms = pond_get_int(v, "removed_time", 0);
    *pond_map_at(&m->retained, r->file, NULL) = r;
    return true;
}

// The origins of stale files are a list of their own, as long as that of the files. Manifests of
// older versions do not have it.
static bool add_stale(pond_arena *a, manifest *m, pond_value stale) {
    const pond_value *origins = pond_get_array(m->value, "origins");
    for (size_t i = 0; i < stale.n; i++) {
        bool is_known = origins != NULL && i < origins->n && origins->items[i].kind == POND_STRING;
        pond_sv origin = is_known ? pond_value_sv(origins->items[i]) : (pond_sv){NULL, 0};
        if (!add_file(a, m, stale.items[i], origin, NULL))
            return false;
    }
    return true;
}

pond_code manifest_read_json(pond_arena *a, const pond_below *meta, const char *name,
                             pond_value *out, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    *out = pond_null();
    pond_code rc = pond_below_read(meta, name, &text, err);
    if (rc == POND_ERR_NOT_FOUND)
        rc = POND_OK;
    else if (rc == POND_OK)
        rc =
            pond_json_parse(a, pond_buf_view(&text), pond_path_join(a, meta->path, name), out, err);
    pond_buf_free(&text);
    return rc;
}

static bool add_manifest(pond_arena *a, manifest *m) {
    const pond_value *stages = pond_get_array(m->value, "stages"),
                     *stale = pond_get_array(m->value, "stale"),
                     *tables = pond_get_array(m->value, "tables"),
                     *retained = pond_get_array(m->value, "retained");
    bool is_known = pond_get_int(m->value, "version", 0) == MANIFEST_VERSION && stages != NULL &&
                    stale != NULL && (tables != NULL || pond_get_lit(m->value, "tables") == NULL) &&
                    (retained != NULL || pond_get_lit(m->value, "retained") == NULL) &&
                    add_stages(a, m, *stages) && add_stale(a, m, *stale);
    for (size_t i = 0; is_known && tables != NULL && i < tables->n; i++)
        is_known = add_table(a, m, tables->items[i], "root");
    for (size_t i = 0; is_known && retained != NULL && i < retained->n; i++)
        is_known = add_retained(a, m, retained->items[i]);
    return is_known;
}

// Damaged parts of a journal are ignored. A file that the journal does not name counts as foreign,
// and foreign files are never touched.
static void add_journal(pond_arena *a, manifest *m, pond_value journal) {
    for (size_t i = 0; journal.kind == POND_ARRAY && i < journal.n; i++) {
        pond_value v = journal.items[i];
        if (v.kind == POND_STRING && export_is_output_name(pond_value_sv(v)))
            *pond_map_at(&m->journal, pond_value_sv(v), NULL) = m;
        else
            (void)add_table(a, m, v, "table");
    }
}

pond_code manifest_read(pond_arena *a, const pond_below *meta, manifest **out, pond_err *err) {
    manifest *m = POND_NEW(a, manifest);
    pond_map_init(&m->files, a);
    pond_map_init(&m->slots, a);
    pond_map_init(&m->targets, a);
    pond_map_init(&m->tables, a);
    pond_map_init(&m->retained, a);
    pond_map_init(&m->journal, a);
    *out = m;
    pond_value journal;
    POND_TRY(manifest_read_json(a, meta, "manifest.json", &m->value, err));
    if (m->value.kind != POND_NULL && !add_manifest(a, m))
        return pond_fail(err, POND_ERR_CORRUPT,
                         "'%s/manifest.json' is not a manifest that this version understands; "
                         "export to another directory, or remove that file and add --force",
                         meta->path);
    POND_TRY(manifest_read_json(a, meta, "journal.json", &journal, err));
    add_journal(a, m, journal);
    return POND_OK;
}

static const char *pond_id_of(const export_run *run, char text[37]) {
    pond_id_text(&pond_store_info(pond_session_store(run->session))->id, text);
    return text;
}

pond_code manifest_check_pond(const export_run *run, pond_err *err) {
    char own[37];
    pond_sv other;
    if (run->before->value.kind == POND_NULL || run->options->force ||
        !pond_get_string(run->before->value, "pond", &other) ||
        pond_sv_is(other, pond_id_of(run, own)))
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT,
                     "'%s' holds the export of another pond, %.*s, and this one is %s: export to "
                     "another directory, or add --force to replace that export",
                     run->dir.path, POND_SV_ARG(other), own);
}

// Writing -----------------------------------------------------------------------------------------

static void write_target(pond_buf *b, const export_target *t) {
    char hex[65];
    pond_sha256_hex(&t->fingerprint, hex);
    pond_buf_str(b, "{\"path\":");
    pond_json_string(b, t->node->path);
    if (!pond_sv_eq(t->matched, t->node->path)) {
        pond_buf_str(b, ",\"matched\":");
        pond_json_string(b, t->matched);
    }
    pond_buf_printf(b, ",\"type\":\"%s\",\"captures\":[", pond_type_name(t->node->type));
    for (size_t i = 0; i < t->n_captures; i++) {
        if (i > 0)
            pond_buf_char(b, ',');
        pond_json_string(b, t->captures[i]);
    }
    pond_buf_str(b, "],\"place\":");
    pond_json_string(b, t->place);
    pond_buf_printf(b, ",\"fingerprint\":\"%s\"", hex);
    if (t->relation != NULL) {
        pond_buf_str(b, ",\"inputs\":");
        pond_json_write(b, t->inputs, 0);
    }
    pond_buf_str(b, ",\"files\":");
    export_records_write(b, &t->outputs);
    pond_buf_char(b, '}');
}

static void write_tables(pond_buf *b, const pond_map *tables) {
    pond_buf_char(b, '[');
    for (size_t i = 0; i < tables->n; i++) {
        const export_table *t = tables->entries[i].value;
        pond_buf_str(b, i == 0 ? "\n{\"root\":" : ",\n{\"root\":");
        pond_json_string(b, t->root);
        pond_buf_printf(b, ",\"version\":%" PRId64 ",\"retain_ms\":%" PRId64 "}", t->version,
                        t->retain_ms);
    }
    pond_buf_char(b, ']');
}

// Files that left their Delta tables and are still on disk.
static void write_retained(pond_buf *b, const export_run *run) {
    size_t n = 0;
    pond_buf_char(b, '[');
    for (size_t i = 0; i < run->retained.n; i++) {
        const export_retained *r = &run->retained.items[i];
        if (r->is_overdue)
            continue;
        pond_buf_str(b, n++ == 0 ? "\n{\"file\":" : ",\n{\"file\":");
        pond_json_string(b, r->file);
        pond_buf_printf(b, ",\"removed_time\":%" PRId64 "}", r->removed_ms);
    }
    pond_buf_char(b, ']');
}

static void write_stage(pond_buf *b, pond_arena *a, export_stage *stage) {
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

static void write_stale(pond_buf *b, const export_outputs *stale) {
    pond_buf_str(b, ",\"stale\":");
    export_records_write(b, stale);
    if (stale->n == 0)
        return;
    pond_buf_str(b, ",\"origins\":[");
    for (size_t i = 0; i < stale->n; i++) {
        if (i > 0)
            pond_buf_char(b, ',');
        if (stale->items[i]->origin.p == NULL)
            pond_buf_str(b, "null");
        else
            pond_json_string(b, stale->items[i]->origin);
    }
    pond_buf_char(b, ']');
}

pond_code manifest_write(export_run *run, const export_outputs *kept_stale, pond_err *err) {
    const pond_export_options *o = run->options;
    pond_buf b = POND_BUF_EMPTY;
    char id[37];
    pond_buf_printf(&b,
                    "{\"version\":%d,\"pond\":\"%s\",\"temporal\":%d,\"vars\":", MANIFEST_VERSION,
                    pond_id_of(run, id), o->n_periods);
    pond_json_write(&b, o->vars, 0);
    pond_buf_str(&b, ",\"stages\":[\n");
    for (size_t i = 0; i < run->n_stages; i++) {
        if (i > 0)
            pond_buf_str(&b, ",\n");
        write_stage(&b, run->arena, &run->stages[i]);
    }
    pond_buf_str(&b, "],\"tables\":");
    write_tables(&b, &run->tables);
    if (run->tables.n > 0) {
        pond_buf_str(&b, ",\"retained\":");
        write_retained(&b, run);
    }
    write_stale(&b, kept_stale);
    pond_buf_str(&b, "}\n");
    pond_code rc = export_dir_replace(&run->dir, ".pond/manifest.json", pond_buf_view(&b), err);
    pond_buf_free(&b);
    return rc;
}

// Whether it is current ---------------------------------------------------------------------------

// The recorded stage has the same targets in the same order, and all of them are kept.
static bool is_stage_current(const export_stage *stage, pond_value before) {
    const pond_value *targets = pond_get_array(before, "targets");
    if (!pond_has_string(before, "pattern", stage->pattern) || targets == NULL ||
        targets->n != stage->n_targets)
        return false;
    for (size_t i = 0; i < stage->n_targets; i++) {
        const export_target *t = &stage->targets[i];
        bool is_link = !pond_sv_eq(t->matched, t->node->path);
        if (is_link != pond_has_string(targets->items[i], "matched", t->matched) || !t->is_kept ||
            !pond_has_string(targets->items[i], "place", t->place) ||
            !pond_has_string(targets->items[i], "path", t->node->path))
            return false;
    }
    return true;
}

// Whether the rest of the manifest is unchanged: pond, --temporal, -v.
static bool is_head_current(const export_run *run) {
    const pond_value *vars = pond_get_lit(run->before->value, "vars");
    char id[37];
    return pond_has_string(run->before->value, "pond", pond_sv_of(pond_id_of(run, id))) &&
           pond_get_int(run->before->value, "temporal", -1) == run->options->n_periods &&
           vars != NULL && pond_value_equal(*vars, run->options->vars);
}

bool manifest_is_current(const export_run *run, const export_outputs *kept_stale) {
    const manifest *m = run->before;
    const pond_value *stages = pond_get_array(m->value, "stages"),
                     *stale = pond_get_array(m->value, "stale");
    // Stale files and Delta tables are rare, so a run that has any writes the manifest.
    bool had_others = m->journal.n > 0 || m->tables.n > 0 || stale == NULL || stale->n > 0,
         has_others = run->tables.n > 0 || kept_stale->n > 0;
    if (had_others || has_others || !is_head_current(run) || stages == NULL ||
        stages->n != run->n_stages)
        return false;
    for (size_t i = 0; i < run->n_stages; i++)
        if (!is_stage_current(&run->stages[i], stages->items[i]))
            return false;
    return true;
}

// The journal -------------------------------------------------------------------------------------

pond_code manifest_write_journal(export_run *run, const export_outputs *files, pond_err *err) {
    const pond_map *old = &run->before->journal;
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_char(&b, '[');
    for (size_t i = 0; i < files->n; i++) {
        pond_buf_str(&b, b.n == 1 ? "\n" : ",\n");
        pond_json_string(&b, files->items[i]->record.file);
    }
    // The files of an interrupted run are in no manifest, and this run may be interrupted, too.
    for (size_t i = 0; i < old->n; i++) {
        pond_buf_str(&b, b.n == 1 ? "\n" : ",\n");
        pond_json_string(&b, old->entries[i].key);
    }
    for (size_t i = 0; i < run->tables.n; i++) {
        pond_buf_str(&b, b.n == 1 ? "\n{\"table\":" : ",\n{\"table\":");
        pond_json_string(&b, run->tables.entries[i].key);
        pond_buf_char(&b, '}');
    }
    pond_buf_str(&b, "]\n");
    pond_code rc = export_dir_replace(&run->dir, ".pond/journal.json", pond_buf_view(&b), err);
    pond_buf_free(&b);
    return rc;
}

pond_code manifest_remove_journal(const export_run *run, pond_err *err) {
    return pond_below_remove(&run->dir.meta, "journal.json", err);
}
