// Texts in other charsets become UTF-8, or are refused at the byte that is none.
#include "text/charset.h"

#include "base/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
// Bytes, which may have NULs in them.
#define B(literal) literal, sizeof(literal) - 1

static int file_of(const char *bytes, size_t n) {
    pond_err err = {0};
    int fd = memfd_create("text", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pond_fd_write_all(fd, "text", bytes, n, &err), POND_OK);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static pond_code decode(const char *bytes, size_t n, const char *charset, pond_buf *text,
                        pond_err *err) {
    int in = file_of(bytes, n), out = file_of("", 0);
    pond_err_clear(err);
    pond_code rc = pond_charset_decode(in, pond_sv_of(charset), out, "a.csv", err);
    assert_int_equal(lseek(out, 0, SEEK_SET), 0);
    assert_int_equal(pond_fd_read_all(out, "out", text, NULL), POND_OK);
    close(in);
    close(out);
    return rc;
}

static void decoding(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *charset, *want;
    } rows[] = {
        {B(""), "", ""},
        {B(""), "latin1", ""},
        {B("a"), "", "a"},
        {B("temp,\xC3\xA9\n"), "", "temp,é\n"},
        {B("temp,\xE9\n"), "", "temp,\xE9\n"}, // asked elsewhere
        // marks
        {B("\xEF\xBB\xBF"), "", ""},
        {B("\xEF\xBB\xBF"
           "a\n"),
         "", "a\n"},
        {B("\xEF\xBB\xBF\xC3\xA9"), "utf-8", "é"},
        {B("\xEF\xBB\xBF\xC3\xA9"), "latin1", "é"},
        {B("\xEF\xBB"), "", "\xEF\xBB"},
        {B("\xFF\xFE"), "", ""},
        {B("\xFF\xFE"
           "a\0\xE9\0\n\0"),
         "", "aé\n"},
        {B("\xFE\xFF\0a\0\xE9\0\n"), "", "aé\n"},
        {B("\xFE\xFF\0a\0\xE9\0\n"), "utf-16", "aé\n"},
        {B("\xFF\xFE"
           "a\0\0\xD8\0\xDC"),
         "", "a\xF0\x90\x80\x80"}, // a pair of surrogates
        {B("\xFF\xFE\0\0"
           "a\0\0\0\xE9\0\0\0"),
         "", "aé"},
        {B("\0\0\xFE\xFF\0\0\0a\0\0\0\xE9"), "", "aé"},
        {B("\0\0\xFE\xFF\0\0\0a\0\1\xF6\0"), "UTF-32", "a😀"},
        // names
        {B("\xE9\xA4\xFF"), "latin1", "é¤ÿ"},
        {B("\xE9\xA4\xFF"), "Latin-1", "é¤ÿ"},
        {B("\xE9\xA4\xFF"), "latin_1", "é¤ÿ"},
        {B("\xE9\xA4\xFF"), "ISO-8859-1", "é¤ÿ"},
        {B("\xE9\xA4\xFF"), "iso8859-1", "é¤ÿ"},
        {B("\xE9\xA4"), "latin9", "é€"},
        {B("\x80 \xE9"), "windows-1252", "€ é"},
        {B("\x80 \xE9"), "cp1252", "€ é"},
        {B("\x80 \xE9"), "ANSI", "€ é"},
        {B("\xEA\xEE\xF2"), "win-1251", "кот"},
        {B("\x8E"), "MacRoman", "é"},
        {B("\x82\xA0,\x83\x65"), "shift-jis", "あ,テ"},
        {B("\xC4\xE3"), "gb18030", "你"},
        {B("a\0\xE9\0"), "utf-16le", "aé"},
        {B("a\0\xE9\0"), "utf16le", "aé"},
        {B("a\0\xE9\0"), "UTF-16-LE", "aé"},
        {B("\0a\0\xE9"), "utf-16be", "aé"},
        {B("\xC3\xA9"), "utf8", "é"},
        {B("\xC3\xA9"), "UTF-8", "é"},
        {B("e\xEC"), "cp1258", "é"}, // a mark of its own, which the decoder waits for
    };
    pond_buf text = POND_BUF_EMPTY;
    pond_err err;
    for (size_t i = 0; i < COUNT(rows); i++) {
        pond_buf_clear(&text);
        if (decode(rows[i].bytes, rows[i].n, rows[i].charset, &text, &err) != POND_OK)
            fail_msg("row %zu: %s", i, err.msg);
        if (!pond_sv_is(pond_buf_view(&text), rows[i].want))
            fail_msg("row %zu: '%s' instead of '%s'", i, text.p, rows[i].want);
    }
    pond_buf_free(&text);
}

