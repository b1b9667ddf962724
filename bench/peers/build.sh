#!/bin/sh
# Makes the peers of run.py in BUILD/peers: build.sh BUILD. Installs Jinja2 and Rust from Debian (as root), builds Tera 1.17
# from the crates that Debian packages, and downloads Nunjucks. Tera 1.20, Tera 2 and minijinja are built from the crates of
# rust/Cargo.lock by the cargo in PATH, if it is new enough for them.
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

needs=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' rust/Cargo.toml)
has=$(cargo --version 2>/dev/null | awk '{ print $2 }')
if [ "$(printf '%s\n' "$needs" "${has:-0}" | sort -V | head -n 1)" != "$needs" ]; then
    echo "build.sh: Tera 1.20, Tera 2 and minijinja are left out: they need a cargo of $needs or newer in PATH," \
        "which has ${has:-none}" >&2
elif [ ! -x "$build/rust/release/tera2" ] || [ -n "$(find rust -newer "$build/rust/release/tera2")" ]; then
    echo "  CARGO rust, which takes some minutes"
    (cd rust && CARGO_TARGET_DIR="$build/rust" cargo build --release --locked --quiet)
    touch "$build/rust/release/tera2"
fi

../../scripts/fetch peers
cp ../../third_party/peers/nunjucks.js "$build/nunjucks.js"
