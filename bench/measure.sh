# Functions of the scripts that measure commands. GNU time measures memory.

# The current directory gets the files `measured` and `log`.
#
# measure COMMAND…: prints its seconds and kilobytes: "2.1503 103000"
measure() {
    local start_us=${EPOCHREALTIME/[.,]/} end_us
    if ! /usr/bin/time -f %M -o measured "$@" >log 2>&1; then
        cat log >&2
        exit 1
    fi
    end_us=${EPOCHREALTIME/[.,]/}
    awk -v us=$((end_us - start_us)) 'END { printf "%.4f %d\n", us / 1e6, $1 }' measured
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

report() { printf '%-58s %8.3f s  %4d MB\n' "$1" "$2" $(($3 / 1024)); }

# report_medians LABEL FILE: of a file with a line of `measure` for each run
report_medians() { report "$1" "$(awk '{ print $1 }' "$2" | median)" "$(awk '{ print $2 }' "$2" | median)"; }

# ratio A B FIELD: the median of the ratios of the pairs, of times (1) or memory (2)
ratio() { paste -d' ' "$1" "$2" | awk -v field="$3" '{ print $field / $(field + 2) }' | median; }

report_ratios() { printf '%-58s %8.2f    %4.2f\n' "    ratio of times, of memory" "$(ratio "$1" "$2" 1)" "$(ratio "$1" "$2" 2)"; }

# Ten years by the minute, twelve columns: noise, which compresses badly, and slow waves.
# minutes INSTRUMENT FROM TO: a SELECT of those minutes since 2014
minutes() {
    echo "SELECT TIMESTAMP '2014-01-01' + to_minutes(i) AS timestamp, 10 + 5 * sin(i / 1440.0) + random() AS \"$1.A.C\",
          20 + random() AS \"$1.B.C\", random() * 100 AS \"$1.C.C\", sin(i / 100.0) AS \"$1.D.C\",
          round(random() * 10, 2) AS \"$1.E.C\", (i % 1440)::DOUBLE AS \"$1.F.C\", random() AS \"$1.G.C\",
          random() AS \"$1.H.C\", random() AS \"$1.I.C\", random() AS \"$1.J.C\", random() AS \"$1.K.C\",
          random() AS \"$1.L.C\" FROM range($2, $3) t(i)"
}
# Five years, four rows a day, two columns.
# quarters N: the N-th series
quarters() {
    echo "SELECT TIMESTAMP '2019-01-01' + to_hours(6 * i) AS timestamp, sin(i + $1) AS x, cos(i + $1) AS y FROM range(7304) t(i)"
}

# write SELECT FILE: below $scratch
write() { engine-copy 2 "$scratch" "COPY ($1) TO '$scratch/$2' (FORMAT parquet, COMPRESSION zstd)"; }
