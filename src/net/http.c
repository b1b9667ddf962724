// HTTP by libcurl: one try, redirects, and trying again.
#include "net/http.h"

#include "base/file.h"
#include "base/time.h"
#include "net/curl.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

struct pond_http {
    net_curl curl;
    CURL *easy;
    pond_http_bounds bounds;
    pond_http_notes notes;
    char flaw[CURL_ERROR_SIZE]; // what libcurl says
};

enum { MAX_HEADERS = 200, US_PER_MS = POND_US_PER_MS };

// URLs and headers --------------------------------------------------------------------------------

// The scheme, and the host with its port: where the text after it begins.
static size_t find_authority(pond_sv url, size_t *begin) {
    ptrdiff_t slashes = pond_sv_find(url, POND_SV("://"));
    *begin = slashes < 0 ? url.n : (size_t)slashes + 3;
    size_t end = *begin;
    while (end < url.n && url.p[end] != '/' && url.p[end] != '?' && url.p[end] != '#')
        end++;
    return end;
}

static bool has_scheme(pond_sv url, const char *scheme) {
    size_t n = strlen(scheme);
    return url.n > n && strncasecmp(url.p, scheme, n) == 0;
}

const char *pond_http_url_flaw(pond_sv url) {
    size_t begin, end = find_authority(url, &begin);
    if (!has_scheme(url, "http://") && !has_scheme(url, "https://"))
        return "does not begin with http:// or https://";
    if (begin == end)
        return "has no host";
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || url.p[i] == '\\' || url.p[i] == 0x7f)
            return "has a blank, a control character or a backslash in it: write it as %20 and the "
                   "like";
    if (pond_sv_find_char(pond_sv_sub(url, begin, end), '@') >= 0)
        return "has a user or a password in it, which messages would show";
    return NULL;
}

const char *pond_http_header_flaw(pond_sv name, pond_sv value) {
    if (name.n == 0)
        return "has no name";
    for (size_t i = 0; i < name.n; i++)
        if (strchr("\"(),/:;<=>?@[\\]{}", name.p[i]) != NULL || (unsigned char)name.p[i] <= ' ' ||
            (unsigned char)name.p[i] >= 0x7f)
            return "has a character in its name that no header has";
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] == '\n' || value.p[i] == '\r' || value.p[i] == '\0')
            return "has a line break in its value";
    return NULL;
}

static bool is_same_host(pond_sv a, pond_sv b) {
    size_t begin, a_end = find_authority(a, &begin), b_end = find_authority(b, &begin);
    return a_end == b_end && strncasecmp(a.p, b.p, a_end) == 0;
}

pond_sv pond_http_header_of(const pond_http_reply *reply, const char *name) {
    for (size_t i = reply->headers.n; i > 0; i--) {
        const pond_http_header *h = &reply->headers.items[i - 1];
        if (h->name.n == strlen(name) && strncasecmp(h->name.p, name, h->name.n) == 0)
            return h->value;
    }
    return POND_SV("");
}

const char *pond_http_status_text(pond_arena *a, int status) {
    static const struct {
        int status;
        const char *text;
    } known[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {410, "Gone"},
        {416, "Range Not Satisfiable"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].status == status)
            return pond_printf(a, "%d %s", status, known[i].text);
    return pond_printf(a, "%d", status);
}

// One try -----------------------------------------------------------------------------------------

// What libcurl's functions write to.
typedef struct reception {
    pond_http *h;
    pond_arena *arena;
    pond_http_body to;
    pond_http_reply *reply;
    pond_code rc; // of what this program could not take
    const char *shown;
    pond_err *err;
} reception;

static size_t take_body(char *p, size_t size, size_t n, void *user) {
    reception *r = user;
    size_t bytes = size * n;
    r->reply->size_bytes += bytes;
    if (r->reply->size_bytes > r->h->bounds.max_bytes)
        r->rc = pond_fail(r->err, POND_ERR_LIMIT,
                          "%s answers with more than %llu bytes, which is the most that is taken",
                          r->shown, (unsigned long long)r->h->bounds.max_bytes);
    else if (r->to.fd >= 0)
        r->rc = pond_fd_write_all(r->to.fd, "the body of a reply", p, bytes, r->err);
    else
        pond_buf_append(r->to.buf, p, bytes);
    return r->rc == POND_OK ? bytes : CURL_WRITEFUNC_ERROR;
}

