// Characters, case and transliteration. Most texts are ASCII, so that has fast paths.
#include "tera/unicode.h"

#include <stdlib.h>

#include <unicase.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>

// Characters --------------------------------------------------------------------------------------

// A word with eight copies of a byte, for working on eight characters at a time.
#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

static uint64_t load(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

bool tera_is_ascii(pond_sv s) {
    uint64_t bits = 0;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8)
        bits |= load(s.p + i);
    for (; i < s.n; i++)
        bits |= (unsigned char)s.p[i];
    return (bits & EACH_BYTE(0x80)) == 0;
}

size_t tera_char_count(pond_sv s) {
    size_t n = s.n, i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t word = load(s.p + i);
        // Continuation bytes are 10xxxxxx. The product adds up the eight bits in its top byte.
        uint64_t continues = (word >> 7) & ~(word >> 6) & EACH_BYTE(1);
        n -= (size_t)(continues * EACH_BYTE(1) >> 56);
    }
    for (; i < s.n; i++)
        n -= tera_is_continuation(s.p[i]);
    return n;
}

size_t tera_wide_char_at(pond_sv s, size_t at, uint32_t *c) {
    ucs4_t uc;
    int n = u8_mbtoucr(&uc, (const uint8_t *)s.p + at, s.n - at);
    *c = n < 0 ? 0xFFFD : uc;
    return n < 0 ? 1 : (size_t)n;
}

pond_sv tera_cut(pond_sv s, size_t most_bytes) {
    if (s.n <= most_bytes)
        return s;
    while (most_bytes > 0 && tera_is_continuation(s.p[most_bytes]))
        most_bytes--;
    return (pond_sv){s.p, most_bytes};
}

size_t tera_grapheme_at(pond_sv s, size_t at) {
    // Two ASCII characters form a cluster only as CR LF.
    if ((unsigned char)s.p[at] < 0x80 && s.p[at] != '\r' &&
        (at + 1 == s.n || (unsigned char)s.p[at + 1] < 0x80))
        return 1;
    // libunistring decides about two neighbours. Two rules look further back: flags are pairs of
    // regional indicators, and a joiner joins only pictures (GB11 to GB13 of UAX #29).
    uint32_t before, c;
    size_t n = tera_char_at(s, at, &before), n_regional = 0;
    bool has_picture = false; // a picture, perhaps followed by extenders
    for (; at + n < s.n; before = c) {
        size_t more = tera_char_at(s, at + n, &c);
        int kind = uc_graphemeclusterbreak_property(before);
        n_regional += kind == GBP_RI;
        if (uc_is_property_extended_pictographic(before))
            has_picture = true;
        else if (kind != GBP_EXTEND && kind != GBP_ZWJ)
            has_picture = false;
        bool joins = !uc_is_grapheme_break(before, c);
        if (kind == GBP_RI && uc_graphemeclusterbreak_property(c) == GBP_RI)
            joins = n_regional % 2 != 0;
        else if (kind == GBP_ZWJ && has_picture && uc_is_property_extended_pictographic(c))
            joins = true;
        if (!joins)
            break;
        n += more;
    }
    return n;
}

bool tera_is_wide_space(uint32_t c) {
    return uc_is_property_white_space(c);
}

bool tera_is_word(uint32_t c) {
    if (c < 0x80)
        return (c | 0x20) - 'a' < 26u || c - '0' < 10u || c == '_';
    return uc_is_property_alphabetic(c) || uc_is_property_join_control(c) ||
           uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Nd |
                                                   UC_CATEGORY_MASK_Pc);
}

pond_sv tera_trim_start(pond_sv s) {
    while (s.n > 0) {
        uint32_t c;
        size_t n = tera_char_at(s, 0, &c);
        if (!tera_is_space(c))
            break;
        s.p += n;
        s.n -= n;
    }
    return s;
}

pond_sv tera_trim_end(pond_sv s) {
    while (s.n > 0) {
        size_t at = s.n - 1;
        while (at > 0 && s.n - at < 4 && tera_is_continuation(s.p[at]))
            at--;
        uint32_t c;
        if (at + tera_char_at(s, at, &c) != s.n || !tera_is_space(c))
            break;
        s.n = at;
    }
    return s;
}

// Case --------------------------------------------------------------------------------------------

typedef uint8_t *case_mapping(const uint8_t *s, size_t n, const char *language, uninorm_t nf,
                              uint8_t *buf, size_t *length);

static void map_case(pond_buf *out, pond_sv s, case_mapping *mapping) {
    uint8_t room[256];
    size_t n = sizeof room;
    uint8_t *mapped = mapping((const uint8_t *)s.p, s.n, NULL, NULL, room, &n);
    if (mapped == NULL) { // not UTF-8
        pond_buf_sv(out, s);
        return;
    }
    pond_buf_append(out, mapped, n);
    if (mapped != room)
        free(mapped);
}

