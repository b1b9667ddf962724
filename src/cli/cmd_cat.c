// cat: prints the bytes or the rows of a file.
#include "cli/cat.h"

#include "cli/at.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/page.h"
#include "export/export.h"
#include "factory/template.h"

static const pond_option rows[] = {
    CLI_ROW_FORMAT_OPTION(cli_cat_options, format,
                          "raw is Parquet, auto is table on a terminal and else raw (default: "
                          "table on a terminal, csv in a pipe; a file as its name says, else "
                          "Parquet)"),
    POND_OPTION("limit", POND_OPT_INT, cli_cat_options, limit, .min = 1, .max = INT64_MAX,
                .value = "N", .help = "only the first N rows"),
    POND_OPTION("sql", POND_OPT_TEXT, cli_cat_options, sql, .value = "QUERY",
                .help = "a SELECT over the rows, which are the table `source`"),
    POND_OPTION("query", POND_OPT_TEXT, cli_cat_options, sql, .value = "QUERY",
                .help = "the same as --sql"),
    POND_OPTION("time-start", POND_OPT_TEXT, cli_cat_options, time_start, .value = "TIME",
                .help = "only rows from TIME on: milliseconds since 1970, or a date"),
    POND_OPTION("time-end", POND_OPT_TEXT, cli_cat_options, time_end, .value = "TIME",
                .help = "only rows up to TIME, which is included"),
    POND_OPTION("context", POND_OPT_TEXT, cli_cat_options, context, .value = "DIR",
                .help = "render a template with the files of the last export into DIR"),
    POND_OPTION("explain", POND_OPT_BOOL, cli_cat_options, explain,
                .help = "show what would be read, and read nothing"),
    CLI_AT_OPTION(cli_cat_options, at),
    POND_OPTION("version", POND_OPT_INT, cli_cat_options, version, .min = 1, .max = INT64_MAX,
                .value = "N", .help = "only version N of a stored node (`pond describe`)"),
    CLI_LIMIT_OPTIONS(cli_cat_options, limits),
};

static pond_code page_context(cli *c, const cli_subject *s, pond_page_context *out, pond_err *err) {
    const cli_cat_options *o = c->options;
    pond_value vars = cli_vars(c);
    if (o->context.n > 0)
        return pond_export_load_context(c->arena, o->context.p, s->node->path, vars, out, err);
    *out = pond_page_context_of(c->arena, NULL, NULL, vars);
    return POND_OK;
}

static pond_code print_bytes(cli *c, const cli_subject *s, pond_err *err) {
    const cli_cat_options *o = c->options;
    if (o->limit > 0)
        return pond_fail(err, POND_ERR_USAGE, "--limit counts rows, and this file is %s",
                         pond_type_name(s->type));
    if (o->format != CLI_FORMAT_UNSAID && o->format != CLI_AUTO && o->format != CLI_RAW)
        return pond_fail(err, POND_ERR_USAGE,
                         "Table display mode only supports file:table and file:series types, but "
                         "this file is %s (for text such as CSV write %scsv://%.*s)",
                         pond_type_name(s->type), s->url.is_host ? "host+" : "",
                         POND_SV_ARG(s->url.path));
    if (s->host_path != NULL)
        return cli_print_file(c, s->host_path, err);
    pond_page_context context;
    POND_TRY(page_context(c, s, &context, err));
    pond_code rc =
        pond_fs_stream(pond_session_fs(c->session), s->node, &context, cli_stdout(c), err);
    if (rc == POND_ERR_TEMPLATE && o->context.n == 0)
        cli_explain_undefined("--context DIR renders it with the files of the last export into DIR",
                              err);
    return cli_stdout_done(c, rc, err);
}

// --version: the file of the pond that the argument names shall have only that version.
static pond_code choose_version(cli *c, pond_err *err) {
    const cli_cat_options *o = c->options;
    pond_url url = {.path = c->args[0]};
    const pond_node *node;
    if (o->version == 0)
        return POND_OK;
    if (cli_is_url(c->args[0]))
        POND_TRY(cli_url_parse(c, c->args[0], &url, err));
    if (url.is_host)
        return pond_fail(err, POND_ERR_USAGE,
                         "--version is about nodes of a pond; files of the "
                         "host have no versions");
    POND_TRY(cli_open_tree(c, false, err));
    POND_TRY(pond_fs_resolve(pond_session_fs(c->session), url.path, true, &node, err));
    if (!node->is_stored || pond_type_is_dir(node->type) || pond_type_is_dynamic(node->type))
        return pond_fail(err, POND_ERR_USAGE, "'%.*s' is %s, and has no versions",
                         POND_SV_ARG(node->path), pond_type_name(node->type));
    return pond_wrap(
        err, pond_txn_choose_version(pond_session_txn(c->session), node->id, o->version, err),
        "'%.*s'", POND_SV_ARG(node->path));
}

static pond_code run_cat(cli *c, pond_err *err) {
    const cli_cat_options *o = c->options;
    cli_subject s;
    POND_TRY(cli_limit(c, &o->limits, 1, err));
    POND_TRY(cli_look_at(c, o->at, err));
    POND_TRY(choose_version(c, err));
    if (o->time_start.n == 0 && o->time_end.n == 0) // a range asks for times, too
        pond_session_expect_query(c->session, o->sql);
    POND_TRY(cli_subject_find(c, c->args[0], &s, err));
    if (o->explain)
        return cli_cat_explain(c, &s, err);
    return s.relation != NULL ? cli_cat_rows(c, &s, err) : print_bytes(c, &s, err);
}

const cli_command cli_cat = {
    .name = "cat",
    .args = "PATH_OR_URL",
    .min_args = 1,
    .max_args = 1,
    .pond = CLI_NO_POND,
    .is_paged = true,
    CLI_OPTIONS(rows, cli_cat_options),
    .summary = "Print a file: its bytes, its rows, or the result of a query on them",
    .details =
        "csv:///PATH parses a file of the pond, host+csv:///FILE a file of the host, without "
        "a pond.\n"
        "`-` is standard input, and host+csv:///dev/stdin its rows.\n"
        "Wildcards unite the rows of all matching files by column name.\n"
        "A pipe or a file gets every byte. On a terminal, the control characters of names, values "
        "and files are\n"
        "shown as escapes such as \\x1b, as all commands do.",
    .example = "pond cat /sensors/flow.series --sql 'SELECT max(flow) FROM source' --format table",
    .run = run_cat,
};
