// The JSON parser: the events of libyajl become values, and its errors become ours. The library
// checks the grammar; the encoding, the depth, the range of numbers and the pairing of surrogates
// are checked here.
#include "value/value_internal.h"

#include "base/vec.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

typedef struct frame {
    size_t first; // index in `open` of the first entry of this array or object
    pond_sv key;  // of the member that is being read
} frame;

enum { N_SEEN = 64 }; // a power of 2

// `open` is a stack of the entries of all arrays and objects that are not closed yet. Closing one
// removes its entries from the top and copies them to the result. Items of arrays have no key.
typedef struct reader {
    const char *name;
    pond_sv text;
    pond_err *err;
    pond_arena *arena;  // of the result
    pond_arena scratch; // of what is needed while reading
    POND_VEC(pond_entry) open;
    frame frames[POND_JSON_MAX_DEPTH + 1]; // frames[0] holds the whole value
    size_t depth;
    pond_sv seen[N_SEEN]; // the latest keys of each kind (seen_before)
    yajl_handle yajl;
    size_t accepted;   // offset of the end of the last good token
    pond_code refusal; // why a callback stopped the parser
} reader;

// Events ------------------------------------------------------------------------------------------

enum { STOP = 0, GO_ON = 1 };

static int refuse(reader *r, pond_code why) {
    r->refusal = why;
    return STOP;
}

static int accept(reader *r) {
    r->accepted = yajl_get_bytes_consumed(r->yajl);
    return GO_ON;
}

static int add(reader *r, pond_value v) {
    *pond_vec_push(&r->scratch, &r->open) =
        (pond_entry){.key = r->frames[r->depth].key, .value = v};
    return accept(r);
}

static int on_null(void *r) {
    return add(r, pond_null());
}

static int on_boolean(void *r, int b) {
    return add(r, pond_bool(b != 0));
}

static int on_number(void *context, const char *p, size_t n) {
    reader *r = context;
    pond_sv text = {p, n};
    int64_t i;
    uint64_t u;
    double f;
    // An integer cannot be -0, so that is a double.
    if (pond_sv_to_int(text, &i) && !(i == 0 && p[0] == '-'))
        return add(r, pond_int(i));
    if (pond_sv_to_uint(text, &u))
        return add(r, pond_uint(u));
    if (!pond_sv_to_double(text, &f) || isinf(f))
        return refuse(r, POND_ERR_INVALID);
    return add(r, pond_float(f));
}

static pond_sv keep(reader *r, const unsigned char *p, size_t n) {
    return pond_sv_dup(r->arena, (pond_sv){(const char *)p, n});
}

static int on_string(void *context, const unsigned char *p, size_t n) {
    reader *r = context;
    return add(r, pond_string(keep(r, p, n)));
}

// Objects in one text have mostly the same keys. A key that was read lately is not kept twice, which
// takes less memory, and so less time to look up.
static pond_sv *seen_before(reader *r, const unsigned char *p, size_t n) {
    return &r->seen[n == 0 ? 0 : (n * 5 + p[0] + p[n - 1] * 3u) % N_SEEN];
}

static int on_key(void *context, const unsigned char *p, size_t n) {
    reader *r = context;
    pond_sv *seen = seen_before(r, p, n);
    if (seen->p == NULL || !pond_sv_eq(*seen, (pond_sv){(const char *)p, n}))
        *seen = keep(r, p, n);
    r->frames[r->depth].key = *seen;
    return accept(r);
}

static int on_start(void *context) {
    reader *r = context;
    if (r->depth == POND_JSON_MAX_DEPTH)
        return refuse(r, POND_ERR_LIMIT);
    r->frames[++r->depth] = (frame){.first = r->open.n};
    return accept(r);
}

// Removes the entries of the innermost frame from the stack. There are *n; they are valid until the
// next event.
static pond_entry *close_frame(reader *r, size_t *n) {
    size_t first = r->frames[r->depth--].first;
    *n = r->open.n - first;
    r->open.n = first;
    return *n == 0 ? NULL : &r->open.items[first];
}

static int on_end_array(void *context) {
    reader *r = context;
    size_t n;
    pond_entry *entries = close_frame(r, &n);
    pond_value *items = POND_NEW_ARRAY(r->arena, pond_value, n);
    for (size_t i = 0; i < n; i++)
        items[i] = entries[i].value;
    return add(r, pond_array(items, n));
}

static int on_end_map(void *context) {
    reader *r = context;
    size_t n;
    pond_entry *entries = close_frame(r, &n);
    pond_entry *kept = POND_NEW_ARRAY(r->arena, pond_entry, n);
    if (n > 0)
        memcpy(kept, entries, n * sizeof *kept);
    return add(r, pond_object_sorted(kept, n));
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end_map,
    .yajl_start_array = on_start,
    .yajl_end_array = on_end_array,
};

