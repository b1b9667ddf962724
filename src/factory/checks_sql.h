// checks_sql: the rules of checks as SQL.
//
// All rules look at readings in the order of time, and at the values of one column of one series
// at a time. A reading that breaks the rule begins a finding, or goes on with that of the reading
// before it.
#ifndef POND_FACTORY_CHECKS_SQL_H
#define POND_FACTORY_CHECKS_SQL_H

#include "factory/checks_config.h"

// The columns of findings.
extern const pond_schema checks_schema;

// Appends a SELECT of the readings of one series that the rule is about, up to ` FROM `: the caller
// appends a subquery of its rows and then calls the second function. `columns` are those that the
// rule checks; it may have none if it is about times.
void checks_sql_readings(pond_buf *sql, const check_rule *rule, pond_sv series,
                         const pond_column *time, pond_schema columns);
void checks_sql_end_readings(pond_buf *sql, const pond_column *time);
// Appends a SELECT of the findings of a rule. `readings`: the table of all its readings.
void checks_sql_findings(pond_buf *sql, const check_rule *rule, pond_sv readings);

#endif
