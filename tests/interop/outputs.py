# What commands print for programs: every --format of every command that lists, read by other programs. Names of nodes and
# columns, and values, have quotes, separators, ends of lines, and what looks like NULL.
import csv
import datetime
import decimal
import io
import json
import math
import os
import re
import shutil
import subprocess

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
from checks import Checks, Pond

TEXTS = ["", None, "a,b", 'say "hi"', '"', '""', "it's", "new\nline", "cr\r\nlf", "cr\ralone", "tab\there", " blanks ", "null", "NULL",
         "NaN", "1", "007", "1e5", "true", "2024-01-31", "日本 🌊", "back\\slash", "\\n", "\\", "-", "#", "=1+1", "'", "|", "<b>&amp;",
         "\u2028", "\ufeffmark", "\x01\x1b[31m", "x" * 3000]
NAMES = ["it's", 'say "hi"', '"', "a,b", "a|b", "a;b", "tab\there", "new\nline", "日本 🌊", "back\\slash", "<b>&amp;", "-dash", " blanks ",
         "null", "1", "#x", "UPPER", "\u2028", "{x}[y]", "$d"]
COLUMNS = ["t,xt", 'te"xt', "te\nxt", "te\txt", " text ", "|text|", "1", "NULL"]


def table():
    """Every text in columns of odd names, and the extremes of other types."""
    n = len(TEXTS)
    fill = lambda values: [values[i % len(values)] for i in range(n)]
    t0 = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    columns = {"timestamp": pa.array([t0 + datetime.timedelta(seconds=i, microseconds=i) for i in range(n)], pa.timestamp("us", "UTC"))}
    for j, name in enumerate(COLUMNS):
        columns[name] = pa.array(TEXTS[j:] + TEXTS[:j], pa.string())
    columns["int"] = pa.array(fill([2**63 - 1, -(2**63), 0, None, 2**53 + 1]), pa.int64())
    columns["unsigned"] = pa.array(fill([2**64 - 1, 0, None]), pa.uint64())
    columns["float"] = pa.array(fill([0.1, -0.0, 1e300, 5e-324, None, 1 / 3, 1e21, 123456789.125]), pa.float64())
    columns["odd"] = pa.array(fill([math.nan, math.inf, -math.inf, None, 1.0]), pa.float64())
    columns["decimal"] = pa.array(fill([decimal.Decimal("12345678901234567890.123456789"), decimal.Decimal("-0.000000001"), None]),
                                  pa.decimal128(38, 9))
    columns["bool"] = pa.array(fill([True, False, None]), pa.bool_())
    columns["date"] = pa.array(fill([datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None]), pa.date32())
    columns["list"] = pa.array(fill([[1, None], [], None, [3]]), pa.list_(pa.int64()))
    columns["struct"] = pa.array(fill([{"a,": 'x"'}, {"a,": None}, None]), pa.struct([("a,", pa.string())]))
    return pa.table(columns)


def output(pond, *command):
    """Every byte, also carriage returns."""
    env = {**os.environ, "POND": os.path.join(pond.directory, "pond")}
    return subprocess.run([pond.program, *command], env=env, stdout=subprocess.PIPE, check=True).stdout


def printed(pond, *command):
    return output(pond, *command).decode()


# Reading ---------------------------------------------------------------------------------------------------------------


def by_jq(text, is_lines):
    """What jq makes of it; an array, or a value on each line."""
    done = subprocess.run(["jq", "-c", "." if is_lines else ".[]"], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def by_duckdb(path, how):
    result = duckdb.execute(f"SELECT * FROM {how.format(path=path)}")
    return [d[0] for d in result.description], [list(r) for r in result.fetchall()]


def write(workdir, text):
    path = f"{workdir}/printed"
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path


def cells(text, delimiter):
    """(names, rows) as Python's csv reads them: it knows no NULL."""
    got = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    return got[0], got[1:]


def markdown_cells(text):
    """(names, rows) of a table of GitHub's Markdown, as a browser shows them."""
    def show(cell):
        cell = re.sub(r"<br>", "\n", cell.strip())
        cell = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", cell)
        return cell.replace("&lt;", "<").replace("&amp;", "&")

    lines = [[show(c) for c in re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]] for line in text.rstrip("\n").split("\n")]
    return lines[0], lines[2:]


