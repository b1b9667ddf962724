// Commits to Delta tables: finds what changed since the log's last version, and writes it as the
// actions of a new version.
#include "export/delta/commit.h"

#include "export/delta/checkpoint.h"
#include "export/delta/names.h"
#include "export/delta/retain.h"
#include "export/delta/stats.h"
#include "export/delta/tables.h"
#include "export/delta/types.h"
#include "export/stale.h"

#include <inttypes.h>
#include <sys/random.h>

enum {
    READER_VERSION = 1,
    WRITER_VERSION = 2,
    MAX_ATTEMPTS = 20,     // to commit, if other engines commit at the same time
    FOOTERS_AT_ONCE = 500, // so that one query names a moderate number of files
};

// The table property that tells other engines how long removed files stay.
static const char file_retention[] = "delta.deletedFileRetentionDuration";

// What changed ------------------------------------------------------------------------------------

// The next version of a table, while it is being made.
typedef struct commit {
    export_run *run;
    const export_table *table;
    pond_arena *arena;
    delta_log log;
    delta_state state;  // before this version
    int64_t now_ms;     // of this version
    pond_schema schema; // of the files
    POND_VEC(const export_record *) adds;
    POND_VEC(const pond_value *) removes; // the add actions of files to be removed
    pond_sv schema_json;
    pond_value partition_columns;
    pond_sv retention; // of removed files, as a table property
    bool is_described; // the log's metadata is up to date
} commit;

static pond_sv file_in_table(const commit *c, const export_record *r) {
    return pond_sv_sub(r->file, c->table->root.n + 1, r->file.n);
}

static bool is_listed(const commit *c, const export_record *r) {
    const pond_value *add = pond_map_get(&c->state.files, file_in_table(c, r));
    const pond_value *tags = add == NULL ? NULL : pond_get_object(*add, "tags");
    char hex[65];
    pond_sha256_hex(&r->checksum, hex);
    return tags != NULL && pond_has_string(*tags, "pond.sha256", pond_sv_of(hex));
}

// Files that --keep-stale keeps stay in the table; those of other engines' commits do not.
static bool is_kept(const commit *c, pond_sv path) {
    pond_sv file = pond_svf(c->arena, "%.*s/%.*s", POND_SV_ARG(c->table->root), POND_SV_ARG(path));
    const manifest_file *f = manifest_find(c->run->before, file);
    return f != NULL && delta_keeps_stale(c->run, c->table, f);
}

static void compare_files(commit *c) {
    const export_outputs *outputs = &c->table->target->outputs;
    pond_map made;
    pond_map_init(&made, c->arena);
    for (size_t i = 0; i < outputs->n; i++) {
        const export_record *r = &outputs->items[i]->record;
        *pond_map_at(&made, file_in_table(c, r), NULL) = c;
        if (!is_listed(c, r))
            *pond_vec_push(c->arena, &c->adds) = r;
    }
    for (size_t i = 0; i < c->state.files.n; i++) {
        const pond_map_entry *e = &c->state.files.entries[i];
        if (e->value != NULL && pond_map_get(&made, e->key) == NULL && !is_kept(c, e->key))
            *pond_vec_push(c->arena, &c->removes) = e->value;
    }
}

// The property's words are those that other engines parse.
static pond_sv interval_text(pond_arena *a, int64_t ms) {
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{INT64_C(86400000), "days"},
                 {3600000, "hours"},
                 {60000, "minutes"},
                 {1000, "seconds"},
                 {1, "milliseconds"}};
    size_t i = 0;
    while (ms % units[i].ms != 0)
        i++;
    return pond_svf(a, "interval %" PRId64 " %s", ms / units[i].ms, units[i].name);
}

static bool has_text(pond_value object, const char *key) {
    pond_sv text;
    return pond_get_string(object, key, &text);
}

static pond_value configuration_of(pond_value metadata) {
    const pond_value *v = pond_get_object(metadata, "configuration");
    return v != NULL ? *v : pond_object(NULL, 0);
}

