// ndjson and json: objects of JSON as typed rows, one on each line or in one array.
//
// The file is read twice: for the columns and the kinds of their values, and for the rows. Numbers
// keep the text that they were written with, and the text room decides their type.
#include "format/format.h"
#include "format/lines.h"
#include "format/rows.h"
#include "format/text_options.h"

#include "base/file.h"
#include "base/map.h"
#include "value/pull.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct json_config {
    pond_text_options text; // the first member: a pond_reader's options are it
    int nested;
} json_config;

static const pond_option option_rows[] = {
    FORMAT_NULL_OPTION(json_config, text),
    FORMAT_TIME_OPTIONS(json_config, text),
    POND_OPTION("nested", POND_OPT_CHOICE, json_config, nested, .value = "error|text",
                .help = "what becomes of objects and arrays in a column: nothing, or their JSON "
                        "as text (default: error)"),
};
static const pond_options ndjson_options = POND_OPTIONS("ndjson", option_rows);
static const pond_options json_options = POND_OPTIONS("json", option_rows);

// Kinds of values, for a set of those that a column has.
enum { HAS_TEXT = 1, HAS_NUMBER = 2, HAS_TRUTH = 4, HAS_NESTED = 8, HAS_BIG = 16 };

typedef struct column {
    pond_sv name;
    unsigned kinds;
    pond_sv big; // the first number that would lose digits, and its row
    uint64_t big_row;
    // Of the present row, if that is `row`:
    uint64_t row;
    unsigned kind; // 0: null
    pond_sv text;
} column;

typedef struct objects {
    const json_config *config;
    pond_sv name;
    pond_arena *arena; // of the columns
    pond_arena row_arena;
    pond_map at; // columns by name
    POND_VEC(column *) columns;
    bool is_closed; // all columns are known
    uint64_t row;
    uint64_t line; // of the object, or where it ends
    pond_pull *pull;
    format_lines lines; // of ndjson
    int fd;             // of json
    pond_meter *meter;
} objects;

static pond_code fail_at(const objects *o, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static pond_code fail_at(const objects *o, pond_err *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_vfail_at(err, POND_ERR_INVALID, o->name.p, o->name.n, o->line, 0, fmt, args);
    va_end(args);
    return POND_ERR_INVALID;
}

// Values ------------------------------------------------------------------------------------------

// Appends the next value as compact JSON; numbers and the order of keys stay as they are written.
static void copy_value(pond_pull *p, pond_buf *out, pond_arena *a) {
    pond_sv text;
    pond_value v;
    bool has_any = false;
    switch (pond_pull_kind(p)) {
    case POND_OBJECT:
        pond_buf_char(out, '{');
        for (bool is = pond_pull_object(p); is && pond_pull_key(p, &text); has_any = true) {
            if (has_any)
                pond_buf_char(out, ',');
            pond_json_string(out, text);
            pond_buf_char(out, ':');
            copy_value(p, out, a);
        }
        pond_buf_char(out, '}');
        break;
    case POND_ARRAY:
        pond_buf_char(out, '[');
        for (bool is = pond_pull_array(p); is && pond_pull_item(p); has_any = true) {
            if (has_any)
                pond_buf_char(out, ',');
            copy_value(p, out, a);
        }
        pond_buf_char(out, ']');
        break;
    case POND_STRING:
        if (pond_pull_string(p, &text))
            pond_json_string(out, text);
        break;
    case POND_INT:
        if (pond_pull_number(p, &text))
            pond_buf_sv(out, text);
        break;
    default:
        if (pond_pull_value(p, a, &v))
            pond_json_write(out, v, 0);
    }
}

// Whole, and more than 64 bits hold.
static bool is_big(pond_sv number) {
    int64_t i;
    for (size_t at = 0; at < number.n; at++)
        if (number.p[at] == '.' || number.p[at] == 'e' || number.p[at] == 'E')
            return false;
    return !pond_sv_to_int(number, &i);
}

static pond_code read_number(objects *o, column *c, pond_err *err) {
    double d;
    pond_sv text;
    if (!pond_pull_number(o->pull, &text))
        return POND_OK; // the end of the object says so
    c->text = pond_sv_dup(&o->row_arena, text);
    c->kind = HAS_NUMBER;
    if (is_big(c->text))
        c->kind |= HAS_BIG;
    else if (!pond_sv_to_double(c->text, &d) || isinf(d))
        return fail_at(o, err, "the number '%.*s' in '%.*s' is out of range", POND_SV_ARG(c->text),
                       POND_SV_ARG(c->name));
    return POND_OK;
}

static pond_code read_nested(objects *o, column *c, bool is_array, pond_err *err) {
    if (o->config->nested == 0) {
        fail_at(o, err, "'%.*s' is %s, which is no value of a column", POND_SV_ARG(c->name),
                is_array ? "an array" : "an object");
        pond_err_detail(err, "  nested=text in the URL keeps such values as JSON, for --sql to "
                             "take apart");
        return POND_ERR_INVALID;
    }
    pond_buf b = POND_BUF_EMPTY;
    copy_value(o->pull, &b, &o->row_arena);
    c->text = pond_buf_keep(&o->row_arena, &b);
    c->kind = HAS_NESTED;
    return POND_OK;
}

static pond_code read_value(objects *o, column *c, pond_err *err) {
    pond_value v;
    pond_sv text;
    pond_kind kind = pond_pull_kind(o->pull);
    c->kind = 0;
    if (kind == POND_INT)
        return read_number(o, c, err);
    if (kind == POND_OBJECT || kind == POND_ARRAY)
        return read_nested(o, c, kind == POND_ARRAY, err);
    if (kind != POND_STRING) {
        if (pond_pull_value(o->pull, &o->row_arena, &v) && v.kind == POND_BOOL) {
            c->kind = HAS_TRUTH;
            c->text = v.b ? POND_SV("true") : POND_SV("false");
        }
        return POND_OK;
    }
    if (!pond_pull_string(o->pull, &text))
        return POND_OK;
    if (memchr(text.p, '\0', text.n) != NULL)
        return fail_at(o, err, "the text in '%.*s' has a NUL character", POND_SV_ARG(c->name));
    c->text = pond_sv_dup(&o->row_arena, text);
    c->kind = HAS_TEXT;
    return POND_OK;
}

// Objects -----------------------------------------------------------------------------------------

// `expected` is the column after the last one: mostly members come in the same order.
static pond_code find_column(objects *o, pond_sv key, size_t expected, column **out,
                             pond_err *err) {
    if (expected < o->columns.n && pond_sv_eq(o->columns.items[expected]->name, key)) {
        *out = o->columns.items[expected];
        return POND_OK;
    }
    *out = pond_map_get(&o->at, key);
    if (*out != NULL)
        return POND_OK;
    if (o->is_closed)
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' was changed while it was read",
                         POND_SV_ARG(o->name));
    if (memchr(key.p, '\0', key.n) != NULL)
        return fail_at(o, err, "a key has a NUL character");
    column *c = POND_NEW(o->arena, column);
    c->name = pond_sv_dup(o->arena, key);
    *pond_vec_push(o->arena, &o->columns) = c;
    *pond_map_at(&o->at, c->name, NULL) = c;
    *out = c;
    return POND_OK;
}

