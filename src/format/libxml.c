// Loads libxml2.
#include "format/libxml.h"

#include "base/library.h"

pond_code format_libxml_load(format_libxml *x, const char *format, pond_err *err) {
    static const char *const names[] = {"libxml2.so.2"};
    *x = (format_libxml){0};
    const pond_symbol symbols[] = {
        {"htmlReadMemory", &x->read_html},
        {"xmlDocGetRootElement", &x->root},
        {"xmlGetProp", &x->get},
        {"xmlNodeGetContent", &x->content},
        {"xmlFreeDoc", &x->free_doc},
        {"xmlFree", &x->free},
        {"xmlCreatePushParserCtxt", &x->open},
        {"xmlCtxtUseOptions", &x->set_options},
        {"xmlParseChunk", &x->parse},
        {"xmlStopParser", &x->stop},
        {"xmlCtxtGetLastError", &x->last_error},
        {"xmlFreeParserCtxt", &x->close},
    };
    return pond_library_load(&x->library, names, sizeof names / sizeof *names, symbols,
                             sizeof symbols / sizeof *symbols, format, err);
}

void format_libxml_release(format_libxml *x) {
    pond_library_release(&x->library);
}
