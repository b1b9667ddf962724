#!/usr/bin/env python3
"""Two stations in one chart, by Spark, out of the Delta tables of an export.

    pond export --pattern '/stations/*.series' --dir /shared/lake --temporal year,month --table-format delta

    spark-submit --packages io.delta:delta-spark_2.12:3.3.2 two_stations.py LAKE STATION STATION COLUMN CHART
    spark-submit --packages io.delta:delta-spark_2.12:3.3.2 two_stations.py /shared/lake Changping Dongsi PM25.ug/m3 days.svg

Registers both tables in Spark's catalog, joins their rows by time, prints the means of each day as CSV, and draws them. A table
of the catalog is always the newest version of the export; `VERSION AS OF 3` after its name is an older one.
"""
import re
import sys
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 900, 300, 40
COLOURS = ["#1f77b4", "#d62728"]


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def register(spark, lake, station):
    """The name under which Spark's catalog has the table of a station."""
    table = quoted(re.sub(r"\W", "_", station))
    path = f"{lake}/{station}"
    literal = path.replace("\\", "\\\\").replace("'", "\\'")
    spark.sql(f"CREATE TABLE IF NOT EXISTS {table} USING delta LOCATION '{literal}'")
    location = spark.sql(f"DESCRIBE DETAIL {table}").first()["location"]
    if unquote(urlsplit(location).path) != urlsplit(path).path:
        raise SystemExit(f"the catalog's table {table} is another one, in {location}: drop it, or rename the station")
    return table


def daily_means(spark, lake, stations, column):
    """(day, mean of one station, mean of the other) for each day on which both have rows."""
    tables = [register(spark, lake, s) for s in stations]
    one, other = (quoted(f"{s}.{column}") for s in stations)
    return [tuple(row) for row in spark.sql(f"""
        SELECT date(a.timestamp) AS day, avg(a.{one}), avg(b.{other})
        FROM {tables[0]} a JOIN {tables[1]} b ON a.timestamp = b.timestamp
        GROUP BY day ORDER BY day""").collect()]


def runs(points):
    """Lines between the points; a day without a value ends one."""
    lines = [[]]
    for x, y in points:
        if y is None:
            lines.append([])
        else:
            lines[-1].append(f"{x:.1f},{y:.1f}")
    return [line for line in lines if line]


def chart(days, stations, column):
    """An SVG with a line for each station."""
    values = [v for row in days for v in row[1:] if v is not None]
    low, high = min(values, default=0), max(values, default=0)
    across = (WIDTH - 2 * MARGIN) / max(len(days) - 1, 1)
    up = (HEIGHT - 2 * MARGIN) / ((high - low) or 1)

    def at(i, value):
        return MARGIN + i * across, None if value is None else HEIGHT - MARGIN - (value - low) * up

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">']
    for k, (station, colour) in enumerate(zip(stations, COLOURS), 1):
        for line in runs(at(i, row[k]) for i, row in enumerate(days)):
            parts.append(f'<polyline fill="none" stroke="{colour}" points="{" ".join(line)}"/>')
        parts.append(f'<text x="{MARGIN + 150 * (k - 1)}" y="20" fill="{colour}">{escape(station)} {escape(column)}</text>')
    parts.append(f'<text x="2" y="{MARGIN + 4}">{high:.4g}</text><text x="2" y="{HEIGHT - MARGIN + 4}">{low:.4g}</text>')
    if days:
        parts.append(f'<text x="{MARGIN}" y="{HEIGHT - 15}">{days[0][0]}</text>')
        parts.append(f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 15}" text-anchor="end">{days[-1][0]}</text>')
    return "\n".join([*parts, "</svg>\n"])


def main(lake, one, other, column, file):
    from pyspark.sql import SparkSession

    spark = (SparkSession.builder.appName(f"{one} and {other}")
             .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
             .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
             .config("spark.sql.session.timeZone", "UTC")  # the days of the pond
             .getOrCreate())
    days = daily_means(spark, lake, [one, other], column)
    spark.stop()
    print(f"day,{one},{other}")
    for row in days:
        print(",".join("" if v is None else str(v) for v in row))
    with open(file, "w", encoding="utf-8") as f:
        f.write(chart(days, [one, other], column))


if __name__ == "__main__":
    if len(sys.argv) != 6:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
