#!/bin/bash
# Tests scripts/fetch with clients that need no network: an npm, a pip and an Ivy that write an archive of our own.
set -u
cd "$(dirname "$0")/.."
if ! command -v python3 >/dev/null; then
    echo "skipped: python3 is not installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0
mkdir -p "$scratch/scripts" "$scratch/third_party" "$scratch/bin" "$scratch/package/bin"
cp scripts/fetch "$scratch/scripts/"
third_party=$scratch/third_party

echo tool >"$scratch/package/bin/tool"
echo library >"$scratch/package/library.so"
tar -czf "$scratch/package.tgz" -C "$scratch" package
(cd "$scratch" && python3 -c 'import shutil; shutil.make_archive("package", "zip", ".", "package")')
cat >"$scratch/bin/npm" <<END
#!/bin/sh
echo "npm \$*" >>$scratch/calls
while [ "\$1" != --pack-destination ]; do shift; done
cp "$scratch/package.tgz" "\$2/"
END
cat >"$scratch/bin/python3" <<END
#!/bin/sh
case "\$*" in
"-m pip --version") ;;
*" download "*)
    echo "pip \$*" >>$scratch/calls
    while [ "\$1" != --dest ]; do shift; done
    cp "$scratch/package.zip" "\$2/package.whl"
    ;;
*) exec $(command -v python3) "\$@" ;;
esac
END
cat >"$scratch/bin/java" <<END
#!/bin/sh
echo "ivy \$*" >>$scratch/calls
while [ "\$1" != -retrieve ]; do shift; done
cp "$scratch/package/library.so" "\$(echo "\$2" | sed 's/\[artifact\].\[ext\]/library.jar/')"
END
chmod +x "$scratch/bin"/*
sha512=$(python3 -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(sys.stdin.buffer.read()).digest()).decode())' <"$scratch/package.tgz")
sha256=$(sha256sum "$scratch/package.zip" | cut -d' ' -f1)
jar_sha256=$(sha256sum "$scratch/package/library.so" | cut -d' ' -f1)

# expect NAME STATUS TEXT COMMAND...: the command ends with the status and prints a line that matches TEXT, if there is one.
expect() {
    local name=$1 status=$2 text=$3 got=0
    shift 3
    "$@" >"$scratch/output" 2>&1 || got=$?
    if [ $got = "$status" ] && { [ -z "$text" ] || grep -qE -e "$text" "$scratch/output"; }; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: exit status $got, expected $status and a line that matches '$text'; it printed:"
        sed 's/^/    /' "$scratch/output"
    fi
}
fetch() { PATH="$scratch/bin:$PATH" "$scratch/scripts/fetch" "$@"; }
calls() { [ "$(wc -l <"$scratch/calls")" = "$1" ]; }

cat >"$third_party/lock" <<END
# machine client package version hash inside destination
any   npm @scope/library 1.0 sha512-$sha512 package/library.so duckdb/libduckdb.so
other npm @scope/library 1.0 sha512-none package/library.so duckdb/other.so
any   pip a-tool 2.0 sha256:$sha256 package/bin/tool clang-format/clang-format
any   ivy org.example:library 3.0 sha256:$jar_sha256 library.jar interop/library.jar
any   npm forged 1.0 sha512-AAAA package/library.so web/forged.js
END
expect "npm: fetched" 0 '^  FETCH @scope/library 1.0$' fetch duckdb
expect "npm: in place" 0 '' cmp "$scratch/package/library.so" "$third_party/duckdb/libduckdb.so"
expect "npm: scripts are not run" 0 'npm pack --ignore-scripts .* @scope/library@1.0$' cat "$scratch/calls"
expect "a row of another machine is left out" 2 '' ls "$third_party/duckdb/other.so"
expect "a second run" 0 '' fetch duckdb
expect "a second run downloads nothing" 0 '' calls 1
expect "pip: fetched" 0 '^  FETCH a-tool 2.0$' fetch clang-format
expect "pip: can be run" 0 '' test -x "$third_party/clang-format/clang-format"
rm "$third_party/duckdb/libduckdb.so"
expect "a file that is gone is fetched again" 0 '^  FETCH' fetch duckdb
expect "without Ivy" 1 'there is no Ivy: run make test-interop' fetch interop
export JAVA=$scratch/bin/java IVY=$scratch/package.tgz
expect "ivy: fetched" 0 '^  FETCH org.example:library 3.0$' fetch interop
expect "ivy: the coordinates" 0 'ivy .* -dependency org.example library 3.0 -notransitive' cat "$scratch/calls"
expect "ivy: in place" 0 '' cmp "$scratch/package/library.so" "$third_party/interop/library.jar"
expect "another hash is refused" 1 'forged 1.0 does not have the hash in third_party/lock' fetch web
expect "what is refused is not unpacked" 2 '' ls "$third_party/web/forged.js"
expect "what is refused is deleted" 2 '' ls "$third_party/cache/forged-1.0.tgz"
expect "an unknown set" 1 "unknown set 'wbe'" fetch wbe

echo "$passed passed, $failed failed"
((failed == 0))
