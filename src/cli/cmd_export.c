// export: turns the words of the command line into the options of an export, and runs it.
#include "cli/cli.h"
#include "cli/export_print.h"
#include "cli/host.h"
#include "cli/at.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "factory/origins.h"
#include "cli/page.h"

typedef struct export_options {
    pond_texts patterns;
    pond_sv dir, temporal, start_time, end_time, shard, retain;
    int64_t plan; // 0: export
    bool allow_empty, keep_stale, prune, force, dry_run, rebuild, verify, merge;
    int64_t jobs; // 0: as many as there are processors
    cli_limits limits;
    pond_sv at;
    int format; // cli_format
    int tables;
} export_options;

// The words of --table-format, in their order.
enum { TABLES_PARQUET, TABLES_DELTA };

static const pond_option rows[] = {
    POND_OPTION("pattern", POND_OPT_TEXTS, export_options, patterns, .letter = 'p',
                .value = "PATTERN",
                .help = "what to export, as one stage; repeatable, stages run in order"),
    POND_OPTION("dir", POND_OPT_TEXT, export_options, dir, .is_required = true, .value = "DIR",
                .help = "the directory of the files; created if it is missing"),
    POND_OPTION("temporal", POND_OPT_TEXT, export_options, temporal, .value = "UNITS",
                .help = "split series by time: year, or year,month, … down to the second"),
    POND_OPTION("start-time", POND_OPT_TEXT, export_options, start_time, .value = "TIME",
                .help = "only rows from TIME on: 2024-01-31, or a date and a time; UTC"),
    POND_OPTION("end-time", POND_OPT_TEXT, export_options, end_time, .value = "TIME",
                .help = "only rows before TIME"),
    POND_OPTION("table-format", POND_OPT_CHOICE, export_options, tables, .value = "parquet|delta",
                .help = "delta adds a Delta Lake log to the directory of each series or table"),
    POND_OPTION("retain", POND_OPT_TEXT, export_options, retain, .value = "DURATION",
                .help = "how long files that left a Delta table stay for its readers: 7d, 12h, 0 "
                        "(default: 7d)"),
    POND_OPTION("dry-run", POND_OPT_BOOL, export_options, dry_run,
                .help = "list what would be written, kept and removed, and why; change nothing"),
    POND_OPTION("format", POND_OPT_CHOICE, export_options, format, .min = CLI_TEXT_FORM,
                .value = CLI_RECORD_FORMATS,
                .help = "print the state of each file: text does so for --dry-run only, the "
                        "others always"),
    POND_OPTION("rebuild", POND_OPT_BOOL, export_options, rebuild, .help = "make every file again"),
    POND_OPTION("verify", POND_OPT_BOOL, export_options, verify,
                .help = "read files before keeping them, and all files of the host, instead of "
                        "comparing size and times"),
    POND_OPTION("keep-stale", POND_OPT_BOOL, export_options, keep_stale,
                .help = "keep files of earlier exports that this export does not make"),
    POND_OPTION("prune", POND_OPT_BOOL, export_options, prune,
                .help = "remove such files also where no --pattern matches what they were made "
                        "from"),
    POND_OPTION("force", POND_OPT_BOOL, export_options, force,
                .help = "replace files that no export made, and the export of another pond"),
    POND_OPTION("allow-empty", POND_OPT_BOOL, export_options, allow_empty,
                .help = "warn about a pattern that matches nothing, instead of failing"),
    POND_OPTION("jobs", POND_OPT_INT, export_options, jobs, .min = 0, .max = 1024, .value = "N",
                .help = "number of workers (default: one for each processor)"),
    CLI_AT_OPTION(export_options, at),
    CLI_LIMIT_OPTIONS(export_options, limits),
    POND_OPTION("shard", POND_OPT_TEXT, export_options, shard, .value = "I/N",
                .help =
                    "make only the files of shard I of N, counted from 0; --merge publishes them"),
    POND_OPTION("merge", POND_OPT_BOOL, export_options, merge,
                .help = "publish what all shards of this export made"),
    POND_OPTION("plan", POND_OPT_INT, export_options, plan, .min = 1, .max = POND_EXPORT_MAX_SHARDS,
                .value = "N",
                .help = "print how much each of N shards would have to do; change nothing"),
};