// The members of the next object, into its columns.
static pond_code read_object(objects *o, pond_err *err) {
    size_t expected = 0;
    pond_arena_rewind(&o->row_arena);
    o->row++;
    pond_kind kind = pond_pull_kind(o->pull);
    pond_value v;
    if (kind == POND_NULL && !pond_pull_value(o->pull, &o->row_arena, &v))
        return POND_OK; // it is no value: the caller sees it
    if (kind != POND_OBJECT)
        return fail_at(o, err, "a row must be a JSON object");
    if (!pond_pull_object(o->pull))
        return POND_OK; // nested too deeply: the caller sees it
    for (pond_sv key; pond_pull_key(o->pull, &key); expected++) {
        column *c;
        POND_TRY(find_column(o, key, expected, &c, err));
        if (c->row == o->row)
            return fail_at(o, err, "an object has two members '%.*s'", POND_SV_ARG(c->name));
        c->row = o->row;
        POND_TRY(read_value(o, c, err));
    }
    return POND_OK;
}

// What is known of the row that was read, in the first reading; the second writes it.
typedef pond_code each_row(objects *o, format_rows *rows, pond_err *err);

static pond_code fail_json(const objects *o, pond_sv line, pond_err *err) {
    pond_arena a;
    pond_value v;
    pond_err why;
    pond_arena_init(&a);
    pond_err_clear(&why);
    pond_code rc = pond_json_parse(&a, line, "", &v, &why);
    pond_arena_deinit(&a);
    return fail_at(o, err, "%s", rc == POND_OK ? "this is not JSON" : why.msg);
}

static pond_code read_lines(objects *o, each_row *each, format_rows *rows, pond_err *err) {
    POND_TRY(format_lines_rewind(&o->lines, err));
    for (;;) {
        pond_sv line;
        POND_TRY(format_lines_next(&o->lines, &line, err));
        if (line.p == NULL)
            return POND_OK;
        o->line = o->lines.number;
        if (pond_sv_trim(line).n == 0) {
            if (rows != NULL)
                pond_buf_char(&rows->bytes, '\n'); // so that lines keep their numbers
            continue;
        }
        pond_pull_text(o->pull, line);
        POND_TRY(read_object(o, err));
        if (!pond_pull_is_done(o->pull))
            return fail_json(o, line, err);
        POND_TRY(each(o, rows, err));
    }
}

