// schema: rules about columns: which one is the time, which names are the same, which types can be
// united.
#ifndef POND_RELATION_SCHEMA_H
#define POND_RELATION_SCHEMA_H

#include "base/vec.h"
#include "engine/engine.h"

// The time column of a table: the first of timestamp, Timestamp, event_time, time, ts, datetime
// that exists with a timestamp type. NULL: none.
const pond_column *pond_find_time_column(pond_schema schema);
// The same with any type, for messages.
const pond_column *pond_find_time_name(pond_schema schema);
// The column of that name, which must have a timestamp type; INVALID says what `path` has instead.
pond_code pond_schema_time(pond_schema schema, pond_sv name, pond_sv path, const pond_column **out,
                           pond_err *err) POND_MUST;
// The length of one tick of a timestamp type in microseconds; 1 for types with finer ticks.
int64_t pond_time_tick_us(pond_sv sql_type);

// INVALID with the names of the nested columns of `what`, and with the queries that leave them out or
// take them apart.
pond_code pond_schema_check_flat(pond_schema schema, pond_sv what, pond_err *err) POND_MUST;

bool pond_schema_equal(pond_schema a, pond_schema b);
// Names that differ only in the case of ASCII letters are the same to the engine.
bool pond_column_name_eq(pond_sv a, pond_sv b);
// A column called `instrument.name.unit.agg` says what it holds. The parts are split from the
// right: the instrument may have dots. `timestamp.count` is one too: system, timestamp, count,
// count.
typedef struct pond_column_parts {
    pond_sv instrument, name, unit, agg; // borrowed from the column's name, or static
} pond_column_parts;
// False: it is called otherwise; `name` is then all of it, and the other parts are empty.
bool pond_column_split(pond_sv column, pond_column_parts *out);

// The type that both can be read as: equal types, any two numeric ones, two timestamps that agree
// about the zone. False: they cannot be united.
bool pond_unite_types(pond_sv a, pond_sv b, pond_sv *out);
// The timestamp type that holds the instants of both: the finest unit, with a zone if one has it. A
// time without a zone is UTC. Nanoseconds have no zone.
pond_sv pond_unite_instants(pond_sv a, pond_sv b);

// The columns of several tables, united by name. Where a table has only NULLs in a column, its type
// is ignored: in CSV such a column, of a sensor that sent nothing for a month, is read as text.
typedef struct pond_united_column {
    pond_column column;
    bool has_values; // some table has a value in it
} pond_united_column;
typedef POND_VEC(pond_united_column) pond_united;

typedef enum pond_unite_result {
    POND_UNITED,
    POND_NAMES_CLASH,
    POND_TYPES_CLASH
} pond_unite_result;

// Adds a column of the next table. *known_as is what it became, or what it clashes with: a name
// that differs only in case, or a type that cannot be united. It is valid until the next call.
pond_unite_result pond_unite_column(pond_arena *a, pond_united *u, pond_column c, bool has_values,
                                    const pond_united_column **known_as);
pond_schema pond_united_schema(pond_arena *a, const pond_united *u);

#endif
