// tree: the compiled form of a template.
//
// The parser builds it once, in the arena of the pond_tera, with all that can be known by then
// already done: whitespace control applied, names interned as symbols, filters and functions
// resolved, literal arithmetic folded. After pond_tera_check nothing in it changes, so any number
// of threads may render from it.
//
//     {{ rows | length + 1 }}    PRINT --> MATH { +1 } --> PATH rows, filters { length }
#ifndef POND_TERA_TREE_H
#define POND_TERA_TREE_H

#include "base/map.h"
#include "base/vec.h"
#include "tera/builtins.h"

typedef struct tera_expr tera_expr;
typedef struct tera_node tera_node;
typedef struct tera_path tera_path;
typedef struct tera_template tera_template;

// A stretch of the template's source, in bytes; for errors that point.
typedef struct tera_place {
    uint32_t at, width;
} tera_place;

// One step of a path: `.name`, `.0`, `["key"]`, `[3]`, or `[other.path]`.
typedef struct tera_step {
    pond_sv key;           // of a literal step
    int64_t index;         // `key` as an index into an array; -1 when it is none
    const tera_path *path; // of a step to be evaluated first; NULL for a literal one
    bool is_nowhere;       // leads nowhere in Tera 1: [-1], [`key`]
    bool is_dotted;
} tera_step;

struct tera_path {
    uint32_t symbol; // of its first name
    uint32_t n_steps;
    const tera_step *steps;
    bool is_dynamic; // some step has a path of its own
    bool is_dump;    // __tera_context
    uint8_t loop;    // tera_loop_member: what `loop.x` stands for
    tera_place place;
};

typedef enum tera_loop_member {
    TERA_LOOP_NONE,
    TERA_LOOP_INDEX,
    TERA_LOOP_INDEX0,
    TERA_LOOP_FIRST,
    TERA_LOOP_LAST
} tera_loop_member;

// A call of a filter, function, test or macro.
typedef struct tera_callee {
    pond_sv name;
    tera_place place;     // of the name
    uint32_t n;           // arguments
    const pond_sv *names; // NULL for a test
    const tera_expr **args;
    const pond_value *constants; // all arguments, when all are literals
    const char *arguments;       // those that it knows (pond_tera_add_filter); NULL: not told
    bool is_builtin;
    void *user; // of the host's
    union {     // NULL when nothing of that name exists, which is an error only when reached
        pond_tera_filter filter;
        pond_tera_function function;
        tera_test test;
    };
} tera_callee;

typedef enum tera_expr_kind {
    TERA_INT,
    TERA_FLOAT,
    TERA_BOOL,
    TERA_STRING,
    TERA_ARRAY,
    TERA_PATH,
    TERA_CONCAT,
    TERA_CALL,
    TERA_MACRO,
    TERA_TEST,
    TERA_MATH,
    TERA_COMPARE,
    TERA_IN,
    TERA_AND,
    TERA_OR,
} tera_expr_kind;

// An operand of a chain and the operator before it: '+', '-', '*', '/', '%'; 0 for the first.
typedef struct tera_term {
    const tera_expr *expr;
    char op;
} tera_term;

typedef enum tera_comparison {
    TERA_EQ,
    TERA_NE,
    TERA_LT,
    TERA_LE,
    TERA_GT,
    TERA_GE
} tera_comparison;

struct tera_expr {
    uint8_t kind;       // tera_expr_kind
    uint8_t comparison; // tera_comparison, of a TERA_COMPARE
    bool is_negated;
    bool has_filters;   // in the source, `safe` and `default` included
    bool is_safe;       // the last filter is `safe`
    bool is_constant;   // without its filters it is `value`, whatever the context
    uint32_t n_filters; // without `safe` and `default`, which are not filters to the renderer
    const tera_callee *filters;
    const tera_callee *fallback; // `default`, when it is the first filter of a path
    tera_place place;
    tera_place skipped_default; // for lint: a `default` that does nothing
    tera_place skipped_safe;    // for lint: a `safe` that is not the last filter
    bool lost_not;              // for lint: parentheses have swallowed a `not`
    pond_value value;           // of a literal, and of an array of nothing but literals
    union {
        const tera_path *path;   // PATH
        const tera_callee *call; // CALL
        struct {                 // ARRAY, CONCAT, MATH, AND, OR: flat, so that length is not depth
            const tera_term *terms;
            uint32_t n_terms;
        };
        struct { // COMPARE, and IN where `not in` is negated
            const tera_expr *left, *right;
            bool is_not_in;
        };
        struct { // TEST
            const tera_path *subject;
            const tera_callee *test;
            bool is_not_test;
        };
        struct {                   // MACRO
            uint32_t space, macro; // symbols of `space::macro`
            const tera_callee *arguments;
        };
    };
};

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
    TERA_EXTENDS, // only ever reached through an include, where it is an error
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
    struct tera_include *next;  // of the template
    const tera_template *found; // set by pond_tera_check
} tera_include;

struct tera_node {
    uint8_t kind; // tera_node_kind
    tera_place place;
    tera_node *next;
    union {
        pond_sv text;
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

// A name of a macro namespace and the template that it stands for.
typedef struct tera_namespace {
    uint32_t name;
    const tera_template *template;
} tera_namespace;

// For lint: what Tera 1 accepts and its authors hardly mean.
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
    pond_map blocks; // name --> tera_block *: those at top level or nested in such
    pond_map macros; // name --> tera_macro *
    tera_include *includes;
    tera_import *imports; // in the order of the text
    pond_sv parent;       // name; p is NULL when it extends nothing
    tera_place parent_place;
    POND_VEC(tera_trap) traps; // that only the parser sees
    bool is_escaped;

    // Set by pond_tera_check:
    const tera_template **parents; // nearest first
    uint32_t n_parents;
    const tera_namespace *namespaces;
    uint32_t n_namespaces;
    uint8_t check_state; // tera_check_state, of the namespaces
};

#endif
