// The functions of the language, as in {{ range(end=3) }}.

#include "tera/filters.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define FUNCTION(name)                                                                             \
    pond_code tera_function_##name(pond_tera_call *c, const pond_tera_args *args, pond_value *out)

enum { MAX_RANGE = 10000000 };

FUNCTION(range) {
    uint64_t start = 0, end = 0, step = 1;
    pond_value given;
    POND_TRY(pond_tera_need(c, args, "end", &given));
    POND_TRY(pond_tera_arg_count(c, args, "start", &start));
    POND_TRY(pond_tera_arg_count(c, args, "end", &end));
    POND_TRY(pond_tera_arg_count(c, args, "step_by", &step));
    if (step == 0)
        return pond_tera_bad_arg(c, "step_by", "an integer of at least 1", pond_int(0));
    if (start > end)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT
                         ": start must not be greater than end, got %llu and %llu",
                         POND_TERA_CALL_ARG(c), (unsigned long long)start, (unsigned long long)end);
    uint64_t n = (end - start) / step + ((end - start) % step != 0);
    uint64_t most = c->env == NULL ? MAX_RANGE : c->env->max_range;
    if (n > most)
        return pond_fail(c->err, POND_ERR_LIMIT,
                         POND_TERA_CALL_FMT ": %llu items exceed the limit of %llu",
                         POND_TERA_CALL_ARG(c), (unsigned long long)n, (unsigned long long)most);
    pond_value *items = pond_tera_alloc(c, n, sizeof *items);
    if (items == NULL)
        return POND_ERR_LIMIT;
    for (uint64_t i = 0; i < n; i++)
        items[i] = pond_uint(start + i * step);
    *out = pond_array(items, n);
    return POND_OK;
}

FUNCTION(now) {
    bool is_utc = false, is_timestamp = false;
    POND_TRY(pond_tera_arg_bool(c, args, "utc", &is_utc));
    POND_TRY(pond_tera_arg_bool(c, args, "timestamp", &is_timestamp));
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return pond_fail_errno(c->err, POND_TERA_CALL_FMT ": cannot read the clock",
                               POND_TERA_CALL_ARG(c));
    if (is_timestamp) {
        *out = pond_int(now.tv_sec);
        return POND_OK;
    }
    char zone[16] = "UTC";
    tera_instant t = {.t_s = now.tv_sec, .ns = (uint32_t)now.tv_nsec};
    if (!is_utc)
        pond_zone_local(t.t_s, &t.offset_s, zone);
    pond_buf b = POND_BUF_EMPTY;
    size_t bad_at;
    POND_ASSERT(tera_strftime(&b, POND_SV("%+"), &t, &bad_at));
    return pond_tera_give(c, &b, out);
}

FUNCTION(throw) {
    (void)out;
    pond_value given;
    pond_sv message = POND_SV("");
    POND_TRY(pond_tera_need(c, args, "message", &given));
    POND_TRY(pond_tera_arg_string(c, args, "message", &message));
    if (message.n == 0 || message.p[0] == '\0') // an error needs a message
        return pond_fail(c->err, POND_ERR_TEMPLATE, "function 'throw': the message is empty");
    return pond_fail(c->err, POND_ERR_TEMPLATE, "%.*s", POND_SV_ARG(message));
}

// A random number below n. Numbers above the last whole multiple of n are drawn again, so that all
// results are equally likely.
static pond_code draw(pond_tera_call *c, uint64_t n, uint64_t *out) {
    uint64_t most = UINT64_MAX - UINT64_MAX % n;
    do {
        ssize_t got;
        while ((got = getrandom(out, sizeof *out, 0)) < 0 && errno == EINTR)
            ;
        if (got != (ssize_t)sizeof *out) // so few bytes are never cut short
            return pond_fail_errno(c->err, POND_TERA_CALL_FMT ": cannot get random bytes",
                                   POND_TERA_CALL_ARG(c));
    } while (*out >= most);
    *out %= n;
    return POND_OK;
}

FUNCTION(get_random) {
    const pond_tera_int_range any = {INT64_MIN, INT64_MAX};
    int64_t start = 0, end = 0;
    uint64_t drawn;
    pond_value given;
    POND_TRY(pond_tera_need(c, args, "end", &given));
    POND_TRY(pond_tera_arg_int(c, args, "start", any, &start));
    POND_TRY(pond_tera_arg_int(c, args, "end", any, &end));
    if (start >= end)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": start must be less than end, got %lld and %lld",
                         POND_TERA_CALL_ARG(c), (long long)start, (long long)end);
    POND_TRY(draw(c, (uint64_t)end - (uint64_t)start, &drawn));
    *out = pond_int((int64_t)((uint64_t)start + drawn));
    return POND_OK;
}

FUNCTION(get_env) {
    pond_value given;
    pond_sv name = POND_SV("");
    POND_TRY(pond_tera_need(c, args, "name", &given));
    POND_TRY(pond_tera_arg_string(c, args, "name", &name));
    const char *text = getenv(pond_cstr(c->arena, name));
    const pond_value *fallback = pond_tera_arg(args, "default");
    if (text != NULL)
        *out = pond_string(pond_sv_dup(c->arena, pond_sv_of(text)));
    else if (fallback != NULL)
        *out = *fallback;
    else
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": there is no environment variable '%.*s'; "
                                            "give the argument 'default' for that case",
                         POND_TERA_CALL_ARG(c), POND_SV_ARG(name));
    return POND_OK;
}
