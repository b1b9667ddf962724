// weblog: what web servers log of each request, in the Common or the Combined Log Format.
#include "format/format.h"
#include "format/lines.h"
#include "format/rows.h"
#include "format/text_options.h"
#include "text/when.h"

typedef struct entry {
    pond_sv address, user, method, path, protocol, referer, agent; // .p is NULL: there is none
    pond_when time;
    uint64_t status, size;
    bool is_common; // it ends with the size
} entry;

// Removes a word and the blank after it.
static bool cut_word(pond_sv *rest, pond_sv *out) {
    ptrdiff_t blank = pond_sv_find_char(*rest, ' ');
    if (blank <= 0)
        return false;
    *out = pond_sv_sub(*rest, 0, (size_t)blank);
    *rest = pond_sv_sub(*rest, (size_t)blank + 1, rest->n);
    return true;
}

// Removes what is between two characters, with them.
static bool cut_between(pond_sv *rest, char open, char close, pond_sv *out) {
    if (!pond_sv_cut_char(rest, open))
        return false;
    ptrdiff_t end = pond_sv_find_char(*rest, close);
    if (end < 0)
        return false;
    *out = pond_sv_sub(*rest, 0, (size_t)end);
    *rest = pond_sv_sub(*rest, (size_t)end + 1, rest->n);
    return true;
}

static void null_if_dash(pond_sv *s) {
    if (pond_sv_is(*s, "-"))
        *s = (pond_sv){NULL, 0};
}

// "GET /index.html HTTP/1.1", cut at its first two blanks.
static void read_request(pond_sv request, entry *e) {
    if (request.n == 0)
        return;
    if (pond_sv_split(&request, ' ', &e->method) && request.p != NULL &&
        pond_sv_split(&request, ' ', &e->path))
        e->protocol = request;
}

// After the request: the status, the size, and perhaps two texts in quotes.
static bool read_end(pond_sv rest, entry *e) {
    pond_sv status, size;
    if (!cut_word(&rest, &status) || status.n != 3 || !pond_sv_to_uint(status, &e->status))
        return false;
    size_t blank = (size_t)pond_sv_find_char(rest, ' ');
    size = pond_sv_sub(rest, 0, blank);
    if (!pond_sv_is(size, "-") && (!pond_sv_to_uint(size, &e->size) || e->size > INT64_MAX))
        return false;
    rest = pond_sv_sub(rest, size.n, rest.n);
    e->is_common = rest.n == 0;
    if (e->is_common)
        return true;
    if (!pond_sv_cut_char(&rest, ' ') || !cut_between(&rest, '"', '"', &e->referer) ||
        !pond_sv_cut_char(&rest, ' ') || !cut_between(&rest, '"', '"', &e->agent))
        return false;
    null_if_dash(&e->referer);
    null_if_dash(&e->agent);
    return rest.n == 0;
}

// False: the line as a whole is no entry.
static bool read_entry(const pond_when_format *form, pond_sv line, entry *e) {
    pond_sv identity, time, request;
    enum { TIME_LENGTH = sizeof "10/Oct/2000:13:55:36 -0700" - 1 };
    *e = (entry){0};
    if (memchr(line.p, '\0', line.n) != NULL || !cut_word(&line, &e->address) ||
        !cut_word(&line, &identity) || !cut_word(&line, &e->user) ||
        !cut_between(&line, '[', ']', &time) || time.n != TIME_LENGTH ||
        !pond_when_read(form, time, &e->time) || !pond_sv_cut_char(&line, ' ') ||
        !cut_between(&line, '"', '"', &request) || !pond_sv_cut_char(&line, ' '))
        return false;
    null_if_dash(&e->user);
    read_request(request, e);
    return read_end(line, e);
}

// Rows --------------------------------------------------------------------------------------------

