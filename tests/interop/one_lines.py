# Every line by which docs/formats.md opens a series in another program, run as it stands there: each gives the rows of the pond.
import json
import os
import re
import subprocess

from checks import Checks, Pond
from readers import DUCKDB, DUCKDB_DELTA, SPARK, missing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CSV = "timestamp,v\n" + "".join(f"2024-0{m}-{d:02}T06:00:00Z,{m * 100 + d}.5\n" for m in (1, 2, 3) for d in range(1, 29))
WANT = sorted((2024, m, m * 100 + d + 0.5) for m in (1, 2, 3) for d in range(1, 29))


def lines():
    """(program, the line for files, the line for a Delta table) of the table in the page."""
    with open(os.path.join(ROOT, "docs", "formats.md"), encoding="utf-8") as f:
        section = f.read().split("### Opening a series with other programs\n")[1].split("\n### ")[0]
    found = []
    for cells in re.findall(r"^\| (.*?) \|$", section, re.MULTILINE)[2:]:
        program, plain, delta = (re.sub(r"^`|`$", "", c.strip()) for c in (cells + " ").split(" | "))
        found.append((program, plain, delta))
    return found


def columns(result):
    """year, month and v of every row, whatever the program calls a table."""
    if hasattr(result, "toPandas"):
        result = result.toPandas()
    if hasattr(result, "to_pydict"):
        table = result.to_pydict()
    elif hasattr(result, "to_dict") and not hasattr(result, "iloc"):
        table = result.to_dict(as_series=False)
    else:
        table = {name: list(result[name]) for name in result.columns}
    return sorted((int(y), int(m), float(v)) for y, m, v in zip(table["year"], table["month"], table["v"]))


def by_node(line, folder):
    """The rows of January: hyparquet reads one file."""
    web = os.path.join(ROOT, "third_party", "web")
    program = f"""
import {{ asyncBufferFromFile, parquetReadObjects }} from '{web}/hyparquet/node.js';
import {{ decompress }} from '{web}/fzstd/fzstd.js';
const compressors = {{ ZSTD: (bytes, size) => decompress(bytes) }};
const rows = {line};
console.log(JSON.stringify(rows.map((r) => [2024, 1, r.v])));
"""
    done = subprocess.run(["node", "--input-type=module", "-e", program], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return sorted(map(tuple, json.loads(done.stdout)))


def run(program, line, is_delta, folder):
    if program == "DuckDB":
        return columns((DUCKDB_DELTA if is_delta else DUCKDB).ask(line)[1])
    if program.startswith("hyparquet"):
        return by_node(line, folder)
    import deltalake
    import fastparquet
    import pandas
    import polars
    import pyarrow.dataset

    names = {"deltalake": deltalake, "fastparquet": fastparquet, "pandas": pandas, "polars": polars, "pyarrow": pyarrow}
    if program == "Spark":
        names["spark"] = SPARK.session
    return columns(eval(line, names))


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)
    with open(os.path.join(workdir, "flow.csv"), "w") as f:
        f.write(CSV)
    pond.run("copy", os.path.join(workdir, "flow.csv"), "/flow.series")
    for kind, options in (("plain", []), ("delta", ["--table-format", "delta"])):
        pond.export(os.path.join(workdir, kind, "site"), ["/flow.series"], "--temporal", "year,month", *options)
    checks.equal("the page names seven programs", [p for p, _, _ in lines()],
                 ["pyarrow", "pandas", "fastparquet", "Polars", "DuckDB", "Spark", "hyparquet, one file"])
    for name, plain, delta in lines():
        for is_delta, line in ((False, plain), (True, delta)):
            what = f"{name}: {line}"
            if not line:
                continue
            if name == "Spark" and (missing("spark") or is_delta and missing("spark-delta")):
                checks.skipped += 1
                continue
            if name == "DuckDB" and is_delta and missing("duckdb-delta"):
                checks.skipped += 1
                continue
            folder = os.path.join(workdir, "delta" if is_delta else "plain")
            here = os.getcwd()
            os.chdir(folder)
            try:
                # Spark and DuckDB's second process have a working directory of their own.
                there = line.replace("site/", folder + "/site/") if name in ("Spark", "DuckDB") else line
                got = checks.attempt(what, lambda: run(name, there, is_delta, folder))
            finally:
                os.chdir(here)
            want = [r for r in WANT if r[1] == 1] if name.startswith("hyparquet") else WANT
            if got is not None:
                checks.equal(what, got, want)
    return checks.counts
