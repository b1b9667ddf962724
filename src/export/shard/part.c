// The record of one shard's work: its names on disk, its facts, and its JSON.
#include "export/shard/part.h"

#include "export/manifest.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PART_VERSION = 1 };

// Names -------------------------------------------------------------------------------------------

char *part_dir(const export_run *run, part_id id) {
    return pond_printf(run->arena, PART_ROOT "/%d-of-%d", id.index, id.count);
}

char *part_json(const export_run *run, part_id id) {
    return pond_printf(run->arena, PART_ROOT "/%d-of-%d.json", id.index, id.count);
}

bool part_parse_name(pond_sv name, part_id *out) {
    uint64_t i, n;
    ptrdiff_t of = pond_sv_find(name, POND_SV("-of-"));
    if (of < 0 || !pond_sv_ends(name, POND_SV(".json")) ||
        !pond_sv_to_uint(pond_sv_sub(name, 0, (size_t)of), &i) ||
        !pond_sv_to_uint(pond_sv_sub(name, (size_t)of + 4, name.n - 5), &n) ||
        n > POND_EXPORT_MAX_SHARDS || i >= n)
        return false;
    *out = (part_id){(int)i, (int)n};
    return true;
}

char *part_file(pond_arena *a, const export_record *r) {
    char hex[65];
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, r->file);
    pond_hasher_add(h, r->checksum.bytes, sizeof r->checksum.bytes);
    pond_sha256 name = pond_hasher_finish(h);
    pond_sha256_hex(&name, hex);
    return pond_printf(a, "%s.parquet", hex);
}

char *part_file_path(const export_run *run, part_id id, const export_record *r) {
    return pond_printf(run->arena, "%s/.pond/%s/%s", run->dir.path, part_dir(run, id),
                       part_file(run->arena, r));
}

pond_sv part_key(pond_arena *a, pond_sv place, int64_t start_us) {
    return pond_svf(a, "%" PRId64 " %.*s", start_us, POND_SV_ARG(place));
}

// Facts -------------------------------------------------------------------------------------------

static pond_value time_value(pond_arena *a, int64_t t_us, int64_t none) {
    if (t_us == none)
        return pond_null();
    char text[40];
    pond_time_format(t_us, text);
    return pond_string(pond_sv_dup(a, pond_sv_of(text)));
}

static pond_value temporal_value(pond_arena *a, int n_periods) {
    pond_value *names = POND_NEW_ARRAY(a, pond_value, n_periods);
    for (int i = 0; i < n_periods; i++)
        names[i] = pond_string_lit(pond_period_name((pond_period)i));
    return pond_array(names, (size_t)n_periods);
}

// The last transaction that this snapshot sees, "7 (0190…)": its number in the log, and its id,
// which no transaction of another pond has.
static pond_code snapshot_value(const export_run *run, pond_value *out, pond_err *err) {
    pond_commit last;
    char text[37];
    *out = pond_null();
    if (export_is_of_host(run))
        return POND_OK;
    POND_TRY(pond_store_last_commit(pond_session_txn(run->session), &last, err));
    *out = pond_string_lit("0");
    if (last.seq == 0)
        return POND_OK;
    pond_id_text(&last.id, text);
    *out = pond_string(pond_svf(run->arena, "%" PRId64 " (%s)", last.seq, text));
    return POND_OK;
}

// A directory of the host has no transactions: what counts is what all targets with rows are made
// from, their files and configs, "12 targets, 0f3a…".
static pond_code files_value(const export_run *run, pond_value *out, pond_err *err) {
    size_t n = 0;
    char hex[65];
    *out = pond_null();
    if (!export_is_of_host(run))
        return POND_OK;
    pond_code rc = POND_OK;
    pond_hasher *h = pond_hasher_new();
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t k = 0; rc == POND_OK && k < run->stages[i].n_targets; k++) {
            const export_target *t = &run->stages[i].targets[k];
            pond_sha256 rows;
            if (t->relation == NULL)
                continue;
            rc = pond_relation_fingerprint(run->session, t->relation, POND_RANGE_ALL, &rows, err);
            pond_wrap(err, rc, "target '%.*s'", POND_SV_ARG(t->node->path));
            if (rc != POND_OK)
                break;
            pond_hasher_field(h, t->place);
            pond_hasher_sha(h, &rows);
            n++;
        }
    pond_sha256 all = pond_hasher_finish(h);
    pond_sha256_hex(&all, hex);
    *out = pond_string(pond_svf(run->arena, "%zu target%s, %.16s", n, n == 1 ? "" : "s", hex));
    return rc;
}

