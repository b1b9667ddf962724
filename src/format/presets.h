// presets: the options of `csv` for the files that some kinds of loggers and agencies write.
#ifndef POND_FORMAT_PRESETS_H
#define POND_FORMAT_PRESETS_H

#include "value/option.h"

typedef struct pond_csv_preset {
    const char *name, *summary;
    const pond_pair *options; // as a URL has them
    size_t n_options;
    bool names_have_units; // "Temp, °C (…)" is a name and a unit
} pond_csv_preset;

// The names of all presets, as an option writes its choices. The first one changes nothing.
#define POND_CSV_PRESETS "none|toa5|hobo|rdb|ndbc"
const pond_csv_preset *pond_csv_preset_at(size_t i); // in the order of the names; NULL at the end

#endif
