// Stored relations: the versions of a table or a series, read as Parquet files.
#include "relation/stored.h"

#include "relation/hidden.h"
#include "relation/internal.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/times.h"

#include <stdlib.h>

// Uniting versions --------------------------------------------------------------------------------

// Adds the columns of one version. Each one that cannot be united becomes a line of *conflicts.
static void unite_version(pond_arena *a, pond_united *u, const pond_facts *facts, int64_t rows,
                          pond_buf *conflicts) {
    for (size_t i = 0; i < facts->n_columns; i++) {
        const pond_fact_column *c = &facts->columns[i];
        const pond_united_column *known;
        switch (
            pond_unite_column(a, u, (pond_column){c->name, c->type}, c->n_nulls < rows, &known)) {
        case POND_UNITED:
            break;
        case POND_NAMES_CLASH:
            pond_buf_printf(conflicts,
                            "    column '%.*s': the series has '%.*s', and names that differ only "
                            "in case are the same\n",
                            POND_SV_ARG(c->name), POND_SV_ARG(known->column.name));
            break;
        case POND_TYPES_CLASH:
            pond_buf_printf(
                conflicts, "    column '%.*s': %.*s in the series, %.*s in the new rows\n",
                POND_SV_ARG(c->name), POND_SV_ARG(known->column.type), POND_SV_ARG(c->type));
            break;
        }
    }
}

// Most versions have the facts of another one, and several questions are about the same versions:
// a session parses each text once.
static pond_code read_facts(pond_session *s, const pond_version *versions, size_t n,
                            const pond_facts **out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_map *known = relation_facts(s);
    for (size_t i = 0; i < n; i++) {
        pond_facts *facts = pond_map_get(known, versions[i].facts);
        if (facts == NULL) {
            facts = POND_NEW(a, pond_facts);
            POND_TRY(pond_facts_parse(a, versions[i].facts, facts, err));
            *pond_map_at(known, versions[i].facts, NULL) = facts;
        }
        out[i] = facts;
    }
    return POND_OK;
}

pond_code pond_stored_check_append(pond_session *s, const pond_version_vec *versions,
                                   const pond_measured *added, pond_sv path, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_buf conflicts = POND_BUF_EMPTY;
    pond_united u = {0};
    const pond_facts **each = POND_NEW_ARRAY(a, const pond_facts *, versions->n);
    pond_code rc = read_facts(s, versions->items, versions->n, each, err);
    for (size_t i = 0; rc == POND_OK && i < versions->n; i++)
        unite_version(a, &u, each[i], versions->items[i].rows, &conflicts);
    unite_version(a, &u, &added->facts, added->rows, &conflicts);
    if (rc == POND_OK && versions->n > 0 &&
        !pond_sv_eq(versions->items[0].time_column, added->time_column))
        pond_buf_printf(
            &conflicts, "    time column: '%.*s' in the series, '%.*s' in the new rows\n",
            POND_SV_ARG(versions->items[0].time_column), POND_SV_ARG(added->time_column));
    if (rc == POND_OK && conflicts.n > 0) {
        rc = pond_fail(err, POND_ERR_CONFLICT, "the new rows do not fit the series '%.*s'",
                       POND_SV_ARG(path));
        pond_err_detail(err, "%s", conflicts.p);
        pond_err_detail(err, "  cast the columns with --sql, or copy the rows to a new series");
    }
    pond_buf_free(&conflicts);
    return rc;
}

// The relation ------------------------------------------------------------------------------------

static pond_code stored_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    (void)s, (void)err;
    *out = ((stored_relation *)r)->schema;
    return POND_OK;
}

static bool overlaps(const stored_file *p, pond_range range) {
    const pond_version *v = p->version;
    if (p->n_visible <= 0)
        return false;
    if (v->time_column.n == 0 || p->times.n_odd > 0)
        return true;
    if (p->times.t_max_us < range.lo_us || p->times.t_min_us >= range.hi_us)
        return false;
    return !p->facts->has_days ||
           stored_has_days_in(p->facts, p->facts->days, p->facts->n_days, range);
}

// Reading -----------------------------------------------------------------------------------------

static pond_code write_run(pond_session *s, const stored_relation *st, const stored_run *run,
                           pond_range range, bool *is_first, pond_buf *sql, pond_err *err) {
    if (run->versions.n == 0)
        return POND_OK;
    pond_buf_str(sql, *is_first ? "SELECT " : " UNION ALL SELECT ");
    *is_first = false;
    pond_sql_project(sql, run->schema, st->schema);
    pond_buf_str(sql, " FROM ");
    POND_TRY(stored_write_visible(s, st, run, range, sql, err));
    stored_write_range(st, range, sql);
    return POND_OK;
}

