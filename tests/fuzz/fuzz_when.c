// Times in texts: a line with a format, a line with the name of a zone, and the texts of a column,
// a line each.
#include "fuzz.h"

#include "base/time.h"
#include "text/when.h"

// A time of ISO 8601, written out, is read as the same time.
static void there_and_back(const pond_when *w) {
    pond_when again;
    char text[64];
    int64_t days = w->s / 86400 - (w->s % 86400 < 0), s = w->s - days * 86400, year;
    int month, day;
    pond_civil_from_days(days, &year, &month, &day);
    if (year < 1 || year > 9999) // an offset, or 24:00, may lead out of them
        return;
    int n = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09d", (int)year, month, day,
                     (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60), w->ns);
    POND_ASSERT(pond_when_iso((pond_sv){text, (size_t)n}, &again));
    POND_ASSERT(again.s == w->s && again.ns == w->ns);
}

static void check(const pond_when *w) {
    POND_ASSERT(w->digits <= 9 && w->ns >= 0 && w->ns < 1000000000);
    POND_ASSERT(w->kind != POND_WHEN_DATE || (w->s % 86400 == 0 && w->ns == 0));
    there_and_back(w);
}

static void through_zone(const pond_when_zone *z, const pond_when *w) {
    int64_t first_s, second_s;
    pond_clock clock = pond_when_to_utc(z, w->s, &first_s, &second_s);
    POND_ASSERT((clock == POND_CLOCK_ONCE) == (first_s == second_s));
    POND_ASSERT((clock == POND_CLOCK_TWICE) == (first_s < second_s));
}

void fuzz_when(pond_sv input) {
    static pond_err err;
    pond_arena a;
    pond_arena_init(&a);
    pond_buf advice = POND_BUF_EMPTY;
    pond_sv format = fuzz_line(&input), zone = fuzz_line(&input);
    const pond_when_format *f = NULL;
    const pond_when_zone *z = NULL;
    pond_code rc = pond_when_format_parse(&a, format, &f, &err);
    if (rc != POND_OK)
        fuzz_check_error(rc, &err);
    bool has_zone = pond_when_zone_open(&a, zone, &z, NULL) == POND_OK;
    pond_when_guess *g = pond_when_guess_new(&a);
    while (input.n > 0) {
        pond_when w;
        pond_sv text = fuzz_line(&input);
        pond_when_guess_add(g, text);
        bool is_iso = pond_when_iso(text, &w);
        if (is_iso)
            check(&w);
        if (is_iso && has_zone)
            through_zone(z, &w);
        if (f != NULL && pond_when_read(f, text, &w))
            check(&w);
    }
    bool has_advice = pond_when_guess_write(g, &advice);
    POND_ASSERT(has_advice == (advice.n > 0));
    POND_ASSERT(pond_utf8_find_bad(pond_buf_view(&advice)) < 0);
    pond_buf_free(&advice);
    pond_arena_deinit(&a);
}
