#!/bin/bash
# Man pages say what the program says: each command has a page, with its options, and formatters have nothing to complain of.
set -u
cd "$(dirname "$0")/.." || exit 1
command -v pond >/dev/null || PATH="$PWD/build:$PATH"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0

expect() { # WHAT WANTED GOT
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: expected\n%s\ngot\n%s\n' "$1" "$2" "$3"
    fi
}
# The options in a page as help prints them, in one form.
options() { grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'; }

commands=$(pond help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
for command in '' $commands; do
    page=$scratch/pond${command:+-$command}.1
    pond help --man $command >"$page" || failed=$((failed + 1))
    for formatter in 'groff -ww -man -Tutf8' 'mandoc -Tlint -Wstyle'; do
        if command -v "${formatter%% *}" >/dev/null; then
            # What is printed is the page for groff, and complaints for mandoc.
            complaints=$($formatter "$page" 2>&1 >"$scratch/text")
            [ "${formatter%% *}" = mandoc ] && complaints+=$(<"$scratch/text") || cp "$scratch/text" "$scratch/page"
            expect "$formatter of pond $command" "" "$complaints"
        else
            skipped=$((skipped + 1))
        fi
    done
    if [ -s "$scratch/page" ]; then
        expect "options of pond $command" "$(pond help $command | options)" \
            "$(sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g; s/‐/-/g' "$scratch/page" | sed -n '/OPTIONS$/,$p' | options)"
    fi
done
expect "an alias has the page of its command" "$(pond help --man list)" "$(pond help --man ls)"
expect "what is no command has no page" "64" "$(pond help --man csv 2>/dev/null; echo $?)"
((skipped)) && echo "groff or mandoc is not installed: some pages were not checked"
echo "$passed passed, $failed failed$( ((skipped)) && echo ", $skipped skipped")"
((failed == 0))
