// Finds out where the versions of a text are cut, and whether one has a header of its own.
#include "relation/continued.h"

#include "base/file.h"

#include <unistd.h>

// Lines that are cut ------------------------------------------------------------------------------

static pond_code ends_within_line(const pond_parsed *p, bool *out, pond_err *err) {
    const char *path = p->n_parts == 0 ? p->path : p->parts[p->n_parts - 1];
    int fd;
    char last = '\n';
    POND_TRY(pond_file_open(path, &fd, err));
    off_t size = lseek(fd, 0, SEEK_END);
    bool is_read = size >= 0 && (size == 0 || pread(fd, &last, 1, size - 1) == 1);
    pond_code rc = is_read ? POND_OK : pond_fail_errno(err, "cannot read '%s'", path);
    close(fd); // nothing was written
    *out = last != '\n';
    return rc;
}

// The versions [0, n) as one. Its hash stands for its content in the cache.
static pond_parsed join(pond_session *s, const pond_parsed *cut, size_t n) {
    pond_arena *a = pond_session_arena(s);
    pond_parsed out = cut[0];
    pond_sha256 *object = POND_NEW(a, pond_sha256);
    pond_hasher *h = pond_hasher_new();
    out.parts = POND_NEW_ARRAY(a, const char *, n);
    out.n_parts = n;
    for (size_t i = 0; i < n; i++) {
        out.parts[i] = cut[i].path;
        pond_hasher_sha(h, cut[i].object);
    }
    *object = pond_hasher_finish(h);
    out.object = object;
    return out;
}

pond_code relation_join_cut(pond_session *s, pond_parsed *parsed, size_t *n, pond_err *err) {
    const pond_reader *r = parsed[0].reader;
    size_t n_joined = 0;
    if (!r->format->has_lines || r->compression != POND_PLAIN || r->encoding.n > 0)
        return POND_OK;
    for (size_t i = 0, end; i < *n; i = end) {
        bool is_cut = true;
        for (end = i; is_cut && end < *n; end++)
            POND_TRY(ends_within_line(&parsed[end], &is_cut, err));
        pond_parsed one = end == i + 1 ? parsed[i] : join(s, &parsed[i], end - i);
        parsed[n_joined++] = one;
    }
    *n = n_joined;
    return POND_OK;
}

// Headers -----------------------------------------------------------------------------------------

// Of a longer line the beginning is compared.
enum { LINE_BYTES = 1 << 16 };

// Appends the bytes of a file that are left in *room.
static pond_code read_start(const char *path, pond_sv *text, char *room, pond_err *err) {
    int fd;
    POND_TRY(pond_file_open(path, &fd, err));
    ssize_t n = pread(fd, room + text->n, LINE_BYTES - text->n, 0);
    pond_code rc = n < 0 ? pond_fail_errno(err, "cannot read '%s'", path) : POND_OK;
    close(fd); // nothing was written
    *text = (pond_sv){room, text->n + (n < 0 ? 0 : (size_t)n)};
    return rc;
}

static pond_code read_first_line(pond_session *s, const pond_parsed *p, pond_sv *out,
                                 pond_err *err) {
    char *room = pond_alloc(pond_session_arena(s), LINE_BYTES);
    *out = (pond_sv){room, 0};
    size_t n = p->n_parts == 0 ? 1 : p->n_parts;
    for (size_t i = 0; i < n && pond_sv_find_char(*out, '\n') < 0; i++)
        POND_TRY(read_start(p->n_parts == 0 ? p->path : p->parts[i], out, room, err));
    ptrdiff_t end = pond_sv_find_char(*out, '\n');
    if (end >= 0)
        out->n = (size_t)end;
    if (pond_sv_starts(*out, POND_SV("\xEF\xBB\xBF"))) // a byte order mark
        *out = pond_sv_sub(*out, 3, out->n);
    *out = pond_sv_trim(*out);
    return POND_OK;
}

// Whether the names are the first line of the bytes of a file.
static bool begins_with_names(const pond_reader *r) {
    const pond_text_options *t = r->text;
    return t != NULL && r->format->translate == NULL && r->compression == POND_PLAIN &&
           r->encoding.n == 0 && t->has_header && t->skip == 0 && t->header <= 1 && t->units == 0 &&
           t->skip_after_header == 0;
}

// Reads the text as rows of these columns, without a header.
static void give_columns(pond_session *s, pond_schema columns, pond_parsed *p) {
    pond_arena *a = pond_session_arena(s);
    pond_reader *reader = POND_NEW(a, pond_reader);
    pond_text_options *text = POND_NEW(a, pond_text_options);
    pond_sv *names = POND_NEW_ARRAY(a, pond_sv, columns.n);
    pond_buf key = POND_BUF_EMPTY;
    pond_buf_printf(&key, "%.*s\ngoes on", POND_SV_ARG(p->options));
    for (size_t i = 0; i < columns.n; i++) {
        names[i] = columns.items[i].name;
        pond_buf_printf(&key, " %zu:%.*s", names[i].n, POND_SV_ARG(names[i]));
    }
    *text = *p->reader->text;
    text->has_header = text->names_have_units = false;
    text->header = 0;
    text->columns = (pond_texts){.items = names, .n = columns.n};
    *reader = *p->reader;
    reader->text = text;
    p->reader = reader;
    p->options = pond_buf_keep(a, &key);
}

pond_code relation_continue(pond_session *s, const pond_parsed *first, pond_parsed *later,
                            pond_err *err) {
    pond_sv header, line;
    if (!begins_with_names(later->reader) || first->schema.n == 0)
        return POND_OK;
    POND_TRY(read_first_line(s, first, &header, err));
    POND_TRY(read_first_line(s, later, &line, err));
    if (!pond_sv_eq(header, line))
        give_columns(s, first->schema, later);
    return POND_OK;
}
