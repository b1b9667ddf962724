#include "parquet/column.h"

#include <math.h>
#include <stdlib.h>

static const struct {
    pq_class class;
    size_t width; // in memory
} kinds[] = {
#define KIND(name, type, class, physical, converted, logical)                                      \
    [POND_PARQUET_##name] = {PQ_##class, sizeof(type)},
#include "parquet/kinds.def"
#undef KIND
};

size_t pq_width(pq_class class) {
    static const size_t widths[] = {
        [PQ_BOOL] = 1, [PQ_I32] = 4, [PQ_U32] = 4, [PQ_I64] = 8,
        [PQ_U64] = 8,  [PQ_F32] = 4, [PQ_F64] = 8, [PQ_TEXT] = sizeof(pq_text),
    };
    return widths[class];
}

void pq_column_init(pq_column *c, pond_parquet_column column, pond_sv name) {
    *c = (pq_column){.name = name,
                     .kind = column.kind,
                     .class = kinds[column.kind].class,
                     .width = pq_width(kinds[column.kind].class),
                     .heap = POND_BUF_EMPTY};
}

void pq_column_free(pq_column *c) {
    free(c->memory);
    free(c->is_valid);
    pond_buf_free(&c->heap);
}

void pq_column_clear(pq_column *c) {
    free(c->is_valid);
    c->is_valid = NULL;
    c->n_nulls = 0;
    pond_buf_clear(&c->heap);
}

// Appending ---------------------------------------------------------------------------------------

static void make_room(pq_column *c, size_t n) {
    if (n <= c->cap)
        return;
    size_t cap = c->cap == 0 ? 2048 : c->cap;
    while (cap < n)
        cap *= 2;
    c->memory = pond_xrealloc(c->memory, PQ_HEADROOM + cap * c->width);
    if (c->is_valid != NULL)
        c->is_valid = pond_xrealloc(c->is_valid, cap);
    c->cap = cap;
}

static bool is_valid(const uint64_t *valid, size_t row) {
    return (valid[row / 64] >> (row % 64) & 1) != 0;
}

static void append_validity(pq_column *c, size_t n, const uint64_t *valid, size_t from, size_t to) {
    size_t n_nulls = 0;
    for (size_t i = from; valid != NULL && i < to; i++)
        n_nulls += !is_valid(valid, i);
    if (n_nulls > 0 && c->is_valid == NULL) {
        c->is_valid = pond_xmalloc(c->cap);
        memset(c->is_valid, 1, n);
    }
    if (c->is_valid == NULL)
        return;
    for (size_t i = from; i < to; i++)
        c->is_valid[n + i - from] = valid == NULL || is_valid(valid, i);
    c->n_nulls += n_nulls;
}

// More text than any row group has: what comes after it is not copied, since the rows do not fit.
enum { MOST_TEXT = 64 << 20 };

// A NULL of a text has no bytes that could be read.
static void append_texts(pq_column *c, size_t n, pond_parquet_vector v, size_t from, size_t to,
                         pond_sv (*text)(const void *data, size_t row)) {
    pq_text *out = (pq_text *)pq_values(c) + n;
    for (size_t i = from; i < to; i++) {
        pond_sv s = {"", 0};
        bool is_too_much = c->heap.n > MOST_TEXT;
        if (!is_too_much && (v.valid == NULL || is_valid(v.valid, i)))
            s = text(v.data, i);
        *out++ = (pq_text){is_too_much ? 0 : (uint32_t)c->heap.n, (uint32_t)s.n};
        pond_buf_sv(&c->heap, s);
    }
}

// Integers of one and two bytes are stored in four.
#define WIDEN(in, out)                                                                             \
    for (size_t i = from; i < to; i++)                                                             \
    ((out *)pq_values(c))[n + i - from] = (out)((const in *)v.data)[i]

void pq_column_append(pq_column *c, size_t n, pond_parquet_vector v, size_t from, size_t to,
                      pond_sv (*text)(const void *data, size_t row)) {
    size_t width = kinds[c->kind].width;
    make_room(c, n + to - from);
    append_validity(c, n, v.valid, from, to);
    if (c->class == PQ_TEXT)
        append_texts(c, n, v, from, to, text);
    else if (width == c->width)
        memcpy((char *)pq_values(c) + n * width, (const char *)v.data + from * width,
               (to - from) * width);
    else if (c->class == PQ_I32 && width == 1)
        WIDEN(int8_t, int32_t);
    else if (c->class == PQ_I32)
        WIDEN(int16_t, int32_t);
    else if (width == 1)
        WIDEN(uint8_t, uint32_t);
    else
        WIDEN(uint16_t, uint32_t);
}

// Moving ------------------------------------------------------------------------------------------

// Keeps the bytes from the first that a remaining text has.
static void drop_texts(pq_column *c, size_t n) {
    pq_text *texts = pq_values(c);
    uint32_t first = (uint32_t)c->heap.n;
    for (size_t i = 0; i < n; i++)
        if (texts[i].at < first)
            first = texts[i].at;
    for (size_t i = 0; i < n; i++)
        texts[i].at -= first;
    if (c->heap.n > first)
        memmove(c->heap.p, c->heap.p + first, c->heap.n - first);
    c->heap.n -= first;
}

void pq_column_drop(pq_column *c, size_t n, size_t n_first) {
    size_t n_rest = n - n_first;
    if (n_rest == 0) {
        pq_column_clear(c);
        return;
    }
    char *values = pq_values(c);
    memmove(values, values + n_first * c->width, n_rest * c->width);
    if (c->class == PQ_TEXT)
        drop_texts(c, n_rest);
    c->n_nulls = 0;
    if (c->is_valid == NULL)
        return;
    memmove(c->is_valid, c->is_valid + n_first, n_rest);
    for (size_t i = 0; i < n_rest; i++)
        c->n_nulls += !c->is_valid[i];
}

void pq_column_permute(pq_column *c, size_t first, const uint32_t *from, size_t n) {
    char *values = (char *)pq_values(c) + first * c->width;
    char *copy = pond_xmalloc(n * c->width);
    memcpy(copy, values, n * c->width);
    for (size_t i = 0; i < n; i++)
        memcpy(values + i * c->width, copy + from[i] * c->width, c->width);
    if (c->is_valid != NULL) {
        memcpy(copy, c->is_valid + first, n);
        for (size_t i = 0; i < n; i++)
            c->is_valid[first + i] = (uint8_t)copy[from[i]];
    }
    free(copy);
}

// Comparing ---------------------------------------------------------------------------------------

#define COMPARE(x, y) (((x) > (y)) - ((x) < (y)))
#define COMPARE_AS(type) return COMPARE(((const type *)values)[a], ((const type *)values)[b])

static int compare_floats(double x, double y) {
    return isnan(x) || isnan(y) ? COMPARE(isnan(x) != 0, isnan(y) != 0) : COMPARE(x, y);
}

int pq_column_compare(const pq_column *c, size_t a, size_t b) {
    const void *values = pq_values(c);
    if (c->is_valid != NULL && !(c->is_valid[a] && c->is_valid[b]))
        return COMPARE(!c->is_valid[a], !c->is_valid[b]);
    switch (c->class) {
    case PQ_BOOL:
        COMPARE_AS(uint8_t);
    case PQ_I32:
        COMPARE_AS(int32_t);
    case PQ_U32:
        COMPARE_AS(uint32_t);
    case PQ_I64:
        COMPARE_AS(int64_t);
    case PQ_U64:
        COMPARE_AS(uint64_t);
    case PQ_F32:
        return compare_floats((double)((const float *)values)[a],
                              (double)((const float *)values)[b]);
    case PQ_F64:
        return compare_floats(((const double *)values)[a], ((const double *)values)[b]);
    case PQ_TEXT:
        return pond_sv_cmp(pq_text_in(c->heap.p, ((const pq_text *)values)[a]),
                           pq_text_in(c->heap.p, ((const pq_text *)values)[b]));
    }
    return 0;
}
