#!/bin/bash
# Compares docs/commands.md with what the program prints about itself.
cd "$(dirname "$0")/.." || exit 1
command -v pond >/dev/null || PATH="$PWD/build:$PATH"
if pond help --markdown | diff -u docs/commands.md -; then
    echo "1 passed, 0 failed"
else
    echo "docs/commands.md differs from 'pond help --markdown'; to update it: pond help --markdown > docs/commands.md"
    echo "0 passed, 1 failed"
    exit 1
fi
