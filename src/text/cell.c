// Cells: recognises one field, and converts it.
#include "text/cell.h"

#include "base/time.h"

#include <math.h>
#include <strings.h>

static const uint64_t MOST_EXACT = UINT64_C(999999999999999); // 15 digits
enum { NS_PER_US = 1000 };
enum { NS_PER_S = 1000000000 };

static pond_sv trim(pond_sv s) {
    if (s.n > 0 && s.p[0] > ' ' && s.p[s.n - 1] > ' ')
        return s; // nearly always
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = (pond_sv){s.p + 1, s.n - 1};
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

// Numbers -----------------------------------------------------------------------------------------

static bool is_null_number(const text_rule *r, double value) {
    for (size_t i = 0; i < r->n_nulls; i++)
        if (r->nulls[i].is_number && r->nulls[i].value == value)
            return true;
    return false;
}

// Whether a double would be infinite, or 0 for what is not: 1e999.
static bool is_out_of_range(const text_rule *r, const text_cell *c) {
    const pond_written_number *n = &c->number;
    enum { SURELY_IN_RANGE = 280 };
    if (!n->is_long && n->exponent > -SURELY_IN_RANGE && n->exponent < SURELY_IN_RANGE)
        return false;
    double d = pond_number_double(n, c->text, r->number);
    return isinf(d) || (d == 0 && (n->digits != 0 || n->is_long));
}

static bool read_number(const text_rule *r, text_cell *c) {
    pond_written_number *n = &c->number;
    if (!pond_number_read(c->text, r->number, n))
        return false;
    c->has_plus = n->has_plus;
    int64_t whole;
    if (r->has_number_null && is_null_number(r, pond_number_double(n, c->text, r->number)))
        c->kind = TEXT_IS_MARKED;
    else if (n->has_leading_zero)
        c->kind = TEXT_IS_ID;
    else if (!n->is_whole)
        c->kind = is_out_of_range(r, c) ? TEXT_IS_ID : TEXT_IS_FLOAT;
    else if (n->digits <= MOST_EXACT && !n->is_long)
        c->kind = TEXT_IS_INT;
    else
        c->kind = pond_number_int(n, &whole) ? TEXT_IS_BIG : TEXT_IS_ID;
    return true;
}

// Times -------------------------------------------------------------------------------------------

// A count of units since 1970, which may have a fraction. False: out of range, or finer than
// nanoseconds.
static bool read_epoch(const text_rule *r, text_cell *c) {
    static const int exponents[] = {
        [POND_EPOCH_S] = 9, [POND_EPOCH_MS] = 6, [POND_EPOCH_US] = 3, [POND_EPOCH_NS] = 0};
    __extension__ typedef __int128 i128;
    pond_written_number n;
    if (!pond_number_read(c->text, r->number, &n) || n.is_long)
        return false;
    i128 ns = n.digits;
    int exponent = n.exponent + exponents[r->epoch];
    for (; exponent > 0 && ns < (i128)1 << 100; exponent--)
        ns *= 10;
    for (; exponent < 0 && ns % 10 == 0 && ns != 0; exponent++)
        ns /= 10;
    if (exponent != 0 && ns != 0)
        return false;
    if (n.is_negative)
        ns = -ns;
    i128 s = ns / NS_PER_S - (ns % NS_PER_S < 0);
    if (s < INT64_MIN / POND_US_PER_S + 1 || s > INT64_MAX / POND_US_PER_S - 1)
        return false;
    int32_t rest = (int32_t)(ns - s * NS_PER_S);
    c->when = (pond_when){.kind = POND_WHEN_ZONED,
                          .digits = rest % NS_PER_US != 0 ? 9
                                    : rest != 0           ? 6
                                                          : 0,
                          .ns = rest,
                          .s = (int64_t)s};
    return true;
}

static bool read_when(const text_rule *r, text_cell *c) {
    if (r->is_time && r->epoch != POND_EPOCH_NONE)
        return read_epoch(r, c);
    for (size_t i = 0; r->is_time && i < r->n_formats; i++)
        if (pond_when_read(r->formats[i], c->text, &c->when))
            return true;
    return (!r->is_time || r->n_formats == 0) && pond_when_iso(c->text, &c->when);
}

static void to_utc(const text_rule *r, text_cell *c) {
    int64_t first, second;
    c->clock = pond_when_to_utc(r->zone, c->when.s, &first, &second);
    c->when.s = r->dst == POND_DST_SECOND ? second : first;
    c->when.kind = POND_WHEN_ZONED;
}

static bool read_time(const text_rule *r, text_cell *c) {
    if (!read_when(r, c))
        return false;
    if (r->zone != NULL && c->when.kind == POND_WHEN_LOCAL)
        to_utc(r, c);
    int64_t first, second; // a day is its midnight, which the clocks may also show twice, or never
    if (r->zone != NULL && c->when.kind == POND_WHEN_DATE)
        c->clock = pond_when_to_utc(r->zone, c->when.s, &first, &second);
    c->kind = c->when.kind == POND_WHEN_DATE    ? TEXT_IS_DATE
              : c->when.kind == POND_WHEN_LOCAL ? TEXT_IS_LOCAL
                                                : TEXT_IS_ZONED;
    return true;
}

// Cells -------------------------------------------------------------------------------------------

static bool read_bool(text_cell *c) {
    c->truth = c->text.n == 4;
    if ((c->text.n != 4 || strncasecmp(c->text.p, "true", 4) != 0) &&
        (c->text.n != 5 || strncasecmp(c->text.p, "false", 5) != 0))
        return false;
    c->kind = TEXT_IS_BOOL;
    return true;
}

static bool read_word(text_cell *c) {
    if (!pond_number_word(c->text, &c->word))
        return false;
    c->kind = TEXT_IS_WORD;
    return true;
}

static bool is_marked(const text_rule *r, pond_sv text) {
    for (size_t i = 0; i < r->n_nulls; i++)
        if (pond_sv_eq(r->nulls[i].text, text))
            return true;
    return false;
}

static void read_cell(const text_rule *r, bool is_quoted, text_kind as, text_cell *c) {
    bool is_told = r->is_time && (r->n_formats > 0 || r->epoch != POND_EPOCH_NONE);
    if ((is_told || (as >= TEXT_IS_DATE && as <= TEXT_IS_ZONED)) && read_time(r, c))
        return;
    c->kind = TEXT_IS_OTHER;
    if (is_told)
        return;
    if (is_quoted && r->is_quoted_text) {
        (void)read_time(r, c);
        return;
    }
    char first = c->text.p[0];
    bool is_number = (first >= '0' && first <= '9') || first == '-' || first == '+' ||
                     first == r->number.decimal || first == '.';
    if (is_number && (read_number(r, c) || read_time(r, c)))
        return;
    // As lower case: what no word for a number or a truth value begins with is text.
    switch (first | 0x20) {
    case 't':
    case 'f':
        (void)read_bool(c);
        break;
    case 'n':
    case 'i':
    case '-':
    case '+':
        (void)read_word(c);
        break;
    default:
        break;
    }
}

text_kind text_cell_read(const text_rule *r, pond_sv text, bool is_quoted, text_kind as,
                         text_cell *out) {
    out->has_plus = false;
    out->clock = POND_CLOCK_ONCE;
    out->text = trim(text);
    if (out->text.n == 0)
        out->kind =
            is_quoted && text.n == 0 && r->is_empty_quoted_text ? TEXT_IS_OTHER : TEXT_IS_EMPTY;
    else if (r->n_nulls > 0 && is_marked(r, out->text))
        out->kind = TEXT_IS_MARKED;
    else
        read_cell(r, is_quoted, as, out);
    return out->kind;
}

// Converting --------------------------------------------------------------------------------------

static bool is_number(text_kind k) {
    return k == TEXT_IS_INT || k == TEXT_IS_BIG || k == TEXT_IS_FLOAT || k == TEXT_IS_ID;
}

// In units of which a second has `per_s`, rounded down.
static bool count(const pond_when *w, int64_t per_s, int64_t *out) {
    return !__builtin_mul_overflow(w->s, per_s, out) &&
           !__builtin_add_overflow(*out, w->ns / (NS_PER_S / per_s), out);
}

static bool convert_time(const text_rule *r, const text_cell *c, pond_text_type type,
                         int64_t *out) {
    text_cell at = *c;
    if (c->kind == TEXT_IS_DATE && r->zone != NULL)
        to_utc(r, &at);
    return count(&at.when, type == POND_TEXT_TIME_NS ? NS_PER_S : POND_US_PER_S, out);
}

bool text_cell_convert(const text_rule *r, const text_cell *c, pond_text_type type,
                       text_value *out) {
    bool is_time = c->kind == TEXT_IS_DATE || c->kind == TEXT_IS_LOCAL || c->kind == TEXT_IS_ZONED;
    switch (type) {
    case POND_TEXT_BOOL:
        out->truth = c->truth;
        return c->kind == TEXT_IS_BOOL;
    case POND_TEXT_INT:
        return is_number(c->kind) && pond_number_int(&c->number, &out->integer);
    case POND_TEXT_COUNT:
    case POND_TEXT_COUNT16:
        return is_number(c->kind) && pond_number_int(&c->number, &out->integer) &&
               out->integer >= 0 && (type == POND_TEXT_COUNT || out->integer <= UINT16_MAX);
    case POND_TEXT_FLOAT:
        if (c->kind == TEXT_IS_WORD)
            out->real = c->word;
        else if (is_number(c->kind))
            out->real = pond_number_double(&c->number, c->text, r->number);
        else
            return false;
        return true;
    case POND_TEXT_DATE:
        out->integer = c->when.s / (POND_US_PER_DAY / POND_US_PER_S);
        return c->kind == TEXT_IS_DATE;
    case POND_TEXT_TIME:
    case POND_TEXT_TIME_NS:
    case POND_TEXT_INSTANT:
        return is_time && convert_time(r, c, type, &out->integer);
    default:
        return false; // text is what the field has, blanks included
    }
}
