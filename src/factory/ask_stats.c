// The statistics of the fields that templates see: late members of the objects in schema.fields.
//
// The first one that a template names computes its group for all columns, by one scan of the node's
// rows.
#include "factory/ask_internal.h"

#include "factory/ask_values.h"
#include "relation/sql.h"
#include "relation/times.h"

// The statistics, sorted by name as the members of the result are.
typedef enum stat {
#define STAT(name, group) STAT_##name,
#include "factory/stats.def"
#undef STAT
    N_STATS
} stat;
static const char *const names[N_STATS] = {
#define STAT(name, group) #name,
#include "factory/stats.def"
#undef STAT
};

static const ask_stat_group groups[N_STATS] = {
#define STAT(name, group) ASK_STATS_##group,
#include "factory/stats.def"
#undef STAT
};

// SQL ---------------------------------------------------------------------------------------------

typedef struct stats_writer {
    const ask_source *source;
    const pond_column *time; // NULL: the rows have no times
    pond_arena *arena;
    POND_VEC(pond_column) columns; // of the result
    pond_buf sql;
} stats_writer;

// An expression of the result, which gets a number for a name.
static void begin_item(stats_writer *w, pond_sv type) {
    pond_buf_str(&w->sql, w->columns.n == 0 ? "SELECT " : ", ");
    pond_sv name = pond_svf(w->arena, "%zu", w->columns.n);
    *pond_vec_push(w->arena, &w->columns) = (pond_column){name, type};
}

// NaN is a value, but neither the smallest nor the largest one.
static void write_extreme(stats_writer *w, const char *function, const pond_column *c) {
    bool is_float = pond_sv_is(c->type, "FLOAT") || pond_sv_is(c->type, "DOUBLE");
    begin_item(w, c->type);
    pond_buf_printf(&w->sql, "%s(", function);
    pond_buf_sql_name(&w->sql, c->name);
    pond_buf_char(&w->sql, ')');
    if (!is_float)
        return;
    pond_buf_str(&w->sql, " FILTER (WHERE NOT isnan(");
    pond_buf_sql_name(&w->sql, c->name);
    pond_buf_str(&w->sql, "))");
}

// Of rows whose time is an instant.
static void write_filter(stats_writer *w, const char *sep) {
    if (!w->source->relation->may_have_odd_times)
        return;
    pond_buf_printf(&w->sql, "%sNOT ", sep);
    pond_sql_is_odd_time(&w->sql, w->time);
}

// The value at the first or last instant that has one. Of several rows at that instant the smallest
// value is the first one, and the largest the last one: the same in any order of the rows.
static void write_end(stats_writer *w, const char *function, const pond_column *c) {
    begin_item(w, c->type);
    pond_buf_printf(&w->sql, "arg_%s(", function);
    pond_buf_sql_name(&w->sql, c->name);
    pond_buf_str(&w->sql, w->source->relation->is_time_unique ? ", " : ", row(");
    pond_buf_sql_name(&w->sql, w->time->name);
    if (!w->source->relation->is_time_unique) {
        pond_buf_str(&w->sql, ", ");
        pond_buf_sql_name(&w->sql, c->name);
        pond_buf_char(&w->sql, ')');
    }
    pond_buf_char(&w->sql, ')');
    if (!w->source->relation->may_have_odd_times)
        return;
    write_filter(w, " FILTER (WHERE ");
    pond_buf_char(&w->sql, ')');
}

static void write_end_time(stats_writer *w, const char *function, const pond_column *c) {
    begin_item(w, w->time->type);
    pond_buf_printf(&w->sql, "%s(", function);
    pond_buf_sql_name(&w->sql, w->time->name);
    pond_buf_str(&w->sql, ") FILTER (WHERE ");
    pond_buf_sql_name(&w->sql, c->name);
    pond_buf_str(&w->sql, " IS NOT NULL");
    write_filter(w, " AND ");
    pond_buf_char(&w->sql, ')');
}

static void write_null(stats_writer *w) {
    begin_item(w, POND_SV("INTEGER"));
    pond_buf_str(&w->sql, "max(CAST(NULL AS INTEGER))"); // an aggregate, as all others
}

static void write_stat(stats_writer *w, stat which, const pond_column *c) {
    bool has_ends = w->time != NULL && c != w->time;
    switch (which) {
    case STAT_count:
        begin_item(w, POND_SV("BIGINT"));
        pond_buf_str(&w->sql, "count(");
        pond_buf_sql_name(&w->sql, c->name);
        pond_buf_char(&w->sql, ')');
        break;
    case STAT_nulls:
        begin_item(w, POND_SV("BIGINT"));
        pond_buf_str(&w->sql, "count(*) - count(");
        pond_buf_sql_name(&w->sql, c->name);
        pond_buf_char(&w->sql, ')');
        break;
    case STAT_min:
    case STAT_max:
        write_extreme(w, names[which], c);
        break;
    case STAT_first:
    case STAT_last:
        has_ends ? write_end(w, which == STAT_first ? "min" : "max", c) : write_null(w);
        break;
    case STAT_first_time:
    case STAT_last_time:
        has_ends ? write_end_time(w, which == STAT_first_time ? "min" : "max", c) : write_null(w);
        break;
    case N_STATS:
        break;
    }
}

