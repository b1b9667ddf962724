// Makes targets from patterns: finds the matches of each pattern and the place of each match, and
// refuses targets that collide.
#include "export/plan.h"

#include "export/delta/tables.h"
#include "export/delta/types.h"
#include "export/set.h"

#include <stdlib.h>

// The calendar units of --temporal ----------------------------------------------------------------

// The texts of both errors are those of the original program.
pond_code pond_export_parse_periods(pond_sv text, int *n_periods, pond_err *err) {
    static const char allowed[] = "year, month, day, hour, minute, second";
    *n_periods = 0;
    pond_sv rest = text, name;
    while (pond_sv_split(&rest, ',', &name)) {
        name = pond_sv_trim(name);
        int period = 0;
        while (period < POND_N_PERIODS && !pond_sv_is(name, pond_period_name((pond_period)period)))
            period++;
        if (period == POND_N_PERIODS)
            return pond_fail(err, POND_ERR_USAGE,
                             "Invalid temporal partition '%.*s'. Valid options: %s",
                             POND_SV_ARG(name), allowed);
        if (period != *n_periods)
            return pond_fail(err, POND_ERR_USAGE,
                             "'%.*s' does not start at year or leaves out a unit: Temporal "
                             "partitioning must be in chronological order: "
                             "year > month > day > hour > minute > second",
                             POND_SV_ARG(text));
        (*n_periods)++;
    }
    return POND_OK;
}

// Places ------------------------------------------------------------------------------------------

static pond_sv without_extension(pond_sv path) {
    ptrdiff_t slash = pond_sv_rfind_char(path, '/'), dot = pond_sv_rfind_char(path, '.');
    return dot > slash + 1 ? pond_sv_sub(path, 0, (size_t)dot) : path;
}

static pond_code append_capture(pond_buf *b, pond_sv capture, const pond_node *node,
                                pond_err *err) {
    if (capture.n == 0)
        return POND_OK; // a `*` that matched no text adds no directory
    if (pond_sv_is(capture, ".") || pond_sv_is(capture, ".."))
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s': the capture '%.*s' cannot be part of a path",
                         POND_SV_ARG(node->path), POND_SV_ARG(capture));
    if (b->n > 0)
        pond_buf_char(b, '/');
    pond_buf_sv(b, capture);
    return POND_OK;
}

static pond_code find_place(export_run *run, export_target *t, pond_sv matched_path,
                            pond_err *err) {
    pond_buf b = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    if (t->n_captures == 0)
        pond_buf_sv(&b, without_extension(pond_sv_sub(matched_path, 1, matched_path.n)));
    for (size_t i = 0; i < t->n_captures && rc == POND_OK; i++)
        rc = append_capture(&b, t->captures[i], t->node, err);
    if (rc == POND_OK && b.n == 0)
        rc = pond_fail(err, POND_ERR_INVALID,
                       "'%.*s': all its captures are empty, so it has no file name",
                       POND_SV_ARG(t->node->path));
    pond_sv place = pond_buf_view(&b);
    if (rc == POND_OK && (pond_sv_is(place, ".pond") || pond_sv_starts(place, POND_SV(".pond/"))))
        rc = pond_fail(err, POND_ERR_INVALID,
                       "'%.*s' would be written to '%.*s', where exports keep their own files",
                       POND_SV_ARG(t->node->path), POND_SV_ARG(place));
    // A Delta log needs a directory of its own table.
    if (rc == POND_OK && t->relation != NULL && !t->is_partitioned)
        pond_buf_str(&b, run->options->tables == POND_TABLES_DELTA ? "/data.parquet" : ".parquet");
    t->place = pond_buf_keep(run->arena, &b);
    return rc;
}

// Matching ----------------------------------------------------------------------------------------

// A file of the host that this export made is not its input: the next run would export it again, to
// another place.
static pond_code check_not_output(const export_run *run, const pond_node *node, pond_err *err) {
    char *file = realpath(node->host_path, NULL), *dir = realpath(run->dir.path, NULL);
    size_t n = dir == NULL ? 0 : strlen(dir);
    bool is_output = file != NULL && dir != NULL && strncmp(file, dir, n) == 0 && file[n] == '/';
    free(file);
    free(dir);
    return !is_output ? POND_OK
                      : pond_fail(err, POND_ERR_CONFLICT,
                                  "'%.*s' is in the directory of the export itself, '%s'; export "
                                  "to a directory that no pattern matches",
                                  POND_SV_ARG(node->path), run->dir.path);
}

