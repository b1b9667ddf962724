// thrift: reads the compact protocol of Thrift, in which Parquet files describe themselves.
//
// The bytes may come from a stranger. No function reads past the end, and no count is larger than
// the bytes that are left. After an error the reader is at its end and everything reads as 0, so
// that a caller may look at `is_bad` once, when it has read all it wants.
//
//     for (thrift_field f = {0}; thrift_next(&t, &f);)
//         if (f.id == 3)
//             rows = thrift_int(&t, f.type);
//         else
//             thrift_skip(&t, f.type);
#ifndef POND_FORMAT_THRIFT_H
#define POND_FORMAT_THRIFT_H

#include "base/str.h"

typedef struct thrift {
    const uint8_t *p, *end; // borrowed
    bool is_bad;            // the bytes are not what was asked for, or end too early
} thrift;

typedef struct thrift_field {
    int64_t id;
    uint8_t type;
} thrift_field;

enum { THRIFT_STRUCT = 12 };

// The next field of a struct, which the caller reads or skips. False at the end of the struct.
bool thrift_next(thrift *t, thrift_field *f);
// The value of a field or an element of that type; of another type than the function's it is bad.
int64_t thrift_int(thrift *t, uint8_t type);
pond_sv thrift_text(thrift *t, uint8_t type); // borrows from the bytes
// The number of elements of a list, which follow, and their type.
size_t thrift_list(thrift *t, uint8_t type, uint8_t *element);
void thrift_skip(thrift *t, uint8_t type);

#endif