static void what_is_no_text(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *charset, *want;
    } rows[] = {
        {B("a,\x81\n"), "windows-1252",
         "a.csv:1:3: the bytes are no text of charset windows-1252 at byte 2: 0x810a"},
        {B("a\nb\n\xE9"
           "c\xFF,\x81zzz"),
         "cp1252", "a.csv:3:5: the bytes are no text of charset cp1252 at byte 8: 0x817a7a7a"},
        {B("a\nb\n\xC3\xA9,\xE9zzzzzz"), "utf-8",
         "a.csv:3:3: the bytes are no text of charset utf-8 at byte 7: 0xe97a7a7a…"},
        {B("\xFF\xFE"
           "a\0\n\0\0\xDCz\0"),
         "", "a.csv:2:1: the bytes are no text of charset UTF-16LE at byte 6: 0x00dc7a00"},
        {B("\xFF\xFE"
           "a\0b"),
         "", "a.csv:1:2: the text ends within a character of charset UTF-16LE at byte 4: 0x62"},
        {B("\xFF\xFE"
           "a\0\0\xD8"),
         "", "a.csv:1:2: the text ends within a character of charset UTF-16LE at byte 4: 0x00d8"},
        {B("\0\0\xFE\xFF\0\0\0a\0\x11\0\0"), "",
         "a.csv:1:2: the bytes are no text of charset UTF-32BE at byte 8: 0x00110000"},
        {B("\x82\xA0\x82"), "shift_jis",
         "a.csv:1:2: the text ends within a character of charset shift_jis at byte 2: 0x82"},
        {B("a\x80"), "ascii", "a.csv:1:2: the bytes are no text of charset ascii at byte 1: 0x80"},
        {B("a\0"), "utf-16",
         "charset 'utf-16' leaves the order of bytes open, and the text has no "
         "byte order mark"},
        {B("a\0"), "UCS2", "charset 'UCS2' leaves the order of bytes open"},
        {B(""), "utf-32", "charset 'utf-32' leaves the order of bytes open"},
        {B("a"), "latin99", "unknown charset 'latin99'"},
        {B("\xEF\xBB\xBF"
           "a"),
         "latin99", "unknown charset 'latin99'"},
        {B("a"), "latin1//IGNORE", "unknown charset 'latin1//IGNORE'"},
        {B("a"), "latin1//", "unknown charset 'latin1//'"},
        {B("a"), "/", "unknown charset '/'"},
        {B("a"), "-", "unknown charset '-'"},
        {B("a"), "../latin1", "unknown charset '../latin1'"},
        {B("a"), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "unknown charset 'xxx"},
    };
    pond_buf text = POND_BUF_EMPTY;
    pond_err err;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[POND_ERR_LINE];
        assert_int_equal(decode(rows[i].bytes, rows[i].n, rows[i].charset, &text, &err),
                         POND_ERR_INVALID);
        pond_err_line(&err, line);
        if (strncmp(line, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: '%s' instead of '%s'", i, line, rows[i].want);
        if (strncmp(line, "unknown", 7) == 0)
            assert_non_null(strstr(err.detail, "iconv -l"));
    }
    pond_buf_free(&text);
}

// A text of some megabytes, with characters of one to four bytes at every distance from the ends
// of the buffers, and each of its encodings.
static void large_texts(void **state) {
    (void)state;
    static const char *const characters[] = {"a", "é", "€", "😀", "\n"};
    pond_buf want = POND_BUF_EMPTY, le = POND_BUF_EMPTY, be = POND_BUF_EMPTY, got = POND_BUF_EMPTY;
    static const char *const as_le[] = {"a\0", "\xE9\0", "\xAC\x20", "\x3D\xD8\x00\xDE", "\n\0"};
    static const char *const as_be[] = {"\0a", "\0\xE9", "\x20\xAC", "\xD8\x3D\xDE\x00", "\0\n"};
    uint32_t x = 1;
    pond_buf_append(&le, "\xFF\xFE", 2);
    pond_buf_append(&be, "\xFE\xFF", 2);
    for (int i = 0; i < 700000; i++) {
        x = x * 1664525u + 1013904223u;
        size_t k = (x >> 16) % 5;
        pond_buf_str(&want, characters[k]);
        pond_buf_append(&le, as_le[k], k == 3 ? 4 : 2);
        pond_buf_append(&be, as_be[k], k == 3 ? 4 : 2);
    }
    pond_err err;
    const pond_buf *const encoded[] = {&le, &be, &want, &want};
    static const char *const charsets[] = {"", "", "", "utf-8"};
    for (size_t i = 0; i < COUNT(encoded); i++) {
        pond_buf_clear(&got);
        assert_int_equal(decode(encoded[i]->p, encoded[i]->n, charsets[i], &got, &err), POND_OK);
        assert_true(pond_sv_eq(pond_buf_view(&got), pond_buf_view(&want)));
    }
    // Without its last byte the text is cut off, and the place is the last character's.
    pond_buf_append(&le, "z", 1);
    uint32_t line = 1;
    for (size_t i = 0; i < want.n; i++)
        line += want.p[i] == '\n';
    pond_buf_clear(&got);
    assert_int_equal(decode(le.p, le.n, "", &got, &err), POND_ERR_INVALID);
    assert_true(pond_sv_eq(pond_buf_view(&got), pond_buf_view(&want)));
    assert_int_equal(err.where.line, line);
    pond_buf_free(&want);
    pond_buf_free(&le);
    pond_buf_free(&be);
    pond_buf_free(&got);
}