# Comparing -------------------------------------------------------------------------------------------------------------


def cell_of(value):
    """What a cell of CSV has, for a value of JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def same_cell(got, value):
    if isinstance(value, (list, dict)):  # JSON within the cell
        return json.loads(got) == value
    if isinstance(value, float):
        return float(got) == value
    return got == cell_of(value)


def check_cells(checks, what, got, records):
    names, rows = got
    checks.equal(f"{what}: columns", names, list(records[0]) if records else names)
    checks.equal(f"{what}: rows", len(rows), len(records))
    bad = [(name, cell, r[name]) for row, r in zip(rows, records) for name, cell in zip(names, row) if not same_cell(cell, r[name])]
    checks.check(f"{what}: cells", not bad, f"{len(bad)}, such as {bad[:3]!r}")
    checks.check(f"{what}: all cells", all(len(row) == len(names) for row in rows))


def null_as_empty(rows):
    return [["" if c is None else c for c in row] for row in rows]


def check_records(checks, pond, workdir, what, *command):
    """One command in all formats: JSON is what the others are compared with."""
    print_as = lambda form: printed(pond, *command, "--format", form)
    text = print_as("json")
    records = checks.attempt(f"{what} json", lambda: json.loads(text))
    if not isinstance(records, list) or not records:
        checks.check(f"{what} json", False, "there are no records")
        return None
    path = write(workdir, text)
    names, rows = by_duckdb(path, "read_json('{path}', format='array', maximum_depth=1)")
    checks.equal(f"{what} json, DuckDB: columns", names, list(records[0]))
    checks.equal(f"{what} json, DuckDB: rows", len(rows), len(records))
    lines = print_as("ndjson")
    checks.equal(f"{what} ndjson", [json.loads(line) for line in lines.rstrip("\n").split("\n")], records)
    if shutil.which("jq"):
        checks.equal(f"{what} json, jq", by_jq(text, False), records)
        checks.equal(f"{what} ndjson, jq", by_jq(lines, True), records)
    else:
        checks.skipped += 1
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        text = print_as(form)
        check_cells(checks, f"{what} {form}", cells(text, delimiter), records)
        path = write(workdir, text)
        options = f"header=true, delim='{delimiter}', quote='\"', escape='\"', all_varchar=true, strict_mode=true, auto_detect=false"
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in records[0])
        names, rows = by_duckdb(path, "read_csv('{path}', " + options + ", columns={{" + columns + "}})")
        check_cells(checks, f"{what} {form}, DuckDB", (names, null_as_empty(rows)), records)
        frame = polars.read_csv(path, separator=delimiter, infer_schema=False)
        check_cells(checks, f"{what} {form}, Polars", (frame.columns, null_as_empty(frame.rows())), records)
    check_cells(checks, f"{what} markdown", markdown_cells(print_as("markdown")), [{k: trimmed(v) for k, v in r.items()} for r in records])
    return records


def trimmed(value):
    """Blanks around a cell of Markdown are not shown."""
    return value.strip() if isinstance(value, str) else value


# Records ---------------------------------------------------------------------------------------------------------------


def check_lists(checks, pond, workdir):
    for name in NAMES:
        with open(f"{workdir}/file", "w") as f:
            f.write(name)
        pond.run("copy", "-q", f"{workdir}/file", f"/names/{name}")
        pond.run("ln", "-s", "--", name, f"/links/{name}")
    listed = check_records(checks, pond, workdir, "list", "list")
    if listed:
        paths = [r["path"] for r in listed]
        checks.equal("list: names", sorted(p for p in paths if p.startswith("/names/")), sorted(f"/names/{n}" for n in NAMES))
        targets = {r["path"]: r["target"] for r in listed}
        checks.equal("list: targets", [targets[f"/links/{n}"] for n in NAMES], NAMES)
    check_records(checks, pond, workdir, "list -al", "list", "-al")
    described = check_records(checks, pond, workdir, "describe", "describe")
    if described:
        columns = next(r["columns"] for r in described if r["path"] == "/values.series")
        checks.equal("describe: columns", [c["name"] for c in columns], table().column_names)
    pond.refusal("mkdir", '/names/"')
    log = check_records(checks, pond, workdir, "log", "log", "--limit", "100")
    if log:
        checks.check("log: a failed command", any(r["error"] for r in log))
    check_records(checks, pond, workdir, "list-factories", "list-factories")
    check_records(checks, pond, workdir, "show", "show")
    check_records(checks, pond, workdir, "show -m concise", "show", "-m", "concise")


def check_export(checks, pond, workdir):
    """The list of files; its JSON is an object that has them."""
    command = ["export", "-q", "-p", "/names/*", "--dir", f"{workdir}/out", "--dry-run", "--format"]
    records = [{k: r[k] for k in ("state", "file", "why")} for r in json.loads(printed(pond, *command, "json"))["files"]]
    checks.equal("export: files", sorted(r["file"] for r in records), sorted(NAMES))
    checks.equal("export ndjson", [json.loads(line) for line in printed(pond, *command, "ndjson").rstrip("\n").split("\n")], records)
    check_cells(checks, "export csv", cells(printed(pond, *command, "csv"), ","), records)
    check_cells(checks, "export tsv", cells(printed(pond, *command, "tsv"), "\t"), records)


# Rows ------------------------------------------------------------------------------------------------------------------


def json_of(value):
    """A value of Arrow as docs/output.md says that JSON has it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime.datetime):
        whole, us = value.strftime("%Y-%m-%dT%H:%M:%S"), value.microsecond
        return whole + ("" if us == 0 else f".{us // 1000:03}" if us % 1000 == 0 else f".{us:06}") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def check_rows(checks, pond, workdir):
    want = table()
    wanted = [{k: json_of(v) for k, v in row.items()} for row in want.to_pylist()]
    exact = lambda text: json.loads(text, parse_float=decimal.Decimal)
    text = printed(pond, "cat", "/values.series", "--format", "json")
    checks.equal("cat json", plain(exact(text)), plain(wanted))
    checks.equal("cat ndjson", plain([exact(line) for line in printed(pond, "cat", "/values.series", "--format", "ndjson").rstrip("\n").split("\n")]),
                 plain(wanted))
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        text = printed(pond, "cat", "/values.series", "--format", form)
        names, rows = cells(text, delimiter)
        checks.equal(f"cat {form}: columns", names, want.column_names)
        for name in COLUMNS:
            at = names.index(name)
            checks.equal(f"cat {form}: {name!r}", [r[at] for r in rows], [r[name] or "" for r in wanted])
        path = write(workdir, text)
        columns = ", ".join("'" + name.replace("'", "''") + "': 'VARCHAR'" for name in names)
        how = f"header=true, delim='{delimiter}', quote='\"', escape='\"', auto_detect=false, allow_quoted_nulls=false, " \
              f"max_line_size=100000, columns={{{{{columns}}}}}"
        names, rows = by_duckdb(path, "read_csv('{path}', " + how + ")")
        for name in COLUMNS:  # DuckDB tells NULL from an empty text
            at = names.index(name)
            checks.equal(f"cat {form}, DuckDB: {name!r}", [r[at] for r in rows], [r[name] for r in wanted])
        frame = polars.read_csv(path, separator=delimiter, infer_schema=False)
        for name in COLUMNS:  # it leaves the doubled quotes of names doubled
            got = frame.get_columns()[names.index(name)]
            checks.equal(f"cat {form}, Polars: {name!r}", [v or "" for v in got], [r[name] or "" for r in wanted])
    read = pq.read_table(io.BytesIO(output(pond, "cat", "/values.series", "--format", "parquet")))
    checks.equal("cat parquet", plain(read.to_pylist()), plain(want.to_pylist()))


def plain(rows):
    """Numbers as texts, to their last digit: NaN is not equal to itself. Floats are the nearest ones to their texts."""
    def shown(name, v):
        if v is None or name not in ("float", "odd", "decimal"):
            return v
        return str(decimal.Decimal(v).normalize()) if name == "decimal" else repr(float(v))

    return [{k: shown(k, v) for k, v in r.items()} for r in rows]


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)
    pond.run("mkdir", "/names")
    pond.run("mkdir", "/links")
    pq.write_table(table(), f"{workdir}/values.parquet")
    pond.run("copy", "-q", f"host+series://{workdir}/values.parquet", "/values.series")
    check_lists(checks, pond, workdir)
    check_export(checks, pond, workdir)
    check_rows(checks, pond, workdir)
    return checks.counts
