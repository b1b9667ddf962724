#include "cli/cli.h"

#include "base/file.h"
#include "base/time.h"
#include "cli/arrow.h"
#include "cli/print.h"
#include "export/export.h"
#include "relation/file.h"
#include "relation/match.h"
#include "relation/wrapper.h"
#include "factory/template.h"
#include "tera/tera.h"

#include <inttypes.h>
#include <unistd.h>

enum { FORMAT_AUTO, FORMAT_RAW, FORMAT_TABLE, FORMAT_CSV };

typedef struct cat_options {
    int format;
    pond_sv sql, time_start, time_end, context;
    bool explain;
} cat_options;

static const pond_option rows[] = {
    POND_OPTION("format", POND_OPT_CHOICE, cat_options, format, .value = "auto|raw|table|csv",
                .help = "rows as a grid, as CSV, or raw: one Parquet file (auto: a grid on a "
                        "terminal)"),
    POND_OPTION("sql", POND_OPT_TEXT, cat_options, sql, .value = "QUERY",
                .help = "a SELECT over the rows, which are the table `source`"),
    POND_OPTION("query", POND_OPT_TEXT, cat_options, sql, .value = "QUERY",
                .help = "the same as --sql"),
    POND_OPTION("time-start", POND_OPT_TEXT, cat_options, time_start, .value = "TIME",
                .help = "rows from this time on: milliseconds or a date"),
    POND_OPTION("time-end", POND_OPT_TEXT, cat_options, time_end, .value = "TIME",
                .help = "rows up to and including this time"),
    POND_OPTION("context", POND_OPT_TEXT, cat_options, context, .value = "DIR",
                .help = "render a template with what the last export into DIR made"),
    POND_OPTION("explain", POND_OPT_BOOL, cat_options, explain,
                .help = "say what would be read, and run nothing"),
};

// What PATH_OR_URL turned out to be: rows, bytes of a node, or bytes of a host file.
typedef struct subject {
    pond_url url;
    const pond_node *node;   // of the pond; NULL: the host, or several
    pond_relation *relation; // NULL: bytes
    const char *host_path;
    pond_type type;
} subject;

// Finding it
// ----------------------------------------------------------------------------------------

static pond_code find_on_host(cli *c, subject *s, pond_err *err) {
    pond_texts paths = {0};
    POND_TRY(cli_host_glob(c, s->url.path, false, &paths, err));
    if (paths.n == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND, "No files match pattern: %.*s",
                         POND_SV_ARG(s->url.path));
    s->type = POND_T_DATA;
    s->host_path = cli_host_path(c, paths.items[0]);
    if (pond_url_is_bytes(&s->url)) {
        if (paths.n > 1)
            return pond_fail(err, POND_ERR_USAGE,
                             "'%.*s' matches %zu files; bytes are printed of one",
                             POND_SV_ARG(s->url.text), paths.n);
        return POND_OK;
    }
    pond_relation **parts = POND_NEW_ARRAY(c->arena, pond_relation *, paths.n);
    for (size_t i = 0; i < paths.n; i++) {
        const char *path = cli_host_path(c, paths.items[i]);
        if (access(path, R_OK) != 0)
            return pond_fail_errno(err, "cannot open '%s'", path);
        POND_TRY(pond_host_file_relation(c->session, &s->url, path, &parts[i], err));
    }
    s->relation = pond_union_of(c->session, parts, paths.n);
    return POND_OK;
}

static pond_code no_rows_match(cli *c, const pond_pattern *in, pond_err *err) {
    pond_match_vec found = {0};
    pond_fail(err, POND_ERR_NOT_FOUND, "No files match pattern: %.*s", POND_SV_ARG(in->url.path));
    if (pond_fs_glob(pond_session_fs(c->session), c->arena, &in->glob, &found, NULL) == POND_OK &&
        found.n > 0)
        pond_err_detail(err,
                        "  it matches '%.*s', which is %s: bytes are printed of one file, and read "
                        "as rows by a format, as in csv:///PATTERN",
                        POND_SV_ARG(found.items[0].node->path),
                        pond_type_name(found.items[0].node->type));
    return POND_ERR_NOT_FOUND;
}

