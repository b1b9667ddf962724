// Decodes with iconv(3).
#include "text/charset.h"

#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { IN_BYTES = 1 << 16, OUT_BYTES = 1 << 18, LONGEST_MARK = 4 };

// Charsets ----------------------------------------------------------------------------------------

// The mark of UTF-32LE begins with that of UTF-16LE.
static const struct {
    const char *bytes;
    size_t n;
    const char *charset; // "": the bytes after it are UTF-8 already
} marks[] = {
    {"\xEF\xBB\xBF", 3, ""},     {"\xFF\xFE\0\0", 4, "UTF-32LE"}, {"\0\0\xFE\xFF", 4, "UTF-32BE"},
    {"\xFF\xFE", 2, "UTF-16LE"}, {"\xFE\xFF", 2, "UTF-16BE"},
};

// Names that people use and iconv does not know, without their "-", "_" and blanks.
static const struct {
    const char *name, *charset;
} aliases[] = {
    {"latin1", "ISO-8859-1"},    {"latin9", "ISO-8859-15"},   {"ansi", "WINDOWS-1252"},
    {"win1252", "WINDOWS-1252"}, {"win1251", "WINDOWS-1251"}, {"win1250", "WINDOWS-1250"},
    {"macroman", "MACINTOSH"},   {"utf16le", "UTF-16LE"},     {"utf16be", "UTF-16BE"},
    {"utf32le", "UTF-32LE"},     {"utf32be", "UTF-32BE"},     {"shiftjis", "SHIFT_JIS"},
};
// iconv takes the order of bytes of this machine for that of these.
static const char *const orderless[] = {"utf16", "utf32", "ucs2", "ucs4", "unicode", "iso10646"};

enum { NAME_ROOM = 64 };

// A name without case, "-", "_" and blanks. Empty if it has other characters than those of names:
// iconv would take what follows a slash for an instruction to leave characters out.
static void plain_name(pond_sv charset, char out[NAME_ROOM]) {
    size_t n = 0;
    out[0] = '\0';
    if (charset.n >= NAME_ROOM)
        return;
    for (size_t i = 0; i < charset.n; i++) {
        char c = charset.p[i];
        if (isalnum((unsigned char)c) || c == '.' || c == ':' || c == '+')
            out[n++] = (char)tolower((unsigned char)c);
        else if (c != '-' && c != '_' && c != ' ')
            n = NAME_ROOM - 1;
        if (n == NAME_ROOM - 1)
            break;
    }
    out[n == NAME_ROOM - 1 ? 0 : n] = '\0';
}

// What iconv calls it.
static const char *iconv_name(pond_sv charset, const char *plain, char room[NAME_ROOM]) {
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(plain, aliases[i].name) == 0)
            return aliases[i].charset;
    snprintf(room, NAME_ROOM, "%.*s", POND_SV_ARG(charset));
    return room;
}

static bool is_orderless(const char *plain) {
    for (size_t i = 0; i < sizeof orderless / sizeof *orderless; i++)
        if (strcmp(plain, orderless[i]) == 0)
            return true;
    return false;
}

static pond_code open_decoder(pond_sv charset, bool has_mark, iconv_t *out, pond_err *err) {
    char plain[NAME_ROOM], room[NAME_ROOM];
    plain_name(charset, plain);
    if (is_orderless(plain) && !has_mark) {
        pond_fail(err, POND_ERR_INVALID,
                  "charset '%.*s' leaves the order of bytes open, and the text has no byte order "
                  "mark",
                  POND_SV_ARG(charset));
        pond_err_detail(err, "  say the order: utf-16le, utf-16be, utf-32le, utf-32be");
        return POND_ERR_INVALID;
    }
    if (plain[0] != '\0') {
        *out = iconv_open("UTF-8", iconv_name(charset, plain, room));
        if (*out != (iconv_t)-1)
            return POND_OK;
        if (errno != EINVAL)
            return pond_fail_errno(err, "cannot decode charset '%.*s'", POND_SV_ARG(charset));
    }
    pond_fail(err, POND_ERR_INVALID, "unknown charset '%.*s'", POND_SV_ARG(charset));
    pond_err_detail(err, "  known are those that `iconv -l` prints, such as latin1, "
                         "windows-1252, utf-16le, shift_jis");
    return POND_ERR_INVALID;
}

static pond_code close_decoder(iconv_t decoder, pond_code rc, pond_err *err) {
    if (iconv_close(decoder) != 0 && rc == POND_OK)
        return pond_fail_errno(err, "cannot end decoding");
    return rc;
}

// Files -------------------------------------------------------------------------------------------

typedef struct decoding {
    int in, out;
    const char *name, *out_name;
    char *bytes, *text;  // of IN_BYTES, and of OUT_BYTES
    size_t n;            // bytes in `bytes`
    bool is_at_end;      // of the file
    uint64_t n_consumed; // bytes of the file, with its mark
    uint64_t line, column;
} decoding;

