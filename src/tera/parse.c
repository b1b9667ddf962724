// Text and tags, by recursive descent, one function per construct. White space is trimmed on the
// way: a dash trims only the text next to its tag, so a body holds its last text back until
// something else follows, which then carries it, and knows whether the next text is to be trimmed.
//
// A tag with an error becomes a problem and is skipped, so that one run reports all errors. The
// tree of a template with problems is not used.
#include "tera/parse.h"
#include "tera/unicode.h"

static const uint32_t allowed_everywhere = TERA_BIT(INCLUDE) | TERA_BIT(IF) | TERA_BIT(FOR) |
                                           TERA_BIT(FILTER) | TERA_BIT(SET) | TERA_BIT(SET_GLOBAL) |
                                           TERA_BIT(RAW);
static const uint32_t allowed_beside[] = {
    [IN_TEMPLATE] = TERA_BIT(BLOCK) | TERA_BIT(MACRO),
    [IN_CONTENT] = TERA_BIT(BLOCK),
    [IN_BLOCK] = TERA_BIT(BLOCK),
    [IN_FOR] = TERA_BIT(BREAK) | TERA_BIT(CONTINUE),
    [IN_MACRO] = 0,
    [IN_FILTER] = TERA_BIT(BLOCK),
};

// The end of a body.
typedef struct body_end {
    tera_tag_head head;   // of the closing tag, whose own end has not been read
    tera_node *last_text; // the text right before it, if that can be trimmed; or NULL
} body_end;

typedef struct builder {
    tera_node **tail;
    pond_sv text;     // not in a node yet; its place is:
    tera_place place; // before it was trimmed
    bool can_trim;    // nothing came after the text
    bool trims_next;
} builder;

// Building ----------------------------------------------------------------------------------------

// Makes a node of the text that is held back; NULL if there is none.
static tera_node *flush_text(tera_parser *ps, builder *b) {
    if (b->text.n == 0)
        return NULL;
    tera_node *n = tera_new_node(ps, TERA_TEXT, ps->p);
    n->place = b->place;
    n->text = b->text;
    b->text.n = 0;
    *b->tail = n;
    b->tail = &n->next;
    return n;
}

static void append(tera_parser *ps, builder *b, tera_node *n) {
    if (n->kind == TERA_TEXT) {
        flush_text(ps, b);
    } else if (b->text.n > 0) {
        n->text = b->text;
        n->steps++;
        b->text.n = 0;
    }
    *b->tail = n;
    b->tail = &n->next;
    b->can_trim = false;
}

static void trim_end_of(const tera_parser *ps, tera_node *text) {
    if (text != NULL && !ps->keeps_space)
        text->text = tera_trim_end(text->text);
}

static void trap_at(tera_parser *ps, tera_place place, const char *message) {
    *pond_vec_push(ps->a, &ps->tpl->traps) = (tera_trap){place, message};
}

// Applies the dashes of a tag to the text around it.
static void pass_tag(const tera_parser *ps, builder *b, bool trims_before, bool trims_after) {
    if (trims_before && b->can_trim && !ps->keeps_space)
        b->text = tera_trim_end(b->text);
    b->can_trim = false;
    b->trims_next = trims_after && !ps->keeps_space;
}

static void add_text(tera_parser *ps, builder *b, const char *from, const char *to) {
    pond_sv text = {from, (size_t)(to - from)};
    if (text.n == 0)
        return;
    if (b->trims_next)
        text = tera_trim_start(text);
    b->trims_next = false;
    if (text.n == 0)
        return;
    flush_text(ps, b); // a comment may have been between the two
    b->text = text;
    b->place = tera_place_of(ps, from, to);
    b->can_trim = true;
}

static body_end end_body(tera_parser *ps, builder *b, tera_tag_head head) {
    tera_node *text = flush_text(ps, b);
    return (body_end){head, b->can_trim ? text : NULL};
}

// Bodies ------------------------------------------------------------------------------------------

static body_end parse_body(tera_parser *ps, tera_body_place in, tera_body *out, bool trims_first);

// Parses the body of the construct `open`, which is itself in `outer`.
static body_end parse_inside(tera_parser *ps, const tera_body_place *outer, tera_body_kind kind,
                             bool defines, tera_open_tag *open, tera_body *out, bool trims_first) {
    open->outer = outer->open;
    body_end end = parse_body(ps, (tera_body_place){kind, defines, open}, out, trims_first);
    bool is_known = ps->is_too_deep || ps->is_done || ps->has_reported_end;
    if (end.head.tag == TAG_END_OF_TEXT && !is_known) {
        tera_missing_end(ps, open);
        ps->has_reported_end = true; // then the outer constructs have no end either
    }
    return end;
}

