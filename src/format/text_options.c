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

pond_code format_check_text_options(const pond_url *url, const pond_text_options *o,
                                    pond_err *err) {
    if (o->time_formats.n > 0 && o->epoch != POND_EPOCH_NONE)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s': a time is written as timeformat says, or counts as epoch says; "
                         "not both",
                         POND_SV_ARG(url->text));
    return POND_OK;
}
