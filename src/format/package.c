// Archives with libzip, XML with libxml2.
#include "format/package.h"

#include "base/file.h"
#include "format/libxml.h"
#include "format/libzip.h"

#include <stdlib.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 16 };

struct format_package {
    pond_sv name;
    zip_t *zip;
    pond_meter *meter;
    format_libxml xml;
    format_libzip lib;
};

pond_sv format_package_name(const format_package *p) {
    return p->name;
}

// Elements ----------------------------------------------------------------------------------------

// libxml2 gives five pointers for each attribute.
bool format_attribute(const format_attributes *a, const char *name, pond_sv *out) {
    enum { NAME, PREFIX, SPACE, BEGIN, END, N_POINTERS };
    for (int i = 0; i < a->n; i++) {
        const unsigned char **at = a->items + (ptrdiff_t)i * N_POINTERS;
        if (strcmp((const char *)at[NAME], name) != 0)
            continue;
        *out = (pond_sv){(const char *)at[BEGIN], (size_t)(at[END] - at[BEGIN])};
        return true;
    }
    return false;
}

// One part that is being read.
typedef struct reading {
    const format_libxml *xml;
    xmlParserCtxtPtr parser;
    const format_elements *to;
    const char *flaw; // of the text itself
    pond_code rc;     // the first error of a callback, and its text
    pond_err *err;
} reading;

static void stop(reading *r) {
    r->xml->stop(r->parser);
}

static void begin_element(void *user, const xmlChar *name, const xmlChar *prefix,
                          const xmlChar *space, int n_spaces, const xmlChar **spaces,
                          int n_attributes, int n_defaulted, const xmlChar **attributes) {
    (void)prefix, (void)space, (void)n_spaces, (void)spaces, (void)n_defaulted;
    reading *r = user;
    if (r->rc != POND_OK || r->flaw != NULL)
        return;
    format_attributes a = {attributes, n_attributes};
    r->rc = r->to->begin(r->to->user, pond_sv_of((const char *)name), &a, r->err);
    if (r->rc != POND_OK)
        stop(r);
}

static void end_element(void *user, const xmlChar *name, const xmlChar *prefix,
                        const xmlChar *space) {
    (void)prefix, (void)space;
    reading *r = user;
    if (r->rc != POND_OK || r->flaw != NULL || r->to->end == NULL)
        return;
    r->rc = r->to->end(r->to->user, pond_sv_of((const char *)name), r->err);
    if (r->rc != POND_OK)
        stop(r);
}

static void add_text(void *user, const xmlChar *text, int n) {
    reading *r = user;
    if (r->rc == POND_OK && r->flaw == NULL && r->to->text != NULL)
        r->to->text(r->to->user, (pond_sv){(const char *)text, (size_t)n});
}

static void refuse_type(void *user, const xmlChar *name, const xmlChar *id, const xmlChar *system) {
    (void)name, (void)id, (void)system;
    reading *r = user;
    r->flaw = "it has a document type, which no workbook has";
    stop(r);
}

// Without one, errors would be printed.
static void pass_error(void *user, xmlErrorPtr error) {
    (void)user, (void)error;
}

static bool open_parser(reading *r, const char *part) {
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = begin_element,
        .endElementNs = end_element,
        .characters = add_text,
        .cdataBlock = add_text,
        .internalSubset = refuse_type,
        .serror = pass_error,
    };
    r->parser = r->xml->open(&handler, r, NULL, 0, part);
    if (r->parser == NULL)
        return false;
    // Predefined entities come as the characters that they stand for; there are no others.
    r->xml->set_options(r->parser, XML_PARSE_NOENT | XML_PARSE_NONET);
    return true;
}

// Parts -------------------------------------------------------------------------------------------

static pond_code fail_part(const format_package *p, pond_sv part, const char *why, pond_err *err) {
    pond_sv flaw = pond_sv_trim(pond_sv_of(why)); // libxml2's texts are whole lines
    return pond_fail(err, POND_ERR_INVALID, "'%.*s' is damaged, in its part '%.*s': %.*s",
                     POND_SV_ARG(p->name), POND_SV_ARG(part), POND_SV_ARG(flaw));
}

static pond_code parse(const format_package *p, reading *r, pond_sv part, const char *bytes,
                       size_t n, bool is_end, pond_err *err) {
    int rc = r->xml->parse(r->parser, bytes, (int)n, is_end);
    if (r->rc != POND_OK)
        return r->rc;
    if (rc == 0 && r->flaw == NULL)
        return POND_OK;
    const xmlError *why = r->xml->last_error(r->parser);
    const char *flaw = r->flaw != NULL                               ? r->flaw
                       : why == NULL || why->message == NULL         ? "it is no XML"
                       : is_end && why->code == XML_ERR_DOCUMENT_END ? "it ends too early"
                                                                     : why->message;
    return fail_part(p, part, flaw, err);
}

