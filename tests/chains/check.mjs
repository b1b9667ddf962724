// Makes a random pond of chains in a directory, changes it step by step, and compares every node with what plain loops over the
// rows give.
//
//     node check.mjs DIR SEED STEPS
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [dir, seed, steps] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const hour = 3600e3;
const start = Date.UTC(2024, 0, 30);
const span = 1700; // hours: clocks change in New York and in Berlin
let passed = 0;
let failed = 0;

// Chance ------------------------------------------------------------------------------------------

let state = seed * 2654435761 + 1;
function random() { // mulberry32
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const roll = (n) => Math.floor(random() * n); // 0 … n - 1
const pick = (items) => items[roll(items.length)];

// The pond ----------------------------------------------------------------------------------------

process.env.POND = join(dir, 'pond');
const pond = (...args) => execFileSync('pond', args, { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
const series = {}; // path → rows {t, columns}
const iso = (t) => new Date(t).toISOString();

function randomRows(hours, n) {
  return Array.from({ length: n }, () => ({
    t: start + (hours + roll(48)) * hour + (roll(3) === 0 ? roll(3) * 500 : 0),
    v: roll(5) === 0 ? null : roll(200) / 8 - 5,
    w: roll(4) === 0 ? null : roll(4),
  }));
}

function toCsv(rows, zone) {
  const cell = (x) => (x === null ? '' : String(x));
  const line = (r) => `${zone ? iso(r.t) : iso(r.t).slice(0, -1)},${r.v === null ? '' : r.v.toFixed(3)},${cell(r.w)}\n`;
  return 'timestamp,v,w\n' + rows.map(line).join('');
}

function append(path, hours, n) {
  // At least one value in each column, so that the types are the same in every version.
  const rows = [...randomRows(hours, n), { t: start + hours * hour, v: 0.125, w: 1 }];
  series[path] = [...(series[path] ?? []), ...rows];
  writeFileSync(join(dir, 'rows.csv'), toCsv(rows, path.includes('zone')));
  pond('copy', '-q', `host+csv+series://${dir}/rows.csv`, path);
}

function makeNode(factory, path, config) {
  writeFileSync(join(dir, 'config.yaml'), JSON.stringify(config));
  pond('mknod', factory, path, '--config-path', 'config.yaml', '--overwrite');
}

const waves = { start: iso(start), end: iso(start + 60 * 24 * hour), interval: '5h', points: [{ name: 'v', components: [{ type: 'triangle', amplitude: 4, period: '20h' }, { type: 'line', slope: 0.0001 }] }] };
function waveRows() {
  const rows = [];
  for (let t = start; t <= start + 60 * 24 * hour; t += 5 * hour) {
    const x = ((t - start) / (20 * hour)) % 1;
    rows.push({ t, v: 4 * (x < 0.5 ? 4 * x - 1 : 3 - 4 * x) + 0.0001 * ((t - start) / 1000) });
  }
  return rows;
}

const rules = [{ type: 'direct', from: 'v', to: 'level.m' }, { type: 'pattern', pattern: '^(.)$', replacement: 'x.${1}' }];
const renamed = (name) => (name === 'v' ? 'level.m' : name === 'w' ? 'x.w' : name);

// What configs mean, slowly ---------------------------------------------------------------------------

function matches(pattern) {
  if (pattern === '/waves') return [waveRows()];
  const paths = Object.keys(series).sort();
  const shape = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
  return paths.filter((p) => shape.test(p)).map((p) => series[p]);
}

function inputRows(input) {
  const prefix = input.scope === undefined ? '' : `${input.scope}.`;
  const name = (c) => prefix + (input.transforms ? renamed(c) : c);
  const isIn = (t) => !input.range || ((!input.range.begin || t >= Date.parse(input.range.begin)) && (!input.range.end || t <= Date.parse(input.range.end)));
  return matches(input.pattern).flat().filter((r) => isIn(r.t))
    .map((r) => Object.fromEntries(Object.entries(r).map(([c, x]) => [c === 't' ? c : name(c), x])));
}

const canonical = (row) => JSON.stringify(Object.entries(row).filter(([, x]) => x !== null).sort(([a], [b]) => (a < b ? -1 : 1)));

// Groups of rows → one row for each time and each combination of rows of that time.
function fullJoin(groups) {
  const result = [];
  for (const t of new Set(groups.flat().map((r) => r.t))) {
    let rows = [{ t }];
    for (const group of groups) {
      const own = group.filter((r) => r.t === t);
      if (own.length > 0) rows = rows.flatMap((left) => own.map((right) => ({ ...left, ...right })));
    }
    result.push(...rows);
  }
  return result;
}

function joinRows(config) {
  const groups = new Map();
  for (const [i, input] of config.inputs.entries()) {
    const key = input.scope ?? i;
    groups.set(key, [...(groups.get(key) ?? []), input]);
  }
  return fullJoin([...groups.values()].map((inputs) => {
    const rows = inputs.flatMap(inputRows);
    return inputs.length === 1 ? rows : [...new Map(rows.map((r) => [canonical(r), r])).values()];
  }));
}

function reduceRows(rows, width) {
  const buckets = new Map();
  for (const row of rows) {
    const t = Math.floor(row.t / width) * width;
    buckets.set(t, [...(buckets.get(t) ?? []), row]);
  }
  return [...buckets].map(([t, own]) => {
    const out = { t, 'timestamp.count': own.length };
    for (const c of new Set(own.flatMap((r) => Object.keys(r)))) {
      const values = c === 't' ? [] : own.map((r) => r[c] ?? null).filter((x) => x !== null);
      if (values.length === 0) continue;
      out[`${c}.avg`] = values.reduce((a, b) => a + b, 0) / values.length;
      out[`${c}.max`] = Math.max(...values);
    }
    return out;
  });
}

// Local time --------------------------------------------------------------------------------------------

const offsets = new Map(); // of a zone and a quarter of an hour → milliseconds
function local(zone, t) {
  if (zone === undefined) return t;
  const slot = Math.floor(t / (hour / 4));
  const key = `${zone} ${slot}`;
  if (!offsets.has(key)) {
    const at = new Date(slot * (hour / 4));
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' }).formatToParts(at).map((p) => [p.type, Number(p.value)]));
    offsets.set(key, Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute) - at.getTime());
  }
  return t + offsets.get(key);
}

// The first instant at which the clock shows `wall` or a later time.
function firstInstant(zone, wall) {
  if (zone === undefined) return wall;
  let t = wall - 15 * hour;
  while (local(zone, t) < wall) t += hour / 4;
  return t;
}

const day = 24 * hour;
// The wall times at which buckets of whole days or months begin, from before the data to after them.
function wallStarts({ days, months }) {
  const all = [];
  for (let d = Math.floor((start - 800 * day) / day); d * day < start + 800 * day; d += 1) {
    const date = new Date(d * day);
    const month = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
    if (months ? date.getUTCDate() === 1 && month % months === 0 : d % days === 0) all.push(d * day);
  }
  return all;
}

// All starts of buckets, in order; the last one only ends the one before it.
function bucketStarts(width, zone, offset) {
  if (width.days || width.months) return wallStarts(width).map((w) => firstInstant(zone, w + offset));
  if (zone === undefined) {
    const first = Math.floor((start - 3 * day - offset) / width.ms) * width.ms + offset;
    return Array.from({ length: Math.ceil(90 * day / width.ms) }, (_, i) => first + i * width.ms);
  }
  const days = wallStarts({ days: 1 }).map((w) => firstInstant(zone, w + offset)).filter((t) => t > start - 3 * day && t < start + 90 * day);
  return days.slice(0, -1).flatMap((from, i) => Array.from({ length: Math.ceil((days[i + 1] - from) / width.ms) }, (_, k) => from + k * width.ms));
}

const shapes = {
  median: (v) => percentile(v, 0.5),
  p90: (v) => percentile(v, 0.9),
  stddev: (v) => {
    const mean = v.reduce((a, r) => a + r.x, 0) / v.length;
    return v.length < 2 ? null : Math.sqrt(v.reduce((a, r) => a + (r.x - mean) ** 2, 0) / (v.length - 1));
  },
  first: (v) => v[0].x,
  last: (v) => v.at(-1).x,
  twa: (v, end) => v.reduce((a, r, i) => a + r.x * ((v[i + 1]?.t ?? end) - r.t), 0) / (end - v[0].t),
  sum: (v) => v.reduce((a, r) => a + r.x, 0),
};
function percentile(v, p) {
  const x = v.map((r) => r.x).sort((a, b) => a - b);
  const at = p * (x.length - 1);
  const below = Math.floor(at);
  return x[below] + ((x[below + 1] ?? x[below]) - x[below]) * (at - below);
}

function shapeRows(rows, width, zone, offset, functions) {
  const starts = bucketStarts(width, zone, offset);
  const buckets = new Map();
  for (const row of rows) {
    const i = starts.findLastIndex((s) => s <= row.t);
    buckets.set(i, [...(buckets.get(i) ?? []), row]);
  }
  return [...buckets].map(([i, own]) => {
    const out = { t: starts[i] };
    for (const c of new Set(own.flatMap((r) => Object.keys(r)))) {
      const values = c === 't' ? [] : own.filter((r) => (r[c] ?? null) !== null).map((r) => ({ t: r.t, x: r[c] })).sort((a, b) => a.t - b.t || a.x - b.x);
      for (const f of values.length === 0 ? [] : functions) out[`${c}.${f}`] = shapes[f](values, starts[i + 1]);
    }
    return out;
  });
}

const pivotRows = (named, columns) => fullJoin(named.map(([alias, rows]) => rows.map((r) => Object.fromEntries(
  [['t', r.t], ...columns.map((c) => [`${alias}.${c}`, r[c] ?? null])]))));

// Comparing -------------------------------------------------------------------------------------------

function check(what, ok, detail) {
  if (ok) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`seed ${seed}, ${what}: ${detail}`);
}

function parse(csv) {
  const [header, ...lines] = csv.trimEnd().split('\n').map((l) => l.split(','));
  return lines.map((cells) => Object.fromEntries(cells.map((x, i) => (i === 0
    ? ['t', Date.parse(x.endsWith('Z') ? x : `${x}Z`)] : [header[i], x === '' ? null : Number(x)]))));
}

// Rows in one order. Sums of floats differ in their last digits.
function normal(rows) {
  const rounded = (x) => (typeof x === 'number' && !Number.isInteger(x) ? Number(x.toPrecision(11)) : x);
  return rows.map((r) => canonical(Object.fromEntries(Object.entries(r).map(([c, x]) => [c, rounded(x)])))).sort();
}

function checkNode(step, path, want) {
  const whole = pond('cat', path, '--format', 'csv');
  const [got, expected] = [normal(parse(whole)), normal(want)];
  const i = expected.findIndex((row, k) => row !== got[k]);
  check(`${step}: ${path}`, got.length === expected.length && i < 0, `${got.length} rows, expected ${expected.length}; row ${i} is ${got[i]} instead of ${expected[i]}`);
  const cut = start + roll(40 * 24) * hour;
  const after = pond('cat', path, '--format', 'csv', '--time-start', iso(cut)).split('\n').slice(1).join('\n');
  const before = pond('cat', path, '--format', 'csv', '--time-end', iso(cut - 1));
  // Of no rows at all, not even the header need be the same text.
  check(`${step}: ${path}`, (before + after).trim() === whole.trim(), `the slices at ${iso(cut)} are not the whole`);
}

function exportTo(target, ...args) {
  pond('export', '--quiet', '-p', '/joi*', '-p', '/reduced/*/*.series', '-p', '/piv*', '-p', '/shapes/*/*.series', '--dir', target, ...args);
}

// Mostly the partitions of the step before, so that most files can stay.
let partitions = 'year,month';
function checkExports(step) {
  if (roll(4) === 0) partitions = pick(['year,month', 'year,month,day', 'year,month,day,hour', 'year']);
  exportTo('out', '--temporal', partitions, '--jobs', String(roll(3) + 1));
  exportTo('full', '--temporal', partitions, '--jobs', '1');
  const diff = spawnSync('diff', ['-r', '--exclude=.pond', 'out', 'full'], { cwd: dir, encoding: 'utf8' });
  check(`${step}: export`, diff.status === 0, `the incremental export differs from a new one\n${diff.stdout.slice(0, 600)}`);
  rmSync(join(dir, 'full'), { recursive: true, force: true });
}

// Steps -----------------------------------------------------------------------------------------------

function randomRange() {
  const begin = start + roll(20 * 24) * hour;
  return pick([undefined, undefined, { begin: iso(begin) }, { end: iso(begin + roll(400) * hour) }, { begin: iso(begin), end: iso(begin + roll(400) * hour) }]);
}

function randomJoin() {
  const inputs = Array.from({ length: 2 + roll(3) }, (_, i) => ({
    pattern: pick(['/in/a.series', '/in/zone.series', '/in/*.series', '/in/none*.series', '/waves']),
    scope: i === 0 && roll(2) === 0 ? undefined : pick(['A', 'B', 'Ä b', 'A.c']),
    range: randomRange(),
    transforms: roll(3) === 0 ? ['/rename'] : undefined,
  }));
  // A pattern that unites a zone with none is no input of a join.
  return { inputs: inputs.map((x) => (x.pattern === '/in/*.series' ? { ...x, pattern: '/in/[ab]*.series'.replace('[ab]', pick(['a', 'b'])) } : x)) };
}

let config;
let grain;
const pivotOf = { pattern: '/reduced/*/*.series', columns: ['A.v.avg', 'A.level.m.max', 'v.avg', 'timestamp.count'] };
function changeJoin() {
  config = randomJoin();
  makeNode('timeseries-join', '/join', config);
}
function changeReduction() {
  grain = pick([['1h', hour], ['6h', 6 * hour], ['1d', 24 * hour]]);
  makeNode('temporal-reduce', '/reduced', { in_pattern: '/join', out_pattern: 'all', time_column: 'timestamp', resolutions: [grain[0]], aggregations: [{ type: 'count' }, { type: 'avg' }, { type: 'max' }] });
}

const widths = { '30m': { ms: hour / 2 }, '1h': { ms: hour }, '6h': { ms: 6 * hour }, '1d': { days: 1 }, '3d': { days: 3 }, '1w': { days: 7 }, '1mo': { months: 1 }, '3mo': { months: 3 }, '1y': { months: 12 } };
let shape;
// Whole-day widths count from 1970 in UTC too, where an offset moves them.
function changeShapes() {
  shape = {
    from: pick(['/join', `/reduced/all/res=${grain[0]}.series`]),
    zone: pick([undefined, 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata']),
    offset: pick([undefined, '6h', '90m', '1d']),
    resolutions: pick([['1h', '1d', '1mo'], ['1d'], ['6h', '1w'], ['30m', '3d'], ['1mo', '1y'], ['1d', '3mo'], ['1w']]),
    functions: pick([['median', 'p90'], ['twa', 'first', 'last'], ['stddev', 'sum'], ['sum', 'last'], ['twa', 'median', 'sum']]),
  };
  makeNode('temporal-reduce', '/shapes', { in_pattern: shape.from, out_pattern: 's', time_column: 'timestamp', resolutions: shape.resolutions, timezone: shape.zone, offset: shape.offset, aggregations: shape.functions.map((type) => ({ type })) });
}
function checkShapes(step, joined, reduced) {
  const offset = { '6h': 6 * hour, '90m': 1.5 * hour, '1d': day }[shape.offset] ?? 0;
  for (const res of shape.resolutions) {
    checkNode(`${step}: ${JSON.stringify(shape)}`, `/shapes/s/res=${res}.series`,
      shapeRows(shape.from === '/join' ? joined : reduced, widths[res], shape.zone, offset, shape.functions));
  }
}

mkdirSync(dir, { recursive: true });
pond('init');
pond('mkdir', '/in');
for (const path of ['/in/a.series', '/in/b.series', '/in/zone.series']) append(path, roll(200), 30);
makeNode('synthetic-timeseries', '/waves', waves);
makeNode('column-rename', '/rename', { rules });
makeNode('timeseries-pivot', '/pivot', pivotOf);
changeJoin();
changeReduction();
changeShapes();
for (let i = 1; i <= steps; i += 1) {
  if (i > 1) pick([() => append(pick(Object.keys(series)), roll(span), 1 + roll(20)), () => append(`/in/${pick(['a', 'b'])}${roll(3)}.series`, roll(span), 10), changeJoin, () => { changeReduction(); changeShapes(); }, changeShapes])();
  const joined = joinRows(config);
  const reduced = reduceRows(joined, grain[1]);
  checkNode(`step ${i}`, '/join', joined);
  checkNode(`step ${i}`, `/reduced/all/res=${grain[0]}.series`, reduced);
  checkShapes(`step ${i}`, joined, reduced);
  checkNode(`step ${i}`, '/pivot', pivotRows([['all', reduced]], pivotOf.columns));
  checkExports(`step ${i}`);
}
console.log(`seed ${seed}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
