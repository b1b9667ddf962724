// Statistics of data files: the bounds of each column as Delta Lake writes them, and its NULLs.
#include "export/delta/stats.h"

#include "base/float.h"
#include "base/time.h"
#include "value/value.h"

#include <inttypes.h>

// Bounds ------------------------------------------------------------------------------------------

// Bounds of texts have at most so many characters, as Spark's do.
enum { TEXT_BOUND = 32 };

static size_t first_characters(pond_sv s, size_t n_characters) {
    size_t i = 0;
    for (size_t n = 0; i < s.n; i++)
        if (((uint8_t)s.p[i] & 0xC0) != 0x80 && n++ == n_characters)
            break;
    return i;
}

// The lower bound of a long text is its beginning. The upper bound is its beginning and the last
// character of Unicode, unless the rest of the text sorts after that.
static bool text_bound(pond_buf *b, pond_sv s, bool is_upper) {
    static const pond_sv last = {"\xF4\x8F\xBF\xBF", 4}; // U+10FFFF
    size_t n = first_characters(s, TEXT_BOUND);
    if (n == s.n || !is_upper) {
        pond_json_string(b, pond_sv_sub(s, 0, n));
        return true;
    }
    if (pond_sv_cmp(pond_sv_sub(s, n, s.n), last) > 0)
        return false;
    pond_buf cut = POND_BUF_EMPTY;
    pond_buf_append(&cut, s.p, n);
    pond_buf_sv(&cut, last);
    pond_json_string(b, pond_buf_view(&cut));
    pond_buf_free(&cut);
    return true;
}

// Bounds of instants are in milliseconds: the lower one is rounded down, the upper one up.
static bool time_bound(pond_buf *b, pond_sv digits, bool is_upper) {
    int64_t us;
    if (!pond_sv_to_int(digits, &us) || us > INT64_MAX - POND_US_PER_MS)
        return false;
    int64_t below = ((us % POND_US_PER_MS) + POND_US_PER_MS) % POND_US_PER_MS;
    us -= below;
    if (is_upper && below > 0)
        us += POND_US_PER_MS;
    pond_civil c = pond_civil_from_us(us);
    if (c.year < 0 || c.year > 9999)
        return false; // readers agree only about years of four digits
    pond_buf_printf(b, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", (int)c.year, c.month, c.day,
                    c.hour, c.minute, c.second, c.us / POND_US_PER_MS);
    return true;
}

static bool date_bound(pond_buf *b, pond_sv text) {
    if (text.n != strlen("2024-01-31"))
        return false;
    pond_json_string(b, text);
    return true;
}

// Integers and decimals keep their digits: a decimal can have more than a double can hold. Those of
// a DECIMAL(p,p) begin with the point, and numbers of JSON do not.
static bool exact_bound(pond_buf *b, pond_sv text) {
    bool is_negative = pond_sv_starts(text, POND_SV("-"));
    pond_sv digits = pond_sv_sub(text, is_negative, text.n);
    pond_buf_str(b, is_negative ? "-" : "");
    pond_buf_str(b, pond_sv_starts(digits, POND_SV(".")) ? "0" : "");
    pond_buf_sv(b, digits);
    return true;
}

// Zero as a bound includes both zeros, of which a file has one for the other: a reader may put -0.0
// before 0.0.
static bool float_bound(pond_buf *b, pond_sv text, bool is_upper) {
    double value;
    char digits[32];
    if (!pond_sv_to_double(text, &value) || value - value != 0) // JSON has no infinities
        return false;
    if (value == 0)
        value = is_upper ? 0.0 : -0.0;
    pond_buf_append(b, digits, pond_float_json(value, digits));
    return true;
}

// Readers need those of booleans too: delta-rs skips files without them.
static bool boolean_bound(pond_buf *b, pond_sv text) {
    pond_buf_str(b, pond_sv_is(text, "true") ? "true" : "false");
    return true;
}

// Appends one bound. False, and nothing is appended, when none can be given.
static bool bound(pond_buf *b, pond_sv sql_type, pond_sv text, bool is_upper) {
    if (pond_type_is_time(sql_type))
        return time_bound(b, text, is_upper);
    if (pond_sv_is(sql_type, "DATE"))
        return date_bound(b, text);
    if (pond_sv_is(sql_type, "VARCHAR"))
        return text_bound(b, text, is_upper);
    if (pond_sv_is(sql_type, "BOOLEAN"))
        return boolean_bound(b, text);
    if (pond_sv_is(sql_type, "DOUBLE") || pond_sv_is(sql_type, "FLOAT"))
        return float_bound(b, text, is_upper);
    return pond_type_is_numeric(sql_type) && exact_bound(b, text);
}

// All columns -------------------------------------------------------------------------------------

static void bounds_json(pond_buf *b, pond_schema schema, const pond_file_stats *stats,
                        bool is_upper) {
    pond_buf value = POND_BUF_EMPTY;
    size_t n = 0;
    for (size_t i = 0; i < schema.n; i++) {
        const pond_column_stats *c = &stats->columns[i];
        pond_buf_clear(&value);
        if (!c->has_bounds ||
            !bound(&value, schema.items[i].type, is_upper ? c->max : c->min, is_upper))
            continue;
        if (n++ > 0)
            pond_buf_char(b, ',');
        pond_json_string(b, schema.items[i].name);
        pond_buf_char(b, ':');
        pond_buf_sv(b, pond_buf_view(&value));
    }
    pond_buf_free(&value);
}

void delta_stats_json(pond_buf *b, pond_schema schema, const pond_file_stats *stats) {
    pond_buf_printf(b, "{\"numRecords\":%" PRIu64 ",\"minValues\":{", stats->rows);
    bounds_json(b, schema, stats, false);
    pond_buf_str(b, "},\"maxValues\":{");
    bounds_json(b, schema, stats, true);
    pond_buf_str(b, "},\"nullCount\":{");
    for (size_t i = 0, n = 0; i < schema.n; i++) {
        if (stats->columns[i].nulls < 0)
            continue;
        if (n++ > 0)
            pond_buf_char(b, ',');
        pond_json_string(b, schema.items[i].name);
        pond_buf_printf(b, ":%" PRId64, stats->columns[i].nulls);
    }
    pond_buf_str(b, "}}");
}
