// The tree of a user's query, as the engine's own parser gives it: finds the tables that the query
// reads, what makes its answer differ from run to run, and what it may not do.
//
// The tree is JSON. An object with a `class` is an expression, one whose `type` is a text is
// another part of the statement, and every other object only holds parts. Every object is visited,
// and what is not known here is refused: a new version of the engine cannot bring a way around the
// check.
#include "engine/engine_internal.h"

#include "base/map.h"

// Functions inside lambdas are bound again for each lambda around them, so that each level takes
// three times as long: 8 take milliseconds, 20 a second, 30 hours.
enum { MAX_LAMBDAS = 8 };

// A common table expression that can be named where the walk is.
typedef struct scope {
    const struct scope *up;
    pond_sv name;
    bool is_recursive; // `recurring.NAME` is all rows so far
} scope;

typedef struct walk {
    pond_arena *a; // of the walk
    pond_select *select;
    size_t *uses;
    pond_map tables;     // names in lower case -> the element of `uses`
    pond_arena *results; // where texts of the result live
    int n_lambdas;       // around the present place
    pond_err *err;
} walk;

static pond_code walk_value(walk *w, pond_value v, const scope *s);

// Members -----------------------------------------------------------------------------------------

pond_sv engine_tree_text(pond_value v, const char *key) {
    const pond_value *member = pond_get_lit(v, key);
    return member != NULL && member->kind == POND_STRING ? pond_value_sv(*member) : POND_SV("");
}

static bool is_true(pond_value v, const char *key) {
    const pond_value *member = pond_get_lit(v, key);
    return member != NULL && member->kind == POND_BOOL && member->b;
}

static bool is_one_of(pond_sv text, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (pond_sv_is(text, words[i]))
            return true;
    return false;
}
#define IS_ONE_OF(text, words) is_one_of((text), (words), sizeof(words) / sizeof *(words))

static void note_change(walk *w, const char *fmt, pond_sv name) {
    if (w->select->changing.n == 0)
        w->select->changing = pond_svf(w->results, fmt, POND_SV_ARG(name));
}

// Without REPEATABLE, a sample takes other rows each time.
static void check_sample(walk *w, pond_value sample) {
    const pond_value *seed = pond_get_lit(sample, "seed");
    if (seed == NULL || seed->kind != POND_INT || seed->i < 0)
        note_change(w, "a sample without REPEATABLE%.*s", POND_SV(""));
}

static pond_code walk_member(walk *w, const pond_entry *e, const scope *s) {
    if (pond_sv_is(e->key, "sample") && e->value.kind == POND_OBJECT)
        check_sample(w, e->value);
    return walk_value(w, e->value, s);
}

static pond_code walk_members(walk *w, pond_value v, const scope *s) {
    for (size_t i = 0; i < v.n; i++)
        POND_TRY(walk_member(w, &v.entries[i], s));
    return POND_OK;
}

static pond_code unknown_part(const walk *w, pond_sv part) {
    return pond_fail(w->err, POND_ERR_QUERY,
                     "the query has a part that cannot be checked, so it is not run: %.*s",
                     POND_SV_ARG(part));
}

// Tables ------------------------------------------------------------------------------------------

static const scope *find_in_scope(const scope *s, pond_sv name) {
    while (s != NULL && (s->name.n != name.n || strncasecmp(s->name.p, name.p, name.n) != 0))
        s = s->up;
    return s;
}

static pond_code no_such_table(const walk *w, pond_value v) {
    enum { MAX_LISTED = 12 };
    const pond_select *q = w->select;
    pond_buf name = POND_BUF_EMPTY, known = POND_BUF_EMPTY;
    static const char *const parts[] = {"catalog_name", "schema_name", "table_name"};
    for (size_t i = 0; i < 3; i++)
        if (engine_tree_text(v, parts[i]).n > 0)
            pond_buf_printf(&name, "%s%.*s", name.n == 0 ? "" : ".",
                            POND_SV_ARG(engine_tree_text(v, parts[i])));
    for (size_t i = 0; i < q->n_tables && i < MAX_LISTED; i++)
        pond_buf_printf(&known, "%s%.*s", i == 0 ? "" : ", ", POND_SV_ARG(q->tables[i]));
    if (q->n_tables > MAX_LISTED)
        pond_buf_printf(&known, " and %zu more", q->n_tables - MAX_LISTED);
    pond_sv near = pond_nearest(engine_tree_text(v, "table_name"), q->tables, q->n_tables);
    pond_fail(w->err, POND_ERR_QUERY, "the query has no table '%s'", name.n == 0 ? "" : name.p);
    if (near.n > 0)
        pond_err_detail(w->err, "did you mean '%.*s'?", POND_SV_ARG(near));
    if (q->n_tables > 0)
        pond_err_detail(w->err, "it can read %s%s, and what its own WITH clauses define",
                        q->n_tables == 1 ? "the table " : "", known.p);
    pond_buf_free(&name);
    pond_buf_free(&known);
    return POND_ERR_QUERY;
}

