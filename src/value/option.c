// Tables of typed options: one value from its text, the pairs of a URL, and help. Configs are read
// in conf_read.c, command lines in the cli room.
#include "value/option.h"

#include "base/near.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdlib.h>

const pond_option *pond_option_find(const pond_options *t, pond_sv name) {
    for (size_t i = 0; i < t->n; i++)
        if (pond_sv_is(name, t->rows[i].name))
            return &t->rows[i];
    return NULL;
}

// Values ------------------------------------------------------------------------------------------

static bool has_bounds(const pond_option *o) {
    return o->min != o->max;
}

static bool set_int(const pond_option *o, pond_sv text, int64_t *out) {
    int64_t i;
    if (!pond_sv_to_int(text, &i) || (has_bounds(o) && (i < o->min || i > o->max)))
        return false;
    *out = i;
    return true;
}

static bool set_bool(pond_sv text, bool *out) {
    bool is_true = pond_sv_is(text, "true");
    if (!is_true && !pond_sv_is(text, "false"))
        return false;
    *out = is_true;
    return true;
}

static bool set_size(pond_sv text, uint64_t *out) {
    static const struct {
        const char *suffix;
        uint64_t bytes;
    } units[] = {{"GB", 1u << 30}, {"G", 1u << 30}, {"MB", 1u << 20}, {"M", 1u << 20},
                 {"KB", 1u << 10}, {"B", 1},        {"", 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        uint64_t n;
        pond_sv suffix = pond_sv_of(units[i].suffix);
        if (!pond_sv_ends(text, suffix) ||
            !pond_sv_to_uint(pond_sv_sub(text, 0, text.n - suffix.n), &n))
            continue;
        if (n == 0 || n > UINT64_MAX / units[i].bytes)
            return false;
        *out = n * units[i].bytes;
        return true;
    }
    return false;
}

static bool set_choice(const pond_option *o, pond_sv text, int *out) {
    pond_sv rest = pond_sv_of(o->value), choice;
    for (int i = 0; pond_sv_split(&rest, '|', &choice); i++)
        if (pond_sv_eq(choice, text)) {
            *out = (int)o->min + i;
            return true;
        }
    return false;
}

static bool set_char(pond_sv text, char *out) {
    bool is_tab = pond_sv_is(text, "\\t");
    if (!is_tab && text.n != 1)
        return false;
    *out = is_tab ? '\t' : text.p[0];
    return true;
}

bool pond_option_set(pond_arena *a, const pond_option *o, pond_sv text, void *out) {
    void *member = (char *)out + o->offset;
    POND_ASSERT(o->kind < POND_OPT_ANY); // a part of a config is not one text
    switch (o->kind) {
    case POND_OPT_BOOL:
        return set_bool(text, member);
    case POND_OPT_TEXTS:
        *pond_vec_push(a, (pond_texts *)member) = text;
        return true;
    case POND_OPT_INT:
        return set_int(o, text, member);
    case POND_OPT_FLOAT:
        return pond_sv_to_double(text, member);
    case POND_OPT_SIZE:
        return set_size(text, member);
    case POND_OPT_DURATION:
        return pond_duration_parse(text, member, NULL) == POND_OK;
    case POND_OPT_CHOICE:
        return set_choice(o, text, member);
    case POND_OPT_CHAR:
        return set_char(text, member);
    default:
        *(pond_sv *)member = text;
        return true;
    }
}

// Expectations ------------------------------------------------------------------------------------

static bool is_whole_number(pond_sv s) {
    size_t from = s.n > 0 && s.p[0] == '-' ? 1 : 0, i = from;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i == s.n && i > from;
}

static const char *expects_int(pond_arena *a, const pond_option *o, pond_sv text) {
    bool is_bounded = has_bounds(o);
    if (!is_bounded && !is_whole_number(text))
        return "a whole number";
    int64_t min = is_bounded ? o->min : INT64_MIN, max = is_bounded ? o->max : INT64_MAX;
    if (is_bounded && max == INT64_MAX)
        return pond_printf(a, "a whole number from %" PRId64 " on", min);
    return pond_printf(a, "a whole number from %" PRId64 " to %" PRId64, min, max);
}

static const char *expects_choice(pond_arena *a, const pond_option *o) {
    pond_buf b = POND_BUF_EMPTY;
    pond_sv rest = pond_sv_of(o->value), choice;
    for (int i = 0; pond_sv_split(&rest, '|', &choice); i++)
        pond_buf_printf(&b, "%s%.*s", i == 0 ? "one of " : ", ", POND_SV_ARG(choice));
    return pond_buf_keep(a, &b).p;
}

const char *pond_option_expects(pond_arena *a, const pond_option *o, pond_sv text) {
    switch (o->kind) {
    case POND_OPT_BOOL:
        return "true or false";
    case POND_OPT_TEXT:
        return "a string";
    case POND_OPT_TEXTS:
        return "a list of strings";
    case POND_OPT_INT:
        return expects_int(a, o, text);
    case POND_OPT_FLOAT:
        return "a number";
    case POND_OPT_SIZE:
        return "a size such as 512MB or 2GB";
    case POND_OPT_DURATION:
        return "a duration such as 30s or 5m";
    case POND_OPT_CHOICE:
        return expects_choice(a, o);
    case POND_OPT_CHAR:
        return "one character";
    case POND_OPT_LIST:
        return "a list";
    case POND_OPT_MAP:
        return "a mapping";
    case POND_OPT_ANY:
        break;
    }
    return "a value";
}

void pond_option_advise(const pond_option *o, pond_sv text, pond_err *err) {
    enum { MOST_CHOICES = 32 };
    pond_sv choices[MOST_CHOICES], rest = pond_sv_of(o->value);
    size_t n = 0;
    if (o->kind != POND_OPT_CHOICE)
        return;
    while (n < MOST_CHOICES && pond_sv_split(&rest, '|', &choices[n]))
        n++;
    pond_near_word(err, text, choices, n);
}

void pond_options_list(const pond_options *t, const char *noun, pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    for (size_t i = 0; i < t->n; i++)
        pond_buf_printf(&names, "%s%s", i == 0 ? "" : ", ", t->rows[i].name);
    pond_err_detail(err, "known %s: %.*s", noun, POND_SV_ARG(pond_buf_view(&names)));
    pond_buf_free(&names);
}

pond_sv pond_options_nearest(const pond_options *const *tables, size_t n, pond_sv name) {
    size_t n_names = 0;
    for (size_t i = 0; i < n; i++)
        n_names += tables[i]->n;
    pond_sv *names = pond_xmalloc(n_names * sizeof *names);
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < tables[i]->n; j++)
            names[at++] = pond_sv_of(tables[i]->rows[j].name);
    pond_sv near = pond_nearest(name, names, n_names);
    free(names);
    return near;
}

