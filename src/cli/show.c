// What commands print of nodes.
#include "cli/show.h"

#include "base/time.h"

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

void cli_size(uint64_t bytes, char out[16]) {
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    double v = (double)bytes;
    int unit = 0;
    for (; v >= 1024 && unit < 6; unit++)
        v /= 1024;
    if (unit == 0)
        snprintf(out, 16, "%" PRIu64 "B", bytes);
    else
        snprintf(out, 16, "%.1f%s", v, units[unit]);
}

void cli_time(int64_t t_us, char out[32]) {
    pond_civil t = pond_civil_from_us(t_us);
    snprintf(out, 32, "%04" PRId64 "-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day, t.hour,
             t.minute, t.second);
}