// {NAME: hash} of the variables that templates may read by name, with null for one that is not set.
// The values are secrets and stay out of files; the hash is of this pond and short, so that it
// tells little about a value that somebody guesses.
static pond_value env_value(const export_run *run, const char *pond) {
    size_t n;
    const pond_sv *names = pond_session_allowed_env(run->session, &n);
    pond_entry *e = POND_NEW_ARRAY(run->arena, pond_entry, n);
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(pond_cstr(run->arena, names[i]));
        char hex[65];
        e[i] = (pond_entry){names[i], pond_null()};
        if (value == NULL)
            continue;
        pond_hasher *h = pond_hasher_new();
        pond_hasher_field(h, pond_sv_of(pond));
        pond_hasher_field(h, names[i]);
        pond_hasher_field(h, pond_sv_of(value));
        pond_sha256 hash = pond_hasher_finish(h);
        pond_sha256_hex(&hash, hex);
        e[i].value = pond_string(pond_svf(run->arena, "%.8s", hex));
    }
    return pond_object_sorted(e, n);
}

// In the order in which a difference is reported: an earlier one often explains the later ones.
static const struct {
    const char *key, *differs;
} facts[] = {
    {"pond", "read another pond or folder"},
    {"snapshot", "saw the pond after another transaction"},
    {"files", "saw other files or configs of the host"},
    {"program", "was run by another version of pond"},
    {"engine", "was run by another version of the engine"},
    {"pattern", "was given another --pattern"},
    {"temporal", "was given another --temporal"},
    {"table_format", "was given another --table-format"},
    {"start_time", "was given another --start-time"},
    {"end_time", "was given another --end-time"},
    {"var", "was given another -v"},
    {"env", "was given another --env, or another value of its variable"},
    {"rebuild", "was given another --rebuild"},
    {"verify", "was given another --verify"},
};
enum { N_FACTS = sizeof facts / sizeof *facts };

pond_code part_facts(const export_run *run, pond_value *out, pond_err *err) {
    const pond_export_options *o = run->options;
    pond_arena *a = run->arena;
    char id[37];
    const pond_id tree = pond_session_tree_id(run->session);
    pond_id_text(&tree, id);
    pond_value seen, files, *patterns = POND_NEW_ARRAY(a, pond_value, o->n_patterns);
    for (size_t i = 0; i < o->n_patterns; i++)
        patterns[i] = pond_string(o->patterns[i]);
    POND_TRY(snapshot_value(run, &seen, err));
    POND_TRY(files_value(run, &files, err));
    const pond_value values[N_FACTS] = {
        pond_string(pond_svf(a, "%s", id)),
        seen,
        files,
        pond_string_lit(o->program == NULL ? "" : o->program),
        pond_string_lit(pond_engine_version()),
        pond_array(patterns, o->n_patterns),
        temporal_value(a, o->n_periods),
        pond_string_lit(o->tables == POND_TABLES_DELTA ? "delta" : "parquet"),
        time_value(a, o->range.lo_us, INT64_MIN),
        time_value(a, o->range.hi_us, INT64_MAX),
        o->vars,
        env_value(run, id),
        pond_bool(o->rebuild),
        pond_bool(o->verify),
    };
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, N_FACTS);
    for (size_t i = 0; i < N_FACTS; i++)
        e[i] = (pond_entry){pond_sv_of(facts[i].key), values[i]};
    *out = pond_object_sorted(e, N_FACTS);
    return POND_OK;
}

char *part_difference(pond_arena *a, pond_value theirs, pond_value ours) {
    for (size_t i = 0; i < N_FACTS; i++) {
        const pond_value *found = pond_get_lit(theirs, facts[i].key),
                         *o = pond_get_lit(ours, facts[i].key);
        pond_value t = found == NULL ? pond_null() : *found;
        if (pond_value_equal(t, *o))
            continue;
        pond_buf their_text = POND_BUF_EMPTY, our_text = POND_BUF_EMPTY;
        pond_json_write(&their_text, t, 0);
        pond_json_write(&our_text, *o, 0);
        char *text =
            pond_printf(a, "%s: %s there, %s here", facts[i].differs, their_text.p, our_text.p);
        pond_buf_free(&their_text);
        pond_buf_free(&our_text);
        return text;
    }
    return NULL;
}

