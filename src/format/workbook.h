// workbook: what the sheets of an Excel workbook share: their names, texts and formats of numbers.
#ifndef POND_FORMAT_WORKBOOK_H
#define POND_FORMAT_WORKBOOK_H

#include "base/vec.h"
#include "format/package.h"
#include "format/serial.h"

typedef struct format_sheet {
    pond_sv name;
    pond_sv part;      // of the package; empty: it has none
    bool is_worksheet; // and no chart, dialog or macro
} format_sheet;

typedef struct format_workbook {
    format_package *package;
    POND_VEC(format_sheet) sheets;
    POND_VEC(pond_sv) texts;       // by their number
    POND_VEC(format_shown) styles; // of cells, by their number
    bool is_1904;
} format_workbook;

// Reads all but the sheets. Lives in `a` but for what format_workbook_close releases, which it does
// after an error, too. `name` is the file in messages.
pond_code format_workbook_open(pond_arena *a, const char *path, pond_sv name, format_workbook *out,
                               pond_meter *meter, pond_err *err) POND_MUST;
void format_workbook_close(format_workbook *w);
// A text of a cell, in which characters that XML does not have are written `_x000D_`. Lives in `a`.
pond_sv format_workbook_unescape(pond_arena *a, pond_sv text);

#endif
