// parse: what the files of the parser share.
//
//     parse.c          bodies and the constructs that hold bodies
//     parse_head.c     the rest of each tag: names, parameters, `in`, `as`
//     parse_tag.c      the beginning and end of tags, and their errors
//     parse_expr.c     expressions
//     parse_operand.c  paths, calls, filters, tests, strings
//
// Each calls only those below it, except that parse_operand.c calls parse_expr.c for arguments,
// which are expressions: the language is recursive there.
#ifndef POND_TERA_PARSE_H
#define POND_TERA_PARSE_H

#include "tera/lex.h"

// Operands (parse_operand.c) ----------------------------------------------------------------------

typedef POND_VEC(tera_term) tera_term_vec;

tera_expr *tera_new_expr(tera_parser *ps, tera_expr_kind kind, const char *at);
tera_expr *tera_ends_here(tera_parser *ps, tera_expr *e); // sets the end of its place
// Calls tera_expect and returns NULL.
tera_expr *tera_no_expr(tera_parser *ps, const char *at, uint32_t expected);
bool tera_is_literal(const tera_expr *e);
// The rest of a path whose first name has been read.
const tera_path *tera_parse_path(tera_parser *ps, pond_sv name);
// The filters that follow e, if any.
bool tera_parse_filters(tera_parser *ps, tera_expr *e);
// name(...); `open` is at the parenthesis.
tera_expr *tera_parse_call(tera_parser *ps, pond_sv name, const char *open);
// space::macro(...); `at` is at the colons.
tera_expr *tera_parse_macro_call(tera_parser *ps, pond_sv space, const char *at);
tera_expr *tera_parse_test(tera_parser *ps, const tera_path *subject, const char *at_is);
tera_expr *tera_parse_string(tera_parser *ps);
// An operand of `~`.
tera_expr *tera_parse_joinable(tera_parser *ps);
bool tera_is_concat_ahead(const tera_parser *ps);
tera_expr *tera_parse_concat(tera_parser *ps, tera_expr *first);

// Expressions (parse_expr.c) ----------------------------------------------------------------------

// These return NULL, or false, after a call of tera_expect when there is no such expression.

// A whole expression: comparisons joined with `and` and `or`.
tera_expr *tera_parse_logic(tera_parser *ps);
// The same, or an array with filters, or an object with filters where these are allowed.
tera_expr *tera_parse_value(tera_parser *ps);
// What `for` loops over: arithmetic with filters, or an array with filters.
tera_expr *tera_parse_container(tera_parser *ps);
// NAME or NAME(name=value, ...): a filter.
bool tera_parse_filter(tera_parser *ps, tera_callee *out);

// Tags (parse_tag.c) ------------------------------------------------------------------------------

typedef enum tera_tag {
    TAG_NONE,
#define TAG(name, text, blank, usage) TAG_##name,
#include "tera/tags.def"
#undef TAG
    TAG_END_OF_TEXT,
    N_TAGS
} tera_tag;

#define TERA_BIT(tag) (1u << TAG_##tag)

// The kind of a body decides which tags are allowed in it.
typedef enum tera_body_kind {
    IN_TEMPLATE,
    IN_CONTENT,
    IN_BLOCK,
    IN_FOR,
    IN_MACRO,
    IN_FILTER
} tera_body_kind;

// A construct whose end has not been read yet.
typedef struct tera_open_tag {
    tera_tag tag;
    tera_place place;
    uint32_t closers;
    const struct tera_open_tag *outer;
} tera_open_tag;

typedef struct tera_body_place {
    tera_body_kind kind;
    bool defines; // blocks in it are definitions: the top level, or a block that is one
    const tera_open_tag *open;
} tera_body_place;

// The beginning of a tag, including its word.
typedef struct tera_tag_head {
    tera_tag tag;
    const char *at;   // of the "{%"
    const char *word; // and its end
    const char *word_end;
    bool is_dashed; // "{%-"
} tera_tag_head;

// Moves past the word of a tag and the blanks that it needs.
tera_tag_head tera_read_head(tera_parser *ps);
tera_place tera_head_place(const tera_parser *ps, const tera_tag_head *head);
// "%}", perhaps after blanks.
bool tera_end_tag(tera_parser *ps, bool *is_dashed);
// Ends a tag that has nothing after its word; returns whether its end has a dash. If anything else
// follows, that is reported and the tag still counts as ended.
bool tera_end_bare_tag(tera_parser *ps, const tera_tag_head *head);
bool tera_expect_name(tera_parser *ps, pond_sv *out);
bool tera_expect_string(tera_parser *ps, pond_sv *out);
// A word with blanks on both sides, such as the `in` of a `for`.
bool tera_accept_between_blanks(tera_parser *ps, const char *word);
bool tera_accept_char(tera_parser *ps, char c);

// Reports an error in a known tag, sets the nesting back to `depth`, and skips the tag.
void tera_bad_tag(tera_parser *ps, const tera_tag_head *head, uint32_t depth);
// These only report: a word that is not a tag, a tag that is not allowed here, a construct without
// its end, one level too many (which ends the parsing).
void tera_unknown_tag(tera_parser *ps, const tera_tag_head *head);
void tera_misplaced_tag(tera_parser *ps, const tera_tag_head *head, const tera_body_place *in);
void tera_missing_end(tera_parser *ps, const tera_open_tag *open);
void tera_too_deep(tera_parser *ps, const char *at);
// Skips the tag that begins at `at`: moves past its end, or to the next tag if it has no end.
void tera_skip_tag(tera_parser *ps, const char *at);

// Heads (parse_head.c) ----------------------------------------------------------------------------

// Each reads the rest of one kind of tag, after its word.

tera_node *tera_new_node(tera_parser *ps, tera_node_kind kind, const char *at);
tera_node *tera_parse_set(tera_parser *ps, const tera_tag_head *head, bool *trims_after);
tera_node *tera_parse_include(tera_parser *ps, const tera_tag_head *head, bool *trims_after);
// The text up to {% endraw %}.
tera_node *tera_parse_raw(tera_parser *ps, const tera_tag_head *head, bool *trims_after);
bool tera_parse_for_head(tera_parser *ps, tera_for *loop, bool *is_dashed);
bool tera_parse_macro_head(tera_parser *ps, tera_macro *macro);
bool tera_parse_import(tera_parser *ps, bool *is_dashed);
bool tera_parse_extends(tera_parser *ps, bool *is_dashed);

#endif
