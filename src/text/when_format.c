// Formats: what the words of strptime mean, and reading texts by them.
#include "text/when_internal.h"

#include "base/vec.h"

// Names -------------------------------------------------------------------------------------------

// A word and what it stands for.
typedef struct word {
    const char *text;
    int32_t value;
} word;

#define ZONE(text, hours, minutes)                                                                 \
    { text, (hours)*3600 + ((hours) < 0 ? -(minutes) : (minutes)) * 60 }

// A long name comes before the short one that it begins with.
// clang-format off
static const word months[] = {
    {"january", 1}, {"february", 2}, {"march", 3},      {"april", 4},    {"may", 5},
    {"june", 6},    {"july", 7},     {"august", 8},     {"september", 9}, {"october", 10},
    {"november", 11}, {"december", 12}, {"jan", 1},     {"feb", 2},      {"mar", 3},
    {"apr", 4},     {"jun", 6},      {"jul", 7},        {"aug", 8},      {"sep", 9},
    {"oct", 10},    {"nov", 11},     {"dec", 12},       {NULL, 0}};
static const word weekdays[] = {
    {"sunday", 0}, {"monday", 1}, {"tuesday", 2}, {"wednesday", 3}, {"thursday", 4},
    {"friday", 5}, {"saturday", 6}, {"sun", 0}, {"mon", 1}, {"tue", 2}, {"wed", 3}, {"thu", 4},
    {"fri", 5}, {"sat", 6}, {NULL, 0}};
static const word halves[] = {{"am", 0}, {"pm", 12}, {"a.m.", 0}, {"p.m.", 12},
                              {"a", 0},  {"p", 12},  {NULL, 0}};
static const word zones[] = {
    ZONE("utc", 0, 0), ZONE("gmt", 0, 0), ZONE("nst", -3, 30), ZONE("ndt", -2, 30),
    ZONE("ast", -4, 0), ZONE("adt", -3, 0), ZONE("est", -5, 0), ZONE("edt", -4, 0),
    ZONE("cst", -6, 0), ZONE("cdt", -5, 0), ZONE("mst", -7, 0), ZONE("mdt", -6, 0),
    ZONE("pst", -8, 0), ZONE("pdt", -7, 0), ZONE("akst", -9, 0), ZONE("akdt", -8, 0),
    ZONE("hst", -10, 0), {NULL, 0}};
// clang-format on

// The length of the word at the start of a text, or 0. The bit 0x20 is what a letter in upper case
// lacks.
static size_t take_word(pond_sv s, const word *words, int32_t *value) {
    for (const word *w = words; w->text != NULL; w++) {
        size_t n = 0;
        while (w->text[n] != '\0' && n < s.n && (s.p[n] | 0x20) == w->text[n])
            n++;
        if (w->text[n] == '\0') {
            *value = w->value;
            return n;
        }
    }
    return 0;
}

// Directives --------------------------------------------------------------------------------------

// What a directive sets. Two directives for one of these contradict each other, or say it twice.
typedef enum part {
    PART_NONE,
    PART_YEAR,
    PART_MONTH,
    PART_DAY,
    PART_YEARDAY,
    PART_HOUR,
    PART_HOUR12,
    PART_HALF,
    PART_MINUTE,
    PART_SECOND,
    PART_FRACTION,
    PART_OFFSET,
    PART_EPOCH,
    PART_WEEKDAY,
    N_PARTS
} part;

typedef struct directive {
    char letter;
    part sets;
    uint8_t least, most; // digits of a number, if it has room; 0: no number
    const word *words;   // or one of these
    const char *is;      // other directives that it stands for
    const char *help;
} directive;

