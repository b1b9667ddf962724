#!/bin/bash
# A pond above the working directory is taken only if the user or root owns it. Only root can make files of others.
set -u
cd "$(dirname "$0")/.." || exit 1
command -v pond >/dev/null || PATH="$PWD/build:$PATH"
if [ "$(id -u)" != 0 ]; then
    echo "not root: the owner of a pond is not tested"
    echo "0 passed, 0 failed, 1 skipped"
    exit
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset POND SUDO_UID
passed=0 failed=0 other=12345

expect() { # WHAT WANTED GOT
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: expected\n%s\ngot\n%s\n' "$1" "$2" "$3"
    fi
}
# What is said of PATH, of which the pond is POND.
refusal() {
    printf "pond: the pond '%s' was found above the working directory, but '%s' belongs to another user (%s)\n" "$2" "$1" $other
    printf "  a pond's configs can read your environment; if you trust it, name it: --pond '%s'" "$2"
}
list() { (cd "$1" && shift && env "$@" pond list 2>&1); }

cd "$scratch" && mkdir site && pond init --pond site/p && pond --pond site/p mkdir /a && echo p >site/.pond-root || exit 1
expect "root's own" 1 "$(list site/p | grep -c '/a$')"
for file in site/p/pond.db site/p; do
    chown $other $file
    expect "$file of another" "$(refusal "$scratch/$file" "$scratch/site/p")" "$(list site/p)"
    expect "$file of another, through the file" "$(refusal "$scratch/$file" "$scratch/site/p")" "$(list site)"
    expect "$file of who called sudo" 1 "$(list site/p SUDO_UID=$other | grep -c '/a$')"
    expect "$file of another than who called sudo" "$(refusal "$scratch/$file" "$scratch/site/p")" "$(list site/p SUDO_UID=1)"
    expect "$file of another, named" 1 "$(list site/p POND="$scratch/site/p" | grep -c '/a$')"
    expect "$file of another, completed" "" "$(cd site/p && pond __complete list / 2>&1)"
    chown 0 $file
done
for file in site site/.pond-root; do
    chown $other $file
    expect "$file of another" "$(refusal "$scratch/$file" "$scratch/site")" "$(list site)"
    chown 0 $file
done

# A user who is not root takes root's pond, which is not writable, and their own.
chmod 755 "$scratch"
if command -v setpriv >/dev/null; then
    as_other() { (cd "$1" && setpriv --reuid=$other --regid=$other --clear-groups "$(command -v pond)" list 2>&1 | grep -c '/a$'); }
    chmod -R a+rX site
    expect "root's pond, of a user" 1 "$(as_other site)"
    chown -R $other site
    expect "a user's own pond" 1 "$(as_other site)"
fi
echo "$passed passed, $failed failed"
((failed == 0))
