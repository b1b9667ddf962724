// sql: pieces of SQL that several kinds of relations and exports write. All append to *sql.
#ifndef POND_RELATION_SQL_H
#define POND_RELATION_SQL_H

#include "relation/relation.h"

// `"t" >= … AND "t" < …` for a time column of that type, in parentheses and with ` OR …` for a
// range with odd times. The constants have the same type, so that the engine can skip row groups.
// `true` for a range without bounds.
void pond_sql_time_filter(pond_buf *sql, pond_sv column, pond_sv sql_type, pond_range range);
// ` ORDER BY …` as pond_relation_sql_ordered has it. The relation's schema must be known.
void pond_sql_order(pond_buf *sql, const pond_relation *r);
// A SELECT of no rows with these columns.
void pond_sql_empty(pond_buf *sql, pond_schema schema);
// The select list that gives columns `have` as `want`: NULL for what is missing, casts where types
// differ.
void pond_sql_project(pond_buf *sql, pond_schema have, pond_schema want);

// Integers of 128 bits, such as the engine's sums of integers, are exact as DECIMAL(38,0); Parquet
// has no such integers, and would get doubles. Fills *replace with the ` REPLACE (…)` for the select
// list over a user's query, which makes those columns decimals; empty if there are none. `sql` is
// the whole SELECT, `query` the user's part of it: where that cannot have such columns, nothing is
// planned. Lives in the session's arena.
pond_code pond_sql_exact(pond_session *s, pond_sv query, pond_sv sql, pond_sv *replace,
                         pond_err *err) POND_MUST;

#endif
