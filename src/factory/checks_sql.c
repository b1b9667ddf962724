// Findings as SQL.
#include "factory/checks_sql.h"

#include "base/time.h"
#include "relation/times.h"

#include <inttypes.h>

static const pond_column columns_of_findings[] = {
    {{"series", 6}, {"VARCHAR", 7}}, {{"rule", 4}, {"VARCHAR", 7}},
    {{"column", 6}, {"VARCHAR", 7}}, {{"from", 4}, {"TIMESTAMP", 9}},
    {{"to", 2}, {"TIMESTAMP", 9}},   {{"value", 5}, {"DOUBLE", 6}},
    {{"limit", 5}, {"DOUBLE", 6}},   {{"detail", 6}, {"VARCHAR", 7}},
};
const pond_schema checks_schema = {columns_of_findings,
                                   sizeof columns_of_findings / sizeof *columns_of_findings};

static double seconds(int64_t us) {
    return (double)us / POND_US_PER_S;
}

// A constant of type DOUBLE with all its digits.
static void sql_double(pond_buf *sql, double x) {
    pond_buf_printf(sql, "CAST(%.17g AS DOUBLE)", x);
}

// Readings ----------------------------------------------------------------------------------------

// One column as it is, several as a row for each, so that all are checked in one scan.
static void sql_values(pond_buf *sql, pond_schema columns) {
    bool is_list = columns.n > 1;
    pond_buf_str(sql, is_list ? "unnest([" : "");
    for (size_t i = 0; i < columns.n; i++) {
        pond_buf_str(sql, i == 0 ? "" : ", ");
        pond_buf_sql_string(sql, columns.items[i].name);
    }
    pond_buf_str(sql, is_list ? "]) AS col, unnest([" : " AS col, ");
    for (size_t i = 0; i < columns.n; i++) {
        pond_buf_str(sql, i == 0 ? "CAST(" : ", CAST(");
        pond_buf_sql_name(sql, columns.items[i].name);
        pond_buf_str(sql, " AS DOUBLE)");
    }
    pond_buf_str(sql, is_list ? "]) AS v" : " AS v");
}

// Columns `series`, `t`, `col` and `v`.
void checks_sql_readings(pond_buf *sql, const check_rule *rule, pond_sv series,
                         const pond_column *time, pond_schema columns) {
    bool is_stale = rule->type == CHECK_STALE;
    pond_buf_str(sql, "SELECT ");
    pond_buf_sql_string(sql, series);
    pond_buf_str(sql, is_stale ? " AS series, max(" : " AS series, ");
    pond_sql_timestamp(sql, time);
    pond_buf_str(sql, is_stale ? ") AS t, " : " AS t, ");
    if (columns.n > 0)
        sql_values(sql, columns);
    else
        pond_buf_str(sql, "CAST(NULL AS VARCHAR) AS col, CAST(0 AS DOUBLE) AS v");
    pond_buf_str(sql, " FROM ");
}

// Times that are no instants come neither before nor after others.
void checks_sql_end_readings(pond_buf *sql, const pond_column *time) {
    pond_buf_str(sql, " WHERE NOT ");
    pond_sql_is_odd_time(sql, time);
}

// Rules -------------------------------------------------------------------------------------------

// A rule gives each reading: `a`, when what is looked at begins; `t`, when it ends; `key`, which
// stays the same as long as a finding goes on; `bad`; and for those that are bad `e`, how bad, `x`,
// the value to show, and `l`, the limit. Their order is `i`.

