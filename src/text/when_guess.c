// Advice: which of the forms that loggers and spreadsheets write would fit a column.
#include "text/when_internal.h"

// Forms -------------------------------------------------------------------------------------------

// Each date alone, and with each clock, after each separator, with each zone.
static const char *const dates[] = {
    "%m/%d/%Y", "%d/%m/%Y",  "%Y/%m/%d", "%m/%d/%y", "%d/%m/%y",    "%y/%m/%d",     "%d.%m.%Y",
    "%d.%m.%y", "%Y.%m.%d",  "%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y",    "%d-%m-%y",     "%m-%d-%y",
    "%y-%m-%d", "%d-%b-%Y",  "%d-%b-%y", "%d/%b/%Y", "%d %b %Y",    "%d %b %y",     "%b %d %Y",
    "%b %d %y", "%b %d, %Y", "%Y %b %d", "%Y%m%d",   "%a %b %d %Y", "%a, %d %b %Y",
};
static const char *const separators[] = {" ", "T", ", "};
static const char *const clocks[] = {
    "%H:%M",          "%H:%M:%S", "%H:%M:%S.%f", "%H:%M:%S,%f", "%I:%M %p", "%I:%M:%S %p",
    "%I:%M:%S.%f %p", "%H.%M",    "%H.%M.%S",    "%H%M",        "%H%M%S",
};
static const char *const zones[] = {"", " %z", " %Z"};
static const char *const others[] = {
    "%Y %m %d %H", // of columns that were joined
    "%Y %m %d %H %M",
    "%Y %m %d %H %M %S",
    "%Y%m%d%H%M",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M%S%f",
    "%d/%b/%Y:%H:%M:%S %z",    // web servers
    "%a %b %d %H:%M:%S %Y",    // ctime
    "%a %b %d %H:%M:%S %Z %Y", // date
};
static const struct {
    const char *name;
    uint8_t digits; // of the fraction of a second
} units[] = {{"s", 0}, {"ms", 3}, {"us", 6}, {"ns", 9}};

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { MOST_LEFT = 8, MOST_BYTES = 64 };

typedef struct form {
    const pond_when_format *format; // NULL: an epoch
    pond_sv option;                 // "timeformat=…", "epoch=…"
    size_t unit;                    // of an epoch
    bool is_left;
    pond_when first;  // what the first text would be
    pond_when latest; // and the latest one
} form;

struct pond_when_guess {
    pond_arena *a;
    bool has_begun;
    size_t n, n_left;
    form forms[MOST_LEFT];                // that fit the first text
    pond_sv differ[MOST_LEFT][MOST_LEFT]; // a text that two of them read as different times
};

// Years 1990 to 2100, so that a number is not an epoch because it is a number. Fractions are of
// seconds.
static bool read_epoch(size_t unit, pond_sv text, pond_when *out) {
    int64_t per_s = 1, whole = 0;
    for (int i = 0; i < units[unit].digits; i++)
        per_s *= 10;
    size_t n = 0;
    for (; n < text.n && n < 19 && text_is_digit(text.p[n]); n++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, text.p[n] - '0', &whole))
            return false;
    pond_when w = {POND_WHEN_ZONED, units[unit].digits,
                   (int32_t)(whole % per_s * (1000000000 / per_s)), whole / per_s};
    if (unit == 0 && n + 1 < text.n && text.p[n] == '.')
        n += 1 + text_take_fraction(pond_sv_sub(text, n + 1, text.n), &w.ns, &w.digits);
    *out = w;
    return n == text.n && w.s >= pond_days_from_civil(1990, 1, 1) * 86400 &&
           w.s < pond_days_from_civil(2101, 1, 1) * 86400;
}

static bool read_form(const form *f, pond_sv text, pond_when *out) {
    return f->format != NULL ? pond_when_read(f->format, text, out)
                             : read_epoch(f->unit, text, out);
}

// The first text ----------------------------------------------------------------------------------

static void keep(pond_when_guess *g, form f) {
    if (g->n == MOST_LEFT)
        return;
    f.is_left = true;
    f.first = f.latest;
    g->forms[g->n++] = f;
    g->n_left++;
}

// The format lives in `a`.
static const pond_when_format *format_of(pond_arena *a, const char *text) {
    const pond_when_format *format = NULL;
    pond_code rc = pond_when_format_parse(a, pond_sv_of(text), &format, NULL);
    POND_ASSERT(rc == POND_OK);
    return format;
}

static void try_format(pond_when_guess *g, pond_arena *scratch, const char *text, pond_sv first) {
    form f = {0};
    if (pond_when_read(format_of(scratch, text), first, &f.latest)) {
        f.format = format_of(g->a, text);
        f.option = pond_svf(g->a, "timeformat=%s", text);
        keep(g, f);
    }
    pond_arena_rewind(scratch);
}

