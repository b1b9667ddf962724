// unpack: writes the plain bytes of a compressed file to another file.
//
// The engine could read compressed files itself, but it takes what comes before the end of a file
// for all of it: half a download would be half the rows, without any error. Here the data must end
// where the format says that it ends, with the right checksum and length, and nothing may follow
// but more such data (`cat a.gz b.gz` is one text). Memory is bounded, and the file is read once,
// so that it may be a pipe.
#ifndef POND_FORMAT_UNPACK_H
#define POND_FORMAT_UNPACK_H

#include "base/meter.h"
#include "format/url.h"

// Makes the file `to`, which must not exist. `name` is the compressed file in messages. INVALID for
// a file that is empty, cut off, damaged, or not compressed in this way, with the byte of the file
// where that is seen. LIMIT before the disk is full: a small file can unpack to any size. After a
// failure there is no file `to`.
pond_code pond_unpack(pond_compression c, const char *path, pond_sv name, const char *to,
                      pond_meter *meter, pond_err *err) POND_MUST;

#endif
