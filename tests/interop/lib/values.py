# Values in one form, whichever reader they come from, so that they can be compared with ==.
#
#   booleans, integers, texts, bytes   as they are
#   floats                             text with every bit: float.hex(), "nan"; -0.0 as 0.0, see docs/formats.md
#   decimals                           text with all digits of the scale
#   dates                              days since 1970-01-01
#   times, timestamps                  nanoseconds since midnight, since 1970-01-01
#   intervals                          (months, days, nanoseconds)
#   lists, structs, maps               lists, dicts, lists of [key, value]
#   NULL                               None
import datetime
import decimal
import math

import pyarrow as pa

NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}
EPOCH = datetime.datetime(1970, 1, 1)


def float_text(x):
    return "nan" if math.isnan(x) else (float(x) + 0.0).hex()


def plain(x):
    """The common form of a Python value."""
    if x is None or isinstance(x, (bool, int, str, bytes)):
        return x
    if isinstance(x, float):
        return float_text(x)
    if isinstance(x, decimal.Decimal):
        return format(x, "f")
    if isinstance(x, datetime.datetime):
        if x.tzinfo is not None:
            x = x.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return (x - EPOCH) // datetime.timedelta(microseconds=1) * 1000
    if isinstance(x, datetime.date):
        return x.toordinal() - EPOCH.toordinal()
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    raise TypeError(f"no common form of {type(x)}")


def cells(column):
    """The values of an Arrow column, in the common form. A list has them already."""
    if isinstance(column, list):
        return column
    t = column.type
    if isinstance(t, pa.BaseExtensionType):
        return cells(pa.chunked_array([c.storage for c in column.chunks], t.storage_type))
    if pa.types.is_timestamp(t) or pa.types.is_time64(t):
        return [None if x is None else x * NANOSECONDS[t.unit] for x in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_time32(t):
        return [None if x is None else x * NANOSECONDS[t.unit] for x in column.cast(pa.int32()).to_pylist()]
    if pa.types.is_date32(t):
        return column.cast(pa.int32()).to_pylist()
    if pa.types.is_interval(t):
        return [None if x is None else (x.months, x.days, x.nanoseconds) for x in column.to_pylist()]
    return [plain(x) for x in column.to_pylist()]


class Cells:
    """A table of readers that know no Arrow: its columns are lists in the common form."""

    def __init__(self, columns):
        self.columns = columns
        self.column_names = list(columns)

    def column(self, name):
        return self.columns[name]


def rows(table, columns):
    """The rows of a table as tuples of these columns, in the common form."""
    return list(zip(*[cells(table.column(c)) for c in columns])) if columns else []
