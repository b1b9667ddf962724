#!/usr/bin/env bash
# Runs a command again and again on a disk that fails at its first, second, third ... call, until the command succeeds,
# and checks each time that the pond is whole.
#
#     run.sh SHIM PREPARE COMMAND STATE [FAULT…]
#
# SHIM is the built faultfs. The others are shell commands; $POND is the pond's directory. PREPARE makes the pond (`true`:
# there is none before). COMMAND is the command under test: one program with its arguments. STATE prints what a user sees,
# without times and ids, and fails when anything is damaged; without a pond it prints nothing. A FAULT is an
# ACTION:CALL of faultfs; with a + at the end, every later call fails too.
#
# After each fault, the state is the one before or the one after the command, and the one after if the command succeeded. A
# command that fails and was not killed prints what is wrong. The same command, run again on a good disk, works.
set -u
shim=$1 prepare=$2 command=$3 state=$4
shift 4
[ $# -gt 0 ] || set -- kill:any lose:any lose:exit tear:write eio:any enospc:write enospc:open enospc:mkdir \
    short:write eio:any+ enospc:write+

# A file system in memory is enough, since faultfs loses what a disk would lose; and its syncs are fast.
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm
work=$(mktemp -d "${TMPDIR:-/tmp}/pond-fault-XXXXXX") || exit 1
work=$(cd "$work" && pwd -P) # faultfs compares with what the kernel calls it
trap 'rm -rf "$work"' EXIT
export POND=$work/pond POND_LOCK_TIMEOUT_MS=2000

die() {
    printf '%s: %s\n' "${what:-run.sh}" "$1" >&2
    [ ! -s "$work/said" ] || sed 's/^/    standard error: /' "$work/said" >&2
    exit 1
}
restore() {
    rm -rf "$POND"
    [ ! -e "$work/prepared" ] || cp -a "$work/prepared" "$POND" || die "cannot copy the pond"
}
# The state of the pond, into the file $1.
look() { bash -c "$state" >"$1" 2>"$work/said" || die "the pond cannot be read or is damaged"; }

bash -c "$prepare" >/dev/null || die "cannot prepare"
[ ! -e "$POND" ] || mv "$POND" "$work/prepared"
restore; look "$work/before"
bash -c "$command" >/dev/null 2>"$work/said" || die "the command fails on a good disk"
look "$work/after"
! cmp -s "$work/before" "$work/after" || die "the command changes nothing, so this tests nothing"

total=0
for fault in "$@"; do
    every=${fault##*[!+]}
    n=0 n_kept=0
    while :; do
        n=$((n + 1))
        what="$fault, call $n"
        restore
        rm -rf "$work"/fired*
        # The braces hide this shell's message about a child that was killed.
        { (export LD_PRELOAD=$shim POND_FAULT="${fault%+}:$n$every" POND_FAULT_DIR=$POND \
                  POND_FAULT_FIRED=$work/fired
           exec bash -c "exec $command" >"$work/out" 2>"$work/said"); } 2>/dev/null
        status=$?
        [ -e "$work/fired" ] || break
        case $status in
        0) ;;
        137) case $fault in kill:* | lose:* | tear:*) ;; *) die "was killed" ;; esac ;;
        *)  [ $status -lt 128 ] || die "crashed with status $status"
            [ -s "$work/said" ] || die "failed with status $status and printed nothing" ;;
        esac
        look "$work/now"
        if cmp -s "$work/now" "$work/after"; then
            n_kept=$((n_kept + 1))
        elif [ $status = 0 ]; then
            die "succeeded, but left another state: $(diff "$work/after" "$work/now")"
        elif ! cmp -s "$work/now" "$work/before"; then
            die "left a state that is neither the old nor the new one: $(diff "$work/before" "$work/now")"
        else
            bash -c "$command" >/dev/null 2>"$work/said" || die "fails when it is run again on a good disk"
            look "$work/now"
            cmp -s "$work/now" "$work/after" ||
                die "run again on a good disk, left another state: $(diff "$work/after" "$work/now")"
            [ -z "$(ls -A "$POND/tmp")" ] || die "run again on a good disk, left files in tmp: $(ls -A "$POND/tmp")"
        fi
    done
    [ "$status" = 0 ] || die "failed with status $status on a good disk"
    [ $n -gt 1 ] || [ "${fault#*:}" != any ] || die "the fault never happened"
    total=$((total + n - 1))
    printf '  %-16s %4d faults, %d of them after the commit\n' "$fault" $((n - 1)) "$n_kept"
done
echo "$total passed, 0 failed"
