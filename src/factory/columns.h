// columns: the columns that a config names, by names and patterns, of all series that match a URL.
#ifndef POND_FACTORY_COLUMNS_H
#define POND_FACTORY_COLUMNS_H

#include "factory/transforms.h"

typedef POND_VEC(pond_column) pond_column_vec;

// A pattern of a config is a name, or has one `*` or several.
bool pond_column_matches(pond_sv pattern, pond_sv name, pond_arena *a);
static inline bool pond_column_is_pattern(pond_sv text) {
    return pond_sv_find_char(text, '*') >= 0;
}

// The columns of the series that the pattern matches now, each name once, of the first hundred
// series, transformed. Those that cannot be read are left out.
pond_code pond_columns_find(pond_session *s, const pond_pattern *from, const pond_texts *transforms,
                            pond_column_vec *out, pond_err *err) POND_MUST;
// Refuses a name that none of the columns has: it is a mistake. A pattern may match columns that
// come later. `what` says what the config wants of the column: "avg".
pond_code pond_columns_check(pond_session *s, const pond_pattern *from, const pond_column_vec *have,
                             const pond_texts *names, pond_sv what, pond_err *err) POND_MUST;

#endif