static pond_code read_bytes(const format_package *p, reading *r, zip_file_t *from, pond_sv part,
                            uint64_t most_bytes, pond_err *err) {
    char *bytes = pond_xmalloc(PIECE_BYTES);
    uint64_t n_read = 0;
    pond_code rc = POND_OK;
    zip_int64_t n;
    while (rc == POND_OK && (n = p->lib.read(from, bytes, PIECE_BYTES)) != 0) {
        n_read += n < 0 ? 0 : (uint64_t)n;
        pond_meter_reach(p->meter, n_read);
        if (n < 0)
            rc = fail_part(p, part, p->lib.flaw_of_part(from), err);
        else if (n_read > most_bytes)
            rc = pond_fail(
                err, POND_ERR_LIMIT, "'%.*s': its part '%.*s' unpacks to more than %llu MB",
                POND_SV_ARG(p->name), POND_SV_ARG(part), (unsigned long long)(most_bytes >> 20));
        else
            rc = parse(p, r, part, bytes, (size_t)n, false, err);
    }
    free(bytes);
    return rc == POND_OK ? parse(p, r, part, "", 0, true, err) : rc;
}

static pond_code read_part(const format_package *p, reading *r, zip_file_t *from, zip_uint64_t at,
                           pond_sv part, uint64_t most_bytes, pond_err *err) {
    zip_stat_t st;
    bool is_known = p->lib.stat(p->zip, at, 0, &st) == 0 && (st.valid & ZIP_STAT_SIZE) != 0;
    pond_meter_begin(p->meter, "reading", false, is_known ? st.size : 0);
    return read_bytes(p, r, from, part, most_bytes, err);
}

pond_code format_package_read(format_package *p, pond_sv part, uint64_t most_bytes,
                              const format_elements *to, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    const char *name = pond_cstr(&a, part);
    zip_int64_t at = p->lib.locate(p->zip, name, ZIP_FL_NOCASE);
    zip_file_t *from = at < 0 ? NULL : p->lib.open_part(p->zip, (zip_uint64_t)at, 0);
    reading r = {.xml = &p->xml, .to = to, .err = err};
    pond_code rc;
    if (at < 0)
        rc = pond_fail(err, POND_ERR_INVALID, "'%.*s' has no part '%.*s'", POND_SV_ARG(p->name),
                       POND_SV_ARG(part));
    else if (from == NULL)
        rc = fail_part(p, part, p->lib.flaw(p->zip), err);
    else if (!open_parser(&r, name))
        pond_out_of_memory(sizeof r);
    else
        rc = read_part(p, &r, from, (zip_uint64_t)at, part, most_bytes, err);
    if (r.parser != NULL)
        p->xml.close(r.parser);
    if (from != NULL)
        p->lib.close_part(from); // it was only read
    pond_arena_deinit(&a);
    return rc;
}

// Packages ----------------------------------------------------------------------------------------

// A file that is no archive may be of the format before this one, or have a password: both are OLE.
static pond_code check_kind(const char *path, pond_sv name, pond_err *err) {
    static const unsigned char ole[] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};
    char first[sizeof ole] = {0};
    int fd;
    POND_TRY(pond_file_open(path, &fd, err));
    ssize_t n = pread(fd, first, sizeof first, 0);
    close(fd); // opened for reading only
    if (n < 0)
        return pond_fail_errno(err, "cannot read '%.*s'", POND_SV_ARG(name));
    if (memcmp(first, ole, sizeof ole) == 0)
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%.*s' is a workbook of the format before .xlsx, or one with a "
                         "password; save it as .xlsx, without a password",
                         POND_SV_ARG(name));
    return POND_OK;
}

static pond_code open_zip(format_package *p, const char *path, pond_err *err) {
    int why = 0;
    POND_TRY(check_kind(path, p->name, err));
    p->zip = p->lib.open(path, ZIP_RDONLY, &why);
    if (p->zip != NULL)
        return POND_OK;
    zip_error_t error;
    p->lib.init_error(&error, why);
    pond_code rc = pond_fail(err, POND_ERR_INVALID, "'%.*s' is not an Excel workbook: %s",
                             POND_SV_ARG(p->name), p->lib.text_of_error(&error));
    p->lib.free_error(&error);
    return rc;
}

pond_code format_package_open(pond_arena *a, const char *path, pond_sv name, format_package **out,
                              pond_meter *meter, pond_err *err) {
    format_package *p = POND_NEW(a, format_package);
    *p = (format_package){.name = name, .meter = meter};
    pond_code rc = format_libxml_load(&p->xml, "xlsx", err);
    if (rc == POND_OK)
        rc = format_libzip_load(&p->lib, "xlsx", err);
    if (rc == POND_OK)
        rc = open_zip(p, path, err);
    *out = p;
    if (rc == POND_OK)
        return rc;
    format_package_close(p);
    *out = NULL;
    return rc;
}

void format_package_close(format_package *p) {
    if (p == NULL)
        return;
    if (p->zip != NULL)
        p->lib.discard(p->zip); // nothing was changed
    p->zip = NULL;
    format_libzip_release(&p->lib);
    format_libxml_release(&p->xml);
}
