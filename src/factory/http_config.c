// Reads and checks configs of http-ingest.
#include "factory/http_config.h"

static const pond_option rows[] = {
    POND_OPTION("url", POND_OPT_TEXT, http_config, url, .is_required = true,
                .place = offsetof(http_config, url_at),
                .help = "what is fetched, http:// or https://; a secret in it is a ${env:NAME}"),
    POND_OPTION("pond_path", POND_OPT_TEXT, http_config, pond_path, .is_required = true,
                .place = offsetof(http_config, pond_path_at),
                .help = "the file that it becomes; its directories are made"),
    POND_OPTION("format", POND_OPT_TEXT, http_config, format,
                .place = offsetof(http_config, format_at), .value = "FORMAT",
                .help = "how it is read as rows, as a URL says it: csv, csv+gzip?delimiter=;, "
                        "csv+table; the rows go to a series unless +table is written. Without it "
                        "the bytes are kept"),
    POND_OPTION("key", POND_OPT_TEXTS, http_config, key, .place = offsetof(http_config, key_at),
                .help = "columns that tell the rows of the series apart: what it has already does "
                        "not come in again, and what has changed replaces the old row"),
    POND_OPTION("growing", POND_OPT_BOOL, http_config, is_growing,
                .place = offsetof(http_config, growing_at),
                .help = "lines are only added at its end: only what is new is asked for and comes "
                        "in (default: false)"),
    POND_OPTION("columns_may_change", POND_OPT_BOOL, http_config, may_change,
                .help = "other columns than at the last run are no error (default: false)"),
    POND_OPTION("headers", POND_OPT_MAP, http_config, headers,
                .help = "headers of the request: name and value; credentials are ${env:NAME}"),
    POND_OPTION("header_files", POND_OPT_MAP, http_config, header_files,
                .help = "headers whose values are in files of the host (absolute paths)"),
    POND_OPTION("user", POND_OPT_TEXT, http_config, user, .help = "for basic authentication"),
    POND_OPTION("password", POND_OPT_TEXT, http_config, password,
                .help = "of that user, as ${env:NAME}"),
    POND_OPTION("password_file", POND_OPT_TEXT, http_config, password_file,
                .help = "a file of the host (absolute path) that holds it"),
    FACTORY_BOUNDS_OPTIONS(http_config, bounds),
    POND_SCHEDULE_OPTIONS(http_config, schedule),
};
const pond_options http_config_options = POND_OPTIONS("an http-ingest config", rows);

// Formats -----------------------------------------------------------------------------------------

