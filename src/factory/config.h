// config: parts of configs that several factories share.
#ifndef POND_FACTORY_CONFIG_H
#define POND_FACTORY_CONFIG_H

#include "relation/secrets.h"
#include "fs/fs.h"
#include "value/conf.h"

// Expands ${env:NAME} and ${env:NAME:-default}; `$$` becomes a dollar. *secrets, unless it is NULL,
// gets the values of variables. Lives in `a`.
pond_code pond_config_expand_env(pond_arena *a, pond_sv text, pond_secret_vec *secrets,
                                 pond_sv *out, pond_err *err) POND_MUST;

// Refuses an `out_pattern` that can name no entry of a directory, or that uses captures which `in`
// does not have. The error points at `at`.
pond_code pond_config_check_out_pattern(pond_sv out_pattern, const pond_conf *at,
                                        const pond_glob *in, pond_err *err) POND_MUST;
// The name that `out_pattern` gives to the entry of `dir` for a match. False, with a warning, if it
// gives no valid name: that match has no entry, and the others have theirs.
bool pond_config_entry_name(pond_fs *fs, const pond_node *dir, pond_sv out_pattern,
                            const pond_match *m, pond_sv *out);

#endif
