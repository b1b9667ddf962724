// serial: numbers that spreadsheets show as times.
//
// A workbook stores a time as a number of days; only the format of the cell says that it is one.
// Excel counts them from 1899-12-31 as day 1, and takes 1900 for a leap year: day 60 is
// 1900-02-29, which never was. Workbooks of old Macs count from 1904-01-01 as day 0.
#ifndef POND_FORMAT_SERIAL_H
#define POND_FORMAT_SERIAL_H

#include "base/str.h"

// What a number format shows; none of it: a number.
typedef struct format_shown {
    bool has_day, has_clock;
    bool is_elapsed; // hours, minutes or seconds that go on counting: `[h]:mm`
} format_shown;

format_shown format_shown_of_id(int64_t id); // of a built-in format
format_shown format_shown_of_code(pond_sv code);

// Appends the time, rounded to milliseconds: "2024-01-31" if it is midnight and no clock is shown,
// "2024-01-31T12:00:00.500", and without a day "12:00:00" (elapsed hours may be more than 24).
// False: Excel has no such time; nothing is appended.
bool format_serial_write(pond_buf *out, double days, format_shown shown, bool is_1904);

#endif
