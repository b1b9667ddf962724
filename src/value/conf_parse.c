// The YAML parser: the events of libfyaml become a tree of pond_conf. The library checks the
// grammar; types, aliases, merge keys, duplicate keys and all limits are handled here.
#include "value/conf.h"

#include "value/value_internal.h"
#include "base/map.h"
#include "base/vec.h"

#include <libfyaml.h>
#include <math.h>
#include <stdlib.h>

typedef POND_VEC(pond_conf) conf_vec;

// The size of a node, with aliases followed.
typedef struct extent {
    size_t n_nodes;
    int height; // levels of collections: 0 for a scalar
} extent;

typedef struct anchor {
    pond_conf node;
    extent size;
    bool is_open; // its node is not read to the end yet
} anchor;

typedef struct reader {
    pond_arena *arena;  // of the tree
    pond_arena scratch; // of what is needed while reading
    const char *file;
    pond_sv source;
    struct fy_parser *parser;
    struct fy_event *event; // the current one; we free it
    uint32_t line, column;  // of the current event, or of an earlier one if it has no place
    pond_map anchors;       // name to anchor *
    pond_err *err;
} reader;

// Scalars -----------------------------------------------------------------------------------------

static bool is_one_of(pond_sv s, const char *const *words) {
    for (; *words != NULL; words++)
        if (pond_sv_is(s, *words))
            return true;
    return false;
}

// "0o17" and "0x1F". False when it is neither, or too large.
static bool to_prefixed_int(pond_sv s, int64_t *out) {
    int bits = pond_sv_starts(s, POND_SV("0o")) ? 3 : pond_sv_starts(s, POND_SV("0x")) ? 4 : 0;
    if (bits == 0 || s.n < 3)
        return false;
    int64_t value = 0;
    for (size_t i = 2; i < s.n; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *at = strchr(digits, s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] + 32 : s.p[i]);
        if (at == NULL || *at == '\0' || at - digits >= 1 << bits || value > INT64_MAX >> bits)
            return false;
        value = value << bits | (at - digits);
    }
    *out = value;
    return true;
}

// A number of the core schema; false if the text is not one, or is too large for a double.
static bool to_number(pond_sv s, pond_value *out) {
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    bool is_positive = pond_sv_starts(s, POND_SV("+")),
         is_negative = pond_sv_starts(s, POND_SV("-"));
    pond_sv unsigned_part = pond_sv_sub(s, is_positive || is_negative, s.n);
    int64_t i;
    uint64_t u;
    double f;
    if (pond_sv_to_int(is_positive ? unsigned_part : s, &i) || to_prefixed_int(s, &i))
        *out = pond_int(i);
    else if (!is_negative && pond_sv_to_uint(unsigned_part, &u))
        *out = pond_uint(u);
    else if (pond_sv_to_double(s, &f) && isfinite(f))
        *out = pond_float(f);
    else if (is_one_of(unsigned_part, infinities))
        *out = pond_float(is_negative ? -INFINITY : INFINITY);
    else if (is_one_of(s, nans))
        *out = pond_float(NAN);
    else
        return false;
    return true;
}

// YAML 1.2's core schema: yes, no, on and off are strings.
static pond_value plain_value(pond_sv s) {
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    pond_value number;
    if (is_one_of(s, nulls))
        return pond_null();
    if (is_one_of(s, trues))
        return pond_bool(true);
    if (is_one_of(s, falses))
        return pond_bool(false);
    return to_number(s, &number) ? number : pond_string(s);
}

// Events and places -------------------------------------------------------------------------------

static pond_sv token_text(struct fy_token *token) {
    size_t n = 0;
    const char *p = token == NULL ? NULL : fy_token_get_text(token, &n);
    return p == NULL ? (pond_sv){"", 0} : (pond_sv){p, n};
}