// Where the reading of the file is says how much of an array there was.
static void count_array(const objects *o) {
    enum { SELDOM = 256 };
    if (o->meter == NULL || o->row % SELDOM != 0)
        return;
    off_t at = lseek(o->fd, 0, SEEK_CUR);
    pond_meter_reach(o->meter, at < 0 ? 0 : (uint64_t)at);
}

static pond_code read_items(objects *o, each_row *each, format_rows *rows, pond_err *err) {
    o->line = 1;
    if (pond_pull_kind(o->pull) != POND_ARRAY)
        return fail_at(o, err, "the text is no array of JSON objects");
    if (!pond_pull_array(o->pull))
        return POND_OK;
    while (pond_pull_item(o->pull)) {
        (void)pond_pull_kind(o->pull); // over blanks
        o->line = pond_pull_line(o->pull);
        POND_TRY(read_object(o, err));
        if (pond_pull_is_bad(o->pull))
            break;
        POND_TRY(each(o, rows, err));
        count_array(o);
    }
    return POND_OK;
}

static pond_code read_array(objects *o, each_row *each, format_rows *rows, pond_err *err) {
    bool is_json;
    struct stat st;
    if (fstat(o->fd, &st) != 0 || lseek(o->fd, 0, SEEK_SET) != 0)
        return pond_fail_errno(err, "cannot read '%.*s'", POND_SV_ARG(o->name));
    pond_meter_begin(o->meter, "reading", false, (uint64_t)st.st_size);
    o->pull = pond_pull_new(o->fd, pond_cstr(o->arena, o->name));
    pond_code rc = read_items(o, each, rows, err);
    uint64_t line = pond_pull_line(o->pull);
    pond_code end = pond_pull_end(o->pull, &is_json, rc == POND_OK ? err : NULL);
    o->pull = NULL;
    if (rc != POND_OK || end != POND_OK)
        return rc != POND_OK ? rc : end;
    o->line = line;
    return is_json ? POND_OK : fail_at(o, err, "this is not JSON, or the file is cut off");
}

static pond_code read_all(objects *o, each_row *each, format_rows *rows, pond_err *err) {
    o->row = 0;
    for (size_t i = 0; i < o->columns.n; i++)
        o->columns.items[i]->row = 0;
    return o->fd >= 0 ? read_array(o, each, rows, err) : read_lines(o, each, rows, err);
}

// Rows --------------------------------------------------------------------------------------------

static pond_code note_row(objects *o, format_rows *rows, pond_err *err) {
    (void)rows, (void)err;
    for (size_t i = 0; i < o->columns.n; i++) {
        column *c = o->columns.items[i];
        if (c->row != o->row)
            continue;
        if ((c->kind & HAS_BIG) && !(c->kinds & HAS_BIG)) {
            c->big = pond_sv_dup(o->arena, c->text);
            c->big_row = o->fd >= 0 ? o->row : o->line;
        }
        c->kinds |= c->kind;
    }
    return POND_OK;
}

// Whether the values of a column are all texts, if that is what only some are.
static bool is_text(const column *c) {
    unsigned kinds = c->kinds & (HAS_TEXT | HAS_NUMBER | HAS_TRUTH | HAS_NESTED);
    return (c->kinds & HAS_BIG) || (kinds != HAS_NUMBER && kinds != HAS_TRUTH);
}

static pond_code write_row(objects *o, format_rows *rows, pond_err *err) {
    for (size_t i = 0; i < o->columns.n; i++) {
        const column *c = o->columns.items[i];
        if (c->row != o->row || c->kind == 0)
            format_rows_null(rows);
        else if (is_text(c))
            POND_TRY(format_rows_text(rows, c->text, err));
        else
            format_rows_plain(rows, c->text);
    }
    return format_rows_end(rows, err);
}

