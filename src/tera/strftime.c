// chrono's strftime: a superset of C's, without locales, in which an unknown specifier is an error.

#include "tera/builtins.h"

#include "base/time.h"

typedef struct moment {
    const tera_instant *t;
    int64_t year;
    int month, day, hour, minute, second; // second is 60 within a leap second
    int weekday;                          // 0 Sunday
    int64_t days;                         // since 1970
    uint32_t ns;
} moment;

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int weeks_in_iso_year(int64_t year) {
    // A year has 53 weeks when it begins on a Thursday, or is a leap year that begins on a
    // Wednesday.
    int first = pond_weekday(pond_days_from_civil(year, 1, 1));
    bool is_leap = pond_days_in_month(year, 2) == 29;
    return first == 4 || (first == 3 && is_leap) ? 53 : 52;
}

static void break_down(const tera_instant *t, moment *m) {
    int64_t local = t->t_s + t->offset_s, days = floor_div(local, 86400);
    int second = (int)(local - days * 86400);
    *m = (moment){.t = t, .ns = t->ns % 1000000000u, .weekday = pond_weekday(days)};
    pond_civil_from_days(days, &m->year, &m->month, &m->day);
    m->hour = second / 3600;
    m->minute = second / 60 % 60;
    m->second = second % 60 + (t->ns >= 1000000000u);
    m->days = days;
}

// The day of the year, from 0.
static int yearday(const moment *m) {
    return (int)(m->days - pond_days_from_civil(m->year, 1, 1));
}

// The week of ISO 8601, and the year that it belongs to.
static int iso_week(const moment *m, int64_t *year) {
    int week = (yearday(m) - (m->weekday + 6) % 7 + 10) / 7;
    *year = m->year;
    if (week == 0)
        return weeks_in_iso_year(--*year);
    if (week < 53 || weeks_in_iso_year(m->year) == 53)
        return week;
    ++*year;
    return 1;
}

// Numbers -----------------------------------------------------------------------------------------

typedef struct number {
    int64_t value;
    int width;
    char pad; // '0', ' ', or '-' for none
    bool is_year;
} number;

static bool number_of(char spec, const moment *m, number *out) {
#define NUMBER(value, width, pad) (*out = (number){(value), (width), (pad), false}, true)
    int64_t iso_year;
    switch (spec) {
    case 'Y':
        return *out = (number){m->year, 4, '0', true}, true;
    case 'G':
        (void)iso_week(m, &iso_year);
        return *out = (number){iso_year, 4, '0', true}, true;
    case 'C':
        return NUMBER(floor_div(m->year, 100), 2, '0');
    case 'y':
        return NUMBER(m->year - floor_div(m->year, 100) * 100, 2, '0');
    case 'g':
        (void)iso_week(m, &iso_year);
        return NUMBER(iso_year - floor_div(iso_year, 100) * 100, 2, '0');
    case 'q':
        return NUMBER((m->month + 2) / 3, 1, '0');
    case 'm':
        return NUMBER(m->month, 2, '0');
    case 'd':
        return NUMBER(m->day, 2, '0');
    case 'e':
        return NUMBER(m->day, 2, ' ');
    case 'j':
        return NUMBER(yearday(m) + 1, 3, '0');
    case 'w':
        return NUMBER(m->weekday, 1, '0');
    case 'u':
        return NUMBER(m->weekday == 0 ? 7 : m->weekday, 1, '0');
    case 'U': // weeks begin with the first Sunday
        return NUMBER((yearday(m) + 7 - m->weekday) / 7, 2, '0');
    case 'W': // with the first Monday
        return NUMBER((yearday(m) + 7 - (m->weekday + 6) % 7) / 7, 2, '0');
    case 'V':
        return NUMBER(iso_week(m, &iso_year), 2, '0');
    case 'H':
        return NUMBER(m->hour, 2, '0');
    case 'k':
        return NUMBER(m->hour, 2, ' ');
    case 'I':
        return NUMBER((m->hour + 11) % 12 + 1, 2, '0');
    case 'l':
        return NUMBER((m->hour + 11) % 12 + 1, 2, ' ');
    case 'M':
        return NUMBER(m->minute, 2, '0');
    case 'S':
        return NUMBER(m->second, 2, '0');
    case 'f':
        return NUMBER(m->ns, 9, '0');
    case 's':
        return NUMBER(m->t->t_s, 9, '-');
    default:
        return false;
    }
#undef NUMBER
}

