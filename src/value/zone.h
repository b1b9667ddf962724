// zone: time zones, from the system's TZif files (RFC 8536).
//
// libc has one zone per process, in global state, so the files are read here. A page shows many
// times in few zones, so zones are cached in an append-only list. All threads that render from the
// same templates share it without locks.
#ifndef POND_TERA_ZONE_H
#define POND_TERA_ZONE_H

#include "base/str.h"

#include <stdatomic.h>

typedef struct tera_zone tera_zone;
typedef struct tera_zones { // all zero: empty
    _Atomic(tera_zone *) first;
} tera_zones;
// Call when no thread uses them any more.
void tera_zones_free(tera_zones *zones);

// The offset and abbreviation of an IANA zone at an instant; false when the zone is unknown. With
// `zones` NULL nothing is cached.
bool tera_zone_offset(tera_zones *zones, pond_sv zone, int64_t t_s, int32_t *offset_s,
                      char abbreviation[16]);
// The same for the local zone ($TZ, /etc/localtime); UTC when there is none.
void tera_zone_local(int64_t t_s, int32_t *offset_s, char abbreviation[16]);
// Appends up to three zone names similar to `zone`, separated by ", "; false when there is none.
bool tera_zone_nearest(pond_arena *a, pond_sv zone, pond_buf *out);

#endif