static const directive directives[] = {
    {'Y', PART_YEAR, 4, 4, NULL, NULL, "year, four digits"},
    {'y', PART_YEAR, 2, 2, NULL, NULL, "year, two digits: 1969 to 2068"},
    {'m', PART_MONTH, 1, 2, NULL, NULL, "month, 1 to 12"},
    {'b', PART_MONTH, 0, 0, months, NULL, "month, Jan or January"},
    {'B', PART_MONTH, 0, 0, months, NULL, "the same"},
    {'d', PART_DAY, 1, 2, NULL, NULL, "day, 1 to 31"},
    {'e', PART_DAY, 1, 2, NULL, NULL, "the same, after any blanks"},
    {'j', PART_YEARDAY, 1, 3, NULL, NULL, "day of the year, 1 to 366"},
    {'H', PART_HOUR, 1, 2, NULL, NULL, "hour, 0 to 23"},
    {'I', PART_HOUR12, 1, 2, NULL, NULL, "hour, 1 to 12, with %p"},
    {'p', PART_HALF, 0, 0, halves, NULL, "AM or PM"},
    {'M', PART_MINUTE, 1, 2, NULL, NULL, "minute"},
    {'S', PART_SECOND, 1, 2, NULL, NULL, "second"},
    {'f', PART_FRACTION, 1, 9, NULL, NULL, "fraction of the second, %S.%f"},
    {'z', PART_OFFSET, 0, 0, NULL, NULL, "offset, +02:00, +0200, +02 or Z"},
    {'Z', PART_OFFSET, 0, 0, zones, NULL, "zone, UTC, GMT or one of North America, PST"},
    {'s', PART_EPOCH, 1, 12, NULL, NULL, "seconds since 1970"},
    {'a', PART_WEEKDAY, 0, 0, weekdays, NULL, "weekday, Mon or Monday, not used"},
    {'A', PART_WEEKDAY, 0, 0, weekdays, NULL, "the same"},
    {'F', PART_NONE, 0, 0, NULL, "%Y-%m-%d", "%Y-%m-%d"},
    {'D', PART_NONE, 0, 0, NULL, "%m/%d/%y", "%m/%d/%y"},
    {'T', PART_NONE, 0, 0, NULL, "%H:%M:%S", "%H:%M:%S"},
    {'R', PART_NONE, 0, 0, NULL, "%H:%M", "%H:%M"},
    {'n', PART_NONE, 0, 0, NULL, " ", "any blanks"},
    {'t', PART_NONE, 0, 0, NULL, " ", "any blanks"},
    {'%', PART_NONE, 0, 0, NULL, NULL, "a percent sign"},
};
enum { N_DIRECTIVES = sizeof directives / sizeof *directives };

static const directive *find_directive(char letter) {
    for (size_t i = 0; i < N_DIRECTIVES; i++)
        if (directives[i].letter == letter)
            return &directives[i];
    return NULL;
}

// What each part is called, what must be there with it (one of these), and what must not be.
#define BIT(p) (1U << (p))
static const struct {
    const char *name;
    uint32_t needs, excludes;
} parts[N_PARTS] = {
    [PART_YEAR] = {"the year", 0, BIT(PART_YEAR)},
    [PART_MONTH] = {"the month", 0, BIT(PART_MONTH) | BIT(PART_YEARDAY)},
    [PART_DAY] = {"the day", 0, BIT(PART_DAY) | BIT(PART_YEARDAY)},
    [PART_YEARDAY] = {"the day of the year", 0,
                      BIT(PART_YEARDAY) | BIT(PART_MONTH) | BIT(PART_DAY)},
    [PART_HOUR] = {"the hour", 0, BIT(PART_HOUR) | BIT(PART_HOUR12)},
    [PART_HOUR12] = {"the hour of a half day", BIT(PART_HALF), BIT(PART_HOUR) | BIT(PART_HOUR12)},
    [PART_HALF] = {"AM or PM", BIT(PART_HOUR) | BIT(PART_HOUR12), BIT(PART_HALF)},
    [PART_MINUTE] = {"the minute", BIT(PART_HOUR) | BIT(PART_HOUR12), BIT(PART_MINUTE)},
    [PART_SECOND] = {"the second", BIT(PART_MINUTE), BIT(PART_SECOND)},
    [PART_FRACTION] = {"the fraction", BIT(PART_SECOND) | BIT(PART_EPOCH), BIT(PART_FRACTION)},
    [PART_OFFSET] = {"the offset", BIT(PART_HOUR) | BIT(PART_HOUR12), BIT(PART_OFFSET)},
    [PART_EPOCH] = {"the time", 0, ~(BIT(PART_FRACTION) | BIT(PART_NONE))},
    [PART_WEEKDAY] = {"the weekday", 0, BIT(PART_WEEKDAY)},
};

