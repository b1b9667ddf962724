# The programs that read exports, behind one interface.
#
#   opened = reader.open(place)
#   opened.types                   column -> type, in the words of the reader
#   opened.read(columns, where)    a table of Arrow
#
# A place is a file or directory of an export, or a version of a Delta table, by its number or a time. `where` is a list of
# (column, operator, value); all must hold.
import datetime
import functools
import glob
import json
import operator
import os
import subprocess
import sys
from collections import namedtuple

ENV = os.environ["POND_INTEROP"]
Place = namedtuple("Place", "path is_delta version", defaults=[None])


def missing(name):
    """Why a reader was not installed; None if it was."""
    path = os.path.join(ENV, "missing", name)
    if not os.path.exists(path):
        return None
    with open(path) as f:
        return f.read().strip()


def sql_text(value):
    if isinstance(value, float):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(repr(value), repr(value))
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(" ") + ("+00:00" if value.tzinfo else "")
    return str(value)


def sql_query(source, columns, where, types, quote, string):
    """A SELECT for engines that speak SQL; `quote` and `string` write names and texts."""
    tests = [f"{quote(c)} {op} CAST({string(sql_text(v))} AS {types[c]})" for c, op, v in where]
    names = ", ".join(map(quote, columns)) if columns else "*"
    return f"SELECT {names} FROM {source}" + (" WHERE " + " AND ".join(tests) if tests else "")


def quote_standard(name):
    return '"' + name.replace('"', '""') + '"'


def string_standard(text):
    return "'" + text.replace("'", "''") + "'"


COMPARE = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Opened:
    """A place as one reader sees it: its types, and its rows as often as they are read."""

    def __init__(self, types, read):
        self.types = types
        self.read_rows = read

    def read(self, columns=None, where=()):
        return self.read_rows(columns, where)


class Arrow:
    """pyarrow's datasets; delta-rs gives it the files of a Delta table."""

    name = "pyarrow"

    def open(self, place):
        import deltalake
        import pyarrow.dataset

        if place.is_delta:
            table = deltalake.DeltaTable(place.path)
            if place.version is not None:
                table.load_as_version(place.version)
            dataset = table.to_pyarrow_dataset()
        else:
            dataset = pyarrow.dataset.dataset(place.path, format="parquet", partitioning="hive")
        return Opened({f.name: str(f.type) for f in dataset.schema}, functools.partial(self.read, dataset))

    def read(self, dataset, columns, where):
        import pyarrow as pa
        import pyarrow.dataset

        condition = None
        for column, op, value in where:
            scalar = pa.scalar(value).cast(dataset.schema.field(column).type)
            test = COMPARE[op](pyarrow.dataset.field(column), scalar)
            condition = test if condition is None else condition & test
        return dataset.to_table(columns=columns, filter=condition)


class Polars:
    name = "polars"

    def open(self, place):
        import polars as pl

        if place.is_delta:
            frame = pl.scan_delta(place.path, version=place.version)
        else:
            frame = pl.scan_parquet(place.path, hive_partitioning=os.path.isdir(place.path))
        schema = frame.collect_schema()
        return Opened({name: str(t) for name, t in schema.items()}, functools.partial(self.read, frame, schema))

    def read(self, frame, schema, columns, where):
        import polars as pl

        for column, op, value in where:
            frame = frame.filter(COMPARE[op](pl.col(column), pl.lit(value).cast(schema[column])))
        return (frame.select(columns) if columns else frame).collect().to_arrow()


class DuckDB:
    name = "duckdb"

    @functools.cached_property
    def connection(self):
        import duckdb

        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        return connection

    def source(self, place):
        pattern = os.path.join(place.path, "**", "*.parquet") if os.path.isdir(place.path) else place.path
        return f"read_parquet({string_standard(pattern)}, hive_partitioning = {os.path.isdir(place.path)})"

    def ask(self, sql):
        relation = self.connection.sql(sql)
        return dict(zip(relation.columns, map(str, relation.types))), relation.to_arrow_table()

    def open(self, place):
        source = self.source(place)
        types, _ = self.ask(f"SELECT * FROM {source} LIMIT 0")
        return Opened(types, lambda columns, where: self.ask(
            sql_query(source, columns, where, types, quote_standard, string_standard))[1])