static void compare_metadata(commit *c) {
    int n_periods = c->table->target->is_partitioned ? c->run->options->n_periods : 0;
    pond_buf b = POND_BUF_EMPTY;
    delta_schema_json(&b, c->schema, n_periods);
    c->schema_json = pond_sv_dup(c->arena, pond_buf_view(&b));
    pond_buf_free(&b);
    pond_value *columns = POND_NEW_ARRAY(c->arena, pond_value, n_periods);
    for (int i = 0; i < n_periods; i++)
        columns[i] = pond_string_lit(pond_period_name((pond_period)i));
    c->partition_columns = pond_array(columns, (size_t)n_periods);
    c->retention = interval_text(c->arena, c->table->retain_ms);
    pond_value old = c->state.metadata;
    const pond_value *partitions = pond_get_lit(old, "partitionColumns");
    c->is_described = pond_has_string(old, "schemaString", c->schema_json) && partitions != NULL &&
                      pond_value_equal(*partitions, c->partition_columns) &&
                      has_text(old, "name") && has_text(old, "description") &&
                      pond_has_string(configuration_of(old), file_retention, c->retention);
}

// Another engine may have forbidden to remove rows.
static pond_code check_removes(const commit *c, pond_err *err) {
    if (c->removes.n == 0 ||
        !pond_has_string(configuration_of(c->state.metadata), "delta.appendOnly", POND_SV("true")))
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT,
                     "'%s' has delta.appendOnly = true, and this export must remove %zu file%s "
                     "from the table; unset that property, or remove the log, and the next export "
                     "makes a new one",
                     c->log.dir, c->removes.n, c->removes.n == 1 ? "" : "s");
}

static pond_code compare(commit *c, pond_err *err) {
    POND_TRY(delta_log_read(&c->log, &c->state, err));
    const delta_state *s = &c->state;
    if (s->version >= 0 && (s->metadata.kind == POND_NULL || s->writer == 0))
        return pond_fail(err, POND_ERR_CORRUPT, "'%s' has no %s action", c->log.dir,
                         s->writer == 0 ? "protocol" : "metaData");
    if (s->reader > READER_VERSION || s->writer > WRITER_VERSION)
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%s' was changed to protocol %" PRId64 "/%" PRId64
                         " by another engine, and this program writes %d/%d; remove it, and the "
                         "next export makes a new one",
                         c->log.dir, s->reader, s->writer, READER_VERSION, WRITER_VERSION);
    compare_files(c);
    compare_metadata(c);
    return check_removes(c, err);
}

// A commit's actions ------------------------------------------------------------------------------

static void write_info(const commit *c, pond_buf *b) {
    pond_buf columns = POND_BUF_EMPTY;
    pond_json_write(&columns, c->partition_columns, 0);
    pond_buf_printf(b,
                    "{\"commitInfo\":{\"timestamp\":%" PRId64 ",\"operation\":\"WRITE\","
                    "\"operationParameters\":{\"mode\":\"Overwrite\",\"partitionBy\":",
                    c->now_ms);
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
        return pond_fail_errno(err, "cannot get random bytes from the system");
    id.bytes[6] = (uint8_t)(0x40 | (id.bytes[6] & 0x0F));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    pond_id_text(&id, out);
    return POND_OK;
}

// The last metadata, or that of a new table.
static pond_code old_metadata(const commit *c, pond_value *out, pond_err *err) {
    char id[37];
    *out = c->state.metadata;
    if (out->kind == POND_OBJECT)
        return POND_OK;
    POND_TRY(make_uuid(id, err));
    pond_object_builder fresh = {.arena = c->arena};
    pond_object_put(&fresh, "createdTime", pond_int(c->now_ms));
    pond_object_put(&fresh, "id", pond_string(pond_sv_dup(c->arena, pond_sv_of(id))));
    *out = pond_object_build(&fresh);
    return POND_OK;
}

