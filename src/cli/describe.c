// Prints what is known about a node, and about a file that a format reads.
#include "cli/describe.h"

#include "cli/arrow.h"
#include "cli/output.h"
#include "cli/show.h"
#include "relation/facts.h"

#include <inttypes.h>

static const char *format_name(pond_type t) {
    static const char *const names[POND_N_TYPES] = {
        [POND_T_DIRECTORY] = "Directory",
        [POND_T_DYNAMIC_DIRECTORY] = "Directory",
        [POND_T_SYMLINK] = "Symbolic link",
        [POND_T_DATA] = "Raw data",
        [POND_T_DATA_SERIES] = "Raw data series (versions concatenated on read)",
        [POND_T_DATA_DYNAMIC] = "Raw data",
        [POND_T_TABLE] = "Parquet table",
        [POND_T_TABLE_SERIES] = "Parquet series",
        [POND_T_TABLE_DYNAMIC] = "Parquet series",
    };
    return names[t];
}

static void print_schema(cli *c, const char *indent, pond_schema schema) {
    cli_printf(c, "%sSchema: %zu fields\n", indent, schema.n);
    for (size_t i = 0; i < schema.n; i++)
        cli_printf(c, "%s  * %.*s: %.*s\n", indent, POND_SV_ARG(schema.items[i].name),
                   POND_SV_ARG(cli_arrow_type_long(c->arena, schema.items[i].type)));
}

// Prints the schema, or why there is none: a broken node must not hide the nodes after it. A limit
// of time or memory ends the command, since no query can run after that.
static pond_code describe_schema(cli *c, const pond_node *n, pond_err *err) {
    pond_err *why = POND_NEW(c->arena, pond_err);
    pond_relation *r;
    pond_schema schema;
    pond_session_next_query(c->session);
    pond_code rc = pond_relation_of(c->session, n, &r, why);
    if (rc == POND_OK)
        rc = pond_relation_schema(c->session, r, &schema, why);
    if (rc != POND_OK && pond_session_is_interrupted(c->session)) {
        *err = *why;
        return rc;
    }
    if (rc != POND_OK) {
        cli_printf(c, "   Schema: Error loading schema - %s\n", why->msg);
        return POND_OK;
    }
    print_schema(c, "   ", schema);
    if (n->type != POND_T_TABLE && r->time_column.n > 0)
        cli_printf(c, "   Timestamp Column: %.*s\n", POND_SV_ARG(r->time_column));
    return POND_OK;
}

static void describe_times(cli *c, const pond_time_bounds *t) {
    char lo[32], hi[32];
    if (t->t_min_us <= t->t_max_us) {
        cli_time(t->t_min_us, lo);
        cli_time(t->t_max_us, hi);
        cli_printf(c, ", time range: %s UTC to %s UTC", lo, hi);
    }
    if (t->n_odd > 0)
        cli_printf(c, ", rows with an infinite time: %" PRId64, t->n_odd);
}

static void describe_key(cli *c, const pond_facts *facts) {
    for (size_t i = 0; i < facts->n_key; i++)
        cli_printf(c, "%s%.*s", i == 0 ? "       Key: " : ", ", POND_SV_ARG(facts->key[i]));
    for (size_t i = 0; i < facts->n_hides; i++)
        cli_printf(c, "%s%" PRId64 " of version %" PRId64, i == 0 ? "; replaces rows: " : ", ",
                   facts->hides[i].rows, facts->hides[i].version);
    if (facts->n_key > 0)
        cli_printf(c, "\n");
}

static pond_code describe_version(cli *c, const pond_version *v, pond_err *err) {
    pond_facts facts;
    pond_time_bounds times;
    POND_TRY(pond_facts_parse(c->arena, v->facts, &facts, err));
    POND_TRY(pond_facts_bounds(c->session, v, &facts, &times, err));
    cli_printf(c, "   Version %" PRId64 ": %" PRId64 " rows", v->number, v->rows);
    if (v->rows > 0 && v->time_column.n > 0)
        describe_times(c, &times);
    cli_printf(c, "\n");
    describe_key(c, &facts);
    const char *sep = "       Null counts: ";
    for (size_t i = 0; i < facts.n_columns; i++)
        if (facts.columns[i].n_nulls > 0) {
            cli_printf(c, "%s%.*s: %" PRId64, sep, POND_SV_ARG(facts.columns[i].name),
                       facts.columns[i].n_nulls);
            sep = ", ";
        }
    if (sep[0] == ',')
        cli_printf(c, "\n");
    return POND_OK;
}

