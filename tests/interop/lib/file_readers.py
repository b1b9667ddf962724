# fastparquet and hyparquet, behind the interface of readers.py. They know files and directories of plain exports, no Arrow and no
# Delta tables; what they read comes as the lists of values.Cells.
import datetime
import functools
import glob
import json
import os
import struct
import subprocess

from readers import COMPARE, Opened
from values import NANOSECONDS, Cells, float_text, plain

HERE = os.path.dirname(os.path.abspath(__file__))


class FastParquet:
    """Reads into pandas, where a missing float is a NaN; the values are those of the frame."""

    name = "fastparquet"

    def open(self, place):
        import fastparquet

        file = fastparquet.ParquetFile(place.path)
        return Opened({c: str(t) for c, t in file.dtypes.items()}, functools.partial(self.read, file))

    def read(self, file, columns, where):
        """File by file: read at once, it loses the texts of files without a dictionary if others have one."""
        where = [(c, "==" if op == "=" else op, self.scalar(v)) for c, op, v in where]
        names = columns or [*file.columns, *file.cats]
        found = {c: [] for c in names}
        for i in range(len(file.row_groups)):
            # Its filters pick files and row groups by partitions and statistics. It can pick rows too, but not by all columns.
            frame = file[i].to_pandas(columns=list({*names, *(c for c, _, _ in where)}), filters=where)
            for c, op, v in where:
                fits = [not is_missing(x) and COMPARE[op.replace("==", "=")](x, v) for x in frame[c]]
                frame = frame.loc[frame.index[fits]]
            for c in names:
                found[c] += self.cells(frame[c])
        return Cells(found)

    @staticmethod
    def scalar(value):
        import pandas as pd

        if isinstance(value, datetime.datetime) and value.tzinfo is not None:  # all times are UTC, in columns without a zone
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return pd.Timestamp(value) if isinstance(value, datetime.date) else value

    @staticmethod
    def cells(column):
        import pandas as pd

        if isinstance(column.dtype, pd.CategoricalDtype):  # the partitions
            column = column.astype(int)
        if column.dtype.kind in "mM":
            ns = NANOSECONDS[column.dt.unit]
            return [None if is_null else int(v) * ns for v, is_null in zip(column.astype("int64"), column.isna())]
        return [native(v) for v in column]


def is_missing(value):
    return value is None or type(value).__name__ in ("NAType", "NaTType") or isinstance(value, float) and value != value


def native(value):
    """A value of pandas, or of numpy inside it, in the common form."""
    if isinstance(value, list):
        return [native(v) for v in value]
    if isinstance(value, dict):
        return {k: native(v) for k, v in value.items()}
    return None if is_missing(value) else plain(value.item() if hasattr(value, "item") else value)


class HyParquet:
    """Reads one file at a time, in a process of its own (hyparquet.mjs); the partitions are taken from the paths."""

    name = "hyparquet"

    @functools.cached_property
    def process(self):
        return subprocess.Popen(["node", os.path.join(HERE, "hyparquet.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                text=True)

    def open(self, place):
        files = sorted(glob.glob(f"{glob.escape(place.path)}/**/*.parquet", recursive=True)) or [place.path]
        return Opened({}, functools.partial(self.read, place.path, files))

    def ask(self, file, columns, where):
        tests = [(c, op, packed(v)) for c, op, v in where]
        self.process.stdin.write(json.dumps({"file": file, "columns": columns, "filter": tests}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return {c: list(map(unpacked, v)) for c, v in answer["columns"].items()}

    def read(self, root, files, columns, where):
        found, n_found = {}, 0
        for file in files:
            parts = {k: int(v) for k, v in (p.split("=") for p in os.path.relpath(file, root).split("/")[:-1])}
            if not all(COMPARE[op](parts[c], v) for c, op, v in where if c in parts):
                continue
            stored = [c for c in columns if c not in parts] if columns else None
            got = self.ask(file, stored, [test for test in where if test[0] not in parts])
            n = len(next(iter(got.values())))
            got |= {c: [v] * n for c, v in parts.items()}
            for c in found.keys() | got.keys():  # a file may lack a column that came later
                found[c] = found.get(c, [None] * n_found) + got.get(c, [None] * n)
            n_found += n
        if not found:
            found = {c: [] for c in columns or self.ask(files[0], None, [])}
        return Cells(found)


def packed(value):
    """A value of a filter as hyparquet.mjs takes it."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, (datetime.date, int)):
        return {"integer": str(plain(value))}
    return {"float": struct.pack(">d", value).hex()}


def unpacked(value):
    """A value of hyparquet.mjs in the common form."""
    if isinstance(value, list):
        return [unpacked(v) for v in value]
    if not isinstance(value, dict):
        return value
    ((kind, v),) = value.items()
    if kind == "object":
        return {k: unpacked(x) for k, x in v.items()}
    if kind == "float":
        return float_text(struct.unpack(">d", bytes.fromhex(v))[0])
    return int(v) if kind == "integer" else bytes.fromhex(v)


FASTPARQUET, HYPARQUET = FastParquet(), HyParquet()
FILE_READERS = [FASTPARQUET, HYPARQUET]
