#!/bin/bash
# Measures reading a CSV of 5 million rows, beside the query engine's own read_csv with the types given:
#   bench/text.sh [quick]
# quick: a tenth of the rows. PAIRS: how many pairs of runs (5).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/measure.sh"
build=$(cd "$root" && realpath "${BUILD:-build}")
pond=$build/pond pairs=${PAIRS:-5} rows=5000000
[ "${1:-}" = quick ] && rows=500000
dir=$(mktemp -d "${TMPDIR:-/tmp}/pond-bench-text-XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
awk -v rows="$rows" 'BEGIN {
    srand(1)
    print "timestamp,site,temp,level,count,ph"
    for (i = 0; i < rows; i++)
        printf "%s,site%d,%.3f,%.15g,%d,%.2f\n", strftime("%Y-%m-%dT%H:%M:%S", 1388534400 + i * 60, 1), i % 7,
            10 + rand() * 5, rand() * 100, i % 1000, 7 + rand()
}' >big.csv
columns="{'timestamp': 'TIMESTAMP', 'site': 'VARCHAR', 'temp': 'DOUBLE', 'level': 'DOUBLE', 'count': 'BIGINT', 'ph': 'DOUBLE'}"
table="read_csv('$dir/big.csv', header = true, columns = $columns)"
sums="count(*), max(timestamp), max(site), sum(temp), sum(level), sum(count), sum(ph)"

# The catalog of the pond would know a file that was copied already.
ours() { rm -rf p && POND=p "$pond" init && POND=p "$pond" copy -q "host+csv+series://$dir/big.csv" /big.series; }
# pair LABEL A B: shell commands in turns, ours first
pair() {
    : >a && : >b
    for ((i = 0; i < pairs; i++)); do
        measure bash -c "$2" >>a
        measure bash -c "$3" >>b
    done
    report_medians "pond: $1" a
    report_medians "the engine: $1" b
    report_ratios a b
}
export -f ours
export pond dir build columns table sums
pair 'rows of CSV into a series' ours \
    '"$build/engine-copy" 2 "$dir" "COPY (FROM $table) TO '"'$dir/e.parquet'"' (FORMAT parquet, COMPRESSION zstd)"'
pair 'a query over all columns of CSV' '"$pond" cat "host+csv://$dir/big.csv" --sql "SELECT $sums FROM source" >/dev/null' \
    '"$build/engine-copy" 2 "$dir" "CREATE TABLE t AS SELECT $sums FROM $table"'