static pond_code write_stats(stats_writer *w, const pond_asker *asker, ask_source *source,
                             ask_stat_group group, pond_err *err) {
    pond_schema schema = source->schema;
    w->time = pond_schema_find(schema, w->source->relation->time_column);
    for (size_t i = 0; i < schema.n; i++)
        for (int k = 0; k < N_STATS; k++)
            if (groups[k] == group)
                write_stat(w, (stat)k, &schema.items[i]);
    pond_buf_str(&w->sql, " FROM (");
    POND_TRY(ask_write_rows(asker, source, &w->sql, err));
    pond_buf_char(&w->sql, ')');
    return POND_OK;
}

// Computing ---------------------------------------------------------------------------------------

// {column: {count: …, max: …}, …} of the one row that the query gives, for the statistics of a group.
static pond_value by_column(pond_arena *a, pond_schema schema, ask_stat_group group,
                            pond_value row) {
    pond_entry *columns = POND_NEW_ARRAY(a, pond_entry, schema.n);
    size_t at = 0;
    for (size_t i = 0; i < schema.n; i++) {
        pond_entry *stats = POND_NEW_ARRAY(a, pond_entry, N_STATS);
        size_t n = 0;
        for (size_t k = 0; k < N_STATS; k++)
            if (groups[k] == group)
                stats[n++] =
                    (pond_entry){pond_sv_of(names[k]), *pond_get(row, pond_svf(a, "%zu", at++))};
        columns[i] = (pond_entry){schema.items[i].name, pond_object(stats, n)};
    }
    return pond_object_sorted(columns, schema.n);
}

static pond_code compute(const pond_asker *asker, ask_source *source, ask_stat_group group,
                         pond_err *err) {
    pond_session *s = ask_session(asker);
    pond_arena *a = pond_session_arena(s);
    stats_writer w = {.source = source, .arena = a};
    pond_engine *engine = NULL;
    pond_value rows = pond_null();
    pond_session_next_query(s);
    pond_code rc = write_stats(&w, asker, source, group, err);
    if (rc == POND_OK)
        rc = pond_session_engine(s, &engine, err);
    if (rc == POND_OK)
        rc = ask_read(engine, a,
                      &(ask_reading){.with = POND_SV(""),
                                     .select = pond_buf_view(&w.sql),
                                     .schema = {w.columns.items, w.columns.n},
                                     .max_rows = 1,
                                     .room_bytes = UINT32_MAX},
                      &rows, err);
    pond_buf_free(&w.sql);
    if (rc != POND_OK)
        return rc;
    source->stats[group] = by_column(a, source->schema, group, rows.items[0]);
    return POND_OK;
}

// {column: {count: …, max: …}, …} of a source, whose columns are known.
static pond_code stats_of(const pond_asker *asker, ask_source *source, ask_stat_group group,
                          pond_value *out, pond_err *err) {
    if (source->stats[group].kind == POND_NULL)
        POND_TRY_CTX(compute(asker, source, group, err), err, "statistics of '%.*s'",
                     POND_SV_ARG(source->asked.from));
    *out = source->stats[group];
    return POND_OK;
}

static bool find_stat(pond_sv name, stat *out) {
    for (int k = 0; k < N_STATS; k++)
        if (pond_sv_is(name, names[k])) {
            *out = (stat)k;
            return true;
        }
    return false;
}

// What was asked for ------------------------------------------------------------------------------

_Static_assert(N_STATS <= 8, "a byte has a bit for each");

// `stats` are those of all columns, `of_column` is a member.
static void note(pond_asks *asks, pond_value stats, const pond_value *of_column, stat which) {
    if (asks->stats == NULL)
        asks->stats =
            POND_NEW_ARRAY(pond_session_arena(ask_session(asks->asker)), uint8_t, stats.n);
    size_t column = (size_t)((const char *)of_column - (const char *)&stats.entries[0].value) /
                    sizeof(pond_entry);
    asks->stats[column] |= (uint8_t)(1u << which);
}

static pond_value names_of(pond_arena *a, uint8_t bits) {
    pond_value *items = POND_NEW_ARRAY(a, pond_value, N_STATS);
    size_t n = 0;
    for (int k = 0; k < N_STATS; k++)
        if ((bits & (1u << k)) != 0)
            items[n++] = pond_string_lit(names[k]);
    return pond_array(items, n);
}

