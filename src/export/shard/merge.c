// Merges shards: finds their parts, checks that they belong together, and takes their units.
#include "export/shard/merge.h"

#include "export/delta/names.h"
#include "export/shard/part.h"

typedef struct merge {
    int count;      // of shards; 0: there is no part
    pond_map units; // key -> part_unit *, of all shards
} merge;

// Rounds ------------------------------------------------------------------------------------------

// The parts of one round, in which an export is split into `count` shards. An earlier round that
// was not finished may have left parts with another count.
typedef struct shard_round {
    int count, n_fitting; // how many parts have the facts of this merge
    pond_value *parts;    // by index; null where a shard has not run
} shard_round;
typedef POND_VEC(shard_round) round_vec;

static shard_round *round_of(pond_arena *a, round_vec *all, int count) {
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].count == count)
            return &all->items[i];
    shard_round *r = pond_vec_push(a, all);
    *r = (shard_round){.count = count, .parts = POND_NEW_ARRAY(a, pond_value, count)};
    return r;
}

static pond_value facts_of(pond_value part) {
    const pond_value *v = pond_get_lit(part, "facts");
    return v == NULL ? pond_null() : *v;
}

static pond_code find_rounds(export_run *run, pond_value own, round_vec *out, pond_err *err) {
    pond_dirent_vec all = {0};
    pond_code rc = pond_below_list(&run->dir.meta, run->arena, PART_ROOT, &all, err);
    if (rc == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(rc);
    for (size_t i = 0; i < all.n; i++) {
        part_id id;
        if (!part_parse_name(all.items[i].name, &id))
            continue;
        shard_round *r = round_of(run->arena, out, id.count);
        POND_TRY(part_read(run, id, &r->parts[id.index], err));
        r->n_fitting += part_difference(run->arena, facts_of(r->parts[id.index]), own) == NULL;
    }
    return POND_OK;
}

// The complete round, else the one with the most fitting parts: its error says what is missing.
static const shard_round *choose_round(const round_vec *all) {
    const shard_round *best = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const shard_round *r = &all->items[i];
        bool is_complete = r->n_fitting == r->count;
        bool best_is_complete = best != NULL && best->n_fitting == best->count;
        if (best == NULL || (is_complete && !best_is_complete) ||
            (is_complete == best_is_complete && r->n_fitting > best->n_fitting))
            best = r;
    }
    return best;
}

// Reports every shard that is missing or does not fit: the first as the error, the others below it.
static pond_code check_complete(export_run *run, const shard_round *r, pond_value own,
                                pond_err *err) {
    pond_code rc = POND_OK;
    for (int i = 0; i < r->count; i++) {
        bool has_run = r->parts[i].kind != POND_NULL;
        const char *why =
            has_run ? part_difference(run->arena, facts_of(r->parts[i]), own)
                    : pond_printf(run->arena, "has not run: run this export with --shard %d/%d", i,
                                  r->count);
        if (why == NULL)
            continue;
        if (rc == POND_OK)
            rc = pond_fail(err, has_run ? POND_ERR_CONFLICT : POND_ERR_NOT_FOUND,
                           "shard %d of %d %s", i, r->count, why);
        else
            pond_err_detail(err, "  shard %d of %d %s", i, r->count, why);
    }
    return rc;
}

pond_code merge_open(export_run *run, pond_err *err) {
    pond_value own;
    round_vec all = {0};
    merge *m = POND_NEW(run->arena, merge);
    pond_map_init(&m->units, run->arena);
    run->merge = m;
    POND_TRY(part_facts(run, &own, err));
    POND_TRY(find_rounds(run, own, &all, err));
    const shard_round *r = choose_round(&all);
    if (r == NULL)
        return POND_OK;
    POND_TRY(check_complete(run, r, own, err));
    m->count = r->count;
    for (int i = 0; i < r->count; i++)
        POND_TRY(part_read_units(run, (part_id){i, r->count}, r->parts[i], &m->units, err));
    return POND_OK;
}

