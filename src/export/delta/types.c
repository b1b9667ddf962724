// The types of Delta columns, the schema as JSON, and a relation that casts rows to these types.
#include "export/delta/types.h"

#include "relation/schema.h"
#include "relation/sql.h"

// Types -------------------------------------------------------------------------------------------

// A Delta timestamp is an instant, which Parquet marks with isAdjustedToUTC = true; the type
// without a zone came with protocol 3/7. All times of a pond are UTC, so a TIMESTAMP becomes that
// instant.
static const struct {
    const char *sql;     // the column's type; one that ends in "(" may have any arguments
    const char *written; // the type in the file; NULL: the column's own
    const char *delta;   // the type in the table; NULL: the SQL type in lower case
} types[] = {
    // clang-format off
    {"BOOLEAN",                  NULL,                       "boolean"},
    {"TINYINT",                  NULL,                       "byte"},
    {"SMALLINT",                 NULL,                       "short"},
    {"INTEGER",                  NULL,                       "integer"},
    {"BIGINT",                   NULL,                       "long"},
    {"HUGEINT",                  "DECIMAL(38,0)",            "decimal(38,0)"},
    {"UTINYINT",                 "SMALLINT",                 "short"},
    {"USMALLINT",                "INTEGER",                  "integer"},
    {"UINTEGER",                 "BIGINT",                   "long"},
    {"UBIGINT",                  "DECIMAL(20,0)",            "decimal(20,0)"},
    {"UHUGEINT",                 "DECIMAL(38,0)",            "decimal(38,0)"},
    {"FLOAT",                    NULL,                       "float"},
    {"DOUBLE",                   NULL,                       "double"},
    {"DECIMAL(",                 NULL,                       NULL},
    {"VARCHAR",                  NULL,                       "string"},
    {"ENUM(",                    "VARCHAR",                  "string"},
    {"JSON",                     "VARCHAR",                  "string"},
    {"UUID",                     "VARCHAR",                  "string"},
    {"BIT",                      "VARCHAR",                  "string"},
    {"TIME",                     "VARCHAR",                  "string"},
    {"TIME WITH TIME ZONE",      "VARCHAR",                  "string"},
    {"INTERVAL",                 "VARCHAR",                  "string"},
    {"BLOB",                     NULL,                       "binary"},
    {"DATE",                     NULL,                       "date"},
    {"TIMESTAMP",                "TIMESTAMP WITH TIME ZONE", "timestamp"},
    {"TIMESTAMP_S",              "TIMESTAMP WITH TIME ZONE", "timestamp"},
    {"TIMESTAMP_MS",             "TIMESTAMP WITH TIME ZONE", "timestamp"},
    {"TIMESTAMP_NS",             "TIMESTAMP WITH TIME ZONE", "timestamp"},
    {"TIMESTAMP WITH TIME ZONE", NULL,                       "timestamp"},
    {"\"NULL\"",                 "INTEGER",                  "integer"},
    // clang-format on
};
enum { N_TYPES = sizeof types / sizeof *types };

static size_t find_type(pond_sv sql) {
    size_t i = 0;
    for (; i < N_TYPES; i++) {
        pond_sv name = pond_sv_of(types[i].sql);
        bool has_arguments = name.p[name.n - 1] == '(';
        // A list of such a type ends in "[]", which no row does.
        if (has_arguments ? pond_sv_starts(sql, name) && sql.p[sql.n - 1] == ')'
                          : pond_sv_eq(sql, name))
            break;
    }
    return i;
}

static void type_json(pond_buf *b, pond_sv sql) {
    size_t i = find_type(sql);
    POND_ASSERT(i < N_TYPES); // delta_adapt refuses such a column
    if (types[i].delta != NULL) {
        pond_buf_printf(b, "\"%s\"", types[i].delta);
        return;
    }
    pond_buf_char(b, '"');
    for (size_t k = 0; k < sql.n; k++)
        pond_buf_char(b, (char)(sql.p[k] >= 'A' && sql.p[k] <= 'Z' ? sql.p[k] + 32 : sql.p[k]));
    pond_buf_char(b, '"');
}

