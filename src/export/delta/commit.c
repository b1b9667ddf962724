// Commits to Delta tables: finds what changed since the log's last version, and writes it as the
// actions of a new version.
#include "export/delta/commit.h"

#include "export/delta/log.h"
#include "export/delta/stats.h"
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

// What changed ------------------------------------------------------------------------------------

// The next version of a table, while it is being made.
typedef struct commit {
    export_run *run;
    const export_table *table;
    pond_arena *arena;
    delta_log log;
    delta_state state;  // before this version
    pond_schema schema; // of the files
    POND_VEC(const export_record *) adds;
    POND_VEC(const pond_value *) removes; // the add actions of files to be removed
    pond_sv schema_json;
    pond_value partition_columns;
    bool is_described; // the log's metadata is up to date
} commit;

static pond_sv file_in_table(const commit *c, const export_record *r) {
    return pond_sv_sub(r->file, c->table->root.n + 1, r->file.n);
}

static bool is_listed(const commit *c, const export_record *r) {
    const pond_value *add = pond_map_get(&c->state.files, file_in_table(c, r));
    const pond_value *tags = add == NULL ? NULL : pond_get_lit(*add, "tags");
    const pond_value *sum = tags == NULL ? NULL : pond_get_lit(*tags, "pond.sha256");
    char hex[65];
    pond_sha256_hex(&r->checksum, hex);
    return sum != NULL && sum->kind == POND_STRING && pond_sv_is(pond_value_sv(*sum), hex);
}

// Files that --keep-stale keeps stay in the table; those of other engines' commits do not.
static bool is_kept(const commit *c, pond_sv path) {
    pond_sv file = pond_svf(c->arena, "%.*s/%.*s", POND_SV_ARG(c->table->root), POND_SV_ARG(path));
    return c->run->options->keep_stale && pond_map_get(&c->run->before->files, file) != NULL;
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
    const pond_value *schema = pond_get_lit(c->state.metadata, "schemaString"),
                     *partitions = pond_get_lit(c->state.metadata, "partitionColumns");
    c->is_described = schema != NULL && schema->kind == POND_STRING && partitions != NULL &&
                      pond_sv_eq(pond_value_sv(*schema), c->schema_json) &&
                      pond_value_equal(*partitions, c->partition_columns);
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
    return POND_OK;
}

// A commit's actions ------------------------------------------------------------------------------

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
        return pond_fail_errno(err, "cannot get random bytes from the system");
    id.bytes[6] = (uint8_t)(0x40 | (id.bytes[6] & 0x0F));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3F));
    pond_id_text(&id, out);
    return POND_OK;
}

// When its columns change, the table keeps its id and all other metadata.
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
    // Paths are encoded in the log as in a URL, but "year=2024/data.parquet" has nothing to encode.
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

// Committing --------------------------------------------------------------------------------------

// Whether the manifest alone shows that the table needs no commit: all its files stay, none is
// removed, and no other engine has committed since the manifest was written. Then the log need not
// be read.
static bool is_unchanged(const export_run *run, const delta_log *log, const export_table *t) {
    const export_table *before = pond_map_get(&run->before->tables, t->root);
    if (run->options->rebuild || run->options->verify || t->has_stale || before == NULL ||
        before->version < 0 || !stale_is_unchanged(run, t->target))
        return false;
    return pond_path_exists(delta_log_path(log, before->version)) &&
           !pond_path_exists(delta_log_path(log, before->version + 1));
}

// One attempt. *is_taken: another engine wrote that version meanwhile.
static pond_code try_commit(commit *c, export_table *t, bool *is_taken, pond_err *err) {
    *is_taken = false;
    POND_TRY(pond_relation_schema(c->run->session, t->target->relation, &c->schema, err));
    POND_TRY(compare(c, err));
    t->version = c->state.version;
    if (c->adds.n == 0 && c->removes.n == 0 && c->is_described)
        return POND_OK;
    pond_buf b = POND_BUF_EMPTY;
    pond_code rc = write_actions(c, &b, err);
    if (rc == POND_OK)
        rc = delta_log_put(&c->log, ++t->version, pond_buf_view(&b), is_taken, err);
    if (rc == POND_OK && !*is_taken)
        rc = delta_log_checkpoint(&c->log, &c->state, err);
    pond_buf_free(&b);
    return rc;
}

static pond_code commit_changes(export_run *run, pond_arena *a, export_table *t, pond_err *err) {
    bool is_taken = true;
    for (int i = 0; is_taken && i < MAX_ATTEMPTS; i++) {
        pond_arena_rewind(a);
        commit c = {.run = run, .table = t, .arena = a, .log = delta_log_of(run, a, t->root)};
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

// Marks the tables that hold a file which is about to be removed.
static void mark_stale(export_run *run, pond_sv file) {
    for (ptrdiff_t slash; (slash = pond_sv_rfind_char(file, '/')) > 0;) {
        file = pond_sv_sub(file, 0, (size_t)slash);
        export_table *t = pond_map_get(&run->tables, file);
        if (t != NULL)
            t->has_stale = true;
    }
}

pond_code delta_commit(export_run *run, const export_outputs *stale, pond_err *err) {
    for (size_t i = 0; i < stale->n && run->tables.n > 0; i++)
        mark_stale(run, stale->items[i]->record.file);
    for (size_t i = 0; i < run->tables.n; i++) {
        export_table *t = run->tables.entries[i].value;
        if (t->target != NULL)
            POND_TRY(commit_table(run, t, err));
    }
    return POND_OK;
}
