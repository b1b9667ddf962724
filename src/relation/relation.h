// relation: a queryable node as something that can be asked for the rows of a time range.
//
// A relation gives SQL text, and a chain of dynamic nodes becomes one statement (statement.h) that
// the engine optimises as a whole. Nothing runs until the rows are read. Making a relation costs
// nothing and asks no planner, so a listing never fails because a query is wrong. Every kind of
// relation answers:
//
//     schema       its columns; for a stored series from the catalog, for a user's query from the
//                  engine's planner
//     sql          one SELECT of the rows whose time is in [lo, hi)
//     fingerprint  a hash of everything that those rows depend on: contents, configs, the engine's
//                  version
//     bounds       a range that covers all its times
//
// A relation is sliceable when the SQL for a range costs what the range holds. Where it is not (a
// user's query without `time_sliceable: true`), asking for a range computes the whole; an export
// then computes it once into a table and slices that.
//
// Kinds     stored.h   versions of a table or series
//           file.h     the bytes of files in a format
//           wrapper.h  made from other relations
//           renamed.h  another relation with other columns
//           joined.h   relations side by side, joined on time
#ifndef POND_RELATION_RELATION_H
#define POND_RELATION_RELATION_H

#include "base/hash.h"
#include "base/map.h"
#include "relation/session.h"

// Time ranges -------------------------------------------------------------------------------------

// Rows that are in no range, or in another one. Where they are impossible, nothing changes.
typedef enum pond_beyond {
    POND_NOTHING_BEYOND,
    POND_ODD_BEYOND, // rows whose time is no instant (times.h)
    // Also strays: rows outside of the range that a query makes from its sources' rows of the
    // range. An export asks for them, to find out whether they are in another slice.
    POND_STRAYS_BEYOND,
} pond_beyond;

// Microseconds since the epoch, lo included, hi excluded.
typedef struct pond_range {
    int64_t lo_us, hi_us;
    pond_beyond beyond;
} pond_range;
#define POND_RANGE_ALL ((pond_range){INT64_MIN, INT64_MAX, POND_NOTHING_BEYOND})
#define POND_RANGE_NONE ((pond_range){INT64_MAX, INT64_MIN, POND_NOTHING_BEYOND})
static inline bool pond_range_is_empty(pond_range r) {
    return r.lo_us >= r.hi_us;
}
static inline bool pond_range_is_all(pond_range r) {
    return r.lo_us == INT64_MIN && r.hi_us == INT64_MAX;
}
pond_range pond_range_intersect(pond_range a, pond_range b);
// The smallest range that covers both.
pond_range pond_range_cover(pond_range a, pond_range b);

// Relations ---------------------------------------------------------------------------------------

typedef struct pond_relation pond_relation;

typedef enum pond_order {
    POND_UNORDERED,
    POND_ASCENDING, // by time, with ties
    POND_ORDERED,   // by time, without ties: the order is total
} pond_order;

typedef enum pond_slicing {
    POND_SLICES_NEVER,
    POND_SLICES_ALWAYS,
    POND_SLICES_ASK, // ops->is_sliceable knows
} pond_slicing;

// A number of rows: exact if both are equal.
typedef struct pond_row_count {
    int64_t at_least, at_most;
} pond_row_count;