// An existing table keeps its id and whatever else other engines have set. A name of its own helps
// people who find it in a catalog: the directory below DIR, which they chose by their patterns.
static pond_code write_metadata(const commit *c, pond_buf *b, pond_err *err) {
    pond_value old;
    POND_TRY(old_metadata(c, &old, err));
    pond_object_builder format = {.arena = c->arena}, config = {.arena = c->arena},
                        all = {.arena = c->arena};
    pond_object_put(&format, "options", pond_object(NULL, 0));
    pond_object_put(&format, "provider", pond_string_lit("parquet"));
    pond_value old_config = configuration_of(old);
    for (size_t i = 0; i < old_config.n; i++)
        pond_object_put_sv(&config, old_config.entries[i].key, old_config.entries[i].value);
    pond_object_put(&config, file_retention, pond_string(c->retention));
    for (size_t i = 0; i < old.n; i++)
        pond_object_put_sv(&all, old.entries[i].key, old.entries[i].value);
    if (!has_text(old, "name"))
        pond_object_put(&all, "name", pond_string(c->table->root));
    if (!has_text(old, "description"))
        pond_object_put(&all, "description", pond_string(c->table->target->node->path));
    pond_object_put(&all, "configuration", pond_object_build(&config));
    pond_object_put(&all, "format", pond_object_build(&format));
    pond_object_put(&all, "partitionColumns", c->partition_columns);
    pond_object_put(&all, "schemaString", pond_string(c->schema_json));
    pond_buf_str(b, "{\"metaData\":");
    pond_json_write(b, pond_object_build(&all), 0);
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

// "year=2024/month=7/part-….parquet" -> {"year":"2024","month":"7"}
static void write_partition_values(pond_buf *b, pond_sv file) {
    pond_sv segment;
    bool is_first = true;
    pond_buf_char(b, '{');
    while (pond_sv_split(&file, '/', &segment)) {
        ptrdiff_t equals = pond_sv_find_char(segment, '=');
        if (equals < 0)
            continue;
        if (!is_first)
            pond_buf_char(b, ',');
        is_first = false;
        pond_json_string(b, pond_sv_sub(segment, 0, (size_t)equals));
        pond_buf_char(b, ':');
        pond_json_string(b, pond_sv_sub(segment, (size_t)equals + 1, segment.n));
    }
    pond_buf_char(b, '}');
}

static void write_add(const commit *c, pond_buf *b, const export_record *r,
                      const pond_file_stats *stats) {
    pond_buf json = POND_BUF_EMPTY;
    char hex[65];
    // A log encodes paths as in a URL, but "year=2024/part-….parquet" has nothing to encode.
    pond_buf_str(b, "{\"add\":{\"path\":");
    pond_json_string(b, file_in_table(c, r));
    pond_buf_str(b, ",\"partitionValues\":");
    write_partition_values(b, file_in_table(c, r));
    pond_buf_printf(
        b, ",\"size\":%" PRIu64 ",\"modificationTime\":%" PRId64 ",\"dataChange\":true,\"stats\":",
        r->size_bytes, r->mtime_ns / 1000000);
    delta_stats_json(&json, c->schema, stats);
    pond_json_string(b, pond_buf_view(&json));
    pond_buf_free(&json);
    pond_sha256_hex(&r->checksum, hex);
    pond_buf_printf(b, ",\"tags\":{\"pond.sha256\":\"%s\"}}}\n", hex);
}

static pond_code write_adds(const commit *c, pond_buf *b, pond_err *err) {
    pond_engine *engine;
    POND_TRY(pond_session_engine(c->run->session, &engine, err));
    pond_file_stats *stats = POND_NEW_ARRAY(c->arena, pond_file_stats, FOOTERS_AT_ONCE);
    for (size_t from = 0, n; from < c->adds.n; from += n) {
        n = c->adds.n - from < FOOTERS_AT_ONCE ? c->adds.n - from : FOOTERS_AT_ONCE;
        for (size_t i = 0; i < n; i++)
            stats[i].path = export_dir_file(&c->run->dir, c->arena, c->adds.items[from + i]->file);
        POND_TRY(pond_engine_parquet_footers(engine, c->arena, c->schema, stats, n, err));
        for (size_t i = 0; i < n; i++)
            write_add(c, b, c->adds.items[from + i], &stats[i]);
    }
    return POND_OK;
}

static pond_code write_actions(const commit *c, pond_buf *b, pond_err *err) {
    write_info(c, b);
    if (c->state.version < 0)
        pond_buf_printf(b, "{\"protocol\":{\"minReaderVersion\":%d,\"minWriterVersion\":%d}}\n",
                        READER_VERSION, WRITER_VERSION);
    if (!c->is_described)
        POND_TRY(write_metadata(c, b, err));
    for (size_t i = 0; i < c->removes.n; i++)
        write_remove(b, c->removes.items[i], c->now_ms);
    return write_adds(c, b, err);
}

// Committing --------------------------------------------------------------------------------------

// Whether the manifest alone shows that the table needs no commit: all its files stay, none is
// removed, and no other engine has committed since the manifest was written. Then the log need not
// be read.
static bool is_unchanged(const export_run *run, const delta_log *log, const export_table *t) {
    const export_table *before = pond_map_get(&run->before->tables, t->root);
    return !run->options->rebuild && !run->options->verify && !t->has_stale && before != NULL &&
           before->retain_ms == t->retain_ms && stale_is_unchanged(run, t->target) &&
           delta_log_is_at(log, before->version);
}

// One attempt. *is_taken: another engine wrote that version meanwhile.
static pond_code try_commit(commit *c, export_table *t, bool *is_taken, pond_err *err) {
    *is_taken = false;
    POND_TRY(pond_relation_schema(c->run->session, t->target->relation, &c->schema, err));
    POND_TRY(compare(c, err));
    t->version = c->state.version;
    if (c->adds.n == 0 && c->removes.n == 0 && c->is_described) {
        delta_retain_settle(c->run, t, &c->state, c->now_ms);
        return POND_OK;
    }
    pond_buf b = POND_BUF_EMPTY;
    pond_code rc = write_actions(c, &b, err);
    if (rc == POND_OK)
        rc = delta_log_put(&c->log, ++t->version, pond_buf_view(&b), is_taken, err);
    pond_buf_free(&b);
    if (rc != POND_OK || *is_taken)
        return rc;
    delta_retain_settle(c->run, t, &c->state, c->now_ms);
    return delta_checkpoint(&c->log, &c->state, t->retain_ms, err);
}

static pond_code commit_changes(export_run *run, pond_arena *a, export_table *t, pond_err *err) {
    bool is_taken = true;
    for (int i = 0; is_taken && i < MAX_ATTEMPTS; i++) {
        pond_arena_rewind(a);
        commit c = {.run = run,
                    .table = t,
                    .arena = a,
                    .log = delta_log_of(run, a, t->root),
                    .now_ms = pond_now_us() / POND_US_PER_MS};
        POND_TRY(try_commit(&c, t, &is_taken, err));
    }
    if (is_taken)
        return pond_fail(err, POND_ERR_BUSY,
                         "another program committed to it at each of %d attempts", MAX_ATTEMPTS);
    return POND_OK;
}

static pond_code commit_table(export_run *run, export_table *t, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    delta_log log = delta_log_of(run, &a, t->root);
    pond_code rc = POND_OK;
    if (is_unchanged(run, &log, t))
        t->version = ((const export_table *)pond_map_get(&run->before->tables, t->root))->version;
    else
        rc = commit_changes(run, &a, t, err);
    pond_arena_deinit(&a);
    return pond_wrap(err, rc, "Delta table '%.*s'", POND_SV_ARG(t->root));
}

pond_code delta_commit(export_run *run, const export_outputs *stale, pond_err *err) {
    for (size_t i = 0; i < stale->n && run->tables.n > 0; i++) {
        export_table *t = delta_table_of(&run->tables, stale->items[i]->record.file);
        if (t != NULL)
            t->has_stale = true;
    }
    for (size_t i = 0; i < run->tables.n; i++) {
        export_table *t = run->tables.entries[i].value;
        if (t->target != NULL)
            POND_TRY(commit_table(run, t, err));
    }
    return POND_OK;
}