static pond_code find_in_pond(cli *c, subject *s, pond_err *err) {
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    pond_glob glob;
    POND_TRY(pond_glob_parse(c->arena, s->url.path, &glob, err));
    pond_code rc = pond_fs_resolve(pond_session_fs(c->session), s->url.path, true, &s->node, err);
    if (rc != POND_OK && glob.n_wildcards == 0)
        return pond_wrap(err, rc, "Failed to get metadata for '%.*s'", POND_SV_ARG(s->url.path));
    if (rc == POND_OK) { // also a name that has a `*` in it
        s->type = s->node->type;
        if (pond_type_is_dir(s->type))
            return pond_fail(err, POND_ERR_INVALID,
                             "'%.*s' is a directory; `pond list '%.*s/'` shows what is in it",
                             POND_SV_ARG(s->node->path), POND_SV_ARG(s->node->path));
        if (pond_url_is_bytes(&s->url) && !pond_type_is_queryable(s->type))
            return POND_OK;
    }
    pond_pattern in = {.url = s->url, .glob = glob};
    pond_match_vec matches = {0};
    POND_TRY(pond_pattern_match(c->session, &in, &matches, err));
    if (matches.n == 0)
        return no_rows_match(c, &in, err);
    s->type = matches.items[0].node->type;
    return pond_pattern_unite(c->session, &in, matches.items, matches.n, &s->relation, err);
}

// Printing rows
// -------------------------------------------------------------------------------------

static pond_code parse_time(const char *option, pond_sv text, int64_t *out_us, pond_err *err) {
    int64_t ms;
    if (!pond_sv_to_int(text, &ms)) {
        POND_TRY_CTX(pond_time_parse(text, out_us, err), err, "%s", option);
        return POND_OK;
    }
    if (ms > INT64_MAX / 1000 - 1 || ms < INT64_MIN / 1000 + 1)
        return pond_fail(err, POND_ERR_USAGE, "%s: %" PRId64 " milliseconds are out of range",
                         option, ms);
    *out_us = ms * 1000;
    return POND_OK;
}

static pond_code wanted_range(const cat_options *o, pond_range *out, pond_err *err) {
    *out = POND_RANGE_ALL;
    if (o->time_start.p != NULL)
        POND_TRY(parse_time("--time-start", o->time_start, &out->lo_us, err));
    if (o->time_end.p != NULL) {
        POND_TRY(parse_time("--time-end", o->time_end, &out->hi_us, err));
        out->hi_us++; // included
    }
    return POND_OK;
}

static pond_code print_parquet(cli *c, pond_engine *engine, pond_sv sql, const char *scratch,
                               pond_err *err) {
    char *path = pond_path_join(c->arena, scratch, "rows.parquet");
    pond_parquet_stats stats;
    POND_TRY(pond_engine_write_parquet(engine, sql, path, &stats, err));
    return stats.rows == 0 ? POND_OK : cli_print_file(path, err);
}

