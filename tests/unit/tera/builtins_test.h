// Calls built-ins as the renderer does, with JSON for values, so that tests are tables.
#ifndef TESTS_TERA_BUILTINS_TEST_H
#define TESTS_TERA_BUILTINS_TEST_H

#include "tera/builtins.h"

#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

typedef struct row {
    const char *name;
    const char *in;   // JSON; a name is undefined when NULL
    const char *args; // JSON: an object for filters and functions, an array for tests
    const char *want; // JSON, or "!" and the message
} row;

typedef struct bench {
    pond_arena arena;
    pond_err err;
} bench;

static pond_value json(bench *b, const char *text) {
    pond_value v = pond_null();
    pond_err err = {0};
    if (text != NULL && pond_json_parse(&b->arena, pond_sv_of(text), "t", &v, &err) != POND_OK)
        fail_msg("%s in %s", err.msg, text);
    return v;
}

static pond_tera_args to_args(bench *b, const char *text) {
    pond_value o = json(b, text == NULL ? "{}" : text);
    pond_sv *names = POND_NEW_ARRAY(&b->arena, pond_sv, o.n + 1u);
    pond_value *values = POND_NEW_ARRAY(&b->arena, pond_value, o.n + 1u);
    for (uint32_t i = 0; i < o.n; i++) {
        names[i] = o.entries[i].key;
        values[i] = o.entries[i].value;
    }
    return (pond_tera_args){names, values, o.n};
}

static pond_code run(bench *b, const row *r, pond_value *out) {
    pond_sv name = pond_sv_of(r->name);
    pond_tera_call c = {.arena = &b->arena, .name = name, .err = &b->err};
    if (tera_find_filter(name) != NULL) {
        pond_tera_args args = to_args(b, r->args);
        return tera_find_filter(name)->fn(&c, json(b, r->in), &args, out);
    }
    if (tera_find_function(name) != NULL) {
        pond_tera_args args = to_args(b, r->args);
        return tera_find_function(name)->fn(&c, &args, out);
    }
    assert_non_null(tera_find_test(name));
    pond_value args = json(b, r->args == NULL ? "[]" : r->args);
    bool is_so = false;
    pond_code rc =
        tera_find_test(name)->fn(&c, r->in != NULL, json(b, r->in), args.items, args.n, &is_so);
    *out = pond_bool(is_so);
    return rc;
}

static void check_row(const row *r) {
    bench b = {0};
    pond_arena_init(&b.arena);
    pond_value v = pond_null();
    pond_buf text = POND_BUF_EMPTY;
    if (run(&b, r, &v) == POND_OK)
        pond_json_write(&text, v, 0);
    else
        pond_buf_printf(&text, "!%s", b.err.msg);
    if (strcmp(text.p, r->want) != 0)
        fail_msg("%s | %s(%s)\n  wanted %s\n  got    %s", r->in == NULL ? "" : r->in, r->name,
                 r->args == NULL ? "" : r->args, r->want, text.p);
    pond_buf_free(&text);
    pond_arena_deinit(&b.arena);
}

static void check_rows(const row *rows, size_t n) {
    for (size_t i = 0; i < n; i++)
        check_row(&rows[i]);
}

#endif
