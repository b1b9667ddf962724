// http: requests to servers that may be slow, broken or hostile.
//
// A request is bounded in everything: its time, its size, its tries, its redirects. What may pass (no
// connection, a reply that ends too early, 429, 5xx) is tried again, each time after twice the wait, or
// after what the server asks for. A reply that is shorter than the server said is never given to the
// caller. Headers and the password go to the host that they were given for, and to no other one that
// a redirect names.
//
// Owns      libcurl, loaded by the first client, and its connections.
// Includes  base, libcurl.
// Promises  messages have the text that the caller gives as `shown`, and no header or password.
// Leaves    what a status means to the caller, if trying again would not change it.
#ifndef POND_NET_HTTP_H
#define POND_NET_HTTP_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct pond_http_bounds {
    int64_t timeout_us;      // of one try, from connecting to the last byte
    int64_t wait_us;         // before the second try
    int64_t longest_wait_us; // a server that asks for more ends the request
    int64_t tries, redirects;
    uint64_t max_bytes;  // of a body
    const char *ca_file; // PEM: whom to trust in place of those whom the machine trusts; or NULL
} pond_http_bounds;

// How a caller is told that a request is tried again.
typedef struct pond_http_notes {
    void (*note)(void *user, const char *text); // NULL: nobody is
    void *user;
} pond_http_notes;

typedef struct pond_http pond_http;
// `asker` is who needs the library, in the message when the machine has none (UNSUPPORTED).
pond_code pond_http_open(const pond_http_bounds *bounds, pond_http_notes notes, const char *asker,
                         pond_http **out, pond_err *err) POND_MUST;
void pond_http_close(pond_http *h); // NULL is fine

typedef struct pond_http_header {
    pond_sv name, value;
    bool is_for_all; // also for a host that a redirect names
} pond_http_header;
typedef POND_VEC(pond_http_header) pond_http_header_vec;

typedef struct pond_http_request {
    pond_sv url;   // pond_http_url_flaw finds nothing wrong with it
    pond_sv shown; // what messages call it
    const pond_http_header *headers;
    size_t n_headers;
    pond_sv user, password; // empty: none
    bool is_post;           // with `body`; it follows no redirect
    pond_sv body;
} pond_http_request;

typedef struct pond_http_reply {
    int status;
    pond_http_header_vec headers; // live in the arena of the call
    uint64_t size_bytes;          // of the body
    bool is_delimited; // it says where its body ends; else the connection does, also when it breaks
} pond_http_reply;

// Where the body of a reply goes, from the beginning for each try.
typedef struct pond_http_body {
    int fd;        // an empty file, or -1:
    pond_buf *buf; // in memory
} pond_http_body;

// IO when all tries failed, LIMIT for what is too large and for too many redirects. What the body
// holds after a failure is of no use. Statuses that are returned are none of those that may pass.
pond_code pond_http_send(pond_http *h, pond_arena *a, const pond_http_request *request,
                         pond_http_body to, pond_http_reply *out, pond_err *err) POND_MUST;
// The value of the last header of that name, in any case; empty if there is none.
pond_sv pond_http_header_of(const pond_http_reply *reply, const char *name);
// "404 Not Found"; the number alone if it is not known.
const char *pond_http_status_text(pond_arena *a, int status);

// What is wrong with a URL, as the end of a sentence; NULL: nothing. One with a user or a password
// in it is wrong, too: messages show URLs.
const char *pond_http_url_flaw(pond_sv url);
// The same for a header.
const char *pond_http_header_flaw(pond_sv name, pond_sv value);

#endif
