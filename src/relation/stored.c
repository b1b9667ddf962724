// Stored relations: the versions of a table or a series, read as Parquet files.
#include "relation/stored.h"

#include "base/time.h"
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

// Most versions have the facts of another one: those are parsed once. `known` has the texts that
// were parsed before; it and they live as long as `a`.
static pond_code read_facts(pond_arena *a, pond_map *known, const pond_version *versions, size_t n,
                            const pond_facts **out, pond_err *err) {
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

pond_code pond_stored_check_append(pond_arena *a, const pond_version_vec *versions,
                                   const pond_measured *added, pond_sv path, pond_err *err) {
    pond_buf conflicts = POND_BUF_EMPTY;
    pond_united u = {0};
    const pond_facts **each = POND_NEW_ARRAY(a, const pond_facts *, versions->n);
    pond_map known;
    pond_map_init(&known, a);
    pond_code rc = read_facts(a, &known, versions->items, versions->n, each, err);
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

// A later version with a key, and which rows it hides.
typedef struct stored_hider {
    const pond_version *version;
    const pond_facts *facts;
    pond_schema schema;
    const pond_fact_hidden *hidden;
} stored_hider;
typedef POND_VEC(stored_hider) stored_hiders;

// One version, and the facts about its rows.
typedef struct stored_file {
    const pond_version *version;
    const pond_facts *facts;
    pond_time_bounds times;
    pond_schema schema;
    int64_t n_visible;    // rows that no later version hides
    stored_hiders hiders; // in the order of the versions
} stored_file;

typedef struct stored_relation {
    pond_relation base;
    stored_file *files; // in the order of their first times
    size_t n;
    pond_schema schema;
    const pond_united_column *columns; // of the schema
} stored_relation;

static pond_code stored_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    (void)s, (void)err;
    *out = ((stored_relation *)r)->schema;
    return POND_OK;
}

// The start of a day. A catalog that is damaged may have any number.
static int64_t day_us(int64_t day) {
    int64_t t_us;
    if (!__builtin_mul_overflow(day, POND_US_PER_DAY, &t_us))
        return t_us;
    return day < 0 ? INT64_MIN : INT64_MAX;
}

// Older programs computed days in doubles, which hold microseconds until the year 2255 (and from
// 1684 on): outside of these years a time may belong to the day beside the recorded ones.
static int64_t day_slack(const pond_facts *facts, int64_t day) {
    enum { EXACT_DAYS = 104249 };
    return !facts->is_finite && (day > EXACT_DAYS || day < -EXACT_DAYS);
}

static bool has_days_in(const pond_facts *facts, const pond_fact_days *days, size_t n,
                        pond_range range) {
    for (size_t i = 0; i < n; i++) {
        pond_fact_days d = days[i];
        if (d.last < INT64_MAX - 2 && d.first > INT64_MIN + 2 &&
            day_us(d.last + 1 + day_slack(facts, d.last)) > range.lo_us &&
            day_us(d.first - day_slack(facts, d.first)) < range.hi_us)
            return true;
    }
    return false;
}

static bool overlaps(const stored_file *p, pond_range range) {
    const pond_version *v = p->version;
    if (p->n_visible <= 0)
        return false;
    if (v->time_column.n == 0 || p->times.n_odd > 0)
        return true;
    if (p->times.t_max_us < range.lo_us || p->times.t_min_us >= range.hi_us)
        return false;
    return !p->facts->has_days || has_days_in(p->facts, p->facts->days, p->facts->n_days, range);
}

// Hidden rows ------------------------------------------------------------------------------------

// A row is hidden by a later version that has its key: at its own time if the time is part of the
// key, else at any time. Readers leave such rows out with an anti join, of those versions and in
// those ranges alone where rows are hidden; all else is read as if there were no keys.

static bool hides_in(const stored_hider *h, pond_range range) {
    return !h->hidden->has_days || has_days_in(h->facts, h->hidden->days, h->hidden->n_days, range);
}

static bool is_any_hidden(const stored_file *p, pond_range range) {
    for (size_t i = 0; i < p->hiders.n; i++)
        if (hides_in(&p->hiders.items[i], range))
            return true;
    return false;
}

static stored_hiders hiders_in(pond_arena *a, const stored_file *p, pond_range range) {
    stored_hiders in = {0};
    for (size_t i = 0; i < p->hiders.n; i++)
        if (hides_in(&p->hiders.items[i], range))
            *pond_vec_push(a, &in) = p->hiders.items[i];
    return in;
}

static bool same_hiders(const stored_hiders *x, const stored_hiders *y) {
    for (size_t i = 0; i < x->n && x->n == y->n; i++)
        if (x->items[i].version != y->items[i].version)
            return false;
    return x->n == y->n;
}

static bool has_key_column(const pond_facts *facts, pond_sv name) {
    for (size_t i = 0; i < facts->n_key; i++)
        if (pond_sv_eq(facts->key[i], name))
            return true;
    return false;
}

// Whether rows of both can have the same key.
static bool keys_unite(const pond_facts *key, pond_schema x, pond_schema y) {
    for (size_t i = 0; i < key->n_key; i++) {
        const pond_column *a = pond_schema_find(x, key->key[i]),
                          *b = pond_schema_find(y, key->key[i]);
        pond_sv type;
        if (a == NULL || b == NULL || !pond_unite_types(a->type, b->type, &type))
            return false;
    }
    return true;
}

// A cast, if the column is not of that type.
static void write_key_side(pond_buf *sql, const char *table, pond_sv name, pond_sv has,
                           pond_sv type) {
    bool is_cast = !pond_sv_eq(has, type);
    pond_buf_printf(sql, "%s%s.", is_cast ? "TRY_CAST(" : "", table);
    pond_buf_sql_name(sql, name);
    if (is_cast)
        pond_buf_printf(sql, " AS %.*s)", POND_SV_ARG(type));
}

// ` ON x.k = y.k0 AND …`. Two versions are compared as the type that unites these two, whatever the
// type of the series becomes later, so that the same rows stay hidden.
static void write_key_match(pond_buf *sql, const pond_facts *key, const char *x_name, pond_schema x,
                            const char *y_name, pond_schema y) {
    for (size_t i = 0; i < key->n_key; i++) {
        const pond_column *a = pond_schema_find(x, key->key[i]),
                          *b = pond_schema_find(y, key->key[i]);
        char name[32];
        pond_sv type = a->type;
        bool is_united = pond_unite_types(a->type, b->type, &type);
        POND_ASSERT(is_united); // keys_unite has been asked
        snprintf(name, sizeof name, "k%zu", i);
        pond_buf_str(sql, i == 0 ? " ON " : " AND ");
        write_key_side(sql, x_name, a->name, a->type, type);
        pond_buf_str(sql, " = ");
        write_key_side(sql, y_name, pond_sv_of(name), b->type, type);
    }
}

// `(SELECT …, v FROM read_parquet(…)` without its end: the keys in the files, for write_key_names. `v`
// is what else to select, or empty.
static void write_keys(pond_buf *sql, const pond_facts *key, const pond_sv *files, size_t n_files,
                       pond_sv v) {
    pond_buf_str(sql, "(SELECT ");
    for (size_t i = 0; i < key->n_key; i++) {
        pond_buf_str(sql, i == 0 ? "" : ", ");
        pond_buf_sql_name(sql, key->key[i]);
    }
    pond_buf_printf(sql, "%.*s FROM ", POND_SV_ARG(v));
    pond_engine_sql_read_parquet(sql, files, n_files, false);
}

// The end: `) AS y(k0, k1)`. Their own names may be those of anything.
static void write_key_names(pond_buf *sql, const pond_facts *key, const char *y_name, bool has_v) {
    pond_buf_printf(sql, ") AS %s(", y_name);
    for (size_t i = 0; i < key->n_key; i++)
        pond_buf_printf(sql, "%sk%zu", i == 0 ? "" : ", ", i);
    pond_buf_str(sql, has_v ? ", v)" : ")");
}

static pond_code open_object(pond_session *s, const stored_relation *st, const pond_version *v,
                             pond_sv *out, pond_err *err) {
    POND_TRY_CTX(
        pond_object_open(pond_session_store(s), pond_session_arena(s), &v->object, out, err), err,
        "reading '%.*s'", POND_SV_ARG(st->base.path));
    return POND_OK;
}

static void write_range(const stored_relation *st, pond_range range, pond_buf *sql) {
    const pond_column *t = pond_schema_find(st->schema, st->base.time_column);
    if (t == NULL || pond_range_is_all(range))
        return;
    pond_buf_str(sql, " WHERE ");
    pond_sql_time_filter(sql, t->name, t->type, range);
}

// Versions with one schema that are read together, and all that hides rows of one of them.
typedef struct stored_run {
    pond_schema schema;
    POND_VEC(const pond_version *) versions;
    stored_hiders hiders; // in the order of the versions
    bool is_mixed;        // some hider is not later than all of the versions
} stored_run;

static bool has_file_index(pond_schema schema) {
    for (size_t i = 0; i < schema.n; i++)
        if (pond_column_name_eq(schema.items[i].name, POND_SV("file_index")))
            return true;
    return false;
}

// Which of the files a row comes from is only known if no column hides the engine's name for it.
static bool tells_files(const stored_hider *h) {
    return !has_file_index(h->schema);
}

static void add_hider(pond_arena *a, stored_run *run, const stored_hider *h) {
    size_t i = run->hiders.n;
    while (i > 0 && run->hiders.items[i - 1].version->number > h->version->number)
        i--;
    if (i > 0 && run->hiders.items[i - 1].version == h->version)
        return;
    (void)pond_vec_push(a, &run->hiders);
    memmove(&run->hiders.items[i + 1], &run->hiders.items[i],
            (run->hiders.n - 1 - i) * sizeof *run->hiders.items);
    run->hiders.items[i] = *h;
}

// Adds a version to a run; false if it needs one of its own.
static bool add_to_run(pond_arena *a, stored_run *run, const stored_file *p,
                       const stored_hiders *own) {
    if (run->versions.n > 0 && !same_hiders(&run->hiders, own)) {
        bool can_mix = !has_file_index(run->schema);
        for (size_t i = 0; i < run->hiders.n; i++)
            can_mix &= tells_files(&run->hiders.items[i]);
        for (size_t i = 0; i < own->n; i++)
            can_mix &= tells_files(&own->items[i]);
        if (!can_mix)
            return false;
        run->is_mixed = true;
    }
    *pond_vec_push(a, &run->versions) = p->version;
    for (size_t i = 0; i < own->n; i++)
        add_hider(a, run, &own->items[i]);
    return true;
}

// `[1, 2, …][file_index + 1]`: the version of a row of one of the files.
static void write_version_of(pond_buf *sql, const char *table, const int64_t *versions, size_t n) {
    for (size_t i = 0; i < n; i++)
        pond_buf_printf(sql, "%s%lld", i == 0 ? "[" : ", ", (long long)versions[i]);
    pond_buf_printf(sql, "][CAST(%sfile_index AS BIGINT) + 1]", table);
}

// One anti join, with hiders of one schema and key.
static pond_code write_join(pond_session *s, const stored_relation *st, const stored_run *run,
                            const stored_hider *hiders, size_t n, const char *name,
                            pond_range range, pond_buf *sql, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_sv *files = POND_NEW_ARRAY(a, pond_sv, n);
    size_t most = n > run->versions.n ? n : run->versions.n;
    int64_t *numbers = POND_NEW_ARRAY(a, int64_t, most);
    pond_buf v = POND_BUF_EMPTY;
    for (size_t i = 0; i < n; i++) {
        POND_TRY(open_object(s, st, hiders[i].version, &files[i], err));
        numbers[i] = hiders[i].version->number;
    }
    if (run->is_mixed) {
        pond_buf_str(&v, ", ");
        write_version_of(&v, "", numbers, n);
    }
    pond_buf_str(sql, " ANTI JOIN ");
    write_keys(sql, hiders->facts, files, n, pond_buf_view(&v));
    pond_buf_free(&v);
    if (has_key_column(hiders->facts, st->base.time_column))
        write_range(st, range, sql);
    write_key_names(sql, hiders->facts, name, run->is_mixed);
    write_key_match(sql, hiders->facts, "u", run->schema, name, hiders->schema);
    if (!run->is_mixed)
        return POND_OK;
    for (size_t i = 0; i < run->versions.n; i++)
        numbers[i] = run->versions.items[i]->number;
    pond_buf_printf(sql, " AND %s.v > ", name);
    write_version_of(sql, "u.", numbers, run->versions.n);
    return POND_OK;
}

// The visible rows of a run, as a table of a FROM.
static pond_code write_visible(pond_session *s, const stored_relation *st, const stored_run *run,
                               pond_range range, pond_buf *sql, pond_err *err) {
    pond_sv *files = POND_NEW_ARRAY(pond_session_arena(s), pond_sv, run->versions.n);
    for (size_t i = 0; i < run->versions.n; i++)
        POND_TRY(open_object(s, st, run->versions.items[i], &files[i], err));
    const stored_hiders *hiders = &run->hiders;
    range.beyond = POND_NOTHING_BEYOND; // of what has a key all times are instants
    pond_buf_str(sql, hiders->n > 0 ? "(SELECT u.* FROM " : "");
    pond_engine_sql_read_parquet(sql, files, run->versions.n, false);
    pond_buf_str(sql, hiders->n > 0 ? " AS u" : "");
    for (size_t i = 0, end; i < hiders->n; i = end) {
        const stored_hider *h = &hiders->items[i];
        char name[32];
        snprintf(name, sizeof name, "h%zu", i);
        for (end = i + 1; end < hiders->n; end++)
            if (!pond_schema_equal(h->schema, hiders->items[end].schema) ||
                !pond_key_eq(h->facts, hiders->items[end].facts))
                break;
        POND_TRY(write_join(s, st, run, h, end - i, name, range, sql, err));
    }
    pond_buf_str(sql, hiders->n > 0 ? ")" : "");
    return POND_OK;
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
    POND_TRY(write_visible(s, st, run, range, sql, err));
    write_range(st, range, sql);
    return POND_OK;
}

// One read_parquet for each run of versions with the same columns, so that the engine never has to
// guess a common schema. Those of which rows are hidden in the range come after the others.
static pond_code stored_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    const stored_relation *st = (stored_relation *)r;
    pond_arena *a = pond_session_arena(s);
    bool is_first = true;
    for (size_t i = 0, end; i < st->n; i = end) {
        stored_run whole = {.schema = st->files[i].schema}, run = whole;
        stored_hiders none = {0};
        for (end = i; end < st->n && pond_schema_equal(whole.schema, st->files[end].schema); end++)
            if (overlaps(&st->files[end], range) && !is_any_hidden(&st->files[end], range))
                (void)add_to_run(a, &whole, &st->files[end], &none);
        POND_TRY(write_run(s, st, &whole, range, &is_first, sql, err));
        for (size_t k = i; k < end; k++) {
            if (!overlaps(&st->files[k], range) || !is_any_hidden(&st->files[k], range))
                continue;
            stored_hiders own = hiders_in(a, &st->files[k], range);
            if (add_to_run(a, &run, &st->files[k], &own))
                continue;
            POND_TRY(write_run(s, st, &run, range, &is_first, sql, err));
            run = (stored_run){.schema = whole.schema};
            (void)add_to_run(a, &run, &st->files[k], &own);
        }
        POND_TRY(write_run(s, st, &run, range, &is_first, sql, err));
    }
    if (is_first)
        pond_sql_empty(sql, st->schema);
    return POND_OK;
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
        if (p->times.n_odd > 0 || is_any_hidden(p, range) ||
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
            if (hides_in(&st->files[i].hiders.items[k], range))
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
                !keys_unite(by->facts, of->schema, by->schema))
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
    pond_code rc = read_facts(a, relation_facts(s), versions, st->n, each, err);
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
    if (node->type == POND_T_TABLE_SERIES)
        POND_TRY(find_hiders(s, node, st, err));
    qsort(st->files, st->n, sizeof *st->files, by_first_time);
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
    stored_relation *st = POND_NEW(pond_session_arena(s), stored_relation);
    bool is_series = node->type == POND_T_TABLE_SERIES;
    // A table is its latest version, a series all of them.
    size_t first = is_series ? 0 : versions.n - 1;
    st->n = versions.n - first;
    POND_TRY(unite_files(s, node, st, versions.items + first, err));
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
        .time_column = is_series ? versions.items[0].time_column : (pond_sv){"", 0},
    };
    *out = &st->base;
    return POND_OK;
}

