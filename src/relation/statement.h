// statement: the SELECT of a relation, with what it reads of other ones, as one flat statement.
//
//     WITH "pond:1" AS (…), "pond:2" AS (… FROM "pond:1" …) SELECT * FROM (… FROM "pond:2" …)
//
// What a query, a join or a reduction makes (is_computed) is an expression of its own, written once
// for all that read it. So a node that is read along many ways is there once, and a chain is as deep
// for the parser as its deepest query.
#ifndef POND_RELATION_STATEMENT_H
#define POND_RELATION_STATEMENT_H

#include "relation/relation.h"

// Names of expressions begin so: no table of a query may.
#define RELATION_EXPRESSION "pond:"

typedef struct relation_statement relation_statement;

// Appends a SELECT of the rows of the range: the whole statement, or, while one is being written, a
// part of it. The relation can answer the range: it is sliceable, or the range is all.
pond_code relation_statement_write(pond_session *s, pond_relation *r, pond_range range,
                                   pond_buf *sql, pond_err *err) POND_MUST;
// How often the engine plans what was written so far, counted in expressions; and that what was
// written since then is planned `times` times. Without a statement, nothing.
uint64_t relation_statement_copies(pond_session *s);
void relation_statement_repeat(pond_session *s, uint64_t copies_before, size_t times);

#endif