// What a column called `instrument.name.unit.agg` holds, in words for a catalog.
static void comment_json(pond_buf *b, pond_sv column) {
    pond_column_parts p;
    pond_buf text = POND_BUF_EMPTY;
    if (!pond_column_split(column, &p))
        return;
    pond_buf_printf(&text, "instrument: %.*s; name: %.*s; unit: %.*s; aggregation: %.*s",
                    POND_SV_ARG(p.instrument), POND_SV_ARG(p.name), POND_SV_ARG(p.unit),
                    POND_SV_ARG(p.agg));
    pond_buf_str(b, "\"comment\":");
    pond_json_string(b, pond_buf_view(&text));
    pond_buf_free(&text);
}

static void field_json(pond_buf *b, bool is_first, pond_sv name, pond_sv sql_type) {
    pond_buf_str(b, is_first ? "{\"name\":" : ",{\"name\":");
    pond_json_string(b, name);
    pond_buf_str(b, ",\"type\":");
    type_json(b, sql_type);
    pond_buf_str(b, ",\"nullable\":true,\"metadata\":{");
    comment_json(b, name);
    pond_buf_str(b, "}}");
}

void delta_schema_json(pond_buf *b, pond_schema schema, int n_periods) {
    pond_buf_str(b, "{\"type\":\"struct\",\"fields\":[");
    for (size_t i = 0; i < schema.n; i++)
        field_json(b, i == 0, schema.items[i].name, schema.items[i].type);
    for (int i = 0; i < n_periods; i++)
        field_json(b, schema.n == 0 && i == 0, pond_sv_of(pond_period_name((pond_period)i)),
                   POND_SV("INTEGER"));
    pond_buf_str(b, "]}");
}

// Rows in these types -----------------------------------------------------------------------------

// Wraps a relation and casts its columns.
typedef struct cast_relation {
    pond_relation base;
    pond_relation *inner;
} cast_relation;

static pond_code cast_schema(pond_session *s, pond_relation *base, pond_schema *out,
                             pond_err *err) {
    cast_relation *r = (cast_relation *)base;
    pond_schema inner;
    POND_TRY(pond_relation_schema(s, r->inner, &inner, err));
    pond_column *columns = POND_NEW_ARRAY(pond_session_arena(s), pond_column, inner.n);
    for (size_t i = 0; i < inner.n; i++) {
        const char *written = types[find_type(inner.items[i].type)].written;
        columns[i] = inner.items[i];
        if (written != NULL)
            columns[i].type = pond_sv_of(written);
    }
    *out = (pond_schema){columns, inner.n};
    return POND_OK;
}

static void begin_casts(pond_buf *sql, const pond_relation *base) {
    const cast_relation *r = (const cast_relation *)base;
    pond_buf_str(sql, "SELECT ");
    pond_sql_project(sql, r->inner->schema, base->schema);
    pond_buf_str(sql, " FROM (");
}

static pond_code cast_sql(pond_session *s, pond_relation *base, pond_range range, pond_buf *sql,
                          pond_err *err) {
    begin_casts(sql, base);
    POND_TRY(pond_relation_sql(s, ((cast_relation *)base)->inner, range, sql, err));
    pond_buf_char(sql, ')');
    return POND_OK;
}

static pond_code cast_fingerprint(pond_session *s, pond_relation *base, pond_range range,
                                  pond_hasher *h, pond_err *err) {
    pond_sha256 inner;
    POND_TRY(pond_relation_fingerprint(s, ((cast_relation *)base)->inner, range, &inner, err));
    pond_hasher_field(h, POND_SV("delta"));
    pond_hasher_sha(h, &inner);
    return POND_OK;
}

static pond_code cast_changing(pond_session *s, pond_relation *base, pond_sv *out, pond_err *err) {
    return pond_relation_changing(s, ((cast_relation *)base)->inner, out, err);
}

static pond_code cast_bounds(pond_session *s, pond_relation *base, pond_range *out, pond_err *err) {
    return pond_relation_bounds(s, ((cast_relation *)base)->inner, out, err);
}

