// zone: time zones, from the system's TZif files (RFC 8536).
//
// We read the files ourselves since libc knows one zone a process, kept in global state. A page
// shows many times of few zones, so what was read is kept: in a list that only grows, shared by all
// threads that render from the same templates, without locks.
#ifndef POND_TERA_ZONE_H
#define POND_TERA_ZONE_H

#include "base/str.h"

#include <stdatomic.h>

typedef struct tera_zone tera_zone;
typedef struct tera_zones { // all zero: nothing was read yet
    _Atomic(tera_zone *) first;
} tera_zones;
// When no thread uses them any more.
void tera_zones_free(tera_zones *zones);

// Offset and abbreviation of an IANA zone at an instant; false if unknown. `zones` may be NULL:
// then the file is read anew.
bool tera_zone_offset(tera_zones *zones, pond_sv zone, int64_t t_s, int32_t *offset_s,
                      char abbreviation[16]);
// The same for the machine's own zone ($TZ, /etc/localtime); UTC when it has none.
void tera_zone_local(int64_t t_s, int32_t *offset_s, char abbreviation[16]);
// Appends up to three names like `zone`, separated by ", ", for an error message; false if none is.
bool tera_zone_nearest(pond_arena *a, pond_sv zone, pond_buf *out);

#endif
