# An export that grows: rows for old and new months, a new column, a table that is replaced by a smaller one. After each
# export every reader finds the rows of the pond, and no others.
import datetime
import os

import pyarrow as pa
import pyarrow.parquet as pq
from checks import Checks, Pond
from readers import Place, readers
from values import plain, rows

DAY = datetime.timedelta(days=1)
START = datetime.datetime(2023, 11, 30, 23, 59, 59, 999999)


def series_rows(first, last):
    """One a day: the time, a number, a text."""
    return [(START + i * DAY, i + 0.25, f"row {i}") for i in range(first, last)]


def write(path, data, columns):
    times = pa.array([r[0] for r in data], pa.timestamp("us"))
    every = {"timestamp": times, "v": pa.array([r[1] for r in data], pa.float64()), "s": pa.array([r[2] for r in data])}
    pq.write_table(pa.table({c: every[c] for c in columns}), path)


def common(data, columns):
    index = {"timestamp": 0, "v": 1, "s": 2}
    return sorted(tuple(plain(r[index[c]]) for c in columns) for r in data)


def check(checks, step, workdir, table_rows, series, columns):
    for is_delta in (False, True):
        kind = "delta" if is_delta else "plain"
        for reader in readers(is_delta):
            what = f"{step}: {reader.name} {kind}"
            place = Place(f"{workdir}/{kind}/series", is_delta)
            table = checks.attempt(what, lambda: reader.open(place).read())
            if table is not None:
                got = sorted(rows(table, columns), key=lambda r: r[0])
                checks.equal(f"{what} series", got, common(series, columns))
                months = [(r[0].year, r[0].month) for r in series]
                checks.equal(f"{what} months", sorted(rows(table, ["year", "month"])), sorted(months))
            place = Place(f"{workdir}/{kind}/table" + ("" if is_delta else ".parquet"), is_delta)
            table = checks.attempt(what, lambda: reader.open(place).read())
            if table is not None:
                checks.equal(f"{what} table", sorted(rows(table, ["v", "s"])), common(table_rows, ["v", "s"]))


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)

    def step(name, new_rows, table_rows, series, columns):
        file = os.path.join(workdir, "new.parquet")
        if new_rows:
            write(file, new_rows, columns)
            pond.run("copy", f"host+series://{file}", "/series.series")
        write(file, table_rows, ["timestamp", "v", "s"])
        pond.run("copy", f"host+table://{file}", "/table.table")
        for kind, options in (("plain", []), ("delta", ["--table-format", "delta"])):
            pond.export(f"{workdir}/{kind}", ["/*.series", "/*.table"], "--temporal", "year,month", *options)
        check(checks, name, workdir, table_rows, series, columns)

    first = series_rows(0, 40)
    step("first export", first, first[:20], first, ["timestamp", "v"])
    more = series_rows(40, 80)
    step("appended rows", more, first, first + more, ["timestamp", "v"])
    late = [(t + datetime.timedelta(hours=1), v + 0.5, s) for t, v, s in series_rows(3, 5)]
    step("late rows and a smaller table", late, first[:1], first + more + late, ["timestamp", "v"])
    wide = series_rows(80, 100)
    old = [(t, v, None) for t, v, _ in first + more + late]
    step("a new column", wide, first[:3], old + wide, ["timestamp", "v", "s"])
    return checks.counts
