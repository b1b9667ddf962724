// shard: one export spread over processes or machines that share its directory.
//
// A unit, one partition of a target or a target that cannot be sliced, belongs to the shard that
// the hash of its place and start says. A shard runs its units of all stages and parks the files;
// the merge is an ordinary export that finds every unit already run, makes the pages, and
// publishes.
//
//     DIR/.pond/parts/3-of-8.json     which units shard 3 ran, of what snapshot and arguments
//     DIR/.pond/parts/3-of-8/…        their files, named by output and content
//     DIR/.pond/parts/3-of-8/lock     held while the shard runs
//     DIR/.pond/parts/3-of-8/tmp/     what it is making
//
// Shards hold DIR/.pond/lock shared, everything else holds it alone, so that no export publishes
// below a running shard. A parked file never changes under its name and is on disk before the part
// that lists it, so a part holds whatever happens to the shard's next run.
#include "export/parts.h"

#include "base/file.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// A shard
// -------------------------------------------------------------------------------------------

static export_parts *new_parts(export_run *run, int index, int count) {
    export_parts *p = POND_NEW(run->arena, export_parts);
    p->index = index;
    p->count = count;
    p->lock_fd = -1;
    pond_map_init(&p->known, run->arena);
    pond_map_init(&p->run, run->arena);
    return p;
}

void export_shard_init(export_run *run) {
    const pond_export_options *o = run->options;
    if (o->n_shards == 0)
        return;
    run->parts = new_parts(run, o->shard, o->n_shards);
    run->parts->parked = parts_parked_dir(run, o->shard, o->n_shards);
    run->tmp = pond_path_join(run->arena, run->parts->parked, "tmp");
}

bool export_is_shard(const export_run *run) {
    return run->parts != NULL && run->parts->index >= 0;
}

bool export_holds_shard(const export_run *run) {
    return export_is_shard(run) && run->parts->lock_fd >= 0;
}

pond_code export_shard_open(export_run *run, pond_err *err) {
    export_parts *p = run->parts;
    pond_code rc = export_lock(run->arena, p->parked, LOCK_EX, &p->lock_fd, err);
    if (rc == POND_ERR_BUSY)
        return pond_fail(err, rc, "shard %d of %d is already running", p->index, p->count);
    POND_TRY(rc);
    pond_value part;
    // A part that cannot be read is no part; this run writes another.
    if (run->options->is_rebuild || parts_read(run, p->index, p->count, &part, NULL) != POND_OK ||
        part.kind == POND_NULL || parts_read_units(run, p->index, p->count, part, NULL) != POND_OK)
        pond_map_init(&p->known, run->arena);
    return POND_OK;
}

void export_shard_close(export_run *run) {
    export_parts *p = run->parts;
    // A dry run, or one that failed before it parked anything, leaves no trace of itself. What is
    // not empty stays.
    if (!pond_path_exists(parts_path(run, p->index, p->count)) &&
        unlink(pond_path_join(run->arena, p->parked, "lock")) == 0 && rmdir(p->parked) == 0)
        (void)rmdir(parts_dir(run));
    close(p->lock_fd);
    p->lock_fd = -1;
}

static bool is_parked(const parts_unit *u) {
    struct stat st;
    for (size_t i = 0; i < u->outputs.n; i++)
        if (stat(u->outputs.items[i].made, &st) != 0 ||
            (uint64_t)st.st_size != u->outputs.items[i].size_bytes)
            return false;
    return true;
}

static void record(export_run *run, parts_unit *u) {
    bool is_new;
    *pond_map_at(&run->parts->run, u->key, &is_new) = u;
    if (is_new)
        *pond_vec_push(run->arena, &run->parts->made) = u;
}

void export_unit_ran(export_run *run, const pond_target *t, int64_t start_us,
                     const pond_sha256 *fingerprint, const pond_output_vec *outputs) {
    // A file that stands in DIR as it was has not been made.
    if (!export_is_shard(run) || (outputs->n > 0 && outputs->items[0].made == NULL))
        return;
    parts_unit *u = POND_NEW(run->arena, parts_unit);
    *u = (parts_unit){.key = parts_key(run->arena, t->place, start_us),
                      .place = t->place,
                      .start_us = start_us,
                      .fingerprint = *fingerprint};
    for (size_t i = 0; i < outputs->n; i++)
        *pond_vec_push(run->arena, &u->outputs) = outputs->items[i];
    record(run, u);
}

// What becomes of a unit
// -------------------------------------------------------------------------------------------

