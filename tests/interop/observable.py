# examples/observable, built by Observable Framework without a network: each partition arrives byte for byte, and the pages
# show in a browser the rows and sums that the CSV files have.
import csv
import glob
import json
import math
import os
import shutil
import subprocess
from collections import defaultdict

from checks import Checks

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(HERE, "../../examples")
STATIONS = ["Changping", "Dongsi", "Huairou"]
MEANS = {"PM2.5": "PM25.ug/m3", "O3": "O3.ug/m3", "TEMP": "TEMP.C"}
NO_FETCH = "globalThis.fetch = async (url) => { throw new Error(`the build asked for ${url}`); };\n"


def skip(checks, reason):
    print(f"  skipped: observable: {reason}")
    checks.skipped += 1
    return checks.counts


def totals_of_csv(station):
    """Column -> the sum of its days' means, or of all values for rain."""
    days = defaultdict(lambda: defaultdict(list))
    with open(f"{EXAMPLES}/air-quality/data/{station}.csv", newline="") as f:
        for row in csv.DictReader(f):
            for name in [*MEANS, "RAIN"]:
                if row[name] not in ("NA", ""):
                    days[name][row["month"], row["day"]].append(float(row[name]))
    totals = {f"{station}.{unit}.avg": math.fsum(math.fsum(v) / len(v) for v in days[name].values())
              for name, unit in MEANS.items()}
    totals[f"{station}.RAIN.mm.sum"] = math.fsum(math.fsum(v) for v in days["RAIN"].values())
    return totals


def check_files(checks, project):
    """dist/_file has each Parquet file of src under its own path, with a hash before the extension."""
    exported = sorted(glob.glob(f"{project}/src/**/*.parquet", recursive=True))
    checks.equal("partitions exported", len(exported), 12 * len(STATIONS))
    arrived = glob.glob(f"{project}/dist/_file/**/*.parquet", recursive=True)
    checks.equal("partitions in the site", len(arrived), len(exported))
    for path in exported:
        name = os.path.relpath(path, f"{project}/src")
        found = glob.glob(f"{glob.escape(os.path.join(project, 'dist/_file', name[:-len('.parquet')]))}.*.parquet")
        checks.equal(f"{name} in the site", len(found), 1)
        if found:
            with open(path, "rb") as a, open(found[0], "rb") as b:
                checks.check(f"{name} byte for byte", a.read() == b.read())


def check_page(checks, station, shown):
    checks.equal(f"{station} problems", shown["problems"], [])
    checks.equal(f"{station} requests to others", shown["foreign"], [])
    checks.equal(f"{station} rows and files", (shown["rows"], shown["files"]), ("366", "12"))
    checks.equal(f"{station} days", (shown["first"], shown["last"]), ("2016-01-01", "2016-12-31"))
    checks.equal(f"{station} lines", shown["lines"], 3)
    checks.equal(f"{station} bars", shown["bars"], 366)
    want = totals_of_csv(station)
    checks.equal(f"{station} columns", sorted(shown["totals"]), sorted(want))
    for column, total in want.items():
        got = float(shown["totals"].get(column, "nan"))
        checks.check(f"{station} {column}", math.isclose(got, total, rel_tol=1e-9), f"{got}, not {total}")


def main(program, workdir):
    checks = Checks()
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return skip(checks, "node or npm is not installed")
    project = os.path.join(workdir, "observable")
    shutil.copytree(f"{EXAMPLES}/observable", project,
                    ignore=shutil.ignore_patterns("node_modules", "pond", "src", "dist"))
    done = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=project,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout[-2000:])
        return skip(checks, "npm could not install the packages of package-lock.json")

    no_fetch = os.path.join(workdir, "no-fetch.cjs")
    with open(no_fetch, "w") as f:
        f.write(NO_FETCH)
    env = {**os.environ, "PATH": f"{os.path.dirname(program)}:{os.environ['PATH']}", "POND": f"{workdir}/pond",
           "AIR_QUALITY": os.path.abspath(f"{EXAMPLES}/air-quality"), "NODE_OPTIONS": f"--require={no_fetch}"}
    for run in ("first build", "second build"):
        done = subprocess.run(["sh", "build.sh"], cwd=project, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        checks.check(run, done.returncode == 0 and "the build asked for" not in done.stdout, done.stdout[-3000:])
        if done.returncode != 0:
            return checks.counts
    check_files(checks, project)

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return skip(checks, "chromium is not installed: the pages were not looked at")
    done = subprocess.run([node, f"{HERE}/lib/observable.mjs", chromium, f"{project}/dist", *STATIONS],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    checks.check("the pages in a browser", done.returncode == 0, done.stdout[-3000:])
    if done.returncode == 0:
        shown = json.loads(done.stdout)
        for station in STATIONS:
            check_page(checks, station, shown[station])
    return checks.counts
