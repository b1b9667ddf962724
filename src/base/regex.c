// Regular expressions by PCRE2.
#include "base/regex.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    MATCH_STEPS = 5000000,
    MATCH_DEPTH = 5000,
    MATCH_HEAP_KIB = 20000,
    MAX_PATTERN_BYTES = 65536,
};

struct pond_regex {
    pcre2_code *code;
};

// Compiling ---------------------------------------------------------------------------------------

// The byte at which a class contains another class or a set operation ([a-z&&[^x]], --, ~~), or -1.
// PCRE2 would read these as single characters.
static ptrdiff_t set_operation(pond_sv pattern) {
    bool in_class = false;
    for (size_t i = 0; i < pattern.n; i++) {
        char ch = pattern.p[i], next = i + 1 < pattern.n ? pattern.p[i + 1] : '\0';
        if (ch == '\\') {
            i++;
        } else if (!in_class) {
            in_class = ch == '[';
            i += in_class && next == '^';
            i += in_class && i + 1 < pattern.n && pattern.p[i + 1] == ']'; // a literal ]
        } else if (ch == '[' && next == ':') {
            ptrdiff_t end = pond_sv_find(pond_sv_sub(pattern, i, pattern.n), POND_SV(":]"));
            i += end < 0 ? 0 : (size_t)end + 1;
        } else if (ch == '[' || ((ch == '&' || ch == '-' || ch == '~') && next == ch)) {
            return (ptrdiff_t)i;
        } else {
            in_class = ch != ']';
        }
    }
    return -1;
}

pond_code pond_regex_new(pond_sv pattern, pond_regex **out, pond_err *err) {
    ptrdiff_t set_at = set_operation(pattern);
    if (set_at >= 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "has a nested class or a set operation at byte %td; list the characters "
                         "instead",
                         set_at);
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context == NULL)
        pond_out_of_memory(0);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_max_pattern_length(context, MAX_PATTERN_BYTES);
    int error;
    size_t at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
                                     PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY |
                                         PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C,
                                     &error, &at, context);
    pcre2_compile_context_free(context);
    if (code == NULL) {
        char why[160] = "";
        (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)why, sizeof why);
        return pond_fail(err, POND_ERR_INVALID, "is invalid at byte %zu: %s", at, why);
    }
    *out = pond_xmalloc(sizeof **out);
    (*out)->code = code;
    return POND_OK;
}

void pond_regex_free(pond_regex *r) {
    if (r == NULL)
        return;
    pcre2_code_free(r->code);
    free(r);
}

// Matching ----------------------------------------------------------------------------------------

// Finds the first occurrence. *found has the groups and is to be freed; NULL: there is none.
static pond_code find(const pond_regex *r, pond_sv text, pcre2_match_data **found, pond_err *err) {
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    *found = pcre2_match_data_create_from_pattern(r->code, NULL);
    if (context == NULL || *found == NULL)
        pond_out_of_memory(0);
    pcre2_set_match_limit(context, MATCH_STEPS);
    pcre2_set_depth_limit(context, MATCH_DEPTH);
    pcre2_set_heap_limit(context, MATCH_HEAP_KIB);
    int rc = pcre2_match(r->code, (PCRE2_SPTR)text.p, text.n, 0, 0, *found, context);
    pcre2_match_context_free(context);
    if (rc >= 0)
        return POND_OK;
    pcre2_match_data_free(*found);
    *found = NULL;
    if (rc == PCRE2_ERROR_NOMATCH)
        return POND_OK;
    char why[160] = "";
    (void)pcre2_get_error_message(rc, (PCRE2_UCHAR *)why, sizeof why);
    return pond_fail(err, POND_ERR_LIMIT, "takes too long: %s", why);
}

pond_code pond_regex_matches(const pond_regex *r, pond_sv text, bool *out, pond_err *err) {
    pcre2_match_data *found;
    POND_TRY(find(r, text, &found, err));
    *out = found != NULL;
    pcre2_match_data_free(found);
    return POND_OK;
}

// Replacing ---------------------------------------------------------------------------------------

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The number of a group, or -1.
static int64_t group_number(const pond_regex *r, pond_sv name) {
    uint64_t number;
    uint32_t n_groups = 0;
    char text[128];
    (void)pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &n_groups);
    if (pond_sv_to_uint(name, &number))
        return number <= n_groups ? (int64_t)number : -1;
    if (name.n == 0 || name.n >= sizeof text)
        return -1;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    int known = pcre2_substring_number_from_name(r->code, (PCRE2_SPTR)text);
    return known < 0 ? -1 : known;
}

// Cuts the next piece off *rest: the name of a group, or literal text. False at the end.
static bool next_piece(pond_sv *rest, pond_sv *piece, bool *is_group) {
    size_t used = 1, skip = 0;
    *is_group = false;
    if (rest->n == 0)
        return false;
    if (pond_sv_starts(*rest, POND_SV("$$"))) {
        skip = 1;
        used = 2;
    } else if (pond_sv_starts(*rest, POND_SV("${")) && pond_sv_find_char(*rest, '}') > 0) {
        skip = 2;
        used = (size_t)pond_sv_find_char(*rest, '}') + 1;
        *is_group = true;
    } else if (rest->p[0] == '$') {
        while (used < rest->n && is_word(rest->p[used]))
            used++;
        *is_group = used > 1;
        skip = *is_group;
    }
    bool has_brace = *is_group && skip == 2;
    *piece = pond_sv_sub(*rest, skip, has_brace ? used - 1 : used);
    *rest = pond_sv_sub(*rest, used, rest->n);
    return true;
}

pond_code pond_regex_replace(const pond_regex *r, pond_arena *a, pond_sv text, pond_sv replacement,
                             bool *is_found, pond_sv *out, pond_err *err) {
    pcre2_match_data *found;
    *out = text;
    POND_TRY(find(r, text, &found, err));
    *is_found = found != NULL;
    if (found == NULL)
        return POND_OK;
    const size_t *bounds = pcre2_get_ovector_pointer(found); // of group i: 2i and 2i + 1
    pond_buf b = POND_BUF_EMPTY;
    pond_sv piece;
    pond_buf_sv(&b, pond_sv_sub(text, 0, bounds[0]));
    for (bool is_group; next_piece(&replacement, &piece, &is_group);) {
        int64_t i = is_group ? group_number(r, piece) : -1;
        if (!is_group)
            pond_buf_sv(&b, piece);
        else if (i >= 0 && bounds[2 * i] != PCRE2_UNSET)
            pond_buf_sv(&b, pond_sv_sub(text, bounds[2 * i], bounds[2 * i + 1]));
    }
    pond_buf_sv(&b, pond_sv_sub(text, bounds[1], text.n));
    pcre2_match_data_free(found);
    *out = pond_buf_keep(a, &b);
    return POND_OK;
}

bool pond_regex_lacks_group(const pond_regex *r, pond_sv replacement, pond_sv *group) {
    for (bool is_group; next_piece(&replacement, group, &is_group);)
        if (is_group && group_number(r, *group) < 0)
            return true;
    return false;
}
