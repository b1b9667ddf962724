// Hidden rows: which versions hide what of which others, and the SQL that leaves it out.
#include "relation/hidden.h"

#include "base/time.h"
#include "relation/sql.h"
#include "relation/times.h"

// Days --------------------------------------------------------------------------------------------

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

bool stored_has_days_in(const pond_facts *facts, const pond_fact_days *days, size_t n,
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

// Hiders ------------------------------------------------------------------------------------------

bool stored_hides_in(const stored_hider *h, pond_range range) {
    return !h->hidden->has_days ||
           stored_has_days_in(h->facts, h->hidden->days, h->hidden->n_days, range);
}

bool stored_is_any_hidden(const stored_file *p, pond_range range) {
    for (size_t i = 0; i < p->hiders.n; i++)
        if (stored_hides_in(&p->hiders.items[i], range))
            return true;
    return false;
}

stored_hiders stored_hiders_in(pond_arena *a, const stored_file *p, pond_range range) {
    stored_hiders in = {0};
    for (size_t i = 0; i < p->hiders.n; i++)
        if (stored_hides_in(&p->hiders.items[i], range))
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

bool stored_keys_unite(const pond_facts *key, pond_schema x, pond_schema y) {
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

void stored_write_range(const stored_relation *st, pond_range range, pond_buf *sql) {
    const pond_column *t = pond_schema_find(st->schema, st->base.time_column);
    if (t == NULL || pond_range_is_all(range))
        return;
    pond_buf_str(sql, " WHERE ");
    pond_sql_time_filter(sql, t->name, t->type, range);
}

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

bool stored_add_to_run(pond_arena *a, stored_run *run, const stored_file *p,
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
        stored_write_range(st, range, sql);
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

// `read_parquet(…) AS u`, and a join for each kind of hider.
static pond_code write_joined(pond_session *s, const stored_relation *st, const stored_run *run,
                              pond_range range, pond_buf *sql, pond_err *err) {
    pond_sv *files = POND_NEW_ARRAY(pond_session_arena(s), pond_sv, run->versions.n);
    for (size_t i = 0; i < run->versions.n; i++)
        POND_TRY(open_object(s, st, run->versions.items[i], &files[i], err));
    const stored_hiders *hiders = &run->hiders;
    range.beyond = POND_NOTHING_BEYOND; // of what has a key all times are instants
    pond_engine_sql_read_parquet(sql, files, run->versions.n, false);
    pond_buf_str(sql, " AS u");
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
    return POND_OK;
}

pond_code stored_write_visible(pond_session *s, const stored_relation *st, const stored_run *run,
                               pond_range range, pond_buf *sql, pond_err *err) {
    bool is_joined = run->hiders.n > 0;
    pond_buf_str(sql, is_joined ? "(SELECT u.* FROM " : "");
    POND_TRY(write_joined(s, st, run, range, sql, err));
    pond_buf_str(sql, is_joined ? ")" : "");
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

pond_schema stored_schema_of(pond_arena *a, const pond_facts *facts) {
    pond_column *items = POND_NEW_ARRAY(a, pond_column, facts->n_columns);
    for (size_t i = 0; i < facts->n_columns; i++)
        items[i] = (pond_column){facts->columns[i].name, facts->columns[i].type};
    return (pond_schema){items, facts->n_columns};
}

bool stored_may_hide(const stored_file *p, const pond_measured *m, pond_schema schema) {
    if (p->n_visible <= 0 || !stored_keys_unite(&m->facts, p->schema, schema))
        return false;
    if (!has_key_column(&m->facts, m->time_column))
        return true;
    return p->times.t_min_us <= m->t_max_us && p->times.t_max_us >= m->t_min_us &&
           days_meet(p->facts, &m->facts);
}

static bool has_key_of(const stored_file *p, const pond_measured *m) {
    const pond_facts *new = &m->facts;
    bool is_same = pond_key_eq(p->facts, new);
    for (size_t i = 0; is_same && i < new->n_columns; i++) {
        const pond_column *own = pond_schema_find(p->schema, new->columns[i].name);
        if (has_key_column(new, new->columns[i].name))
            is_same = own != NULL && pond_sv_eq(own->type, new->columns[i].type);
    }
    return is_same;
}

bool pond_stored_is_keyed(pond_relation *r, const pond_measured *m) {
    const stored_relation *st = (stored_relation *)r;
    for (size_t i = 0; i < st->n; i++)
        if (st->files[i].n_visible > 0 && !has_key_of(&st->files[i], m))
            return false;
    return true;
}

// What is looked for: rows that have the key of a new one.
typedef struct hiding {
    pond_session *s;
    const stored_relation *st;
    pond_sv path; // of the new rows
    const pond_measured *m;
    pond_schema schema; // of them
    pond_range range;   // that they may hide rows in
    pond_buf sql;
} hiding;

// A SELECT of the version and the day of each visible row of a run that has the key of a new one.
static pond_code write_hidden(hiding *h, const stored_run *run, pond_err *err) {
    pond_buf *sql = &h->sql;
    size_t n = run->versions.n;
    int64_t *numbers = POND_NEW_ARRAY(pond_session_arena(h->s), int64_t, n);
    if (n == 0)
        return POND_OK;
    for (size_t i = 0; i < n; i++)
        numbers[i] = run->versions.items[i]->number;
    pond_buf_str(sql, sql->n == 0 ? "SELECT v, d, count(*) FROM (" : " UNION ALL ");
    pond_buf_str(sql, "SELECT CAST(");
    if (n == 1)
        pond_buf_printf(sql, "%lld", (long long)numbers[0]);
    else
        write_version_of(sql, "u.", numbers, n);
    pond_buf_str(sql, " AS BIGINT) AS v, ");
    pond_sql_day(sql, pond_schema_find(run->schema, h->st->base.time_column));
    pond_buf_str(sql, " AS d FROM ");
    POND_TRY(write_joined(h->s, h->st, run, h->range, sql, err));
    pond_buf_str(sql, " SEMI JOIN ");
    write_keys(sql, &h->m->facts, &h->path, 1, POND_SV(""));
    write_key_names(sql, &h->m->facts, "n", false);
    write_key_match(sql, &h->m->facts, "u", run->schema, "n", h->schema);
    stored_write_range(h->st, h->range, sql);
    return POND_OK;
}

// Files are read together where the engine can say which of them a row is from: a query with a
// part for each file would take time that grows with the square of their number.
static pond_code write_all_hidden(hiding *h, pond_err *err) {
    const stored_relation *st = h->st;
    pond_arena *a = pond_session_arena(h->s);
    stored_run run = {0};
    for (size_t i = 0; i < st->n; i++) {
        const stored_file *p = &st->files[i];
        if (!stored_may_hide(p, h->m, h->schema))
            continue;
        stored_hiders own = stored_hiders_in(a, p, h->range);
        bool is_apart = run.versions.n > 0 &&
                        (has_file_index(p->schema) || !pond_schema_equal(run.schema, p->schema));
        if (!is_apart && run.versions.n == 0)
            run.schema = p->schema;
        if (!is_apart && stored_add_to_run(a, &run, p, &own))
            continue;
        POND_TRY(write_hidden(h, &run, err));
        run = (stored_run){.schema = p->schema};
        (void)stored_add_to_run(a, &run, p, &own); // the first one fits
    }
    return write_hidden(h, &run, err);
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

pond_code pond_stored_find_hidden(pond_session *s, pond_relation *r, const char *path,
                                  pond_measured *m, pond_err *err) {
    hiding h = {.s = s,
                .st = (stored_relation *)r,
                .path = pond_sv_of(path),
                .m = m,
                .schema = stored_schema_of(pond_session_arena(s), &m->facts),
                .range = POND_RANGE_ALL,
                .sql = POND_BUF_EMPTY};
    if (has_key_column(&m->facts, m->time_column))
        h.range = (pond_range){m->t_min_us, m->t_max_us + 1, POND_NOTHING_BEYOND};
    m->facts.n_hides = 0;
    pond_code rc = write_all_hidden(&h, err);
    if (rc == POND_OK && h.sql.n > 0) {
        pond_buf_str(&h.sql, ") GROUP BY v, d ORDER BY v, d");
        rc = read_hidden(s, pond_buf_view(&h.sql), &m->facts, err);
    }
    pond_buf_free(&h.sql);
    return rc;
}