// Pairs -------------------------------------------------------------------------------------------

static pond_code fail_unknown(const pond_pairs *pairs, pond_sv key, const pond_options *t,
                              pond_err *err) {
    pond_sv near = pond_options_nearest(&t, 1, key);
    pond_fail(err, POND_ERR_INVALID,
              near.n > 0 ? "unknown option '%.*s' in '%.*s', did you mean '%.*s'?"
                         : "unknown option '%.*s' in '%.*s'",
              POND_SV_ARG(key), POND_SV_ARG(pairs->where), POND_SV_ARG(near));
    pond_options_list(t, "options", err);
    return POND_ERR_INVALID;
}

static pond_code read_pair(pond_arena *a, const pond_pairs *pairs, const pond_pair *pair,
                           const pond_option *o, void *out, pond_err *err) {
    bool is_list = o->kind == POND_OPT_TEXTS;
    for (const pond_pair *p = pairs->items; p < pair && !is_list; p++)
        if (pond_sv_eq(p->key, pair->key))
            return pond_fail(err, POND_ERR_INVALID, "option '%s' is given twice in '%.*s'", o->name,
                             POND_SV_ARG(pairs->where));
    if (pond_option_set(a, o, pair->value, out))
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID, "option '%s' of '%.*s' must be %s, not '%.*s'", o->name,
              POND_SV_ARG(pairs->where), pond_option_expects(a, o, pair->value),
              POND_SV_ARG(pair->value));
    pond_option_advise(o, pair->value, err);
    return POND_ERR_INVALID;
}