// Constructs --------------------------------------------------------------------------------------

// Each function parses a construct after the word of its tag. It returns the node, or NULL if the
// tag has an error or makes no node. *trims_after: the text after the construct is to be trimmed.

static tera_branch *new_branch(tera_parser *ps, const tera_expr *condition) {
    tera_branch *b = POND_NEW(ps->a, tera_branch);
    b->condition = condition;
    return b;
}

// The condition of an `if` or `elif`; NULL after a problem, which does not end the construct.
static const tera_expr *parse_condition(tera_parser *ps, const tera_tag_head *head,
                                        bool *is_dashed) {
    uint32_t depth = ps->depth;
    const tera_expr *condition = tera_parse_logic(ps);
    *is_dashed = false;
    if (condition != NULL && tera_end_tag(ps, is_dashed))
        return condition;
    tera_bad_tag(ps, head, depth);
    return NULL;
}

static tera_node *parse_if(tera_parser *ps, const tera_tag_head *head, const tera_body_place *in,
                           bool *trims_after) {
    bool is_dashed;
    tera_body_kind kind = in->kind == IN_TEMPLATE ? IN_CONTENT : in->kind;
    tera_open_tag open = {TAG_IF, tera_head_place(ps, head),
                          TERA_BIT(ELIF) | TERA_BIT(ELSE) | TERA_BIT(ENDIF), NULL};
    const tera_expr *condition = parse_condition(ps, head, &is_dashed);
    tera_node *n = tera_new_node(ps, TERA_IF, head->at);
    tera_branch *branch = n->branches = new_branch(ps, condition);
    for (;;) {
        body_end end = parse_inside(ps, in, kind, false, &open, &branch->body, is_dashed);
        if (end.head.is_dashed)
            trim_end_of(ps, end.last_text);
        if (end.head.tag == TAG_ELIF) {
            condition = parse_condition(ps, &end.head, &is_dashed);
        } else if (end.head.tag == TAG_ELSE) {
            is_dashed = tera_end_bare_tag(ps, &end.head);
            condition = NULL;
            open.closers = TERA_BIT(ENDIF);
        } else {
            if (end.head.tag == TAG_ENDIF)
                *trims_after = tera_end_bare_tag(ps, &end.head);
            return n;
        }
        branch->next = new_branch(ps, condition);
        branch = branch->next;
    }
}

// In a `for` the dashes of the `else` and those within its body have no effect, and the dash of
// `endfor` trims the body before the `else`. Of two `else` the last one is used.
static tera_node *parse_for(tera_parser *ps, const tera_tag_head *head, const tera_body_place *in,
                            bool *trims_after) {
    tera_for *loop = POND_NEW(ps->a, tera_for);
    uint32_t depth = ps->depth;
    bool is_dashed = false, keeps_space = ps->keeps_space;
    if (!tera_parse_for_head(ps, loop, &is_dashed))
        tera_bad_tag(ps, head, depth);
    tera_node *n = tera_new_node(ps, TERA_FOR, head->at);
    n->loop = loop;
    tera_open_tag open = {TAG_FOR, tera_head_place(ps, head), TERA_BIT(ELSE) | TERA_BIT(ENDFOR),
                          NULL};
    body_end body = parse_inside(ps, in, IN_FOR, false, &open, &loop->body, is_dashed);
    body_end end = body;
    for (bool is_second = false; end.head.tag == TAG_ELSE; is_second = true) {
        bool is_dashed_end = tera_end_bare_tag(ps, &end.head);
        if (end.head.is_dashed || is_dashed_end)
            trap_at(ps, tera_head_place(ps, &end.head),
                    "these dashes have no effect: the 'else' of a 'for' does not trim");
        if (is_second)
            trap_at(ps, tera_head_place(ps, &end.head),
                    "this 'for' has two 'else', and only the last one is used");
        ps->keeps_space = true;
        loop->otherwise = (tera_body){0};
        end = parse_inside(ps, in, IN_FOR, false, &open, &loop->otherwise, false);
    }
    ps->keeps_space = keeps_space;
    if (end.head.tag == TAG_ENDFOR) {
        if (end.head.is_dashed)
            trim_end_of(ps, body.last_text);
        *trims_after = tera_end_bare_tag(ps, &end.head);
    }
    return n;
}

