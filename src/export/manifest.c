// Reads the manifest and journal of the last run.
#include "export/manifest.h"

#include "value/pull.h"

#include <fcntl.h>
#include <unistd.h>

// Reading -----------------------------------------------------------------------------------------
//
// Manifests of tens of megabytes are common, so they are read without a tree. A key or a kind that
// is not known is passed over; of equal keys the last one counts, as in a tree.

typedef struct reader {
    pond_arena *arena;
    pond_pull *pull;
    manifest *m;
    bool has_sets;
    bool is_unknown;               // something is missing, or is not what it has to be
    POND_VEC(manifest_file) files; // of the target that is being read
    POND_VEC(pond_sv) origins;     // of the stale files, in their order; NULL: not known
} reader;

// A text that is kept; NULL if the value is none.
static pond_sv read_text(reader *r) {
    pond_sv text;
    return pond_pull_string(r->pull, &text) ? pond_sv_dup(r->arena, text) : (pond_sv){NULL, 0};
}

static int64_t read_int(reader *r, int64_t otherwise) {
    int64_t i;
    return pond_pull_int(r->pull, &i) ? i : otherwise;
}

static void read_file(reader *r) {
    manifest_file *f = pond_vec_push(r->arena, &r->files);
    *f = (manifest_file){0};
    r->is_unknown |= !export_record_pull(r->pull, r->arena, &f->output.record);
}

// The file of a list of records; they are copied to one array when all are known.
static manifest_file *read_files(reader *r, size_t *n, bool *is_list) {
    r->files.n = 0;
    *is_list = pond_pull_array(r->pull);
    while (*is_list && pond_pull_item(r->pull))
        read_file(r);
    manifest_file *files = POND_NEW_ARRAY(r->arena, manifest_file, r->files.n);
    if (r->files.n > 0)
        memcpy(files, r->files.items, r->files.n * sizeof *files);
    *n = r->files.n;
    return files;
}

// Something that a page asked for: {"from" or "node", "fingerprint", "stats" and "answer"}. Without the
// last two, as earlier versions wrote it, a page is made again.
static void read_asked(reader *r, pond_asked_vec *out) {
    pond_sv key, hex;
    pond_asked asked = {0};
    bool has_fingerprint = false;
    bool is_object = pond_pull_object(r->pull);
    while (is_object && pond_pull_key(r->pull, &key)) {
        if (POND_KEY_IS(key, "from") || POND_KEY_IS(key, "node")) {
            asked.is_node = POND_KEY_IS(key, "node");
            asked.from = read_text(r);
        } else if (POND_KEY_IS(key, "fingerprint")) {
            has_fingerprint =
                pond_pull_string(r->pull, &hex) && pond_sha256_from_hex(hex, &asked.fingerprint);
        } else if (POND_KEY_IS(key, "stats")) {
            (void)pond_pull_value(r->pull, r->arena, &asked.stats);
        } else if (POND_KEY_IS(key, "answer")) {
            r->is_unknown |=
                !pond_pull_string(r->pull, &hex) || !pond_sha256_from_hex(hex, &asked.answer);
        } else {
            pond_pull_skip(r->pull);
        }
    }
    r->is_unknown |= asked.from.p == NULL || !has_fingerprint;
    *pond_vec_push(r->arena, out) = asked;
}

static void read_target(reader *r, manifest_stage *stage) {
    pond_sv key, hex = {NULL, 0};
    bool has_files = false, has_fingerprint = false;
    manifest_target *t = POND_NEW(r->arena, manifest_target);
    bool is_object = pond_pull_object(r->pull);
    while (is_object && pond_pull_key(r->pull, &key)) {
        if (POND_KEY_IS(key, "path"))
            t->path = read_text(r);
        else if (POND_KEY_IS(key, "matched"))
            t->matched = read_text(r);
        else if (POND_KEY_IS(key, "place"))
            t->place = read_text(r);
        else if (POND_KEY_IS(key, "fingerprint"))
            has_fingerprint =
                pond_pull_string(r->pull, &hex) && pond_sha256_from_hex(hex, &t->fingerprint);
        else if (POND_KEY_IS(key, "inputs"))
            (void)pond_pull_value(r->pull, r->arena, &t->inputs);
        else if (POND_KEY_IS(key, "asked"))
            for (bool is_list = pond_pull_array(r->pull); is_list && pond_pull_item(r->pull);)
                read_asked(r, &t->asked);
        else if (POND_KEY_IS(key, "files"))
            t->files = read_files(r, &t->n_files, &has_files);
        else
            pond_pull_skip(r->pull);
    }
    if (t->inputs.kind != POND_OBJECT)
        t->inputs = pond_null();
    for (size_t i = 0; i < t->n_files; i++)
        t->files[i].output.origin = t->matched.p != NULL ? t->matched : t->path;
    r->is_unknown |= t->path.p == NULL || t->place.p == NULL || !has_fingerprint || !has_files;
    *pond_vec_push(r->arena, &stage->targets) = t;
}

