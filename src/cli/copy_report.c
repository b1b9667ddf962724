// Says what came in: on standard error, because standard output belongs to rows.
#include "cli/copy.h"

#include "base/file.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/show.h"

#include <inttypes.h>

// Times that are no instants are shown without the Z.
static void print_times(const cli *c, const pond_measured *m) {
    char first[40], last[40];
    size_t n_first = pond_time_format(m->t_min_us, first);
    size_t n_last = pond_time_format(m->t_max_us, last);
    bool is_instant = false;
    for (size_t i = 0; i < m->facts.n_columns; i++)
        is_instant |= pond_sv_eq(m->facts.columns[i].name, m->time_column) &&
                      pond_sv_is(m->facts.columns[i].type, "TIMESTAMP WITH TIME ZONE");
    cli_eprintf(c, ", %.*s to %.*s", (int)n_first - !is_instant, first, (int)n_last - !is_instant,
                last);
}

static bool is_text(const pond_fact_column *column) {
    return pond_sv_is(column->type, "VARCHAR");
}

// "    'Temp.°C'  DOUBLE, 21 of 4320 missing (20 of them marked)".
static void print_columns(const cli *c, const pond_ingested *in) {
    const pond_facts *f = &in->rows.facts;
    for (size_t i = 0; i < f->n_columns; i++) {
        const pond_fact_column *column = &f->columns[i];
        cli_eprintf(c, "    '%.*s'  %.*s", POND_SV_ARG(column->name), POND_SV_ARG(column->type));
        if (cli_type_is_nested(column->type))
            cli_eprintf(c, ", nested");
        if (column->n_nulls == in->rows.rows && is_text(column))
            cli_eprintf(c, ", no values");
        else if (column->n_nulls > 0)
            cli_eprintf(c, ", %" PRId64 " of %" PRId64 " missing", column->n_nulls, in->rows.rows);
        if (in->text != NULL && in->text->columns[i].n_marked > 0)
            cli_eprintf(c, " (%" PRIu64 " by &null)", in->text->columns[i].n_marked);
        cli_eprintf(c, "\n");
    }
}

// Each column as --key takes it: in double quotes where it has a comma or a quote.
static void print_key(const cli *c, const pond_sv *key, size_t n, const char *sep) {
    pond_buf b = POND_BUF_EMPTY;
    for (size_t i = 0; i < n; i++) {
        pond_buf_str(&b, i == 0 ? "" : sep);
        if (pond_sv_find_char(key[i], ',') < 0 && pond_sv_find_char(key[i], '"') < 0)
            pond_buf_sv(&b, key[i]);
        else
            pond_buf_sql_name(&b, key[i]);
    }
    cli_eprintf(c, "%s", pond_buf_view(&b).p);
    pond_buf_free(&b);
}

static void print_warnings(const cli *c, const pond_ingested *in) {
    for (size_t i = 0; in->text != NULL && i < in->text->n_notes; i++)
        cli_eprintf(c, "  note: %.*s\n", POND_SV_ARG(in->text->notes[i]));
    if (in->n_known == 0)
        return;
    bool is_one = in->n_known == 1;
    if (in->known_key == NULL) {
        cli_eprintf(c,
                    "  warning: %" PRId64 " row%s at times that the series has already; it has "
                    "both now\n",
                    in->n_known, is_one ? " is" : "s are");
        return;
    }
    cli_eprintf(c, "  warning: %" PRId64 " row%s at keys (", in->n_known, is_one ? " is" : "s are");
    print_key(c, in->known_key, in->n_known_key, ", ");
    cli_eprintf(c, ") that the series has already; it has both now (--key ");
    print_key(c, in->known_key, in->n_known_key, ",");
    cli_eprintf(c, " would replace them)\n");
}

// "  by key: 1440 new, 3 replace earlier ones, 41757 are there already".
static void print_keyed(const cli *c, const pond_key_counts *n) {
    cli_eprintf(c, "  by key: %" PRId64 " new, %" PRId64 " replace%s, %" PRId64 " there already",
                n->n_new, n->n_replacing,
                n->n_replacing == 1 ? "s an earlier one" : " earlier ones", n->n_equal);
    if (n->n_repeated > 0)
        cli_eprintf(c, ", %" PRId64 " repeated in the file", n->n_repeated);
    cli_eprintf(c, "\n");
}

void cli_copy_report(const cli *c, const cli_incoming *in, const pond_ingested *what) {
    const cli_copy_options *o = c->options;
    const char *name = pond_path_name(in->host_path);
    bool is_rows = what->rows.rows >= 0;
    if (what->status == POND_INGEST_NO_ROWS) {
        cli_eprintf(c, "%s: no rows, only a header; '%.*s' is as it was\n", name,
                    POND_SV_ARG(in->path));
        return;
    }
    if (what->status == POND_INGEST_UNCHANGED) {
        cli_eprintf(c,
                    "%s: unchanged, it is version %" PRId64 " of '%.*s' (--again adds it again)\n",
                    name, what->version, POND_SV_ARG(in->path));
        return;
    }
    if (what->status == POND_INGEST_ALL_KNOWN) {
        cli_eprintf(c, "%s: unchanged, '%.*s' has its %" PRId64 " row%s already\n", name,
                    POND_SV_ARG(in->path), what->rows.rows, what->rows.rows == 1 ? "" : "s");
        return;
    }
    if (!is_rows && !o->is_dry_run)
        return; // bytes are what they are
    cli_eprintf(c, "%s -> %.*s, %sversion %" PRId64 ": ", name, POND_SV_ARG(in->path),
                o->is_dry_run ? "would be " : "", what->version);
    if (!is_rows) {
        char size[16];
        cli_size(what->size_bytes, size);
        cli_eprintf(c, "%s\n", size);
        return;
    }
    cli_eprintf(c, "%" PRId64 " row%s", what->rows.rows, what->rows.rows == 1 ? "" : "s");
    if (what->rows.rows > 0 && what->rows.time_column.n > 0)
        print_times(c, &what->rows);
    cli_eprintf(c, "\n");
    if (o->keys.n > 0)
        print_keyed(c, &what->keyed);
    print_columns(c, what);
    print_warnings(c, what);
}
