// Walks a Parquet file by its footer: schema, row groups, columns, pages.
//
//     PAR1  page page … page  footer  length  PAR1
//           ^ 4               ^ end   4 bytes
//
// A page is a header of unknown length, and then as many bytes as the header says.
#include "format/pages.h"

#include "base/file.h"
#include "base/map.h"
#include "format/thrift.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    MAGIC = 4,
    TAIL = 8,                  // the length of the footer, and the magic bytes
    MIN_WINDOW = 64 << 10,     // that is read at once
    FIRST_HEADER = 4 << 10,    // most headers are shorter
    LONGEST_HEADER = 16 << 20, // statistics in it may hold long texts
    LONGEST_FOOTER = 256 << 20 // it is kept in memory
};

typedef struct file {
    int fd;
    const char *path;
    pond_sv name;
    uint64_t end;      // where the footer begins
    uint64_t n_walked; // bytes of all pages so far
    pond_buf footer;
    pond_buf window; // the bytes from window_at on
    uint64_t window_at;
    pond_meter *meter;
} file;

static pond_code fail_damaged(const file *f, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static pond_code fail_damaged(const file *f, pond_err *err, const char *fmt, ...) {
    pond_buf why = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf(&why, fmt, args);
    va_end(args);
    pond_code rc = pond_fail(err, POND_ERR_INVALID, "'%.*s' is not a valid Parquet file: %s",
                             POND_SV_ARG(f->name), why.p);
    pond_buf_free(&why);
    return rc;
}

// Reading -----------------------------------------------------------------------------------------

static pond_code read_at(const file *f, uint64_t at, void *to, size_t n, pond_err *err) {
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(f->fd, (char *)to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pond_fail_errno(err, "cannot read '%s'", f->path);
        if (got == 0)
            return fail_damaged(f, err, "it became shorter while it was read");
        done += (size_t)got;
    }
    return POND_OK;
}

// The next bytes before the footer: n of them, or as many as there are.
static pond_code look_at(file *f, uint64_t at, size_t n, pond_sv *out, pond_err *err) {
    if (n > f->end - at)
        n = (size_t)(f->end - at);
    if (at < f->window_at || at - f->window_at > f->window.n ||
        n > f->window.n - (at - f->window_at)) {
        size_t want = n > MIN_WINDOW ? n : MIN_WINDOW;
        if (want > f->end - at)
            want = (size_t)(f->end - at);
        f->window.n = 0;
        pond_buf_reserve(&f->window, want + 1);
        POND_TRY(read_at(f, at, f->window.p, want, err));
        f->window.n = want;
        f->window_at = at;
    }
    size_t skipped = (size_t)(at - f->window_at);
    *out = (pond_sv){f->window.p + skipped, f->window.n - skipped};
    return POND_OK;
}

static pond_code read_footer(file *f, pond_err *err) {
    struct stat st;
    uint8_t tail[TAIL];
    if (fstat(f->fd, &st) != 0)
        return pond_fail_errno(err, "cannot stat '%s'", f->path);
    uint64_t size = (uint64_t)st.st_size;
    if (size < MAGIC + TAIL)
        return fail_damaged(f, err, "it has only %" PRIu64 " bytes", size);
    POND_TRY(read_at(f, size - TAIL, tail, TAIL, err));
    if (memcmp(tail + 4, "PAR1", MAGIC) != 0)
        return fail_damaged(f, err, "missing PAR1 magic bytes at its end: it was cut off");
    uint64_t n = (uint64_t)tail[0] | (uint64_t)tail[1] << 8 | (uint64_t)tail[2] << 16 |
                 (uint64_t)tail[3] << 24;
    if (n > size - MAGIC - TAIL)
        return fail_damaged(f, err, "its footer would be longer than the file");
    if (n > LONGEST_FOOTER)
        return fail_damaged(f, err, "its footer has %" PRIu64 " bytes, which is too much", n);
    f->end = size - TAIL - n;
    pond_buf_reserve(&f->footer, n + 1);
    POND_TRY(read_at(f, f->end, f->footer.p, n, err));
    f->footer.n = n;
    return POND_OK;
}

// Pages -------------------------------------------------------------------------------------------

typedef struct page {
    bool has_crc, has_values;
    uint32_t crc;
    int64_t size_bytes, n_values;
    int64_t n_level_bytes; // of version 2: before the values, and never compressed
} page;

static void read_values(thrift *t, uint8_t type, page *out) {
    if (type != THRIFT_STRUCT) {
        t->is_bad = true;
        return;
    }
    out->has_values = true;
    for (thrift_field f = {0}; thrift_next(t, &f);)
        if (f.id == 1)
            out->n_values = thrift_int(t, f.type);
        else
            thrift_skip(t, f.type);
}

static void read_values_2(thrift *t, uint8_t type, page *out) {
    int64_t lengths[2] = {0};
    if (type != THRIFT_STRUCT) {
        t->is_bad = true;
        return;
    }
    out->has_values = true;
    for (thrift_field f = {0}; thrift_next(t, &f);)
        if (f.id == 1)
            out->n_values = thrift_int(t, f.type);
        else if (f.id == 5 || f.id == 6)
            lengths[f.id - 5] = thrift_int(t, f.type);
        else
            thrift_skip(t, f.type);
    for (int i = 0; i < 2; i++)
        if (lengths[i] < 0 || lengths[i] > INT32_MAX)
            t->is_bad = true;
    if (!t->is_bad)
        out->n_level_bytes = lengths[0] + lengths[1];
}

// PageHeader.
static bool read_header(pond_sv bytes, page *out, size_t *n_header) {
    const uint8_t *p = (const uint8_t *)bytes.p;
    thrift t = {p, p + bytes.n, false};
    *out = (page){.size_bytes = -1};
    for (thrift_field f = {0}; thrift_next(&t, &f);) {
        switch (f.id) {
        case 3:
            out->size_bytes = thrift_int(&t, f.type);
            break;
        case 4:
            out->has_crc = true;
            out->crc = (uint32_t)thrift_int(&t, f.type);
            break;
        case 5:
            read_values(&t, f.type, out);
            break;
        case 8:
            read_values_2(&t, f.type, out);
            break;
        default:
            thrift_skip(&t, f.type);
        }
    }
    *n_header = (size_t)(t.p - p);
    return !t.is_bad;
}

static pond_code find_header(file *f, uint64_t at, page *out, size_t *n_header, pond_err *err) {
    for (size_t n = FIRST_HEADER;; n *= 8) {
        pond_sv bytes;
        POND_TRY(look_at(f, at, n, &bytes, err));
        if (read_header(bytes, out, n_header))
            break;
        if (bytes.n >= f->end - at || n >= LONGEST_HEADER)
            return fail_damaged(f, err, "there is no page at byte %" PRIu64, at);
    }
    if (out->size_bytes < 0 || (uint64_t)out->size_bytes > f->end - at - *n_header ||
        out->n_values < 0 || out->n_level_bytes > out->size_bytes)
        return fail_damaged(f, err, "the page at byte %" PRIu64 " does not fit in", at);
    return POND_OK;
}

static pond_code check_crc(file *f, uint64_t at, const page *p, pond_err *err) {
    uLong crc = crc32(0, NULL, 0);
    uint64_t start = at;
    for (uint64_t left = (uint64_t)p->size_bytes; left > 0;) {
        pond_sv bytes;
        POND_TRY(look_at(f, at, 1, &bytes, err));
        size_t n = bytes.n < left ? bytes.n : (size_t)left;
        crc = crc32_z(crc, (const Bytef *)bytes.p, n);
        at += n;
        left -= n;
    }
    if ((uint32_t)crc == p->crc)
        return POND_OK;
    return fail_damaged(
        f, err, "the page whose bytes begin at byte %" PRIu64 " does not have its checksum", start);
}

// Columns -----------------------------------------------------------------------------------------

// A column of a row group.
typedef struct chunk {
    pond_sv column; // its first name
    int64_t data_at, dictionary_at, n_bytes, n_values;
    bool is_elsewhere, is_encrypted;
} chunk;

static pond_code check_pages(file *f, const chunk *c, pond_err *err) {
    bool has_dictionary = c->dictionary_at > 0 && c->dictionary_at < c->data_at;
    int64_t start = has_dictionary ? c->dictionary_at : c->data_at, n_values = 0;
    if (c->n_values == 0)
        return POND_OK;
    if (start < MAGIC || c->n_bytes < 0 || c->n_values < 0 || (uint64_t)start > f->end ||
        (uint64_t)c->n_bytes > f->end - (uint64_t)start)
        return fail_damaged(f, err, "its footer says that there are pages outside of the file");
    // Until the values are complete, not to the end of the column: old writers forgot to count some
    // headers.
    for (uint64_t at = (uint64_t)start; n_values < c->n_values;) {
        page p = {0};
        size_t n_header = 0;
        POND_TRY(find_header(f, at, &p, &n_header, err));
        uint64_t n = n_header + (uint64_t)p.size_bytes;
        f->n_walked += n;
        pond_meter_reach(f->meter, f->n_walked);
        if (f->n_walked > f->end) // and a few bytes of footer could cost a day
            return fail_damaged(f, err, "columns use the same pages");
        if (p.has_crc)
            POND_TRY(check_crc(f, at + n_header, &p, err));
        at += n;
        if (p.has_values && p.n_values > c->n_values - n_values)
            return fail_damaged(f, err, "there are more values than the footer says");
        n_values += p.has_values ? p.n_values : 0;
    }
    return POND_OK;
}

static void read_column_path(thrift *t, uint8_t type, chunk *out) {
    uint8_t element;
    size_t n = thrift_list(t, type, &element);
    for (size_t i = 0; i < n && !t->is_bad; i++) {
        pond_sv name = thrift_text(t, element);
        if (i == 0)
            out->column = name;
    }
}

// ColumnMetaData.
static void read_column_meta(thrift *t, uint8_t type, chunk *out) {
    if (type != THRIFT_STRUCT) {
        t->is_bad = true;
        return;
    }
    for (thrift_field f = {0}; thrift_next(t, &f);) {
        switch (f.id) {
        case 3:
            read_column_path(t, f.type, out);
            break;
        case 5:
            out->n_values = thrift_int(t, f.type);
            break;
        case 7:
            out->n_bytes = thrift_int(t, f.type);
            break;
        case 9:
            out->data_at = thrift_int(t, f.type);
            break;
        case 11:
            out->dictionary_at = thrift_int(t, f.type);
            break;
        default:
            thrift_skip(t, f.type);
        }
    }
}

// ColumnChunk.
static pond_code check_column(file *f, thrift *t, pond_err *err) {
    chunk c = {.column = POND_SV("")};
    for (thrift_field field = {0}; thrift_next(t, &field);) {
        if (field.id == 3) {
            read_column_meta(t, field.type, &c);
            continue;
        }
        c.is_elsewhere |= field.id == 1;
        c.is_encrypted |= field.id == 8;
        thrift_skip(t, field.type);
    }
    if (t->is_bad || c.is_encrypted)
        return POND_OK;
    if (c.is_elsewhere)
        return fail_damaged(f, err, "column '%.*s' is in another file", POND_SV_ARG(c.column));
    pond_code rc = check_pages(f, &c, err);
    return rc == POND_OK ? rc : pond_wrap(err, rc, "column '%.*s'", POND_SV_ARG(c.column));
}

// RowGroup.
static pond_code check_row_group(file *f, thrift *t, int64_t *n_rows, pond_err *err) {
    for (thrift_field field = {0}; thrift_next(t, &field);) {
        uint8_t element;
        if (field.id == 1) {
            size_t n = thrift_list(t, field.type, &element);
            t->is_bad |= n > 0 && element != THRIFT_STRUCT;
            for (size_t i = 0; i < n && !t->is_bad; i++)
                POND_TRY(check_column(f, t, err));
        } else if (field.id == 3) {
            *n_rows = thrift_int(t, field.type);
        } else {
            thrift_skip(t, field.type);
        }
    }
    return POND_OK;
}

static pond_code check_row_groups(file *f, thrift *t, uint8_t type, int64_t *n_rows,
                                  pond_err *err) {
    uint8_t element;
    size_t n = thrift_list(t, type, &element);
    t->is_bad |= n > 0 && element != THRIFT_STRUCT;
    for (size_t i = 0; i < n && !t->is_bad; i++) {
        int64_t n_more = 0;
        POND_TRY(check_row_group(f, t, &n_more, err));
        if (n_more < 0 || __builtin_add_overflow(*n_rows, n_more, n_rows))
            t->is_bad = true;
    }
    return POND_OK;
}

// Names -------------------------------------------------------------------------------------------

typedef struct element {
    pond_sv name;
    int64_t n_children;
} element;

// SchemaElement.
static element read_element(thrift *t) {
    element e = {.name = POND_SV("")};
    for (thrift_field f = {0}; thrift_next(t, &f);)
        if (f.id == 4)
            e.name = thrift_text(t, f.type);
        else if (f.id == 5)
            e.n_children = thrift_int(t, f.type);
        else
            thrift_skip(t, f.type);
    if (e.n_children < 0 || e.n_children > INT32_MAX)
        t->is_bad = true;
    return e;
}

static pond_code check_name(const file *f, pond_arena *a, pond_map *names, pond_sv name,
                            pond_err *err) {
    char *key = pond_cstr(a, name);
    for (size_t i = 0; i < name.n; i++)
        if (key[i] >= 'A' && key[i] <= 'Z')
            key[i] = (char)(key[i] - 'A' + 'a');
    bool is_new;
    void **other = pond_map_at(names, (pond_sv){key, name.n}, &is_new);
    if (is_new) {
        pond_sv *kept = POND_NEW(a, pond_sv);
        *kept = name;
        *other = kept;
        return POND_OK;
    }
    const pond_sv *first = *other;
    if (pond_sv_eq(*first, name))
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' has two columns with the name '%.*s'",
                         POND_SV_ARG(f->name), POND_SV_ARG(name));
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' has the columns '%.*s' and '%.*s', and names that differ only in "
                     "case are the same",
                     POND_SV_ARG(f->name), POND_SV_ARG(*first), POND_SV_ARG(name));
}

