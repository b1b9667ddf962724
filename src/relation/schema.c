// Rules about columns: which one is the time, which names are the same, which types can be united.
#include "relation/schema.h"

#include "base/time.h"
#include "text/text.h"

#include <strings.h>

bool pond_schema_equal(pond_schema a, pond_schema b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n && a.items != b.items; i++)
        if (!pond_sv_eq(a.items[i].name, b.items[i].name) ||
            !pond_sv_eq(a.items[i].type, b.items[i].type))
            return false;
    return true;
}

const pond_column *pond_find_time_column(pond_schema schema) {
    const char *name;
    for (size_t i = 0; (name = pond_text_time_name(i)) != NULL; i++) {
        const pond_column *c = pond_schema_find(schema, pond_sv_of(name));
        if (c != NULL && pond_type_is_time(c->type))
            return c;
    }
    return NULL;
}

const pond_column *pond_find_time_name(pond_schema schema) {
    const char *name;
    for (size_t i = 0; (name = pond_text_time_name(i)) != NULL; i++) {
        const pond_column *c = pond_schema_find(schema, pond_sv_of(name));
        if (c != NULL)
            return c;
    }
    return NULL;
}

pond_code pond_schema_time(pond_schema schema, pond_sv name, pond_sv path, const pond_column **out,
                           pond_err *err) {
    *out = pond_schema_find(schema, name);
    if (*out != NULL && pond_type_is_time((*out)->type))
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID, "'%.*s' has no time column '%.*s'", POND_SV_ARG(path),
              POND_SV_ARG(name));
    if (*out != NULL)
        pond_err_detail(err, "  the column exists, but its type is %.*s, not TIMESTAMP",
                        POND_SV_ARG((*out)->type));
    return POND_ERR_INVALID;
}

// `SELECT * EXCLUDE ("tags", "s")`, of which nothing is left if all columns are nested.
static void write_others(pond_schema schema, pond_buf *sql) {
    const char *sep = "* EXCLUDE (";
    bool has_others = false;
    for (size_t i = 0; i < schema.n; i++)
        has_others |= !pond_type_is_nested(schema.items[i].type);
    for (size_t i = 0; i < schema.n && has_others; i++) {
        if (!pond_type_is_nested(schema.items[i].type))
            continue;
        pond_buf_str(sql, sep);
        pond_buf_sql_name(sql, schema.items[i].name);
        sep = ", ";
    }
    pond_buf_str(sql, has_others ? ")" : "");
}

// `unnest("tags") AS "tags"`: a row for each item; of a struct, a column for each field.
static void write_parts(const pond_column *c, pond_buf *sql) {
    bool is_map = pond_sv_starts(c->type, POND_SV("MAP(")) && !pond_sv_ends(c->type, POND_SV("]"));
    bool is_list = pond_sv_ends(c->type, POND_SV("]"));
    pond_buf_str(sql, is_map ? "" : "unnest(");
    pond_buf_sql_name(sql, c->name);
    pond_buf_str(sql, is_map ? "[KEY] AS " : is_list ? ") AS " : ")");
    if (is_map || is_list)
        pond_buf_sql_name(sql, c->name);
}

static void advise_flat(pond_schema schema, const pond_column *first, pond_err *err) {
    pond_buf others = POND_BUF_EMPTY, parts = POND_BUF_EMPTY;
    write_others(schema, &others);
    write_parts(first, &parts);
    pond_err_detail(err,
                    "  table:// and series:// keep them as they are; --sql leaves them out, or "
                    "takes them apart:");
    if (others.n > 0)
        pond_err_detail(err, "  --sql 'SELECT %s FROM source'", others.p);
    if (!pond_sv_starts(first->type, POND_SV("UNION(")))
        pond_err_detail(err, "  --sql 'SELECT %s%s%s FROM source'", others.n > 0 ? others.p : "",
                        others.n > 0 ? ", " : "", parts.p);
    pond_buf_free(&others);
    pond_buf_free(&parts);
}

pond_code pond_schema_check_flat(pond_schema schema, pond_sv what, pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    const pond_column *first = NULL;
    for (size_t i = 0; i < schema.n; i++) {
        const pond_column *c = &schema.items[i];
        if (!pond_type_is_nested(c->type))
            continue;
        pond_buf_printf(&names, "%s'%.*s'", first == NULL ? "" : ", ", POND_SV_ARG(c->name));
        first = first == NULL ? c : first;
    }
    if (first == NULL)
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID,
              "'%.*s' has nested columns, which parquet:// does not read: %s", POND_SV_ARG(what),
              names.p);
    advise_flat(schema, first, err);
    pond_buf_free(&names);
    return POND_ERR_INVALID;
}