// Reading -----------------------------------------------------------------------------------------

static bool read_unit(const export_run *run, pond_map *units, part_id id, pond_value v) {
    pond_arena *a = run->arena;
    const pond_value *start = pond_get_lit(v, "start"), *files = pond_get_array(v, "files");
    pond_sv fingerprint;
    part_unit *u = POND_NEW(a, part_unit);
    u->part = id;
    if (!pond_get_string(v, "place", &u->place) || start == NULL || files == NULL ||
        !pond_get_string(v, "fingerprint", &fingerprint) ||
        !pond_sha256_from_hex(fingerprint, &u->fingerprint))
        return false;
    u->start_us = start->kind == POND_INT ? start->i : EXPORT_WHOLE;
    u->key = part_key(a, u->place, u->start_us);
    for (size_t i = 0; i < files->n; i++) {
        export_output *o = export_outputs_add(a, &u->outputs);
        if (!export_record_read(files->items[i], &o->record))
            return false;
        o->tmp_path = part_file_path(run, id, &o->record);
        o->record.mtime_ns = 0; // an older program may have written one
    }
    *pond_map_at(units, u->key, NULL) = u;
    return true;
}

pond_code part_read(const export_run *run, part_id id, pond_value *out, pond_err *err) {
    return manifest_read_json(run->arena, &run->dir.meta, part_json(run, id), out, err);
}

pond_code part_read_units(const export_run *run, part_id id, pond_value part, pond_map *units,
                          pond_err *err) {
    const pond_value *all = pond_get_array(part, "units");
    bool is_known = pond_get_int(part, "version", 0) == PART_VERSION && all != NULL;
    for (size_t i = 0; is_known && i < all->n; i++)
        is_known = read_unit(run, units, id, all->items[i]);
    if (is_known)
        return POND_OK;
    return pond_fail(err, POND_ERR_CORRUPT,
                     "'%s/%s' is not a shard part that this version understands; remove it and "
                     "run shard %d of %d again",
                     run->dir.meta.path, part_json(run, id), id.index, id.count);
}

// Writing -----------------------------------------------------------------------------------------

static int by_key(const void *x, const void *y) {
    return pond_sv_cmp((*(part_unit *const *)x)->key, (*(part_unit *const *)y)->key);
}

static void write_units(const part_units *units, pond_buf *b) {
    for (size_t i = 0; i < units->n; i++) {
        const part_unit *u = units->items[i];
        char hex[65];
        pond_sha256_hex(&u->fingerprint, hex);
        pond_buf_str(b, i == 0 ? "\n{\"place\":" : ",\n{\"place\":");
        pond_json_string(b, u->place);
        if (u->start_us == EXPORT_WHOLE)
            pond_buf_str(b, ",\"start\":null");
        else
            pond_buf_printf(b, ",\"start\":%" PRId64, u->start_us);
        pond_buf_printf(b, ",\"fingerprint\":\"%s\",\"files\":", hex);
        export_records_write(b, &u->outputs);
        pond_buf_char(b, '}');
    }
}

pond_code part_write(export_run *run, part_id id, part_units *units, pond_err *err) {
    pond_value own;
    POND_TRY(part_facts(run, &own, err));
    // Sorted, so that the same units give the same bytes, no matter which run made each of them.
    if (units->n > 0)
        qsort(units->items, units->n, sizeof *units->items, by_key);
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_printf(&b, "{\"version\":%d,\"shard\":%d,\"of\":%d,\"facts\":", PART_VERSION, id.index,
                    id.count);
    pond_json_write(&b, own, 0);
    pond_buf_str(&b, ",\"units\":[");
    write_units(units, &b);
    pond_buf_str(&b, "]}\n");
    const char *name = pond_path_join(run->arena, ".pond", part_json(run, id));
    pond_code rc = export_dir_replace(&run->dir, name, pond_buf_view(&b), err);
    pond_buf_free(&b);
    return rc;
}
