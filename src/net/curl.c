// Loads libcurl.
#include "net/curl.h"

#include "base/library.h"

pond_code net_curl_load(net_curl *c, const char *asker, pond_err *err) {
    // Debian builds it with either library for TLS; a program needs only one.
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    *c = (net_curl){0};
    const pond_symbol symbols[] = {
        {"curl_easy_init", &c->init},
        {"curl_easy_setopt", &c->set},
        {"curl_easy_perform", &c->perform},
        {"curl_easy_getinfo", &c->get},
        {"curl_easy_strerror", &c->text_of_error},
        {"curl_easy_reset", &c->reset},
        {"curl_easy_cleanup", &c->cleanup},
        {"curl_slist_append", &c->append},
        {"curl_slist_free_all", &c->free_list},
    };
    return pond_library_load(&c->library, names, sizeof names / sizeof *names, symbols,
                             sizeof symbols / sizeof *symbols, asker, err);
}

void net_curl_release(net_curl *c) {
    pond_library_release(&c->library);
}
