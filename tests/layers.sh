#!/bin/sh
# Checks the includes of each room against mk/rooms.mk: a room includes only rooms that it may use, and a foreign header
# appears only in its own room.
set -u
cd "$(dirname "$0")/.."

passed=0 failed=0
uses() { sed -n "s/^$1_USES *:= *//p" mk/rooms.mk; }

complain() {
    failed=$((failed + 1))
    echo "$1"
}

# check_rooms ROOM: lists each `FILE:LINE:#include "OTHER/..."` of a room that ROOM may not use.
check_rooms() {
    allowed=$(echo "$1 $(uses "$1")" | sed 's/ \+$//; s/ \+/|/g')
    strays=$(grep -rnE '^ *# *include "' "src/$1" | grep -vE "include \"(($allowed)/|[^/\"]*\")")
    [ -z "$strays" ] && passed=$((passed + 1)) || complain "$strays
  $1 may use: $(uses "$1")"
}

# check_foreign "yajl/:value": headers below yajl/ may be included in src/value only.
check_foreign() {
    header=${1%:*} room=${1#*:}
    strays=$(grep -rnF "include <$header" src | grep -v "^src/$room/")
    strays2=$(grep -rnF "include \"$header" src | grep -v "^src/$room/")
    [ -z "$strays$strays2" ] && passed=$((passed + 1)) || complain "$strays$strays2
  $header may be included in src/$room only (FOREIGN in mk/rooms.mk)"
}

for room in $(sed -n 's/^ROOMS *:= *//p' mk/rooms.mk); do check_rooms "$room"; done
for foreign in $(sed -n 's/^FOREIGN *:= *//p' mk/rooms.mk); do check_foreign "$foreign"; done

for room in src/*/; do
    room=$(basename "$room")
    grep -q "^ROOMS.*\b$room\b" mk/rooms.mk || complain "src/$room is not a room in mk/rooms.mk: add it to ROOMS"
done

# A merge that was not finished: git's marks at the beginning of a line.
marks=$(grep -rnE '^(<{7}|>{7}|\|{7}) ' src tests docs bench scripts examples mk ./*.md Makefile)
[ -z "$marks" ] && passed=$((passed + 1)) || complain "$marks
  a merge was committed before it was resolved"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
