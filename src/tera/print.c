// How the language treats values: printing, escaping, truth, equality, and paths within a value.
#include "tera/builtins.h"

#include "base/float.h"
#include "tera/out.h"

#include <math.h>

// Printing ----------------------------------------------------------------------------------------

size_t tera_int_text(pond_value v, char out[24]) {
    bool is_negative = v.kind == POND_INT && v.i < 0;
    out[0] = '-';
    // The negative of INT64_MIN fits unsigned.
    return is_negative + pond_digits_at(is_negative ? 0 - (uint64_t)v.i : v.u, out + is_negative);
}

static void print_float(pond_buf *out, double f) {
    char text[352];
    pond_buf_append(out, text, pond_float_plain(f, text));
}

static bool print(pond_buf *out, pond_value v, size_t end, int depth) {
    char text[24];
    switch ((pond_kind)v.kind) {
    case POND_NULL:
        break;
    case POND_BOOL:
        pond_buf_str(out, v.b ? "true" : "false");
        break;
    case POND_INT:
    case POND_UINT:
        pond_buf_append(out, text, tera_int_text(v, text));
        break;
    case POND_FLOAT:
        print_float(out, v.f);
        break;
    case POND_STRING:
        if (out->n + v.n > end)
            return false;
        pond_buf_append(out, v.s, v.n);
        break;
    case POND_ARRAY:
        if (depth == TERA_MAX_DEPTH)
            return false;
        pond_buf_char(out, '[');
        for (uint32_t i = 0; i < v.n; i++) {
            if (i > 0)
                pond_buf_append(out, ", ", 2);
            if (!print(out, v.items[i], end, depth + 1))
                return false;
        }
        pond_buf_char(out, ']');
        break;
    case POND_OBJECT:
        pond_buf_str(out, "[object]");
        break;
    }
    return out->n <= end;
}

bool tera_print_max(pond_buf *out, pond_value v, size_t max_bytes) {
    return print(out, v, max_bytes > SIZE_MAX - out->n ? SIZE_MAX : out->n + max_bytes, 0);
}

void tera_print(pond_buf *out, pond_value v) {
    (void)print(out, v, SIZE_MAX, 0);
}

// Escaping ----------------------------------------------------------------------------------------

// A bit in each byte of a word that is one of & < > " ' /, at least in the first that is. They are
// three pairs that differ in one bit.
static inline uint64_t find_special(uint64_t word) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t quotes = (word | each * 0x04) ^ each * 0x26;  // " and &
    uint64_t strokes = (word | each * 0x08) ^ each * 0x2f; // ' and /
    uint64_t angles = (word | each * 0x02) ^ each * 0x3e;  // < and >
    return (((quotes - each) & ~quotes) | ((strokes - each) & ~strokes) |
            ((angles - each) & ~angles)) &
           each * 0x80;
}

