// zone: time zones, from the system's TZif files (RFC 8536).
//
// libc has one zone per process, in global state, so the files are read here. There are two ways to
// ask. For the offset at an instant: a page shows many times in few zones, so zones are cached in an
// append-only list, which all threads that render from the same templates share without locks. And
// for the instant of a time on the clock, which a file of readings has by the million, in one zone.
#ifndef POND_VALUE_ZONE_H
#define POND_VALUE_ZONE_H

#include "base/str.h"

#include <stdatomic.h>

typedef struct pond_zone pond_zone;
typedef struct pond_zones { // all zero: empty
    _Atomic(pond_zone *) first;
} pond_zones;
// Call when no thread uses them any more.
void pond_zones_free(pond_zones *zones);

// The offset and abbreviation of an IANA zone at an instant; false when the zone is unknown. With
// `zones` NULL nothing is cached.
bool pond_zone_offset(pond_zones *zones, pond_sv zone, int64_t t_s, int32_t *offset_s,
                      char abbreviation[16]);
// The same for the local zone ($TZ, /etc/localtime); UTC when there is none.
void pond_zone_local(int64_t t_s, int32_t *offset_s, char abbreviation[16]);
// Appends up to three zone names similar to `zone`, separated by ", "; false when there is none.
bool pond_zone_nearest(pond_arena *a, pond_sv zone, pond_buf *out);

// What a time on the clock is, when clocks are put back (the hour that is there twice) or forward
// (the hour that is missing).
typedef enum pond_clock { POND_CLOCK_ONCE, POND_CLOCK_TWICE, POND_CLOCK_NEVER } pond_clock;

// All changes of a zone's clock, for ever. Lives in the arena of its making; immutable.
typedef struct pond_zone_clock pond_zone_clock;
// NULL when the zone is unknown.
const pond_zone_clock *pond_zone_clock_new(pond_arena *a, pond_sv zone);
// The instant of a time on the clock (less than 2^60 either way). Of a time that is there twice,
// *first_s and *second_s are both, the earlier one first; of one that is missing, what the clock
// would have shown without the change, by the offset before and by the offset after it; else they
// are equal.
pond_clock pond_zone_clock_to_utc(const pond_zone_clock *c, int64_t local_s, int64_t *first_s,
                                  int64_t *second_s);
// What the clock shows more than UTC at an instant (less than 2^60 either way).
int32_t pond_zone_clock_offset(const pond_zone_clock *c, int64_t t_s);
// The first instant after t_s at which the clock is put forward or back; INT64_MAX: there is none.
int64_t pond_zone_clock_next(const pond_zone_clock *c, int64_t t_s);

#endif
