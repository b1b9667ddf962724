// Computes every exported value of the example again from the CSV files, with code that shares nothing with pond: sums over
// the rows in plain JavaScript, and another Parquet reader. Prints how many values it compared.
//
//     node check.mjs DATA_DIR SITE_DIR STATION…
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decompress } from '../../third_party/web/fzstd/fzstd.js';
import { parquetReadObjects, parquetMetadata } from '../../third_party/web/hyparquet/index.js';

const [dataDir, site, ...stations] = process.argv.slice(2);
const compressors = { ZSTD: (input, length) => decompress(input, new Uint8Array(length)) };
const parsers = { timestampFromMicroseconds: (us) => Number(us) / 1e3 };
const source = { PM25: 'PM2.5' }; // parameter → column of the CSV, where they differ
const widths = { '1h': 3600e3, '6h': 6 * 3600e3, '1d': 86400e3, '7d': 7 * 86400e3 };
const numeric = ['PM25', 'PM10', 'SO2', 'NO2', 'CO', 'O3', 'TEMP', 'DEWP', 'PRES', 'RAIN', 'WSPM'];

let passed = 0;
let failed = 0;
let values = 0;
function check(what, ok, detail) {
  if (ok) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`FAIL ${what}: ${detail}`);
}

// station → [{t, PM25, …}], in the order of the file, NULL for NA and for nothing.
function readStation(station) {
  const [header, ...lines] = readFileSync(join(dataDir, `${station}.csv`), 'utf8').trim().split('\n');
  const at = Object.fromEntries(header.trim().split(',').map((name, i) => [name, i]));
  return lines.map((line) => {
    const cells = line.trim().split(',');
    const number = (name) => (cells[at[name]] === 'NA' || cells[at[name]] === '' ? null : Number(cells[at[name]]));
    const row = { t: Date.UTC(number('year'), number('month') - 1, number('day'), number('hour')) };
    for (const p of numeric) row[p] = number(source[p] ?? p);
    return row;
  });
}

// What a bucket should hold: column name → value.
function aggregate(rows, columns) {
  const out = { 'timestamp.count': rows.n };
  for (const [column, values_] of Object.entries(columns)) {
    const v = values_.filter((x) => x !== null);
    const sum = v.reduce((a, b) => a + b, 0);
    out[`${column}.avg`] = v.length ? sum / v.length : null;
    out[`${column}.min`] = v.length ? Math.min(...v) : null;
    out[`${column}.max`] = v.length ? Math.max(...v) : null;
    if (column.endsWith('.RAIN.mm')) out[`${column}.sum`] = v.length ? sum : null;
  }
  return out;
}

// rows: [{t, columns: {name: value}}], of times that may come from several stations → bucket start → expected row.
function reduce(rows, names, width) {
  const buckets = new Map();
  for (const { t, columns } of rows) {
    const start = Math.floor(t / width) * width;
    if (!buckets.has(start)) buckets.set(start, { n: 0, columns: Object.fromEntries(names.map((n) => [n, []])) });
    const b = buckets.get(start);
    b.n += 1;
    for (const n of names) b.columns[n].push(columns[n] ?? null);
  }
  return new Map([...buckets].map(([start, b]) => [start, aggregate(b, b.columns)]));
}

function same(got, want) {
  if (want === null || want === undefined) return got === null || got === undefined;
  const g = Number(got);
  return g === want || Math.abs(g - want) <= 1e-12 * Math.max(Math.abs(g), Math.abs(want));
}

// A difference in one row, or nothing.
function difference(got, want) {
  values += Object.keys(want).length;
  const extra = Object.keys(got).filter((k) => k !== 'timestamp' && !(k in want));
  if (extra.length) return `columns that should not be there: ${extra}`;
  for (const [name, value] of Object.entries(want))
    if (!same(got[name], value)) return `${new Date(got.timestamp).toISOString()} ${name}: ${got[name]}, not ${value}`;
  return undefined;
}

async function readPart(file) {
  const bytes = readFileSync(join(site, file.file));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  check(`${file.file} size`, bytes.length === file.size, `${bytes.length}, recorded ${file.size}`);
  check(`${file.file} footer`, Number(parquetMetadata(buffer).num_rows) === file.rows, `recorded ${file.rows}`);
  return parquetReadObjects({ file: buffer, compressors, parsers });
}

async function checkLeaf(name, leaf, want) {
  let n = 0;
  let last = -Infinity;
  for (const file of leaf.files) {
    const [, year, month] = /year=(\d+)\/month=(\d+)\/data\.parquet$/.exec(file.file);
    const [lo, hi] = [Date.UTC(+year, month - 1), Date.UTC(+year, +month)];
    check(`${file.file} bounds`, file.start_time === lo && file.end_time === hi, JSON.stringify(file));
    for (const row of await readPart(file)) {
      const t = row.timestamp;
      if (!(t >= lo && t < hi && t > last)) check(`${file.file} order`, false, `${t} after ${last}`);
      const wrong = want.has(t) ? difference(row, want.get(t)) : `no bucket at ${new Date(t).toISOString()}`;
      if (wrong) check(file.file, false, wrong);
      last = t;
      n += 1;
    }
  }
  check(`${name} rows`, n === want.size, `${n} rows, ${want.size} buckets`);
  const fields = [...(want.values().next().value ? Object.keys(want.values().next().value) : [])].sort();
  check(`${name} schema`, JSON.stringify(leaf.schema.fields.map((f) => f.column).sort()) === JSON.stringify(fields),
        leaf.schema.fields.map((f) => f.column));
}

const units = { TEMP: 'C', DEWP: 'C', PRES: 'hPa', RAIN: 'mm', WSPM: 'm/s' };
const column = (station, p) => `${station}.${p}.${units[p] ?? 'ug/m3'}`;
const data = Object.fromEntries(stations.map((s) => [s, readStation(s)]));
const manifest = JSON.parse(readFileSync(join(site, '.pond/manifest.json'), 'utf8'));
const exported = manifest.stages[0].export;

for (const station of stations) {
  const names = numeric.map((p) => column(station, p));
  const rows = data[station].map((r) => ({ t: r.t, columns: Object.fromEntries(numeric.map((p, i) => [names[i], r[p]])) }));
  for (const [res, width] of Object.entries(widths))
    await checkLeaf(`${station} ${res}`, exported.single_site[station][`res=${res}`], reduce(rows, names, width));
}
for (const p of numeric) {
  const byTime = new Map();
  for (const station of stations)
    for (const r of data[station]) {
      if (!byTime.has(r.t)) byTime.set(r.t, {});
      byTime.get(r.t)[column(station, p)] = r[p];
    }
  const rows = [...byTime].map(([t, columns]) => ({ t, columns }));
  const names = stations.map((s) => column(s, p));
  for (const [res, width] of Object.entries(widths))
    await checkLeaf(`${p} ${res}`, exported.single_param[p][`res=${res}`], reduce(rows, names, width));
}
console.log(`${values} values compared`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
