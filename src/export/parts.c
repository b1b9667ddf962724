// parts: what a shard writes down, DIR/.pond/parts/3-of-8.json.
//
//     {"version": 1, "shard": 3, "of": 8, "facts": {…},
//      "units": [{"place", "start", "fingerprint", "files": [as in the manifest]}]}
//
// "facts" are what all shards of a round and their merge must agree about.
#include "export/parts.h"

#include "base/file.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PART_VERSION = 1 };

// Names
// -------------------------------------------------------------------------------------------

char *parts_dir(const export_run *run) {
    return pond_path_join(run->arena, run->meta, "parts");
}

char *parts_parked_dir(const export_run *run, int index, int count) {
    return pond_printf(run->arena, "%s/%d-of-%d", parts_dir(run), index, count);
}

char *parts_path(const export_run *run, int index, int count) {
    return pond_printf(run->arena, "%s/%d-of-%d.json", parts_dir(run), index, count);
}

char *parts_parked_path(pond_arena *a, const char *dir, const pond_output *o) {
    char hex[65];
    pond_hasher *h = pond_hasher_new();
    pond_hasher_part(h, o->file);
    pond_hasher_add(h, o->checksum.bytes, sizeof o->checksum.bytes);
    pond_sha256 name = pond_hasher_finish(h);
    pond_sha256_hex(&name, hex);
    return pond_printf(a, "%s/%s.parquet", dir, hex);
}

pond_sv parts_key(pond_arena *a, pond_sv place, int64_t start_us) {
    return pond_svf(a, "%" PRId64 " %.*s", start_us, POND_SV_ARG(place));
}

int parts_shard_of(pond_sv key, int count) {
    pond_sha256 h = pond_sha256_of(key);
    uint64_t n = 0;
    for (int i = 0; i < 8; i++)
        n = n << 8 | h.bytes[i];
    return (int)(n % (uint64_t)count);
}

// What shards of one round have in common
// -------------------------------------------------------------------------------------------

static pond_value time_value(pond_arena *a, int64_t t_us, int64_t none) {
    if (t_us == none)
        return pond_null();
    char text[40];
    pond_time_format(t_us, text);
    return pond_string(pond_sv_dup(a, pond_sv_of(text)));
}

static pond_value temporal_value(pond_arena *a, int n_units) {
    pond_value *names = POND_NEW_ARRAY(a, pond_value, n_units);
    for (int i = 0; i < n_units; i++)
        names[i] = pond_string_lit(pond_unit_name((pond_unit)i));
    return pond_array(names, (size_t)n_units);
}

// The last transaction that this snapshot sees, "7 (0190…)": a number that people know from the
// log, and an id that no other pond's transaction has.
static pond_code snapshot(const export_run *run, pond_value *out, pond_err *err) {
    for (int64_t limit = 16;; limit *= 8) {
        pond_txn_row_vec log = {0};
        POND_TRY(pond_store_log(pond_session_txn(run->session), run->arena, limit, 0, &log, err));
        for (size_t i = 0; i < log.n; i++) {
            char id[37];
            if (log.items[i].state != POND_TXN_COMMITTED)
                continue;
            pond_id_text(&log.items[i].id, id);
            *out = pond_string(pond_svf(run->arena, "%" PRId64 " (%s)", log.items[i].seq, id));
            return POND_OK;
        }
        if ((int64_t)log.n < limit) {
            *out = pond_string_lit("0");
            return POND_OK;
        }
    }
}

// How a difference is told, in the order of telling: what the first ones say explains the others.
static const struct {
    const char *key, *differs;
} facts[] = {
    {"pond", "read another pond"},
    {"snapshot", "saw the pond after another transaction"},
    {"program", "was run by another version of pond"},
    {"engine", "was run by another version of the engine"},
    {"pattern", "was given another --pattern"},
    {"temporal", "was given another --temporal"},
    {"table_format", "was given another --table-format"},
    {"start_time", "was given another --start-time"},
    {"end_time", "was given another --end-time"},
    {"var", "was given another -v"},
    {"rebuild", "was given another --rebuild"},
    {"verify", "was given another --verify"},
};
enum { N_FACTS = sizeof facts / sizeof *facts };

pond_code parts_facts(const export_run *run, pond_value *out, pond_err *err) {
    const pond_export_options *o = run->options;
    pond_arena *a = run->arena;
    char *id = pond_alloc(a, 37);
    pond_id_text(&pond_store_info(pond_session_store(run->session))->id, id);
    pond_value seen, *patterns = POND_NEW_ARRAY(a, pond_value, o->n_patterns);
    for (size_t i = 0; i < o->n_patterns; i++)
        patterns[i] = pond_string(o->patterns[i]);
    POND_TRY(snapshot(run, &seen, err));
    const pond_value values[N_FACTS] = {
        pond_string_lit(id),
        seen,
        pond_string_lit(o->program == NULL ? "" : o->program),
        pond_string_lit(pond_engine_version()),
        pond_array(patterns, o->n_patterns),
        temporal_value(a, o->n_units),
        pond_string_lit(o->tables == POND_TABLES_DELTA ? "delta" : "parquet"),
        time_value(a, o->range.lo_us, INT64_MIN),
        time_value(a, o->range.hi_us, INT64_MAX),
        o->vars,
        pond_bool(o->is_rebuild),
        pond_bool(o->verify),
    };
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, N_FACTS);
    for (size_t i = 0; i < N_FACTS; i++)
        e[i] = (pond_entry){pond_sv_of(facts[i].key), values[i]};
    *out = pond_object_sorted(e, N_FACTS);
    return POND_OK;
}

