// Converts the names of column types from SQL to Arrow. Types with parameters are parsed; a type
// that has no row here is text.
#include "cli/arrow.h"

typedef struct arrow_row {
    const char *sql, *name, *long_name;
} arrow_row;

// clang-format off
static const arrow_row types[] = {
    {"BOOLEAN",                  "Boolean",                "Boolean"},
    {"TINYINT",                  "Int8",                   "Int8"},
    {"SMALLINT",                 "Int16",                  "Int16"},
    {"INTEGER",                  "Int32",                  "Int32"},
    {"BIGINT",                   "Int64",                  "Int64"},
    {"UTINYINT",                 "UInt8",                  "UInt8"},
    {"USMALLINT",                "UInt16",                 "UInt16"},
    {"UINTEGER",                 "UInt32",                 "UInt32"},
    {"UBIGINT",                  "UInt64",                 "UInt64"},
    {"HUGEINT",                  "Decimal128(38, 0)",      "Decimal128(38, 0)"},
    {"UHUGEINT",                 "Decimal128(38, 0)",      "Decimal128(38, 0)"},
    {"FLOAT",                    "Float32",                "Float32"},
    {"DOUBLE",                   "Float64",                "Float64"},
    {"BLOB",                     "Binary",                 "Binary"},
    {"DATE",                     "Date32",                 "Date32"},
    {"TIME",                     "Time64(us)",             "Time64(Microsecond)"},
    {"TIME_NS",                  "Time64(ns)",             "Time64(Nanosecond)"},
    {"TIME WITH TIME ZONE",      "Time64(us)",             "Time64(Microsecond)"},
    {"INTERVAL",                 "Interval(MonthDayNano)", "Interval(MonthDayNano)"},
    {"TIMESTAMP_S",              "Timestamp(s)",           "Timestamp(Second, None)"},
    {"TIMESTAMP_MS",             "Timestamp(ms)",          "Timestamp(Millisecond, None)"},
    {"TIMESTAMP",                "Timestamp(us)",          "Timestamp(Microsecond, None)"},
    {"TIMESTAMP_NS",             "Timestamp(ns)",          "Timestamp(Nanosecond, None)"},
    {"TIMESTAMP WITH TIME ZONE", "Timestamp(us, \"UTC\")", "Timestamp(Microsecond, Some(\"UTC\"))"},
    {"\"NULL\"",                 "Null",                   "Null"},
};
// clang-format on

static pond_sv arrow_name(pond_arena *a, pond_sv type, bool is_long) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (pond_sv_is(type, types[i].sql))
            return pond_sv_of(is_long ? types[i].long_name : types[i].name);
    // "INTEGER[]" and "INTEGER[3]": the last bracket belongs to the outermost list.
    ptrdiff_t bracket = pond_sv_rfind_char(type, '[');
    if (bracket > 0 && pond_sv_ends(type, POND_SV("]"))) {
        pond_sv item = arrow_name(a, pond_sv_sub(type, 0, (size_t)bracket), is_long);
        return pond_svf(a, "List(%.*s)", POND_SV_ARG(item));
    }
    const pond_sv decimal = POND_SV("DECIMAL(");
    pond_sv arguments = pond_sv_sub(type, decimal.n, type.n - 1), width;
    if (pond_sv_starts(type, decimal) && pond_sv_split(&arguments, ',', &width))
        return pond_svf(a, "Decimal128(%.*s, %.*s)", POND_SV_ARG(width), POND_SV_ARG(arguments));
    if (pond_sv_starts(type, POND_SV("STRUCT(")))
        return POND_SV("Struct");
    if (pond_sv_starts(type, POND_SV("MAP(")))
        return POND_SV("Map");
    if (pond_sv_starts(type, POND_SV("UNION(")))
        return POND_SV("Union");
    return POND_SV("Utf8"); // JSON, UUID, ENUM(…), BIT …
}

pond_sv cli_arrow_type(pond_arena *a, pond_sv sql_type) {
    return arrow_name(a, sql_type, false);
}

pond_sv cli_arrow_type_long(pond_arena *a, pond_sv sql_type) {
    return arrow_name(a, sql_type, true);
}
