// package: the parts of an Office Open XML file, which is a zip archive of XML.
//
// Parts are found by their names in the archive, and nothing is ever unpacked to a file: a name
// cannot lead anywhere. Each part is read to its end, so its checksum was right, and what it
// unpacks to is limited. A document type, which could define entities, is an error.
#ifndef POND_FORMAT_PACKAGE_H
#define POND_FORMAT_PACKAGE_H

#include "base/err.h"
#include "base/meter.h"
#include "base/str.h"

typedef struct format_package format_package;

// The attributes of one element, without their name spaces. Valid during the call that has them.
typedef struct format_attributes {
    const unsigned char **items;
    int n;
} format_attributes;
bool format_attribute(const format_attributes *a, const char *name, pond_sv *out);

// What becomes of the elements of a part. Names have no name spaces; texts may come in pieces.
typedef struct format_elements {
    void *user;
    pond_code (*begin)(void *user, pond_sv name, const format_attributes *a, pond_err *err);
    pond_code (*end)(void *user, pond_sv name, pond_err *err); // optional
    void (*text)(void *user, pond_sv text);                    // optional
} format_elements;

// `name` is the file in messages; `meter` is NULL, or counts the bytes of each part. Lives in `a` but for what format_package_close releases.
pond_code format_package_open(pond_arena *a, const char *path, pond_sv name, format_package **out,
                              pond_meter *meter, pond_err *err) POND_MUST;
void format_package_close(format_package *p); // NULL is fine
pond_sv format_package_name(const format_package *p);
// A part that is missing is INVALID; LIMIT if it unpacks to more than most_bytes.
pond_code format_package_read(format_package *p, pond_sv part, uint64_t most_bytes,
                              const format_elements *to, pond_err *err) POND_MUST;

#endif
