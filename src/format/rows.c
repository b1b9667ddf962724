// Rows as CSV.
#include "format/rows.h"

#include "base/file.h"
#include "base/time.h"

#include <inttypes.h>

enum { PIECE = 1 << 16 };

pond_text_options format_rows_layout(const pond_text_type *types) {
    return (pond_text_options){
        .form = {.delimiter = ',', .quote = '"', .escape = '"', .is_translation = true},
        .number = {.decimal = '.'},
        .has_header = true,
        .types = types,
        .is_empty_quoted_text = true,
        .is_quoted_text = types == NULL,
        .are_names_fixed = true,
    };
}

pond_text_options format_rows_layout_with(const pond_text_options *options) {
    pond_text_options o = *options, layout = format_rows_layout(NULL);
    o.form = layout.form;
    o.number = layout.number;
    o.has_header = layout.has_header;
    o.is_empty_quoted_text = layout.is_empty_quoted_text;
    o.is_quoted_text = layout.is_quoted_text;
    o.are_names_fixed = layout.are_names_fixed;
    return o;
}

void format_rows_null(format_rows *r) {
    pond_buf_char(&r->bytes, ',');
}

void format_rows_plain(format_rows *r, pond_sv cell) {
    pond_buf_sv(&r->bytes, cell);
    pond_buf_char(&r->bytes, ',');
}

void format_rows_int(format_rows *r, int64_t i) {
    pond_buf_reserve(&r->bytes, POND_DIGITS_ROOM + 2);
    if (i < 0)
        pond_buf_char(&r->bytes, '-');
    r->bytes.n += pond_digits_at(i < 0 ? 0 - (uint64_t)i : (uint64_t)i, r->bytes.p + r->bytes.n);
    pond_buf_char(&r->bytes, ',');
}

void format_rows_time(format_rows *r, int64_t s, int32_t ns) {
    int64_t days = s / 86400 - (s % 86400 < 0), rest = s - days * 86400, year;
    int month, day;
    pond_civil_from_days(days, &year, &month, &day);
    pond_buf_printf(&r->bytes, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)year, month, day,
                    (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    if (ns % 1000 != 0)
        pond_buf_printf(&r->bytes, ".%09d", (int)ns);
    else if (ns != 0)
        pond_buf_printf(&r->bytes, ".%06d", (int)ns / 1000);
    pond_buf_str(&r->bytes, "Z,");
}

pond_code format_rows_text(format_rows *r, pond_sv cell, pond_err *err) {
    if (cell.n > 0 && memchr(cell.p, '\0', cell.n) != NULL)
        return pond_fail(err, POND_ERR_INVALID, "'%s' has a text with a NUL character", r->name);
    pond_buf_char(&r->bytes, '"');
    for (ptrdiff_t quote; (quote = pond_sv_find_char(cell, '"')) >= 0;) {
        pond_buf_append(&r->bytes, cell.p, (size_t)quote + 1);
        pond_buf_char(&r->bytes, '"');
        cell = pond_sv_sub(cell, (size_t)quote + 1, cell.n);
    }
    pond_buf_sv(&r->bytes, cell);
    pond_buf_str(&r->bytes, "\",");
    return POND_OK;
}

pond_code format_rows_end(format_rows *r, pond_err *err) {
    pond_buf_char(&r->bytes, '\n');
    return r->bytes.n >= PIECE ? format_rows_flush(r, err) : POND_OK;
}

// A small file may name one long text a million times.
static pond_code check_space(format_rows *r, pond_err *err) {
    uint64_t free_bytes;
    bool is_full;
    POND_TRY(format_space_check(&r->space, r->fd, r->n_written, &is_full, &free_bytes, err));
    if (!is_full)
        return POND_OK;
    return pond_fail(err, POND_ERR_LIMIT,
                     "the rows of '%s' do not fit on the disk: %" PRIu64
                     " MB of them are written, and %" PRIu64 " MB are free",
                     r->name, r->n_written >> 20, free_bytes >> 20);
}

pond_code format_rows_flush(format_rows *r, pond_err *err) {
    r->n_written += r->bytes.n;
    POND_TRY(pond_fd_write_all(r->fd, r->name, r->bytes.p, r->bytes.n, err));
    pond_buf_clear(&r->bytes);
    return check_space(r, err);
}

void format_rows_free(format_rows *r) {
    pond_buf_free(&r->bytes);
}
