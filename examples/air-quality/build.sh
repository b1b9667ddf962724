#!/bin/sh
# Builds the pond and the site of this example: build.sh [POND_DIR [SITE_DIR]], by default ./pond and ./site.
#
# `pond` has to be in PATH. The pond must not exist yet; a site that exists is brought up to date.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
POND=${1:-pond}
site=${2:-site}
export POND
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT

pond init --example air-quality "$project/air-quality" >/dev/null
pond init --birthplace air-quality
pond apply "$project/air-quality"
sh "$project/air-quality/load.sh"
sh "$project/air-quality/export.sh" "$site"

echo
echo "The pond is in $POND, the site in $site. To look at the site, serve it and open the address it prints:"
echo "    $(command -v node || echo third_party/node/bin/node) examples/serve.mjs $site"
