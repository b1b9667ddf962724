// unicode: what the language asks of Unicode, over libunistring, with short cuts for ASCII.
//
// Texts are UTF-8; where a byte is no part of valid UTF-8 it counts as one character and passes
// through unchanged.
#ifndef POND_TERA_UNICODE_H
#define POND_TERA_UNICODE_H

#include "base/str.h"

bool tera_is_ascii(pond_sv s);
// Code points.
size_t tera_char_count(pond_sv s);
// Decodes the character at byte `at` (which is within s) and returns its length in bytes.
size_t tera_wide_char_at(pond_sv s, size_t at, uint32_t *c);
static inline size_t tera_char_at(pond_sv s, size_t at, uint32_t *c) {
    unsigned char first = (unsigned char)s.p[at];
    if (first >= 0x80)
        return tera_wide_char_at(s, at, c);
    *c = first;
    return 1;
}
// At most so many bytes of the start, whole characters.
pond_sv tera_cut(pond_sv s, size_t most_bytes);
// Length in bytes of the extended grapheme cluster that begins at byte `at` (which is within s).
size_t tera_grapheme_at(pond_sv s, size_t at);

bool tera_is_wide_space(uint32_t c);
static inline bool tera_is_space(uint32_t c) { // White_Space
    return c < 0x80 ? c == ' ' || c - '\t' < 5 : tera_is_wide_space(c);
}
bool tera_is_word(uint32_t c); // what \w of a Unicode regular expression matches
pond_sv tera_trim_start(pond_sv s);
pond_sv tera_trim_end(pond_sv s);

// Full case mappings, appended: `ß` to `SS`, final sigma.
void tera_upper(pond_buf *out, pond_sv s);
void tera_lower(pond_buf *out, pond_sv s);
// Writes the start of s, as far as it is ASCII, with the letters of one case, those from `first`
// ('a' or 'A') on, in the other; `to` has room for s.n bytes. Returns its length.
size_t tera_ascii_case(char *to, pond_sv s, char first);

// ASCII for a character that is not ASCII ("ae" for æ), "" for one that only modifies its
// neighbours, NULL when we know none. Covered: Latin, Greek, Cyrillic, kana, Hangul, the usual
// symbols, and whatever decomposes into those. Not covered: Han, whose table would be larger than
// the rest of this room, Arabic, Hebrew, the scripts of India, emoji. out has room for 40 bytes.
const char *tera_ascii_for(uint32_t c, char out[40]);

#endif
