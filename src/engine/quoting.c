// Names with dots that were written without quotes: SQL takes Lake.TEMP.C for the member C of the
// column TEMP of the table Lake.
#include "engine/engine_internal.h"

#include "base/map.h"

#include <ctype.h>
#include <strings.h>

// All names that may stand before a dot: tables, aliases, and names of WITH clauses.
static void collect_names(pond_arena *a, pond_map *known, pond_value v) {
    static const char *const keys[] = {"alias", "table_name", "key"};
    for (size_t i = 0; i < 3 && v.kind == POND_OBJECT; i++)
        *pond_map_at(known, pond_sv_lower(a, engine_tree_text(v, keys[i])), NULL) = known;
    for (size_t i = 0; i < v.n && (v.kind == POND_OBJECT || v.kind == POND_ARRAY); i++)
        collect_names(a, known, v.kind == POND_OBJECT ? v.entries[i].value : v.items[i]);
}

// Whether `dotted` is the whole of a name without regard to case, or its beginning up to a character
// that ends a word, as in Lake.DO.mg/L.
static bool begins(pond_sv name, pond_sv dotted) {
    return name.n >= dotted.n && strncasecmp(name.p, dotted.p, dotted.n) == 0 &&
           (name.n == dotted.n ||
            (!isalnum((unsigned char)name.p[dotted.n]) && name.p[dotted.n] != '_'));
}

static const pond_column *find_dotted(const pond_select *select, pond_sv dotted) {
    for (size_t i = 0; i < select->n_tables; i++)
        for (size_t c = 0; c < select->inputs[i].schema.n; c++)
            if (begins(select->inputs[i].schema.items[c].name, dotted))
                return &select->inputs[i].schema.items[c];
    return NULL;
}

static pond_code check_reference(const pond_map *known, pond_arena *a, pond_value names,
                                 const pond_select *select, pond_err *err) {
    pond_buf dotted = POND_BUF_EMPTY;
    for (size_t i = 0; i < names.n; i++) {
        pond_buf_str(&dotted, i == 0 ? "" : ".");
        pond_buf_sv(&dotted, pond_value_sv(names.items[i]));
    }
    const pond_column *c = find_dotted(select, pond_buf_view(&dotted));
    pond_code rc = POND_OK;
    if (c != NULL && pond_map_get(known, pond_sv_lower(a, pond_value_sv(names.items[0]))) == NULL) {
        rc = pond_fail(err, POND_ERR_QUERY, "the query has no table '%.*s'",
                       POND_SV_ARG(pond_value_sv(names.items[0])));
        pond_err_detail(err, "a name with special characters needs double quotes: \"%.*s\"",
                        POND_SV_ARG(c->name));
    }
    pond_buf_free(&dotted);
    return rc;
}

static pond_code check_names(const pond_map *known, pond_arena *a, pond_value v,
                             const pond_select *select, pond_err *err) {
    const pond_value *names = NULL;
    if (v.kind == POND_OBJECT && pond_sv_is(engine_tree_text(v, "class"), "COLUMN_REF"))
        names = pond_get_lit(v, "column_names");
    if (names != NULL && names->kind == POND_ARRAY && names->n > 1)
        return check_reference(known, a, *names, select, err);
    for (size_t i = 0; i < v.n && (v.kind == POND_OBJECT || v.kind == POND_ARRAY); i++)
        POND_TRY(check_names(known, a, v.kind == POND_OBJECT ? v.entries[i].value : v.items[i],
                             select, err));
    return POND_OK;
}

pond_code engine_tree_check_names(pond_value tree, const pond_select *select, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_map known;
    pond_map_init(&known, &a);
    collect_names(&a, &known, tree);
    pond_code rc = check_names(&known, &a, tree, select, err);
    pond_arena_deinit(&a);
    return rc;
}
