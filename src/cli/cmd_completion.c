// completion: prints the script with which a shell completes command lines.
#include "cli/cli.h"
#include "cli/output.h"

// The scripts, a line each. Made by the Makefile.
static const char *const bash[] = {
#include "completion.bash.inc"
};
static const char *const zsh[] = {
#include "completion.zsh.inc"
};
static const char *const fish[] = {
#include "completion.fish.inc"
};

static const struct {
    const char *shell;
    const char *const *lines;
    size_t n;
} scripts[] = {
    {"bash", bash, sizeof bash / sizeof *bash},
    {"zsh", zsh, sizeof zsh / sizeof *zsh},
    {"fish", fish, sizeof fish / sizeof *fish},
};

static pond_code run_completion(cli *c, pond_err *err) {
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (!pond_sv_is(c->args[0], scripts[i].shell))
            continue;
        for (size_t j = 0; j < scripts[i].n; j++)
            cli_printf(c, "%s\n", scripts[i].lines[j]);
        return POND_OK;
    }
    return pond_fail(err, POND_ERR_USAGE,
                     "there is a script for bash, zsh and fish, not for '%.*s'",
                     POND_SV_ARG(c->args[0]));
}

const cli_command cli_completion = {
    .name = "completion",
    .args = "bash|zsh|fish",
    .min_args = 1,
    .max_args = 1,
    .pond = CLI_NO_POND,
    .summary = "Print the script that completes command lines in a shell",
    .details =
        "The tab key then completes commands, options and their values, paths of the pond, URLs "
        "and files.\n"
        "`make install` and the Debian package install the scripts; otherwise a shell reads one "
        "when it starts:\n"
        "  ~/.bashrc                    . <(pond completion bash)\n"
        "  ~/.zshrc, after compinit     . <(pond completion zsh)\n"
        "  ~/.config/fish/config.fish   pond completion fish | source",
    .example = "pond completion bash > ~/.local/share/bash-completion/completions/pond",
    .run = run_completion,
};
