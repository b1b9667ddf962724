// Filters that prepare text for HTML, XML and URLs, and those that remove markup.

#include "tera/filters.h"
#include "tera/unicode.h"

#define FILTER(name)                                                                               \
    pond_code tera_filter_##name(pond_tera_call *c, pond_value in, const pond_tera_args *args,     \
                                 pond_value *out)

// Encoding ----------------------------------------------------------------------------------------

// Replaces each byte whose index is not 0 by texts[index_of[byte]].
static pond_code replace_bytes(pond_tera_call *c, pond_value in, const unsigned char index_of[256],
                               const pond_sv *texts, pond_value *out) {
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv s = pond_value_sv(in);
    size_t n = s.n;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char k = index_of[(unsigned char)s.p[i]];
        n += k == 0 ? 0 : texts[k].n - 1;
    }
    *out = pond_string(s);
    if (n == s.n) // nothing to replace, since every text is longer than a byte
        return POND_OK;
    char *text = pond_tera_alloc(c, n, 1), *end = text;
    if (text == NULL)
        return POND_ERR_LIMIT;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char k = index_of[(unsigned char)s.p[i]];
        if (k == 0)
            *end++ = s.p[i];
        else
            end = tera_put(end, texts[k]);
    }
    *out = pond_string((pond_sv){text, n});
    return POND_OK;
}

// Uses tera_escape, as the renderer does, instead of another table.
FILTER(escape) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_buf b = POND_BUF_EMPTY;
    tera_escape(&b, pond_value_sv(in));
    return pond_tera_give(c, &b, out);
}

FILTER(escape_xml) {
    (void)args;
    static const unsigned char index_of[256] = {
        ['&'] = 1, ['<'] = 2, ['>'] = 3, ['"'] = 4, ['\''] = 5};
    static const pond_sv texts[] = {{"", 0},     {"&amp;", 5},  {"&lt;", 4},
                                    {"&gt;", 4}, {"&quot;", 6}, {"&apos;", 6}};
    return replace_bytes(c, in, index_of, texts, out);
}

FILTER(addslashes) {
    (void)args;
    static const unsigned char index_of[256] = {['\\'] = 1, ['"'] = 2, ['\''] = 3};
    static const pond_sv texts[] = {{"", 0}, {"\\\\", 2}, {"\\\"", 2}, {"\\'", 2}};
    return replace_bytes(c, in, index_of, texts, out);
}

// Percent-encodes every byte except ASCII letters, digits and the characters of `kept`.
static pond_code percent_encode(pond_tera_call *c, pond_value in, const char *kept,
                                pond_value *out) {
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    bool is_kept[256] = {false};
    for (int ch = '0'; ch <= 'z'; ch++)
        is_kept[ch] = ch <= '9' || (ch >= 'A' && ch <= 'Z') || ch >= 'a';
    for (; *kept != '\0'; kept++)
        is_kept[(unsigned char)*kept] = true;

    pond_sv s = pond_value_sv(in);
    size_t n = s.n;
    for (size_t i = 0; i < s.n; i++)
        n += is_kept[(unsigned char)s.p[i]] ? 0 : 2;
    *out = pond_string(s);
    if (n == s.n)
        return POND_OK;
    char *text = pond_tera_alloc(c, n, 1), *end = text;
    if (text == NULL)
        return POND_ERR_LIMIT;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char byte = (unsigned char)s.p[i];
        if (is_kept[byte]) {
            *end++ = s.p[i];
        } else {
            *end++ = '%';
            *end++ = "0123456789ABCDEF"[byte >> 4];
            *end++ = "0123456789ABCDEF"[byte & 15];
        }
    }
    *out = pond_string((pond_sv){text, n});
    return POND_OK;
}

FILTER(urlencode) {
    (void)args;
    return percent_encode(c, in, "/-_.~%", out);
}

FILTER(urlencode_strict) {
    (void)args;
    return percent_encode(c, in, "", out);
}

