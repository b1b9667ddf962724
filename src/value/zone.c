// Reads the system's time zone files. A file holds the instants at which the offset
// of a zone changed, and a rule in POSIX form for all times after the last change.
#include "value/zone.h"

#include "base/file.h"
#include "base/time.h"
#include "base/vec.h"

#include <ctype.h>
#include <stdlib.h>

static const char ZONE_DIR[] = "/usr/share/zoneinfo";

typedef struct tz_type {
    int32_t offset_s; // east of UTC
    pond_sv name;
} tz_type;

// POSIX rules: "CET-1CEST,M3.5.0,M10.5.0/3" -------------------------------------------------------

typedef struct tz_day {
    char form; // 'M' month, week, weekday; 'J' day from 1 without the 29th of February; 'n' from 0
    int month, week, day;
    int32_t time_s;
} tz_day;

static bool cut_int(pond_sv *s, int most, int *out) {
    size_t n = 0;
    *out = 0;
    for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++) {
        *out = *out * 10 + (s->p[n] - '0');
        if (*out > most)
            return false;
    }
    *s = pond_sv_sub(*s, n, s->n);
    return n > 0;
}

// "EST" or "<-03>"
static bool cut_name(pond_sv *s, pond_sv *out) {
    size_t n = 0;
    if (pond_sv_cut_char(s, '<')) {
        ptrdiff_t end = pond_sv_find_char(*s, '>');
        if (end < 0)
            return false;
        *out = pond_sv_sub(*s, 0, (size_t)end);
        *s = pond_sv_sub(*s, (size_t)end + 1, s->n);
        return true;
    }
    while (n < s->n && isalpha((unsigned char)s->p[n]))
        n++;
    *out = pond_sv_sub(*s, 0, n);
    *s = pond_sv_sub(*s, n, s->n);
    return n >= 3;
}

// "[+-]hh[:mm[:ss]]" in seconds
static bool cut_time(pond_sv *s, int32_t *out) {
    bool is_negative = pond_sv_cut_char(s, '-');
    if (!is_negative)
        (void)pond_sv_cut_char(s, '+');
    int hours, minutes = 0, seconds = 0;
    if (!cut_int(s, 167, &hours) || (pond_sv_cut_char(s, ':') && !cut_int(s, 59, &minutes)) ||
        (pond_sv_cut_char(s, ':') && !cut_int(s, 59, &seconds)))
        return false;
    *out = hours * 3600 + minutes * 60 + seconds;
    if (is_negative)
        *out = -*out;
    return true;
}

static bool cut_day(pond_sv *s, tz_day *d) {
    *d = (tz_day){.form = 'n', .time_s = 7200};
    if (!pond_sv_cut_char(s, ','))
        return false;
    if (pond_sv_cut_char(s, 'M')) {
        d->form = 'M';
        if (!cut_int(s, 12, &d->month) || !pond_sv_cut_char(s, '.') || !cut_int(s, 5, &d->week) ||
            !pond_sv_cut_char(s, '.') || !cut_int(s, 6, &d->day) || d->month == 0 || d->week == 0)
            return false;
    } else {
        if (pond_sv_cut_char(s, 'J'))
            d->form = 'J';
        if (!cut_int(s, 365, &d->day))
            return false;
    }
    return !pond_sv_cut_char(s, '/') || cut_time(s, &d->time_s);
}

// When the change happens in a year, in seconds since 1970 of the local clock.
static int64_t fires_at(const tz_day *d, int64_t year) {
    int64_t days = pond_days_from_civil(year, 1, 1) + d->day;
    if (d->form == 'J') {
        bool is_after_leap_day = pond_days_in_month(year, 2) == 29 && d->day > 59;
        days += is_after_leap_day ? 0 : -1;
    } else if (d->form == 'M') {
        int64_t first = pond_days_from_civil(year, d->month, 1);
        int day = (d->day - pond_weekday(first) + 7) % 7 + 7 * (d->week - 1);
        if (day >=
            pond_days_in_month(year, d->month)) // week 5 means the last, even if it is the 4th
            day -= 7;
        days = first + day;
    }
    return days * 86400 + d->time_s;
}