static pond_code cast_is_sliceable(pond_session *s, pond_relation *base, bool *out, pond_err *err) {
    return pond_relation_is_sliceable(s, ((cast_relation *)base)->inner, out, err);
}

static pond_row_count cast_count(pond_session *s, pond_relation *base, pond_range range) {
    return pond_relation_count(s, ((cast_relation *)base)->inner, range);
}

static pond_code cast_is_promised(pond_session *s, pond_relation *base, bool *out, pond_err *err) {
    return pond_relation_is_promised(s, ((cast_relation *)base)->inner, out, err);
}

static pond_order cast_order(pond_session *s, pond_relation *base, pond_range range) {
    return pond_relation_order(s, ((cast_relation *)base)->inner, range);
}

// The table is the inner relation's; the slices that are taken from it are cast.
static pond_code cast_table(pond_session *s, pond_relation *base, pond_range range, pond_buf *sql,
                            pond_err *err) {
    return pond_relation_table_sql(s, ((cast_relation *)base)->inner, range, sql, err);
}

static pond_code cast_from_table(pond_session *s, pond_relation *base, pond_range range,
                                 pond_sv table, pond_buf *sql, pond_err *err) {
    pond_relation *inner = ((cast_relation *)base)->inner;
    begin_casts(sql, base);
    POND_TRY(pond_relation_from_table_unordered(s, inner, range, table, sql, err));
    pond_buf_char(sql, ')');
    return POND_OK;
}

static pond_range cast_table_range(pond_session *s, pond_relation *base, pond_range range) {
    return pond_relation_table_range(s, ((cast_relation *)base)->inner, range);
}

static int64_t cast_table_rows(pond_session *s, pond_relation *base, pond_range range) {
    return pond_relation_table_rows(s, ((cast_relation *)base)->inner, range);
}

static int64_t cast_work(pond_session *s, pond_relation *base, pond_range range) {
    return pond_relation_work(s, ((cast_relation *)base)->inner, range);
}

static bool cast_sums_vary(const pond_relation *base) {
    return pond_relation_sums_vary(((const cast_relation *)base)->inner);
}

static const pond_relation_ops cast_ops = {
    .schema = cast_schema,
    .sql = cast_sql,
    .fingerprint = cast_fingerprint,
    .changing = cast_changing,
    .bounds = cast_bounds,
    .is_sliceable = cast_is_sliceable,
    .is_promised = cast_is_promised,
    .count = cast_count,
    .order = cast_order,
    .table_sql = cast_table, // used if the inner relation's `table_key`, which is copied, says so
    .from_table = cast_from_table,
    .table_range = cast_table_range,
    .table_rows = cast_table_rows,
    .work = cast_work,
    .sums_vary = cast_sums_vary,
};

// Checking ----------------------------------------------------------------------------------------

static pond_code check_type(const pond_column *c, pond_err *err) {
    if (find_type(c->type) < N_TYPES)
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID,
              "column '%.*s' has the type %.*s, which Delta tables of protocol 1/2 cannot hold",
              POND_SV_ARG(c->name), POND_SV_ARG(c->type));
    pond_err_detail(err, "  split it into columns of simple types in a sql-derived node, or export "
                         "without --table-format delta");
    return POND_ERR_INVALID;
}

pond_code delta_adapt(const export_run *run, export_target *t, pond_err *err) {
    pond_schema schema;
    bool needs_cast = false;
    POND_TRY(pond_relation_schema(run->session, t->relation, &schema, err));
    for (size_t i = 0; i < schema.n; i++) {
        const pond_column *c = &schema.items[i];
        POND_TRY(check_type(c, err));
        needs_cast = needs_cast || types[find_type(c->type)].written != NULL;
    }
    if (!needs_cast)
        return POND_OK;
    cast_relation *r = POND_NEW(run->arena, cast_relation);
    *r = (cast_relation){.base = *t->relation, .inner = t->relation};
    r->base.ops = &cast_ops;
    r->base.has_schema = false;
    t->relation = &r->base;
    return pond_relation_schema(run->session, t->relation, &schema, err);
}
