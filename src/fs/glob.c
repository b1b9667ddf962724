// Parsing patterns, and matching names and paths without backtracking.
//
// A segment consists of literal pieces with stars between them, and a pattern of runs of segments
// with `**` between them. At both levels the first piece must be at the start and the last at the
// end; each one between is taken at the first place where it fits. This leaves the most text for
// what follows, so no other place has to be tried. It also makes each wildcard as short as possible
// from left to right, which is how captures are defined.
#include "fs/glob.h"

// Parsing -----------------------------------------------------------------------------------------

static size_t count_star_runs(pond_sv text) {
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '*' && (i == 0 || text.p[i - 1] != '*');
    return n;
}

typedef POND_VEC(pond_glob_segment) segment_vec;

static pond_code add_segment(pond_arena *a, pond_sv pattern, pond_sv text, segment_vec *segments,
                             pond_err *err) {
    if (text.n == 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "pattern '%.*s' has an empty part between two slashes",
                         POND_SV_ARG(pattern));
    if (pond_sv_is(text, ".."))
        return pond_fail(err, POND_ERR_INVALID,
                         "pattern '%.*s' contains '..'; patterns are matched from the root down",
                         POND_SV_ARG(pattern));
    bool is_deep = pond_sv_is(text, "**");
    if (is_deep && segments->n > 0 && segments->items[segments->n - 1].is_deep)
        return POND_OK; // two in a row match the same as one
    *pond_vec_push(a, segments) = (pond_glob_segment){
        .text = text, .is_deep = is_deep, .n_stars = is_deep ? 0 : count_star_runs(text)};
    return POND_OK;
}

pond_code pond_glob_parse(pond_arena *a, pond_sv text, pond_glob *out, pond_err *err) {
    if (text.n == 0)
        return pond_fail(err, POND_ERR_INVALID, "the pattern is empty; '/**' matches everything");
    pond_sv rest = text;
    if (rest.p[0] == '/')
        rest = pond_sv_sub(rest, 1, rest.n);
    if (rest.n > 0 && rest.p[rest.n - 1] == '/')
        rest.n--;

    segment_vec segments = {0};
    // A single slash is the root, a pattern without segments; "//" is not.
    bool is_root = text.n == 1 && text.p[0] == '/';
    for (pond_sv segment; !is_root && pond_sv_split(&rest, '/', &segment);)
        POND_TRY(add_segment(a, text, segment, &segments, err));

    *out = (pond_glob){.text = text};
    for (size_t i = 0; i < segments.n; i++) {
        out->n_wildcards += segments.items[i].is_deep ? 1 : segments.items[i].n_stars;
        out->has_deep |= segments.items[i].is_deep;
    }
    if (segments.n > 0 && segments.items[segments.n - 1].is_deep)
        *pond_vec_push(a, &segments) = (pond_glob_segment){.text = POND_SV("*"), .n_stars = 1};
    out->segments = segments.items;
    out->n_segments = segments.n;
    return POND_OK;
}

pond_sv pond_glob_prefix(pond_arena *a, const pond_glob *g) {
    pond_sv prefix = POND_SV("");
    for (size_t i = 0; i < g->n_segments; i++) {
        const pond_glob_segment *segment = &g->segments[i];
        if (segment->is_deep || segment->n_stars > 0)
            break;
        prefix = pond_svf(a, "%.*s/%.*s", POND_SV_ARG(prefix), POND_SV_ARG(segment->text));
    }
    return prefix.n == 0 ? POND_SV("/") : prefix;
}

// Matching ----------------------------------------------------------------------------------------

static void capture(pond_arena *a, pond_sv_vec *captures, pond_sv text) {
    *pond_vec_push(a, captures) = text;
}

bool pond_glob_segment_match(pond_arena *a, const pond_glob_segment *segment, pond_sv name,
                             pond_sv_vec *captures) {
    if (segment->n_stars == 0)
        return pond_sv_eq(segment->text, name);
    if (segment->text.n == 1) { // a lone star
        capture(a, captures, name);
        return true;
    }
    size_t first_star = (size_t)pond_sv_find_char(segment->text, '*');
    size_t last_star = (size_t)pond_sv_rfind_char(segment->text, '*');
    pond_sv head = pond_sv_sub(segment->text, 0, first_star);
    pond_sv tail = pond_sv_sub(segment->text, last_star + 1, segment->text.n);
    if (name.n < head.n + tail.n || !pond_sv_starts(name, head) || !pond_sv_ends(name, tail))
        return false;

    size_t n_before = captures->n;
    pond_sv open = pond_sv_sub(name, head.n, name.n - tail.n); // to be matched by the rest
    pond_sv pieces = pond_sv_sub(segment->text, first_star, last_star);
    for (pond_sv piece; pond_sv_split(&pieces, '*', &piece);) {
        if (piece.n == 0)
            continue; // between two stars in a row
        ptrdiff_t at = pond_sv_find(open, piece);
        if (at < 0) {
            captures->n = n_before;
            return false;
        }
        capture(a, captures, pond_sv_sub(open, 0, (size_t)at));
        open = pond_sv_sub(open, (size_t)at + piece.n, open.n);
    }
    capture(a, captures, open);
    return true;
}

// Matches segments [from, to) of the pattern, none of which is deep, against the names at `names`.
static bool match_run(pond_arena *a, const pond_glob *g, size_t from, size_t to,
                      const pond_sv *names, pond_sv_vec *captures) {
    size_t n_before = captures->n;
    for (size_t k = from; k < to; k++) {
        if (!pond_glob_segment_match(a, &g->segments[k], names[k - from], captures)) {
            captures->n = n_before;
            return false;
        }
    }
    return true;
}

static size_t end_of_run(const pond_glob *g, size_t from) {
    while (from < g->n_segments && !g->segments[from].is_deep)
        from++;
    return from;
}

// pond_glob_match for a path that is split into names. May push captures even if it fails.
static bool match_names(pond_arena *a, const pond_glob *g, const pond_sv *names, size_t n_names,
                        pond_sv_vec *captures) {
    size_t end = end_of_run(g, 0);
    if (end == g->n_segments && n_names != end)
        return false;
    if (n_names < end || !match_run(a, g, 0, end, names, captures))
        return false;

    size_t i = end; // names before it are matched
    while (end < g->n_segments) {
        size_t from = end + 1; // after the `**`
        end = end_of_run(g, from);
        size_t n = end - from, descended = i;
        if (n > n_names - i)
            return false;
        if (end == g->n_segments)
            i = n_names - n; // the last run must match the end
        pond_sv_vec found = {0};
        while (!match_run(a, g, from, end, names + i, &found))
            if (++i + n > n_names)
                return false;
        for (; descended < i; descended++)
            capture(a, captures, names[descended]);
        for (size_t k = 0; k < found.n; k++)
            capture(a, captures, found.items[k]);
        i += n;
    }
    return true;
}

bool pond_glob_match(pond_arena *a, const pond_glob *g, pond_sv path, pond_sv_vec *captures) {
    pond_sv_vec names = {0};
    if (path.n > 0 && path.p[0] == '/')
        path = pond_sv_sub(path, 1, path.n);
    for (pond_sv name; path.n > 0 && pond_sv_split(&path, '/', &name);)
        *pond_vec_push(a, &names) = name;
    size_t n_before = captures->n;
    if (match_names(a, g, names.items, names.n, captures))
        return true;
    captures->n = n_before;
    return false;
}