static pond_code print_rows(cli *c, pond_relation *r, pond_err *err) {
    const cat_options *o = c->options;
    int format = o->format != FORMAT_AUTO ? o->format
                 : isatty(STDOUT_FILENO)  ? FORMAT_TABLE
                                          : FORMAT_RAW;
    pond_range range;
    pond_engine *engine;
    const char *scratch = NULL;
    POND_TRY(wanted_range(o, &range, err));
    if (format == FORMAT_RAW)
        POND_TRY(pond_session_scratch(c->session, &scratch, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = pond_session_engine(c->session, &engine, err);
    if (rc == POND_OK)
        rc = pond_relation_query(c->session, r, range, o->sql, &sql, err);
    if (rc == POND_OK) {
        rc = format == FORMAT_RAW   ? print_parquet(c, engine, pond_buf_view(&sql), scratch, err)
             : format == FORMAT_CSV ? cli_print_csv(engine, pond_buf_view(&sql), stdout, err)
                                    : cli_print_table(engine, pond_buf_view(&sql), stdout, err);
        if (o->sql.n == 0)
            pond_wrap(err, rc, "%.*s", POND_SV_ARG(r->path));
    }
    if (o->sql.n > 0)
        pond_wrap(err, rc, "Failed to execute SQL query '%.*s'", POND_SV_ARG(o->sql));
    pond_buf_free(&sql);
    return rc;
}

// Explaining
// ----------------------------------------------------------------------------------------

static void print_fields(cli *c, const char *title, pond_schema schema) {
    printf("%s: %zu fields\n", title, schema.n);
    for (size_t i = 0; i < schema.n; i++)
        printf("  %.*s %.*s\n", POND_SV_ARG(schema.items[i].name),
               POND_SV_ARG(cli_arrow_type(c->arena, schema.items[i].type)));
}

static pond_code explain_rows(cli *c, const subject *s, pond_err *err) {
    const cat_options *o = c->options;
    pond_schema schema, output;
    pond_engine *engine;
    pond_range range;
    POND_TRY(wanted_range(o, &range, err));
    POND_TRY(pond_session_engine(c->session, &engine, err));
    POND_TRY(pond_relation_schema(c->session, s->relation, &schema, err));
    print_fields(c, "Schema", schema);
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = pond_relation_query(c->session, s->relation, range, o->sql, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_schema(engine, c->arena, pond_buf_view(&sql), &output, err);
    if (rc == POND_OK) {
        printf("SQL:\n  %s\n", o->sql.n > 0 ? pond_cstr(c->arena, o->sql) : "SELECT * FROM source");
        print_fields(c, "Output", output);
    }
    pond_buf_free(&sql);
    return rc;
}

static pond_code explain(cli *c, const subject *s, pond_err *err) {
    const cat_options *o = c->options;
    printf("=== pond cat --explain ===\nPath: %.*s\nURL: %.*s\nScheme: %.*s\nHost: %s\nType: "
           "%s\nQuery: %s\n",
           POND_SV_ARG(s->url.path), POND_SV_ARG(s->url.text), POND_SV_ARG(s->url.format),
           s->url.is_host ? "yes" : "no", pond_type_name(s->type), o->sql.n > 0 ? "yes" : "no");
    if (s->relation != NULL)
        return explain_rows(c, s, err);
    if (s->node != NULL && s->node->size_bytes >= 0)
        printf("Size: %lld bytes\n", (long long)s->node->size_bytes);
    printf("The file gives raw bytes; it is not queryable.\n");
    return POND_OK;
}

// The command
// ---------------------------------------------------------------------------------------

static pond_code page_context(cli *c, const subject *s, pond_page_context *out, pond_err *err) {
    const cat_options *o = c->options;
    pond_value vars;
    POND_TRY(cli_vars(c, &vars, err));
    if (o->context.n > 0)
        return pond_export_load_context(c->arena, o->context.p, s->node->path, vars, out, err);
    *out = pond_page_context_of(c->arena, NULL, NULL, vars);
    return POND_OK;
}

// Whether a page failed because it is read outside of an export.
static bool needs_context(const pond_err *err) {
    pond_sv name;
    return pond_tera_err_undefined(err, &name) &&
           (pond_sv_is(name, "export") || pond_sv_is(name, "stages"));
}

static pond_code print_bytes(cli *c, const subject *s, pond_err *err) {
    const cat_options *o = c->options;
    if (o->format == FORMAT_TABLE || o->format == FORMAT_CSV)
        return pond_fail(err, POND_ERR_USAGE,
                         "Table display mode only supports file:table and file:series types, but "
                         "this file is %s (for text "
                         "such as CSV write %scsv://%.*s)",
                         pond_type_name(s->type), s->url.is_host ? "host+" : "",
                         POND_SV_ARG(s->url.path));
    if (s->host_path != NULL)
        return cli_print_file(s->host_path, err);
    pond_page_context context;
    POND_TRY(page_context(c, s, &context, err));
    pond_buf bytes = POND_BUF_EMPTY;
    pond_code rc = pond_fs_read(pond_session_fs(c->session), s->node, &context, &bytes, err);
    if (rc == POND_ERR_TEMPLATE && o->context.n == 0 && needs_context(err))
        pond_err_detail(err, "  --context DIR renders it with what the last export into DIR made");
    if (rc == POND_OK)
        fwrite(bytes.p == NULL ? "" : bytes.p, 1, bytes.n, stdout); // cli_flush tells
    pond_buf_free(&bytes);
    return rc;
}

static pond_code run(cli *c, pond_err *err) {
    const cat_options *o = c->options;
    subject s = {0};
    pond_sv text = c->args[0];
    if (pond_sv_find(text, POND_SV("://")) < 0 && text.n > 0 && text.p[0] != '/')
        text = pond_svf(c->arena, "/%.*s", POND_SV_ARG(text));
    pond_reader reader;
    POND_TRY(pond_url_parse(c->arena, text, &s.url, err));
    POND_TRY(pond_reader_open(c->arena, &s.url, &reader, err));
    POND_TRY(s.url.is_host ? find_on_host(c, &s, err) : find_in_pond(c, &s, err));
    if (o->explain)
        return explain(c, &s, err);
    return s.relation != NULL ? print_rows(c, s.relation, err) : print_bytes(c, &s, err);
}

const cli_command cli_cat = {
    .name = "cat",
    .args = "PATH_OR_URL",
    .min_args = 1,
    .max_args = 1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, cat_options),
    .summary = "Print a file: its bytes, its rows, or what a query makes of them",
    .details = "csv:///PATH parses a file of the pond, host+csv:///FILE one of the host (no pond "
               "is needed then).\n"
               "Wildcards unite the rows of all matching files by column name.",
    .example = "pond cat /sensors/flow.series --sql 'SELECT max(flow) FROM source' --format table",
    .run = run,
};