static bool is_quoted(struct fy_event *e) {
    if (e->type != FYET_SCALAR || e->scalar.value == NULL)
        return false;
    enum fy_scalar_style style = fy_token_scalar_style(e->scalar.value);
    return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

static bool is_plain(struct fy_event *e) {
    return e->type == FYET_SCALAR &&
           (e->scalar.value == NULL || fy_token_scalar_style(e->scalar.value) == FYSS_PLAIN);
}

static __attribute__((format(printf, 4, 5))) pond_code
fail_at(const reader *r, pond_code code, const pond_conf *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    value_vfail(r->err, code, (value_place){r->file, r->source, c->line, c->column, c->width}, fmt,
                args);
    va_end(args);
    return code;
}

// The first error of libfyaml, which goes on after it; the later ones only follow from it.
static pond_code fail_as_fyaml(const reader *r) {
    struct fy_diag *diag = fy_parser_get_diag(r->parser);
    void *at = NULL;
    const struct fy_diag_error *e;
    do
        e = fy_diag_errors_iterate(diag, &at);
    while (e != NULL && e->type != FYET_ERROR);
    pond_conf place = {.line = r->line, .column = r->column, .width = 1};
    if (e != NULL && e->line > 0 && e->column > 0) {
        place.line = (uint32_t)e->line;
        place.column = (uint32_t)e->column;
    }
    // If something is missing at the end of the text, libfyaml names the line after it. Point to
    // the end itself.
    size_t end = r->source.n;
    while (end > 0 && strchr(" \t\r\n", r->source.p[end - 1]) != NULL)
        end--;
    value_place last = value_place_of(r->file, r->source, end, 0);
    if (place.line > last.line) {
        place.line = last.line;
        place.column = last.column;
    }
    pond_code rc = fail_at(r, POND_ERR_SYNTAX, &place, "invalid YAML: %s",
                           e != NULL ? e->msg : "the text cannot be read");
    fy_diag_unref(diag);
    return rc;
}

// Makes the next event the current one.
static pond_code advance(reader *r) {
    if (r->event != NULL)
        fy_parser_event_free(r->parser, r->event);
    r->event = fy_parser_parse(r->parser);
    if (r->event == NULL)
        return fail_as_fyaml(r);
    const struct fy_mark *mark = fy_event_start_mark(r->event);
    if (mark != NULL) { // for a quoted scalar or an alias, it is after the quote or the '*'
        bool is_after = is_quoted(r->event) || r->event->type == FYET_ALIAS;
        r->line = (uint32_t)mark->line + 1;
        r->column = (uint32_t)mark->column + (is_after ? 0 : 1);
    }
    return POND_OK;
}

// Nodes -------------------------------------------------------------------------------------------

static pond_code read_node(reader *r, int depth, pond_conf *out, extent *size);

static uint32_t scalar_width(const reader *r) {
    const struct fy_mark *start = fy_event_start_mark(r->event), *end = fy_event_end_mark(r->event);
    if (start == NULL || end == NULL || start->line != end->line || end->column <= start->column)
        return 1;
    return (uint32_t)(end->column - start->column) + (is_quoted(r->event) ? 2 : 0);
}

// The only tag that a config needs is "this is a string".
static pond_code read_scalar(reader *r, pond_conf *out) {
    pond_sv tag = token_text(fy_event_get_tag_token(r->event));
    bool is_string =
        !is_plain(r->event) || pond_sv_is(tag, "tag:yaml.org,2002:str") || pond_sv_is(tag, "!");
    out->text = pond_sv_dup(r->arena, token_text(r->event->scalar.value));
    out->value = is_string ? pond_string(out->text) : plain_value(out->text);
    out->width = scalar_width(r);
    if (tag.n > 0 && !is_string)
        return fail_at(r, POND_ERR_UNSUPPORTED, out, "the tag '%.*s' is not supported",
                       POND_SV_ARG(tag));
    return POND_OK;
}

static pond_code read_alias(reader *r, pond_conf *out, extent *size) {
    pond_sv name = token_text(r->event->alias.anchor);
    const anchor *found = pond_map_get(&r->anchors, name);
    out->width = (uint32_t)name.n + 1;
    if (found == NULL)
        return fail_at(r, POND_ERR_INVALID, out, "there is no anchor '&%.*s' before the alias",
                       POND_SV_ARG(name));
    if (found->is_open)
        return fail_at(r, POND_ERR_INVALID, out,
                       "the alias '*%.*s' is inside the value that it refers to",
                       POND_SV_ARG(name));
    pond_conf place = *out;
    *out = found->node;
    out->line = place.line;
    out->column = place.column;
    out->width = place.width;
    *size = found->size;
    return POND_OK;
}

// Adds a member to the size of its collection.
static pond_code add_extent(const reader *r, const pond_conf *member, const extent *part,
                            extent *sum) {
    sum->n_nodes += part->n_nodes;
    sum->height = part->height >= sum->height ? part->height + 1 : sum->height;
    if (sum->n_nodes > POND_CONF_MAX_NODES)
        return fail_at(r, POND_ERR_LIMIT, member,
                       "more than %d values, counting what aliases repeat", POND_CONF_MAX_NODES);
    return POND_OK;
}

static void keep_items(reader *r, const conf_vec *items, pond_conf *out) {
    pond_conf *kept = pond_alloc(r->arena, items->n * sizeof *kept);
    if (items->n > 0)
        memcpy(kept, items->items, items->n * sizeof *kept);
    out->items = kept;
    out->n = items->n;
}

static pond_code read_sequence(reader *r, int depth, pond_conf *out, extent *size) {
    conf_vec items = {0};
    for (;;) {
        POND_TRY(advance(r));
        if (r->event->type == FYET_SEQUENCE_END)
            break;
        pond_conf item;
        extent part;
        POND_TRY(read_node(r, depth + 1, &item, &part));
        POND_TRY(add_extent(r, &item, &part, size));
        *pond_vec_push(&r->scratch, &items) = item;
    }
    out->value = pond_array(NULL, 0);
    keep_items(r, &items, out);
    return POND_OK;
}

typedef struct mapping {
    conf_vec members;
    pond_map lines;  // key to its line
    conf_vec merged; // values of "<<"
} mapping;

static bool add_key(mapping *m, const pond_conf *member, uint32_t *first_line) {
    bool is_new;
    void **line = pond_map_at(&m->lines, member->key, &is_new);
    if (is_new)
        *line = (void *)(uintptr_t)member->key_line;
    *first_line = (uint32_t)(uintptr_t)*line;
    return is_new;
}

// A mapping gets the members that it does not have itself from those that it merges; the first of
// these wins.
static pond_code merge_mapping(reader *r, mapping *m, const pond_conf *from, const pond_conf *at) {
    uint32_t line;
    if (from->value.kind != POND_OBJECT)
        return fail_at(r, POND_ERR_INVALID, at, "'<<' merges a mapping or a list of mappings");
    for (size_t i = 0; i < from->n; i++)
        if (add_key(m, &from->items[i], &line))
            *pond_vec_push(&r->scratch, &m->members) = from->items[i];
    return POND_OK;
}

static pond_code merge_all(reader *r, mapping *m) {
    for (size_t i = 0; i < m->merged.n; i++) {
        const pond_conf *from = &m->merged.items[i];
        if (from->value.kind != POND_ARRAY)
            POND_TRY(merge_mapping(r, m, from, from));
        else
            for (size_t j = 0; j < from->n; j++)
                POND_TRY(merge_mapping(r, m, &from->items[j], from));
    }
    return POND_OK;
}

// A key, with which the current event begins, and its value.
static pond_code read_member(reader *r, int depth, mapping *m, extent *size) {
    pond_conf key, member;
    extent part;
    bool is_merge = is_plain(r->event) && pond_sv_is(token_text(r->event->scalar.value), "<<");
    POND_TRY(read_node(r, depth + 1, &key, &part));
    if (key.value.kind == POND_ARRAY || key.value.kind == POND_OBJECT)
        return fail_at(r, POND_ERR_INVALID, &key, "a key must be text, not a list or a mapping");
    POND_TRY(advance(r));
    POND_TRY(read_node(r, depth + 1, &member, &part));
    POND_TRY(add_extent(r, &member, &part, size));
    member.key = key.text;
    member.key_line = key.line;
    member.key_column = key.column;
    uint32_t first_line;
    if (is_merge)
        *pond_vec_push(&r->scratch, &m->merged) = member;
    else if (add_key(m, &member, &first_line))
        *pond_vec_push(&r->scratch, &m->members) = member;
    else
        return fail_at(r, POND_ERR_INVALID, &key, "duplicate key '%.*s', first on line %u",
                       POND_SV_ARG(key.text), first_line);
    return POND_OK;
}

static pond_code read_mapping(reader *r, int depth, pond_conf *out, extent *size) {
    mapping m = {0};
    pond_map_init(&m.lines, &r->scratch);
    for (;;) {
        POND_TRY(advance(r));
        if (r->event->type == FYET_MAPPING_END)
            break;
        // "[a: 1]" holds a mapping, whose place libfyaml gives only after its first key.
        if (r->line == out->line && r->column < out->column)
            out->column = r->column;
        POND_TRY(read_member(r, depth, &m, size));
    }
    POND_TRY(merge_all(r, &m));
    out->value = pond_object(NULL, 0);
    keep_items(r, &m.members, out);
    return POND_OK;
}

static pond_code read_collection(reader *r, int depth, pond_conf *out, extent *size) {
    pond_sv tag = token_text(fy_event_get_tag_token(r->event));
    if (tag.n > 0)
        return fail_at(r, POND_ERR_UNSUPPORTED, out, "the tag '%.*s' is not supported",
                       POND_SV_ARG(tag));
    return r->event->type == FYET_SEQUENCE_START ? read_sequence(r, depth, out, size)
                                                 : read_mapping(r, depth, out, size);
}

static pond_code check_depth(const reader *r, int depth, const pond_conf *c, const extent *size) {
    if (depth + size->height <= POND_CONF_MAX_DEPTH)
        return POND_OK;
    return fail_at(r, POND_ERR_LIMIT, c, "nested deeper than %d levels", POND_CONF_MAX_DEPTH);
}

// Registers the anchor of the current event; NULL if it has none.
static anchor *open_anchor(reader *r) {
    pond_sv name = token_text(fy_event_get_anchor_token(r->event));
    if (name.n == 0)
        return NULL;
    anchor *named = POND_NEW(&r->scratch, anchor);
    named->is_open = true;
    *pond_map_at(&r->anchors, pond_sv_dup(&r->scratch, name), NULL) = named;
    return named;
}

// Reads the node that begins with the current event, inside `depth` collections, to its last event.
static pond_code read_node(reader *r, int depth, pond_conf *out, extent *size) {
    *out = (pond_conf){
        .file = r->file, .source = r->source, .line = r->line, .column = r->column, .width = 1};
    *size = (extent){.n_nodes = 1};
    if (r->event->type == FYET_ALIAS) {
        POND_TRY(read_alias(r, out, size));
        return check_depth(r, depth, out, size);
    }
    anchor *named = open_anchor(r);
    if (r->event->type == FYET_SCALAR) {
        POND_TRY(read_scalar(r, out));
    } else {
        size->height = 1;
        POND_TRY(check_depth(r, depth, out, size));
        POND_TRY(read_collection(r, depth, out, size));
    }
    if (named != NULL)
        *named = (anchor){.node = *out, .size = *size};
    return POND_OK;
}

// Documents ---------------------------------------------------------------------------------------

typedef POND_VEC(const pond_conf *) root_vec;

static pond_code read_documents(reader *r, root_vec *roots) {
    for (;;) {
        POND_TRY(advance(r));
        if (r->event->type == FYET_STREAM_END)
            return POND_OK;
        if (r->event->type != FYET_DOCUMENT_START)
            continue;
        pond_map_init(&r->anchors, &r->scratch); // anchors end with their document
        extent size;
        pond_conf *root = POND_NEW(r->arena, pond_conf);
        POND_TRY(advance(r));
        POND_TRY(read_node(r, 0, root, &size));
        *pond_vec_push(r->arena, roots) = root;
    }
}

// In a block mapping with an explicit key ("? key"), a tab after a colon makes libfyaml 0.7 free a
// part of its state twice. So such texts are refused: no config needs them. Returns the offset of
// that colon, or -1.
static ptrdiff_t tab_after_explicit_key(pond_sv text) {
    pond_sv rest = text, line;
    while (pond_sv_split(&rest, '\n', &line)) {
        size_t i = 0;
        while (i < line.n && strchr(" \t-:", line.p[i]) != NULL)
            i++;
        if (i == line.n || line.p[i] != '?')
            continue;
        size_t from = (size_t)(line.p + i - text.p);
        ptrdiff_t colon = pond_sv_find(pond_sv_sub(text, from, text.n), POND_SV(":\t"));
        return colon < 0 ? -1 : (ptrdiff_t)from + colon;
    }
    return -1;
}

// Checks that libfyaml does not make: it accepts any bytes, and takes a NUL for the end.
static pond_code check_characters(const reader *r) {
    pond_sv text = r->source;
    ptrdiff_t bad = pond_utf8_find_bad(text);
    if (bad >= 0)
        return value_fail(r->err, POND_ERR_SYNTAX, value_place_of(r->file, text, (size_t)bad, 1),
                          "byte 0x%02x is not valid UTF-8", (unsigned char)text.p[bad]);
    for (size_t i = 0; i < text.n; i++)
        if (((unsigned char)text.p[i] < 0x20 && strchr("\t\r\n", text.p[i]) == NULL) ||
            text.p[i] == '\0' || text.p[i] == 0x7F)
            return value_fail(r->err, POND_ERR_SYNTAX, value_place_of(r->file, text, i, 1),
                              "invalid YAML: a control character (0x%02x)",
                              (unsigned char)text.p[i]);
    ptrdiff_t colon = tab_after_explicit_key(text);
    if (colon >= 0)
        return value_fail(r->err, POND_ERR_SYNTAX, value_place_of(r->file, text, (size_t)colon, 1),
                          "invalid YAML: a tab after ':' is not supported below an explicit key "
                          "('?')");
    return POND_OK;
}

// Drops the messages that libfyaml prints; we read the collected ones.
static void discard(struct fy_diag *diag, void *user, const char *text, size_t n) {
    (void)diag;
    (void)user;
    (void)text;
    (void)n;
}

static pond_code read_stream(reader *r, root_vec *roots) {
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    quiet.output_fn = discard;
    struct fy_diag *diag = fy_diag_create(&quiet);
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
                                        FYPCF_JSON_NONE | FYPCF_DISABLE_DEPTH_LIMIT,
                               .diag = diag};
    r->parser = fy_parser_create(&cfg);
    if (diag == NULL || r->parser == NULL || // only for want of memory
        fy_parser_set_string(r->parser, r->source.p, r->source.n) != 0)
        pond_out_of_memory(r->source.n);
    pond_code rc = read_documents(r, roots);
    if (r->event != NULL)
        fy_parser_event_free(r->parser, r->event);
    fy_parser_destroy(r->parser);
    fy_diag_destroy(diag);
    return rc;
}