// The end of a construct with one body. A name in the end tag is read but not compared.
static bool close_construct(tera_parser *ps, const body_end *end, tera_tag tag, pond_sv opened) {
    if (end->head.is_dashed)
        trim_end_of(ps, end->last_text);
    if (end->head.tag != tag)
        return false;
    if (tag != TAG_ENDFILTER) {
        pond_sv name;
        ps->p = tera_ahead(ps);
        const char *at = ps->p;
        if (!tera_lex_name(ps, &name))
            tera_expect(ps, at, TERA_EXPECT_NAME);
        else if (!pond_sv_eq(name, opened))
            trap_at(ps, tera_place_of(ps, at, ps->p),
                    pond_printf(ps->a, "this ends '%.*s'; the name in an end tag is not compared",
                                POND_SV_ARG(opened)));
    }
    return tera_end_bare_tag(ps, &end->head);
}

static tera_node *parse_filter_section(tera_parser *ps, const tera_tag_head *head,
                                       const tera_body_place *in, bool *trims_after) {
    tera_callee *call = POND_NEW(ps->a, tera_callee);
    uint32_t depth = ps->depth;
    bool is_dashed = false;
    if (!tera_parse_filter(ps, call) || !tera_end_tag(ps, &is_dashed))
        tera_bad_tag(ps, head, depth);
    tera_node *n = tera_new_node(ps, TERA_FILTER, head->at);
    n->filter.call = call;
    tera_open_tag open = {TAG_FILTER, tera_head_place(ps, head), TERA_BIT(ENDFILTER), NULL};
    body_end end = parse_inside(ps, in, IN_FILTER, false, &open, &n->filter.body, is_dashed);
    *trims_after = close_construct(ps, &end, TAG_ENDFILTER, call->name);
    return n;
}

static void define_block(tera_parser *ps, tera_block *block, tera_place place) {
    bool is_new;
    void **at = pond_map_at(&ps->tpl->blocks, block->text, &is_new);
    if (is_new)
        *at = block;
    else
        tera_fault_at(ps, place, "there are two blocks named '%.*s'", POND_SV_ARG(block->text));
}

static tera_node *parse_block(tera_parser *ps, const tera_tag_head *head, const tera_body_place *in,
                              bool *trims_after) {
    tera_block *block = POND_NEW(ps->a, tera_block);
    uint32_t depth = ps->depth;
    bool is_dashed = false;
    const char *at = ps->p;
    if (tera_expect_name(ps, &block->text) && tera_end_tag(ps, &is_dashed)) {
        if (in->defines)
            define_block(ps, block, tera_place_of(ps, at, at + block->text.n));
    } else {
        tera_bad_tag(ps, head, depth);
    }
    tera_node *n = tera_new_node(ps, TERA_BLOCK, head->at);
    n->block = block;
    tera_open_tag open = {TAG_BLOCK, tera_head_place(ps, head), TERA_BIT(ENDBLOCK), NULL};
    body_end end = parse_inside(ps, in, IN_BLOCK, in->defines, &open, &block->body, is_dashed);
    *trims_after = close_construct(ps, &end, TAG_ENDBLOCK, block->text);
    return n;
}

static void define_macro(tera_parser *ps, tera_macro *macro) {
    bool is_new;
    void **at = pond_map_at(&ps->tpl->macros, macro->text, &is_new);
    if (is_new)
        *at = macro;
    else
        tera_fault_at(ps, macro->place, "there are two macros named '%.*s'",
                      POND_SV_ARG(macro->text));
}

static void parse_macro(tera_parser *ps, const tera_tag_head *head, const tera_body_place *in,
                        bool *trims_after) {
    tera_macro *macro = POND_NEW(ps->a, tera_macro);
    uint32_t depth = ps->depth;
    bool is_dashed = false;
    if (tera_parse_macro_head(ps, macro) && tera_end_tag(ps, &is_dashed))
        define_macro(ps, macro);
    else
        tera_bad_tag(ps, head, depth);
    tera_open_tag open = {TAG_MACRO, tera_head_place(ps, head), TERA_BIT(ENDMACRO), NULL};
    body_end end = parse_inside(ps, in, IN_MACRO, false, &open, &macro->body, is_dashed);
    *trims_after = close_construct(ps, &end, TAG_ENDMACRO, macro->text);
}

