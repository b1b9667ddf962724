# Filters that let readers skip files and row groups, by partitions, by the statistics of Parquet files and by those of the
# Delta log: the rows are those that the filter selects, whatever was skipped. What a reader gets wrong with files of any
# writer is in `reader_fails`, so that it is noticed when that changes.
import datetime
import decimal
import operator
import os

import pyarrow as pa
import pyarrow.parquet as pq
from checks import Checks, Pond
from file_readers import FILE_READERS
from readers import ARROW, DUCKDB_DELTA, Place, readers
from values import plain, rows

UTC = datetime.timezone.utc
NAN = float("nan")
COMPARE = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def build():
    """Rows of ten months. Each month has its own range of values, so that most filters need only some of the files."""
    data = {"timestamp": [], "i": [], "nan": [], "zero": [], "text": [], "date": [], "decimal": [], "tz": [], "rare": [],
            "flag": []}
    for month in range(10):
        start = datetime.datetime(2023, 6, 1) if month < 1 else datetime.datetime(2023 + (month + 5) // 12, (month + 5) % 12 + 1, 1)
        for k in range(20):
            time = start + datetime.timedelta(hours=30 * k, microseconds=k * 333)
            data["timestamp"].append(time)
            data["i"].append(month * 1000 + k)
            data["nan"].append(NAN if k == 3 else float(month - 4))
            data["zero"].append(-0.0 if month % 2 and k % 2 else 0.0 if k % 3 else None)
            data["text"].append("common beginning of thirty-two c" + "haracters, then "[month:] + chr(97 + month) * k)
            data["date"].append(time.date() - datetime.timedelta(days=20000 * (month % 2)))
            data["decimal"].append(decimal.Decimal(month * 100 + k).scaleb(-2))
            data["tz"].append(time.replace(tzinfo=UTC))
            data["rare"].append(month if month == 7 and k == 19 else None)
            data["flag"].append(month % 3 == 0)
    return data


SCHEMA = pa.schema([
    ("timestamp", pa.timestamp("us")), ("i", pa.int64()), ("nan", pa.float64()), ("zero", pa.float64()), ("text", pa.string()),
    ("date", pa.date32()), ("decimal", pa.decimal128(9, 2)), ("tz", pa.timestamp("us", "UTC")), ("rare", pa.int32()),
    ("flag", pa.bool_()),
])


def filters(data, is_delta):
    """(column, operator, value) lists; all tests of a list must hold."""
    zone = UTC if is_delta else None
    at = lambda i: data["timestamp"][i].replace(tzinfo=zone)
    middle = datetime.datetime(2023, 12, 31, 23, 59, 59, 999999, tzinfo=zone)
    some = [("year", "=", 2023)], [("year", "=", 2024), ("month", "<=", 1)], [("year", ">", 2024)]
    times = [[("timestamp", op, at(i))] for op, i in (("=", 0), ("=", 63), ("<", 63), (">", 63), ("<=", 0), (">=", 199))]
    times += [[("timestamp", ">", middle)], [("timestamp", "<=", middle)], [("timestamp", ">=", at(64)), ("timestamp", "<", at(65))]]
    values = [
        [("i", "=", 3007)], [("i", ">=", 9019)], [("i", ">", 9019)], [("i", "<", 0)], [("year", "=", 2023), ("i", ">=", 6000)],
        [("nan", ">", 3.0)], [("nan", "<", -3.0)], [("nan", "=", 2.0)], [("nan", ">=", 5.0)],
        [("zero", "=", 0.0)], [("zero", "=", -0.0)], [("zero", ">=", 0.0)], [("zero", "<=", -0.0)], [("zero", "<", 0.0)],
        [("text", "=", data["text"][33])], [("text", ">", data["text"][180])], [("text", "<=", data["text"][20])],
        [("text", ">=", "common beginning of thirty-two c")], [("text", ">", "common beginning of thirty-two d")],
        [("date", "<", datetime.date(1970, 1, 1))], [("date", ">=", datetime.date(2024, 1, 1))], [("date", "=", data["date"][5])],
        [("decimal", ">", decimal.Decimal("9.18"))], [("decimal", "=", decimal.Decimal("4.03"))],
        [("tz", ">=", data["tz"][141])], [("tz", "=", data["tz"][7])], [("rare", "=", 7)], [("rare", "<", 7)],
        [("flag", "=", True)], [("flag", "=", False)],
    ]
    return [*some, *times, *values]


def holds(reader, value, op, wanted):
    """NULLs never pass. A NaN is above all numbers, except where it is in no order."""
    if value is None:
        return False
    if value != value:
        return reader not in (ARROW, *FILE_READERS) and op in (">", ">=")
    return COMPARE[op](value, wanted)


def reader_fails(reader, where, is_delta):
    columns = {column for column, _, _ in where}
    # delta-rs gives pyarrow the condition that the values are between NULL and NULL where the log has no bounds.
    if reader is ARROW and is_delta and "nan" in columns:
        return True
    # DuckDB 1.5 looks for 0.0 in the Bloom filter of a Parquet file as if -0.0 was another number.
    return reader is DUCKDB_DELTA and "zero" in columns and where[0][1] == "="


def expected(reader, data, where, is_delta):
    found = []
    for i, time in enumerate(data["timestamp"]):
        row = {"year": time.year, "month": time.month, **{c: v[i] for c, v in data.items()}}
        row["timestamp"] = time.replace(tzinfo=UTC if is_delta else None)
        if all(holds(reader, row[c], op, wanted) for c, op, wanted in where):
            found.append((plain(time), data["i"][i]))
    return found


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)
    data = build()
    file = os.path.join(workdir, "data.parquet")
    pq.write_table(pa.table([pa.array(data[f.name], f.type) for f in SCHEMA], schema=SCHEMA), file)
    pond.run("copy", f"host+series://{file}", "/data.series")
    for is_delta in (False, True):
        kind = "delta" if is_delta else "plain"
        options = ["--temporal", "year,month", *["--table-format", "delta"] * is_delta]
        pond.export(f"{workdir}/{kind}", ["/data.series"], *options)
        for reader in readers(is_delta) + FILE_READERS * (not is_delta):
            opened = checks.attempt(f"{reader.name} {kind}", lambda: reader.open(Place(f"{workdir}/{kind}/data", is_delta)))
            for where in filters(data, is_delta) if opened else ():
                if reader in FILE_READERS and where[0][0] == "decimal":
                    continue  # they make floats of decimals
                what = f"{reader.name} {kind} {where}"
                table = checks.attempt(what, lambda: opened.read(["timestamp", "i"], where))
                if table is None:
                    continue
                got, want = sorted(rows(table, ["timestamp", "i"])), expected(reader, data, where, is_delta)
                if reader_fails(reader, where, is_delta):
                    checks.check(f"{what} misses rows", set(got) < set(want), "it finds all of them now")
                else:
                    checks.equal(what, got, want)
    return checks.counts
