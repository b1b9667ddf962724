// What templates say about each other: pond_tera_check loads missing templates, links parents and
// includes, and collects macro namespaces; pond_tera_is_pure follows all of these.
#include "tera/engine.h"

// Loading -----------------------------------------------------------------------------------------

static pond_code find_or_load(pond_tera *t, pond_sv name, const tera_template **out,
                              pond_err *err) {
    *out = tera_find(t, name);
    if (*out != NULL)
        return POND_OK;
    tera_template *loaded;
    POND_TRY(tera_load(t, name, &loaded, err));
    *out = loaded;
    return POND_OK;
}

static pond_code missing(pond_tera *t, const tera_template *tpl, tera_place place, pond_err *err,
                         const char *what, pond_sv name) {
    pond_code code = pond_fail(err, POND_ERR_TEMPLATE, "there is no template '%.*s' to %s",
                               POND_SV_ARG(name), what);
    tera_point(err, tpl, place);
    pond_err_detail(err, "%s", tera_why_missing(t, name).p);
    return code;
}

// Loads the templates that `tpl` names. A missing include is an error only when it is rendered.
static pond_code load_references(pond_tera *t, tera_template *tpl, pond_err *err) {
    const tera_template *found;
    if (tpl->parent.p != NULL) {
        POND_TRY(find_or_load(t, tpl->parent, &found, err));
        if (found == NULL)
            return missing(t, tpl, tpl->parent_place, err, "extend", tpl->parent);
    }
    for (const tera_import *i = tpl->imports; i != NULL; i = i->next) {
        POND_TRY(find_or_load(t, i->file, &found, err));
        if (found == NULL)
            return missing(t, tpl, i->place, err, "import", i->file);
    }
    for (tera_include *i = tpl->includes; i != NULL; i = i->next) {
        i->found = NULL;
        for (uint32_t k = 0; k < i->n && i->found == NULL; k++)
            POND_TRY(find_or_load(t, i->names[k], &i->found, err));
        if (i->found == NULL && i->n == 1 && !i->ignore_missing)
            i->why_missing = tera_why_missing(t, i->names[0]);
    }
    return POND_OK;
}

// Each template lists all of its parents, and imports are followed recursively.
enum { MAX_CHAIN = 500 };

static pond_code too_long(const tera_template *tpl, tera_place place, pond_err *err,
                          const char *what) {
    pond_code code = pond_fail(err, POND_ERR_LIMIT, "more than %d %s in a chain", MAX_CHAIN, what);
    tera_point(err, tpl, place);
    return code;
}

// Parents -----------------------------------------------------------------------------------------

static const tera_template *parent_of(const pond_tera *t, const tera_template *tpl) {
    return tpl->parent.p == NULL ? NULL : tera_find(t, tpl->parent);
}

static pond_code extends_itself(const pond_tera *t, const tera_template *tpl, pond_err *err) {
    pond_code code =
        pond_fail(err, POND_ERR_TEMPLATE, "'%.*s' extends itself", POND_SV_ARG(tpl->name));
    tera_point(err, tpl, tpl->parent_place);
    for (const tera_template *p = parent_of(t, tpl); p != tpl; p = parent_of(t, p))
        pond_err_detail(err, "by way of '%.*s'", POND_SV_ARG(p->name));
    return code;
}

// Two walkers, one of them at double speed, meet in any circle.
static pond_code check_circle(const pond_tera *t, const tera_template *tpl, pond_err *err) {
    const tera_template *slow = tpl, *fast = tpl;
    while (fast != NULL && (fast = parent_of(t, fast)) != NULL) {
        fast = parent_of(t, fast);
        slow = parent_of(t, slow);
        if (fast == slow && fast != NULL)
            return extends_itself(t, slow, err);
    }
    return POND_OK;
}

static pond_code link_parents(pond_tera *t, tera_template *tpl, pond_err *err) {
    uint32_t n = 0;
    for (const tera_template *p = parent_of(t, tpl); p != NULL; p = parent_of(t, p))
        n++;
    if (n > MAX_CHAIN)
        return too_long(tpl, tpl->parent_place, err, "parents");
    tpl->parents = POND_NEW_ARRAY(&t->arena, const tera_template *, n + 1);
    tpl->n_parents = 0;
    for (const tera_template *p = parent_of(t, tpl); p != NULL; p = parent_of(t, p))
        tpl->parents[tpl->n_parents++] = p;
    return POND_OK;
}

