// URLs and headers that requests may have. What servers do is in tests/network.
#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void expect_flaw(const char *url, const char *words) {
    const char *flaw = pond_http_url_flaw(pond_sv_of(url));
    if (words == NULL && flaw != NULL)
        fail_msg("'%s' %s", url, flaw);
    if (words != NULL && (flaw == NULL || pond_sv_find(pond_sv_of(flaw), pond_sv_of(words)) < 0))
        fail_msg("'%s' %s", url, flaw == NULL ? "is taken" : flaw);
}

static void a_url_has_a_known_scheme_and_a_host(void **state) {
    (void)state;
    expect_flaw("http://a", NULL);
    expect_flaw("HTTPS://[::1]:8080/x?y=@#z", NULL);
    expect_flaw("", "begin with http://");
    expect_flaw("http", "begin with http://");
    expect_flaw("ftp://a/b", "begin with http://");
    expect_flaw("file:///etc/passwd", "begin with http://");
    expect_flaw("http://", "begin with http://");
    expect_flaw("http:///x", "no host");
    expect_flaw("http://?q", "no host");
}

static void a_url_has_no_credentials_and_no_blanks(void **state) {
    (void)state;
    expect_flaw("https://me:word@host/x", "user or a password");
    expect_flaw("https://me@host", "user or a password");
    expect_flaw("http://host/a b", "blank");
    expect_flaw("http://host/a\nb", "control character");
    expect_flaw("http://host\\@other/", "backslash");
    expect_flaw("http://host/\x7f", "control character");
}

static void a_header_is_one_line(void **state) {
    (void)state;
    assert_null(pond_http_header_flaw(POND_SV("X-Key"), POND_SV("a: b")));
    assert_null(pond_http_header_flaw(POND_SV("X-Key"), POND_SV("")));
    assert_non_null(pond_http_header_flaw(POND_SV(""), POND_SV("a")));
    assert_non_null(pond_http_header_flaw(POND_SV("X Key"), POND_SV("a")));
    assert_non_null(pond_http_header_flaw(POND_SV("X:Key"), POND_SV("a")));
    assert_non_null(pond_http_header_flaw(POND_SV("X\xc3\xa4"), POND_SV("a")));
    assert_non_null(pond_http_header_flaw(POND_SV("X"), POND_SV("a\r\nY: b")));
    assert_non_null(pond_http_header_flaw(POND_SV("X"), POND_SV("a\nY: b")));
}

static void the_last_header_of_a_name_counts(void **state) {
    (void)state;
    pond_http_header headers[] = {
        {.name = POND_SV("ETag"), .value = POND_SV("1")},
        {.name = POND_SV("etag"), .value = POND_SV("2")},
    };
    const pond_http_reply reply = {.headers = {.items = headers, .n = 2}};
    assert_true(pond_sv_is(pond_http_header_of(&reply, "ETAG"), "2"));
    assert_int_equal(pond_http_header_of(&reply, "ETa").n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_has_a_known_scheme_and_a_host),
        cmocka_unit_test(a_url_has_no_credentials_and_no_blanks),
        cmocka_unit_test(a_header_is_one_line),
        cmocka_unit_test(the_last_header_of_a_name_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