// Errors ------------------------------------------------------------------------------------------

// Whether a word or a number, valid or not, may contain the character.
static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '+' || c == '-' || c == '.' || c == '_';
}

static size_t skip_blanks(pond_sv text, size_t i) {
    while (i < text.n && isspace((unsigned char)text.p[i]))
        i++;
    return i;
}

// The token at which yajl failed. The offset that yajl gives is the end of that token, its start,
// or between these, so the search begins at the end of the last good token.
static pond_sv bad_token(const reader *r) {
    pond_sv text = r->text;
    size_t stop = yajl_get_bytes_consumed(r->yajl);
    size_t from = skip_blanks(text, r->accepted);
    if (from < text.n && (text.p[from] == ',' || text.p[from] == ':')) {
        size_t next = skip_blanks(text, from + 1);
        from = next < stop ? next : from; // else the comma itself is wrong
    }
    size_t to = from < text.n ? from + 1 : text.n;
    if (from < text.n && text.p[from] == '"') {
        while (to < text.n && text.p[to] != '"')
            to += text.p[to] == '\\' ? 2 : 1;
        to++;
    } else if (from < text.n && is_word(text.p[from])) {
        while (from > 0 && is_word(text.p[from - 1])) // 01 and 1.5.2 begin with a valid number
            from--;
        while (to < text.n && is_word(text.p[to]))
            to++;
    }
    while (to < text.n && ((unsigned char)text.p[to] & 0xC0) == 0x80)
        to++;
    return pond_sv_sub(text, from, to);
}

typedef enum failure_kind { WRONG_TOKEN, BAD_TOKEN, IN_STRING, AT_END } failure_kind;

static const struct failure {
    const char *theirs; // a part of yajl's message that is in no other
    failure_kind kind;
    const char *ours; // what was expected, for WRONG_TOKEN; what is wrong, for IN_STRING
} failures[] = {
    {"unallowed token", WRONG_TOKEN, "expected a value"},
    {"invalid object key", WRONG_TOKEN, "expected a key in double quotes"},
    {"separated by a colon", WRONG_TOKEN, "expected ':' after the key"},
    {"inside map, I expect", WRONG_TOKEN, "expected ',' or '}' after the value"},
    {"after array element", WRONG_TOKEN, "expected ',' or ']' after the value"},
    {"trailing garbage", WRONG_TOKEN, "expected nothing after the value"},
    {"occurs before a character", IN_STRING, "unknown escape in a string"},
    {"(non-hex) character", IN_STRING, "\\u needs four hexadecimal digits"},
    {"invalid character inside string", IN_STRING,
     "a control character in a string needs an escape"},
    {"premature EOF", AT_END, NULL},
    {"", BAD_TOKEN, NULL}, // all others: invalid words and numbers
};

// "BEFORE'TOKEN'AFTER"
static pond_code fail_at_token(const reader *r, pond_code code, pond_sv token, const char *before,
                               const char *after) {
    enum { MAX_SHOWN = 40 };
    pond_sv shown = token;
    if (token.n > MAX_SHOWN)
        for (shown.n = MAX_SHOWN; ((unsigned char)shown.p[shown.n] & 0xC0) == 0x80;)
            shown.n--;
    size_t offset = (size_t)(token.p - r->text.p);
    return value_fail(r->err, code, value_place_of(r->name, r->text, offset, token.n),
                      "%s'%.*s%s'%s", before, POND_SV_ARG(shown), shown.n < token.n ? "..." : "",
                      after);
}

static pond_code fail_at_end(const reader *r) {
    size_t end = r->text.n;
    while (end > 0 && isspace((unsigned char)r->text.p[end - 1]))
        end--;
    return value_fail(r->err, POND_ERR_SYNTAX, value_place_of(r->name, r->text, end, 1),
                      end == 0 ? "expected a value, found nothing"
                               : "the text ends before the value does");
}

// Translates the error of yajl.
static pond_code fail_as_yajl(const reader *r) {
    size_t stop = yajl_get_bytes_consumed(r->yajl);
    unsigned char *theirs = yajl_get_error(r->yajl, 0, NULL, 0);
    const struct failure *f = failures;
    while (strstr((const char *)theirs, f->theirs) == NULL)
        f++;
    yajl_free_error(r->yajl, theirs);

    if (f->kind == AT_END || (f->kind == IN_STRING && stop >= r->text.n))
        return fail_at_end(r);
    if (f->kind == IN_STRING)
        return value_fail(r->err, POND_ERR_SYNTAX, value_place_of(r->name, r->text, stop, 1), "%s",
                          f->ours);
    if (f->kind == BAD_TOKEN)
        return fail_at_token(r, POND_ERR_SYNTAX, bad_token(r), "", " is not JSON");
    char before[64];
    snprintf(before, sizeof before, "%s, found ", f->ours);
    return fail_at_token(r, POND_ERR_SYNTAX, bad_token(r), before, "");
}

