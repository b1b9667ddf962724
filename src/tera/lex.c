// Tokens: names, strings, numbers, booleans and the ends of tags.
#include "tera/lex.h"

#include <math.h>

bool tera_lex_name(tera_parser *ps, pond_sv *out) {
    const char *q = ps->p;
    if (q >= ps->end || !tera_is_name_start(*q))
        return false;
    while (q < ps->end && tera_is_name(*q))
        q++;
    *out = (pond_sv){ps->p, (size_t)(q - ps->p)};
    ps->p = q;
    return true;
}

// There are three delimiters and no escapes: a string ends at the next delimiter of its kind.
bool tera_lex_string(tera_parser *ps, pond_sv *out) {
    char quote = tera_char(ps, ps->p);
    if (quote != '"' && quote != '\'' && quote != '`')
        return false;
    const char *from = ps->p + 1;
    const char *to = memchr(from, quote, (size_t)(ps->end - from));
    if (to == NULL)
        return false;
    *out = (pond_sv){from, (size_t)(to - from)};
    ps->p = to + 1;
    return true;
}

// -? ( 0 | [1-9][0-9]* ) ( . [0-9]+ )?  So 01, .5 and 1e5 are not numbers.
bool tera_lex_number(tera_parser *ps, tera_expr *out) {
    const char *q = ps->p;
    if (tera_char(ps, q) == '-')
        q++;
    if (!tera_is_digit(tera_char(ps, q)))
        return false;
    if (*q == '0')
        q++;
    else
        while (tera_is_digit(tera_char(ps, q)))
            q++;
    bool is_float = tera_char(ps, q) == '.' && q + 1 < ps->end && tera_is_digit(q[1]);
    if (is_float)
        for (q++; tera_is_digit(tera_char(ps, q));)
            q++;
    pond_sv text = {ps->p, (size_t)(q - ps->p)};
    tera_place place = tera_place_of(ps, ps->p, q);
    if (is_float) {
        double f = 0;
        if (!pond_sv_to_double(text, &f) || !isfinite(f))
            tera_fault_at(ps, place, "the number %.*s is too large", POND_SV_ARG(text));
        out->kind = TERA_FLOAT;
        out->value = pond_float(f);
    } else {
        int64_t i = 0;
        if (!pond_sv_to_int(text, &i))
            tera_fault_at(ps, place, "the integer %.*s does not fit in 64 bits", POND_SV_ARG(text));
        out->kind = TERA_INT;
        out->value = pond_int(i);
    }
    out->place = place;
    out->is_constant = true;
    ps->p = q;
    return true;
}

// The word need not end here: `trueish` begins with a boolean, and is therefore not a name.
bool tera_lex_bool(tera_parser *ps, tera_expr *out) {
    const char *q = ps->p;
    bool is_true = TERA_AT(ps, q, "true") || TERA_AT(ps, q, "True");
    if (!is_true && !TERA_AT(ps, q, "false") && !TERA_AT(ps, q, "False"))
        return false;
    ps->p = q + (is_true ? 4 : 5);
    out->kind = TERA_BOOL;
    out->value = pond_bool(is_true);
    out->is_constant = true;
    out->place = tera_place_of(ps, q, ps->p);
    return true;
}

bool tera_lex_end(tera_parser *ps, char close, bool *is_dashed) {
    const char *q = ps->p;
    *is_dashed = tera_char(ps, q) == '-';
    if (*is_dashed)
        q++;
    if (tera_char(ps, q) != close || tera_char(ps, q + 1) != '}')
        return false;
    ps->p = q + 2;
    return true;
}