// The schema is a tree in the order of a walk from its root; the columns are the children of that.
static pond_code check_schema(const file *f, thrift *t, uint8_t type, pond_err *err) {
    uint8_t kind;
    size_t n = thrift_list(t, type, &kind);
    t->is_bad |= n > 0 && kind != THRIFT_STRUCT;
    pond_arena a;
    pond_map names;
    pond_arena_init(&a);
    pond_map_init(&names, &a);
    pond_code rc = POND_OK;
    int64_t n_inner = 0; // elements that are still to come below the last column
    for (size_t i = 0; rc == POND_OK && i < n && !t->is_bad; i++) {
        element e = read_element(t);
        if (i == 0 || t->is_bad)
            continue;
        if (n_inner == 0)
            rc = check_name(f, &a, &names, e.name, err);
        else
            n_inner--;
        n_inner += e.n_children;
    }
    pond_arena_deinit(&a);
    return rc;
}

// FileMetaData ------------------------------------------------------------------------------------

static pond_code check_footer(file *f, pond_err *err) {
    const uint8_t *p = (const uint8_t *)f->footer.p;
    thrift t = {p, p + f->footer.n, false};
    int64_t n_rows = -1, n_counted = 0;
    for (thrift_field field = {0}; thrift_next(&t, &field);) {
        switch (field.id) {
        case 2:
            POND_TRY(check_schema(f, &t, field.type, err));
            break;
        case 3:
            n_rows = thrift_int(&t, field.type);
            break;
        case 4:
            POND_TRY(check_row_groups(f, &t, field.type, &n_counted, err));
            break;
        default:
            thrift_skip(&t, field.type);
        }
    }
    if (t.is_bad || n_rows < 0)
        return fail_damaged(f, err, "its footer cannot be read");
    if (n_rows != n_counted)
        return fail_damaged(f, err,
                            "it should have %" PRId64 " rows, and its row groups have %" PRId64,
                            n_rows, n_counted);
    return POND_OK;
}

pond_code pond_parquet_check(const char *path, pond_sv name, pond_meter *meter, pond_err *err) {
    file f = {.path = path,
              .name = name,
              .footer = POND_BUF_EMPTY,
              .window = POND_BUF_EMPTY,
              .meter = meter};
    POND_TRY(pond_file_open(path, &f.fd, err));
    pond_code rc = read_footer(&f, err);
    pond_meter_begin(meter, "checking", false, f.end);
    if (rc == POND_OK)
        rc = check_footer(&f, err);
    close(f.fd); // nothing was written, so no error can be lost
    pond_buf_free(&f.footer);
    pond_buf_free(&f.window);
    return rc;
}