static void sql_range(pond_buf *sql, const check_rule *r, pond_sv readings) {
    pond_buf_str(sql, "SELECT *, t AS a, e > 0 AS key, e > 0 AS bad, v AS x FROM (SELECT *, CASE");
    if (r->has_min) {
        pond_buf_str(sql, " WHEN v < ");
        sql_double(sql, r->min);
        pond_buf_str(sql, " THEN ");
        sql_double(sql, r->min);
        pond_buf_str(sql, " - v");
    }
    if (r->has_max) {
        pond_buf_str(sql, " WHEN v > ");
        sql_double(sql, r->max);
        pond_buf_str(sql, " THEN v - ");
        sql_double(sql, r->max);
    }
    pond_buf_str(sql, " ELSE 0 END AS e, ");
    if (r->has_min && r->has_max) {
        pond_buf_str(sql, "CASE WHEN v < ");
        sql_double(sql, r->min);
        pond_buf_str(sql, " THEN ");
        sql_double(sql, r->min);
        pond_buf_str(sql, " ELSE ");
        sql_double(sql, r->max);
        pond_buf_str(sql, " END");
    } else {
        sql_double(sql, r->has_min ? r->min : r->max);
    }
    pond_buf_printf(sql, " AS l FROM %.*s)", POND_SV_ARG(readings));
}

// The change from a reading to the next one, for the time `per`. It is infinite if both have one time,
// unless their values are equal: written out, since what a division by zero gives is up to the engine.
// Two readings of the same infinity are no change.
static void sql_step(pond_buf *sql, const check_rule *r, pond_sv readings) {
    pond_buf_str(sql, "SELECT *, abs(x) AS e, coalesce(abs(x) > l, false) AS bad, bad AS key FROM "
                      "(SELECT *, ");
    if (r->per_us > 0)
        pond_buf_printf(sql,
                        "CASE WHEN d = 0 THEN d WHEN t = a THEN d * CAST('inf' AS DOUBLE) ELSE d * "
                        "%" PRId64 ".0 / CAST(epoch_us(t) - epoch_us(a) AS DOUBLE) END AS x, ",
                        r->per_us);
    else
        pond_buf_str(sql, "d AS x, ");
    sql_double(sql, r->max);
    pond_buf_printf(sql,
                    " AS l FROM (SELECT *, CASE WHEN v = u THEN 0 ELSE v - u END AS d FROM "
                    "(SELECT *, lag(t) OVER w AS a, lag(v) OVER w AS u FROM %.*s WINDOW w AS "
                    "(PARTITION BY series, col ORDER BY i))))",
                    POND_SV_ARG(readings));
}

static void sql_flat(pond_buf *sql, const check_rule *r, pond_sv readings) {
    pond_buf_str(sql, "SELECT *, t AS a, v AS key, true AS bad, CAST(0 AS DOUBLE) AS e, v AS x, ");
    sql_double(sql, seconds(r->duration_us));
    pond_buf_printf(sql, " AS l FROM %.*s", POND_SV_ARG(readings));
}

static void sql_gap(pond_buf *sql, const check_rule *r, pond_sv readings) {
    pond_buf_printf(sql,
                    "SELECT *, coalesce(us > %" PRId64 ", false) AS bad, bad AS key, CAST(us AS "
                    "DOUBLE) AS e, us / 1e6 AS x, ",
                    r->duration_us);
    sql_double(sql, seconds(r->duration_us));
    pond_buf_printf(sql,
                    " AS l FROM (SELECT *, epoch_us(t) - epoch_us(a) AS us FROM (SELECT *, lag(t) "
                    "OVER (PARTITION BY series ORDER BY i) AS a FROM %.*s))",
                    POND_SV_ARG(readings));
}

static void sql_duplicates(pond_buf *sql, const check_rule *r, pond_sv readings) {
    (void)r;
    pond_buf_printf(sql,
                    "SELECT series, col, t, t AS a, min(i) AS i, count(*) > 1 AS bad, bad AS key, "
                    "CAST(count(*) AS DOUBLE) AS e, e AS x, CAST(1 AS DOUBLE) AS l FROM %.*s "
                    "GROUP BY series, col, t",
                    POND_SV_ARG(readings));
}