typedef struct tz_rule {
    tz_type standard, summer;
    tz_day start, end; // of summer
    bool has_summer;
} tz_rule;

static bool read_rule(pond_sv text, tz_rule *out) {
    *out = (tz_rule){0};
    if (!cut_name(&text, &out->standard.name) || !cut_time(&text, &out->standard.offset_s))
        return false;
    out->standard.offset_s = -out->standard.offset_s; // POSIX counts west of Greenwich
    if (text.n == 0)
        return true;
    out->has_summer = true;
    if (!cut_name(&text, &out->summer.name))
        return false;
    out->summer.offset_s = out->standard.offset_s + 3600;
    if (text.n > 0 && text.p[0] != ',') {
        if (!cut_time(&text, &out->summer.offset_s))
            return false;
        out->summer.offset_s = -out->summer.offset_s;
    }
    if (text.n == 0)
        text = POND_SV(",M3.2.0,M11.1.0");
    return cut_day(&text, &out->start) && cut_day(&text, &out->end) && text.n == 0;
}

static void rule_changes(const tz_rule *r, int64_t year, int64_t *from_s, int64_t *to_s) {
    *from_s = fires_at(&r->start, year) - r->standard.offset_s;
    *to_s = fires_at(&r->end, year) - r->summer.offset_s;
}

static int64_t year_of(int64_t local_s) {
    int64_t year;
    int month, day;
    pond_civil_from_days(local_s / 86400 - (local_s % 86400 < 0), &year, &month, &day);
    return year;
}

static const tz_type *rule_at(const tz_rule *r, int64_t t_s) {
    int64_t from, to;
    if (!r->has_summer)
        return &r->standard;
    rule_changes(r, year_of(t_s + r->standard.offset_s), &from, &to);
    // In the southern hemisphere summer begins in one year and ends in the next.
    bool is_summer = from < to ? t_s >= from && t_s < to : t_s >= from || t_s < to;
    return is_summer ? &r->summer : &r->standard;
}

// TZif files --------------------------------------------------------------------------------------

typedef struct tz_block {
    const uint8_t *times, *indexes, *types, *names;
    size_t time_bytes, n_times, n_types, n_names;
    size_t size_bytes; // including the header
} tz_block;

enum { TZ_HEADER_BYTES = 44, TZ_TYPE_BYTES = 6 };

