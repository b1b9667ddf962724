#include "engine/engine_internal.h"

typedef enum type_class { CLASS_OTHER, CLASS_NUMBER, CLASS_TIME } type_class;
typedef enum type_cell { CELL_CAST, CELL_PLAIN } type_cell;

typedef struct type_row {
    duckdb_type id;
    pond_sv sql;
    pond_sv arrow, arrow_debug;
    type_class class;
    type_cell cell;
} type_row;

#define LITERAL(s)                                                                                 \
    { s, sizeof(s) - 1 }
static const type_row types[] = {
#define TYPE(id, sql, arrow, debug, class, cell)                                                   \
    {DUCKDB_TYPE_##id, LITERAL(sql), LITERAL(arrow), LITERAL(debug), CLASS_##class, CELL_##cell},
#include "engine/types.def"
#undef TYPE
};
enum { N_TYPES = sizeof types / sizeof *types };

static const type_row *type_by_id(duckdb_type id) {
    for (size_t i = 0; i < N_TYPES; i++)
        if (types[i].id == id)
            return &types[i];
    return NULL;
}

static const type_row *type_by_name(pond_sv sql) {
    for (size_t i = 0; i < N_TYPES; i++)
        if (pond_sv_eq(types[i].sql, sql))
            return &types[i];
    return NULL;
}

bool engine_type_is_plain(duckdb_type id) {
    const type_row *t = type_by_id(id);
    return t != NULL && t->cell == CELL_PLAIN;
}

// Names
// ------------------------------------------------------------------------------------------------

static bool is_decimal(pond_sv sql_type) {
    return pond_sv_starts(sql_type, POND_SV("DECIMAL(")) && pond_sv_ends(sql_type, POND_SV(")"));
}

bool pond_type_is_time(pond_sv sql_type) {
    const type_row *t = type_by_name(sql_type);
    return t != NULL && t->class == CLASS_TIME;
}

bool pond_type_is_numeric(pond_sv sql_type) {
    const type_row *t = type_by_name(sql_type);
    return (t != NULL && t->class == CLASS_NUMBER) || is_decimal(sql_type);
}

static pond_sv arrow_name(pond_arena *a, pond_sv type, bool is_debug) {
    const type_row *t = type_by_name(type);
    if (t != NULL)
        return is_debug ? t->arrow_debug : t->arrow;
    pond_sv arguments = pond_sv_sub(type, strlen("DECIMAL("), type.n - 1), width;
    if (is_decimal(type) && pond_sv_split(&arguments, ',', &width))
        return pond_svf(a, "Decimal128(%.*s, %.*s)", POND_SV_ARG(width), POND_SV_ARG(arguments));
    // "INTEGER[]" and "INTEGER[3]": the last bracket is the outermost list.
    ptrdiff_t bracket = pond_sv_rfind_char(type, '[');
    if (bracket > 0 && pond_sv_ends(type, POND_SV("]"))) {
        pond_sv item = arrow_name(a, pond_sv_sub(type, 0, (size_t)bracket), is_debug);
        return pond_svf(a, "List(%.*s)", POND_SV_ARG(item));
    }
    if (pond_sv_starts(type, POND_SV("STRUCT(")))
        return POND_SV("Struct");
    if (pond_sv_starts(type, POND_SV("MAP(")))
        return POND_SV("Map");
    if (pond_sv_starts(type, POND_SV("UNION(")))
        return POND_SV("Union");
    return POND_SV("Utf8"); // JSON and ENUM(…): text with a rule
}

pond_sv pond_type_arrow(pond_arena *a, pond_sv sql_type) {
    return arrow_name(a, sql_type, false);
}

pond_sv pond_type_arrow_debug(pond_arena *a, pond_sv sql_type) {
    return arrow_name(a, sql_type, true);
}

// Schemas
// ------------------------------------------------------------------------------------------------

const pond_column *pond_schema_find(pond_schema s, pond_sv name) {
    for (size_t i = 0; i < s.n; i++)
        if (pond_sv_eq(s.items[i].name, name))
            return &s.items[i];
    return NULL;
}

// The SQL name, or an empty view for a type whose name has parts inside (lists, structs, enums).
static pond_sv type_name(const engine_api *api, pond_arena *a, duckdb_logical_type type) {
    duckdb_type id = api->get_type_id(type);
    char *alias = api->logical_type_get_alias(type);
    pond_sv name = {"", 0};
    const type_row *row = type_by_id(id);
    if (alias != NULL)
        name = pond_sv_dup(a, pond_sv_of(alias)); // JSON, a VARCHAR by another name
    else if (row != NULL)
        name = row->sql;
    else if (id == DUCKDB_TYPE_DECIMAL)
        name = pond_svf(a, "DECIMAL(%d,%d)", api->decimal_width(type), api->decimal_scale(type));
    api->free(alias);
    return name;
}

// Has the engine spell the types that type_name cannot. DESCRIBE plans and does not run; it is
// asked only then, because planning reads the footers of all files once more.
static pond_code spell_types(pond_engine *e, pond_arena *a, pond_sv sql, pond_column *columns,
                             size_t n, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    pond_sv body = pond_engine_select_body(sql);
    pond_buf_printf(&text, "DESCRIBE SELECT * FROM (%.*s\n)", POND_SV_ARG(body));
    pond_rows *rows = NULL;
    pond_code rc;
    size_t n_rows, at = 0;
    POND_TRY_GOTO(rc, engine_run(e, pond_buf_view(&text), &rows, err), done);
    do {
        POND_TRY_GOTO(rc, pond_rows_next(rows, &n_rows, err), done);
        for (size_t i = 0; i < n_rows && at < n; i++, at++)
            columns[at].type = pond_sv_dup(a, pond_rows_text(rows, 1, i));
    } while (n_rows > 0);
done:
    pond_rows_close(rows);
    pond_buf_free(&text);
    return rc;
}

pond_code engine_describe(pond_engine *e, pond_arena *a, duckdb_prepared_statement stmt,
                          pond_sv sql, pond_schema *out, duckdb_type **ids, pond_err *err) {
    size_t n = e->api->prepared_statement_column_count(stmt);
    pond_column *columns = POND_NEW_ARRAY(a, pond_column, n);
    *ids = POND_NEW_ARRAY(a, duckdb_type, n);
    bool is_spelled = true;
    for (size_t i = 0; i < n; i++) {
        const char *name = e->api->prepared_statement_column_name(stmt, i);
        columns[i].name = pond_sv_dup(a, pond_sv_of(name));
        e->api->free((void *)(uintptr_t)name); // ours to free, whatever its const says
        duckdb_logical_type type = e->api->prepared_statement_column_logical_type(stmt, i);
        columns[i].type = type_name(e->api, a, type);
        (*ids)[i] = e->api->get_type_id(type);
        e->api->destroy_logical_type(&type);
        is_spelled = is_spelled && columns[i].type.n > 0;
    }
    if (!is_spelled)
        POND_TRY(spell_types(e, a, sql, columns, n, err));
    *out = (pond_schema){columns, n};
    return POND_OK;
}

pond_code pond_engine_schema(pond_engine *e, pond_arena *a, pond_sv select, pond_schema *out,
                             pond_err *err) {
    duckdb_prepared_statement stmt = NULL;
    duckdb_type *ids;
    POND_TRY(engine_prepare(e, select, &stmt, err));
    pond_code rc = engine_describe(e, a, stmt, select, out, &ids, err);
    e->api->destroy_prepare(&stmt);
    return rc;
}