static pond_code parse_shard(pond_sv text, int *shard, int *n_shards, pond_err *err) {
    uint64_t i = 0, n = 0;
    ptrdiff_t slash = pond_sv_find_char(text, '/');
    bool is_read = slash >= 0 && pond_sv_to_uint(pond_sv_sub(text, 0, (size_t)slash), &i) &&
                   pond_sv_to_uint(pond_sv_sub(text, (size_t)slash + 1, text.n), &n);
    if (!is_read || i >= n || n > POND_EXPORT_MAX_SHARDS)
        return pond_fail(err, POND_ERR_USAGE,
                         "--shard takes I/N, where I counts from 0 to N-1 and N is at most %d: "
                         "0/4, 1/4, 2/4, 3/4; not '%.*s'",
                         POND_EXPORT_MAX_SHARDS, POND_SV_ARG(text));
    *shard = (int)i;
    *n_shards = (int)n;
    return POND_OK;
}

// A duration, or 0 with or without a unit.
static pond_code parse_retain(cli *c, pond_sv text, int64_t *retain_us, pond_err *err) {
    pond_sv rest = pond_sv_trim(text);
    size_t n_zeros = 0;
    while (n_zeros < rest.n && rest.p[n_zeros] == '0')
        n_zeros++;
    rest = pond_sv_sub(rest, n_zeros, rest.n);
    bool is_zero = n_zeros > 0 && (rest.n == 0 || rest.p[0] < '0' || rest.p[0] > '9');
    // 0d is none, but 0x is an error, as 1x is.
    pond_sv checked = !is_zero      ? text
                      : rest.n == 0 ? POND_SV("1d")
                                    : pond_svf(c->arena, "1%.*s", POND_SV_ARG(rest));
    if (pond_duration_parse(checked, retain_us, err) != POND_OK)
        return pond_fail(err, POND_ERR_USAGE,
                         "--retain takes a duration such as 7d, 12h or 1h30m, or 0; not '%.*s'",
                         POND_SV_ARG(text));
    if (is_zero)
        *retain_us = POND_RETAIN_NONE;
    return POND_OK;
}

static pond_code fill(cli *c, const export_options *o, pond_export_options *out, pond_err *err) {
    *out = (pond_export_options){
        .patterns = o->patterns.items,
        .n_patterns = o->patterns.n,
        .dir = o->dir.p,
        .range = POND_RANGE_ALL,
        .tables = o->tables == TABLES_DELTA ? POND_TABLES_DELTA : POND_TABLES_PARQUET,
        .allow_empty = o->allow_empty,
        .keep_stale = o->keep_stale,
        .prune = o->prune,
        .force = o->force,
        .dry_run = o->dry_run,
        .rebuild = o->rebuild,
        .verify = o->verify,
        .n_jobs = (int)o->jobs,
        .merge = o->merge,
        .program = POND_VERSION,
    };
    if (o->patterns.n == 0)
        return pond_fail(err, POND_ERR_USAGE, "At least one pattern must be specified");
    if (o->temporal.p != NULL)
        POND_TRY(pond_export_parse_periods(o->temporal, &out->n_periods, err));
    if (o->start_time.p != NULL)
        POND_TRY_CTX(pond_time_parse(o->start_time, &out->range.lo_us, err), err, "--start-time");
    if (o->end_time.p != NULL)
        POND_TRY_CTX(pond_time_parse(o->end_time, &out->range.hi_us, err), err, "--end-time");
    if (pond_range_is_empty(out->range))
        return pond_fail(err, POND_ERR_USAGE,
                         "--start-time %.*s is not before --end-time %.*s: no row would be kept",
                         POND_SV_ARG(o->start_time), POND_SV_ARG(o->end_time));
    if (o->retain.p != NULL)
        POND_TRY(parse_retain(c, o->retain, &out->retain_us, err));
    if (o->retain.p != NULL && out->tables != POND_TABLES_DELTA)
        return pond_fail(err, POND_ERR_USAGE,
                         "--retain is about Delta tables: give it with --table-format delta");
    if (o->shard.p != NULL)
        POND_TRY(parse_shard(o->shard, &out->shard, &out->n_shards, err));
    if (o->shard.p != NULL && o->merge)
        return pond_fail(
            err, POND_ERR_USAGE,
            "--shard makes the files of one shard, --merge publishes the files of all shards: "
            "give only one of them");
    if (o->plan > 0 && (o->shard.p != NULL || o->merge))
        return pond_fail(err, POND_ERR_USAGE,
                         "--plan shows what shards would do: give it without %s",
                         o->merge ? "--merge" : "--shard");
    if (o->prune && o->keep_stale)
        return pond_fail(err, POND_ERR_USAGE,
                         "--prune removes files of earlier exports, --keep-stale keeps them: give "
                         "only one of them");
    out->vars = cli_vars(c);
    return POND_OK;
}