static int64_t big_endian(const uint8_t *p, size_t n) {
    uint64_t v = (p[0] & 0x80) ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

// Times have 4 bytes in version 1 and 8 bytes in later versions.
static bool read_block(const uint8_t *p, size_t n, size_t time_bytes, tz_block *out) {
    if (n < TZ_HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
        return false;
    size_t counts[6]; // UT flags, standard flags, leap seconds, times, types, bytes of names
    for (size_t i = 0; i < 6; i++)
        counts[i] = (size_t)big_endian(p + 20 + 4 * i, 4) & UINT32_MAX;
    size_t n_times = counts[3], n_types = counts[4], n_names = counts[5];
    size_t size = TZ_HEADER_BYTES + n_times * (time_bytes + 1) + n_types * TZ_TYPE_BYTES + n_names +
                  counts[2] * (time_bytes + 4) + counts[1] + counts[0];
    if (size > n || n_types == 0 || n_names == 0)
        return false;
    const uint8_t *times = p + TZ_HEADER_BYTES, *indexes = times + n_times * time_bytes;
    const uint8_t *types = indexes + n_times, *names = types + n_types * TZ_TYPE_BYTES;
    *out = (tz_block){times, indexes, types, names, time_bytes, n_times, n_types, n_names, size};
    return true;
}

static bool type_of(const tz_block *b, size_t i, tz_type *out) {
    if (i >= b->n_types)
        return false;
    const uint8_t *p = b->types + i * TZ_TYPE_BYTES;
    if (p[5] >= b->n_names)
        return false;
    const char *name = (const char *)b->names + p[5];
    *out = (tz_type){(int32_t)big_endian(p, 4), {name, strnlen(name, b->n_names - p[5])}};
    return true;
}

static int64_t time_of(const tz_block *b, size_t i) {
    return big_endian(b->times + i * b->time_bytes, b->time_bytes);
}

static bool block_at(const tz_block *b, int64_t t_s, tz_type *out) {
    size_t lo = 0, hi = b->n_times; // lo: how many changes are at or before t_s
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (time_of(b, mid) <= t_s)
            lo = mid + 1;
        else
            hi = mid;
    }
    return type_of(b, lo == 0 ? 0 : b->indexes[lo - 1], out);
}

// The times of a file and the text of its rule, which may be empty.
static bool read_file(pond_sv file, tz_block *b, pond_sv *rule) {
    const uint8_t *p = (const uint8_t *)file.p;
    *rule = (pond_sv){"", 0};
    if (!read_block(p, file.n, 4, b))
        return false;
    if (p[4] < '2')
        return true;
    size_t skip = b->size_bytes; // of version 1; the rule follows the second block
    if (!read_block(p + skip, file.n - skip, 8, b))
        return false;
    *rule = pond_sv_sub(file, skip + b->size_bytes, file.n);
    if (!pond_sv_cut_char(rule, '\n'))
        return false;
    ptrdiff_t end = pond_sv_find_char(*rule, '\n');
    *rule = pond_sv_sub(*rule, 0, end < 0 ? 0 : (size_t)end);
    return true;
}

static bool file_at(pond_sv file, int64_t t_s, tz_type *out) {
    tz_block b;
    tz_rule rule;
    pond_sv text;
    if (!read_file(file, &b, &text))
        return false;
    bool is_past_changes = b.n_times == 0 || t_s >= time_of(&b, b.n_times - 1);
    if (is_past_changes && text.n > 0 && read_rule(text, &rule)) {
        *out = *rule_at(&rule, t_s);
        return true;
    }
    return block_at(&b, t_s, out);
}

static void give(tz_type type, int32_t *offset_s, char abbreviation[16]) {
    size_t n = type.name.n < 15 ? type.name.n : 15;
    memcpy(abbreviation, type.name.p, n);
    abbreviation[n] = '\0';
    *offset_s = type.offset_s;
}

static bool path_at(const char *path, int64_t t_s, int32_t *offset_s, char abbreviation[16]) {
    pond_buf file = POND_BUF_EMPTY;
    tz_type type;
    bool found =
        pond_file_read(path, &file, NULL) == POND_OK && file_at(pond_buf_view(&file), t_s, &type);
    if (found)
        give(type, offset_s, abbreviation);
    pond_buf_free(&file);
    return found;
}

// Names -------------------------------------------------------------------------------------------

// "Europe/Berlin", "Etc/GMT+5", "UTC". Refuses paths that leave the directory, and the other files
// in it ("posix/", "right/", "tzdata.zi", "localtime").
static bool is_zone_name(pond_sv name) {
    if (name.n == 0 || name.n > 64 || !isupper((unsigned char)name.p[0]))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool is_slash = c == '/' && i + 1 < name.n && name.p[i + 1] != '/';
        if (!isalnum((unsigned char)c) && c != '_' && c != '-' && c != '+' && !is_slash)
            return false;
    }
    return true;
}

static bool read_zone(pond_sv zone, pond_buf *file) {
    char path[128];
    if (!is_zone_name(zone))
        return false;
    snprintf(path, sizeof path, "%s/%.*s", ZONE_DIR, POND_SV_ARG(zone));
    return pond_file_read(path, file, NULL) == POND_OK;
}

