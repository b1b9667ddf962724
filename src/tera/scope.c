// Names at run time: binding them, looking up paths, and the errors for those that have no value.
#include "tera/render.h"

#include "base/float.h"

// Frames ------------------------------------------------------------------------------------------

void tera_push(tera_render *r, tera_frame *f, tera_frame_kind kind, const tera_template *active) {
    *f = (tera_frame){.outer = r->frame,
                      .active = active,
                      .depth = r->frame == NULL ? 1 : r->frame->depth + 1,
                      .kind = (uint8_t)kind};
    r->frame = f;
}

void tera_clear_sets(tera_render *r, tera_frame *f) {
    for (tera_binding *b = f->sets; b != NULL;) {
        tera_binding *next = b->sibling;
        r->cells[b->symbol].top = b->outer; // the frame is the innermost, so b is the top
        b->sibling = r->free_bindings;
        r->free_bindings = b;
        b = next;
    }
    f->sets = NULL;
}

void tera_pop(tera_render *r) {
    tera_clear_sets(r, r->frame);
    r->frame = r->frame->outer;
}

// Bindings ----------------------------------------------------------------------------------------

void tera_bind(tera_render *r, tera_binding *b, uint32_t symbol, tera_binding_kind kind) {
    tera_cell *cell = &r->cells[symbol];
    b->symbol = symbol;
    b->kind = (uint8_t)kind;
    b->depth = r->frame->depth;
    b->outer = cell->top;
    cell->top = b;
}

void tera_unbind(tera_render *r, tera_binding *b) {
    r->cells[b->symbol].top = b->outer;
}

static tera_binding *new_binding(tera_render *r) {
    tera_binding *b = r->free_bindings;
    if (b == NULL)
        return pond_alloc(&r->arena, sizeof *b);
    r->free_bindings = b->sibling;
    return b;
}

// Sets a name in the frame `f`, which need not be the innermost. The bindings of a chain are in the
// order of their frames; within a frame, names that were set come before loop variables.
static void set_in(tera_render *r, tera_frame *f, uint32_t symbol, pond_value v) {
    tera_binding **at = &r->cells[symbol].top;
    while (*at != NULL && (*at)->depth > f->depth)
        at = &(*at)->outer;
    if (*at != NULL && (*at)->depth == f->depth && (*at)->kind == TERA_BOUND_SET) {
        (*at)->value = v;
        return;
    }
    tera_binding *b = new_binding(r);
    *b = (tera_binding){.value = v,
                        .outer = *at,
                        .sibling = f->sets,
                        .symbol = symbol,
                        .depth = f->depth,
                        .kind = TERA_BOUND_SET};
    *at = b;
    f->sets = b;
}

void tera_set(tera_render *r, uint32_t symbol, pond_value v) {
    set_in(r, r->frame, symbol, v);
}

void tera_set_global(tera_render *r, uint32_t symbol, pond_value v) {
    tera_frame *f = r->frame;
    while (f->kind == TERA_IN_FOR)
        f = f->outer;
    set_in(r, f, symbol, v);
}

// Everything visible ------------------------------------------------------------------------------

typedef POND_VEC(pond_entry) entry_vec;

static void add_entry(tera_render *r, entry_vec *all, uint32_t symbol, pond_value v) {
    *pond_vec_push(&r->arena, all) = (pond_entry){tera_symbol_name(r->t, symbol), v};
}

// Of equal names the last entry wins: first the context, then the frames from the inside out. As in
// Tera 1, names of an outer frame hide those of an inner one here.
static void collect_visible(tera_render *r, entry_vec *all, bool with_context) {
    const tera_frame *f = r->frame;
    bool in_macro = r->base > 1;
    if (r->context.kind == POND_OBJECT && (with_context || !in_macro))
        for (uint32_t i = 0; i < r->context.n; i++)
            *pond_vec_push(&r->arena, all) = r->context.entries[i];
    for (; f != NULL && f->depth >= r->base; f = f->outer) {
        for (const tera_binding *b = f->sets; b != NULL; b = b->sibling)
            add_entry(r, all, b->symbol, b->value);
        if (f->value != NULL)
            add_entry(r, all, f->value->symbol, f->value->value);
        if (f->key != NULL)
            add_entry(r, all, f->key->symbol, f->key->value);
    }
}

