#!/usr/bin/env bash
# The store room on failing disks. From the project's root; BUILD and CC as for make. Arguments are
# faults as in run.sh; none: all of them.
#
# Builds faultfs and the driver, which is linked with the libraries of the rooms: make those first.
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
echo "store: init"
tests/fault/run.sh "$shim" true "$driver init \$POND" "$state" "$@"
echo "store: add to what is there"
tests/fault/run.sh "$shim" "$some" "$driver add \$POND a 2" "$state" "$@"
echo "store: the first write"
tests/fault/run.sh "$shim" "$driver init \$POND" "$driver add \$POND new 1" "$state" "$@"
echo "store: remove"
tests/fault/run.sh "$shim" "$some" "$driver remove \$POND a" "$state" "$@"
echo "store: a write after one that died"
died="{ LD_PRELOAD=$shim POND_FAULT=kill:rename:2 POND_FAULT_DIR=\$POND $driver add \$POND b 2; }"
tests/fault/run.sh "$shim" "$some; $died 2>/dev/null; true" "$driver add \$POND b 1" "$state" "$@"
