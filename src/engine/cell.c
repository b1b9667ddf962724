// Cells as text, as tables and CSV show them: ISO 8601 times, and floats as the shortest digits
// that read back as the same float, always with a fraction or an exponent.
#include "engine/engine_internal.h"

#include "base/float.h"
#include "base/time.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

// Floats ------------------------------------------------------------------------------------------

// 0.d × 10^e, with the fewest digits d that read back as the same float.
typedef struct decimal {
    char digits[24];
    int n, exponent;
} decimal;

static decimal shortest_decimal(float v) {
    // A decimal of up to FLT_DIG digits reads back unchanged, so printing that many finds any
    // shorter form too, followed by zeros. Subnormals have less precision.
    char text[40];
    for (int n = fabsf(v) < FLT_MIN ? 1 : FLT_DIG; n <= FLT_DECIMAL_DIG; n++) {
        snprintf(text, sizeof text, "%.*e", n - 1, (double)fabsf(v));
        if (strtof(text, NULL) == fabsf(v))
            break;
    }
    decimal d = {.n = 0};
    const char *p = text;
    for (; *p != 'e'; p++)
        if (*p != '.')
            d.digits[d.n++] = *p;
    while (d.n > 1 && d.digits[d.n - 1] == '0')
        d.n--;
    d.exponent = (int)strtol(p + 1, NULL, 10) + 1;
    return d;
}

// 25.0, 7.1, 0.00001, 1e17, 1.5e-7: a fraction or an exponent distinguishes it from an integer.
static void append_double(pond_buf *out, double v) {
    char text[32];
    if (isfinite(v))
        pond_buf_append(out, text, pond_float_json(v, text));
    else
        pond_buf_str(out, isnan(v) ? "NaN" : v < 0 ? "-inf" : "inf");
}

static void append_single(pond_buf *out, float v) {
    if (!isfinite(v) || v == 0) {
        append_double(out, (double)v);
        return;
    }
    if (signbit(v))
        pond_buf_char(out, '-');
    decimal d = shortest_decimal(v);
    int e = d.exponent;
    if (e > 16 || e <= -5) {
        pond_buf_printf(out, "%c%s%.*se%d", d.digits[0], d.n > 1 ? "." : "", d.n - 1, d.digits + 1,
                        e - 1);
    } else if (e <= 0) {
        pond_buf_printf(out, "0.%.*s%.*s", -e, "00000", d.n, d.digits);
    } else if (d.n <= e) {
        pond_buf_printf(out, "%.*s%.*s.0", d.n, d.digits, e - d.n, "0000000000000000");
    } else {
        pond_buf_printf(out, "%.*s.%.*s", e, d.digits, d.n - e, d.digits + e);
    }
}

// Times -------------------------------------------------------------------------------------------

static void append_date(pond_buf *out, int64_t days) {
    int64_t year;
    int month, day;
    pond_civil_from_days(days, &year, &month, &day);
    pond_buf_printf(out, "%04" PRId64 "-%02d-%02d", year, month, day);
}

// `t` counts units since 1970. The fraction has 0, 3, 6 or 9 digits, as few as are exact.
static void append_timestamp(pond_buf *out, int64_t t, int64_t units_per_s, bool has_zone) {
    if (t == INT64_MAX || t == -INT64_MAX) {
        pond_buf_str(out, t > 0 ? "infinity" : "-infinity");
        return;
    }
    int64_t seconds = t / units_per_s, fraction = t % units_per_s;
    if (fraction < 0) {
        seconds--;
        fraction += units_per_s;
    }
    int64_t days = seconds / 86400, second = seconds % 86400;
    if (second < 0) {
        days--;
        second += 86400;
    }
    append_date(out, days);
    pond_buf_printf(out, "T%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60),
                    (int)(second % 60));
    int digits = units_per_s == 1000 ? 3 : units_per_s == 1000000 ? 6 : 9;
    while (fraction != 0 && fraction % 1000 == 0) {
        fraction /= 1000;
        digits -= 3;
    }
    if (fraction != 0)
        pond_buf_printf(out, ".%0*" PRId64, digits, fraction);
    if (has_zone)
        pond_buf_char(out, 'Z');
}

// Cells -------------------------------------------------------------------------------------------

void engine_cell(duckdb_type id, const void *data, size_t row, pond_buf *out) {
#define AT(type) (((const type *)data)[row])
    switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
        pond_buf_str(out, AT(bool) ? "true" : "false");
        break;
    case DUCKDB_TYPE_TINYINT:
        pond_buf_printf(out, "%" PRId8, AT(int8_t));
        break;
    case DUCKDB_TYPE_SMALLINT:
        pond_buf_printf(out, "%" PRId16, AT(int16_t));
        break;
    case DUCKDB_TYPE_INTEGER:
        pond_buf_printf(out, "%" PRId32, AT(int32_t));
        break;
    case DUCKDB_TYPE_BIGINT:
        pond_buf_printf(out, "%" PRId64, AT(int64_t));
        break;
    case DUCKDB_TYPE_UTINYINT:
        pond_buf_printf(out, "%" PRIu8, AT(uint8_t));
        break;
    case DUCKDB_TYPE_USMALLINT:
        pond_buf_printf(out, "%" PRIu16, AT(uint16_t));
        break;
    case DUCKDB_TYPE_UINTEGER:
        pond_buf_printf(out, "%" PRIu32, AT(uint32_t));
        break;
    case DUCKDB_TYPE_UBIGINT:
        pond_buf_printf(out, "%" PRIu64, AT(uint64_t));
        break;
    case DUCKDB_TYPE_FLOAT:
        append_single(out, AT(float));
        break;
    case DUCKDB_TYPE_DOUBLE:
        append_double(out, AT(double));
        break;
    case DUCKDB_TYPE_DATE:
        if (AT(int32_t) == INT32_MAX || AT(int32_t) == -INT32_MAX)
            pond_buf_str(out, AT(int32_t) > 0 ? "infinity" : "-infinity");
        else
            append_date(out, AT(int32_t));
        break;
    case DUCKDB_TYPE_TIMESTAMP_S:
        append_timestamp(out, AT(int64_t), 1, false);
        break;
    case DUCKDB_TYPE_TIMESTAMP_MS:
        append_timestamp(out, AT(int64_t), 1000, false);
        break;
    case DUCKDB_TYPE_TIMESTAMP:
        append_timestamp(out, AT(int64_t), 1000000, false);
        break;
    case DUCKDB_TYPE_TIMESTAMP_NS:
        append_timestamp(out, AT(int64_t), 1000000000, false);
        break;
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        append_timestamp(out, AT(int64_t), 1000000, true);
        break;
    default: // a type that types.def marks PLAIN has no case here
        POND_ASSERT(!engine_type_is_plain(id));
    }
#undef AT
}

pond_sv engine_cell_text(const void *data, size_t row) {
    // A short text is stored in the vector itself, for a long one the vector has a pointer.
    const duckdb_string_t *s = (const duckdb_string_t *)data + row;
    uint32_t n = s->value.inlined.length;
    bool is_inlined = n <= sizeof s->value.inlined.inlined;
    return (pond_sv){is_inlined ? s->value.inlined.inlined : s->value.pointer.ptr, n};
}
