// regex: regular expressions with limits, for patterns that somebody else wrote.
//
// PCRE2 backtracks, so steps, depth and memory of a match are limited. The options give ^ $ . and
// the classes the meaning that they have in the regex library of Rust, for which existing templates
// and configs are written. Rare differences remain: PCRE2 also has look-around and back references,
// and lacks (?u) and \u{...}. It reads nested classes differently, so these are refused.
//
// No other file includes pcre2.h. The messages of errors have no subject and do not repeat the
// pattern: "is invalid at byte 3: missing closing parenthesis".
#ifndef POND_BASE_REGEX_H
#define POND_BASE_REGEX_H

#include "base/err.h"
#include "base/str.h"

typedef struct pond_regex pond_regex; // immutable: several threads may match with one

// INVALID: the pattern is wrong.
pond_code pond_regex_new(pond_sv pattern, pond_regex **out, pond_err *err) POND_MUST;
void pond_regex_free(pond_regex *r); // NULL is fine

// Whether the pattern occurs in the text. LIMIT: finding out takes too long.
pond_code pond_regex_matches(const pond_regex *r, pond_sv text, bool *out, pond_err *err) POND_MUST;

// Replaces the first occurrence; *is_found is false, and *out the text, if there is none. In the
// replacement, $1, ${1}, $name and ${name} are the texts of groups, $0 is that of the whole
// occurrence, $$ is a dollar; a group that took no part or does not exist is empty. The name after
// a $ is as long as possible: $1_x is the group `1_x`. Lives in `a`, or is the text.
pond_code pond_regex_replace(const pond_regex *r, pond_arena *a, pond_sv text, pond_sv replacement,
                             bool *is_found, pond_sv *out, pond_err *err) POND_MUST;
// Whether the replacement refers to a group that the pattern does not have; *group is the first one.
bool pond_regex_lacks_group(const pond_regex *r, pond_sv replacement, pond_sv *group);

#endif
