#include "cli/cli.h"

#include "export/export.h"

#include <inttypes.h>
#include <unistd.h>

typedef struct export_options {
    pond_texts patterns;
    pond_sv dir, temporal, start_time, end_time, shard;
    bool allow_empty, keep_stale, force, dry_run, rebuild, verify, merge, quiet;
    int64_t jobs;       // 0: as many as there are processors
    uint64_t memory;    // bytes; 0: the default
    int format, tables; // below
} export_options;

// In the order of the choices.
enum { FORMAT_TEXT, FORMAT_JSON };
enum { TABLES_PARQUET, TABLES_DELTA };

static const pond_option rows[] = {
    POND_OPTION("pattern", POND_OPT_TEXTS, export_options, patterns, .letter = 'p',
                .value = "PATTERN",
                .help = "a stage: what to export; repeatable, stages run in order"),
    POND_OPTION("dir", POND_OPT_TEXT, export_options, dir, .is_required = true, .value = "DIR",
                .help = "where the files go"),
    POND_OPTION("temporal", POND_OPT_TEXT, export_options, temporal, .value = "UNITS",
                .help = "split series by time: year,month,day,hour,minute,second, or less"),
    POND_OPTION("start-time", POND_OPT_TEXT, export_options, start_time, .value = "TIME",
                .help = "keep rows from TIME on (2024-01-31, or with a time; UTC)"),
    POND_OPTION("end-time", POND_OPT_TEXT, export_options, end_time, .value = "TIME",
                .help = "keep rows before TIME"),
    POND_OPTION("table-format", POND_OPT_CHOICE, export_options, tables, .value = "parquet|delta",
                .help = "delta: each series or table becomes a directory with a Delta Lake log"),
    POND_OPTION("dry-run", POND_OPT_BOOL, export_options, dry_run,
                .help = "say what would be written, kept and removed, and why"),
    POND_OPTION("format", POND_OPT_CHOICE, export_options, format, .value = "text|json",
                .help = "how the result is told"),
    POND_OPTION("rebuild", POND_OPT_BOOL, export_options, rebuild, .help = "make everything anew"),
    POND_OPTION("verify", POND_OPT_BOOL, export_options, verify,
                .help = "read the files that stand, instead of trusting size and time"),
    POND_OPTION("keep-stale", POND_OPT_BOOL, export_options, keep_stale,
                .help = "keep files of earlier exports that this one does not make"),
    POND_OPTION("force", POND_OPT_BOOL, export_options, force,
                .help = "replace files that no export wrote"),
    POND_OPTION("allow-empty", POND_OPT_BOOL, export_options, allow_empty,
                .help = "a pattern that matches nothing is a warning"),
    POND_OPTION("jobs", POND_OPT_INT, export_options, jobs, .min = 0, .max = 1024, .value = "N",
                .help = "workers (default: the number of processors)"),
    POND_OPTION("memory", POND_OPT_SIZE, export_options, memory, .value = "SIZE",
                .help = "of all workers together, such as 512MB (default 2GB)"),
    POND_OPTION("shard", POND_OPT_TEXT, export_options, shard, .value = "I/N",
                .help = "make the files of shard I of N only (from 0), for a --merge to publish"),
    POND_OPTION("merge", POND_OPT_BOOL, export_options, merge,
                .help = "publish what all the shards of this export made"),
    POND_OPTION("quiet", POND_OPT_BOOL, export_options, quiet, .help = "no progress, no summary"),
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

static pond_code fill(cli *c, const export_options *o, pond_export_options *out, pond_err *err) {
    *out = (pond_export_options){
        .patterns = o->patterns.items,
        .n_patterns = o->patterns.n,
        .dir = o->dir.p,
        .range = POND_RANGE_ALL,
        .tables = o->tables == TABLES_DELTA ? POND_TABLES_DELTA : POND_TABLES_PARQUET,
        .allow_empty = o->allow_empty,
        .keep_stale = o->keep_stale,
        .force = o->force,
        .dry_run = o->dry_run,
        .rebuild = o->rebuild,
        .verify = o->verify,
        .n_jobs = (int)o->jobs,
        .memory_bytes = o->memory,
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
    if (o->shard.p != NULL)
        POND_TRY(parse_shard(o->shard, &out->shard, &out->n_shards, err));
    if (o->shard.p != NULL && o->merge)
        return pond_fail(
            err, POND_ERR_USAGE,
            "--shard makes one shard's files and --merge publishes those of all shards: "
            "give one of them, not both");
    return cli_vars(c, &out->vars, err);
}

// Progress on a terminal: one line a stage, redrawn.
typedef struct meter {
    int64_t began_us, drawn_us;
    bool is_drawn;
} meter;

static void draw(void *user, const pond_export_progress *p) {
    meter *m = user;
    int64_t now = pond_now_us();
    if (m->is_drawn && now - m->drawn_us < 100000 && p->done < p->total)
        return;
    m->is_drawn = true;
    m->drawn_us = now;
    double seconds = (double)(now - m->began_us) / 1e6;
    double left = p->done == 0 ? 0 : seconds / (double)p->done * (double)(p->total - p->done);
    char size[16];
    cli_size(p->bytes, size);
    fprintf(stderr,
            "\rstage %zu/%zu: %zu of %zu units, %" PRIu64
            " rows, %s, %.0f rows/s, %.0f s left \033[K",
            p->stage + 1, p->n_stages, p->done, p->total, p->rows, size,
            seconds > 0 ? (double)p->rows / seconds : 0, left);
    fflush(stderr);
}

static void print_files(const pond_export_result *r) {
    for (size_t i = 0; i < r->n_files; i++) {
        const pond_export_file *f = &r->files[i];
        printf("%-8s %.*s  (%s)\n", pond_export_state_name(f->state), POND_SV_ARG(f->file), f->why);
    }
}

static void print_summary(const export_options *o, const pond_export_result *r, double seconds) {
    char size[16];
    cli_size(r->bytes, size);
    fprintf(stderr,
            "%s%" PRIu64 " rows in %" PRIu64 " files (%s): %" PRIu64 " written, %" PRIu64
            " kept, %" PRIu64 " removed; %.2f s\n",
            o->dry_run ? "would be: " : "", r->rows, r->n_written + r->n_kept, size, r->n_written,
            r->n_kept, r->n_removed, seconds);
}

static pond_code run(cli *c, pond_err *err) {
    const export_options *o = c->options;
    pond_export_options options;
    pond_export_result result;
    meter m = {.began_us = pond_now_us()};
    POND_TRY(fill(c, o, &options, err));
    // On a terminal only: what a script or a log file reads is the result.
    bool is_talking = isatty(STDERR_FILENO) && !o->quiet;
    if (is_talking) {
        options.progress = draw;
        options.progress_user = &m;
    }
    pond_code rc = pond_export_run(c->session, &options, &result, err);
    if (m.is_drawn)
        fprintf(stderr, "\r\033[K");
    POND_TRY_CTX(rc, err, "export to '%s'", options.dir);
    double seconds = (double)(pond_now_us() - m.began_us) / 1e6;
    if (o->format == FORMAT_JSON) {
        pond_buf json = POND_BUF_EMPTY;
        pond_json_write(&json, pond_export_result_value(c->arena, &result), 2);
        printf("%s\n", json.p);
        pond_buf_free(&json);
    } else if (o->dry_run) {
        print_files(&result);
    }
    if (is_talking)
        print_summary(o, &result, seconds);
    return cli_flush(err);
}

const cli_command cli_export = {
    .name = "export",
    .args = "",
    .pond = CLI_READS,
    CLI_OPTIONS(rows, export_options),
    .summary = "Write series as partitioned Parquet, and pages that know what was written",
    .details = "Each --pattern is a stage. A match goes to DIR/CAPTURE/CAPTURE…, by what the "
               "pattern's wildcards\n"
               "matched; templates of a later stage see what the stages before wrote. Only what "
               "changed is made\n"
               "again, each file is replaced whole, and files that are no longer made are removed.",
    .example = "pond export -p '/reduced/*/*.series' -p '/site/*' --dir ./site --temporal "
               "year,month -v title=Harbour",
    .run = run,
};
