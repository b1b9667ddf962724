// page: one template of a `template` node, compiled once, and the pages that it renders.
#ifndef POND_FACTORY_PAGE_H
#define POND_FACTORY_PAGE_H

#include "factory/ask.h"
#include "factory/template.h"
#include "relation/relation.h"
#include "tera/tera.h"

// Lives in the session's arena; the compiled template is released when the session closes.
typedef struct page_template {
    pond_session *session;
    pond_sv name; // what messages call it
    pond_sv text; // its source
    // If not empty: the file of the pond that holds the source. It is read at the first render.
    pond_sv path;
    bool is_markup; // out_pattern names markup: for lint, since the name of each page decides
    // Set when it is first rendered.
    pond_tera *compiled;
    bool is_compiling;    // to find a template that includes a page made from it
    pond_hasher *sources; // while it is compiled: hashes its source and all that it refers to
    const pond_page_context *context; // while it is compiled: for computed files that it includes
    pond_sha256 source_hash;
    bool is_pure;      // the same inputs give the same page
    pond_asker *asker; // of renders that nobody else has given one
    // The columns that a page was last prepared for: those of the next page are mostly equal.
    struct page_columns *columns;
} page_template;

// The columns of what a page is made for, and as the template sees them. Lives in the session's
// arena.
typedef struct page_columns {
    pond_schema schema; // of no columns if that has no rows
    pond_sv time_column;
    pond_value value;
} page_columns;

// A page: the template, and the match that it is rendered for.
typedef struct page {
    page_template *template;
    pond_sv out_pattern;
    const pond_node *matched;
    const pond_sv *captures;
    size_t n_captures;
    const page_columns *columns; // NULL: not looked up yet
    bool is_rendering;           // to find a page that includes itself
} page;

// Compiles a template's text alone: the templates that it refers to need not exist yet. Traps that
// lint finds become warnings of the session.
pond_code page_check_text(const page_template *t, pond_err *err) POND_MUST;

// Nodes whose state is a page: read renders it, fingerprint hashes its inputs, for which it compiles
// the template and looks up the columns. So a render after it uses nothing that changes.
extern const pond_dyn page_dyn;

#endif
