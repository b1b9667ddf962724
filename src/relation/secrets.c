// Replaces the values of secrets by their names.
#include "relation/secrets.h"

static bool is_known(const pond_secret_vec *secrets, pond_sv name, pond_sv value) {
    for (size_t i = 0; i < secrets->n; i++)
        if (pond_sv_eq(secrets->items[i].value, value) && pond_sv_eq(secrets->items[i].name, name))
            return true;
    return false;
}

static void add(pond_arena *a, pond_secret_vec *secrets, pond_sv name, pond_sv value) {
    if (value.n >= POND_SECRET_MIN && !is_known(secrets, name, value))
        *pond_vec_push(a, secrets) = (pond_secret){pond_sv_dup(a, name), pond_sv_dup(a, value)};
}

void pond_secrets_add(pond_arena *a, pond_secret_vec *secrets, pond_sv name, pond_sv value) {
    pond_sv rest = value, line;
    add(a, secrets, name, value);
    while (pond_sv_split(&rest, '\n', &line))
        add(a, secrets, name, pond_sv_trim(line));
}

// The longest secret that `rest` begins with, so that one that begins with another is not cut.
static const pond_secret *secret_at(const pond_secret_vec *secrets, pond_sv rest) {
    const pond_secret *found = NULL;
    for (size_t i = 0; secrets != NULL && i < secrets->n; i++) {
        const pond_secret *s = &secrets->items[i];
        bool is_cut = rest.n >= POND_SECRET_MIN && pond_sv_starts(s->value, rest);
        if ((is_cut || pond_sv_starts(rest, s->value)) &&
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
        i += s->value.n; // beyond the end, if it was cut
    }
}

static void hide_in(const pond_secret_vec *secrets, char *text, size_t room) {
    pond_buf shown = POND_BUF_EMPTY;
    pond_secrets_hide(secrets, pond_sv_of(text), &shown);
    snprintf(text, room, "%s", shown.p == NULL ? "" : shown.p);
    pond_buf_free(&shown);
}

void pond_secrets_hide_in_error(const pond_secret_vec *secrets, pond_err *err) {
    if (err == NULL || secrets == NULL || secrets->n == 0)
        return;
    hide_in(secrets, err->where.file, sizeof err->where.file);
    hide_in(secrets, err->msg, sizeof err->msg);
    hide_in(secrets, err->detail, sizeof err->detail);
    for (size_t i = 0; i < err->n_ctx; i++)
        hide_in(secrets, err->ctx[i], sizeof err->ctx[i]);
}
