#!/bin/bash
# Measures exports, and the query engine's own partitioned COPY on the same rows:
#
#     bench/export.sh [--record FILE.csv] [all|quick]
#
# --record adds the ratios to a file with the columns commit,date,case,ratio,peer: how many times as long the engine's COPY took.
#
# The two commands of a pair take turns, five times each, so that a machine whose speed drifts favours neither. Prints the
# medians, and the median of the ratios of the pairs. `quick` uses a tenth of the rows and three runs. Needs GNU time to
# measure memory. BUILD is the directory of the binaries, by default build.
set -eu
cd "$(dirname "$0")/.."

build=$(cd "${BUILD:-build}" && pwd)
PATH="$build:$PATH"
. bench/measure.sh
record=
if [ "${1-}" = --record ]; then
    record=$(realpath "$2")
    shift 2
    [ -s "$record" ] || echo commit,date,case,ratio,peer >"$record"
    # A commit has a + when what is measured has changes that are not in it.
    version=$(git rev-parse --short HEAD)$([ -z "$(git status --porcelain -- src)" ] || echo +),$(date -u +%F)
fi
years=10 runs=5 stations=250
case ${1-all} in
all) ;;
quick) years=1 runs=3 stations=40 ;;
*) echo "usage: bench/export.sh [--record FILE.csv] [all|quick]" >&2 && exit 64 ;;
esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export POND=$scratch/pond

# once LABEL COMMAND…
once() {
    local label=$1 result
    shift
    result=$(measure "$@")
    report "$label" ${result% *} ${result#* }
}

# pair CASE LABEL PREPARE A B: medians of A and B, and of A/B. PREPARE runs before each, not measured.
pair() {
    local name=$1 label=$2 prepare=$3 a=$4 b=$5 i
    rm -f a b
    for ((i = 0; i < runs; i++)); do
        eval "$prepare"
        measure bash -c "exec $a" >>a
        eval "$prepare"
        measure bash -c "exec $b" >>b
    done
    report_medians "$label: pond" a
    report_medians "$label: the engine's own COPY" b
    report_ratios a b
    [ -z "$record" ] || printf '%s,%s,%.2f,engine-copy\n' "$version" "$name" "$(ratio b a 1)" >>"$record"
}

hive="FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month)"
parts="year(timestamp) AS year, month(timestamp) AS month"

n=$((years * 525600))
pond init
pond mkdir /raw
write "$(minutes North 0 $n)" North.parquet
write "$(minutes South 0 $n)" South.parquet
write "$(minutes North $n $((n + 1440)))" day.parquet
once "store a series of $n rows, 12 columns" pond copy -q "host+series://$scratch/North.parquet" /raw/North.series
pond copy -q "host+series://$scratch/South.parquet" /raw/South.series

echo
for threads in 1 2; do
    pair "$years-years-$threads-threads" "(1) by month, $threads thread(s)" 'rm -rf raw hive' \
        "pond export -p /raw/North.series --dir raw --temporal year,month --jobs $threads" \
        "engine-copy $threads $scratch \"COPY (SELECT *, $parts FROM '$scratch/North.parquet') TO '$scratch/hive' ($hive)\""
done

cat >joined.yaml <<'END'
patterns: {n: series:///raw/North.series, s: series:///raw/South.series}
query: SELECT timestamp, n.* EXCLUDE (timestamp), s.* EXCLUDE (timestamp) FROM n FULL JOIN s USING (timestamp)
time_sliceable: true
END
cat >reduced.yaml <<'END'
in_pattern: series:///joined
out_pattern: both
time_column: timestamp
resolutions: [1h, 6h, 1d]
aggregations: [{type: avg}, {type: min}, {type: max}, {type: count, columns: ["*"]}]
END
pond mknod sql-derived-series /joined --config-path joined.yaml
pond mknod temporal-reduce /reduced --config-path reduced.yaml
aggregates=$(for s in North South; do for c in A B C D E F G H I J K L; do
    for f in avg min max; do printf '%s("%s.%s.C") AS "%s.%s.C.%s", ' $f $s $c $s $c $f; done; done; done)
{
    for width in 1 6 24; do
        echo "COPY (SELECT *, $parts FROM (SELECT time_bucket(INTERVAL $width HOUR, timestamp, TIMESTAMP '1970-01-01') AS
              timestamp, $aggregates count(*) AS \"timestamp.count\" FROM (SELECT timestamp, n.* EXCLUDE (timestamp),
              s.* EXCLUDE (timestamp) FROM '$scratch/North.parquet' n FULL JOIN '$scratch/South.parquet' s
              USING (timestamp)) GROUP BY 1)) TO '$scratch/hive/$width' ($hive)"
    done
} >three.sql
cat >three.sh <<'END'
mkdir -p hive
for i in 1 2 3; do engine-copy 2 "$PWD" "$(awk -v RS='COPY ' -v i=$i 'NR == i + 1 { print "COPY " $0 }' three.sql)"; done
END
pair "$years-years-joined-reduced" "(2) two series joined, at 1h, 6h and 1d by month" 'rm -rf reduced hive' \
    "pond export -p '/reduced/*/*.series' --dir reduced --temporal year,month --jobs 2" "bash three.sh"

