#!/bin/bash
# Compares docs/commands.md with what the program prints about itself, and looks for each factory in the lists of README.md
# and docs/factories.md, and for each page in the index of docs/.
cd "$(dirname "$0")/.." || exit 1
command -v pond >/dev/null || PATH="$PWD/build:$PATH"
passed=0 failed=0
if pond help --markdown | diff -u docs/commands.md -; then
    passed=1
else
    echo "docs/commands.md differs from 'pond help --markdown'; to update it: pond help --markdown > docs/commands.md"
    failed=1
fi
for factory in $(pond list-factories | sed -n 's/^  \([a-z-]*\) - .*/\1/p'); do
    for page in README.md docs/factories.md; do
        # The list of the second one comes before its first section.
        if sed '/^## What all configs share/,$d' $page | grep -q "\`$factory\`"; then
            passed=$((passed + 1))
        else
            echo "the list of factories in $page has no '$factory'"
            failed=$((failed + 1))
        fi
    done
done
for page in docs/*.md; do
    if [ "$page" = docs/README.md ] || grep -q "](${page#docs/})" docs/README.md; then
        passed=$((passed + 1))
    else
        echo "docs/README.md does not list ${page#docs/}"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
((failed == 0))
