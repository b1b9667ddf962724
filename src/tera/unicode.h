// unicode: characters, case and transliteration, by libunistring, with fast paths for ASCII.
//
// Texts are UTF-8. A byte that is not part of valid UTF-8 counts as one character and is kept as it
// is.
#ifndef POND_TERA_UNICODE_H
#define POND_TERA_UNICODE_H

#include "base/str.h"

bool tera_is_ascii(pond_sv s);
// A byte of a UTF-8 character after its first.
static inline bool tera_is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}
// The number of code points.
size_t tera_char_count(pond_sv s);
// Decodes the character at byte `at`, which must be inside s; returns its length in bytes.
size_t tera_wide_char_at(pond_sv s, size_t at, uint32_t *c);
static inline size_t tera_char_at(pond_sv s, size_t at, uint32_t *c) {
    unsigned char first = (unsigned char)s.p[at];
    if (first >= 0x80)
        return tera_wide_char_at(s, at, c);
    *c = first;
    return 1;
}
// The start of s: whole characters, at most `most_bytes` long.
pond_sv tera_cut(pond_sv s, size_t most_bytes);
// The length in bytes of the extended grapheme cluster at byte `at`, which must be inside s.
size_t tera_grapheme_at(pond_sv s, size_t at);

bool tera_is_wide_space(uint32_t c);
static inline bool tera_is_space(uint32_t c) { // White_Space
    return c < 0x80 ? c == ' ' || c - '\t' < 5 : tera_is_wide_space(c);
}
bool tera_is_word(uint32_t c); // \w of a Unicode regular expression
pond_sv tera_trim_start(pond_sv s);
pond_sv tera_trim_end(pond_sv s);

// Append s with the full case mappings of Unicode (`ß` to `SS`, final sigma).
void tera_upper(pond_buf *out, pond_sv s);
void tera_lower(pond_buf *out, pond_sv s);
// Writes the leading ASCII part of s with the 26 letters from `first` ('a' or 'A') on changed to
// the other case. `to` needs room for s.n bytes. Returns how many were written.
size_t tera_ascii_case(char *to, pond_sv s, char first);

// ASCII text for a non-ASCII character ("ae" for æ); "" for one that only modifies its neighbours;
// NULL when there is none. Covers Latin, Greek, Cyrillic, kana, Hangul, common symbols, and what
// decomposes into these. Does not cover Han (its table would be larger than the rest of this room),
// Arabic, Hebrew, the scripts of India, and emoji. `out` has room for 40 bytes.
const char *tera_ascii_for(uint32_t c, char out[40]);

#endif
