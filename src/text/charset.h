// charset: the text of a file as UTF-8, whatever it was written in.
//
// A byte order mark says what a file is. Without one, a name says it, which somebody wrote; nothing
// is guessed from the bytes. Whether a text that was UTF-8 all along is valid is asked by those who
// read it (pond_utf8_find_bad in base/str.h).
#ifndef POND_TEXT_CHARSET_H
#define POND_TEXT_CHARSET_H

#include "base/err.h"
#include "base/str.h"

// Copies a text from `in` to its end to `out`, as UTF-8. A byte order mark (of UTF-8, UTF-16 or
// UTF-32) decides what it is, and is dropped. Else it is `charset`, a name of iconv(3) or a common
// other one, such as latin1, windows-1252 or utf-16le; if that is empty, the bytes are copied as
// they are. `name` is that of the file, for messages. INVALID for a charset that is not known, even
// if a mark decides; for UTF-16 and UTF-32 that have neither a mark nor an order; and for bytes that
// are no text of the charset, also a character that is cut off at the end, with line, column and
// offset. Memory is bounded. What was written before a failure stays in `out`.
pond_code pond_charset_decode(int in, pond_sv charset, int out, const char *name,
                              pond_err *err) POND_MUST;

#endif
