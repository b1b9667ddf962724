#include "relation/input.h"

#include <inttypes.h>

// Configs
// -------------------------------------------------------------------------------------------

pond_code pond_input_parse(pond_arena *a, pond_sv text, const pond_conf *at, pond_input *out,
                           pond_err *err) {
    pond_err why;
    pond_code rc = pond_url_parse(a, text, &out->url, &why);
    if (rc == POND_OK)
        rc = pond_glob_parse(a, out->url.path, &out->glob, &why);
    if (rc != POND_OK)
        return pond_conf_fail(at, err, "%s", why.msg);
    if (out->url.is_host)
        return pond_conf_fail(at, err,
                              "'%.*s' is a file of the host; a node reads files of its pond only",
                              POND_SV_ARG(text));
    if (!pond_format_is_known(out->url.format))
        return pond_conf_fail(
            at, err,
            "unknown URL scheme '%.*s' in pattern '%.*s'; known schemes: file, series, table, %s",
            POND_SV_ARG(out->url.format), POND_SV_ARG(text), pond_format_names());
    return POND_OK;
}

// Matching
// ------------------------------------------------------------------------------------------

static bool is_bytes(pond_type t) {
    return t == POND_T_DATA || t == POND_T_DATA_SERIES || t == POND_T_DATA_DYNAMIC;
}

// Which kinds of nodes an input takes: rows by a bare path, bytes by a format or by a cast
// (table:///, series:///).
static bool takes(const pond_url *url, pond_type t) {
    if (!pond_sv_is(url->format, "file"))
        return is_bytes(t);
    return pond_type_is_queryable(t) || (url->as != POND_AS_IS && is_bytes(t));
}

static pond_code missing_path(pond_session *s, const pond_input *in, pond_err *err) {
    const pond_node *node;
    POND_TRY(pond_fs_resolve(pond_session_fs(s), in->url.path, true, &node, err));
    if (pond_sv_is(in->url.format, "file") && is_bytes(node->type))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' holds bytes, not rows: it is %s; for text such as CSV write "
                         "csv://%.*s, for Parquet table://%.*s",
                         POND_SV_ARG(node->path), pond_type_name(node->type),
                         POND_SV_ARG(node->path), POND_SV_ARG(node->path));
    return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is %s and cannot be read as '%.*s'",
                     POND_SV_ARG(node->path), pond_type_name(node->type),
                     POND_SV_ARG(in->url.text));
}

pond_code pond_input_matches(pond_session *s, const pond_input *in, pond_input_match_vec *out,
                             pond_err *err) {
    pond_match_vec found = {0};
    POND_TRY(pond_fs_glob(pond_session_fs(s), pond_session_arena(s), &in->glob, &found, err));
    for (size_t i = 0; i < found.n; i++) {
        const pond_match *m = &found.items[i];
        const pond_node *node = m->node;
        if (node->type == POND_T_SYMLINK)
            POND_TRY(pond_fs_resolve(pond_session_fs(s), node->path, true, &node, err));
        if (!takes(&in->url, node->type))
            continue;
        pond_relation *r;
        if (pond_type_is_queryable(node->type))
            POND_TRY(pond_relation_of(s, node, &r, err));
        else
            POND_TRY(pond_format_relation(s, &in->url, node, NULL, &r, err));
        *pond_vec_push(pond_session_arena(s), out) = (pond_input_match){node, r, m->captures, m->n_captures};
    }
    if (out->n == 0 && in->glob.n_wildcards == 0)
        return missing_path(s, in, err);
    return POND_OK;
}

// Uniting
// -------------------------------------------------------------------------------------------

typedef struct union_relation {
    pond_relation base;
    pond_relation **parts;
    size_t n;
} union_relation;

typedef struct part_column {
    pond_column column;
    bool is_silent; // so far
} part_column;
typedef POND_VEC(part_column) part_column_vec;

static part_column *find_column(const part_column_vec *all, pond_sv name) {
    for (size_t i = 0; i < all->n; i++)
        if (pond_column_name_eq(all->items[i].column.name, name))
            return &all->items[i];
    return NULL;
}

