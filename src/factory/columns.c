// Column names of configs, compared with the columns that there are.
#include "factory/columns.h"

#include "base/near.h"

bool pond_column_matches(pond_sv pattern, pond_sv name, pond_arena *a) {
    pond_glob_segment part = {.text = pattern};
    for (size_t i = 0; i < pattern.n; i++)
        part.n_stars += pattern.p[i] == '*';
    pond_sv_vec captures = {0};
    return pond_glob_segment_match(a, &part, name, &captures);
}

pond_code pond_columns_find(pond_session *s, const pond_pattern *from, const pond_texts *transforms,
                            pond_column_vec *out, pond_err *err) {
    enum { MOST_SERIES = 100 }; // more would take long, and tell little
    pond_match_vec matches = {0};
    pond_map known;
    pond_map_init(&known, pond_session_arena(s));
    POND_TRY(pond_pattern_match(s, from, &matches, err));
    for (size_t i = 0; i < matches.n && i < MOST_SERIES; i++) {
        pond_relation *r;
        pond_schema schema;
        // What cannot be read now has its own error when it is read.
        if (transforms_relation(s, transforms, from, matches.items[i].node, &r, NULL) != POND_OK ||
            pond_relation_schema(s, r, &schema, NULL) != POND_OK)
            continue;
        for (size_t c = 0; c < schema.n; c++) {
            void **at = pond_map_at(&known, schema.items[c].name, NULL);
            if (*at == NULL)
                *pond_vec_push(pond_session_arena(s), out) = schema.items[c];
            *at = r;
        }
    }
    return POND_OK;
}

static pond_code fail_column(pond_session *s, const pond_pattern *from, const pond_column_vec *have,
                             pond_sv name, pond_sv what, pond_err *err) {
    pond_sv *names = POND_NEW_ARRAY(pond_session_arena(s), pond_sv, have->n);
    for (size_t i = 0; i < have->n; i++)
        names[i] = have->items[i].name;
    pond_fail(err, POND_ERR_INVALID,
              "no series that '%.*s' matches has the column '%.*s', of which the config wants %.*s",
              POND_SV_ARG(from->url.text), POND_SV_ARG(name), POND_SV_ARG(what));
    pond_near_word(err, name, names, have->n);
    return POND_ERR_INVALID;
}

pond_code pond_columns_check(pond_session *s, const pond_pattern *from, const pond_column_vec *have,
                             const pond_texts *names, pond_sv what, pond_err *err) {
    for (size_t i = 0; i < names->n; i++) {
        bool is_found = pond_column_is_pattern(names->items[i]);
        for (size_t c = 0; c < have->n && !is_found; c++)
            is_found =
                pond_column_matches(names->items[i], have->items[c].name, pond_session_arena(s));
        if (!is_found)
            return fail_column(s, from, have, names->items[i], what, err);
    }
    return POND_OK;
}