pond_code pond_conf_parse_all(pond_arena *a, pond_sv text, const char *file,
                              const pond_conf *const **out, size_t *n, pond_err *err) {
    reader r = {.arena = a,
                .file = pond_cstr(a, pond_sv_of(file)),
                .source = pond_sv_dup(a, text),
                .line = 1,
                .column = 1,
                .err = err};
    root_vec roots = {0};
    pond_arena_init(&r.scratch);
    pond_code rc = check_characters(&r);
    if (rc == POND_OK)
        rc = read_stream(&r, &roots);
    pond_arena_deinit(&r.scratch);
    *out = roots.items;
    *n = roots.n;
    return rc;
}

pond_code pond_conf_parse(pond_arena *a, pond_sv text, const char *file, const pond_conf **out,
                          pond_err *err) {
    const pond_conf *const *roots;
    size_t n;
    POND_TRY(pond_conf_parse_all(a, text, file, &roots, &n, err));
    if (n > 1)
        return pond_conf_fail(roots[1], err, "a second YAML document, where only one is expected");
    if (n == 1) {
        *out = roots[0];
        return POND_OK;
    }
    pond_conf *empty = POND_NEW(a, pond_conf);
    *empty = (pond_conf){.file = pond_cstr(a, pond_sv_of(file)),
                         .source = pond_sv_dup(a, text),
                         .line = 1,
                         .column = 1,
                         .width = 1};
    *out = empty;
    return POND_OK;
}
