// Making the pond hold what documents say: directories, then files, then dynamic nodes; in each the
// ones that are less deep first.
#include "declare/internal.h"

#include "base/file.h"
#include "factory/origins.h"

// Order -------------------------------------------------------------------------------------------

static size_t depth_of(pond_sv path) {
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        n += path.p[i] == '/';
    return n;
}

static int in_order_of_work(const void *x, const void *y) {
    const declare_item *a = x, *b = y;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    size_t depth_a = depth_of(a->path), depth_b = depth_of(b->path);
    if (depth_a != depth_b)
        return depth_a < depth_b ? -1 : 1;
    return pond_sv_cmp(a->path, b->path);
}

static pond_code fail_claim(const declare_item *item, const declare_item *other, pond_err *err) {
    if (item->place != NULL)
        pond_conf_fail(item->place, err, "the path '%.*s' is declared twice, also by %s",
                       POND_SV_ARG(item->path), other->name);
    else
        pond_fail(err, POND_ERR_INVALID, "the path '%.*s' is declared twice, also by %s",
                  POND_SV_ARG(item->path), other->name);
    return pond_wrap(err, POND_ERR_INVALID, "%s", item->name);
}

static pond_code fail_below(const declare_item *item, const declare_item *other, pond_err *err) {
    pond_fail(err, POND_ERR_INVALID,
              "'%.*s' is below '%.*s', which is a computed node and made by %s",
              POND_SV_ARG(item->path), POND_SV_ARG(other->path), other->name);
    return pond_wrap(err, POND_ERR_INVALID, "%s", item->name);
}

// A directory below `files/` may have a document of its own.
static bool is_plain_pair(const declare_item *x, const declare_item *y) {
    return x->kind == DECLARE_MKDIR && y->kind == DECLARE_MKDIR &&
           (x->place == NULL || y->place == NULL);
}

// Each path once, and none below a node that a factory computes.
static pond_code check_paths(declare_job *j, pond_err *err) {
    pond_map by_path;
    pond_map_init(&by_path, j->a);
    for (size_t i = 0; i < j->items.n; i++) {
        bool is_new;
        void **slot = pond_map_at(&by_path, j->items.items[i].path, &is_new);
        if (!is_new && !is_plain_pair(&j->items.items[i], *slot))
            return fail_claim(&j->items.items[i], *slot, err);
        *slot = &j->items.items[i];
    }
    for (size_t i = 0; i < j->items.n; i++)
        for (pond_sv above = j->items.items[i].path; pond_path_up(&above);) {
            const declare_item *other = pond_map_get(&by_path, above);
            if (other != NULL && other->kind == DECLARE_MKNOD)
                return fail_below(&j->items.items[i], other, err);
        }
    return POND_OK;
}

// Nodes -------------------------------------------------------------------------------------------

pond_code declare_find(const declare_job *j, pond_sv path, const pond_node **out, pond_err *err) {
    pond_fs *fs = pond_session_fs(j->s);
    // Without an error first: for its text, all of the directory would be compared with the name.
    pond_code rc = pond_fs_resolve(fs, path, false, out, NULL);
    if (rc == POND_ERR_NOT_FOUND) {
        *out = NULL;
        return POND_OK;
    }
    return rc == POND_OK ? POND_OK : pond_fs_resolve(fs, path, false, out, err);
}

pond_code declare_make_parents(const declare_job *j, pond_sv path, pond_err *err) {
    ptrdiff_t slash = pond_sv_rfind_char(path, '/');
    if (slash <= 0)
        return POND_OK;
    return pond_fs_mkdir(pond_session_fs(j->s), pond_sv_sub(path, 0, (size_t)slash), true, err);
}

static pond_code fail_type(const declare_item *item, const pond_node *node, const char *wanted,
                           pond_err *err) {
    return pond_fail(err, POND_ERR_CONFLICT, "entry type mismatch at '%.*s': it is %s, and not %s",
                     POND_SV_ARG(item->path), pond_type_name(node->type), wanted);
}

static pond_code make_directory(declare_job *j, const declare_item *item,
                                pond_declare_status *status, pond_err *err) {
    const pond_node *node;
    POND_TRY(declare_find(j, item->path, &node, err));
    *status = node == NULL ? POND_DECLARE_CREATED : POND_DECLARE_UNCHANGED;
    return pond_fs_mkdir(pond_session_fs(j->s), item->path, true, err);
}

static pond_code copy_files(declare_job *j, const declare_item *item, pond_declare_status *status,
                            pond_sv *changes, pond_err *err) {
    declare_copied c;
    POND_TRY(declare_copy(j, item, &c, err));
    *changes = c.changes;
    j->out->is_changed |= c.is_changed;
    // A document that may overwrite says so each time; scripts look for that word.
    bool is_document = item->place != NULL;
    *status = c.is_new || (is_document && item->is_overwrite) ? POND_DECLARE_CREATED
              : c.is_changed                                  ? POND_DECLARE_UPDATED
                                                              : POND_DECLARE_UNCHANGED;
    return POND_OK;
}