char *parts_difference(pond_arena *a, pond_value theirs, pond_value ours) {
    for (size_t i = 0; i < N_FACTS; i++) {
        const pond_value *t = pond_get_lit(theirs, facts[i].key),
                         *o = pond_get_lit(ours, facts[i].key);
        if (t != NULL && pond_value_equal(*t, *o))
            continue;
        pond_buf had = POND_BUF_EMPTY, has = POND_BUF_EMPTY;
        pond_json_write(&had, t == NULL ? pond_null() : *t, 0);
        pond_json_write(&has, *o, 0);
        char *text = pond_printf(a, "%s: %s there, %s here", facts[i].differs, had.p, has.p);
        pond_buf_free(&had);
        pond_buf_free(&has);
        return text;
    }
    return NULL;
}

// Reading a part
// -------------------------------------------------------------------------------------------

static bool read_unit(pond_arena *a, export_parts *p, const char *parked, pond_value v) {
    const pond_value *place = pond_get_lit(v, "place"), *start = pond_get_lit(v, "start"),
                     *fingerprint = pond_get_lit(v, "fingerprint"),
                     *files = pond_get_lit(v, "files");
    parts_unit *u = POND_NEW(a, parts_unit);
    if (place == NULL || place->kind != POND_STRING || start == NULL || fingerprint == NULL ||
        fingerprint->kind != POND_STRING || files == NULL || files->kind != POND_ARRAY ||
        !pond_sha256_from_hex(pond_value_sv(*fingerprint), &u->fingerprint))
        return false;
    u->place = pond_value_sv(*place);
    u->start_us = start->kind == POND_INT ? start->i : EXPORT_WHOLE;
    u->key = parts_key(a, u->place, u->start_us);
    for (size_t i = 0; i < files->n; i++) {
        pond_output *o = pond_vec_push(a, &u->outputs);
        *o = (pond_output){0};
        if (!manifest_read_output(files->items[i], o))
            return false;
        o->made = parts_parked_path(a, parked, o);
    }
    *pond_map_at(&p->known, u->key, NULL) = u;
    return true;
}

pond_code parts_read(const export_run *run, int index, int count, pond_value *out, pond_err *err) {
    return manifest_read_json(run->arena, parts_path(run, index, count), out, err);
}

pond_code parts_read_units(export_run *run, int index, int count, pond_value part, pond_err *err) {
    const pond_value *version = pond_get_lit(part, "version"), *units = pond_get_lit(part, "units");
    bool is_known = version != NULL && version->kind == POND_INT && version->i == PART_VERSION &&
                    units != NULL && units->kind == POND_ARRAY;
    for (size_t i = 0; is_known && i < units->n; i++)
        is_known =
            read_unit(run->arena, run->parts, parts_parked_dir(run, index, count), units->items[i]);
    if (is_known)
        return POND_OK;
    return pond_fail(err, POND_ERR_CORRUPT,
                     "'%s' is not a part that this version understands; remove it and run shard %d "
                     "of %d again",
                     parts_path(run, index, count), index, count);
}

// Writing a part
// -------------------------------------------------------------------------------------------

static int by_key(const void *x, const void *y) {
    return pond_sv_cmp((*(parts_unit *const *)x)->key, (*(parts_unit *const *)y)->key);
}

static void write_units(const export_parts *p, pond_buf *b) {
    for (size_t i = 0; i < p->made.n; i++) {
        const parts_unit *u = p->made.items[i];
        char hex[65];
        pond_sha256_hex(&u->fingerprint, hex);
        pond_buf_str(b, i == 0 ? "\n{\"place\":" : ",\n{\"place\":");
        pond_json_string(b, u->place);
        if (u->start_us == EXPORT_WHOLE)
            pond_buf_str(b, ",\"start\":null");
        else
            pond_buf_printf(b, ",\"start\":%" PRId64, u->start_us);
        pond_buf_printf(b, ",\"fingerprint\":\"%s\",\"files\":", hex);
        manifest_write_outputs(b, &u->outputs);
        pond_buf_char(b, '}');
    }
}

pond_code parts_write(export_run *run, pond_err *err) {
    const export_parts *p = run->parts;
    pond_value own;
    POND_TRY(parts_facts(run, &own, err));
    // A part says the same however much of it was made by an earlier run.
    if (p->made.n > 0)
        qsort(p->made.items, p->made.n, sizeof *p->made.items, by_key);
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_printf(&b, "{\"version\":%d,\"shard\":%d,\"of\":%d,\"facts\":", PART_VERSION, p->index,
                    p->count);
    pond_json_write(&b, own, 0);
    pond_buf_str(&b, ",\"units\":[");
    write_units(p, &b);
    pond_buf_str(&b, "]}\n");
    pond_code rc = pond_file_replace(parts_path(run, p->index, p->count), pond_buf_view(&b), err);
    pond_buf_free(&b);
    return rc;
}
