# fastparquet and hyparquet, which know files of plain exports and fewer types than the engines: what they show of each type, value by
# value, in whole files and in partitions that are picked by their paths. all_types.py has the other readers.
import json
import math
import os
import uuid

from all_types import NODES, fill
from checks import Checks, Pond
from columns import TIMES, cycle, timetz_ns
from file_readers import FASTPARQUET, FILE_READERS, HYPARQUET
from readers import Place
from values import float_text, plain, rows

PARTITIONS = {
    "all": (lambda t: True, []),
    "2024": (lambda t: t.year == 2024, [("year", "=", 2024)]),
    "February 2024": (lambda t: (t.year, t.month) == (2024, 2), [("year", "=", 2024), ("month", "=", 2)]),
    "before 2024": (lambda t: t.year < 2024, [("year", "<", 2024)]),
    "no row": (lambda t: False, [("year", "=", 2024), ("month", ">", 3)]),
}
SMALL = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
REFUSED = {FASTPARQUET: "could not broadcast input array", HYPARQUET: "parquet interval not supported"}
NS = 2**64


def as_double(value):
    """A decimal as these readers show it, but for its last digits: see is_close."""
    return None if value is None else float(value)


def is_close(got, want):
    return got is want is None or got is not None and want is not None and math.isclose(float.fromhex(got), want, rel_tol=4e-16)


def of_json(value):
    return plain(json.loads(value))


def in_fastparquet(c, v):
    """A value as pandas shows it. What is wrong here is so with files of any writer."""
    if c.sql in ("FLOAT", "DOUBLE"):
        return None if math.isnan(v) else float_text(v)
    if c.sql == "DATE":  # in nanoseconds of 64 bits, which hold the years 1677 to 2262
        return (v * 86_400_000_000_000 + NS // 2) % NS - NS // 2
    if c.sql == "JSON":
        return of_json(v)
    if c.sql == "UUID":  # a text of numpy ends before its last zeros
        return uuid.UUID(v).bytes.rstrip(b"\0")
    if c.sql == "TIME WITH TIME ZONE":
        return timetz_ns(v)
    if c.sql in ("TIMESTAMP_NS", "TIME_NS"):
        return v
    if c.sql == "TIME" or c.sql.startswith("TIMESTAMP"):
        return v * 1000
    return {k: plain(x) for k, x in v} if c.parquet == "MAP" else plain(v)


def of_javascript(value):
    """JSON and nested values: their numbers are floats."""
    if isinstance(value, dict):
        return {k: of_javascript(v) for k, v in value.items()}
    if isinstance(value, list):
        return [of_javascript(v) for v in value]
    return float_text(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def in_hyparquet(c, v):
    """With the parsers of lib/hyparquet.mjs. A time of the day comes in the unit of the file."""
    if c.sql in SMALL and not isinstance(v, bool):
        return float_text(v)
    if c.sql == "JSON":
        return of_javascript(json.loads(v))
    if c.sql == "TIME WITH TIME ZONE":
        return timetz_ns(v) // 1000
    if c.sql.startswith("TIMESTAMP") and c.sql != "TIMESTAMP_NS":
        return v * 1000
    if c.parquet in ("LIST", "STRUCT", "MAP"):
        return of_javascript(dict(v) if c.parquet == "MAP" else v)
    return v if c.sql == "UUID" else plain(v)


def shown(reader, name, c):
    """What a reader shows of a column: {name: values of all rows}."""
    show = in_fastparquet if reader is FASTPARQUET else in_hyparquet
    if reader is FASTPARQUET and c.parquet == "STRUCT":  # its fields, and no difference between a NULL and one with NULLs
        return {f"{name}.{field}": [v and v[field] for v in cycle(c.values)] for field in ("a", "b")}
    if reader is FASTPARQUET and name == "deep":  # lists of structs are lost
        return {name: [None] * len(TIMES)}
    if "DECIMAL" in c.parquet:
        return {name: list(map(as_double, cycle(c.values)))}
    values = [None if v is None else show(c, v) for v in cycle(c.values)]
    if reader is FASTPARQUET and name in ("texts", "map"):  # texts inside of others are lost in files without a dictionary,
        values[:2] = [None, None]  # such as those of one row
    return {name: values}


def check_rows(checks, what, reader, table, columns, is_wanted):
    times = [i for i, t in enumerate(TIMES) if is_wanted(t)]
    checks.equal(f"{what} timestamp", rows(table, ["timestamp"]),
                 [(plain(TIMES[i]),) for i in times])
    for name, c in columns.items():
        for column, values in shown(reader, name, c).items():
            got, want = [r[0] for r in rows(table, [column])], [values[i] for i in times]
            if "DECIMAL" in c.parquet:
                close = len(got) == len(want) and all(map(is_close, got, want))
                checks.check(f"{what} {column}", close, f"{got}, not {want}")
            else:
                checks.equal(f"{what} {column}", got, want)


def check_node(checks, reader, out, node):
    columns = NODES[node]
    place = Place(f"{out}/in/{node}", False)
    if node == "interval":
        checks.raises(f"{reader.name} {node}", REFUSED[reader], lambda: reader.open(place).read())
        return
    for what, (is_wanted, where) in PARTITIONS.items():
        what = f"{reader.name} {node}, {what}"
        table = checks.attempt(what, lambda: reader.open(place).read(None, where))
        if table is not None:
            check_rows(checks, what, reader, table, columns, is_wanted)
    file = Place(f"{out}/in/{node}/year=2024/month=1/data.parquet", False)
    table = checks.attempt(f"{reader.name} {node}, a file", lambda: reader.open(file).read())
    if table is not None:
        checks.equal(f"{reader.name} {node}, a file: columns", sorted(set(table.column_names) & {"year", "month"}), [])
        check_rows(checks, f"{reader.name} {node}, a file", reader, table, columns, lambda t: (t.year, t.month) == (2024, 1))


def check_limits(checks, out):
    """What file_readers.py works around; docs/formats.md tells of it."""
    import fastparquet

    whole = fastparquet.ParquetFile(f"{out}/in/cast").to_pandas(columns=["bit"])["bit"]
    checks.equal("fastparquet loses texts without a dictionary", list(whole[:3]), [None, None, "10101"])


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)
    fill(pond, workdir)
    out = os.path.join(workdir, "out")
    pond.export(out, [f"/in/{n}.series" for n in NODES], "--temporal", "year,month")
    for reader in FILE_READERS:
        for node in NODES:
            check_node(checks, reader, out, node)
    check_limits(checks, out)
    return checks.counts
