// describe: shows the columns, versions and time ranges of nodes and files.
#include "cli/describe.h"

#include "cli/at.h"
#include "cli/host.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "format/format.h"
#include "fs/fs.h"

typedef struct describe_options {
    bool all, config;
    pond_sv at;
    int format; // cli_format
    cli_limits limits;
} describe_options;

static const pond_option rows[] = {
    POND_OPTION("all", POND_OPT_BOOL, describe_options, all, .letter = 'a',
                .help = "include names that begin with a dot"),
    CLI_RECORD_FORMAT_OPTION(describe_options, format),
    POND_OPTION("config", POND_OPT_BOOL, describe_options, config,
                .help = "print only the config of one node, ready to edit"),
    CLI_AT_OPTION(describe_options, at),
    CLI_LIMIT_OPTIONS(describe_options, limits),
};

static bool is_shown(const cli *c, const pond_node *n) {
    return n->parent != NULL &&
           (((const describe_options *)c->options)->all || n->name.n == 0 || n->name.p[0] != '.');
}

static pond_code describe_pattern(cli *c, const pond_url *url, cli_table *t, pond_err *err) {
    pond_match_vec found = {0};
    pond_sv pattern = url->path;
    POND_TRY(cli_find_nodes(c, url, &found, err));
    size_t n = 0;
    for (size_t i = 0; t != NULL && i < found.n; i++)
        if (is_shown(c, found.items[i].node))
            POND_TRY(cli_describe_node_record(c, t, found.items[i].node, err));
    if (t != NULL)
        return POND_OK;
    for (size_t i = 0; i < found.n; i++)
        n += is_shown(c, found.items[i].node);
    if (n == 0) {
        cli_printf(c, "No files found matching pattern '%.*s'\n", POND_SV_ARG(pattern));
        return POND_OK;
    }
    cli_printf(c, "=== File Schema Description ===\nPattern: %.*s\nFiles found: %zu\n\n",
               POND_SV_ARG(pattern), n);
    for (size_t i = 0; i < found.n; i++)
        if (is_shown(c, found.items[i].node))
            POND_TRY(cli_describe_node(c, found.items[i].node, err));
    return POND_OK;
}

static pond_code describe_url(cli *c, const pond_url *url, cli_table *t, pond_err *err) {
    cli_file_rows_vec found = {0};
    POND_TRY(cli_subject_files(c, url, &found, err));
    for (size_t i = 0; t != NULL && i < found.n; i++)
        POND_TRY(cli_describe_file_record(c, t, url, &found.items[i], err));
    if (t != NULL)
        return POND_OK;
    cli_printf(c, "=== Provider Schema Description ===\n");
    if (found.n == 0)
        cli_printf(c, "No files found matching pattern '%.*s'\n", POND_SV_ARG(url->path));
    if (found.n > 1)
        cli_printf(c, "Pattern matched %zu files\n", found.n);
    cli_printf(c, "\n");
    for (size_t i = 0; i < found.n; i++)
        POND_TRY(cli_describe_file(c, url, &found.items[i], err));
    return POND_OK;
}

static pond_code print_config(cli *c, pond_err *err) {
    const pond_node *node;
    pond_buf config = POND_BUF_EMPTY;
    if (c->n_args == 0 || cli_is_url(c->args[0]))
        return pond_fail(err, POND_ERR_USAGE, "--config needs the path of one node of the pond");
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    POND_TRY(pond_fs_resolve(pond_session_fs(c->session), c->args[0], true, &node, err));
    pond_code rc = pond_fs_config(pond_session_fs(c->session), node, &config, err);
    if (rc == POND_OK)
        cli_print_text(c, pond_buf_view(&config));
    pond_buf_free(&config);
    return rc;
}

// Into the table, or as text without one.
static pond_code describe(cli *c, cli_table *t, pond_err *err) {
    pond_url url = {.path = c->n_args == 0 ? POND_SV("**/*") : c->args[0]};
    if (!cli_is_url(url.path))
        return describe_pattern(c, &url, t, err);
    POND_TRY(cli_url_parse(c, url.path, &url, err));
    pond_reader reader;
    POND_TRY(pond_reader_open(c->arena, &url, &reader, err));
    return pond_url_is_bytes(&url) ? describe_pattern(c, &url, t, err)
                                   : describe_url(c, &url, t, err);
}

static pond_code run_describe(cli *c, pond_err *err) {
    const describe_options *o = c->options;
    cli_format format;
    POND_TRY(cli_record_format((cli_format)o->format, &format, err));
    POND_TRY(cli_limit(c, &o->limits, 1, err));
    POND_TRY(cli_look_at(c, o->at, err));
    if (o->config)
        return print_config(c, err);
    if (format == CLI_TEXT_FORM)
        return describe(c, NULL, err);
    cli_table *t = cli_describe_table(c, format);
    pond_code rc = describe(c, t, err);
    if (rc == POND_OK)
        cli_table_end(t);
    else
        cli_table_free(t);
    return rc;
}

const cli_command cli_describe = {
    .name = "describe",
    .args = "[PATTERN_OR_URL]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    .is_paged = true,
    CLI_OPTIONS(rows, describe_options),
    .summary = "Show the columns, versions and time ranges of what a pattern matches",
    .details = "Without a pattern: every node. A URL with a format, such as csv:///PATTERN or "
               "host+csv:///PATTERN,\n"
               "shows the columns that the format finds in each file. What cannot be looked into "
               "is treated as by list.\n"
               "A node that a factory computes is shown with its config. --config prints that "
               "alone, as it was given,\n"
               "ready for `pond mknod --overwrite`.\n"
               "`pond edit PATH` does both.",
    .example = "pond describe '/sensors/**'",
    .run = run_describe,
};