// The functions of a kind of relation. Callers use the pond_relation_… functions below instead,
// which detect circles and keep answers.
typedef struct pond_relation_ops {
    pond_code (*schema)(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err);
    pond_code (*sql)(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                     pond_err *err);
    pond_code (*fingerprint)(pond_session *s, pond_relation *r, pond_range range, pond_hasher *h,
                             pond_err *err);
    pond_code (*bounds)(pond_session *s, pond_relation *r, pond_range *out, pond_err *err);
    // All functions below are optional.
    pond_code (*is_sliceable)(pond_session *s, pond_relation *r, bool *out, pond_err *err);
    // Removes what was made to read the rows. They can still be read: it is made again.
    void (*release)(pond_session *s, pond_relation *r);
    // How many rows it has in the range, known without reading them: what an export has written is
    // compared with it. NULL: unknown.
    pond_row_count (*count)(pond_session *s, pond_relation *r, pond_range range);
    // Whether its slices are its rows only if a config is right, which an export checks. NULL: no.
    pond_code (*is_promised)(pond_session *s, pond_relation *r, bool *out, pond_err *err);
    // Why another run may give other rows from the same inputs, such as "now()"; empty: it may not.
    // NULL: it may not.
    pond_code (*changing)(pond_session *s, pond_relation *r, pond_sv *out, pond_err *err);
    // Whether a column of the schema is known to hold only NULLs, which fit any type.
    bool (*is_silent)(pond_relation *r, size_t column);
    // The nodes that it depends on: path -> pond_sha256 * of the content or config there.
    pond_code (*inputs)(pond_session *s, pond_relation *r, pond_map *out, pond_err *err);
    // The field order_varies, if others have a part in it. Asked once, when the schema is known.
    pond_code (*order_varies)(pond_session *s, pond_relation *r, bool *out, pond_err *err);
    // The order of the rows that `sql` gives for the range. NULL: unordered.
    pond_order (*order)(pond_session *s, pond_relation *r, pond_range range);
    // Slices that are answered from one table; a kind has all of these functions or none of them.
    // `table_sql` is a SELECT over the range. Its result, kept as a table, answers every slice
    // within the range, for this relation and all with the same `table_key`. `from_table` selects
    // one slice from that table.
    pond_code (*table_sql)(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                           pond_err *err);
    pond_code (*from_table)(pond_session *s, pond_relation *r, pond_range range, pond_sv table,
                            pond_buf *sql, pond_err *err);
    // The range in which the table has rows for the range; NULL: the same.
    pond_range (*table_range)(pond_session *s, pond_relation *r, pond_range range);
    // About how many rows that table has for the range.
    int64_t (*table_rows)(pond_session *s, pond_relation *r, pond_range range);
    // The field sums_vary, or that of a relation that it is made from. NULL: the field.
    bool (*sums_vary)(const pond_relation *r);
    // About how many stored rows the slice is made from. NULL: those of table_rows, if it has them.
    int64_t (*work)(pond_session *s, pond_relation *r, pond_range range);
} pond_relation_ops;

// The first member of every kind's own struct. Lives in the session's arena.
struct pond_relation {
    const pond_relation_ops *ops;
    pond_sv path;   // of the node, for messages
    bool is_series; // rows are events in time: exports partition it
    pond_slicing slicing;
    bool may_have_odd_times; // NULL or infinite ones: not checked yet, so an export checks it
    bool is_flat;            // nested columns are an error, unless a user's query stands over it
    bool is_time_unique;     // at most one row an instant, so ordering by time is a total order
    bool
        is_computed; // a query, a join, a reduction: statements have it as an expression (statement.h)
    unsigned n_groupings; // in its SQL, one on top of the other: each doubles the time of planning
    // The rows of a slice may come in another order than the same rows of a larger range: an engine
    // that joins or groups promises no order. Sums of floats depend on it. A kind that has
    // ops->order_varies may know only its own part before that is asked.
    bool order_varies, knows_order;
    // Its query sums floats of rows in such an order, so the last digits depend on the range.
    bool sums_vary;
    // Relations with the same key are answered from the same table. NULL: each slice alone.
    const void *table_key;
    bool is_table_of_rows; // the table holds stored rows, so slices of any range can use it
    unsigned asked;        // bits: the questions being answered now, to detect circles
    struct relation_answers
        *answers;    // what a computed relation has answered already; NULL: nothing
    bool has_schema; // the two below are known
    pond_schema schema;
    pond_sv time_column; // empty: none
};

// Makes the relation of a queryable dynamic node; pond_dyn.relate points to one.
typedef struct pond_relate {
    pond_code (*make)(pond_session *s, const pond_node *node, pond_relation **out, pond_err *err);
} pond_relate;

// The relation of a queryable node, made once per session. CONFLICT for a node that is not
// queryable.
pond_code pond_relation_of(pond_session *s, const pond_node *node, pond_relation **out,
                           pond_err *err) POND_MUST;

// Questions ---------------------------------------------------------------------------------------

// Columns and the time column, asked for once.
pond_code pond_relation_schema(pond_session *s, pond_relation *r, pond_schema *out,
                               pond_err *err) POND_MUST;