FILTER(linebreaksbr) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv rest = pond_value_sv(in);
    *out = pond_string(rest);
    if (pond_sv_find_char(rest, '\n') < 0)
        return POND_OK;
    pond_buf b = POND_BUF_EMPTY;
    for (ptrdiff_t at; (at = pond_sv_find_char(rest, '\n')) >= 0;) {
        size_t n = (size_t)at;
        pond_buf_append(&b, rest.p, n > 0 && rest.p[n - 1] == '\r' ? n - 1 : n);
        pond_buf_append(&b, "<br>", 4);
        rest = pond_sv_sub(rest, n + 1, rest.n);
    }
    pond_buf_sv(&b, rest);
    return pond_tera_give(c, &b, out);
}

// Appends lower-case ASCII letters and digits. Every run of other characters becomes one dash,
// except at the beginning.
static void slugify(pond_buf *out, const char *text, size_t n) {
    pond_buf_reserve(out, n);
    char *to = out->p + out->n;
    for (size_t i = 0; i < n; i++) {
        char ch = text[i], lower = (char)(ch | 0x20);
        if ((lower >= 'a' && lower <= 'z') || (ch >= '0' && ch <= '9'))
            *to++ = lower; // the bit is already set in digits
        else if (to > out->p && to[-1] != '-')
            *to++ = '-';
    }
    *to = '\0';
    out->n = (size_t)(to - out->p);
}

FILTER(slugify) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv s = pond_value_sv(in);
    pond_buf b = POND_BUF_EMPTY;
    for (size_t at = 0, n; at < s.n; at += n) {
        for (n = 0; at + n < s.n && (unsigned char)s.p[at + n] < 0x80;)
            n++;
        if (n > 0) {
            slugify(&b, s.p + at, n);
            continue;
        }
        uint32_t ch;
        char room[40];
        n = tera_char_at(s, at, &ch);
        const char *ascii = tera_ascii_for(ch, room);
        if (ascii == NULL)
            ascii = "-";
        slugify(&b, ascii, strlen(ascii));
    }
    if (b.n > 0 && b.p[b.n - 1] == '-')
        b.n--;
    return pond_tera_give(c, &b, out);
}

// Removing ----------------------------------------------------------------------------------------

// The place of `needle` at or after `from`; SIZE_MAX if there is none. *known caches the answer, so
// that repeated questions on the way through a text read it once.
static size_t find_from(pond_sv s, size_t from, pond_sv needle, size_t *known) {
    if (*known == SIZE_MAX || (*known >= from && *known != 0))
        return *known;
    ptrdiff_t at = pond_sv_find(pond_sv_sub(s, from, s.n), needle);
    *known = at < 0 ? SIZE_MAX : from + (size_t)at;
    return *known;
}

// By pattern, without parsing: a comment on one line, or else from a < to the next >.
FILTER(striptags) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv s = pond_value_sv(in);
    pond_buf b = POND_BUF_EMPTY;
    size_t from = 0, at, open = 0, close = 0, comment = 0, line = 0;
    while ((at = find_from(s, from, POND_SV("<"), &open)) != SIZE_MAX) {
        size_t end = SIZE_MAX;
        if (pond_sv_starts(pond_sv_sub(s, at, s.n), POND_SV("<!--"))) {
            end = find_from(s, at + 4, POND_SV("-->"), &comment);
            if (end != SIZE_MAX)
                end = find_from(s, at + 4, POND_SV("\n"), &line) < end ? SIZE_MAX : end + 3;
        }
        if (end == SIZE_MAX && find_from(s, at, POND_SV(">"), &close) != SIZE_MAX)
            end = close + 1;
        if (end == SIZE_MAX) // no > follows, so there are no further tags
            break;
        pond_buf_sv(&b, pond_sv_sub(s, from, at));
        from = end;
    }
    pond_buf_sv(&b, pond_sv_sub(s, from, s.n));
    return pond_tera_give(c, &b, out);
}

// Removes white space between a > and a <.
FILTER(spaceless) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    pond_sv rest = pond_value_sv(in);
    pond_buf b = POND_BUF_EMPTY;
    for (ptrdiff_t at; (at = pond_sv_find_char(rest, '>')) >= 0;) {
        pond_buf_append(&b, rest.p, (size_t)at + 1);
        rest = pond_sv_sub(rest, (size_t)at + 1, rest.n);
        pond_sv after = tera_trim_start(rest);
        if (after.n > 0 && after.p[0] == '<')
            rest = after;
    }
    pond_buf_sv(&b, rest);
    return pond_tera_give(c, &b, out);
}
