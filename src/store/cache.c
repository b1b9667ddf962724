// The cache: files that can be made again from objects, named after the hash of what they are made
// from. A reader may fill it too. Whoever removes it loses time and nothing else.
#include "store/store_internal.h"

#include <fcntl.h>
#include <unistd.h>

static const char CACHE[] = "cache";

static void cache_name(const pond_sha256 *key, char out[STORE_OBJECT_NAME + 8]) {
    char hex[2 * sizeof key->bytes + 1];
    pond_hex(key->bytes, sizeof key->bytes, hex);
    snprintf(out, STORE_OBJECT_NAME + 8, "%s.parquet", hex);
}

const char *pond_store_cache_dir(const pond_store *s, pond_arena *a) {
    return pond_path_join(a, s->dir, CACHE);
}

pond_code pond_cache_find(const pond_store *s, pond_arena *a, const pond_sha256 *key, pond_sv *path,
                          bool *is_there, pond_err *err) {
    char name[STORE_OBJECT_NAME + 8];
    cache_name(key, name);
    const char *below = pond_path_join(a, CACHE, name);
    *path = pond_sv_of(pond_path_join(a, s->dir, below));
    *is_there = false;
    int fd;
    pond_code rc = pond_below_open_file(&s->root, below, O_RDONLY, &fd, err);
    if (rc == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(rc);
    close(fd); // nothing was written
    *is_there = true;
    return POND_OK;
}

pond_code pond_cache_adopt(pond_store *s, const char *tmp_path, const pond_sha256 *key,
                           pond_err *err) {
    char name[STORE_OBJECT_NAME + 8];
    pond_arena a;
    cache_name(key, name);
    POND_TRY(pond_below_mkdir(&s->root, CACHE, POND_SYNC, err));
    pond_arena_init(&a);
    pond_code rc = pond_below_publish(&s->tmp->dir, pond_path_name(tmp_path), &s->root,
                                      pond_path_join(&a, CACHE, name), err);
    pond_arena_deinit(&a);
    return rc;
}
