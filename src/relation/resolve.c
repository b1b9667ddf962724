// Finds the relation of a node: over its stored versions, or made by its factory.
#include "relation/relation.h"

#include "relation/internal.h"
#include "relation/stored.h"

pond_code pond_relation_of(pond_session *s, const pond_node *node, pond_relation **out,
                           pond_err *err) {
    void **cached = pond_map_at(relation_map(s), node->path, NULL);
    if (*cached != NULL) {
        *out = *cached;
        return POND_OK;
    }
    if (!pond_type_is_queryable(node->type))
        return pond_fail(
            err, POND_ERR_CONFLICT,
            "'%.*s' holds bytes, not rows: it is %s (a table or a series is needed; for "
            "text such as CSV write csv://%.*s)",
            POND_SV_ARG(node->path), pond_type_name(node->type), POND_SV_ARG(node->path));
    pond_relation *r = NULL;
    if (pond_type_is_dynamic(node->type)) {
        POND_TRY(pond_fs_open_dynamic(pond_session_fs(s), node, err));
        const pond_relate *relate = node->dyn == NULL ? NULL : node->dyn->relate;
        POND_ASSERT(relate != NULL);
        POND_TRY_CTX(relate->make(s, node, &r, err), err, "%.*s", POND_SV_ARG(node->path));
    } else {
        POND_TRY(pond_stored_relation(s, node, &r, err));
    }
    r->path = node->path;
    // make() may have added other relations to the map, so the entry is looked up again.
    *pond_map_at(relation_map(s), node->path, NULL) = r;
    *out = r;
    return POND_OK;
}