static void read_stage(reader *r) {
    pond_sv key;
    bool has_targets = false;
    manifest_stage *stage = POND_NEW(r->arena, manifest_stage);
    bool is_object = pond_pull_object(r->pull);
    while (is_object && pond_pull_key(r->pull, &key)) {
        if (POND_KEY_IS(key, "pattern")) {
            stage->pattern = read_text(r);
        } else if (POND_KEY_IS(key, "export") && r->has_sets) {
            (void)pond_pull_value(r->pull, r->arena, &stage->set);
        } else if (POND_KEY_IS(key, "targets")) {
            stage->targets.n = 0;
            has_targets = pond_pull_array(r->pull);
            while (has_targets && pond_pull_item(r->pull))
                read_target(r, stage);
        } else {
            pond_pull_skip(r->pull);
        }
    }
    r->is_unknown |= !has_targets;
    *pond_vec_push(r->arena, &r->m->stages) = stage;
}

static void add_table(pond_arena *a, manifest *m, export_table table) {
    void **at = pond_map_at(&m->tables, table.root, NULL);
    if (*at == NULL) {
        export_table *t = POND_NEW(a, export_table);
        *t = table;
        *at = t;
    }
}

static void read_table(reader *r) {
    pond_sv key;
    export_table t = {.version = -1, .retain_ms = -1};
    bool is_object = pond_pull_object(r->pull);
    while (is_object && pond_pull_key(r->pull, &key)) {
        if (POND_KEY_IS(key, "root"))
            t.root = read_text(r);
        else if (POND_KEY_IS(key, "version"))
            t.version = read_int(r, -1);
        else if (POND_KEY_IS(key, "retain_ms"))
            t.retain_ms = read_int(r, -1);
        else
            pond_pull_skip(r->pull);
    }
    if (t.root.p != NULL && export_is_output_name(t.root))
        add_table(r->arena, r->m, t);
    else
        r->is_unknown = true;
}

static void read_retained(reader *r) {
    pond_sv key;
    export_retained *o = POND_NEW(r->arena, export_retained);
    bool is_object = pond_pull_object(r->pull);
    while (is_object && pond_pull_key(r->pull, &key)) {
        if (POND_KEY_IS(key, "file"))
            o->file = read_text(r);
        else if (POND_KEY_IS(key, "removed_time"))
            o->removed_ms = read_int(r, 0);
        else
            pond_pull_skip(r->pull);
    }
    if (o->file.p != NULL && export_is_output_name(o->file))
        *pond_map_at(&r->m->retained, o->file, NULL) = o;
    else
        r->is_unknown = true;
}

// Reads a list, item by item, and returns whether it is one.
static bool read_list(reader *r, void (*item)(reader *r)) {
    bool is_list = pond_pull_array(r->pull);
    while (is_list && pond_pull_item(r->pull))
        item(r);
    return is_list;
}

static void read_origin(reader *r) {
    *pond_vec_push(r->arena, &r->origins) = read_text(r);
}

static void read_top(reader *r) {
    manifest *m = r->m;
    pond_sv key;
    int64_t version = 0;
    bool has_stages = false, has_stale = false, has_tables = true, has_retained = true;
    bool is_object = pond_pull_object(r->pull);
    while (is_object && pond_pull_key(r->pull, &key)) {
        if (POND_KEY_IS(key, "version")) {
            version = read_int(r, 0);
        } else if (POND_KEY_IS(key, "pond")) {
            m->pond = read_text(r);
        } else if (POND_KEY_IS(key, "temporal")) {
            m->temporal = read_int(r, -1);
        } else if (POND_KEY_IS(key, "vars")) {
            m->has_vars = pond_pull_value(r->pull, r->arena, &m->vars);
        } else if (POND_KEY_IS(key, "stages")) {
            m->stages.n = 0;
            has_stages = read_list(r, read_stage);
        } else if (POND_KEY_IS(key, "stale")) {
            m->stale = read_files(r, &m->n_stale, &has_stale);
        } else if (POND_KEY_IS(key, "origins")) {
            r->origins.n = 0;
            (void)read_list(r, read_origin);
        } else if (POND_KEY_IS(key, "tables")) {
            pond_map_init(&m->tables, r->arena);
            has_tables = read_list(r, read_table);
        } else if (POND_KEY_IS(key, "retained")) {
            pond_map_init(&m->retained, r->arena);
            has_retained = read_list(r, read_retained);
        } else {
            pond_pull_skip(r->pull);
        }
    }
    r->is_unknown |=
        version != MANIFEST_VERSION || !has_stages || !has_stale || !has_tables || !has_retained;
}