// Parsing -----------------------------------------------------------------------------------------

typedef struct step {
    const directive *d;  // NULL: a character, or blanks
    char c;              // ' ': blanks
    uint8_t least, most; // digits; of blanks only the least
} step;

struct pond_when_format {
    POND_VEC(step) steps;
    uint32_t has; // bits of parts
};

typedef struct parsing {
    pond_arena *a;
    pond_sv text;
    pond_when_format *f;
    pond_err *err;
} parsing;

static void list_directives(pond_err *err) {
    enum { A_LINE = 3 };
    pond_buf list = POND_BUF_EMPTY;
    pond_buf_str(&list, "  known are:");
    for (size_t i = 0; i < N_DIRECTIVES; i++)
        pond_buf_printf(&list, "%s%%%c %s", i % A_LINE == 0 ? "\n    " : "; ", directives[i].letter,
                        directives[i].help);
    pond_err_detail(err, "%s", list.p);
    pond_buf_free(&list);
}

// The place of a byte of the format, counted in characters from 1.
static uint32_t column_of(const parsing *p, size_t at) {
    uint32_t column = 1;
    for (size_t i = 0; i < at; i++)
        column += ((unsigned char)p->text.p[i] & 0xC0) != 0x80;
    return column;
}

// Points at `width` characters of the format, if that is not 0.
static pond_code fail_format(const parsing *p, size_t at, uint32_t width, const char *why) {
    pond_fail(p->err, POND_ERR_INVALID, "invalid time format '%.*s': %s", POND_SV_ARG(p->text),
              why);
    if (width > 0)
        pond_err_caret(p->err, p->text.p, p->text.n, column_of(p, at), width);
    list_directives(p->err);
    return POND_ERR_INVALID;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void add_character(const parsing *p, char c) {
    pond_when_format *f = p->f;
    step s = {.c = is_blank(c) ? ' ' : c};
    bool is_more_blanks = s.c == ' ' && f->steps.n > 0 && f->steps.items[f->steps.n - 1].c == ' ';
    if (!is_more_blanks)
        *pond_vec_push(p->a, &f->steps) = s;
}

// The first part of those that `has` and `excludes` share.
static part shared_part(uint32_t has, uint32_t excludes) {
    return (part)__builtin_ctz(has & excludes);
}

static pond_code add_directive(const parsing *p, const directive *d, size_t at) {
    pond_when_format *f = p->f;
    uint32_t excludes = parts[d->sets].excludes;
    if (f->has & BIT(PART_EPOCH))
        excludes |= parts[PART_EPOCH].excludes & BIT(d->sets) ? BIT(PART_EPOCH) : 0;
    if (f->has & excludes)
        return fail_format(p, at, 2,
                           pond_printf(p->a, "'%%%c' gives %s, but %s is given before it",
                                       p->text.p[at + 1], parts[d->sets].name,
                                       parts[shared_part(f->has, excludes)].name));
    f->has |= BIT(d->sets);
    if (d->letter == 'e')
        add_character(p, ' ');
    *pond_vec_push(p->a, &f->steps) = (step){d, '\0', d->least, d->most};
    return POND_OK;
}

static pond_code add_letter(const parsing *p, char letter, size_t at) {
    const directive *d = find_directive(letter);
    if (d == NULL)
        return fail_format(p, at, 2,
                           pond_printf(p->a, "'%%%c' at character %u is no directive", letter,
                                       (unsigned)column_of(p, at)));
    if (d->letter == '%')
        add_character(p, '%');
    else if (d->is == NULL)
        return add_directive(p, d, at);
    else
        for (const char *c = d->is; *c != '\0'; c++) {
            if (*c != '%')
                add_character(p, *c);
            else
                POND_TRY(add_directive(p, find_directive(*++c), at));
        }
    return POND_OK;
}

static pond_code add_all(const parsing *p) {
    for (size_t i = 0; i < p->text.n; i++) {
        if (p->text.p[i] != '%') {
            add_character(p, p->text.p[i]);
            continue;
        }
        if (i + 1 == p->text.n)
            return fail_format(p, i, 1, "a letter is missing after the '%' at its end");
        POND_TRY(add_letter(p, p->text.p[i + 1], i));
        i++;
    }
    return POND_OK;
}

static bool is_number(const pond_when_format *f, size_t i) {
    return i < f->steps.n && f->steps.items[i].most > 0;
}

// Numbers without anything between them need all of their digits, and numbers with blanks between
// them need a blank: else a text could be read in two ways.
static void fix_widths(pond_when_format *f) {
    for (size_t i = 0; i < f->steps.n; i++) {
        step *s = &f->steps.items[i];
        bool is_before = is_number(f, i + 1), is_after = i > 0 && is_number(f, i - 1);
        if (s->most > 0 && (is_before || (is_after && s->d->sets != PART_FRACTION)))
            s->least = s->most;
        if (s->d == NULL && s->c == ' ')
            s->least = is_before && is_after;
    }
}

static pond_code check_parts(const parsing *p) {
    uint32_t has = p->f->has;
    uint32_t day = BIT(PART_YEAR) | BIT(PART_MONTH) | BIT(PART_DAY);
    uint32_t yearday = BIT(PART_YEAR) | BIT(PART_YEARDAY);
    if (!(has & BIT(PART_EPOCH)) && (has & day) != day && (has & yearday) != yearday)
        return fail_format(p, 0, 0,
                           "it gives no day, which is a year, a month and a day (%Y, %m, %d), or "
                           "seconds since 1970 (%s)");
    for (int i = 0; i < N_PARTS; i++)
        if ((has & BIT(i)) && parts[i].needs != 0 && !(has & parts[i].needs))
            return fail_format(p, 0, 0,
                               pond_printf(p->a, "it gives %s without %s", parts[i].name,
                                           parts[__builtin_ctz(parts[i].needs)].name));
    return POND_OK;
}

pond_code pond_when_format_parse(pond_arena *a, pond_sv format, const pond_when_format **out,
                                 pond_err *err) {
    parsing p = {a, format, POND_NEW(a, pond_when_format), err};
    POND_TRY(add_all(&p));
    POND_TRY(check_parts(&p));
    fix_widths(p.f);
    *out = p.f;
    return POND_OK;
}

// Reading -----------------------------------------------------------------------------------------

// What the steps have read.
typedef struct reading {
    int64_t values[N_PARTS];
    bool is_negative; // the seconds since 1970
    uint8_t n_fraction;
} reading;

// Each returns the length of what it takes off the text, or TOOK_NOTHING.
static const size_t TOOK_NOTHING = SIZE_MAX;

static size_t take_blanks(const step *s, pond_sv text) {
    size_t n = 0;
    while (n < text.n && is_blank(text.p[n]))
        n++;
    return n < s->least ? TOOK_NOTHING : n;
}

static inline size_t take_number(const step *s, pond_sv text, int64_t *value) {
    size_t n = 0, most = text.n < s->most ? text.n : s->most;
    int64_t v = 0;
    for (; n < most && text_is_digit(text.p[n]); n++)
        v = v * 10 + (text.p[n] - '0');
    *value = v;
    return n < s->least ? TOOK_NOTHING : n;
}

static size_t take_fraction(const step *s, pond_sv text, reading *r) {
    int32_t ns;
    size_t n = text_take_fraction(text, &ns, &r->n_fraction);
    r->values[PART_FRACTION] = ns;
    return n < s->least ? TOOK_NOTHING : n;
}

static size_t take_epoch(const step *s, pond_sv text, reading *r) {
    r->is_negative = pond_sv_cut_char(&text, '-');
    size_t n = take_number(s, text, &r->values[PART_EPOCH]);
    return n == TOOK_NOTHING ? n : n + r->is_negative;
}

static size_t take_word_or_offset(const step *s, pond_sv text, int64_t *value) {
    int32_t v = 0;
    size_t n = s->d->words != NULL ? take_word(text, s->d->words, &v) : text_take_offset(text, &v);
    *value = v;
    return n == 0 ? TOOK_NOTHING : n;
}

static size_t take_step(const step *s, pond_sv text, reading *r) {
    if (s->d == NULL) // characters are taken where this is called
        return take_blanks(s, text);
    if (s->d->sets == PART_FRACTION)
        return take_fraction(s, text, r);
    if (s->d->sets == PART_EPOCH)
        return take_epoch(s, text, r);
    if (s->most == 0)
        return take_word_or_offset(s, text, &r->values[s->d->sets]);
    size_t n = take_number(s, text, &r->values[s->d->sets]);
    if (s->d->letter == 'y')
        r->values[PART_YEAR] += r->values[PART_YEAR] < 69 ? 2000 : 1900;
    return n;
}

// Seconds since 1970, in the years 1 to 9999.
static bool finish_epoch(const reading *r, pond_when *w) {
    int64_t s = r->values[PART_EPOCH];
    w->s = r->is_negative ? -s : s;
    w->ns = (int32_t)r->values[PART_FRACTION];
    if (r->is_negative && w->ns > 0) {
        w->s--;
        w->ns = 1000000000 - w->ns;
    }
    return w->s >= pond_days_from_civil(1, 1, 1) * 86400 &&
           w->s < pond_days_from_civil(10000, 1, 1) * 86400;
}

// The month and the day of a day of the year.
static bool finish_yearday(int64_t yearday, text_civil *c) {
    int64_t year, days = pond_days_from_civil(c->year, 1, 1) + yearday - 1;
    int month, day;
    pond_civil_from_days(days, &year, &month, &day);
    c->month = (uint32_t)month;
    c->day = (uint32_t)day;
    return year == c->year;
}

static bool finish_half(const pond_when_format *f, const reading *r, text_civil *c) {
    int64_t half = r->values[PART_HALF];
    if (f->has & BIT(PART_HOUR)) // it must agree
        return c->hour < 24 && (c->hour >= 12) == (half == 12);
    c->hour = (uint32_t)(r->values[PART_HOUR12] % 12 + half);
    return r->values[PART_HOUR12] >= 1 && r->values[PART_HOUR12] <= 12;
}

static bool finish(const pond_when_format *f, const reading *r, pond_when *w) {
    const int64_t *v = r->values;
    w->digits = r->n_fraction;
    w->kind = f->has & (BIT(PART_OFFSET) | BIT(PART_EPOCH))  ? POND_WHEN_ZONED
              : f->has & (BIT(PART_HOUR) | BIT(PART_HOUR12)) ? POND_WHEN_LOCAL
                                                             : POND_WHEN_DATE;
    if (f->has & BIT(PART_EPOCH))
        return finish_epoch(r, w);
    text_civil c = {(uint32_t)v[PART_YEAR],   (uint32_t)v[PART_MONTH],  (uint32_t)v[PART_DAY],
                    (uint32_t)v[PART_HOUR],   (uint32_t)v[PART_MINUTE], (uint32_t)v[PART_SECOND],
                    (int32_t)v[PART_FRACTION]};
    if ((f->has & BIT(PART_YEARDAY)) && !finish_yearday(v[PART_YEARDAY], &c))
        return false;
    if ((f->has & BIT(PART_HALF)) && !finish_half(f, r, &c))
        return false;
    if (!text_civil_seconds(&c, &w->s))
        return false;
    w->s -= v[PART_OFFSET];
    w->ns = c.ns;
    return true;
}

// The length of the start of a text that fits, or TOOK_NOTHING.
static size_t take_all(const pond_when_format *f, pond_sv text, reading *r) {
    size_t at = 0;
    *r = (reading){0};
    for (const step *s = f->steps.items, *end = s + f->steps.n; s != end; s++) {
        size_t n;
        if (s->d == NULL && s->c != ' ')
            n = at < text.n && text.p[at] == s->c ? 1 : TOOK_NOTHING;
        else
            n = take_step(s, (pond_sv){text.p + at, text.n - at}, r);
        if (n == TOOK_NOTHING)
            return n;
        at += n;
    }
    return at;
}

bool text_format_begins(const pond_when_format *f, pond_sv text) {
    reading r;
    return take_all(f, text, &r) != TOOK_NOTHING;
}

bool pond_when_read(const pond_when_format *f, pond_sv text, pond_when *out) {
    reading r;
    pond_when w = {0};
    if (take_all(f, text, &r) != text.n || !finish(f, &r, &w))
        return false;
    *out = w;
    return true;
}
