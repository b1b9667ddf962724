// relation: a queryable node as something that can be asked for the rows of a time range.
//
// Asking costs nothing until someone reads: a relation gives SQL text, and a chain of dynamic nodes
// becomes one nested statement that the engine optimises as a whole. What every kind of relation
// can say:
//
//     schema       its columns; stored series answer from the catalog, a user's query asks the
//     engine's planner sql          one SELECT whose rows with a time in [lo, hi) are those of the
//     whole relation fingerprint  a hash of everything those rows depend on: contents, configs, the
//     engine's version bounds       a range that covers all its times
//
// A relation is sliceable when the sql for a range costs what the range holds. Where it is not (a
// user's query that did not say `time_sliceable: true`), asking for a range computes the whole:
// export then computes it once into a table.
#ifndef POND_RELATION_RELATION_H
#define POND_RELATION_RELATION_H

#include "base/hash.h"
#include "base/map.h"
#include "relation/session.h"

// Microseconds since the epoch, lo included, hi excluded.
typedef struct pond_range {
    int64_t lo_us, hi_us;
    bool with_null_times; // rows that have no time, too, where nobody has made sure that there are
                          // none
} pond_range;
#define POND_RANGE_ALL ((pond_range){INT64_MIN, INT64_MAX, false})
static inline bool pond_range_is_empty(pond_range r) {
    return r.lo_us >= r.hi_us;
}
pond_range pond_range_intersect(pond_range a, pond_range b);

typedef struct pond_relation pond_relation;

typedef enum pond_order {
    POND_UNORDERED,
    POND_ASCENDING, // by time, with ties
    POND_ORDERED,   // by time, without ties: that is their total order
} pond_order;

typedef struct pond_relation_ops {
    pond_code (*schema)(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err);
    pond_code (*sql)(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                     pond_err *err);
    pond_code (*fingerprint)(pond_session *s, pond_relation *r, pond_range range, pond_hasher *h,
                             pond_err *err);
    pond_code (*bounds)(pond_session *s, pond_relation *r, pond_range *out, pond_err *err);
    // Optional: whether a column of the schema is known to hold nothing but NULLs, which fit any
    // type.
    bool (*is_silent)(pond_relation *r, size_t column);
    // Optional: names of what it is made from, each with a hash of its content or config (path ->
    // pond_sha256 *).
    pond_code (*inputs)(pond_session *s, pond_relation *r, pond_map *out, pond_err *err);
    // Optional: in what order `sql` for the range gives its rows; none if NULL.
    pond_order (*order)(pond_session *s, pond_relation *r, pond_range range);
    // Optional, both or none: work that several slices share. `shared` is a SELECT over the range
    // that, kept as a table, answers every slice within it, of this relation and of all with the
    // same `share`; `from_shared` is the slice.
    pond_code (*shared)(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                        pond_err *err);
    pond_code (*from_shared)(pond_session *s, pond_relation *r, pond_range range, pond_sv table,
                             pond_buf *sql, pond_err *err);
    // Goes with them: about how many rows the shared table has for the range.
    int64_t (*shared_rows)(pond_session *s, pond_relation *r, pond_range range);
} pond_relation_ops;

// Kinds of relations put this first in their own struct. Lives in the session's arena.
struct pond_relation {
    const pond_relation_ops *ops;
    pond_sv path;   // of the node, for messages
    bool is_series; // rows are events in time: exports partition it
    bool is_sliceable;
    bool may_have_null_times; // nobody has checked; export does
    bool is_query;            // wraps its sources in a query of a user's, which costs the planner
    bool is_time_unique;      // at most one row an instant, so ordering by time is a total order
    unsigned busy;     // questions being answered, a bit each: one that meets itself is a circle
    const void *share; // relations with the same one share work; NULL: none
    bool shares_over_time; // slices of different ranges do, too: its rows are stored rows
    bool has_schema;       // the two below are known
    pond_schema schema;
    pond_sv time_column; // empty: none
};

