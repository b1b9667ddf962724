// Arithmetic as Tera 1 does it. Two signed or two unsigned 64-bit integers give an integer, and
// overflow is an error; all else is computed in doubles. Division always is, and a whole quotient
// becomes an integer again. The result of 1 / 0 is the *string* NaN (TERA_MATH_NAN), which further
// arithmetic passes on.
#include "tera/render.h"

#include <math.h>

static tera_math_result whole(pond_value v, pond_value *out) {
    *out = v;
    return TERA_MATH_OK;
}

static tera_math_result real(double f, pond_value *out) {
    *out = pond_float(f);
    return isfinite(f) ? TERA_MATH_OK : TERA_MATH_NAN;
}

static tera_math_result of_signed(int64_t l, char op, int64_t r, pond_value *out) {
    int64_t result = 0;
    bool overflows = false;
    if (op == '+') {
        overflows = __builtin_add_overflow(l, r, &result);
    } else if (op == '-') {
        overflows = __builtin_sub_overflow(l, r, &result);
    } else if (op == '*') {
        overflows = __builtin_mul_overflow(l, r, &result);
    } else {
        if (r == 0)
            return TERA_MATH_ZERO;
        result = r == -1 ? 0 : l % r; // INT64_MIN % -1 traps
    }
    return overflows ? TERA_MATH_OVERFLOW : whole(pond_int(result), out);
}

static tera_math_result of_unsigned(uint64_t l, char op, uint64_t r, pond_value *out) {
    uint64_t result = 0;
    bool overflows = false;
    if (op == '+') {
        overflows = __builtin_add_overflow(l, r, &result);
    } else if (op == '-') {
        overflows = __builtin_sub_overflow(l, r, &result);
    } else if (op == '*') {
        overflows = __builtin_mul_overflow(l, r, &result);
    } else {
        if (r == 0)
            return TERA_MATH_ZERO;
        result = l % r;
    }
    return overflows ? TERA_MATH_OVERFLOW : whole(pond_uint(result), out);
}

static tera_math_result divide(double l, double r, pond_value *out) {
    double q = l / r;
    if (!isfinite(q) || round(q) != q)
        return real(q, out);
    // A cast of a double that does not fit is undefined in C; the language saturates.
    int64_t i = q >= 0x1p63 ? INT64_MAX : q < -0x1p63 ? INT64_MIN : (int64_t)q;
    return whole(pond_int(i), out);
}

static bool is_not_negative(pond_value v) {
    return v.kind == POND_UINT || (v.kind == POND_INT && v.i >= 0);
}

tera_math_result tera_math(pond_value l, char op, pond_value r, pond_value *out) {
    if (op == '/')
        return divide(pond_number(l), pond_number(r), out);
    if (l.kind == POND_INT && r.kind == POND_INT)
        return of_signed(l.i, op, r.i, out);
    if (is_not_negative(l) && is_not_negative(r))
        return of_unsigned(l.u, op, r.u, out);
    double a = pond_number(l), b = pond_number(r);
    switch (op) {
    case '+':
        return real(a + b, out);
    case '-':
        return real(a - b, out);
    case '*':
        return real(a * b, out);
    default:
        return real(fmod(a, b), out);
    }
}

bool tera_math_fold(const tera_expr *e, pond_value *out) {
    *out = e->terms[0].expr->value;
    for (uint32_t i = 1; i < e->n_terms; i++)
        if (tera_math(*out, e->terms[i].op, e->terms[i].expr->value, out) != TERA_MATH_OK)
            return false;
    return true;
}
