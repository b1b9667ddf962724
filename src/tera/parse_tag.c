// The beginning and end of tags, and the errors about tags.
#include "tera/parse.h"

static const struct {
    const char *text;
    bool needs_blank;
    const char *usage;
} tags[N_TAGS] = {
#define TAG(name, text, blank, usage) [TAG_##name] = {text, blank, usage},
#include "tera/tags.def"
#undef TAG
};

static const char *const body_names[] = {
    [IN_TEMPLATE] = "a template", [IN_CONTENT] = "an 'if'", [IN_BLOCK] = "a block",
    [IN_FOR] = "a 'for'",         [IN_MACRO] = "a macro",   [IN_FILTER] = "a filter section",
};

// Problems ----------------------------------------------------------------------------------------

void tera_skip_tag(tera_parser *ps, const char *at) {
    const char *q = ps->p > at + 2 ? ps->p : at + 2;
    if (ps->problems.n > 0) {
        const tera_place place = ps->problems.items[ps->problems.n - 1].place;
        if (ps->start + place.at > q)
            q = ps->start + place.at;
    }
    for (; q + 1 < ps->end; q++) {
        if ((q[0] == '}' || q[0] == '%') && q[1] == '}') {
            ps->p = q + 2;
            return;
        }
        if (q[0] == '{' && (q[1] == '{' || q[1] == '%')) {
            ps->p = q;
            return;
        }
    }
    ps->p = ps->end;
}

tera_place tera_head_place(const tera_parser *ps, const tera_tag_head *head) {
    return tera_place_of(ps, head->at, head->word_end);
}

void tera_too_deep(tera_parser *ps, const char *at) {
    tera_problem_at(ps, tera_place_of(ps, at, at + 1), "nested deeper than %u levels",
                    ps->t->limits.max_nesting);
    ps->p = ps->end;
}

void tera_bad_tag(tera_parser *ps, const tera_tag_head *head, uint32_t depth) {
    if (ps->is_too_deep)
        tera_too_deep(ps, ps->furthest);
    else if (ps->furthest > head->at)
        tera_problem_here(ps);
    else
        tera_problem_at(ps, tera_head_place(ps, head), "invalid '%s', write %s",
                        tags[head->tag].text, tags[head->tag].usage);
    ps->depth = depth;
    tera_skip_tag(ps, head->at);
}

void tera_unknown_tag(tera_parser *ps, const tera_tag_head *head) {
    tera_place place = tera_head_place(ps, head);
    if (memchr(head->at, '\n', (size_t)(head->word - head->at)) != NULL)
        place = tera_place_of(ps, head->word, head->word_end); // show the line of the word
    pond_sv names[N_TAGS];
    size_t n = 0;
    for (int i = TAG_NONE + 1; i < TAG_END_OF_TEXT; i++)
        names[n++] = pond_sv_of(tags[i].text);
    pond_sv word = {head->word, (size_t)(head->word_end - head->word)};
    for (int i = TAG_NONE + 1; i < TAG_END_OF_TEXT; i++)
        if (pond_sv_is(word, tags[i].text)) {
            tera_problem_at(ps, place, "invalid '%s', write %s", tags[i].text, tags[i].usage);
            return;
        }
    if (word.n == 0)
        tera_problem_at(ps, place, "expected the name of a tag");
    else
        tera_problem_at(ps, place, "unknown tag '%.*s'%s", POND_SV_ARG(word),
                        tera_did_you_mean(ps->a, word, names, n));
}

static const char *opened_at(const tera_parser *ps, const tera_open_tag *open) {
    pond_loc loc = tera_locate(ps->tpl, open->place.at);
    return pond_printf(ps->a, "the '%s' opened at %u:%u", tags[open->tag].text, loc.line,
                       loc.column);
}

static tera_tag ending(const tera_open_tag *open) {
    for (int tag = TAG_END_OF_TEXT - 1; tag > TAG_NONE; tag--)
        if ((open->closers & 1u << tag) && tags[tag].text[0] == 'e' && tags[tag].text[1] == 'n')
            return (tera_tag)tag;
    return TAG_NONE;
}

