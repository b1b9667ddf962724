// steps: how far the times of a series are apart: the usual step, and what is not usual.
#ifndef POND_TEXT_STEPS_H
#define POND_TEXT_STEPS_H

#include "base/str.h"

enum { TEXT_MOST_STEPS = 16 };

typedef struct text_steps {
    struct {
        int64_t us;
        uint64_t n;
    } common[TEXT_MOST_STEPS]; // the first ones that were seen
    size_t n_common;
    uint64_t n_more; // others
    uint64_t n_back; // a row that is earlier than the one before it
    uint64_t n_ties; // a row at the time of the one before it
    int64_t longest_us, longest_from_us;
} text_steps;

// From one row to the next.
void text_steps_add(text_steps *s, int64_t from_us, int64_t to_us);
void text_steps_merge(text_steps *s, const text_steps *other);
// Appends sentences for a user, each after a newline but the first; nothing if all is usual.
void text_steps_write(const text_steps *s, pond_sv column, pond_buf *out);

#endif
