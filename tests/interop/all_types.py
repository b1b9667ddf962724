# Every type of column, in series and tables, split by time and whole, plain and Delta: the types and values that each reader
# shows are those of lib/columns.py, which come from nothing that pond computed.
import os

import pyarrow.parquet as pq
from checks import Checks, Pond
from columns import (CAST, INTERVAL, NESTED, ODD, STORED, TEXT, TIME_NS, TIMES, cast_query, documented, expected, shown_type,
                     source_table)
from readers import POLARS, SPARK, Place, readers
from values import plain, rows

NODES = {"stored": STORED, "cast": CAST, "odd": ODD, "interval": INTERVAL, "nested": NESTED, "time_ns": TIME_NS}
SPARK_REFUSES = {
    "time": "Illegal Parquet type: INT64 (TIME(MICROS,false))",
    "time_tz": "Illegal Parquet type: INT64 (TIME(MICROS,true))",
    "timestamp_ns": "Illegal Parquet type: INT64 (TIMESTAMP(NANOS,false))",
    "uuid": "Illegal Parquet type: FIXED_LEN_BYTE_ARRAY (UUID)",
    "interval": "Parquet type not yet supported: FIXED_LEN_BYTE_ARRAY (INTERVAL)",
    "time_ns": "Illegal Parquet type: INT64 (TIME(NANOS,false))",
}


def fill(pond, workdir):
    """A series and a table for each row of NODES, cast by a query where a column says so."""
    pond.run("mkdir", "/in")
    pond.run("mkdir", "/raw")
    for node, columns in NODES.items():
        file = os.path.join(workdir, f"{node}.parquet")
        pq.write_table(source_table(columns), file)
        needs_cast = node == "cast" or any(c.source == TEXT and c.sql != "VARCHAR" for c in columns.values())
        for shape in ("series", "table"):
            to = f"/raw/{node}.{shape}" if needs_cast else f"/in/{node}.{shape}"
            pond.run("copy", f"host+{shape}://{file}", to)
            if needs_cast:
                pond.view(f"sql-derived-{shape}", f"/in/{node}.{shape}", {"source": to}, cast_query(columns))


def split(table_rows, keys):
    """Rows by their partition, in the order in which they came: {(year, month): [row]}."""
    parts = {}
    for row, key in zip(table_rows, keys):
        parts.setdefault(key, []).append(row)
    return dict(sorted(parts.items()))


def check_rows(checks, what, reader, table, columns, is_split, is_delta):
    names = ["timestamp", *columns]
    checks.equal(f"{what} columns", sorted(table.column_names), sorted(names + ["year", "month"] * is_split))
    want = [[plain(t) for t in TIMES], *[expected(c, reader, is_delta) for c in columns.values()]]
    if is_split:
        got = split(rows(table, names), rows(table, ["year", "month"]))
        want = split(zip(*want), [(t.year, t.month) for t in TIMES])
        checks.equal(f"{what} partitions", list(got), list(want))
    else:
        got, want = {"whole": rows(table, names)}, {"whole": list(zip(*want))}
    for part in want:
        for i, name in enumerate(names):
            checks.equal(f"{what} {part} {name}", [r[i] for r in got.get(part, [])], [r[i] for r in want[part]])


def check_types(checks, what, reader, types, columns, is_split, is_delta):
    for name, c in columns.items():
        want = shown_type(c, reader, is_delta)
        if c.parquet in ("LIST", "STRUCT", "MAP"):  # with the types inside it
            checks.check(f"{what} type of {name}", want in types[name], f"{types[name]}, not {want}")
        else:
            checks.equal(f"{what} type of {name}", types[name], want)
    if is_split:
        integer = {"pyarrow": "int32", "polars": "Int64", "duckdb": "BIGINT", "spark": "int"}[reader.name]
        if is_delta:
            integer = {"polars": "Int32", "duckdb": "INTEGER"}.get(reader.name, integer)
        checks.equal(f"{what} types of year and month", [types["year"], types["month"]], [integer] * 2)


def check_refused(checks, what, reader, place, columns, is_split):
    """What a reader refuses; and that the columns beside it can be read all the same."""
    name = next(iter(columns))
    text = "month_day_millisecond_interval" if reader is POLARS else SPARK_REFUSES[name]
    checks.raises(what, text, lambda: reader.open(place))
    if reader is SPARK:
        schema = "timestamp timestamp_ntz" + ", year int, month int" * is_split
        table = checks.attempt(what, lambda: reader.open(place, schema).read())
        if table is not None:
            check_rows(checks, f"{what}, other columns", reader, table, {}, is_split, False)


def check_place(checks, reader, place, node, what, is_split):
    columns = NODES[node]
    if not all(shown_type(c, reader, place.is_delta) for c in columns.values()):
        check_refused(checks, what, reader, place, columns, is_split)
        return
    opened = checks.attempt(what, lambda: reader.open(place))
    table = checks.attempt(what, opened.read) if opened else None
    if table is not None:
        check_types(checks, what, reader, opened.types, columns, is_split, place.is_delta)
        check_rows(checks, what, reader, table, columns, is_split, place.is_delta)


def check_exports(checks, pond, workdir, is_delta, is_split):
    kind = ("delta" if is_delta else "plain") + ("-split" if is_split else "")
    nodes = [n for n, columns in NODES.items() if not (is_delta and any(c.delta is None for c in columns.values()))]
    # A whole series is written as a table is; Spark takes seconds for each Delta table.
    for shape in ("series",) if is_split else ("table",) if is_delta else ("series", "table"):
        options = ["--temporal", "year,month"] * is_split + ["--table-format", "delta"] * is_delta
        out = os.path.join(workdir, f"{kind}-{shape}")
        pond.export(out, [f"/in/{n}.{shape}" for n in nodes], *options)
        for node in nodes:
            place = Place(f"{out}/in/{node}{'' if is_delta or is_split else '.parquet'}", is_delta)
            for reader in readers(is_delta):
                check_place(checks, reader, place, node, f"{reader.name} {kind} {node}.{shape}", is_split)


def check_delta_refusals(checks, pond, workdir):
    """Types that a Delta table cannot hold are an error that names the column, and nothing is written."""
    for node in ("nested", "time_ns"):
        out = os.path.join(workdir, "refused")
        message = pond.refusal("export", "-p", f"/in/{node}.series", "--dir", out, "--table-format", "delta") or ""
        name, column = next(iter(NODES[node].items()))
        want = f"column '{name}' has the type {column.sql}, which Delta tables of protocol 1/2 cannot hold"
        checks.check(f"{node} is refused", want in message, message)
        checks.check(f"{node} leaves no table", not os.path.exists(f"{out}/in/{node}"), "there is one")
    pond.view("sql-derived-series", "/in/negative.series", {"source": "/in/stored.series"},
              "SELECT timestamp, INTERVAL '-3 months' AS v FROM source")
    message = pond.refusal("export", "-p", "/in/negative.series", "--dir", f"{workdir}/negative") or ""
    checks.check("negative intervals are refused", "parquet files do not support negative intervals" in message, message)


def check_documentation(checks):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/formats.md")
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    for row in documented():
        checks.check("docs/formats.md", row in lines, f"has no line '{row}'")


def main(program, workdir):
    checks = Checks()
    check_documentation(checks)
    pond = Pond(program, workdir)
    fill(pond, workdir)
    for is_delta in (False, True):
        for is_split in (False, True):
            check_exports(checks, pond, workdir, is_delta, is_split)
    check_delta_refusals(checks, pond, workdir)
    return checks.counts
