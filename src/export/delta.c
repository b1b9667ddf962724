// delta: a Delta Lake log beside the files of each table.
//
//     DIR/sites/BDock/res=1h/year=2024/month=7/data.parquet    as without a log
//     DIR/sites/BDock/res=1h/_delta_log/00000000000000000000.json
//     DIR/sites/table/data.parquet                             a file alone would be
//     sites/table.parquet DIR/sites/table/_delta_log/…
//
// A commit is the difference between what the log says and what this run made. The log itself is
// read for that, never a record of what was once written to it: whatever came between, a run that
// was killed or another engine's commit, the next export ends with a table of exactly its files.
//
// Files are replaced in place, under the name that they had. So the add of a new version has the
// path of the old one and takes its place, without a remove, which the protocol forbids in the
// same commit; and older versions of the table cannot be read: their files are gone.
#include "export/delta.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    READER_VERSION = 1,
    WRITER_VERSION = 2,
    MAX_ATTEMPTS = 20, // to commit while others do
    FOOTERS_AT_ONCE = 500,
};

// Tables
// --------------------------------------------------------------------------------------------

static pond_sv root_of(const pond_target *t) {
    return t->is_partitioned ? t->place
                             : pond_sv_sub(t->place, 0, (size_t)pond_sv_rfind_char(t->place, '/'));
}

static char *log_dir_of(const export_run *run, pond_arena *a, pond_sv root) {
    return pond_printf(a, "%s/%.*s/_delta_log", run->dir, POND_SV_ARG(root));
}

static pond_code add_table(export_run *run, const pond_target *t, pond_err *err) {
    export_table *table = POND_NEW(run->arena, export_table);
    *table = (export_table){.root = root_of(t), .target = t, .version = -1};
    bool is_new;
    void **at = pond_map_at(&run->tables, table->root, &is_new);
    if (!is_new)
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' and '%.*s' would both be the Delta table '%.*s'",
                         POND_SV_ARG(((const export_table *)*at)->target->node->path),
                         POND_SV_ARG(t->node->path), POND_SV_ARG(table->root));
    *at = table;
    return POND_OK;
}

pond_code delta_plan(export_run *run, pond_err *err) {
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++)
            if (run->stages[i].targets[j].relation != NULL)
                POND_TRY(add_table(run, &run->stages[i].targets[j], err));
    return POND_OK;
}

bool delta_has_new(const export_run *run) {
    for (size_t i = 0; i < run->tables.n; i++)
        if (pond_map_get(&run->before->tables, run->tables.entries[i].key) == NULL)
            return true;
    return false;
}

pond_code delta_check_foreign(const export_run *run, pond_err *err) {
    for (size_t i = 0; i < run->tables.n && !run->options->force; i++) {
        const export_table *t = run->tables.entries[i].value;
        char *log_dir = log_dir_of(run, run->arena, t->root);
        if (pond_map_get(&run->before->tables, t->root) == NULL && pond_path_exists(log_dir))
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%s' was not written by an export and stands where the log of '%.*s' "
                             "must go; move it away, or add --force to continue it",
                             log_dir, POND_SV_ARG(t->target->node->path));
    }
    return POND_OK;
}

// Tables that are no more
// ---------------------------------------------------------------------------

// Whether this run puts files where the table is.
static bool is_in_use(const export_run *run, pond_sv root) {
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++)
            if (run->stages[i].targets[j].relation != NULL &&
                pond_sv_eq(run->stages[i].targets[j].place, root))
                return true;
    return false;
}

// The log goes as a whole, by one rename: a log that has lost some of its versions is damage.
static pond_code drop_table(export_run *run, export_table *t, pond_err *err) {
    char *log_dir = log_dir_of(run, run->arena, t->root);
    const char *away = export_tmp_name(run, ".dropped");
    if (rename(log_dir, away) != 0 && errno != ENOENT && errno != ENOTDIR)
        return pond_fail_errno(err, "cannot remove the Delta log '%s'", log_dir);
    export_remove_empty_dirs(run, run->arena, log_dir);
    return POND_OK;
}

