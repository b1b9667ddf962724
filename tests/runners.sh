#!/bin/bash
# Tests the test runners: tests/runners.sh BUILD. They must report a failure as one, run what is selected, and fail when
# they run no test.
set -u
cd "$(dirname "$0")/.."
build=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# expect NAME STATUS TEXT COMMAND...: the command ends with the status and prints a line that matches TEXT.
expect() {
    local name=$1 status=$2 text=$3 got=0
    shift 3
    "$@" >"$scratch/output" 2>&1 || got=$?
    if [ $got = "$status" ] && grep -qE -e "$text" "$scratch/output"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: exit status $got, expected $status and a line that matches '$text'; it printed:"
        sed 's/^/    /' "$scratch/output"
    fi
}

# cases STATUS TEXT LINE...: runs cli-cases on one case with these lines.
cases() {
    local name=$1 status=$2 text=$3
    shift 3
    printf '%s\n' '=== a case' '--- run' "$@" >"$scratch/x.test"
    expect "cli-cases: $name" "$status" "$text" "$build/cli-cases" "$build" "$scratch/x.test"
}
cases "a case that passes" 0 '^1 passed, 0 failed$' 'echo a' '--- stdout' 'a'
cases "wrong output" 1 '^0 passed, 1 failed$' 'echo a' '--- stdout' 'b'
cases "a command that fails before the last one" 1 '^0 passed, 1 failed$' 'false' 'true'
cases "a wrong exit status" 1 'exit status 3, expected 0' 'exit 3'
cases "&& is refused" 2 'x.test:4: .*&&' 'true' 'true && true'
cases "&& over two lines is refused" 2 'x.test:4: .*&&' "echo 'a" "b' && true"
cases "&& with || is accepted" 0 '^1 passed' 'false && true || true'
cases "&& of a condition is accepted" 0 '^1 passed' 'if true && true; then true; fi'
cases "&& in quotes is accepted" 0 '^1 passed' "echo 'a && b' \"c && d\""
cases "&& in a here-document is accepted" 0 '^1 passed' "cat <<'END'" "it's a && b" 'END'
cases "! is refused" 2 'x.test:3: .*!' '! true'
expect "cli-cases: a selection" 0 '^1 passed, 0 failed$' \
    "$build/cli-cases" "$build" --only 'an empty file' tests/cli/copy-in.test
expect "cli-cases: an empty selection" 1 "no case has 'no such case'" \
    "$build/cli-cases" "$build" --only 'no such case' tests/cli/copy-in.test

arena=$build/tests/base-test_arena
printf '#!/bin/sh\necho "1 passed, 1 failed"\nexit 1\n' >"$scratch/fails.sh"
printf '#!/bin/sh\necho "2 passed, 0 failed"\n' >"$scratch/good.sh"
printf '#!/bin/sh\necho "2 passed, 0 failed"\nkill -SEGV $$\n' >"$scratch/dies.sh"
printf '#!/bin/sh\necho "0 passed, 0 failed"\n' >"$scratch/empty.sh"
chmod +x "$scratch"/*.sh
expect "run: no program" 1 '^0 passed, 1 failed$' tests/run
expect "run: sums" 1 '^3 passed, 1 failed$' tests/run "$scratch/good.sh" "$scratch/fails.sh"
expect "run: a program that dies" 1 '^2 passed, 1 failed$' tests/run "$scratch/dies.sh"
expect "run: a program that tests nothing" 1 '^0 passed, 1 failed$' tests/run "$scratch/empty.sh"
expect "run: a program that does not exist" 1 '^0 passed, 1 failed$' tests/run "$scratch/missing.sh"
expect "run: an unknown option" 64 "unknown option '--olny'" tests/run --olny x "$scratch/good.sh"
expect "run --only: a script" 0 '^2 passed, 0 failed$' tests/run --only good "$scratch/good.sh" "$scratch/fails.sh"
expect "run --only: a script that dies" 1 '^2 passed, 1 failed$' tests/run --only dies "$scratch/dies.sh" "$arena"
expect "run --only: a unit test" 0 '^1 passed, 0 failed$' tests/run --only 'large one' "$arena" "$scratch/fails.sh"
expect "run --only: a file of unit tests" 0 '^[2-9] passed, 0 failed$' tests/run --only 'test arena' "$arena"
expect "run --only: a template case" 0 '^1 passed, 0 failed$' \
    tests/run --only 'null prints nothing' "$build/tests/tera-test_core_cases" "$arena"
expect "run --only: nothing" 1 "no test, case or script has 'no such test' in its name" \
    tests/run --only 'no such test' "$arena" "$scratch/good.sh" "$build/cli-cases $build tests/cli/copy-in.test"
expect "run --only: nothing is one failure" 1 '^0 passed, 1 failed$' tests/run --only 'no such test' "$arena"

# page STATUS TEXT: follows the page on standard input.
page() {
    cat >"$scratch/page.md"
    expect "follow: $1" "$2" "$3" tests/docs/follow "$scratch/page.md"
}
page "output as printed" 0 '^2 passed, 0 failed$' <<<$'```sh\necho one two\n```\n```text\none …\n```'
page "other output" 1 '^1 passed, 1 failed$' <<<$'```sh\necho one\n```\n```text\ntwo\n```'
page "a command that fails before the last one" 1 '^0 passed, 1 failed$' <<<$'```sh\nfalse\ntrue\n```'

echo "$passed passed, $failed failed"
((failed == 0))
