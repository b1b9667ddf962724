#!/usr/bin/env bash
# Runs the store on failing disks. Run it from the project's root, after make has built the rooms; BUILD and CC are those of
# make. Arguments are faults as in run.sh; the default is all of them.
#
# Builds faultfs, and the driver, which is linked with the rooms' libraries.
set -eu
build=${BUILD:-build} cc=${CC:-gcc}
warn="-std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -O2 -g"
shim=$PWD/$build/tests/faultfs.so driver=$PWD/$build/tests/store_driver
case $build in /*) shim=$build/tests/faultfs.so driver=$build/tests/store_driver ;; esac
mkdir -p "$build/tests"
# shellcheck disable=SC2086 # the flags are words
$cc $warn -fPIC -shared tests/fault/faultfs.c -o "$shim"
# shellcheck disable=SC2086,SC2046
$cc $warn -Isrc tests/fault/store_driver.c "$build/libstore.a" "$build/libbase.a" \
    $(pkg-config --cflags --libs sqlite3 libcrypto) -lm -o "$driver"

state="[ ! -e \$POND/pond.db ] || { echo a pond; $driver state \$POND; }"
some="$driver init \$POND && $driver add \$POND a 2 && $driver add \$POND b 1"
died="{ LD_PRELOAD=$shim POND_FAULT=kill:rename:2 POND_FAULT_DIR=\$POND $driver add \$POND b 2; }"
faults=("$@") total=0

# break_it NAME PREPARE COMMAND: as in run.sh.
break_it() {
    echo "store: $1"
    said=$(tests/fault/run.sh "$shim" "$2" "$3" "$state" "${faults[@]}")
    sed '$d' <<<"$said"
    last=${said##*$'\n'}
    total=$((total + ${last%% *}))
}
break_it "init" true "$driver init \$POND"
break_it "add to what is there" "$some" "$driver add \$POND a 2"
break_it "the first write" "$driver init \$POND" "$driver add \$POND new 1"
break_it "remove" "$some" "$driver remove \$POND a"
break_it "undo of a removal" "$some && $driver remove \$POND a" "$driver undo \$POND 3"
break_it "undo of versions" "$some && $driver add \$POND a 2" "$driver undo \$POND 3"
break_it "a write after one that died" "$some; $died 2>/dev/null; true" "$driver add \$POND b 1"
echo "$total passed, 0 failed"
