// Reads the times of records, and their bounds.
#include "factory/log_times.h"

void log_times_begin(log_times *t, pond_sv field, log_unit unit) {
    *t = (log_times){.field = field,
                     .unit = unit,
                     .min_us = INT64_MAX,
                     .max_us = INT64_MIN,
                     .pull = pond_pull_new_for_texts()};
}

// Whole microseconds at or below and at or above a time; false: they are beyond 64 bits.
static bool to_us(int64_t v, log_unit unit, int64_t *low, int64_t *high) {
    static const int64_t factors[] = {1000000, 1000, 1, 1};
    if (unit == LOG_NANOSECONDS) {
        int64_t rest = v % 1000;
        *low = v / 1000 - (rest < 0);
        *high = v / 1000 + (rest > 0);
        return true;
    }
    bool is_over = __builtin_mul_overflow(v, factors[unit], low);
    *high = *low;
    return !is_over;
}

static bool take_time(log_times *t) {
    int64_t v, low, high;
    pond_sv text;
    pond_kind kind = pond_pull_kind(t->pull);
    bool is_number = kind == POND_INT && pond_pull_number(t->pull, &text),
         is_text = kind == POND_STRING && pond_pull_string(t->pull, &text);
    if (!is_number && !is_text)
        return false;
    if (!pond_sv_to_int(text, &v) || !to_us(v, t->unit, &low, &high))
        return false;
    if (low < t->min_us)
        t->min_us = low;
    if (high > t->max_us)
        t->max_us = high;
    return true;
}

// Reads a value and all in it. The reader limits how deep values may be.
static bool read_value(log_times *t, bool is_time) {
    bool found = false;
    pond_kind kind = pond_pull_kind(t->pull);
    if (kind == POND_OBJECT) {
        pond_sv key;
        for (pond_pull_object(t->pull); pond_pull_key(t->pull, &key);)
            found |= read_value(t, pond_sv_eq(key, t->field));
        return found;
    }
    if (kind == POND_ARRAY) {
        for (pond_pull_array(t->pull); pond_pull_item(t->pull);)
            found |= read_value(t, false);
        return found;
    }
    if (is_time && (kind == POND_INT || kind == POND_STRING))
        return take_time(t);
    pond_pull_skip(t->pull);
    return false;
}

// The bounds change only if all of the line is JSON.
static void end_line(log_times *t) {
    pond_sv line = pond_sv_trim(pond_buf_view(&t->line));
    if (line.n > 0) {
        int64_t min_us = t->min_us, max_us = t->max_us;
        pond_pull_text(t->pull, line);
        bool found = read_value(t, false);
        if (!found || !pond_pull_is_done(t->pull)) {
            t->n_skipped++;
            t->min_us = min_us;
            t->max_us = max_us;
        }
    }
    pond_buf_clear(&t->line);
}

void log_times_add(log_times *t, pond_sv bytes) {
    for (size_t i = 0; i < bytes.n; i++)
        if (bytes.p[i] == '\n')
            end_line(t);
        else if (bytes.p[i] != '\0')
            pond_buf_char(&t->line, bytes.p[i]);
}

void log_times_end(log_times *t) {
    bool is_json;
    end_line(t);
    pond_buf_free(&t->line);
    pond_code rc = pond_pull_end(t->pull, &is_json, NULL);
    (void)rc; // nothing was read from a file
}
