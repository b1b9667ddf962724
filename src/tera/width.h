// width: how many columns of a terminal a text takes, by libunistring, with a fast path for ASCII.
//
// What people see as one character (a grapheme cluster) takes two columns if it is a wide letter or
// a picture, and one otherwise; marks that combine with a letter take none. Texts are UTF-8 and have
// no control characters.
#ifndef POND_TERA_WIDTH_H
#define POND_TERA_WIDTH_H

#include "base/str.h"

size_t pond_text_width(pond_sv s);
// The start of s: whole characters that take at most `most` columns together. *width is what they
// take.
pond_sv pond_text_fit(pond_sv s, size_t most, size_t *width);

#endif
