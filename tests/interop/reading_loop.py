# Readers in processes of their own read a series over and over while it grows and is exported twenty times. Of a Delta table each
# read is one version as a whole. Of a plain export each partition is as one export wrote it: files are replaced one by one, so
# two partitions may be of two exports, but no read gives a torn one, and none is older than what was there when it began.
import json
import os
import subprocess
import sys
import time

from checks import Checks, Pond, shorten
from readers import ENV, missing

HERE = os.path.dirname(os.path.abspath(__file__))
EXPORTS = 20
PLAIN, DELTA = ["pyarrow", "polars", "duckdb"], ["delta-rs", "duckdb-delta"]
# These look at a file more than once by its path. If it was replaced between two looks they may fail, which is not wrong rows.
MAY_FAIL = ["polars", "duckdb"]


def new_rows(i):
    """What export `i` adds: rows of a new month at each other export, and of three old ones, so that files are added and replaced."""
    months = {i // 2, i // 3, i // 4, 0}
    return [(2020 + m // 12, m % 12 + 1, i, k, 1000 * i + 10 * m + k) for m in sorted(months) for k in range(50 + i)]


def csv(rows):
    return "timestamp,v\n" + "".join(f"{y}-{m:02}-{1 + i:02} {k // 60:02}:{k % 60:02}:00,{v}\n" for y, m, i, k, v in rows)


def grown(months, rows):
    after = {key: list(state) for key, state in months.items()}
    for y, m, _, _, v in rows:
        state = after.setdefault(f"{y}-{m}", [0, 0])
        state[0] += 1
        state[1] += v
    return after


class Reader:
    def __init__(self, name, place, workdir):
        self.name = name
        packages = [os.path.join(ENV, "duckdb-delta")] if name == "duckdb-delta" else []
        env = {**os.environ, **({"PYTHONPATH": packages[0]} if packages else {})}
        self.output = open(os.path.join(workdir, f"{name}.log"), "w+")
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "lib", "loop_reader.py"), name, place, *packages],
                                        env=env, stdin=subprocess.PIPE, stdout=self.output)

    def stop(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=60)
        self.output.seek(0)
        reads = [json.loads(line) for line in self.output]
        self.output.close()
        return status, reads


class History:
    """The state of the series after each export, and when each of them began and ended."""

    def __init__(self):
        self.states, self.began, self.ended = [], [], []

    def window(self, read):
        """The states that a read may see, from the last one that was there when it began to the last that it could meet."""
        first = max(i for i, t in enumerate(self.ended) if t <= read["began"])
        last = max(i for i, t in enumerate(self.began) if t <= read["ended"])
        return self.states[first:last + 1]


def is_of_one_version(months, states):
    return months in states


def is_of_whole_files(months, states):
    """Each month is as one of the states has it; months that all of them have are there."""
    every = set.intersection(*(set(s) for s in states))
    return every <= set(months) and all(any(s.get(key) == state for s in states) for key, state in months.items())


def check_reader(checks, reader, history, is_right):
    status, reads = reader.stop()
    checks.equal(f"{reader.name}: status", status, 0)
    errors = [r["error"] for r in reads if "error" in r]
    allowed = len(reads) // 20 if reader.name in MAY_FAIL else 0
    checks.check(f"{reader.name}: errors", len(errors) <= allowed, f"{len(errors)} of {len(reads)} reads: {shorten(errors)}")
    reads = [r for r in reads if "months" in r]
    for read in reads:
        states = history.window(read)
        checks.check(f"{reader.name}: a read", is_right(read["months"], states),
                     f"{shorten(read['months'])} is none of {shorten(states)}")
    seen = {json.dumps(r["months"], sort_keys=True) for r in reads}
    # So that the loop cannot pass without having read between exports.
    checks.check(f"{reader.name}: states seen", len(seen) >= 5, f"{len(seen)} in {len(reads)} reads")


def main(program, workdir):
    checks = Checks()
    pond = Pond(program, workdir)
    rows_file = os.path.join(workdir, "rows.csv")
    places = {"plain": os.path.join(workdir, "plain"), "delta": os.path.join(workdir, "delta")}
    histories = {kind: History() for kind in places}
    readers = []
    state = {}
    for i in range(EXPORTS):
        rows = new_rows(i)
        with open(rows_file, "w") as f:
            f.write(csv(rows))
        pond.run("copy", f"host+csv+series://{rows_file}", "/s.series")
        state = grown(state, rows)
        for kind, history in histories.items():
            options = ["--table-format", "delta"] * (kind == "delta")
            history.states.append(state)
            history.began.append(time.monotonic())
            pond.export(places[kind], ["/s.series"], "--temporal", "year,month", *options)
            history.ended.append(time.monotonic())
        if not readers:
            readers = [(Reader(name, f"{places[kind]}/s", workdir), histories[kind], is_right)
                       for kind, is_right, names in (("plain", is_of_whole_files, PLAIN), ("delta", is_of_one_version, DELTA))
                       for name in names if missing(name) is None]
        time.sleep(0.5)
    for reader, history, is_right in readers:
        check_reader(checks, reader, history, is_right)
    return checks.counts