// What new rows hide ------------------------------------------------------------------------------

static bool days_meet(const pond_facts *x, const pond_facts *y) {
    if (!x->has_days || !y->has_days)
        return true;
    for (size_t i = 0, k = 0; i < x->n_days && k < y->n_days;) {
        if (x->days[i].last < y->days[k].first)
            i++;
        else if (y->days[k].last < x->days[i].first)
            k++;
        else
            return true;
    }
    return false;
}

static bool may_hide(const stored_file *p, const pond_measured *m, pond_schema schema) {
    if (p->n_visible <= 0 || !keys_unite(&m->facts, p->schema, schema))
        return false;
    if (!has_key_column(&m->facts, m->time_column))
        return true;
    return p->times.t_min_us <= m->t_max_us && p->times.t_max_us >= m->t_min_us &&
           days_meet(p->facts, &m->facts);
}

// A SELECT of the version and the day of each visible row that has the key of a new one.
static pond_code write_hidden(pond_session *s, const stored_relation *st, const stored_file *p,
                              pond_sv path, const pond_measured *m, pond_schema schema,
                              pond_buf *sql, pond_err *err) {
    pond_range range = POND_RANGE_ALL;
    if (has_key_column(&m->facts, m->time_column))
        range = (pond_range){m->t_min_us, m->t_max_us + 1, POND_NOTHING_BEYOND};
    pond_arena *a = pond_session_arena(s);
    stored_run run = {.schema = p->schema};
    stored_hiders own = hiders_in(a, p, range);
    (void)add_to_run(a, &run, p, &own); // the first one fits
    pond_buf_printf(sql, "SELECT CAST(%lld AS BIGINT) AS v, ", (long long)p->version->number);
    pond_sql_day(sql, pond_schema_find(p->schema, st->base.time_column));
    pond_buf_str(sql, " AS d FROM (SELECT v.* FROM ");
    POND_TRY(write_visible(s, st, &run, range, sql, err));
    pond_buf_str(sql, " AS v SEMI JOIN ");
    write_keys(sql, &m->facts, &path, 1, POND_SV(""));
    write_key_names(sql, &m->facts, "n", false);
    write_key_match(sql, &m->facts, "v", p->schema, "n", schema);
    pond_buf_char(sql, ')');
    write_range(st, range, sql);
    return POND_OK;
}