static tera_node *parse_construct(tera_parser *ps, const tera_tag_head *head,
                                  const tera_body_place *in, bool *trims_after) {
    switch (head->tag) {
    case TAG_IF:
        return parse_if(ps, head, in, trims_after);
    case TAG_FOR:
        return parse_for(ps, head, in, trims_after);
    case TAG_FILTER:
        return parse_filter_section(ps, head, in, trims_after);
    case TAG_BLOCK:
        return parse_block(ps, head, in, trims_after);
    case TAG_MACRO:
        parse_macro(ps, head, in, trims_after);
        return NULL;
    default:
        break;
    }
    uint32_t depth = ps->depth;
    size_t n_problems = ps->problems.n;
    tera_node *n = NULL;
    if (head->tag == TAG_SET || head->tag == TAG_SET_GLOBAL)
        n = tera_parse_set(ps, head, trims_after);
    else if (head->tag == TAG_INCLUDE)
        n = tera_parse_include(ps, head, trims_after);
    else if (head->tag == TAG_RAW)
        n = tera_parse_raw(ps, head, trims_after);
    else if (tera_end_tag(ps, trims_after))
        n = tera_new_node(ps, head->tag == TAG_BREAK ? TERA_BREAK : TERA_CONTINUE, head->at);
    if (n == NULL && ps->problems.n == n_problems)
        tera_bad_tag(ps, head, depth);
    return n;
}

// {% ... %} in a body. True when it is the tag that ends the body.
static bool parse_tag(tera_parser *ps, const tera_body_place *in, builder *b, tera_tag_head *head) {
    *head = tera_read_head(ps);
    uint32_t bit = head->tag == TAG_NONE ? 0 : 1u << head->tag;
    if (in->open != NULL && (in->open->closers & bit))
        return true;
    const uint32_t openers =
        TERA_BIT(IF) | TERA_BIT(FOR) | TERA_BIT(FILTER) | TERA_BIT(BLOCK) | TERA_BIT(MACRO);
    bool is_allowed = bit & (allowed_everywhere | allowed_beside[in->kind]);
    if (head->tag == TAG_NONE) {
        tera_unknown_tag(ps, head);
    } else if (!is_allowed) {
        tera_misplaced_tag(ps, head, in);
        for (const tera_open_tag *o = in->open; o != NULL; o = o->outer)
            if (o->closers & bit)
                return true; // it ends an outer construct, and so this one
    }
    if (!is_allowed && !(bit & openers)) {
        tera_skip_tag(ps, head->at);
        return false;
    }
    bool trims_after = false;
    if (!tera_enter(ps, head->at)) {
        tera_too_deep(ps, head->at);
        return false;
    }
    tera_node *n = parse_construct(ps, head, in, &trims_after);
    ps->depth--;
    pass_tag(ps, b, head->is_dashed, trims_after);
    if (n != NULL)
        append(ps, b, n);
    return false;
}

static bool accept_super(tera_parser *ps, const char *at) {
    bool is_dashed;
    ps->p = tera_ahead(ps);
    if (TERA_AT(ps, ps->p, "super()")) {
        ps->p += 7;
        ps->p = tera_ahead(ps);
        if (tera_lex_end(ps, '}', &is_dashed))
            return true;
    }
    ps->p = at;
    return false;
}

// {{ ... }}
static void parse_print(tera_parser *ps, const tera_body_place *in, builder *b) {
    const char *at = ps->p;
    uint32_t depth = ps->depth;
    ps->p += 2;
    bool trims_before = tera_char(ps, ps->p) == '-', trims_after;
    if (trims_before)
        ps->p++;
    if (in->kind == IN_BLOCK && accept_super(ps, ps->p)) {
        append(ps, b, tera_new_node(ps, TERA_SUPER, at)); // neither trims nor stops trimming
        return;
    }
    ps->p = tera_ahead(ps);
    const tera_expr *e = tera_parse_value(ps);
    ps->p = e != NULL ? tera_ahead(ps) : ps->p;
    if (e != NULL && tera_lex_end(ps, '}', &trims_after)) {
        tera_node *n = tera_new_node(ps, TERA_PRINT, at);
        n->expr = e;
        n->is_bare_path = e->kind == TERA_PATH && !e->is_negated && e->n_filters == 0 &&
                          e->fallback == NULL && !e->path->is_dump;
        pass_tag(ps, b, trims_before, trims_after);
        append(ps, b, n);
        return;
    }
    if (e != NULL)
        tera_expect(ps, ps->p, TERA_EXPECT_PRINT_END);
    if (ps->is_too_deep)
        tera_too_deep(ps, ps->furthest);
    else
        tera_problem_here(ps);
    ps->depth = depth;
    tera_skip_tag(ps, at);
}