// "'a' is text: it has numbers and texts; …"
static pond_sv tell_mixed(const objects *o, pond_arena *a) {
    static const char *const names[] = {"texts", "numbers", "truth values", "nested values"};
    pond_buf b = POND_BUF_EMPTY;
    for (size_t i = 0; i < o->columns.n; i++) {
        const column *c = o->columns.items[i];
        unsigned kinds = c->kinds & ~(unsigned)HAS_BIG;
        const char *between = b.n > 0 ? "; " : "";
        if ((kinds & (kinds - 1)) != 0) {
            pond_buf_printf(&b, "%s'%.*s' is text: it has", between, POND_SV_ARG(c->name));
            const char *before = " ";
            for (size_t k = 0; k < sizeof names / sizeof *names; k++)
                if (kinds & 1U << k) {
                    pond_buf_printf(&b, "%s%s", before, names[k]);
                    before = ", ";
                }
        } else if (c->kinds & HAS_BIG) {
            pond_buf_printf(&b, "%s'%.*s' is text: '%.*s' (%s %llu) would lose digits", between,
                            POND_SV_ARG(c->name), POND_SV_ARG(c->big), o->fd >= 0 ? "row" : "line",
                            (unsigned long long)c->big_row);
        }
    }
    return pond_buf_keep(a, &b);
}

static pond_code write_rows(objects *o, format_rows *out, pond_err *err) {
    o->is_closed = true;
    if (o->columns.n == 0) {
        column *none = POND_NEW(o->arena, column);
        none->name = POND_SV(FORMAT_ROWS_NO_NAME);
        *pond_vec_push(o->arena, &o->columns) = none;
    }
    for (size_t i = 0; i < o->columns.n; i++)
        POND_TRY(format_rows_text(out, o->columns.items[i]->name, err));
    POND_TRY(format_rows_end(out, err));
    POND_TRY(read_all(o, write_row, out, err));
    return format_rows_flush(out, err);
}

static pond_code translate(pond_arena *a, const pond_reader *reader, const char *path, pond_sv name,
                           int out, bool is_array, pond_translation *to, pond_err *err) {
    const json_config *config = (const json_config *)reader->text;
    format_rows csv = {.fd = out, .name = pond_cstr(a, name)};
    objects o = {.config = config, .name = name, .arena = a, .fd = -1, .meter = reader->meter};
    pond_arena_init(&o.row_arena);
    pond_map_init(&o.at, a);
    pond_code rc = is_array ? pond_file_open(path, &o.fd, err)
                            : format_lines_open(&o.lines, path, name, reader->meter, err);
    if (!is_array)
        o.pull = pond_pull_new_for_texts();
    if (rc == POND_OK)
        rc = read_all(&o, note_row, NULL, err);
    if (rc == POND_OK)
        rc = write_rows(&o, &csv, err);
    if (rc == POND_OK)
        *to = (pond_translation){.text = format_rows_layout_with(&config->text),
                                 .warning = tell_mixed(&o, a)};
    if (o.pull != NULL) {
        bool is_json;
        pond_code end = pond_pull_end(o.pull, &is_json, NULL);
        (void)end; // it has no file, or another error came first
    }
    if (is_array && o.fd >= 0)
        close(o.fd); // opened for reading only
    if (!is_array)
        format_lines_close(&o.lines);
    format_rows_free(&csv);
    pond_arena_deinit(&o.row_arena);
    return rc;
}

static pond_code translate_lines(pond_arena *a, const pond_reader *reader, const char *path,
                                 pond_sv name, int out, pond_translation *to, pond_err *err) {
    return translate(a, reader, path, name, out, false, to, err);
}

static pond_code translate_array(pond_arena *a, const pond_reader *reader, const char *path,
                                 pond_sv name, int out, pond_translation *to, pond_err *err) {
    return translate(a, reader, path, name, out, true, to, err);
}

// The formats -------------------------------------------------------------------------------------

static pond_code read_options(pond_arena *a, const pond_url *url, pond_reader *out, pond_err *err) {
    json_config *c = POND_NEW(a, json_config);
    POND_TRY(pond_options_read_pairs(a, &url->options, out->format->options, c, err));
    out->text = &c->text;
    return format_check_text_options(url, &c->text, err);
}

static const pond_ending ndjson_endings[] = {{.text = ".ndjson"}, {.text = ".jsonl"}};
extern const pond_format pond_format_ndjson;
const pond_format pond_format_ndjson = {
    .name = "ndjson",
    .has_lines = true,
    .endings = ndjson_endings,
    .n_endings = sizeof ndjson_endings / sizeof *ndjson_endings,
    .content = "lines of JSON objects",
    .summary = "A JSON object on each line",
    .options = &ndjson_options,
    .codecs = FORMAT_ANY_CODEC,
    .read_options = read_options,
    .translate = translate_lines,
};

static const pond_ending json_endings[] = {{.text = ".json"}};
extern const pond_format pond_format_json;
const pond_format pond_format_json = {
    .name = "json",
    .endings = json_endings,
    .n_endings = sizeof json_endings / sizeof *json_endings,
    .content = "an array of JSON objects",
    .summary = "An array of JSON objects",
    .options = &json_options,
    .codecs = FORMAT_ANY_CODEC,
    .read_options = read_options,
    .translate = translate_array,
};
