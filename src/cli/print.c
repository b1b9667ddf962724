// Prints the rows of a query.
#include "cli/print.h"

#include "cli/arrow.h"
#include "cli/screen.h"
#include "cli/table.h"

// Columns -----------------------------------------------------------------------------------------

bool cli_type_is_nested(pond_sv type) {
    return pond_sv_is(type, "JSON") || pond_type_is_nested(type);
}

static bool is_json(cli_format format) {
    return format == CLI_JSON || format == CLI_NDJSON;
}

static cli_kind kind_of(pond_sv type, bool is_as_json) {
    return pond_type_is_numeric(type)                            ? CLI_NUMBER
           : pond_sv_is(type, "BOOLEAN")                         ? CLI_BOOLEAN
           : pond_type_is_time(type) || pond_sv_is(type, "DATE") ? CLI_TIME
           : is_as_json && cli_type_is_nested(type)              ? CLI_VALUE
                                                                 : CLI_TEXT;
}

// In an object of JSON, the second of two equal names would hide the first one.
static pond_code check_names(pond_schema schema, pond_err *err) {
    for (size_t i = 0; i < schema.n; i++)
        if (pond_schema_find(schema, schema.items[i].name) != &schema.items[i])
            return pond_fail(err, POND_ERR_USAGE,
                             "two columns are called '%.*s', and an object of JSON has each name "
                             "once: name one of them with AS, or choose another --format",
                             POND_SV_ARG(schema.items[i].name));
    return POND_OK;
}

// Appends the SELECT whose nested columns are JSON in one line.
static pond_code as_json(pond_engine *e, pond_arena *a, pond_sv select, pond_buf *sql,
                         pond_err *err) {
    pond_schema schema;
    const char *sep = " REPLACE (";
    POND_TRY(pond_engine_schema(e, a, select, &schema, err));
    POND_TRY(check_names(schema, err));
    pond_buf_str(sql, "SELECT *");
    for (size_t i = 0; i < schema.n; i++) {
        const pond_column *c = &schema.items[i];
        if (!cli_type_is_nested(c->type))
            continue;
        pond_buf_str(sql, sep);
        pond_buf_str(sql, pond_sv_is(c->type, "JSON") ? "json(" : "to_json(");
        pond_buf_sql_name(sql, c->name);
        pond_buf_str(sql, ") AS ");
        pond_buf_sql_name(sql, c->name);
        sep = ", ";
    }
    pond_buf_printf(sql, "%s FROM (%.*s\n)", sep[0] == ',' ? ")" : "", POND_SV_ARG(select));
    return POND_OK;
}

// The engine writes floats that are no numbers as words, which JSON has only in strings. As a value
// of a column, each is null.
static void append_nested(pond_sv json, pond_buf *out) {
    static const char *const words[] = {"-Infinity", "-inf", "Infinity", "inf", "NaN", "nan"};
    bool is_quoted = false;
    for (size_t i = 0; i < json.n; i++) {
        const char *word = NULL;
        for (size_t k = 0; !is_quoted && word == NULL && k < sizeof words / sizeof *words; k++)
            if (pond_sv_starts(pond_sv_sub(json, i, json.n), pond_sv_of(words[k])))
                word = words[k];
        if (word != NULL) {
            pond_buf_str(out, "null");
            i += strlen(word) - 1;
            continue;
        }
        pond_buf_char(out, json.p[i]);
        if (is_quoted && json.p[i] == '\\' && i + 1 < json.n)
            pond_buf_char(out, json.p[++i]);
        else if (json.p[i] == '"')
            is_quoted = !is_quoted;
    }
}

// Rows --------------------------------------------------------------------------------------------

static const cli_column *columns_of(pond_arena *a, pond_schema schema, cli_format format) {
    cli_column *columns = POND_NEW_ARRAY(a, cli_column, schema.n);
    for (size_t i = 0; i < schema.n; i++)
        columns[i] = (cli_column){.name = schema.items[i].name,
                                  .type = cli_arrow_type(a, schema.items[i].type),
                                  .kind = kind_of(schema.items[i].type, is_json(format))};
    return columns;
}

static pond_code print_rows(cli *c, pond_arena *a, pond_engine *e, cli_format format, pond_sv sql,
                            pond_err *err) {
    pond_rows *rows;
    POND_TRY(pond_engine_query(e, sql, &rows, err));
    pond_schema schema = pond_rows_schema(rows);
    const cli_column *columns = columns_of(a, schema, format);
    cli_table *t = cli_table_new(c, format, columns, schema.n);
    pond_code rc = POND_OK;
    for (size_t row; !cli_screen_is_closed(c->screen) && pond_rows_each(rows, &row, &rc, err);) {
        for (size_t i = 0; i < schema.n; i++) {
            if (pond_rows_is_null(rows, i, row)) {
                cli_table_null(t);
                continue;
            }
            if (columns[i].kind == CLI_VALUE)
                append_nested(pond_rows_text(rows, i, row), cli_table_cell(t));
            else
                pond_rows_cell(rows, i, row, cli_table_cell(t));
            cli_table_cell_end(t);
        }
    }
    if (rc == POND_OK)
        cli_table_end(t);
    else
        cli_table_free(t);
    pond_rows_close(rows);
    return rc;
}

pond_code cli_print_rows(cli *c, pond_engine *e, cli_format format, pond_sv select, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    if (is_json(format))
        rc = as_json(e, &a, select, &sql, err);
    if (rc == POND_OK)
        rc = print_rows(c, &a, e, format, is_json(format) ? pond_buf_view(&sql) : select, err);
    pond_buf_free(&sql);
    pond_arena_deinit(&a);
    return rc;
}
