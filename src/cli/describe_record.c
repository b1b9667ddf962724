// The nodes and files of `pond describe` as records: what has no place in a cell, the columns and the
// versions, is JSON in it.
#include "cli/describe.h"

#include "base/time.h"
#include "cli/arrow.h"
#include "cli/node_record.h"
#include "relation/facts.h"

static const cli_column columns[] = {
    CLI_NODE_COLUMNS,
    CLI_COLUMN("format", CLI_TEXT),
    CLI_COLUMN("time_column", CLI_TEXT),
    CLI_COLUMN("columns", CLI_VALUE),
    CLI_COLUMN("versions", CLI_VALUE),
    CLI_COLUMN("error", CLI_TEXT),
};

cli_table *cli_describe_table(cli *c, cli_format format) {
    return cli_table_new(c, format, columns, sizeof columns / sizeof *columns);
}

static pond_value schema_value(pond_arena *a, pond_schema schema) {
    pond_value *items = POND_NEW_ARRAY(a, pond_value, schema.n);
    for (size_t i = 0; i < schema.n; i++) {
        pond_object_builder o = {.arena = a};
        pond_object_put(&o, "name", pond_string(schema.items[i].name));
        pond_object_put(&o, "type", pond_string(cli_arrow_type(a, schema.items[i].type)));
        items[i] = pond_object_build(&o);
    }
    return pond_array(items, schema.n);
}

static pond_value time_value(pond_arena *a, int64_t t_us) {
    char text[40];
    size_t n = pond_time_format(t_us, text);
    return pond_string(pond_sv_dup(a, (pond_sv){text, n}));
}

// Columns with NULLs, by name.
static pond_value nulls_value(pond_arena *a, const pond_facts *facts) {
    pond_object_builder o = {.arena = a};
    for (size_t i = 0; i < facts->n_columns; i++)
        if (facts->columns[i].n_nulls > 0)
            pond_object_put_sv(&o, facts->columns[i].name, pond_int(facts->columns[i].n_nulls));
    return pond_object_build(&o);
}

static pond_code version_value(cli *c, const pond_version *v, pond_value *out, pond_err *err) {
    pond_facts facts;
    pond_time_bounds times;
    pond_object_builder o = {.arena = c->arena};
    POND_TRY(pond_facts_parse(c->arena, v->facts, &facts, err));
    POND_TRY(pond_facts_bounds(c->session, v, &facts, &times, err));
    bool has_times = v->rows > 0 && v->time_column.n > 0 && times.t_min_us <= times.t_max_us;
    pond_object_put(&o, "version", pond_int(v->number));
    pond_object_put(&o, "rows", pond_int(v->rows));
    pond_object_put(&o, "size_bytes", pond_uint(v->size_bytes));
    pond_object_put(&o, "created", time_value(c->arena, v->created_us));
    pond_object_put(&o, "null_counts", nulls_value(c->arena, &facts));
    if (has_times) {
        pond_object_put(&o, "time_min", time_value(c->arena, times.t_min_us));
        pond_object_put(&o, "time_max", time_value(c->arena, times.t_max_us));
    }
    *out = pond_object_build(&o);
    return POND_OK;
}

static pond_code versions_cell(cli *c, cli_table *t, const pond_node *n, pond_err *err) {
    pond_version_vec versions = {0};
    if (n->type != POND_T_TABLE_SERIES || !n->is_stored) {
        cli_table_null(t);
        return POND_OK;
    }
    POND_TRY(pond_store_versions(pond_session_txn(c->session), c->arena, n->id, &versions, err));
    pond_value *values = POND_NEW_ARRAY(c->arena, pond_value, versions.n);
    for (size_t i = 0; i < versions.n; i++)
        POND_TRY(version_value(c, &versions.items[i], &values[i], err));
    cli_table_value(t, pond_array(values, versions.n));
    return POND_OK;
}

// A broken node must not hide the nodes after it. A limit of time or memory ends the command.
static pond_code find_schema(cli *c, const pond_node *n, pond_relation **r, pond_schema *schema,
                             const char **why, pond_err *err) {
    pond_err *failed = POND_NEW(c->arena, pond_err);
    *r = NULL;
    *why = "";
    *schema = (pond_schema){0};
    if (!pond_type_is_queryable(n->type))
        return POND_OK;
    pond_session_next_query(c->session);
    pond_code rc = pond_relation_of(c->session, n, r, failed);
    if (rc == POND_OK)
        rc = pond_relation_schema(c->session, *r, schema, failed);
    if (rc != POND_OK && pond_session_is_interrupted(c->session)) {
        *err = *failed;
        return rc;
    }
    if (rc != POND_OK) {
        *r = NULL;
        *why = failed->msg;
    }
    return POND_OK;
}

pond_code cli_describe_node_record(cli *c, cli_table *t, const pond_node *n, pond_err *err) {
    pond_relation *r;
    pond_schema schema;
    const char *why;
    POND_TRY(find_schema(c, n, &r, &schema, &why, err));
    bool has_time = r != NULL && n->type != POND_T_TABLE;
    cli_node_cells(t, n);
    cli_table_text_or_null(t, pond_type_is_queryable(n->type) ? POND_SV("parquet") : POND_SV(""));
    cli_table_text_or_null(t, has_time ? r->time_column : POND_SV(""));
    if (r != NULL)
        cli_table_value(t, schema_value(c->arena, schema));
    else
        cli_table_null(t);
    POND_TRY(versions_cell(c, t, n, err));
    cli_table_text_or_null(t, pond_sv_of(why));
    return POND_OK;
}

pond_code cli_describe_file_record(cli *c, cli_table *t, const pond_url *url,
                                   const cli_file_rows *f, pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_schema(c->session, f->relation, &schema, err));
    cli_node_cells(t, f->node);
    cli_table_text(t, url->format);
    cli_table_text_or_null(t, f->relation->time_column);
    cli_table_value(t, schema_value(c->arena, schema));
    cli_table_null(t);
    cli_table_null(t);
    return POND_OK;
}
