# Names of columns and of targets that somebody has to quote: blanks, dots, quotes, signs with a meaning in paths and URLs.
import os

import pyarrow as pa
import pyarrow.parquet as pq
from checks import Checks, Pond
from columns import TIMES
from file_readers import FASTPARQUET, FILE_READERS, HYPARQUET
from readers import DUCKDB_DELTA, Place, readers
from values import rows

COLUMNS = ["a b", " x ", "a.b", "a..b", 'say "hi"', "it's", "back`tick", "Grüße", "日本 🌊", "a,b;c", "{x}(y)=[z]", "tab\there",
           "new\nline", "per%20cent", "a/b\\c", "$d #h ?q &e *", "UPPER", "select", "n" * 200]
# Directories of Delta tables that a reader cannot open, whoever wrote them: it takes the name for a part of a URL or of the
# partitions.
LIMITS = {
    ("polars", "Grüße"): "No such file",
    ("polars", "日本"): "No such file",
    ("polars", "a#b"): "No such file",
    ("polars", "a%20b"): "No such file",
    ("polars", "a=b"): "not present in the given Hive schema",
    ("duckdb", "日本"): "Cannot open file",
}
# Readers that cannot filter by a column with a dot in its name (DuckDB: of a Delta table), and what they say.
NO_DOTS_IN_FILTERS = {DUCKDB_DELTA: "Predicate references unknown column", FASTPARQUET: "'a'",
                      HYPARQUET: "parquet filter columns not found: a"}
TARGETS = ["Grüße", "日本", "a.b", "a+b", "a#b", "a%20b", "a=b", "a'b", "a,b", "a b"]


def cell(row, column):
    return row * 100 + column


def source(columns):
    arrays = {"timestamp": pa.array(TIMES, pa.timestamp("us"))}
    for j, name in enumerate(columns):
        arrays[name] = pa.array([cell(i, j) for i in range(len(TIMES))], pa.int64())
    return pa.table(arrays)


def check_table(checks, what, reader, place):
    """All columns at once, and then by their names, in the list of columns and in filters."""
    opened = checks.attempt(what, lambda: reader.open(place))
    table = checks.attempt(what, opened.read) if opened else None
    if table is None:
        return
    checks.equal(f"{what} names", sorted(table.column_names), sorted(["timestamp", "year", "month", *COLUMNS]))
    for j, name in enumerate(COLUMNS):
        want = [cell(i, j) for i in range(len(TIMES))]
        checks.equal(f"{what} {name!r}", sorted(r[0] for r in rows(table, [name])), want)
    where = [(name, ">=", cell(3, j)) for j, name in enumerate(COLUMNS)]
    if reader in NO_DOTS_IN_FILTERS:
        dotted = [test for test in where if "." in test[0]]
        where = [test for test in where if test not in dotted]
        for test in dotted:
            checks.raises(f"{what} {test}", NO_DOTS_IN_FILTERS[reader], lambda: opened.read([test[0]], [test]))
    filtered = checks.attempt(f"{what} filtered", lambda: opened.read(COLUMNS, where))
    if filtered is not None:
        want = [tuple(cell(i, j) for j in range(len(COLUMNS))) for i in range(3, len(TIMES))]
        checks.equal(f"{what} filtered", sorted(rows(filtered, COLUMNS)), want)


def check_target(checks, what, reader, place, name):
    read = lambda: reader.open(place).read(["v"])
    limit = LIMITS.get((reader.name, name)) if place.is_delta else None
    if limit:
        checks.raises(what, limit, read)
        return
    table = checks.attempt(what, read)
    if table is not None:
        checks.equal(what, sorted(r[0] for r in rows(table, ["v"])), [cell(i, 0) for i in range(len(TIMES))])


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)
    pond.run("mkdir", "/targets")
    pq.write_table(source(COLUMNS), f"{workdir}/columns.parquet")
    pq.write_table(source(["v"]), f"{workdir}/v.parquet")
    pond.run("copy", f"host+series://{workdir}/columns.parquet", "/columns.series")
    for name in TARGETS:
        pond.run("copy", f"host+series://{workdir}/v.parquet", f"/targets/{name}.series")
    for is_delta in (False, True):
        kind = "delta" if is_delta else "plain"
        out = os.path.join(workdir, kind)
        options = ["--temporal", "year,month", *["--table-format", "delta"] * is_delta]
        pond.export(out, ["/columns.series", "/targets/*.series"], *options)
        for reader in readers(is_delta) + FILE_READERS * (not is_delta):
            check_table(checks, f"{reader.name} {kind} columns", reader, Place(f"{out}/columns", is_delta))
            for name in TARGETS:
                check_target(checks, f"{reader.name} {kind} target {name!r}", reader, Place(f"{out}/{name}", is_delta), name)
    return checks.counts
