#!/bin/bash
# Follows docs/tutorial.md: runs its ```sh blocks in order, in one shell and a fresh directory, and compares what each
# prints with the ```text block behind it, where an ellipsis stands for any text.
set -u
cd "$(dirname "$0")/.."

page=$PWD/docs/tutorial.md
command -v pond >/dev/null || PATH="$PWD/build:$PATH"
export DATA=$PWD/examples/air-quality/data
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/work" && cd "$scratch/work" || exit 1

passed=0 failed=0 line_no=0 begin=0 kind='' block=''

verdict() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "docs/tutorial.md:$begin: $2; it printed:"
        sed 's/^/    /' "$scratch/output"
    fi
}

finish_block() {
    case $kind in
    sh)
        eval "$block" >"$scratch/output" 2>&1
        verdict $? "the commands failed"
        ;;
    text)
        local expected=${block%$'\n'} pattern
        pattern=$(printf '%s' "$expected" | sed 's/[][*?\\]/\\&/g; s/…/*/g')
        # shellcheck disable=SC2053 # it is meant as a pattern
        [[ $(<"$scratch/output") == $pattern ]]
        verdict $? "the output is not what the page says"
        ;;
    esac
}

while IFS= read -r line <&3; do
    line_no=$((line_no + 1))
    if [[ $line == '```' ]]; then
        finish_block
        kind='' block=''
    elif [[ $line == '```'* ]]; then
        kind=${line#'```'} begin=$line_no
    elif [ -n "$kind" ]; then
        block+=$line$'\n'
    fi
done 3<"$page"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