pond_code merge_done(export_run *run, pond_err *err) {
    return pond_below_remove_tree(&run->dir.meta, PART_ROOT, err);
}

// Units -------------------------------------------------------------------------------------------

// Finds the file of an output that a shard parked, and reads it: it may have come from another
// machine. A merge that was killed while it published may have moved the file to its place already;
// then publishing renames it to the name that it has.
static pond_code find_parked(const export_run *run, export_output *o, pond_err *err) {
    const char *parked = o->tmp_path,
               *placed = export_dir_file(&run->dir, run->arena, o->record.file);
    const char *const places[2] = {parked, placed};
    for (int i = 0; i < 2; i++) {
        bool has_bytes = false;
        pond_code rc = export_has_bytes(&o->record, &run->dir.root,
                                        export_dir_name(&run->dir, places[i]), &has_bytes, err);
        if (rc != POND_OK && rc != POND_ERR_NOT_FOUND)
            return rc;
        if (!has_bytes)
            continue;
        o->tmp_path = places[i];
        pond_err_clear(err);
        return POND_OK;
    }
    return pond_fail(err, POND_ERR_CORRUPT, "its file '%s' is missing or damaged", parked);
}

// Names come from this run's plan: a part may say anything.
static pond_code check_name(const export_run *run, const export_unit *u, const export_output *o,
                            pond_err *err) {
    pond_sv planned =
        u->is_whole ? export_partition_record(run, u, o->record.start_ms * POND_US_PER_MS).file
                    : export_unit_record(run, u).file;
    if (pond_sv_eq(planned, o->record.file))
        return POND_OK;
    return pond_fail(err, POND_ERR_CORRUPT, "it lists '%.*s', which should be '%.*s'",
                     POND_SV_ARG(o->record.file), POND_SV_ARG(planned));
}

static pond_code take_outputs(export_run *run, export_unit *u, const part_unit *p, pond_err *err) {
    part_id id = p->part;
    if (!pond_sha256_eq(&p->fingerprint, &u->fingerprint))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "what shard %d of %d read for '%.*s' has changed since", id.index,
                         id.count, POND_SV_ARG(u->target->place));
    u->outputs = p->outputs;
    u->is_done = true;
    for (size_t i = 0; i < u->outputs.n; i++) {
        u->outputs.items[i]->target = u->target;
        POND_TRY_CTX(check_name(run, u, u->outputs.items[i], err), err, "shard %d of %d", id.index,
                     id.count);
        u->outputs.items[i]->record.slot = export_slot_of(run, u->outputs.items[i]->record.file);
        POND_TRY(delta_name_output(run, u->outputs.items[i], err));
        POND_TRY_CTX(find_parked(run, u->outputs.items[i], err), err, "shard %d of %d", id.index,
                     id.count);
    }
    return POND_OK;
}

pond_code merge_take_unit(export_run *run, export_unit *u, pond_err *err) {
    const merge *m = run->merge;
    if (u->is_done)
        return POND_OK;
    if (m->count == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "no shard has run: '%s/" PART_ROOT "' holds no shard part; run this "
                         "export with --shard 0/N to --shard N-1/N first",
                         run->dir.meta.path);
    pond_sv key = part_key(run->arena, u->target->place, export_unit_start(u));
    const part_unit *made = pond_map_get(&m->units, key);
    if (made == NULL) // they saw other files in DIR, and may have shared the work in another way
        return pond_fail(
            err, POND_ERR_CONFLICT,
            "no shard has made '%.*s': '%s' has changed since the first of them began; "
            "run all %d of them again",
            POND_SV_ARG(u->target->place), run->dir.path, m->count);
    pond_code rc = take_outputs(run, u, made, err);
    if (rc != POND_OK)
        pond_err_detail(err, "  run this export with --shard %d/%d again", made->part.index,
                        made->part.count);
    return rc;
}
