# Delta tables of an export in Spark's catalog: examples/distributed/spark/two_stations.py prints and draws what the CSV files of
# the air-quality example have, and a table that is registered once follows the exports after it.
import csv
import datetime
import glob
import math
import os
import re
import subprocess
from collections import defaultdict

from checks import Checks, Pond
from distributed import spark_environment
from readers import ENV, SPARK, missing

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RECIPE = os.path.join(ROOT, "examples", "distributed", "spark", "two_stations.py")
STATIONS = ["Changping", "Dongsi"]


def values_of(station):
    """Time -> PM2.5; None if there is none."""
    with open(f"{ROOT}/examples/air-quality/data/{station}.csv", newline="") as f:
        return {tuple(int(row[c]) for c in ("year", "month", "day", "hour")): None if row["PM2.5"] in ("NA", "")
                else float(row["PM2.5"]) for row in csv.DictReader(f)}


def expected_days():
    """Day -> the means of both stations over the hours that both have."""
    one, other = map(values_of, STATIONS)
    days = defaultdict(lambda: ([], []))
    for hour in sorted(one.keys() & other.keys()):
        for values, v in zip(days[datetime.date(*hour[:3])], (one[hour], other[hour])):
            if v is not None:
                values.append(v)
    return {day: [math.fsum(v) / len(v) if v else None for v in both] for day, both in days.items()}


def make_pond(program, workdir):
    pond = Pond(program, workdir)
    pond.run("mkdir", "/stations")
    for station in STATIONS:
        text = "timestamp,value\n" + "".join(f"{y}-{m:02}-{d:02} {h:02}:00:00,{'' if v is None else v}\n"
                                             for (y, m, d, h), v in values_of(station).items())
        file = os.path.join(workdir, "rows.csv")
        with open(file, "w") as f:
            f.write(text.replace("value", f"{station}.PM25.ug/m3", 1))
        pond.run("copy", f"host+csv+series://{file}", f"/stations/{station}.series")
    return pond


def check_recipe(checks, workdir, lake):
    env = spark_environment(workdir)
    jars = ",".join(sorted(glob.glob(os.path.join(ENV, "delta-spark", "*.jar"))))
    drawing = os.path.join(workdir, "days.svg")
    done = subprocess.run(
        [os.path.join(env["SPARK_HOME"], "bin", "spark-submit"), "--master", "local[2]", "--jars", jars, "--conf",
         "spark.ui.enabled=false", "--conf", "spark.driver.host=127.0.0.1", RECIPE, lake, *STATIONS, "PM25.ug/m3", drawing],
        env=env, cwd=workdir, capture_output=True, text=True)
    checks.check("the recipe runs", done.returncode == 0, done.stderr[-2000:])
    if done.returncode != 0:
        return
    rows = [line.split(",") for line in done.stdout.splitlines() if re.match(r"\d{4}-|day,", line)]
    checks.equal("its header", rows[0], ["day", *STATIONS])
    want = expected_days()
    checks.equal("its days", [r[0] for r in rows[1:]], [str(day) for day in sorted(want)])
    for day, *got in rows[1:]:
        for station, g, w in zip(STATIONS, got, want[datetime.date.fromisoformat(day)]):
            ok = g == "" if w is None else g != "" and math.isclose(float(g), w, rel_tol=1e-12)
            checks.check(f"{station} on {day}", ok, f"{g}, not {w}")
    check_chart(checks, drawing, want)


def check_chart(checks, drawing, want):
    """A point for each mean, the highest one at the top of the frame and the lowest at its foot."""
    with open(drawing, encoding="utf-8") as f:
        lines = re.findall(r'<polyline [^>]*stroke="(.*?)" points="(.*?)"', f.read())
    points = defaultdict(list)
    for colour, text in lines:
        points[colour] += [tuple(map(float, p.split(","))) for p in text.split()]
    means = [[v for _, both in sorted(want.items()) if (v := both[i]) is not None] for i in range(2)]
    checks.equal("points of the chart", [len(p) for p in points.values()], [len(m) for m in means])
    low, high = min(map(min, means)), max(map(max, means))
    for drawn, series in zip(points.values(), means):
        off = [abs(y - (260 - (v - low) / (high - low) * 220)) for (_, y), v in zip(drawn, series)]
        checks.check("heights of the chart", max(off) < 0.06, max(off))


def check_catalog(checks, pond, workdir, lake):
    """One registration, and the rows of each export after it."""
    spark = SPARK.session
    spark.sql("DROP TABLE IF EXISTS changping")
    spark.sql(f"CREATE TABLE changping USING delta LOCATION '{lake}/Changping'")

    def found(suffix=""):
        sql = f"SELECT count(*), sum(`Changping.PM25.ug/m3`), max(timestamp) FROM changping {suffix}"
        n, total, last = spark.sql(sql).first()
        return n, total, str(last)

    values = [v for v in values_of("Changping").values() if v is not None]
    before = (8784, math.fsum(values), "2016-12-31 23:00:00")
    checks.equal("the first export", found(), before)
    with open(f"{workdir}/more.csv", "w") as f:
        f.write("timestamp,Changping.PM25.ug/m3\n2017-01-01 00:00:00,7\n2016-02-03 04:05:06,9\n")
    pond.run("copy", f"host+csv+series://{workdir}/more.csv", "/stations/Changping.series")
    pond.export(lake, ["/stations/*.series"], "--temporal", "year,month", "--table-format", "delta")
    checks.equal("the next export", found(), (8786, before[1] + 16, "2017-01-01 00:00:00"))
    checks.equal("the old version", found("VERSION AS OF 0"), before)
    checks.equal("its history", [r["version"] for r in spark.sql("DESCRIBE HISTORY changping").collect()], [1, 0])
    checks.equal("its partitions", spark.sql("SELECT DISTINCT year, month FROM changping").count(), 13)
    spark.sql("DROP TABLE changping")
    checks.equal("dropped, and its files are there", spark.read.format("delta").load(f"{lake}/Changping").count(), 8786)


def main(program, workdir):
    checks = Checks()
    if missing("spark") or missing("spark-delta"):
        checks.skipped += 1
        return checks.counts
    pond = make_pond(program, workdir)
    lake = os.path.join(workdir, "lake")
    pond.export(lake, ["/stations/*.series"], "--temporal", "year,month", "--table-format", "delta")
    check_recipe(checks, workdir, lake)
    check_catalog(checks, pond, workdir, lake)
    return checks.counts
