#!/bin/sh
# Four stages: the data, the pages that list the data files, the index of both, and the static files.
set -eu

pond export \
    --pattern '/reduced/*/*/*.series' \
    --pattern '/pages/*/*' \
    --pattern '/index/*' \
    --pattern '/site/**' \
    --dir "$1" --temporal year,month -v title="Beijing air, 2016"