// Which files are read: those in the range, and of these maybe only those near new rows.
typedef struct choice {
    pond_range range;
    const pond_measured *near; // NULL: all
    pond_schema schema;        // of the new rows
} choice;

static bool is_chosen(const stored_file *p, const choice *c) {
    return overlaps(p, c->range) && (c->near == NULL || stored_may_hide(p, c->near, c->schema));
}

// One read_parquet for each run of versions with the same columns, so that the engine never has to
// guess a common schema. Those of which rows are hidden in the range come after the others.
static pond_code write_chosen(pond_session *s, const stored_relation *st, const choice *c,
                              pond_buf *sql, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    bool is_first = true;
    for (size_t i = 0, end; i < st->n; i = end) {
        stored_run whole = {.schema = st->files[i].schema}, run = whole;
        stored_hiders none = {0};
        for (end = i; end < st->n && pond_schema_equal(whole.schema, st->files[end].schema); end++)
            if (is_chosen(&st->files[end], c) && !stored_is_any_hidden(&st->files[end], c->range))
                (void)stored_add_to_run(a, &whole, &st->files[end], &none);
        POND_TRY(write_run(s, st, &whole, c->range, &is_first, sql, err));
        for (size_t k = i; k < end; k++) {
            if (!is_chosen(&st->files[k], c) || !stored_is_any_hidden(&st->files[k], c->range))
                continue;
            stored_hiders own = stored_hiders_in(a, &st->files[k], c->range);
            if (stored_add_to_run(a, &run, &st->files[k], &own))
                continue;
            POND_TRY(write_run(s, st, &run, c->range, &is_first, sql, err));
            run = (stored_run){.schema = whole.schema};
            (void)stored_add_to_run(a, &run, &st->files[k], &own);
        }
        POND_TRY(write_run(s, st, &run, c->range, &is_first, sql, err));
    }
    if (is_first)
        pond_sql_empty(sql, st->schema);
    return POND_OK;
}

static pond_code stored_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    choice c = {.range = range};
    return write_chosen(s, (stored_relation *)r, &c, sql, err);
}

pond_code pond_stored_sql_near(pond_session *s, pond_relation *r, pond_range range,
                               const pond_measured *m, pond_buf *sql, pond_err *err) {
    choice c = {range, m, stored_schema_of(pond_session_arena(s), &m->facts)};
    return write_chosen(s, (stored_relation *)r, &c, sql, err);
}

// Files are read one after the other in the order of their first times: that is the order of the
// rows, if each file is in order and ends before the next begins. A join promises no order.
static pond_order stored_order(pond_session *s, pond_relation *r, pond_range range) {
    (void)s;
    const stored_relation *st = (stored_relation *)r;
    const stored_file *before = NULL;
    pond_order order = r->is_series ? POND_ORDERED : POND_UNORDERED;
    for (size_t i = 0; i < st->n && order != POND_UNORDERED; i++) {
        const stored_file *p = &st->files[i];
        if (!overlaps(p, range))
            continue;
        if (p->facts->order < order)
            order = p->facts->order;
        if (p->times.n_odd > 0 || stored_is_any_hidden(p, range) ||
            (before != NULL && before->times.t_max_us > p->times.t_min_us))
            order = POND_UNORDERED;
        else if (before != NULL && before->times.t_max_us == p->times.t_min_us &&
                 order == POND_ORDERED)
            order = POND_ASCENDING;
        before = p;
    }
    return order;
}

static pond_code stored_from_table(pond_session *s, pond_relation *r, pond_range range,
                                   pond_sv table, pond_buf *sql, pond_err *err) {
    (void)s, (void)err;
    const pond_column *t = pond_schema_find(r->schema, r->time_column);
    pond_buf_printf(sql, "SELECT * FROM %.*s WHERE ", POND_SV_ARG(table));
    pond_sql_time_filter(sql, t->name, t->type, range);
    return POND_OK;
}

static double length_us(pond_range r) { // the difference may have more than 64 bits
    return (double)r.hi_us - (double)r.lo_us;
}

// An estimate: assumes that the rows of a version are spread evenly over its time.
static int64_t stored_rows(pond_session *s, pond_relation *r, pond_range range) {
    (void)s;
    const stored_relation *st = (stored_relation *)r;
    double n = 0;
    for (size_t i = 0; i < st->n; i++) {
        double visible = (double)st->files[i].n_visible;
        if (!overlaps(&st->files[i], range))
            continue;
        const pond_time_bounds *t = &st->files[i].times;
        pond_range own = {t->t_min_us, t->t_max_us + 1, false},
                   cut = pond_range_intersect(own, range);
        n += pond_range_is_empty(own) ? visible : visible * length_us(cut) / length_us(own);
    }
    return (int64_t)n;
}