static void write_number(pond_buf *out, number n) {
    char room[32], *end = room + sizeof room;
    char *p = pond_digits((uint64_t)(n.value < 0 ? -n.value : n.value), end);
    // Years of more than four digits have a sign, which widens the field by one.
    char sign = n.value < 0 ? '-' : n.is_year && n.value > 9999 ? '+' : '\0';
    int width = n.pad == '-' ? 0 : n.width + (n.is_year && sign != '\0');
    if (n.pad == '0')
        while (end - p < width - (sign != '\0'))
            *--p = '0';
    if (sign != '\0')
        *--p = sign;
    while (end - p < width)
        *--p = ' ';
    pond_buf_append(out, p, (size_t)(end - p));
}

// Offsets and fractions ---------------------------------------------------------------------------

static void write_two_digits(pond_buf *out, int n) {
    write_number(out, (number){n, 2, '0', false});
}

// "+0530", "+05:30", "+05:30:00", "+05" for 0 to 3 colons. Without seconds the minutes are rounded.
static void write_offset(pond_buf *out, int32_t offset_s, int n_colons) {
    int s = offset_s < 0 ? -offset_s : offset_s;
    if (n_colons < 2)
        s = (s + 30) / 60 * 60;
    int hours = s / 3600, minutes = s / 60 % 60;
    pond_buf_char(out, offset_s < 0 ? '-' : '+');
    write_two_digits(out, hours);
    pond_buf_str(out, n_colons == 0 || n_colons == 3 ? "" : ":");
    if (n_colons < 3)
        write_two_digits(out, minutes);
    if (n_colons == 2) {
        pond_buf_char(out, ':');
        write_two_digits(out, s % 60);
    }
}

// The first `digits` of nine.
static void write_fraction(pond_buf *out, uint32_t ns, int digits) {
    write_number(out, (number){ns, 9, '0', false});
    out->n -= (size_t)(9 - digits);
    out->p[out->n] = '\0';
}

// Nothing for 0, or else a point and 3, 6 or 9 digits.
static void write_short_fraction(pond_buf *out, uint32_t ns) {
    if (ns == 0)
        return;
    pond_buf_char(out, '.');
    write_fraction(out, ns, ns % 1000000 == 0 ? 3 : ns % 1000 == 0 ? 6 : 9);
}

// Specifiers --------------------------------------------------------------------------------------

