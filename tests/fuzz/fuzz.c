// What the fuzz targets share: parts of an input, values and template engines made from them, and
// checks of errors.
#include "fuzz.h"

#include "factory/template_extras.h"
#include "tera/builtins.h"

#include <stdlib.h>

// Inputs ------------------------------------------------------------------------------------------

pond_sv fuzz_line(pond_sv *input) {
    pond_sv line = {"", 0};
    pond_sv_split(input, '\n', &line);
    if (input->p == NULL)
        *input = (pond_sv){"", 0};
    return line;
}

// Only the first template of a name is added, so that a place in a template belongs to one text.
static void add_part(fuzz_parts *out, pond_sv name, pond_sv text) {
    for (size_t i = 0; i < out->n; i++)
        if (pond_sv_eq(out->items[i].name, name))
            return;
    if (pond_sv_is(name, "data"))
        out->data = text;
    else if (out->n < FUZZ_MAX_PARTS)
        out->items[out->n++] = (fuzz_part){name, text};
}

void fuzz_split(pond_sv input, fuzz_parts *out) {
    static const pond_sv mark = {"--- ", 4};
    *out = (fuzz_parts){0};
    pond_sv name = POND_SV("main"), rest = input, line;
    const char *start = input.p;
    while (pond_sv_split(&rest, '\n', &line)) {
        if (!pond_sv_starts(line, mark))
            continue;
        if (line.p > start) // the newline before the mark belongs to the mark
            add_part(out, name, (pond_sv){start, (size_t)(line.p - 1 - start)});
        name = pond_sv_sub(line, mark.n, line.n);
        name.n = strnlen(name.p, name.n); // a place in a text names its file as a C string
        start = rest.p == NULL ? line.p + line.n : rest.p;
    }
    add_part(out, name, (pond_sv){start, (size_t)(input.p + input.n - start)});
}

// Values grown from bytes -------------------------------------------------------------------------

typedef struct bytes {
    const uint8_t *p;
    size_t n;
} bytes;

static uint8_t next(bytes *b) {
    if (b->n == 0)
        return 0;
    b->n--;
    return *b->p++;
}

// Names that the seeds and the dictionary use.
static const char *const names[] = {"a", "b", "c",    "items", "k",    "l",    "n",   "o",
                                    "s", "x", "page", "name",  "date", "user", "b.c", "1"};
static const int64_t integers[] = {0, 1, -1, 2, 3, 255, INT64_MAX, INT64_MIN, 1720000000};
static const double floats[] = {0.0, -0.0, 1.0, 0.1, -2.5, 1e16, 1e300, 5e-324, 9007199254740993.0};
static const char *const texts[] = {"",          "a",          "<b>&\"'/", "ÄÖß ﬁ",
                                    "e\xcc\x81", "2024-02-29", "12",       "👨‍👩‍👧",
                                    "a\r\nb\tc", "0x1F",       "a.b.c",    "NaN"};
#define PICK(array, i) (array)[(i) % (sizeof(array) / sizeof *(array))]

static pond_value grow(pond_arena *a, bytes *b, int depth);

static pond_value grow_object(pond_arena *a, bytes *b, int depth) {
    size_t n = next(b) % 8;
    pond_entry *entries = POND_NEW_ARRAY(a, pond_entry, n);
    for (size_t i = 0; i < n; i++) {
        entries[i].key = pond_sv_of(PICK(names, next(b)));
        entries[i].value = grow(a, b, depth + 1);
    }
    return pond_object_sorted(entries, n);
}

static pond_value grow_array(pond_arena *a, bytes *b, int depth) {
    uint8_t head = next(b);
    size_t n = head % 8;
    pond_value *items = POND_NEW_ARRAY(a, pond_value, n);
    for (size_t i = 0; i < n; i++)
        items[i] = grow(a, b, depth + 1);
    if (head < 224)
        return pond_array(items, n);
    return pond_array_with_attrs(a, items, n, grow_object(a, b, depth + 1));
}

static pond_value grow(pond_arena *a, bytes *b, int depth) {
    uint8_t head = next(b), detail = head / 8;
    switch (depth < 6 ? head % 8 : head % 6) {
    case POND_NULL:
        return pond_null();
    case POND_BOOL:
        return pond_bool(detail & 1);
    case POND_INT:
        return pond_int(PICK(integers, detail));
    case POND_UINT:
        return pond_uint(UINT64_MAX - detail);
    case POND_FLOAT:
        return pond_float(PICK(floats, detail));
    case POND_STRING:
        return pond_string_lit(PICK(texts, detail));
    case POND_ARRAY:
        return grow_array(a, b, depth);
    default:
        return grow_object(a, b, depth);
    }
}

pond_value fuzz_context(pond_arena *a, const fuzz_parts *parts) {
    pond_value v;
    if (parts->data.p != NULL && pond_json_parse(a, parts->data, "data", &v, NULL) == POND_OK &&
        v.kind == POND_OBJECT)
        return v;
    pond_sv text = parts->data.p != NULL || parts->n == 0 ? parts->data : parts->items[0].text;
    bytes b = {(const uint8_t *)text.p, text.n};
    size_t n = sizeof names / sizeof *names;
    pond_entry *entries = POND_NEW_ARRAY(a, pond_entry, n);
    for (size_t i = 0; i < n; i++)
        entries[i] = (pond_entry){pond_sv_of(names[i]), grow(a, &b, 0)};
    return pond_object_sorted(entries, n);
}

// Engines -----------------------------------------------------------------------------------------

pond_code fuzz_load(const fuzz_parts *parts, pond_tera **out, pond_err *err) {
    pond_tera_options options = {.limits = {.max_nesting = 64,
                                            .max_call_depth = 32,
                                            .max_output_bytes = 1 << 16,
                                            .max_memory_bytes = 1 << 22,
                                            .max_steps = 20000,
                                            .max_range = 1000}};
    *out = pond_tera_new(&options);
    pond_template_add_extras(*out);
    for (size_t i = 0; i < parts->n; i++)
        POND_TRY(pond_tera_add(*out, parts->items[i].name, parts->items[i].text, err));
    return pond_tera_check(*out, err);
}

// Promises ----------------------------------------------------------------------------------------

void fuzz_check_error(pond_code code, const pond_err *err) {
    if (code == POND_OK)
        return;
    POND_ASSERT(err->code == code);
    POND_ASSERT(code != POND_ERR_INTERNAL);
    POND_ASSERT(err->msg[0] != '\0');
    POND_ASSERT(memchr(err->msg, '\0', sizeof err->msg) != NULL);
    POND_ASSERT(memchr(err->detail, '\0', sizeof err->detail) != NULL);
}

void fuzz_check_place(const pond_loc *where, pond_sv text) {
    pond_sv line = {NULL, 0};
    POND_ASSERT(where->line > 0 && where->column > 0);
    for (uint32_t i = 0; i < where->line; i++)
        POND_ASSERT(pond_sv_split(&text, '\n', &line));
    POND_ASSERT(where->column <= line.n + 1);
}