static bool is_within(const stored_file *p, pond_range range) {
    return pond_range_is_all(range) || (p->times.n_odd == 0 && p->times.t_min_us >= range.lo_us &&
                                        p->times.t_max_us < range.hi_us);
}

// The rows that were counted when the versions came in. A version that reaches over an end of the
// range has an unknown part of its rows there.
static pond_row_count stored_count(pond_session *s, pond_relation *r, pond_range range) {
    (void)s;
    const stored_relation *st = (stored_relation *)r;
    pond_row_count n = {0};
    for (size_t i = 0; i < st->n; i++) {
        const stored_file *p = &st->files[i];
        n.at_least += is_within(p, range) ? p->n_visible : 0;
        n.at_most += is_within(p, range) || overlaps(p, range) ? p->n_visible : 0;
    }
    return n;
}

static void hash_hider(pond_hasher *h, const stored_hider *hider) {
    pond_hasher_field(h, POND_SV("without the keys of"));
    pond_hasher_sha(h, &hider->version->object);
    for (size_t i = 0; i < hider->facts->n_key; i++)
        pond_hasher_field(h, hider->facts->key[i]);
}

static pond_code stored_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                    pond_hasher *h, pond_err *err) {
    (void)s, (void)err;
    const stored_relation *st = (stored_relation *)r;
    // The united types depend on all versions, including those outside the range.
    for (size_t i = 0; i < st->schema.n; i++) {
        pond_hasher_field(h, st->schema.items[i].name);
        pond_hasher_field(h, st->schema.items[i].type);
        pond_hasher_field(h, st->columns[i].has_values ? POND_SV("") : POND_SV("silent"));
    }
    for (size_t i = 0; i < st->n; i++) {
        if (!overlaps(&st->files[i], range))
            continue;
        pond_hasher_sha(h, &st->files[i].version->object);
        for (size_t k = 0; k < st->files[i].hiders.n; k++)
            if (stored_hides_in(&st->files[i].hiders.items[k], range))
                hash_hider(h, &st->files[i].hiders.items[k]);
    }
    return POND_OK;
}

static bool stored_is_silent(pond_relation *r, size_t column) {
    return !((stored_relation *)r)->columns[column].has_values;
}

static pond_code stored_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    (void)s, (void)err;
    const stored_relation *st = (stored_relation *)r;
    *out = POND_RANGE_NONE;
    for (size_t i = 0; i < st->n; i++) {
        const stored_file *p = &st->files[i];
        if (p->n_visible > 0 && p->version->time_column.n > 0)
            *out = pond_range_cover(
                *out, p->times.n_odd > 0
                          ? POND_RANGE_ALL
                          : (pond_range){p->times.t_min_us, p->times.t_max_us + 1, false});
    }
    return POND_OK;
}

static pond_code stored_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    pond_sha256 *h = POND_NEW(pond_session_arena(s), pond_sha256);
    POND_TRY(pond_relation_fingerprint(s, r, POND_RANGE_ALL, h, err));
    *pond_map_at(out, r->path, NULL) = h;
    return POND_OK;
}

static const pond_relation_ops stored_ops = {
    .schema = stored_schema,
    .sql = stored_sql,
    .fingerprint = stored_fingerprint,
    .bounds = stored_bounds,
    .inputs = stored_inputs,
    .is_silent = stored_is_silent,
    .count = stored_count,
    .order = stored_order,
    .table_sql = stored_sql,
    .from_table = stored_from_table,
    .table_rows = stored_rows,
};

static int by_first_time(const void *x, const void *y) {
    const stored_file *a = x, *b = y;
    if (a->times.t_min_us != b->times.t_min_us)
        return a->times.t_min_us < b->times.t_min_us ? -1 : 1;
    return (a->version->number > b->version->number) - (a->version->number < b->version->number);
}

static pond_code broken_key(const pond_node *node, int64_t version, pond_err *err) {
    return pond_fail(err, POND_ERR_CORRUPT,
                     "the catalog's facts about what version %lld of '%.*s' hides are wrong",
                     (long long)version, POND_SV_ARG(node->path));
}

