#!/usr/bin/env bash
# Runs exports on failing disks. Run it from the project's root, after make; BUILD and CC are those of make. Arguments are faults
# as in run.sh; the default is a selection. /STEP after a fault stands for every STEP-th call instead of each.
#
# An export may leave some files old and some new, so it has its own rule: each file is whole, as it was before or as it is after,
# and the next export completes it.
set -eu
. tests/fault/lib.sh
faults=("$@") many_faults=("$@")
[ $# -gt 0 ] || faults=(kill:any eio:any enospc:write lose:any)
[ $# -gt 0 ] || many_faults=(kill:any/13 kill:rename/2 eio:write eio:fsync eio:rename/3 enospc:write enospc:mkdir/3 lose:any/13)

# Rows and a page --------------------------------------------------------------------------------------------------------

export POND=$work/pond
bash -c "$prepare; pond mknod temporal-reduce /reduced --config-path $work/reduce.yaml" >/dev/null
cat >"$work/page.yaml" <<'END'
in_pattern: "/*.series"
out_pattern: "$0.html"
template: "{{ export | to_json }}"
END
pond mknod template /pages --config-path "$work/page.yaml"
export=(pond export -p '/reduced/*/*.series' -p '/pages/*' --dir "$work/out" --temporal year,month,day --jobs 1)
manifest=.pond/manifest.json
names() { sed 's/^[^ ]*  //' "$work/$1"; }
files() { (cd "$work/out" && find . -type f -not -path './.pond/*' -exec sha256sum {} + | LC_ALL=C sort -k 2); }
"${export[@]}"
files >"$work/old"
cp -a "$work/out" "$work/prepared"
pond copy -q --again "host+csv+series://$work/b.csv" /flow.series
pond copy -q --again "host+csv+series://$work/b.csv" /flow.series
"${export[@]}"
files >"$work/new"

# break_export NAME CHECK FAULT…: runs "${export[@]}" on ./prepared once for each call that can fail, and CHECK after it.
break_export() {
    echo "$1"
    for each in "${@:3}"; do
        fault=${each%/*} step=1
        [ "$fault" = "$each" ] || step=${each##*/}
        for ((n = step; ; n += step)); do
            what="$1, $fault, call $n"
            rm -rf "$work/out" "$work"/fired*
            cp -a "$work/prepared" "$work/out"
            status=0
            { (LD_PRELOAD=$shim POND_FAULT=$fault:$n POND_FAULT_DIR=$work/out POND_FAULT_FIRED=$work/fired \
                exec "${export[@]}" >/dev/null 2>"$work/said"); } 2>/dev/null || status=$?
            [ -e "$work/fired" ] || break
            if [ $status != 0 ] && [ $status != 137 ] && { [ $status -ge 128 ] || [ ! -s "$work/said" ]; }; then
                echo "$what: exit status $status, standard error: $(cat "$work/said")"
                exit 1
            fi
            $2
            total=$((total + 1))
        done
        echo "    $each: $((n / step - 1)) calls"
    done
}

# Each file is whole, old or new, and one that is in both exports is there. Where the manifest is not the old one, or the
# command succeeded, all files are the new ones.
check() {
    files >"$work/now"
    if grep -vxF -f "$work/old" "$work/now" | grep -vxFq -f "$work/new"; then
        echo "$what: a file is neither the old nor the new one: $(grep -vxF -f "$work/old" "$work/now" | grep -vxF -f "$work/new" | head -3)"
        exit 1
    fi
    lost=$(LC_ALL=C comm -23 <(LC_ALL=C comm -12 <(names old) <(names new)) <(names now))
    [ -z "$lost" ] || { echo "$what: lost $lost"; exit 1; }
    if [ $status = 0 ] || { [ -e "$work/out/$manifest" ] && ! cmp -s "$work/out/$manifest" "$work/prepared/$manifest"; }; then
        cmp "$work/now" "$work/new" || { echo "$what: the manifest is not that of the files"; exit 1; }
    fi
    "${export[@]}" || { echo "$what: the command fails when it is run again on a good disk"; exit 1; }
    files | cmp -s - "$work/new" || { echo "$what: run again on a good disk, the command wrote something else"; exit 1; }
    [ "$(ls -A "$work/out/.pond")" = $'lock\nmanifest.json' ] || { echo "$what: run again, it left $(ls -A "$work/out/.pond")"; exit 1; }
}
break_export "export" check "${faults[@]}"

# Many small files ----------------------------------------------------------------------------------------------------

# Three series and their reductions, by month. More than 32 files that change are synced together (EXPORT_SYNC_EACH), fewer
# one by one. `all` also replaces a resolution, so the files of the old one go.
export=(pond export -p '/many/*.series' -p '/small/*/*.series' --dir "$work/out" --temporal year,month --jobs 1 --quiet)
reduce_to() {
    sed "s#^in_pattern.*#in_pattern: series:///many/*.series#; s#^resolutions.*#resolutions: [$1]#" "$work/reduce.yaml" >"$work/small.yaml"
    pond mknod temporal-reduce /small --config-path "$work/small.yaml" --overwrite
}
# append SERIES FIRST_DAY LAST_DAY STEP: the days of a year
append() {
    awk -v from="$2" -v to="$3" -v step="$4" 'BEGIN {
        print "timestamp,flow"
        for (d = from; d <= to; d += step) print strftime("%Y-%m-%d %H:%M:%S", 1704067200 + d * 86400 + step * 3600, 1) "," d % 7 / 4
    }' >"$work/c.csv"
    pond copy -q --again "host+csv+series://$work/c.csv" "/many/$1.series"
}
# break_many NAME: from the export that is there to the one that is made now.
break_many() {
    rm -rf "$work/prepared"
    mkdir -p "$work/out"
    files >"$work/old"
    cp -a "$work/out" "$work/prepared"
    "${export[@]}"
    files >"$work/new"
    break_export "$1: $(grep -vcxFf "$work/old" "$work/new") files" check "${many_faults[@]}"
}
rm -rf "$work/out"
pond mkdir /many
for s in a b c; do append $s 0 120 1; done
reduce_to '6h, 1d'
break_many "many small files, first export"
append a 40 43 2
break_many "many small files, late rows"
for s in a b c; do append $s 3 150 9; done
reduce_to '12h, 1d'
break_many "many small files, all changed"

# With little address space a command works, or says why it does not, soon.
echo "many small files, little address space"
for ((mb = 20; mb <= 420; mb += 20)); do
    what="many small files, ulimit -v of $mb MB"
    rm -rf "$work/out"
    cp -a "$work/prepared" "$work/out"
    status=0
    (ulimit -v $((mb * 1024)); exec timeout -s KILL 60 "${export[@]}" >/dev/null 2>"$work/said") || status=$?
    if [ $status != 0 ] && { [ $status -ge 126 ] || ! grep -q '^pond: ' "$work/said"; }; then
        echo "$what: exit status $status, standard error: $(cat "$work/said")"
        exit 1
    fi
    check
    total=$((total + 1))
done

# Delta tables --------------------------------------------------------------------------------------------------------

# The export that is broken makes version 10, so it also writes a checkpoint and removes the version files of a month ago.
# It finds one file overdue.
export=(pond export -p '/flow.series' --dir "$work/out" --temporal year,month,day --table-format delta --jobs 1)
delta_files() { (cd "$work/out/flow" && find . -name '*.parquet' -not -path './_delta_log/*' -exec sha256sum {} + | sort -k 2); }
in_log() { grep -ho "\"$1\":{\"path\":\"[^\"]*" "$work"/out/flow/_delta_log/*.json | cut -d '"' -f 6 | sort -u; }
rm -rf "$work/out" "$work/prepared"
"${export[@]}"
for i in 1 2 3 4 5 6 7 8 9; do
    printf 'timestamp,flow\n2024-01-0%d 12:00:00,%d\n' $((i % 3 + 1)) "$i" >"$work/c.csv"
    pond copy -q --again "host+csv+series://$work/c.csv" /flow.series
    "${export[@]}"
done
overdue=$(in_log remove | head -1)
sed -i -E "s#(\"remove\":\{\"path\":\"$overdue\",\"deletionTimestamp\":)[0-9]+#\\11#" "$work"/out/flow/_delta_log/*.json
sed -i -E "s#(\"file\":\"flow/$overdue\",\"removed_time\":)[0-9]+#\\11#" "$work/out/.pond/manifest.json"
cp -a "$work/out" "$work/prepared"
delta_files >"$work/old"
pond copy -q --again "host+csv+series://$work/b.csv" /flow.series
"${export[@]}"
delta_files >"$work/new"
[ -e "$work/out/flow/_delta_log/00000000000000000010.checkpoint.parquet" ]
grep -qF "$overdue" "$work/old"
[ "$(grep -cF "$overdue" "$work/new")" = 0 ]

# Each name has its bytes, and each version that the log has can be read.
check_delta() {
    delta_files >"$work/now"
    while read -r sum file; do
        case $sum in "$(basename "$file" .parquet | cut -c 6-)"*) ;; *) echo "$what: other bytes in $file" && exit 1 ;; esac
    done <"$work/now"
    for path in $(in_log add); do
        [ -e "$work/out/flow/$path" ] || [ "$path" = "$overdue" ] || { echo "$what: the log names $path, which is gone"; exit 1; }
    done
    "${export[@]}" || { echo "$what: the command fails when it is run again on a good disk"; exit 1; }
    delta_files | cmp -s - "$work/new" || { echo "$what: run again on a good disk, the export left other files"; delta_files | diff - "$work/new"; exit 1; }
    [ "$(ls "$work"/out/flow/_delta_log/*.json | wc -l)" = 11 ] || { echo "$what: run again, the log has another number of versions"; exit 1; }
}
break_export "export of a Delta table" check_delta "${faults[@]}"
echo "$total passed, 0 failed"