// Whatever is not in scope would be looked for in the engine's catalog and among files.
static pond_code walk_table(walk *w, pond_value v, const scope *s) {
    pond_sv schema = engine_tree_text(v, "schema_name"), name = engine_tree_text(v, "table_name");
    const scope *found = find_in_scope(s, name);
    size_t *uses = NULL;
    bool is_known = false;
    if (engine_tree_text(v, "catalog_name").n == 0 && schema.n == 0) {
        uses = found != NULL ? NULL : pond_map_get(&w->tables, pond_sv_lower(w->a, name));
        is_known = found != NULL || uses != NULL;
    } else if (engine_tree_text(v, "catalog_name").n == 0 && pond_sv_is(schema, "recurring")) {
        is_known = found != NULL && found->is_recursive;
    }
    if (!is_known)
        return no_such_table(w, v);
    if (uses != NULL) {
        w->select->n_used += *uses == 0;
        ++*uses;
    }
    return walk_members(w, v, s);
}

static pond_code walk_table_function(walk *w, pond_value v, const scope *s) {
    const pond_value *f = pond_get_lit(v, "function");
    if (f == NULL || f->kind != POND_OBJECT ||
        !pond_sv_is(engine_tree_text(*f, "class"), "FUNCTION"))
        return unknown_part(w, POND_SV("TABLE_FUNCTION"));
    pond_sv name = engine_tree_text(*f, "function_name");
    if (engine_function_class(name, true) != ENGINE_TABLE) {
        pond_fail(w->err, POND_ERR_QUERY, "the table function '%.*s' is not allowed in a query",
                  POND_SV_ARG(name));
        pond_err_detail(w->err, "allowed are %s", engine_functions_of(w->a, ENGINE_TABLE).p);
        return POND_ERR_QUERY;
    }
    POND_TRY(walk_members(w, *f, s));
    for (size_t i = 0; i < v.n; i++)
        if (!pond_sv_is(v.entries[i].key, "function"))
            POND_TRY(walk_member(w, &v.entries[i], s));
    return POND_OK;
}

// DESCRIBE and SUMMARIZE hold a query; SHOW TABLES and the like hold the name of a list.
static pond_code walk_show(walk *w, pond_value v, const scope *s) {
    const pond_value *query = pond_get_lit(v, "query");
    if (query != NULL && query->kind == POND_OBJECT)
        return walk_members(w, v, s);
    return pond_fail(w->err, POND_ERR_QUERY,
                     "a query cannot list what the engine has: SHOW takes the name of a table");
}

// Queries -----------------------------------------------------------------------------------------

// A common table expression sees those before it, and the rest of the query sees all of them.
static pond_code walk_ctes(walk *w, pond_value v, const scope **s) {
    const pond_value *map = pond_get_lit(v, "cte_map");
    const pond_value *list = map == NULL ? NULL : pond_get_lit(*map, "map");
    for (size_t i = 0; list != NULL && list->kind == POND_ARRAY && i < list->n; i++) {
        pond_value cte = list->items[i];
        scope *inner = POND_NEW(w->a, scope);
        POND_TRY(walk_value(w, cte, *s));
        *inner = (scope){.up = *s, .name = engine_tree_text(cte, "key")};
        *s = inner;
    }
    return POND_OK;
}

// Rows that are equal in what it sorts by come in any order.
static bool is_sorted(pond_value v) {
    const pond_value *list = pond_get_lit(v, "modifiers");
    for (size_t i = 0; list != NULL && list->kind == POND_ARRAY && i < list->n; i++)
        if (pond_sv_is(engine_tree_text(list->items[i], "type"), "ORDER_MODIFIER"))
            return true;
    return false;
}

