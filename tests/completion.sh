#!/bin/bash
# Completes command lines in fish and zsh, as a person at a terminal does; bash is tested in tests/cli/completion.test.
set -u
cd "$(dirname "$0")/.." || exit 1
command -v pond >/dev/null || PATH="$PWD/build:$PATH"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export POND=$scratch/pond HOME=$scratch HISTFILE=/dev/null
passed=0 failed=0 skipped=0

pond init && pond mkdir -p '/sensors/a b' /sensors/ünï /site && cd "$scratch" && touch "y z.csv" || exit 1

expect() { # WHAT WANTED GOT
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: expected\n%s\ngot\n%s\n' "$1" "$2" "$3"
    fi
}

in_fish() {
    fish --no-config -c 'pond completion fish | source; complete -C $argv[1]' -- "$1" 2>&1 | cut -f1
}

# Types a line and the tab key in an interactive zsh of its own, and prints the line that this gives.
in_zsh() {
    zsh -f -c '
        zmodload zsh/zpty
        zpty shell "TERM=dumb PS1=\"> \" zsh -f -i"
        zpty -w shell "autoload -U compinit; compinit -u -D; . <(pond completion zsh)"
        zpty -w shell "show() { print -r -- \"<\$BUFFER>\"; BUFFER=; zle accept-line }; zle -N show; bindkey ^X show; print re""ady"
        zpty -r -m shell line "*ready*"
        zpty -w -n shell "$1"$'"'\\t\\x18'"'
        zpty -r -m shell line "*<*>*"
        line=${line##*<} && print -r -- "${line%%>*}"
        zpty -d shell' zsh "$1" 2>&1 | tr -d '\r'
}

if command -v fish >/dev/null; then
    expect "fish: commands" $'list\nlist-factories' "$(in_fish 'pond lis')"
    expect "fish: nodes" $'/sensors/' "$(in_fish 'pond cat /se')"
    expect "fish: a name with a blank, in quotes" '/sensors/a b/' "$(in_fish "pond cat '/sensors/a")"
    expect "fish: the value of an option" '--table-format=delta' "$(in_fish 'pond export --table-format=d')"
    expect "fish: a URL" 'csv:///sensors/' "$(in_fish 'pond cat csv:///se')"
    expect "fish: a file of the host" 'y z.csv' "$(in_fish 'pond copy y')"
else
    echo "fish is not installed: its completion is not tested"
    skipped=$((skipped + 1))
fi
if command -v zsh >/dev/null; then
    expect "zsh: a command" 'pond describe ' "$(in_zsh 'pond desc')"
    expect "zsh: nodes" 'pond cat /sensors/' "$(in_zsh 'pond cat /se')"
    expect "zsh: a name with a blank" 'pond cat /sensors/a\ b/' "$(in_zsh 'pond cat /sensors/a')"
    expect "zsh: the value of an option" 'pond export --table-format=delta ' "$(in_zsh 'pond export --table-format=d')"
    expect "zsh: a URL" 'pond cat csv:///sensors/' "$(in_zsh 'pond cat csv:///se')"
    expect "zsh: a file of the host" 'pond copy y\ z.csv ' "$(in_zsh 'pond copy y')"
else
    echo "zsh is not installed: its completion is not tested"
    skipped=$((skipped + 1))
fi

echo "$passed passed, $failed failed$( ((skipped)) && echo ", $skipped skipped")"
((failed == 0))
