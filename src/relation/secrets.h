// secrets: values of environment variables that a config refers to. They are stored nowhere and must
// be seen nowhere: not in a message, not in the log of the pond. A session knows those of all configs
// that were read in it (pond_session_secrets).
#ifndef POND_RELATION_SECRETS_H
#define POND_RELATION_SECRETS_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct pond_secret {
    pond_sv name, value;
} pond_secret;
typedef POND_VEC(pond_secret) pond_secret_vec;

// Shorter values are no secrets: "1", "main". To hide them would garble every message.
enum { POND_SECRET_MIN = 5 };

// Adds a value, once. Of one of several lines, such as a key, each line is a secret: messages show
// the line that they are about. `name` and `value` are copied to `a`.
void pond_secrets_add(pond_arena *a, pond_secret_vec *secrets, pond_sv name, pond_sv value);
// In the next two, NULL for `secrets` is none. Appends a text in which each value of a secret is ${env:NAME} again. The start of a
// value is one, too, where the text ends: messages are cut.
void pond_secrets_hide(const pond_secret_vec *secrets, pond_sv text, pond_buf *out);
// The same for all texts of an error, which may be NULL.
void pond_secrets_hide_in_error(const pond_secret_vec *secrets, pond_err *err);

#endif