static uint64_t load_word(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

// Fewer than eight bytes, but one at least, and zeros.
static uint64_t load_few(const char *p, size_t n) {
    const unsigned char *u = (const unsigned char *)p;
    if (n < 4)
        return (uint64_t)u[0] | (uint64_t)u[n / 2] << n / 2 * 8 | (uint64_t)u[n - 1] << (n - 1) * 8;
    uint32_t first, last; // which may overlap
    memcpy(&first, p, 4);
    memcpy(&last, p + n - 4, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    first = __builtin_bswap32(first);
    last = __builtin_bswap32(last);
#endif
    return first | (uint64_t)last << (n - 4) * 8;
}

static void store_word(char *to, uint64_t word) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(to, &word, sizeof word);
}

static char *put_entity(char *to, unsigned char c) {
    static const unsigned char index_of[64] = {
        ['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\''] = 5, ['/'] = 6};
    static const char entities[][8] = {"", "&amp;", "&lt;", "&gt;", "&quot;", "&#x27;", "&#x2F;"};
    static const unsigned char lengths[] = {0, 5, 4, 4, 6, 6, 6};
    unsigned k = index_of[c & 63];
    memcpy(to, entities[k], sizeof entities[0]); // a fixed size is one store
    return to + lengths[k];
}

// Fewer than eight bytes, the first special one at the lowest bit of `special`.
static TERA_RARE char *escape_few(char *to, uint64_t word, size_t n, uint64_t special) {
    for (; special != 0; special = find_special(word)) {
        unsigned bits = (unsigned)__builtin_ctzll(special) & ~7u;
        store_word(to, word);
        to = put_entity(to + bits / 8, (unsigned char)(word >> bits));
        word = word >> bits >> 8;
        n -= bits / 8 + 1;
    }
    store_word(to, word);
    return to + n;
}

static inline char *escape_short(char *to, const char *p, size_t n) {
    if (n == 0)
        return to;
    uint64_t word = load_few(p, n), special = find_special(word);
    if (special != 0)
        return escape_few(to, word, n, special);
    store_word(to, word);
    return to + n;
}

// A word is copied as it is, and overwritten from its first special byte on.
static TERA_RARE char *escape_long(char *to, const char *p, size_t n) {
    while (n >= 8) {
        uint64_t special = find_special(load_word(p));
        size_t plain = special == 0 ? 8 : (size_t)__builtin_ctzll(special) / 8;
        memcpy(to, p, 8);
        to += plain;
        p += plain;
        n -= plain;
        if (special != 0) {
            to = put_entity(to, (unsigned char)*p++);
            n--;
        }
    }
    return escape_short(to, p, n);
}

char *tera_put_escaped(char *to, pond_sv s) {
    return s.n < 8 ? escape_short(to, s.p, s.n) : escape_long(to, s.p, s.n);
}

void tera_escape(pond_buf *out, pond_sv s) {
    enum { CHUNK = 512 };
    do { // in chunks, to reserve room for the longest result once per chunk
        pond_sv chunk = pond_sv_sub(s, 0, CHUNK);
        char *to = tera_room(out, chunk.n * TERA_LONGEST_ENTITY);
        out->n += (size_t)(tera_put_escaped(to, chunk) - to);
        s = pond_sv_sub(s, chunk.n, s.n);
    } while (s.n > 0);
    tera_end(out);
}

// Truth, limits, equality, paths ------------------------------------------------------------------

bool tera_is_truthy(pond_value v) {
    switch ((pond_kind)v.kind) {
    case POND_NULL:
        return false;
    case POND_BOOL:
        return v.b;
    case POND_INT:
    case POND_UINT:
        return v.u != 0;
    case POND_FLOAT:
        return v.f != 0 && !isnan(v.f);
    case POND_STRING:
    case POND_ARRAY:
    case POND_OBJECT:
        return v.n > 0;
    }
    return false;
}

static bool walk(pond_value v, int depth, size_t *left) {
    if (*left == 0)
        return false;
    --*left;
    if (v.kind != POND_ARRAY && v.kind != POND_OBJECT)
        return true;
    if (depth == TERA_MAX_DEPTH)
        return false;
    if (pond_has_attrs(v) && !walk(pond_attrs(v), depth + 1, left))
        return false;
    for (uint32_t i = 0; i < v.n; i++) {
        if (!walk(v.kind == POND_ARRAY ? v.items[i] : v.entries[i].value, depth + 1, left))
            return false;
    }
    return true;
}

bool tera_is_walkable(pond_value v, size_t max_nodes) {
    return walk(v, 0, &max_nodes);
}

static bool json_fits(pond_value v, size_t depth, size_t *left) {
    size_t indent = 2 * depth + 4, own = v.kind == POND_STRING ? v.n + 2 : 1;
    if (depth > TERA_MAX_DEPTH || own > *left)
        return false;
    *left -= own;
    if (pond_has_attrs(v))
        return json_fits(pond_attrs(v), depth, left);
    if (v.kind != POND_ARRAY && v.kind != POND_OBJECT)
        return true;
    for (uint32_t i = 0; i < v.n; i++) {
        size_t around = indent + (v.kind == POND_OBJECT ? v.entries[i].key.n : 0);
        if (around > *left)
            return false;
        *left -= around;
        if (!json_fits(v.kind == POND_ARRAY ? v.items[i] : v.entries[i].value, depth + 1, left))
            return false;
    }
    return true;
}

bool tera_json_fits(pond_value v, size_t max_bytes) {
    return json_fits(v, 0, &max_bytes);
}

bool tera_equal(pond_value a, pond_value b) {
    if (pond_is_number(a) && pond_is_number(b))
        return pond_number(a) == pond_number(b);
    if (a.kind != b.kind)
        return false;
    if (a.kind == POND_ARRAY || a.kind == POND_OBJECT)
        return a.n == b.n && tera_is_walkable(a, TERA_MAX_NODES) &&
               tera_is_walkable(b, TERA_MAX_NODES) && pond_value_equal(a, b);
    return pond_value_equal(a, b);
}

bool tera_same(pond_value a, pond_value b) {
    bool is_container = a.kind == POND_ARRAY || a.kind == POND_OBJECT;
    return a.kind == b.kind && (is_container ? tera_equal(a, b) : pond_value_equal(a, b));
}

int64_t tera_index_of(pond_sv key) {
    int64_t i = -1;
    if (key.n == 0 || key.p[0] < '0' || key.p[0] > '9' || (key.p[0] == '0' && key.n > 1))
        return -1;
    return pond_sv_to_int(key, &i) ? i : -1;
}

// The text up to the next dot. A segment in double quotes may contain dots.
static pond_sv cut_segment(pond_sv *path) {
    pond_sv rest = *path;
    bool is_quoted = rest.n > 0 && rest.p[0] == '"';
    ptrdiff_t end = is_quoted ? pond_sv_find_char(pond_sv_sub(rest, 1, rest.n), '"') : -1;
    if (end >= 0) {
        size_t after = (size_t)end + 2; // both quotes
        *path = after < rest.n ? pond_sv_sub(rest, after + 1, rest.n) : (pond_sv){NULL, 0};
        return pond_sv_sub(rest, 1, (size_t)end + 1);
    }
    pond_sv segment;
    (void)pond_sv_split(path, '.', &segment);
    return segment;
}

const pond_value *tera_get_path(const pond_value *v, pond_sv path) {
    if (path.n == 0)
        return v;
    while (path.p != NULL && v != NULL) {
        pond_sv segment = cut_segment(&path);
        int64_t i = v->kind == POND_ARRAY ? tera_index_of(segment) : -1;
        if (i >= 0)
            v = (uint64_t)i < v->n ? &v->items[i] : NULL;
        else
            v = pond_get(*v, segment);
    }
    return v;
}

bool tera_get_late(const struct pond_tera_env *env, pond_arena *a, pond_value object, pond_sv key,
                   pond_value *out) {
    return object.kind == POND_OBJECT && (object.flags & POND_TERA_HAS_LATE) && env != NULL &&
           env->late != NULL && env->late(env->host, a, object, key, out);
}

const pond_value *tera_get_attribute(pond_tera_call *c, const pond_value *v, pond_sv path,
                                     pond_value *room) {
    const pond_value *found = tera_get_path(v, path);
    return found == NULL && tera_get_late(c->env, c->arena, *v, path, room) ? room : found;
}
