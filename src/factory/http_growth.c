// The memory of http-ingest, and cutting new lines from files that grow.
#include "factory/http_growth.h"

#include "base/file.h"
#include "factory/state.h"

#include <unistd.h>

enum { TAIL_BYTES = 16384, HEAD_BYTES = 65536, BLOCK_BYTES = 65536 };

// Memory ------------------------------------------------------------------------------------------

// What the file is, for people and for the comparison with the next run. Secrets are not stored.
static pond_sv source_of(pond_run *r, const http_config *c) {
    pond_buf shown = POND_BUF_EMPTY;
    pond_secrets_hide(r->report->secrets, c->url, &shown);
    pond_buf_printf(&shown, " %s %.*s %.*s", c->is_growing ? "growing" : "whole",
                    POND_SV_ARG(c->has_rows ? c->format : POND_SV("bytes")),
                    POND_SV_ARG(c->pond_path));
    return pond_buf_keep(pond_session_arena(r->session), &shown);
}

static pond_sv text_of(pond_value state, const char *key) {
    pond_sv out = POND_SV("");
    (void)pond_get_string(state, key, &out);
    return out;
}

static int64_t int_of(pond_value state, const char *key) {
    int64_t n = 0;
    return pond_sv_to_int(text_of(state, key), &n) && n >= 0 ? n : 0;
}

pond_code http_memory_read(pond_run *r, const http_config *c, http_memory *out, pond_err *err) {
    pond_value state;
    const pond_node *node;
    *out = (http_memory){.columns = POND_SV("")};
    POND_TRY(pond_state_all(r->session, r->node, &state, err));
    // Who removed the file in the pond wants all of it again.
    bool is_there =
        pond_fs_resolve(pond_session_fs(r->session), c->pond_path, true, &node, NULL) == POND_OK;
    if (!is_there || !pond_has_string(state, "source", source_of(r, c)))
        return POND_OK;
    *out = (http_memory){
        .is_known = true,
        .etag = text_of(state, "etag"),
        .modified = text_of(state, "modified"),
        .body = text_of(state, "body"),
        .columns = text_of(state, "columns"),
        .size = int_of(state, "size"),
        .head = text_of(state, "head"),
        .tail = text_of(state, "tail"),
        .n_tail = int_of(state, "n_tail"),
    };
    return POND_OK;
}

static pond_value number_text(pond_arena *a, int64_t n) {
    return pond_string(n == 0 ? POND_SV("") : pond_svf(a, "%lld", (long long)n));
}

// What is no UTF-8 is no ETag that this program can keep.
static pond_value header_text(pond_sv text) {
    return pond_string(pond_utf8_find_bad(text) < 0 ? text : POND_SV(""));
}

pond_code http_memory_write(pond_run *r, const http_config *c, const http_memory *m,
                            pond_err *err) {
    pond_arena *a = pond_session_arena(r->session);
    pond_object_builder o = {.arena = a};
    pond_object_put(&o, "source", pond_string(source_of(r, c)));
    pond_object_put(&o, "etag", header_text(m->etag));
    pond_object_put(&o, "modified", header_text(m->modified));
    pond_object_put(&o, "body", pond_string(m->body));
    pond_object_put(&o, "columns", pond_string(m->columns));
    pond_object_put(&o, "size", number_text(a, m->size));
    pond_object_put(&o, "head", pond_string(m->head));
    pond_object_put(&o, "tail", pond_string(m->tail));
    pond_object_put(&o, "n_tail", number_text(a, m->n_tail));
    return pond_state_set_all(r->session, r->node, pond_object_build(&o), err);
}

// Reading parts -----------------------------------------------------------------------------------

// Reads exactly n bytes at a place of the part.
static pond_code read_at(const http_part *part, int64_t at, void *to, size_t n, pond_err *err) {
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(part->fd, (char *)to + done, n - done, (off_t)(at + (int64_t)done));
        if (got < 0)
            return pond_fail_errno(err, "cannot read '%s'", part->path);
        if (got == 0)
            return pond_fail(err, POND_ERR_IO, "'%s' is shorter than what was written to it",
                             part->path);
        done += (size_t)got;
    }
    return POND_OK;
}

