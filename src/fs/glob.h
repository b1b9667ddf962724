// glob: path patterns with captures.
//
// A pattern is split at '/' into segments. A segment without `*` is a name. A segment with `*`
// matches the names that contain its literal pieces in order, the first at the start and the last
// at the end. The segment `**` matches any number of directories, also none. No other character is
// special.
//
// Captures are the texts that the wildcards matched, from left to right: one for each `*`, one for
// each directory that a `**` descends, and for a `**` at the end also the name itself. Names are
// compared by bytes, and never decoded or normalised.
//
// If there are several ways to match, each `*` takes the shortest text that lets the whole match,
// except that the last literal piece of a segment is matched at the end of the name: `*.x` matches
// `a.x.x` and captures `a.x`.
#ifndef POND_FS_GLOB_H
#define POND_FS_GLOB_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef POND_VEC(pond_sv) pond_sv_vec;

typedef struct pond_glob_segment {
    pond_sv text;
    bool is_deep;   // `**`
    size_t n_stars; // of another segment; several in a row count as one
} pond_glob_segment;

typedef struct pond_glob {
    pond_sv text; // as written
    // `**/**` becomes one segment; a `**` at the end gets a segment `*` after it, for the name.
    const pond_glob_segment *segments;
    size_t n_segments;  // 0: the root
    size_t n_wildcards; // `*` and `**`; without `**` this is the number of captures
    bool has_deep;
} pond_glob;

// Lives in `a`; borrows `text`. INVALID for an empty pattern, for "..", and for an empty segment
// between two slashes.
pond_code pond_glob_parse(pond_arena *a, pond_sv text, pond_glob *out, pond_err *err) POND_MUST;
// Matches a name against one segment that is not deep, and pushes its captures. False if it does
// not match; then nothing is pushed.
bool pond_glob_segment_match(pond_arena *a, const pond_glob_segment *segment, pond_sv name,
                             pond_sv_vec *captures);
// Matches a whole path ("/a/b" or "a/b") against the pattern, with each `**` as short as possible,
// as pond_fs_glob does.
bool pond_glob_match(pond_arena *a, const pond_glob *g, pond_sv path, pond_sv_vec *captures);
// The segments before the first wildcard, as a path: where a walk can begin. "/" if there are none.
pond_sv pond_glob_prefix(pond_arena *a, const pond_glob *g);
// Replaces $0, $1 … by captures ($10 is the eleventh). `$$` becomes a dollar, and a `$` before
// anything else stays. INVALID for a number that is too large.
pond_code pond_expand_captures(pond_arena *a, pond_sv pattern, const pond_sv *captures, size_t n,
                               pond_sv *out, pond_err *err) POND_MUST;
// How many captures `pattern` refers to: the largest number in it plus 1, or 0.
size_t pond_captures_needed(pond_sv pattern);

#endif
