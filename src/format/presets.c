// The table of presets. docs/formats-in.md says where each form comes from.
#include "format/presets.h"

#define PAIR(key, value)                                                                           \
    {                                                                                              \
        {key, sizeof(key) - 1}, {                                                                  \
            value, sizeof(value) - 1                                                               \
        }                                                                                          \
    }

// Campbell Scientific TOA5: environment, names, units, kinds of processing; then the records.
static const pond_pair toa5[] = {
    PAIR("header", "2"), PAIR("units", "3"),        PAIR("skip_after_header", "1"),
    PAIR("null", "NAN"), PAIR("time", "TIMESTAMP"),
};

// Onset HOBOware: a title, and names with units and serial numbers.
static const pond_pair hobo[] = {
    PAIR("header", "2"),
    PAIR("null", "Logged"),
    PAIR("timeformat", "%m/%d/%y %I:%M:%S %p"),
    PAIR("timeformat", "%m/%d/%Y %I:%M:%S %p"),
    PAIR("timeformat", "%m/%d/%y %H:%M:%S"),
    PAIR("timeformat", "%m/%d/%Y %H:%M"),
    PAIR("timeformat", "%Y-%m-%d %H:%M:%S"),
    PAIR("time", "Date Time"),
};

// USGS RDB: comments, names, widths of the columns; times in the zone that a column names.
static const pond_pair rdb[] = {
    PAIR("delimiter", "tab"),
    PAIR("comment", "#"),
    PAIR("skip_after_header", "1"),
    PAIR("time", "datetime+tz_cd"),
    PAIR("timeformat", "%Y-%m-%d %H:%M %Z"),
    PAIR("null", "Ice"),
    PAIR("null", "Eqp"),
    PAIR("null", "Bkw"),
    PAIR("null", "Mnt"),
    PAIR("null", "Dis"),
    PAIR("null", "Rat"),
    PAIR("null", "ZFL"),
    PAIR("null", "Ssn"),
    PAIR("null", "***"),
    PAIR("null", "--"),
};

// NDBC standard meteorological data: blanks between the fields, and nines for what is missing.
static const pond_pair ndbc[] = {
    PAIR("delimiter", "blanks"),
    PAIR("comment", "#"),
    PAIR("header", "1"),
    PAIR("units", "2"),
    PAIR("time", "YY+MM+DD+hh+mm"),
    PAIR("timeformat", "%Y %m %d %H %M"),
    PAIR("timezone", "UTC"),
    PAIR("null", "MM"),
    PAIR("null", "WDIR:999"),
    PAIR("null", "WSPD:99"),
    PAIR("null", "GST:99"),
    PAIR("null", "WVHT:99"),
    PAIR("null", "DPD:99"),
    PAIR("null", "APD:99"),
    PAIR("null", "MWD:999"),
    PAIR("null", "PRES:9999"),
    PAIR("null", "ATMP:999"),
    PAIR("null", "WTMP:999"),
    PAIR("null", "DEWP:999"),
    PAIR("null", "VIS:99"),
    PAIR("null", "TIDE:99"),
};

#define PRESET(name, summary, ...)                                                                 \
    { #name, summary, name, sizeof name / sizeof *name, __VA_ARGS__ }
static const pond_csv_preset presets[] = {
    {"none", "nothing", NULL, 0, false},
    PRESET(toa5, "Campbell Scientific TOA5", false),
    PRESET(hobo, "Onset HOBOware", true),
    PRESET(rdb, "USGS RDB", false),
    PRESET(ndbc, "NOAA NDBC standard meteorological data", false),
};
enum { N_PRESETS = sizeof presets / sizeof *presets };

const pond_csv_preset *pond_csv_preset_at(size_t i) {
    return i < N_PRESETS ? &presets[i] : NULL;
}
