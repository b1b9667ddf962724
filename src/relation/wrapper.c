// Wrappers: the answers of a relation that follow from the answers of its sources.
#include "relation/wrapper.h"

#include "relation/statement.h"

pond_code pond_wrapper_sources(pond_session *s, pond_wrapper *w, pond_err *err) {
    if (w->has_sources)
        return POND_OK;
    POND_TRY(w->kind->find_sources(s, w, err));
    w->has_sources = true;
    return POND_OK;
}

// The range of one source that a slice of the wrapper is made from.
static pond_range range_of_source(const pond_wrapper *w, const pond_relation *source,
                                  pond_range range) {
    if (!source->is_series)
        return POND_RANGE_ALL;
    pond_beyond beyond = range.beyond;
    if (w->kind->reach != NULL)
        range = w->kind->reach(w, range);
    // Rows with odd times are in no range, so a slice without them would lose them silently.
    range.beyond = beyond == POND_NOTHING_BEYOND ? POND_ODD_BEYOND : beyond;
    return range;
}

pond_code pond_wrapper_source_sql(pond_session *s, const pond_wrapper *w, size_t source,
                                  pond_range range, bool is_steady, pond_buf *sql, pond_err *err) {
    pond_relation *r = w->sources[source].relation;
    uint64_t before = relation_statement_copies(s);
    pond_range reach = range_of_source(w, r, range);
    POND_TRY(is_steady ? pond_relation_sql_steady(s, r, reach, sql, err)
                       : pond_relation_sql(s, r, reach, sql, err));
    relation_statement_repeat(s, before, w->sources[source].n_uses);
    return POND_OK;
}

static pond_code hash_sources(pond_session *s, const pond_wrapper *w, pond_range range,
                              pond_hasher *h, pond_err *err) {
    for (size_t i = 0; i < w->n_sources; i++) {
        const pond_source *source = &w->sources[i];
        pond_sha256 rows;
        POND_TRY(pond_relation_fingerprint(
            s, source->relation, range_of_source(w, source->relation, range), &rows, err));
        if (source->name.p != NULL)
            pond_hasher_field(h, source->name);
        pond_hasher_sha(h, &rows);
    }
    return POND_OK;
}

pond_code pond_wrapper_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                   pond_hasher *h, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    const pond_wrapper_kind *kind = w->kind;
    POND_TRY(pond_wrapper_sources(s, w, err));
    pond_hasher_field(h, pond_sv_of(kind->name));
    if (kind->hash_config != NULL && !kind->is_config_last)
        kind->hash_config(w, h);
    POND_TRY(hash_sources(s, w, range, h, err));
    if (kind->hash_config != NULL && kind->is_config_last)
        kind->hash_config(w, h);
    return POND_OK;
}

pond_code pond_wrapper_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_wrapper_sources(s, w, err));
    pond_range all = POND_RANGE_NONE, bounds;
    bool has_series = w->n_sources == 0;
    for (size_t i = 0; i < w->n_sources; i++) {
        if (!w->sources[i].relation->is_series)
            continue;
        POND_TRY(pond_relation_bounds(s, w->sources[i].relation, &bounds, err));
        all = pond_range_cover(all, bounds);
        has_series = true;
    }
    if (!has_series)
        all = POND_RANGE_ALL; // the times are unknown until the rows are read
    *out = w->kind->extent == NULL ? all : w->kind->extent(w, all);
    return POND_OK;
}

pond_code pond_wrapper_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_wrapper_sources(s, w, err));
    if (w->kind->config != NULL) {
        if (pond_map_get(out, r->path) != NULL) // by another way that leads here
            return POND_OK;
        pond_sha256 *h = POND_NEW(pond_session_arena(s), pond_sha256);
        *h = w->kind->config(w);
        *pond_map_at(out, r->path, NULL) = h;
    }
    for (size_t i = 0; i < w->n_sources; i++)
        POND_TRY(pond_relation_inputs(s, w->sources[i].relation, out, err));
    return POND_OK;
}

pond_code pond_wrapper_is_sliceable(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_wrapper_sources(s, w, err));
    *out = true;
    for (size_t i = 0; i < w->n_sources && *out; i++)
        POND_TRY(pond_relation_is_sliceable(s, w->sources[i].relation, out, err));
    return POND_OK;
}

pond_code pond_wrapper_is_promised(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_wrapper_sources(s, w, err));
    for (size_t i = 0; i < w->n_sources && !*out; i++)
        POND_TRY(pond_relation_is_promised(s, w->sources[i].relation, out, err));
    return POND_OK;
}

pond_code pond_wrapper_order_varies(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_wrapper_sources(s, w, err));
    *out = r->order_varies;
    for (size_t i = 0; i < w->n_sources && !*out; i++)
        POND_TRY(pond_relation_order_varies(s, w->sources[i].relation, out, err));
    return POND_OK;
}

bool pond_wrapper_sums_vary(const pond_relation *r) {
    const pond_wrapper *w = (const pond_wrapper *)r;
    bool out = r->sums_vary;
    for (size_t i = 0; i < w->n_sources && !out; i++)
        out = pond_relation_sums_vary(w->sources[i].relation);
    return out;
}

int64_t pond_wrapper_work(pond_session *s, pond_relation *r, pond_range range) {
    pond_wrapper *w = (pond_wrapper *)r;
    int64_t sum = 0;
    for (size_t i = 0; i < w->n_sources; i++) {
        pond_relation *source = w->sources[i].relation;
        int64_t work = pond_relation_work(s, source, range_of_source(w, source, range));
        if (__builtin_add_overflow(sum, work, &sum))
            return INT64_MAX;
    }
    return sum;
}

pond_code pond_wrapper_changing(pond_session *s, pond_relation *r, pond_sv *out, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_wrapper_sources(s, w, err));
    *out = w->kind->changing == NULL ? (pond_sv){NULL, 0} : w->kind->changing(w);
    for (size_t i = 0; i < w->n_sources && out->n == 0; i++)
        POND_TRY(pond_relation_changing(s, w->sources[i].relation, out, err));
    return POND_OK;
}
