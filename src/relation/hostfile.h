// hostfile: whether files of the host are still what they were when they were first looked at.
//
// A pond is a snapshot, a directory of the host is not. What an export records about a file must be
// true of the rows that it read from it, or the next export would keep what it should make again.
// So a file is hashed before anything else is read from it, and looked at again at the end. Size,
// times, inode and device tell whether it was changed, unless its times are so recent that a second
// change within the same tick of the clock would not show: then it is hashed again.
#ifndef POND_RELATION_HOSTFILE_H
#define POND_RELATION_HOSTFILE_H

#include "base/hash.h"
#include "relation/session.h"

// The hash of the content of a regular file, as it was when this session first asked for it.
pond_code pond_hostfile_hash(pond_session *s, const char *path, pond_sha256 *out,
                             pond_err *err) POND_MUST;
// CONFLICT if one of the files that were hashed has changed since then.
pond_code pond_hostfile_check(pond_session *s, pond_err *err) POND_MUST;

#endif