// A text is whole at the ends of its characters, and cut off everywhere else.
static void cut_at_every_byte(void **state) {
    (void)state;
    static const char utf8[] = "aé€😀z", le[] = "a\0\xE9\0\x3D\xD8\x00\xDEz\0";
    pond_buf text = POND_BUF_EMPTY;
    pond_err err;
    for (size_t n = 0; n < sizeof utf8; n++) {
        bool is_whole = ((unsigned char)utf8[n] & 0xC0) != 0x80;
        pond_buf_clear(&text);
        assert_int_equal(decode(utf8, n, "utf-8", &text, &err) == POND_OK, is_whole);
        assert_true(is_whole || strstr(err.msg, "ends within a character") != NULL);
    }
    for (size_t n = 0; n < sizeof le; n++) {
        bool is_whole = n % 2 == 0 && n != 6;
        assert_int_equal(decode(le, n, "utf-16le", &text, &err) == POND_OK, is_whole);
        assert_true(is_whole || strstr(err.msg, "ends within a character") != NULL);
    }
    pond_buf_free(&text);
}

// A pipe gives what it has, also one byte at a time.
static void *write_slowly(void *fd) {
    static const char bytes[] = "\xFF\xFE"
                                "a\0\x3D\xD8\x00\xDEz\0";
    for (size_t i = 0; i + 1 < sizeof bytes; i++) {
        assert_int_equal(write(*(int *)fd, bytes + i, 1), 1);
        usleep(500);
    }
    close(*(int *)fd);
    return NULL;
}

static void from_a_pipe(void **state) {
    (void)state;
    int ends[2];
    pthread_t writer;
    pond_err err = {0};
    pond_buf text = POND_BUF_EMPTY;
    assert_int_equal(pipe(ends), 0);
    int out = file_of("", 0);
    assert_int_equal(pthread_create(&writer, NULL, write_slowly, &ends[1]), 0);
    assert_int_equal(pond_charset_decode(ends[0], POND_SV(""), out, "pipe", &err), POND_OK);
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(lseek(out, 0, SEEK_SET), 0);
    assert_int_equal(pond_fd_read_all(out, "out", &text, NULL), POND_OK);
    assert_string_equal(text.p, "a😀z");
    pond_buf_free(&text);
    close(ends[0]);
    close(out);
}

static void files_that_fail(void **state) {
    (void)state;
    pond_err err = {0};
    int in = file_of(B("\xE9")), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_int_equal(pond_charset_decode(-1, POND_SV(""), full, "a.csv", &err), POND_ERR_IO);
    assert_non_null(strstr(err.msg, "cannot read 'a.csv'"));
    assert_int_equal(pond_charset_decode(in, POND_SV("latin1"), full, "a.csv", &err), POND_ERR_IO);
    assert_non_null(strstr(err.msg, "'the text of a.csv'"));
    assert_int_equal(lseek(in, 0, SEEK_SET), 0);
    assert_int_equal(pond_charset_decode(in, POND_SV(""), full, "a.csv", &err), POND_ERR_IO);
    close(in);
    close(full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding),    cmocka_unit_test(what_is_no_text),
        cmocka_unit_test(large_texts), cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(from_a_pipe), cmocka_unit_test(files_that_fail),
    };
    return cmocka_run_group_tests_name("text/charset", tests, NULL, NULL);
}
