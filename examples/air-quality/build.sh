#!/bin/sh
# Builds the pond and the site of this example: build.sh [POND_DIR [SITE_DIR]], by default ./pond and ./site.
#
# `pond` has to be in PATH. The pond must not exist yet; a site that exists is brought up to date.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
POND=${1:-pond}
site=${2:-site}
libraries=${POND_WEB:-$here/../../third_party/web}
[ -d "$libraries" ] || libraries=$here/../../web # where pond is installed
export POND

pond init --birthplace air-quality

# One series for each station. Its columns are called STATION.PARAMETER.UNIT, the time is made of four columns.
pond mkdir /stations
for station in Dongsi Changping Huairou; do
    pond -d "$here" copy --sql "
        SELECT make_timestamp(year, month, day, hour, 0, 0) AS timestamp,
               \"PM2.5\" AS \"$station.PM25.ug/m3\", PM10 AS \"$station.PM10.ug/m3\",
               SO2 AS \"$station.SO2.ug/m3\", NO2 AS \"$station.NO2.ug/m3\",
               CO AS \"$station.CO.ug/m3\", O3 AS \"$station.O3.ug/m3\",
               TEMP AS \"$station.TEMP.C\", DEWP AS \"$station.DEWP.C\", PRES AS \"$station.PRES.hPa\",
               RAIN AS \"$station.RAIN.mm\", WSPM AS \"$station.WSPM.m/s\", wd AS wind
        FROM source" \
        "host+csv+series:///data/$station.csv?null=NA" "/stations/$station.series"
done

# Views, computed when somebody reads them: the stations joined, and reduced to four resolutions.
pond mknod dynamic-dir /combined --config-path "$here/config/combined.yaml"
pond mknod dynamic-dir /reduced --config-path "$here/config/reduced.yaml"

# The site: templates that the pages extend and import, files that are copied unchanged, and the pages themselves.
pond mkdir /site
pond copy "$here/templates" /templates
pond copy "$here/site" /site/static
pond copy "$libraries" /site/static/lib
pond mknod template /pages --config-path "$here/config/pages.yaml"
pond mknod template /index --config-path "$here/config/index.yaml"

# Four stages: the data, the pages that list the data files, the index of both, and the static files.
pond export \
    --pattern '/reduced/*/*/*.series' \
    --pattern '/pages/*/*' \
    --pattern '/index/*' \
    --pattern '/site/**' \
    --dir "$site" --temporal year,month -v title="Beijing air, 2016"

echo
echo "The pond is in $POND, the site in $site. To look at the site, serve it and open the address it prints:"
echo "    $(command -v node || echo third_party/node/bin/node) examples/serve.mjs $site"