static bool is_plain_lines(const http_config *c) {
    static const char *const names[] = {"csv",    "ndjson",   "jsonlogs",
                                        "weblog", "oteljson", "influx"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (pond_sv_is(c->how.format, names[i]))
            return c->how.compression == POND_PLAIN &&
                   !pond_sv_has_nocase(c->reader.encoding, "16") &&
                   !pond_sv_has_nocase(c->reader.encoding, "32");
    return false;
}

// The format is written as in a URL, without the path.
static pond_code read_format(pond_arena *a, http_config *c, pond_err *err) {
    pond_err why;
    c->has_rows = c->format.n > 0;
    if (!c->has_rows)
        return c->format_at == NULL ? POND_OK
                                    : pond_conf_fail(c->format_at, err, "'format' is empty");
    ptrdiff_t query = pond_sv_find_char(c->format, '?');
    pond_sv name = pond_sv_sub(c->format, 0, query < 0 ? c->format.n : (size_t)query);
    if (pond_sv_find_char(name, '/') >= 0 || pond_sv_starts(name, POND_SV("host+")))
        return pond_conf_fail(c->format_at, err,
                              "'format' is a format without a path, as csv?delimiter=;");
    pond_sv text = pond_svf(a, "%.*s:///body%.*s", POND_SV_ARG(name),
                            POND_SV_ARG(pond_sv_sub(c->format, name.n, c->format.n)));
    pond_code rc = pond_url_parse(a, text, &c->how, &why);
    if (rc == POND_OK && pond_url_is_bytes(&c->how))
        return pond_conf_fail(c->format_at, err, "'file' has no rows: leave out 'format'");
    if (rc == POND_OK && c->how.as == POND_AS_IS)
        c->how.as = POND_AS_SERIES;
    if (rc == POND_OK)
        rc = pond_reader_open(a, &c->how, &c->reader, &why);
    return rc == POND_OK ? POND_OK : pond_conf_fail(c->format_at, err, "'format': %s", why.msg);
}

static pond_code check_combinations(const http_config *c, pond_err *err) {
    bool is_series = c->has_rows && c->how.as == POND_AS_SERIES;
    if (c->key.n > 0 && !is_series)
        return pond_conf_fail(c->key_at, err, "'key' is for rows of a series: set 'format'");
    for (size_t i = 0; i < c->key.n; i++)
        if (c->key.items[i].n == 0)
            return pond_conf_fail(c->key.places[i], err, "a column of 'key' has no name");
    if (c->is_growing && c->has_rows && !is_series)
        return pond_conf_fail(c->growing_at, err, "what grows is a series, and not a table");
    if (c->is_growing && c->has_rows && !is_plain_lines(c))
        return pond_conf_fail(c->growing_at, err,
                              "what grows must have lines that are read one by one: plain csv, "
                              "ndjson, jsonlogs, weblog, oteljson or influx");
    return POND_OK;
}

// Headers -----------------------------------------------------------------------------------------

// Headers with such names hold credentials.
static bool is_private(pond_sv name) {
    static const char *const words[] = {"auth", "key", "token", "secret", "cookie", "pass"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (pond_sv_has_nocase(name, words[i]))
            return true;
    return false;
}

// What a request needs for itself.
static bool is_reserved(pond_sv name) {
    static const char *const names[] = {"range",          "if-none-match",     "if-modified-since",
                                        "if-range",       "accept-encoding",   "host",
                                        "content-length", "transfer-encoding", "connection"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (name.n == strlen(names[i]) && pond_sv_has_nocase(name, names[i]))
            return true;
    return false;
}

static pond_code check_headers(pond_arena *a, const pond_conf *headers, const pond_conf *written,
                               pond_err *err) {
    for (size_t i = 0; headers != NULL && i < headers->n; i++) {
        const pond_conf *h = &headers->items[i];
        if (h->value.kind <= POND_NULL || h->value.kind > POND_STRING)
            return pond_conf_fail_key(h, err, "the header '%.*s' needs a text as its value",
                                      POND_SV_ARG(h->key));
        const char *flaw = pond_http_header_flaw(h->key, h->text);
        if (flaw != NULL)
            return pond_conf_fail_key(h, err, "the header '%.*s' %s", POND_SV_ARG(h->key), flaw);
        if (is_reserved(h->key))
            return pond_conf_fail_key(h, err, "the header '%.*s' is made by each request",
                                      POND_SV_ARG(h->key));
        if (written != NULL && is_private(h->key))
            POND_TRY(factory_check_credential(pond_conf_get(written, pond_cstr(a, h->key)),
                                              "header_files", err));
    }
    return POND_OK;
}

static pond_code check_credentials(pond_arena *a, const pond_conf *written, const http_config *c,
                                   pond_err *err) {
    const pond_conf *headers = written == NULL ? NULL : pond_conf_get(written, "headers");
    POND_TRY(check_headers(a, c->headers, headers, err));
    POND_TRY(check_headers(a, c->header_files, NULL, err));
    if (written != NULL)
        POND_TRY(
            factory_check_credential(pond_conf_get(written, "password"), "password_file", err));
    if (c->user.n == 0 && (c->password.n > 0 || c->password_file.n > 0))
        return pond_fail(err, POND_ERR_INVALID, "a password needs the key 'user'");
    if (c->password.n > 0 && c->password_file.n > 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "'password' and 'password_file' exclude each other");
    return POND_OK;
}

pond_code http_config_read(pond_arena *a, const pond_conf *c, const pond_conf *written,
                           http_config *out, pond_err *err) {
    *out = (http_config){.bounds = factory_bounds_default};
    POND_TRY(pond_options_read_conf(a, c, &http_config_options, out, err));
    const char *flaw = pond_http_url_flaw(out->url);
    if (flaw != NULL)
        return pond_conf_fail(out->url_at, err, "the URL %s", flaw);
    POND_TRY(factory_check_pond_path(a, out->pond_path_at, &out->pond_path, err));
    POND_TRY(read_format(a, out, err));
    POND_TRY(check_combinations(out, err));
    return check_credentials(a, written, out, err);
}
