"""Reads Delta tables of pond with delta-rs: the newest version, every old one, and in a loop while exports go on.

    delta_versions.py POND WORK_DIR        needs deltalake and pyarrow

Every version that the log has must be read whole at any time: its number of rows and its sum are those of the pond when the
export ran. The last line is "N passed, M failed".
"""
import json
import os
import shutil
import subprocess
import sys
import threading
import time

import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake

POND, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
passed, failures = 0, []


def check(what, ok, detail=""):
    global passed
    if ok:
        passed += 1
    else:
        failures.append(what)
        print(f"FAIL {what}: {detail}")


def equal(what, got, want):
    check(what, got == want, f"{got!r}, not {want!r}")


# The pond ------------------------------------------------------------------------------------------------------------

def pond(*args):
    done = subprocess.run([POND, *args], capture_output=True, text=True, cwd=WORK,
                          env={**os.environ, "POND": os.path.join(WORK, "pond")})
    if done.returncode != 0:
        raise SystemExit(f"pond {' '.join(args)}: {done.returncode}\n{done.stderr}")
    return done.stdout


COLUMN = "probe.flow.lps.avg"


def append(series, rows):
    with open(os.path.join(WORK, "rows.csv"), "w", encoding="utf-8") as f:
        f.write(f"timestamp,{COLUMN}\n" + "".join(f"{t},{v}\n" for t, v in rows))
    pond("copy", f"host+csv+series://{WORK}/rows.csv", series)


def export(directory, *options, pattern="/*.series"):
    return pond("export", "-p", pattern, "--dir", directory, "--temporal", "year,month", "--table-format", "delta", *options)


def path(*parts):
    return os.path.join(WORK, *parts)


# Reading -------------------------------------------------------------------------------------------------------------

def content(table):
    """What a reader finds: number of rows, and their sum."""
    rows = table.to_pyarrow_table(columns=[COLUMN])
    return rows.num_rows, pc.sum(rows[COLUMN]).as_py()


def read(directory, version=None):
    return content(DeltaTable(directory, version=version))


def read_all(what, directory, known):
    """Every version, also by way of the history."""
    newest = DeltaTable(directory)
    equal(f"{what}: newest version", newest.version(), max(known))
    for version, want in known.items():
        equal(f"{what}: version {version}", read(directory, version), want)
    equal(f"{what}: history", sorted(h["version"] for h in newest.history()), list(range(max(known) + 1)))


def data_files(directory):
    return {os.path.relpath(os.path.join(d, f), directory): os.stat(os.path.join(d, f))
            for d, _, names in os.walk(directory) if "_delta_log" not in d for f in names}


def never_written_again(what, before, after):
    """A name that existed keeps its bytes: the same inode, size and mtime."""
    changed = [f for f in before if f in after and (before[f].st_ino, before[f].st_size, before[f].st_mtime_ns)
               != (after[f].st_ino, after[f].st_size, after[f].st_mtime_ns)]
    equal(f"{what}: names written again", changed, [])


# One table, version by version ---------------------------------------------------------------------------------------

def versions():
    directory, known, rows = path("out", "flow"), {}, []
    for i in range(24):
        new = [(f"2024-{1 + i // 6:02d}-{1 + i % 6:02d} 00:00:0{k}", i * 10 + k) for k in range(5)]
        append("/flow.series", new)
        rows += new
        before = data_files(directory)
        export("out")
        never_written_again(f"export {i}", before, data_files(directory))
        known[i] = (len(rows), sum(v for _, v in rows))
        equal(f"export {i}: newest", read(directory), known[i])
    read_all("all versions", directory, known)
    table = DeltaTable(directory)
    equal("vacuum would remove", table.vacuum(dry_run=True), [])
    metadata = table.metadata()
    equal("name", (metadata.name, metadata.description), ("flow", "/flow.series"))
    field = next(f for f in table.schema().fields if f.name == COLUMN)
    equal("comment", field.metadata.get("comment"), "instrument: probe; name: flow; unit: lps; aggregation: avg")
    equal("retention", metadata.configuration.get("delta.deletedFileRetentionDuration"), "interval 7 days")
    return directory, known


def checkpoints(directory, known):
    """Checkpoints at 10 and 20; with the versions before one moved away, everything from it on can be read."""
    log = os.path.join(directory, "_delta_log")
    names = os.listdir(log)
    equal("checkpoints", sorted(int(n[:20]) for n in names if ".checkpoint." in n), [10, 20])
    with open(os.path.join(log, "_last_checkpoint"), encoding="utf-8") as f:
        last = json.load(f)
    actions = pq.read_table(os.path.join(log, f"{last['version']:020d}.checkpoint.parquet"))
    equal("_last_checkpoint", (last["version"], last["size"]), (20, actions.num_rows))
    away = path("away")
    os.makedirs(away)
    for at in (10, 20):
        for name in [n for n in sorted(os.listdir(log)) if n[:20].isdigit() and int(n[:20]) < at]:
            os.rename(os.path.join(log, name), os.path.join(away, name))
        for version in range(at, max(known) + 1):
            equal(f"from checkpoint {at}: version {version}", read(directory, version), known[version])
    for name in os.listdir(away):
        os.rename(os.path.join(away, name), os.path.join(log, name))
    export("out", "--verify")
    read_all("with all versions again", directory, known)


