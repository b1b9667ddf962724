// Explains names that templates miss.
#include "cli/page.h"

#include "tera/tera.h"

#include <string.h>

void cli_explain_undefined(const char *exported, pond_err *err) {
    pond_sv name;
    if (!pond_tera_err_undefined(err, &name))
        return;
    if (pond_sv_is(name, "export") || pond_sv_is(name, "stages"))
        pond_err_detail(err, "  %s", exported);
    else if (strstr(err->msg, "did you mean") == NULL &&
             strstr(err->msg, "here; a function") == NULL)
        pond_err_detail(err, "  `-v %.*s=VALUE` gives it a value", POND_SV_ARG(name));
}
