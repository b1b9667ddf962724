# The manifests of examples/distributed/kubernetes, without a cluster: their commands run as pods would run them, two at a time, each
# with its index and a disk of its own. The files are those of an ordinary export. No pod is given a container.
import concurrent.futures
import os
import re
import subprocess

from checks import Checks
from distributed import EXPORT, files, make_pond

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFESTS = os.path.join(HERE, "../../examples/distributed/kubernetes")
N = 16


def container(name):
    """Of a manifest: its text, the script of its container, and the options of the export."""
    with open(os.path.join(MANIFESTS, name), encoding="utf-8") as f:
        text = f.read()
    script, options = re.search(r"^ +args:\n +- \|\n(.*?)\n +- pond\n((?: +- --.*\n)+)", text, re.MULTILINE | re.DOTALL).groups()
    return text, script, [line.strip()[2:] for line in options.splitlines()]


def run_pod(workdir, name, pod, env):
    """The container of a pod: its own /tmp, and the volumes."""
    _, script, _ = container(name)
    tmp = os.path.join(workdir, "tmp", pod)
    os.makedirs(tmp, exist_ok=True)
    for path, real in (("/tmp/", tmp + "/"), (" /pond ", f" {workdir}/pond ")):
        script = script.replace(path, real)
    return subprocess.run(["sh", "-euc", script, "pond", *EXPORT, "--dir", f"{workdir}/site"], env={**os.environ, **env},
                          capture_output=True, text=True)


def run_shards(checks, workdir, env):
    """All pods in the order of their indices, two at a time; one of them is run twice, as after a failure."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_pod, workdir, "shards.yaml", f"shard{i}",
                            {**env, "SHARDS": str(N), "JOB_COMPLETION_INDEX": str(i)}) for i in [*range(N), 3]]
        done = [r.result() for r in runs]
    checks.equal("status of the pods", [d.returncode for d in done], [0] * (N + 1))
    shards = [re.search(r"^shard (\d+)/16$", d.stdout, re.MULTILINE) for d in done]
    return [int(s.group(1)) if s else d.stderr for s, d in zip(shards, done)]


def main(program, workdir):
    checks = Checks()
    text, _, options = container("shards.yaml")
    checks.equal("the options of both manifests", container("merge.yaml")[2], options)
    checks.equal("N in shards.yaml", re.findall(r"completions: (\d+)|name: SHARDS, value: \"(\d+)\"", text), [("16", ""), ("", "16")])
    pond = make_pond(program, workdir)
    pond.run("export", "--quiet", *EXPORT, "--dir", f"{workdir}/want")
    plan = pond.run("export", *EXPORT, "--dir", f"{workdir}/site", "--plan", str(N))
    work = [int(w) for w in re.findall(r", (\d+) of work", plan)]

    env = {"PATH": f"{os.path.dirname(program)}:{os.environ['PATH']}"}
    shards = run_shards(checks, workdir, env)
    checks.equal("the shards of the pods", shards, [*sorted(range(N), key=lambda i: (-work[i], i)), shards[3]])
    checks.equal("files before the merge", sorted(files(f"{workdir}/site")), [])
    merge = run_pod(workdir, "merge.yaml", "merge", env)
    checks.equal("the merge", (merge.returncode, merge.stderr.count("pond:")), (0, 0))
    checks.check("the files of an ordinary export", files(f"{workdir}/site") == files(f"{workdir}/want"), merge.stderr)
    return checks.counts
