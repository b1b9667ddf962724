// when: texts that are times, read by rules that somebody has named. Nothing is guessed.
//
// ISO 8601 and RFC 3339 are known without being named: a date, or a date, `T` or a blank, and a
// time of day of at least hours and minutes, with or without an offset. Every other form is read
// by a format that the user wrote, in the words of strptime.
#ifndef POND_TEXT_WHEN_H
#define POND_TEXT_WHEN_H

#include "base/err.h"
#include "base/str.h"
#include "value/zone.h"

typedef enum pond_when_kind {
    POND_WHEN_DATE,  // 2024-01-31: the day only; its seconds are those of midnight
    POND_WHEN_LOCAL, // a day and a time of day, of a zone that the text does not say
    POND_WHEN_ZONED, // with an offset or `Z`: an instant
} pond_when_kind;

typedef struct pond_when {
    pond_when_kind kind;
    uint8_t digits; // of the fraction: 0 to 9
    int32_t ns;     // 0 to 999,999,999
    int64_t s;      // since 1970-01-01T00:00:00, of UTC for an instant, else on the clock
} pond_when;

// Reads `2024-01-31`, `2024-01-31T10:00`, `2024-01-31 10:00:00.123456789+02:00`: years 0001 to 9999,
// fractions after `.` or `,` of one to nine digits, offsets `Z`, `±hh`, `±hhmm`, `±hh:mm` (of less
// than 24 hours, a blank before it may be there), 24:00[:00[.0]] as the next midnight; `t` and `z`
// as RFC 3339 has them. A second 60 is refused. False: it is no such text, as a whole. It reads no
// byte past text.n.
bool pond_when_iso(pond_sv text, pond_when *out);

// Formats -----------------------------------------------------------------------------------------

// A format, ready to read with. Lives in the arena of its parsing.
typedef struct pond_when_format pond_when_format;

// `%m/%d/%Y %H:%M`: %Y (four digits) %y (two) %m %d %e %j %b %B %H %I %M %S %f (a fraction of 1 to 9
// digits; `%S.%f`) %p %z (an offset, or Z) %Z (UTC, GMT, and the abbreviations of North America,
// which are fixed offsets: PST is -08:00) %s (seconds since 1970; `%s.%f`) %A %a (skipped, but must
// be a weekday) %T %D %F %R %n %t %%. As in strptime, numbers may lack leading zeros, a blank is any
// number of blanks, names have no case, and %b takes short and long names of English months. %y is
// 1969 to 2068. But a text has one reading: %Y%m%d needs all of its digits, and two numbers with a
// blank between them need one. With %H, %p must agree with the hour. 24:00 is the next midnight.
// INVALID for an unknown directive, for a part that is given twice, for a part that lacks another
// (%I without %p, %S without %M), and for a format that does not give a day, with the place in the
// format; then what is known is listed.
pond_code pond_when_format_parse(pond_arena *a, pond_sv format, const pond_when_format **out,
                                 pond_err *err) POND_MUST;
// False: the text does not fit as a whole, or is no day of the calendar (2024-02-30).
bool pond_when_read(const pond_when_format *f, pond_sv text, pond_when *out);

// Zones -------------------------------------------------------------------------------------------

typedef struct pond_when_zone pond_when_zone;
// A zone of the IANA database ("America/Los_Angeles"), "UTC", or a fixed offset ("-08:00"). Lives
// in `a`. INVALID for an unknown one, with names that are near.
pond_code pond_when_zone_open(pond_arena *a, pond_sv name, const pond_when_zone **out,
                              pond_err *err) POND_MUST;
// The instant of a time on the clock. Of a time that is there twice, *first_s and *second_s are
// both, the earlier one first; of one that is missing, what the clock would have shown without the
// change, by the offset before and by the offset after it; else they are equal.
pond_clock pond_when_to_utc(const pond_when_zone *z, int64_t local_s, int64_t *first_s,
                            int64_t *second_s);

// Advice ------------------------------------------------------------------------------------------

// Which forms would fit every text of a column: for an error that proposes what to write.
typedef struct pond_when_guess pond_when_guess;
pond_when_guess *pond_when_guess_new(pond_arena *a);
// Cheap when no form is left.
void pond_when_guess_add(pond_when_guess *g, pond_sv text);
// Appends the forms that fitted every text, as `timeformat` or `epoch` options of a URL, each on
// its own line, ready for pond_err_detail, with the time that the first text would be:
// "  ?timeformat=%m/%d/%Y %H:%M   (the first is 2024-04-05T10:00:00)\n". When forms are left that
// read some text as different times (day first or month first), it says so, with such a text. False:
// nothing fits, and nothing is appended. Whole numbers are epochs when they fall in the years 1990
// to 2100 in that unit; seconds may have a fraction.
bool pond_when_guess_write(const pond_when_guess *g, pond_buf *out);

#endif
