# The export of examples/distributed/spark, by Spark on one machine and by a cluster of its own: a master and two workers on
# loopback. The files are those of an ordinary export, byte for byte, also when a worker is killed in the middle, and executors at
# random instants; when a shard fails for good, nothing is published. POND_KILLS is how often executors are killed, each time
# in a new cluster.
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Checks, Pond  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.path.join(ROOT, "examples", "distributed", "spark", "pond_export.py")
EXPORT = ["--pattern", "/s/*.series", "--pattern", "/r/*/*.series", "--pattern", "/pages/*", "--temporal", "year,month"]

REDUCE = """
in_pattern: series:///s/*.series
out_pattern: "$0"
time_column: timestamp
resolutions: [6h, 1d]
aggregations: [{type: avg, columns: ["*"]}, {type: max, columns: ["*"]}]
"""
PAGE = """
in_pattern: /r/*/res=1d.series
out_pattern: "$0.html"
template: "{% for f in export[args[0]]['res=1d'] %}{{ f.file }} {{ f.rows }}\\n{% endfor %}"
"""


def make_pond(program, directory):
    pond = Pond(program, directory)

    def config(name, text):
        path = os.path.join(directory, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    pond.run("mkdir", "/s")
    for i, station in enumerate(("heron", "otter", "teal")):
        rows = "".join(f"20{20 + m // 12}-{m % 12 + 1:02}-{1 + d:02} {h:02}:00:00,{(m * d + h + i) % 97 / 4}\n"
                       for m in range(30) for d in range(28) for h in range(0, 24, 3))
        pond.run("copy", config("rows.csv", "timestamp,level.m\n" + rows), f"/s/{station}.series")
    pond.run("mknod", "temporal-reduce", "/r", "--config-path", config("reduce.yaml", REDUCE))
    pond.run("mknod", "template", "/pages", "--config-path", config("page.yaml", PAGE))
    return pond


def files(directory):
    """Name -> bytes of what an export published."""
    found = {}
    for folder, folders, names in os.walk(directory):
        if ".pond" in folders:
            folders.remove(".pond")
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, directory)] = f.read()
    return found


def spark_environment(workdir):
    home = os.path.dirname(os.path.dirname(sys.executable))
    java = subprocess.run([os.path.join(HERE, "java")], capture_output=True, text=True, check=True).stdout.strip()
    package = [os.path.join(home, "lib", d, "site-packages", "pyspark") for d in os.listdir(os.path.join(home, "lib"))][0]
    return {**os.environ, "SPARK_HOME": package, "JAVA_HOME": os.path.dirname(os.path.dirname(os.path.realpath(java))),
            "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": os.path.join(workdir, "local"),
            "SPARK_WORKER_DIR": os.path.join(workdir, "work"), "SPARK_NO_DAEMONIZE": "1"}


