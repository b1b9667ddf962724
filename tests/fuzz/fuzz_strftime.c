// Times and formats: a line with a time (seconds, or any text that `date` may read), a line with
// the name of a zone, and the format.
#include "fuzz.h"

#include "factory/template_extras.h"
#include "tera/builtins.h"

// Made once, because it caches the files of the zones, which makes a run fast.
static pond_tera *templates(void) {
    static const char *const sources[][2] = {
        {"date", "{{ v | date(format=f) }}"},
        {"ms", "{{ v | timeformat(format=f) }}"},
        {"date in zone", "{{ v | date(format=f, timezone=z) }}"},
        {"ms in zone", "{{ v | timeformat(format=f, timezone=z) }}"},
    };
    static pond_tera *t;
    if (t != NULL)
        return t;
    t = pond_tera_new(NULL);
    pond_template_add_extras(t);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        POND_ASSERT(pond_tera_add(t, pond_sv_of(sources[i][0]), pond_sv_of(sources[i][1]), NULL) ==
                    POND_OK);
    POND_ASSERT(pond_tera_check(t, NULL) == POND_OK);
    return t;
}

// Finding the nearest zones takes a millisecond, so only few formats do it.
static void render(const char *name, pond_value context, bool wants_message) {
    static pond_err err;
    pond_buf out = POND_BUF_EMPTY;
    pond_code code = pond_tera_render(templates(), pond_sv_of(name), context, NULL, &out,
                                      wants_message ? &err : NULL);
    if (wants_message)
        fuzz_check_error(code, &err);
    pond_buf_free(&out);
}

static void through_filters(pond_sv time, pond_sv zone, pond_sv format) {
    int64_t number;
    pond_value v = pond_sv_to_int(time, &number) ? pond_int(number) : pond_string(time);
    pond_entry entries[] = {
        {POND_SV("f"), pond_string(format)}, {POND_SV("v"), v}, {POND_SV("z"), pond_string(zone)}};
    pond_value context = pond_object(entries, 3);
    bool wants_message = zone.n == 0 || format.n % 32 == 5;
    render(zone.n == 0 ? "date" : "date in zone", context, wants_message);
    render(zone.n == 0 ? "ms" : "ms in zone", context, wants_message);
}

void fuzz_strftime(pond_sv input) {
    pond_sv time = fuzz_line(&input), zone = fuzz_line(&input), format = input;
    tera_instant at = {.ns = (uint32_t)format.n * 123456789u % 2000000000u,
                       .offset_s = (int32_t)zone.n * 977 - 43200,
                       .zone = zone};
    pond_buf out = POND_BUF_EMPTY;
    size_t bad_at = SIZE_MAX;
    char abbreviation[16];
    if (pond_sv_to_int(time, &at.t_s))
        at.t_s %= INT64_C(10000000000000); // `date` refuses years of more than six digits
    if (!tera_strftime(&out, format, &at, &bad_at)) {
        POND_ASSERT(bad_at < format.n && format.p[bad_at] == '%');
        POND_ASSERT(out.n == 0);
    }
    if (pond_zone_offset(NULL, zone, at.t_s, &at.offset_s, abbreviation)) {
        POND_ASSERT(at.offset_s > -86400 * 2 && at.offset_s < 86400 * 8);
        POND_ASSERT(memchr(abbreviation, '\0', sizeof abbreviation) != NULL);
    }
    through_filters(time, zone, format);
    pond_buf_free(&out);
}
