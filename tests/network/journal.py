#!/usr/bin/env python3
"""Prints entries as journalctl does: those of the file $JOURNAL, lines of JSON, after a cursor or from it on. A cursor that is not
there is that of an entry that was vacuumed: all later ones are printed. $JOURNAL_FAULT: fail, cut, hang, garbage."""
import json, os, sys, time

arguments = dict(a.removeprefix("--").partition("=")[::2] for a in sys.argv[1:])
if arguments.get("output") != "json" or "no-pager" not in arguments:
    sys.exit("journal.py: unknown arguments " + " ".join(sys.argv[1:]))
lines = open(os.environ["JOURNAL"], "rb").read().splitlines()


def cursor_of(line):
    try:
        return json.loads(line).get("__CURSOR")
    except (ValueError, AttributeError):
        return None


cursors = [cursor_of(line) for line in lines]
for key, step in ("after-cursor", 1), ("cursor", 0):
    if key in arguments and arguments[key] in cursors:
        lines = lines[cursors.index(arguments[key]) + step :]
if "lines" in arguments:
    lines = lines[: int(arguments["lines"])]
fault = os.environ.get("JOURNAL_FAULT")
if fault == "hang":
    time.sleep(100)
for line in lines:
    sys.stdout.buffer.write(line + b"\n")
if fault == "cut":
    sys.stdout.buffer.write(b'{"__CURSOR":"cut off')
sys.stdout.flush()
if fault in ("fail", "cut"):
    sys.exit("journal.py: the journal\nis damaged")
