// parse: what the files of the parser share. Lowest first: lex.h reads tokens, parse_operand.c the
// parts of expressions, parse_expr.c whole expressions, parse_tag.c the heads and ends of tags and
// what can be wrong with them, parse.c the constructs.
#ifndef POND_TERA_PARSE_H
#define POND_TERA_PARSE_H

#include "tera/lex.h"

// Operands (parse_operand.c)
// -------------------------------------------------------------------------------------------------

typedef POND_VEC(tera_term) tera_term_vec;

tera_expr *tera_new_expr(tera_parser *ps, tera_expr_kind kind, const char *at);
tera_expr *tera_ends_here(tera_parser *ps, tera_expr *e); // sets the width of its place
// Tells tera_expect and returns NULL.
tera_expr *tera_no_expr(tera_parser *ps, const char *at, uint32_t expected);
bool tera_is_literal(const tera_expr *e);
// The rest of a path whose first name has been read.
const tera_path *tera_parse_path(tera_parser *ps, pond_sv name);
// Any filters behind e.
bool tera_parse_filters(tera_parser *ps, tera_expr *e);
// name(...), with the parenthesis at `open`.
tera_expr *tera_parse_call(tera_parser *ps, pond_sv name, const char *open);
// space::macro(...), with the colons at `at`.
tera_expr *tera_parse_macro_call(tera_parser *ps, pond_sv space, const char *at);
tera_expr *tera_parse_test(tera_parser *ps, const tera_path *subject, const char *at_is);
tera_expr *tera_parse_string(tera_parser *ps);
// What `~` takes.
tera_expr *tera_parse_joinable(tera_parser *ps);
bool tera_is_concat_ahead(const tera_parser *ps);
tera_expr *tera_parse_concat(tera_parser *ps, tera_expr *first);

// Expressions (parse_expr.c)
// -------------------------------------------------------------------------------------------------
// NULL, or false, when there is none: then tera_expect has been told.

// A whole expression: comparisons joined with `and` and `or`.
tera_expr *tera_parse_logic(tera_parser *ps);
// The same, or an array with filters.
tera_expr *tera_parse_value(tera_parser *ps);
// What a `for` goes over: arithmetic with filters, or an array with filters.
tera_expr *tera_parse_container(tera_parser *ps);
// NAME or NAME(name=value, ...): a filter.
bool tera_parse_filter(tera_parser *ps, tera_callee *out);

// Tags (parse_tag.c)
// -------------------------------------------------------------------------------------------------

typedef enum tera_tag {
    TAG_NONE,
#define TAG(name, text, blank, usage) TAG_##name,
#include "tera/tags.def"
#undef TAG
    TAG_END_OF_TEXT,
    N_TAGS
} tera_tag;

#define TERA_BIT(tag) (1u << TAG_##tag)

// Where a body stands decides which tags it may hold.
typedef enum tera_body_kind {
    IN_TEMPLATE,
    IN_CONTENT,
    IN_BLOCK,
    IN_FOR,
    IN_MACRO,
    IN_FILTER
} tera_body_kind;

// A construct that waits for its end.
typedef struct tera_open_tag {
    tera_tag tag;
    tera_place place;
    uint32_t closers;
    const struct tera_open_tag *outer;
} tera_open_tag;

typedef struct tera_body_place {
    tera_body_kind kind;
    bool defines; // blocks in it are definitions: it is a template's top or such a block
    const tera_open_tag *open;
} tera_body_place;

// The beginning of a tag, up to and with its word.
typedef struct tera_tag_head {
    tera_tag tag;
    const char *at;   // of the "{%"
    const char *word; // and its end, for errors
    const char *word_end;
    bool is_dashed; // "{%-"
} tera_tag_head;

// Moves behind the word of a tag, and the blanks that it needs.
tera_tag_head tera_read_head(tera_parser *ps);
tera_place tera_head_place(const tera_parser *ps, const tera_tag_head *head);
// "%}", blanks before it.
bool tera_end_tag(tera_parser *ps, bool *is_dashed);
// Finishes a tag that has nothing behind its word, and says whether it is dashed; a problem there
// does not keep it from closing.
bool tera_end_bare_tag(tera_parser *ps, const tera_tag_head *head);
bool tera_expect_name(tera_parser *ps, pond_sv *out);
bool tera_expect_string(tera_parser *ps, pond_sv *out);
// A word with blanks on both sides, such as the `in` of a `for`.
bool tera_accept_between_blanks(tera_parser *ps, const char *word);
bool tera_accept_char(tera_parser *ps, char c);

// Each of these reports a tag and moves behind it, or before the next one if it has no end:
// the right tag with something wrong in it, back at nesting `depth` ...
void tera_bad_tag(tera_parser *ps, const tera_tag_head *head, uint32_t depth);
// ... and only reports: a word that is no tag, one that may not stand here, a construct without
// end, one level too many (after which nothing more is parsed).
void tera_unknown_tag(tera_parser *ps, const tera_tag_head *head);
void tera_misplaced_tag(tera_parser *ps, const tera_tag_head *head, const tera_body_place *in);
void tera_missing_end(tera_parser *ps, const tera_open_tag *open);
void tera_too_deep(tera_parser *ps, const char *at);
void tera_pass_over(tera_parser *ps, const char *at);

#endif