size_t tera_ascii_case(char *to, pond_sv s, char first) {
    const uint64_t from_first = EACH_BYTE(0x80 - (uint64_t)(unsigned char)first);
    const uint64_t from_after = from_first - EACH_BYTE(26);
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t word = load(s.p + i);
        if ((word & EACH_BYTE(0x80)) != 0)
            break;
        // The top bits of the sums say: the byte is at least `first`; it is after the last letter.
        uint64_t is_letter = (word + from_first) & ~(word + from_after) & EACH_BYTE(0x80);
        word ^= is_letter >> 2;
        memcpy(to + i, &word, sizeof word);
    }
    for (; i < s.n && (unsigned char)s.p[i] < 0x80; i++)
        to[i] = (char)(s.p[i] ^ ((unsigned char)(s.p[i] - first) < 26 ? 0x20 : 0));
    return i;
}

static bool has_sigma(pond_sv s) {
    return s.n > 0 && memchr(s.p, 0xCE, s.n) != NULL && pond_sv_find(s, POND_SV("Σ")) >= 0;
}

// The case mapping of a letter does not depend on its neighbours, except for a sigma at the end of
// a word (the only such rule in SpecialCasing.txt for all languages). So the library is called only
// for the parts that are not ASCII.
static void change_case(pond_buf *out, pond_sv s, char first, case_mapping *mapping) {
    if (first == 'A' && has_sigma(s)) {
        map_case(out, s, mapping);
        return;
    }
    while (s.n > 0) {
        pond_buf_reserve(out, s.n);
        size_t n = tera_ascii_case(out->p + out->n, s, first);
        out->n += n;
        s = pond_sv_sub(s, n, s.n);
        for (n = 0; n < s.n && (unsigned char)s.p[n] >= 0x80;)
            n++;
        if (n > 0)
            map_case(out, pond_sv_sub(s, 0, n), mapping);
        s = pond_sv_sub(s, n, s.n);
    }
    if (out->p != NULL)
        out->p[out->n] = '\0';
}

void tera_upper(pond_buf *out, pond_sv s) {
    change_case(out, s, 'a', u8_toupper);
}

void tera_lower(pond_buf *out, pond_sv s) {
    change_case(out, s, 'A', u8_tolower);
}

// Transliteration ---------------------------------------------------------------------------------

typedef struct ascii_row {
    uint16_t c;
    char text[6];
} ascii_row;

static const ascii_row ASCII_ROWS[] = {
#define ROW(c, text) {c, text},
#include "tera/ascii.def"
#undef ROW
};
enum { N_ASCII_ROWS = sizeof ASCII_ROWS / sizeof ASCII_ROWS[0] };

static const ascii_row *find_row(uint32_t c) {
    size_t lo = 0, hi = N_ASCII_ROWS;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (ASCII_ROWS[mid].c < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < N_ASCII_ROWS && ASCII_ROWS[lo].c == c ? &ASCII_ROWS[lo] : NULL;
}

// Katakana are 0x60 above the hiragana of the same sound.
static uint32_t to_hiragana(uint32_t c) {
    return c >= 0x30A1 && c <= 0x30F6 ? c - 0x60 : c;
}

// A syllable has an initial, a vowel and perhaps a final. Its code point is computed from their
// numbers.
static const char *hangul_for(uint32_t c, char out[40]) {
    static const char initials[][3] = {"g",  "gg", "n", "d",  "dd", "r", "m", "b", "bb", "s",
                                       "ss", "",   "j", "jj", "c",  "k", "t", "p", "h"};
    static const char vowels[][4] = {"a",   "ae", "ya", "yae", "eo", "e",  "yeo",
                                     "ye",  "o",  "wa", "wae", "oe", "yo", "u",
                                     "weo", "we", "wi", "yu",  "eu", "yi", "i"};
    static const char finals[][3] = {"",   "g",  "gg", "gs", "n",  "nj", "nh", "d", "l",  "lg",
                                     "lm", "lb", "ls", "lt", "lp", "lh", "m",  "b", "bs", "s",
                                     "ss", "ng", "j",  "c",  "k",  "t",  "p",  "h"};
    uint32_t i = c - 0xAC00;
    (void)strcpy(stpcpy(stpcpy(out, initials[i / 588]), vowels[i / 28 % 21]), finals[i % 28]);
    return out;
}

const char *tera_ascii_for(uint32_t c, char out[40]) {
    if (c >= 0xAC00 && c <= 0xD7A3)
        return hangul_for(c, out);
    const ascii_row *row = find_row(to_hiragana(c));
    if (row != NULL)
        return row->text;
    ucs4_t parts[32]; // the longest decomposition has 18 characters
    size_t n_parts = sizeof parts / sizeof parts[0];
    ucs4_t one = c;
    if (u32_normalize(UNINORM_NFKD, &one, 1, parts, &n_parts) != parts)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < n_parts; i++) {
        if (uc_is_general_category_withtable(parts[i], UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Cf))
            continue;
        row = find_row(to_hiragana(parts[i]));
        const char ascii[2] = {(char)parts[i], '\0'};
        const char *text = parts[i] < 0x80 ? ascii : row != NULL ? row->text : NULL;
        if (text == NULL || n + strlen(text) >= 40)
            return NULL;
        n += strlen(strcpy(out + n, text));
    }
    out[n] = '\0';
    return out;
}