// {# ... #}: must not be empty, and cannot be nested.
static void parse_comment(tera_parser *ps, builder *b) {
    const char *at = ps->p;
    bool trims_before = tera_char(ps, at + 2) == '-';
    const char *from = at + (trims_before ? 3 : 2);
    for (const char *q = from; q + 1 < ps->end; q++) {
        bool is_dashed = q[0] == '-' && q[1] == '#' && tera_char(ps, q + 2) == '}';
        if (!is_dashed && !(q[0] == '#' && q[1] == '}'))
            continue;
        ps->p = q + (is_dashed ? 3 : 2);
        if (q == from) {
            tera_expect(ps, q, TERA_EXPECT_COMMENT);
            tera_problem_here(ps);
        }
        pass_tag(ps, b, trims_before, is_dashed);
        return;
    }
    ps->p = ps->end;
    pond_loc loc = tera_locate(ps->tpl, (uint32_t)(at - ps->start));
    tera_problem_at(ps, tera_place_of(ps, ps->end, ps->end),
                    "missing #} for the comment opened at %u:%u", loc.line, loc.column);
    ps->has_reported_end = true;
}

// The next "{{", "{%" or "{#", or the end.
static const char *next_tag(const tera_parser *ps) {
    const char *q = ps->p;
    while (q < ps->end && (q = memchr(q, '{', (size_t)(ps->end - q))) != NULL) {
        char c = tera_char(ps, q + 1);
        if (c == '{' || c == '%' || c == '#')
            return q;
        q++;
    }
    return ps->end;
}

static body_end build_body(tera_parser *ps, const tera_body_place *in, builder *b) {
    tera_tag_head head = {
        .tag = TAG_END_OF_TEXT, .at = ps->end, .word = ps->end, .word_end = ps->end};
    for (;;) {
        const char *from = ps->p;
        ps->p = ps->is_done ? ps->end : next_tag(ps);
        add_text(ps, b, from, ps->p);
        if (ps->p == ps->end)
            return end_body(ps, b, head);
        tera_tag_head closer;
        if (ps->p[1] == '#')
            parse_comment(ps, b);
        else if (ps->p[1] == '{')
            parse_print(ps, in, b);
        else if (parse_tag(ps, in, b, &closer))
            return end_body(ps, b, closer);
    }
}

static body_end parse_body(tera_parser *ps, tera_body_place in, tera_body *out, bool trims_first) {
    builder b = {.tail = &out->first, .trims_next = trims_first && !ps->keeps_space};
    return build_body(ps, &in, &b);
}

// Whole templates ---------------------------------------------------------------------------------

// Comments with nothing between them, then `extends` and any number of `import`s, or `import`s and
// perhaps `extends`. White space around these tags is dropped.
static void parse_preamble(tera_parser *ps, builder *b) {
    while (TERA_AT(ps, ps->p, "{#"))
        parse_comment(ps, b);
    b->trims_next = false; // the dashes of these comments have no effect
    bool has_import = false, has_extends = false;
    for (;;) {
        const char *back = ps->p;
        ps->p = tera_ahead(ps);
        tera_tag_head head = {0};
        if (TERA_AT(ps, ps->p, "{%"))
            head = tera_read_head(ps);
        bool is_last = has_import && has_extends && head.tag == TAG_IMPORT && !ps->extends_first;
        if ((head.tag != TAG_IMPORT && (head.tag != TAG_EXTENDS || has_extends)) || is_last) {
            ps->p = back;
            return;
        }
        bool is_dashed = false, is_extends = head.tag == TAG_EXTENDS;
        if (!(is_extends ? tera_parse_extends(ps, &is_dashed) : tera_parse_import(ps, &is_dashed)))
            tera_bad_tag(ps, &head, ps->depth);
        ps->extends_first |= is_extends && !has_import;
        has_extends |= is_extends;
        has_import |= !is_extends;
        pass_tag(ps, b, head.is_dashed, is_dashed);
        if (is_extends)
            append(ps, b, tera_new_node(ps, TERA_EXTENDS, head.at));
        ps->p = tera_ahead(ps);
    }
}

pond_code tera_parse(pond_tera *t, tera_template *tpl, pond_err *err) {
    const char *start = tpl->source.p;
    tera_parser ps = {.t = t,
                      .a = &t->arena,
                      .tpl = tpl,
                      .start = start,
                      .p = start,
                      .end = start + tpl->source.n,
                      .imports_end = &tpl->imports};
    pond_map_init(&tpl->blocks, &t->arena);
    pond_map_init(&tpl->macros, &t->arena);
    builder b = {.tail = &tpl->body.first};
    parse_preamble(&ps, &b);
    tera_body_place in = {IN_TEMPLATE, true, NULL};
    build_body(&ps, &in, &b);
    tera_suspect_texts(&ps);
    return tera_raise_problems(&ps, err);
}
