// What commands print of nodes.
#include "cli/show.h"

#include "base/time.h"
#include "cli/screen.h"

#include <inttypes.h>
#include <stdio.h>

static const struct {
    const char *icon, *word;
} types[POND_N_TYPES] = {
    [POND_T_DIRECTORY] = {"[DIR]", "DirectoryPhysical"},
    [POND_T_DYNAMIC_DIRECTORY] = {"[DIR]", "DirectoryDynamic"},
    [POND_T_SYMLINK] = {"[LINK]", "Symlink"},
    [POND_T_DATA] = {"[FILE]", "FilePhysicalVersion"},
    [POND_T_DATA_SERIES] = {"[FILE]", "FilePhysicalSeries"},
    [POND_T_DATA_DYNAMIC] = {"[FILE]", "FileDynamic"},
    [POND_T_TABLE] = {"[TBL]", "TablePhysicalVersion"},
    [POND_T_TABLE_SERIES] = {"[SER]", "TablePhysicalSeries"},
    [POND_T_TABLE_DYNAMIC] = {"[SER]", "TableDynamic"},
};

const char *cli_type_icon(pond_type t) {
    return types[t].icon;
}

const char *cli_type_word(pond_type t) {
    return types[t].word;
}

// Lists have very many sizes and times, so these two do without printf.

static char *put_number(char *to, uint64_t u) {
    char room[20], *end = room + sizeof room, *digits = pond_digits(u, end);
    memcpy(to, digits, (size_t)(end - digits));
    return to + (end - digits);
}

// One digit after the point, as "%.1f" rounds it: to the nearest, and a half to the even one.
size_t cli_size(uint64_t bytes, char out[16]) {
    int unit = 0;
    while (unit < 6 && bytes >> 10 * unit >= 1024)
        unit++;
    char *to = out;
    if (unit == 0) {
        to = put_number(to, bytes);
    } else {
        uint64_t one = UINT64_C(1) << 10 * unit;
        uint64_t whole = bytes / one, tenths = bytes % one * 10, rest = tenths % one;
        tenths = whole * 10 + tenths / one;
        tenths += rest > one / 2 || (rest == one / 2 && tenths % 2 == 1);
        to = put_number(to, tenths / 10);
        *to++ = '.';
        *to++ = (char)('0' + tenths % 10);
    }
    *to++ = "BKMGTPE"[unit];
    if (unit > 0)
        *to++ = 'B';
    *to = '\0';
    return (size_t)(to - out);
}

static char *put_two(char *to, int i, char after) {
    *to++ = (char)('0' + i / 10);
    *to++ = (char)('0' + i % 10);
    *to++ = after;
    return to;
}

void cli_time(int64_t t_us, char out[32]) {
    pond_civil t = pond_civil_from_us(t_us);
    if (t.year < 0 || t.year > 9999) {
        snprintf(out, 32, "%04" PRId64 "-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.hour,
                 t.minute, t.second);
        return;
    }
    char *to = put_two(out, (int)t.year / 100, '\0') - 1;
    to = put_two(to, (int)t.year % 100, '-');
    to = put_two(to, t.month, '-');
    to = put_two(to, t.day, ' ');
    to = put_two(to, t.hour, ':');
    to = put_two(to, t.minute, ':');
    put_two(to, t.second, '\0');
}

pond_sv cli_cut(pond_arena *a, pond_sv text, size_t most) {
    size_t at = 0, n = 0;
    if (text.n <= most)
        return text;
    for (size_t i = 0; i < text.n; i++) {
        if (((unsigned char)text.p[i] & 0xC0) == 0x80)
            continue; // inside a character
        if (++n == most)
            at = i; // here is room for one more
        if (n > most)
            return pond_svf(a, "%.*s…", (int)at, text.p);
    }
    return text;
}

size_t cli_room(const cli *c, size_t before) {
    enum { USUAL = 200, LEAST = 20 };
    size_t n = c->screen->columns > 0 ? c->screen->columns : USUAL;
    return n > before + LEAST ? n - before : LEAST;
}
