#!/usr/bin/python3
"""Measures our template engine beside its peers (`make bench-peers`): run.py [OPTION...] BUILD [CASE.json...]

    --brief             only Tera 1, a line for each case
    --peers NAME,...    only these peers
    --record FILE.csv   add the ratios to a file with the columns commit,date,case,ratio,peer

The same templates and contexts go through ours, Tera 1.17 (tera-rs/, from Debian's crates), Tera 1.20, Tera 2, minijinja
(rust/), Jinja2 and Nunjucks. Each is a process of its own that renders for a while and tells minimum and median; they take
turns for ROUNDS rounds, so that whatever else the machine does hits all. A figure only counts when the output is right: that
of Tera 1 must be ours to the byte, that of the others but for the names of entities (&#39; or &#x27;, and whether `/` is one)
and, in Tera 2, the 1.0 of whole floats.

The others have languages of their own. ADAPTED says what of a template is said otherwise in theirs. Jinja2 and Nunjucks
would need more than that for the case that is only parsed, so they do not run it. Peers that are not built are left out.
"""
import argparse
import csv
import datetime
import hashlib
import html
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 3
SECONDS = float(os.environ.get("SECONDS_EACH", "1.0"))  # a round of one engine
HERE = os.path.dirname(os.path.abspath(__file__))

ROUNDING = (r"\{\{ ([\w.]+ \* [\w.]+) \| round\(precision=2\) \}\}", r"{{ (\1) | FILTER(precision=2) }}")  # binds tighter there
FIXED = (ROUNDING[0], ROUNDING[1].replace("FILTER", "fixed"))

# (pattern, replacement), in order. Filters that differ are filters of the harness: cut, date, fixed, pluralize, group.
SHARED = [
    (r"\{\{ (\w+)::(\w+)\(", r"{{ \1.\2("),
    FIXED,
    (r"\| truncate\(", "| cut("),
    (r'group\(by="(\w+)", in=([\w.]+)\)', r'group(by="\1", items=\2)'),
    (r"\{% endmacro \w+ %\}", "{% endmacro %}"),
]
ADAPTED = {
    # Macros are components, which all templates see: {{ <row item={item} n={loop.index} /> }}.
    "tera-2": [
        (r"\{% import .*? %\}\n", ""),
        (r"\{% (end)?macro ", r"{% \1component "),
        (r"\{\{ \w+::(\w+)\(item=(.+?), n=(.+?)\) \}\}", r"{{ <\1 item={\2} n={\3} /> }}"),
        (ROUNDING[0], ROUNDING[1].replace("FILTER", "round")),
    ],
    "minijinja": SHARED + [
        (r"(\{%-? for \w+, \w+ in .*?) %\}", r"\1 | items %}"),
        (r"\{%(-?) set_global ", r"{%\1 set "),
    ],
    "jinja2": SHARED + [(r"(\{%-? for \w+, \w+ in .*?) %\}", r"\1.items() %}")],
    "nunjucks": SHARED + [(r"\{% endblock \w+ %\}", "{% endblock %}"), (r"\{# .*? #\}", "")],
}
NO_PARSING = ("jinja2", "nunjucks")
ORIGINALS = ("tera-1.17", "tera-1.20")


class Failed(Exception):
    pass


def peak_of(pid, before):
    """Its VmHWM so far, in MB. (The maximum that wait4 tells has what the process was before its exec: this one.)"""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM:")), before)
    except OSError:
        return before


