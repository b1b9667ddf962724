// The types of columns: their names in SQL and what they can be used for, from the table types.def.
#include "engine/engine_internal.h"

typedef enum type_class { CLASS_OTHER, CLASS_NUMBER, CLASS_TIME } type_class;
typedef enum type_cell { CELL_CAST, CELL_PLAIN } type_cell;

typedef struct type_row {
    duckdb_type id;
    pond_sv sql;
    type_class class;
    type_cell cell;
} type_row;

static const type_row types[] = {
#define TYPE(id, sql, class, cell)                                                                 \
    {DUCKDB_TYPE_##id, {sql, sizeof(sql) - 1}, CLASS_##class, CELL_##cell},
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

static bool has_class(pond_sv sql_type, type_class class) {
    for (size_t i = 0; i < N_TYPES; i++)
        if (pond_sv_eq(types[i].sql, sql_type))
            return types[i].class == class;
    return false;
}

bool engine_type_is_plain(duckdb_type id) {
    const type_row *t = type_by_id(id);
    return t != NULL && t->cell == CELL_PLAIN;
}

pond_sv engine_type_sql(duckdb_type id) {
    const type_row *t = type_by_id(id);
    return t != NULL ? t->sql : (pond_sv){"", 0};
}

duckdb_type engine_type_of_sql(pond_sv sql) {
    for (size_t i = 0; i < N_TYPES; i++)
        if (pond_sv_eq(types[i].sql, sql))
            return types[i].id;
    return DUCKDB_TYPE_INVALID;
}

bool pond_type_is_time(pond_sv sql_type) {
    return has_class(sql_type, CLASS_TIME);
}

bool pond_type_is_numeric(pond_sv sql_type) {
    bool is_decimal = // "DECIMAL(18,3)[]" is a list
        pond_sv_starts(sql_type, POND_SV("DECIMAL(")) && pond_sv_ends(sql_type, POND_SV(")"));
    return is_decimal || has_class(sql_type, CLASS_NUMBER);
}

bool pond_type_is_nested(pond_sv sql_type) {
    static const char *const begins[] = {"STRUCT(", "MAP(", "UNION("};
    bool is = pond_sv_ends(sql_type, POND_SV("]"));
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        is = is || pond_sv_starts(sql_type, pond_sv_of(begins[i]));
    return is;
}

// "18,3" of "DECIMAL(18,3)".
static bool is_precision(pond_sv text) {
    uint64_t n;
    ptrdiff_t comma = pond_sv_find_char(text, ',');
    return comma > 0 && pond_sv_to_uint(pond_sv_sub(text, 0, (size_t)comma), &n) &&
           pond_sv_to_uint(pond_sv_sub(text, (size_t)comma + 1, text.n), &n);
}

bool pond_type_is_name(pond_sv sql_type) {
    static const pond_sv decimal = {"DECIMAL(", 8};
    if (pond_sv_starts(sql_type, decimal) && pond_sv_ends(sql_type, POND_SV(")")))
        return is_precision(pond_sv_sub(sql_type, decimal.n, sql_type.n - 1));
    return engine_type_of_sql(sql_type) != DUCKDB_TYPE_INVALID;
}