// The same for a user's query over it, which may take apart what is_flat refuses.
pond_code pond_relation_query_schema(pond_session *s, pond_relation *r, pond_schema *out,
                                     pond_err *err) POND_MUST;
pond_code pond_relation_is_sliceable(pond_session *s, pond_relation *r, bool *out,
                                     pond_err *err) POND_MUST;
// After the rows were read: removes files that were made for that, which may be large. The session
// would do it when it closes.
void pond_relation_release(pond_session *s, pond_relation *r);
// Any number (0 to INT64_MAX) if only reading the rows could tell.
pond_row_count pond_relation_count(pond_session *s, pond_relation *r, pond_range range);
pond_code pond_relation_is_promised(pond_session *s, pond_relation *r, bool *out,
                                    pond_err *err) POND_MUST;
// Appends a SELECT of exactly the rows of the range, unordered. If the relation is not sliceable,
// the SELECT computes all rows and filters them.
pond_code pond_relation_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) POND_MUST;
// The same ordered: by time and, unless times are unique, by every other column, so that the order
// is total.
pond_code pond_relation_sql_ordered(pond_session *s, pond_relation *r, pond_range range,
                                    pond_buf *sql, pond_err *err) POND_MUST;
// The field order_varies, once all that have a part in it were asked.
pond_code pond_relation_order_varies(pond_session *s, pond_relation *r, bool *out,
                                     pond_err *err) POND_MUST;
// The rows of the range in an order that is the same for every range, for sums of floats and queries
// without an order of their own: sorted if the order varies otherwise.
pond_code pond_relation_sql_steady(pond_session *s, pond_relation *r, pond_range range,
                                   pond_buf *sql, pond_err *err) POND_MUST;
// Appends the SELECT that a user's query makes of the rows of the range, which are its table
// `source`. Without a query: the rows themselves, ordered. What a query may not do is refused, as
// by pond_engine_select_check.
pond_code pond_relation_query(pond_session *s, pond_relation *r, pond_range range, pond_sv query,
                              pond_buf *sql, pond_err *err) POND_MUST;
// Returns `rc`, what running that SELECT has given. To the error of a query it adds what its author
// most likely meant.
pond_code pond_relation_explain(pond_session *s, pond_relation *r, pond_code rc, pond_err *err);
// About how many stored rows the slice is made from, to compare slices by; 0 if nothing is known.
// After the relation's fingerprint was asked for, which finds its sources.
int64_t pond_relation_work(pond_session *s, pond_relation *r, pond_range range);
// Whether the last digits of sums of floats may depend on the range that is asked for. After its
// fingerprint was asked for.
bool pond_relation_sums_vary(const pond_relation *r);
// For a relation with a table_key: a SELECT for a table that answers every slice within the range;
// about how many rows that table has; one slice from it, in the total order of
// pond_relation_sql_ordered or unordered.
pond_code pond_relation_table_sql(pond_session *s, pond_relation *r, pond_range range,
                                  pond_buf *sql, pond_err *err) POND_MUST;
pond_range pond_relation_table_range(pond_session *s, pond_relation *r, pond_range range);
int64_t pond_relation_table_rows(pond_session *s, pond_relation *r, pond_range range);
pond_code pond_relation_from_table(pond_session *s, pond_relation *r, pond_range range,
                                   pond_sv table, pond_buf *sql, pond_err *err) POND_MUST;
pond_code pond_relation_from_table_unordered(pond_session *s, pond_relation *r, pond_range range,
                                             pond_sv table, pond_buf *sql, pond_err *err) POND_MUST;
pond_order pond_relation_order(pond_session *s, pond_relation *r, pond_range range);
pond_code pond_relation_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                    pond_sha256 *out, pond_err *err) POND_MUST;
// As in pond_relation_ops. Rows that may change must be computed, whatever their fingerprint says.
pond_code pond_relation_changing(pond_session *s, pond_relation *r, pond_sv *out,
                                 pond_err *err) POND_MUST;
// Everything that the rows depend on, as in pond_relation_ops: to explain a changed fingerprint.
pond_code pond_relation_inputs(pond_session *s, pond_relation *r, pond_map *out,
                               pond_err *err) POND_MUST;
pond_code pond_relation_bounds(pond_session *s, pond_relation *r, pond_range *out,
                               pond_err *err) POND_MUST;

#endif
