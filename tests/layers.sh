#!/bin/sh
# Holds the includes of each room to mk/rooms.mk: headers of rooms it may use, and foreign ones only in their room.
set -u
cd "$(dirname "$0")/.."

passed=0 failed=0
uses() { sed -n "s/^$1_USES *:= *//p" mk/rooms.mk; }

complain() {
    failed=$((failed + 1))
    echo "$1"
}

# Each `FILE:LINE:#include "ROOM/…"` whose room is not this one and not one that it uses.
check_rooms() {
    allowed=$(echo "$1 $(uses "$1")" | sed 's/ \+$//; s/ \+/|/g')
    strays=$(grep -rnE '^ *# *include "' "src/$1" | grep -vE "include \"(($allowed)/|[^/\"]*\")")
    [ -z "$strays" ] && passed=$((passed + 1)) || complain "$strays
  $1 may use: $(uses "$1")"
}

# "yajl/:value": a header whose path starts with yajl/ is value's own business.
check_foreign() {
    header=${1%:*} room=${1#*:}
    strays=$(grep -rnF "include <$header" src | grep -v "^src/$room/")
    strays2=$(grep -rnF "include \"$header" src | grep -v "^src/$room/")
    [ -z "$strays$strays2" ] && passed=$((passed + 1)) || complain "$strays$strays2
  $header belongs in src/$room only"
}

for room in $(sed -n 's/^ROOMS *:= *//p' mk/rooms.mk); do check_rooms "$room"; done
for foreign in $(sed -n 's/^FOREIGN *:= *//p' mk/rooms.mk); do check_foreign "$foreign"; done

for room in src/*/; do
    room=$(basename "$room")
    grep -q "^ROOMS.*\b$room\b" mk/rooms.mk || complain "src/$room is no room of mk/rooms.mk"
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
