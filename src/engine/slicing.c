// Whether a query slices: whether its rows of a time range are exactly those that it makes from its
// inputs' rows of that range. Found from the engine's tree of the query, by rules that hold whatever the
// data are: rows are filtered, projected, united, joined on equal times or with tables that are no
// series, and grouped by time. What no rule is about (windows, LIMIT, other joins) counts as not
// sliced, so a mistake of this file would be a rule that is wrong, not one that is missing.
#include "engine/engine_internal.h"
#include "engine/shape.h"

// A common table expression that can be named where the walk is.
typedef struct scope {
    const struct scope *up;
    pond_sv name;
    shape shape;
} scope;

typedef struct walk {
    pond_arena *a;
    const pond_select *select;
    unsigned n_wholes;
} walk;

static const shape unknown = {.kind = SHAPE_UNKNOWN};
static const shape fixed = {.kind = SHAPE_FIXED, .is_open = true};

static shape shape_of_node(walk *w, pond_value v, const scope *s);

static bool has(pond_value v, const char *key) {
    return pond_get_lit(v, key) != NULL;
}

static pond_value member(pond_value v, const char *key) {
    const pond_value *m = pond_get_lit(v, key);
    return m == NULL ? pond_null() : *m;
}

static bool is_text(pond_value v, const char *key, const char *text) {
    return pond_sv_is(engine_tree_text(v, key), text);
}

// Tables ------------------------------------------------------------------------------------------

static const scope *find_in_scope(const scope *s, pond_sv name) {
    while (s != NULL && !shape_name_is(s->name, name))
        s = s->up;
    return s;
}

static const pond_select_input *find_input(const walk *w, pond_sv name) {
    for (size_t i = 0; i < w->select->n_tables; i++)
        if (shape_name_is(w->select->tables[i], name))
            return &w->select->inputs[i];
    return NULL;
}

// Whether a part of the query reads no series. Names that it defines itself are fixed if all that it
// reads is.
static bool is_fixed(const walk *w, pond_value v, const scope *s) {
    if (v.kind == POND_OBJECT && is_text(v, "type", "BASE_TABLE")) {
        pond_sv name = engine_tree_text(v, "table_name");
        const scope *found = find_in_scope(s, name);
        const pond_select_input *input = found != NULL ? NULL : find_input(w, name);
        if ((found != NULL && found->shape.kind != SHAPE_FIXED) ||
            (input != NULL && input->is_series))
            return false;
    }
    for (size_t i = 0; i < v.n && (v.kind == POND_OBJECT || v.kind == POND_ARRAY); i++)
        if (!is_fixed(w, v.kind == POND_OBJECT ? v.entries[i].value : v.items[i], s))
            return false;
    return true;
}

static shape shape_of_input(walk *w, const pond_select_input *in) {
    shape out = {.kind = in->is_series ? SHAPE_UNKNOWN : SHAPE_FIXED,
                 .is_time_unique = in->is_series && in->is_time_unique};
    for (size_t i = 0; i < in->schema.n; i++) {
        bool is_time = in->is_series && pond_sv_eq(in->schema.items[i].name, in->time_column);
        *pond_vec_push(w->a, &out.columns) =
            (shape_column){.name = in->schema.items[i].name, .is_time = is_time};
        if (is_time)
            out.kind = SHAPE_SLICED;
    }
    return out;
}

// `t(a, b)` names the first columns anew.
static void rename_columns(shape *out, pond_value names) {
    for (size_t i = 0; names.kind == POND_ARRAY && i < names.n && i < out->columns.n; i++)
        if (names.items[i].kind == POND_STRING)
            out->columns.items[i].name = pond_value_sv(names.items[i]);
}

static shape shape_named(walk *w, pond_value v, const shape *from, pond_sv name) {
    pond_sv alias = engine_tree_text(v, "alias");
    if (has(v, "sample"))
        return unknown;
    shape out = shape_as(w->a, from, alias.n > 0 ? alias : name);
    rename_columns(&out, member(v, "column_name_alias"));
    return out;
}