static void try_clocks(pond_when_guess *g, pond_arena *scratch, const char *date, pond_sv first) {
    char text[64];
    for (size_t c = 0; c < COUNT(clocks); c++)
        for (size_t s = 0; s < COUNT(separators); s++)
            for (size_t z = 0; z < COUNT(zones); z++) {
                snprintf(text, sizeof text, "%s%s%s%s", date, separators[s], clocks[c], zones[z]);
                try_format(g, scratch, text, first);
            }
}

static void begin(pond_when_guess *g, pond_sv first) {
    pond_arena scratch;
    pond_arena_init(&scratch);
    for (size_t d = 0; d < COUNT(dates); d++) {
        try_format(g, &scratch, dates[d], first);
        if (text_format_begins(format_of(&scratch, dates[d]), first))
            try_clocks(g, &scratch, dates[d], first);
    }
    for (size_t i = 0; i < COUNT(others); i++)
        try_format(g, &scratch, others[i], first);
    pond_arena_deinit(&scratch);
    for (size_t u = 0; u < COUNT(units); u++) {
        form f = {.unit = u};
        if (read_epoch(u, first, &f.latest)) {
            f.option = pond_svf(g->a, "epoch=%s", units[u].name);
            keep(g, f);
        }
    }
}

// All texts ---------------------------------------------------------------------------------------

pond_when_guess *pond_when_guess_new(pond_arena *a) {
    pond_when_guess *g = POND_NEW(a, pond_when_guess);
    g->a = a;
    return g;
}

static bool is_same_time(const pond_when *x, const pond_when *y) {
    return x->s == y->s && x->ns == y->ns && x->kind == y->kind;
}

static void compare(pond_when_guess *g, pond_sv text) {
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = i + 1; j < g->n; j++) {
            bool is_news = g->forms[i].is_left && g->forms[j].is_left && g->differ[i][j].n == 0;
            if (is_news && !is_same_time(&g->forms[i].latest, &g->forms[j].latest))
                g->differ[i][j] = pond_sv_dup(g->a, text);
        }
}

void pond_when_guess_add(pond_when_guess *g, pond_sv text) {
    if (g->has_begun && g->n_left == 0)
        return;
    bool is_first = !g->has_begun;
    g->has_begun = true;
    if (is_first && text.n <= MOST_BYTES)
        begin(g, text);
    for (size_t i = 0; i < g->n && !is_first; i++) {
        form *f = &g->forms[i];
        if (!f->is_left || (text.n <= MOST_BYTES && read_form(f, text, &f->latest)))
            continue;
        f->is_left = false;
        g->n_left--;
    }
    compare(g, text);
}

static void write_when(pond_buf *out, const pond_when *w) {
    int64_t days = w->s / 86400 - (w->s % 86400 < 0), s = w->s - days * 86400, year;
    int month, day;
    pond_civil_from_days(days, &year, &month, &day);
    pond_buf_printf(out, "%04lld-%02d-%02d", (long long)year, month, day);
    if (w->kind == POND_WHEN_DATE)
        return;
    pond_buf_printf(out, "T%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    if (w->digits > 0) {
        char fraction[16];
        snprintf(fraction, sizeof fraction, ".%09d", w->ns);
        pond_buf_append(out, fraction, w->digits + 1U);
    }
    pond_buf_str(out, w->kind == POND_WHEN_ZONED ? "Z" : "");
}

// What each form that is left makes of a text.
static void write_readings(const pond_when_guess *g, pond_sv text, pond_buf *out) {
    size_t n = 0;
    pond_buf_str(out, "  they differ: '");
    pond_buf_visible(out, text, POND_KEEP_NOTHING);
    pond_buf_str(out, "' is ");
    for (size_t i = 0; i < g->n; i++) {
        pond_when w;
        if (!g->forms[i].is_left || !read_form(&g->forms[i], text, &w))
            continue;
        pond_buf_str(out, n == 0 ? "" : n + 1 == g->n_left ? " or " : ", ");
        write_when(out, &w);
        n++;
    }
    pond_buf_char(out, '\n');
}

bool pond_when_guess_write(const pond_when_guess *g, pond_buf *out) {
    for (size_t i = 0; i < g->n; i++) {
        const form *f = &g->forms[i];
        if (!f->is_left)
            continue;
        pond_buf_printf(out, "  ?%.*s   (the first is ", POND_SV_ARG(f->option));
        write_when(out, &f->first);
        pond_buf_str(out, ")\n");
    }
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = i + 1; j < g->n; j++)
            if (g->forms[i].is_left && g->forms[j].is_left && g->differ[i][j].n > 0) {
                write_readings(g, g->differ[i][j], out);
                return true;
            }
    return g->n_left > 0;
}