pond_code delta_drop(export_run *run, pond_err *err) {
    for (size_t i = 0; i < run->before->tables.n; i++) {
        export_table *t = run->before->tables.entries[i].value;
        if (pond_map_get(&run->tables, t->root) != NULL)
            continue;
        if (run->options->keep_stale && !is_in_use(run, t->root))
            *pond_map_at(&run->tables, t->root, NULL) = t;
        else
            POND_TRY(drop_table(run, t, err));
    }
    return POND_OK;
}

// What changed
// --------------------------------------------------------------------------------------

// A table's next version, while it is put together.
typedef struct commit {
    export_run *run;
    const export_table *table;
    pond_arena *arena;
    pond_schema schema; // of the files
    delta_state state;
    POND_VEC(const pond_output *) adds;
    POND_VEC(const pond_value *) removes; // their add actions
    pond_sv schema_json;
    pond_value partition_columns;
    bool is_described; // the log's metadata says the same
} commit;

static pond_sv file_in_table(const commit *c, const pond_output *o) {
    return pond_sv_sub(o->file, c->table->root.n + 1, o->file.n);
}

static bool is_listed(const commit *c, const pond_output *o) {
    const pond_value *add = pond_map_get(&c->state.files, file_in_table(c, o));
    const pond_value *tags = add == NULL ? NULL : pond_get_lit(*add, "tags");
    const pond_value *sum = tags == NULL ? NULL : pond_get_lit(*tags, "pond.sha256");
    char hex[65];
    pond_sha256_hex(&o->checksum, hex);
    return sum != NULL && sum->kind == POND_STRING && pond_sv_is(pond_value_sv(*sum), hex);
}

// Files that --keep-stale keeps stay in the table; those of other engines' commits do not.
static bool is_kept(const commit *c, pond_sv path) {
    pond_sv file = pond_svf(c->arena, "%.*s/%.*s", POND_SV_ARG(c->table->root), POND_SV_ARG(path));
    return c->run->options->keep_stale && pond_map_get(&c->run->before->files, file) != NULL;
}

static void compare_files(commit *c) {
    const pond_output_vec *outputs = &c->table->target->outputs;
    pond_map made;
    pond_map_init(&made, c->arena);
    for (size_t i = 0; i < outputs->n; i++) {
        const pond_output *o = &outputs->items[i];
        *pond_map_at(&made, file_in_table(c, o), NULL) = c;
        if (!is_listed(c, o))
            *pond_vec_push(c->arena, &c->adds) = o;
    }
    for (size_t i = 0; i < c->state.files.n; i++) {
        const pond_map_entry *e = &c->state.files.entries[i];
        if (e->value != NULL && pond_map_get(&made, e->key) == NULL && !is_kept(c, e->key))
            *pond_vec_push(c->arena, &c->removes) = e->value;
    }
}

static void compare_metadata(commit *c) {
    int n_units = c->table->target->is_partitioned ? c->run->options->n_units : 0;
    pond_buf b = POND_BUF_EMPTY;
    delta_schema_json(&b, c->schema, n_units);
    c->schema_json = pond_sv_dup(c->arena, pond_buf_view(&b));
    pond_buf_free(&b);
    pond_value *columns = POND_NEW_ARRAY(c->arena, pond_value, n_units);
    for (int i = 0; i < n_units; i++)
        columns[i] = pond_string_lit(pond_unit_name((pond_unit)i));
    c->partition_columns = pond_array(columns, (size_t)n_units);
    const pond_value *schema = pond_get_lit(c->state.metadata, "schemaString"),
                     *partitions = pond_get_lit(c->state.metadata, "partitionColumns");
    c->is_described = schema != NULL && schema->kind == POND_STRING && partitions != NULL &&
                      pond_sv_eq(pond_value_sv(*schema), c->schema_json) &&
                      pond_value_equal(*partitions, c->partition_columns);
}

