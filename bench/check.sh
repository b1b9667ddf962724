#!/bin/bash
# Counts the instructions of small workloads, and compares them with those of bench/instructions.tsv: bench/check.sh BUILD
# [update]. (`make bench-check`, `make bench-check UPDATE=1`.)
#
# Counts vary far less than times: these hardly do from run to run. They are those of our own program and of the query
# engine, in the main thread, and of a first export also in its worker: the libraries of the system choose other code on other
# processors, and the thread that watches queries runs as long as they take. A workload fails when it takes more than its
# tolerance beyond what was recorded; where it takes that much less, the file should be written again.
set -eu
cd "$(dirname "$0")/.."

build=$(cd "$1" && pwd)
recorded=$PWD/bench/instructions.tsv
command -v valgrind >/dev/null || { echo "bench/check.sh: valgrind is missing (scripts/bootstrap --lint)" >&2 && exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
node bench/cases.mjs "$scratch/cases"
cd "$scratch"

# Nothing of the caller's environment, and the same addresses each time. What OpenSSL and the C library find out about the
# processor decides which of their functions run, and how often ours are called by them.
fixed() {
    env -i HOME="$scratch" PATH="$build:/usr/bin:/bin" POND="$scratch/pond" LC_ALL=C.UTF-8 TZ=UTC OPENSSL_ia32cap=0 \
        GLIBC_TUNABLES=glibc.malloc.arena_max=1 setarch -R "$@"
}

# The sum of the lines of costs that belong to our objects. Lines after `calls=` are those of callees.
own_instructions() {
    awk '
        /^c?ob=/ {
            id = $1; sub(/^c?ob=/, "", id)
            if (NF > 1) { path = $0; sub(/^[^ ]* /, "", path); is_ours[id] = path ~ /\/(pond|tera-bench|libduckdb\.so)$/ }
            if (/^ob=/) here = is_ours[id]
        }
        /^c?fn=/ { # hashing is linked into our program, and is still code of a library
            id = $1; sub(/^c?fn=/, "", id)
            if (NF > 1) is_hash[id] = $2 ~ /^sha256_block/
            if (/^fn=/) hashes = is_hash[id]
        }
        /^calls=/ { is_callee = 1; next }
        /^[-+*0-9]/ { if (!is_callee && here && !hashes) sum += $2; is_callee = 0 }
        END { printf "%.0f\n", sum }' "$1"
}

# count NAME COMMAND…
declare -A counts
names=()
count() {
    local name=$1
    shift
    rm -f counted*
    if ! fixed valgrind --tool=callgrind --separate-threads=yes --callgrind-out-file=counted "$@" >log 2>&1; then
        cat log >&2
        exit 1
    fi
    counts[$name]=$(own_instructions counted-01)
    names+=("$name")
}

# The same with the thread that works most beside the main thread.
count_worker() {
    local file n most=0
    count "$@"
    for file in counted-*; do
        [ "$file" != counted-01 ] || continue
        n=$(own_instructions "$file")
        [ "$n" -le "$most" ] || most=$n
    done
    counts[$1]=$((counts[$1] + most))
}

# The data ------------------------------------------------------------------------------------------

# Two weeks and a half by the minute.
awk 'BEGIN {
    print "timestamp,Dock.level.m,Dock.flow.m"
    for (i = 0; i < 5000; i++) {
        n = i * 5
        printf "2024-%02d-%02dT%02d:%02d:00Z,%.2f,%d\n", int(n / 40320) + 1, int(n / 1440) % 28 + 1, int(n / 60) % 24, n % 60,
            i * 7919 % 10007 / 100, i * 31 % 997
    }
}' >rows.csv
for ((i = 0; i < 100; i++)); do
    mkdir -p "tree/d$i"
    for ((k = 0; k < 30; k++)); do echo "$i $k" >"tree/d$i/f$k.txt"; done
done
fixed pond init
fixed pond copy -q tree /tree
fixed pond copy -q "host+csv+series://$scratch/rows.csv" /one.series
fixed pond copy -q /one.series "host://$scratch/copied"
mv copied/one.series rows.parquet
mkdir many
for ((i = 0; i < 200; i++)); do ln rows.parquet "many/s$i.series"; done
fixed pond copy -q many /many
cp -a pond kept

# The workloads -------------------------------------------------------------------------------------

count template-parse tera-bench --runs 40 cases/parse-page.json
count template-render tera-bench --runs 5 cases/big-table.json cases/teams.json cases/page.json cases/export-page.json
count list pond list -l '/**'
count export-dry-run pond export -p '/many/*.series' --dir out --temporal year,month --jobs 1 --dry-run
count_worker export pond export -p '/many/*.series' --dir out --temporal year,month --jobs 1 --quiet
count export-unchanged pond export -p '/many/*.series' --dir out --temporal year,month --jobs 1
count ingest-csv pond copy -q "host+csv+series://$scratch/rows.csv" /csv.series
rm -rf pond && mv kept pond
count ingest-parquet pond copy -q "host+series://$scratch/rows.parquet" /parquet.series

# The table -----------------------------------------------------------------------------------------

machine="$(uname -m), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $("${CC:-gcc}" --version | head -n 1)"
if [ "${2-}" = update ]; then
    {
        echo "# Instructions of our program and of the query engine; see bench/check.sh. Recorded on $machine."
        echo "# workload	instructions	tolerance in %"
        for name in "${names[@]}"; do
            tolerance=$(awk -F '\t' -v name="$name" '$1 == name { print $3 }' "$recorded" 2>/dev/null || true)
            printf '%s\t%s\t%s\n' "$name" "${counts[$name]}" "${tolerance:-3}"
        done
    } >instructions.tsv
    mv instructions.tsv "$recorded"
fi
printf '%-18s %15s %15s %8s\n' "" recorded now change
status=0
for name in "${names[@]}"; do
    awk -F '\t' -v name="$name" -v now="${counts[$name]}" '
        $1 == name { was = $2; tolerance = $3 }
        END {
            if (was == "") { printf "%-18s %15s %15d\n", name, "", now; exit 1 }
            change = (now / was - 1) * 100
            is_more = change > tolerance
            advice = is_more ? "  too much: more than " tolerance "%" : change < -tolerance ? "  make bench-check UPDATE=1" : ""
            printf "%-18s %15d %15d %+7.2f%%%s\n", name, was, now, change, advice
            exit is_more
        }' "$recorded" || status=1
done
if [ $status -ne 0 ]; then
    echo "Recorded on: $(sed -n '1s/.*Recorded on //p' "$recorded")"
    echo "This machine: $machine"
fi
exit $status