// A merge that was killed while it published may have moved a parked file to its place already; it
// is as good there. Renaming it to the name that it has changes nothing.
static pond_code find_parked(const export_run *run, pond_output *o, pond_err *err) {
    bool verify = run->options->verify;
    char *candidates[2] = {o->made, export_path(run, run->arena, o->file)};
    for (int i = 0; i < 2; i++) {
        struct stat st;
        pond_sha256 sum;
        if (stat(candidates[i], &st) != 0 || !S_ISREG(st.st_mode) ||
            (uint64_t)st.st_size != o->size_bytes)
            continue;
        if (i == 0 && !verify)
            return POND_OK;
        POND_TRY(pond_sha256_file(candidates[i], &sum, NULL, err));
        if (memcmp(&sum, &o->checksum, sizeof sum) != 0)
            continue;
        o->made = candidates[i];
        return POND_OK;
    }
    return pond_fail(err, POND_ERR_CORRUPT, "its file '%s' is missing or damaged", o->made);
}

static pond_code merge_unit(export_run *run, pond_sv key, const pond_target *t,
                            const pond_sha256 *fingerprint, pond_output_vec *outputs,
                            pond_err *err) {
    const export_parts *p = run->parts;
    if (p->count == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "no shard has run: '%s' holds no part; run this export with --shard 0/N "
                         "to --shard N-1/N first",
                         parts_dir(run));
    int shard = parts_shard_of(key, p->count);
    const parts_unit *u = pond_map_get(&p->known, key);
    pond_code rc = POND_OK;
    if (u == NULL || memcmp(&u->fingerprint, fingerprint, sizeof *fingerprint) != 0)
        rc = pond_fail(err, POND_ERR_CONFLICT,
                       "what shard %d of %d saw below '%.*s' has changed since", shard, p->count,
                       POND_SV_ARG(t->place));
    for (size_t i = 0; rc == POND_OK && i < u->outputs.n; i++) {
        pond_output *o = pond_vec_push(run->arena, outputs);
        *o = u->outputs.items[i];
        rc = pond_wrap(err, find_parked(run, o, err), "shard %d of %d", shard, p->count);
    }
    if (rc != POND_OK)
        pond_err_detail(err, "  run this export with --shard %d/%d again", shard, p->count);
    return rc;
}

pond_code export_take_unit(export_run *run, const pond_target *t, int64_t start_us,
                           const pond_sha256 *fingerprint, pond_output_vec *outputs, bool *is_kept,
                           pond_err *err) {
    *is_kept = true;
    export_parts *p = run->parts;
    if (p == NULL)
        return POND_OK;
    pond_sv key = parts_key(run->arena, t->place, start_us);
    if (p->index < 0) {
        if (outputs->n == 0) // else it stands in DIR as it must be
            POND_TRY(merge_unit(run, key, t, fingerprint, outputs, err));
        *is_kept = outputs->n > 0;
        return POND_OK;
    }
    *is_kept = parts_shard_of(key, p->count) == p->index;
    parts_unit *u = pond_map_get(&p->known, key);
    if (!*is_kept || outputs->n > 0 || u == NULL ||
        memcmp(&u->fingerprint, fingerprint, sizeof *fingerprint) != 0 || !is_parked(u))
        return POND_OK;
    record(run, u);
    for (size_t i = 0; i < u->outputs.n; i++)
        *pond_vec_push(run->arena, outputs) = u->outputs.items[i];
    *is_kept = outputs->n > 0; // a partition without rows has no output, and is done
    return POND_OK;
}

// Parking
// -------------------------------------------------------------------------------------------

static pond_code park_files(export_run *run, pond_map *names, pond_err *err) {
    const export_parts *p = run->parts;
    size_t n = 0;
    for (size_t i = 0; i < p->made.n; i++)
        n += p->made.items[i]->outputs.n;
    if (n > EXPORT_SYNC_EACH)
        POND_TRY(export_sync_fs(p->parked, err));
    for (size_t i = 0; i < p->made.n; i++)
        for (size_t k = 0; k < p->made.items[i]->outputs.n; k++) {
            pond_output *o = &p->made.items[i]->outputs.items[k];
            char *path = parts_parked_path(run->arena, p->parked, o);
            if (n <= EXPORT_SYNC_EACH)
                POND_TRY(pond_fsync_path(o->made, err));
            if (rename(o->made, path) != 0)
                return pond_fail_errno(err, "cannot rename '%s' to '%s'", o->made, path);
            *pond_map_at(names, pond_sv_of(pond_path_name(path)), NULL) = o;
        }
    return pond_fsync_path(p->parked, err);
}

