// What the readers of JSON and YAML share: places in the user's text.
#ifndef POND_VALUE_INTERNAL_H
#define POND_VALUE_INTERNAL_H

#include "value/value.h"

// A place in a text, for an error. Lines end at '\n'; line and column count from 1, columns and
// widths count characters.
typedef struct value_place {
    const char *name; // of the file
    pond_sv text;     // all of it
    uint32_t line, column;
    uint32_t width; // how many carets
} value_place;

// The place of the `width_bytes` bytes at text[offset].
value_place value_place_of(const char *name, pond_sv text, size_t offset, size_t width_bytes);
// Fails with the place, the source line, and carets below it.
pond_code value_fail(pond_err *err, pond_code code, value_place at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
pond_code value_vfail(pond_err *err, pond_code code, value_place at, const char *fmt, va_list args)
    __attribute__((format(printf, 4, 0)));

#endif
