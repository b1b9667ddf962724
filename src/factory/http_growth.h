// http_growth: what http-ingest remembers of a file on a server, and where a file that has grown
// goes on.
//
// Of a file that grows, the last bytes that came in are remembered as a hash. The next request asks
// for them and what follows. If they are as they were, what follows is new; if not, somebody has
// written another file in its place, which comes in as a whole.
#ifndef POND_FACTORY_HTTP_GROWTH_H
#define POND_FACTORY_HTTP_GROWTH_H

#include "factory/http_config.h"

// Kept in the state of the node.
typedef struct http_memory {
    bool is_known;          // false: the first run, or of another file
    pond_sv etag, modified; // empty: the server said none, or has more than it sent
    pond_sv body;           // the hash of the whole body, in hex; of a file that does not grow
    pond_sv columns;        // a JSON array of names; empty: none yet
    // Of a file that grows: the bytes that have come in, its first lines as hex digits (those that
    // say what the columns are), and the hash of the last n_tail bytes, in hex.
    int64_t size;
    pond_sv head, tail;
    int64_t n_tail;
} http_memory;

// What was remembered, if it is about this file.
pond_code http_memory_read(pond_run *r, const http_config *c, http_memory *out,
                           pond_err *err) POND_MUST;
pond_code http_memory_write(pond_run *r, const http_config *c, const http_memory *m,
                            pond_err *err) POND_MUST;

// A body in an open file, of which the first byte is at `offset` in the file on the server.
typedef struct http_part {
    int fd;
    const char *path;
    int64_t offset, size; // size: of the body
} http_part;

// Whether the bytes that were remembered are in the part, as they were.
pond_code http_is_continued(const http_memory *m, const http_part *part, bool *out,
                            pond_err *err) POND_MUST;
// Cuts what is new after its last whole line, and writes it to the new file `to`, with the head of
// the file before it. *n_new is how many bytes of the part are new, 0: no whole line. Brings *m up
// to date. `is_first`: nothing has come in yet, and the part begins where the file does.
pond_code http_take_lines(pond_arena *a, const http_config *c, const http_part *part, bool is_first,
                          http_memory *m, const char *to, int64_t *n_new, pond_err *err) POND_MUST;

#endif