// The cache ---------------------------------------------------------------------------------------

struct pond_zone {
    pond_zone *next;
    pond_buf file;
    pond_sv name; // stored after this struct
};

void pond_zones_free(pond_zones *zones) {
    pond_zone *z = atomic_load(&zones->first);
    while (z != NULL) {
        pond_zone *next = z->next;
        pond_buf_free(&z->file);
        free(z);
        z = next;
    }
}

// Takes ownership of the file. If two threads read the same zone, it is cached twice, which is
// fine.
static void keep_zone(pond_zones *zones, pond_sv name, pond_buf file) {
    pond_zone *z = pond_xmalloc(sizeof *z + name.n);
    char *copy = memcpy(z + 1, name.p, name.n);
    *z = (pond_zone){atomic_load(&zones->first), file, {copy, name.n}};
    while (!atomic_compare_exchange_weak(&zones->first, &z->next, z)) {
    }
}

static const pond_zone *find_zone(pond_zones *zones, pond_sv name) {
    const pond_zone *z = zones == NULL ? NULL : atomic_load(&zones->first);
    while (z != NULL && !pond_sv_eq(z->name, name))
        z = z->next;
    return z;
}

bool pond_zone_offset(pond_zones *zones, pond_sv zone, int64_t t_s, int32_t *offset_s,
                      char abbreviation[16]) {
    const pond_zone *kept = find_zone(zones, zone);
    pond_buf file = POND_BUF_EMPTY;
    tz_type type;
    bool found = kept != NULL || read_zone(zone, &file);
    if (!found || !file_at(pond_buf_view(kept != NULL ? &kept->file : &file), t_s, &type)) {
        pond_buf_free(&file);
        return false;
    }
    give(type, offset_s, abbreviation);
    if (kept == NULL && zones != NULL)
        keep_zone(zones, zone, file);
    else
        pond_buf_free(&file);
    return true;
}

void pond_zone_local(int64_t t_s, int32_t *offset_s, char abbreviation[16]) {
    const char *tz = getenv("TZ");
    if (tz == NULL && path_at("/etc/localtime", t_s, offset_s, abbreviation))
        return;
    pond_sv name = pond_sv_of(tz == NULL ? "UTC" : tz);
    (void)pond_sv_cut_char(&name, ':');
    if (pond_zone_offset(NULL, name, t_s, offset_s, abbreviation))
        return;
    tz_rule rule;
    give(read_rule(name, &rule) ? *rule_at(&rule, t_s) : (tz_type){0, POND_SV("UTC")}, offset_s,
         abbreviation);
}

// Clocks ------------------------------------------------------------------------------------------

// A rule repeats with the calendar, every 400 years. So the spans of one such cycle say what the
// clocks do in all later years.
static const int64_t CYCLE_S = INT64_C(146097) * 86400;
enum { CYCLE_YEARS = 400 };
// More than any clock differs from UTC (the most are 15 hours and 14 minutes).
enum { FAR_S = 26 * 3600 };
// Times of changes are cut to this, so that offsets can be added.
#define ENDLESS_S (INT64_C(1) << 61)

typedef struct zone_span {
    int64_t from_s; // to the next span
    int32_t offset_s;
} zone_span;
typedef POND_VEC(zone_span) span_vec;

struct pond_zone_clock {
    span_vec spans;  // the first is from the beginning of time
    int64_t cycle_s; // where the cycle begins; INT64_MAX: there is none
};

static void add_span(pond_arena *a, span_vec *v, int64_t from_s, int32_t offset_s) {
    int64_t from = from_s < -ENDLESS_S ? -ENDLESS_S : from_s > ENDLESS_S ? ENDLESS_S : from_s;
    bool is_change = v->n == 0 || v->items[v->n - 1].offset_s != offset_s;
    if (is_change)
        *pond_vec_push(a, v) = (zone_span){from, offset_s};
}