static pond_code walk_query(walk *w, pond_value v, const scope *s) {
    w->select->n_groupings +=
        pond_get_lit(v, "group_expressions") != NULL || pond_get_lit(v, "having") != NULL ||
        pond_get_lit(v, "qualify") != NULL ||
        pond_sv_is(engine_tree_text(v, "aggregate_handling"), "FORCE_AGGREGATES"); // GROUP BY ALL
    w->select->order_varies |= is_sorted(v);
    POND_TRY(walk_ctes(w, v, &s));
    for (size_t i = 0; i < v.n; i++)
        if (!pond_sv_is(v.entries[i].key, "cte_map"))
            POND_TRY(walk_member(w, &v.entries[i], s));
    return POND_OK;
}

// UNION ALL has the rows of one side after those of the other. The tree leaves out that it is ALL.
static pond_code walk_set(walk *w, pond_value v, const scope *s) {
    static const char *const unions[] = {"UNION", "UNION_BY_NAME"};
    w->select->order_varies |= !IS_ONE_OF(engine_tree_text(v, "setop_type"), unions) ||
                               pond_get_lit(v, "setop_all") != NULL;
    return walk_query(w, v, s);
}

// Only the part that is repeated can name the expression itself.
static pond_code walk_recursive(walk *w, pond_value v, const scope *s) {
    POND_TRY(walk_ctes(w, v, &s));
    scope self = {.up = s, .name = engine_tree_text(v, "cte_name"), .is_recursive = true};
    for (size_t i = 0; i < v.n; i++)
        if (!pond_sv_is(v.entries[i].key, "cte_map"))
            POND_TRY(
                walk_member(w, &v.entries[i], pond_sv_is(v.entries[i].key, "right") ? &self : s));
    return POND_OK;
}

// The parts of a statement that are no expressions.
static const struct {
    const char *type;
    pond_code (*walk)(walk *w, pond_value v, const scope *s);
    bool passes_rows_on; // in their order, if its parts do
} parts[] = {
    {"SELECT_NODE", walk_query, true},
    {"SET_OPERATION_NODE", walk_set, true},
    {"RECURSIVE_CTE_NODE", walk_recursive, false},
    {"BASE_TABLE", walk_table, true},
    {"TABLE_FUNCTION", walk_table_function, false},
    {"SHOW_REF", walk_show, false},
    {"EMPTY", walk_members, true},
    {"EXPRESSION_LIST", walk_members, true},
    {"JOIN", walk_members, false},
    {"PIVOT", walk_members, false},
    {"SUBQUERY", walk_members, true},
    {"ORDER_MODIFIER", walk_members, true}, // also of each call of a function
    {"LIMIT_MODIFIER", walk_members, true},
    {"LIMIT_PERCENT_MODIFIER", walk_members, true},
    {"DISTINCT_MODIFIER", walk_members, false},
    {"ORDER_DEFAULT", walk_members, true},
    {"ASCENDING", walk_members, true},
    {"DESCENDING", walk_members, true},
};

static pond_code walk_part(walk *w, pond_sv type, pond_value v, const scope *s) {
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (pond_sv_is(type, parts[i].type)) {
            w->select->order_varies |= !parts[i].passes_rows_on;
            return parts[i].walk(w, v, s);
        }
    if (pond_sv_ends(type, POND_SV("_TYPE_INFO"))) // of a column's type, such as that of a list
        return walk_members(w, v, s);
    return unknown_part(w, type);
}

// Expressions -------------------------------------------------------------------------------------

static pond_code check_function(walk *w, pond_value v) {
    pond_sv name = engine_tree_text(v, "function_name");
    const pond_value *args = pond_get_lit(v, "children");
    engine_class class = engine_function_class(name, false);
    if (is_true(v, "export_state"))
        return unknown_part(w, POND_SV("EXPORT_STATE"));
    if (class == ENGINE_UNKNOWN) {
        pond_sv near = engine_function_nearest(w->a, name);
        pond_fail(w->err, POND_ERR_QUERY, "there is no function '%.*s'", POND_SV_ARG(name));
        if (near.n > 0)
            pond_err_detail(w->err, "did you mean '%.*s'?", POND_SV_ARG(near));
        return POND_ERR_QUERY;
    }
    if (class == ENGINE_REFUSED) {
        pond_fail(w->err, POND_ERR_QUERY, "the function '%.*s' is not allowed in a query",
                  POND_SV_ARG(name));
        pond_err_detail(w->err, "a query works on the rows of its tables; it cannot see or change "
                                "anything else");
        return POND_ERR_QUERY;
    }
    if (class == ENGINE_CHANGING ||
        (class == ENGINE_CHANGING_ALONE && args != NULL && args->n == 1))
        note_change(w, "%.*s()", name);
    return POND_OK;
}

