// pages: whether the pages of a Parquet file are where its footer says, and have their bytes.
//
// Readers of Parquet check little: the engine takes a page whose bytes have changed if it can be
// decoded at all, and compares no checksums. So whoever takes a file from outside checks its pages
// first, and then lets the engine decode all of it.
#ifndef POND_FORMAT_PAGES_H
#define POND_FORMAT_PAGES_H

#include "base/err.h"
#include "base/meter.h"
#include "base/str.h"

// INVALID unless: the footer can be read; each column's pages are in the file, before the footer,
// and have as many values as it says; a page with a CRC-32 has the bytes of it; row groups have as
// many rows as the file; and no two columns have the same name, in upper or lower case. `name` is
// the name of the file in messages; `meter` is NULL, or counts the bytes of the pages. Columns that are encrypted are left to the engine.
pond_code pond_parquet_check(const char *path, pond_sv name, pond_meter *meter,
                             pond_err *err) POND_MUST;

#endif
