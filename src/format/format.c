// The table of formats, and the functions of a reader.
#include "format/format.h"

#include "base/near.h"
#include "format/codec.h"
#include "format/unpack.h"

#include <strings.h>

#define FORMAT(name) extern const pond_format name;
#include "format/formats.def"
#undef FORMAT

static const pond_format *const formats[] = {
#define FORMAT(name) &name,
#include "format/formats.def"
#undef FORMAT
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

size_t pond_format_count(void) {
    return N_FORMATS;
}

const pond_format *pond_format_at(size_t i) {
    return formats[i];
}

const pond_format *pond_format_find(pond_sv name) {
    for (size_t i = 0; i < N_FORMATS; i++)
        if (pond_sv_is(name, formats[i]->name))
            return formats[i];
    return NULL;
}

static bool ends_as(pond_sv name, const char *ending) {
    size_t n = strlen(ending);
    return name.n > n && strncasecmp(name.p + name.n - n, ending, n) == 0;
}

static const pond_ending *find_ending(pond_sv name, const pond_format **format) {
    for (size_t i = 0; i < N_FORMATS; i++)
        for (size_t k = 0; k < formats[i]->n_endings; k++)
            if (ends_as(name, formats[i]->endings[k].text)) {
                *format = formats[i];
                return &formats[i]->endings[k];
            }
    return NULL;
}

bool pond_format_by_ending(pond_sv file_name, pond_url *url) {
    pond_compression compression = POND_BZIP2;
    while (compression != POND_PLAIN && !ends_as(file_name, pond_codec_ending(compression)))
        compression--;
    file_name.n -= strlen(pond_codec_ending(compression));
    const pond_format *format;
    const pond_ending *ending = find_ending(file_name, &format);
    if (ending == NULL)
        return false;
    url->format = pond_sv_of(format->name);
    url->compression = compression;
    url->options = ending->options;
    url->options.where = url->text;
    return true;
}

static pond_code unknown_format(const pond_url *url, pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    pond_sv known[N_FORMATS];
    for (size_t i = 0; i < N_FORMATS; i++) {
        known[i] = pond_sv_of(formats[i]->name);
        pond_buf_printf(&names, ", %s", formats[i]->name);
    }
    pond_code rc =
        pond_fail(err, POND_ERR_USAGE,
                  "unknown format '%.*s' in '%.*s'; the formats are series, table, parquet%s",
                  POND_SV_ARG(url->format), POND_SV_ARG(url->text), names.p);
    pond_near_word(err, url->format, known, N_FORMATS);
    pond_buf_free(&names);
    return rc;
}

static pond_code unknown_codec(const pond_format *f, const pond_url *url, pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    for (pond_compression c = POND_PLAIN + 1; c <= POND_BZIP2; c++)
        if (f->codecs & (1U << c))
            pond_buf_printf(&names, "%s%s", names.n == 0 ? "" : " and ", pond_codec_name(c));
    pond_code rc = pond_fail(err, POND_ERR_INVALID,
                             "'%.*s': '%s' files cannot be read with compression %s; %s%s",
                             POND_SV_ARG(url->text), f->name, pond_codec_name(url->compression),
                             names.n == 0 ? "only uncompressed files can be read" : names.p,
                             names.n == 0 ? "" : " are supported");
    pond_buf_free(&names);
    return rc;
}

pond_code pond_reader_open(pond_arena *a, const pond_url *url, pond_reader *out, pond_err *err) {
    const pond_format *f = pond_format_find(url->format);
    if (f == NULL)
        return unknown_format(url, err);
    if (url->compression != POND_PLAIN && !(f->codecs & (1U << url->compression)))
        return unknown_codec(f, url, err);
    *out = (pond_reader){.format = f, .compression = url->compression};
    return f->read_options(a, url, out, err);
}

pond_code pond_reader_find_flaw(const pond_reader *r, const char *path, const char **flaw,
                                const char **content, pond_err *err) {
    *flaw = NULL;
    *content = r->format->content;
    return r->format->find_flaw == NULL ? POND_OK : r->format->find_flaw(path, flaw, err);
}

pond_code pond_reader_check_ends(const pond_reader *r, const char *path, pond_sv name,
                                 pond_err *err) {
    const char *flaw, *content;
    POND_TRY(pond_reader_find_flaw(r, path, &flaw, &content, err));
    if (flaw == NULL)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID, "'%.*s' is not %s: %s", POND_SV_ARG(name), content,
                     flaw);
}

pond_code pond_reader_unpack(const pond_reader *r, const char *path, pond_sv name, const char *to,
                             pond_err *err) {
    return pond_unpack(r->compression, path, name, to, r->meter, err);
}

bool pond_reader_is_text(const pond_reader *r) {
    return r->text != NULL || r->format->translate != NULL;
}

void pond_reader_sql(const pond_reader *r, const pond_sv *files, size_t n, pond_buf *sql) {
    r->format->sql(sql, files, n, r);
}
