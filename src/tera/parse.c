// Text and tags, by recursive descent, one function a construct. White space control is applied as
// the text goes by: a dash reaches only the text that touches its tag, so a body remembers its last
// text as long as nothing else has come, and whether the next one is to be trimmed.
//
// A tag that cannot be parsed is a problem, noted and passed over, so that one run reports them
// all; the tree of a template with problems is thrown away.
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

// How a body came to its end.
typedef struct body_end {
    tera_tag_head head;   // of the closing tag, not yet finished
    tera_node *last_text; // the text that touches it, or NULL
} body_end;

typedef struct builder {
    tera_node **tail;
    tera_node *last_text;
    bool trims_next;
} builder;

// Building
// -------------------------------------------------------------------------------------------------

static tera_node *new_node(tera_parser *ps, tera_node_kind kind, const char *at) {
    tera_node *n = POND_NEW(ps->a, tera_node);
    n->kind = (uint8_t)kind;
    n->place = tera_place_of(ps, at, ps->p);
    return n;
}

static void append(builder *b, tera_node *n) {
    *b->tail = n;
    b->tail = &n->next;
    b->last_text = NULL;
}

static void trim_end_of(const tera_parser *ps, tera_node *text) {
    if (text != NULL && !ps->keeps_space)
        text->text = tera_trim_end(text->text);
}

static void trap_at(tera_parser *ps, tera_place place, const char *message) {
    *pond_vec_push(ps->a, &ps->tpl->traps) = (tera_trap){place, message};
}

// A tag begins here, with or without a dash, and what it leaves behind it.
static void pass_tag(const tera_parser *ps, builder *b, bool trims_before, bool trims_after) {
    if (trims_before)
        trim_end_of(ps, b->last_text);
    b->last_text = NULL;
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
    tera_node *n = new_node(ps, TERA_TEXT, from);
    n->text = text;
    append(b, n);
    b->last_text = n;
}

// Bodies
// -------------------------------------------------------------------------------------------------

static body_end parse_body(tera_parser *ps, tera_body_place in, tera_body *out, bool trims_first);

// The body of the construct that `open` describes, as the inside of a construct in `outer`.
static body_end parse_inside(tera_parser *ps, const tera_body_place *outer, tera_body_kind kind,
                             bool defines, tera_open_tag *open, tera_body *out, bool trims_first) {
    open->outer = outer->open;
    body_end end = parse_body(ps, (tera_body_place){kind, defines, open}, out, trims_first);
    bool is_known = ps->is_too_deep || ps->is_done || ps->has_reported_end;
    if (end.head.tag == TAG_END_OF_TEXT && !is_known) {
        tera_missing_end(ps, open);
        ps->has_reported_end = true; // what is around it is open as well, and that follows
    }
    return end;
}

// Each of these parses a construct whose head has been read. They return the node, NULL if the tag
// was a problem or the construct leaves none, and say whether the text behind it is to be trimmed.

