// expr: the parsed form of expressions; see tree.h.
//
//     {{ rows | length + 1 }}    MATH { +1 } --> PATH rows, filters { length }
#ifndef POND_TERA_EXPR_H
#define POND_TERA_EXPR_H

#include "tera/builtins.h"

typedef struct tera_expr tera_expr;
typedef struct tera_path tera_path;

// A part of the template's source, in bytes: where an error points.
typedef struct tera_place {
    uint32_t at, width;
} tera_place;

// One step of a path: `.name`, `.0`, `["key"]`, `[3]`, or `[other.path]`.
typedef struct tera_step {
    pond_sv key;           // of a literal step
    int64_t index;         // tera_index_of(key)
    const tera_path *path; // the step is the value at this path; NULL for a literal step
    bool is_nowhere;       // never finds anything in Tera 1: [-1], [`key`]
    bool is_dotted;
} tera_step;

struct tera_path {
    uint32_t symbol; // of its first name
    uint32_t n_steps;
    const tera_step *steps;
    bool is_dynamic; // some step is itself a path
    bool is_dump;    // __tera_context
    bool is_plain;   // no step needs more than a look, and it is no path of a `loop`
    uint8_t loop;    // tera_loop_member, when the path is `loop.x`
    tera_place place;
};

typedef enum tera_loop_member {
    TERA_LOOP_NONE,
    TERA_LOOP_INDEX,
    TERA_LOOP_INDEX0,
    TERA_LOOP_FIRST,
    TERA_LOOP_LAST
} tera_loop_member;

// A call of a filter, a function, a test or a macro.
typedef struct tera_callee {
    pond_sv name;
    tera_place place;     // of the name
    uint32_t n;           // of its arguments
    const pond_sv *names; // NULL for a test
    const tera_expr **args;
    const pond_value *constants; // the values of all arguments, when all are literals
    const char *arguments;       // of the definition; NULL: unknown
    void *user;                  // of the definition
    union { // NULL when nothing of that name exists, which is an error only when it is called
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
    TERA_OBJECT,
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
    bool has_filters;   // in the source, also if only `safe` or `default`
    bool is_safe;       // the last filter is `safe`
    bool is_constant;   // before its filters the value is `value` in every context
    uint32_t n_filters; // without `safe` and `default`, which the renderer treats specially
    const tera_callee *filters;
    const tera_callee *fallback; // `default`, when it is the first filter of a path
    tera_place place;
    tera_place skipped_default; // for lint: a `default` that has no effect
    tera_place skipped_safe;    // for lint: a `safe` that is not the last filter
    bool lost_not;              // for lint: a `not` in parentheses, which has no effect
    pond_value value;           // of a literal, or of an array of literals
    union {
        const tera_path *path;   // PATH
        const tera_callee *call; // CALL
        // ARRAY, CONCAT, MATH, AND, OR: flat, so a long chain is not a deep tree. OBJECT: keys,
        // which are strings, and values in turn.
        struct {
            const tera_term *terms;
            uint32_t n_terms;
        };
        struct { // COMPARE and IN
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

#endif
