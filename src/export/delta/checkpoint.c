// Checkpoints of Delta logs, and the removal of versions that they replace.
#include "export/delta/checkpoint.h"

#include <inttypes.h>
#include <sys/stat.h>

enum { CHECKPOINT_INTERVAL = 10 }; // versions
// The protocol's defaults: how long a checkpoint names a removed file, how long a version stays.
#define TOMBSTONE_MS (7 * POND_US_PER_DAY / POND_US_PER_MS)
#define LOG_RETENTION_US (30 * POND_US_PER_DAY)

// The state as lines ------------------------------------------------------------------------------

// The columns of a checkpoint, as read_json takes them.
static const char checkpoint_columns[] =
    "{protocol: 'STRUCT(\"minReaderVersion\" INTEGER, \"minWriterVersion\" INTEGER)',"
    " \"metaData\": 'STRUCT(id VARCHAR, name VARCHAR, description VARCHAR,"
    " format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), \"schemaString\" VARCHAR,"
    " \"partitionColumns\" VARCHAR[], \"createdTime\" BIGINT,"
    " configuration MAP(VARCHAR, VARCHAR))',"
    " \"add\": 'STRUCT(path VARCHAR, \"partitionValues\" MAP(VARCHAR, VARCHAR), size BIGINT,"
    " \"modificationTime\" BIGINT, \"dataChange\" BOOLEAN, stats VARCHAR,"
    " tags MAP(VARCHAR, VARCHAR))',"
    " remove: 'STRUCT(path VARCHAR, \"deletionTimestamp\" BIGINT, \"dataChange\" BOOLEAN,"
    " \"extendedFileMetadata\" BOOLEAN, \"partitionValues\" MAP(VARCHAR, VARCHAR), size BIGINT)',"
    " txn: 'STRUCT(\"appId\" VARCHAR, version BIGINT, \"lastUpdated\" BIGINT)'}";

static void write_action(pond_buf *b, const char *kind, pond_value action) {
    pond_buf_printf(b, "{\"%s\":", kind);
    pond_json_write(b, action, 0);
    pond_buf_str(b, "}\n");
}

// A checkpoint repeats actions. They are marked as no change of data, for programs that follow the
// changes of a table.
static pond_value without_change(pond_arena *a, pond_value action) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, action.n + 1);
    for (size_t i = 0; i < action.n; i++)
        e[i] = action.entries[i];
    e[action.n] = (pond_entry){POND_SV("dataChange"), pond_bool(false)};
    return pond_object_sorted(e, action.n + 1);
}

// The state as the lines of one large commit. Returns how many lines.
static size_t write_state(pond_arena *a, const delta_state *s, int64_t tombstone_ms, pond_buf *b) {
    size_t n = 2;
    pond_buf_printf(
        b, "{\"protocol\":{\"minReaderVersion\":%" PRId64 ",\"minWriterVersion\":%" PRId64 "}}\n",
        s->reader, s->writer);
    write_action(b, "metaData", s->metadata);
    for (size_t i = 0; i < s->files.n; i++) {
        const pond_value *add = s->files.entries[i].value;
        if (add != NULL)
            write_action(b, "add", without_change(a, *add));
        n += add != NULL;
    }
    for (size_t i = 0; i < s->txns.n; i++, n++)
        write_action(b, "txn", *(const pond_value *)s->txns.entries[i].value);
    int64_t oldest_ms = pond_now_us() / POND_US_PER_MS - tombstone_ms;
    for (size_t i = 0; i < s->removed.n; i++) {
        const pond_value *gone = s->removed.entries[i].value;
        bool is_recent = gone != NULL && pond_get_int(*gone, "deletionTimestamp", 0) > oldest_ms;
        if (is_recent)
            write_action(b, "remove", without_change(a, *gone));
        n += is_recent;
    }
    return n;
}

// Writing -----------------------------------------------------------------------------------------