// What earlier runs of this shard parked and this one's part does not list.
static pond_code drop_unlisted(const export_run *run, const pond_map *names, pond_err *err) {
    pond_dirent_vec all = {0};
    POND_TRY(pond_dir_list(run->arena, run->parts->parked, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        pond_sv name = all.items[i].name;
        const char *path =
            pond_path_join(run->arena, run->parts->parked, pond_cstr(run->arena, name));
        if (pond_sv_ends(name, POND_SV(".parquet")) && pond_map_get(names, name) == NULL &&
            unlink(path) != 0)
            return pond_fail_errno(err, "cannot remove '%s'", path);
    }
    return POND_OK;
}

pond_code export_park(export_run *run, pond_export_result *result, pond_err *err) {
    pond_map names;
    pond_map_init(&names, run->arena);
    export_count(run, result);
    if (run->options->is_dry_run)
        return POND_OK;
    POND_TRY(park_files(run, &names, err));
    POND_TRY(parts_write(run, err));
    return drop_unlisted(run, &names, err);
}

// The merge
// -------------------------------------------------------------------------------------------

// "3-of-8.json"
static bool parse_part_name(pond_sv name, int *index, int *count) {
    uint64_t i, n;
    ptrdiff_t of = pond_sv_find(name, POND_SV("-of-"));
    if (of < 0 || !pond_sv_ends(name, POND_SV(".json")) ||
        !pond_sv_to_uint(pond_sv_sub(name, 0, (size_t)of), &i) ||
        !pond_sv_to_uint(pond_sv_sub(name, (size_t)of + 4, name.n - 5), &n) ||
        n > POND_EXPORT_MAX_SHARDS || i >= n)
        return false;
    *index = (int)i;
    *count = (int)n;
    return true;
}

// One count of shards that parts are there of.
typedef struct candidate {
    int count, n_fit;  // how many of its parts are of this merge
    pond_value *parts; // null where there is none
} candidate;
typedef POND_VEC(candidate) candidate_vec;

static candidate *candidate_of(pond_arena *a, candidate_vec *all, int count) {
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].count == count)
            return &all->items[i];
    candidate *c = pond_vec_push(a, all);
    *c = (candidate){.count = count, .parts = POND_NEW_ARRAY(a, pond_value, count)};
    return c;
}

static pond_value facts_of(pond_value part) {
    const pond_value *v = pond_get_lit(part, "facts");
    return v == NULL ? pond_null() : *v;
}

static pond_code find_parts(export_run *run, pond_value own, candidate_vec *out, pond_err *err) {
    pond_dirent_vec all = {0};
    pond_code rc = pond_dir_list(run->arena, parts_dir(run), &all, err);
    if (rc == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(rc);
    for (size_t i = 0; i < all.n; i++) {
        int index, count;
        if (!parse_part_name(all.items[i].name, &index, &count))
            continue;
        candidate *c = candidate_of(run->arena, out, count);
        POND_TRY(parts_read(run, index, count, &c->parts[index], err));
        c->n_fit += parts_difference(run->arena, facts_of(c->parts[index]), own) == NULL;
    }
    return POND_OK;
}

// A round that was given up may have left parts of another count: the one that is complete is
// meant, else the one that is nearest to it.
static const candidate *choose(const candidate_vec *all) {
    const candidate *best = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const candidate *c = &all->items[i];
        bool is_complete = c->n_fit == c->count;
        if (best == NULL || (is_complete && best->n_fit < best->count) ||
            (is_complete == (best->n_fit == best->count) && c->n_fit > best->n_fit))
            best = c;
    }
    return best;
}

// Every shard that is missing or does not fit is told: the first as the error, the others below.
static pond_code check_complete(export_run *run, const candidate *c, pond_value own,
                                pond_err *err) {
    pond_code rc = POND_OK;
    for (int i = 0; i < c->count; i++) {
        bool is_there = c->parts[i].kind != POND_NULL;
        char *why = is_there
                        ? parts_difference(run->arena, facts_of(c->parts[i]), own)
                        : pond_printf(run->arena, "has not run: run this export with --shard %d/%d",
                                      i, c->count);
        if (why == NULL)
            continue;
        if (rc == POND_OK)
            rc = pond_fail(err, is_there ? POND_ERR_CONFLICT : POND_ERR_NOT_FOUND,
                           "shard %d of %d %s", i, c->count, why);
        else
            pond_err_detail(err, "  shard %d of %d %s", i, c->count, why);
    }
    return rc;
}

pond_code export_merge_open(export_run *run, pond_err *err) {
    pond_value own;
    candidate_vec all = {0};
    run->parts = new_parts(run, -1, 0);
    POND_TRY(parts_facts(run, &own, err));
    POND_TRY(find_parts(run, own, &all, err));
    const candidate *c = choose(&all);
    if (c == NULL)
        return POND_OK; // nothing to merge is fine where every file stands: a merge run twice
    POND_TRY(check_complete(run, c, own, err));
    run->parts->count = c->count;
    for (int i = 0; i < c->count; i++)
        POND_TRY(parts_read_units(run, i, c->count, c->parts[i], err));
    return POND_OK;
}

pond_code export_merge_done(export_run *run, pond_err *err) {
    return pond_remove_tree(parts_dir(run), err);
}