// Whether the stored config says what the document does.
static pond_code compare(declare_job *j, const declare_item *item, const pond_node *node,
                         pond_sv *stored, bool *is_same, pond_err *err) {
    const pond_version *v;
    const pond_conf *x, *y;
    pond_buf bytes = POND_BUF_EMPTY;
    POND_TRY(pond_store_latest(pond_session_txn(j->s), j->a, node->id, &v, err));
    pond_code rc =
        v == NULL ? POND_OK : pond_object_read(pond_session_store(j->s), &v->object, &bytes, err);
    *stored = pond_buf_keep(j->a, &bytes);
    *is_same = pond_sv_eq(*stored, item->made.config);
    if (rc != POND_OK || *is_same)
        return rc;
    *is_same = pond_conf_parse(j->a, *stored, "stored", &x, NULL) == POND_OK &&
               pond_conf_parse(j->a, item->made.config, "new", &y, NULL) == POND_OK &&
               declare_same(x, y);
    return POND_OK;
}

static pond_code make_node(declare_job *j, declare_item *item, pond_declare_status *status,
                           pond_sv *changes, pond_err *err) {
    const pond_node *node;
    const pond_factory *f = item->factory;
    pond_sv stored = POND_SV("");
    bool is_same = false;
    POND_TRY(declare_find(j, item->path, &node, err));
    if (node != NULL && !pond_type_is_dynamic(node->type))
        return fail_type(item, node, pond_type_name(f->type), err);
    if (node != NULL && !pond_sv_is(node->factory, f->name))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "factory type mismatch at '%.*s': it is computed by '%.*s', and the "
                         "document says '%s'; remove the node first",
                         POND_SV_ARG(item->path), POND_SV_ARG(node->factory), f->name);
    if (node != NULL)
        POND_TRY(compare(j, item, node, &stored, &is_same, err));
    *status = node == NULL ? POND_DECLARE_CREATED
              : is_same    ? POND_DECLARE_UNCHANGED
                           : POND_DECLARE_UPDATED;
    if (is_same && node->type == f->type)
        return POND_OK;
    if (j->o->is_dry_run)
        *changes = declare_config_changes(j->a, stored, item->made.config);
    POND_TRY(declare_make_parents(j, item->path, err));
    if (j->o->is_dry_run)
        return POND_OK;
    POND_TRY(pond_fs_mknod(pond_session_fs(j->s), item->path, f->type, pond_sv_of(f->name),
                           item->made.config, node != NULL, err));
    return pond_origins_keep(j->s, item->path, &item->made.origins, err);
}

// Claims ------------------------------------------------------------------------------------------

// Notes which node an item is, and that the folder made it. A node that was there and is as it should
// be was made by somebody else, unless another folder did.
static pond_code claim(declare_job *j, const declare_item *item, pond_declare_status status,
                       pond_err *err) {
    const pond_node *node;
    pond_sv label;
    bool is_new;
    POND_TRY(declare_find(j, item->path, &node, err));
    if (node == NULL || node->parent == NULL) // of a dry run, or the root
        return POND_OK;
    pond_sv key = {(const char *)node->id.bytes, sizeof node->id.bytes};
    void **slot = pond_map_at(&j->claims, pond_sv_dup(j->a, key), &is_new);
    const declare_item *other = *slot;
    if (!is_new && (item->kind != DECLARE_MKDIR || other->kind != DECLARE_MKDIR))
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' and '%.*s' are one node, by a link",
                         POND_SV_ARG(item->path), POND_SV_ARG(other->path));
    *slot = (void *)(uintptr_t)item;
    if (j->label.n == 0)
        return POND_OK;
    POND_TRY(pond_store_label(pond_session_txn(j->s), j->a, node->id, &label, err));
    bool is_made = status != POND_DECLARE_UNCHANGED || label.n > 0;
    if (!is_made || pond_sv_eq(label, j->label))
        return POND_OK;
    j->out->is_changed = true;
    return pond_store_set_label(pond_session_txn(j->s), node->id, j->label, err);
}

// Work --------------------------------------------------------------------------------------------

void declare_say(declare_job *j, pond_declare_status status, pond_sv path, bool is_file,
                 pond_sv changes) {
    *pond_vec_push(j->a, &j->out->lines) = (pond_declare_line){status, path, is_file, changes};
    j->out->count[status]++;
}

static pond_code do_item(declare_job *j, declare_item *item, pond_err *err) {
    pond_declare_status status = POND_DECLARE_UNCHANGED;
    pond_sv changes = POND_SV("");
    switch (item->kind) {
    case DECLARE_MKDIR:
        POND_TRY(make_directory(j, item, &status, err));
        j->out->is_changed |= status == POND_DECLARE_CREATED;
        break;
    case DECLARE_COPY:
        POND_TRY(copy_files(j, item, &status, &changes, err));
        break;
    case DECLARE_MKNOD:
        POND_TRY(make_node(j, item, &status, &changes, err));
        j->out->is_changed |= status != POND_DECLARE_UNCHANGED;
        break;
    }
    POND_TRY(claim(j, item, status, err));
    declare_say(j, status, item->path, item->place == NULL, changes);
    return POND_OK;
}

pond_code declare_work(declare_job *j, pond_err *err) {
    POND_TRY(check_paths(j, err));
    pond_sort(j->items.items, j->items.n, sizeof *j->items.items, in_order_of_work);
    for (size_t i = 0; i < j->items.n; i++)
        POND_TRY_CTX(do_item(j, &j->items.items[i], err), err, "%s", j->items.items[i].name);
    return POND_OK;
}
