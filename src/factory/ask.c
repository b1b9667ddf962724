// How a render asks: the functions that templates call, and what they see of the fields. And how what
// was asked for is compared with what it is now.
#include "factory/ask_internal.h"

void pond_ask_add(pond_tera *t) {
    static const pond_tera_function_def functions[] = {
        {.name = "rows", .arguments = ask_rows_arguments, .fn = ask_rows},
        {.name = "query", .arguments = ask_query_arguments, .fn = ask_query},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        pond_tera_add_function(t, &functions[i]);
}

void pond_ask_begin(pond_tera_run *run, pond_asks *asks) {
    run->host = asks;
    run->late = asks->matched == NULL ? NULL : ask_stat;
}

pond_code pond_ask_end(pond_asks *asks, pond_code rc, pond_err *err) {
    ask_end_stats(asks);
    if (asks->failed == POND_OK)
        return rc;
    if (err != NULL)
        *err = *asks->why;
    return asks->failed;
}

// Statistics are computed again only if the rows are others.
static bool ask_one_again(pond_asker *asker, const pond_asked *before, pond_asked *now) {
    ask_source *source;
    if (ask_get(asker, before->from, before->is_node, &source, NULL) != POND_OK ||
        source->changing.n > 0)
        return false;
    *now = *before;
    now->fingerprint = source->asked.fingerprint;
    if (!before->is_node || pond_sha256_eq(&before->fingerprint, &now->fingerprint))
        return true;
    return ask_find_columns(asker, source, NULL) == POND_OK &&
           ask_hash_stats(asker, source, before->stats, &now->answer, NULL) == POND_OK;
}

bool pond_ask_again(pond_asker *asker, const pond_asked_vec *before, pond_asked_vec *now) {
    *now = (pond_asked_vec){0};
    for (size_t i = 0; i < before->n; i++)
        if (!ask_one_again(asker, &before->items[i],
                           pond_vec_push(pond_session_arena(ask_session(asker)), now)))
            return false;
    return true;
}
