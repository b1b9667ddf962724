// plan: what an open text is, for the files that read it.
#ifndef POND_TEXT_PLAN_H
#define POND_TEXT_PLAN_H

#include "text/scan.h"

const text_plan *text_plan_of(const pond_text *t);
// What the first reading has kept for the second one; NULL: nothing.
const text_kept *text_kept_of(const pond_text *t);

#endif
