# A column of every type that an export can hold: its values, the types that it has in a plain export and in a Delta table,
# and what each reader shows. docs/formats.md prints the types as a table, which all_types.py compares with this one.
import datetime
import decimal
import struct
import uuid
from collections import namedtuple

import pyarrow as pa
from values import plain

# sql      the type in the pond
# source   the type of the Parquet file that is copied in; TEXT: a query casts it to `sql` afterwards
# values   what the source has, row by row and again from the start, at the end a NULL
# parquet  the type in a plain export; delta: the type in a Delta table, None if it is refused there
Column = namedtuple("Column", "sql source values parquet delta")
TEXT = pa.string()


def decimals(precision, scale):
    top = 10**precision - 1
    context = decimal.Context(prec=precision)
    values = [decimal.Decimal(v).scaleb(-scale, context) for v in (0, 1, -1, top, -top, top // 7, -(top // 3))]
    name = f"DECIMAL({precision},{scale})"
    return Column(name, pa.decimal128(precision, scale), [*values, None], name, name.lower())


def integers(sql, source, parquet, delta):
    bits = int("".join(filter(str.isdigit, str(source))))
    low, high = (0, 2**bits - 1) if str(source).startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return Column(sql, source, [0, 1, low, high, high - 1, 42, None], parquet, delta)


FLOATS = [0.0, -0.0, 1.5, float("nan"), float("inf"), float("-inf"), 5e-324, -2.2250738585072014e-308, 0.1,
          1.7976931348623157e308, None]
FLOATS_32 = [0.0, -0.0, 1.5, float("nan"), float("inf"), float("-inf"), 2.0**-149, -(2.0**-126),
             struct.unpack("f", struct.pack("f", 0.1))[0], 3.4028234663852886e38, None]
TEXTS = ["", "a", "two words", "Grüße", "日本語 🌊", "it's \"quoted\"", "back\\slash", "tab\tnew\nline\r", "nul\0nul", "NULL",
         "%41+/", "x" * 100, "\U0010ffff" * 40, "é" * 33, None]
BYTES = [b"", b"\x00", b"\xff\xfe\x00", bytes(range(256)), b"text", None]
DAYS = [0, -1, 1, -25567, 19782, -141427, -719162, 2932896, 5373484, None]  # 1970, 1582, the year 1, 9999, 16681
DAY = 86_400_000_000
# 1970, before it, 1883, the Julian calendar's last day and the day after, the year 1, the end of 9999, the year 16681
TIMES_US = [0, -1, 1, 1_706_700_000_123_456, -2_717_650_800_500_000, -141428 * DAY + 1, -141427 * DAY, -719162 * DAY,
            2932896 * DAY + DAY - 1, 5373484 * DAY, None]
NS = [0, -1, 1, 999, -1000, -1001, 1_706_700_000_123_456_789, -2_208_988_800_000_000_001, 4_102_444_800_999_999_500, None]

# What one reader after the other can read whole.
STORED = {
    "boolean": Column("BOOLEAN", pa.bool_(), [True, False, None], "BOOLEAN", "boolean"),
    "tinyint": integers("TINYINT", pa.int8(), "INT(8,true)", "byte"),
    "smallint": integers("SMALLINT", pa.int16(), "INT(16,true)", "short"),
    "integer": integers("INTEGER", pa.int32(), "INT(32,true)", "integer"),
    "bigint": integers("BIGINT", pa.int64(), "INT(64,true)", "long"),
    "utinyint": integers("UTINYINT", pa.uint8(), "INT(8,false)", "short"),
    "usmallint": integers("USMALLINT", pa.uint16(), "INT(16,false)", "integer"),
    "uinteger": integers("UINTEGER", pa.uint32(), "INT(32,false)", "long"),
    "ubigint": integers("UBIGINT", pa.uint64(), "INT(64,false)", "decimal(20,0)"),
    "float": Column("FLOAT", pa.float32(), FLOATS_32, "FLOAT", "float"),
    "double": Column("DOUBLE", pa.float64(), FLOATS, "DOUBLE", "double"),
    "decimal_4": decimals(4, 1),
    "decimal_9": decimals(9, 9),
    "decimal_18": decimals(18, 6),
    "decimal_38": decimals(38, 10),
    "varchar": Column("VARCHAR", pa.string(), TEXTS, "STRING", "string"),
    "blob": Column("BLOB", pa.binary(), BYTES, "BYTE_ARRAY", "binary"),
    "date": Column("DATE", pa.date32(), DAYS, "DATE", "date"),
    "timestamp_us": Column("TIMESTAMP", pa.timestamp("us"), TIMES_US, "TIMESTAMP(MICROS,false)", "timestamp"),
    "timestamp_tz": Column("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "America/New_York"), TIMES_US,
                           "TIMESTAMP(MICROS,true)", "timestamp"),
    "empty": Column("INTEGER", pa.int32(), [None], "INT(32,true)", "integer"),
}
HUGE = ["0", "-1", "9007199254740993", "-99999999999999999999999999999999999999",
        "99999999999999999999999999999999999999", "123456789012345678901234567890", None]
CAST = {
    "hugeint": Column("HUGEINT", TEXT, HUGE, "DECIMAL(38,0)", "decimal(38,0)"),
    "uhugeint": Column("UHUGEINT", TEXT, ["0", "99999999999999999999999999999999999999", "9007199254740993", None],
                       "DECIMAL(38,0)", "decimal(38,0)"),
    "enum": Column("ENUM('a', 'two words', 'ü', '')", TEXT, ["a", "ü", "two words", "", None], "STRING", "string"),
    "json": Column("JSON", TEXT, ['{"a": [1, null]}', '"ü"', "null", "1.50", None], "JSON", "string"),
    "bit": Column("BIT", TEXT, ["1", "0", "10101", "0" * 70 + "1", None], "STRING", "string"),
    "timestamp_s": Column("TIMESTAMP_S", pa.timestamp("us"), [0, -1_000_000, 1_706_700_000_000_000, None],
                          "TIMESTAMP(MICROS,false)", "timestamp"),
    "timestamp_ms": Column("TIMESTAMP_MS", pa.timestamp("us"), [0, -1000, 1_706_700_000_123_000, None],
                           "TIMESTAMP(MILLIS,false)", "timestamp"),
}
UUIDS = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
         "12345678-9abc-def0-8234-56789abcdef0", None]
# What Spark 3.5 cannot read from a plain export.
ODD = {
    "time": Column("TIME", pa.time64("us"), [0, DAY - 1, 45_296_123_456, None], "TIME(MICROS,false)", "string"),
    "time_tz": Column("TIME WITH TIME ZONE", TEXT, ["12:34:56.123456+02:00", "00:00:00+00:00", "23:59:59-08:00", None],
                      "TIME(MICROS,true)", "string"),
    "timestamp_ns": Column("TIMESTAMP_NS", pa.timestamp("ns"), NS, "TIMESTAMP(NANOS,false)", "timestamp"),
    "uuid": Column("UUID", TEXT, UUIDS, "UUID", "string"),
}
# Polars cannot read it from a plain export either.
INTERVAL = {
    "interval": Column("INTERVAL", TEXT, ["1 year 2 months 3 days 01:02:03.5", "0 seconds", "14 months", "40 days", None],
                       "INTERVAL", "string"),
}
# What a Delta table of protocol 1/2 cannot hold.
NESTED = {
    "list": Column("INTEGER[]", pa.list_(pa.int32()), [[], [1, None, 3], [None], None], "LIST", None),
    "texts": Column("VARCHAR[]", pa.list_(pa.string()), [["", "ü", None], [], None], "LIST", None),
    "struct": Column("STRUCT(a INTEGER, b VARCHAR)", pa.struct([("a", pa.int32()), ("b", pa.string())]),
                     [{"a": 1, "b": "x"}, {"a": None, "b": None}, None], "STRUCT", None),
    "map": Column("MAP(VARCHAR, DOUBLE)", pa.map_(pa.string(), pa.float64()), [[("k", 1.5), ("l", None)], [], None],
                  "MAP", None),
    "deep": Column("STRUCT(a INTEGER, b VARCHAR)[]", pa.list_(pa.struct([("a", pa.int32()), ("b", pa.string())])),
                   [[{"a": 1, "b": "x"}, None], [], None], "LIST", None),
}
TIME_NS = {
    "time_ns": Column("TIME_NS", pa.time64("ns"), [0, 86_399_999_999_999, 45_296_123_456_789, None], "TIME(NANOS,false)", None),
}

# The times of the rows: most of them in two months, one before 1970.
START = datetime.datetime(2024, 1, 1)
TIMES = [datetime.datetime(1969, 12, 31, 23, 59, 59, 999999), START - datetime.timedelta(microseconds=1)]
TIMES += [START + datetime.timedelta(hours=20 * i) for i in range(60)]


def cycle(values):
    return [values[i % len(values)] for i in range(len(TIMES))]


def source_table(columns):
    """What is copied into the pond."""
    arrays = {"timestamp": pa.array(TIMES, pa.timestamp("us"))}
    for name, c in columns.items():
        arrays[name] = pa.array(cycle(c.values), c.source)
    return pa.table(arrays)


def cast_query(columns):
    casts = ", ".join(f'CAST("{n}" AS {c.sql}) AS "{n}"' for n, c in columns.items())
    return f"SELECT timestamp, {casts} FROM source"


# What readers show of a type: pyarrow, Polars, DuckDB, Spark; None: it cannot be read.
PLAIN_TYPES = {
    "BOOLEAN": ("bool", "Boolean", "BOOLEAN", "boolean"),
    "INT(8,true)": ("int8", "Int8", "TINYINT", "tinyint"),
    "INT(16,true)": ("int16", "Int16", "SMALLINT", "smallint"),
    "INT(32,true)": ("int32", "Int32", "INTEGER", "int"),
    "INT(64,true)": ("int64", "Int64", "BIGINT", "bigint"),
    "INT(8,false)": ("uint8", "UInt8", "UTINYINT", "smallint"),
    "INT(16,false)": ("uint16", "UInt16", "USMALLINT", "int"),
    "INT(32,false)": ("uint32", "UInt32", "UINTEGER", "bigint"),
    "INT(64,false)": ("uint64", "UInt64", "UBIGINT", "decimal(20,0)"),
    "FLOAT": ("float", "Float32", "FLOAT", "float"),
    "DOUBLE": ("double", "Float64", "DOUBLE", "double"),
    "DECIMAL(p,s)": ("decimal128(p, s)", "Decimal(precision=p, scale=s)", "DECIMAL(p,s)", "decimal(p,s)"),
    "STRING": ("string", "String", "VARCHAR", "string"),
    "JSON": ("string", "Binary", "JSON", "string"),
    "BYTE_ARRAY": ("binary", "Binary", "BLOB", "binary"),
    "DATE": ("date32[day]", "Date", "DATE", "date"),
    "TIMESTAMP(MILLIS,false)": ("timestamp[ms]", "Datetime(time_unit='ms', time_zone=None)", "TIMESTAMP", "timestamp_ntz"),
    "TIMESTAMP(MICROS,false)": ("timestamp[us]", "Datetime(time_unit='us', time_zone=None)", "TIMESTAMP", "timestamp_ntz"),
    "TIMESTAMP(NANOS,false)": ("timestamp[ns]", "Datetime(time_unit='ns', time_zone=None)", "TIMESTAMP_NS", None),
    "TIMESTAMP(MICROS,true)": ("timestamp[us, tz=UTC]", "Datetime(time_unit='us', time_zone='UTC')",
                               "TIMESTAMP WITH TIME ZONE", "timestamp"),
    "TIME(MICROS,false)": ("time64[us]", "Time", "TIME", None),
    "TIME(MICROS,true)": ("time64[us]", "Time", "TIME WITH TIME ZONE", None),
    "TIME(NANOS,false)": ("time64[ns]", "Time", "TIME_NS", None),
    "INTERVAL": ("fixed_size_binary[12]", None, "INTERVAL", None),
    "UUID": ("fixed_size_binary[16]", "Binary", "UUID", None),
    "LIST": ("list", "List", "[]", "array"),
    "STRUCT": ("struct", "Struct", "STRUCT", "struct"),
    "MAP": ("map", "Map", "MAP", "map"),
}
DELTA_TYPES = {
    "boolean": PLAIN_TYPES["BOOLEAN"],
    "byte": PLAIN_TYPES["INT(8,true)"],
    "short": PLAIN_TYPES["INT(16,true)"],
    "integer": PLAIN_TYPES["INT(32,true)"],
    "long": PLAIN_TYPES["INT(64,true)"],
    "float": PLAIN_TYPES["FLOAT"],
    "double": PLAIN_TYPES["DOUBLE"],
    "decimal(p,s)": PLAIN_TYPES["DECIMAL(p,s)"],
    "string": PLAIN_TYPES["STRING"],
    "binary": PLAIN_TYPES["BYTE_ARRAY"],
    "date": PLAIN_TYPES["DATE"],
    "timestamp": PLAIN_TYPES["TIMESTAMP(MICROS,true)"],
}
READER_INDEX = {"pyarrow": 0, "polars": 1, "duckdb": 2, "spark": 3}


def shown_type(column, reader, is_delta):
    """What a reader should show of a column; None if it cannot read it."""
    name = column.delta if is_delta else column.parquet
    key, arguments = name, None
    if name.lower().startswith("decimal"):
        arguments = name[8:-1].split(",")
        key = "decimal(p,s)" if is_delta else "DECIMAL(p,s)"
    shown = (DELTA_TYPES if is_delta else PLAIN_TYPES)[key][READER_INDEX[reader.name]]
    if arguments and shown:
        head, parenthesis, tail = shown.partition("(")
        tail = tail.replace("p,", arguments[0] + ",").replace("=p", "=" + arguments[0])
        shown = head + parenthesis + tail.replace("s)", arguments[1] + ")")
    return shown


def documented():
    """The rows of the tables in docs/formats.md."""
    found = []
    for node in (STORED, CAST, ODD, INTERVAL, NESTED, TIME_NS):
        for c in node.values():
            names = {"LIST": "lists", "STRUCT": "structs", "MAP": "maps"}
            sql = names.get(c.parquet) or "`" + c.sql.split("(")[0] + "(p,s)" * c.sql.startswith("DECIMAL") + "`"
            general = lambda name: (name.split("(")[0] + "(p,s)") if c.sql.startswith("DECIMAL") else name
            found.append(f"| {sql} | `{general(c.parquet)}` | " + (f"`{general(c.delta)}` |" if c.delta else "an error |"))
    for name, shown in PLAIN_TYPES.items():
        found.append(f"| `{name}` | " + " | ".join(f"`{x}`" if x else "an error" for x in shown) + " |")
    return list(dict.fromkeys(found))


# Values that another type holds -----------------------------------------------------------------------------------------


def timetz_ns(text):
    t = datetime.time.fromisoformat(text)
    micros = ((t.hour * 60 + t.minute) * 60 + t.second) * 1_000_000 + t.microsecond
    return (micros - t.utcoffset() // datetime.timedelta(microseconds=1)) % DAY * 1000


def time_text(micros):
    """As in a Delta table: a fraction only if there is one, without zeros at its end."""
    seconds, fraction = divmod(micros, 1_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + (f".{fraction:06}".rstrip("0") if fraction else "")


INTERVALS = {  # text -> months, days, nanoseconds, and the text in a Delta table
    "1 year 2 months 3 days 01:02:03.5": ((14, 3, 3_723_500_000_000), "1 year 2 months 3 days 01:02:03.5"),
    "0 seconds": ((0, 0, 0), "00:00:00"),
    "14 months": ((14, 0, 0), "1 year 2 months"),
    "40 days": ((0, 40, 0), "40 days"),
}


def expected(column, reader, is_delta):
    """The column's values as this reader should give them, in the common form of values.py."""
    return [v if v is None else cell(column, v, reader, is_delta) for v in cycle(column.values)]


def cell(c, v, reader, is_delta):
    shown = shown_type(c, reader, is_delta)
    if c.sql in ("TIME", "TIME_NS"):
        return time_text(v) if is_delta else v * (1000 if c.sql == "TIME" else 1)
    if c.sql == "TIME WITH TIME ZONE":
        return timetz_text(v) if is_delta else timetz_ns(v)
    if c.sql == "INTERVAL":
        parts, text = INTERVALS[v]
        if shown == "fixed_size_binary[12]":
            return struct.pack("<III", parts[0], parts[1], parts[2] // 1_000_000)
        return text if is_delta else parts
    if c.sql == "TIMESTAMP_NS":
        return cut_to_us(v) if is_delta else v
    if c.sql.startswith("TIMESTAMP"):
        return v * 1000
    if c.sql == "UUID":
        return v if shown in ("string", "String", "VARCHAR", "UUID") else uuid.UUID(v).bytes
    if c.sql == "JSON" and shown == "Binary":
        return v.encode()
    if c.sql in ("HUGEINT", "UHUGEINT"):
        return str(v)
    if shown.lower().startswith("decimal") and isinstance(v, int):
        return str(v)
    return plain(v)


def timetz_text(text):
    """As in a Delta table: only the hours of a zone that has no minutes."""
    clock, sign, zone = text[:-6], text[-6], text[-5:]
    return clock + sign + (zone[:2] if zone.endswith(":00") else zone)


def cut_to_us(ns):
    """Digits after the microsecond are cut off, so times before 1970 move forwards."""
    return (abs(ns) // 1000) * (1000 if ns >= 0 else -1000)
