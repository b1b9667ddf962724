# An export that changes ten times: partitions are added, changed and removed, a column comes, a table is replaced by a smaller one
# and by none. After each export every reader finds the rows of the pond, and no others. At the end every version of the
# Delta tables is read once more.
import datetime
import os
import time

import pyarrow as pa
import pyarrow.parquet as pq
from checks import Checks, Pond
from file_readers import FILE_READERS
from readers import ARROW, SPARK, Place, readers
from values import plain, rows

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
START = datetime.datetime(2023, 11, 30, 23, 59, 59, 999999)
TABLE_COLUMNS = ["v", "s"]


def series_rows(first, last, later=datetime.timedelta(0), plus=0.25):
    """One a day: the time, a number, a text."""
    return [(START + i * DAY + later, i + plus, f"row {i}") for i in range(first, last)]


def write(path, data, columns):
    times = pa.array([r[0] for r in data], pa.timestamp("us"))
    every = {"timestamp": times, "v": pa.array([r[1] for r in data], pa.float64()),
             "s": pa.array([r[2] for r in data], pa.string())}
    pq.write_table(pa.table({c: every[c] for c in columns}), path)


def common(data, columns):
    """The rows as a reader should give them."""
    index = {"timestamp": lambda r: r[0], "v": lambda r: r[1], "s": lambda r: r[2],
             "year": lambda r: r[0].year, "month": lambda r: r[0].month}
    return sorted(tuple(plain(index[c](r)) for c in columns) for r in data)


class Growth:
    """The pond, its two exports, and what they should hold: now, and in each version of the Delta tables."""

    def __init__(self, program, workdir):
        self.checks = Checks()
        self.workdir = workdir
        self.pond = Pond(program, workdir)
        self.series, self.table = [], []
        self.columns = ["timestamp", "v"]
        self.versions = {"series": [], "table": []}  # (rows, columns, when) of version 0, 1, …

    def copy(self, data, path, columns, *options):
        file = os.path.join(self.workdir, "new.parquet")
        write(file, data, columns)
        kind = path.rsplit(".", 1)[1]
        self.pond.run("copy", *options, f"host+{kind}://{file}", path)

    def append(self, data):
        """Rows of a time that is there replace the old ones."""
        self.copy(data, "/series.series", self.columns, "--key", "timestamp")
        new = {r[0]: r if "s" in self.columns else (*r[:2], None) for r in data}
        self.series = sorted([r for r in self.series if r[0] not in new] + list(new.values()))

    def start_over(self, data):
        self.pond.run("rm", "/series.series")
        self.series = []
        self.append(data)

    def replace_table(self, data):
        self.copy(data, "/table.table", ["timestamp", *TABLE_COLUMNS])
        self.table = data

    def export(self, step):
        for kind, options in (("plain", []), ("delta", ["--table-format", "delta"])):
            self.pond.export(f"{self.workdir}/{kind}", ["/*.series", "/*.table"], "--temporal", "year,month", *options)
        for name, data, columns in (("series", self.series, self.columns), ("table", self.table, TABLE_COLUMNS)):
            known = self.versions[name]
            if not known or known[-1][:2] != (data, columns):
                known.append((list(data), list(columns), datetime.datetime.now(datetime.timezone.utc)))
            log = os.listdir(f"{self.workdir}/delta/{name}/_delta_log")
            self.checks.equal(f"{step}: versions of {name}", len([n for n in log if n[20:] == ".json"]), len(known))
        time.sleep(0.01)  # times of versions are in milliseconds

    def check_place(self, what, reader, place, data, columns):
        table = self.checks.attempt(what, lambda: reader.open(place).read())
        if table is not None:
            self.checks.equal(what, sorted(rows(table, columns)), common(data, columns))

    def check(self, step, with_spark):
        for is_delta in (False, True):
            kind = "delta" if is_delta else "plain"
            for reader in readers(is_delta) + FILE_READERS * (not is_delta):
                if reader is SPARK and not with_spark:
                    continue
                for name, data, columns in (("series", self.series, [*self.columns, "year", "month"]),
                                            ("table", self.table, TABLE_COLUMNS)):
                    is_file = name == "table" and not is_delta
                    place = Place(f"{self.workdir}/{kind}/{name}" + ".parquet" * is_file, is_delta)
                    self.check_place(f"{step}: {reader.name} {kind} {name}", reader, place, data, columns)

    def check_versions(self):
        """Every version by its number, and by the time just after its export; Spark reads those of the series."""
        for name, known in self.versions.items():
            path = f"{self.workdir}/delta/{name}"
            for version, (data, columns, when) in enumerate(known):
                for reader in readers(True):
                    if reader is SPARK and name == "table":
                        continue
                    what = f"{reader.name}: {name}, version {version}"
                    self.check_place(what, reader, Place(path, True, version), data, columns)
                    # Spark has an error for a time after the last version.
                    if reader is ARROW or reader is SPARK and version + 1 < len(known):
                        self.check_place(f"{what} by its time", reader, Place(path, True, when), data, columns)


def main(program, workdir):
    growth = Growth(program, workdir)

    def step(name, table=None, with_spark=False):
        if table is not None:
            growth.replace_table(table)
        growth.export(name)
        growth.check(name, with_spark)

    first = series_rows(0, 40)
    growth.append(first)
    step("first export", first[:20], with_spark=True)  # it takes a second for each read
    growth.append(series_rows(40, 80))
    step("appended rows", first)
    growth.append(series_rows(3, 5, later=HOUR))
    step("late rows and a smaller table", first[:1])
    growth.append(series_rows(30, 35, plus=0.75))
    step("changed rows")
    growth.columns = ["timestamp", "v", "s"]
    growth.append(series_rows(80, 100))
    step("a new column", first[:3], with_spark=True)
    step("nothing new")
    growth.start_over(series_rows(20, 50))
    step("months at both ends are removed", series_rows(5, 300))
    growth.append(series_rows(0, 2) + series_rows(150, 152))
    step("months come back, and new ones with a gap", [], with_spark=True)
    growth.start_over(series_rows(0, 2) + series_rows(150, 152))
    step("months in the middle are removed", first[:2])
    growth.start_over(series_rows(400, 401))
    step("all months are replaced by one", with_spark=True)
    growth.check_versions()
    return growth.checks.counts