// Each series has one row: its last time, or NULL.
static void sql_stale(pond_buf *sql, const check_rule *r, pond_sv readings) {
    int64_t as_of_us = r->has_as_of ? r->as_of_us : pond_now_us();
    pond_buf_str(sql, "SELECT series, ");
    pond_buf_sql_string(sql, r->name);
    pond_buf_printf(sql,
                    ", col, t, make_timestamp(%" PRId64 "), (%" PRId64 " - epoch_us(t)) / 1e6, ",
                    as_of_us, as_of_us);
    sql_double(sql, seconds(r->duration_us));
    pond_buf_printf(sql,
                    ", CASE WHEN t IS NULL THEN 'no rows' ELSE 'no rows since' END FROM %.*s "
                    "WHERE t IS NULL OR %" PRId64 " - epoch_us(t) > %" PRId64,
                    POND_SV_ARG(readings), as_of_us, r->duration_us);
}

// Findings ----------------------------------------------------------------------------------------

static const struct {
    void (*sql)(pond_buf *sql, const check_rule *r, pond_sv readings);
    const char *one, *several; // what `detail` counts
} rules[N_CHECK_TYPES] = {
    [CHECK_RANGE] = {sql_range, " row", " rows"},
    [CHECK_STEP] = {sql_step, " step", " steps"},
    [CHECK_FLAT] = {sql_flat, " row", " rows"},
    [CHECK_GAP] = {sql_gap, " gap", " gaps"},
    [CHECK_STALE] = {sql_stale, NULL, NULL},
    [CHECK_DUPLICATES] = {sql_duplicates, " time", " times"},
};

// The readings in their total order. NULL and NaN are no values.
static pond_sv sql_in_order(pond_buf *text, pond_sv readings) {
    pond_buf_printf(text,
                    "(SELECT *, row_number() OVER (PARTITION BY series, col ORDER BY t, v) AS i "
                    "FROM %.*s WHERE v IS NOT NULL AND NOT isnan(v))",
                    POND_SV_ARG(readings));
    return pond_buf_view(text);
}

// Readings whose key is that of the reading before them belong to one run.
static void sql_runs(pond_buf *sql, const check_rule *r, pond_sv readings) {
    static const char *const window = "WINDOW w AS (PARTITION BY series, col ORDER BY i)";
    pond_buf_str(sql, "SELECT *, count_if(key IS DISTINCT FROM before) OVER (PARTITION BY series, "
                      "col ORDER BY i ROWS UNBOUNDED PRECEDING) AS run FROM (SELECT *, lag(key) "
                      "OVER w AS before FROM (");
    rules[r->type].sql(sql, r, readings);
    pond_buf_printf(sql, ") %s)", window);
}

void checks_sql_findings(pond_buf *sql, const check_rule *r, pond_sv readings) {
    if (r->type == CHECK_STALE) {
        sql_stale(sql, r, readings);
        return;
    }
    pond_buf ordered = POND_BUF_EMPTY;
    pond_buf_str(sql, "SELECT series, ");
    pond_buf_sql_string(sql, r->name);
    // Of the reading that is worst; the greater one of two that are equally bad. Zeros are equal, and
    // which one is met first is up to the engine: all of them are shown as 0.
    pond_buf_str(sql, ", col, min(a), max(t), struct_extract(max(struct_pack(e := e, x := x, l := "
                      "l)), 'x') + CAST(0 AS DOUBLE), struct_extract(max(struct_pack(e := e, x := "
                      "x, l := l)), 'l'), ");
    pond_buf_printf(sql, "concat(count(*), CASE WHEN count(*) = 1 THEN '%s' ELSE '%s' END) FROM (",
                    rules[r->type].one, rules[r->type].several);
    sql_runs(sql, r, sql_in_order(&ordered, readings));
    pond_buf_str(sql, ") WHERE bad GROUP BY series, col, run");
    if (r->type == CHECK_FLAT)
        pond_buf_printf(sql, " HAVING epoch_us(max(t)) - epoch_us(min(t)) >= %" PRId64,
                        r->duration_us);
    pond_buf_free(&ordered);
}
