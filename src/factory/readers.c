// Who reads a node: the configs and links of a pond, matched against its tree.
#include "factory/readers.h"

#include "factory/config.h"
#include "relation/match.h"

typedef struct asking {
    pond_session *s;
    pond_arena *a;
    pond_map gone; // node -> node, of what was asked about and all that is below
    const pond_node *reader;
    pond_reader_of_vec *found;
} asking;

static pond_sv key_of(const pond_node **node) {
    return (pond_sv){(const char *)node, sizeof *node};
}

// Whether a node or one above it was asked about.
static bool is_gone(const asking *q, const pond_node *node) {
    for (; node != NULL; node = node->parent)
        if (pond_map_get(&q->gone, key_of(&node)) != NULL)
            return true;
    return false;
}

static void ignore(void *user, const pond_err *why) {
    (void)user, (void)why;
}

static void add(asking *q, pond_sv says, const pond_node *reads) {
    *pond_vec_push(q->a, q->found) = (pond_reader_of){q->reader, says, reads};
}

// Whether the pattern reads something; then it is noted.
static bool match(asking *q, pond_sv text) {
    pond_fs *fs = pond_session_fs(q->s);
    pond_pattern pattern;
    pond_match_vec matches = {0};
    const pond_node *target;
    if (pond_pattern_read(q->a, text, &pattern, NULL) != POND_OK || pattern.url.is_host)
        return false;
    const pond_fs_search search = {.glob = &pattern.glob, .failed = ignore};
    if (pond_fs_find(fs, q->a, &search, &matches, NULL) != POND_OK)
        return false;
    for (size_t i = 0; i < matches.n; i++) {
        const pond_node *node = matches.items[i].node;
        bool is_link = node->type == POND_T_SYMLINK;
        if (is_link && !is_gone(q, node) &&
            pond_fs_resolve(fs, node->path, true, &target, NULL) == POND_OK)
            node = target;
        if (!is_gone(q, node))
            continue;
        add(q, text, node);
        return true;
    }
    return false;
}

static bool is_reader_key(pond_sv key) {
    static const char *const keys[] = {
#define KEY(name) name,
#include "factory/reader_keys.def"
#undef KEY
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (pond_sv_is(key, keys[i]))
            return true;
    return false;
}

// The tree of a config is at most POND_CONF_MAX_DEPTH deep.
static bool match_config(asking *q, const pond_conf *c, bool is_below_key) {
    is_below_key |= is_reader_key(c->key);
    if (is_below_key && c->n == 0 && c->value.kind == POND_STRING && match(q, c->text))
        return true;
    for (size_t i = 0; i < c->n; i++)
        if (match_config(q, &c->items[i], is_below_key))
            return true;
    return false;
}

static pond_code ask_config(asking *q, pond_err *err) {
    const pond_version *v;
    const pond_conf *conf;
    POND_TRY(pond_store_latest(pond_session_txn(q->s), q->a, q->reader->id, &v, err));
    pond_buf bytes = POND_BUF_EMPTY;
    bool is_read = v != NULL &&
                   pond_object_read(pond_session_store(q->s), &v->object, &bytes, NULL) == POND_OK;
    pond_sv text = pond_buf_keep(q->a, &bytes), expanded;
    if (!is_read)
        return POND_OK;
    if (pond_config_expand_env(q->a, text, NULL, &expanded, NULL) != POND_OK)
        expanded = text;
    if (pond_conf_parse(q->a, expanded, pond_cstr(q->a, q->reader->path), &conf, NULL) == POND_OK)
        match_config(q, conf, false);
    return POND_OK;
}

static void ask_link(asking *q) {
    const pond_node *target;
    if (pond_fs_resolve(pond_session_fs(q->s), q->reader->path, true, &target, NULL) == POND_OK &&
        is_gone(q, target))
        add(q, q->reader->link, target);
}

static pond_code ask_below(asking *q, const pond_node *dir, pond_err *err) {
    pond_node_vec children;
    POND_TRY(pond_fs_list(pond_session_fs(q->s), dir, &children, err));
    for (size_t i = 0; i < children.n; i++) {
        const pond_node *node = q->reader = children.items[i];
        if (pond_map_get(&q->gone, key_of(&node)) != NULL)
            continue;
        if (node->type == POND_T_SYMLINK)
            ask_link(q);
        else if (pond_type_is_dynamic(node->type))
            POND_TRY(ask_config(q, err));
        else if (node->type == POND_T_DIRECTORY)
            POND_TRY(ask_below(q, node, err));
    }
    return POND_OK;
}

pond_code pond_readers_find(pond_session *s, const pond_node_vec *gone, pond_reader_of_vec *out,
                            pond_err *err) {
    asking q = {.s = s, .a = pond_session_arena(s), .found = out};
    *out = (pond_reader_of_vec){0};
    pond_map_init(&q.gone, q.a);
    for (size_t i = 0; i < gone->n; i++) {
        const pond_node *node = gone->items[i];
        *pond_map_at(&q.gone, pond_sv_dup(q.a, key_of(&node)), NULL) = (void *)(uintptr_t)node;
    }
    pond_store_read_ahead(pond_session_txn(s));
    return ask_below(&q, pond_fs_root(pond_session_fs(s)), err);
}

pond_code pond_readers_refuse(const pond_reader_of_vec *readers, pond_err *err) {
    enum { SHOWN = 10 };
    if (readers->n == 0)
        return POND_OK;
    pond_fail(err, POND_ERR_CONFLICT,
              "nothing was removed: %zu other node%s what would be removed; --force removes it",
              readers->n, readers->n == 1 ? " reads" : "s read");
    for (size_t i = 0; i < readers->n && i < SHOWN; i++) {
        const pond_reader_of *r = &readers->items[i];
        pond_err_detail(err, "  '%.*s' reads '%.*s': %.*s", POND_SV_ARG(r->reader->path),
                        POND_SV_ARG(r->reads->path), POND_SV_ARG(r->says));
    }
    if (readers->n > SHOWN)
        pond_err_detail(err, "  and %zu more", readers->n - SHOWN);
    return POND_ERR_CONFLICT;
}