static void end_hidden(pond_fact_hidden *h, size_t n_runs) {
    if (h != NULL && n_runs > POND_MAX_DAY_RUNS) {
        h->has_days = false;
        h->n_days = 0;
    }
}

// Reads rows of (version, day, rows), which are in this order.
static pond_code read_hidden(pond_session *s, pond_sv sql, pond_facts *facts, pond_err *err) {
    typedef POND_VEC(pond_fact_hidden) hidden_vec;
    typedef POND_VEC(pond_fact_days) days_vec;
    pond_arena *a = pond_session_arena(s);
    hidden_vec all = {0};
    days_vec days = {0};
    pond_engine *engine;
    pond_rows *rows = NULL;
    pond_fact_hidden *h = NULL;
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_code rc = pond_engine_query(engine, sql, &rows, err);
    for (size_t i; pond_rows_each(rows, &i, &rc, err);) {
        int64_t version = pond_rows_int(rows, 0, i), day = pond_rows_int(rows, 1, i);
        if (h == NULL || h->version != version) {
            end_hidden(h, days.n);
            h = pond_vec_push(a, &all);
            *h = (pond_fact_hidden){.version = version, .has_days = true};
            days = (days_vec){0};
        }
        h->rows += pond_rows_int(rows, 2, i);
        if (days.n > 0 && days.items[days.n - 1].last == day - 1)
            days.items[days.n - 1].last = day;
        else
            *pond_vec_push(a, &days) = (pond_fact_days){day, day};
        h->days = days.items;
        h->n_days = days.n;
    }
    end_hidden(h, days.n);
    pond_rows_close(rows);
    facts->hides = all.items;
    facts->n_hides = all.n;
    return rc;
}