static shape shape_of_base(walk *w, pond_value v, const scope *s) {
    pond_sv name = engine_tree_text(v, "table_name");
    const scope *found = find_in_scope(s, name);
    const pond_select_input *input = found != NULL ? NULL : find_input(w, name);
    if (has(v, "schema_name") || (found == NULL && input == NULL))
        return unknown;
    shape from = found != NULL ? found->shape : shape_of_input(w, input);
    return shape_named(w, v, &from, name);
}

// Expressions -------------------------------------------------------------------------------------

static const shape_column *find_column(const shape *from, pond_value v) {
    pond_value names = member(v, "column_names");
    if (!is_text(v, "class", "COLUMN_REF") || names.kind != POND_ARRAY || names.n == 0 ||
        names.n > 2)
        return NULL;
    for (size_t i = 0; i < names.n; i++)
        if (names.items[i].kind != POND_STRING)
            return NULL;
    return shape_find(from, names.n == 2 ? pond_value_sv(names.items[0]) : (pond_sv){"", 0},
                      pond_value_sv(names.items[names.n - 1]));
}

// A time column, or coalesce of columns that always gives a time.
static bool is_time(const walk *w, const shape *from, pond_value v) {
    const shape_column *c = find_column(from, v);
    if (c != NULL)
        return c->is_time;
    pond_value children = member(v, "children");
    if (!is_text(v, "type", "OPERATOR_COALESCE") || children.kind != POND_ARRAY)
        return false;
    const shape_column **columns = POND_NEW_ARRAY(w->a, const shape_column *, children.n);
    for (size_t i = 0; i < children.n; i++)
        columns[i] = find_column(from, children.items[i]);
    return shape_covers(from, columns, children.n);
}

// Whether an expression has the same value for a row in whatever slice it is computed: it sees no
// other rows of series. *aggregates: whether it calls an aggregate.
static bool sees_its_row(const walk *w, pond_value v, const scope *s, bool *aggregates) {
    if (v.kind == POND_OBJECT) {
        if (is_text(v, "class", "WINDOW"))
            return false;
        if (is_text(v, "class", "SUBQUERY") && !is_fixed(w, member(v, "subquery"), s))
            return false;
        if (is_text(v, "class", "FUNCTION") &&
            engine_function_class(engine_tree_text(v, "function_name"), false) == ENGINE_AGGREGATE)
            *aggregates = true;
        for (size_t i = 0; i < v.n; i++)
            if (!pond_sv_is(v.entries[i].key, "subquery") &&
                !sees_its_row(w, v.entries[i].value, s, aggregates))
                return false;
    }
    for (size_t i = 0; v.kind == POND_ARRAY && i < v.n; i++)
        if (!sees_its_row(w, v.items[i], s, aggregates))
            return false;
    return true;
}

// Joins -------------------------------------------------------------------------------------------

// Whether a condition has `a = b`, perhaps AND others, with a time of each side.
static bool demands_equal_times(const walk *w, const shape *left, const shape *right,
                                pond_value v) {
    pond_value children = member(v, "children"), a = member(v, "left"), b = member(v, "right");
    if (is_text(v, "type", "COMPARE_EQUAL"))
        return (is_time(w, left, a) && is_time(w, right, b)) ||
               (is_time(w, right, a) && is_time(w, left, b));
    for (size_t i = 0; is_text(v, "type", "CONJUNCTION_AND") && i < children.n; i++)
        if (demands_equal_times(w, left, right, children.items[i]))
            return true;
    return false;
}

// The names that both sides share, by USING or NATURAL. False: they cannot be told.
static bool find_shared(walk *w, pond_value v, shape_join *j) {
    pond_value names = member(v, "using_columns");
    bool is_natural = is_text(v, "ref_type", "NATURAL");
    if (is_natural && (j->left->is_open || j->right->is_open))
        return false;
    size_t most = is_natural ? j->left->columns.n : names.kind == POND_ARRAY ? names.n : 0;
    pond_sv *shared = POND_NEW_ARRAY(w->a, pond_sv, most);
    for (size_t i = 0; i < most; i++) {
        pond_sv name = is_natural ? j->left->columns.items[i].name : pond_value_sv(names.items[i]);
        const shape_column *left = shape_find(j->left, (pond_sv){"", 0}, name),
                           *right = shape_find(j->right, (pond_sv){"", 0}, name);
        if (is_natural && (left == NULL || right == NULL))
            continue;
        shared[j->n_shared++] = name;
        j->are_times_equal |= left != NULL && right != NULL && left->is_time && right->is_time;
    }
    j->is_by_time = j->are_times_equal && j->n_shared == 1;
    j->shared = shared;
    return true;
}