// Every visible name with its value, as __tera_context shows them.
static pond_value all_visible(tera_render *r) {
    entry_vec all = {0};
    collect_visible(r, &all, false);
    return pond_object_sorted(all.items, all.n);
}

// Paths -------------------------------------------------------------------------------------------

// Steps without paths of their own: those were replaced by their values. A float is replaced by its
// text, which has a dot in it: as in Tera 1, `a[x]` with x = 2.0 is `a.2.0`.
typedef struct walk {
    const tera_step *steps;
    uint32_t n;
} walk;

// In small objects, which are most of them, a linear search beats a binary search.
static inline bool is_small(const pond_value *v, pond_sv key) {
    enum { FEW = 8 };
    return v->kind == POND_OBJECT && v->n <= FEW && key.n <= TERA_FEW_BYTES;
}

static inline const pond_value *search_small(const pond_value *v, pond_sv key) {
    for (const pond_entry *e = v->entries, *end = e + v->n; e < end; e++)
        if (e->key.n == key.n && tera_same_few(e->key.p, key.p, key.n))
            return &e->value;
    return NULL;
}

static const pond_value *member(const pond_value *v, pond_sv key) {
    return is_small(v, key) ? search_small(v, key) : pond_get(*v, key);
}

static const pond_value *one_step(const pond_value *v, const tera_step *s) {
    if (s->is_nowhere)
        return NULL;
    if (v->kind == POND_ARRAY && s->index >= 0)
        return (uint64_t)s->index < v->n ? &v->items[s->index] : NULL;
    return v->kind == POND_OBJECT || v->kind == POND_ARRAY ? member(v, s->key) : NULL;
}

static TERA_RARE const pond_value *walk_on(const pond_value *v, const tera_step *s, uint32_t n) {
    for (uint32_t i = 0; i < n && v != NULL; i++)
        v = one_step(v, &s[i]);
    return v;
}

// Without calls up to the first step that is unusual.
const pond_value *tera_walk(const pond_value *v, const tera_path *path) {
    const tera_step *s = path->steps;
    uint32_t left = path->n_steps;
    do {
        if (is_small(v, s->key))
            v = search_small(v, s->key);
        else if (v->kind == POND_ARRAY && (uint64_t)s->index < v->n)
            v = &v->items[s->index];
        else
            return walk_on(v, s, left);
        s++;
    } while (--left > 0 && v != NULL);
    return v;
}

static const pond_value *follow(const pond_value *v, const walk *w) {
    for (uint32_t i = 0; i < w->n && v != NULL; i++)
        if (w->steps[i].key.n > 0) // an empty key has no effect
            v = one_step(v, &w->steps[i]);
    return v;
}

const pond_value tera_absent = {.kind = POND_NULL};

static const pond_value *in_context(tera_render *r, uint32_t symbol) {
    tera_cell *cell = &r->cells[symbol];
    if (cell->context == NULL) {
        const pond_value *v = r->context.kind == POND_OBJECT
                                  ? member(&r->context, tera_symbol_name(r->t, symbol))
                                  : NULL;
        cell->context = v == NULL ? &tera_absent : v;
    }
    return cell->context == &tera_absent ? NULL : cell->context;
}

static pond_value loop_value(const tera_frame *loop, uint8_t member) {
    switch (member) {
    case TERA_LOOP_INDEX:
        return pond_int((int64_t)loop->index + 1);
    case TERA_LOOP_INDEX0:
        return pond_int(loop->index);
    case TERA_LOOP_FIRST:
        return pond_bool(loop->index == 0);
    default:
        return pond_bool(loop->index + 1 == loop->n);
    }
}

static void add_index_steps(tera_render *r, pond_value v, tera_step *out, uint32_t *n) {
    if (v.kind == POND_STRING) {
        pond_sv key = pond_value_sv(v);
        out[(*n)++] = (tera_step){.key = key, .index = tera_index_of(key)};
        return;
    }
    char text[32];
    size_t length = v.kind == POND_FLOAT ? pond_float_json(v.f, text) : tera_int_text(v, text);
    pond_sv rest = pond_sv_dup(&r->arena, (pond_sv){text, length}), piece;
    while (pond_sv_split(&rest, '.', &piece))
        out[(*n)++] = (tera_step){.key = piece, .index = tera_index_of(piece)};
}

