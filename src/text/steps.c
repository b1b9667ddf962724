// Steps: counts of the few that a logger has, and the longest one.
#include "text/steps.h"

#include "base/time.h"

static void count(text_steps *s, int64_t us, uint64_t n) {
    for (size_t i = 0; i < s->n_common; i++)
        if (s->common[i].us == us) {
            s->common[i].n += n;
            return;
        }
    if (s->n_common == TEXT_MOST_STEPS) {
        s->n_more += n;
        return;
    }
    s->common[s->n_common].us = us;
    s->common[s->n_common++].n = n;
}

void text_steps_add(text_steps *s, int64_t from_us, int64_t to_us) {
    int64_t us;
    if (__builtin_sub_overflow(to_us, from_us, &us))
        return; // of times at both ends of the calendar
    s->n_back += us < 0;
    s->n_ties += us == 0;
    if (us <= 0)
        return;
    count(s, us, 1);
    if (us > s->longest_us) {
        s->longest_us = us;
        s->longest_from_us = from_us;
    }
}

void text_steps_merge(text_steps *s, const text_steps *other) {
    for (size_t i = 0; i < other->n_common; i++)
        count(s, other->common[i].us, other->common[i].n);
    s->n_more += other->n_more;
    s->n_back += other->n_back;
    s->n_ties += other->n_ties;
    if (other->longest_us > s->longest_us ||
        (other->longest_us == s->longest_us && other->longest_from_us < s->longest_from_us)) {
        s->longest_us = other->longest_us;
        s->longest_from_us = other->longest_from_us;
    }
}

// "10m", "2d 3h", "1.5s": the two largest units.
static void write_length(pond_buf *out, int64_t us) {
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {{POND_US_PER_DAY, "d"}, {POND_US_PER_DAY / 24, "h"}, {POND_US_PER_DAY / 1440, "m"},
                 {POND_US_PER_S, "s"},   {POND_US_PER_MS, "ms"},      {1, "us"}};
    int n = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && n < 2; i++) {
        int64_t whole = us / units[i].us;
        us %= units[i].us;
        if (whole > 0)
            pond_buf_printf(out, "%s%lld%s", n++ == 0 ? "" : " ", (long long)whole, units[i].name);
    }
}

static void write_gaps(const text_steps *s, pond_sv column, pond_buf *out) {
    size_t usual = 0;
    uint64_t n_all = s->n_more, n_gaps = 0;
    for (size_t i = 0; i < s->n_common; i++) {
        n_all += s->common[i].n;
        if (s->common[i].n > s->common[usual].n)
            usual = i;
    }
    // Without a step that most rows have, nothing is unusual.
    if (s->n_common == 0 || s->common[usual].n * 2 <= n_all)
        return;
    int64_t step = s->common[usual].us;
    for (size_t i = 0; i < s->n_common; i++)
        n_gaps += s->common[i].us > step + step / 2 ? s->common[i].n : 0;
    if (s->longest_us <= step + step / 2)
        return;
    char from[40];
    pond_time_format(s->longest_from_us, from);
    from[strlen(from) - 1] = '\0'; // without the Z, since it may be local time
    pond_buf_printf(out, "%s'%.*s' has %s%llu gap%s: most rows are ", out->n == 0 ? "" : "\n",
                    POND_SV_ARG(column), s->n_more > 0 ? "at least " : "",
                    (unsigned long long)(n_gaps == 0 ? 1 : n_gaps), n_gaps > 1 ? "s" : "");
    write_length(out, step);
    pond_buf_str(out, " apart, and the longest step is ");
    write_length(out, s->longest_us);
    pond_buf_printf(out, ", after %s", from);
}

void text_steps_write(const text_steps *s, pond_sv column, pond_buf *out) {
    if (s->n_back > 0)
        pond_buf_printf(out,
                        "%llu row%s earlier than the row before; a series is stored in time order",
                        (unsigned long long)s->n_back, s->n_back == 1 ? " is" : "s are");
    else
        write_gaps(s, column, out);
    if (s->n_ties > 0)
        pond_buf_printf(out, "%s%llu row%s at the time of the row before", out->n == 0 ? "" : "\n",
                        (unsigned long long)s->n_ties, s->n_ties == 1 ? " is" : "s are");
}
