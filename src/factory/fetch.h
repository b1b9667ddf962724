// fetch: what the configs of factories that ask servers share: bounds of requests, whom to trust, and
// credentials.
//
// A credential is never a part of a config: it is a reference to an environment variable, or the
// name of a file that holds it. So what prints or copies a config shows none.
#ifndef POND_FACTORY_FETCH_H
#define POND_FACTORY_FETCH_H

#include "factory/factory.h"
#include "net/http.h"

// The bounds, as members of a config's struct; factory_bounds_default fills them.
typedef struct factory_bounds {
    int64_t timeout_us, wait_us, longest_wait_us, tries;
    uint64_t max_bytes;
    pond_sv ca_file; // empty: those whom the machine trusts
} factory_bounds;
static const factory_bounds factory_bounds_default = {
    .timeout_us = INT64_C(60000000),
    .wait_us = INT64_C(1000000),
    .longest_wait_us = INT64_C(60000000),
    .tries = 4,
    .max_bytes = UINT64_C(1) << 30,
    .ca_file = {"", 0},
};

#define FACTORY_BOUNDS_OPTIONS(type_, bounds_)                                                     \
    POND_OPTION("timeout", POND_OPT_DURATION, type_, bounds_.timeout_us,                           \
                .help = "of one try, from connecting to the last byte (default: 60s)"),            \
        POND_OPTION("tries", POND_OPT_INT, type_, bounds_.tries, .min = 1, .max = 100,             \
                    .help = "of a request, when what fails may pass: no connection, a reply that " \
                            "ends too early, 429, 5xx (default: 4)"),                              \
        POND_OPTION("retry_wait", POND_OPT_DURATION, type_, bounds_.wait_us,                       \
                    .help = "before the second try; twice as long before each further one "        \
                            "(default: 1s)"),                                                      \
        POND_OPTION("max_wait", POND_OPT_DURATION, type_, bounds_.longest_wait_us,                 \
                    .help = "the longest wait before a try; a server that asks for more fails "    \
                            "the run (default: 60s)"),                                             \
        POND_OPTION("max_size", POND_OPT_SIZE, type_, bounds_.max_bytes,                           \
                    .help = "the most that a reply may have (default: 1GB)"),                      \
        POND_OPTION("ca_file", POND_OPT_TEXT, type_, bounds_.ca_file,                              \
                    .help = "a file of the host (absolute path, PEM) with the certificates that "  \
                            "are trusted (default: those that the machine trusts)")

// A client within these bounds. What it waits for is told to the report.
pond_code factory_http_open(const factory_bounds *bounds, pond_report *report, const char *asker,
                            pond_http **out, pond_err *err) POND_MUST;
// Fails for a reply with a status that is not wanted.
pond_code factory_refuse_reply(pond_session *s, pond_sv shown, const pond_http_reply *reply,
                               pond_err *err) POND_MUST;

// Refuses a credential in a config: it must be one reference without a default, and nothing else may
// stand before it but a word ("Bearer ${env:TOKEN}"). `written` is the value before expansion; NULL
// is fine. The message does not repeat it.
pond_code factory_check_credential(const pond_conf *written, const char *file_key,
                                   pond_err *err) POND_MUST;
// What a file of the host (absolute path) holds, without the newline at its end. Lives in the
// session's arena; messages of the report hide it from now on.
pond_code factory_read_credential(pond_run *r, pond_sv path, pond_sv *out, pond_err *err) POND_MUST;

// A path of the pond in a config: makes it begin with '/'. INVALID for one that names the root.
pond_code factory_check_pond_path(pond_arena *a, const pond_conf *at, pond_sv *path,
                                  pond_err *err) POND_MUST;

#endif
