// The file "in" of the directory of a test, and its rows as CSV.
#ifndef POND_TESTS_FORMAT_TRANSLATE_H
#define POND_TESTS_FORMAT_TRANSLATE_H

#include "fixture.h"

#include "format/format.h"

#include <fcntl.h>

static inline pond_code translate_file(fixture *f, const char *url, pond_buf *csv,
                                       pond_translation *to) {
    pond_url u;
    pond_reader r;
    char *in = in_dir(f, "in"), *out = in_dir(f, "out");
    assert_int_equal(pond_url_parse(&f->arena, pond_sv_of(url), &u, &f->err), POND_OK);
    assert_int_equal(pond_reader_open(&f->arena, &u, &r, &f->err), POND_OK);
    int fd = open(out, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    pond_code rc = r.format->translate(&f->arena, &r, in, POND_SV("in"), fd, to, &f->err);
    close(fd);
    assert_int_equal(pond_file_read(out, csv, NULL), POND_OK);
    return rc;
}

#endif
