#!/bin/bash
# Measures the main job on a series of ten years by the minute, 5.3 million rows of 12 columns: bench/export.sh [ROWS].
# Prints wall time and peak memory of each step; the memory only where GNU time is installed.
set -eu
cd "$(dirname "$0")/.."

rows=${1:-5300000}
command -v pond >/dev/null || PATH="$PWD/build:$PATH"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export POND=$scratch/pond

measure() {
    local label=$1 begin end memory=-
    shift
    begin=$(date +%s%N)
    if [ -x /usr/bin/time ]; then
        /usr/bin/time -f %M -o memory "$@" >log 2>&1 || { cat log; exit 1; }
        memory="$(($(<memory) / 1024)) MB"
    else
        "$@" >log 2>&1 || { cat log; exit 1; }
    fi
    end=$(date +%s%N)
    printf '%-48s %6d ms  %s\n' "$label" $(((end - begin) / 1000000)) "$memory"
}

# Rows FROM to TO of the series, a minute apart: smooth, noisy, stepped, and with holes.
series() {
    echo "SELECT TIMESTAMP '2014-01-01' + to_minutes(i) AS timestamp,
          sin(i / 229.0) AS \"Dock.A.C\", cos(i / 229.0) AS \"Dock.B.C\", (hash(i) % 1000) / 10.0 AS \"Dock.C.C\",
          (hash(i + 1) % 1000) / 10.0 AS \"Dock.D.C\", i / 1440 AS \"Dock.E.d\", i % 1440 AS \"Dock.F.min\",
          CASE WHEN i % 7 > 0 THEN sin(i / 40000.0) END AS \"Dock.G.C\", floor(i / 60.0) AS \"Dock.H.h\",
          sqrt(i) AS \"Dock.I.C\", (hash(i + 2) % 100) / 1.0 AS \"Dock.J.C\", ln(i + 1) AS \"Dock.K.C\"
          FROM range($1, $2) t(i)"
}

export_raw=(pond export -p '/raw/*.series' --dir raw --temporal year,month)
export_reduced=(pond export -p '/reduced/*/*.series' --dir reduced --temporal year,month)

pond init
pond mkdir /raw
echo 'x' >any.csv
cat >reduced.yaml <<'END'
in_pattern: series:///raw/*.series
out_pattern: "$0"
time_column: timestamp
resolutions: [1h, 6h, 1d, 7d]
aggregations: [{type: avg}, {type: min}, {type: max}, {type: count, columns: ["*"]}]
END
pond mknod temporal-reduce /reduced --config-path reduced.yaml

measure "copy in $rows rows" pond copy --sql "$(series 0 "$rows")" "host+csv+series://$PWD/any.csv" /raw/Dock.series
measure "export them by month" "${export_raw[@]}"
measure "again, nothing changed" "${export_raw[@]}"
measure "export 1h, 6h, 1d, 7d by month" "${export_reduced[@]}"
measure "again, nothing changed" "${export_reduced[@]}"
pond copy --sql "$(series "$rows" $((rows + 1440)))" "host+csv+series://$PWD/any.csv" /raw/Dock.series
measure "a day more: export by month" "${export_raw[@]}"
measure "a day more: export 1h, 6h, 1d, 7d by month" "${export_reduced[@]}"
