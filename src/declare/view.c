// Differences as people read them.
#include "declare/internal.h"

#include "base/diff.h"

static pond_sv changes(pond_arena *a, pond_sv before, pond_sv after) {
    pond_buf hunks = POND_BUF_EMPTY;
    pond_diff(before, after, &hunks);
    return pond_buf_keep(a, &hunks);
}

// Configs -----------------------------------------------------------------------------------------

// Earlier versions stored some configs as JSON.
static pond_sv readable(pond_arena *a, pond_sv config) {
    const pond_conf *c;
    if (!pond_sv_starts(config, POND_SV("{")) ||
        pond_conf_parse(a, config, "config", &c, NULL) != POND_OK)
        return config;
    pond_buf b = POND_BUF_EMPTY;
    pond_yaml_write(&b, c->value);
    return pond_buf_keep(a, &b);
}

pond_sv declare_config_changes(pond_arena *a, pond_sv before, pond_sv after) {
    return changes(a, readable(a, before), readable(a, after));
}

// Files -------------------------------------------------------------------------------------------

pond_sv declare_file_changes(pond_arena *a, pond_sv before, pond_sv after) {
    return pond_sv_is_text(before) && pond_sv_is_text(after) ? changes(a, before, after)
                                                             : POND_SV("");
}
