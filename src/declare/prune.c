// What a folder made once and no longer declares.
#include "declare/internal.h"

#include "factory/readers.h"

static pond_sv key_of(const pond_id *id) {
    return (pond_sv){(const char *)id->bytes, sizeof id->bytes};
}

// A directory goes when all that is in it goes.
static pond_code is_empty(declare_job *j, const pond_node *node, const pond_map *gone, bool *out,
                          pond_err *err) {
    pond_node_vec children = {0};
    *out = true;
    if (node->type != POND_T_DIRECTORY)
        return POND_OK;
    POND_TRY(pond_fs_list(pond_session_fs(j->s), node, &children, err));
    for (size_t i = 0; i < children.n; i++)
        *out &= pond_map_get(gone, key_of(&children.items[i]->id)) != NULL;
    return POND_OK;
}

// The nodes to remove, those below a directory before it. Directories that stay are said.
static pond_code choose(declare_job *j, const pond_declared_vec *stale, pond_node_vec *out,
                        pond_err *err) {
    pond_map gone;
    pond_map_init(&gone, j->a);
    for (size_t i = stale->n; i-- > 0;) { // sorted by path
        const pond_declared *d = &stale->items[i];
        const pond_node *node;
        bool may_go;
        POND_TRY(pond_fs_resolve(pond_session_fs(j->s), d->path, false, &node, err));
        POND_TRY(is_empty(j, node, &gone, &may_go, err));
        if (!may_go) {
            declare_say(j, POND_DECLARE_KEPT, node->path, false, POND_SV(""));
            continue;
        }
        *pond_map_at(&gone, key_of(&d->id), NULL) = j;
        *pond_vec_push(j->a, out) = node;
    }
    return POND_OK;
}

// In a dry run the configs that the folder has now are not stored yet, so what they read is unknown.
static void drop_declared(const declare_job *j, pond_reader_of_vec *readers) {
    size_t n = 0;
    for (size_t i = 0; i < readers->n; i++)
        if (!j->o->is_dry_run ||
            pond_map_get(&j->claims, key_of(&readers->items[i].reader->id)) == NULL)
            readers->items[n++] = readers->items[i];
    readers->n = n;
}

static pond_code remove_all(declare_job *j, const pond_node_vec *gone, pond_err *err) {
    pond_reader_of_vec readers;
    if (!j->o->is_forced) {
        POND_TRY(pond_readers_find(j->s, gone, &readers, err));
        drop_declared(j, &readers);
        POND_TRY(pond_readers_refuse(&readers, err));
    }
    for (size_t i = 0; i < gone->n; i++) {
        if (!j->o->is_dry_run)
            POND_TRY(pond_fs_remove(pond_session_fs(j->s), gone->items[i], false, err));
        declare_say(j, POND_DECLARE_REMOVED, gone->items[i]->path, false, POND_SV(""));
        j->out->is_changed = true;
    }
    return POND_OK;
}

pond_code declare_prune(declare_job *j, pond_err *err) {
    pond_declared_vec stale;
    pond_node_vec gone = {0};
    size_t n = 0;
    POND_TRY(pond_store_declared(pond_session_txn(j->s), j->a, j->label, &stale, err));
    for (size_t i = 0; i < stale.n; i++)
        if (pond_map_get(&j->claims, key_of(&stale.items[i].id)) == NULL)
            stale.items[n++] = stale.items[i];
    stale.n = n;
    if (j->o->is_prune) {
        POND_TRY(choose(j, &stale, &gone, err));
        return gone.n == 0 ? POND_OK : remove_all(j, &gone, err);
    }
    for (size_t i = 0; i < stale.n; i++)
        declare_say(j, POND_DECLARE_STALE, stale.items[i].path, false, POND_SV(""));
    return POND_OK;
}
