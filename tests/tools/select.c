// Linked into every unit test: POND_TEST_ONLY=TEXT runs only the tests that have TEXT in their
// name. A blank in TEXT matches any character, since names of C functions have underscores between
// words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

// cmocka keeps the pointer. A text that does not fit matches nothing, so it is refused here.
static char pattern[1000];

__attribute__((constructor)) static void select_tests(void) {
    const char *text = getenv("POND_TEST_ONLY");
    if (text == NULL)
        return;
    if (strlen(text) + sizeof "**" > sizeof pattern) {
        fprintf(stderr, "POND_TEST_ONLY is longer than %zu bytes\n", sizeof pattern - sizeof "**");
        exit(2);
    }
    snprintf(pattern, sizeof pattern, "*%s*", text);
    for (char *c = pattern; *c != '\0'; c++)
        if (*c == ' ')
            *c = '?';
    cmocka_set_test_filter(pattern);
}
