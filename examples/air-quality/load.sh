#!/bin/sh
# One series for each station. Its columns are called STATION.PARAMETER.UNIT, the time is made of four columns.
# A file that the pond has already is not added again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

for station in Dongsi Changping Huairou; do
    pond -d "$here" copy -p --sql "
        SELECT make_timestamp(year, month, day, hour, 0, 0) AS timestamp,
               \"PM2.5\" AS \"$station.PM25.ug/m3\", PM10 AS \"$station.PM10.ug/m3\",
               SO2 AS \"$station.SO2.ug/m3\", NO2 AS \"$station.NO2.ug/m3\",
               CO AS \"$station.CO.ug/m3\", O3 AS \"$station.O3.ug/m3\",
               TEMP AS \"$station.TEMP.C\", DEWP AS \"$station.DEWP.C\", PRES AS \"$station.PRES.hPa\",
               RAIN AS \"$station.RAIN.mm\", WSPM AS \"$station.WSPM.m/s\", wd AS wind
        FROM source" \
        "host+csv+series:///data/$station.csv?null=NA" "/stations/$station.series"
done
