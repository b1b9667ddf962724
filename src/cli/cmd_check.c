// check: prints the findings of checks, and says by the exit status whether there are any.
#include "base/file.h"
#include "cli/format.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/print.h"
#include "relation/sql.h"
#include "relation/wrapper.h"

typedef struct check_options {
    int format; // cli_format
    cli_limits limits;
} check_options;

static const pond_option rows[] = {
    CLI_ROW_FORMAT_OPTION(check_options, format, "raw is Parquet (default: table)"),
    CLI_LIMIT_OPTIONS(check_options, limits),
};

static pond_code find_checks(cli *c, pond_relation **out, pond_err *err) {
    pond_match_vec found = {0};
    pond_url pattern = {.path = c->args[0]};
    if (cli_is_url(pattern.path))
        POND_TRY(pond_url_parse(c->arena, pattern.path, &pattern, err));
    POND_TRY(cli_find_nodes(c, &pattern, &found, err));
    pond_relation **parts = POND_NEW_ARRAY(c->arena, pond_relation *, found.n);
    size_t n = 0;
    for (size_t i = 0; i < found.n; i++)
        if (pond_sv_is(found.items[i].node->factory, "checks"))
            POND_TRY(pond_relation_of(c->session, found.items[i].node, &parts[n++], err));
    if (n == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "no node that '%.*s' matches is made by the factory 'checks'",
                         POND_SV_ARG(c->args[0]));
    *out = pond_union_of(c->session, parts, n);
    return POND_OK;
}

// Computed once, into a table: what is counted is what is printed.
static pond_code keep_findings(cli *c, pond_relation *findings, int64_t *n, pond_err *err) {
    pond_engine *engine;
    POND_TRY(pond_session_engine(c->session, &engine, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "CREATE TEMP TABLE findings AS ");
    pond_code rc = pond_relation_sql_ordered(c->session, findings, POND_RANGE_ALL, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_exec(engine, pond_buf_view(&sql), err);
    pond_buf_free(&sql);
    if (rc != POND_OK)
        return pond_wrap(err, rc, "%.*s", POND_SV_ARG(findings->path));
    return pond_engine_ints(engine, POND_SV("SELECT count(*) FROM findings"), 0, n, 1, err);
}

static pond_code print_findings(cli *c, cli_format format, const char *scratch, pond_err *err) {
    pond_sv sql = POND_SV("SELECT * FROM findings ORDER BY ALL NULLS FIRST");
    pond_engine *engine;
    POND_TRY(pond_session_engine(c->session, &engine, err));
    if (scratch == NULL)
        return cli_print_rows(c, engine, format, sql, err);
    char *path = pond_path_join(c->arena, scratch, "findings.parquet");
    pond_parquet_stats stats;
    POND_TRY(pond_engine_write_parquet(engine, sql, path, &stats, err));
    return cli_print_file(c, path, err);
}

static pond_code run_check(cli *c, pond_err *err) {
    const check_options *o = c->options;
    const char *scratch = NULL;
    pond_relation *findings = NULL;
    cli_format format;
    int64_t n;
    POND_TRY(cli_row_format(c, (cli_format)o->format, CLI_TABLE, &format, err));
    POND_TRY(cli_limit(c, &o->limits, 1, err));
    POND_TRY(find_checks(c, &findings, err));
    if (format == CLI_PARQUET ||
        format == CLI_RAW) // before there is an engine, which would have to be opened again
        POND_TRY(pond_session_scratch(c->session, &scratch, err));
    POND_TRY(keep_findings(c, findings, &n, err));
    if (n == 0)
        return POND_OK;
    if (c->exit_status == 0)
        c->exit_status = 1;
    return print_findings(c, format, scratch, err);
}

const cli_command cli_check = {
    .name = "check",
    .args = "PATTERN",
    .min_args = 1,
    .max_args = 1,
    .pond = CLI_NO_POND,
    .is_paged = true,
    CLI_OPTIONS(rows, check_options),
    .summary = "Print the findings of checks; the exit status says whether there are any",
    .details = "PATTERN matches nodes of the factory `checks`; others are left out. Without "
               "findings nothing is printed,\n"
               "and the exit status is 0. With findings it is 1: for cron, which sends what is "
               "printed.",
    .example = "pond check '/checks/*' --format csv",
    .run = run_check,
};
