// origins: the files of the host that nodes were made from, and whether they have changed since.
//
// A pond depends on nothing outside of it: the text of a template is stored, and files are copied.
// So who edits such a file sees nothing of it until the node is made again. For that the path, size,
// time and hash of each file are remembered (store/declared.h), and a command that shows or exports
// the pond says which of them differ now.
//
// A pond may come from a stranger, who must not make us look at files by writing paths into a catalog.
// So each origin has a seal, the hash of what tells this copy of the pond on this machine from any
// other, and one with another seal is passed over. A file is looked at only if the user owns the pond,
// and read only if it is regular and its size is as it was.
#ifndef POND_FACTORY_ORIGINS_H
#define POND_FACTORY_ORIGINS_H

#include "relation/session.h"
#include "store/declared.h"

// Reads a file of the host (path relative to the current directory), and adds it to `origins`, which
// may be NULL. Lives in `a`.
pond_code pond_origin_read(pond_arena *a, const char *path, pond_sv *text, pond_origin_vec *origins,
                           pond_err *err) POND_MUST;
// The origin of a file that was read otherwise, which had this hash. A file that cannot be looked at
// has none: `out` gets nothing.
void pond_origin_add(pond_arena *a, const char *path, const pond_sha256 *hash,
                     pond_origin_vec *out);
// Remembers what the node at a path was made from, in place of what was remembered.
pond_code pond_origins_keep(pond_session *s, pond_sv node_path, pond_origin_vec *origins,
                            pond_err *err) POND_MUST;
// Warns of each file that differs from what the pond holds. Says nothing about one that is gone.
pond_code pond_origins_warn(pond_session *s, pond_err *err) POND_MUST;

#endif
