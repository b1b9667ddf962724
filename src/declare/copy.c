// Copying files of the host to paths of the pond, unless they are there already.
#include "declare/internal.h"

#include "base/file.h"
#include "base/near.h"
#include "factory/origins.h"
#include "relation/ingest.h"

#include <sys/stat.h>
#include <unistd.h>

static pond_code fail_exists(pond_sv path, pond_err *err) {
    return pond_fail(err, POND_ERR_EXISTS,
                     "destination '%.*s' already exists; set overwrite: true to replace",
                     POND_SV_ARG(path));
}

// The file at a path, where links lead; *out is NULL if there is none.
static pond_code find_file(const declare_job *j, pond_sv path, const pond_node **out,
                           pond_err *err) {
    POND_TRY(declare_find(j, path, out, err));
    if (*out == NULL)
        return POND_OK;
    POND_TRY(pond_fs_resolve(pond_session_fs(j->s), path, true, out, err));
    if ((*out)->type == POND_T_DATA)
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT,
                     "entry type mismatch at '%.*s': it is %s, and a copy makes data",
                     POND_SV_ARG(path), pond_type_name((*out)->type));
}

static pond_code show_changes(const declare_job *j, const char *from, const pond_version *before,
                              pond_sv *out, pond_err *err) {
    enum { LONG_BYTES = 1 << 20 };
    pond_buf old = POND_BUF_EMPTY, new = POND_BUF_EMPTY;
    struct stat st;
    *out = POND_SV("");
    if (before == NULL || before->size_bytes > LONG_BYTES || stat(from, &st) != 0 ||
        st.st_size > LONG_BYTES)
        return POND_OK;
    pond_code rc = pond_object_read(pond_session_store(j->s), &before->object, &old, err);
    if (rc == POND_OK)
        rc = pond_file_read(from, &new, err);
    if (rc == POND_OK)
        *out = declare_file_changes(j->a, pond_buf_view(&old), pond_buf_view(&new));
    pond_buf_free(&old);
    pond_buf_free(&new);
    return rc;
}

static pond_code bring(const declare_job *j, const char *from, pond_sv path, pond_err *err) {
    pond_ingested got;
    pond_origin_vec origins = {0};
    int fd;
    const pond_destination to = {.path = path, .type = POND_T_DATA, .source = pond_sv_of(from)};
    POND_TRY(declare_make_parents(j, path, err));
    POND_TRY(pond_file_open(from, &fd, err));
    pond_code rc = pond_ingest_bytes(j->s, &to, fd, &got, err);
    close(fd);
    const pond_node *node;
    const pond_version *v;
    POND_TRY(rc);
    POND_TRY(find_file(j, path, &node, err));
    POND_TRY(pond_store_latest(pond_session_txn(j->s), j->a, node->id, &v, err));
    pond_origin_add(j->a, from, &v->object, &origins);
    return pond_origins_keep(j->s, node->path, &origins, err);
}

static pond_code copy_file(const declare_job *j, const char *from, pond_sv path, bool is_overwrite,
                           declare_copied *out, pond_err *err) {
    const pond_node *node;
    const pond_version *v = NULL;
    pond_sha256 hash;
    POND_TRY(find_file(j, path, &node, err));
    POND_TRY(pond_sha256_file(from, &hash, NULL, err));
    if (node != NULL)
        POND_TRY(pond_store_latest(pond_session_txn(j->s), j->a, node->id, &v, err));
    if (v != NULL && pond_sha256_eq(&v->object, &hash))
        return POND_OK;
    if (node != NULL && !is_overwrite)
        return fail_exists(path, err);
    out->is_changed = true;
    if (!j->o->is_dry_run)
        return bring(j, from, path, err);
    return show_changes(j, from, v, &out->changes, err);
}

static pond_code make_dir(const declare_job *j, pond_sv path, declare_copied *out, pond_err *err) {
    const pond_node *node;
    POND_TRY(declare_find(j, path, &node, err));
    out->is_changed |= node == NULL;
    return pond_fs_mkdir(pond_session_fs(j->s), path, true, err);
}

static pond_code copy_tree(declare_job *j, const declare_item *item, declare_copied *out,
                           pond_err *err) {
    declare_entry_vec all = {0};
    POND_TRY(declare_tree(j->a, item->from, NULL, &all, err));
    POND_TRY(make_dir(j, item->path, out, err));
    for (size_t i = 0; i < all.n; i++) {
        const declare_entry *e = &all.items[i];
        declare_copied one = {.changes = POND_SV("")};
        pond_sv path = pond_svf(j->a, "%.*s/%.*s", item->path.n == 1 ? 0 : (int)item->path.n,
                                item->path.p, POND_SV_ARG(e->name));
        POND_TRY_CTX(declare_path(j->a, path, &path, err), err, "%s", e->path);
        if (e->is_dir)
            POND_TRY(make_dir(j, path, &one, err));
        else
            POND_TRY(copy_file(j, e->path, path, item->is_overwrite || out->is_new, &one, err));
        // A new file in a directory that was there changes the destination, too.
        if (one.is_changed && !item->is_overwrite && !out->is_new)
            return fail_exists(item->path, err);
        out->is_changed |= one.is_changed;
    }
    return POND_OK;
}

pond_code declare_copy(declare_job *j, const declare_item *item, declare_copied *out,
                       pond_err *err) {
    const pond_node *node;
    *out = (declare_copied){.changes = POND_SV("")};
    if (!pond_path_exists(item->from)) {
        pond_fail(err, POND_ERR_NOT_FOUND, "the copy source '%s' is not there", item->from);
        pond_near_path(err, item->from);
        return POND_ERR_NOT_FOUND;
    }
    POND_TRY(declare_find(j, item->path, &node, err));
    out->is_new = node == NULL;
    return pond_path_is_dir(item->from)
               ? copy_tree(j, item, out, err)
               : copy_file(j, item->from, item->path, item->is_overwrite, out, err);
}
