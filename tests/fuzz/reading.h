// reading: a file in memory, and the rows of one that a format translates. For targets whose input
// is a file.
#ifndef POND_TESTS_FUZZ_READING_H
#define POND_TESTS_FUZZ_READING_H

#include "fuzz.h"

#include "base/file.h"
#include "format/format.h"

#include <sys/mman.h>
#include <unistd.h>

// The caller closes it; *path leads to it until then, and lives in `a`.
static inline int fuzz_file(pond_arena *a, pond_sv bytes, const char **path) {
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    POND_ASSERT(fd >= 0 && pond_fd_write_all(fd, "fuzz", bytes.p, bytes.n, NULL) == POND_OK);
    *path = pond_printf(a, "/proc/self/fd/%d", fd);
    return fd;
}

// What a format writes is CSV that the text room reads: only its values may not fit their columns.
static inline void fuzz_read_rows(pond_arena *a, const char *path, const pond_translation *to) {
    static pond_err err;
    pond_text *text;
    pond_text_rows *rows;
    pond_code rc = pond_text_open(a, path, POND_SV("fuzz"), &to->text,
                                  &(pond_text_means){.threads = 1}, &text, &err);
    if (rc != POND_OK) {
        fuzz_check_error(rc, &err);
        return;
    }
    const pond_text_facts *facts = pond_text_facts_of(text);
    bool *all = pond_alloc(a, facts->n_columns);
    memset(all, true, facts->n_columns);
    POND_ASSERT(pond_text_rows_open(text, all, &rows, &err) == POND_OK);
    pond_cells *cells = POND_NEW_ARRAY(a, pond_cells, facts->n_columns);
    uint64_t n_rows = 0;
    size_t n;
    while ((rc = pond_text_rows_next(rows, cells, &n, &err)) == POND_OK && n > 0)
        n_rows += n;
    if (rc != POND_OK)
        fuzz_check_error(rc, &err);
    else
        POND_ASSERT(n_rows == facts->rows);
    pond_text_rows_close(rows);
    pond_text_close(text);
}

// Reads a file as the URL says, if that is one of a format that is translated.
static inline void fuzz_translate(pond_arena *a, pond_sv scheme, pond_sv bytes) {
    static pond_err err;
    pond_url url;
    pond_reader reader;
    pond_translation to;
    const char *from_path, *to_path;
    if (pond_url_parse(a, scheme, &url, NULL) != POND_OK ||
        pond_reader_open(a, &url, &reader, NULL) != POND_OK || reader.format->translate == NULL)
        return;
    int from = fuzz_file(a, bytes, &from_path);
    int out = fuzz_file(a, (pond_sv){"", 0}, &to_path);
    pond_code rc = reader.format->translate(a, &reader, from_path, POND_SV("fuzz"), out, &to, &err);
    if (rc == POND_OK)
        fuzz_read_rows(a, to_path, &to);
    else
        fuzz_check_error(rc, &err);
    close(from);
    close(out);
}

#endif
