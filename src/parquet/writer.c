// The file: rows wait in columns until they fill a row group, and are written as its chunks.
#include "parquet/footer.h"

#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    // COPY ends a row group before that at 120 MiB of its own buffers, which are less than twice as
    // large as the rows.
    MAX_GROUP_BYTES = 48 << 20,
    WRITE_BYTES = 1 << 18, // at least, written at once: no more than a cache holds
};

struct pond_parquet_writer {
    const pond_parquet_codec *codec;
    pq_column *columns;
    size_t n_columns;
    pq_scratch scratch;
    pond_arena columns_arena, file_arena;
    // Of the file:
    const char *path;
    int fd;          // -1: not made yet
    size_t ties;     // the column by which ties are sorted first; POND_PARQUET_UNSORTED: they stay
    size_t n;        // rows in the columns
    size_t n_sorted; // those before the rows of the last time, if these are to be sorted
    int64_t last_us;
    pq_group_vec groups;
    pond_buf out; // what is not written yet
    pond_hasher *hasher;
    uint64_t rows, n_written;
};

pond_parquet_writer *pond_parquet_new(const pond_parquet_codec *codec,
                                      const pond_parquet_column *columns, size_t n) {
    pond_parquet_writer *w = pond_xmalloc(sizeof *w);
    *w = (pond_parquet_writer){.codec = codec, .n_columns = n, .fd = -1};
    pond_arena_init(&w->columns_arena);
    pond_arena_init(&w->file_arena);
    w->columns = POND_NEW_ARRAY(&w->columns_arena, pq_column, n);
    for (size_t i = 0; i < n; i++)
        pq_column_init(&w->columns[i], columns[i], pond_sv_dup(&w->columns_arena, columns[i].name));
    return w;
}

// Forgets the file. Its memory stays for the next one.
static void forget_file(pond_parquet_writer *w) {
    if (w->fd >= 0)
        close(w->fd); // after a failure; else it is closed already
    w->fd = -1;
    for (size_t i = 0; i < w->n_columns; i++)
        pq_column_clear(&w->columns[i]);
    pond_hasher_free(w->hasher);
    w->hasher = NULL;
    w->groups = (pq_group_vec){0};
    pond_arena_reset(&w->file_arena);
    pond_buf_clear(&w->out);
    w->n = w->n_sorted = 0;
    w->rows = w->n_written = 0;
}

void pond_parquet_free(pond_parquet_writer *w) {
    if (w == NULL)
        return;
    forget_file(w);
    for (size_t i = 0; i < w->n_columns; i++)
        pq_column_free(&w->columns[i]);
    pq_scratch_free(&w->scratch);
    pond_buf_free(&w->out);
    pond_arena_deinit(&w->file_arena);
    pond_arena_deinit(&w->columns_arena);
    free(w);
}

bool pond_parquet_has_columns(const pond_parquet_writer *w, const pond_parquet_column *columns,
                              size_t n) {
    bool has = w->n_columns == n;
    for (size_t i = 0; has && i < n; i++)
        has = w->columns[i].kind == columns[i].kind &&
              pond_sv_eq(w->columns[i].name, columns[i].name);
    return has;
}

void pond_parquet_begin(pond_parquet_writer *w, const char *path, size_t ties) {
    forget_file(w);
    w->path = path;
    w->ties = ties;
}

// Row groups --------------------------------------------------------------------------------------

static pond_code write_out(pond_parquet_writer *w, pond_err *err) {
    pond_hasher_add(w->hasher, w->out.p, w->out.n);
    POND_TRY(pond_fd_write_all(w->fd, w->path, w->out.p, w->out.n, err));
    w->n_written += w->out.n;
    pond_buf_clear(&w->out);
    return POND_OK;
}

static pond_code make_file(pond_parquet_writer *w, pond_err *err) {
    w->fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (w->fd < 0)
        return pond_fail_errno(err, "cannot create '%s'", w->path);
    w->hasher = pond_hasher_new();
    pond_buf_str(&w->out, "PAR1");
    return POND_OK;
}

static int64_t place(const pond_parquet_writer *w) {
    return (int64_t)(w->n_written + w->out.n);
}

// Writes the first n rows as a row group.
static pond_code write_group(pond_parquet_writer *w, size_t n, pond_err *err) {
    if (w->fd < 0)
        POND_TRY(make_file(w, err));
    pq_group g = {.at = place(w),
                  .rows = (int64_t)n,
                  .chunks = POND_NEW_ARRAY(&w->file_arena, pq_chunk, w->n_columns)};
    for (size_t i = 0; i < w->n_columns; i++) {
        POND_TRY(pq_chunk_append(&w->columns[i], n, w->codec, &w->scratch, &w->file_arena, place(w),
                                 &w->out, &g.chunks[i], err));
        pq_column_drop(&w->columns[i], w->n, n);
        if (w->out.n >= WRITE_BYTES)
            POND_TRY(write_out(w, err));
    }
    *pond_vec_push(&w->file_arena, &w->groups) = g;
    w->n -= n;
    w->n_sorted -= n;
    w->rows += n;
    return POND_OK;
}

