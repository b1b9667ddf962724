// tree: the parsed form of a template.
//
// The parser builds it in the arena of the pond_tera. Whatever does not depend on the context is
// done by then: white space is trimmed, names are interned as symbols, filters and functions are
// looked up, literal arithmetic is folded. After pond_tera_check the tree never changes, so any
// number of threads may render from it.
//
//     {{ rows | length + 1 }}    PRINT --> MATH { +1 } --> PATH rows, filters { length }
//
// Expressions are in expr.h, nodes and templates here.
#ifndef POND_TERA_TREE_H
#define POND_TERA_TREE_H

#include "base/map.h"
#include "base/vec.h"
#include "tera/expr.h"

typedef struct tera_node tera_node;
typedef struct tera_template tera_template;

typedef enum tera_node_kind {
    TERA_TEXT,
    TERA_PRINT,
    TERA_SET,
    TERA_SET_GLOBAL,
    TERA_IF,
    TERA_FOR,
    TERA_BREAK,
    TERA_CONTINUE,
    TERA_BLOCK,
    TERA_SUPER,
    TERA_INCLUDE,
    TERA_FILTER,
    TERA_EXTENDS, // rendered only in an included template, where it is an error
} tera_node_kind;

typedef struct tera_body {
    tera_node *first;
} tera_body;

typedef struct tera_branch {
    const tera_expr *condition; // NULL: else
    tera_body body;
    struct tera_branch *next;
} tera_branch;

typedef struct tera_for {
    uint32_t key, value; // symbols; key is TERA_NO_SYMBOL without one
    const tera_expr *container;
    tera_body body, otherwise;
} tera_for;

typedef struct tera_block {
    pond_sv text;
    tera_body body;
} tera_block;

typedef struct tera_parameter {
    uint32_t name; // symbol
    pond_sv text;
    const tera_expr *fallback;
} tera_parameter;

typedef struct tera_macro {
    uint32_t name;
    pond_sv text;
    tera_place place;
    tera_parameter *parameters;
    uint32_t n_parameters;
    tera_body body;
} tera_macro;

typedef struct tera_include {
    const pond_sv *names;
    uint32_t n;
    bool ignore_missing;
    tera_place place;
    struct tera_include *next;  // in the same template
    const tera_template *found; // set by pond_tera_check
    pond_sv why_missing;        // the same, for a message if there is only one name
} tera_include;

struct tera_node {
    uint8_t kind;      // tera_node_kind
    uint8_t steps;     // what it costs: 1, and 1 for the text of another node than TEXT
    bool is_bare_path; // PRINT: of a path, with no filter but `safe`
    tera_place place;
    tera_node *next;
    pond_sv text; // what is written before: most nodes are a piece of text and a tag
    union {
        const tera_expr *expr;
        struct {
            uint32_t name;
            const tera_expr *value;
        } set;
        tera_branch *branches;
        tera_for *loop;
        tera_block *block;
        tera_include *include;
        struct {
            const tera_callee *call;
            tera_body body;
        } filter;
    };
};

// {% import "file" as name %}
typedef struct tera_import {
    pond_sv file;
    tera_place place;
    uint32_t name; // symbol
    struct tera_import *next;
} tera_import;

// A macro namespace: a name and the template whose macros it holds.
typedef struct tera_namespace {
    uint32_t name;
    const tera_template *template;
} tera_namespace;

// A warning of the parser, for lint.
typedef struct tera_trap {
    tera_place place;
    const char *message;
} tera_trap;

typedef enum tera_check_state { TERA_UNCHECKED, TERA_CHECKING, TERA_CHECKED } tera_check_state;

#define TERA_NO_SYMBOL UINT32_MAX // an enum constant would not fit an int

struct tera_template {
    pond_sv name;
    pond_sv source;
    tera_body body;
    pond_map blocks; // name --> tera_block *: at the top level, or nested in such a block
    pond_map macros; // name --> tera_macro *
    tera_include *includes;
    tera_import *imports; // in the order of the text
    pond_sv parent;       // name; p is NULL when it extends nothing
    tera_place parent_place;
    POND_VEC(tera_trap) traps; // that only the parser can see
    bool is_escaped;
    bool is_impure; // it calls an impure filter or function; see pond_tera_is_pure

    // Set by pond_tera_check:
    const tera_template **parents; // nearest first
    uint32_t n_parents;
    const tera_namespace *namespaces;
    uint32_t n_namespaces;
    uint8_t check_state; // tera_check_state: whether `namespaces` is complete
};

#endif