// Replaces the steps that are paths by their values.
static bool resolve_steps(tera_render *r, const tera_path *path, walk *out) {
    tera_step *steps = pond_alloc(&r->arena, sizeof *steps * 2 * path->n_steps);
    uint32_t n = 0;
    for (uint32_t i = 0; i < path->n_steps; i++) {
        const tera_step *s = &path->steps[i];
        pond_value room;
        if (s->path == NULL) {
            steps[n++] = *s;
            continue;
        }
        const pond_value *v = tera_search(r, s->path, &room);
        if (v == NULL || (v->kind != POND_STRING && !pond_is_number(*v)))
            return false;
        add_index_steps(r, *v, steps, &n);
    }
    *out = (walk){steps, n};
    return true;
}

// `loop.index` and the like belong to the innermost `for`, unless a `loop` with that member was set
// inside it.
static TERA_RARE const pond_value *search_loop(const tera_render *r, const tera_path *path,
                                               pond_value *room) {
    walk w = {path->steps, path->n_steps};
    for (const tera_binding *b = r->cells[path->symbol].top;
         b != NULL && b->depth >= r->loop->depth; b = b->outer) {
        const pond_value *v = b->kind == TERA_BOUND_VALUE ? NULL : follow(&b->value, &w);
        if (v != NULL)
            return v;
    }
    *room = loop_value(r->loop, path->loop);
    return room;
}

static TERA_RARE const pond_value *dump(tera_render *r, pond_value *room) {
    pond_buf text = POND_BUF_EMPTY;
    pond_value all = all_visible(r);
    if (!tera_json_fits(all, r->limits.max_memory_bytes))
        return NULL;
    pond_json_write(&text, all, 2);
    *room = pond_string(pond_buf_keep(&r->arena, &text));
    return room;
}

// Late members ------------------------------------------------------------------------------------

// The late member that the steps lead to from v: all but the last are found, and the host makes the
// last one.
static bool ends_in_late(tera_render *r, const pond_value *v, walk w, pond_value *room) {
    if (w.n == 0 || w.steps[w.n - 1].is_nowhere || w.steps[w.n - 1].key.n == 0)
        return false;
    walk before = {w.steps, w.n - 1};
    v = follow(v, &before);
    return v != NULL && tera_get_late(&r->env, &r->arena, *v, w.steps[w.n - 1].key, room);
}

// Looked for when no binding has a value at the path: in the innermost one first.
static TERA_RARE const pond_value *search_late(tera_render *r, const tera_path *path, walk w,
                                               pond_value *room) {
    if (r->env.late == NULL)
        return NULL;
    for (const tera_binding *b = r->cells[path->symbol].top; b != NULL && b->depth >= r->base;
         b = b->outer)
        if (b->kind != TERA_BOUND_KEY && ends_in_late(r, &b->value, w, room))
            return room;
    const pond_value *v = in_context(r, path->symbol);
    return v != NULL && ends_in_late(r, v, w, room) ? room : NULL;
}

// Searching ---------------------------------------------------------------------------------------

static TERA_RARE const pond_value *search(tera_render *r, const tera_path *path, pond_value *room) {
    walk w = {path->steps, path->n_steps};
    if (path->is_dynamic && !resolve_steps(r, path, &w))
        return NULL;
    // A binding without the rest of the path does not hide an outer one.
    for (const tera_binding *b = r->cells[path->symbol].top; b != NULL && b->depth >= r->base;
         b = b->outer) {
        if (b->kind == TERA_BOUND_VALUE && r->t->loop_symbol == b->symbol)
            continue; // a loop variable named `loop` is never visible
        if (b->kind == TERA_BOUND_KEY && path->n_steps > 0)
            continue;
        const pond_value *v = follow(&b->value, &w);
        if (v != NULL)
            return v;
    }
    const pond_value *v = in_context(r, path->symbol);
    v = v != NULL ? follow(v, &w) : NULL;
    return v != NULL ? v : search_late(r, path, w, room);
}

