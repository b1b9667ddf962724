// Number formats, and the times of serial numbers.
#include "format/serial.h"

#include "base/time.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

enum { MS_PER_S = 1000, MS_PER_DAY = 86400000 };

format_shown format_shown_of_id(int64_t id) {
    if ((id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58))
        return (format_shown){.has_day = true}; // the later ones are those of East Asia
    if (id >= 18 && id <= 21)
        return (format_shown){.has_clock = true};
    if (id == 22)
        return (format_shown){.has_day = true, .has_clock = true};
    if (id >= 45 && id <= 47)
        return (format_shown){.has_clock = true, .is_elapsed = id == 46};
    return (format_shown){0};
}

// Moves past what is no part of the format itself: texts in quotes, single characters that are
// shown as they are, and brackets. Of brackets only `[h]`, `[mm]`, … mean anything here.
static size_t skip_literal(pond_sv code, size_t at, format_shown *shown) {
    char c = code.p[at];
    pond_sv rest = pond_sv_sub(code, at + 1, code.n);
    if (c == '\\' || c == '_' || c == '*')
        return at + 2;
    if (c != '"' && c != '[')
        return at;
    ptrdiff_t end = pond_sv_find_char(rest, c == '"' ? '"' : ']');
    if (end < 0)
        return code.n;
    if (c == '[' && end > 0 && strchr("hHmMsS", rest.p[0]) != NULL) {
        bool is_same = true;
        for (ptrdiff_t i = 1; i < end; i++)
            is_same &= rest.p[i] == rest.p[0];
        shown->is_elapsed |= is_same;
    }
    return at + 2 + (size_t)end;
}

format_shown format_shown_of_code(pond_sv code) {
    format_shown shown = {0};
    bool has_m = false;
    for (size_t at = 0;
         at < code.n && code.p[at] != ';';) { // the first part is that of positive numbers
        size_t next = skip_literal(code, at, &shown);
        if (next > at) {
            at = next;
            continue;
        }
        static const pond_sv general = {"General", 7};
        if (code.n - at >= general.n && strncasecmp(code.p + at, general.p, general.n) == 0) {
            at += general.n;
            continue;
        }
        switch (code.p[at++] | 0x20) {
        case 'd':
        case 'y':
            shown.has_day = true;
            break;
        case 'h':
        case 's':
            shown.has_clock = true;
            break;
        case 'm':
            has_m = true;
            break;
        default:
            break;
        }
    }
    shown.has_clock |= shown.is_elapsed;
    shown.has_day |= has_m && !shown.has_clock; // months, or minutes
    return shown;
}

static void write_clock(pond_buf *out, int64_t ms) {
    pond_buf_printf(out, "%02lld:%02d:%02d", (long long)(ms / (MS_PER_S * 3600)),
                    (int)(ms / (MS_PER_S * 60) % 60), (int)(ms / MS_PER_S % 60));
    if (ms % MS_PER_S != 0)
        pond_buf_printf(out, ".%03d", (int)(ms % MS_PER_S));
}

static void write_day(pond_buf *out, int64_t day, bool is_1904) {
    enum { NEVER = 60 };
    int64_t year;
    int month, date;
    if (!is_1904 && day == NEVER) {
        pond_buf_str(out, "1900-02-29");
        return;
    }
    int64_t zero = is_1904 ? pond_days_from_civil(1904, 1, 1)
                           : pond_days_from_civil(1899, 12, day < NEVER ? 31 : 30);
    pond_civil_from_days(zero + day, &year, &month, &date);
    pond_buf_printf(out, "%04lld-%02d-%02d", (long long)year, month, date);
}

bool format_serial_write(pond_buf *out, double days, format_shown shown, bool is_1904) {
    enum { LAST_DAY = 2958465, LAST_DAY_1904 = LAST_DAY - 1462 }; // 9999-12-31
    if (!(fabs(days) < LAST_DAY + 1))
        return false;
    int64_t ms = llround(days * MS_PER_DAY), day = ms / MS_PER_DAY;
    if (shown.is_elapsed && !shown.has_day) {
        if (ms < 0)
            pond_buf_char(out, '-');
        write_clock(out, llabs(ms));
        return true;
    }
    if (ms < 0 || day > (is_1904 ? LAST_DAY_1904 : LAST_DAY))
        return false;
    if (day == 0 && !(is_1904 && shown.has_day)) { // Excel shows the day 1900-01-00
        write_clock(out, ms);
        return true;
    }
    write_day(out, day, is_1904);
    if (ms % MS_PER_DAY != 0 || shown.has_clock) {
        pond_buf_char(out, 'T');
        write_clock(out, ms % MS_PER_DAY);
    }
    return true;
}
