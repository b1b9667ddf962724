// ask: the values of a pond that a template asks for while it is rendered.
//
//     rows(from="/a.series", columns=["x"], where="x > 1", order="x desc", limit=24)
//     query(sql="SELECT …", from={"a": "/a.series", "sites": "csv:///sites.csv"})
//     schema.fields[].count, nulls, min, max, first, first_time, last, last_time
//
// A render notes what it asked for: of rows and queries the sources, with a fingerprint of their
// rows; of fields the names of the statistics, with a hash of their values. While these stay, and
// the page's own fingerprint, the page stays the same.
//
// Asking uses the session and its engine, which belong to one thread. Where several threads render,
// asking is forbidden: the render fails, was_refused tells why, and the owner of the session renders
// that page.
//
// Files     ask.c          what a render gets, and whether another one would get the same
//           ask_rows.c     the functions rows and query
//           ask_stats.c    the statistics of fields
//           ask_sources.c  sources, and what was asked; used by the two above
//           ask_values.h   rows of the engine as values
#ifndef POND_FACTORY_ASK_H
#define POND_FACTORY_ASK_H

#include "base/hash.h"
#include "relation/relation.h"
#include "tera/tera.h"

// Finds what templates ask for, once for all renders that share it. Lives in the session's arena.
typedef struct pond_asker pond_asker;
pond_asker *pond_asker_new(pond_session *s);
// Calls open(user) when a template first asks: for a command that needs a pond only then.
void pond_asker_open_late(pond_asker *asker, pond_code (*open)(void *user, pond_err *err),
                          void *user);

// Finds the rows of a relation in files that are at hand, and appends a SELECT of them; false: they
// are not. A file may lack columns that it would have today: then the relation itself is asked.
typedef bool (*pond_ask_files)(void *user, const pond_relation *r, pond_buf *sql);
void pond_asker_use_files(pond_asker *asker, pond_ask_files files, void *user);

// Something that a page asked for.
typedef struct pond_asked {
    pond_sv from;            // a path or URL of the pond, which may have wildcards
    bool is_node;            // `from` is the path of one node, as it is
    pond_sha256 fingerprint; // of all rows there
    // Of a node: the statistics that were asked for, {column: [name, …]}, and a hash of their values.
    pond_value stats;
    pond_sha256 answer;
} pond_asked;
typedef POND_VEC(pond_asked) pond_asked_vec;
// What a page depends on that has asked for this: other rows of a node can have the same statistics.
static inline const pond_sha256 *pond_asked_depends(const pond_asked *asked) {
    return asked->is_node ? &asked->answer : &asked->fingerprint;
}

// One render. A zeroed struct with an asker is a new one.
typedef struct pond_asks {
    pond_asker *asker;
    bool is_forbidden;
    const pond_node *matched; // whose statistics the fields of `schema` have; NULL: they have none
    // Filled while it is rendered.
    bool was_refused;     // it was forbidden, and asked
    bool is_changing;     // another render may get other rows from the same sources, as by now()
    pond_asked_vec asked; // each once; lives in the session's arena
    // Of `matched`, once a statistic was asked for: its rows, and bits of those that were, for each
    // column in the order of the names.
    struct ask_source *source;
    uint8_t *stats;
    pond_code failed; // of a statistic: the page has to fail, whatever the template made of it
    pond_err *why;    // of that
} pond_asks;

// Adds the functions. A template that calls them is rendered with a run whose host is the
// pond_asks of the render.
void pond_ask_add(pond_tera *t);
// Makes the run's host `asks`, and gives it late members.
void pond_ask_begin(pond_tera_run *run, pond_asks *asks);
// Sums up what was asked for. The code of the render, or that of a failure which the template did
// not see.
pond_code pond_ask_end(pond_asks *asks, pond_code rc, pond_err *err) POND_MUST;

// The same things with the fingerprints and answers that they have now. False if one of them is
// gone, or changes each time: only rendering the page again says what it gets. Lives in the
// session's arena.
bool pond_ask_again(pond_asker *asker, const pond_asked_vec *before, pond_asked_vec *now);

#endif
