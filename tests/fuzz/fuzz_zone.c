// Any bytes as a file of time zone data (RFC 8536), or as a POSIX rule: a line with a time, then
// the bytes.
#include "fuzz.h"

// Includes the source file, because the header gives access only to the system's own zone files.
#include "tera/zone.c"

void fuzz_zone(pond_sv input) {
    tz_type type;
    int64_t t_s = 0;
    int32_t offset_s = 0;
    char abbreviation[16] = "";
    (void)pond_sv_to_int(fuzz_line(&input), &t_s);
    bool is_file = pond_sv_starts(input, POND_SV("TZif"));
    if (is_file ? file_at(input, t_s, &type) : rule_at(input, t_s, &type))
        give(type, &offset_s, abbreviation);
    POND_ASSERT(memchr(abbreviation, '\0', sizeof abbreviation) != NULL);
}
