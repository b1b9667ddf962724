// config: parts of configs that several factories share.
#ifndef POND_FACTORY_CONFIG_H
#define POND_FACTORY_CONFIG_H

#include "fs/glob.h"
#include "value/conf.h"

// Expands ${env:NAME} and ${env:NAME:-default}; `$$` becomes a dollar. Lives in `a`.
pond_code pond_config_expand_env(pond_arena *a, pond_sv text, pond_sv *out,
                                 pond_err *err) POND_MUST;

// Refuses an `out_pattern` that cannot name an entry of a directory, or that uses captures which
// `in` does not have. The error points at `at`.
pond_code pond_config_check_out_pattern(pond_sv out_pattern, const pond_conf *at,
                                        const pond_glob *in, pond_err *err) POND_MUST;
// The name that `out_pattern` gives to the entry for the node at `path`. INVALID for a name that is
// empty or holds a slash.
pond_code pond_config_entry_name(pond_arena *a, pond_sv out_pattern, pond_sv path,
                                 const pond_sv *captures, size_t n_captures, pond_sv *out,
                                 pond_err *err) POND_MUST;

#endif