static const char *const WEEKDAYS[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const MONTHS[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

// The longer format that a specifier stands for.
static const char *expansion_of(char spec) {
    switch (spec) {
    case 'D':
    case 'x':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'R':
        return "%H:%M";
    case 'T':
    case 'X':
        return "%H:%M:%S";
    case 'c':
        return "%a %b %e %H:%M:%S %Y";
    case 'r':
        return "%I:%M:%S %p";
    case 'v':
        return "%e-%b-%Y";
    case '+':
        return "%Y-%m-%dT%H:%M:%S%.f%:z";
    default:
        return NULL;
    }
}

static bool write_name(pond_buf *out, char spec, const moment *m) {
    switch (spec) {
    case 'A':
        pond_buf_str(out, WEEKDAYS[m->weekday]);
        return true;
    case 'a':
        pond_buf_append(out, WEEKDAYS[m->weekday], 3);
        return true;
    case 'B':
        pond_buf_str(out, MONTHS[m->month - 1]);
        return true;
    case 'b':
    case 'h':
        pond_buf_append(out, MONTHS[m->month - 1], 3);
        return true;
    case 'p':
        pond_buf_str(out, m->hour < 12 ? "AM" : "PM");
        return true;
    case 'P':
        pond_buf_str(out, m->hour < 12 ? "am" : "pm");
        return true;
    case 'Z':
        pond_buf_sv(out, m->t->zone);
        return true;
    case 'z':
        write_offset(out, m->t->offset_s, 0);
        return true;
    case 'n':
        pond_buf_char(out, '\n');
        return true;
    case 't':
        pond_buf_char(out, '\t');
        return true;
    case '%':
        pond_buf_char(out, '%');
        return true;
    default:
        return false;
    }
}

// Writes a specifier of more than one character: %.f %.3f %3f %:z %::z %:::z %#z. `s` begins after
// the percent sign. Returns the length of the specifier, or 0 when it is not one of these.
static size_t write_long(pond_buf *out, pond_sv s, const moment *m) {
    if (pond_sv_starts(s, POND_SV("#z"))) { // the # matters only for reading
        write_offset(out, m->t->offset_s, 0);
        return 2;
    }
    for (size_t n_colons = 1; n_colons <= 3; n_colons++) {
        if (pond_sv_starts(s, pond_sv_sub(POND_SV(":::"), 0, n_colons)) && s.n > n_colons &&
            s.p[n_colons] == 'z') {
            write_offset(out, m->t->offset_s, (int)n_colons);
            return n_colons + 1;
        }
    }
    if (pond_sv_starts(s, POND_SV(".f"))) {
        write_short_fraction(out, m->ns);
        return 2;
    }
    bool has_point = s.n > 0 && s.p[0] == '.';
    pond_sv digits = pond_sv_sub(s, has_point, s.n);
    if (digits.n < 2 || digits.p[1] != 'f' ||
        (digits.p[0] != '3' && digits.p[0] != '6' && digits.p[0] != '9'))
        return 0;
    if (has_point)
        pond_buf_char(out, '.');
    write_fraction(out, m->ns, digits.p[0] - '0');
    return has_point + (size_t)2;
}

static bool write_format(pond_buf *out, pond_sv format, const moment *m, size_t *bad_at);

// Writes the specifier at the start of `s`, which begins after the percent sign. Returns its
// length, or 0 when it is unknown.
static size_t write_one(pond_buf *out, pond_sv s, const moment *m) {
    if (s.n == 0)
        return 0;
    size_t at = 0, unused;
    char pad = s.p[0];
    bool has_pad = pad == '-' || pad == '_' || pad == '0';
    if (has_pad && ++at == s.n)
        return 0;
    number n;
    if (number_of(s.p[at], m, &n)) {
        if (has_pad)
            n.pad = pad == '_' ? ' ' : pad;
        write_number(out, n);
        return at + 1;
    }
    if (has_pad) // only numbers are padded
        return 0;
    const char *expansion = expansion_of(s.p[0]);
    if (expansion != NULL)
        return write_format(out, pond_sv_of(expansion), m, &unused) ? 1 : 0;
    return write_name(out, s.p[0], m) ? 1 : write_long(out, s, m);
}

static bool write_format(pond_buf *out, pond_sv format, const moment *m, size_t *bad_at) {
    pond_sv rest = format;
    for (ptrdiff_t at; (at = pond_sv_find_char(rest, '%')) >= 0;) {
        if (at == 1)
            pond_buf_char(out, rest.p[0]);
        else if (at > 1)
            pond_buf_append(out, rest.p, (size_t)at);
        rest = pond_sv_sub(rest, (size_t)at + 1, rest.n);
        size_t n = write_one(out, rest, m);
        if (n == 0) {
            *bad_at = format.n - rest.n - 1;
            return false;
        }
        rest = pond_sv_sub(rest, n, rest.n);
    }
    pond_buf_sv(out, rest);
    return true;
}

bool tera_strftime(pond_buf *out, pond_sv format, const tera_instant *t, size_t *bad_at) {
    moment m;
    break_down(t, &m);
    size_t start = out->n;
    if (write_format(out, format, &m, bad_at))
        return true;
    out->n = start;
    if (out->p != NULL)
        out->p[start] = '\0';
    return false;
}
