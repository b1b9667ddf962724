// Parses URLs and bare paths.
#include "format/url.h"

#include "base/vec.h"

static pond_code fail(pond_err *err, pond_sv url, const char *what) {
    return pond_fail(err, POND_ERR_INVALID, "%s in '%.*s'", what, POND_SV_ARG(url));
}

// Percent-decoding --------------------------------------------------------------------------------

// The value of an option may have a percent sign that begins no escape: "timeformat=%Y-%m-%d".
static pond_code decode(pond_arena *a, pond_sv url, pond_sv text, bool may_have_percent,
                        pond_sv *out, pond_err *err) {
    char *p = pond_cstr(a, text);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '%') {
            p[n++] = text.p[i];
            continue;
        }
        int high = i + 2 < text.n ? pond_hex_digit(text.p[i + 1]) : -1;
        int low = i + 2 < text.n ? pond_hex_digit(text.p[i + 2]) : -1;
        if ((high < 0 || low < 0) && may_have_percent) {
            p[n++] = '%';
            continue;
        }
        if (high < 0 || low < 0)
            return pond_fail(err, POND_ERR_INVALID,
                             "malformed escape '%.*s' in '%.*s'; write '%%' as %%25",
                             POND_SV_ARG(pond_sv_sub(text, i, i + 3)), POND_SV_ARG(url));
        p[n++] = (char)(high * 16 + low);
        i += 2;
    }
    p[n] = '\0';
    *out = (pond_sv){p, n};
    if (pond_sv_find_char(*out, '\0') >= 0)
        return fail(err, url, "NUL byte not allowed");
    return POND_OK;
}

// The scheme: [host+]FORMAT[+COMPRESSION][+ENTRYTYPE] ---------------------------------------------

static bool is_compression(pond_sv word, pond_compression *out) {
    static const char *const names[] = {
        [POND_ZSTD] = "zstd", [POND_GZIP] = "gzip", [POND_BZIP2] = "bzip2"};
    for (size_t i = POND_ZSTD; i <= POND_BZIP2; i++) {
        if (pond_sv_is(word, names[i])) {
            *out = (pond_compression)i;
            return true;
        }
    }
    return false;
}

static bool is_entry_type(pond_sv word, pond_as *out) {
    *out = pond_sv_is(word, "table")    ? POND_AS_TABLE
           : pond_sv_is(word, "series") ? POND_AS_SERIES
                                        : POND_AS_IS;
    return *out != POND_AS_IS;
}

static pond_code parse_suffix(pond_sv scheme, pond_sv word, pond_url *out, pond_err *err) {
    pond_compression compression;
    pond_as as;
    if (is_compression(word, &compression)) {
        if (out->compression != POND_PLAIN)
            return pond_fail(err, POND_ERR_INVALID,
                             "duplicate compression in scheme '%.*s': '+%.*s' is one too many",
                             POND_SV_ARG(scheme), POND_SV_ARG(word));
        out->compression = compression;
        return POND_OK;
    }
    if (is_entry_type(word, &as)) {
        if (out->as != POND_AS_IS)
            return pond_fail(err, POND_ERR_INVALID,
                             "duplicate entry type in scheme '%.*s': '+%.*s' is one too many",
                             POND_SV_ARG(scheme), POND_SV_ARG(word));
        out->as = as;
        return POND_OK;
    }
    static const pond_sv suffixes[] = {
        {"zstd", 4}, {"gzip", 4}, {"bzip2", 5}, {"table", 5}, {"series", 6}};
    pond_sv near = pond_nearest(word, suffixes, sizeof suffixes / sizeof *suffixes);
    pond_fail(err, POND_ERR_INVALID,
              "unknown scheme suffix '+%.*s' in '%.*s'; expected compression (zstd, gzip, bzip2) "
              "or entry type (table, series)",
              POND_SV_ARG(word), POND_SV_ARG(scheme));
    if (near.n > 0)
        pond_err_detail(err, "  did you mean '+%.*s'?", POND_SV_ARG(near));
    return POND_ERR_INVALID;
}

static pond_code parse_scheme(pond_sv scheme, pond_url *out, pond_err *err) {
    pond_sv rest = scheme, word;
    out->format = POND_SV(POND_FORMAT_FILE);
    if (pond_sv_is(scheme, "host")) {
        out->is_host = true;
        return POND_OK;
    }
    pond_sv_split(&rest, '+', &word);
    if (pond_sv_is(word, "host")) {
        out->is_host = true;
        pond_sv_split(&rest, '+', &word);
    }
    pond_compression compression;
    if (word.n == 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "no format in scheme '%.*s'; write e.g. csv:///PATH", POND_SV_ARG(scheme));
    if (is_compression(word, &compression))
        return pond_fail(err, POND_ERR_INVALID,
                         "compression '%.*s' cannot be the primary scheme; put it after a format "
                         "(e.g., csv+%.*s:///path)",
                         POND_SV_ARG(word), POND_SV_ARG(word));
    bool is_parquet = pond_sv_is(word, "parquet");
    if (!is_parquet && !is_entry_type(word, &out->as))
        out->format = word;
    while (pond_sv_split(&rest, '+', &word))
        POND_TRY(parse_suffix(scheme, word, out, err));
    out->is_flat = is_parquet;
    if (is_parquet && out->as == POND_AS_IS)
        out->as = POND_AS_TABLE;
    return POND_OK;
}