// The changes by the rule after an instant, to the end of a cycle.
static void add_cycle(pond_arena *a, const tz_rule *r, int64_t after_s, pond_zone_clock *c) {
    int64_t first = year_of(after_s);
    for (int64_t year = first; year <= first + CYCLE_YEARS + 2; year++) {
        int64_t from, to;
        rule_changes(r, year, &from, &to);
        int64_t changes[] = {from < to ? from : to, from < to ? to : from};
        for (size_t i = 0; i < 2; i++)
            if (changes[i] > after_s)
                add_span(a, &c->spans, changes[i], rule_at(r, changes[i])->offset_s);
    }
    c->cycle_s = pond_days_from_civil(first + 1, 1, 1) * 86400;
}

// What looking up relies on.
static bool is_sound(const span_vec *v) {
    for (size_t i = 0; i < v->n; i++) {
        bool is_near = v->items[i].offset_s > -FAR_S && v->items[i].offset_s < FAR_S;
        if (!is_near || (i > 0 && v->items[i].from_s <= v->items[i - 1].from_s))
            return false;
    }
    return true;
}

static bool read_clock(pond_arena *a, pond_sv file, pond_zone_clock *c) {
    tz_block b;
    tz_rule rule;
    tz_type type;
    pond_sv text;
    if (!read_file(file, &b, &text) || !type_of(&b, 0, &type))
        return false;
    bool has_rule = text.n > 0 && read_rule(text, &rule);
    add_span(a, &c->spans, INT64_MIN, type.offset_s);
    for (size_t i = 0; i < b.n_times; i++) {
        if (!type_of(&b, b.indexes[i], &type))
            return false;
        bool is_last = i + 1 == b.n_times;
        if (is_last && has_rule)
            type = *rule_at(&rule, time_of(&b, i));
        add_span(a, &c->spans, time_of(&b, i), type.offset_s);
    }
    // A rule without changes before it holds at all times; texts have no years before the year 1.
    int64_t last_s =
        b.n_times > 0 ? time_of(&b, b.n_times - 1) : pond_days_from_civil(0, 1, 1) * 86400;
    c->cycle_s = INT64_MAX;
    if (has_rule && b.n_times == 0)
        c->spans.items[0].offset_s = rule_at(&rule, last_s)->offset_s;
    if (has_rule && rule.has_summer && last_s > -ENDLESS_S && last_s < ENDLESS_S)
        add_cycle(a, &rule, last_s, c);
    return is_sound(&c->spans);
}

const pond_zone_clock *pond_zone_clock_new(pond_arena *a, pond_sv zone) {
    pond_buf file = POND_BUF_EMPTY;
    pond_zone_clock *c = POND_NEW(a, pond_zone_clock);
    bool is_known = read_zone(zone, &file) && read_clock(a, pond_buf_view(&file), c);
    pond_buf_free(&file);
    return is_known ? c : NULL;
}

// The last span that begins at or before t_s, or the first.
static size_t span_at(const span_vec *v, int64_t t_s) {
    size_t lo = 0, n = v->n;
    while (n > 1) {
        size_t half = n / 2;
        lo += v->items[lo + half].from_s <= t_s ? half : 0;
        n -= half;
    }
    return lo;
}

// The length of the whole cycles before a time.
static int64_t cycles_before(const pond_zone_clock *c, int64_t t_s) {
    return t_s < c->cycle_s ? 0 : (t_s - c->cycle_s) / CYCLE_S * CYCLE_S;
}

int32_t pond_zone_clock_offset(const pond_zone_clock *c, int64_t t_s) {
    return c->spans.items[span_at(&c->spans, t_s - cycles_before(c, t_s))].offset_s;
}

int64_t pond_zone_clock_next(const pond_zone_clock *c, int64_t t_s) {
    int64_t cycles_s = cycles_before(c, t_s);
    size_t next = span_at(&c->spans, t_s - cycles_s) + 1;
    return next == c->spans.n ? INT64_MAX : c->spans.items[next].from_s + cycles_s;
}