// Macro namespaces --------------------------------------------------------------------------------

typedef POND_VEC(tera_namespace) namespace_vec;

static void add_namespace(pond_tera *t, namespace_vec *all, uint32_t name,
                          const tera_template *template, bool replaces) {
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].name == name) {
            if (replaces)
                all->items[i].template = template;
            return;
        }
    *pond_vec_push(&t->arena, all) = (tera_namespace){name, template};
}

static pond_code gather(pond_tera *t, tera_template *tpl, uint32_t depth, pond_err *err);

// Adds the namespaces of another template whose names are still free. Templates that import each
// other in a circle get those that are known when the circle closes.
static pond_code inherit_namespaces(pond_tera *t, namespace_vec *all, const tera_template *from,
                                    uint32_t depth, pond_err *err) {
    tera_template *other = pond_map_get(&t->templates, from->name);
    POND_TRY(gather(t, other, depth + 1, err));
    for (uint32_t i = 0; i < other->n_namespaces; i++)
        add_namespace(t, all, other->namespaces[i].name, other->namespaces[i].template, false);
    return POND_OK;
}

// `self` if there are macros, then the imports and what these import, then the namespaces of the
// parents. The first one of a name wins.
static pond_code gather(pond_tera *t, tera_template *tpl, uint32_t depth, pond_err *err) {
    if (tpl->check_state != TERA_UNCHECKED)
        return POND_OK;
    if (depth > MAX_CHAIN)
        return too_long(tpl, (tera_place){0}, err, "imports");
    tpl->check_state = TERA_CHECKING;
    namespace_vec all = {0};
    if (tpl->macros.n > 0)
        add_namespace(t, &all, tera_intern(t, POND_SV("self")), tpl, true);
    for (const tera_import *i = tpl->imports; i != NULL; i = i->next) {
        const tera_template *from = tera_find(t, i->file);
        add_namespace(t, &all, i->name, from, true);
        POND_TRY(inherit_namespaces(t, &all, from, depth, err));
    }
    for (uint32_t i = 0; i < tpl->n_parents; i++)
        POND_TRY(inherit_namespaces(t, &all, tpl->parents[i], depth, err));
    tpl->namespaces = all.items;
    tpl->n_namespaces = (uint32_t)all.n;
    tpl->check_state = TERA_CHECKED;
    return POND_OK;
}

// Check -------------------------------------------------------------------------------------------

pond_code pond_tera_check(pond_tera *t, pond_err *err) {
    // Loading adds templates to the map, which the loop then visits, too.
    for (size_t i = 0; i < t->templates.n; i++)
        POND_TRY(load_references(t, t->templates.entries[i].value, err));
    for (size_t i = 0; i < t->templates.n; i++)
        POND_TRY(check_circle(t, t->templates.entries[i].value, err));
    for (size_t i = 0; i < t->templates.n; i++) {
        tera_template *tpl = t->templates.entries[i].value;
        tpl->check_state = TERA_UNCHECKED;
        POND_TRY(link_parents(t, tpl, err));
    }
    for (size_t i = 0; i < t->templates.n; i++)
        POND_TRY(gather(t, t->templates.entries[i].value, 0, err));
    return POND_OK;
}

// Purity ------------------------------------------------------------------------------------------

typedef POND_VEC(const tera_template *) template_vec;

// Adds a template unless it is missing or already in the list.
static void add_template(pond_arena *a, template_vec *all, const tera_template *tpl) {
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i] == tpl)
            return;
    if (tpl != NULL)
        *pond_vec_push(a, all) = tpl;
}

bool pond_tera_is_pure(const pond_tera *t, pond_sv name) {
    pond_arena a;
    pond_arena_init(&a);
    template_vec all = {0}; // grows while it is walked
    bool is_pure = tera_find(t, name) != NULL;
    add_template(&a, &all, tera_find(t, name));
    for (size_t k = 0; k < all.n && is_pure; k++) {
        const tera_template *tpl = all.items[k];
        is_pure = !tpl->is_impure;
        add_template(&a, &all, parent_of(t, tpl));
        for (const tera_import *i = tpl->imports; i != NULL; i = i->next)
            add_template(&a, &all, tera_find(t, i->file));
        for (const tera_include *i = tpl->includes; i != NULL; i = i->next)
            add_template(&a, &all, i->found);
    }
    pond_arena_deinit(&a);
    return is_pure;
}
