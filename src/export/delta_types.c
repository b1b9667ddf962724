// delta_types: columns as a Delta table of protocol 1/2 can hold them, and what is told of their
// values.
#include "export/delta.h"

#include "relation/sql.h"

#include <inttypes.h>
#include <strings.h>

// Types
// ---------------------------------------------------------------------------------------------

// `written` is the type in the file where it is not the column's own. A Delta timestamp is an
// instant, which Parquet says with isAdjustedToUTC = true; the type without a zone came with
// protocol 3/7. All times of a pond are UTC, so TIMESTAMP becomes the instant that it means.
static const struct {
    const char *sql, *written, *delta;
} types[] = {
    // clang-format off
    {"BOOLEAN",                  NULL,                       "boolean"},
    {"TINYINT",                  NULL,                       "byte"},
    {"SMALLINT",                 NULL,                       "short"},
    {"INTEGER",                  NULL,                       "integer"},
    {"BIGINT",                   NULL,                       "long"},
    {"HUGEINT",                  "DOUBLE",                   "double"}, // as in any Parquet file
    {"UTINYINT",                 "SMALLINT",                 "short"},
    {"USMALLINT",                "INTEGER",                  "integer"},
    {"UINTEGER",                 "BIGINT",                   "long"},
    {"UBIGINT",                  "DECIMAL(20,0)",            "decimal(20,0)"},
    {"UHUGEINT",                 "DOUBLE",                   "double"},
    {"FLOAT",                    NULL,                       "float"},
    {"DOUBLE",                   NULL,                       "double"},
    {"DECIMAL(",                 NULL,                       NULL}, // named as it is, in lower case
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
    POND_ASSERT(i < N_TYPES); // delta_adapt has refused it
    if (types[i].delta != NULL) {
        pond_buf_printf(b, "\"%s\"", types[i].delta);
        return;
    }
    pond_buf_char(b, '"');
    for (size_t k = 0; k < sql.n; k++)
        pond_buf_char(b, (char)(sql.p[k] >= 'A' && sql.p[k] <= 'Z' ? sql.p[k] + 32 : sql.p[k]));
    pond_buf_char(b, '"');
}

static void field_json(pond_buf *b, bool is_first, pond_sv name, pond_sv sql_type) {
    pond_buf_str(b, is_first ? "{\"name\":" : ",{\"name\":");
    pond_json_string(b, name);
    pond_buf_str(b, ",\"type\":");
    type_json(b, sql_type);
    pond_buf_str(b, ",\"nullable\":true,\"metadata\":{}}");
}

void delta_schema_json(pond_buf *b, pond_schema schema, int n_units) {
    pond_buf_str(b, "{\"type\":\"struct\",\"fields\":[");
    for (size_t i = 0; i < schema.n; i++)
        field_json(b, i == 0, schema.items[i].name, schema.items[i].type);
    for (int i = 0; i < n_units; i++)
        field_json(b, schema.n == 0 && i == 0, pond_sv_of(pond_unit_name((pond_unit)i)),
                   POND_SV("INTEGER"));
    pond_buf_str(b, "]}");
}

// Rows in these types
// -------------------------------------------------------------------------------

// The relation around another one that casts its columns.
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
    pond_hasher_part(h, POND_SV("delta"));
    pond_hasher_part(h, (pond_sv){(const char *)inner.bytes, sizeof inner.bytes});
    return POND_OK;
}

static pond_code cast_bounds(pond_session *s, pond_relation *base, pond_range *out, pond_err *err) {
    return pond_relation_bounds(s, ((cast_relation *)base)->inner, out, err);
}

static pond_code cast_is_sliceable(pond_session *s, pond_relation *base, bool *out, pond_err *err) {
    return pond_relation_is_sliceable(s, ((cast_relation *)base)->inner, out, err);
}

static pond_order cast_order(pond_session *s, pond_relation *base, pond_range range) {
    return pond_relation_order(s, ((cast_relation *)base)->inner, range);
}

