// Prints the progress of an export to a terminal, and its result.
#include "cli/export_print.h"

#include "base/time.h"
#include "cli/output.h"
#include "cli/show.h"
#include "cli/table.h"

#include <inttypes.h>

enum { REDRAW_US = 100000 }; // the shortest time between two drawings

void cli_export_draw(void *user, const pond_export_progress *p) {
    cli_export_meter *m = user;
    int64_t now = pond_now_us();
    if (m->is_drawn && now - m->drawn_us < REDRAW_US && p->done < p->total)
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

void cli_export_erase(const cli_export_meter *m) {
    if (m->is_drawn)
        fprintf(stderr, "\r\033[K");
}

static void print_records(cli *c, cli_format format, const pond_export_result *r) {
    static const cli_column columns[] = {CLI_COLUMN("state", CLI_TEXT),
                                         CLI_COLUMN("file", CLI_TEXT), CLI_COLUMN("why", CLI_TEXT)};
    cli_table *t = cli_table_new(c, format, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < r->n_files; i++) {
        const pond_export_file *f = &r->files[i];
        cli_table_text(t, pond_sv_of(pond_export_state_name(f->state)));
        cli_table_text(t, f->file);
        cli_table_text(t, pond_sv_of(f->why));
    }
    cli_table_end(t);
}

static const char *colour_of(pond_export_state state) {
    switch (state) {
    case POND_EXPORT_NEW:
    case POND_EXPORT_CHANGED:
        return "32";
    case POND_EXPORT_STALE:
        return "31";
    default:
        return NULL;
    }
}

// The form for a terminal: the path is last and whole, since it may be long.
static void print_lines(cli *c, const pond_export_result *r) {
    enum { MOST_WIDE = 40 };
    size_t width = 0;
    for (size_t i = 0; i < r->n_files; i++) {
        size_t n = strlen(r->files[i].why);
        width = n > width && n <= MOST_WIDE ? n : width;
    }
    pond_buf line = POND_BUF_EMPTY;
    for (size_t i = 0; i < r->n_files; i++) {
        const pond_export_file *f = &r->files[i];
        pond_buf_clear(&line);
        pond_buf_printf(&line, "%-8s  %-*s  ", pond_export_state_name(f->state), (int)width,
                        f->why);
        pond_buf_visible(&line, f->file, POND_KEEP_NOTHING);
        cli_print_line(c, colour_of(f->state), pond_buf_view(&line));
    }
    pond_buf_free(&line);
}

static void print_json(const cli *c, pond_value v) {
    pond_buf json = POND_BUF_EMPTY;
    pond_json_write(&json, v, 2);
    pond_buf_char(&json, '\n');
    cli_print_text(c, pond_buf_view(&json));
    pond_buf_free(&json);
}

void cli_export_files(cli *c, cli_format format, const pond_export_result *r) {
    if (format == CLI_JSON) {
        print_json(c, pond_export_result_value(c->arena, r));
        return;
    }
    if (format != CLI_TEXT_FORM) {
        print_records(c, format, r);
        return;
    }
    if (c->is_terminal) {
        print_lines(c, r);
        return;
    }
    for (size_t i = 0; i < r->n_files; i++) {
        const pond_export_file *f = &r->files[i];
        cli_printf(c, "%-8s %.*s  (%s)\n", pond_export_state_name(f->state), POND_SV_ARG(f->file),
                   f->why);
    }
}

void cli_export_summary(const pond_export_result *r, bool is_dry_run, double seconds) {
    char size[16];
    uint64_t n_files = r->n_written + r->n_kept;
    cli_size(r->bytes, size);
    fprintf(stderr,
            "%s%" PRIu64 " row%s in %" PRIu64 " file%s (%s): %" PRIu64 " written, %" PRIu64
            " kept, %" PRIu64 " removed",
            is_dry_run ? "would be: " : "", r->rows, r->rows == 1 ? "" : "s", n_files,
            n_files == 1 ? "" : "s", size, r->n_written, r->n_kept, r->n_removed);
    if (r->n_retained > 0)
        fprintf(stderr, ", %" PRIu64 " retained for readers of older versions", r->n_retained);
    if (r->is_of_host)
        fprintf(stderr,
                "; of %" PRIu64 " file%s of the host %" PRIu64 " hashed, %" PRIu64
                " parsed, %" PRIu64 " measured",
                r->host.files, r->host.files == 1 ? "" : "s", r->host.hashed, r->host.parsed,
                r->host.measured);
    fprintf(stderr, "; %.2f s\n", seconds);
}

static void print_shares(const cli *c, const pond_export_share *shares, size_t n) {
    pond_buf out = POND_BUF_EMPTY;
    for (size_t i = 0; i < n; i++)
        pond_buf_printf(&out, "%zu/%zu  %" PRIu64 " %s, %" PRId64 " of work\n", i, n,
                        shares[i].n_files, shares[i].n_files == 1 ? "file" : "files",
                        shares[i].work);
    cli_print_text(c, pond_buf_view(&out));
    pond_buf_free(&out);
}

static void print_shares_json(const cli *c, const pond_export_share *shares, size_t n) {
    pond_value *items = POND_NEW_ARRAY(c->arena, pond_value, n);
    for (size_t i = 0; i < n; i++) {
        pond_entry *e = POND_NEW_ARRAY(c->arena, pond_entry, 3);
        e[0] = (pond_entry){POND_SV("shard"), pond_string(pond_svf(c->arena, "%zu/%zu", i, n))};
        e[1] = (pond_entry){POND_SV("files"), pond_int((int64_t)shares[i].n_files)};
        e[2] = (pond_entry){POND_SV("work"), pond_int(shares[i].work)};
        items[i] = pond_object_sorted(e, 3);
    }
    pond_entry *shards = POND_NEW_ARRAY(c->arena, pond_entry, 1);
    *shards = (pond_entry){POND_SV("shards"), pond_array(items, n)};
    print_json(c, pond_object_sorted(shards, 1));
}

void cli_export_shares(cli *c, cli_format format, const pond_export_share *shares, size_t n) {
    static const cli_column columns[] = {CLI_COLUMN("shard", CLI_TEXT),
                                         CLI_COLUMN("files", CLI_NUMBER),
                                         CLI_COLUMN("work", CLI_NUMBER)};
    if (format == CLI_TEXT_FORM) {
        print_shares(c, shares, n);
        return;
    }
    if (format == CLI_JSON) {
        print_shares_json(c, shares, n);
        return;
    }
    cli_table *t = cli_table_new(c, format, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < n; i++) {
        cli_table_text(t, pond_svf(c->arena, "%zu/%zu", i, n));
        cli_table_int(t, (int64_t)shares[i].n_files);
        cli_table_int(t, shares[i].work);
    }
    cli_table_end(t);
}