// Makes the relation of a queryable dynamic node; pond_dyn.relate points to one.
typedef struct pond_relate {
    pond_code (*make)(pond_session *s, const pond_node *node, pond_relation **out, pond_err *err);
} pond_relate;

// The relation of a queryable node, made once a session. CONFLICT for a node that is not queryable.
pond_code pond_relation_of(pond_session *s, const pond_node *node, pond_relation **out,
                           pond_err *err) POND_MUST;

// Columns and the time column, asked for once.
pond_code pond_relation_schema(pond_session *s, pond_relation *r, pond_schema *out,
                               pond_err *err) POND_MUST;
// A SELECT for the rows of the range, in no order; exactly those rows (an operator that is not
// sliceable is filtered on the outside). Appended to *sql.
pond_code pond_relation_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) POND_MUST;
// The same ordered: by time and, unless times are unique, by every other column, so that the order
// is total.
pond_code pond_relation_sql_ordered(pond_session *s, pond_relation *r, pond_range range,
                                    pond_buf *sql, pond_err *err) POND_MUST;
// Work that slices share, of a relation whose `share` is not NULL: a SELECT for a table that
// answers every slice within the range, about how many rows it has, and a slice from that table: in
// the total order of pond_relation_sql_ordered, or in no order.
pond_code pond_relation_shared(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                               pond_err *err) POND_MUST;
int64_t pond_relation_shared_rows(pond_session *s, pond_relation *r, pond_range range);
pond_code pond_relation_from_shared(pond_session *s, pond_relation *r, pond_range range,
                                    pond_sv table, pond_buf *sql, pond_err *err) POND_MUST;
pond_code pond_relation_from_shared_unordered(pond_session *s, pond_relation *r, pond_range range,
                                              pond_sv table, pond_buf *sql,
                                              pond_err *err) POND_MUST;
pond_order pond_relation_order(pond_session *s, pond_relation *r, pond_range range);
pond_code pond_relation_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                    pond_sha256 *out, pond_err *err) POND_MUST;
// What to tell a person who asks why a fingerprint changed.
pond_code pond_relation_inputs(pond_session *s, pond_relation *r, pond_map *out,
                               pond_err *err) POND_MUST;
pond_code pond_relation_bounds(pond_session *s, pond_relation *r, pond_range *out,
                               pond_err *err) POND_MUST;

// Pieces of SQL that several kinds of relations and exports write
// ---------------------------------------------------------

// `"t" >= … AND "t" < …` for a time column of that type, with constants of the same type so that
// the engine can skip row groups; "true" for a range without bounds.
void pond_sql_time_filter(pond_buf *sql, pond_sv column, pond_sv sql_type, pond_range range);
// ` ORDER BY …` as of pond_relation_sql_ordered, from its columns.
void pond_sql_order(pond_buf *sql, const pond_relation *r);
// A SELECT of no rows with these columns.
void pond_sql_empty(pond_buf *sql, pond_schema schema);

bool pond_schema_equal(pond_schema a, pond_schema b);
// The select list that gives columns `have` as `want`: NULL for what is missing, casts where types
// differ.
void pond_sql_project(pond_buf *sql, pond_schema have, pond_schema want);

// Name rules
// ---------------------------------------------------------------------------------------------------------------

// The time column of a table: the first of timestamp, Timestamp, event_time, time, ts, datetime
// that exists with a timestamp type. NULL: none.
const pond_column *pond_find_time_column(pond_schema schema);
// The same by its name alone, whatever its type: for messages.
const pond_column *pond_find_time_name(pond_schema schema);
// The engine takes names that differ in the case of ASCII letters alone for one.
bool pond_column_name_eq(pond_sv a, pond_sv b);
// The type that both can be read as: equal types, any two numeric ones, two timestamps that agree
// about the zone. False: they cannot be united.
bool pond_unite_types(pond_sv a, pond_sv b, pond_sv *out);

#endif