static bool join_type(pond_value v, shape_join_type *out) {
    static const struct {
        const char *name;
        shape_join_type type;
    } types[] = {{"INNER", SHAPE_INNER}, {"LEFT", SHAPE_LEFT}, {"RIGHT", SHAPE_RIGHT},
                 {"FULL", SHAPE_FULL},   {"SEMI", SHAPE_SEMI}, {"ANTI", SHAPE_SEMI}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is_text(v, "join_type", types[i].name)) {
            *out = types[i].type;
            return true;
        }
    return false;
}

static shape shape_of_table(walk *w, pond_value v, const scope *s);

static shape shape_of_join_ref(walk *w, pond_value v, const scope *s) {
    shape left = shape_of_table(w, member(v, "left"), s),
          right = shape_of_table(w, member(v, "right"), s);
    shape_join j = {.left = &left, .right = &right};
    bool aggregates = false;
    if ((!is_text(v, "ref_type", "REGULAR") && !is_text(v, "ref_type", "NATURAL") &&
         !is_text(v, "ref_type", "CROSS")) ||
        !join_type(v, &j.type) || !sees_its_row(w, member(v, "condition"), s, &aggregates) ||
        !find_shared(w, v, &j))
        return unknown;
    j.are_times_equal |= demands_equal_times(w, &left, &right, member(v, "condition"));
    j.is_by_time |= j.are_times_equal && j.n_shared == 0 &&
                    is_text(member(v, "condition"), "type", "COMPARE_EQUAL");
    return shape_of_join(w->a, &j, &w->n_wholes);
}

static shape shape_of_table(walk *w, pond_value v, const scope *s) {
    if (is_text(v, "type", "BASE_TABLE"))
        return shape_of_base(w, v, s);
    if (is_text(v, "type", "JOIN"))
        return shape_of_join_ref(w, v, s);
    if (is_text(v, "type", "SUBQUERY")) {
        shape from = shape_of_node(w, member(member(v, "subquery"), "node"), s);
        return shape_named(w, v, &from, (pond_sv){"", 0});
    }
    return is_fixed(w, v, s) ? fixed : unknown;
}

// SELECT ------------------------------------------------------------------------------------------

// A name in a list of a star: a text, or the column of an object.
static pond_sv listed_name(pond_value v) {
    return v.kind == POND_STRING ? pond_value_sv(v) : engine_tree_text(v, "column");
}

static bool is_listed(pond_value list, pond_sv name) {
    for (size_t i = 0; list.kind == POND_ARRAY && i < list.n; i++)
        if (shape_name_is(listed_name(list.items[i]), name))
            return true;
    return false;
}

// The value that a list of {key, value} has for a name; null if none.
static pond_value listed_value(pond_value list, pond_sv name) {
    for (size_t i = 0; list.kind == POND_ARRAY && i < list.n; i++)
        if (shape_name_is(listed_name(member(list.items[i], "key")), name))
            return member(list.items[i], "value");
    return pond_null();
}

// `*`, `t.*`, with EXCLUDE, REPLACE and RENAME. False: it stands for unknown columns.
static bool add_star(walk *w, shape *out, const shape *from, pond_value star) {
    pond_sv table = engine_tree_text(star, "relation_name");
    if (has(star, "columns") || has(star, "expr"))
        return false;
    for (size_t i = 0; i < from->columns.n; i++) {
        shape_column c = from->columns.items[i];
        bool is_meant = table.n == 0 ? !c.is_hidden : shape_name_is(c.table, table);
        if (!is_meant || is_listed(member(star, "exclude_list"), c.name))
            continue;
        pond_value other = listed_value(member(star, "replace_list"), c.name),
                   name = listed_value(member(star, "rename_list"), c.name);
        if (other.kind != POND_NULL)
            c = (shape_column){.name = c.name, .is_time = is_time(w, from, other)};
        if (name.kind == POND_STRING)
            c.name = pond_value_sv(name);
        c.is_hidden = false;
        *pond_vec_push(w->a, &out->columns) = c;
    }
    out->is_open |= from->is_open;
    return true;
}

