// __complete: answers the scripts of `pond completion`. It takes the words of a command line and
// prints what the last one may become, a line each: the word, and after a tab what it is.
#include "cli/complete.h"

#include "cli/output.h"

static pond_code run_complete(cli *c, pond_err *err) {
    (void)err;
    cli_candidate_vec found;
    cli_complete(c, c->args, c->n_args, &found);
    for (size_t i = 0; i < found.n; i++)
        cli_printf(c, "%.*s%s%.*s\n", POND_SV_ARG(found.items[i].text),
                   found.items[i].help.n > 0 ? "\t" : "", POND_SV_ARG(found.items[i].help));
    return POND_OK;
}

const cli_command cli_complete_words = {
    .name = "__complete",
    .args = "WORDS...",
    .max_args = -1,
    .pond = CLI_NO_POND,
    .summary = "Print what the last word may become",
    .example = "pond __complete list /sen",
    .run = run_complete,
};