static const pond_text_type types[] = {
    POND_TEXT_INSTANT, POND_TEXT_TEXT,    POND_TEXT_TEXT,  POND_TEXT_TEXT, POND_TEXT_TEXT,
    POND_TEXT_TEXT,    POND_TEXT_COUNT16, POND_TEXT_COUNT, POND_TEXT_TEXT, POND_TEXT_TEXT,
};
static const char header[] = "timestamp,remote_addr,remote_user,method,path,protocol,status,"
                             "body_bytes_sent,http_referer,http_user_agent";

static pond_code write_text(format_rows *rows, pond_sv text, pond_err *err) {
    if (text.p != NULL)
        return format_rows_text(rows, text, err);
    format_rows_null(rows);
    return POND_OK;
}

static pond_code write_entry(format_rows *rows, const entry *e, pond_err *err) {
    format_rows_time(rows, e->time.s, 0);
    POND_TRY(write_text(rows, e->address, err));
    POND_TRY(write_text(rows, e->user, err));
    POND_TRY(write_text(rows, e->method, err));
    POND_TRY(write_text(rows, e->path, err));
    POND_TRY(write_text(rows, e->protocol, err));
    format_rows_int(rows, (int64_t)e->status);
    format_rows_int(rows, (int64_t)e->size);
    POND_TRY(write_text(rows, e->referer, err));
    POND_TRY(write_text(rows, e->agent, err));
    return format_rows_end(rows, err);
}

// *may_be_cut: the last entry may have been longer, and is an entry as it is.
static pond_code write_all(pond_arena *a, format_lines *lines, format_rows *rows, bool *may_be_cut,
                           pond_err *err) {
    const pond_when_format *form;
    entry e;
    POND_TRY(pond_when_format_parse(a, POND_SV("%d/%b/%Y:%H:%M:%S %z"), &form, err));
    format_rows_plain(rows, POND_SV(header));
    POND_TRY(format_rows_end(rows, err));
    for (;;) {
        pond_sv line;
        POND_TRY(format_lines_next(lines, &line, err));
        if (line.p == NULL)
            return format_rows_flush(rows, err);
        line = pond_sv_trim(line);
        if (line.n == 0)
            continue;
        if (!read_entry(form, line, &e)) {
            lines->n_skipped++;
            continue;
        }
        *may_be_cut = lines->is_open && e.is_common;
        POND_TRY(write_entry(rows, &e, err));
    }
}

static pond_sv tell_flaws(pond_arena *a, const format_lines *lines, bool may_be_cut) {
    pond_buf b = POND_BUF_EMPTY;
    if (lines->n_skipped > 0)
        pond_buf_printf(&b, "weblog: skipped %llu unparseable line%s",
                        (unsigned long long)lines->n_skipped, lines->n_skipped == 1 ? "" : "s");
    if (may_be_cut)
        pond_buf_printf(&b, "%s the last line has no line end, and its size may be cut off",
                        lines->n_skipped > 0 ? ";" : "weblog:");
    return pond_buf_keep(a, &b);
}

static pond_code translate(pond_arena *a, const pond_reader *reader, const char *path, pond_sv name,
                           int out, pond_translation *to, pond_err *err) {
    (void)reader;
    format_lines lines;
    format_rows rows = {.fd = out, .name = pond_cstr(a, name)};
    bool may_be_cut = false;
    *to = (pond_translation){.text = format_rows_layout(types)};
    pond_code rc = format_lines_open(&lines, path, name, reader->meter, err);
    if (rc == POND_OK)
        rc = write_all(a, &lines, &rows, &may_be_cut, err);
    if (rc == POND_OK)
        to->warning = tell_flaws(a, &lines, may_be_cut);
    format_rows_free(&rows);
    format_lines_close(&lines);
    return rc;
}

extern const pond_format pond_format_weblog;
const pond_format pond_format_weblog = {
    .name = "weblog",
    .has_lines = true,
    .content = "a log of requests",
    .summary = "Logs of web servers, in the Common or the Combined Log Format",
    .codecs = FORMAT_ANY_CODEC,
    .read_options = format_read_no_options,
    .translate = translate,
};
