#!/bin/bash
# Measures pond beside the program that it follows, Watertown (before: DuckPond), written in Rust:
#
#     PEER=/path/to/pond bench/original.sh [all|quick]
#
# Both do the same with the same files, each in a pond of its own, and take turns. Prints the medians, and the median of the
# ratios of the pairs. Where they did not write the same rows there is no ratio but the difference, and exit status 1. `quick`
# uses a tenth of the rows and fewer runs.
#
# PEER may be another build of pond too. BUILD is the directory of the binaries, by default build. The peer wants a `timestamp`
# column that cannot be NULL, which needs PYTHON, a Python that has pyarrow (that of `make test-interop` is found).
set -eu
cd "$(dirname "$0")/.."

fail() { echo "bench/original.sh: $1" >&2 && exit 2; }
[ -n "${PEER:-}" ] || fail "set PEER to the program to compare with: PEER=/path/to/pond make bench-original"
[ -f "$PEER" ] && [ -x "$PEER" ] || fail "PEER is '$PEER', which is no program"
build=$(cd "${BUILD:-build}" && pwd)
python=
for candidate in "${PYTHON:-python3}" "$build/interop/venv/bin/python"; do
    [ -n "$python" ] || ! "$candidate" -c 'import pyarrow' 2>/dev/null || python=$candidate
done
[ -n "$python" ] || fail "set PYTHON to a Python that has pyarrow, or make that of the tests: tests/interop/install ${BUILD:-build}/interop"
case ${1-all} in
all) years=10 runs=3 many="40 200" ;;
quick) years=1 runs=1 many="40" ;;
*) fail "usage: bench/original.sh [all|quick]" ;;
esac
here=$PWD/bench
. bench/measure.sh
PATH="$build:$PATH"
declare -A program=([ours]=$build/pond [peer]=$(realpath "$PEER"))
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/ours" "$scratch/peer"
status=0

# on SIDE COMMANDS: runs shell commands in the directory of a side, where `pond` is its program. `measure` can be one of them.
on() {
    (
        set -f # patterns are for ponds
        cd "$scratch/$1"
        export POND=$PWD/pond program=${program[$1]}
        pond() { "$program" "$@" >log 2>&1 || { cat log >&2 && exit 1; }; }
        eval "$2"
    )
}
both() { on ours "$1" && on peer "$1"; }

# failed WHY: for the case that is measured
failed() { echo "    no ratio: $1" && status=1; }

# sums SIDE FILES [DISTINCT]: writes counts and sums of all values in Parquet files, nothing if there are no files. The values of
# partitions count, the name of the resolution does not.
sums() {
    engine-copy 2 "$scratch" "COPY (UNPIVOT (SELECT count(*)::VARCHAR AS rows, sum(epoch_us(timestamp))::VARCHAR AS timestamp,
        fsum(COLUMNS(c -> c NOT IN ('timestamp', 'res'))::DOUBLE)::VARCHAR
        FROM (SELECT $3 * FROM read_parquet('$scratch/$1/$2', hive_partitioning = true, union_by_name = true)))
        ON COLUMNS(*) ORDER BY name) TO '$scratch/$1/sums' (FORMAT csv, HEADER false)" ||
        : >"$scratch/$1/sums"
}
# Sums of floats depend on their order. All else is the same as text.
same_sums() {
    paste -d, "$scratch/ours/sums" "$scratch/peer/sums" | awk -F, '
        function abs(x) { return x < 0 ? -x : x }
        $1 == $3 && ($2 == $4 || ($2 $4 ~ /[.e]/ && abs($2 - $4) <= 1e-9 * (abs($2) + abs($4)))) { next }
        { print "    ours: " $1 " " $2 "; peer: " $3 " " $4; bad = 1 }
        END { exit bad || NR == 0 }'
}

# pair LABEL PREPARE COMMAND FILES [DISTINCT]: measures COMMAND, a program with its arguments, on both sides. FILES are the
# Parquet files that it wrote; DISTINCT compares rows without duplicates.
pair() {
    local label=$1 i side
    rm -f "$scratch"/*/times
    for ((i = 0; i < runs; i++)); do
        for side in ours peer; do
            on $side "$2"
            on $side "measure \$program $3 >>times" || { failed "$label: the command of $side fails" && return; }
        done
    done
    report_medians "$label: pond" "$scratch/ours/times"
    report_medians "$label: the original" "$scratch/peer/times"
    both "${prove:-true}"
    sums ours "$4" "${5:-}"
    sums peer "$4" "${5:-}"
    if same_sums; then
        report_ratios "$scratch/ours/times" "$scratch/peer/times"
    else
        failed "the rows differ"
    fi
}

# One large series ----------------------------------------------------------------------------------

cd "$scratch"
n=$((years * 525600))
write "$(minutes North 0 $n)" North.parquet
"$python" "$here/not_null.py" North.parquet
prove="rm -rf copied; pond copy '/raw/*' host://\$PWD/copied" \
    pair "copy a series of $n rows, 12 columns" 'rm -rf pond; pond init --birthplace bench; pond mkdir /raw' \
    "copy host+series://$scratch/North.parquet /raw/North.series" copied/raw/North.series
both 'rm -r copied'
cat >reduced.yaml <<'END'
in_pattern: series:///raw/*.series
out_pattern: "$0"
time_column: timestamp
resolutions: [1h, 6h, 1d]
aggregations: [{type: avg}, {type: min}, {type: max}, {type: count, columns: ["*"]}]
END
both 'pond mknod temporal-reduce /reduced --config-path ../reduced.yaml'
by_month="--temporal year,month --dir"
# The original keeps reductions in its pond. It also leaves the files of an earlier export beside those that it writes again.
pair "by month" 'rm -rf raw' "export -p /raw/*.series $by_month raw" 'raw/**/*.parquet'
pair "by month, nothing changed" true "export -p /raw/*.series $by_month raw" 'raw/**/*.parquet' DISTINCT
both 'rm -r raw'
pair "at 1h, 6h and 1d by month" 'rm -rf reduced pond/cache' "export -p /reduced/*/*.series $by_month reduced" 'reduced/**/*.parquet'
pair "at 1h, 6h and 1d, nothing changed" true "export -p /reduced/*/*.series $by_month reduced" 'reduced/**/*.parquet' DISTINCT
rm -rf ours/* peer/* North.parquet

# Many small series ---------------------------------------------------------------------------------

mkdir all
for ((i = 0; i < ${many##* }; i++)); do write "$(quarters "$i")" "all/s$i.series"; done
"$python" "$here/not_null.py" all/*
both 'pond init --birthplace bench'
for count in $many; do
    mkdir "m$count"
    for ((i = 0; i < count; i++)); do ln "all/s$i.series" "m$count"; done
    both "pond copy host://$scratch/m$count /m$count"
    pair "$count series of 60 months" 'rm -rf out' "export -p /m$count/*.series $by_month out" 'out/**/*.parquet'
done
exit $status
