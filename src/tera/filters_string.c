// Filters for plain text. Those for markup are in filters_markup.c.

#include "tera/filters.h"
#include "tera/unicode.h"

#define FILTER(name)                                                                               \
    pond_code tera_filter_##name(pond_tera_call *c, pond_value in, const pond_tera_args *args,     \
                                 pond_value *out)

// Case --------------------------------------------------------------------------------------------

static pond_code change_case(pond_tera_call *c, pond_value in, char first,
                             void (*full)(pond_buf *, pond_sv), pond_value *out) {
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv s = pond_value_sv(in);
    char *text = pond_tera_alloc(c, s.n, 1);
    if (text == NULL)
        return POND_ERR_LIMIT;
    if (tera_ascii_case(text, s, first) == s.n) {
        *out = pond_string((pond_sv){text, s.n});
        return POND_OK;
    }
    pond_buf b = POND_BUF_EMPTY;
    full(&b, s);
    return pond_tera_give(c, &b, out);
}

FILTER(upper) {
    (void)args;
    return change_case(c, in, 'a', tera_upper, out);
}

FILTER(lower) {
    (void)args;
    return change_case(c, in, 'A', tera_lower, out);
}

// The first character in upper case, the rest in lower case. The first character does not count
// when deciding whether a sigma is final.
static void capitalize(pond_buf *out, pond_sv s) {
    if (s.n == 0)
        return;
    uint32_t first;
    size_t n = tera_char_at(s, 0, &first);
    tera_upper(out, pond_sv_sub(s, 0, n));
    tera_lower(out, pond_sv_sub(s, n, s.n));
}

FILTER(capitalize) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_buf b = POND_BUF_EMPTY;
    capitalize(&b, pond_value_sv(in));
    return pond_tera_give(c, &b, out);
}

FILTER(title) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv s = pond_value_sv(in);
    pond_buf b = POND_BUF_EMPTY;
    size_t from = 0; // the start of the current run of word characters, or of others
    bool in_word = false;
    for (size_t at = 0, n; at < s.n; at += n) {
        uint32_t ch;
        n = tera_char_at(s, at, &ch);
        bool is_word = tera_is_word(ch) || (in_word && ch == '\''); // inside a word
        if (is_word == in_word)
            continue;
        if (in_word)
            capitalize(&b, pond_sv_sub(s, from, at));
        else
            pond_buf_sv(&b, pond_sv_sub(s, from, at));
        from = at;
        in_word = is_word;
    }
    if (in_word)
        capitalize(&b, pond_sv_sub(s, from, s.n));
    else
        pond_buf_sv(&b, pond_sv_sub(s, from, s.n));
    return pond_tera_give(c, &b, out);
}

// Trimming ----------------------------------------------------------------------------------------

FILTER(trim) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    *out = pond_string(tera_trim_end(tera_trim_start(pond_value_sv(in))));
    return POND_OK;
}

FILTER(trim_start) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    *out = pond_string(tera_trim_start(pond_value_sv(in)));
    return POND_OK;
}

FILTER(trim_end) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    *out = pond_string(tera_trim_end(pond_value_sv(in)));
    return POND_OK;
}

// The input and the pattern of split, trim_start_matches and trim_end_matches.
static pond_code text_and_pattern(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                                  pond_sv *s, pond_sv *pattern) {
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_value pat;
    POND_TRY(pond_tera_need(c, args, "pat", &pat));
    POND_TRY(pond_tera_arg_string(c, args, "pat", pattern));
    *s = pond_value_sv(in);
    *pattern = tera_unslash(c, *pattern);
    return POND_OK;
}

FILTER(trim_start_matches) {
    pond_sv s, pattern;
    POND_TRY(text_and_pattern(c, in, args, &s, &pattern));
    while (pattern.n > 0 && pond_sv_starts(s, pattern))
        s = pond_sv_sub(s, pattern.n, s.n);
    *out = pond_string(s);
    return POND_OK;
}

FILTER(trim_end_matches) {
    pond_sv s, pattern;
    POND_TRY(text_and_pattern(c, in, args, &s, &pattern));
    while (pattern.n > 0 && pond_sv_ends(s, pattern))
        s.n -= pattern.n;
    *out = pond_string(s);
    return POND_OK;
}

// Searching ---------------------------------------------------------------------------------------

static size_t count_matches(pond_sv s, pond_sv pattern) {
    size_t n = 0;
    if (pattern.n == 0) {
        // In the same steps as cut_at_match, since both must agree for invalid UTF-8, too.
        uint32_t ch;
        for (size_t at = 0; at < s.n; n++)
            at += tera_char_at(s, at, &ch);
        return n + 1;
    }
    for (ptrdiff_t at; (at = pond_sv_find(s, pattern)) >= 0; n++)
        s = pond_sv_sub(s, (size_t)at + pattern.n, s.n);
    return n;
}

