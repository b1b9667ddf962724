// Looking at the pond as it was.
#include "cli/at.h"

#include "base/time.h"

static bool is_number(pond_sv text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n > 0;
}

pond_code cli_moment_parse(pond_sv text, const char *what, cli_moment *out, pond_err *err) {
    pond_err why;
    out->is_given = true;
    out->is_time = !is_number(text);
    bool is_right = out->is_time ? pond_time_parse(text, &out->time_us, &why) == POND_OK
                                 : pond_sv_to_int(text, &out->seq);
    if (is_right)
        return POND_OK;
    return pond_fail(err, POND_ERR_USAGE,
                     "%s takes the number of a transaction (`pond log` shows them) or a time "
                     "such as 2024-01-31T10:00:00Z, not '%.*s'",
                     what, POND_SV_ARG(text));
}

pond_code cli_moment_find(pond_txn *t, const cli_moment *m, int64_t *seq, pond_err *err) {
    *seq = m->seq;
    return m->is_time ? pond_txn_find_time(t, m->time_us, seq, err) : POND_OK;
}

pond_code cli_look_at(cli *c, pond_sv at, pond_err *err) {
    return at.p == NULL ? POND_OK : cli_moment_parse(at, "--at", &c->at, err);
}

pond_code cli_look_back(cli *c, pond_err *err) {
    pond_txn *t = pond_session_txn(c->session);
    int64_t seq;
    if (!c->at.is_given)
        return POND_OK;
    POND_TRY(cli_moment_find(t, &c->at, &seq, err));
    return pond_wrap(err, pond_txn_look_back(t, seq, err), "--at");
}
