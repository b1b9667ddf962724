// copy: between the host and the pond. A destination that is a host URL means out; everything else
// means in.
#include "cli/copy.h"

#include "factory/factory.h"

static const pond_option rows[] = {
    POND_OPTION("sql", POND_OPT_TEXT, cli_copy_options, sql, .value = "QUERY",
                .help = "store the result of a query; the rows of the file are the table `source`"),
    POND_OPTION("query", POND_OPT_TEXT, cli_copy_options, sql, .value = "QUERY",
                .help = "the same as --sql"),
    POND_OPTION(
        "key", POND_OPT_TEXTS, cli_copy_options, keys, .value = "COLUMN",
        .help = "a series keeps one row for each value of these columns, the latest; a name with "
                "a comma is written in double quotes"),
    POND_OPTION("parents", POND_OPT_BOOL, cli_copy_options, parents, .letter = 'p',
                .help = "make the missing directories of DEST when copying in"),
    POND_OPTION("dry-run", POND_OPT_BOOL, cli_copy_options, is_dry_run, .letter = 'n',
                .help = "read and check everything, say what would come in, and write nothing"),
    POND_OPTION("guess", POND_OPT_BOOL, cli_copy_options, is_guess,
                .help = "with one FILE and no DEST: print the URL that would read it, its columns "
                        "and first rows, and write nothing"),
    POND_OPTION("again", POND_OPT_BOOL, cli_copy_options, is_repeated,
                .help = "add content again that is a version already"),
    POND_OPTION("strip-prefix", POND_OPT_TEXT, cli_copy_options, strip_prefix, .value = "PREFIX",
                .help = "remove PREFIX from the paths of the pond when copying out"),
    CLI_LIMIT_OPTIONS(cli_copy_options, limits),
};

static bool is_host_url(pond_sv text) {
    return pond_sv_starts(text, POND_SV("host:")) || pond_sv_starts(text, POND_SV("host+"));
}

extern const cli_command cli_copy;

static pond_code check_key(const cli_copy_options *o, bool is_out, pond_err *err) {
    if (o->keys.n == 0)
        return POND_OK;
    if (is_out)
        return pond_fail(err, POND_ERR_USAGE, "--key is for copying into the pond");
    if (o->is_repeated)
        return pond_fail(err, POND_ERR_USAGE,
                         "--again adds rows that are there already, and --key leaves them out; "
                         "choose one");
    return POND_OK;
}

static pond_code run_copy(cli *c, pond_err *err) {
    size_t n = c->n_args - 1, n_host = 0;
    pond_sv dest = c->args[n];
    const cli_copy_options *o = c->options;
    for (size_t i = 0; i < n; i++)
        n_host += is_host_url(c->args[i]);
    // What is mounted is computed by a session of its own, which has the same limits.
    if (n_host > 0 && c->mounts.n > 0)
        c->host = pond_session_new(c->arena, pond_factory_open_stored);
    POND_TRY(cli_limit(c, &o->limits, 1, err));
    if (o->is_guess && n == 0)
        return cli_copy_guess(c, err);
    if (o->is_guess)
        return pond_fail(err, POND_ERR_USAGE, "--guess takes one file, and no destination");
    if (n == 0) {
        pond_fail(err, POND_ERR_USAGE, "'copy' takes SOURCE... DEST, not 1 argument");
        pond_err_detail(err, "  for example: %s", cli_copy.example);
        return POND_ERR_USAGE;
    }
    if (dest.n == 0)
        return pond_fail(err, POND_ERR_USAGE,
                         "the destination is empty; the root of the pond is '/'");
    if (pond_sv_is(dest, "-"))
        return pond_fail(err, POND_ERR_USAGE,
                         "copy writes no standard output: 'pond cat PATH' does, with --format "
                         "parquet for the rows of a series as copy writes them");
    POND_TRY(check_key(o, is_host_url(dest), err));
    if (is_host_url(dest)) {
        if (n_host > 0)
            return pond_fail(
                err, POND_ERR_USAGE,
                "Invalid copy: cannot use host:// prefix on both sources and destination");
        return cli_copy_out(c, err);
    }
    if (n_host > 0 && n_host < n)
        return pond_fail(err, POND_ERR_USAGE,
                         "mixed sources: ALL sources must have host:// or host+ prefix, or none");
    for (size_t i = 0; n_host == 0 && i < n; i++)
        if (pond_sv_find(c->args[i], POND_SV("://")) >= 0) {
            pond_fail(err, POND_ERR_USAGE, "'%.*s' is not a file of the host",
                      POND_SV_ARG(c->args[i]));
            pond_err_detail(err,
                            "  into the pond: pond copy FILE or host+csv+series:///FILE… DEST\n"
                            "  out of it:     pond copy PATH… host:///DIR");
            return POND_ERR_USAGE;
        }
    return cli_copy_in(c, n_host > 0, err);
}

const cli_command cli_copy = {
    .name = "copy",
    .args = "SOURCE... DEST",
    .min_args = 1,
    .max_args = -1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, cli_copy_options),
    .summary = "Copy files into the pond, or out of it",
    .details =
        "In: each source is a file or directory of the host, or a URL that says what it becomes:\n"
        "  FILE, host:///FILE               the bytes (data); a directory with everything in it\n"
        "  host+table:///FILE               a Parquet file as a table\n"
        "  host+series:///FILE              a Parquet file as a version of a series\n"
        "  host+csv+series:///FILE?null=NA  the rows of a CSV file as a version of a series\n"
        "  host+csv+table:///FILE           the rows of a CSV file as a table\n"
        "  -                                standard input\n"
        "`pond help csv` lists the options of CSV. --sql changes rows on their way in. DEST is a "
        "directory,\n"
        "or the path of the one file. If its name ends in .series or .table, FILE is read by its "
        "own ending:\n"
        ".csv, .tsv, .json, .jsonl, .ndjson, .lp (also with .gz, .zst or .bz2 after it), .xlsx or "
        ".parquet.\n"
        "A file without such an ending must then be Parquet. A Parquet file is read as a whole "
        "before it\n"
        "is taken. A second copy to a series appends to it, and several sources become its "
        "versions, in\n"
        "their order. The path in a URL may be a pattern, as in the pond: "
        "host+csv+series:///data/*.csv.\n"
        "Pipes and FIFOs are read to their end first.\n\n"
        "--key timestamp, or --key timestamp,site, is for files that overlap, such as the last 30 "
        "days of\n"
        "each day: the series shows one row for each time, that of the latest copy. Only rows that "
        "are new\n"
        "or have changed are stored. Give it with every copy to that series.\n\n"
        "Out: pond copy PATH_OR_PATTERN... host:///DIR writes each match to DIR/PATH, tables and "
        "series\n"
        "as Parquet. A directory whose config is wrong is an error where a pattern meets it.",
    .example = "pond copy -p 'host+csv+series:///data/flow.csv?null=NA' /sensors/flow.series",
    .run = run_copy,
};