// A binding without the rest of the path does not hide an outer one.
const pond_value *tera_search_outer(tera_render *r, const tera_path *path, const tera_binding *b,
                                    pond_value *room) {
    const pond_value *v = NULL;
    for (; v == NULL && b != NULL && b->depth >= r->base; b = b->outer)
        v = path->n_steps > 0 ? tera_walk(&b->value, path) : &b->value;
    if (v == NULL && (v = in_context(r, path->symbol)) != NULL && path->n_steps > 0)
        v = tera_walk(v, path);
    return v != NULL ? v : search_late(r, path, (walk){path->steps, path->n_steps}, room);
}

const pond_value *tera_search(tera_render *r, const tera_path *path, pond_value *room) {
    if (path->is_plain)
        return tera_search_outer(r, path, r->cells[path->symbol].top, room);
    if (path->loop == TERA_LOOP_NONE || r->loop == NULL)
        return path->is_dump ? dump(r, room) : search(r, path, room);
    if (r->cells[path->symbol].top != NULL)
        return search_loop(r, path, room);
    *room = loop_value(r->loop, path->loop);
    return room;
}

// Errors ------------------------------------------------------------------------------------------

enum { MAX_NAMED = 12 };

static const char *list_names(tera_render *r, pond_value object) {
    pond_buf b = POND_BUF_EMPTY;
    for (uint32_t i = 0; i < object.n && i < MAX_NAMED; i++)
        pond_buf_printf(&b, "%s%.*s", i > 0 ? ", " : "", POND_SV_ARG(object.entries[i].key));
    if (object.n > MAX_NAMED)
        pond_buf_printf(&b, " and %u more", object.n - MAX_NAMED);
    const char *text = pond_cstr(&r->arena, pond_buf_view(&b));
    pond_buf_free(&b);
    return text;
}

static const char *nearest_key(tera_render *r, pond_sv name, pond_value object) {
    pond_sv *names = POND_NEW_ARRAY(&r->arena, pond_sv, object.n + 1);
    for (uint32_t i = 0; i < object.n; i++)
        names[i] = object.entries[i].key;
    return tera_did_you_mean(&r->arena, name, names, object.n);
}

// What to write instead of a name that is not a variable.
static const char *other_meaning(tera_render *r, pond_sv name) {
    if (pond_sv_is(name, "null") || pond_sv_is(name, "none") || pond_sv_is(name, "None") ||
        pond_sv_is(name, "nil"))
        return "; there is no literal for null";
    if (tera_find_function(name) != NULL || pond_map_get(&r->t->functions, name) != NULL)
        return pond_printf(&r->arena, "; a function is called with parentheses, %.*s()",
                           POND_SV_ARG(name));
    return "";
}

// Every message about an undefined name begins like this; pond_tera_err_undefined reads it.
#define IS_UNDEFINED "' is not defined here"
#define UNDEFINED_FMT "'%.*s" IS_UNDEFINED

bool pond_tera_err_undefined(const pond_err *err, pond_sv *name) {
    if (err->code != POND_ERR_TEMPLATE || err->msg[0] != '\'')
        return false;
    pond_sv rest = pond_sv_of(err->msg + 1);
    ptrdiff_t end = pond_sv_find(rest, POND_SV(IS_UNDEFINED));
    if (end <= 0 || pond_sv_find_char(rest, '\'') != end)
        return false;
    if (name != NULL)
        *name = pond_sv_sub(rest, 0, (size_t)end);
    return true;
}

static pond_code explain_name(tera_render *r, const tera_path *path) {
    entry_vec all = {0};
    collect_visible(r, &all, true);
    pond_value visible = pond_object_sorted(all.items, all.n);
    pond_sv name = tera_symbol_name(r->t, path->symbol);
    tera_place place = {path->place.at, (uint32_t)name.n};
    const char *nearest = nearest_key(r, name, visible);
    if (nearest[0] != '\0')
        return tera_raise(r, place, UNDEFINED_FMT "%s defined: %s", POND_SV_ARG(name), nearest,
                          list_names(r, visible));
    return tera_raise(
        r, place, UNDEFINED_FMT "%s; %s%s", POND_SV_ARG(name), other_meaning(r, name),
        visible.n == 0 ? "no names are defined" : "defined: ", list_names(r, visible));
}

