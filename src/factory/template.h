// template: pages computed by Tera templates, one for each distinct name that a pattern's matches
// expand to.
//
// A page sees its match (`args`, `schema`) and the context of its reader: pond_fs_read passes a
// pond_page_context on to the page, so two readers can render the same page with different
// contexts.
#ifndef POND_FACTORY_TEMPLATE_H
#define POND_FACTORY_TEMPLATE_H

#include "base/hash.h"
#include "engine/engine.h"
#include "value/value.h"

// The context that pond_fs_read and pond_dyn.fingerprint take for a page. NULL there: no variables,
// no export.
typedef struct pond_page_context {
    pond_value values; // an object: everything but args and schema
    pond_sha256 hash;  // of the values
    // Where the page notes what it asks the pond for, and whether it may; NULL: it may, and nobody
    // wants to know.
    struct pond_asks *asks;
    // The file that an export writes the page to, or empty. A pattern can cut an ending from the
    // page's name, so the page is escaped if either of the names is one of markup.
    pond_sv file;
} pond_page_context;

// `export` and `stages` unless NULL, `vars`, and each variable under its own name unless that would
// hide one of args, export, schema, stages, vars. Lives in `a` and borrows the values.
pond_page_context pond_page_context_of(pond_arena *a, const pond_value *export,
                                       const pond_value *stages, pond_value vars);

// {fields: [{name, instrument, unit, agg, column, type}, …]}: the columns of a table except its
// time column; a column name `instrument.name.unit.agg` is split from the right. Lives in `a`,
// borrows the schema's texts.
pond_value pond_template_schema(pond_arena *a, pond_schema schema, pond_sv time_column);

#endif
