// Proposes the URL of a text file: pond copy --guess FILE. Writes nothing.
#include "cli/copy.h"

#include "base/file.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/print.h"
#include "format/format.h"
#include "format/guess.h"
#include "relation/file.h"
#include "relation/parsed.h"

#include <unistd.h>

enum { SAMPLE_BYTES = 256 << 10 };

typedef struct guesser {
    cli *c;
    const char *path; // of the host
    pond_url url;     // of the format and the compression
    pond_guess guess;
    pond_relation *rows;
} guesser;

// The beginning of the plain text, up to the last line end.
static pond_code read_sample(guesser *g, pond_sv *out, bool *is_whole, pond_err *err) {
    pond_reader reader;
    pond_parsed file = {.path = g->path, .name = pond_sv_of(g->path), .reader = &reader};
    const char *plain;
    int fd;
    POND_TRY(pond_reader_open(g->c->arena, &g->url, &reader, err));
    POND_TRY(pond_parsed_plain(g->c->session, &file, &plain, err));
    pond_code rc = pond_file_open(plain, &fd, err);
    if (rc == POND_OK) {
        char *bytes = pond_alloc(g->c->arena, SAMPLE_BYTES);
        ssize_t n = pread(fd, bytes, SAMPLE_BYTES, 0);
        close(fd); // nothing was written
        if (n < 0)
            rc = pond_fail_errno(err, "reading '%s'", g->path);
        *out = (pond_sv){bytes, n < 0 ? 0 : (size_t)n};
        *is_whole = n >= 0 && n < SAMPLE_BYTES;
        ptrdiff_t end = pond_sv_rfind_char(*out, '\n');
        if (n == SAMPLE_BYTES && end > 0)
            out->n = (size_t)end + 1;
    }
    pond_parsed_release(&file);
    return rc;
}

static const char *compression_suffix(pond_compression c) {
    static const char *const suffixes[] = {
        [POND_PLAIN] = "", [POND_ZSTD] = "+zstd", [POND_GZIP] = "+gzip", [POND_BZIP2] = "+bzip2"};
    return suffixes[c];
}

static pond_sv write_url(const guesser *g, const char *as) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_printf(&b, "host+csv%s%s://%s", compression_suffix(g->url.compression), as, g->path);
    for (size_t i = 0; i < g->guess.options.n; i++) {
        const pond_pair *o = &g->guess.options.items[i];
        pond_buf_printf(&b, "%c%.*s=", i == 0 ? '?' : '&', POND_SV_ARG(o->key));
        pond_buf_url_value(&b, o->value);
    }
    return pond_buf_keep(g->c->arena, &b);
}

// Reads all of the file by the options so far.
static pond_code open_rows(guesser *g, pond_err *err) {
    pond_url url;
    POND_TRY(cli_url_parse(g->c, write_url(g, ""), &url, err));
    return pond_host_file_relation(g->c->session, &url, g->path, &g->rows, err);
}

// The text between `begin` and `end` after it, "" if it is not there.
static pond_sv between(pond_sv text, const char *begin, const char *end) {
    ptrdiff_t at = pond_sv_find(text, pond_sv_of(begin));
    if (at < 0)
        return (pond_sv){"", 0};
    pond_sv rest = pond_sv_sub(text, (size_t)at + strlen(begin), text.n);
    ptrdiff_t to = pond_sv_find(rest, pond_sv_of(end));
    return to < 0 ? (pond_sv){"", 0} : pond_sv_sub(rest, 0, (size_t)to);
}

// Adds an option whose value is written as in a URL.
static pond_code add_written(guesser *g, const char *key, pond_sv value, pond_err *err) {
    pond_url url;
    char *text = pond_printf(g->c->arena, "csv:///x?%s=%.*s", key, POND_SV_ARG(value));
    POND_TRY(pond_url_parse(g->c->arena, pond_sv_of(text), &url, err));
    for (size_t i = 0; i < url.options.n; i++)
        *pond_vec_push(g->c->arena, &g->guess.options) = url.options.items[i];
    return POND_OK;
}

