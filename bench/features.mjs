// Makes a case for each feature of the template language, to compare each one with the original:
// node bench/features.mjs DIRECTORY. A case is a loop over a thousand items, or one filter on a text of 100 KB.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random, times } from './random.mjs';

const directory = process.argv[2];
mkdirSync(directory, { recursive: true });

const { below, pick } = random(20240229);

const words = 'tide oxygen temp level flow buoy dock silver berth Größe naïve <b> & "gate"'.split(' ');
const text = (n) => times(n, () => pick(words)).join(' ');
const two = (n) => String(n).padStart(2, '0');
const context = {
  items: times(1000, (i) => ({
    id: i,
    name: text(3),
    kind: pick(['dock', 'buoy', 'pier']),
    n: below(1000),
    when: 1700000000 + i * 3600,
    day: `2024-${two(1 + (i % 12))}-${two(1 + (i % 28))}T${two(i % 24)}:00:00Z`,
    tags: times(4, () => pick(words)),
    deep: { a: { b: i } },
  })),
  ints: times(5000, () => below(1000000)),
  floats: times(5000, () => below(1000000000) / 1000),
  strings: times(2000, () => text(2)),
  long: text(18000),
  object: Object.fromEntries(times(2000, (i) => [`key${i}`, i])),
};
const plain = { 'part': '{{ x.id }}: {{ x.kind }}\n', 'macros': '{% macro row(a, b=1) %}{{ a }}{{ b }}{% endmacro %}' };

function save(name, template, more = {}) {
  const templates = { page: template, ...plain, ...more };
  writeFileSync(join(directory, `${name}.json`), JSON.stringify({ name, kind: 'render', templates, render: 'page', context }));
}
const each = (name, body) => save(name, `{% for x in items %}${body}{% endfor %}`);
const numbers = (name, list, body) => save(name, `{% for x in ${list} %}${body}{% endfor %}`);

numbers('integers', 'ints', '{{ x }},');
numbers('floats', 'floats', '{{ x }},');
numbers('arithmetic', 'ints', '{{ x * 2 + 1 - x % 7 }},');
numbers('arithmetic-floats', 'floats', '{{ x / 4 + 1.5 }},');
numbers('conditions', 'ints', '{% if x > 500000 and x % 2 == 0 or x == 3 %}a{% elif x < 1000 %}b{% else %}c{% endif %}');
numbers('round', 'floats', '{{ x | round(precision=2) }},');
numbers('break', 'ints', '{% if x < 5000 %}{% continue %}{% endif %}{% if loop.index > 4000 %}{% break %}{% endif %}{{ x }}');
numbers('range', 'range(end=20000)', '{{ loop.index }}');
save('nested-loops', '{% for a in range(end=100) %}{% for b in range(end=100) %}{{ a * b }} {% endfor %}{% endfor %}');
save('set-global', '{% set sum = 0 %}{% for x in ints %}{% set_global sum = sum + x %}{% endfor %}{{ sum }}');
each('set', '{% set a = x.n %}{% set b = a + 1 %}{{ b }}');
each('paths', '{{ x.deep.a.b }}{{ x["kind"] }}{{ x.tags.0 }}{{ x.tags[1] }}');
save('paths-by-key', '{% for k, v in object %}{{ object[k] }}{{ k }}{{ v }}{% endfor %}');
each('concat', '{{ x.kind ~ "-" ~ x.id ~ ":" ~ x.n }}\n');
each('in', '{% if "tide" in x.name %}1{% endif %}{% if x.kind in ["dock", "pier"] %}2{% endif %}');
each('tests', '{% if x.name is string %}a{% endif %}{% if x.n is divisibleby(3) %}b{% endif %}{% if x.no is undefined %}c{% endif %}');
each('matching', '{% if x.name is matching("^(tide|dock)\\s") %}1{% endif %}');
each('default', '{{ x.no | default(value="none") }}{{ nobody | default(value=x.id) }}');
each('include', '{% include "part" %}');
save('macros', '{% import "macros" as m %}{% for x in items %}{{ m::row(a=x.id) }}{{ m::row(a=x.id, b=2) }}{% endfor %}');
each('filter-section', '{% filter upper %}{{ x.kind }} a{% endfilter %}');
save('inheritance', '{% extends "9" %}{% block a %}{{ super() }}{% endblock %}', Object.fromEntries(times(10, (i) => [
  String(i), i === 0 ? '<{% block a %}base{% endblock %}>' : `{% extends "${i - 1}" %}{% block a %}${i}{{ super() }}{% endblock %}`])));

each('date', '{{ x.when | date(format="%Y-%m-%d %H:%M") }}\n');
each('date-in-zone', '{{ x.when | date(format="%Y-%m-%d %H:%M %Z", timezone="Europe/Berlin") }}\n');
each('date-of-text', '{{ x.day | date(format="%A %d %B %Y") }}\n');
each('upper', '{{ x.name | upper }}');
each('lower-trim', '{{ x.name | lower | trim | capitalize }}');
each('title', '{{ x.name | title }}');
each('truncate', '{{ x.name | truncate(length=10) }}');
each('slugify', '{{ x.name | slugify }}');
each('replace', '{{ x.name | replace(from="o", to="00") }}');
each('conversions', '{{ "0x1f" | int(base=16) }}{{ "2.5" | float }}{{ x.id | as_str }}');
save('replace-long', '{{ long | replace(from="tide", to="ebb") }}');
save('split-join', '{{ long | split(pat=" ") | join(sep="_") }}');
save('escape', '{{ long | escape }}');
save('urlencode', '{{ long | urlencode }}');
save('striptags', '{{ long | striptags }}');
save('addslashes', '{{ long | addslashes }}');
save('reverse', '{{ long | reverse }}');
save('wordcount', '{{ long | wordcount }} {{ long | length }}');
save('sort', '{{ ints | sort | join(sep=",") }}{{ strings | sort | join(sep=",") }}');
save('sort-by', '{{ items | sort(attribute="n") | map(attribute="id") | join(sep=",") }}');
save('filter-map', '{{ items | filter(attribute="kind", value="dock") | map(attribute="id") | join(sep=",") }}');
save('group-by', '{% for k, g in items | group_by(attribute="kind") %}{{ k }}{{ g | length }}{% endfor %}');
save('unique', '{{ strings | unique | length }}{{ items | unique(attribute="kind") | length }}');
save('slices', '{{ ints | slice(start=10, end=4000) | length }}{{ ints | nth(n=3) }}{{ ints | last }}');
save('json', '{{ items | json_encode }}');
save('json-pretty', '{{ items | json_encode(pretty=true) }}');