static pond_code compare(commit *c, const char *log_dir, pond_err *err) {
    POND_TRY(delta_log_read(c->run->session, c->arena, log_dir, &c->state, err));
    const delta_state *s = &c->state;
    if (s->version >= 0 && (s->metadata.kind == POND_NULL || s->writer == 0))
        return pond_fail(err, POND_ERR_CORRUPT, "'%s' says nothing of its %s", log_dir,
                         s->writer == 0 ? "protocol" : "table");
    if (s->reader > READER_VERSION || s->writer > WRITER_VERSION)
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%s' was changed to protocol %" PRId64 "/%" PRId64
                         " by another engine, and this program writes %d/%d; remove it to have it "
                         "made anew",
                         log_dir, s->reader, s->writer, READER_VERSION, WRITER_VERSION);
    compare_files(c);
    compare_metadata(c);
    return POND_OK;
}

// A commit's actions
// --------------------------------------------------------------------------------

static void write_info(const commit *c, pond_buf *b, int64_t now_ms) {
    pond_buf columns = POND_BUF_EMPTY;
    pond_json_write(&columns, c->partition_columns, 0);
    pond_buf_printf(b,
                    "{\"commitInfo\":{\"timestamp\":%" PRId64 ",\"operation\":\"WRITE\","
                    "\"operationParameters\":{\"mode\":\"Overwrite\",\"partitionBy\":",
                    now_ms);
    pond_json_string(b, pond_buf_view(&columns));
    pond_buf_free(&columns);
    pond_buf_printf(b,
                    "},\"isBlindAppend\":false,\"operationMetrics\":{\"numFiles\":\"%zu\","
                    "\"numRemovedFiles\":\"%zu\"},\"engineInfo\":",
                    c->adds.n, c->removes.n);
    const char *program = c->run->options->program;
    pond_json_string(b, pond_svf(c->arena, "pond/%s", program == NULL ? "" : program));
    pond_buf_str(b, "}}\n");
}

// UUIDv4.
static pond_code make_uuid(char out[37], pond_err *err) {
    pond_id id;
    if (getrandom(id.bytes, sizeof id.bytes, 0) != sizeof id.bytes)
        return pond_fail_errno(err, "the system gives no random bytes");
    id.bytes[6] = (uint8_t)(0x40 | (id.bytes[6] & 0x0F));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    pond_id_text(&id, out);
    return POND_OK;
}

// The table keeps its id, and whatever else was said of it, when its columns change.
static pond_code write_metadata(const commit *c, pond_buf *b, int64_t now_ms, pond_err *err) {
    char id[37];
    POND_TRY(make_uuid(id, err));
    const pond_entry fresh[] = {
        {POND_SV("configuration"), pond_object(NULL, 0)},
        {POND_SV("createdTime"), pond_int(now_ms)},
        {POND_SV("id"), pond_string_lit(id)},
    };
    pond_value old = c->state.metadata.kind == POND_OBJECT
                         ? c->state.metadata
                         : pond_object(fresh, sizeof fresh / sizeof *fresh);
    const pond_entry format[] = {
        {POND_SV("options"), pond_object(NULL, 0)},
        {POND_SV("provider"), pond_string_lit("parquet")},
    };
    pond_entry *e = POND_NEW_ARRAY(c->arena, pond_entry, old.n + 3);
    size_t n = 0;
    for (; n < old.n; n++)
        e[n] = old.entries[n];
    e[n++] = (pond_entry){POND_SV("format"), pond_object(format, 2)};
    e[n++] = (pond_entry){POND_SV("partitionColumns"), c->partition_columns};
    e[n++] = (pond_entry){POND_SV("schemaString"), pond_string(c->schema_json)};
    pond_buf_str(b, "{\"metaData\":");
    pond_json_write(b, pond_object_sorted(e, n), 0);
    pond_buf_str(b, "}\n");
    return POND_OK;
}