static pond_schema schema_of(pond_arena *a, const pond_facts *c) {
    pond_column *items = POND_NEW_ARRAY(a, pond_column, c->n_columns);
    for (size_t i = 0; i < c->n_columns; i++)
        items[i] = (pond_column){c->columns[i].name, c->columns[i].type};
    return (pond_schema){items, c->n_columns};
}

pond_code pond_stored_find_hidden(pond_session *s, pond_relation *r, const char *path,
                                  pond_measured *m, pond_err *err) {
    const stored_relation *st = (stored_relation *)r;
    POND_ASSERT(r->ops == &stored_ops);
    pond_schema schema = schema_of(pond_session_arena(s), &m->facts);
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    m->facts.n_hides = 0;
    for (size_t i = 0; rc == POND_OK && i < st->n; i++) {
        if (!may_hide(&st->files[i], m, schema))
            continue;
        pond_buf_str(&sql, sql.n == 0 ? "SELECT v, d, count(*) FROM (" : " UNION ALL ");
        rc = write_hidden(s, st, &st->files[i], pond_sv_of(path), m, schema, &sql, err);
    }
    if (rc == POND_OK && sql.n > 0) {
        pond_buf_str(&sql, ") GROUP BY v, d ORDER BY v, d");
        rc = read_hidden(s, pond_buf_view(&sql), &m->facts, err);
    }
    pond_buf_free(&sql);
    return rc;
}

pond_code pond_stored_key(pond_arena *a, const pond_version_vec *versions, const pond_sv **key,
                          size_t *n, pond_err *err) {
    *n = 0;
    for (size_t i = versions->n; i > 0 && *n == 0; i--) {
        pond_facts facts;
        // Most series have no key, and parsing the facts of all versions would cost more than this.
        if (pond_sv_find(versions->items[i - 1].facts, POND_SV("\"key\":")) < 0)
            continue;
        POND_TRY(pond_facts_parse(a, versions->items[i - 1].facts, &facts, err));
        *key = facts.key;
        *n = facts.n_key;
    }
    return POND_OK;
}
