// kept_text: the text of a config in which a factory has replaced something.
//
// Where a config names a file of the host, what is stored holds the text of that file instead. The
// rest is kept as it was written, with its comments and its order, since people edit it later.
#ifndef POND_FACTORY_KEPT_TEXT_H
#define POND_FACTORY_KEPT_TEXT_H

#include "value/conf.h"

// The text of a config that means `stored`: `text`, in which a key that is gone has become the new
// key of the same value, with further new keys in the lines after it. Where that cannot be, all of it
// is written anew. `written` is `text`, parsed. Lives in `a`.
pond_sv pond_kept_text(pond_arena *a, pond_sv text, const pond_conf *written, pond_value stored);

#endif
