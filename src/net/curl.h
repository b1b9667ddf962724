// curl: libcurl, loaded when it is needed (base/library.h).
#ifndef POND_NET_CURL_H
#define POND_NET_CURL_H

#include "base/err.h"

#include <curl/curl.h>

typedef struct net_curl {
    void *library;
    __typeof__(&curl_easy_init) init;
    __typeof__(&curl_easy_setopt) set;
    __typeof__(&curl_easy_perform) perform;
    __typeof__(&curl_easy_getinfo) get;
    __typeof__(&curl_easy_strerror) text_of_error;
    __typeof__(&curl_easy_reset) reset;
    __typeof__(&curl_easy_cleanup) cleanup;
    __typeof__(&curl_slist_append) append;
    __typeof__(&curl_slist_free_all) free_list;
} net_curl;

// UNSUPPORTED if the machine has none. `asker` is who asks, in the message. Released in any case.
pond_code net_curl_load(net_curl *c, const char *asker, pond_err *err) POND_MUST;
void net_curl_release(net_curl *c);

#endif