// By place. The origins of stale files are a list of their own; manifests of older versions do not
// have it.
static void finish_reading(reader *r) {
    manifest *m = r->m;
    for (size_t i = 0; i < m->stages.n; i++)
        for (size_t j = 0; j < m->stages.items[i]->targets.n; j++) {
            manifest_target *t = m->stages.items[i]->targets.items[j];
            *pond_map_at(&m->targets, t->place, NULL) = t;
        }
    for (size_t i = 0; i < m->n_stale && i < r->origins.n; i++)
        m->stale[i].output.origin = r->origins.items[i];
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

static pond_code fail_unknown(const pond_below *meta, pond_err *err) {
    return pond_fail(err, POND_ERR_CORRUPT,
                     "'%s/manifest.json' is not a manifest that this version understands; "
                     "export to another directory, or remove that file and add --force",
                     meta->path);
}

// The parser has words for what is no JSON.
static pond_code fail_no_json(pond_arena *a, const pond_below *meta, pond_err *err) {
    pond_value v;
    POND_TRY(manifest_read_json(a, meta, "manifest.json", &v, err));
    return fail_unknown(meta, err);
}

static pond_code read_manifest(pond_arena *a, const pond_below *meta, manifest *m, bool has_sets,
                               pond_err *err) {
    int fd;
    bool is_json;
    pond_code rc = pond_below_open_file(meta, "manifest.json", O_RDONLY, &fd, err);
    if (rc == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(rc);
    m->is_there = true;
    const char *name = pond_path_join(a, meta->path, "manifest.json");
    reader r = {.arena = a, .pull = pond_pull_new(fd, name), .m = m, .has_sets = has_sets};
    read_top(&r);
    rc = pond_pull_end(r.pull, &is_json, err);
    close(fd); // nothing was written, so no error can be lost
    POND_TRY(rc);
    if (!is_json)
        return fail_no_json(a, meta, err);
    if (r.is_unknown)
        return fail_unknown(meta, err);
    finish_reading(&r);
    return POND_OK;
}

// Damaged parts of a journal are ignored. A file that the journal does not name counts as foreign,
// and foreign files are never touched.
static void add_journal(pond_arena *a, manifest *m, pond_value journal) {
    for (size_t i = 0; journal.kind == POND_ARRAY && i < journal.n; i++) {
        pond_value v = journal.items[i];
        pond_sv root;
        if (v.kind == POND_STRING && export_is_output_name(pond_value_sv(v)))
            *pond_map_at(&m->journal, pond_value_sv(v), NULL) = m;
        else if (pond_get_string(v, "table", &root) && export_is_output_name(root))
            add_table(a, m, (export_table){.root = root, .version = -1, .retain_ms = -1});
    }
}

static pond_code read_both(pond_arena *a, const pond_below *meta, bool has_sets, manifest **out,
                           pond_err *err) {
    manifest *m = POND_NEW(a, manifest);
    pond_map_init(&m->files, a);
    pond_map_init(&m->slots, a);
    pond_map_init(&m->targets, a);
    pond_map_init(&m->tables, a);
    pond_map_init(&m->retained, a);
    pond_map_init(&m->journal, a);
    m->temporal = -1;
    *out = m;
    pond_value journal;
    POND_TRY(read_manifest(a, meta, m, has_sets, err));
    POND_TRY(manifest_read_json(a, meta, "journal.json", &journal, err));
    add_journal(a, m, journal);
    return POND_OK;
}

pond_code manifest_read(pond_arena *a, const pond_below *meta, manifest **out, pond_err *err) {
    return read_both(a, meta, false, out, err);
}

pond_code manifest_read_sets(pond_arena *a, const pond_below *meta, manifest **out, pond_err *err) {
    return read_both(a, meta, true, out, err);
}

// Finding -----------------------------------------------------------------------------------------

static void index_files(manifest *m, manifest_file *files, size_t n) {
    for (size_t i = 0; i < n; i++)
        *pond_map_at(&m->files, files[i].output.record.file, NULL) = &files[i];
}

void manifest_index(manifest *m) {
    if (m->is_indexed)
        return;
    m->is_indexed = true;
    for (size_t i = 0; i < m->stages.n; i++)
        for (size_t j = 0; j < m->stages.items[i]->targets.n; j++) {
            const manifest_target *t = m->stages.items[i]->targets.items[j];
            index_files(m, t->files, t->n_files);
        }
    index_files(m, m->stale, m->n_stale);
}

manifest_file *manifest_find(manifest *m, pond_sv file) {
    manifest_index(m);
    return pond_map_get(&m->files, file);
}

const char *manifest_pond_id(const export_run *run, char text[37]) {
    const pond_id id = pond_session_tree_id(run->session);
    pond_id_text(&id, text);
    return text;
}

pond_code manifest_check_pond(const export_run *run, pond_err *err) {
    char own[37];
    pond_sv other = run->before->pond;
    if (other.p == NULL || run->options->force || pond_sv_is(other, manifest_pond_id(run, own)))
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT,
                     "'%s' holds the export of another pond, %.*s, and this one is %s: export to "
                     "another directory, or add --force to replace that export",
                     run->dir.path, POND_SV_ARG(other), own);
}
