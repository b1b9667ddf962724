// What the formats of text have in common.
#include "format/text_options.h"

pond_code format_read_no_options(pond_arena *a, const pond_url *url, pond_reader *out,
                                 pond_err *err) {
    (void)a;
    if (url->options.n > 0)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s': %s takes no options",
                         POND_SV_ARG(url->text), out->format->name);
    return POND_OK;
}
