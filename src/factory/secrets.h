// secrets: values of environment variables that a config refers to. They are stored nowhere and must
// be seen nowhere: not in a message, not in the log of the pond.
#ifndef POND_FACTORY_SECRETS_H
#define POND_FACTORY_SECRETS_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct pond_secret {
    pond_sv name, value;
} pond_secret;
typedef POND_VEC(pond_secret) pond_secret_vec;

// Shorter values are no secrets: "1", "main". To hide them would garble every message.
enum { POND_SECRET_MIN = 5 };

// Appends a text in which each value of a secret is ${env:NAME} again.
void pond_secrets_hide(const pond_secret_vec *secrets, pond_sv text, pond_buf *out);
// The same for all texts of an error, which may be NULL.
void pond_secrets_hide_in_error(const pond_secret_vec *secrets, pond_err *err);

#endif
