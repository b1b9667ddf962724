"""Jinja2, measured: jinja.py CASE.json SECONDS OUTPUT, as the harness of the original (tera-rs/src/main.rs).

Templates come adapted by run.py; what they call and Jinja2 has not, or has otherwise, is here.
"""
import datetime
import json
import sys
import time

import jinja2


def cut(text, length):
    return text if len(text) <= length else text[:length] + "…"


def date(seconds, format):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(format)


def fixed(number, precision):
    number = round(number, precision)
    return int(number) if number == int(number) else number


def group(by, items):
    groups = {}
    for item in items:
        groups.setdefault(item[by], []).append(item)
    return dict(sorted(groups.items()))


def main():
    path, seconds, output = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    with open(path, encoding="utf-8") as file:
        case = json.load(file)
    env = jinja2.Environment(loader=jinja2.DictLoader(case["templates"]), keep_trailing_newline=True,
                             autoescape=jinja2.select_autoescape(), cache_size=100)
    env.filters.update(cut=cut, date=date, fixed=fixed, pluralize=lambda n: "" if n == 1 else "s")
    env.globals.update(group=group)
    template, context = env.get_template(case["render"]), case["context"]
    with open(output, "w", encoding="utf-8", newline="") as file:
        file.write(template.render(context))
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end and len(times) < 20000:
        start = time.perf_counter_ns()
        template.render(context)
        times.append(time.perf_counter_ns() - start)
    times.sort()
    print(times[0], times[len(times) // 2], len(times))


main()