static pond_code describe_history(cli *c, const pond_node *n, pond_err *err) {
    pond_version_vec versions = {0};
    uint64_t total = 0;
    POND_TRY(pond_store_versions(pond_session_txn(c->session), c->arena, n->id, &versions, err));
    cli_printf(c, "\n   === Version History ===\n");
    for (size_t i = 0; i < versions.n; i++) {
        POND_TRY(describe_version(c, &versions.items[i], err));
        total += versions.items[i].size_bytes;
    }
    cli_printf(c, "   Total size (all versions): %" PRIu64 " bytes\n", total);
    return POND_OK;
}

// The config as it was given, with names of environment variables and not their values, or why it
// cannot be read. A template may be long.
static void describe_config(cli *c, const pond_node *n) {
    enum { SHOWN = 40 };
    pond_buf config = POND_BUF_EMPTY;
    pond_err *why = POND_NEW(c->arena, pond_err);
    size_t n_lines = 0;
    if (pond_fs_config(pond_session_fs(c->session), n, &config, why) != POND_OK) {
        cli_printf(c, "   Config: Error loading config - %s\n", why->msg);
        return;
    }
    pond_sv rest = pond_buf_view(&config), line;
    while (pond_sv_ends(rest, POND_SV("\n")))
        rest.n--;
    cli_printf(c, "   Config:\n");
    for (; pond_sv_split(&rest, '\n', &line); n_lines++)
        if (n_lines < SHOWN)
            cli_printf(c, "%s%.*s\n", line.n == 0 ? "" : "     ", POND_SV_ARG(line));
    if (n_lines > SHOWN)
        cli_printf(c, "     … and %zu more lines: pond describe --config %.*s\n", n_lines - SHOWN,
                   POND_SV_ARG(n->path));
    pond_buf_free(&config);
}

pond_code cli_describe_node(cli *c, const pond_node *n, pond_err *err) {
    cli_printf(c, "%s %.*s\n   Type: %s\n   Format: %s\n", cli_type_icon(n->type),
               POND_SV_ARG(n->path), cli_type_word(n->type), format_name(n->type));
    if (pond_type_is_queryable(n->type))
        POND_TRY(describe_schema(c, n, err));
    if (n->factory.n > 0)
        cli_printf(c, "   Factory: %.*s\n", POND_SV_ARG(n->factory));
    if (n->is_stored && pond_type_is_dynamic(n->type))
        describe_config(c, n);
    if (n->link.n > 0)
        cli_printf(c, "   Target: %.*s\n", POND_SV_ARG(n->link));
    if (n->type == POND_T_TABLE_SERIES) {
        POND_TRY(describe_history(c, n, err));
    } else if (!pond_type_is_dir(n->type)) {
        cli_printf(c, "   Size: %" PRId64 " bytes\n   Version: %" PRId64 "\n",
                   n->size_bytes < 0 ? 0 : n->size_bytes, n->version);
    } else {
        cli_printf(c, "   Size: 0 bytes\n   Version: %" PRId64 "\n", n->version);
    }
    cli_printf(c, "\n");
    return POND_OK;
}

pond_code cli_describe_file(cli *c, const pond_url *url, const cli_file_rows *f, pond_err *err) {
    pond_relation *r = f->relation;
    pond_schema schema;
    cli_printf(c, "File: %.*s\nProvider: %.*s\n", POND_SV_ARG(f->file), POND_SV_ARG(url->format));
    POND_TRY(pond_relation_schema(c->session, r, &schema, err));
    print_schema(c, "", schema);
    if (r->time_column.n > 0)
        cli_printf(c, "Timestamp Column: %.*s\n", POND_SV_ARG(r->time_column));
    cli_printf(c, "\n");
    return POND_OK;
}
