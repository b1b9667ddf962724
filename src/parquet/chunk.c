// One data page, and a dictionary page before it if a fifth of the rows or fewer are distinct values.
// A page begins with the levels, which tell the NULLs.
#include "parquet/chunk.h"

#include "parquet/bloom.h"
#include "parquet/runs.h"
#include "parquet/thrift.h"

#include <stdlib.h>

enum { DATA_PAGE = 0, DICTIONARY_PAGE = 2 };

void pq_scratch_free(pq_scratch *s) {
    pq_dictionary_free(&s->dictionary);
    pond_buf_free(&s->dense);
    pond_buf_free(&s->levels);
    pond_buf_free(&s->page);
    pond_buf_free(&s->packed);
}

// Values ------------------------------------------------------------------------------------------

static pq_dense dense_values(const pq_column *c, size_t n, size_t n_nulls, pond_buf *dense) {
    pq_dense out = {.class = c->class, .values = pq_values(c), .n = n, .heap = c->heap.p};
    if (n_nulls == 0)
        return out;
    const char *from = pq_values(c);
    pond_buf_clear(dense);
    pond_buf_reserve(dense, n * c->width);
    char *to = dense->p;
    for (size_t i = 0; i < n; i++) {
        memcpy(to, from + i * c->width, c->width);
        to += c->is_valid[i] ? c->width : 0;
    }
    out.values = dense->p;
    out.n = n - n_nulls;
    return out;
}

static void append_bits(pond_buf *page, const uint8_t *values, size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        int byte = 0;
        for (size_t k = i; k < n && k < i + 8; k++)
            byte |= values[k] << (k - i);
        pond_buf_char(page, (char)byte);
    }
}

static void append_plain(pond_buf *page, pq_dense v) {
    const pq_text *texts = v.values;
    if (v.class == PQ_BOOL) {
        append_bits(page, v.values, v.n);
    } else if (v.class != PQ_TEXT) {
        pond_buf_append(page, v.values, v.n * pq_width(v.class));
    } else {
        for (size_t i = 0; i < v.n; i++) {
            pond_buf_append(page, &texts[i].n, sizeof texts[i].n);
            pond_buf_sv(page, pq_text_in(v.heap, texts[i]));
        }
    }
}

// Levels ------------------------------------------------------------------------------------------

// Appends the length of the levels and the levels: 1, or 0 for NULL. Without NULLs they are one run.
static void append_levels(pond_buf *page, const pq_column *c, size_t n, size_t n_nulls,
                          pond_buf *levels) {
    size_t start = page->n;
    uint32_t n_bytes = 0;
    pond_buf_append(page, &n_bytes, sizeof n_bytes);
    if (n_nulls == 0) {
        pq_runs_append_same(page, 1, n, 1);
    } else {
        pond_buf_clear(levels);
        pond_buf_reserve(levels, n * sizeof(uint32_t));
        uint32_t *level = (uint32_t *)(void *)levels->p;
        for (size_t i = 0; i < n; i++)
            level[i] = c->is_valid[i];
        pq_runs_append(page, level, n, 1);
    }
    n_bytes = (uint32_t)(page->n - start - sizeof n_bytes);
    memcpy(page->p + start, &n_bytes, sizeof n_bytes);
}

// Pages -------------------------------------------------------------------------------------------

static pond_code compress(const pond_parquet_codec *codec, const void *p, size_t n,
                          pond_buf *packed, pond_err *err) {
    pond_buf_clear(packed);
    pond_buf_reserve(packed, codec->bound(n));
    packed->n = codec->compress(codec->state, packed->p, codec->bound(n), p, n);
    if (packed->n == 0)
        return pond_fail(err, POND_ERR_INTERNAL, "a page of %zu bytes could not be compressed", n);
    return POND_OK;
}

