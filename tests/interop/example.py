# The series of examples/air-quality: for each partition, every reader counts the same rows and values and finds the same sums
# as the CSV files have (tests/values computes the reductions again, value by value).
import csv
import glob
import math
import os
import subprocess
from collections import defaultdict

from checks import Checks
from file_readers import FILE_READERS
from readers import Place, readers
from values import cells

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/air-quality")
NAMES = {"PM2.5": "PM25.ug/m3", "PM10": "PM10.ug/m3", "TEMP": "TEMP.C", "RAIN": "RAIN.mm", "WSPM": "WSPM.m/s"}


def from_csv(station):
    """(year, month) -> number of rows, and for each column the number and the sum of its values."""
    months = defaultdict(lambda: [0, defaultdict(list)])
    with open(f"{EXAMPLE}/data/{station}.csv", newline="") as f:
        for row in csv.DictReader(f):
            month = months[int(row["year"]), int(row["month"])]
            month[0] += 1
            for name, unit in NAMES.items():
                if row[name] not in ("NA", ""):
                    month[1][f"{station}.{unit}"].append(float(row[name]))
    return {k: (n, {c: (len(v), math.fsum(v)) for c, v in columns.items()}) for k, (n, columns) in months.items()}


def from_reader(table, columns):
    months = defaultdict(lambda: [0, defaultdict(list)])
    keys = list(zip(cells(table.column("year")), cells(table.column("month"))))
    for key in keys:
        months[key][0] += 1
    for c in columns:
        for key, value in zip(keys, cells(table.column(c))):
            if value is not None:
                months[key][1][c].append(float.fromhex(value) if isinstance(value, str) else float(value))
    return {k: (n, {c: (len(v), math.fsum(v)) for c, v in by.items()}) for k, (n, by) in months.items()}


def main(program, workdir):
    checks = Checks()
    pond_dir = os.path.join(workdir, "pond")
    libraries = os.path.join(workdir, "lib")  # of the pages, which are not looked at here
    os.makedirs(libraries)
    with open(os.path.join(libraries, "none.js"), "w"):
        pass
    env = {**os.environ, "PATH": f"{os.path.dirname(program)}:{os.environ['PATH']}", "POND_WEB": libraries}
    subprocess.run([f"{EXAMPLE}/build.sh", pond_dir, f"{workdir}/site"], env=env, check=True, capture_output=True)
    for is_delta in (False, True):
        kind = "delta" if is_delta else "plain"
        options = ["--table-format", "delta"] * is_delta
        subprocess.run([program, "export", "--quiet", "-p", "/stations/*.series", "--dir", f"{workdir}/{kind}",
                        "--temporal", "year,month", *options], env={**env, "POND": pond_dir}, check=True)
        for file in sorted(glob.glob(f"{EXAMPLE}/data/*.csv")):
            station = os.path.basename(file)[:-4]
            want = from_csv(station)
            columns = [f"{station}.{unit}" for unit in NAMES.values()]
            for reader in readers(is_delta) + FILE_READERS * (not is_delta):
                what = f"{reader.name} {kind} {station}"
                place = Place(f"{workdir}/{kind}/{station}", is_delta)
                table = checks.attempt(what, lambda: reader.open(place).read())
                if table is None:
                    continue
                got = from_reader(table, columns)
                checks.equal(f"{what} months", sorted(got), sorted(want))
                for month in want:
                    checks.equal(f"{what} {month}", got.get(month), want[month])
    return checks.counts
