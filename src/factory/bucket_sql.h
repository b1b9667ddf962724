// bucket_sql: buckets of time (value/buckets.h) as SQL.
//
// The engine has zones of its own, which may know other rules than the files of the system. What
// is sliced and what is computed must agree, so the changes of the clock are written into the SQL.
#ifndef POND_FACTORY_BUCKET_SQL_H
#define POND_FACTORY_BUCKET_SQL_H

#include "relation/relation.h"
#include "value/buckets.h"

// Buckets as they are in a range.
typedef struct bucket_sql {
    const pond_buckets *buckets;
    pond_stretch_vec stretches;
} bucket_sql;

// Lives in `a`. The rows must lie in the range, except for those of which only this is asked:
// whether their buckets begin in the range.
bucket_sql bucket_sql_of(pond_arena *a, const pond_buckets *b, pond_range range);
// Appends the start of a row's bucket, or its end, as a TIMESTAMP. The time must not be odd
// (relation/times.h). The query fails for a row after POND_CLOCKS_END_US, where the zone matters.
void bucket_sql_start(pond_buf *sql, const bucket_sql *b, const pond_column *time);
void bucket_sql_end(pond_buf *sql, const bucket_sql *b, const pond_column *time);

#endif
