// Texts with delimiters. The first line says how they are laid out: the delimiter (or `b` for
// blanks), then a letter for each option; the rest is the file. What the first reading takes, the
// second one reads: all of its rows, and no others.
#include "fuzz.h"

#include "base/file.h"
#include "text/text.h"

#include <sys/mman.h>
#include <unistd.h>

static bool has(pond_sv options, char letter) {
    return pond_sv_find_char(options, letter) >= 0;
}

static void add(pond_arena *a, pond_texts *list, const char *text) {
    *pond_vec_push(a, list) = pond_sv_of(text);
}

static pond_text_options read_options(pond_arena *a, pond_sv line) {
    char delimiter = line.n > 0 && line.p[0] != '\r' && line.p[0] != '"' ? line.p[0] : ',';
    pond_text_options o = {
        .form = {.delimiter = delimiter == 'b' ? '\0' : delimiter,
                 .quote = has(line, 'q') ? '\'' : '"',
                 .escape = has(line, 'e')   ? '\\'
                           : has(line, 'q') ? '\''
                                            : '"',
                 .comment = has(line, '#') ? POND_SV("#") : (pond_sv){"", 0}},
        .number = {has(line, 'd') ? ',' : '.', has(line, 't') ? '.' : '\0'},
        .has_header = !has(line, 'n'),
        .skip = has(line, 's'),
        .header = has(line, 'h') ? 2 : 0,
        .units = has(line, 'u') ? 3 : 0,
        .skip_after_header = has(line, 'a'),
        .zone = has(line, 'z') ? POND_SV("Europe/Berlin") : (pond_sv){"", 0},
        .dst = has(line, 'f') ? POND_DST_FIRST : POND_DST_ERROR,
        .epoch = has(line, 'p') ? POND_EPOCH_MS : POND_EPOCH_NONE,
        .names_have_units = has(line, 'o'),
        .is_empty_quoted_text = has(line, 'm'),
        .is_quoted_text = has(line, 'x'),
    };
    if (o.number.decimal == o.number.thousands)
        o.number.thousands = '\0';
    if (has(line, 'N'))
        add(a, &o.nulls, "-9999");
    if (has(line, 'T'))
        add(a, &o.time_formats, "%d.%m.%Y %H:%M");
    if (has(line, 'J'))
        o.time = POND_SV("Date+Time");
    return o;
}

static void check_rows(pond_arena *a, const pond_text *text) {
    static pond_err err;
    const pond_text_facts *facts = pond_text_facts_of(text);
    bool *all = POND_NEW_ARRAY(a, bool, facts->n_columns);
    pond_cells *cells = POND_NEW_ARRAY(a, pond_cells, facts->n_columns);
    uint64_t *n_values = POND_NEW_ARRAY(a, uint64_t, facts->n_columns), n_rows = 0;
    memset(all, 1, facts->n_columns);
    pond_text_rows *rows;
    POND_ASSERT(pond_text_rows_open(text, all, &rows, &err) == POND_OK);
    for (size_t n = 1; n > 0; n_rows += n) {
        pond_code rc = pond_text_rows_next(rows, cells, &n, &err);
        // A time that nanoseconds cannot hold is found when it is converted.
        if (rc != POND_OK) {
            POND_ASSERT(strstr(err.msg, "TIMESTAMP_NS") != NULL);
            pond_text_rows_close(rows);
            return;
        }
        for (size_t c = 0; c < facts->n_columns; c++)
            for (size_t i = 0; i < n; i++)
                n_values[c] += cells[c].valid[i / 64] >> (i % 64) & 1;
    }
    pond_text_rows_close(rows);
    POND_ASSERT(n_rows == facts->rows);
    for (size_t c = 0; c < facts->n_columns; c++)
        if (facts->columns[c].type != POND_TEXT_TEXT) // text keeps its blanks
            POND_ASSERT(n_values[c] == facts->columns[c].n_values);
}

void fuzz_text(pond_sv input) {
    static pond_err err;
    pond_arena a;
    pond_arena_init(&a);
    pond_err_clear(&err);
    pond_sv line = fuzz_line(&input);
    pond_text_options o = read_options(&a, line);
    int fd = memfd_create("text", MFD_CLOEXEC);
    POND_ASSERT(fd >= 0 && pond_fd_write_all(fd, "text", input.p, input.n, NULL) == POND_OK);
    char *path = pond_printf(&a, "/proc/self/fd/%d", fd);
    pond_text *text;
    pond_text_means means = {.threads = 1};
    pond_code rc = pond_text_open(&a, path, POND_SV("text"), &o, &means, &text, &err);
    if (rc == POND_OK) {
        bool is_advice;
        pond_buf advice = POND_BUF_EMPTY;
        check_rows(&a, text);
        POND_ASSERT(pond_text_advise_time(text, &advice, &is_advice, &err) == POND_OK);
        pond_buf_free(&advice);
        pond_text_close(text);
    } else {
        fuzz_check_error(rc, &err);
    }
    close(fd);
    pond_arena_deinit(&a);
}