// Reads more after the n bytes that are there, until there are n_min or the file ends.
static pond_code fill(decoding *d, size_t n_min, pond_err *err) {
    while (d->n < n_min && !d->is_at_end) {
        ssize_t got = read(d->in, d->bytes + d->n, IN_BYTES - d->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pond_fail_errno(err, "cannot read '%s'", d->name);
        d->is_at_end = got == 0;
        d->n += (size_t)got;
    }
    return POND_OK;
}

static void consume(decoding *d, size_t n) {
    memmove(d->bytes, d->bytes + n, d->n - n);
    d->n -= n;
    d->n_consumed += n;
}

static pond_code write_text(decoding *d, size_t n, pond_err *err) {
    for (size_t i = 0; i < n; i++) {
        bool is_end = d->text[i] == '\n';
        d->line += is_end;
        d->column = is_end ? 0 : d->column + (((unsigned char)d->text[i] & 0xC0) != 0x80);
    }
    return pond_fd_write_all(d->out, d->out_name, d->text, n, err);
}

static pond_code fail_bytes(const decoding *d, pond_sv charset, bool is_cut, pond_err *err) {
    enum { MOST = 4 };
    char hex[2 * MOST + 1];
    pond_hex((const uint8_t *)d->bytes, d->n < MOST ? d->n : MOST, hex);
    return pond_fail_at(err, POND_ERR_INVALID, d->name, (uint32_t)d->line, (uint32_t)d->column + 1,
                        "%s of charset %.*s at byte %" PRIu64 ": 0x%s%s",
                        is_cut ? "the text ends within a character" : "the bytes are no text",
                        POND_SV_ARG(charset), d->n_consumed, hex, d->n > MOST ? "…" : "");
}

static pond_code decode_all(decoding *d, iconv_t decoder, pond_sv charset, pond_err *err) {
    for (;;) {
        char *from = d->bytes, *to = d->text;
        size_t n_from = d->n, n_to = OUT_BYTES;
        bool is_flush = d->n == 0 && d->is_at_end; // some charsets hold a character back
        size_t rc = is_flush ? iconv(decoder, NULL, NULL, &to, &n_to)
                             : iconv(decoder, &from, &n_from, &to, &n_to);
        int why = rc == (size_t)-1 ? errno : 0;
        POND_TRY(write_text(d, OUT_BYTES - n_to, err));
        consume(d, d->n - n_from);
        if (is_flush && why == 0)
            return POND_OK;
        if (why == EILSEQ || (why == EINVAL && d->is_at_end))
            return fail_bytes(d, charset, why == EINVAL, err);
        if (why != 0 && why != EINVAL && why != E2BIG) {
            errno = why;
            return pond_fail_errno(err, "cannot decode '%s'", d->name);
        }
        if (why != E2BIG)
            POND_TRY(fill(d, d->n + 1, err));
    }
}

static pond_code copy_all(decoding *d, pond_err *err) {
    while (d->n > 0) {
        POND_TRY(pond_fd_write_all(d->out, d->out_name, d->bytes, d->n, err));
        consume(d, d->n);
        POND_TRY(fill(d, 1, err));
    }
    return POND_OK;
}

// Drops the mark at the start, and says what it means; false: there is none.
static bool take_mark(decoding *d, pond_sv *charset) {
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (d->n >= marks[i].n && memcmp(d->bytes, marks[i].bytes, marks[i].n) == 0) {
            *charset = pond_sv_of(marks[i].charset);
            consume(d, marks[i].n);
            return true;
        }
    return false;
}

static pond_code run(decoding *d, pond_sv charset, pond_err *err) {
    iconv_t decoder;
    pond_sv named = charset;
    POND_TRY(fill(d, LONGEST_MARK, err));
    bool has_mark = take_mark(d, &charset);
    if (has_mark && named.n > 0) { // a mistake in the name is one, even if the mark decides
        POND_TRY(open_decoder(named, has_mark, &decoder, err));
        POND_TRY(close_decoder(decoder, POND_OK, err));
    }
    if (charset.n == 0)
        return copy_all(d, err);
    POND_TRY(open_decoder(charset, has_mark, &decoder, err));
    return close_decoder(decoder, decode_all(d, decoder, charset, err), err);
}

pond_code pond_charset_decode(int in, pond_sv charset, int out, const char *name, pond_err *err) {
    char out_name[POND_ERR_MSG];
    snprintf(out_name, sizeof out_name, "the text of %s", name);
    decoding d = {.in = in,
                  .out = out,
                  .name = name,
                  .out_name = out_name,
                  .bytes = pond_xmalloc(IN_BYTES),
                  .text = pond_xmalloc(OUT_BYTES),
                  .line = 1};
    pond_code rc = run(&d, charset, err);
    free(d.bytes);
    free(d.text);
    return rc;
}
