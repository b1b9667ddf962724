#!/bin/sh
# Three stages straight into the project's src/: the data, a page for each station, the index of the pages.
set -eu
pond export \
    --pattern '/reduced/*/*.series' \
    --pattern '/pages/*' \
    --pattern '/index/*' \
    --dir src --temporal year,month