pond_clock pond_zone_clock_to_utc(const pond_zone_clock *c, int64_t local_s, int64_t *first_s,
                                  int64_t *second_s) {
    const zone_span *spans = c->spans.items;
    int64_t cycles_s = cycles_before(c, local_s), local = local_s - cycles_s;
    size_t last = span_at(&c->spans, local + FAR_S), n = 0;
    // From the latest span that may hold it to the earliest one.
    for (size_t i = last + 1; i-- > 0;) {
        int64_t t = local - spans[i].offset_s;
        bool is_before_end = i + 1 == c->spans.n || t < spans[i + 1].from_s;
        if (t >= spans[i].from_s && is_before_end) {
            *first_s = t + cycles_s;
            *second_s = n++ == 0 ? *first_s : *second_s;
        }
        if (spans[i].from_s < local - FAR_S)
            break;
    }
    if (n > 0)
        return n == 1 ? POND_CLOCK_ONCE : POND_CLOCK_TWICE;
    // The clock jumped over it: at the start of one of these spans.
    size_t i = last;
    while (i > 0 && (spans[i].from_s + spans[i - 1].offset_s > local ||
                     spans[i].from_s + spans[i].offset_s <= local))
        i--;
    POND_ASSERT(i > 0);
    *first_s = local - spans[i - 1].offset_s + cycles_s;
    *second_s = local - spans[i].offset_s + cycles_s;
    return POND_CLOCK_NEVER;
}

// Names that are near -----------------------------------------------------------------------------

typedef POND_VEC(pond_sv) name_vec;

static void collect_names(pond_arena *a, const char *dir, pond_sv prefix, name_vec *out) {
    pond_dirent_vec entries = {0};
    if (pond_dir_list(a, dir, &entries, NULL) != POND_OK)
        return; // without the list there is just no hint
    for (size_t i = 0; i < entries.n; i++) {
        pond_sv name = entries.items[i].name;
        name = pond_svf(a, "%.*s%.*s", POND_SV_ARG(prefix), POND_SV_ARG(name));
        if (!is_zone_name(name))
            continue;
        if (!entries.items[i].is_dir)
            *pond_vec_push(a, out) = name;
        else
            collect_names(a, pond_path_join(a, ZONE_DIR, pond_cstr(a, name)),
                          pond_svf(a, "%.*s/", POND_SV_ARG(name)), out);
    }
}

static pond_sv city_of(pond_arena *a, pond_sv zone) {
    pond_sv city = pond_sv_sub(zone, (size_t)(pond_sv_rfind_char(zone, '/') + 1), zone.n);
    char *lower = pond_cstr(a, city);
    for (char *p = lower; *p != '\0'; p++)
        *p = *p == ' ' ? '_' : (char)tolower((unsigned char)*p);
    return pond_sv_of(lower);
}

// Compares the last part only: people mostly know the city but not the region.
bool pond_zone_nearest(pond_arena *a, pond_sv zone, pond_buf *out) {
    enum { MOST = 3, FAR = 3 };
    if (zone.n == 0 || zone.n > 64)
        return false;
    name_vec names = {0};
    collect_names(a, ZONE_DIR, POND_SV(""), &names);
    pond_sv city = city_of(a, zone);
    size_t n = 0, start = out->n;
    for (size_t distance = 0; distance < FAR && n == 0; distance++) {
        for (size_t i = 0; i < names.n && n < MOST; i++) {
            pond_sv other = city_of(a, names.items[i]);
            if (distance >= other.n / 2 || pond_sv_distance(city, other, FAR) != distance)
                continue;
            pond_buf_str(out, n++ > 0 ? ", " : "");
            pond_buf_sv(out, names.items[i]);
        }
    }
    return out->n > start;
}
