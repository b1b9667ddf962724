// Asks the HydroVu API, and reads its answers.
#include "factory/hydrovu_api.h"

#include <math.h>

enum { MAX_PAGES = 100000 };

static pond_arena *arena_of(const hydrovu_api *api) {
    return pond_session_arena(api->session);
}

// Requests ----------------------------------------------------------------------------------------

static pond_code refuse(pond_arena *a, const pond_http_request *request, int status,
                        const char *where, pond_err *err) {
    pond_fail(err, POND_ERR_IO, "HTTP %s from HydroVu API (%s)", pond_http_status_text(a, status),
              where);
    if (request->is_post && (status == 400 || status == 401 || status == 403))
        pond_err_detail(err, "  the service does not take these credentials: 'client_id' and "
                             "'client_secret' of the config");
    else if (status == 404)
        pond_err_detail(err,
                        "  a device that is gone there is left out with 'active: false' in the "
                        "config, and a wrong 'address' has nothing at all");
    return POND_ERR_IO;
}

// `where` is what is asked for in messages: "location 4711, page 2".
static pond_code send(hydrovu_api *api, pond_http_request *request, const char *where,
                      pond_http_reply *reply, pond_value *answer, pond_err *err) {
    pond_arena *a = arena_of(api);
    pond_buf body = POND_BUF_EMPTY;
    request->shown = pond_svf(a, "HydroVu API (%s)", where);
    pond_code rc = pond_http_send(api->http, a, request, (pond_http_body){-1, &body}, reply, err);
    pond_sv text = pond_buf_keep(a, &body);
    POND_TRY(rc);
    if (reply->status != 200)
        return refuse(a, request, reply->status, where, err);
    pond_err why;
    if (pond_json_parse(a, text, "the answer", answer, &why) != POND_OK)
        return pond_fail(err, POND_ERR_INVALID,
                         "the HydroVu API (%s) answers with something that is no JSON", where);
    if (answer->kind != POND_OBJECT)
        return pond_fail(err, POND_ERR_INVALID,
                         "the HydroVu API (%s) answers with %s, and not with an object", where,
                         pond_kind_name(*answer));
    return POND_OK;
}

static pond_code get(hydrovu_api *api, pond_sv path, const char *where, pond_sv page,
                     pond_http_reply *reply, pond_value *answer, pond_err *err) {
    pond_arena *a = arena_of(api);
    const pond_http_header headers[] = {
        {POND_SV("Authorization"), pond_svf(a, "Bearer %.*s", POND_SV_ARG(api->token)), false},
        {POND_SV("x-isi-start-page"), page, false},
    };
    pond_http_request request = {
        .url = pond_svf(a, "%.*s%.*s", POND_SV_ARG(api->address), POND_SV_ARG(path)),
        .headers = headers,
        .n_headers = page.n > 0 ? 2 : 1,
    };
    return send(api, &request, where, reply, answer, err);
}

static void write_escaped(pond_buf *b, pond_sv text) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_plain)
            pond_buf_char(b, (char)c);
        else
            pond_buf_printf(b, "%%%02X", c);
    }
}

static pond_sv escaped(pond_arena *a, pond_sv text) {
    pond_buf b = POND_BUF_EMPTY;
    write_escaped(&b, text);
    return pond_buf_keep(a, &b);
}

// RFC 6749, 2.3.1 and 4.4: the credentials of the client are those of basic authentication.
static pond_code get_token(hydrovu_api *api, pond_err *err) {
    pond_arena *a = arena_of(api);
    pond_http_reply reply;
    pond_value answer;
    pond_http_request request = {
        .url = pond_svf(a, "%.*soauth/token", POND_SV_ARG(api->address)),
        .user = escaped(a, api->id),
        .password = escaped(a, api->secret),
        .is_post = true,
        .body = POND_SV("grant_type=client_credentials&scope=read%3Alocations+read%3Adata"),
    };
    POND_TRY(send(api, &request, "token", &reply, &answer, err));
    if (!pond_get_string(answer, "access_token", &api->token) || api->token.n == 0 ||
        pond_http_header_flaw(POND_SV("Authorization"), api->token) != NULL)
        return pond_fail(err, POND_ERR_INVALID, "the HydroVu API (token) answers without a token");
    pond_secrets_add(a, api->report->secrets, POND_SV("token"), api->token);
    return POND_OK;
}