// The first pattern says which tree is exported; one of another tree is an error of the export.
static pond_code open_tree(cli *c, const export_options *o, pond_err *err) {
    pond_url url = {0};
    if (cli_is_url(o->patterns.items[0]))
        POND_TRY(cli_url_parse(c, o->patterns.items[0], &url, err));
    return cli_open_tree(c, url.is_host, err);
}

// A line for each shard, which carries as much as the others where the files allow it.
static pond_code print_plan(cli *c, int64_t n, cli_format format, pond_export_options *options,
                            pond_err *err) {
    pond_export_share *shares = POND_NEW_ARRAY(c->arena, pond_export_share, n);
    options->n_shards = (int)n;
    POND_TRY_CTX(pond_export_plan_shards(c->session, options, shares, err), err, "export to '%s'",
                 options->dir);
    cli_export_shares(c, format, shares, (size_t)n);
    return POND_OK;
}

static pond_code run_export(cli *c, pond_err *err) {
    const export_options *o = c->options;
    pond_export_options options;
    pond_export_result result;
    cli_format format;
    cli_export_meter m = {.began_us = pond_now_us()};
    POND_TRY(fill(c, o, &options, err));
    POND_TRY(cli_record_format((cli_format)o->format, &format, err));
    POND_TRY(cli_limit(c, &o->limits, o->jobs > 0 ? (int)o->jobs : 1, err));
    POND_TRY(cli_look_at(c, o->at, err));
    POND_TRY(open_tree(c, o, err));
    if (!c->at.is_given)
        POND_TRY(pond_origins_warn(c->session, err));
    // Log files get the summary, but nothing that is drawn over and over.
    if (c->errors_to_terminal && !c->is_quiet) {
        options.progress = cli_export_draw;
        options.progress_user = &m;
    }
    if (o->plan > 0)
        return print_plan(c, o->plan, format, &options, err);
    cli_trace(c, "exporting to %s", options.dir);
    pond_code rc = pond_export_run(c->session, &options, &result, err);
    cli_export_erase(&m);
    if (rc == POND_ERR_TEMPLATE)
        cli_explain_undefined("a page sees what the stages before its own made: put the --pattern "
                              "of the data before that of the pages",
                              err);
    double seconds = (double)(pond_now_us() - m.began_us) / 1e6;
    // A dry run that finds a conflict has a result, too: it shows the files in question. POND_FORMAT
    // says how files are printed, and not whether.
    bool is_asked = o->format != CLI_FORMAT_UNSAID && format != CLI_TEXT_FORM;
    if (format == CLI_TEXT_FORM ? o->dry_run : rc == POND_OK && (is_asked || o->dry_run))
        cli_export_files(c, format, &result);
    if (rc == POND_OK)
        rc = cli_screen_end(c->screen, err); // a pager has the terminal until it is left
    if (rc == POND_OK && !c->is_quiet)
        cli_export_summary(&result, o->dry_run, seconds);
    return pond_wrap(err, rc, "export to '%s'", options.dir);
}

const cli_command cli_export = {
    .name = "export",
    .args = "",
    .pond = CLI_NO_POND,
    .is_paged = true,
    CLI_OPTIONS(rows, export_options),
    .summary = "Write series as partitioned Parquet, and pages that list what was written",
    .details =
        "At least one --pattern is needed. Each is a stage: a pattern, or a URL with one, such as "
        "csv:///in/*.csv\n"
        "or, without a pond, host+csv:///data/*.csv. A match goes to DIR/CAPTURE/CAPTURE…, named "
        "by what the\n"
        "wildcards matched. Templates of a stage see the files that the stages before it made. "
        "Only what\n"
        "changed is made again; each file is replaced as a whole; files that are no longer made "
        "are removed.\n"
        "So that nothing is missed and removed, a directory whose config is wrong is an error "
        "where a pattern\n"
        "meets it.",
    .example = "pond export -p '/reduced/*/*.series' -p '/site/*' --dir ./site --temporal "
               "year,month -v title=Harbour",
    .run = run_export,
};
