# What the scripts of commands share: `. tests/fault/lib.sh`, from the project's root. BUILD and CC are those of make.
#
# Builds faultfs ($shim), puts the program into PATH and makes the directory $work, which goes with the script.
build=${BUILD:-build} cc=${CC:-gcc}
case $build in /*) ;; *) build=$PWD/$build ;; esac
shim=$build/tests/faultfs.so
export PATH="$build:$PATH"
mkdir -p "$build/tests"
$cc -std=c17 -D_GNU_SOURCE -O2 -fPIC -shared tests/fault/faultfs.c -o "$shim"
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm
work=$(mktemp -d "${TMPDIR:-/tmp}/pond-fault-XXXXXX")
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT
total=0

# Breaks a command with each fault, as run.sh says; $prepare and $state are its PREPARE and STATE.
break_it() { # NAME COMMAND FAULT…
    echo "$1"
    said=$(tests/fault/run.sh "$shim" "$prepare" "$2" "$state" "${@:3}")
    sed '$d' <<<"$said"
    last=${said##*$'\n'}
    total=$((total + ${last%% *}))
}
