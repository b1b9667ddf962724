# What other programs write comes into a pond as it was meant: every writer, codec, encoding, page version and unit of time. A file
# is copied in as a series and exported again; the rows of the export are those that the writer was given.
import datetime
import itertools
import math
import os
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
from checks import Checks, Pond
from readers import SPARK, missing
from values import plain, rows

START = datetime.datetime(2023, 12, 31, 23, 50, tzinfo=datetime.timezone.utc)
NAMES = ["timestamp", "level.m", "n", "text", "on"]
N = 500
TEXTS = ["", "plain", "Grüße 🌊", "it's, \"quoted\"\n", "x" * 80]


def row(i):
    """In the order of NAMES; times are whole milliseconds, so that every unit can hold them."""
    level = None if i % 7 == 3 else math.nan if i % 31 == 5 else (i * 37 % 1000 - 500) / 8
    return (START + datetime.timedelta(milliseconds=i * 60_001), level, None if i % 11 == 4 else i * 3_000_000_019 - 2**40,
            None if i % 13 == 6 else TEXTS[i % len(TEXTS)] + str(i % 17), None if i % 5 == 2 else i % 3 == 0)


ROWS = [row(i) for i in range(N)]


def table(unit="us", zone="UTC"):
    columns = list(zip(*ROWS))
    times = pa.array([int((t - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(milliseconds=1))
                      for t in columns[0]], pa.int64())
    times = times.cast(pa.timestamp("ms")).cast(pa.timestamp(unit))
    if zone:
        times = times.cast(pa.timestamp(unit, zone))
    return pa.table([times, pa.array(columns[1], pa.float64()), pa.array(columns[2], pa.int64()),
                     pa.array(columns[3], pa.string()), pa.array(columns[4], pa.bool_())], NAMES)


def by_pyarrow(path, unit="us", zone="UTC", **options):
    pq.write_table(table(unit, zone), path, **options)


def pyarrow_files():
    for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
        for pages in ("1.0", "2.0"):
            yield f"{codec}, pages {pages}", {"compression": codec, "data_page_version": pages}
    for version, unit, zone in itertools.product(("1.0", "2.4", "2.6"), ("ms", "us", "ns"), ("UTC", None, "Europe/Berlin")):
        if version == "2.6" or unit != "ns":
            yield f"version {version}, {unit}, {zone}", {"version": version, "unit": unit, "zone": zone}
    yield "INT96", {"use_deprecated_int96_timestamps": True, "zone": None}
    for what, encoding in (("delta", {"timestamp": "DELTA_BINARY_PACKED", "n": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY",
                                      "level.m": "BYTE_STREAM_SPLIT"}),
                           ("delta lengths", {"text": "DELTA_LENGTH_BYTE_ARRAY"}),
                           ("plain", dict.fromkeys(NAMES, "PLAIN")), ("runs", {"on": "RLE"})):
        yield what, {"use_dictionary": False, "column_encoding": encoding}
    yield "small row groups and pages", {"row_group_size": 17, "data_page_size": 64, "write_batch_size": 8}
    yield "checksums of pages", {"write_page_checksum": True}
    yield "no statistics", {"write_statistics": False}
    yield "page index", {"write_page_index": True}


# What the engine cannot read is refused, not read wrongly: files, and words of the message.
REFUSED = {"integers split into bytes": ({"use_dictionary": False, "column_encoding": {"n": "BYTE_STREAM_SPLIT"}},
                                         "BYTE_STREAM_SPLIT encoding is only supported for FLOAT or DOUBLE data")}


def by_pandas(path, engine, index=False, **options):
    import pandas as pd

    frame = table().to_pandas()
    frame["n"] = pd.array(list(zip(*ROWS))[2], "Int64")
    frame["on"] = pd.array(list(zip(*ROWS))[4], "boolean")
    if options.get("times") == "int96":  # fastparquet takes the microseconds of pandas 3 for nanoseconds
        frame["timestamp"] = frame["timestamp"].astype("datetime64[ns, UTC]")
    if index:
        frame = frame.set_index("timestamp")
    frame.to_parquet(path, engine=engine, **options)


def pandas_files():
    yield "pyarrow", {"engine": "pyarrow"}
    yield "pyarrow, times as index", {"engine": "pyarrow", "index": True}
    for codec in ("UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"):
        yield f"fastparquet, {codec}", {"engine": "fastparquet", "compression": codec}
    yield "fastparquet, INT96", {"engine": "fastparquet", "times": "int96"}
    yield "fastparquet, small row groups", {"engine": "fastparquet", "row_group_offsets": 33}


def by_polars(path, **options):
    import polars as pl

    pl.from_arrow(table()).write_parquet(path, **options)


def polars_files():
    for codec in ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"):
        yield codec, {"compression": codec}
    yield "small row groups and pages", {"row_group_size": 19, "data_page_size": 100}
    yield "no statistics", {"statistics": False}


def by_duckdb(path, options):
    import duckdb

    written = table()  # noqa: F841, DuckDB finds it by its name
    duckdb.sql("SET TimeZone = 'UTC'")
    duckdb.sql(f"COPY (FROM written) TO '{path}' (FORMAT parquet{options})")


def duckdb_files():
    for codec in ("uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4_raw"):
        yield codec, {"options": f", CODEC '{codec}'"}
    yield "pages V2", {"options": ", PARQUET_VERSION v2"}
    yield "row groups", {"options": ", ROW_GROUP_SIZE 2048"}


def by_spark(path, codec="snappy", times="TIMESTAMP_MICROS"):
    session = SPARK.session
    session.conf.set("spark.sql.parquet.outputTimestampType", times)
    frame = session.createDataFrame(
        ROWS, "timestamp timestamp, `level.m` double, n bigint, text string, `on` boolean")
    frame.coalesce(1).write.mode("overwrite").option("compression", codec).parquet(path + ".d")
    (part,) = [n for n in os.listdir(path + ".d") if n.endswith(".parquet")]
    os.rename(os.path.join(path + ".d", part), path)
    shutil.rmtree(path + ".d")


def spark_files():
    for times in ("INT96", "TIMESTAMP_MICROS", "TIMESTAMP_MILLIS"):
        yield times, {"times": times}
    for codec in ("uncompressed", "gzip", "zstd"):
        yield codec, {"codec": codec}


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)
    pond.run("mkdir", "/in")
    want = [tuple(plain(v) for v in r) for r in ROWS]
    without_nan = [tuple(None if v == "nan" else v for v in r) for r in want]  # pandas has one value for both
    writers = [("pyarrow", by_pyarrow, pyarrow_files()), ("pandas", by_pandas, pandas_files()),
               ("polars", by_polars, polars_files()), ("duckdb", by_duckdb, duckdb_files())]
    if missing("spark") is None:
        writers.append(("spark", by_spark, spark_files()))
    else:
        checks.skipped += 1
    copied = []
    for writer, write, files in writers:
        for what, options in files:
            name = f"{writer}-{len(copied)}"
            path = os.path.join(workdir, name + ".parquet")
            what = f"{writer}: {what}"
            try:
                write(path, **options)
            except Exception as e:
                checks.check(what, False, f"was not written: {e}")
                continue
            refusal = pond.refusal("copy", f"host+series://{path}", f"/in/{name}.series")
            checks.check(f"{what} is taken", refusal is None, refusal)
            if refusal is None:
                copied.append((name, what))
            os.remove(path)
    for what, (options, text) in REFUSED.items():
        path = os.path.join(workdir, "refused.parquet")
        by_pyarrow(path, **options)
        refusal = pond.refusal("copy", f"host+series://{path}", "/in/refused.series")
        checks.check(f"pyarrow: {what}", refusal is not None and text in refusal, refusal)
    out = os.path.join(workdir, "out")
    pond.export(out, ["/in/*.series"])
    for name, what in copied:
        got = pq.read_table(os.path.join(out, name + ".parquet"))
        checks.equal(f"{what}: columns", sorted(got.column_names), sorted(NAMES))
        if sorted(got.column_names) == sorted(NAMES):
            checks.equal(what, rows(got, NAMES), without_nan if what.startswith("pandas") else want)
    return checks.counts
