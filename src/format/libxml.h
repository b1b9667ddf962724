// libxml: libxml2, loaded when it is needed.
//
// What it depends on would cost every command more time than most commands take. It stays loaded,
// since it may have data of threads.
#ifndef POND_FORMAT_LIBXML_H
#define POND_FORMAT_LIBXML_H

#include "base/err.h"

#include <libxml/HTMLparser.h>

typedef struct format_libxml {
    void *library;
    // HTML as a tree.
    __typeof__(&htmlReadMemory) read_html;
    __typeof__(&xmlDocGetRootElement) root;
    __typeof__(&xmlGetProp) get;
    __typeof__(&xmlNodeGetContent) content;
    __typeof__(&xmlFreeDoc) free_doc;
    xmlFreeFunc *free;
    // XML in pieces.
    __typeof__(&xmlCreatePushParserCtxt) open;
    __typeof__(&xmlCtxtUseOptions) set_options;
    __typeof__(&xmlParseChunk) parse;
    __typeof__(&xmlStopParser) stop;
    __typeof__(&xmlCtxtGetLastError) last_error;
    __typeof__(&xmlFreeParserCtxt) close;
} format_libxml;

// UNSUPPORTED if the machine has none. `format` is who asks, in the message. Released in any case.
pond_code format_libxml_load(format_libxml *x, const char *format, pond_err *err) POND_MUST;
void format_libxml_release(format_libxml *x);

#endif
