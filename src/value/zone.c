// Reads the system's time zone files and caches them. A file holds the instants at which the offset
// of a zone changed, and a rule in POSIX form for all times after the last change.
#include "tera/zone.h"

#include "tera/unicode.h"

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
    if (tera_cut_char(s, '<')) {
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
    bool is_negative = tera_cut_char(s, '-');
    if (!is_negative)
        (void)tera_cut_char(s, '+');
    int hours, minutes = 0, seconds = 0;
    if (!cut_int(s, 167, &hours) || (tera_cut_char(s, ':') && !cut_int(s, 59, &minutes)) ||
        (tera_cut_char(s, ':') && !cut_int(s, 59, &seconds)))
        return false;
    *out = hours * 3600 + minutes * 60 + seconds;
    if (is_negative)
        *out = -*out;
    return true;
}

static bool cut_day(pond_sv *s, tz_day *d) {
    *d = (tz_day){.form = 'n', .time_s = 7200};
    if (!tera_cut_char(s, ','))
        return false;
    if (tera_cut_char(s, 'M')) {
        d->form = 'M';
        if (!cut_int(s, 12, &d->month) || !tera_cut_char(s, '.') || !cut_int(s, 5, &d->week) ||
            !tera_cut_char(s, '.') || !cut_int(s, 6, &d->day) || d->month == 0 || d->week == 0)
            return false;
    } else {
        if (tera_cut_char(s, 'J'))
            d->form = 'J';
        if (!cut_int(s, 365, &d->day))
            return false;
    }
    return !tera_cut_char(s, '/') || cut_time(s, &d->time_s);
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

static bool rule_at(pond_sv rule, int64_t t_s, tz_type *out) {
    tz_type standard, summer;
    tz_day start, end;
    if (!cut_name(&rule, &standard.name) || !cut_time(&rule, &standard.offset_s))
        return false;
    standard.offset_s = -standard.offset_s; // POSIX counts west of Greenwich
    *out = standard;
    if (rule.n == 0)
        return true;
    if (!cut_name(&rule, &summer.name))
        return false;
    summer.offset_s = standard.offset_s + 3600;
    if (rule.n > 0 && rule.p[0] != ',') {
        if (!cut_time(&rule, &summer.offset_s))
            return false;
        summer.offset_s = -summer.offset_s;
    }
    if (rule.n == 0)
        rule = POND_SV(",M3.2.0,M11.1.0");
    if (!cut_day(&rule, &start) || !cut_day(&rule, &end) || rule.n != 0)
        return false;

    int64_t local = t_s + standard.offset_s, year;
    int month, day;
    pond_civil_from_days(local / 86400 - (local % 86400 < 0), &year, &month, &day);
    int64_t from = fires_at(&start, year) - standard.offset_s;
    int64_t to = fires_at(&end, year) - summer.offset_s;
    // In the southern hemisphere summer begins in one year and ends in the next.
    bool is_summer = from < to ? t_s >= from && t_s < to : t_s >= from || t_s < to;
    *out = is_summer ? summer : standard;
    return true;
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

static bool file_at(pond_sv file, int64_t t_s, tz_type *out) {
    const uint8_t *p = (const uint8_t *)file.p;
    tz_block b;
    if (!read_block(p, file.n, 4, &b))
        return false;
    pond_sv rule = {"", 0};
    if (p[4] >= '2') { // skip the version 1 block; the rule follows the second block
        size_t skip = b.size_bytes;
        if (!read_block(p + skip, file.n - skip, 8, &b))
            return false;
        rule = pond_sv_sub(file, skip + b.size_bytes, file.n);
        if (!tera_cut_char(&rule, '\n'))
            return false;
        ptrdiff_t end = pond_sv_find_char(rule, '\n');
        rule = pond_sv_sub(rule, 0, end < 0 ? 0 : (size_t)end);
    }
    bool is_past_changes = b.n_times == 0 || t_s >= time_of(&b, b.n_times - 1);
    if (is_past_changes && rule.n > 0 && rule_at(rule, t_s, out))
        return true;
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

struct tera_zone {
    tera_zone *next;
    pond_buf file;
    pond_sv name; // stored after this struct
};

void tera_zones_free(tera_zones *zones) {
    tera_zone *z = atomic_load(&zones->first);
    while (z != NULL) {
        tera_zone *next = z->next;
        pond_buf_free(&z->file);
        free(z);
        z = next;
    }
}

// Takes ownership of the file. If two threads read the same zone, it is cached twice, which is
// fine.
static void keep_zone(tera_zones *zones, pond_sv name, pond_buf file) {
    tera_zone *z = pond_xmalloc(sizeof *z + name.n);
    char *copy = memcpy(z + 1, name.p, name.n);
    *z = (tera_zone){atomic_load(&zones->first), file, {copy, name.n}};
    while (!atomic_compare_exchange_weak(&zones->first, &z->next, z)) {
    }
}

static const tera_zone *find_zone(tera_zones *zones, pond_sv name) {
    const tera_zone *z = zones == NULL ? NULL : atomic_load(&zones->first);
    while (z != NULL && !pond_sv_eq(z->name, name))
        z = z->next;
    return z;
}

bool tera_zone_offset(tera_zones *zones, pond_sv zone, int64_t t_s, int32_t *offset_s,
                      char abbreviation[16]) {
    const tera_zone *kept = find_zone(zones, zone);
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

void tera_zone_local(int64_t t_s, int32_t *offset_s, char abbreviation[16]) {
    const char *tz = getenv("TZ");
    if (tz == NULL && path_at("/etc/localtime", t_s, offset_s, abbreviation))
        return;
    pond_sv name = pond_sv_of(tz == NULL ? "UTC" : tz);
    (void)tera_cut_char(&name, ':');
    if (tera_zone_offset(NULL, name, t_s, offset_s, abbreviation))
        return;
    tz_type type = {0, POND_SV("UTC")};
    if (!rule_at(name, t_s, &type))
        type = (tz_type){0, POND_SV("UTC")};
    give(type, offset_s, abbreviation);
}

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
bool tera_zone_nearest(pond_arena *a, pond_sv zone, pond_buf *out) {
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