// Each reply begins with a status line: those before the last one are of proxies, or "100 Continue".
static size_t take_header(char *p, size_t size, size_t n, void *user) {
    reception *r = user;
    char *begin = p; // libcurl's type, though nothing is changed
    pond_sv line = pond_sv_trim((pond_sv){begin, size * n});
    ptrdiff_t colon = pond_sv_find_char(line, ':');
    if (pond_sv_starts(line, POND_SV("HTTP/")))
        r->reply->headers.n = 0;
    else if (colon > 0 && r->reply->headers.n < MAX_HEADERS)
        *pond_vec_push(r->arena, &r->reply->headers) = (pond_http_header){
            .name = pond_sv_dup(r->arena, pond_sv_sub(line, 0, (size_t)colon)),
            .value =
                pond_sv_dup(r->arena, pond_sv_trim(pond_sv_sub(line, (size_t)colon + 1, line.n)))};
    return size * n;
}

static pond_code empty_body(pond_http_body to, pond_err *err) {
    if (to.fd < 0) {
        pond_buf_clear(to.buf);
        return POND_OK;
    }
    if (ftruncate(to.fd, 0) != 0 || lseek(to.fd, 0, SEEK_SET) != 0)
        return pond_fail_errno(err, "cannot empty the file for the body of a reply");
    return POND_OK;
}

// The headers that a host may get. The list is for free_list.
static struct curl_slist *list_headers(pond_http *h, pond_arena *a, const pond_http_request *r,
                                       bool is_own_host) {
    struct curl_slist *all = NULL;
    for (size_t i = 0; i < r->n_headers; i++) {
        const pond_http_header *header = &r->headers[i];
        if (!is_own_host && !header->is_for_all)
            continue;
        // libcurl leaves out a header without a value, unless it is written with a semicolon.
        const char *line = header->value.n > 0
                               ? pond_printf(a, "%.*s: %.*s", POND_SV_ARG(header->name),
                                             POND_SV_ARG(header->value))
                               : pond_printf(a, "%.*s;", POND_SV_ARG(header->name));
        struct curl_slist *longer = h->curl.append(all, line);
        if (longer == NULL)
            pond_out_of_memory(strlen(line));
        all = longer;
    }
    return all;
}

