// Zones by name, and fixed offsets.
#include "text/when_internal.h"

struct pond_when_zone {
    const pond_zone_clock *clock; // NULL: a fixed offset
    int32_t offset_s;
};

static pond_code unknown_zone(pond_arena *a, pond_sv name, pond_err *err) {
    if (err == NULL) // the names take a millisecond
        return POND_ERR_INVALID;
    pond_buf near = POND_BUF_EMPTY;
    if (pond_zone_nearest(a, name, &near))
        pond_fail(err, POND_ERR_INVALID, "unknown time zone '%.*s', did you mean %s?",
                  POND_SV_ARG(name), near.p);
    else
        pond_fail(err, POND_ERR_INVALID,
                  "unknown time zone '%.*s'; expected a name such as Europe/Berlin, UTC, or an "
                  "offset such as -08:00",
                  POND_SV_ARG(name));
    pond_buf_free(&near);
    return POND_ERR_INVALID;
}

pond_code pond_when_zone_open(pond_arena *a, pond_sv name, const pond_when_zone **out,
                              pond_err *err) {
    pond_when_zone *z = POND_NEW(a, pond_when_zone);
    size_t n = text_take_offset(name, &z->offset_s);
    bool is_offset = n > 0 && n == name.n;
    if (!is_offset)
        z->clock = pond_zone_clock_new(a, name);
    if (!is_offset && z->clock == NULL)
        return unknown_zone(a, name, err);
    *out = z;
    return POND_OK;
}

pond_clock pond_when_to_utc(const pond_when_zone *z, int64_t local_s, int64_t *first_s,
                            int64_t *second_s) {
    if (z->clock != NULL)
        return pond_zone_clock_to_utc(z->clock, local_s, first_s, second_s);
    *first_s = *second_s = local_s - z->offset_s;
    return POND_CLOCK_ONCE;
}
