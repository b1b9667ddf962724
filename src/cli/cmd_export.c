#include "cli/cli.h"

#include "export/export.h"

#include <inttypes.h>
#include <unistd.h>

typedef struct export_options {
    cli_texts patterns;
    pond_sv dir, temporal, start_time, end_time, memory, shard;
    bool allow_empty, keep_stale, force, dry_run, rebuild, verify, merge, quiet;
    int64_t jobs;
    int format; // text, json
    int tables; // parquet, delta
} export_options;

#define OPT(member) offsetof(export_options, member)
static const cli_option rows[] = {
    {'p', "pattern", CLI_TEXTS, OPT(patterns), "PATTERN",
     "a stage: what to export; repeatable, stages run in order"},
    {0, "dir", CLI_TEXT, OPT(dir), "DIR", "where the files go"},
    {0, "temporal", CLI_TEXT, OPT(temporal), "UNITS",
     "split series by time: year,month,day,hour,minute,second, or less"},
    {0, "start-time", CLI_TEXT, OPT(start_time), "TIME",
     "keep rows from TIME on (2024-01-31, or with a time; UTC)"},
    {0, "end-time", CLI_TEXT, OPT(end_time), "TIME", "keep rows before TIME"},
    {0, "table-format", CLI_CHOICE, OPT(tables), "parquet|delta",
     "delta: each series or table becomes a directory with a Delta Lake log"},
    {0, "dry-run", CLI_FLAG, OPT(dry_run), NULL,
     "say what would be written, kept and removed, and why"},
    {0, "format", CLI_CHOICE, OPT(format), "text|json", "how the result is told"},
    {0, "rebuild", CLI_FLAG, OPT(rebuild), NULL, "make everything anew"},
    {0, "verify", CLI_FLAG, OPT(verify), NULL,
     "read the files that stand, instead of trusting size and time"},
    {0, "keep-stale", CLI_FLAG, OPT(keep_stale), NULL,
     "keep files of earlier exports that this one does not make"},
    {0, "force", CLI_FLAG, OPT(force), NULL, "replace files that no export wrote"},
    {0, "allow-empty", CLI_FLAG, OPT(allow_empty), NULL,
     "a pattern that matches nothing is a warning"},
    {0, "jobs", CLI_INT, OPT(jobs), "N", "workers (default: the number of processors)"},
    {0, "memory", CLI_TEXT, OPT(memory), "SIZE",
     "of all workers together, such as 512MB (default 2GB)"},
    {0, "shard", CLI_TEXT, OPT(shard), "I/N",
     "make the files of shard I of N only (from 0), for a --merge to publish"},
    {0, "merge", CLI_FLAG, OPT(merge), NULL, "publish what all the shards of this export made"},
    {0, "quiet", CLI_FLAG, OPT(quiet), NULL, "no progress, no summary"},
};

static pond_code parse_memory(pond_sv text, uint64_t *out, pond_err *err) {
    static const struct {
        const char *suffix;
        uint64_t bytes;
    } units[] = {{"GB", 1u << 30}, {"G", 1u << 30}, {"MB", 1u << 20}, {"M", 1u << 20},
                 {"KB", 1u << 10}, {"B", 1},        {"", 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        uint64_t n;
        pond_sv suffix = pond_sv_of(units[i].suffix);
        if (!pond_sv_ends(text, suffix) ||
            !pond_sv_to_uint(pond_sv_sub(text, 0, text.n - suffix.n), &n))
            continue;
        if (n == 0 || n > UINT64_MAX / units[i].bytes)
            break;
        *out = n * units[i].bytes;
        return POND_OK;
    }
    return pond_fail(err, POND_ERR_USAGE, "--memory takes a size such as 512MB or 2GB, not '%.*s'",
                     POND_SV_ARG(text));
}

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
        .tables = o->tables == 1 ? POND_TABLES_DELTA : POND_TABLES_PARQUET,
        .allow_empty = o->allow_empty,
        .keep_stale = o->keep_stale,
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
    if (o->dir.n == 0)
        return pond_fail(err, POND_ERR_USAGE, "export needs --dir DIR");
    if (o->jobs < 0 || o->jobs > 1024)
        return pond_fail(err, POND_ERR_USAGE, "--jobs takes a number from 1 to 1024");
    if (o->temporal.p != NULL)
        POND_TRY(pond_export_parse_periods(o->temporal, &out->n_periods, err));
    if (o->start_time.p != NULL)
        POND_TRY_CTX(pond_time_parse(o->start_time, &out->range.lo_us, err), err, "--start-time");
    if (o->end_time.p != NULL)
        POND_TRY_CTX(pond_time_parse(o->end_time, &out->range.hi_us, err), err, "--end-time");
    if (o->memory.p != NULL)
        POND_TRY(parse_memory(o->memory, &out->memory_bytes, err));
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
    if (o->format == 1) {
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
