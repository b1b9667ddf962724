// The filter `date`: reads the times that the reference reads, and writes them with strftime.

#include "tera/filters.h"
#include "tera/unicode.h"

#include "base/time.h"

// Reading -----------------------------------------------------------------------------------------

// A number of 1 to `most` digits, perhaps after blanks.
static bool cut_number(pond_sv *s, size_t most, int64_t *out) {
    pond_sv digits = *s = tera_trim_start(*s);
    size_t n = 0;
    while (n < s->n && n < most && s->p[n] >= '0' && s->p[n] <= '9')
        n++;
    digits.n = n;
    *s = pond_sv_sub(*s, n, s->n);
    return pond_sv_to_int(digits, out);
}

// The last year of chrono's calendar.
enum { MAX_YEAR = 262142 };

// "2023-01-05", or with single digits. A year of more than four digits needs a sign. There may be
// blanks before each number.
static bool cut_date(pond_sv *s, pond_civil *out) {
    int64_t month, day;
    *s = tera_trim_start(*s);
    bool is_negative = pond_sv_cut_char(s, '-');
    bool has_sign = is_negative || pond_sv_cut_char(s, '+');
    if ((has_sign && (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')) ||
        !cut_number(s, has_sign ? SIZE_MAX : 4, &out->year) || !pond_sv_cut_char(s, '-') ||
        !cut_number(s, 2, &month) || !pond_sv_cut_char(s, '-') || !cut_number(s, 2, &day))
        return false;
    if (is_negative)
        out->year = -out->year;
    if (out->year < -MAX_YEAR || out->year > MAX_YEAR || month < 1 || month > 12 || day < 1 ||
        day > pond_days_in_month(out->year, (int)month))
        return false;
    out->month = (int)month;
    out->day = (int)day;
    return true;
}

// "10:00:00[.5]". Second 60 is a leap second: second 59, and *ns from 1e9 on.
static bool cut_time(pond_sv *s, pond_civil *out, uint32_t *ns) {
    int64_t hour, minute, second;
    if (!cut_number(s, 2, &hour) || !pond_sv_cut_char(s, ':') || !cut_number(s, 2, &minute) ||
        !pond_sv_cut_char(s, ':') || !cut_number(s, 2, &second) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    out->hour = (int)hour;
    out->minute = (int)minute;
    out->second = second == 60 ? 59 : (int)second;
    *ns = second == 60 ? 1000000000u : 0;
    if (!pond_sv_cut_char(s, '.'))
        return true;
    if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
        return false;
    for (uint32_t unit = 100000000; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; unit /= 10) {
        *ns += unit * (uint32_t)(s->p[0] - '0'); // digits after the ninth are ignored
        *s = pond_sv_sub(*s, 1, s->n);
    }
    return true;
}

// "Z", "UTC", "+05:30", "+0530", "+05 30", "−05:30"
static bool read_offset(pond_sv s, int32_t *out) {
    *out = 0;
    if (s.n == 1 && (s.p[0] | 0x20) == 'z')
        return true;
    if (s.n == 3 && (s.p[0] | 0x20) == 'u' && (s.p[1] | 0x20) == 't' && (s.p[2] | 0x20) == 'c')
        return true;
    bool is_minus = pond_sv_starts(s, POND_SV("−"));
    if (is_minus)
        s = pond_sv_sub(s, sizeof "−" - 1, s.n);
    else if (!pond_sv_cut_char(&s, '+') && !(is_minus = pond_sv_cut_char(&s, '-')))
        return false;
    int64_t hours, minutes;
    pond_sv pair = pond_sv_sub(s, 0, 2);
    if (pair.n != 2 || !pond_sv_to_int(pair, &hours) || hours < 0 || hours > 23)
        return false;
    s = pond_sv_sub(s, 2, s.n);
    for (size_t n = SIZE_MAX; n != s.n;) {
        n = s.n;
        (void)pond_sv_cut_char(&s, ':');
        s = tera_trim_start(s);
    }
    if (s.n != 2 || s.p[0] == '-' || !pond_sv_to_int(s, &minutes) || minutes > 59)
        return false;
    *out = (int32_t)(hours * 3600 + minutes * 60);
    if (is_minus)
        *out = -*out;
    return true;
}

typedef struct moment_read {
    int64_t t_s;
    uint32_t ns;
    int32_t offset_s;
    bool has_offset;
} moment_read;

static bool read_date_time(pond_sv s, moment_read *out) {
    pond_civil at = {0};
    if (!cut_date(&s, &at))
        return false;
    pond_sv rest = tera_trim_start(s); // blanks before the T are allowed if no offset follows
    bool only_local = rest.n != s.n && rest.n > 0 && rest.p[0] == 'T';
    if (only_local)
        s = rest;
    bool is_t = s.n > 0 && s.p[0] == 'T';
    if (!pond_sv_cut_char(&s, 'T') && !pond_sv_cut_char(&s, 't') && !pond_sv_cut_char(&s, ' '))
        return false;
    if (!cut_time(&s, &at, &out->ns))
        return false;
    s = tera_trim_start(s);
    if (s.n > 0 && (only_local || !read_offset(s, &out->offset_s)))
        return false;
    out->has_offset = s.n > 0;
    out->t_s = pond_days_from_civil(at.year, at.month, at.day) * 86400 + at.hour * 3600 +
               at.minute * 60 + at.second - out->offset_s;
    return out->has_offset || is_t;
}

static bool read_moment(pond_sv s, moment_read *out) {
    *out = (moment_read){0};
    if (pond_sv_find_char(s, 'T') >= 0)
        return read_date_time(s, out);
    pond_civil at = {0};
    if (!cut_date(&s, &at) || s.n > 0)
        return false;
    out->t_s = pond_days_from_civil(at.year, at.month, at.day) * 86400;
    return true;
}

// The filter --------------------------------------------------------------------------------------

static pond_code want_moment(pond_tera_call *c, pond_value in, moment_read *out) {
    *out = (moment_read){0};
    if (in.kind == POND_STRING) {
        if (read_moment(pond_value_sv(in), out))
            return POND_OK;
        return pond_tera_bad_value(
            c, "a date YYYY-MM-DD or a time YYYY-MM-DDThh:mm:ss, with or without an offset", in);
    }
    if (in.kind != POND_INT)
        return pond_tera_bad_value(c, "an integer (seconds since 1970) or a string", in);
    int64_t most = pond_days_from_civil(MAX_YEAR, 1, 1) * 86400;
    if (in.i < -most || in.i > most)
        return pond_tera_bad_value(c, "a time before the year 262142", in);
    out->t_s = in.i;
    return POND_OK;
}

static pond_code unknown_zone(pond_tera_call *c, pond_sv zone) {
    if (c->err == NULL) // the text is not used
        return POND_ERR_TEMPLATE;
    pond_buf names = POND_BUF_EMPTY;
    pond_sv shown = tera_cut(zone, 64);
    bool has_names = pond_zone_nearest(c->arena, zone, &names);
    pond_code rc =
        pond_fail(c->err, POND_ERR_TEMPLATE,
                  POND_TERA_CALL_FMT ": argument 'timezone': unknown time zone '%.*s'%s%s%s",
                  POND_TERA_CALL_ARG(c), POND_SV_ARG(shown),
                  has_names ? ", did you mean " : "; names look like 'Europe/Berlin'",
                  has_names ? names.p : "", has_names ? "?" : "");
    pond_buf_free(&names);
    return rc;
}

// Sets the offset and the name of a zone at the instant.
static pond_code put_in_zone(pond_tera_call *c, pond_sv zone, tera_instant *t) {
    char name[16];
    if (!pond_zone_offset(c->env == NULL ? NULL : c->env->zones, zone, t->t_s, &t->offset_s, name))
        return unknown_zone(c, zone);
    t->zone = pond_sv_dup(c->arena, pond_sv_of(name));
    return POND_OK;
}

static pond_code time_text(pond_tera_call *c, pond_sv format, const tera_instant *t,
                           pond_value *out) {
    pond_buf b = POND_BUF_EMPTY;
    size_t bad_at;
    if (tera_strftime(&b, format, t, &bad_at))
        return pond_tera_give(c, &b, out);
    pond_buf_free(&b);
    pond_sv rest = tera_cut(pond_sv_sub(format, bad_at, format.n), 4);
    return pond_fail(c->err, POND_ERR_TEMPLATE,
                     POND_TERA_CALL_FMT ": argument 'format' has an unknown specifier at '%.*s'",
                     POND_TERA_CALL_ARG(c), POND_SV_ARG(rest));
}

pond_code pond_tera_time_text(pond_tera_call *c, int64_t t_ms, pond_sv format, pond_sv zone,
                              pond_value *out) {
    int64_t rest_ms = t_ms % 1000;
    bool is_before = rest_ms < 0; // division rounds to zero; the fraction counts upwards
    tera_instant t = {.t_s = t_ms / 1000 - is_before,
                      .ns = (uint32_t)((is_before ? rest_ms + 1000 : rest_ms) * 1000000)};
    POND_TRY(put_in_zone(c, zone, &t));
    return time_text(c, format, &t, out);
}

// An offset without a zone has no name but itself.
static pond_sv name_of_offset(pond_tera_call *c, const tera_instant *t) {
    pond_buf b = POND_BUF_EMPTY;
    size_t bad_at;
    POND_ASSERT(tera_strftime(&b, POND_SV("%:z"), t, &bad_at));
    return pond_buf_keep(c->arena, &b);
}

// A string with an offset is shown in the zone of the argument `timezone`, or else with its own
// offset. Anything without an offset counts as UTC; of these only integers are shown in another
// zone.
pond_code tera_filter_date(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                           pond_value *out) {
    pond_sv format = POND_SV("%Y-%m-%d"), zone = {NULL, 0};
    moment_read at;
    POND_TRY(want_moment(c, in, &at));
    POND_TRY(pond_tera_arg_string(c, args, "format", &format));
    POND_TRY(pond_tera_arg_string(c, args, "timezone", &zone));

    tera_instant t = {at.t_s, at.ns, at.offset_s, POND_SV("UTC")}, in_zone = t;
    bool has_zone = pond_tera_arg(args, "timezone") != NULL;
    if (has_zone)
        POND_TRY(put_in_zone(c, zone, &in_zone));
    if (has_zone && (at.has_offset || in.kind == POND_INT))
        t = in_zone;
    else if (at.has_offset)
        t.zone = name_of_offset(c, &t);
    return time_text(c, format, &t, out);
}