// Appends a page of n values in these bytes, and counts it.
static pond_code append_page(const pond_parquet_codec *codec, pond_sv bytes, int type, size_t n,
                             int encoding, pq_scratch *s, pond_buf *out, pq_chunk *chunk,
                             pond_err *err) {
    POND_TRY(compress(codec, bytes.p, bytes.n, &s->packed, err));
    size_t start = out->n;
    pq_thrift t = {.out = out};
    pq_thrift_i32(&t, 1, type);
    pq_thrift_i32(&t, 2, (int32_t)bytes.n);
    pq_thrift_i32(&t, 3, (int32_t)s->packed.n);
    pq_thrift_begin(&t, type == DATA_PAGE ? 5 : 7);
    pq_thrift_i32(&t, 1, (int32_t)n);
    pq_thrift_i32(&t, 2, encoding);
    if (type == DATA_PAGE) {
        pq_thrift_i32(&t, 3, PQ_RLE);
        pq_thrift_i32(&t, 4, PQ_RLE);
    }
    pq_thrift_end(&t);
    pq_thrift_end(&t);
    chunk->uncompressed_bytes += (int64_t)(out->n - start + bytes.n);
    pond_buf_sv(out, pond_buf_view(&s->packed));
    chunk->compressed_bytes += (int64_t)(out->n - start);
    return POND_OK;
}

static pond_code append_dictionary(const pond_parquet_codec *codec, pq_scratch *s, pond_arena *a,
                                   pond_buf *out, pq_chunk *chunk, pond_err *err) {
    pq_dense distinct = s->dictionary.distinct;
    pond_buf_clear(&s->page);
    append_plain(&s->page, distinct);
    POND_TRY(append_page(codec, pond_buf_view(&s->page), DICTIONARY_PAGE, distinct.n, PQ_PLAIN, s,
                         out, chunk, err));
    chunk->n_distinct = (int64_t)distinct.n;
    chunk->bloom = pq_bloom_of(distinct, codec, a);
    return POND_OK;
}

// The bytes of a page of numbers without NULLs: the column itself, and the levels in front of it.
static pond_sv page_in_place(const pq_column *c, size_t n, pond_buf *levels, pond_buf *page) {
    pond_buf_clear(page);
    append_levels(page, c, n, 0, levels);
    POND_ASSERT(page->n <= PQ_HEADROOM);
    char *start = (char *)pq_values(c) - page->n;
    memcpy(start, page->p, page->n);
    return (pond_sv){start, page->n + n * c->width};
}

static size_t count_nulls(const pq_column *c, size_t n) {
    size_t n_nulls = 0;
    for (size_t i = 0; c->n_nulls > 0 && i < n; i++)
        n_nulls += !c->is_valid[i];
    return n_nulls;
}

pond_code pq_chunk_append(const pq_column *c, size_t n, const pond_parquet_codec *codec,
                          pq_scratch *s, pond_arena *a, int64_t at, pond_buf *out, pq_chunk *chunk,
                          pond_err *err) {
    size_t n_nulls = count_nulls(c, n), start = out->n;
    pq_dense values = dense_values(c, n, n_nulls, &s->dense);
    const pq_dictionary *d = &s->dictionary;
    bool has_dictionary =
        c->class != PQ_BOOL && values.n > 0 && pq_dictionary_fill(&s->dictionary, values, n / 5);
    *chunk = (pq_chunk){.n_values = (int64_t)n, .n_nulls = (int64_t)n_nulls};
    chunk->bounds = pq_bounds_of(has_dictionary ? d->distinct : values, a);
    if (has_dictionary) {
        chunk->dictionary_at = at;
        POND_TRY(append_dictionary(codec, s, a, out, chunk, err));
    }
    chunk->data_at = at + (int64_t)(out->n - start);
    pond_sv page;
    if (!has_dictionary && n_nulls == 0 && c->class != PQ_BOOL && c->class != PQ_TEXT) {
        page = page_in_place(c, n, &s->levels, &s->page);
    } else {
        pond_buf_clear(&s->page);
        append_levels(&s->page, c, n, n_nulls, &s->levels);
        if (has_dictionary) {
            int width = pq_runs_width(d->distinct.n);
            pond_buf_char(&s->page, (char)width);
            pq_runs_append(&s->page, d->indices, values.n, width);
        } else {
            append_plain(&s->page, values);
        }
        page = pond_buf_view(&s->page);
    }
    return append_page(codec, page, DATA_PAGE, n, has_dictionary ? PQ_PLAIN_DICTIONARY : PQ_PLAIN,
                       s, out, chunk, err);
}
