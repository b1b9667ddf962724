#!/bin/sh
# Makes the peers of run.py in BUILD/peers: build.sh BUILD. Installs Jinja2 and Rust from Debian (as root), builds the
# original from the crates that Debian packages, and downloads Nunjucks.
set -eu
mkdir -p "$1/peers"
build=$(cd "$1/peers" && pwd)
cd "$(dirname "$0")"

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
    # Debian's cargo, which is as old as the crates, even if another one comes first in PATH.
    (cd tera-rs && PATH="/usr/bin:$PATH" CARGO_HOME="$build/cargo" CARGO_TARGET_DIR="$build/tera-rs" \
        /usr/bin/cargo build --release --offline --quiet)
    touch "$build/tera-rs/release/tera-peer"
fi

../../scripts/fetch peers
cp ../../third_party/peers/nunjucks.js "$build/nunjucks.js"
