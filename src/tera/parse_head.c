// The rest of tags, after their words: what is set or included, the heads of `for` and `macro`, raw
// text, imports. None of it contains bodies.
#include "tera/parse.h"

#include "tera/unicode.h"

tera_node *tera_new_node(tera_parser *ps, tera_node_kind kind, const char *at) {
    tera_node *n = POND_NEW(ps->a, tera_node);
    n->kind = (uint8_t)kind;
    n->steps = 1;
    n->text.p = at; // even an empty text is read in words
    n->place = tera_place_of(ps, at, ps->p);
    return n;
}

// Set and include ---------------------------------------------------------------------------------

tera_node *tera_parse_set(tera_parser *ps, const tera_tag_head *head, bool *trims_after) {
    pond_sv name;
    if (!tera_expect_name(ps, &name) || !tera_accept_char(ps, '='))
        return NULL;
    const tera_expr *value = tera_parse_value(ps);
    if (value == NULL || !tera_end_tag(ps, trims_after))
        return NULL;
    tera_node *n = tera_new_node(ps, head->tag == TAG_SET ? TERA_SET : TERA_SET_GLOBAL, head->at);
    n->set.name = tera_intern(ps->t, name);
    n->set.value = value;
    return n;
}

static bool include_list(tera_parser *ps, tera_include *include) {
    POND_VEC(pond_sv) names = {0};
    const char *open = ps->p++;
    pond_sv name;
    tera_expect(ps, open, TERA_EXPECT_STRING);
    for (;;) {
        ps->p = tera_ahead(ps);
        if (tera_char(ps, ps->p) == ']')
            break;
        if (!tera_expect_string(ps, &name))
            return false;
        *pond_vec_push(ps->a, &names) = name;
        if (!tera_accept_char(ps, ',') && tera_char(ps, tera_ahead(ps)) != ']')
            return false;
    }
    ps->p++;
    include->names = names.items;
    include->n = (uint32_t)names.n;
    return true;
}

tera_node *tera_parse_include(tera_parser *ps, const tera_tag_head *head, bool *trims_after) {
    tera_include *include = POND_NEW(ps->a, tera_include);
    pond_sv *name = POND_NEW(ps->a, pond_sv);
    if (tera_char(ps, ps->p) == '[') {
        if (!include_list(ps, include))
            return NULL;
    } else if (tera_expect_string(ps, name)) {
        include->names = name;
        include->n = 1;
    } else {
        return NULL;
    }
    const char *q = tera_ahead(ps);
    if (TERA_AT(ps, q, "ignore")) {
        ps->p = q + 6;
        ps->p = tera_ahead(ps);
        include->ignore_missing = TERA_AT(ps, ps->p, "missing");
        ps->p = include->ignore_missing ? ps->p + 7 : q;
    }
    if (!include->ignore_missing)
        tera_expect(ps, q, TERA_EXPECT_IGNORE);
    if (!tera_end_tag(ps, trims_after))
        return NULL;
    tera_node *n = tera_new_node(ps, TERA_INCLUDE, head->at);
    n->include = include;
    include->place = n->place;
    include->next = ps->tpl->includes;
    ps->tpl->includes = include;
    return n;
}

// For and macro -----------------------------------------------------------------------------------

bool tera_parse_for_head(tera_parser *ps, tera_for *loop, bool *is_dashed) {
    pond_sv first, second = {0};
    if (!tera_expect_name(ps, &first))
        return false;
    if (tera_char(ps, ps->p) == ',') { // without a blank before it
        ps->p++;
        ps->p = tera_ahead(ps);
        if (!tera_expect_name(ps, &second))
            return false;
    }
    if (!tera_accept_between_blanks(ps, "in"))
        return false;
    bool has_key = second.p != NULL;
    loop->key = has_key ? tera_intern(ps->t, first) : TERA_NO_SYMBOL;
    loop->value = tera_intern(ps->t, has_key ? second : first);
    const char *at = ps->p;
    loop->container = tera_parse_container(ps);
    if (loop->container == NULL) {
        tera_expect_also(ps, at, TERA_EXPECT_ITEMS);
        return false;
    }
    return tera_end_tag(ps, is_dashed);
}

