// The state of a node as a JSON object.
#include "factory/state.h"

#include "store/runs.h"

pond_code pond_state_all(pond_session *s, const pond_node *node, pond_value *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_sv text;
    *out = pond_object(NULL, 0);
    POND_TRY(pond_store_state(pond_session_txn(s), a, node->id, &text, err));
    if (text.n == 0)
        return POND_OK;
    POND_TRY_CTX(pond_json_parse(a, text, "state", out, err), err, "the state of '%.*s'",
                 POND_SV_ARG(node->path));
    if (out->kind == POND_OBJECT)
        return POND_OK;
    return pond_fail(err, POND_ERR_CORRUPT, "the state of '%.*s' is no object",
                     POND_SV_ARG(node->path));
}

pond_code pond_state_get(pond_session *s, const pond_node *node, pond_sv key, pond_sv *out,
                         pond_err *err) {
    pond_value all;
    *out = POND_SV("");
    POND_TRY(pond_state_all(s, node, &all, err));
    const pond_value *v = pond_get(all, key);
    if (v != NULL && v->kind == POND_STRING)
        *out = pond_value_sv(*v);
    return POND_OK;
}

pond_code pond_state_set_all(pond_session *s, const pond_node *node, pond_value state,
                             pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    if (state.n > 0)
        pond_json_write(&text, state, 0);
    pond_code rc = POND_OK;
    if (pond_utf8_find_bad(pond_buf_view(&text)) >= 0)
        rc = pond_fail(err, POND_ERR_INVALID, "the state of '%.*s' would not be UTF-8",
                       POND_SV_ARG(node->path));
    if (rc == POND_OK)
        rc = pond_store_set_state(pond_session_txn(s), node->id, pond_buf_view(&text), err);
    pond_buf_free(&text);
    return rc;
}

pond_code pond_state_set(pond_session *s, const pond_node *node, pond_sv key, pond_sv text,
                         pond_err *err) {
    pond_value all;
    POND_TRY(pond_state_all(s, node, &all, err));
    pond_object_builder next = {.arena = pond_session_arena(s)};
    for (size_t i = 0; i < all.n; i++)
        if (!pond_sv_eq(all.entries[i].key, key))
            pond_object_put_sv(&next, all.entries[i].key, all.entries[i].value);
    if (text.n > 0)
        pond_object_put_sv(&next, key, pond_string(text));
    return pond_state_set_all(s, node, pond_object_build(&next), err);
}
