// Makes a context from the manifest: what a template would see in an export like the last one.
#include "export/export.h"

#include "base/file.h"
#include "export/manifest.h"
#include "export/set.h"
#include "relation/match.h"

// How many stages a template at `path` sees: those before the first one that exports it, all if
// none does.
static size_t stages_before(pond_arena *a, const manifest *m, pond_sv path) {
    for (size_t i = 1; i < m->stages.n; i++) {
        pond_sv pattern = m->stages.items[i]->pattern;
        pond_pattern parsed;
        pond_sv_vec captures = {0};
        if (pattern.p != NULL && pond_pattern_of(a, pattern, &parsed, NULL) == POND_OK &&
            pond_glob_match(a, &parsed.glob, path, &captures))
            return i;
    }
    return m->stages.n;
}

// The variables of the last export, except those that are given now.
static pond_value join_vars(pond_arena *a, pond_value recorded, pond_value given) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, recorded.n + given.n);
    for (size_t i = 0; i < recorded.n; i++)
        e[i] = recorded.entries[i];
    for (size_t i = 0; i < given.n; i++)
        e[recorded.n + i] = given.entries[i];
    return pond_object_sorted(e, recorded.n + given.n); // the last of equal keys counts
}

// An empty one if there is no DIR/.pond.
static pond_code read_manifest(pond_arena *a, const char *dir, manifest **out, pond_err *err) {
    static const manifest none;
    pond_below root, meta;
    POND_TRY(pond_below_open(dir, &root, err));
    pond_code rc = pond_below_enter(&root, a, ".pond", &meta, err);
    if (rc == POND_OK)
        rc = manifest_read_sets(a, &meta, out, err);
    else if (rc == POND_ERR_NOT_FOUND) {
        *out = POND_NEW(a, manifest);
        **out = none;
        rc = POND_OK;
    }
    pond_below_close(&meta);
    pond_below_close(&root);
    return rc;
}

pond_code pond_export_load_context(pond_arena *a, const char *dir, pond_sv path, pond_value vars,
                                   pond_page_context *out, pond_err *err) {
    manifest *m;
    POND_TRY(read_manifest(a, dir, &m, err));
    if (!m->is_there)
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "'%s' holds no export: it has no .pond/manifest.json", dir);
    size_t n = stages_before(a, m, path);
    pond_value *stages = POND_NEW_ARRAY(a, pond_value, n), set = pond_null();
    for (size_t i = 0; i < n; i++) {
        pond_sv pattern = m->stages.items[i]->pattern;
        set = export_set_revive(a, m->stages.items[i]->set);
        stages[i] =
            export_stage_value(a, pattern.p == NULL ? pond_null() : pond_string(pattern), set);
    }
    if (m->vars.kind == POND_OBJECT)
        vars = join_vars(a, m->vars, vars);
    pond_value list = pond_array(stages, n);
    *out = pond_page_context_of(a, &set, &list, vars);
    return POND_OK;
}
