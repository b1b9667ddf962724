// Errors of a render: raising them at their place, the chain of calls below them, and what a failed
// or unknown callee means.
#include "tera/render.h"

// Raising -----------------------------------------------------------------------------------------

static pond_code raise(tera_render *r, pond_code code, tera_place place, const char *fmt,
                       va_list args) {
    // A limit ends the render even where other failures count as false, so it is always reported.
    if (r->err == NULL || (r->is_quiet && code != POND_ERR_LIMIT))
        return code;
    char text[POND_ERR_MSG];
    vsnprintf(text, sizeof text, fmt, args);
    pond_fail(r->err, code, "%s", text);
    tera_point(r->err, r->text, place);
    return code;
}

pond_code tera_raise(tera_render *r, tera_place place, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_code code = raise(r, POND_ERR_TEMPLATE, place, fmt, args);
    va_end(args);
    return code;
}

pond_code tera_raise_limit(tera_render *r, tera_place place, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_code code = raise(r, POND_ERR_LIMIT, place, fmt, args);
    va_end(args);
    return code;
}

enum { MAX_CHAINED = 12 };

// A recursion would add the same line again and again; it is shown once.
void tera_chain(tera_render *r, const char *what, tera_place place) {
    if (r->is_quiet || r->err == NULL || r->n_chained > MAX_CHAINED)
        return;
    bool is_repeated = r->n_chained > 0 && r->chained_at == place.at && r->chained_in == r->text;
    if (is_repeated && r->is_chain_repeated)
        return;
    r->is_chain_repeated = is_repeated;
    r->chained_at = place.at;
    r->chained_in = r->text;
    if (is_repeated || ++r->n_chained > MAX_CHAINED) {
        pond_err_detail(r->err, is_repeated ? "and again" : "and so on");
        return;
    }
    pond_loc loc = tera_locate(r->text, place.at);
    pond_err_detail(r->err, "%s %s:%u:%u", what, loc.file, loc.line, loc.column);
}

// Limits ------------------------------------------------------------------------------------------

pond_code tera_out_of_steps(tera_render *r, tera_place place) {
    return tera_raise_limit(r, place, "the template needs more than %llu steps",
                            (unsigned long long)r->limits.max_steps);
}

pond_code tera_out_of_stack(tera_render *r, tera_place place) {
    return tera_raise_limit(r, place, "tags, macros and parentheses are nested too deep");
}

pond_code tera_out_of_memory(tera_render *r, tera_place place) {
    return tera_raise_limit(r, place, "the values of the template need more than %llu bytes",
                            (unsigned long long)r->limits.max_memory_bytes);
}

pond_code tera_out_of_output(tera_render *r, tera_place place) {
    return tera_raise_limit(r, place, "the output is longer than %llu bytes",
                            (unsigned long long)r->limits.max_output_bytes);
}

// Calls -------------------------------------------------------------------------------------------

pond_code tera_failed_call(tera_render *r, const tera_callee *c, pond_code code) {
    if (code == POND_ERR_LIMIT && r->is_quiet)
        return tera_raise_limit(r, c->place, "'%.*s' exceeded a limit", POND_SV_ARG(c->name));
    if (r->is_quiet || r->err == NULL || r->err->where.line != 0)
        return code;
    if (r->err->code == POND_OK)
        return tera_raise_limit(r, c->place, "'%.*s' failed", POND_SV_ARG(c->name));
    tera_point(r->err, r->text, c->place);
    return code;
}

pond_code tera_unknown_callee(tera_render *r, const tera_callee *c, const char *kind,
                              const tera_known_names *known, const char *otherwise) {
    if (r->is_quiet)
        return POND_ERR_TEMPLATE;
    const pond_sv *names;
    size_t n = tera_all_names(&r->arena, known->host, known->builtin, known->n_builtin, &names);
    const char *meant = tera_did_you_mean(&r->arena, c->name, names, n);
    return tera_raise(r, c->place, "unknown %s '%.*s'%s", kind, POND_SV_ARG(c->name),
                      meant[0] == '\0' ? otherwise : meant);
}