echo
pond export -p /raw/North.series --dir raw --temporal year,month
pond export -p '/reduced/*/*.series' --dir reduced --temporal year,month
once "(4) the same export again, nothing changed" pond export -p /raw/North.series --dir raw --temporal year,month
pond copy -q "host+series://$scratch/day.parquet" /raw/North.series
once "(4) after appending one day: by month" pond export -p /raw/North.series --dir raw --temporal year,month
once "(4) after appending one day: joined, three resolutions" \
    pond export -p '/reduced/*/*.series' --dir reduced --temporal year,month
rm -rf raw reduced hive North.parquet South.parquet pond

echo
pond init
cat >page.yaml <<'END'
in_pattern: /pages/*.series
out_pattern: "$0.html"
template: |
  <!doctype html>
  <html lang="en"><head><meta charset="utf-8"><title>{{ title }}: {{ args[0] }}</title>
  <link rel="stylesheet" href="style.css"><script type="module" src="chart.js"></script></head>
  <body><nav><a href="index.html">{{ title }}</a></nav><h1>{{ args[0] | title }}</h1>
  <table><thead><tr><th>from</th><th>to</th><th>rows</th><th>bytes</th></tr></thead>
  {% for f in export[args[0]] -%}
  <tr><td><a href="{{ f.file }}">{{ f.start_time | timeformat(format="%Y-%m-%d") }}</a></td>
  <td>{{ f.end_time | timeformat(format="%Y-%m-%d") }}</td><td>{{ f.rows }}</td><td>{{ f.size }}</td></tr>
  {% endfor -%}
  </table>
  <dl>{% for name, fields in group(by="name", in=schema.fields) %}
  <dt>{{ name }} ({{ fields[0].unit }})</dt><dd>{% for f in fields %}{{ f.column }} {% endfor %}</dd>
  {%- endfor %}</dl>
  <script type="application/json">{{ export[args[0]] | to_json | safe }}</script>
  </body></html>
END
n_pages=$((40 * stations))
columns=$(for c in A B C D E F G H; do printf ', sin(i) AS "Dock.%s.C.avg"' $c; done)
write "SELECT TIMESTAMP '2019-01-01' + to_days(i * 90) AS timestamp $columns FROM range(8) t(i)" one.series
mkdir pages
for ((i = 0; i < n_pages; i++)); do ln one.series pages/p$i.series; done
pond copy -q pages /pages
once "(6) 20 lists of all $(pond list '/**' | wc -l) nodes" bash -c 'for i in {1..20}; do pond list "/**"; done'
pond mknod template /html --config-path page.yaml
pond export -p '/pages/*.series' --dir pages-out --temporal year
bytes=$(pond cat /html/p0.html --context pages-out -v title=Harbour | wc -c)
once "(5) the export set alone, nothing changed" pond export -p '/pages/*.series' --dir pages-out --temporal year
once "(5) with $n_pages pages of $bytes bytes" \
    pond export -p '/pages/*.series' -p '/html/*' --dir pages-out --temporal year -v title=Harbour
once "(5) again, nothing changed" \
    pond export -p '/pages/*.series' -p '/html/*' --dir pages-out --temporal year -v title=Harbour

# Last, as it removes many files: a file system may take longer for new ones after that.
echo
mkdir many
for ((i = 0; i < stations; i++)); do
    write "$(quarters "$i")" "many/s$i.series"
done
mkdir forty
for ((i = 0; i < 40; i++)); do
    ln "many/s$i.series" forty
    echo "COPY (SELECT *, $parts FROM read_parquet('$scratch/forty/s$i.series')) TO '$scratch/hive/s$i' ($hive)"
done >forty.sql
pond copy -q forty /forty
pond copy -q many /many
runs=3 pair "40-targets" "(3) 40 series by month, 60 partitions each" 'rm -rf forty-out hive; mkdir hive' \
    "pond export -p '/forty/*.series' --dir forty-out --temporal year,month --jobs 2" \
    "engine-copy 1 '$scratch' - <forty.sql"
rm -rf forty-out forty
cat >many.yaml <<'END'
in_pattern: series:///many/*.series
out_pattern: "$0"
time_column: timestamp
resolutions: [6h, 12h, 1d, 2d]
aggregations: [{type: avg}]
END
pond mknod temporal-reduce /reduced --config-path many.yaml
# What the engine does for the same files in one process: a partitioned COPY for each target.
for ((i = 0; i < stations; i++)); do
    for hours in 6 12 24 48; do
        bucket="time_bucket(INTERVAL '$hours hours', timestamp, TIMESTAMP '1970-01-01')"
        echo "COPY (SELECT $bucket AS timestamp, avg(x) AS \"x.avg\", avg(y) AS \"y.avg\", year($bucket) AS year," \
            "month($bucket) AS month FROM read_parquet('$scratch/many/s$i.series') GROUP BY ALL ORDER BY 1)" \
            "TO '$scratch/hive/s$i-$hours' ($hive)"
    done
done >many.sql
runs=3 pair "$((4 * stations))-targets-reduced" "(3) $((4 * stations)) targets of 60 partitions" 'rm -rf many-out hive; mkdir hive' \
    "pond export -p '/reduced/*/*.series' --dir many-out --temporal year,month --jobs 2" \
    "engine-copy 1 '$scratch' - <many.sql"
rm -rf hive
pond export -p '/reduced/*/*.series' --dir many-out --temporal year,month --quiet
for i in 1 2 3; do
    once "(3) again, nothing changed" pond export -p '/reduced/*/*.series' --dir many-out --temporal year,month
done
rm -rf many-out many
