// Applies the transforms of a config to its sources.
#include "factory/transforms.h"

#include "factory/column_rename.h"
#include "relation/wrapper.h"

pond_code transforms_check(const pond_texts *paths, pond_err *err) {
    for (size_t i = 0; i < paths->n; i++)
        if (!pond_sv_starts(paths->items[i], POND_SV("/")))
            return pond_conf_fail(paths->places[i], err,
                                  "a transform is the path of a column-rename node, such as "
                                  "/etc/rename, not '%.*s'",
                                  POND_SV_ARG(paths->items[i]));
    return POND_OK;
}

static pond_code find_transform(pond_session *s, pond_sv path, const pond_renaming **out,
                                pond_err *err) {
    pond_fs *fs = pond_session_fs(s);
    const pond_node *node;
    POND_TRY_CTX(pond_fs_resolve(fs, path, true, &node, err), err,
                 "Transform path '%.*s' not found", POND_SV_ARG(path));
    *out = NULL;
    if (node->type == POND_T_DATA_DYNAMIC) {
        POND_TRY_CTX(pond_fs_open_dynamic(fs, node, err), err, "transform '%.*s'",
                     POND_SV_ARG(path));
        *out = column_rename_of(node);
    }
    if (*out != NULL)
        return POND_OK;
    if (node->factory.n > 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' is no transform: factory '%.*s' makes it, and transforms are made "
                         "by column-rename",
                         POND_SV_ARG(node->path), POND_SV_ARG(node->factory));
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' is no transform: it is %s, and transforms are made by column-rename",
                     POND_SV_ARG(node->path), pond_type_name(node->type));
}

pond_code transforms_relation(pond_session *s, const pond_texts *paths, const pond_pattern *p,
                              const pond_node *node, pond_relation **out, pond_err *err) {
    POND_TRY(pond_pattern_relation(s, p, node, out, err));
    for (size_t i = 0; i < paths->n; i++) {
        const pond_renaming *how;
        POND_TRY(find_transform(s, paths->items[i], &how, err));
        *out = pond_renamed_of(s, *out, how);
    }
    return POND_OK;
}

pond_code transforms_unite(pond_session *s, const pond_texts *paths, const pond_pattern *p,
                           const pond_match *matches, size_t n, pond_relation **out,
                           pond_err *err) {
    pond_relation **parts = POND_NEW_ARRAY(pond_session_arena(s), pond_relation *, n);
    for (size_t i = 0; i < n; i++)
        POND_TRY(transforms_relation(s, paths, p, matches[i].node, &parts[i], err));
    *out = pond_union_of(s, parts, n);
    return POND_OK;
}