static pond_code explain_key(tera_render *r, const tera_path *path, pond_sv key, pond_value v) {
    pond_sv text = {r->text->source.p + path->place.at, path->place.width};
    pond_value object = v.kind == POND_OBJECT ? v : pond_attrs(v);
    if (object.n == 0)
        return tera_raise(r, path->place, "'%.*s': there is no key '%.*s' in an empty object",
                          POND_SV_ARG(text), POND_SV_ARG(key));
    const char *nearest = nearest_key(r, key, object);
    return tera_raise(r, path->place, "'%.*s': there is no key '%.*s'%s%s %s", POND_SV_ARG(text),
                      POND_SV_ARG(key), nearest,
                      nearest[0] == '\0' ? "; keys:" : " keys:", list_names(r, object));
}

// Reports the first step that finds nothing, starting at the innermost value of the name.
static pond_code explain_step(tera_render *r, const tera_path *path, const walk *w,
                              const pond_value *v) {
    uint32_t i = 0;
    const pond_value *next = v;
    for (; i < w->n; i++) {
        next = w->steps[i].key.n == 0 ? v : one_step(v, &w->steps[i]);
        if (next == NULL)
            break;
        v = next;
    }
    if (i == w->n)
        return tera_raise(r, path->place, "there is no value at this path");
    pond_sv key = w->steps[i].key;
    if (w->steps[i].is_nowhere && key.p[0] == '-')
        return tera_raise(r, path->place, "an index cannot be negative");
    if (v->kind == POND_OBJECT || pond_has_attrs(*v))
        return explain_key(r, path, key, *v);
    pond_sv text = {r->text->source.p + path->place.at, path->place.width};
    bool is_filter = tera_find_filter(key) != NULL;
    const char *filter =
        is_filter ? pond_printf(&r->arena, "; a filter is written x | %.*s", POND_SV_ARG(key)) : "";
    if (v->kind == POND_ARRAY)
        return tera_raise(r, path->place,
                          "'%.*s': '%.*s' is not an index of this array of %u items%s",
                          POND_SV_ARG(text), POND_SV_ARG(key), v->n, filter);
    const char *kind = pond_kind_name(*v);
    return tera_raise(r, path->place, "'%.*s': %s %s has no '%.*s'%s", POND_SV_ARG(text),
                      strchr("aeiou", kind[0]) ? "an" : "a", kind, POND_SV_ARG(key), filter);
}

pond_code tera_explain_path(tera_render *r, const tera_path *path) {
    if (r->is_quiet)
        return POND_ERR_TEMPLATE;
    if (path->is_dump)
        return tera_raise_limit(r, path->place,
                                "the names defined here have too many values to show");
    walk w = {path->steps, path->n_steps};
    for (uint32_t i = 0; i < path->n_steps; i++) {
        pond_value room;
        const tera_path *inner = path->steps[i].path;
        if (inner == NULL)
            continue;
        const pond_value *index = tera_search(r, inner, &room);
        if (index == NULL)
            return tera_explain_path(r, inner);
        if (index->kind != POND_STRING && !pond_is_number(*index))
            return tera_raise(r, inner->place, "an index must be a string or an integer, got %s",
                              pond_kind_name(*index));
    }
    const tera_binding *b = r->cells[path->symbol].top;
    while (b != NULL && b->depth >= r->base && b->kind == TERA_BOUND_KEY && path->n_steps > 0)
        b = b->outer;
    const pond_value *v =
        b != NULL && b->depth >= r->base ? &b->value : in_context(r, path->symbol);
    if (v == NULL && r->loop != NULL && path->symbol == r->t->loop_symbol)
        return tera_raise(r, path->place,
                          "a loop has only loop.index, loop.index0, loop.first and loop.last");
    if (v == NULL)
        return explain_name(r, path);
    if (path->is_dynamic && !resolve_steps(r, path, &w))
        return tera_raise(r, path->place, "there is no value at this path");
    return explain_step(r, path, &w, v);
}