// The rows of a target; none if its bytes are exported.
static pond_code find_rows(export_run *run, const pond_pattern *p, export_target *t,
                           pond_err *err) {
    pond_schema schema;
    if (!pond_type_is_queryable(t->node->type) && pond_url_is_bytes(&p->url))
        return POND_OK;
    POND_TRY(pond_pattern_relation(run->session, p, t->node, &t->relation, err));
    if (!pond_url_is_parsed(&p->url) || p->url.as != POND_AS_IS)
        return POND_OK;
    // A format alone does not say what its rows are: those with times are a series.
    POND_TRY_CTX(pond_relation_schema(run->session, t->relation, &schema, err), err,
                 "target '%.*s'", POND_SV_ARG(t->node->path));
    t->relation->is_series = t->relation->time_column.n > 0;
    return POND_OK;
}

static pond_code plan_target(export_run *run, const pond_pattern *p, const pond_match *m,
                             export_target *t, bool *is_target, pond_err *err) {
    *t = (export_target){.node = m->node,
                         .matched = m->node->path,
                         .captures = m->captures,
                         .n_captures = m->n_captures};
    *is_target = false;
    if (t->node->type == POND_T_SYMLINK)
        POND_TRY(
            pond_fs_resolve(pond_session_fs(run->session), m->node->path, true, &t->node, err));
    bool is_bytes = pond_url_is_bytes(&p->url);
    if (pond_type_is_dir(t->node->type) || (!is_bytes && !pond_pattern_takes(p, t->node->type)))
        return POND_OK;
    if (t->node->host_path != NULL)
        POND_TRY(check_not_output(run, t->node, err));
    POND_TRY(find_rows(run, p, t, err));
    if (t->relation != NULL) {
        t->is_partitioned = t->relation->is_series && run->options->n_periods > 0;
        if (run->options->tables == POND_TABLES_DELTA)
            POND_TRY_CTX(delta_adapt(run, t, err), err, "target '%.*s'",
                         POND_SV_ARG(t->node->path));
    }
    *is_target = true;
    return find_place(run, t, m->node->path, err);
}

static pond_code nothing_matched(export_run *run, const export_stage *stage, pond_err *err) {
    pond_sv prefix = pond_glob_prefix(run->arena, &stage->parsed.glob);
    const char *tree = stage->parsed.url.is_host ? "host+file://" : "";
    pond_sv nearest = pond_fs_nearest_dir(pond_session_fs(run->session), prefix);
    if (run->options->allow_empty) {
        pond_session_warn(run->session, "warning: no files match '%.*s'",
                          POND_SV_ARG(stage->pattern));
        return POND_OK;
    }
    pond_fail(err, POND_ERR_NOT_FOUND, "no files match '%.*s'", POND_SV_ARG(stage->pattern));
    pond_fs_explain_no_match(pond_session_fs(run->session), prefix, err);
    pond_err_detail(
        err, "  `pond list '%s%s*'` shows what is there; --allow-empty makes this a warning", tree,
        nearest.n > 1 ? pond_printf(run->arena, "%.*s/", POND_SV_ARG(nearest)) : "/");
    return POND_ERR_NOT_FOUND;
}

// All stages see one tree.
static pond_code check_tree(const export_run *run, const pond_url *url, pond_err *err) {
    bool is_host = pond_session_store(run->session) == NULL;
    if (url->is_host == is_host)
        return POND_OK;
    return pond_fail(err, POND_ERR_USAGE,
                     "the stages of an export are of one tree: '%.*s' is of %s, and another "
                     "--pattern of %s",
                     POND_SV_ARG(url->text), url->is_host ? "the host" : "a pond",
                     url->is_host ? "a pond" : "the host");
}

// The engine gets permission for all files of the stage at once, since it would open again for each.
static pond_code admit_files(export_run *run, const export_stage *stage,
                             const pond_match_vec *found, pond_err *err) {
    pond_match_vec files = {.items = POND_NEW_ARRAY(run->arena, pond_match, found->n)};
    if (pond_url_is_bytes(&stage->parsed.url))
        return POND_OK;
    for (size_t i = 0; i < found->n; i++) {
        pond_match m = found->items[i];
        if (m.node->type == POND_T_SYMLINK)
            POND_TRY(
                pond_fs_resolve(pond_session_fs(run->session), m.node->path, true, &m.node, err));
        if (pond_pattern_takes(&stage->parsed, m.node->type))
            files.items[files.n++] = m;
    }
    return pond_pattern_admit(run->session, &stage->parsed, &files, err);
}

// What a target and its stage are called becomes part of the manifest and of pages, in JSON.
static pond_code check_utf8(pond_sv text, const char *what, pond_err *err) {
    return pond_utf8_find_bad(text) < 0
               ? POND_OK
               : pond_fail(err, POND_ERR_INVALID,
                           "%s '%.*s' is not UTF-8, so no manifest and no page can name it", what,
                           POND_SV_ARG(text));
}

