// Replaces the values of secrets by their names.
#include "factory/secrets.h"

// The longest secret that `rest` begins with, so that one that begins with another is not cut.
static const pond_secret *secret_at(const pond_secret_vec *secrets, pond_sv rest) {
    const pond_secret *found = NULL;
    for (size_t i = 0; i < secrets->n; i++) {
        const pond_secret *s = &secrets->items[i];
        if (s->value.n >= POND_SECRET_MIN && pond_sv_starts(rest, s->value) &&
            (found == NULL || s->value.n > found->value.n))
            found = s;
    }
    return found;
}

void pond_secrets_hide(const pond_secret_vec *secrets, pond_sv text, pond_buf *out) {
    for (size_t i = 0; i < text.n;) {
        const pond_secret *s = secret_at(secrets, pond_sv_sub(text, i, text.n));
        if (s == NULL) {
            pond_buf_char(out, text.p[i++]);
            continue;
        }
        pond_buf_printf(out, "${env:%.*s}", POND_SV_ARG(s->name));
        i += s->value.n;
    }
}

static void hide_in(const pond_secret_vec *secrets, char *text, size_t room) {
    pond_buf shown = POND_BUF_EMPTY;
    pond_secrets_hide(secrets, pond_sv_of(text), &shown);
    snprintf(text, room, "%s", shown.p == NULL ? "" : shown.p);
    pond_buf_free(&shown);
}

void pond_secrets_hide_in_error(const pond_secret_vec *secrets, pond_err *err) {
    if (err == NULL || secrets->n == 0)
        return;
    hide_in(secrets, err->msg, sizeof err->msg);
    hide_in(secrets, err->detail, sizeof err->detail);
    for (size_t i = 0; i < err->n_ctx; i++)
        hide_in(secrets, err->ctx[i], sizeof err->ctx[i]);
}