static pond_code hash_of(const http_part *part, int64_t at, size_t n, char out[65], pond_err *err) {
    char bytes[TAIL_BYTES];
    POND_TRY(read_at(part, at, bytes, n, err));
    pond_sha256 sha = pond_sha256_of((pond_sv){bytes, n});
    pond_sha256_hex(&sha, out);
    return POND_OK;
}

pond_code http_is_continued(const http_memory *m, const http_part *part, bool *out, pond_err *err) {
    int64_t at = m->size - m->n_tail - part->offset;
    char hex[65];
    *out = false;
    if (m->size == 0 || m->n_tail <= 0 || m->n_tail > TAIL_BYTES || at < 0 ||
        at + m->n_tail > part->size)
        return POND_OK;
    POND_TRY(hash_of(part, at, (size_t)m->n_tail, hex, err));
    *out = pond_sv_is(m->tail, hex);
    return POND_OK;
}

// Lines -------------------------------------------------------------------------------------------

// Passes over text, and knows where the last line ended that is no part of a quoted field. As for the
// reader of CSV, a quote opens a field only where the field begins.
typedef struct line_scan {
    const pond_record_form *form; // NULL: lines are lines
    bool is_quoted, is_escaped, is_comment;
    char before;     // the byte before this one; a newline at the start
    int64_t at, end; // after the last whole line
    int64_t n_lines; // whole ones
} line_scan;

static bool begins_field(const line_scan *s) {
    char delimiter = s->form->delimiter;
    return s->before == '\n' ||
           (delimiter != '\0' ? s->before == delimiter : s->before == ' ' || s->before == '\t');
}

static void scan_byte(line_scan *s, char c) {
    const pond_record_form *f = s->form;
    if (f != NULL && s->before == '\n' && !s->is_quoted)
        s->is_comment = f->comment.n > 0 && c == f->comment.p[0];
    if (s->is_escaped)
        s->is_escaped = false;
    else if (s->is_quoted && c == f->escape && f->escape != f->quote)
        s->is_escaped = true;
    else if (s->is_quoted)
        s->is_quoted = c != f->quote;
    else if (f != NULL && f->quote != '\0' && c == f->quote && !s->is_comment)
        // After a closing quote: it was one of two that stand for a quote.
        s->is_quoted = begins_field(s) || s->before == f->quote;
    else if (c == '\n') {
        s->end = s->at + 1;
        s->n_lines++;
    }
    s->before = c;
    s->at++;
}

static void scan(line_scan *s, const char *p, size_t n, int64_t most_lines) {
    for (size_t i = 0; i < n && s->n_lines < most_lines; i++)
        scan_byte(s, p[i]);
}

static line_scan scan_from(const http_config *c, int64_t at) {
    bool is_csv = c->has_rows && pond_sv_is(c->how.format, "csv");
    return (line_scan){
        .form = is_csv ? &c->reader.text->form : NULL, .before = '\n', .at = at, .end = at};
}

static pond_code find_last_line(const http_config *c, const http_part *part, int64_t from,
                                int64_t *end, pond_err *err) {
    char block[BLOCK_BYTES];
    line_scan s = scan_from(c, from);
    while (s.at < part->size) {
        int64_t left = part->size - s.at;
        size_t n = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        POND_TRY(read_at(part, s.at, block, n, err));
        scan(&s, block, n, INT64_MAX);
    }
    *end = s.end;
    return POND_OK;
}

// How many lines at the top of a CSV file say what its columns are; comments are not counted.
static int64_t count_head(const pond_text_options *o) {
    int64_t n = o->header > 0 ? o->header : o->skip + (o->has_header ? 1 : 0);
    return (o->units > n ? o->units : n) + o->skip_after_header;
}

// The head of a file whose first bytes are `top`: without its last lines, if it is longer.
static pond_code find_head(const http_config *c, pond_sv top, size_t *n, pond_err *err) {
    *n = 0;
    if (!c->has_rows || !pond_sv_is(c->how.format, "csv"))
        return POND_OK;
    const pond_text_options *o = c->reader.text;
    int64_t wanted = count_head(o);
    line_scan s = scan_from(c, 0);
    for (int64_t line = 0; line < wanted;) {
        int64_t begin = s.end;
        scan(&s, top.p + s.end, top.n - (size_t)s.end, s.n_lines + 1);
        if (s.end == begin)
            return pond_fail(err, POND_ERR_INVALID,
                             "'%.*s' has no header within its first %d bytes",
                             POND_SV_ARG(c->pond_path), HEAD_BYTES);
        pond_sv text = pond_sv_trim(pond_sv_sub(top, (size_t)begin, (size_t)s.end));
        bool is_passed =
            o->header == 0 && line >= o->skip &&
            (text.n == 0 || (o->form.comment.n > 0 && pond_sv_starts(text, o->form.comment)));
        line += !is_passed;
    }
    *n = (size_t)s.end;
    return POND_OK;
}