// {column: [name, …]} of the bits of all columns.
static pond_value names_by_column(pond_arena *a, const pond_asks *asks, pond_value stats) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, stats.n);
    size_t n = 0;
    for (size_t i = 0; i < stats.n; i++)
        if (asks->stats[i] != 0)
            e[n++] = (pond_entry){stats.entries[i].key, names_of(a, asks->stats[i])};
    return pond_object(e, n);
}

void ask_end_stats(pond_asks *asks) {
    pond_value any = pond_null();
    if (asks->stats == NULL)
        return;
    for (int g = 0; g < ASK_N_STAT_GROUPS && any.kind == POND_NULL; g++)
        any = asks->source->stats[g];
    for (size_t i = 0; i < asks->asked.n; i++) {
        pond_asked *asked = &asks->asked.items[i];
        if (!asked->is_node)
            continue;
        asked->stats = names_by_column(pond_session_arena(ask_session(asks->asker)), asks, any);
        pond_code rc =
            ask_hash_stats(asks->asker, asks->source, asked->stats, &asked->answer, NULL);
        POND_ASSERT(rc == POND_OK); // all of them are computed
    }
}

// Every value has another hash, NaN and the zeros too.
static void hash_stat(pond_hasher *h, pond_value v) {
    const char kind = (char)v.kind;
    pond_buf text = POND_BUF_EMPTY;
    if (v.kind == POND_FLOAT)
        pond_buf_sv(&text, (pond_sv){(const char *)&v.f, sizeof v.f});
    else
        pond_json_write(&text, v, 0);
    pond_hasher_field(h, (pond_sv){&kind, 1});
    pond_hasher_field(h, pond_buf_view(&text));
    pond_buf_free(&text);
}

static pond_code hash_one(const pond_asker *asker, ask_source *source, pond_hasher *h,
                          pond_sv column, pond_value name, pond_err *err) {
    stat which;
    pond_value stats;
    if (name.kind != POND_STRING || !find_stat(pond_value_sv(name), &which))
        return pond_fail(err, POND_ERR_NOT_FOUND, "there is no such statistic of a column");
    POND_TRY(stats_of(asker, source, groups[which], &stats, err));
    const pond_value *of_column = pond_get(stats, column);
    if (of_column == NULL)
        return pond_fail(err, POND_ERR_NOT_FOUND, "there is no column '%.*s'", POND_SV_ARG(column));
    pond_hasher_field(h, column);
    pond_hasher_field(h, pond_value_sv(name));
    hash_stat(h, *pond_get_lit(*of_column, names[which]));
    return POND_OK;
}

pond_code ask_hash_stats(const pond_asker *asker, ask_source *source, pond_value stats,
                         pond_sha256 *out, pond_err *err) {
    pond_hasher *h = pond_hasher_new();
    pond_code rc = stats.kind == POND_OBJECT && stats.n > 0
                       ? POND_OK
                       : pond_fail(err, POND_ERR_NOT_FOUND, "there are no statistics");
    for (size_t i = 0; rc == POND_OK && i < stats.n; i++) {
        pond_value list = stats.entries[i].value;
        for (size_t k = 0; rc == POND_OK && list.kind == POND_ARRAY && k < list.n; k++)
            rc = hash_one(asker, source, h, stats.entries[i].key, list.items[k], err);
    }
    *out = pond_hasher_finish(h);
    return rc;
}

// Late members ------------------------------------------------------------------------------------

static pond_code ask_node(pond_asks *asks, ask_stat_group group, pond_value *out, pond_err *err) {
    POND_TRY(ask_find(asks, asks->matched->path, true, &asks->source, err));
    return stats_of(asks->asker, asks->source, group, out, err);
}

bool ask_stat(void *host, pond_arena *a, pond_value field, pond_sv key, pond_value *out) {
    (void)a;
    pond_asks *asks = host;
    pond_sv column;
    pond_value stats;
    stat which;
    if (!find_stat(key, &which) || !pond_get_string(field, "column", &column))
        return false;
    if (asks->is_forbidden || asks->failed != POND_OK) {
        asks->was_refused |= asks->is_forbidden;
        return false;
    }
    pond_err why;
    asks->failed = ask_node(asks, groups[which], &stats, &why);
    if (asks->failed != POND_OK) {
        asks->why = POND_NEW(pond_session_arena(ask_session(asks->asker)), pond_err);
        *asks->why = why;
        return false;
    }
    const pond_value *of_column = pond_get(stats, column);
    if (of_column == NULL)
        return false;
    note(asks, stats, of_column, which);
    *out = *pond_get(*of_column, key);
    return true;
}