// Takes the first proposal of the text room, and shows all of them.
static pond_code guess_time(guesser *g, pond_err *err) {
    const pond_text *text;
    const pond_text_facts *facts = pond_file_text(g->rows, &text);
    bool is_advice = false;
    pond_buf advice = POND_BUF_EMPTY;
    if (facts->time_column >= 0)
        return POND_OK;
    pond_code rc = pond_text_advise_time(text, &advice, &is_advice, err);
    pond_sv said = pond_buf_keep(g->c->arena, &advice);
    if (rc != POND_OK || !is_advice)
        return rc;
    // A date with the time of day of another column says more than the date alone.
    pond_sv chosen = said, rest = said;
    for (ptrdiff_t at; (at = pond_sv_find(rest, POND_SV("add ?time="))) >= 0;) {
        rest = pond_sv_sub(rest, (size_t)at + 4, rest.n);
        if (pond_sv_find_char(between(rest, "?time=", " to the URL"), '+') >= 0)
            chosen = rest;
    }
    ptrdiff_t own =
        pond_sv_find(chosen, POND_SV("?time=")); // none: the column has a name for times
    chosen = pond_sv_sub(chosen, own < 0 ? 0 : (size_t)own, chosen.n);
    ptrdiff_t next = pond_sv_find(chosen, POND_SV("add ?time="));
    chosen = pond_sv_sub(chosen, 0, next < 0 ? chosen.n : (size_t)next);
    static const char *const keys[] = {"time", "timeformat", "epoch"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        pond_sv value = between(chosen, pond_printf(g->c->arena, "?%s=", keys[i]),
                                i == 0 ? " to the URL" : "   (");
        if (value.n > 0)
            POND_TRY(add_written(g, keys[i], value, err));
    }
    if (pond_sv_find(said, POND_SV("they differ")) >= 0)
        *pond_vec_push(g->c->arena, &g->guess.notes) =
            pond_svf(g->c->arena,
                     "several forms of the times fit every row; the first one is in "
                     "the URL:\n%.*s",
                     POND_SV_ARG(said));
    return open_rows(g, err);
}

static pond_code print_rows(guesser *g, pond_err *err) {
    pond_engine *engine;
    pond_buf sql = POND_BUF_EMPTY;
    POND_TRY(pond_session_engine(g->c->session, &engine, err));
    pond_code rc = pond_relation_sql(g->c->session, g->rows, POND_RANGE_ALL, &sql, err);
    pond_buf_str(&sql, " LIMIT 5");
    if (rc == POND_OK)
        rc = cli_print_rows(g->c, engine, CLI_TABLE, pond_buf_view(&sql), err);
    pond_buf_free(&sql);
    return rc;
}

static void print_notes(const guesser *g) {
    const pond_text *text;
    const pond_text_facts *facts = pond_file_text(g->rows, &text);
    for (size_t i = 0; i < g->guess.notes.n; i++)
        cli_eprintf(g->c, "note: %.*s\n", POND_SV_ARG(g->guess.notes.items[i]));
    for (size_t i = 0; i < facts->n_notes; i++)
        cli_eprintf(g->c, "note: %.*s\n", POND_SV_ARG(facts->notes[i]));
    if (facts->time_column < 0)
        cli_eprintf(g->c, "note: no column has times, so the rows can only be a table\n");
}

pond_code cli_copy_guess(cli *c, pond_err *err) {
    guesser g = {.c = c};
    char *path;
    pond_sv sample;
    if (pond_sv_find(c->args[0], POND_SV("://")) >= 0)
        return pond_fail(err, POND_ERR_USAGE, "--guess takes the path of a file, not a URL");
    POND_TRY(cli_plain_host_path(c, c->args[0], &path, err));
    g.path = path;
    bool is_known = pond_format_by_ending(c->args[0], &g.url);
    if (is_known && !pond_sv_is(g.url.format, "csv"))
        return pond_fail(err, POND_ERR_USAGE,
                         "--guess is for text with delimiters; '%.*s' is read as %.*s: 'pond help "
                         "%.*s' lists its options",
                         POND_SV_ARG(c->args[0]), POND_SV_ARG(g.url.format),
                         POND_SV_ARG(g.url.format));
    if (!is_known)
        g.url = (pond_url){
            .text = c->args[0], .format = POND_SV("csv"), .compression = g.url.compression};
    g.url.options = (pond_pairs){0};
    bool is_whole;
    POND_TRY(read_sample(&g, &sample, &is_whole, err));
    pond_guess_layout(c->arena, sample, is_whole, &g.guess);
    pond_code rc = open_rows(&g, err);
    if (rc == POND_OK)
        rc = guess_time(&g, err);
    if (rc != POND_OK) {
        cli_printf(c, "%.*s\n", POND_SV_ARG(write_url(&g, "")));
        cli_copy_advise_lines(err);
        return pond_wrap(err, rc, "the URL above is a start, but");
    }
    const pond_text *text;
    const pond_text_facts *facts = pond_file_text(g.rows, &text);
    cli_printf(c, "%.*s\n\n",
               POND_SV_ARG(write_url(&g, facts->time_column >= 0 ? "+series" : "+table")));
    cli_printf(c, "The first rows of %llu:\n", (unsigned long long)facts->rows);
    rc = print_rows(&g, err);
    print_notes(&g);
    pond_relation_release(c->session, g.rows);
    return rc;
}
