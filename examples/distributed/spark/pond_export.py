#!/usr/bin/env python3
"""One export of a pond by a Spark cluster.

    spark-submit [OPTION OF SPARK…] pond_export.py [--shards N] [--jobs N] [--pond-program PATH] [--copy-to DIR] \
        EXPORT-OPTION…

    POND=/shared/pond spark-submit --master spark://head:7077 pond_export.py --shards 32 \
        --pattern '/reduced/*/*.series' --pattern '/pages/*' --dir /shared/site --temporal year,month

The driver asks the pond for a plan of N shards (`pond export --plan`), and gives each of them to a task, the largest first. A
task runs `pond export … --shard I/N`; Spark runs it again, on another executor if need be, when it fails or its executor dies.
When all shards are made, the driver publishes them (`pond export … --merge`). If a shard fails for good nothing is published:
DIR is as it was.

Every executor sees the pond and DIR at the same absolute paths. With more than one machine the pond has to be copied, since its
catalog must not be opened from several machines at once: --copy-to names a directory on the disk of each machine.

  --shards N            how many; the default is four for each core that Spark has now
  --jobs N              workers of each shard; the default is spark.task.cpus
  --pond-program PATH   the program, the same version everywhere; the default is `pond` in PATH
  --copy-to DIR         copy the pond there, once on each machine, and read the copy
"""
import argparse
import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time

BUSY = 75  # sysexits: another process holds a lock
WAIT_SECONDS = 60


class Failed(Exception):
    """A command of pond that failed, with its message."""


def die_with_parent():
    """A task that Spark kills must not leave its pond behind, which would hold the shard's lock."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def call(program, pond, arguments):
    """What pond prints to standard output; its messages go to standard error, and into Failed."""
    env = {**os.environ, "POND": pond}
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            done = subprocess.run([program, "export", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, preexec_fn=die_with_parent)
        except OSError as e:
            raise Failed(f"'{program}' cannot be run on {os.uname().nodename}: {e.strerror}") from None
        # Another run of the same shard is still there: one that Spark started twice, or one that is about to end.
        if done.returncode != BUSY or time.monotonic() > deadline:
            break
        time.sleep(1)
    if done.returncode != 0:
        raise Failed(f"pond export {' '.join(arguments)}: status {done.returncode}\n{done.stderr.strip()}")
    if done.stderr.strip():
        print(done.stderr.strip(), file=sys.stderr)
    return done.stdout


def copied(pond, directory, stamp):
    """The machine's own copy of the pond for this run: made by the first task that needs it, the others wait."""
    os.makedirs(directory, exist_ok=True)
    copy = os.path.join(directory, f"pond-{stamp}")
    with open(copy + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(copy):
            shutil.rmtree(copy + ".part", ignore_errors=True)
            shutil.copytree(pond, copy + ".part")
            os.rename(copy + ".part", copy)
    return copy


def make_shard(options, shard):
    pond = copied(options.pond, options.copy_to, options.stamp) if options.copy_to else options.pond
    call(options.program, pond, [*options.export, "--quiet", "--jobs", str(options.jobs), "--shard", shard])
    return shard


def pond_message(error):
    """What pond said, out of Spark's report of a failed job."""
    text = str(error)
    at = text.rfind("Failed: ")
    if at < 0:
        return text
    lines = text[at + len("Failed: "):].splitlines()
    end = next((i for i, line in enumerate(lines) if i > 0 and (not line.strip() or line.startswith("\tat "))), len(lines))
    return "\n".join(lines[:end])


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage="pond_export.py [option…] EXPORT-OPTION…", allow_abbrev=False)
    parser.add_argument("--shards", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--pond-program", dest="program", default="pond", help=argparse.SUPPRESS)
    parser.add_argument("--copy-to", default="", help=argparse.SUPPRESS)
    options, options.export = parser.parse_known_args()
    options.pond = os.environ.get("POND", "")
    if not os.path.isabs(options.pond):
        parser.error("POND must be set to the absolute path of the pond")
    directories = [b for a, b in zip(options.export, options.export[1:]) if a == "--dir"]
    if not directories or not os.path.isabs(directories[-1]):
        parser.error("--dir must be an absolute path, the same on every machine")
    for own in ("--shard", "--merge", "--plan", "--dry-run"):
        if own in options.export:
            parser.error(f"{own} is what this program gives to pond by itself")
    return options


def main():
    options = parse()
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("pond export").getOrCreate()
    context = spark.sparkContext
    options.shards = options.shards or 4 * context.defaultParallelism
    options.jobs = options.jobs or int(context.getConf().get("spark.task.cpus", "1"))
    options.stamp = context.applicationId
    try:
        plan = json.loads(call(options.program, options.pond,
                               [*options.export, "--plan", str(options.shards), "--format", "json"]))["shards"]
        plan.sort(key=lambda share: -share["work"])
        files = sum(share["files"] for share in plan)
        context.setJobDescription(f"pond export: about {files} files in {len(plan)} shards")
        shards = context.parallelize([share["shard"] for share in plan], len(plan))
        shards.map(lambda shard: make_shard(options, shard)).collect()
        context.setJobDescription("pond export: merge")
        call(options.program, options.pond, [*options.export, "--merge"])
    except Failed as e:
        raise SystemExit(f"pond_export: nothing is published: {e}")
    except Exception as e:
        if "Failed: " not in str(e):
            raise
        raise SystemExit(f"pond_export: nothing is published: {pond_message(e)}")
    finally:
        if options.copy_to:
            shutil.rmtree(os.path.join(options.copy_to, f"pond-{options.stamp}"), ignore_errors=True)
        spark.stop()


if __name__ == "__main__":
    main()