def other_engines(directory, known):
    """Another engine appends, optimizes and vacuums; the next export makes the table that of the pond again."""
    n = max(known)
    table = DeltaTable(directory)
    write_deltalake(table, table.to_pyarrow_table().slice(0, 3), mode="append")
    export("out")
    equal("after an append", read(directory), known[n])
    before = data_files(directory)
    DeltaTable(directory).optimize.compact()
    equal("optimized", read(directory), known[n])
    DeltaTable(directory).vacuum(dry_run=False)
    export("out")
    equal("after optimize", read(directory), known[n])
    never_written_again("after optimize", before, data_files(directory))
    for version in (0, 5, n):
        equal(f"after optimize: version {version}", read(directory, version), known[version])
    DeltaTable(directory).restore(3)
    equal("restored", read(directory), known[3])
    export("out")
    equal("after a restore", read(directory), known[n])
    for version in (0, 5, n):
        equal(f"after a restore: version {version}", read(directory, version), known[version])


def retention(directory, known):
    """What is overdue goes with the export that finds it, and the dry run says so."""
    n = max(known)
    old = set(data_files(directory))
    current = {os.path.relpath(u.removeprefix("file://"), directory) for u in DeltaTable(directory).file_uris()}
    planned = json.loads(export("out", "--retain", "0", "--dry-run", "--format", "json"))
    overdue = {f["file"].removeprefix("flow/") for f in planned["files"] if f["state"] == "overdue"}
    equal("a dry run removes nothing", set(data_files(directory)), old)
    check("overdue", overdue and not overdue & current, f"{overdue & current}")
    export("out", "--retain", "0")
    equal("overdue files are gone", set(data_files(directory)), old - overdue)
    equal("the newest version", read(directory), known[n])
    manifest = json.load(open(path("out", ".pond", "manifest.json"), encoding="utf-8"))
    equal("retained", manifest["retained"], [])


def old_log(directory):
    """Versions of the log that are older than a month go when a checkpoint replaces them; the others can be read."""
    log, rows, known = os.path.join(directory, "_delta_log"), [], {}
    for i in range(22):
        if i == 15:
            for v in range(13):
                os.utime(os.path.join(log, f"{v:020d}.json"), (time.time() - 40 * 86400,) * 2)
        append("/old.series", [(f"2024-{1 + i % 12:02d}-{1 + i // 12:02d} 00:00:00", i)])
        rows.append(i)
        known[i] = (len(rows), sum(rows))
        export("old", pattern="/old.series")
    names = sorted(n for n in os.listdir(log) if n[:20].isdigit())
    equal("first file of the log", names[0], f"{10:020d}.checkpoint.parquet")
    for version in range(10, 22):
        equal(f"old log: version {version}", read(directory, version), known[version])


# Readers while exports go on -----------------------------------------------------------------------------------------

class Reader(threading.Thread):
    """Reads the table over and over: the newest version, and a snapshot that was taken some exports ago."""

    def __init__(self, directory, known):
        super().__init__()
        self.directory, self.known, self.lock = directory, known, threading.Lock()
        self.stopping, self.n, self.errors = False, 0, []

    def look(self, what, table):
        try:
            version, got = table.version(), content(table)
        except Exception as e:  # any error of a reader is a failure
            self.errors.append(f"{what}: {str(e)[:300]}")
            return
        with self.lock:
            want = self.known.get(version)
        if want is not None and got != want:
            self.errors.append(f"{what}: version {version}: {got}, not {want}")
        self.n += 1

    def run(self):
        held = None
        while not self.stopping:
            try:
                table = DeltaTable(self.directory)
            except Exception as e:
                self.errors.append(f"open: {str(e)[:300]}")
                continue
            self.look("newest", table)
            if held is not None:
                self.look("held", held)
            if self.n % 7 == 0 or held is None:
                held = table


def readers():
    directory, known, rows = path("live", "live"), {}, []
    readers_ = []
    for i in range(30):
        new = [(f"2025-{1 + (i * 5 + k) % 12:02d}-01 00:{i:02d}:00", i * 100 + k) for k in range(8)]
        append("/live.series", new)
        rows += new
        want = (len(rows), sum(v for _, v in rows))
        if readers_:
            for r in readers_:
                with r.lock:
                    r.known[i] = want
        else:
            known[0] = want
        export("live", pattern="/live.series")
        if not readers_:
            readers_ = [Reader(directory, known) for _ in range(2)]
            for r in readers_:
                r.start()
        time.sleep(0.1)
    for r in readers_:
        r.stopping = True
    for r in readers_:
        r.join()
    n = sum(r.n for r in readers_)
    errors = [e for r in readers_ for e in r.errors]
    equal(f"errors of {n} reads", errors[:5], [])
    check("reads", n > 30, n)
    read_all("after the readers", directory, known)


shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
pond("init")
out, seen = versions()
checkpoints(out, seen)
other_engines(out, seen)
retention(out, seen)
old_log(path("old", "old"))
readers()
print(f"{passed} passed, {len(failures)} failed", flush=True)
os._exit(1 if failures else 0)  # an ordinary exit sometimes aborts, when a thread of a library still runs
