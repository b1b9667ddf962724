// Bounds of requests, and credentials.
#include "factory/fetch.h"

#include "base/file.h"
#include "base/near.h"

static void note(void *user, const char *text) {
    pond_report_say(user, "%s", text);
}

pond_code factory_http_open(const factory_bounds *bounds, pond_report *report, const char *asker,
                            pond_http **out, pond_err *err) {
    enum { REDIRECTS = 5 };
    pond_sv ca = bounds->ca_file;
    if (ca.n > 0 && !pond_sv_starts(ca, POND_SV("/")))
        return pond_fail(err, POND_ERR_INVALID,
                         "the path '%.*s' of 'ca_file' is not absolute: a run may begin in any "
                         "directory",
                         POND_SV_ARG(ca));
    if (ca.n > 0 && !pond_path_exists(pond_cstr(report->arena, ca))) {
        pond_fail(err, POND_ERR_NOT_FOUND, "there is no file '%.*s' ('ca_file')", POND_SV_ARG(ca));
        pond_near_path(err, pond_cstr(report->arena, ca));
        return POND_ERR_NOT_FOUND;
    }
    const pond_http_bounds b = {
        .timeout_us = bounds->timeout_us,
        .wait_us = bounds->wait_us,
        .longest_wait_us = bounds->longest_wait_us,
        .tries = bounds->tries,
        .redirects = REDIRECTS,
        .max_bytes = bounds->max_bytes,
        .ca_file = ca.n > 0 ? pond_cstr(report->arena, ca) : NULL,
    };
    return pond_http_open(&b, (pond_http_notes){note, report}, asker, out, err);
}

pond_code factory_refuse_reply(pond_session *s, pond_sv shown, const pond_http_reply *reply,
                               pond_err *err) {
    pond_code rc = reply->status == 404 ? POND_ERR_NOT_FOUND : POND_ERR_IO;
    pond_fail(err, rc, "%.*s: the server answers %s", POND_SV_ARG(shown),
              pond_http_status_text(pond_session_arena(s), reply->status));
    if (reply->status == 401 || reply->status == 403)
        pond_err_detail(err, "  it wants to know who asks, or refuses who does: 'user' with "
                             "'password', or 'headers', of the config");
    else if (reply->status == 404 || reply->status == 410)
        pond_err_detail(err, "  is 'url' of the config right? What came in before stays");
    return rc;
}

// Credentials -------------------------------------------------------------------------------------

// "${env:NAME}", or the same after a word and a blank.
static bool is_reference(pond_sv text) {
    ptrdiff_t blank = pond_sv_find_char(text, ' ');
    if (blank > 0)
        text = pond_sv_sub(text, (size_t)blank + 1, text.n);
    pond_sv open = POND_SV("${env:");
    return pond_sv_starts(text, open) && pond_sv_find_char(text, '}') == (ptrdiff_t)text.n - 1 &&
           pond_sv_find(text, POND_SV(":-")) < 0 && text.n > open.n + 1;
}

pond_code factory_check_credential(const pond_conf *written, const char *file_key, pond_err *err) {
    if (written == NULL || written->value.kind == POND_NULL || is_reference(written->text))
        return POND_OK;
    // No caret: the line has the credential.
    pond_fail_at(err, POND_ERR_INVALID, written->file, written->key_line, written->key_column,
                 "'%.*s' must be an environment reference without a default, as ${env:NAME}, so "
                 "that the pond does not hold it",
                 POND_SV_ARG(written->key));
    pond_err_detail(err, "  or name a file that holds it, with '%s'", file_key);
    return POND_ERR_INVALID;
}

pond_code factory_read_credential(pond_run *r, pond_sv path, pond_sv *out, pond_err *err) {
    enum { MAX_BYTES = 1 << 16 };
    pond_buf raw = POND_BUF_EMPTY;
    pond_arena *a = pond_session_arena(r->session);
    if (!pond_sv_starts(path, POND_SV("/")))
        return pond_fail(err, POND_ERR_INVALID,
                         "the path '%.*s' of a credential is not absolute: a run may begin in any "
                         "directory",
                         POND_SV_ARG(path));
    pond_code rc = pond_file_read(pond_cstr(a, path), &raw, err);
    if (rc == POND_OK) {
        *out = pond_sv_dup(a, pond_sv_trim(pond_buf_view(&raw)));
        if (out->n == 0 || raw.n > MAX_BYTES)
            rc = pond_fail(err, POND_ERR_INVALID, "'%.*s' holds no credential", POND_SV_ARG(path));
        else
            pond_secrets_add(a, r->report->secrets, path, *out);
    }
    pond_buf_free(&raw);
    return rc;
}

// Paths -------------------------------------------------------------------------------------------

pond_code factory_check_pond_path(pond_arena *a, const pond_conf *at, pond_sv *path,
                                  pond_err *err) {
    pond_sv rest = *path, name;
    bool has_name = false;
    while (pond_sv_split(&rest, '/', &name)) {
        const char *flaw = name.n == 0 ? NULL : pond_name_flaw(name);
        if (flaw != NULL)
            return pond_conf_fail(at, err, "'%.*s' is no path in the pond: the name '%.*s' %s",
                                  POND_SV_ARG(*path), POND_SV_ARG(name), flaw);
        has_name |= name.n > 0;
    }
    if (!has_name)
        return pond_conf_fail(at, err, "'%.*s' cannot be empty", POND_SV_ARG(at->key));
    if (!pond_sv_starts(*path, POND_SV("/")))
        *path = pond_svf(a, "/%.*s", POND_SV_ARG(*path));
    return POND_OK;
}