static void write_remove(pond_buf *b, const pond_value *add, int64_t now_ms) {
    const pond_value *path = pond_get_lit(*add, "path"), *size = pond_get_lit(*add, "size"),
                     *values = pond_get_lit(*add, "partitionValues");
    pond_buf_str(b, "{\"remove\":{\"path\":");
    pond_json_write(b, *path, 0);
    pond_buf_printf(b, ",\"deletionTimestamp\":%" PRId64 ",\"dataChange\":true", now_ms);
    if (values != NULL && size != NULL) {
        pond_buf_str(b, ",\"extendedFileMetadata\":true,\"partitionValues\":");
        pond_json_write(b, *values, 0);
        pond_buf_str(b, ",\"size\":");
        pond_json_write(b, *size, 0);
    }
    pond_buf_str(b, "}}\n");
}

// "year=2024/month=7/data.parquet" -> {"year":"2024","month":"7"}
static void write_partition_values(pond_buf *b, pond_sv file) {
    pond_sv part;
    bool is_first = true;
    pond_buf_char(b, '{');
    while (pond_sv_split(&file, '/', &part)) {
        ptrdiff_t equals = pond_sv_find_char(part, '=');
        if (equals < 0)
            continue;
        if (!is_first)
            pond_buf_char(b, ',');
        is_first = false;
        pond_json_string(b, pond_sv_sub(part, 0, (size_t)equals));
        pond_buf_char(b, ':');
        pond_json_string(b, pond_sv_sub(part, (size_t)equals + 1, part.n));
    }
    pond_buf_char(b, '}');
}

static void write_add(const commit *c, pond_buf *b, const pond_output *o,
                      const pond_file_stats *stats) {
    pond_buf json = POND_BUF_EMPTY;
    char hex[65];
    // A path stands in the log as in a URL. Below a table's directory there are no characters that
    // differ in one.
    pond_buf_str(b, "{\"add\":{\"path\":");
    pond_json_string(b, file_in_table(c, o));
    pond_buf_str(b, ",\"partitionValues\":");
    write_partition_values(b, file_in_table(c, o));
    pond_buf_printf(
        b, ",\"size\":%" PRIu64 ",\"modificationTime\":%" PRId64 ",\"dataChange\":true,\"stats\":",
        o->size_bytes, o->mtime_ns / 1000000);
    delta_stats_json(&json, c->schema, stats);
    pond_json_string(b, pond_buf_view(&json));
    pond_buf_free(&json);
    pond_sha256_hex(&o->checksum, hex);
    pond_buf_printf(b, ",\"tags\":{\"pond.sha256\":\"%s\"}}}\n", hex);
}

static pond_code write_adds(const commit *c, pond_buf *b, pond_err *err) {
    pond_engine *engine;
    POND_TRY(pond_session_engine(c->run->session, &engine, err));
    pond_file_stats *stats = POND_NEW_ARRAY(c->arena, pond_file_stats, FOOTERS_AT_ONCE);
    for (size_t from = 0, n; from < c->adds.n; from += n) {
        n = c->adds.n - from < FOOTERS_AT_ONCE ? c->adds.n - from : FOOTERS_AT_ONCE;
        for (size_t i = 0; i < n; i++)
            stats[i].path = export_path(c->run, c->arena, c->adds.items[from + i]->file);
        POND_TRY(pond_engine_parquet_footers(engine, c->arena, c->schema, stats, n, err));
        for (size_t i = 0; i < n; i++)
            write_add(c, b, c->adds.items[from + i], &stats[i]);
    }
    return POND_OK;
}

static pond_code write_actions(const commit *c, pond_buf *b, pond_err *err) {
    int64_t now_ms = pond_now_us() / POND_US_PER_MS;
    write_info(c, b, now_ms);
    if (c->state.version < 0)
        pond_buf_printf(b, "{\"protocol\":{\"minReaderVersion\":%d,\"minWriterVersion\":%d}}\n",
                        READER_VERSION, WRITER_VERSION);
    if (!c->is_described)
        POND_TRY(write_metadata(c, b, now_ms, err));
    for (size_t i = 0; i < c->removes.n; i++)
        write_remove(b, c->removes.items[i], now_ms);
    return write_adds(c, b, err);
}