// What is shared is what the inner relation makes of it: slices are cast, not the whole.
static pond_code cast_shared(pond_session *s, pond_relation *base, pond_range range, pond_buf *sql,
                             pond_err *err) {
    pond_relation *inner = ((cast_relation *)base)->inner;
    return inner->ops->shared(s, inner, range, sql, err);
}

static pond_code cast_from_shared(pond_session *s, pond_relation *base, pond_range range,
                                  pond_sv table, pond_buf *sql, pond_err *err) {
    pond_relation *inner = ((cast_relation *)base)->inner;
    begin_casts(sql, base);
    POND_TRY(inner->ops->from_shared(s, inner, range, table, sql, err));
    pond_buf_char(sql, ')');
    return POND_OK;
}

static int64_t cast_shared_rows(pond_session *s, pond_relation *base, pond_range range) {
    pond_relation *inner = ((cast_relation *)base)->inner;
    return inner->ops->shared_rows(s, inner, range);
}

static const pond_relation_ops cast_ops = {
    .schema = cast_schema,
    .sql = cast_sql,
    .fingerprint = cast_fingerprint,
    .bounds = cast_bounds,
    .is_sliceable = cast_is_sliceable,
    .order = cast_order,
    .shared = cast_shared, // asked for where the inner relation's `share`, copied, says so
    .from_shared = cast_from_shared,
    .shared_rows = cast_shared_rows,
};

static pond_code check_columns(const export_run *run, const pond_target *t, pond_schema schema,
                               pond_err *err) {
    for (size_t i = 0; i < schema.n; i++) {
        const pond_column *c = &schema.items[i];
        if (find_type(c->type) == N_TYPES) {
            pond_fail(err, POND_ERR_INVALID,
                      "column '%.*s' is %.*s, which a Delta table of protocol 1/2 as this program "
                      "writes it cannot hold",
                      POND_SV_ARG(c->name), POND_SV_ARG(c->type));
            pond_err_detail(err, "  take its parts apart in a sql-derived node, or export without "
                                 "--table-format delta");
            return POND_ERR_INVALID;
        }
        for (int k = 0; t->is_partitioned && k < run->options->n_units; k++) {
            const char *unit = pond_unit_name((pond_unit)k);
            // Names in a Delta table differ in more than case.
            if (c->name.n == strlen(unit) && strncasecmp(c->name.p, unit, c->name.n) == 0)
                return pond_fail(err, POND_ERR_CONFLICT,
                                 "column '%.*s' and the partitions' column '%s' would be one "
                                 "column of the Delta table; rename it in a sql-derived node",
                                 POND_SV_ARG(c->name), unit);
        }
    }
    return POND_OK;
}

pond_code delta_adapt(export_run *run, pond_target *t, pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_schema(run->session, t->relation, &schema, err));
    POND_TRY(check_columns(run, t, schema, err));
    bool is_cast = false;
    for (size_t i = 0; i < schema.n && !is_cast; i++)
        is_cast = types[find_type(schema.items[i].type)].written != NULL;
    if (!is_cast)
        return POND_OK;
    cast_relation *r = POND_NEW(run->arena, cast_relation);
    *r = (cast_relation){.base = *t->relation, .inner = t->relation};
    r->base.ops = &cast_ops;
    r->base.has_schema = false;
    t->relation = &r->base;
    return pond_relation_schema(run->session, t->relation, &schema, err);
}

// Statistics
// ----------------------------------------------------------------------------------------

// As many characters of a text are told, as Spark does; bounds need not be values that occur.
enum { TEXT_BOUND = 32 };

static size_t first_characters(pond_sv s, size_t n_characters) {
    size_t i = 0;
    for (size_t n = 0; i < s.n; i++)
        if (((uint8_t)s.p[i] & 0xC0) != 0x80 && n++ == n_characters)
            break;
    return i;
}