// The rest: //AUTHORITY/PATH?OPTIONS --------------------------------------------------------------

// A pond has no hosts, so anything between the second and the third slash is a mistake; most often
// the third slash was forgotten.
static pond_code refuse_authority(pond_sv url, pond_sv scheme, pond_sv authority, pond_sv path,
                                  pond_err *err) {
    if (authority.n == 0)
        return POND_OK;
    ptrdiff_t at = pond_sv_rfind_char(authority, '@');
    pond_sv host = pond_sv_sub(authority, (size_t)(at + 1), authority.n);
    if (pond_sv_find_char(host, ':') >= 0)
        return fail(err, url, "port not allowed");
    if (at >= 0)
        return fail(err, url,
                    authority.p[0] == ':' ? "password not allowed" : "username not allowed");
    pond_code rc = pond_fail(err, POND_ERR_INVALID,
                             "non-empty host '%.*s' is not allowed in provider URLs; use host+ "
                             "prefix instead (e.g., host+csv:///path)",
                             POND_SV_ARG(host));
    pond_err_detail(err, "  a path needs three slashes: %.*s:///%.*s%.*s", POND_SV_ARG(scheme),
                    POND_SV_ARG(host), POND_SV_ARG(path));
    return rc;
}

static pond_code parse_options(pond_arena *a, pond_sv query, pond_url *out, pond_err *err) {
    POND_VEC(pond_pair) options = {0};
    for (pond_sv pair; pond_sv_split(&query, '&', &pair);) {
        if (pair.n == 0)
            continue;
        ptrdiff_t equals = pond_sv_find_char(pair, '=');
        size_t key_end = equals < 0 ? pair.n : (size_t)equals;
        pond_pair option;
        POND_TRY(decode(a, out->text, pond_sv_sub(pair, 0, key_end), false, &option.key, err));
        POND_TRY(
            decode(a, out->text, pond_sv_sub(pair, key_end + 1, pair.n), true, &option.value, err));
        if (option.key.n == 0)
            return fail(err, out->text, "option without a name");
        *pond_vec_push(a, &options) = option;
    }
    out->options = (pond_pairs){options.items, options.n, out->text};
    return POND_OK;
}

static size_t find_first_of(pond_sv s, const char *set) {
    for (size_t i = 0; i < s.n; i++)
        if (strchr(set, s.p[i]) != NULL && s.p[i] != '\0')
            return i;
    return s.n;
}

static pond_code parse_url(pond_arena *a, pond_sv scheme, pond_sv rest, pond_url *out,
                           pond_err *err) {
    POND_TRY(parse_scheme(scheme, out, err));
    if (pond_sv_find_char(rest, '#') >= 0)
        return pond_fail(err, POND_ERR_INVALID, "fragment not allowed in '%.*s'; write '#' as %%23",
                         POND_SV_ARG(out->text));
    size_t path_at = find_first_of(rest, "/?");
    pond_sv authority = pond_sv_sub(rest, 0, path_at);
    rest = pond_sv_sub(rest, path_at, rest.n);
    size_t path_n = find_first_of(rest, "?");
    pond_sv path = pond_sv_sub(rest, 0, path_n);
    POND_TRY(refuse_authority(out->text, scheme, authority, path, err));
    if (path.n == 0)
        return pond_fail(err, POND_ERR_INVALID, "no path in '%.*s'; write %.*s:///PATH",
                         POND_SV_ARG(out->text), POND_SV_ARG(scheme));
    POND_TRY(decode(a, out->text, path, false, &out->path, err));
    return path_n == rest.n ? POND_OK
                            : parse_options(a, pond_sv_sub(rest, path_n + 1, rest.n), out, err);
}

// A URL needs something that looks like a scheme, because a name in a pond may contain "://".
static bool cut_scheme(pond_sv text, pond_sv *scheme, pond_sv *rest) {
    ptrdiff_t at = pond_sv_find(text, POND_SV("://"));
    if (at < 0)
        return false;
    *scheme = pond_sv_sub(text, 0, (size_t)at);
    *rest = pond_sv_sub(text, (size_t)at + 3, text.n);
    return find_first_of(*scheme, "/?#*") == scheme->n;
}

pond_code pond_url_parse(pond_arena *a, pond_sv text, pond_url *out, pond_err *err) {
    *out = (pond_url){.text = text, .format = POND_SV("file")};
    pond_sv scheme, rest;
    if (cut_scheme(text, &scheme, &rest)) {
        out->is_url = true;
        return parse_url(a, scheme, rest, out, err);
    }
    pond_sv path = text, host = POND_SV("host+");
    if (pond_sv_starts(text, host)) {
        out->is_url = out->is_host = true;
        path = pond_sv_sub(text, host.n, text.n);
    }
    if (path.n == 0)
        return pond_fail(err, POND_ERR_INVALID, "the path is empty; the root is '/'");
    out->path = path.p[0] == '/' ? path : pond_svf(a, "/%.*s", POND_SV_ARG(path));
    return POND_OK;
}

pond_url pond_url_of_file(pond_sv text, pond_sv path) {
    return (pond_url){
        .text = text, .is_host = true, .format = POND_SV(POND_FORMAT_FILE), .path = path};
}

bool pond_url_is_parsed(const pond_url *u) {
    return !pond_sv_is(u->format, POND_FORMAT_FILE);
}
