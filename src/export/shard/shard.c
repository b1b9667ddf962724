// A run of one shard: decides which units it runs, and parks their files for the merge.
#include "export/shard/shard.h"

#include "export/shard/part.h"
#include "export/shard/spread.h"

#include <sys/file.h>
#include <unistd.h>

typedef struct shard {
    part_id id;
    const char *dir; // below DIR/.pond: where the shard's files wait, and its lock is
    int lock_fd;     // -1: not held
    pond_map known;  // key -> part_unit *: run by an earlier run of this shard
    pond_map ran;    // key -> non-NULL: of this run
    part_units made; // the units of this run, in order
    int64_t *loads;  // of each shard, from the stages before
} shard;

// The directory -----------------------------------------------------------------------------------

void shard_init(export_run *run) {
    shard *s = POND_NEW(run->arena, shard);
    *s = (shard){.id = {run->options->shard, run->options->n_shards}, .lock_fd = -1};
    s->dir = part_dir(run, s->id);
    s->loads = POND_NEW_ARRAY(run->arena, int64_t, s->id.count);
    pond_map_init(&s->known, run->arena);
    pond_map_init(&s->ran, run->arena);
    run->shard = s;
    run->dir.tmp = pond_printf(run->arena, "%s/.pond/%s/tmp", run->dir.path, s->dir);
}

pond_code shard_open(export_run *run, pond_err *err) {
    shard *s = run->shard;
    pond_code rc = export_lock(&run->dir.meta, run->arena, s->dir, LOCK_EX, &s->lock_fd, err);
    if (rc == POND_ERR_BUSY)
        return pond_fail(err, rc, "shard %d of %d is already running", s->id.index, s->id.count);
    POND_TRY(rc);
    pond_value part;
    // If the part cannot be read, everything is made again, and the part is replaced.
    bool is_known = !run->options->rebuild && part_read(run, s->id, &part, NULL) == POND_OK &&
                    part.kind != POND_NULL &&
                    part_read_units(run, s->id, part, &s->known, NULL) == POND_OK;
    if (!is_known)
        pond_map_init(&s->known, run->arena);
    return POND_OK;
}

bool shard_is_open(const export_run *run) {
    return run->shard->lock_fd >= 0;
}

void shard_close(export_run *run) {
    shard *s = run->shard;
    if (s->lock_fd < 0)
        return;
    // Directories that are not empty stay: another shard's, or an earlier run's files.
    const char *lock = pond_path_join(run->arena, s->dir, "lock");
    if (!pond_below_exists(&run->dir.meta, part_json(run, s->id)) &&
        pond_below_remove(&run->dir.meta, lock, NULL) == POND_OK)
        pond_below_prune(&run->dir.meta, lock);
    close(s->lock_fd);
    s->lock_fd = -1;
}

// Units -------------------------------------------------------------------------------------------

static bool is_parked(const export_run *run, const part_unit *u) {
    for (size_t i = 0; i < u->outputs.n; i++) {
        const export_output *o = u->outputs.items[i];
        if (!export_has_size(&o->record, &run->dir.root, export_dir_name(&run->dir, o->tmp_path),
                             NULL))
            return false;
    }
    return true;
}

static void record_unit(export_run *run, part_unit *u) {
    bool is_new;
    *pond_map_at(&run->shard->ran, u->key, &is_new) = u;
    if (is_new)
        *pond_vec_push(run->arena, &run->shard->made) = u;
}

static void find_made(export_run *run, export_unit *u) {
    pond_sv key = part_key(run->arena, u->target->place, export_unit_start(u));
    part_unit *known = pond_map_get(&run->shard->known, key);
    if (u->is_done || known == NULL || u->target->changing.n > 0 ||
        !pond_sha256_eq(&known->fingerprint, &u->fingerprint) || !is_parked(run, known))
        return;
    record_unit(run, known);
    for (size_t i = 0; i < known->outputs.n; i++)
        known->outputs.items[i]->target = u->target;
    u->outputs = known->outputs;
    u->is_done = true;
}

void shard_take_units(export_run *run, export_units *units) {
    const shard *s = run->shard;
    const spread_share *shares = spread_units(run, units, s->id.count, s->loads);
    size_t n = 0;
    for (size_t i = 0; i < units->n; i++) {
        if (shares[i].shard != s->id.index)
            continue;
        units->items[n] = units->items[i];
        find_made(run, &units->items[n++]);
    }
    units->n = n;
}

void shard_unit_ran(export_run *run, const export_unit *u) {
    if (u->outputs.n > 0 && u->outputs.items[0]->tmp_path == NULL)
        return;
    part_unit *p = POND_NEW(run->arena, part_unit);
    int64_t start_us = export_unit_start(u);
    *p = (part_unit){.key = part_key(run->arena, u->target->place, start_us),
                     .place = u->target->place,
                     .start_us = start_us,
                     .fingerprint = u->fingerprint,
                     .outputs = u->outputs};
    record_unit(run, p);
}

// Parking -----------------------------------------------------------------------------------------

static export_outputs made_files(export_run *run) {
    export_outputs files = {0};
    for (size_t i = 0; i < run->shard->made.n; i++) {
        const export_outputs *v = &run->shard->made.items[i]->outputs;
        for (size_t k = 0; k < v->n; k++)
            *pond_vec_push(run->arena, &files) = v->items[k];
    }
    return files;
}

// `names` collects the names of the parked files.
static pond_code park_files(export_run *run, pond_map *names, pond_err *err) {
    const pond_below *root = &run->dir.root;
    export_outputs files = made_files(run);
    bool sync_each = files.n <= EXPORT_SYNC_EACH;
    if (!sync_each)
        POND_TRY(export_sync_fs(&run->dir, err));
    for (size_t i = 0; i < files.n; i++) {
        export_output *o = files.items[i];
        const char *from = export_dir_name(&run->dir, o->tmp_path),
                   *path = part_file_path(run, run->shard->id, &o->record);
        if (sync_each)
            POND_TRY(pond_below_sync(root, from, err));
        POND_TRY(pond_below_rename(root, from, root, export_dir_name(&run->dir, path), err));
        o->record.mtime_ns = 0; // a part is the same whenever it is made, and wherever it goes
        *pond_map_at(names, pond_sv_of(pond_path_name(path)), NULL) = o;
    }
    return pond_below_sync(&run->dir.meta, run->shard->dir, err);
}

// Removes the parked files of earlier runs of this shard that its part no longer lists.
static pond_code drop_unlisted(const export_run *run, const pond_map *names, pond_err *err) {
    const char *dir = run->shard->dir;
    pond_dirent_vec all = {0};
    POND_TRY(pond_below_list(&run->dir.meta, run->arena, dir, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        pond_sv name = all.items[i].name;
        if (pond_sv_ends(name, POND_SV(".parquet")) && pond_map_get(names, name) == NULL)
            POND_TRY(
                pond_below_remove(&run->dir.meta, pond_path_join(run->arena, dir, name.p), err));
    }
    return POND_OK;
}

pond_code shard_park(export_run *run, pond_err *err) {
    pond_map names;
    pond_map_init(&names, run->arena);
    POND_TRY(park_files(run, &names, err));
    POND_TRY(part_write(run, run->shard->id, &run->shard->made, err));
    return drop_unlisted(run, &names, err);
}
