// readers: which nodes of a pond read others, by what their configs and links say.
//
// A config names what its node reads under a few keys (reader_keys.def), as a path, a pattern or a
// URL. What a page asks for while it is rendered (the functions `rows` and `query`) is in no config,
// and is not found.
#ifndef POND_FACTORY_READERS_H
#define POND_FACTORY_READERS_H

#include "relation/session.h"

typedef struct pond_reader_of {
    const pond_node *reader; // a dynamic node or a symlink
    pond_sv says;            // the pattern in its config, or the target of the link
    const pond_node *reads;  // one of those that were asked about, or a node below one
} pond_reader_of;
typedef POND_VEC(pond_reader_of) pond_reader_of_vec;

// Finds the stored nodes, other than `gone` and what is below them, that read any of these; each
// once, in path order. A config that is wrong or that cannot be read reads nothing. Lives in the
// arena of the session.
pond_code pond_readers_find(pond_session *s, const pond_node_vec *gone, pond_reader_of_vec *out,
                            pond_err *err) POND_MUST;
// CONFLICT, with who reads what, unless there are none.
pond_code pond_readers_refuse(const pond_reader_of_vec *readers, pond_err *err) POND_MUST;

#endif