class Cluster:
    """Spark's standalone master and two workers of one core."""

    def __init__(self, env, workdir):
        self.env, self.workdir, self.processes = env, workdir, []
        self.start("master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        self.url = self.wait_for("master", r"Starting Spark master at (spark://\S+)")
        for name in ("worker1", "worker2"):
            self.start(name, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0",
                       "--cores", "1", "--memory", "1g", self.url)
            self.wait_for(name, r"Successfully registered with master (\S+)")

    def start(self, name, *words):
        with open(self.log(name), "w") as log:
            self.processes.append(subprocess.Popen([os.path.join(self.env["SPARK_HOME"], "bin", "spark-class"), *words],
                                                   env=self.env, stdout=log, stderr=log, start_new_session=True))

    def log(self, name):
        return os.path.join(self.workdir, name + ".log")

    def wait_for(self, name, pattern):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with open(self.log(name)) as f:
                found = re.search(pattern, f.read())
            if found:
                return found.group(1)
            time.sleep(0.2)
        raise RuntimeError(f"Spark's {name} did not start")

    def tree(self, i):
        """The ids of a process and of all that it started."""
        children = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True).stdout.split("\n")[1:]
        parents = {int(line.split()[0]): int(line.split()[1]) for line in children if line.strip()}
        found = {self.processes[i].pid}
        while True:
            more = {p for p, parent in parents.items() if parent in found} - found
            if not more:
                return found
            found |= more

    def kill(self, i):
        """A worker and all that it started, at once, as when its machine loses power."""
        for pid in self.tree(i):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.processes[i].wait()

    def stop(self):
        for i, process in enumerate(self.processes):
            if process.poll() is None:
                self.kill(i)


def submit(env, master, pond, directory, *options, program=None):
    return subprocess.Popen(
        [os.path.join(env["SPARK_HOME"], "bin", "spark-submit"), "--master", master, "--conf", "spark.ui.enabled=false",
         "--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.executor.memory=512m", PROGRAM, "--pond-program",
         program or pond.program, *options, *EXPORT, "--dir", directory],
        env={**env, "POND": os.path.join(pond.directory, "pond")}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wrapper(workdir, name, text):
    path = os.path.join(workdir, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def check_local(checks, env, pond, workdir, want):
    out = os.path.join(workdir, "local-out")
    run = submit(env, "local[2]", pond, out, "--shards", "5", "--copy-to", os.path.join(workdir, "copies"))
    _, errors = run.communicate(timeout=600)
    checks.equal("local: status", run.returncode, 0)
    checks.check("local: the files of an ordinary export", files(out) == want, errors[-2000:])
    checks.check("local: the copies are gone", not [n for n in os.listdir(os.path.join(workdir, "copies")) if "lock" not in n])


def check_failure(checks, env, pond, workdir):
    """A shard that always fails: its message is shown, and the directory is as it was."""
    out = os.path.join(workdir, "failed-out")
    failing = wrapper(workdir, "failing", f'case " $* " in *" --shard 2/5 "*) echo "pond: no good" >&2; exit 65 ;; esac\n'
                                          f'exec "{pond.program}" "$@"\n')
    run = submit(env, "local[2]", pond, out, "--shards", "5", program=failing)
    errors = "".join(run.communicate(timeout=600))  # spark-submit shows both as output
    checks.check("failure: status", run.returncode not in (0, None), run.returncode)
    checks.check("failure: pond's message", "nothing is published" in errors and "pond: no good" in errors, errors[-2000:])
    checks.equal("failure: files", sorted(files(out)), [])


def wait_for_run_of(cluster, worker, runs):
    """Until this worker has just begun to make a shard; not its first one, so that others are there, too."""
    deadline = time.monotonic() + 300
    seen = 2
    while time.monotonic() < deadline:
        pids = open(runs).read().split() if os.path.exists(runs) else []
        if len(pids) > seen:
            seen = len(pids)
            if int(pids[-1]) in cluster.tree(worker):
                return
        time.sleep(0.05)


def check_killed(checks, env, pond, workdir, want):
    """A worker dies while it makes a shard: another one makes it."""
    out = os.path.join(workdir, "cluster-out")
    runs = os.path.join(workdir, "runs")
    slow = wrapper(workdir, "slow", f'case " $* " in *" --shard "*) echo $$ >> "{runs}"; sleep 3 ;; esac\n'
                                    f'exec "{pond.program}" "$@"\n')
    cluster = Cluster(env, workdir)
    try:
        run = submit(env, cluster.url, pond, out, "--shards", "6", program=slow)
        wait_for_run_of(cluster, 2, runs)
        cluster.kill(2)
        _, errors = run.communicate(timeout=600)
    finally:
        cluster.stop()
    checks.equal("killed worker: status", run.returncode, 0)
    checks.check("killed worker: the files of an ordinary export", files(out) == want, errors[-2000:])
    n = len(open(runs).readlines())
    checks.check("killed worker: a shard was made again", n > 6, f"{n} runs of 6 shards")


def executors(cluster):
    """The processes that run tasks."""
    found = []
    for worker in (1, 2):
        for pid in cluster.tree(worker):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    if b"CoarseGrainedExecutorBackend" in f.read():
                        found.append(pid)
            except OSError:
                pass
    return found


def kill_executors(cluster, run, times):
    """At these seconds after the first executor is there. Spark starts others in their place."""
    while run.poll() is None and not executors(cluster):
        time.sleep(0.05)
    start, n = time.monotonic(), 0
    for at in times:
        time.sleep(max(0, start + at - time.monotonic()))
        for pid in random.sample(executors(cluster), 1) if run.poll() is None and executors(cluster) else ():
            try:
                os.kill(pid, signal.SIGKILL)
                n += 1
            except ProcessLookupError:
                pass
    return n


def check_random_kills(checks, env, pond, workdir, want, round_):
    """Up to three executors die, less often than a task may fail."""
    folder = os.path.join(workdir, f"kills{round_}")
    os.makedirs(folder)
    out = os.path.join(folder, "out")
    slow = wrapper(folder, "slow", f'case " $* " in *" --shard "*) sleep 0.7 ;; esac\nexec "{pond.program}" "$@"\n')
    times = sorted(random.uniform(0, 7) for _ in range(3))
    cluster = Cluster(env, folder)
    try:
        run = submit(env, cluster.url, pond, out, "--shards", "6", program=slow)
        n = kill_executors(cluster, run, times)
        _, errors = run.communicate(timeout=600)
    finally:
        cluster.stop()
    what = f"{n} executors killed after {', '.join(f'{t:.3f}' for t in times)} s"
    checks.equal(f"{what}: status", run.returncode, 0)
    checks.check(f"{what}: the files of an ordinary export", files(out) == want, errors[-2000:])
    checks.equal(f"{what}: left behind", sorted(os.listdir(os.path.join(out, ".pond"))), ["lock", "manifest.json"])


def check_usage(checks, env, pond, workdir):
    for what, options, text in (
            ("relative directory", ["--dir", "site"], "--dir must be an absolute path"),
            ("a shard", ["--dir", workdir, "--shard", "0/2"], "--shard is what this program gives")):
        done = subprocess.run([sys.executable, PROGRAM, *options], env={**env, "POND": pond.directory}, capture_output=True, text=True)
        checks.check(f"usage: {what}", done.returncode == 2 and text in done.stderr, done.stderr)


def run(program, workdir):
    checks = Checks()
    if not os.path.isdir(os.path.join(os.path.dirname(os.path.dirname(sys.executable)), "bin")) or missing("spark"):
        print("0 passed, 0 failed, 1 skipped")
        return 0
    env = spark_environment(workdir)
    pond = make_pond(program, workdir)
    want_dir = os.path.join(workdir, "want")
    pond.run("export", "--quiet", *EXPORT, "--dir", want_dir)
    want = files(want_dir)
    checks.equal("the ordinary export has files", len(want), 3 * 30 + 3 * 2 * 30 + 3)
    check_usage(checks, env, pond, workdir)
    check_local(checks, env, pond, workdir, want)
    check_failure(checks, env, pond, workdir)
    check_killed(checks, env, pond, workdir, want)
    for round_ in range(int(os.environ.get("POND_KILLS", "1"))):
        check_random_kills(checks, env, pond, workdir, want, round_)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


def missing(name):
    return os.path.exists(os.path.join(os.environ.get("POND_INTEROP", ""), "missing", name))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2]))