static pond_value names_in(pond_value answer, const char *key) {
    const pond_value *names = pond_get_object(answer, key);
    return names == NULL ? pond_null() : *names;
}

pond_code hydrovu_open(hydrovu_api *api, pond_err *err) {
    pond_http_reply reply;
    pond_value answer;
    POND_TRY(get_token(api, err));
    POND_TRY(
        get(api, POND_SV("v1/sispec/friendlynames"), "names", POND_SV(""), &reply, &answer, err));
    api->parameters = names_in(answer, "parameters");
    api->units = names_in(answer, "units");
    if (api->parameters.kind == POND_NULL || api->units.kind == POND_NULL)
        return pond_fail(err, POND_ERR_INVALID,
                         "the HydroVu API (names) answers without 'parameters' and 'units'");
    return POND_OK;
}

// Pages -------------------------------------------------------------------------------------------

typedef POND_VEC(hydrovu_reading) reading_vec;

typedef struct page {
    hydrovu_api *api;
    const char *where;
    hydrovu_readings *to; // for its columns
    reading_vec found;
    int64_t start_s;         // what is earlier was not asked for
    int64_t first_s, last_s; // of the page
} page;

static pond_code fail_page(const page *p, const char *what, pond_err *err) {
    return pond_fail(err, POND_ERR_INVALID, "the answer of the HydroVu API (%s) %s", p->where,
                     what);
}

// An id is a text, or a number.
static pond_sv id_of(const page *p, pond_value parameter, const char *key) {
    pond_sv text = POND_SV("");
    const pond_value *v = pond_get_lit(parameter, key);
    if (v != NULL && v->kind == POND_INT)
        return pond_svf(arena_of(p->api), "%lld", (long long)v->i);
    (void)pond_get_string(parameter, key, &text);
    return text;
}

static pond_sv name_of(pond_value names, pond_sv id) {
    const pond_value *name = pond_get(names, id);
    return name != NULL && name->kind == POND_STRING && name->n > 0 ? pond_value_sv(*name) : id;
}

static size_t find_column(const page *p, pond_sv name) {
    hydrovu_readings *to = p->to;
    for (size_t i = 0; i < to->columns.n; i++)
        if (pond_sv_eq(to->columns.items[i], name))
            return i;
    *pond_vec_push(arena_of(p->api), &to->columns) = name;
    return to->columns.n - 1;
}

static pond_code read_reading(page *p, size_t column, pond_value r, pond_err *err) {
    const pond_value *time = pond_get_lit(r, "timestamp"), *value = pond_get_lit(r, "value");
    if (time == NULL || time->kind != POND_INT || time->i < 0 || time->i > INT64_MAX / 2000000)
        return fail_page(p, "has a reading without a time in seconds", err);
    if (value == NULL || (value->kind != POND_NULL && !pond_is_number(*value)))
        return fail_page(p, "has a reading without a number", err);
    if (time->i < p->first_s)
        p->first_s = time->i;
    if (time->i > p->last_s)
        p->last_s = time->i;
    if (value->kind != POND_NULL && time->i >= p->start_s)
        *pond_vec_push(arena_of(p->api), &p->found) =
            (hydrovu_reading){time->i, column, pond_number(*value)};
    return POND_OK;
}

