// lint: what the files of the linter share. lint_expr.c has the traps of expressions, lint.c those
// of tags, the walk over a template and pond_tera_lint.
//
// Each trap is one small function that looks at one expression or node; the walk shows them
// everything once. What is found is kept and told at the end, in the order of the text.
#ifndef POND_TERA_LINT_H
#define POND_TERA_LINT_H

#include "tera/engine.h"

typedef POND_VEC(uint32_t) tera_symbols;

typedef struct tera_linter {
    const pond_tera *t;
    const tera_template *tpl;
    pond_arena arena;
    POND_VEC(tera_trap) traps;

    uint32_t loops;   // that are open
    tera_symbols set; // the names that were set so far, in what is open ...
    uint32_t *set_in; // ... and, by symbol, inside of how many loops; TERA_NO_SYMBOL: not set
    bool *is_outside; // by symbol, in a macro: set outside of macros and not within this one
} tera_linter;

// An expression is looked at as a value (set, arguments), as what {{ }} prints, as a condition, as
// a part of another, or as an argument that has escapes.
typedef enum tera_usage { AS_VALUE, AS_PRINTED, AS_CONDITION, AS_OPERAND, AS_UNSLASHED } tera_usage;

void tera_lint_warn(tera_linter *l, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tera_lint_expr(tera_linter *l, const tera_expr *e, tera_usage as); // e may be NULL
// The call of a filter, as of a filter section.
void tera_lint_filter(tera_linter *l, const tera_callee *c, bool fails_softly);

#endif
