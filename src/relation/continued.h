// continued: versions of a text that go on where the one before ended.
//
// A series of bytes is one text that grows: a log of the host, a file at a URL. Each version is read by
// itself, so that an append parses what is new; versions that end within a line are read together with
// those that follow. One that begins with the header of the first one has that header; any other is
// read with the columns of the first one, and its first line is a row.
#ifndef POND_RELATION_CONTINUED_H
#define POND_RELATION_CONTINUED_H

#include "relation/parsed.h"

// Joins versions that end within a line with those after them. *n becomes smaller.
pond_code relation_join_cut(pond_session *s, pond_parsed *parsed, size_t *n,
                            pond_err *err) POND_MUST;
// Decides how a later version is read, before it is read; `first` is ready. Nothing changes where the
// names are no line of their own, or not the first one.
pond_code relation_continue(pond_session *s, const pond_parsed *first, pond_parsed *later,
                            pond_err *err) POND_MUST;

#endif
