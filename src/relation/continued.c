// Finds out whether a version of a text has a header of its own.
#include "relation/continued.h"

#include "base/file.h"

#include <unistd.h>

// Of a longer line the beginning is compared.
enum { LINE_BYTES = 1 << 16 };

static pond_code read_first_line(pond_session *s, const char *path, pond_sv *out, pond_err *err) {
    int fd;
    char *text = pond_alloc(pond_session_arena(s), LINE_BYTES);
    POND_TRY(pond_file_open(path, &fd, err));
    ssize_t n = pread(fd, text, LINE_BYTES, 0);
    pond_code rc = n < 0 ? pond_fail_errno(err, "cannot read '%s'", path) : POND_OK;
    close(fd); // nothing was written
    *out = (pond_sv){text, n < 0 ? 0 : (size_t)n};
    ptrdiff_t end = pond_sv_find_char(*out, '\n');
    if (end >= 0)
        out->n = (size_t)end;
    if (pond_sv_starts(*out, POND_SV("\xEF\xBB\xBF"))) // a byte order mark
        *out = pond_sv_sub(*out, 3, out->n);
    *out = pond_sv_trim(*out);
    return rc;
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
    POND_TRY(read_first_line(s, first->path, &header, err));
    POND_TRY(read_first_line(s, later->path, &line, err));
    if (!pond_sv_eq(header, line))
        give_columns(s, first->schema, later);
    return POND_OK;
}
