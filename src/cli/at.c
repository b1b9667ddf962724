// Looking at the pond as it was.
#include "cli/at.h"

#include "base/time.h"

static bool is_number(pond_sv text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0;
}

pond_code cli_look_at(cli *c, pond_sv at, pond_err *err) {
    pond_err why;
    if (at.p == NULL)
        return POND_OK;
    bool is_right = is_number(at) ? pond_sv_to_int(at, &c->at.seq)
                                  : pond_time_parse(at, &c->at.time_us, &why) == POND_OK;
    if (!is_right)
        return pond_fail(err, POND_ERR_USAGE,
                         "--at takes the number of a transaction (`pond log` shows them) or a time "
                         "such as 2024-01-31T10:00:00Z, not '%.*s'",
                         POND_SV_ARG(at));
    c->at.is_given = true;
    c->at.is_time = !is_number(at);
    return POND_OK;
}

pond_code cli_look_back(cli *c, pond_err *err) {
    pond_txn *t = pond_session_txn(c->session);
    int64_t seq = c->at.seq;
    if (!c->at.is_given)
        return POND_OK;
    if (c->at.is_time)
        POND_TRY(pond_txn_find_time(t, c->at.time_us, &seq, err));
    return pond_wrap(err, pond_txn_look_back(t, seq, err), "--at");
}