static pond_code read_parameter(page *p, pond_value parameter, pond_err *err) {
    pond_sv id = id_of(p, parameter, "parameterId"), unit = id_of(p, parameter, "unitId");
    const pond_value *readings = pond_get_array(parameter, "readings");
    if (id.n == 0 || unit.n == 0 || readings == NULL)
        return fail_page(p, "has a parameter without 'parameterId', 'unitId' or 'readings'", err);
    if (readings->n == 0)
        return POND_OK;
    pond_sv name =
        pond_svf(arena_of(p->api), "%.*s.%.*s", POND_SV_ARG(name_of(p->api->parameters, id)),
                 POND_SV_ARG(name_of(p->api->units, unit)));
    size_t column = find_column(p, name);
    for (size_t i = 0; i < readings->n; i++)
        POND_TRY(read_reading(p, column, readings->items[i], err));
    return POND_OK;
}

static pond_code read_page(page *p, pond_value answer, int64_t location, pond_err *err) {
    const pond_value *parameters = pond_get_array(answer, "parameters");
    p->first_s = INT64_MAX;
    p->last_s = INT64_MIN;
    if (parameters == NULL)
        return fail_page(p, "has no list 'parameters'", err);
    if (pond_get_int(answer, "locationId", location) != location)
        return fail_page(p, "is about another location", err);
    for (size_t i = 0; i < parameters->n; i++)
        POND_TRY(read_parameter(p, parameters->items[i], err));
    return POND_OK;
}

// Takes what was found up to a time.
static void take(page *p, int64_t end_s) {
    for (size_t i = 0; i < p->found.n; i++) {
        const hydrovu_reading *r = &p->found.items[i];
        if (r->time_s > end_s)
            continue;
        *pond_vec_push(arena_of(p->api), &p->to->all) = *r;
        if (r->time_s > p->to->last_s)
            p->to->last_s = r->time_s;
    }
}

// The latest time of the pages that were read, and whether they have as many readings as are wanted.
typedef struct progress {
    int64_t most, seen_s;
    bool is_enough;
} progress;

// Takes a page. True if nothing after it is wanted.
static bool take_page(page *p, progress *so_far) {
    if (so_far->is_enough && p->first_s < so_far->seen_s) {
        // Pages go by parameter: only all of them together are complete up to any time.
        so_far->is_enough = false;
        so_far->most = INT64_MAX;
    }
    take(p, so_far->is_enough ? so_far->seen_s : INT64_MAX);
    if (so_far->is_enough && p->last_s > so_far->seen_s)
        return true;
    if (p->last_s > so_far->seen_s)
        so_far->seen_s = p->last_s;
    so_far->is_enough = so_far->most != INT64_MAX && (int64_t)p->to->all.n >= so_far->most;
    return false;
}

pond_code hydrovu_read(hydrovu_api *api, int64_t location, int64_t start_s, int64_t most,
                       hydrovu_readings *out, bool *is_all, pond_err *err) {
    pond_arena *a = arena_of(api);
    pond_sv path = pond_svf(a, "v1/locations/%lld/data?startTime=%lld", (long long)location,
                            (long long)start_s);
    pond_sv at = POND_SV("");
    progress so_far = {.most = most, .seen_s = INT64_MIN};
    *out = (hydrovu_readings){.last_s = INT64_MIN};
    for (int number = 1; number <= MAX_PAGES; number++) {
        pond_http_reply reply;
        pond_value answer;
        page p = {.api = api, .to = out, .start_s = start_s};
        p.where = pond_printf(a, "location %lld, page %d", (long long)location, number);
        POND_TRY(get(api, path, p.where, at, &reply, &answer, err));
        POND_TRY(read_page(&p, answer, location, err));
        *is_all = !take_page(&p, &so_far);
        pond_sv next = pond_http_header_of(&reply, "x-isi-next-page");
        if (!*is_all || next.n == 0)
            return POND_OK;
        if (pond_sv_eq(next, at))
            return fail_page(&p, "names itself as the next page", err);
        at = next;
    }
    return pond_fail(err, POND_ERR_LIMIT, "location %lld of the HydroVu API has more than %d pages",
                     (long long)location, (int)MAX_PAGES);
}
