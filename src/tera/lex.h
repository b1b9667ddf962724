// lex: the parser's cursor over the text, and the tokens of the language.
//
// There is no list of tokens: what a token is depends on where it stands, so each function here
// tries one thing at the cursor and moves only when it is there. White space is skipped by the
// caller, who looks ahead with tera_ahead and so leaves the cursor behind the last token.
#ifndef POND_TERA_LEX_H
#define POND_TERA_LEX_H

#include "tera/engine.h"

// A bit for each thing that may stand at a place.
enum {
#define EXPECT(name, text) TERA_EXPECT_BIT_##name,
#include "tera/expect.def"
#undef EXPECT
    TERA_N_EXPECT
};
enum {
#define EXPECT(name, text) TERA_EXPECT_##name = 1 << TERA_EXPECT_BIT_##name,
#include "tera/expect.def"
#undef EXPECT
};

typedef struct tera_problem {
    tera_place place;
    const char *message; // in the arena
    const char *note;    // a further line, or NULL
} tera_problem;

typedef struct tera_parser {
    pond_tera *t;
    pond_arena *a;
    tera_template *tpl;
    const char *start, *p, *end;

    // A syntax error is reported at the furthest place at which something else could have stood:
    // whoever finds that a thing is not there says so with tera_expect.
    const char *furthest;
    uint32_t expected;
    const char *hint; // how to mend it, when whoever failed knows

    tera_import **imports_end;       // where the next import of the template goes
    uint32_t depth;                  // of tags and expressions
    bool is_too_deep;                // the nesting limit was passed; nothing more is parsed
    bool is_done;                    // there are more problems than anyone will read
    bool has_reported_end;           // that something is still open at the end of the text
    const char *in_raw;              // a {% raw %} that does not end
    bool is_unbalanced;              // something is open or closed that should not be
    bool extends_first;              // `extends` came before any `import`
    bool keeps_space;                // inside the else of a for, which ignores the dashes
    POND_VEC(tera_problem) problems; // of syntax, in the order of the text
    POND_VEC(tera_problem)
    faults; // of what is well formed and still wrong, such as two blocks of a name
} tera_parser;

static inline void tera_expect(tera_parser *ps, const char *at, uint32_t what) {
    if (at > ps->furthest) {
        ps->furthest = at;
        ps->expected = what;
    } else if (at == ps->furthest) {
        ps->expected |= what;
    }
}
// Names one more thing for a place that is already the furthest.
static inline void tera_expect_also(tera_parser *ps, const char *at, uint32_t what) {
    if (at == ps->furthest)
        ps->expected |= what;
}

static inline bool tera_is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
static inline bool tera_is_digit(char c) {
    return c >= '0' && c <= '9';
}
static inline bool tera_is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static inline bool tera_is_name(char c) {
    return tera_is_name_start(c) || tera_is_digit(c);
}
// The first place from the cursor on that is not blank.
static inline const char *tera_ahead(const tera_parser *ps) {
    const char *q = ps->p;
    while (q < ps->end && tera_is_blank(*q))
        q++;
    return q;
}
static inline bool tera_at(const tera_parser *ps, const char *q, const char *text, size_t n) {
    return (size_t)(ps->end - q) >= n && memcmp(q, text, n) == 0;
}
#define TERA_AT(ps, q, literal) tera_at((ps), (q), (literal), sizeof(literal) - 1)
// A word operator: `and`, `or`, `not` need a blank behind them.
static inline bool tera_at_word(const tera_parser *ps, const char *q, const char *word, size_t n) {
    return tera_at(ps, q, word, n) && (size_t)(ps->end - q) > n && tera_is_blank(q[n]);
}
static inline char tera_char(const tera_parser *ps, const char *q) {
    return q < ps->end ? *q : '\0';
}
static inline tera_place tera_place_of(const tera_parser *ps, const char *from, const char *to) {
    return (tera_place){(uint32_t)(from - ps->start), (uint32_t)(to - from)};
}

// Each of these moves the cursor behind what it reads, or returns false and leaves it.
bool tera_lex_name(tera_parser *ps, pond_sv *out);
bool tera_lex_string(tera_parser *ps, pond_sv *out); // without its quotes
// An integer or a float, as a TERA_INT or TERA_FLOAT; one out of range is noted as a fault.
bool tera_lex_number(tera_parser *ps, tera_expr *out);
bool tera_lex_bool(tera_parser *ps, tera_expr *out);
// '}}' or '%}' (close is '}' or '%'), with or without a dash.
bool tera_lex_end(tera_parser *ps, char close, bool *is_dashed);

// Problems
// Records what is wrong at the furthest place and forgets it, so that parsing can go on.
void tera_problem_here(tera_parser *ps);
void tera_problem_at(tera_parser *ps, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// A line of explanation for the latest problem.
void tera_problem_note(tera_parser *ps, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tera_fault_at(tera_parser *ps, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// When it is_unbalanced, problems of what looks like a broken tag and was taken for text.
void tera_suspect_texts(tera_parser *ps);
// All problems and faults as one error, or POND_OK when there are none.
pond_code tera_raise_problems(const tera_parser *ps, pond_err *err) POND_MUST;
// Enters one more level of nesting; false, with a problem, when that is one too many.
bool tera_enter(tera_parser *ps, const char *at);

#endif
