#!/bin/bash
# Checks what the sources say to people: an option that a message names exists in the command whose message it is, and
# only src/cli/output.c, which knows what a terminal must not get, writes names and values to the streams of the program.
set -u
cd "$(dirname "$0")/.." || exit 1
command -v pond >/dev/null || PATH="$PWD/build:$PATH"

passed=0 failed=0
complain() {
    failed=$((failed + 1))
    echo "$1"
}

# The options of a command and the global ones, a line each.
options() { pond help ${1:+"$1"} | grep -oE '^ +(-[a-z], +)?--[a-z-]+' | grep -oE -- '--[a-z-]+'; }
commands=$(pond help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
queries="cat copy describe export mknod"
declare -A has
for o in $(options ''); do
    for c in $commands; do has[$c$o]=1; done
done
for c in $commands; do
    for o in $(options "$c"); do has[$c$o]=1; done
done

# The commands that print the messages of a file; "any": some command does.
commands_of() {
    case $1 in
    src/cli/cmd_help.c) echo any ;;
    src/cli/cmd_*) basename "$1" .c | sed 's/cmd_//; s/_/-/g' ;;
    src/cli/copy*) echo copy ;;
    src/cli/cat*) echo cat ;;
    src/export/*) echo export ;;
    src/engine/*) echo "$queries" ;;
    src/factory/journal_ingest.c | src/factory/hydrovu.c) ;; # options of journalctl, and of an action
    *) echo any ;;
    esac
}

check() { # FILE:LINE OPTION TEXT
    local where=$1 option=$2 text=$3 named c
    named=$(sed -nE "s/.*pond ($(echo $commands | tr ' ' '|')) [^\"\`]*$option.*/\1/p" <<<"$text")
    for c in ${named:-$(commands_of "${where%%:*}")}; do
        if [ "$c" = any ]; then
            grep -q -- " [a-z-]*$option " <<<" ${!has[*]} " && continue
        elif [ -n "${has[$c$option]-}" ]; then
            continue
        fi
        complain "$where: names $option, which '$c' does not have"
        return
    done
    passed=$((passed + 1))
}

while IFS= read -r line; do
    where=$(cut -d: -f1,2 <<<"$line") text=${line#*:*:}
    for option in $(grep -oE -- '--[a-z][a-z-]*' <<<"$text"); do check "$where" "$option" "$text"; done
done < <(grep -rnE '^[^/]*"[^"]*--[a-z]' src --include='*.c')

strays=$(grep -nE '\b(v?f?printf|fputs|puts|putchar|putc|fwrite|pond_err_print) ?\(' src/cli/*.c |
    grep -vE '^src/cli/(output|screen|help|export_print|cmd_version)\.c')
strays+=$(grep -nE '\bcli_screen_write ?\(' src/cli/*.c | grep -vE '^src/cli/(output|screen|table|grid|cmd_list)\.c')
[ -z "$strays" ] && passed=$((passed + 1)) || complain "$strays
  names and values are printed by src/cli/output.h and table.h, which make their control characters visible"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