// Gives the files, which are in the order of their versions, what later ones hide of them.
static pond_code find_hiders(pond_session *s, const pond_node *node, stored_relation *st,
                             pond_err *err) {
    for (size_t i = 0; i < st->n; i++) {
        const stored_file *by = &st->files[i];
        size_t k = 0;
        // What it hides is in the order of the versions, too.
        for (size_t j = 0; j < by->facts->n_hides; j++) {
            const pond_fact_hidden *hidden = &by->facts->hides[j];
            while (k < i && st->files[k].version->number < hidden->version)
                k++;
            stored_file *of = &st->files[k];
            if (k == i || of->version->number != hidden->version || hidden->rows > of->n_visible ||
                !stored_keys_unite(by->facts, of->schema, by->schema))
                return broken_key(node, by->version->number, err);
            of->n_visible -= hidden->rows;
            *pond_vec_push(pond_session_arena(s), &of->hiders) =
                (stored_hider){by->version, by->facts, by->schema, hidden};
        }
    }
    return POND_OK;
}

static pond_code unite_files(pond_session *s, const pond_node *node, stored_relation *st,
                             const pond_version *versions, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    const pond_facts **each = POND_NEW_ARRAY(a, const pond_facts *, st->n);
    pond_united u = {0};
    pond_buf conflicts = POND_BUF_EMPTY;
    pond_code rc = read_facts(s, versions, st->n, each, err);
    if (rc == POND_OK) { // mostly these are all
        u.cap = each[0]->n_columns;
        u.items = POND_NEW_ARRAY(a, pond_united_column, u.cap);
    }
    for (size_t i = 0; rc == POND_OK && i < st->n; i++)
        unite_version(a, &u, each[i], versions[i].rows, &conflicts);
    if (rc == POND_OK && conflicts.n > 0) {
        rc = pond_fail(err, POND_ERR_CONFLICT, "the versions of '%.*s' cannot be united",
                       POND_SV_ARG(node->path));
        pond_err_detail(err, "%s", conflicts.p);
    }
    pond_buf_free(&conflicts);
    POND_TRY(rc);
    st->schema =
        st->n == 1 && u.n == each[0]->schema.n ? each[0]->schema : pond_united_schema(a, &u);
    st->columns = u.items;
    st->files = POND_NEW_ARRAY(a, stored_file, st->n);
    for (size_t i = 0; i < st->n; i++) {
        st->files[i] = (stored_file){
            .version = &versions[i],
            .facts = each[i],
            .n_visible = versions[i].rows,
            .schema = each[i]->schema,
        };
        POND_TRY(pond_facts_bounds(s, &versions[i], each[i], &st->files[i].times, err));
        st->base.may_have_odd_times |= st->files[i].times.n_odd > 0;
    }
    // A version that is read alone hides rows of versions that are not looked at.
    if (node->type == POND_T_TABLE_SERIES && !pond_txn_has_chosen(pond_session_txn(s), node->id))
        POND_TRY(find_hiders(s, node, st, err));
    qsort(st->files, st->n, sizeof *st->files, by_first_time);
    return POND_OK;
}

pond_code pond_stored_relation_of(pond_session *s, const pond_node *node,
                                  const pond_version_vec *versions, pond_relation **out,
                                  pond_err *err) {
    stored_relation *st = POND_NEW(pond_session_arena(s), stored_relation);
    bool is_series = node->type == POND_T_TABLE_SERIES;
    // A table is its latest version, a series all of them.
    size_t first = is_series ? 0 : versions->n - 1;
    st->n = versions->n - first;
    POND_TRY(unite_files(s, node, st, versions->items + first, err));
    st->base = (pond_relation){
        .ops = &stored_ops,
        .path = node->path,
        .is_series = is_series,
        .slicing = is_series ? POND_SLICES_ALWAYS : POND_SLICES_NEVER,
        .table_key = is_series ? st : NULL,
        .is_table_of_rows = true,
        .may_have_odd_times = st->base.may_have_odd_times,
        .has_schema = true,
        .schema = st->schema,
        .time_column = is_series ? versions->items[0].time_column : (pond_sv){"", 0},
    };
    *out = &st->base;
    return POND_OK;
}

pond_code pond_stored_relation(pond_session *s, const pond_node *node, pond_relation **out,
                               pond_err *err) {
    pond_version_vec versions = {0};
    POND_TRY(
        pond_store_versions(pond_session_txn(s), pond_session_arena(s), node->id, &versions, err));
    if (versions.n == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND, "'%.*s' has no versions yet",
                         POND_SV_ARG(node->path));
    return pond_stored_relation_of(s, node, &versions, out, err);
}

pond_code pond_stored_key(pond_session *s, const pond_version_vec *versions, const pond_sv **key,
                          size_t *n, pond_err *err) {
    *n = 0;
    for (size_t i = versions->n; i > 0 && *n == 0; i--) {
        const pond_facts *facts;
        POND_TRY(read_facts(s, &versions->items[i - 1], 1, &facts, err));
        *key = facts->key;
        *n = facts->n_key;
    }
    return POND_OK;
}
