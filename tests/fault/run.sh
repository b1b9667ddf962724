#!/usr/bin/env bash
# Runs a command over and over on a disk that fails at its first, second, third … call, until the
# command gets through, and looks each time whether the pond is whole.
#
#     run.sh SHIM PREPARE COMMAND STATE [FAULT…]
#
# SHIM is the built faultfs. The others are shell commands; $POND names the pond's directory.
# PREPARE makes the pond (`true`: there is none before). COMMAND is what is broken: one program with
# its arguments. STATE prints what
# a user sees, without times and ids, and fails when anything is damaged; it says nothing where
# there is no pond. A FAULT is an ACTION:CALL of faultfs; a + behind it lasts for ever.
#
# After each fault: the state is the one before or the one after, never another; after only, if the
# command said that it succeeded; a command that was not killed says what is wrong; and the same
# command, run again on a good disk, works.
set -u
shim=$1 prepare=$2 command=$3 state=$4
shift 4
[ $# -gt 0 ] || set -- kill:any lose:any lose:exit tear:write eio:any enospc:write enospc:open enospc:mkdir \
    short:write eio:any+ enospc:write+

# Memory will do: what a disk would lose is lost by faultfs, and syncs cost nothing.
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm
work=$(mktemp -d "${TMPDIR:-/tmp}/pond-fault-XXXXXX") || exit 1
work=$(cd "$work" && pwd -P) # faultfs compares with what the kernel calls it
trap 'rm -rf "$work"' EXIT
export POND=$work/pond POND_LOCK_TIMEOUT_MS=2000

die() {
    printf '%s: %s\n' "${what:-run.sh}" "$1" >&2
    [ ! -s "$work/said" ] || sed 's/^/    it said: /' "$work/said" >&2
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
bash -c "$command" >/dev/null || die "the command fails on a good disk"
look "$work/after"
! cmp -s "$work/before" "$work/after" || die "the command changes nothing, so this would prove nothing"

total=0
for fault in "$@"; do
    every=${fault##*[!+]}
    n=0 n_kept=0
    while :; do
        n=$((n + 1))
        what="$fault, call $n"
        restore
        rm -rf "$work"/fired*
        # The braces swallow what this shell has to say of a child that is killed.
        { (export LD_PRELOAD=$shim POND_FAULT="${fault%+}:$n$every" POND_FAULT_DIR=$POND \
                  POND_FAULT_FIRED=$work/fired
           exec bash -c "exec $command" >"$work/out" 2>"$work/said"); } 2>/dev/null
        status=$?
        [ -e "$work/fired" ] || break
        case $status in
        0) ;;
        137) case $fault in kill:* | lose:* | tear:*) ;; *) die "was killed" ;; esac ;;
        *)  [ $status -lt 128 ] || die "crashed with status $status"
            [ -s "$work/said" ] || die "failed with status $status and said nothing" ;;
        esac
        look "$work/now"
        if cmp -s "$work/now" "$work/after"; then
            n_kept=$((n_kept + 1))
        elif [ $status = 0 ]; then
            die "said that it succeeded, and left something else: $(diff "$work/after" "$work/now")"
        elif ! cmp -s "$work/now" "$work/before"; then
            die "left what was never there: $(diff "$work/before" "$work/now")"
        else
            bash -c "$command" >/dev/null 2>"$work/said" || die "cannot be repeated on a good disk"
            look "$work/now"
            cmp -s "$work/now" "$work/after" ||
                die "repeated, left something else: $(diff "$work/after" "$work/now")"
            [ -z "$(ls -A "$POND/tmp")" ] || die "repeated, left litter: $(ls -A "$POND/tmp")"
        fi
    done
    [ "$status" = 0 ] || die "failed with status $status on a good disk"
    [ $n -gt 1 ] || [ "${fault#*:}" != any ] || die "the fault never happened"
    total=$((total + n - 1))
    printf '  %-16s %4d faults, %d of them after the commit\n' "$fault" $((n - 1)) "$n_kept"
done
echo "$total passed, 0 failed"
