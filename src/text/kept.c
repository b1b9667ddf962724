// A block in the file: its number of rows, where each column ends, and the columns. A column is the
// bits of its valid rows and its values; of texts, their lengths and then their bytes.
#include "text/kept.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct text_kept {
    const text_plan *plan;
    const pond_text_type *types;
    const bool *is_kept; // of each column
    int fd;
    uint64_t *offsets; // of each block
    _Atomic uint64_t end;
    atomic_bool is_given_up, is_unordered;
    bool *is_there; // of each block; this and is_ended under the lock
    bool is_ended;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static bool has_room(int fd, uint64_t bytes) {
    enum { PART = 4 };
    struct statvfs fs;
    return fstatvfs(fd, &fs) == 0 && fs.f_bavail / PART > bytes / fs.f_frsize;
}

text_kept *text_kept_open(const text_plan *p, const char *dir, const pond_text_type *types,
                          const bool *is_kept) {
    char *path = pond_printf(p->arena, "%s/pond-text-XXXXXX", dir);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (unlink(path) != 0 || !has_room(fd, (uint64_t)p->file.st.st_size)) {
        close(fd); // nothing was written
        return NULL;
    }
    text_kept *k = POND_NEW(p->arena, text_kept);
    k->plan = p;
    k->types = types;
    k->is_kept = is_kept;
    k->fd = fd;
    k->offsets = POND_NEW_ARRAY(p->arena, uint64_t, p->blocks.n);
    k->is_there = POND_NEW_ARRAY(p->arena, bool, p->blocks.n);
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->changed, NULL);
    return k;
}

void text_kept_close(text_kept *k) {
    if (k == NULL || k->fd < 0)
        return;
    close(k->fd); // what is there is needed no more
    k->fd = -1;
    pthread_cond_destroy(&k->changed);
    pthread_mutex_destroy(&k->lock);
}

const pond_text_type *text_kept_types(const text_kept *k) {
    return k->types;
}

const bool *text_kept_columns(const text_kept *k) {
    return k->is_kept;
}

bool text_kept_is_good(const text_kept *k) {
    return k != NULL && k->fd >= 0 && !atomic_load_explicit(&k->is_given_up, memory_order_relaxed);
}

// Sets a flag that somebody may wait for.
static void tell(text_kept *k, bool *flag) {
    pthread_mutex_lock(&k->lock);
    *flag = true;
    pthread_cond_broadcast(&k->changed);
    pthread_mutex_unlock(&k->lock);
}

void text_kept_end(text_kept *k) {
    tell(k, &k->is_ended);
}

void text_kept_tell_unordered(text_kept *k) {
    atomic_store(&k->is_unordered, true);
}

bool text_kept_is_unordered(const text_kept *k) {
    return atomic_load_explicit(&k->is_unordered, memory_order_relaxed);
}

bool text_kept_wait(text_kept *k, size_t block) {
    pthread_mutex_lock(&k->lock);
    while (!k->is_there[block] && !k->is_ended)
        pthread_cond_wait(&k->changed, &k->lock);
    bool is_there = k->is_there[block];
    pthread_mutex_unlock(&k->lock);
    return is_there && text_kept_is_good(k);
}

void text_kept_give_up(text_kept *k) {
    atomic_store(&k->is_given_up, true);
    text_kept_end(k);
    (void)!ftruncate(k->fd, 0); // if it fails, the room is free when the file is closed
}

// Writing -----------------------------------------------------------------------------------------

static void add_padding(pond_buf *b) {
    static const char zeros[8] = {0};
    pond_buf_append(b, zeros, (8 - b->n % 8) % 8);
}

static bool is_valid(const text_cells *c, size_t row) {
    return c->valid[row / 64] >> (row % 64) & 1;
}

static void add_texts(pond_buf *b, const text_cells *c, size_t n) {
    const pond_sv *texts = c->values;
    for (size_t i = 0; i < n; i++) {
        uint32_t length = is_valid(c, i) ? (uint32_t)texts[i].n : 0;
        pond_buf_append(b, &length, sizeof length);
    }
    for (size_t i = 0; i < n; i++)
        if (is_valid(c, i))
            pond_buf_append(b, texts[i].p, texts[i].n);
}

static bool write_all(int fd, pond_sv bytes, uint64_t offset) {
    while (bytes.n > 0) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)offset);
        if (n <= 0)
            return false;
        bytes = pond_sv_sub(bytes, (size_t)n, bytes.n);
        offset += (uint64_t)n;
    }
    return true;
}

