#!/usr/bin/env python3
"""Runs a corpus of conformance cases through build/tera-cases and reports failures by group.

    tests/tools/tera_corpus.py CORPUS.jsonl [--tool build/tera-cases] [--show N] [--group PREFIX]
"""
import argparse
import collections
import json
import subprocess
import sys


def judge(case, result):
    """What is wrong with the result, or None."""
    if result is None:
        return "no result"
    if case["ok"]:
        if not result["ok"]:
            return f"fails: {result['error']}"
        if result["output"] != case["output"]:
            return f"wrong output\n  want {case['output']!r}\n  got  {result['output']!r}"
        return None
    if result["ok"]:
        return f"should fail: {case['error']!r}\n  got  {result['output']!r}"
    if "line" in case and (case["line"], case["column"]) != (result["line"], result["column"]):
        return (f"wrong place: want {case['line']}:{case['column']}, "
                f"got {result['line']}:{result['column']}: {result['error']}\n  {case['error']!r}")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("--tool", default="build/tera-cases")
    parser.add_argument("--show", type=int, default=20, help="how many failures to print in full")
    parser.add_argument("--group", default="", help="only cases whose id begins so")
    options = parser.parse_args()

    with open(options.corpus, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines if line.strip()]
    cases = [case for case in cases if case["id"].startswith(options.group)]
    # The results come back one a line in the order of the cases, so a crash is the first that is missing.
    text = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    run = subprocess.run([options.tool], input=text.encode(), stdout=subprocess.PIPE, check=False)
    results = {r["id"]: r for r in map(json.loads, filter(None, run.stdout.decode().split("\n")))}

    failures = collections.Counter()
    shown = 0
    for case in cases:
        wrong = judge(case, results.get(case["id"]))
        if wrong is None:
            continue
        failures["/".join(case["id"].split("/")[:2])] += 1
        if shown < options.show:
            shown += 1
            print(f"{case['id']}: {wrong}\n  {json.dumps(case['templates'], ensure_ascii=False)}\n")
    for group, n in sorted(failures.items()):
        print(f"{group}: {n} failed")
    failed = sum(failures.values())
    if run.returncode != 0:
        print(f"{options.tool} ended with status {run.returncode}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or run.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