class DuckDBDelta(DuckDB):
    """The extension for Delta tables, in a process of its own (duckdb_delta.py)."""

    def source(self, place):
        version = "" if place.version is None else f", version => {place.version}"
        return f"delta_scan({string_standard(place.path)}{version})"

    @functools.cached_property
    def process(self):
        packages = os.path.join(ENV, "duckdb-delta")
        program = os.path.join(os.path.dirname(__file__), "duckdb_delta.py")
        return subprocess.Popen([sys.executable, program, packages], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                env={**os.environ, "PYTHONPATH": packages}, text=True)

    def ask(self, sql):
        import pyarrow as pa

        out = os.path.join(ENV, "duckdb-delta.arrow")
        self.process.stdin.write(json.dumps({"sql": sql, "out": out}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        with pa.OSFile(out, "rb") as f:
            return answer["types"], pa.ipc.open_file(f).read_all()


class Spark:
    """One session for all checks: it takes long to start."""

    name = "spark"

    @functools.cached_property
    def session(self):
        from pyspark.sql import SparkSession

        settings = {
            "spark.master": "local[2]",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            # Most of the time goes into starting and planning, which the quick compiler does best.
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "spark.local.dir": os.path.join(ENV, "spark"),
            "spark.sql.warehouse.dir": os.path.join(ENV, "spark", "warehouse"),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "1",
            "spark.sql.adaptive.enabled": "false",
            "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than reading a few rows
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            # Without it Spark refuses times before 1900: it cannot know the calendar of files that it did not write.
            "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
            # With them Spark looks for 0.0 as if -0.0 was another number.
            "spark.hadoop.parquet.filter.dictionary.enabled": "false",
            "spark.hadoop.parquet.filter.bloom.enabled": "false",
        }
        if missing("spark-delta") is None:
            settings |= {
                "spark.jars": ",".join(sorted(glob.glob(os.path.join(ENV, "delta-spark", "*.jar")))),
                "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
                "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
                "spark.databricks.delta.snapshotPartitions": "1",
            }
        os.environ["JAVA_HOME"] = os.path.dirname(os.path.dirname(os.path.realpath(java())))
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        os.environ.pop("SPARK_HOME", None)
        builder = SparkSession.builder
        for key, value in settings.items():
            builder = builder.config(key, value)
        with stderr_to(os.path.join(ENV, "spark.log")):
            session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        return session

    def open(self, place, schema=None):
        """With a schema, Spark reads only its columns."""
        reader = self.session.read.format("delta" if place.is_delta else "parquet")
        if isinstance(place.version, datetime.datetime):
            reader = reader.option("timestampAsOf", place.version.strftime("%Y-%m-%d %H:%M:%S.%f"))
        elif place.version is not None:
            reader = reader.option("versionAsOf", place.version)
        frame = (reader.schema(schema) if schema else reader).load(place.path)
        return Opened(dict(frame.dtypes), functools.partial(self.read, frame))

    def read(self, frame, columns, where):
        import pyarrow as pa

        if columns or where:
            frame.createOrReplaceTempView("place")
            frame = self.session.sql(sql_query("place", columns, where, dict(frame.dtypes), self.quote, self.string))
        batches = frame._collect_as_arrow()  # the rows as they are: collect() has no dates after the year 9999
        return pa.Table.from_batches(batches) if batches else pa.table({c: [] for c in frame.columns})

    @staticmethod
    def quote(name):
        return "`" + name.replace("`", "``") + "`"

    @staticmethod
    def string(text):
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def java():
    program = os.path.join(os.path.dirname(os.path.dirname(__file__)), "java")
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.strip()


class stderr_to:
    """Sends to a file what this process and those that it starts write to standard error."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.saved = os.dup(2)
        target = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(target, 2)
        os.close(target)

    def __exit__(self, *_):
        os.dup2(self.saved, 2)
        os.close(self.saved)


ARROW, POLARS, DUCKDB, DUCKDB_DELTA, SPARK = Arrow(), Polars(), DuckDB(), DuckDBDelta(), Spark()


def readers(is_delta):
    """The readers that are installed, of plain exports or of Delta tables."""
    found = [ARROW, POLARS]
    if not is_delta:
        found.append(DUCKDB)
    elif missing("duckdb-delta") is None:
        found.append(DUCKDB_DELTA)
    if missing("spark") is None and not (is_delta and missing("spark-delta")):
        found.append(SPARK)
    return found
