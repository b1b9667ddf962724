// Makes the cases that the template engine is measured on: node bench/cases.mjs DIRECTORY.
//
// Five kinds of work: a large table of numbers, a small page, a page of a thousand items through blocks, macros, an
// include and dates, a manifest of an export of 2,500 files, and a page of 200 lines that is only parsed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random, times } from './random.mjs';

const directory = process.argv[2];
mkdirSync(directory, { recursive: true });

const { below, pick } = random(20240131);

function save(name, about, rest) {
  writeFileSync(join(directory, `${name}.json`), JSON.stringify({ name, about, kind: 'render', context: {}, ...rest }));
}

save('big-table', 'a table of 100 x 100 integers, escaped', {
  templates: {
    'table.html': '<table>{% for row in rows %}<tr>{% for n in row %}<td>{{ n }}</td>{% endfor %}</tr>{% endfor %}</table>',
  },
  render: 'table.html',
  context: { rows: times(100, (i) => times(100, (j) => 100 * i + j)) },
});

save('teams', 'a small page: a heading and a list of four', {
  templates: {
    'crew.html': `<html>
  <head><title>{{ title }} {{ year }}</title></head>
  <body>
    <h1>{{ title }} {{ year }}</h1>
    <ul>
    {% for boat in boats %}
      <li class="{% if loop.index0 == 0 %}first{% endif %}">
        <b>{{ boat.name }}</b>: {{ boat.points }}
      </li>
    {% endfor %}
    </ul>
  </body>
</html>
`,
  },
  render: 'crew.html',
  context: {
    title: 'Regatta',
    year: 2024,
    boats: [['Tern', 41], ['Curlew', 33], ['Plover', 25], ['Dunlin', 12]].map(([name, points]) => ({ name, points })),
  },
});

const words = 'tide buoy current salinity gate upper lower reach harbour north oxygen pressure river'.split(' ');
save('page', 'inheritance, a macro for each of 1,000 items, an include, filters and dates', {
  templates: {
    'base.html': `<!DOCTYPE html>
<html>
<head><title>{% block title %}{{ site.name }}{% endblock title %}</title></head>
<body>
{% include "menu.html" %}
<main>{% block content %}{% endblock content %}</main>
<footer>{% block footer %}{{ site.owner }}{% endblock footer %}</footer>
</body>
</html>
`,
    'menu.html': '<nav>{% for l in site.links %}<a href="{{ l.url }}"{% if l.url == here %} class="here"{% endif %}>'
      + '{{ l.label }}</a>{% if not loop.last %} | {% endif %}{% endfor %}</nav>',
    'macros.html': '{% macro row(item, n, zebra=true) %}<li{% if zebra and n is odd %} class="odd"{% endif %}>'
      + '<b>{{ item.name | upper | truncate(length=20) }}</b> <time>{{ item.when | date(format="%Y-%m-%d %H:%M") }}</time> '
      + '{{ item.count * item.price | round(precision=2) }} <i>{{ item.tag }}</i></li>{% endmacro row %}',
    'list.html': `{% extends "base.html" %}
{% import "macros.html" as m %}
{% block title %}{{ title | title }} - {{ super() }}{% endblock title %}
{% block content %}
<h1>{{ title }}</h1>
<ul>
{%- for item in items %}
  {%- if item.ok %}
  {{ m::row(item=item, n=loop.index) }}
  {%- else %}
  <li class="off">{{ item.name | lower }} #{{ loop.index0 }}</li>
  {%- endif %}
{%- endfor %}
</ul>
<p>{{ items | length }} item{{ items | length | pluralize }}</p>
{% endblock content %}
`,
  },
  render: 'list.html',
  context: {
    site: {
      name: 'Harbour & Bay',
      owner: 'The <Harbour> Office',
      links: [['/', 'Home'], ['/items', 'Items'], ['/about', 'About']].map(([url, label]) => ({ url, label })),
    },
    here: '/items',
    title: 'all that was logged',
    items: times(1000, (id) => ({
      id,
      name: times(2 + below(4), () => pick(words)).join(' '),
      when: 1700000000 + id * 3600 + below(3600),
      count: 1 + below(50),
      price: below(10000) / 100,
      tag: pick(['new', 'a&b', '<old>', 'x/y']),
      ok: below(10) < 7,
    })),
  },
});