// name or name=literal, without blanks around the =.
static bool macro_parameter(tera_parser *ps, tera_parameter *out) {
    const char *at = ps->p;
    *out = (tera_parameter){0};
    if (!tera_lex_name(ps, &out->text)) {
        tera_expect(ps, at, TERA_EXPECT_NAME);
        return false;
    }
    out->name = tera_intern(ps->t, out->text);
    if (tera_char(ps, ps->p) != '=')
        return true;
    ps->p++;
    tera_expr *e = POND_NEW(ps->a, tera_expr);
    pond_sv text;
    const char *literal = ps->p;
    out->fallback = e;
    if (tera_lex_bool(ps, e))
        return true;
    tera_expect(ps, literal, TERA_EXPECT_LITERAL);
    if (!tera_lex_string(ps, &text))
        return tera_lex_number(ps, e);
    e->kind = TERA_STRING;
    e->value = pond_string(text);
    e->is_constant = true;
    e->place = tera_place_of(ps, literal, ps->p);
    return true;
}

bool tera_parse_macro_head(tera_parser *ps, tera_macro *macro) {
    POND_VEC(tera_parameter) parameters = {0};
    const char *at = ps->p;
    if (!tera_expect_name(ps, &macro->text))
        return false;
    tera_expect(ps, at, TERA_EXPECT_PARAMETERS);
    macro->place = tera_place_of(ps, at, ps->p);
    macro->name = tera_intern(ps->t, macro->text);
    if (!tera_accept_char(ps, '('))
        return false;
    while (tera_char(ps, ps->p) != ')') {
        tera_parameter parameter;
        if (!macro_parameter(ps, &parameter))
            return false;
        *pond_vec_push(ps->a, &parameters) = parameter;
        if (!tera_accept_char(ps, ',')) {
            ps->p = tera_ahead(ps);
            break;
        }
        if (tera_char(ps, ps->p) == ')') { // a trailing comma is not allowed
            tera_expect(ps, ps->p, TERA_EXPECT_NAME);
            return false;
        }
    }
    macro->parameters = parameters.items;
    macro->n_parameters = (uint32_t)parameters.n;
    return tera_accept_char(ps, ')');
}

// Raw, import, extends ----------------------------------------------------------------------------

tera_node *tera_parse_raw(tera_parser *ps, const tera_tag_head *head, bool *trims_after) {
    bool trims_start, trims_end;
    if (!tera_end_tag(ps, &trims_start))
        return NULL;
    const char *from = ps->p;
    for (const char *q = from;; q++) {
        q = q < ps->end ? memchr(q, '{', (size_t)(ps->end - q)) : NULL;
        if (q == NULL) {
            tera_open_tag open = {TAG_RAW, tera_head_place(ps, head), TERA_BIT(ENDRAW), NULL};
            ps->p = ps->end;
            ps->in_raw = head->at;
            tera_missing_end(ps, &open);
            ps->has_reported_end = true;
            return NULL;
        }
        if (tera_char(ps, q + 1) != '%')
            continue;
        ps->p = q + 2;
        trims_end = tera_char(ps, ps->p) == '-';
        if (trims_end)
            ps->p++;
        ps->p = tera_ahead(ps);
        if (!TERA_AT(ps, ps->p, "endraw"))
            continue;
        ps->p += 6;
        ps->p = tera_ahead(ps);
        if (!tera_lex_end(ps, '%', trims_after))
            continue;
        tera_node *n = tera_new_node(ps, TERA_TEXT, head->at);
        n->text = (pond_sv){from, (size_t)(q - from)};
        if (trims_start && !ps->keeps_space)
            n->text = tera_trim_start(n->text);
        if (trims_end && !ps->keeps_space)
            n->text = tera_trim_end(n->text);
        return n;
    }
}

bool tera_parse_import(tera_parser *ps, bool *is_dashed) {
    tera_import *import = POND_NEW(ps->a, tera_import);
    pond_sv name;
    const char *at = ps->p;
    if (!tera_expect_string(ps, &import->file))
        return false;
    import->place = tera_place_of(ps, at, ps->p);
    if (!tera_accept_between_blanks(ps, "as") || !tera_expect_name(ps, &name) ||
        !tera_end_tag(ps, is_dashed))
        return false;
    import->name = tera_intern(ps->t, name);
    *ps->imports_end = import;
    ps->imports_end = &import->next;
    return true;
}

bool tera_parse_extends(tera_parser *ps, bool *is_dashed) {
    const char *at = ps->p;
    pond_sv name;
    if (!tera_expect_string(ps, &name))
        return false;
    ps->tpl->parent_place = tera_place_of(ps, at, ps->p);
    if (!tera_end_tag(ps, is_dashed))
        return false;
    ps->tpl->parent = name;
    return true;
}