// The engine reads JSON and writes Parquet, so the state goes through a file of lines.
static pond_code convert(const delta_log *log, pond_sv lines, const char *parquet, pond_err *err) {
    pond_engine *engine;
    pond_parquet_stats stats;
    const char *json = pond_path_join(log->arena, log->run->dir.tmp, "checkpoint.json");
    POND_TRY(pond_session_engine(log->run->session, &engine, err));
    POND_TRY(pond_below_write(log->root, export_dir_name(&log->run->dir, json), lines, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT * FROM read_json(");
    pond_buf_sql_string(&sql, pond_sv_of(json));
    pond_buf_printf(&sql,
                    ", format = 'newline_delimited', maximum_object_size = %zu, columns = %s)",
                    lines.n + 1, checkpoint_columns);
    pond_code rc = pond_engine_write_parquet(engine, pond_buf_view(&sql), parquet, &stats, err);
    pond_buf_free(&sql);
    return rc;
}

// The checkpoint is in place before the file that points to it.
static pond_code put_checkpoint(const delta_log *log, const char *tmp, int64_t version,
                                size_t n_actions, pond_err *err) {
    pond_arena *a = log->arena;
    const export_dir *dir = &log->run->dir;
    const char *last = export_dir_name(dir, pond_path_join(a, dir->tmp, "last_checkpoint"));
    POND_TRY(pond_below_publish(log->root, tmp, log->root,
                                delta_log_file(log, version, "checkpoint.parquet"), err));
    return pond_below_replace(
        log->root, pond_path_join(a, log->name, "_last_checkpoint"),
        pond_svf(a, "{\"version\":%" PRId64 ",\"size\":%zu}\n", version, n_actions),
        (pond_below_tmp){log->root, last}, err);
}

static pond_code write_checkpoint(const delta_log *log, const delta_state *s, int64_t retain_ms,
                                  pond_err *err) {
    pond_buf lines = POND_BUF_EMPTY;
    int64_t tombstone_ms = retain_ms > TOMBSTONE_MS ? retain_ms : TOMBSTONE_MS;
    size_t n = write_state(log->arena, s, tombstone_ms, &lines);
    const char *parquet = pond_path_join(log->arena, log->run->dir.tmp, "checkpoint.parquet");
    pond_code rc = convert(log, pond_buf_view(&lines), parquet, err);
    pond_buf_free(&lines);
    POND_TRY(rc);
    return put_checkpoint(log, export_dir_name(&log->run->dir, parquet), s->version, n, err);
}

// Removing old versions ---------------------------------------------------------------------------

// "interval 30 days" -> microseconds; false: another form.
static bool parse_interval(pond_sv text, int64_t *out_us) {
    pond_sv words = pond_sv_trim(text), interval = POND_SV("interval ");
    return pond_sv_starts(words, interval) &&
           pond_duration_parse(pond_sv_sub(words, interval.n, words.n), out_us, NULL) == POND_OK;
}

// How long the table keeps its versions; false: for ever.
static bool find_retention(pond_value metadata, int64_t *out_us) {
    const pond_value *configuration = pond_get_object(metadata, "configuration");
    pond_value c = configuration == NULL ? pond_null() : *configuration;
    pond_sv is_enabled, duration;
    *out_us = LOG_RETENTION_US;
    if (pond_get_string(c, "delta.enableExpiredLogCleanup", &is_enabled) &&
        !pond_sv_is(is_enabled, "true"))
        return false;
    return !pond_get_string(c, "delta.logRetentionDuration", &duration) ||
           parse_interval(duration, out_us);
}

// A file of the log that belongs to one version.
typedef struct log_file {
    int64_t version;
    const char *name; // below DIR
    bool is_version, is_checkpoint;
} log_file;
typedef POND_VEC(log_file) log_files;

static pond_code list_files(const delta_log *log, log_files *out, pond_err *err) {
    pond_dirent_vec all = {0};
    POND_TRY(pond_below_list(log->root, log->arena, log->name, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        int64_t version;
        pond_sv ending;
        if (!all.items[i].is_file || !delta_log_parse_name(all.items[i].name, &version, &ending))
            continue;
        bool is_version = pond_sv_is(ending, ".json"),
             is_checkpoint = pond_sv_is(ending, ".checkpoint.parquet"),
             is_part = pond_sv_starts(ending, POND_SV(".checkpoint."));
        // A compaction ".<last version>.compacted.json" goes with the version that it begins with.
        if (is_version || is_checkpoint || is_part || pond_sv_is(ending, ".crc") ||
            pond_sv_ends(ending, POND_SV(".compacted.json")))
            *pond_vec_push(log->arena, out) =
                (log_file){.version = version,
                           .name = pond_path_join(log->arena, log->name,
                                                  pond_cstr(log->arena, all.items[i].name)),
                           .is_version = is_version,
                           .is_checkpoint = is_checkpoint};
    }
    return POND_OK;
}

// The newest checkpoint from which all versions can be read that were current at `cutoff_us` or
// later; -1: none. A version's time is that of its file, or of the version before if that is later:
// clocks may go back.
static int64_t find_cutoff(const delta_log *log, const log_files *files, int64_t cutoff_us) {
    int64_t kept = -1, newest = -1;
    for (size_t i = 0; i < files->n; i++) { // in the order of versions
        struct stat st;
        if (!files->items[i].is_version)
            continue;
        if (!pond_below_stat(log->root, files->items[i].name, &st) ||
            pond_timespec_ns(st.st_mtim) / 1000 > cutoff_us)
            break;
        kept = files->items[i].version;
    }
    for (size_t i = 0; i < files->n; i++)
        if (files->items[i].is_checkpoint && files->items[i].version <= kept)
            newest = files->items[i].version;
    return newest;
}

// As the protocol says, "Metadata Cleanup". Oldest first, so that what is left never has a gap.
static pond_code remove_old(const delta_log *log, pond_value metadata, pond_err *err) {
    int64_t retention_us;
    log_files files = {0};
    if (!find_retention(metadata, &retention_us))
        return POND_OK;
    POND_TRY(list_files(log, &files, err));
    int64_t first = find_cutoff(log, &files, pond_trunc(pond_now_us() - retention_us, POND_DAY));
    for (size_t i = 0; i < files.n && files.items[i].version < first; i++)
        POND_TRY(pond_below_remove(log->root, files.items[i].name, err));
    return POND_OK;
}

pond_code delta_checkpoint(const delta_log *log, const delta_state *before, int64_t retain_ms,
                           pond_err *err) {
    int64_t last = before->checkpoint < 0 ? 0 : before->checkpoint;
    if (before->version + 1 - last < CHECKPOINT_INTERVAL)
        return POND_OK;
    delta_state s;
    POND_TRY(delta_log_read(log, &s, err));
    POND_TRY_CTX(write_checkpoint(log, &s, retain_ms, err), err, "writing a checkpoint");
    return pond_wrap(err, remove_old(log, s.metadata, err), "removing old versions of the log");
}