// Some functions need no parentheses. They look like columns, and are columns if there are any.
static void check_column(walk *w, pond_value v) {
    static const char *const clocks[] = {"current_date", "current_time", "current_timestamp",
                                         "localtime", "localtimestamp"};
    const pond_value *names = pond_get_lit(v, "column_names");
    if (names == NULL || names->kind != POND_ARRAY || names->n != 1 ||
        names->items[0].kind != POND_STRING)
        return;
    pond_sv name = pond_sv_lower(w->a, pond_value_sv(names->items[0]));
    if (IS_ONE_OF(name, clocks))
        note_change(w, "%.*s", name);
}

static pond_code walk_lambda(walk *w, pond_value v, const scope *s) {
    if (w->n_lambdas == MAX_LAMBDAS)
        return pond_fail(w->err, POND_ERR_LIMIT, "lambdas are nested deeper than %d levels",
                         MAX_LAMBDAS);
    w->n_lambdas++;
    pond_code rc = walk_members(w, v, s);
    w->n_lambdas--;
    return rc;
}

static pond_code walk_expression(walk *w, pond_sv class, pond_value v, const scope *s) {
    static const char *const plain[] = {
        "BETWEEN", "CASE",       "CAST",     "COLLATE", "COMPARISON",           "CONJUNCTION",
        "DEFAULT", "LAMBDA_REF", "OPERATOR", "STAR",    "POSITIONAL_REFERENCE", "SUBQUERY",
        "TYPE",
    };
    if (pond_sv_is(class, "CONSTANT"))
        return POND_OK;
    if (pond_sv_is(class, "WINDOW") || pond_sv_is(class, "SUBQUERY"))
        w->select->order_varies = true;
    if (pond_sv_is(class, "PARAMETER"))
        return engine_fail_parameters(w->err);
    if (pond_sv_is(class, "LAMBDA"))
        return walk_lambda(w, v, s);
    if (pond_sv_is(class, "FUNCTION") || pond_sv_is(class, "WINDOW"))
        POND_TRY(check_function(w, v));
    else if (pond_sv_is(class, "COLUMN_REF"))
        check_column(w, v);
    else if (!IS_ONE_OF(class, plain))
        return unknown_part(w, class);
    return walk_members(w, v, s);
}

// The tree ----------------------------------------------------------------------------------------

static pond_code walk_object(walk *w, pond_value v, const scope *s) {
    const pond_value *type = pond_get_lit(v, "type");
    pond_sv class = engine_tree_text(v, "class");
    if (class.n > 0)
        return walk_expression(w, class, v, s);
    if (type != NULL && type->kind == POND_STRING)
        return walk_part(w, pond_value_sv(*type), v, s);
    if (type != NULL)
        return POND_OK; // a constant: its type, and its value
    return walk_members(w, v, s);
}

static pond_code walk_value(walk *w, pond_value v, const scope *s) {
    if (v.kind == POND_OBJECT)
        return walk_object(w, v, s);
    for (size_t i = 0; v.kind == POND_ARRAY && i < v.n; i++)
        POND_TRY(walk_value(w, v.items[i], s));
    return POND_OK;
}

pond_code engine_tree_check(pond_arena *results, pond_value tree, pond_select *select,
                            pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    walk w = {.a = &a, .select = select, .results = results, .err = err};
    w.uses = POND_NEW_ARRAY(results, size_t, select->n_tables);
    select->uses = w.uses;
    pond_map_init(&w.tables, &a);
    for (size_t i = 0; i < select->n_tables; i++)
        *pond_map_at(&w.tables, pond_sv_lower(&a, select->tables[i]), NULL) = &w.uses[i];
    pond_code rc = walk_value(&w, tree, NULL);
    select->sums_vary =
        select->n_groupings > 1 || (select->n_groupings > 0 && select->order_varies);
    select->order_varies |= select->n_groupings > 0;
    pond_arena_deinit(&a);
    return rc;
}
