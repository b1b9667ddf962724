#!/usr/bin/env bash
# Runs commands that change a pond on failing disks: copying rows in, making a node, changing one's mind. Run it from the project's
# root, after make; BUILD and CC are those of make. Arguments are faults as in run.sh; the default is a selection.
set -eu
. tests/fault/lib.sh
faults=("$@")
[ $# -gt 0 ] || faults=(kill:any eio:any enospc:write lose:any)
few_faults=("$@") # of what commits as something else does that meets all of them
[ $# -gt 0 ] || few_faults=(kill:any enospc:write)

state="pond list '**' | sed 's/.* //'; pond cat /flow.series --format csv; pond log | grep -c COMMITTED"
break_it "copy: append rows" "pond copy -q 'host+csv+series://$work/b.csv' /flow.series" "${faults[@]}"
break_it "mknod" "pond mknod temporal-reduce /reduced --config-path $work/reduce.yaml" "${faults[@]}"
# Changes of mind. The state has all paths, what the configs are, and what is in the file.
mind="echo one >'$work/x'; pond mkdir -p /d/e; pond copy -q '$work/x' /d/e/x; pond ln -s d /l; pond mknod temporal-reduce /r --config-path '$work/reduce.yaml'"
# shellcheck disable=SC2016
state+='; for n in /d/e/x /moved/e/x; do pond cat $n 2>/dev/null; done; pond describe --config /r 2>&1 | sed "s/^pond.*//"'
break_mind() { # NAME COMMAND SETUP FAULT…
    rm -f "$work"/x
    prepare_before=$prepare prepare="$prepare; $mind; $3"
    break_it "$1" "$2" "${@:4}"
    prepare=$prepare_before
}
break_mind "rm -r" "pond rm -rf /d" : "${few_faults[@]}"
break_mind "mv" "pond mv /d /moved" : "${few_faults[@]}"
break_mind "undo of a removal" "pond undo" "pond rm -rf /d" "${faults[@]}"
break_mind "undo of a move" "pond undo" "pond mv /d /moved" "${few_faults[@]}"
break_mind "undo of a version" "pond undo" "echo two >'$work/x'; pond copy -q '$work/x' /d/e/x" "${few_faults[@]}"
printf '#!/bin/sh\nunset LD_PRELOAD\nsed -i s/1d/2d/ "$1"\n' >"$work/editor"
chmod +x "$work/editor"
export EDITOR=$work/editor
break_mind "edit" "env TMPDIR=$work pond edit /r" : "${few_faults[@]}" # a killed one leaves its file
# More files than are synced one by one. Their many other calls are those of the first case.
mkdir "$work/many"
for i in {1..24}; do echo "file $i" >"$work/many/$i"; done
state+="; pond cat /many/24 2>&1 | sed 's/.*pond: .*/none/'"
break_it "copy: many files" "pond copy '$work/many' /many" lose:fsync lose:exit eio:fsync
echo "$total passed, 0 failed"
