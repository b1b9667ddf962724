// Loads libxml2.
#include "format/libxml.h"

#include <dlfcn.h>
#include <string.h>

// ISO C cannot cast dlsym's object pointer to a function pointer; POSIX has both in equal bytes.
static bool find(const format_libxml *x, const char *name, void *function) {
    void *found = x->library == NULL ? NULL : dlsym(x->library, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

pond_code format_libxml_load(format_libxml *x, const char *format, pond_err *err) {
    *x = (format_libxml){.library = dlopen("libxml2.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)};
    if (!find(x, "htmlReadMemory", &x->read_html) || !find(x, "xmlDocGetRootElement", &x->root) ||
        !find(x, "xmlGetProp", &x->get) || !find(x, "xmlNodeGetContent", &x->content) ||
        !find(x, "xmlFreeDoc", &x->free_doc) || !find(x, "xmlFree", &x->free) ||
        !find(x, "xmlCreatePushParserCtxt", &x->open) ||
        !find(x, "xmlCtxtUseOptions", &x->set_options) || !find(x, "xmlParseChunk", &x->parse) ||
        !find(x, "xmlStopParser", &x->stop) || !find(x, "xmlCtxtGetLastError", &x->last_error) ||
        !find(x, "xmlFreeParserCtxt", &x->close))
        return pond_fail(err, POND_ERR_UNSUPPORTED, "%s needs libxml2, which cannot be loaded: %s",
                         format, dlerror());
    return POND_OK;
}

void format_libxml_release(format_libxml *x) {
    if (x->library != NULL)
        dlclose(x->library);
    x->library = NULL;
}
