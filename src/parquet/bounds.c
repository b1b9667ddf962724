#include "parquet/bounds.h"

#include <math.h>

static pq_bounds of_bytes(pond_arena *a, const void *min, const void *max, size_t n) {
    return (pq_bounds){.has_any = true,
                       .min = pond_sv_dup(a, (pond_sv){min, n}),
                       .max = pond_sv_dup(a, (pond_sv){max, n})};
}

// Of values of a type whose least and greatest are `lowest` and `highest`: without any value the
// minimum stays above the maximum.
#define BOUNDS(type, lowest, highest)                                                              \
    do {                                                                                           \
        const type *v = values.values;                                                             \
        type min = (highest), max = (lowest);                                                      \
        for (size_t i = 0; i < values.n; i++) {                                                    \
            min = v[i] < min ? v[i] : min;                                                         \
            max = v[i] > max ? v[i] : max;                                                         \
        }                                                                                          \
        if (min > max)                                                                             \
            return (pq_bounds){0};                                                                 \
        return of_bytes(a, &min, &max, sizeof(type));                                              \
    } while (0)

// Comparisons with NaN are false. Four at a time, as one comparison has to wait for the one before;
// then which of two zeros came first must be looked up.
#define FLOAT_BOUNDS(type)                                                                         \
    do {                                                                                           \
        const type *v = values.values;                                                             \
        type min[4] = {INFINITY, INFINITY, INFINITY, INFINITY};                                    \
        type max[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};                                \
        bool has_nan = false;                                                                      \
        for (size_t i = 0; i < values.n; i++) {                                                    \
            size_t k = i % 4;                                                                      \
            min[k] = v[i] < min[k] ? v[i] : min[k];                                                \
            max[k] = v[i] > max[k] ? v[i] : max[k];                                                \
            has_nan |= v[i] != v[i];                                                               \
        }                                                                                          \
        for (size_t k = 1; k < 4; k++) {                                                           \
            min[0] = min[k] < min[0] ? min[k] : min[0];                                            \
            max[0] = max[k] > max[0] ? max[k] : max[0];                                            \
        }                                                                                          \
        if (has_nan || min[0] > max[0])                                                            \
            return (pq_bounds){0};                                                                 \
        for (size_t i = values.n; (min[0] == 0 || max[0] == 0) && i-- > 0;) {                      \
            min[0] = min[0] == 0 && v[i] == 0 ? v[i] : min[0];                                     \
            max[0] = max[0] == 0 && v[i] == 0 ? v[i] : max[0];                                     \
        }                                                                                          \
        return of_bytes(a, &min[0], &max[0], sizeof(type));                                        \
    } while (0)

// Texts -------------------------------------------------------------------------------------------

enum { LONGEST_TEXT = 256 };

// Cuts between two characters.
static pond_sv cut_min(pond_sv s) {
    size_t n = LONGEST_TEXT;
    while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return pond_sv_sub(s, 0, n);
}

// Cuts after the last ASCII character that has one above it, which takes its place. False if there
// is none.
static bool cut_max(pond_arena *a, pond_sv s, pond_sv *out) {
    size_t n = LONGEST_TEXT;
    while (n > 0 && (unsigned char)s.p[n - 1] >= 0x7F)
        n--;
    if (n == 0)
        return false;
    char *copy = pond_alloc(a, n);
    memcpy(copy, s.p, n);
    copy[n - 1]++;
    *out = (pond_sv){copy, n};
    return true;
}

static pq_bounds text_bounds(pq_dense values, pond_arena *a) {
    const pq_text *texts = values.values;
    if (values.n == 0)
        return (pq_bounds){0};
    pond_sv least = pq_text_in(values.heap, texts[0]), greatest = least;
    for (size_t i = 1; i < values.n; i++) {
        pond_sv text = pq_text_in(values.heap, texts[i]);
        if (pond_sv_cmp(text, least) < 0)
            least = text;
        if (pond_sv_cmp(text, greatest) > 0)
            greatest = text;
    }
    pq_bounds out = {.has_any = true,
                     .is_min_cut = least.n > LONGEST_TEXT,
                     .is_max_cut = greatest.n > LONGEST_TEXT};
    out.min = pond_sv_dup(a, out.is_min_cut ? cut_min(least) : least);
    if (!out.is_max_cut)
        out.max = pond_sv_dup(a, greatest);
    else if (!cut_max(a, greatest, &out.max))
        out = (pq_bounds){0};
    return out;
}

pq_bounds pq_bounds_of(pq_dense values, pond_arena *a) {
    switch (values.class) {
    case PQ_BOOL:
        BOUNDS(uint8_t, 0, 1);
    case PQ_I32:
        BOUNDS(int32_t, INT32_MIN, INT32_MAX);
    case PQ_I64:
        BOUNDS(int64_t, INT64_MIN, INT64_MAX);
    case PQ_U32:
        BOUNDS(uint32_t, 0, UINT32_MAX);
    case PQ_U64:
        BOUNDS(uint64_t, 0, UINT64_MAX);
    case PQ_F32:
        FLOAT_BOUNDS(float);
    case PQ_F64:
        FLOAT_BOUNDS(double);
    case PQ_TEXT:
        return text_bounds(values, a);
    }
    return (pq_bounds){0};
}