// Committing
// ----------------------------------------------------------------------------------------

// Tables that the manifest, which was written behind the last commit, vouches for: nothing was
// made anew, nothing is removed, and nobody has committed since. Spares reading the log.
static bool is_unchanged(const export_run *run, pond_arena *a, const export_table *t) {
    const pond_target *target = t->target;
    const export_table *before = pond_map_get(&run->before->tables, t->root);
    const manifest_target *made = pond_map_get(&run->before->targets, target->place);
    if (run->options->is_rebuild || run->options->verify || t->has_stale || before == NULL ||
        before->version < 0 || made == NULL || made->n_outputs != target->outputs.n ||
        memcmp(&made->fingerprint, &target->fingerprint, sizeof made->fingerprint) != 0)
        return false;
    for (size_t i = 0; i < target->outputs.n; i++)
        if (target->outputs.items[i].state != POND_OUTPUT_SAME)
            return false;
    char *log_dir = log_dir_of(run, a, t->root);
    return pond_path_exists(delta_log_path(a, log_dir, before->version)) &&
           !pond_path_exists(delta_log_path(a, log_dir, before->version + 1));
}

// One attempt. *is_taken: somebody else wrote that version meanwhile.
static pond_code try_commit(commit *c, export_table *t, bool *is_taken, pond_err *err) {
    char *log_dir = log_dir_of(c->run, c->arena, t->root);
    *is_taken = false;
    POND_TRY(pond_relation_schema(c->run->session, t->target->relation, &c->schema, err));
    POND_TRY(compare(c, log_dir, err));
    t->version = c->state.version;
    if (c->adds.n == 0 && c->removes.n == 0 && c->is_described)
        return POND_OK;
    pond_buf b = POND_BUF_EMPTY;
    pond_code rc = write_actions(c, &b, err);
    if (rc == POND_OK)
        rc = delta_log_put(c->run, c->arena, log_dir, ++t->version, pond_buf_view(&b), is_taken,
                           err);
    if (rc == POND_OK && !*is_taken)
        rc = delta_log_checkpoint(c->run, c->arena, log_dir, &c->state, err);
    pond_buf_free(&b);
    return rc;
}

static pond_code commit_table(export_run *run, export_table *t, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    bool is_taken = true;
    if (is_unchanged(run, &a, t)) {
        t->version = ((const export_table *)pond_map_get(&run->before->tables, t->root))->version;
        is_taken = false;
    }
    for (int i = 0; rc == POND_OK && is_taken && i < MAX_ATTEMPTS; i++) {
        pond_arena_rewind(&a);
        commit c = {.run = run, .table = t, .arena = &a};
        rc = try_commit(&c, t, &is_taken, err);
    }
    pond_arena_deinit(&a);
    if (rc == POND_OK && is_taken)
        rc = pond_fail(err, POND_ERR_BUSY, "another program keeps committing to it");
    return pond_wrap(err, rc, "Delta table '%.*s'", POND_SV_ARG(t->root));
}

// Tells the tables that a file is in which is about to be removed.
static void mark_stale(export_run *run, pond_sv file) {
    for (ptrdiff_t slash; (slash = pond_sv_rfind_char(file, '/')) > 0;) {
        file = pond_sv_sub(file, 0, (size_t)slash);
        export_table *t = pond_map_get(&run->tables, file);
        if (t != NULL)
            t->has_stale = true;
    }
}

pond_code delta_commit(export_run *run, const pond_export_result *result, pond_err *err) {
    for (size_t i = 0; i < result->stale.n && run->tables.n > 0; i++)
        mark_stale(run, result->stale.items[i].file);
    for (size_t i = 0; i < run->tables.n; i++) {
        export_table *t = run->tables.entries[i].value;
        if (t->target != NULL)
            POND_TRY(commit_table(run, t, err));
    }
    return POND_OK;
}
