# Runs the checks of `make test-interop`: run.py POND ENVIRONMENT [WORD…]. WORDs select checks by their names.
#
# POND is the program, ENVIRONMENT the directory that tests/interop/install made. Each *.py beside this file is a set of
# checks. If it has a main(pond, workdir), which prints what is wrong and returns (passed, failed, skipped), it runs in this
# process, where all share one session of Spark. Otherwise it runs as a program with the two arguments, and its last line is
# "N passed, M failed". `workdir` is an empty directory.
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))


def run(name, pond, workdir):
    os.makedirs(workdir)
    path = os.path.join(HERE, name + ".py")
    with open(path, encoding="utf-8") as f:
        has_main = "\ndef main(" in f.read()
    if not has_main:
        return run_program(path, pond, workdir)
    try:
        return importlib.import_module(name).main(pond, workdir)
    except Exception:
        traceback.print_exc(file=sys.stdout)
        return 0, 1, 0


def run_program(path, pond, workdir):
    done = subprocess.run([sys.executable, path, pond, workdir], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    last = re.search(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*\Z", done.stdout, re.MULTILINE)
    passed, failed, skipped = (int(n or 0) for n in last.groups()) if last else (0, 0, 0)
    if done.returncode != 0 or failed:
        print(done.stdout, end="")
        failed = failed or 1
    return passed, failed, skipped


def show(name, passed, failed, skipped, seconds):
    counts = f"{passed}" + (f", {failed} failed" if failed else "") + (f", {skipped} skipped" if skipped else "")
    print(f"  {'FAIL' if failed else 'ok':4}  {'interop/' + name:36} {counts:16} {seconds:.0f} s", flush=True)


def main(pond, environment, *words):
    os.environ["POND_INTEROP"] = os.path.abspath(environment)
    os.environ["TZ"] = "UTC"
    time.tzset()
    names = sorted(f[:-3] for f in os.listdir(HERE) if f.endswith(".py") and f != "run.py")
    names = [n for n in names if not words or any(w in n for w in words)]
    scratch = tempfile.mkdtemp(prefix="pond-interop-")
    total = [0, 0, 0]
    missing = os.path.join(environment, "missing")
    for reader in sorted(os.listdir(missing)):
        with open(os.path.join(missing, reader)) as f:
            print(f"  skipped: {reader}: {f.read().strip()}")
        total[2] += 1
    try:
        for name in names:
            start = time.monotonic()
            counts = run(name, os.path.abspath(pond), os.path.join(scratch, name))
            if sum(counts) == 0:
                print(f"{name} checked nothing")
                counts = 0, 1, 0
            show(name, *counts, time.monotonic() - start)
            total = [a + b for a, b in zip(total, counts)]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if sum(total) == 0:
        print(f"there are no checks named {' or '.join(words)}")
        total[1] = 1
    print(f"{total[0]} passed, {total[1]} failed" + (f", {total[2]} skipped" if total[2] else ""), flush=True)
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.path[0:1] = [HERE, os.path.join(HERE, "lib")]
    status = main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)  # an ordinary exit sometimes aborts, when a thread of a library still runs
