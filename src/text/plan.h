// plan: what an open text is, for the files that read it.
#ifndef POND_TEXT_PLAN_H
#define POND_TEXT_PLAN_H

#include "text/scan.h"

const text_plan *text_plan_of(const pond_text *t);
// What the first reading has kept for the second one; NULL: nothing.
text_kept *text_kept_of(const pond_text *t);
// Whether the first reading goes on: rows come from what is kept, and only from there.
bool text_is_started(const pond_text *t, bool *needs_order);

#endif