// The lower bound of a long text is its beginning; the upper one the beginning and the last
// character that there is, unless that is no bound.
static bool text_bound(pond_buf *b, pond_sv s, bool is_upper) {
    static const pond_sv last = {"\xF4\x8F\xBF\xBF", 4}; // U+10FFFF
    size_t n = first_characters(s, TEXT_BOUND);
    if (n == s.n || !is_upper) {
        pond_json_string(b, pond_sv_sub(s, 0, n));
        return true;
    }
    if (pond_sv_cmp(pond_sv_sub(s, n, s.n), last) > 0)
        return false;
    pond_buf cut = POND_BUF_EMPTY;
    pond_buf_append(&cut, s.p, n);
    pond_buf_sv(&cut, last);
    pond_json_string(b, pond_buf_view(&cut));
    pond_buf_free(&cut);
    return true;
}

// Instants are told in milliseconds: the lower bound rounds down, the upper one up.
static bool time_bound(pond_buf *b, pond_sv digits, bool is_upper) {
    int64_t us;
    if (!pond_sv_to_int(digits, &us) || us > INT64_MAX - POND_US_PER_MS)
        return false;
    int64_t below = ((us % POND_US_PER_MS) + POND_US_PER_MS) % POND_US_PER_MS;
    us -= below;
    if (is_upper && below > 0)
        us += POND_US_PER_MS;
    pond_civil c = pond_civil_from_us(us);
    if (c.year < 0 || c.year > 9999)
        return false; // readers agree about four digits only
    pond_buf_printf(b, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", (int)c.year, c.month, c.day,
                    c.hour, c.minute, c.second, c.us / POND_US_PER_MS);
    return true;
}

static bool date_bound(pond_buf *b, pond_sv text) {
    if (text.n != strlen("2024-01-31"))
        return false;
    pond_json_string(b, text);
    return true;
}

static bool number_bound(pond_buf *b, pond_sv sql_type, pond_sv text) {
    bool is_float = pond_sv_is(sql_type, "DOUBLE") || pond_sv_is(sql_type, "FLOAT");
    double value;
    char digits[32];
    if (!is_float) { // digits as they are: a decimal has more than a double can hold
        pond_buf_sv(b, text);
        return true;
    }
    if (!pond_sv_to_double(text, &value) || value - value != 0) // infinities are no JSON
        return false;
    pond_buf_append(b, digits, pond_float_json(value, digits));
    return true;
}

// Appends one bound; false, and nothing is appended, where none can be told.
static bool bound(pond_buf *b, pond_sv sql_type, pond_sv text, bool is_upper) {
    if (pond_type_is_time(sql_type))
        return time_bound(b, text, is_upper);
    if (pond_sv_is(sql_type, "DATE"))
        return date_bound(b, text);
    if (pond_sv_is(sql_type, "VARCHAR"))
        return text_bound(b, text, is_upper);
    return pond_type_is_numeric(sql_type) && number_bound(b, sql_type, text);
}

static void bounds_json(pond_buf *b, pond_schema schema, const pond_file_stats *stats,
                        bool is_upper) {
    pond_buf value = POND_BUF_EMPTY;
    size_t n = 0;
    for (size_t i = 0; i < schema.n; i++) {
        const pond_column_stats *c = &stats->columns[i];
        pond_buf_clear(&value);
        if (!c->has_bounds ||
            !bound(&value, schema.items[i].type, is_upper ? c->max : c->min, is_upper))
            continue;
        if (n++ > 0)
            pond_buf_char(b, ',');
        pond_json_string(b, schema.items[i].name);
        pond_buf_char(b, ':');
        pond_buf_sv(b, pond_buf_view(&value));
    }
    pond_buf_free(&value);
}

void delta_stats_json(pond_buf *b, pond_schema schema, const pond_file_stats *stats) {
    pond_buf_printf(b, "{\"numRecords\":%" PRIu64 ",\"minValues\":{", stats->rows);
    bounds_json(b, schema, stats, false);
    pond_buf_str(b, "},\"maxValues\":{");
    bounds_json(b, schema, stats, true);
    pond_buf_str(b, "},\"nullCount\":{");
    for (size_t i = 0, n = 0; i < schema.n; i++) {
        if (stats->columns[i].nulls < 0)
            continue;
        if (n++ > 0)
            pond_buf_char(b, ',');
        pond_json_string(b, schema.items[i].name);
        pond_buf_printf(b, ":%" PRId64, stats->columns[i].nulls);
    }
    pond_buf_str(b, "}}");
}
