# Random filters: whatever a reader skips by partitions and statistics, the rows are those that a look at every row finds.
# POND_SEED gives other filters than the usual ones.
import datetime
import decimal
import math
import os
import random

import pyarrow as pa
import pyarrow.parquet as pq
from checks import Checks, Pond
from file_readers import FILE_READERS, HYPARQUET
from pruning import holds
from readers import ARROW, SPARK, Place, readers
from values import rows

UTC = datetime.timezone.utc
MONTHS, ROWS_A_MONTH, FILTERS, FILTERS_OF_SPARK = 14, 40, 120, 15
LONG = "thirty-two characters that are cu"
TEXTS = ["", "a", "b", "Zebra", "zebra", "Grüße", "é", "日本", "🌊", "\uff5e", "%", "it's", LONG, LONG + "t", LONG + "z"]
SCHEMA = pa.schema([
    ("timestamp", pa.timestamp("us")), ("i", pa.int64()), ("small", pa.int8()), ("big", pa.uint32()), ("f", pa.float64()),
    ("real", pa.float32()), ("wild", pa.float64()), ("text", pa.string()), ("date", pa.date32()),
    ("decimal", pa.decimal128(12, 3)), ("other", pa.timestamp("us")), ("flag", pa.bool_()), ("sparse", pa.int32()),
])


def row(r, month, k):
    """Values of a month are near each other, so that most filters need only some of the files."""
    start = datetime.datetime(2022 + month // 12, month % 12 + 1, 1)
    f = month * 2 + r.random()
    wild = r.choice([math.nan, math.inf, -math.inf]) if month % 4 == 1 and r.random() < 0.2 else f
    values = {
        "small": (month * 20 + r.randrange(20)) % 256 - 128, "big": 4_000_000_000 + month * 1000 + r.randrange(1000), "f": f,
        "real": float(int(f * 64)) / 64, "wild": wild, "text": TEXTS[(month + r.randrange(3)) % len(TEXTS)],
        "date": (start - datetime.timedelta(days=r.randrange(19000))).date(),
        "decimal": decimal.Decimal(month * 10_000 + r.randrange(10_000) - 50_000).scaleb(-3),
        "other": start + datetime.timedelta(days=-20000, microseconds=r.randrange(10**12)),
        "flag": month % 2 == 0 and r.random() < 0.5, "sparse": month if r.random() < 0.1 else None,
    }
    values = {c: None if r.random() < 0.05 else v for c, v in values.items()}
    time = start + datetime.timedelta(minutes=k * 1000, microseconds=r.randrange(60_000_000))
    return {"timestamp": time, "i": month * ROWS_A_MONTH + k, **values}


def near(r, value):
    """The value of a row, or one beside it."""
    step = r.choice([-1, 0, 0, 1])
    if isinstance(value, bool) or step == 0:
        return value
    if isinstance(value, datetime.datetime):
        return value + step * datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return value + step * datetime.timedelta(days=1)
    if isinstance(value, decimal.Decimal):
        return value + step * decimal.Decimal("0.001")
    if isinstance(value, str):
        return value + "!" if step > 0 else value[:-1]
    if isinstance(value, float):
        return value + step / 64
    return max(-128, value - 1) if step < 0 else value + 1 if value != 127 else value  # the bounds are those of `small`


def random_filter(r, data):
    tests = []
    for column in r.sample([*SCHEMA.names, "year", "month"], r.choice([1, 1, 1, 2, 2, 3])):
        picked = r.choice([d for d in data if d.get(column, 0) is not None])
        if column in ("year", "month"):
            value = getattr(picked["timestamp"], column)
        else:
            value = picked[column]
            while value != value or value in (math.inf, -math.inf):  # the filter is about numbers
                value = r.choice(data)[column] or math.nan
            value = near(r, value)
        tests.append((column, r.choice(["=", "<", "<=", ">", ">="]), value))
    return tests


def value_of(row, column):
    return getattr(row["timestamp"], column) if column in ("year", "month") else row[column]


def passes(reader, row, column, op, wanted):
    value = value_of(row, column)
    if reader is HYPARQUET and isinstance(wanted, str) and value is not None:  # the order of JavaScript
        value, wanted = value.encode("utf-16-be"), wanted.encode("utf-16-be")
    return holds(reader, value, op, wanted)


def with_zone(tests):
    """The times of a Delta table are instants."""
    return [(c, op, v.replace(tzinfo=UTC) if isinstance(v, datetime.datetime) else v) for c, op, v in tests]


def check_reader(checks, reader, place, data, filters):
    kind = "delta" if place.is_delta else "plain"
    opened = checks.attempt(f"{reader.name} {kind}", lambda: reader.open(place))
    for tests in filters if opened else ():
        what = f"{reader.name} {kind} {tests}"
        where = with_zone(tests) if place.is_delta else tests
        table = checks.attempt(what, lambda: opened.read(["i"], where))
        if table is None:
            continue
        got = sorted(r[0] for r in rows(table, ["i"]))
        want = [d["i"] for d in data if all(passes(reader, d, *test) for test in tests)]
        if reader is ARROW and place.is_delta and any(c == "wild" for c, _, _ in tests):
            checks.check(what, set(got) <= set(want), "finds rows that do not pass")  # what it leaves out: pruning.py
        else:
            checks.equal(what, got, want)


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)
    seed = os.environ.get("POND_SEED", "1")
    r = random.Random(seed)
    data = [row(r, month, k) for month in range(MONTHS) for k in range(ROWS_A_MONTH)]
    filters = [random_filter(r, data) for _ in range(FILTERS)]
    found = [sum(all(passes(None, d, *test) for test in tests) for d in data) for tests in filters]
    checks.check(f"seed {seed}: filters with rows", sum(0 < n < len(data) for n in found) > FILTERS // 2, found)

    file = os.path.join(workdir, "data.parquet")
    pq.write_table(pa.table([pa.array([d[f.name] for d in data], f.type) for f in SCHEMA], schema=SCHEMA), file)
    pond.run("copy", f"host+series://{file}", "/data.series")
    for is_delta in (False, True):
        out = os.path.join(workdir, "delta" if is_delta else "plain")
        pond.export(out, ["/data.series"], "--temporal", "year,month", *["--table-format", "delta"] * is_delta)
        for reader in readers(is_delta):
            check_reader(checks, reader, Place(f"{out}/data", is_delta), data, filters[:FILTERS_OF_SPARK] if reader is SPARK else filters)
    # Of decimals these two make floats, which are not compared exactly.
    simple = [tests for tests in filters if not any(c == "decimal" for c, _, _ in tests)]
    for reader in FILE_READERS:
        check_reader(checks, reader, Place(f"{workdir}/plain/data", False), data, simple)
    return checks.counts
