// The rows of `pond cat`: printed, or explained.
#include "cli/cat.h"

#include "base/file.h"
#include "base/time.h"
#include "cli/arrow.h"
#include "cli/output.h"
#include "relation/sql.h"
#include "cli/print.h"

#include <inttypes.h>

// Times -------------------------------------------------------------------------------------------

static pond_code parse_time(const char *option, pond_sv text, int64_t *out_us, pond_err *err) {
    int64_t ms;
    if (!pond_sv_to_int(text, &ms))
        return pond_wrap(err, pond_time_parse(text, out_us, err), "%s", option);
    if (ms > INT64_MAX / 1000 - 1 || ms < INT64_MIN / 1000 + 1)
        return pond_fail(err, POND_ERR_USAGE, "%s: %" PRId64 " milliseconds are out of range",
                         option, ms);
    *out_us = ms * 1000;
    return POND_OK;
}

static pond_code wanted_range(const cli_cat_options *o, pond_range *out, pond_err *err) {
    *out = POND_RANGE_ALL;
    if (o->time_start.p != NULL)
        POND_TRY(parse_time("--time-start", o->time_start, &out->lo_us, err));
    if (o->time_end.p != NULL) {
        POND_TRY(parse_time("--time-end", o->time_end, &out->hi_us, err));
        out->hi_us++; // a pond_range ends before hi_us, --time-end is part of it
    }
    if (pond_range_is_empty(*out))
        return pond_fail(err, POND_ERR_USAGE,
                         "--time-start %.*s is after --time-end %.*s: no row would be shown",
                         POND_SV_ARG(o->time_start), POND_SV_ARG(o->time_end));
    return POND_OK;
}

// Printing ----------------------------------------------------------------------------------------

static pond_code print_parquet(cli *c, pond_engine *engine, cli_format format, pond_sv sql,
                               const char *scratch, pond_err *err) {
    char *path = pond_path_join(c->arena, scratch, "rows.parquet");
    pond_parquet_stats stats;
    pond_sv exact;
    POND_TRY(
        pond_sql_exact(c->session, ((const cli_cat_options *)c->options)->sql, sql, &exact, err));
    if (exact.n > 0)
        sql = pond_svf(c->arena, "SELECT *%.*s FROM (%.*s)", POND_SV_ARG(exact), POND_SV_ARG(sql));
    POND_TRY(pond_engine_write_parquet(engine, sql, path, &stats, err));
    return stats.rows == 0 && format == CLI_RAW ? POND_OK : cli_print_file(c, path, err);
}

// The first rows: the engine keeps the order of what it takes them from.
static void limit_rows(int64_t limit, pond_buf *sql) {
    pond_buf all = *sql;
    if (limit == 0)
        return;
    *sql = POND_BUF_EMPTY;
    pond_buf_printf(sql, "SELECT * FROM (%.*s\n) LIMIT %" PRId64, POND_SV_ARG(pond_buf_view(&all)),
                    limit);
    pond_buf_free(&all);
}

static pond_code print_rows(cli *c, const cli_subject *s, pond_range range, cli_format format,
                            pond_err *err) {
    const cli_cat_options *o = c->options;
    bool is_parquet = format == CLI_PARQUET || format == CLI_RAW;
    pond_engine *engine;
    const char *scratch = NULL;
    if (is_parquet)
        POND_TRY(pond_session_scratch(c->session, &scratch, err));
    POND_TRY(pond_session_engine(c->session, &engine, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = pond_relation_query(c->session, s->relation, range, o->sql, &sql, err);
    if (rc == POND_OK) {
        limit_rows(o->limit, &sql);
        pond_sv text = pond_buf_view(&sql);
        cli_trace(c, "running %.*s", POND_SV_ARG(text));
        rc = is_parquet ? print_parquet(c, engine, format, text, scratch, err)
                        : cli_print_rows(c, engine, format, text, err);
        if (o->sql.n == 0)
            pond_wrap(err, rc, "%.*s", POND_SV_ARG(s->relation->path));
    }
    pond_buf_free(&sql);
    return rc;
}

pond_code cli_cat_rows(cli *c, const cli_subject *s, pond_err *err) {
    const cli_cat_options *o = c->options;
    cli_format format;
    pond_range range;
    POND_TRY(cli_row_format(c, (cli_format)o->format, cli_format_of_place(c), &format, err));
    POND_TRY(wanted_range(o, &range, err));
    pond_code rc = print_rows(c, s, range, format, err);
    if (o->sql.n > 0)
        pond_wrap(err, pond_relation_explain(c->session, s->relation, rc, err),
                  "Failed to execute SQL query '%.*s'", POND_SV_ARG(o->sql));
    return rc;
}

// Explaining --------------------------------------------------------------------------------------

static void print_fields(cli *c, const char *title, pond_schema schema) {
    cli_printf(c, "%s: %zu fields\n", title, schema.n);
    for (size_t i = 0; i < schema.n; i++)
        cli_printf(c, "  %.*s %.*s\n", POND_SV_ARG(schema.items[i].name),
                   POND_SV_ARG(cli_arrow_type(c->arena, schema.items[i].type)));
}

static pond_code explain_rows(cli *c, const cli_subject *s, pond_err *err) {
    const cli_cat_options *o = c->options;
    pond_schema schema, output;
    pond_engine *engine;
    pond_range range;
    POND_TRY(wanted_range(o, &range, err));
    POND_TRY(pond_session_engine(c->session, &engine, err));
    POND_TRY(o->sql.n > 0 ? pond_relation_query_schema(c->session, s->relation, &schema, err)
                          : pond_relation_schema(c->session, s->relation, &schema, err));
    print_fields(c, "Schema", schema);
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = pond_relation_query(c->session, s->relation, range, o->sql, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_schema(engine, c->arena, pond_buf_view(&sql), &output, err);
    if (rc == POND_OK) {
        cli_printf(c, "SQL:\n  ");
        cli_print_text(c, o->sql.n > 0 ? o->sql : POND_SV("SELECT * FROM source"));
        cli_printf(c, "\n");
        print_fields(c, "Output", output);
    }
    pond_buf_free(&sql);
    return rc;
}

pond_code cli_cat_explain(cli *c, const cli_subject *s, pond_err *err) {
    const cli_cat_options *o = c->options;
    cli_printf(c,
               "=== pond cat --explain ===\nPath: %.*s\nURL: %.*s\nScheme: %.*s\nHost: %s\nType: "
               "%s\nQuery: %s\n",
               POND_SV_ARG(s->url.path), POND_SV_ARG(s->url.text), POND_SV_ARG(s->url.format),
               s->url.is_host ? "yes" : "no", pond_type_name(s->type), o->sql.n > 0 ? "yes" : "no");
    if (s->relation != NULL)
        return explain_rows(c, s, err);
    if (s->node != NULL && s->node->size_bytes >= 0)
        cli_printf(c, "Size: %lld bytes\n", (long long)s->node->size_bytes);
    cli_printf(c, "The file gives raw bytes; it is not queryable.\n");
    return POND_OK;
}