// A part in which a column holds nothing but NULLs does not vote on its type, as a version of a
// series does not.
static pond_code unite_column(pond_session *s, part_column_vec *all, pond_relation *part, size_t i,
                              pond_err *err) {
    const pond_column *c = &part->schema.items[i];
    bool is_silent = part->ops->is_silent != NULL && part->ops->is_silent(part, i);
    part_column *known = find_column(all, c->name);
    if (known == NULL) {
        *pond_vec_push(pond_session_arena(s), all) = (part_column){*c, is_silent};
        return POND_OK;
    }
    if (!pond_sv_eq(known->column.name, c->name))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "column '%.*s' of '%.*s' is '%.*s' in files before it: names that differ "
                         "in case alone are one; rename it",
                         POND_SV_ARG(c->name), POND_SV_ARG(part->path),
                         POND_SV_ARG(known->column.name));
    if (is_silent)
        return POND_OK;
    if (known->is_silent)
        known->column.type = c->type;
    else if (!pond_unite_types(known->column.type, c->type, &known->column.type))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "column '%.*s' is %.*s in '%.*s' and %.*s in files before it",
                         POND_SV_ARG(c->name), POND_SV_ARG(c->type), POND_SV_ARG(part->path),
                         POND_SV_ARG(known->column.type));
    known->is_silent = false;
    return POND_OK;
}

static pond_code union_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    union_relation *u = (union_relation *)r;
    part_column_vec all = {0};
    for (size_t i = 0; i < u->n; i++) {
        pond_schema part;
        POND_TRY(pond_relation_schema(s, u->parts[i], &part, err));
        for (size_t j = 0; j < part.n; j++)
            POND_TRY(unite_column(s, &all, u->parts[i], j, err));
    }
    if (all.n == 0)
        *pond_vec_push(pond_session_arena(s), &all) =
            (part_column){{POND_SV("timestamp"), POND_SV("TIMESTAMP")}, true};
    pond_column *columns = POND_NEW_ARRAY(pond_session_arena(s), pond_column, all.n);
    for (size_t i = 0; i < all.n; i++)
        columns[i] = all.items[i].column;
    *out = (pond_schema){columns, all.n};
    return POND_OK;
}

static pond_code union_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                           pond_err *err) {
    union_relation *u = (union_relation *)r;
    pond_schema want, have;
    POND_TRY(pond_relation_schema(s, r, &want, err));
    if (u->n == 0)
        pond_sql_empty(sql, want);
    for (size_t i = 0; i < u->n; i++) {
        POND_TRY(pond_relation_schema(s, u->parts[i], &have, err));
        pond_buf_str(sql, i == 0 ? "SELECT " : " UNION ALL SELECT ");
        pond_sql_project(sql, have, want);
        pond_buf_str(sql, " FROM (");
        POND_TRY(pond_relation_sql(s, u->parts[i], range, sql, err));
        pond_buf_char(sql, ')');
    }
    return POND_OK;
}

static pond_code union_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                   pond_hasher *h, pond_err *err) {
    union_relation *u = (union_relation *)r;
    pond_hasher_part(h, POND_SV("union"));
    for (size_t i = 0; i < u->n; i++) {
        pond_sha256 part;
        POND_TRY(pond_relation_fingerprint(s, u->parts[i], range, &part, err));
        pond_hasher_part(h, (pond_sv){(const char *)part.bytes, sizeof part.bytes});
    }
    return POND_OK;
}

static pond_code union_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    union_relation *u = (union_relation *)r;
    *out = (pond_range){INT64_MAX, INT64_MIN, false};
    for (size_t i = 0; i < u->n; i++) {
        pond_range part;
        POND_TRY(pond_relation_bounds(s, u->parts[i], &part, err));
        out->lo_us = part.lo_us < out->lo_us ? part.lo_us : out->lo_us;
        out->hi_us = part.hi_us > out->hi_us ? part.hi_us : out->hi_us;
    }
    return POND_OK;
}

static pond_code union_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    union_relation *u = (union_relation *)r;
    for (size_t i = 0; i < u->n; i++)
        POND_TRY(pond_relation_inputs(s, u->parts[i], out, err));
    return POND_OK;
}

static const pond_relation_ops union_ops = {
    .schema = union_schema,
    .sql = union_sql,
    .fingerprint = union_fingerprint,
    .bounds = union_bounds,
    .inputs = union_inputs,
};

pond_code pond_input_unite(pond_session *s, const pond_input_match *matches, size_t n,
                           pond_relation **out, pond_err *err) {
    (void)err;
    if (n == 1) {
        *out = matches[0].relation;
        return POND_OK;
    }
    union_relation *u = POND_NEW(pond_session_arena(s), union_relation);
    u->parts = POND_NEW_ARRAY(pond_session_arena(s), pond_relation *, n);
    u->n = n;
    u->base = (pond_relation){.ops = &union_ops, .is_series = true, .is_sliceable = true};
    for (size_t i = 0; i < n; i++) {
        u->parts[i] = matches[i].relation;
        u->base.is_series &= matches[i].relation->is_series;
        u->base.is_sliceable &= matches[i].relation->is_sliceable;
    }
    if (n > 0)
        u->base.path =
            pond_svf(pond_session_arena(s), "%.*s and %zu more", POND_SV_ARG(matches[0].node->path), n - 1);
    *out = &u->base;
    return POND_OK;
}
