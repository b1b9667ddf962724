// number: texts that are numbers, and what makes them more than that: an identifier, a marker.
#ifndef POND_TEXT_NUMBER_H
#define POND_TEXT_NUMBER_H

#include "base/str.h"

// How numbers are written.
typedef struct pond_number_form {
    char decimal;   // '.' or ','
    char thousands; // 0: not grouped
} pond_number_form;

typedef struct pond_written_number {
    bool is_negative, has_plus;
    bool is_whole;         // no fraction and no exponent
    bool has_leading_zero; // 007, but not 0 or 0.7: digits that a number would lose
    bool is_long;          // more digits than `digits` holds
    uint64_t digits;
    int exponent; // the value is digits * 10^exponent, unless is_long
} pond_written_number;

// Reads an optional sign, digits, an optional fraction and an optional exponent, as a whole. With
// `thousands`, the digits before the fraction may be in groups of three. The words of no number
// (nan, inf) are not read.
bool pond_number_read(pond_sv text, pond_number_form form, pond_written_number *out);
// The nearest double. `text` is what was read.
double pond_number_double(const pond_written_number *n, pond_sv text, pond_number_form form);
// False: it is not whole, or out of range.
bool pond_number_int(const pond_written_number *n, int64_t *out);

// NaN and the infinities, as programs write them: nan, inf and infinity in any case, with a sign.
bool pond_number_word(pond_sv text, double *out);

#endif