// Cuts off the text before the next match, and the match. An empty pattern matches before every
// character and at the end; for that, *is_first says whether this is the first cut.
static bool cut_at_match(pond_sv *rest, pond_sv pattern, bool *is_first, pond_sv *piece) {
    ptrdiff_t at;
    if (pattern.n > 0) {
        at = pond_sv_find(*rest, pattern);
    } else if (*is_first) {
        at = 0;
    } else {
        uint32_t ch;
        at = rest->n == 0 ? -1 : (ptrdiff_t)tera_char_at(*rest, 0, &ch);
    }
    *is_first = false;
    if (at < 0)
        return false;
    *piece = pond_sv_sub(*rest, 0, (size_t)at);
    *rest = pond_sv_sub(*rest, (size_t)at + pattern.n, rest->n);
    return true;
}

FILTER(replace) {
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_value given;
    POND_TRY(pond_tera_need(c, args, "from", &given));
    POND_TRY(pond_tera_need(c, args, "to", &given));
    pond_sv from, to, rest = pond_value_sv(in);
    POND_TRY(pond_tera_arg_string(c, args, "from", &from));
    POND_TRY(pond_tera_arg_string(c, args, "to", &to));

    pond_buf b = POND_BUF_EMPTY;
    pond_code code = POND_OK;
    pond_sv piece;
    bool is_first = true, is_found = false;
    while (code == POND_OK && cut_at_match(&rest, from, &is_first, &piece)) {
        pond_buf_sv(&b, piece);
        pond_buf_sv(&b, to);
        is_found = true;
        code = pond_tera_check_room(c, b.n, 1);
    }
    if (code != POND_OK) {
        pond_buf_free(&b);
        return code;
    }
    *out = in;
    if (!is_found)
        return POND_OK;
    pond_buf_sv(&b, rest);
    return pond_tera_give(c, &b, out);
}

FILTER(split) {
    pond_sv rest, pattern;
    POND_TRY(text_and_pattern(c, in, args, &rest, &pattern));
    size_t n = 0, n_pieces = count_matches(rest, pattern) + 1;
    pond_value *pieces = pond_tera_alloc(c, n_pieces, sizeof *pieces);
    if (pieces == NULL)
        return POND_ERR_LIMIT;
    pond_sv piece;
    for (bool is_first = true; cut_at_match(&rest, pattern, &is_first, &piece);)
        pieces[n++] = pond_string(piece);
    pieces[n++] = pond_string(rest);
    *out = pond_array(pieces, n);
    return POND_OK;
}

// Counting ----------------------------------------------------------------------------------------

FILTER(wordcount) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv s = pond_value_sv(in);
    int64_t n_words = 0;
    bool in_word = false;
    for (size_t at = 0, n; at < s.n; at += n) {
        uint32_t ch;
        n = tera_char_at(s, at, &ch);
        bool is_word = !tera_is_space(ch);
        n_words += is_word && !in_word;
        in_word = is_word;
    }
    *out = pond_int(n_words);
    return POND_OK;
}

FILTER(truncate) {
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    uint64_t length = 255;
    pond_sv s = pond_value_sv(in), end = POND_SV("…");
    POND_TRY(pond_tera_arg_count(c, args, "length", &length));
    POND_TRY(pond_tera_arg_string(c, args, "end", &end));
    *out = pond_string(s);
    if (s.n <= length) // a character has at least one byte
        return POND_OK;
    size_t at = 0;
    for (uint64_t n = 0; n < length && at < s.n; n++)
        at += tera_grapheme_at(s, at);
    if (at >= s.n)
        return POND_OK;
    char *text = pond_tera_alloc(c, at + end.n, 1);
    if (text == NULL)
        return POND_ERR_LIMIT;
    tera_put(tera_put(text, pond_sv_sub(s, 0, at)), end);
    *out = pond_string((pond_sv){text, at + end.n});
    return POND_OK;
}

// Lines -------------------------------------------------------------------------------------------

// Lines end in LF or CR LF. After the last one no empty line follows.
static bool cut_line(pond_sv *rest, pond_sv *line) {
    if (rest->n == 0)
        return false;
    ptrdiff_t at = pond_sv_find_char(*rest, '\n');
    size_t n = at < 0 ? rest->n : (size_t)at;
    *line = pond_sv_sub(*rest, 0, n);
    *rest = pond_sv_sub(*rest, n + 1 > rest->n ? rest->n : n + 1, rest->n);
    if (at > 0 && line->p[n - 1] == '\r')
        line->n--;
    return true;
}

FILTER(indent) {
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv prefix = POND_SV("    "), rest = pond_value_sv(in), line;
    bool first = false, blank = false;
    POND_TRY(pond_tera_arg_string(c, args, "prefix", &prefix));
    POND_TRY(pond_tera_arg_bool(c, args, "first", &first));
    POND_TRY(pond_tera_arg_bool(c, args, "blank", &blank));
    POND_TRY(pond_tera_check_room(c, count_matches(rest, POND_SV("\n")) + 1, prefix.n));

    pond_buf b = POND_BUF_EMPTY;
    for (bool is_first = true; cut_line(&rest, &line); is_first = false) {
        if (!is_first)
            pond_buf_char(&b, '\n');
        if (is_first ? first : blank || tera_trim_start(line).n > 0)
            pond_buf_sv(&b, prefix);
        pond_buf_sv(&b, line);
    }
    return pond_tera_give(c, &b, out);
}