// UTF-16 has newlines in other places.
static pond_code check_charset(pond_sv top, pond_err *err) {
    if (top.n >= 2 && (memcmp(top.p, "\xff\xfe", 2) == 0 || memcmp(top.p, "\xfe\xff", 2) == 0))
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "a file in UTF-16 cannot be taken line by line");
    return POND_OK;
}

static pond_code remember_head(pond_arena *a, const http_config *c, const http_part *part,
                               int64_t end, http_memory *m, pond_err *err) {
    char top[HEAD_BYTES];
    size_t n = end < HEAD_BYTES ? (size_t)end : HEAD_BYTES, n_head;
    POND_TRY(read_at(part, 0, top, n, err));
    POND_TRY(check_charset((pond_sv){top, n}, err));
    POND_TRY(find_head(c, (pond_sv){top, n}, &n_head, err));
    char *hex = POND_NEW_ARRAY(a, char, 2 * n_head + 1);
    pond_hex((const uint8_t *)top, n_head, hex);
    m->head = (pond_sv){hex, 2 * n_head};
    return POND_OK;
}

// Writing -----------------------------------------------------------------------------------------

static pond_code write_head(const http_memory *m, int fd, const char *to, pond_err *err) {
    pond_buf bytes = POND_BUF_EMPTY;
    for (size_t i = 0; i + 1 < m->head.n; i += 2)
        pond_buf_char(&bytes,
                      (char)(pond_hex_digit(m->head.p[i]) * 16 + pond_hex_digit(m->head.p[i + 1])));
    pond_code rc = pond_fd_write_all(fd, to, bytes.p, bytes.n, err);
    pond_buf_free(&bytes);
    return rc;
}

static pond_code copy_range(const http_part *part, int64_t from, int64_t end, int fd,
                            const char *to, pond_err *err) {
    char block[BLOCK_BYTES];
    for (int64_t at = from; at < end;) {
        size_t n = end - at < BLOCK_BYTES ? (size_t)(end - at) : BLOCK_BYTES;
        POND_TRY(read_at(part, at, block, n, err));
        POND_TRY(pond_fd_write_all(fd, to, block, n, err));
        at += (int64_t)n;
    }
    return POND_OK;
}

static pond_code remember_tail(pond_arena *a, const http_part *part, int64_t end, http_memory *m,
                               pond_err *err) {
    char hex[65];
    m->size = part->offset + end;
    m->n_tail = end < TAIL_BYTES ? end : TAIL_BYTES;
    POND_TRY(hash_of(part, end - m->n_tail, (size_t)m->n_tail, hex, err));
    m->tail = pond_sv_dup(a, pond_sv_of(hex));
    return POND_OK;
}

pond_code http_take_lines(pond_arena *a, const http_config *c, const http_part *part, bool is_first,
                          http_memory *m, const char *to, int64_t *n_new, pond_err *err) {
    int64_t from = is_first ? 0 : m->size - part->offset, end;
    int fd;
    POND_TRY(find_last_line(c, part, from, &end, err));
    *n_new = end - from;
    if (*n_new == 0)
        return POND_OK;
    if (is_first)
        POND_TRY(remember_head(a, c, part, end, m, err));
    if (is_first && end == (int64_t)m->head.n / 2) // no record yet
        *n_new = 0;
    POND_TRY(pond_file_make(to, &fd, err));
    pond_code rc = is_first ? POND_OK : write_head(m, fd, to, err);
    if (rc == POND_OK)
        rc = copy_range(part, from, end, fd, to, err);
    POND_TRY(pond_file_made(fd, to, rc, err));
    return *n_new == 0 ? POND_OK : remember_tail(a, part, end, m, err);
}
