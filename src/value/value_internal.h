// What the readers of JSON and YAML share: places in the user's text, and the check of its
// encoding.
#ifndef POND_VALUE_INTERNAL_H
#define POND_VALUE_INTERNAL_H

#include "value/value.h"

// Offset of the first byte that does not belong to valid UTF-8 (RFC 3629: no surrogates, no
// overlong forms, nothing above U+10FFFF), or -1.
ptrdiff_t value_utf8_error(pond_sv text);

// Lines end at '\n'; line and column count from 1, columns count characters.
void value_place(pond_sv text, size_t offset, uint32_t *line, uint32_t *column);
// Raises with the place of text[offset], the source line, and a caret under each character of the
// `width` bytes there.
pond_code value_fail_at(pond_err *err, pond_code code, const char *name, pond_sv text,
                        size_t offset, size_t width, const char *fmt, ...)
    __attribute__((format(printf, 7, 8)));
// The same for a place that is known by line and column.
pond_code value_fail_line(pond_err *err, pond_code code, const char *name, pond_sv text,
                          uint32_t line, uint32_t column, uint32_t width, const char *fmt,
                          va_list args) __attribute__((format(printf, 8, 0)));

#endif