static bool add_columns(walk *w, shape *out, const shape *from, pond_value list) {
    for (size_t i = 0; i < list.n; i++) {
        pond_value item = list.items[i];
        if (is_text(item, "class", "STAR")) {
            if (!add_star(w, out, from, item))
                return false;
            continue;
        }
        const shape_column *c = find_column(from, item);
        pond_sv alias = engine_tree_text(item, "alias");
        *pond_vec_push(w->a, &out->columns) =
            (shape_column){.name = alias.n > 0 || c == NULL ? alias : c->name,
                           .is_time = is_time(w, from, item),
                           .whole = c == NULL ? 0 : c->whole,
                           .part = c == NULL ? 0 : c->part};
        // unnest of a struct stands for its members.
        out->is_open |=
            is_text(item, "class", "FUNCTION") && is_text(item, "function_name", "unnest");
    }
    return true;
}

// A group expression may be the number of a column, or its alias.
static bool is_time_group(const walk *w, const shape *from, pond_value list, pond_value g) {
    if (is_text(g, "class", "COLUMN_REF") && find_column(from, g) == NULL) {
        pond_value names = member(g, "column_names");
        for (size_t i = 0; i < list.n && names.n == 1; i++)
            if (shape_name_is(engine_tree_text(list.items[i], "alias"),
                              pond_value_sv(names.items[0])))
                return is_time(w, from, list.items[i]);
    }
    if (!is_text(g, "class", "CONSTANT"))
        return is_time(w, from, g);
    pond_value number = member(member(g, "value"), "value");
    if (number.kind != POND_INT || number.i < 1 || (size_t)number.i > list.n)
        return false;
    for (size_t i = 0; i < (size_t)number.i; i++)
        if (is_text(list.items[i], "class", "STAR"))
            return false;
    return is_time(w, from, list.items[number.i - 1]);
}

// Whether each group has rows of one time only. More than one set of groups (ROLLUP) leaves the time
// out in some.
static bool groups_by_time(const walk *w, const shape *from, pond_value v) {
    pond_value list = member(v, "select_list"), groups = member(v, "group_expressions"),
               sets = member(v, "group_sets");
    if (is_text(v, "aggregate_handling", "FORCE_AGGREGATES")) { // GROUP BY ALL
        for (size_t i = 0; i < list.n; i++)
            if (is_time(w, from, list.items[i]))
                return true;
        return false;
    }
    if (sets.kind != POND_ARRAY || sets.n != 1 || sets.items[0].kind != POND_ARRAY)
        return false;
    for (size_t i = 0; i < sets.items[0].n; i++) {
        pond_value at = sets.items[0].items[i];
        if (at.kind == POND_INT && at.i >= 0 && (size_t)at.i < groups.n &&
            is_time_group(w, from, list, groups.items[at.i]))
            return true;
    }
    return false;
}

// ORDER BY, and DISTINCT of whole rows, which have their time in them.
static bool are_modifiers_fine(pond_value v) {
    pond_value list = member(v, "modifiers");
    for (size_t i = 0; list.kind == POND_ARRAY && i < list.n; i++)
        if (!is_text(list.items[i], "type", "ORDER_MODIFIER") &&
            (!is_text(list.items[i], "type", "DISTINCT_MODIFIER") ||
             has(list.items[i], "distinct_on_targets")))
            return false;
    return true;
}

static bool has_time(const shape *s) {
    for (size_t i = 0; i < s->columns.n; i++)
        if (s->columns.items[i].is_time)
            return true;
    return false;
}

// Whether a list of columns may make several rows of one, as unnest does.
static bool may_multiply(pond_value v) {
    if (is_text(v, "class", "FUNCTION") &&
        engine_function_class(engine_tree_text(v, "function_name"), true) == ENGINE_TABLE)
        return true;
    for (size_t i = 0; i < v.n && (v.kind == POND_OBJECT || v.kind == POND_ARRAY); i++)
        if (may_multiply(v.kind == POND_OBJECT ? v.entries[i].value : v.items[i]))
            return true;
    return false;
}

