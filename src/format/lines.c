// The lines of a file: a window that moves over it.
#include "format/lines.h"

#include "base/file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, MOST_BYTES = 64 << 20 };

pond_code format_lines_open(format_lines *l, const char *path, pond_sv name, pond_meter *meter,
                            pond_err *err) {
    struct stat st;
    *l = (format_lines){.name = name, .fd = -1, .meter = meter};
    POND_TRY(pond_file_open(path, &l->fd, err));
    if (fstat(l->fd, &st) != 0)
        return pond_fail_errno(err, "'%s'", path);
    l->size = (uint64_t)st.st_size;
    return format_lines_rewind(l, err);
}

void format_lines_close(format_lines *l) {
    if (l->fd >= 0)
        close(l->fd); // opened for reading only
    l->fd = -1;
    pond_buf_free(&l->window);
}

pond_code format_lines_fail(const format_lines *l, pond_err *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_vfail_at(err, POND_ERR_INVALID, l->name.p, l->name.n, l->number, 0, fmt, args);
    va_end(args);
    return POND_ERR_INVALID;
}

// Adds bytes of the file to the window, whose used part is removed.
static pond_code read_more(format_lines *l, bool *is_at_end, pond_err *err) {
    size_t left = l->window.n - l->at;
    if (l->at > 0)
        memmove(l->window.p, l->window.p + l->at, left);
    l->at = 0;
    l->window.n = left;
    // A line of many chunks is searched for its end from the beginning, so the chunks grow with it.
    size_t want = left < CHUNK ? CHUNK : left;
    if (l->size - l->offset < want)
        want = (size_t)(l->size - l->offset);
    pond_buf_reserve(&l->window, want);
    ssize_t n;
    do
        n = pread(l->fd, l->window.p + left, want, (off_t)l->offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return pond_fail_errno(err, "cannot read '%.*s'", POND_SV_ARG(l->name));
    l->window.n += (size_t)n;
    l->window.p[l->window.n] = '\0';
    l->offset += (uint64_t)n;
    if (n == 0)
        l->size = l->offset; // it was made shorter
    *is_at_end = n == 0;
    pond_meter_reach(l->meter, l->offset);
    return POND_OK;
}

pond_code format_lines_rewind(format_lines *l, pond_err *err) {
    bool is_at_end;
    l->offset = l->number = l->n_skipped = 0;
    l->at = l->window.n = 0;
    pond_meter_begin(l->meter, "reading", false, l->size);
    POND_TRY(read_more(l, &is_at_end, err));
    if (pond_sv_starts(pond_buf_view(&l->window), POND_SV("\xEF\xBB\xBF")))
        l->at = 3;
    return POND_OK;
}

// The window begins with the line at *n bytes, to its end or to the end of the file.
static pond_code find_end(format_lines *l, size_t *n, bool *has_end, pond_err *err) {
    size_t from = 0;
    for (;;) {
        pond_sv rest = {l->window.p + l->at, l->window.n - l->at};
        ptrdiff_t end = pond_sv_find_char(pond_sv_sub(rest, from, rest.n), '\n');
        *has_end = end >= 0;
        *n = end >= 0 ? from + (size_t)end : rest.n;
        if (end >= 0)
            return POND_OK;
        from = rest.n;
        if (rest.n > MOST_BYTES)
            return pond_fail(err, POND_ERR_LIMIT, "'%.*s': line %llu has more than %d MB",
                             POND_SV_ARG(l->name), (unsigned long long)l->number, MOST_BYTES >> 20);
        bool is_at_end;
        POND_TRY(read_more(l, &is_at_end, err));
        if (is_at_end)
            return POND_OK;
    }
}

pond_code format_lines_next(format_lines *l, pond_sv *out, pond_err *err) {
    size_t n;
    bool has_end;
    *out = (pond_sv){NULL, 0};
    l->number++;
    POND_TRY(find_end(l, &n, &has_end, err));
    if (n == 0 && !has_end)
        return POND_OK;
    l->is_open = !has_end;
    *out = (pond_sv){l->window.p + l->at, n};
    l->at += n + has_end;
    if (out->n > 0 && out->p[out->n - 1] == '\r')
        out->n--;
    ptrdiff_t bad = pond_utf8_find_bad(*out);
    if (bad >= 0)
        return format_lines_fail(l, err, "the byte 0x%02x is not UTF-8",
                                 (unsigned char)out->p[bad]);
    return POND_OK;
}

pond_sv format_line_clean(pond_sv line) {
    char *p = (char *)line.p; // of the window
    size_t n = 0;
    if (line.n > 0 && memchr(p, '\0', line.n) != NULL) {
        for (size_t i = 0; i < line.n; i++)
            if (p[i] != '\0')
                p[n++] = p[i];
        line.n = n;
    }
    return pond_sv_trim(line);
}