void tera_misplaced_tag(tera_parser *ps, const tera_tag_head *head, const tera_body_place *in) {
    const char *text = tags[head->tag].text;
    tera_place place = tera_head_place(ps, head);
    bool is_closer = pond_sv_starts(pond_sv_of(text), POND_SV("e")) && head->tag != TAG_EXTENDS;
    ps->is_unbalanced |= is_closer;
    if (head->tag == TAG_EXTENDS || head->tag == TAG_IMPORT)
        tera_problem_at(ps, place, "'%s' must come first, with only white space before it", text);
    else if (is_closer && in->open == NULL)
        tera_problem_at(ps, place, "unexpected '%s': there is nothing that it could end", text);
    else if (is_closer)
        tera_problem_at(ps, place, "unexpected '%s', expected '%s' for %s", text,
                        tags[ending(in->open)].text, opened_at(ps, in->open));
    else
        tera_problem_at(ps, place, "'%s' is not allowed in %s", text, body_names[in->kind]);
}

void tera_missing_end(tera_parser *ps, const tera_open_tag *open) {
    ps->is_unbalanced = true;
    tera_problem_at(ps, tera_place_of(ps, ps->end, ps->end), "missing {%% %s %%} for %s",
                    tags[ending(open)].text, opened_at(ps, open));
}

// Tags --------------------------------------------------------------------------------------------

// As in Tera 1, a word that needs no blank after it is also found at the beginning of a longer
// word: `{% elsex %}` is an `else` followed by an error.
static tera_tag which_tag(const tera_parser *ps, pond_sv word) {
    bool has_blank = tera_is_blank(tera_char(ps, word.p + word.n));
    for (int i = TAG_NONE + 1; i < TAG_END_OF_TEXT; i++) {
        if (tags[i].text[0] != word.p[0])
            continue;
        pond_sv text = pond_sv_of(tags[i].text);
        if (tags[i].needs_blank ? has_blank && pond_sv_eq(word, text) : pond_sv_starts(word, text))
            return (tera_tag)i;
    }
    return TAG_NONE;
}

tera_tag_head tera_read_head(tera_parser *ps) {
    tera_tag_head head = {.at = ps->p};
    ps->p += 2;
    head.is_dashed = tera_char(ps, ps->p) == '-';
    if (head.is_dashed)
        ps->p++;
    ps->p = tera_ahead(ps);
    head.word = head.word_end = ps->p;
    pond_sv word;
    tera_expect(ps, head.at, 0);
    if (!tera_lex_name(ps, &word))
        return head;
    head.word_end = ps->p;
    head.tag = which_tag(ps, word);
    if (head.tag != TAG_NONE)
        ps->p = head.word + strlen(tags[head.tag].text);
    if (tags[head.tag].needs_blank)
        ps->p = tera_ahead(ps);
    return head;
}

bool tera_end_tag(tera_parser *ps, bool *is_dashed) {
    ps->p = tera_ahead(ps);
    if (tera_lex_end(ps, '%', is_dashed))
        return true;
    tera_expect(ps, ps->p, TERA_EXPECT_TAG_END);
    return false;
}

bool tera_end_bare_tag(tera_parser *ps, const tera_tag_head *head) {
    bool is_dashed;
    if (tera_end_tag(ps, &is_dashed))
        return is_dashed;
    tera_bad_tag(ps, head, ps->depth);
    return false;
}

bool tera_expect_name(tera_parser *ps, pond_sv *out) {
    if (tera_lex_name(ps, out))
        return true;
    tera_expect(ps, ps->p, TERA_EXPECT_NAME);
    return false;
}

bool tera_expect_string(tera_parser *ps, pond_sv *out) {
    if (tera_lex_string(ps, out))
        return true;
    tera_expect(ps, ps->p, TERA_EXPECT_STRING);
    return false;
}

bool tera_accept_between_blanks(tera_parser *ps, const char *word) {
    const char *q = tera_ahead(ps);
    size_t n = strlen(word);
    if (q == ps->p || !tera_at_word(ps, q, word, n))
        return false;
    ps->p = q + n;
    ps->p = tera_ahead(ps);
    return true;
}

bool tera_accept_char(tera_parser *ps, char c) {
    const char *q = tera_ahead(ps);
    if (tera_char(ps, q) != c)
        return false;
    ps->p = q + 1;
    ps->p = tera_ahead(ps);
    return true;
}