static shape shape_of_select(walk *w, pond_value v, const scope *s) {
    pond_value list = member(v, "select_list");
    shape from = shape_of_table(w, member(v, "from_table"), s), out = {.kind = SHAPE_SLICED};
    bool in_filter = false, aggregates = false;
    bool is_grouped =
        has(v, "group_expressions") || is_text(v, "aggregate_handling", "FORCE_AGGREGATES");
    if (from.kind != SHAPE_SLICED || has(v, "sample") || has(v, "qualify") ||
        list.kind != POND_ARRAY || !are_modifiers_fine(v) ||
        !sees_its_row(w, member(v, "where_clause"), s, &in_filter) ||
        !sees_its_row(w, list, s, &aggregates) ||
        !sees_its_row(w, member(v, "having"), s, &aggregates))
        return unknown;
    if (is_grouped ? !groups_by_time(w, &from, v) : aggregates)
        return unknown;
    if (!add_columns(w, &out, &from, list) || !has_time(&out))
        return unknown;
    out.is_time_unique = from.is_time_unique && !is_grouped && !may_multiply(list);
    return out;
}

// A column of a union is a time if it is one on both sides.
static shape shape_of_set(walk *w, pond_value v, const scope *s) {
    shape left = shape_of_node(w, member(v, "left"), s),
          right = shape_of_node(w, member(v, "right"), s);
    bool by_name = is_text(v, "setop_type", "UNION_BY_NAME");
    if (left.kind != SHAPE_SLICED || right.kind != SHAPE_SLICED || !are_modifiers_fine(v) ||
        (!by_name && (left.is_open || right.is_open || left.columns.n != right.columns.n)))
        return unknown;
    shape out = {.kind = SHAPE_SLICED, .is_open = by_name};
    for (size_t i = 0; i < left.columns.n; i++) {
        const shape_column *l = &left.columns.items[i],
                           *r = by_name ? shape_find(&right, (pond_sv){"", 0}, l->name)
                                        : &right.columns.items[i];
        *pond_vec_push(w->a, &out.columns) =
            (shape_column){.name = l->name, .is_time = l->is_time && r != NULL && r->is_time};
    }
    return has_time(&out) ? out : unknown;
}

static const scope *with_expressions(walk *w, pond_value v, const scope *s) {
    pond_value list = member(member(v, "cte_map"), "map");
    for (size_t i = 0; list.kind == POND_ARRAY && i < list.n; i++) {
        pond_value definition = member(list.items[i], "value");
        scope *inner = POND_NEW(w->a, scope);
        *inner = (scope){.up = s, .name = engine_tree_text(list.items[i], "key")};
        inner->shape = shape_of_node(w, member(member(definition, "query"), "node"), s);
        rename_columns(&inner->shape, member(definition, "aliases"));
        s = inner;
    }
    return s;
}

static shape shape_of_node(walk *w, pond_value v, const scope *s) {
    if (is_fixed(w, v, s))
        return fixed;
    s = with_expressions(w, v, s);
    if (is_text(v, "type", "SELECT_NODE"))
        return shape_of_select(w, v, s);
    if (is_text(v, "type", "SET_OPERATION_NODE"))
        return shape_of_set(w, v, s);
    return unknown;
}

pond_select_slicing engine_tree_slices(pond_value tree, const pond_select *select,
                                       pond_sv time_column) {
    pond_arena a;
    pond_arena_init(&a);
    walk w = {.a = &a, .select = select};
    pond_select_slicing found = {0};
    if (tree.kind == POND_ARRAY && tree.n == 1) {
        shape out = shape_of_node(&w, member(tree.items[0], "node"), NULL);
        const shape_column *c = shape_find(&out, (pond_sv){"", 0}, time_column);
        found.slices = out.kind == SHAPE_SLICED && c != NULL && c->is_time;
        found.is_time_unique = found.slices && out.is_time_unique;
    }
    pond_arena_deinit(&a);
    return found;
}
