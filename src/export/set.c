// Export sets: a tree of targets, keyed by their captures, with the files of each at its leaf.
#include "export/set.h"

#include "factory/template.h"
#include "relation/schema.h"

#include <stdlib.h>

// Making ------------------------------------------------------------------------------------------

static pond_value output_value(pond_arena *a, const export_record *r) {
    pond_value start = r->has_times ? pond_int(r->start_ms) : pond_null(),
               end = r->has_times ? pond_int(r->end_ms) : pond_null();
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 5); // there are very many of them
    e[0] = (pond_entry){POND_SV("end_time"), end};
    e[1] = (pond_entry){POND_SV("file"), pond_string(r->file)};
    e[2] = (pond_entry){POND_SV("rows"), r->rows < 0 ? pond_null() : pond_int(r->rows)};
    e[3] = (pond_entry){POND_SV("size"), pond_uint(r->size_bytes)};
    e[4] = (pond_entry){POND_SV("start_time"), start};
    return pond_object(e, 5);
}

// A leaf iterates as the list of its files, and has the attributes `files` and `schema`.
static pond_value leaf_of(pond_arena *a, const pond_value *files, size_t n, pond_value schema) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 2);
    e[0] = (pond_entry){POND_SV("files"), pond_array(files, n)};
    e[1] = (pond_entry){POND_SV("schema"), schema};
    return pond_array_with_attrs(a, files, n, pond_object(e, 2));
}

typedef struct set_maker {
    pond_arena *arena;
    const export_target *last; // the target of the last leaf, and its schema for templates:
    pond_value schema;         // the schemas of neighbours are mostly equal
} set_maker;

static pond_sv time_column_of(const export_target *t) {
    return t->relation == NULL ? (pond_sv){"", 0} : t->relation->time_column;
}

static pond_value schema_value(set_maker *m, const export_target *t) {
    if (m->last == NULL || !pond_schema_equal(m->last->schema, t->schema) ||
        !pond_sv_eq(time_column_of(m->last), time_column_of(t)))
        m->schema = pond_template_schema(m->arena, t->schema, time_column_of(t));
    m->last = t;
    return m->schema;
}

static pond_value target_leaf(set_maker *m, const export_target *t) {
    pond_arena *a = m->arena;
    pond_value *files = POND_NEW_ARRAY(a, pond_value, t->outputs.n);
    for (size_t i = 0; i < t->outputs.n; i++)
        files[i] = output_value(a, &t->outputs.items[i]->record);
    return leaf_of(a, files, t->outputs.n, schema_value(m, t));
}

static int by_captures(const void *x, const void *y) {
    const export_target *a = *(const export_target *const *)x,
                        *b = *(const export_target *const *)y;
    for (size_t i = 0; i < a->n_captures && i < b->n_captures; i++) {
        int c = pond_sv_cmp(a->captures[i], b->captures[i]);
        if (c != 0)
            return c;
    }
    return (a->n_captures > b->n_captures) - (a->n_captures < b->n_captures);
}

// The set of targets[0, n), which are sorted by captures and share the first `depth` of them.
static pond_value branch(set_maker *m, const export_target *const *targets, size_t n,
                         size_t depth) {
    if (targets[0]->n_captures == depth)
        return target_leaf(m, targets[0]);
    pond_entry *e = POND_NEW_ARRAY(m->arena, pond_entry, n);
    size_t n_entries = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        pond_sv key = targets[i]->captures[depth];
        while (end < n && pond_sv_eq(targets[end]->captures[depth], key))
            end++;
        e[n_entries++] = (pond_entry){key, branch(m, targets + i, end - i, depth + 1)};
        i = end;
    }
    return pond_object(e, n_entries);
}

static const export_target **sorted_targets(pond_arena *a, const export_stage *stage) {
    const export_target **sorted = POND_NEW_ARRAY(a, const export_target *, stage->n_targets);
    for (size_t i = 0; i < stage->n_targets; i++)
        sorted[i] = &stage->targets[i];
    qsort(sorted, stage->n_targets, sizeof *sorted, by_captures);
    return sorted;
}

pond_value export_stage_set(pond_arena *a, export_stage *stage) {
    set_maker m = {.arena = a};
    if (stage->set.kind == POND_NULL && stage->n_targets > 0)
        stage->set = branch(&m, sorted_targets(a, stage), stage->n_targets, 0);
    return stage->set;
}

void export_make_sets(pond_arena *a, export_run *run) {
    for (size_t i = 0; i < run->n_stages; i++)
        (void)export_stage_set(a, &run->stages[i]);
}

pond_value export_stage_value(pond_arena *a, pond_value pattern, pond_value set) {
    pond_object_builder o = {.arena = a};
    pond_object_put(&o, "export", set);
    pond_object_put(&o, "pattern", pattern);
    return pond_object_build(&o);
}

// Checking ----------------------------------------------------------------------------------------

pond_code export_check_set(const export_stage *stage, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    const export_target **sorted = sorted_targets(&a, stage);
    pond_code rc = POND_OK;
    for (size_t i = 1; i < stage->n_targets && rc == POND_OK; i++) {
        const export_target *shorter = sorted[i - 1], *longer = sorted[i];
        bool is_prefix = shorter->n_captures <= longer->n_captures;
        for (size_t j = 0; is_prefix && j < shorter->n_captures; j++)
            is_prefix = pond_sv_eq(shorter->captures[j], longer->captures[j]);
        if (is_prefix)
            rc = pond_fail(
                err, POND_ERR_CONFLICT,
                "'%.*s' and '%.*s' would have the same place in the export set: the wildcards of "
                "'%.*s' match the same texts in both, or in one of them only the first of these",
                POND_SV_ARG(shorter->node->path), POND_SV_ARG(longer->node->path),
                POND_SV_ARG(stage->pattern));
    }
    pond_arena_deinit(&a);
    return rc;
}

// Reading back ------------------------------------------------------------------------------------

static bool is_leaf(pond_value v) {
    const pond_value *files = pond_get_lit(v, "files"), *schema = pond_get_lit(v, "schema");
    return v.kind == POND_OBJECT && v.n == 2 && files != NULL && files->kind == POND_ARRAY &&
           schema != NULL && pond_get_lit(*schema, "fields") != NULL;
}

pond_value export_set_revive(pond_arena *a, pond_value json) {
    if (json.kind != POND_OBJECT)
        return json;
    if (is_leaf(json)) {
        const pond_value *files = pond_get_lit(json, "files");
        return leaf_of(a, files->items, files->n, *pond_get_lit(json, "schema"));
    }
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, json.n);
    for (size_t i = 0; i < json.n; i++)
        e[i] = (pond_entry){json.entries[i].key, export_set_revive(a, json.entries[i].value)};
    return pond_object(e, json.n);
}
