// hydrovu_api: the public API of the HydroVu service: a token, the names of parameters and units, and
// the readings of a location, page by page.
#ifndef POND_FACTORY_HYDROVU_API_H
#define POND_FACTORY_HYDROVU_API_H

#include "base/map.h"
#include "factory/fetch.h"
#include "value/value.h"

typedef struct hydrovu_api {
    pond_session *session;
    pond_report *report;
    pond_http *http;
    pond_sv address; // ends in '/'
    pond_sv id, secret;
    pond_sv token;
    pond_value parameters, units; // names by id
} hydrovu_api;

// Gets a token and the names. Neither the secret nor the token is in any message.
pond_code hydrovu_open(hydrovu_api *api, pond_err *err) POND_MUST;

typedef struct hydrovu_reading {
    int64_t time_s;
    size_t column; // of `columns`
    double value;
} hydrovu_reading;
typedef struct hydrovu_readings {
    POND_VEC(hydrovu_reading) all; // in the order in which they came
    POND_VEC(pond_sv) columns;     // "PARAMETER.UNIT"
    int64_t last_s;                // the latest time of all
} hydrovu_readings;

// The readings of a location from start_s on, until there are `most` or more: whole pages. Nothing is
// left out: what has the last time of the last page and is on the next one is taken, too, and where
// pages are not in the order of times, all of them are read. *is_all: there are no later ones.
pond_code hydrovu_read(hydrovu_api *api, int64_t location, int64_t start_s, int64_t most,
                       hydrovu_readings *out, bool *is_all, pond_err *err) POND_MUST;

#endif