const resolutions = ['1h', '6h', '1d', '7d', '30d'];
save('export-page', 'a manifest of 5 resolutions of 500 files each, and a list grouped by name, not escaped', {
  templates: {
    'data.md': `---
title: {{ args[0] }}
---

\`\`\`js
const datafiles = {
{%- for res, files in export[args[0]] %}
  "{{ res }}": [
  {%- for f in files %}
    {
      "start_time": {{ f.start_time }},
      "end_time": {{ f.end_time }},
      "file": FileAttachment("{{ f.file }}"),
    },
  {%- endfor %}
  ],
{%- endfor %}
};
\`\`\`
{% for name, fields in group(by="name", in=schema.fields) %}
  <div class="card">{{ name }} ({{ fields[0].unit }}): {% for f in fields %}{{ f.instrument }}.{{ f.agg }}`
      + `{% if not loop.last %}, {% endif %}{% endfor %}</div>
{%- endfor %}
`,
  },
  render: 'data.md',
  context: {
    args: ['Dock'],
    export: {
      Dock: Object.fromEntries(resolutions.map((r) => [`res=${r}`, times(500, (i) => ({
        file: `Dock/res=${r}/part=${i}/data.parquet`,
        start_time: 1600000000000 + i * 86400000,
        end_time: 1600000000000 + (i + 1) * 86400000,
      }))])),
    },
    schema: {
      fields: ['Temperature', 'Salinity', 'Oxygen', 'Level'].flatMap((name) => ['avg', 'min', 'max'].map((agg) => (
        { name, instrument: 'Dock', unit: pick(['C', 'psu', 'mg/L', 'm']), agg }))),
    },
  },
});

const section = (i) => `
<section id="s${i}" class="{% if count_${i} is defined and count_${i} > ${i} + 1 * 2 %}many{% elif site.mode == "dark" or page.mode in ["dim", 'dark'] %}dark{% else %}plain{% endif %}">
  {% set rows = data.part${i} | filter(attribute="kind", value="k${i}") | sort(attribute="name") -%}
  {%- set total = 0 %}
  <h2>{{ "Part " ~ ${i} ~ ": " ~ page.headings[${i}] }}</h2>
  <table>
    {% for row in rows | slice(start=0, end=${i} + 10) %}
      {%- if row.hidden %}{% continue %}{% endif %}
      {%- if loop.index > 100 %}{% break %}{% endif %}
    <tr class="{% if loop.first %}first{% elif loop.last %}last{% endif %}">
      <td>{{ loop.index }}</td>
      <td><a href="/item/{{ row.id | urlencode }}">{{ row.name | upper | replace(from="_", to=" ") }}</a></td>
      <td>{{ row.price * row.count + (row.fee - 1.5) / 2 | round(method="ceil", precision=2) }}</td>
      <td>{{ row.when | date(format="%Y-%m-%d %H:%M") }}</td>
      <td>{% for tag in row.tags %}<i>{{ tag }}</i>{% if not loop.last %}, {% endif %}{% endfor %}</td>
    </tr>
      {%- set_global total = total + row.price * row.count %}
    {%- else %}
    <tr><td colspan="5">{{ labels["none"] | default(value="Nothing here") }}</td></tr>
    {% endfor %}
  </table>
  <p>{{ total | round(precision=2) }} {{ site.currency }}</p>
  {% filter indent(prefix="  ") %}
  {% for k, v in data.index[page.keys[0]] %}
    <b>{{ k }}</b>={{ v.a.b[0]["c"] | json_encode | safe }};
  {% endfor %}
  {% endfilter %}
</section>
`;
save('parse-page', 'parsing alone: a page of about 200 lines', {
  kind: 'parse',
  templates: {
    'page.html': `<!DOCTYPE html>
<html lang="{{ lang | default(value="en") }}">
<head>
  <meta charset="utf-8">
  <title>{% if page.title %}{{ page.title | title }} - {% endif %}{{ site.name }}</title>
  {%- for sheet in site.sheets %}
  <link rel="stylesheet" href="{{ sheet.url | safe }}"{% if sheet.media %} media="{{ sheet.media }}"{% endif %}>
  {%- endfor %}
  {# for those who look for pages #}
  {%- for key, value in page.meta %}
  <meta name="{{ key }}" content="{{ value | escape }}">
  {%- else %}
  <meta name="description" content="{{ site.text | striptags | truncate(length=120, end="...") }}">
  {%- endfor %}
</head>
<body class="{{ page.kind | slugify }}{% if page.wide and not page.narrow %} wide{% endif %}">
${times(6, section).join('')}
</body>
</html>
`,
  },
  render: 'page.html',
});
