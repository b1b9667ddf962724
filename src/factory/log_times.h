// log_times: the times of the records in a part of a log, one JSON value a line.
#ifndef POND_FACTORY_LOG_TIMES_H
#define POND_FACTORY_LOG_TIMES_H

#include "base/sink.h"
#include "value/pull.h"

typedef enum log_unit { LOG_SECONDS, LOG_MILLISECONDS, LOG_MICROSECONDS, LOG_NANOSECONDS } log_unit;

// Bytes come in by log_times_add, in any pieces; log_times_end takes a last line without a newline.
typedef struct log_times {
    pond_sv field; // a key, at any depth of a record
    log_unit unit;
    int64_t min_us, max_us; // of whole microseconds around them; min > max: there are none
    uint64_t n_skipped;     // lines without a time that can be used
    // For the functions.
    pond_buf line;
    pond_pull *pull;
} log_times;
void log_times_begin(log_times *t, pond_sv field, log_unit unit);
void log_times_add(log_times *t, pond_sv bytes);
void log_times_end(log_times *t); // and frees

#endif