static void add_column(const text_kept *k, size_t i, const text_columns *c, pond_buf *room) {
    size_t n = c->n_rows;
    pond_buf_append(room, c->cells[i].valid, (n + 63) / 64 * sizeof(uint64_t));
    if (k->types[i] == POND_TEXT_TEXT)
        add_texts(room, &c->cells[i], n);
    else
        pond_buf_append(room, c->cells[i].values, n * text_columns_size_of(k->types[i]));
    add_padding(room);
}

void text_kept_add(text_kept *k, size_t block, const text_columns *c, pond_buf *room) {
    size_t n_columns = k->plan->layout.n_columns, n = c->n_rows;
    uint64_t end = n;
    pond_buf_clear(room);
    pond_buf_append(room, &end, sizeof end);
    for (size_t i = 0; i < n_columns; i++)
        pond_buf_append(room, &end, sizeof end); // written below
    for (size_t i = 0; i < n_columns; i++) {
        if (k->is_kept[i])
            add_column(k, i, c, room);
        end = room->n;
        memcpy(room->p + (1 + i) * sizeof end, &end, sizeof end);
    }
    k->offsets[block] = atomic_fetch_add(&k->end, room->n);
    if (!write_all(k->fd, pond_buf_view(room), k->offsets[block]))
        text_kept_give_up(k);
    else
        tell(k, &k->is_there[block]);
}

// Reading -----------------------------------------------------------------------------------------

static bool read_all(int fd, char *p, size_t n, uint64_t offset) {
    while (n > 0) {
        ssize_t got = pread(fd, p, n, (off_t)offset);
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

// The texts in `bytes`, which are their lengths and then they themselves. NULL: they are not all there.
static pond_sv *cut_texts(pond_arena *a, pond_sv bytes, size_t n) {
    const uint32_t *lengths = (const uint32_t *)bytes.p;
    if (n > bytes.n / sizeof *lengths)
        return NULL;
    pond_sv *texts = pond_alloc(a, n * sizeof *texts);
    pond_sv rest = pond_sv_sub(bytes, n * sizeof *lengths, bytes.n);
    for (size_t i = 0; i < n; i++) {
        if (lengths[i] > rest.n)
            return NULL;
        texts[i] = (pond_sv){rest.p, lengths[i]};
        rest = (pond_sv){rest.p + lengths[i], rest.n - lengths[i]};
    }
    return texts;
}

// Whether the numbers at the beginning of a block can be right: it is a file on a disk.
static bool is_sound(const text_kept *k, const uint64_t *ends, size_t n_columns) {
    uint64_t words = (ends[0] + 63) / 64, at = (1 + n_columns) * sizeof *ends;
    if (ends[0] > (uint64_t)k->plan->file.st.st_size)
        return false;
    for (size_t i = 0; i < n_columns; i++) {
        uint64_t value_bytes =
            k->types[i] == POND_TEXT_TEXT ? sizeof(uint32_t) : text_columns_size_of(k->types[i]);
        if (ends[i + 1] < at || ends[i + 1] - at < words * sizeof *ends + ends[0] * value_bytes)
            return false;
        at = ends[i + 1];
    }
    return at <= atomic_load(&k->end);
}

bool text_kept_load(const text_kept *k, size_t block, const bool *is_wanted, text_columns *out) {
    size_t n_columns = k->plan->layout.n_columns, head = (1 + n_columns) * sizeof(uint64_t);
    for (size_t i = 0; i < n_columns; i++)
        if (is_wanted[i] && !k->is_kept[i])
            return false;
    pond_arena_rewind(&out->arena);
    uint64_t *ends = pond_alloc(&out->arena, head);
    if (!read_all(k->fd, (char *)ends, head, k->offsets[block]) || !is_sound(k, ends, n_columns))
        return false;
    size_t n = (size_t)ends[0], words = (n + 63) / 64, used = 0;
    ends[0] = head;
    text_columns_reserve(out, (size_t)ends[n_columns]);
    out->cells = POND_NEW_ARRAY(&out->arena, text_cells, n_columns);
    for (size_t i = 0; i < n_columns; i++) {
        text_cells *c = &out->cells[i];
        char *p = out->buffer + used;
        size_t size = (size_t)(ends[i + 1] - ends[i]);
        if (!is_wanted[i]) {
            c->valid = POND_NEW_ARRAY(&out->arena, uint64_t, words);
            continue;
        }
        if (!read_all(k->fd, p, size, k->offsets[block] + ends[i]))
            return false;
        used += size;
        c->valid = (uint64_t *)p;
        p += words * sizeof *c->valid;
        c->values = p;
        if (k->types[i] == POND_TEXT_TEXT)
            c->values = cut_texts(&out->arena, (pond_sv){p, size - words * sizeof *c->valid}, n);
        if (c->values == NULL)
            return false;
    }
    out->n_rows = n;
    return true;
}