static tera_node *parse_set(tera_parser *ps, const tera_tag_head *head, bool *trims_after) {
    pond_sv name;
    if (!tera_expect_name(ps, &name) || !tera_accept_char(ps, '='))
        return NULL;
    const tera_expr *value = tera_parse_value(ps);
    if (value == NULL || !tera_end_tag(ps, trims_after))
        return NULL;
    tera_node *n = new_node(ps, head->tag == TAG_SET ? TERA_SET : TERA_SET_GLOBAL, head->at);
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

static tera_node *parse_include(tera_parser *ps, const tera_tag_head *head, bool *trims_after) {
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
    tera_node *n = new_node(ps, TERA_INCLUDE, head->at);
    n->include = include;
    include->place = n->place;
    include->next = ps->tpl->includes;
    ps->tpl->includes = include;
    return n;
}

static tera_branch *new_branch(tera_parser *ps, const tera_expr *condition) {
    tera_branch *b = POND_NEW(ps->a, tera_branch);
    b->condition = condition;
    return b;
}

// The condition of an `if` or `elif`; a problem leaves NULL, and the construct goes on.
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
    tera_node *n = new_node(ps, TERA_IF, head->at);
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

static bool for_head(tera_parser *ps, tera_for *loop, bool *is_dashed) {
    pond_sv first, second = {0};
    if (!tera_expect_name(ps, &first))
        return false;
    if (tera_char(ps, ps->p) == ',') { // right behind the name
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

// The dashes inside the `else` of a `for` and on the `else` itself do nothing; that of `endfor`
// trims the body before the `else`. Of two `else`, the last counts.
static tera_node *parse_for(tera_parser *ps, const tera_tag_head *head, const tera_body_place *in,
                            bool *trims_after) {
    tera_for *loop = POND_NEW(ps->a, tera_for);
    uint32_t depth = ps->depth;
    bool is_dashed = false, keeps_space = ps->keeps_space;
    if (!for_head(ps, loop, &is_dashed))
        tera_bad_tag(ps, head, depth);
    tera_node *n = new_node(ps, TERA_FOR, head->at);
    n->loop = loop;
    tera_open_tag open = {TAG_FOR, tera_head_place(ps, head), TERA_BIT(ELSE) | TERA_BIT(ENDFOR),
                          NULL};
    body_end body = parse_inside(ps, in, IN_FOR, false, &open, &loop->body, is_dashed);
    body_end end = body;
    for (bool is_second = false; end.head.tag == TAG_ELSE; is_second = true) {
        bool is_dashed_end = tera_end_bare_tag(ps, &end.head);
        if (end.head.is_dashed || is_dashed_end)
            trap_at(ps, tera_head_place(ps, &end.head),
                    "the dashes do nothing: the 'else' of a 'for' trims nothing");
        if (is_second)
            trap_at(ps, tera_head_place(ps, &end.head),
                    "of the two 'else' of this 'for' only the last counts");
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

// The end of a construct with one body. What is repeated of its name is not compared.
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
                    pond_printf(ps->a, "this ends '%.*s'; the name here is not compared",
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
    tera_node *n = new_node(ps, TERA_FILTER, head->at);
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
    tera_node *n = new_node(ps, TERA_BLOCK, head->at);
    n->block = block;
    tera_open_tag open = {TAG_BLOCK, tera_head_place(ps, head), TERA_BIT(ENDBLOCK), NULL};
    body_end end = parse_inside(ps, in, IN_BLOCK, in->defines, &open, &block->body, is_dashed);
    *trims_after = close_construct(ps, &end, TAG_ENDBLOCK, block->text);
    return n;
}

// name or name=literal, with no blanks around the sign.
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

static bool macro_head(tera_parser *ps, tera_macro *macro) {
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
        if (tera_char(ps, ps->p) == ')') { // no trailing comma here
            tera_expect(ps, ps->p, TERA_EXPECT_NAME);
            return false;
        }
    }
    macro->parameters = parameters.items;
    macro->n_parameters = (uint32_t)parameters.n;
    return tera_accept_char(ps, ')');
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
    if (macro_head(ps, macro) && tera_end_tag(ps, &is_dashed))
        define_macro(ps, macro);
    else
        tera_bad_tag(ps, head, depth);
    tera_open_tag open = {TAG_MACRO, tera_head_place(ps, head), TERA_BIT(ENDMACRO), NULL};
    body_end end = parse_inside(ps, in, IN_MACRO, false, &open, &macro->body, is_dashed);
    *trims_after = close_construct(ps, &end, TAG_ENDMACRO, macro->text);
}

// Everything up to {% endraw %} is text.
static tera_node *parse_raw(tera_parser *ps, const tera_tag_head *head, bool *trims_after) {
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
        tera_node *n = new_node(ps, TERA_TEXT, head->at);
        n->text = (pond_sv){from, (size_t)(q - from)};
        if (trims_start && !ps->keeps_space)
            n->text = tera_trim_start(n->text);
        if (trims_end && !ps->keeps_space)
            n->text = tera_trim_end(n->text);
        return n;
    }
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
        n = parse_set(ps, head, trims_after);
    else if (head->tag == TAG_INCLUDE)
        n = parse_include(ps, head, trims_after);
    else if (head->tag == TAG_RAW)
        n = parse_raw(ps, head, trims_after);
    else if (tera_end_tag(ps, trims_after))
        n = new_node(ps, head->tag == TAG_BREAK ? TERA_BREAK : TERA_CONTINUE, head->at);
    if (n == NULL && ps->problems.n == n_problems)
        tera_bad_tag(ps, head, depth);
    return n;
}

// {% ... %} inside a body. True when it is the one that closes the body.
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
                return true; // closes something further out, and so this as well
    }
    if (!is_allowed && !(bit & openers)) {
        tera_pass_over(ps, head->at);
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
        append(b, n);
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
        append(b, new_node(ps, TERA_SUPER, at)); // neither trims nor stops a trim
        return;
    }
    ps->p = tera_ahead(ps);
    const tera_expr *e = tera_parse_value(ps);
    ps->p = e != NULL ? tera_ahead(ps) : ps->p;
    if (e != NULL && tera_lex_end(ps, '}', &trims_after)) {
        tera_node *n = new_node(ps, TERA_PRINT, at);
        n->expr = e;
        pass_tag(ps, b, trims_before, trims_after);
        append(b, n);
        return;
    }
    if (e != NULL)
        tera_expect(ps, ps->p, TERA_EXPECT_PRINT_END);
    if (ps->is_too_deep)
        tera_too_deep(ps, ps->furthest);
    else
        tera_problem_here(ps);
    ps->depth = depth;
    tera_pass_over(ps, at);
}

// {# ... #}: must hold something, and does not nest.
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
            return (body_end){head, b->last_text};
        tera_tag_head closer;
        if (ps->p[1] == '#')
            parse_comment(ps, b);
        else if (ps->p[1] == '{')
            parse_print(ps, in, b);
        else if (parse_tag(ps, in, b, &closer))
            return (body_end){closer, b->last_text};
    }
}

static body_end parse_body(tera_parser *ps, tera_body_place in, tera_body *out, bool trims_first) {
    builder b = {.tail = &out->first, .trims_next = trims_first && !ps->keeps_space};
    return build_body(ps, &in, &b);
}

// Whole templates
// -------------------------------------------------------------------------------------------------

static bool import_tag(tera_parser *ps, bool *is_dashed) {
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

static bool extends_tag(tera_parser *ps, bool *is_dashed) {
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

// Comments with nothing between them, then either `extends` and any `import`s, or `import`s and
// perhaps `extends`. White space around these tags is theirs.
static void parse_preamble(tera_parser *ps, builder *b) {
    while (TERA_AT(ps, ps->p, "{#"))
        parse_comment(ps, b);
    b->trims_next = false; // the dashes of these comments do nothing
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
        if (!(is_extends ? extends_tag(ps, &is_dashed) : import_tag(ps, &is_dashed)))
            tera_bad_tag(ps, &head, ps->depth);
        ps->extends_first |= is_extends && !has_import;
        has_extends |= is_extends;
        has_import |= !is_extends;
        pass_tag(ps, b, head.is_dashed, is_dashed);
        if (is_extends)
            append(b, new_node(ps, TERA_EXTENDS, head.at));
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
