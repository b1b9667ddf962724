#!/bin/sh
# Makes the peers of run.py in BUILD/peers: build.sh BUILD. Installs what Debian has of them (as root), builds the
# original from the crates that Debian packages, and fetches Nunjucks, pinned by its hash.
set -eu
mkdir -p "$1/peers"
build=$(cd "$1/peers" && pwd)
cd "$(dirname "$0")"

nunjucks=3.2.4
integrity=sha512-26XRV6BhkgK0VOxfbU5cQI+ICFUtMLixv1noZn1tGU38kQH5A5nmmbk/O45xdyBhD1esk47nKrY0mvQpZIhRjQ==

packages=
[ -d /usr/share/cargo/registry/tera-1.17.1 ] || packages="librust-tera-dev"
[ -x /usr/bin/cargo ] || packages="$packages cargo rustc"
/usr/bin/python3 -c 'import jinja2' 2>/dev/null || packages="$packages python3-jinja2"
if [ -n "$packages" ]; then
    echo "  APT   $packages"
    # shellcheck disable=SC2086 # a list of words
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
fi

if [ ! -x "$build/tera-rs/release/tera-peer" ] || [ -n "$(find tera-rs -newer "$build/tera-rs/release/tera-peer")" ]; then
    echo "  CARGO tera-rs, which takes some minutes"
    # Debian's own, for crates as old; not what may come first in PATH.
    (cd tera-rs && PATH="/usr/bin:$PATH" CARGO_HOME="$build/cargo" CARGO_TARGET_DIR="$build/tera-rs" \
        /usr/bin/cargo build --release --offline --quiet)
    touch "$build/tera-rs/release/tera-peer"
fi

if [ ! -f "$build/nunjucks.js" ]; then
    echo "  FETCH nunjucks $nunjucks"
    npm pack --ignore-scripts --loglevel=error --cache "$build/npm" --pack-destination "$build" \
        "nunjucks@$nunjucks" >/dev/null
    rm -rf "$build/npm"
    archive=$build/nunjucks-$nunjucks.tgz
    [ "sha512-$(openssl dgst -sha512 -binary "$archive" | base64 -w 0)" = "$integrity" ] || {
        rm -f "$archive"
        echo "build.sh: nunjucks $nunjucks does not have the hash that is pinned here" >&2
        exit 1
    }
    tar -xzf "$archive" -O package/browser/nunjucks.js >"$build/nunjucks.js"
fi
