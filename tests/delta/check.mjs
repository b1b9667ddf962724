// Reads a Delta table by the published protocol (github.com/delta-io/delta, PROTOCOL.md), without code of pond: replays the
// log, and compares it with the Parquet files as another reader sees them.
//
//     node check.mjs TABLE_DIR…
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decompress } from '../../third_party/web/fzstd/fzstd.js';
import { parquetMetadata, parquetReadObjects } from '../../third_party/web/hyparquet/index.js';

const compressors = { ZSTD: (input, length) => decompress(input, new Uint8Array(length)) };
const parsers = {
  timestampFromMicroseconds: (us) => us, // BigInts, so that nothing is lost before it is compared
  dateFromDays: (days) => days,
  stringFromBytes: (bytes) => new TextDecoder().decode(bytes),
};

class Findings {
  passed = 0;
  failures = [];
  check(what, ok, detail) {
    if (ok) this.passed += 1;
    else this.failures.push(`${what}: ${detail}`);
  }
  equal(what, got, want) {
    this.check(what, JSON.stringify(got) === JSON.stringify(want), `${JSON.stringify(got)}, not ${JSON.stringify(want)}`);
  }
}

function readBytes(path) {
  const bytes = readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

// The log -------------------------------------------------------------------------------------------------------------

const kinds = ['commitInfo', 'protocol', 'metaData', 'add', 'remove', 'txn'];

function applyAction(state, kind, action) {
  if (kind === 'protocol') state.protocol = action;
  if (kind === 'metaData') state.metaData = action;
  if (kind === 'add') state.files.set(decodeURIComponent(action.path), action);
  if (kind === 'remove') state.files.delete(decodeURIComponent(action.path));
  if (kind === 'add' || kind === 'remove') state.named.add(decodeURIComponent(action.path));
}

function checkCommit(f, name, actions, state) {
  const paths = new Set();
  f.check(`${name} commitInfo`, 'commitInfo' in actions[0], 'is not the first action');
  for (const line of actions) {
    const keys = Object.keys(line);
    f.check(`${name} action`, keys.length === 1 && kinds.includes(keys[0]), `${keys}`);
    const [kind, action] = [keys[0], line[keys[0]]];
    if (kind === 'add' || kind === 'remove') {
      f.check(`${name} ${action.path}`, !paths.has(action.path), 'is in it twice');
      paths.add(action.path);
      f.check(`${name} ${action.path}`, action.dataChange === true, 'dataChange is not true');
    }
    if (kind === 'add') {
      f.check(`${name} ${action.path}`, Number.isInteger(action.size) && Number.isInteger(action.modificationTime),
              'size or modificationTime is not an integer');
      f.check(`${name} ${action.path}`, Object.values(action.partitionValues).every((v) => typeof v === 'string'),
              'a partition value is not a string');
    }
    if (kind === 'remove') {
      f.check(`${name} remove`, state.files.has(decodeURIComponent(action.path)), `${action.path} was not in the table`);
      f.check(`${name} remove`, Number.isInteger(action.deletionTimestamp), 'deletionTimestamp is not an integer');
    }
  }
}

// A version can be read for as long as its files are there with the bytes that it named. Files of other engines have no tag.
const hashes = new Map(); // of a file that was not written since
function checkReadable(f, dir, state) {
  for (const [path, add] of state.files) {
    if (!add.tags?.['pond.sha256']) continue;
    const file = join(dir, path);
    const stat = existsSync(file) ? statSync(file) : null;
    const key = stat && `${file} ${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    if (stat && !hashes.has(key)) hashes.set(key, createHash('sha256').update(readFileSync(file)).digest('hex'));
    f.equal(`version ${state.version}: ${path}`, stat && hashes.get(key), add.tags['pond.sha256']);
  }
}

// The state as of the last version. A checkpoint is found the way that readers find it, by _last_checkpoint.
async function replay(f, dir) {
  const log = join(dir, '_delta_log');
  const state = { version: -1, files: new Map(), named: new Set() };
  const last = join(log, '_last_checkpoint');
  if (existsSync(last)) {
    const { version, parts } = JSON.parse(readFileSync(last, 'utf8'));
    const prefix = `${String(version).padStart(20, '0')}.checkpoint`;
    const names = readdirSync(log).filter((n) => n.startsWith(prefix)).sort();
    f.equal('parts of the checkpoint', names.length, parts ?? 1);
    for (const name of names)
      for (const row of await parquetReadObjects({ file: readBytes(join(log, name)), compressors }))
        for (const kind of ['protocol', 'metaData', 'add', 'remove'])
          if (row[kind]) applyAction(state, kind, plain(row[kind]));
    state.version = version;
  }
  const versions = readdirSync(log).filter((n) => /^\d{20}\.json$/.test(n)).sort();
  f.equal('stray files of the log', readdirSync(log).filter((n) => !/^(\d{20}\.(json|checkpoint.*parquet)|_last_checkpoint)$/.test(n)), []);
  for (const name of versions) {
    const version = Number(name.slice(0, 20));
    if (version <= state.version) continue;
    f.equal('next version', version, state.version + 1);
    const text = readFileSync(join(log, name), 'utf8');
    f.check(name, text.endsWith('}\n'), 'does not end with a line');
    const actions = text.trimEnd().split('\n').map((line) => JSON.parse(line));
    checkCommit(f, name, actions, state);
    for (const line of actions) applyAction(state, Object.keys(line)[0], Object.values(line)[0]);
    state.version = version;
    checkReadable(f, dir, state);
  }
  return state;
}

// Numbers of a Parquet file are BigInts; those of JSON are not.
function plain(value) {
  return JSON.parse(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v)));
}

// The schema ----------------------------------------------------------------------------------------------------------

// Delta's name for the type of a column in a Parquet file.
function deltaType(e) {
  const logical = e.logical_type;
  if (logical?.type === 'TIMESTAMP') return logical.isAdjustedToUTC && e.type === 'INT64' ? 'timestamp' : 'timestamp_ntz';
  if (e.converted_type === 'DECIMAL') return `decimal(${e.precision},${e.scale})`;
  if (e.converted_type === 'DATE') return 'date';
  if (e.converted_type === 'UTF8') return 'string';
  if (e.converted_type === 'INT_8') return 'byte';
  if (e.converted_type === 'INT_16') return 'short';
  if (e.converted_type?.startsWith('UINT') || logical) return JSON.stringify(logical ?? e.converted_type);
  return { BOOLEAN: 'boolean', INT32: 'integer', INT64: 'long', FLOAT: 'float', DOUBLE: 'double', BYTE_ARRAY: 'binary' }[e.type];
}

function checkSchema(f, name, metadata, fields) {
  const columns = metadata.schema.slice(1).map((e) => `${e.name} ${deltaType(e)}`);
  f.equal(`${name} schema`, columns, fields.map((x) => `${x.name} ${x.type}`));
}

// Files ---------------------------------------------------------------------------------------------------------------

const isoMs = (ms) => new Date(Number(ms)).toISOString();
const floorMs = (us) => (us - (((us % 1000n) + 1000n) % 1000n)) / 1000n;
const ceilMs = (us) => -floorMs(-us);
const least = (values, lt) => values.reduce((a, b) => (lt(b, a) ? b : a));
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

// The bounds that the statistics must have for these values; undefined where they need none.
function bounds(type, values) {
  if (values.length === 0 || type === 'binary') return undefined;
  if (values.some(Number.isNaN)) return undefined; // readers do not agree where it is in the order
  const min = least(values, type === 'string' ? byBytes : (a, b) => a < b);
  const max = least(values, type === 'string' ? (a, b) => byBytes(b, a) : (a, b) => a > b);
  if (type === 'timestamp') return [isoMs(floorMs(min)), isoMs(ceilMs(max))];
  if (type === 'date') return [isoMs(min * 864e5).slice(0, 10), isoMs(max * 864e5).slice(0, 10)];
  return [min, max];
}

function checkBounds(f, what, type, values, min, max) {
  const want = bounds(type, values);
  if (want === undefined) {
    f.check(`${what} bounds`, min === undefined && max === undefined, `${min}, ${max} where there should be none`);
  } else if (type === 'string') {
    const cut = (s) => [...s].slice(0, 32).join('');
    const isLast = [...want[1]][32] === '\u{10FFFF}'; // there is no text above this one
    f.equal(`${what} minimum`, min, cut(want[0]));
    f.check(`${what} maximum`, isLast ? max === undefined : !byBytes(max, want[1]) && max.startsWith(cut(want[1])),
            `${max} for ${want[1]}`);
  } else if (want.some((v) => typeof v === 'number' && !Number.isFinite(v))) {
    // JSON has no infinities, so at most the other bound is given.
    f.check(`${what} bounds`, [min, max].every((v, i) => v === undefined || v === want[i]), `${min}, ${max}`);
  } else {
    const isNumber = typeof min === 'number';
    f.check(`${what} minimum`, isNumber ? min === Number(want[0]) : min === want[0], `${min}, not ${want[0]}`);
    f.check(`${what} maximum`, isNumber ? max === Number(want[1]) : max === want[1], `${max}, not ${want[1]}`);
    // Either zero may be in the file, and some readers put -0.0 before 0.0.
    if (type === 'float' || type === 'double')
      f.check(`${what} zeros`, !Object.is(min, 0) && !Object.is(max, -0), `bounds ${min}, ${max}`);
  }
}

function checkStats(f, name, stats, fields, rows) {
  f.equal(`${name} numRecords`, stats.numRecords, rows.length);
  f.equal(`${name} columns with nullCount`, Object.keys(stats.nullCount), fields.map((x) => x.name));
  for (const { name: column, type } of fields) {
    const values = rows.map((r) => r[column]).filter((v) => v !== null && v !== undefined);
    f.equal(`${name} ${column} nullCount`, stats.nullCount[column], rows.length - values.length);
    checkBounds(f, `${name} ${column}`, type, values, stats.minValues[column], stats.maxValues[column]);
  }
}

// Where the rows of a partitioned table belong, by their own time.
function partitionOf(us, columns) {
  const d = new Date(Number(floorMs(us)));
  const all = { year: d.getUTCFullYear(), month: d.getUTCMonth() + 1, day: d.getUTCDate(), hour: d.getUTCHours() };
  return Object.fromEntries(columns.map((c) => [c, String(all[c])]));
}

async function checkFile(f, dir, path, add, fields, partitionColumns) {
  const file = join(dir, path);
  f.check(path, existsSync(file), 'is not there');
  if (!existsSync(file)) return 0;
  f.equal(`${path} size`, add.size, statSync(file).size);
  f.equal(`${path} partition columns`, Object.keys(add.partitionValues).sort(), [...partitionColumns].sort());
  const bytes = readBytes(file);
  checkSchema(f, path, parquetMetadata(bytes), fields);
  const rows = await parquetReadObjects({ file: bytes, compressors, parsers });
  checkStats(f, path, JSON.parse(add.stats), fields, rows);
  const time = fields.find((x) => x.type === 'timestamp')?.name;
  for (const row of partitionColumns.length ? rows : []) {
    const want = partitionOf(row[time], partitionColumns);
    const differs = partitionColumns.find((c) => add.partitionValues[c] !== want[c]);
    if (differs) f.check(`${path} ${differs}`, false, `${row[time]} is not in ${add.partitionValues[differs]}`);
  }
  return rows.length;
}

function dataFiles(dir) {
  return readdirSync(dir, { recursive: true }).map(String)
    .filter((n) => n.endsWith('.parquet') && !n.startsWith('_delta_log')).sort();
}

// The files that left the table, as the manifest of the export lists them.
function retained(dir) {
  const manifest = join(dirname(dir), '.pond', 'manifest.json');
  if (!existsSync(manifest)) return [];
  const files = JSON.parse(readFileSync(manifest, 'utf8')).retained ?? [];
  return files.map((x) => relative(dir, join(dirname(dir), x.file)));
}

// What a reader finds in the table: its version, metadata, columns, paths and number of rows. `findings` gets what is wrong.
export async function readTable(dir, findings = new Findings()) {
  const state = await replay(findings, dir);
  findings.equal('protocol', [state.protocol?.minReaderVersion, state.protocol?.minWriterVersion], [1, 2]);
  const { id, format, schemaString, partitionColumns } = state.metaData;
  findings.check('id', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id), id);
  findings.equal('format', format.provider, 'parquet');
  const fields = JSON.parse(schemaString).fields;
  const inFiles = fields.filter((x) => !partitionColumns.includes(x.name));
  findings.equal('types of partition columns', fields.slice(inFiles.length).map((x) => `${x.name} ${x.type}`),
                 partitionColumns.map((c) => `${c} integer`));
  const onDisk = dataFiles(dir);
  findings.equal('files that are missing', [...state.files.keys()].filter((x) => !onDisk.includes(x)), []);
  const known = retained(dir); // of the log, a part may be gone
  findings.equal('files that nothing names', onDisk.filter((x) => !state.named.has(x) && !known.includes(x)), []);
  let rows = 0;
  for (const [path, add] of state.files) rows += await checkFile(findings, dir, path, add, inFiles, partitionColumns);
  return { findings, version: state.version, metaData: state.metaData, id, fields, partitionColumns, files: state.files, rows };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const findings = new Findings();
  for (const dir of process.argv.slice(2)) {
    const { version, rows, files } = await readTable(dir, findings);
    console.log(`${dir}: version ${version}, ${files.size} files, ${rows} rows`);
  }
  for (const failure of findings.failures) console.log(`FAIL ${failure}`);
  console.log(`${findings.passed} passed, ${findings.failures.length} failed`);
  process.exitCode = findings.failures.length === 0 ? 0 : 1;
}
