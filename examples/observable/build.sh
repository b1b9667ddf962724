#!/bin/sh
# Builds the pond, the pages and the site: sh build.sh. The site is in dist/ of this folder.
#
# `pond`, node and npm have to be in PATH. A second run does what a change needs.
set -eu
cd "$(dirname "$0")"
export POND="${POND:-$PWD/pond}" OBSERVABLE_TELEMETRY_DISABLE=true

[ -e "$POND" ] || pond init --birthplace observable
pond apply .
sh load.sh
sh export.sh
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund
node cache.mjs
npx --no-install observable build
