# What the scripts of commands share: `. tests/fault/lib.sh`, from the project's root. BUILD and CC are those of make.
#
# Builds faultfs ($shim), puts the program into PATH and makes the directory $work, which goes with the script.
build=${BUILD:-build} cc=${CC:-gcc}
case $build in /*) ;; *) build=$PWD/$build ;; esac
export PATH="$build:$PATH"
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm
work=$(mktemp -d "${TMPDIR:-/tmp}/pond-fault-XXXXXX")
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT
shim=$work/faultfs.so
$cc -std=c17 -D_GNU_SOURCE -O2 -fPIC -shared tests/fault/faultfs.c -o "$shim"
total=0

# A pond with a series, the rows that come next, and a node.
printf 'timestamp,flow\n2024-01-01 00:00:00,1\n2024-01-02 00:00:00,2\n' >"$work/a.csv"
printf 'timestamp,flow\n2024-01-03 00:00:00,3\n' >"$work/b.csv"
cat >"$work/reduce.yaml" <<'END'
in_pattern: "/*.series"
out_pattern: "$0"
time_column: timestamp
resolutions: [1d]
aggregations: [{type: sum}]
END
prepare="pond init; pond copy -q 'host+csv+series://$work/a.csv' /flow.series"

# Breaks a command with each fault, as run.sh says; $prepare and $state are its PREPARE and STATE.
break_it() { # NAME COMMAND FAULT…
    echo "$1"
    said=$(tests/fault/run.sh "$shim" "$prepare" "$2" "$state" "${@:3}")
    sed '$d' <<<"$said"
    last=${said##*$'\n'}
    total=$((total + ${last%% *}))
}