static bool has_key(const pond_pairs *pairs, const char *key) {
    for (size_t i = 0; i < pairs->n; i++)
        if (pond_sv_is(pairs->items[i].key, key))
            return true;
    return false;
}

pond_code pond_options_read_pairs(pond_arena *a, const pond_pairs *pairs, const pond_options *t,
                                  void *out, pond_err *err) {
    for (size_t i = 0; i < pairs->n; i++) {
        const pond_pair *pair = &pairs->items[i];
        const pond_option *o = pond_option_find(t, pair->key);
        if (o == NULL)
            return fail_unknown(pairs, pair->key, t, err);
        POND_TRY(read_pair(a, pairs, pair, o, out, err));
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->rows[i].is_required && !has_key(pairs, t->rows[i].name)) {
            pond_fail(err, POND_ERR_INVALID, "missing option '%s' in '%.*s'", t->rows[i].name,
                      POND_SV_ARG(pairs->where));
            pond_options_list(t, "options", err);
            return POND_ERR_INVALID;
        }
    return POND_OK;
}

// Help --------------------------------------------------------------------------------------------

static const char *value_name(const pond_option *o) {
    static const char *const names[] = {
        [POND_OPT_BOOL] = "true|false", [POND_OPT_TEXT] = "TEXT",
        [POND_OPT_TEXTS] = "LIST",      [POND_OPT_INT] = "N",
        [POND_OPT_FLOAT] = "NUMBER",    [POND_OPT_SIZE] = "SIZE",
        [POND_OPT_CHOICE] = "CHOICE",   [POND_OPT_CHAR] = "CHARACTER",
        [POND_OPT_ANY] = "VALUE",       [POND_OPT_LIST] = "LIST",
        [POND_OPT_MAP] = "MAPPING",     [POND_OPT_DURATION] = "DURATION",
    };
    return o->value != NULL ? o->value : names[o->kind];
}

void pond_options_help(const pond_options *t, pond_option_style style, pond_buf *out) {
    enum { HELP_COLUMN = 37 };
    for (size_t i = 0; i < t->n; i++) {
        const pond_option *o = &t->rows[i];
        size_t line = out->n;
        if (style == POND_OPTIONS_AS_KEYS) {
            pond_buf_printf(out, "  %s %s", o->name, value_name(o));
        } else {
            bool is_flag = o->kind == POND_OPT_BOOL;
            pond_buf_printf(out, o->letter != 0 ? "  -%c, --%s" : "  %c   --%s",
                            o->letter != 0 ? o->letter : ' ', o->name);
            pond_buf_printf(out, "%s%s", is_flag ? "" : " ", is_flag ? "" : value_name(o));
        }
        size_t width = pond_utf8_count(pond_sv_sub(pond_buf_view(out), line, out->n));
        bool is_long = width + 1 >= HELP_COLUMN; // the help then begins on a line of its own
        pond_buf_str(out, is_long ? "\n" : "");
        pond_buf_fill(out, ' ', is_long ? HELP_COLUMN : HELP_COLUMN - width);
        pond_buf_printf(out, "%s%s\n",
                        o->is_required && style == POND_OPTIONS_AS_KEYS ? "(required) " : "",
                        o->help == NULL ? "" : o->help);
    }
}