static void set_up(pond_http *h, pond_arena *a, const pond_http_request *r, pond_sv url,
                   struct curl_slist *headers, reception *to) {
    enum { CONNECT_MS = 30000 };
    long timeout_ms = (long)(h->bounds.timeout_us / US_PER_MS) + 1;
    const net_curl *c = &h->curl;
    c->reset(h->easy); // its connections stay
    h->flaw[0] = '\0';
    c->set(h->easy, CURLOPT_URL, pond_cstr(a, url));
    c->set(h->easy, CURLOPT_ERRORBUFFER, h->flaw);
    c->set(h->easy, CURLOPT_NOSIGNAL, 1L);
    c->set(h->easy, CURLOPT_USERAGENT, "pond");
    c->set(h->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    c->set(h->easy, CURLOPT_CONNECTTIMEOUT_MS,
           timeout_ms < CONNECT_MS ? timeout_ms : (long)CONNECT_MS);
    c->set(h->easy, CURLOPT_HTTPHEADER, headers);
    c->set(h->easy, CURLOPT_WRITEFUNCTION, take_body);
    c->set(h->easy, CURLOPT_WRITEDATA, to);
    c->set(h->easy, CURLOPT_HEADERFUNCTION, take_header);
    c->set(h->easy, CURLOPT_HEADERDATA, to);
    if (h->bounds.ca_file != NULL)
        c->set(h->easy, CURLOPT_CAINFO, h->bounds.ca_file);
    if (r->is_post) {
        c->set(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
        c->set(h->easy, CURLOPT_COPYPOSTFIELDS, r->body.n == 0 ? "" : r->body.p);
    }
}

static void set_user(pond_http *h, pond_arena *a, const pond_http_request *r) {
    h->curl.set(h->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    h->curl.set(h->easy, CURLOPT_USERNAME, pond_cstr(a, r->user));
    h->curl.set(h->easy, CURLOPT_PASSWORD, pond_cstr(a, r->password));
}

static bool is_delimited(pond_http *h, const pond_http_reply *reply) {
    long version = 0;
    h->curl.get(h->easy, CURLINFO_HTTP_VERSION, &version);
    return version >= CURL_HTTP_VERSION_2_0 || pond_http_header_of(reply, "Content-Length").n > 0 ||
           pond_sv_has_nocase(pond_http_header_of(reply, "Transfer-Encoding"), "chunked");
}

// Asks one URL once. *curl_rc is libcurl's code. Fails only by what this program could not take.
static pond_code ask_once(pond_http *h, pond_arena *a, const pond_http_request *r, pond_sv url,
                          pond_http_body to, pond_http_reply *out, CURLcode *curl_rc,
                          pond_err *err) {
    bool is_own_host = is_same_host(url, r->url);
    *out = (pond_http_reply){0};
    POND_TRY(empty_body(to, err));
    reception sinks = {
        .h = h, .arena = a, .to = to, .reply = out, .shown = pond_cstr(a, r->shown), .err = err};
    struct curl_slist *headers = list_headers(h, a, r, is_own_host);
    set_up(h, a, r, url, headers, &sinks);
    if (r->user.n > 0 && is_own_host)
        set_user(h, a, r);
    *curl_rc = h->curl.perform(h->easy);
    long status = 0;
    h->curl.get(h->easy, CURLINFO_RESPONSE_CODE, &status);
    out->status = (int)status;
    out->is_delimited = is_delimited(h, out);
    h->curl.set(h->easy, CURLOPT_HTTPHEADER, NULL);
    h->curl.free_list(headers);
    return sinks.rc;
}

// Redirects ---------------------------------------------------------------------------------------

static bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Where a redirect leads, if it may be followed. What it leads to may hold a secret, so messages
// show no more than its host.
static pond_code find_next(pond_http *h, pond_arena *a, const pond_http_request *r, pond_sv *url,
                           pond_err *err) {
    char *to = NULL;
    h->curl.get(h->easy, CURLINFO_REDIRECT_URL, &to);
    if (to == NULL)
        return pond_fail(err, POND_ERR_INVALID, "%.*s is a redirect that leads nowhere",
                         POND_SV_ARG(r->shown));
    pond_sv next = pond_sv_dup(a, pond_sv_of(to));
    size_t begin, end = find_authority(next, &begin);
    const char *flaw = pond_http_url_flaw(next);
    if (flaw == NULL && has_scheme(*url, "https://") && !has_scheme(next, "https://"))
        flaw = "has no encryption, unlike the one that was asked for";
    if (flaw != NULL) {
        pond_sv host = pond_sv_find_char(pond_sv_sub(next, 0, end), '@') < 0
                           ? pond_sv_sub(next, 0, end)
                           : POND_SV("…");
        return pond_fail(err, POND_ERR_INVALID, "%.*s redirects to a URL (%.*s) that %s",
                         POND_SV_ARG(r->shown), POND_SV_ARG(host), flaw);
    }
    *url = next;
    return POND_OK;
}

static pond_code ask_along(pond_http *h, pond_arena *a, const pond_http_request *r,
                           pond_http_body to, pond_http_reply *out, CURLcode *curl_rc,
                           pond_err *err) {
    pond_sv url = r->url;
    for (int64_t n = 0;; n++) {
        POND_TRY(ask_once(h, a, r, url, to, out, curl_rc, err));
        if (*curl_rc != CURLE_OK || !is_redirect(out->status))
            return POND_OK;
        if (r->is_post)
            return pond_fail(err, POND_ERR_INVALID, "%.*s redirects what is sent to it",
                             POND_SV_ARG(r->shown));
        if (n == h->bounds.redirects)
            return pond_fail(err, POND_ERR_LIMIT, "%.*s leads through more than %lld redirects",
                             POND_SV_ARG(r->shown), (long long)h->bounds.redirects);
        POND_TRY(find_next(h, a, r, &url, err));
    }
}

// Trying again ------------------------------------------------------------------------------------

static bool may_pass(CURLcode rc, int status) {
    switch (rc) {
    case CURLE_OK:
        return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
               status == 504;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

static const char *describe(const pond_http *h, pond_arena *a, CURLcode rc, int status) {
    if (rc == CURLE_OK)
        return pond_printf(a, "it answers %s", pond_http_status_text(a, status));
    if (rc == CURLE_OPERATION_TIMEDOUT)
        return pond_printf(a, "no whole answer in %lld ms",
                           (long long)(h->bounds.timeout_us / US_PER_MS));
    if (rc == CURLE_PARTIAL_FILE)
        return "the reply ends before its end";
    return h->flaw[0] != '\0' ? pond_printf(a, "%s", h->flaw) : h->curl.text_of_error(rc);
}

// How long to wait before the next try.
static pond_code find_wait(pond_http *h, const pond_http_request *r, int64_t try_no, CURLcode rc,
                           const char *why, int64_t *wait_us, pond_err *err) {
    curl_off_t asked_s = 0;
    *wait_us = h->bounds.wait_us;
    for (int64_t i = 1; i < try_no && *wait_us < h->bounds.longest_wait_us; i++)
        *wait_us *= 2;
    if (*wait_us > h->bounds.longest_wait_us)
        *wait_us = h->bounds.longest_wait_us;
    if (rc == CURLE_OK)
        h->curl.get(h->easy, CURLINFO_RETRY_AFTER, &asked_s);
    if (asked_s > h->bounds.longest_wait_us / POND_US_PER_S)
        return pond_fail(err, POND_ERR_IO,
                         "%.*s: %s, and asks to wait for %lld s, longer than it is waited for",
                         POND_SV_ARG(r->shown), why, (long long)asked_s);
    if (asked_s * POND_US_PER_S > *wait_us)
        *wait_us = asked_s * POND_US_PER_S;
    return POND_OK;
}

static void wait_for(int64_t us) {
    struct timespec t = {.tv_sec = us / POND_US_PER_S, .tv_nsec = us % POND_US_PER_S * 1000};
    while (nanosleep(&t, &t) != 0)
        continue; // a signal that ends the program does not return here
}

// A server that packs what was not asked to be packed gives other bytes than the file has.
static pond_code check_plain(const pond_http_request *r, const pond_http_reply *reply,
                             pond_err *err) {
    pond_sv coding = pond_http_header_of(reply, "Content-Encoding");
    if (coding.n == 0 || (coding.n == 8 && strncasecmp(coding.p, "identity", 8) == 0))
        return POND_OK;
    return pond_fail(err, POND_ERR_UNSUPPORTED,
                     "%.*s is sent in the encoding '%.*s', which was not asked for",
                     POND_SV_ARG(r->shown), POND_SV_ARG(coding));
}

static pond_code fail_for_good(const pond_http *h, const pond_http_request *r, CURLcode rc,
                               const char *why, pond_err *err) {
    pond_fail(err, POND_ERR_IO, "%.*s: %s", POND_SV_ARG(r->shown), why);
    if (rc == CURLE_PEER_FAILED_VERIFICATION && h->bounds.ca_file == NULL)
        pond_err_detail(err,
                        "  if that server has a certificate of its own, name a file with it, or "
                        "with that of its authority: 'ca_file'");
    return POND_ERR_IO;
}

pond_code pond_http_send(pond_http *h, pond_arena *a, const pond_http_request *r, pond_http_body to,
                         pond_http_reply *out, pond_err *err) {
    for (int64_t try_no = 1;; try_no++) {
        CURLcode curl_rc = CURLE_OK;
        int64_t wait_us;
        POND_TRY(ask_along(h, a, r, to, out, &curl_rc, err));
        bool is_passing = may_pass(curl_rc, out->status);
        if (curl_rc == CURLE_OK && !is_passing)
            return check_plain(r, out, err);
        const char *why = describe(h, a, curl_rc, out->status);
        if (!is_passing)
            return fail_for_good(h, r, curl_rc, why, err);
        if (try_no >= h->bounds.tries)
            return pond_fail(err, POND_ERR_IO, "%.*s: %s; %lld %s", POND_SV_ARG(r->shown), why,
                             (long long)try_no, try_no == 1 ? "try" : "tries");
        POND_TRY(find_wait(h, r, try_no, curl_rc, why, &wait_us, err));
        if (h->notes.note != NULL)
            h->notes.note(h->notes.user,
                          pond_printf(a, "%.*s: %s; trying again in %.3g s", POND_SV_ARG(r->shown),
                                      why, (double)wait_us / POND_US_PER_S));
        wait_for(wait_us);
    }
}

// Opening -----------------------------------------------------------------------------------------

pond_code pond_http_open(const pond_http_bounds *bounds, pond_http_notes notes, const char *asker,
                         pond_http **out, pond_err *err) {
    pond_http *h = calloc(1, sizeof *h);
    *out = NULL;
    if (h == NULL)
        pond_out_of_memory(sizeof *h);
    h->bounds = *bounds;
    h->notes = notes;
    pond_code rc = net_curl_load(&h->curl, asker, err);
    if (rc == POND_OK && (h->easy = h->curl.init()) == NULL)
        rc = pond_fail(err, POND_ERR_UNSUPPORTED, "%s: libcurl cannot be started", asker);
    if (rc == POND_OK)
        *out = h;
    else
        pond_http_close(h);
    return rc;
}

void pond_http_close(pond_http *h) {
    if (h == NULL)
        return;
    if (h->easy != NULL)
        h->curl.cleanup(h->easy);
    net_curl_release(&h->curl);
    free(h);
}