static pond_code check_names(const export_stage *stage, pond_err *err) {
    for (size_t i = 0; i < stage->n_targets; i++) {
        const export_target *t = &stage->targets[i];
        pond_code rc = check_utf8(t->matched, "the path", err);
        if (rc == POND_OK)
            rc = check_utf8(t->node->path, "the path", err);
        if (rc != POND_OK) {
            pond_err_detail(err, "  a pattern that does not match it exports the others");
            return rc;
        }
    }
    // After the paths, since a pattern with such bytes mostly names one. Captures are what is left of
    // a path without the texts of the pattern: UTF-8 if both are.
    return check_utf8(stage->pattern, "the pattern", err);
}

static pond_code plan_stage(export_run *run, size_t i, pond_err *err) {
    export_stage *stage = &run->stages[i];
    stage->pattern = run->options->patterns[i];
    pond_match_vec found = {0};
    POND_TRY(pond_pattern_of(run->arena, stage->pattern, &stage->parsed, err));
    POND_TRY(check_tree(run, &stage->parsed.url, err));
    POND_TRY(
        pond_fs_glob(pond_session_fs(run->session), run->arena, &stage->parsed.glob, &found, err));
    POND_TRY(admit_files(run, stage, &found, err));
    stage->targets = POND_NEW_ARRAY(run->arena, export_target, found.n);
    for (size_t j = 0; j < found.n; j++) {
        bool is_target;
        POND_TRY(plan_target(run, &stage->parsed, &found.items[j],
                             &stage->targets[stage->n_targets], &is_target, err));
        stage->n_targets += is_target;
    }
    if (stage->n_targets == 0)
        POND_TRY(nothing_matched(run, stage, err));
    return check_names(stage, err);
}

// Collisions --------------------------------------------------------------------------------------

static int by_place_order(const void *x, const void *y) {
    return pond_sv_cmp((*(const export_target *const *)x)->place,
                       (*(const export_target *const *)y)->place);
}

// Two targets must not have the same file, and the file of one must not be a directory of another.
// A partitioned target owns only the `year=…` directories in its place, so other files may be there
// too.
static pond_code check_same_file(const export_target *a, const export_target *b, pond_err *err) {
    if (a == NULL)
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' and '%.*s' would both be written to '%.*s'",
                     POND_SV_ARG(a->node->path), POND_SV_ARG(b->node->path), POND_SV_ARG(b->place));
}

static pond_code check_dirs_of(export_run *run, const export_target *t, const pond_map *by_place,
                               pond_err *err) {
    pond_sv dir = t->place;
    while (pond_path_up(&dir)) {
        const export_target *file = pond_map_get(by_place, dir);
        if (file != NULL && !file->is_partitioned)
            return pond_fail(
                err, POND_ERR_CONFLICT,
                "'%.*s' would be written to the file '%.*s', which '%.*s' needs as a directory",
                POND_SV_ARG(file->node->path), POND_SV_ARG(dir), POND_SV_ARG(t->node->path));
        // Whether its files are in the way of the partitions is only known when all are made.
        run->has_nested_places |= file != NULL || pond_map_get(&run->tables, dir) != NULL;
    }
    return POND_OK;
}

static pond_code check_collisions(export_run *run, pond_err *err) {
    POND_VEC(export_target *) all = {0};
    pond_map by_place;
    pond_map_init(&by_place, run->arena);
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++)
            *pond_vec_push(run->arena, &all) = &run->stages[i].targets[j];
    if (all.n > 0)
        qsort(all.items, all.n, sizeof *all.items, by_place_order);
    for (size_t i = 0; i < all.n; i++) {
        void **at = pond_map_at(&by_place, all.items[i]->place, NULL);
        POND_TRY(check_same_file(*at, all.items[i], err));
        *at = all.items[i];
    }
    for (size_t i = 0; i < all.n; i++)
        POND_TRY(check_dirs_of(run, all.items[i], &by_place, err));
    return POND_OK;
}

pond_code export_plan(export_run *run, pond_err *err) {
    run->n_stages = run->options->n_patterns;
    run->stages = POND_NEW_ARRAY(run->arena, export_stage, run->n_stages);
    for (size_t i = 0; i < run->n_stages; i++)
        POND_TRY_CTX(plan_stage(run, i, err), err, "stage %zu", i + 1);
    for (size_t i = 0; i < run->n_stages; i++)
        POND_TRY_CTX(export_check_set(&run->stages[i], err), err, "stage %zu", i + 1);
    if (run->options->tables == POND_TABLES_DELTA)
        POND_TRY(delta_plan(run, err));
    return check_collisions(run, err);
}