def call(command):
    """Standard output, and the peak memory in MB, looked at until shortly before the end."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err)
        memory = 0
        while process.poll() is None:
            memory = peak_of(process.pid, memory)
            time.sleep(0.02)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            lines = [line for line in err.read().splitlines() if line.strip()]
            raise Failed(lines[-1] if lines else f"exit status {process.returncode}")
        return out.read(), memory


def adapted(case, engine):
    templates = case["templates"]
    for pattern, replacement in ADAPTED.get(engine, []):
        templates = {name: re.sub(pattern, replacement, text) for name, text in templates.items()}
    return {**case, "templates": templates}


def our_output(build, case):
    line = json.dumps({"id": case["name"], **{k: case[k] for k in ("templates", "render", "context")}})
    result = json.loads(subprocess.run([f"{build}/tera-cases"], input=line, capture_output=True, text=True,
                                       check=True).stdout)
    if not result["ok"]:
        raise Failed(result["error"])
    want = case.get("output_sha256")
    if want and hashlib.sha256(result["output"].encode()).hexdigest() != want:
        raise Failed("the output is not the one that the case names")
    return result["output"]


def check(engine, got, want):
    if engine in ADAPTED:
        got, want = html.unescape(got), html.unescape(want)
    if engine == "tera-2":
        got = re.sub(r"(?<=\d)\.0\b", "", got)  # it prints whole floats so
    if got == want:
        return
    at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
    raise Failed(f"its output differs at {at}: {got[at - 20:at + 20]!r}, ours is {want[at - 20:at + 20]!r}")


class Bench:
    def __init__(self, build, scratch, peers):
        self.build, self.scratch = build, scratch
        rust = f"{build}/peers/rust/release"
        commands = {
            "tera-1.17": [f"{build}/peers/tera-rs/release/tera-peer"],
            "tera-1.20": [f"{rust}/tera1"],
            "tera-2": [f"{rust}/tera2"],
            "minijinja": [f"{rust}/minijinja"],
            "jinja2": ["/usr/bin/python3", f"{HERE}/jinja.py"],
            "nunjucks": ["node", f"{HERE}/nunjucks.js"],
        }
        self.commands = {"ours": [f"{build}/tera-bench"]}
        for peer, command in commands.items():
            if peers and peer not in peers:
                continue
            is_built = command[0].endswith("python3") or command[0] == "node" or os.path.exists(command[0])
            if is_built:
                self.commands[peer] = command
            else:
                print(f"{peer} is not built and left out (see build.sh)")
        self.records = []
        os.environ["NUNJUCKS"] = os.path.abspath(f"{build}/peers/nunjucks.js")

    def once(self, engine, case, path, want):
        """Minimum and median in nanoseconds, peak memory in MB."""
        if engine == "ours":
            text, memory = call(self.commands[engine] + ["--seconds", str(SECONDS), path])
            least, middle = re.search(r"min +(\d+) ns +median +(\d+) ns", text).groups()
            return int(least), int(middle), memory
        output = os.path.join(self.scratch, "output")
        text, memory = call(self.commands[engine] + [path, str(SECONDS), output])
        if case["kind"] == "render":
            with open(output, encoding="utf-8", newline="") as file:
                check(engine, file.read(), want)
        least, middle, _ = text.split()
        return int(least), int(middle), memory

    def case(self, path):
        with open(path, encoding="utf-8") as file:
            case = json.load(file)
        case.setdefault("context", {})
        is_render = case["kind"] == "render"
        want = our_output(self.build, case) if is_render else None
        size = len(want.encode()) if is_render else sum(len(t.encode()) for t in case["templates"].values())
        print(f"\n{case['name']} ({case['kind']}, {size:,} bytes {'out' if is_render else 'in'})")
        runs, skipped = {}, {}
        engines = [e for e in self.commands if is_render or e not in NO_PARSING]
        paths = {}
        for engine in engines:
            paths[engine] = path
            if engine in ADAPTED:
                paths[engine] = os.path.join(self.scratch, f"{engine}.json")
                with open(paths[engine], "w", encoding="utf-8") as file:
                    json.dump(adapted(case, engine), file, sort_keys=True)  # Tera's order
        for _ in range(ROUNDS):
            for engine in engines:
                if engine in skipped:
                    continue
                try:
                    runs.setdefault(engine, []).append(self.once(engine, case, paths[engine], want))
                except Failed as reason:
                    skipped[engine] = str(reason)
        for engine in skipped:
            runs.pop(engine, None)
        self.report(runs, skipped, size)
        ours = min(r[0] for r in runs["ours"])
        self.records += [(case["name"], min(r[0] for r in results) / ours, engine)
                         for engine, results in runs.items() if engine != "ours"]
        return skipped

    def brief(self, path):
        """A line of minima, and by how much Tera 1 takes longer."""
        with open(path, encoding="utf-8") as file:
            case = json.load(file)
        want = our_output(self.build, case)
        original = next(e for e in reversed(ORIGINALS) if e in self.commands)
        least = {engine: [] for engine in ("ours", original)}
        for _ in range(ROUNDS):
            for engine, results in least.items():
                results.append(self.once(engine, case, path, want)[0])
        ours, theirs = min(least["ours"]), min(least[original])
        print(f"{case['name']:18} {ours:>11,} ns {theirs:>13,} ns {theirs / ours:>8.1f}", flush=True)
        self.records.append((case["name"], theirs / ours, original))
        return theirs / ours

    def report(self, runs, skipped, size):
        ours = min(r[0] for r in runs["ours"])
        print(f"  {'':9} {'minimum':>12} {'median':>12} {'MB/s':>8} {'peak MB':>8} {'to ours':>8}")
        for engine, results in runs.items():
            least = min(r[0] for r in results)
            middle = statistics.median(r[1] for r in results)
            memory = max(r[2] for r in results)
            print(f"  {engine:9} {least:>9,} ns {middle:>9,.0f} ns {size / least * 1e3:>8.1f} {memory:>8.1f} "
                  f"{least / ours:>8.2f}")
        for engine, reason in skipped.items():
            print(f"  {engine:9} does not run this: {reason}")


def record(path, records):
    """Adds a line for each ratio. A commit has a + when what was measured had changes that are not in it."""
    def git(*words):
        return subprocess.run(["git", "-C", HERE, *words], capture_output=True, text=True, check=True).stdout.strip()
    commit = git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--", "../../src") else "")
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    is_new = not os.path.exists(path)
    with open(path, "a", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(["commit", "date", "case", "ratio", "peer"])
        for case, ratio, peer in records:
            writer.writerow([commit, date, case, f"{ratio:.2f}", peer])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--peers", type=lambda names: names.split(","), default=[])
    parser.add_argument("--record")
    parser.add_argument("build")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    lost, ratios = [], []
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(options.build, scratch, options.peers)
        if options.brief:
            print(f"\n{'':18} {'ours':>14} {'Tera 1':>16} {'to ours':>8}")
        for path in options.cases:
            try:
                if options.brief:
                    ratios.append(bench.brief(path))
                    continue
                skipped = bench.case(path)
            except Failed as reason:
                sys.exit(f"{path}: {reason}")
            lost += [f"{path}: {engine}" for engine in skipped if engine not in NO_PARSING]
    if ratios:
        print(f"{len(ratios)} cases: least {min(ratios):.1f}, median {statistics.median(ratios):.1f}")
    if options.record:
        record(options.record, bench.records)
    if lost:
        sys.exit("what must agree did not: " + ", ".join(lost))


main()