bool pond_column_name_eq(pond_sv a, pond_sv b) {
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

// Removes the part after the last dot from *rest; false: there is none.
static bool take_part(pond_sv *rest, pond_sv *part) {
    ptrdiff_t dot = pond_sv_rfind_char(*rest, '.');
    if (dot < 0)
        return false;
    *part = pond_sv_sub(*rest, (size_t)dot + 1, rest->n);
    *rest = pond_sv_sub(*rest, 0, (size_t)dot);
    return true;
}

bool pond_column_split(pond_sv column, pond_column_parts *out) {
    pond_column_parts p = {.instrument = column};
    if (pond_sv_is(column, "timestamp.count"))
        p = (pond_column_parts){POND_SV("system"), POND_SV("timestamp"), POND_SV("count"),
                                POND_SV("count")};
    else if (!take_part(&p.instrument, &p.agg) || !take_part(&p.instrument, &p.unit) ||
             !take_part(&p.instrument, &p.name)) {
        *out = (pond_column_parts){{"", 0}, column, {"", 0}, {"", 0}};
        return false;
    }
    *out = p;
    return true;
}

int64_t pond_time_tick_us(pond_sv sql_type) {
    return pond_sv_is(sql_type, "TIMESTAMP_S")    ? POND_US_PER_S
           : pond_sv_is(sql_type, "TIMESTAMP_MS") ? POND_US_PER_MS
                                                  : 1;
}

// Widest last. Decimals are not ordered among these: with another type they become doubles.
static int numeric_rank(pond_sv type) {
    static const char *const ranks[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT",
                                        "HUGEINT", "FLOAT",    "DOUBLE"};
    for (int i = 0; i < (int)(sizeof ranks / sizeof *ranks); i++)
        if (pond_sv_is(type, ranks[i]))
            return i;
    return -1;
}

bool pond_unite_types(pond_sv a, pond_sv b, pond_sv *out) {
    if (pond_sv_eq(a, b)) {
        *out = a;
        return true;
    }
    if (pond_type_is_numeric(a) && pond_type_is_numeric(b)) {
        int ra = numeric_rank(a), rb = numeric_rank(b);
        // BIGINT and wider into FLOAT loses digits; so does anything with a decimal or an unsigned
        // 64-bit integer.
        bool keeps =
            ra >= 0 && rb >= 0 && !(ra + rb > 0 && (ra == 5 || rb == 5) && (ra < 5 || rb < 5));
        *out = keeps ? (ra > rb ? a : b) : POND_SV("DOUBLE");
        return true;
    }
    if (pond_type_is_time(a) && pond_type_is_time(b)) {
        bool zone_a = pond_sv_is(a, "TIMESTAMP WITH TIME ZONE");
        bool zone_b = pond_sv_is(b, "TIMESTAMP WITH TIME ZONE");
        if (zone_a || zone_b)
            return false;
        *out = pond_time_tick_us(a) > pond_time_tick_us(b) ? b
               : pond_sv_is(b, "TIMESTAMP_NS")             ? b
                                                           : a;
        return true;
    }
    return false;
}

pond_sv pond_unite_instants(pond_sv a, pond_sv b) {
    static const pond_sv zoned = {"TIMESTAMP WITH TIME ZONE", 24};
    pond_sv both;
    if (pond_unite_types(a, b, &both))
        return both;
    return pond_sv_is(a, "TIMESTAMP_NS") ? a : pond_sv_is(b, "TIMESTAMP_NS") ? b : zoned;
}

// Uniting columns ---------------------------------------------------------------------------------

static pond_united_column *find_united(const pond_united *u, pond_sv name) {
    for (size_t i = 0; i < u->n; i++)
        if (pond_column_name_eq(u->items[i].column.name, name))
            return &u->items[i];
    return NULL;
}

pond_unite_result pond_unite_column(pond_arena *a, pond_united *u, pond_column c, bool has_values,
                                    const pond_united_column **known_as) {
    pond_united_column *known = find_united(u, c.name);
    if (known == NULL) {
        known = pond_vec_push(a, u);
        *known = (pond_united_column){c, has_values};
        *known_as = known;
        return POND_UNITED;
    }
    *known_as = known;
    if (!pond_sv_eq(known->column.name, c.name))
        return POND_NAMES_CLASH;
    if (!has_values)
        return POND_UNITED;
    pond_unite_result result = POND_UNITED;
    if (!known->has_values)
        known->column.type = c.type;
    else if (!pond_unite_types(known->column.type, c.type, &known->column.type))
        result = POND_TYPES_CLASH;
    known->has_values = true;
    return result;
}

pond_schema pond_united_schema(pond_arena *a, const pond_united *u) {
    pond_column *columns = POND_NEW_ARRAY(a, pond_column, u->n);
    for (size_t i = 0; i < u->n; i++)
        columns[i] = u->items[i].column;
    return (pond_schema){columns, u->n};
}
