// arrow: the Arrow names of column types, which `describe` and `cat` print. The original program
// printed them, and scripts may read them.
#ifndef POND_CLI_ARROW_H
#define POND_CLI_ARROW_H

#include "base/str.h"

// "TIMESTAMP WITH TIME ZONE" → `Timestamp(us, "UTC")`, "BIGINT" → "Int64". Lives in `a`.
pond_sv cli_arrow_type(pond_arena *a, pond_sv sql_type);
// The long form, of `describe`: `Timestamp(Microsecond, Some("UTC"))`, "Int64". Lives in `a`.
pond_sv cli_arrow_type_long(pond_arena *a, pond_sv sql_type);

#endif