// Ties --------------------------------------------------------------------------------------------

// Of indices that are counted from n_sorted. The same rows keep their order.
static int compare_rows(const void *x, const void *y, void *user) {
    const pond_parquet_writer *w = user;
    uint32_t i = *(const uint32_t *)x, k = *(const uint32_t *)y;
    size_t a = w->n_sorted + i, b = w->n_sorted + k;
    int order = pq_column_compare(&w->columns[w->ties], a, b);
    for (size_t c = 0; order == 0 && c < w->n_columns; c++)
        order = pq_column_compare(&w->columns[c], a, b);
    return order != 0 ? order : (i > k) - (i < k);
}

// Sorts the rows from n_sorted to `end`, which have equal times, and are all that have this one.
static void sort_ties(pond_parquet_writer *w, size_t end) {
    size_t n = end - w->n_sorted;
    if (w->ties != POND_PARQUET_UNSORTED && n > 1) {
        uint32_t *rows = pond_xmalloc(n * sizeof *rows);
        for (size_t i = 0; i < n; i++)
            rows[i] = (uint32_t)i;
        qsort_r(rows, n, sizeof *rows, compare_rows, w);
        for (size_t i = 0; i < w->n_columns; i++)
            pq_column_permute(&w->columns[i], w->n_sorted, rows, n);
        free(rows);
    }
    w->n_sorted = end;
}

// Sorts the ties among the rows that were appended last, of these times; but for those of the last
// time, of which more may come.
static void find_ties(pond_parquet_writer *w, const int64_t *times, size_t n) {
    size_t first = w->n - n;
    for (size_t i = 0; i < n; i++) {
        if (times[i] == w->last_us)
            continue;
        sort_ties(w, first + i);
        w->last_us = times[i];
    }
}

// Appending ---------------------------------------------------------------------------------------

static void append_rows(pond_parquet_writer *w, const pond_parquet_vector *vectors, size_t from,
                        size_t to) {
    for (size_t i = 0; i < w->n_columns; i++)
        pq_column_append(&w->columns[i], w->n, vectors[i], from, to, w->codec->text);
    w->n += to - from;
}

static bool fits_memory(const pond_parquet_writer *w) {
    size_t bytes = 0;
    for (size_t i = 0; i < w->n_columns; i++)
        bytes += w->columns[i].width * w->n + w->columns[i].heap.n;
    return bytes <= MAX_GROUP_BYTES;
}

pond_code pond_parquet_append(pond_parquet_writer *w, const pond_parquet_vector *vectors,
                              const int64_t *times, size_t from, size_t to, bool *fits,
                              pond_err *err) {
    append_rows(w, vectors, from, to);
    if (w->ties == POND_PARQUET_UNSORTED)
        w->n_sorted = w->n;
    else
        find_ties(w, times + from, to - from);
    *fits = fits_memory(w);
    while (*fits && w->n_sorted >= POND_PARQUET_GROUP_ROWS)
        POND_TRY(write_group(w, POND_PARQUET_GROUP_ROWS, err));
    return POND_OK;
}

// Ending ------------------------------------------------------------------------------------------

static pond_code end_file(pond_parquet_writer *w, pond_parquet_file *out, pond_err *err) {
    struct stat st;
    pq_footer_blooms(&w->groups, w->n_columns, place(w), &w->out);
    pq_footer_append(&w->groups, w->columns, w->n_columns, w->codec->created_by, &w->out);
    POND_TRY(write_out(w, err));
    if (fstat(w->fd, &st) != 0)
        return pond_fail_errno(err, "cannot stat '%s'", w->path);
    pond_fd_write_back(w->fd, w->n_written);
    int fd = w->fd;
    w->fd = -1;
    if (close(fd) != 0)
        return pond_fail_errno(err, "cannot write '%s'", w->path);
    *out = (pond_parquet_file){.rows = w->rows,
                               .size_bytes = w->n_written,
                               .checksum = pond_hasher_finish(w->hasher),
                               .mtime_ns = pond_timespec_ns(st.st_mtim)};
    w->hasher = NULL;
    return POND_OK;
}

pond_code pond_parquet_finish(pond_parquet_writer *w, pond_parquet_file *out, pond_err *err) {
    *out = (pond_parquet_file){0};
    sort_ties(w, w->n);
    while (w->n > 0)
        POND_TRY(
            write_group(w, w->n < POND_PARQUET_GROUP_ROWS ? w->n : POND_PARQUET_GROUP_ROWS, err));
    if (w->rows > 0)
        POND_TRY(end_file(w, out, err));
    forget_file(w);
    return POND_OK;
}

pond_code pond_parquet_discard(pond_parquet_writer *w, pond_code rc, pond_err *err) {
    bool has_file = w->hasher != NULL || w->fd >= 0;
    const char *path = w->path;
    forget_file(w);
    if (has_file && unlink(path) != 0 && errno != ENOENT) {
        if (rc == POND_OK)
            return pond_fail_errno(err, "cannot remove '%s'", path);
        pond_wrap(err, rc, "cannot remove '%s' (%s)", path, strerror(errno));
    }
    return rc;
}
