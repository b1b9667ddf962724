// glob: path patterns with captures.
//
// A pattern is split at '/'; a part without `*` is a name, with `*` it matches names that hold its
// literal pieces in order (first piece at the start, last at the end), and `**` alone stands for
// zero or more directories. Nothing else is special. Captures are the texts that wildcards matched,
// left to right; `**` captures each directory that it descends, a final `**` also the name itself.
// Names are never decoded or normalised; matching is by bytes. Where several ways of matching
// exist, each `*` takes the shortest text that lets the whole match, except that the last literal
// piece of a part is matched against the end of the name (so `*.x` matches `a.x.x`, capturing
// `a.x`).
#ifndef POND_FS_GLOB_H
#define POND_FS_GLOB_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef POND_VEC(pond_sv) pond_sv_vec;

typedef struct pond_glob_part {
    pond_sv text;
    bool is_deep;   // `**`
    size_t n_stars; // of a part that is not deep; several in a row count as one
} pond_glob_part;

typedef struct pond_glob {
    pond_sv text; // as written
    // `**/**` is one part; a final `**` is followed by a part `*` of its own, for the name.
    const pond_glob_part *parts;
    size_t n_parts;     // 0: the root
    size_t n_wildcards; // `*` and `**` as written; the number of captures when there is no `**`
    bool has_deep;
} pond_glob;

// Lives in `a`; borrows `text`. INVALID for an empty pattern, "..", or a part that is empty between
// slashes.
pond_code pond_glob_parse(pond_arena *a, pond_sv text, pond_glob *out, pond_err *err) POND_MUST;
// Captures of one part that is not deep are pushed; false (and nothing pushed) when `name` does not
// match.
bool pond_glob_part_match(pond_arena *a, const pond_glob_part *part, pond_sv name,
                          pond_sv_vec *captures);
// A whole path ("/a/b", leading slash optional) against the pattern; the first way in the order
// that a walk finds them
// (`**` as short as possible).
bool pond_glob_match(pond_arena *a, const pond_glob *g, pond_sv path, pond_sv_vec *captures);
// The longest run of leading parts without wildcards, as a path: where a walk can begin. "/" if
// there is none.
pond_sv pond_glob_prefix(pond_arena *a, const pond_glob *g);
// Replaces $0, $1 … by captures; the longest number wins ($10 is the eleventh). INVALID for a
// number out of range.
// `$$` is a dollar; a `$` before anything else stands for itself.
pond_code pond_expand_captures(pond_arena *a, pond_sv pattern, const pond_sv *captures, size_t n,
                               pond_sv *out, pond_err *err) POND_MUST;
// The largest $N + 1 in `pattern`, 0 if there is none.
size_t pond_captures_needed(pond_sv pattern);

#endif
