#!/usr/bin/env bash
# Runs the factories that bring data in, and apply, on failing disks: after each fault the pond has what it had before or all of it,
# and the next run makes it complete, each row once. Run it from the project's root, after make; BUILD and CC are those of make.
# Arguments are faults as in run.sh; the default is a selection.
set -eu
. tests/fault/lib.sh
more_faults=("$@") faults=("$@") # store.sh and commands.sh have every call
[ $# -gt 0 ] || more_faults=(kill:write kill:rename kill:fsync enospc:write enospc:write+ eio:fsync lose:fsync lose:exit)
[ $# -gt 0 ] || faults=(kill:write kill:rename enospc:write+ eio:fsync)
engine_faults=("$@") # those whose runs need an engine take longer
[ $# -gt 0 ] || engine_faults=(kill:fsync kill:rename enospc:write+ eio:fsync)

# The names and the bytes of all files, and how many transactions there are.
state="pond list '**' | sed 's/.* 20[^/]* //'; pond list -l '**' | sed -n 's/.*FILE.* \//\//p' | while read -r f; do pond cat \"\$f\"; done; pond log | grep -c COMMITTED"

# Logs: one is appended to, one was rotated and packed, one is new.
mkdir "$work/log"
cat >"$work/log.yaml" <<END
archived_pattern: $work/log/*.log.*
active_pattern: $work/log/*.log
pond_path: /logs
timestamp_field: t
END
write() { # FILE N…
    for n in "${@:2}"; do echo "{\"t\": $((1700000000000000 + n)), \"n\": $n}" >>"$work/log/$1"; done
}
write a.log 1 2
write b.log 1
cp "$work"/log/* "$work/"
write a.log 3 4
write b.log 2
gzip -c "$work/log/b.log" >"$work/b.log.1.gz"
prepare="pond init; pond mknod logfile-ingest /in --config-path $work/log.yaml
    rm -f $work/log/*; cp $work/a.log $work/b.log $work/log/; pond run /in 2>$work/err
    cp $work/grown $work/log/a.log; cp $work/b.log.1.gz $work/log/; printf '{\"t\": 1700000000000009}\n{\"t\":' >$work/log/b.log
    echo '{\"t\": 1}' >$work/log/c.log"
mv "$work/log/a.log" "$work/grown"
break_it "logfile-ingest" "pond run /in" "${more_faults[@]}"

# A folder: configs that change, files that are new, changed and gone.
mkdir -p "$work/folder/files/d"
printf 'one\n' >"$work/folder/files/d/changed"
printf 'two\n' >"$work/folder/files/d/gone"
cat >"$work/folder/n.yaml" <<'END'
version: v1
kind: mknod
metadata: {path: /n}
spec: {factory: template, config: {in_pattern: "/made", out_pattern: "x", template: "one"}}
---
version: v1
kind: mkdir
metadata: {path: /made}
END
printf 'version: v1\nkind: mkdir\nmetadata: {path: /left}\n' >"$work/folder/left.yaml"
cp -r "$work/folder" "$work/before"
prepare="pond init; rm -rf $work/folder; cp -r $work/before $work/folder; pond apply $work/folder 2>$work/err
    sed -i 's/\"one\"/\"another\"/' $work/folder/n.yaml; echo three >$work/folder/files/d/changed
    rm $work/folder/left.yaml
    mv $work/folder/files/d/gone '$work/folder/files/d/new \"ü\"'"
break_it "apply" "pond apply $work/folder --prune" "${more_faults[@]}"

if command -v git >/dev/null; then
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example
    git init -q -b main "$work/repo"
    commit() {
        git -C "$work/repo" add -A
        git -C "$work/repo" commit -q -m x
    }
    mkdir "$work/repo/d"
    echo 1 >"$work/repo/d/f"
    echo 1 >"$work/repo/gone"
    commit
    git -C "$work/repo" branch old
    echo 2 >"$work/repo/d/f"
    mv "$work/repo/gone" "$work/repo/new"
    commit
    git -C "$work/repo" branch new
    printf 'url: %s\nref: main\n' "$work/repo" >"$work/git.yaml"
    prepare="pond init; pond mknod git-ingest /g --config-path $work/git.yaml
        git -C $work/repo checkout -q --detach; git -C $work/repo branch -f main old; pond run /g 2>$work/err
        git -C $work/repo branch -f main new"
    break_it "git-ingest" "pond run /g" "${faults[@]}"
fi

if command -v python3 >/dev/null; then
    export NETWORK=$PWD/tests/network no_proxy='*'
    # A journal, to which entries of two units are added.
    export JOURNAL=$work/journal
    entry() { # N UNIT
        echo "{\"__CURSOR\":\"s=1;i=$1\",\"__REALTIME_TIMESTAMP\":\"$1\",\"_SYSTEMD_UNIT\":\"$2\"}" >>"$work/$3"
    }
    entry 1 a journal.1
    entry 1 a journal.2
    entry 2 b journal.2
    entry 3 a journal.2
    printf 'pond_path: /l\njournalctl_command: %s/journal.py\n' "$NETWORK" >"$work/journal.yaml"
    prepare="pond init; pond mknod journal-ingest /j --config-path $work/journal.yaml
        cp $work/journal.1 $work/journal; pond run /j 2>$work/err; cp $work/journal.2 $work/journal"
    break_it "journal-ingest" "pond run /j" "${faults[@]}"

    # A file on a server that grows, and one that is replaced, with a key.
    cd "$work"
    . "$NETWORK/lib.sh"
    start_web
    cd "$OLDPWD"
    printf 'timestamp,v\n2025-01-01T00:00:00Z,1\n2025-01-01T01:00:00Z,2\n' >"$work/x1"
    { cat "$work/x1"; printf '2025-01-01T02:00:00Z,3\n2025-01-'; } >"$work/x2"
    printf 'url: %s/x.csv\npond_path: /d/x.series\nformat: csv\ngrowing: true\n' "$URL" >"$work/http.yaml"
    rows="pond list '**' | sed 's/.* //'; pond cat /d/x.series --format csv; pond log | grep -c COMMITTED"
    bytes=$state state=$rows
    prepare="pond init; pond mknod http-ingest /x --config-path $work/http.yaml
        cp $work/x1 $work/web/www/x.csv; pond run /x 2>$work/err; cp $work/x2 $work/web/www/x.csv"
    break_it "http-ingest: a file that grows" "pond run /x" "${engine_faults[@]}"
    sed -i 's/^growing.*/key: [timestamp]/' "$work/http.yaml"
    printf 'timestamp,v\n2025-01-01T01:00:00Z,5\n2025-01-01T02:00:00Z,3\n' >"$work/x2"
    break_it "http-ingest: rows with a key" "pond run /x" "${engine_faults[@]}"

    # The recorded API: two devices, one of which has new readings.
    export KEY_ID=id KEY_VALUE=secret
    echo "id secret" >"$work/web/api/credentials"
    echo '{"parameters": {}, "units": {}}' >"$work/web/api/names.json"
    for last in 1000 2000; do
        echo "{\"parameters\": [{\"parameterId\": \"1\", \"unitId\": \"1\", \"readings\": [[1000, 1], [$last, 2]]}]}" >"$work/api.$last"
    done
    cat >"$work/hydrovu.yaml" <<END
client_id: "\${env:KEY_ID}"
client_secret: "\${env:KEY_VALUE}"
max_points_per_run: 100
hydrovu_path: /h
address: $URL/api
devices: [{name: d, id: 1}, {name: e, id: 2}]
END
    state="pond list '**' | sed 's/.* //'; for f in 1/d 2/e; do pond cat /h/devices/\${f}_active.series --format csv; done; pond log | grep -c COMMITTED"
    prepare="pond init; pond mknod hydrovu /hydro --config-path $work/hydrovu.yaml
        cp $work/api.1000 $work/web/api/1.json; cp $work/api.1000 $work/web/api/2.json; pond run /hydro collect 2>$work/err
        cp $work/api.2000 $work/web/api/1.json; cp $work/api.2000 $work/web/api/2.json"
    break_it "hydrovu" "pond run /hydro collect" "${engine_faults[@]}"
else
    echo "journal-ingest, http-ingest and hydrovu are left out: there is no python3"
fi
echo "$total passed, 0 failed"
