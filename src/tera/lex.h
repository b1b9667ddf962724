// lex: the parser's cursor over the text, the tokens of the language, and syntax errors.
//
// There is no separate list of tokens, because what a token is depends on its place. Each function
// tries to read one thing at the cursor and moves the cursor only when it succeeds. The caller
// skips white space: it looks ahead with tera_ahead, so the cursor stays after the last token.
#ifndef POND_TERA_LEX_H
#define POND_TERA_LEX_H

#include "tera/engine.h"

// What the parser can expect at a place: one bit each.
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
    const char *note;    // an explanation below it, or NULL
} tera_problem;

typedef struct tera_parser {
    pond_tera *t;
    pond_arena *a;
    tera_template *tpl;
    const char *start, *p, *end;

    // A syntax error is reported at the furthest place where the parser tried to read something.
    // Each attempt that fails says what it wanted with tera_expect.
    const char *furthest;
    uint32_t expected; // all that was expected there
    const char *hint;  // how to correct it, if known

    tera_import **imports_end;       // where the next import of the template goes
    uint32_t depth;                  // of tags and expressions
    bool is_too_deep;                // the nesting limit was exceeded; parsing has ended
    bool is_done;                    // MAX_PROBLEMS was reached; parsing has ended
    bool has_reported_end;           // a construct without end has been reported
    const char *in_raw;              // a {% raw %} without end
    bool is_unbalanced;              // an end tag is missing or has no construct
    bool extends_first;              // `extends` came before any `import`
    bool keeps_space;                // in the `else` of a `for`, where dashes have no effect
    POND_VEC(tera_problem) problems; // of syntax, in the order of the text
    POND_VEC(tera_problem) faults;   // of meaning, such as two blocks with the same name
} tera_parser;

// Notes that `what` was expected at `at`.
static inline void tera_expect(tera_parser *ps, const char *at, uint32_t what) {
    if (at > ps->furthest) {
        ps->furthest = at;
        ps->expected = what;
    } else if (at == ps->furthest) {
        ps->expected |= what;
    }
}
// The same, but only if `at` is already the furthest place.
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
// The first place from the cursor on that is not blank; does not move the cursor.
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
// A word operator: `and`, `or` and `not` need a blank after them.
static inline bool tera_at_word(const tera_parser *ps, const char *q, const char *word, size_t n) {
    return tera_at(ps, q, word, n) && (size_t)(ps->end - q) > n && tera_is_blank(q[n]);
}
static inline char tera_char(const tera_parser *ps, const char *q) {
    return q < ps->end ? *q : '\0';
}
static inline tera_place tera_place_of(const tera_parser *ps, const char *from, const char *to) {
    return (tera_place){(uint32_t)(from - ps->start), (uint32_t)(to - from)};
}

// Tokens (lex.c) ----------------------------------------------------------------------------------

// Each of these moves the cursor past what it reads, or returns false and does not move it.
bool tera_lex_name(tera_parser *ps, pond_sv *out);
bool tera_lex_string(tera_parser *ps, pond_sv *out); // without its quotes
// An integer or a float, as TERA_INT or TERA_FLOAT. A number that is out of range is a fault.
bool tera_lex_number(tera_parser *ps, tera_expr *out);
bool tera_lex_bool(tera_parser *ps, tera_expr *out);
// '}}' or '%}' (close is '}' or '%'), with or without a dash.
bool tera_lex_end(tera_parser *ps, char close, bool *is_dashed);

// Problems (diag.c) -------------------------------------------------------------------------------

// Adds a problem; parsing can go on after it.
void tera_problem_at(tera_parser *ps, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// Adds a line of explanation to the latest problem. The text is borrowed.
void tera_problem_note(tera_parser *ps, const char *note);
void tera_fault_at(tera_parser *ps, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// Enters one more level of nesting. False, with is_too_deep set, when that exceeds the limit.
bool tera_enter(tera_parser *ps, const char *at);
// All problems and faults as one error; POND_OK when there are none.
pond_code tera_raise_problems(const tera_parser *ps, pond_err *err) POND_MUST;

// Advice (advice.c) -------------------------------------------------------------------------------

// Adds the problem of the furthest place: what was expected and found there, and how to correct it.
void tera_problem_here(tera_parser *ps);
// If end tags are missing, adds problems for text that looks like a broken tag.
void tera_suspect_texts(tera_parser *ps);

#endif
