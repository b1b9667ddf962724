// Any bytes as a file of time zone data (RFC 8536), or as a POSIX rule: a line with a time, then
// the bytes.
#include "fuzz.h"

// Includes the source file, because the header gives access only to the system's own zone files.
#include "value/zone.c"

static bool posix_at(pond_sv text, int64_t t_s, tz_type *out) {
    tz_rule rule;
    if (!read_rule(text, &rule))
        return false;
    *out = *rule_at(&rule, t_s);
    return true;
}

// The clock of whatever file is one that pond_zone_clock_to_utc can read.
static void back_from_the_clock(pond_sv file, int64_t local_s) {
    pond_arena a;
    pond_arena_init(&a);
    pond_zone_clock c = {0};
    int64_t first, second;
    if (read_clock(&a, file, &c) && local_s < ENDLESS_S / 2 && local_s > -ENDLESS_S / 2)
        POND_ASSERT((pond_zone_clock_to_utc(&c, local_s, &first, &second) == POND_CLOCK_ONCE) ==
                    (first == second));
    pond_arena_deinit(&a);
}

void fuzz_zone(pond_sv input) {
    tz_type type;
    int64_t t_s = 0;
    int32_t offset_s = 0;
    char abbreviation[16] = "";
    (void)pond_sv_to_int(fuzz_line(&input), &t_s);
    bool is_file = pond_sv_starts(input, POND_SV("TZif"));
    if (is_file ? file_at(input, t_s, &type) : posix_at(input, t_s, &type))
        give(type, &offset_s, abbreviation);
    if (is_file)
        back_from_the_clock(input, t_s);
    POND_ASSERT(memchr(abbreviation, '\0', sizeof abbreviation) != NULL);
}
