// Paths of the host.
#include "cli/host.h"

#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

char *cli_host_path(cli *c, pond_sv url_path) {
    return pond_printf(c->arena, "%s%.*s", c->host_dir, POND_SV_ARG(url_path));
}

pond_code cli_plain_host_path(cli *c, pond_sv typed, char **out, pond_err *err) {
    return pond_path_absolute(c->arena, pond_cstr(c->arena, typed), out, err);
}

const char *cli_input_name(pond_sv typed) {
    return pond_sv_is(typed, "-") ? "/dev/stdin" : typed.p;
}

// URLs --------------------------------------------------------------------------------------------

// Appends a path as a URL writes it, so that no character of it is taken for another part.
static void append_url_path(pond_buf *out, pond_sv path) {
    for (size_t i = 0; i < path.n; i++)
        if (strchr("%?#*", path.p[i]) != NULL)
            pond_buf_printf(out, "%%%02X", (unsigned char)path.p[i]);
        else
            pond_buf_char(out, path.p[i]);
}

static void propose_absolute(pond_sv scheme, pond_sv rest, pond_err *err) {
    char *cwd = getcwd(NULL, 0);
    if (cwd == NULL)
        return;
    pond_buf url = POND_BUF_EMPTY;
    if (pond_sv_starts(rest, POND_SV("./")))
        rest = pond_sv_sub(rest, 2, rest.n);
    append_url_path(&url, pond_sv_of(cwd));
    pond_err_detail(err, "  for a file of the current directory: %.*s://%s/%.*s",
                    POND_SV_ARG(scheme), url.n == 1 ? "" : url.p, POND_SV_ARG(rest));
    pond_buf_free(&url);
    free(cwd);
}

pond_code cli_url_parse(cli *c, pond_sv text, pond_url *out, pond_err *err) {
    pond_code rc = pond_url_parse(c->arena, text, out, err);
    ptrdiff_t at = pond_sv_find(text, POND_SV("://"));
    if (rc == POND_OK || !out->is_host || at < 0 || c->host_dir[0] != '\0')
        return rc;
    pond_sv rest = pond_sv_sub(text, (size_t)at + 3, text.n);
    if (rest.n > 0 && strchr("/?#", rest.p[0]) == NULL)
        propose_absolute(pond_sv_sub(text, 0, (size_t)at), rest, err);
    return rc;
}