static pond_code fail_as_refused(const reader *r) {
    pond_sv token = bad_token(r);
    if (r->refusal == POND_ERR_INVALID)
        return fail_at_token(r, POND_ERR_INVALID, token, "the number ", " is out of range");
    size_t offset = (size_t)(token.p - r->text.p);
    return value_fail(r->err, POND_ERR_LIMIT, value_place_of(r->name, r->text, offset, 1),
                      "nested deeper than %d levels", POND_JSON_MAX_DEPTH);
}

// Parsing ----------------------------------------------------------------------------------------

// The code unit of a \uXXXX at p[0..n), or -1. yajl has checked the digits.
static int code_unit(const char *p, size_t n) {
    if (n < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    char hex[5] = {p[2], p[3], p[4], p[5], '\0'};
    return (int)strtol(hex, NULL, 16);
}

// The offset of an escaped surrogate without its other half, or -1. Valid JSON has a backslash only
// in strings, so the search need not know where these are.
static ptrdiff_t lone_surrogate(pond_sv text) {
    for (size_t i = 0; i < text.n;) {
        ptrdiff_t next = pond_sv_find_char(pond_sv_sub(text, i, text.n), '\\');
        if (next < 0)
            return -1;
        i += (size_t)next;
        int unit = code_unit(text.p + i, text.n - i);
        if (unit < 0xD800 || unit > 0xDFFF) {
            i += unit < 0 ? 2 : 6;
            continue;
        }
        int low = code_unit(text.p + i + 6, text.n - i - 6);
        if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
            return (ptrdiff_t)i;
        i += 12;
    }
    return -1;
}

static void *yajl_new(void *context, size_t n) {
    (void)context;
    return pond_xmalloc(n);
}
static void *yajl_resize(void *context, void *p, size_t n) {
    (void)context;
    return pond_xrealloc(p, n);
}
static void yajl_release(void *context, void *p) {
    (void)context;
    free(p);
}

static pond_code parse(reader *r) {
    pond_sv text = r->text;
    yajl_alloc_funcs memory = {yajl_new, yajl_resize, yajl_release, NULL};
    r->yajl = yajl_alloc(&callbacks, &memory, r);
    yajl_config(r->yajl, yajl_dont_validate_strings, 1);
    // A blank after the text ends its last token within the chunk, where yajl counts offsets.
    char *padded = pond_alloc(&r->scratch, text.n + 1);
    if (text.n > 0)
        memcpy(padded, text.p, text.n);
    padded[text.n] = ' ';
    yajl_status status = yajl_parse(r->yajl, (const unsigned char *)padded, text.n + 1);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(r->yajl);
    pond_code rc = POND_OK;
    if (status == yajl_status_client_canceled)
        rc = fail_as_refused(r);
    else if (status != yajl_status_ok)
        rc = fail_as_yajl(r);
    else if (skip_blanks(text, r->accepted) < text.n) // a string without an end, no token to yajl
        rc = fail_at_token(r, POND_ERR_SYNTAX, bad_token(r),
                           "expected nothing after the value, found ", "");
    yajl_free(r->yajl);
    return rc;
}

pond_code pond_json_parse(pond_arena *a, pond_sv text, const char *name, pond_value *out,
                          pond_err *err) {
    pond_sv byte_order_mark = POND_SV("\xEF\xBB\xBF"); // some editors write it
    if (pond_sv_starts(text, byte_order_mark))
        text = pond_sv_sub(text, byte_order_mark.n, text.n);
    if (text.n >= UINT32_MAX)
        return pond_fail(err, POND_ERR_LIMIT, "'%s' has %zu bytes: JSON is read up to 4 GiB", name,
                         text.n);
    ptrdiff_t bad = pond_utf8_find_bad(text);
    if (bad >= 0)
        return value_fail(err, POND_ERR_SYNTAX, value_place_of(name, text, (size_t)bad, 1),
                          "byte 0x%02x is not valid UTF-8", (unsigned char)text.p[bad]);
    reader r = {.name = name, .text = text, .err = err, .arena = a};
    pond_arena_init(&r.scratch);
    pond_code rc = parse(&r);
    if (rc == POND_OK && (bad = lone_surrogate(text)) >= 0)
        rc = value_fail(err, POND_ERR_SYNTAX, value_place_of(name, text, (size_t)bad, 6),
                        "'%.6s' is half of a surrogate pair", text.p + bad);
    if (rc == POND_OK)
        *out = r.open.items[0].value;
    pond_arena_deinit(&r.scratch);
    return rc;
}
