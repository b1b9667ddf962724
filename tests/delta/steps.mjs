// Changes a pond step by step and checks its Delta tables after each: see `run`.
//
//     node steps.mjs SCRATCH_DIR        with pond in PATH
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTable } from './check.mjs';

const scratch = process.argv[2];
process.chdir(scratch);
process.env.POND = join(scratch, 'pond');

let passed = 0;
let failed = 0;
function check(what, ok, detail = '') {
  if (ok) passed += 1;
  else console.log(`FAIL ${what}: ${detail}`);
  failed += ok ? 0 : 1;
}
const equal = (what, got, want) =>
  check(what, JSON.stringify(got) === JSON.stringify(want), `${JSON.stringify(got)}, not ${JSON.stringify(want)}`);

// Commands ----------------------------------------------------------------------------------------------------------

const pond = (...args) => execFileSync('pond', args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' });
const monthly = ['export', '-p', '/*.series', '--dir', 'out', '--temporal', 'year,month', '--table-format', 'delta'];

function append(path, ...lines) {
  writeFileSync('rows.csv', `${lines.join('\n')}\n`);
  pond('copy', `host+csv+series://${scratch}/rows.csv`, path);
}

// Reads a table, counts what is wrong with it, and holds it to a number of rows.
async function read(step, dir, rows) {
  const table = await readTable(dir);
  passed += table.findings.passed;
  failed += table.findings.failures.length;
  for (const failure of table.findings.failures) console.log(`FAIL ${step}: ${dir}: ${failure}`);
  equal(`${step}: rows of ${dir}`, table.rows, rows);
  return table;
}

// The actions of a version, without the names of our files: 'add year=2024/month=1', 'metaData' …
const partition = (path) => path.replace(/\/?part-[0-9a-f]{12}\.parquet$/, '');
function actions(dir, version) {
  const text = readFileSync(join(dir, '_delta_log', `${String(version).padStart(20, '0')}.json`), 'utf8');
  return text.trimEnd().split('\n').slice(1).map((line) => {
    const [[kind, action]] = Object.entries(JSON.parse(line));
    return action.path ? `${kind} ${partition(action.path)}` : kind;
  });
}

// Types ---------------------------------------------------------------------------------------------------------------

const columns = {
  t_ns: ["TIMESTAMP_NS '2024-01-01 00:00:00.0000015'", 'timestamp'],
  t_s: ["TIMESTAMP_S '1969-12-31 23:59:59'", 'timestamp'],
  t_old: ["TIMESTAMP '1969-12-31 23:59:59.9995'", 'timestamp'],
  t_zone: ["TIMESTAMPTZ '2024-06-01 12:00:00.25+02:00'", 'timestamp'],
  b: ['i % 2 = 0', 'boolean'],
  i8: ['CAST(i - 1 AS TINYINT)', 'byte'],
  i16: ['CAST(i * -1000 AS SMALLINT)', 'short'],
  i32: ['CAST(i * 1000000 AS INTEGER)', 'integer'],
  i64: ['CAST(i * 1000000000 AS BIGINT)', 'long'],
  i128: ['CAST(i AS HUGEINT)', 'decimal(38,0)'],
  u8: ['CAST(255 AS UTINYINT)', 'short'],
  u16: ['CAST(65535 AS USMALLINT)', 'integer'],
  u32: ['CAST(4294967295 AS UINTEGER)', 'long'],
  u64: ['CAST(2 AS UBIGINT)', 'decimal(20,0)'],
  f32: ['CAST(i AS FLOAT) / 2', 'float'],
  f64: ['CASE i WHEN 1 THEN 1e300 WHEN 2 THEN -1e-300 END', 'double'],
  zero: ["CASE i WHEN 1 THEN CAST('-0.0' AS DOUBLE) ELSE CAST(0 AS DOUBLE) END", 'double'],
  nan: ["CASE i WHEN 1 THEN CAST('nan' AS DOUBLE) ELSE 1.5 END", 'double'],
  inf: ["CASE i WHEN 1 THEN CAST('inf' AS DOUBLE) ELSE 1.5 END", 'double'],
  dec: ['CAST(i * 1.25 AS DECIMAL(9,2))', 'decimal(9,2)'],
  fraction: ['CAST(i * 0.25 - 0.25 AS DECIMAL(9,9))', 'decimal(9,9)'],
  text: ["CASE i WHEN 1 THEN 'Grüße \"x\"\\' WHEN 2 THEN '' END", 'string'],
  long: ["repeat('ä', 30 + CAST(i AS INTEGER))", 'string'],
  last: ["repeat('x', 32) || repeat(chr(1114111), 2)", 'string'],
  blob: ["CAST('\\x00\\xFF' AS BLOB)", 'binary'],
  date: ["DATE '2024-02-28' + CAST(i AS INTEGER)", 'date'],
  clock: ["TIME '10:00:00'", 'string'],
  span: ["INTERVAL 3 DAY", 'string'],
  uuid: ["CAST('6f0d2b70-6c8e-4d63-9a4e-2f3f4d5e6a7b' AS UUID)", 'string'],
  json: ["CAST('{\"a\": 1}' AS JSON)", 'string'],
  kind: ["CAST('b' AS ENUM('a', 'b'))", 'string'],
  empty: ['CAST(NULL AS DOUBLE)', 'double'],
  'a b.c d': ['i', 'long'],
};

async function types() {
  const names = Object.keys(columns);
  const list = names.map((n) => `${columns[n][0]} AS "${n}"`).join(', ');
  append('/i.series', 'timestamp,i', '2024-01-01 00:00:00,0', '2024-02-01 00:00:00,1', '2024-02-02 00:00:00,2');
  writeFileSync('all.yaml', `patterns:\n  s: /i.series\nquery: |\n  SELECT timestamp, ${list} FROM s\n`);
  pond('mknod', 'sql-derived-series', '/all', '--config-path', 'all.yaml');
  for (const [dir, ...temporal] of [['whole'], ['parts', '--temporal', 'year,month,day']]) {
    pond('export', '-p', '/all', '--dir', dir, '--table-format', 'delta', ...temporal);
    const table = await read(`types, ${dir}`, `${dir}/all`, 3);
    equal(`types, ${dir}`, table.fields.map((x) => `${x.name} ${x.type}`),
          ['timestamp timestamp', ...names.map((n) => `${n} ${columns[n][1]}`),
           ...table.partitionColumns.map((c) => `${c} integer`)]);
    equal(`types, ${dir}: files`, table.files.size, dir === 'whole' ? 1 : 3);
  }
  rmSync('whole', { recursive: true });
}

// Changes -------------------------------------------------------------------------------------------------------------

async function changes() {
  pond('mkdir', '/more');
  append('/flow.series', 'timestamp,flow', '2023-12-31 23:00:00,1', '2024-01-01 00:00:00,2', '2024-02-29 12:00:00,3');
  pond(...monthly);
  const first = await read('first', 'out/flow', 3);
  equal('first version', first.version, 0);
  equal('first actions', actions('out/flow', 0),
        ['protocol', 'metaData', 'add year=2023/month=12', 'add year=2024/month=1', 'add year=2024/month=2']);

  pond(...monthly);
  equal('nothing changed', (await read('again', 'out/flow', 3)).version, 0);
  pond(...monthly, '--rebuild');
  equal('rebuilt, and the same', (await read('rebuilt', 'out/flow', 3)).version, 0);

  append('/flow.series', 'timestamp,flow', '2024-02-01 00:00:00,4', '2024-03-01 00:00:00,5');
  pond(...monthly);
  equal('appended', (await read('appended', 'out/flow', 5)).version, 1);
  equal('appended actions', actions('out/flow', 1), ['remove year=2024/month=2', 'add year=2024/month=2', 'add year=2024/month=3']);
  equal('the other table', (await read('other', 'out/i', 3)).version, 0);

  pond(...monthly, '--end-time', '2024-02-15', '--keep-stale');
  equal('kept stale files', (await read('kept', 'out/flow', 4)).version, 2);
  equal('kept actions', actions('out/flow', 2), ['remove year=2024/month=2', 'add year=2024/month=2']);
  pond(...monthly, '--end-time', '2024-02-15');
  equal('removed', (await read('removed', 'out/flow', 3)).version, 3);
  equal('removed actions', actions('out/flow', 3), ['remove year=2024/month=3']);

  append('/flow.series', 'timestamp,flow,level', '2024-03-02 00:00:00,6,0.5');
  pond(...monthly);
  const wider = await read('wider', 'out/flow', 6);
  equal('wider: id', wider.id, first.id);
  equal('wider: fields', wider.fields.map((x) => x.name), ['timestamp', 'flow', 'level', 'year', 'month']);
  check('wider: metaData', actions('out/flow', 4).includes('metaData'), actions('out/flow', 4));

  const yearly = monthly.map((a) => (a === 'year,month' ? 'year' : a));
  pond(...yearly);
  const table = await read('yearly', 'out/flow', 6);
  equal('yearly: partitions', [table.id, table.partitionColumns, [...table.files.keys()].map(partition)],
        [first.id, ['year'], ['year=2023', 'year=2024']]);
  pond(...monthly);
  await read('monthly again', 'out/flow', 6);
}

// Other engines ------------------------------------------------------------------------------------------------------

const log = 'out/flow/_delta_log';
const version = (v) => join(log, `${String(v).padStart(20, '0')}.json`);
const newest = () => Number(readdirSync(log).filter((n) => n.endsWith('.json')).sort().at(-1).slice(0, 20));

// Another engine removes a file of the table, and adds one of its own.
async function foreignCommit() {
  const v = newest();
  const before = await read('before the other engine', 'out/flow', 6);
  const [path, add] = [...before.files][0];
  cpSync(join('out/flow', path), 'out/flow/other file.parquet');
  writeFileSync(version(v + 1), [
    { commitInfo: { operation: 'WRITE' } },
    { remove: { path, deletionTimestamp: 1, dataChange: true } },
    { add: { ...add, path: 'other%20file.parquet', tags: undefined } },
  ].map((a) => `${JSON.stringify(a)}\n`).join(''));
  pond(...monthly);
  equal('repaired', actions('out/flow', v + 2), ['remove other%20file.parquet', `add ${partition(path)}`]);
  check('the file of another engine', existsSync('out/flow/other file.parquet'), 'was removed');
  rmSync('out/flow/other file.parquet');
  await read('repaired', 'out/flow', 6);
}

const sqlText = (s) => `'${s.replaceAll("'", "''")}'`;
const sqlMap = (o) => `MAP {${Object.entries(o ?? {}).map(([k, v]) => `${sqlText(k)}: ${sqlText(v)}`)}}`;

// A checkpoint's rows as SQL, in the types of the protocol's checkpoint schema.
function checkpointRows({ metaData: m, adds }) {
  const types = {
    protocol: 'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER)',
    metaData: 'STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), '
      + '"schemaString" VARCHAR, "partitionColumns" VARCHAR[], "createdTime" BIGINT, configuration MAP(VARCHAR, VARCHAR))',
    add: 'STRUCT(path VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), size BIGINT, "modificationTime" BIGINT, '
      + '"dataChange" BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR))',
  };
  const select = (action, value) => `SELECT ${Object.entries(types).map(([k, type]) =>
    `CAST(${k === action ? value : 'NULL'} AS ${type}) AS "${k}"`).join(', ')}`;
  return [
    select('protocol', 'row(1, 2)'),
    select('metaData', `row(${sqlText(m.id)}, ${sqlText(m.name)}, ${sqlText(m.description)}, row('parquet', MAP {}), `
      + `${sqlText(m.schemaString)}, [${m.partitionColumns.map(sqlText)}], ${m.createdTime}, ${sqlMap(m.configuration)})`),
    ...adds.map((a) => select('add', `row(${sqlText(a.path)}, ${sqlMap(a.partitionValues)}, ${a.size}, ${a.modificationTime}, `
      + `false, ${sqlText(a.stats)}, ${sqlMap(a.tags)})`)),
  ];
}

function writeParquet(file, selects) {
  const any = `host+table://${scratch}/${execFileSync('find', ['out/flow', '-name', 'part-*'], { encoding: 'utf8' }).split('\n')[0]}`;
  const bytes = execFileSync('pond', ['cat', any, '--format', 'raw', '--sql', selects.join(' UNION ALL ')]);
  writeFileSync(file, bytes);
}

// Another engine writes a checkpoint of the newest version, in one part or several, and removes the versions before it.
async function checkpoint(nParts) {
  const table = await read('before the checkpoint', 'out/flow', 6);
  const rows = checkpointRows({ metaData: table.metaData, adds: [...table.files.values()] });
  const name = (i) => `${String(table.version).padStart(20, '0')}.checkpoint${nParts === 1 ? '' :
    `.${String(i + 1).padStart(10, '0')}.${String(nParts).padStart(10, '0')}`}.parquet`;
  for (let i = 0; i < nParts; i += 1)
    writeParquet(join(log, name(i)), rows.filter((_, k) => k % nParts === i));
  writeFileSync(join(log, '_last_checkpoint'),
                JSON.stringify({ version: table.version, size: rows.length, ...(nParts > 1 ? { parts: nParts } : {}) }));
  for (const n of readdirSync(log)) if (n.endsWith('.json')) rmSync(join(log, n));

  const step = `checkpoint of ${nParts}`;
  pond(...monthly);
  equal(`${step}: nothing to commit`, (await read(step, 'out/flow', 6)).version, table.version);
  pond(...monthly, '--start-time', '2024-01-01');
  equal(`${step}: actions`, actions('out/flow', table.version + 1), ['remove year=2023/month=12']);
  equal(`${step}: id`, (await read(step, 'out/flow', 5)).id, table.id);
  pond(...monthly);
  equal(`${step}: actions after`, actions('out/flow', table.version + 2), ['add year=2023/month=12']);
  await read(step, 'out/flow', 6);
}

// Adds ten versions, most of them empty: then pond writes a checkpoint, and the versions before it are not needed.
async function ourCheckpoint() {
  const first = newest();
  const last = JSON.parse(readFileSync(join(log, '_last_checkpoint'), 'utf8')).version;
  for (let v = first + 1; v < last + 10; v += 1) writeFileSync(version(v), '{"commitInfo":{"operation":"OPTIMIZE"}}\n');
  pond(...monthly, '--start-time', '2024-01-01');
  const at = last + 10;
  check('our checkpoint', existsSync(version(at).replace('.json', '.checkpoint.parquet')), readdirSync(log).slice(-4));
  equal('our _last_checkpoint', JSON.parse(readFileSync(join(log, '_last_checkpoint'), 'utf8')).version, at);
  const before = await read('our checkpoint', 'out/flow', 5);
  for (const n of readdirSync(log)) if (n.endsWith('.json')) rmSync(join(log, n));
  const after = await read('our checkpoint alone', 'out/flow', 5);
  equal('our checkpoint: table', [after.version, after.id, after.fields], [at, before.id, before.fields]);
  for (const [path, add] of before.files) {
    const { dataChange, ...rest } = after.files.get(path);
    equal(`our checkpoint: ${path}`, [dataChange, rest.path, rest.size, rest.partitionValues, rest.stats, rest.tags],
          [false, add.path, add.size, add.partitionValues, add.stats, add.tags]);
  }
  pond(...monthly);
  equal('after our checkpoint', actions('out/flow', at + 1), ['add year=2023/month=12']);
  await read('after our checkpoint', 'out/flow', 6);
}

// Kills ---------------------------------------------------------------------------------------------------------------

// The state that a run leaves which is killed after its commit, or before it.
async function interrupted() {
  cpSync('out/.pond/manifest.json', 'manifest.json');
  append('/flow.series', 'timestamp,flow,level', '2024-04-01 00:00:00,7,1');
  pond(...monthly);
  const v = newest();
  const file = execFileSync('find', ['out/flow/year=2024/month=4', '-name', 'part-*'], { encoding: 'utf8' }).trim().slice(4);
  const restore = () => {
    cpSync('manifest.json', 'out/.pond/manifest.json');
    writeFileSync('out/.pond/journal.json', JSON.stringify([file, { table: 'flow' }]));
  };
  restore();
  pond(...monthly);
  equal('killed after the commit', (await read('killed after the commit', 'out/flow', 7)).version, v);
  restore();
  renameSync(version(v), 'lost.json');
  pond(...monthly);
  equal('killed before the commit', (await read('killed before the commit', 'out/flow', 7)).version, v);
  equal('killed before the commit: actions', actions('out/flow', v), ['add year=2024/month=4']);
}

// One export that is killed before its first, second, third … call of one kind, and then run again.
async function killed() {
  const shim = join(scratch, 'faultfs.so');
  const source = new URL('../fault/faultfs.c', import.meta.url).pathname;
  execFileSync(process.env.CC ?? 'cc', ['-std=c17', '-D_GNU_SOURCE', '-O1', '-shared', '-fPIC', '-o', shim, source, '-ldl']);
  append('/flow.series', 'timestamp,flow,level', '2024-04-02 00:00:00,8,1', '2024-05-01 00:00:00,9,1');
  execFileSync('cp', ['-a', 'out', 'before']); // with mtimes, which the manifest compares
  for (const call of ['rename', 'unlink', 'mkdir', 'fsync'])
    for (let n = 1; await killedAt(shim, 'before', call, n); n += 1);
  for (const call of ['rename', 'mkdir']) // the first export, which makes the tables
    for (let n = 1; await killedAt(shim, 'nothing', call, n); n += 1);
}

// False: the export has fewer than n such calls, so it succeeded.
async function killedAt(shim, from, call, n) {
  const shorter = [...monthly, '--start-time', '2024-01-01'];
  rmSync('out', { recursive: true });
  rmSync('fired', { force: true });
  if (existsSync(from)) execFileSync('cp', ['-a', from, 'out']);
  const env = { ...process.env, LD_PRELOAD: shim, POND_FAULT: `kill:${call}:${n}`, POND_FAULT_DIR: join(scratch, 'out'),
                POND_FAULT_FIRED: join(scratch, 'fired'), ASAN_OPTIONS: 'verify_asan_link_order=0' };
  const { status, signal, stderr } = spawnSync('pond', shorter, { env, encoding: 'utf8' });
  const wasKilled = existsSync('fired');
  check(`${from}, ${call} ${n}`, wasKilled ? signal === 'SIGKILL' : status === 0 && n > 1, `${status} ${signal} ${stderr}`);
  pond(...shorter);
  await read(`${from}, killed before ${call} ${n}`, 'out/flow', 8);
  await read(`${from}, killed before ${call} ${n}`, 'out/i', 3);
  return wasKilled;
}

// The merge of shards, killed in the same way, over a table that has a version already.
async function killedMerge() {
  const shim = join(scratch, 'faultfs.so');
  const merge = monthly.map((a) => (a === 'out' ? 'merged' : a));
  pond(...merge, '--end-time', '2024-02-15');
  for (const i of [0, 1]) pond(...merge, '--shard', `${i}/2`);
  execFileSync('cp', ['-a', 'merged', 'shards']);
  for (let n = 1, wasKilled = true; wasKilled; n += 1) {
    rmSync('merged', { recursive: true });
    rmSync('fired', { force: true });
    execFileSync('cp', ['-a', 'shards', 'merged']);
    const env = { ...process.env, LD_PRELOAD: shim, POND_FAULT: `kill:rename:${n}`, POND_FAULT_DIR: join(scratch, 'merged'),
                  POND_FAULT_FIRED: join(scratch, 'fired'), ASAN_OPTIONS: 'verify_asan_link_order=0' };
    const { status, signal, stderr } = spawnSync('pond', [...merge, '--merge'], { env, encoding: 'utf8' });
    wasKilled = existsSync('fired');
    check(`merge, rename ${n}`, wasKilled ? signal === 'SIGKILL' : status === 0 && n > 4, `${status} ${signal} ${stderr}`);
    if (wasKilled) pond(...merge, '--merge');
    const { version } = await read(`merge, killed before rename ${n}`, 'merged/flow', 9);
    equal(`merge, killed before rename ${n}: version`, version, 1);
  }
}

// Other ways to export ------------------------------------------------------------------------------------------------

async function otherWays() {
  const plain = monthly.slice(0, -2);
  pond(...plain);
  check('without --table-format', !existsSync(log), 'the log is still there');
  pond(...monthly);
  equal('made again', (await read('made again', 'out/flow', 9)).version, 0);

  const shards = monthly.map((a) => (a === 'out' ? 'sharded' : a));
  for (const i of [0, 1, 2]) pond(...shards, '--shard', `${i}/3`);
  check('shards', !existsSync('sharded/flow'), 'a shard published something');
  pond(...shards, '--merge');
  equal('merged', (await read('merged', 'sharded/flow', 9)).version, 0);

  pond('export', '-p', '/i.series', '--dir', 'out', '--temporal', 'year,month', '--table-format', 'delta', '--keep-stale');
  await read('kept table', 'out/flow', 9);
  pond('export', '-p', '/i.series', '--dir', 'out', '--temporal', 'year,month', '--table-format', 'delta', '--prune');
  check('dropped', !existsSync('out/flow'), 'the table is still there');
  check('the other one', statSync('out/i/_delta_log').isDirectory());

  pond('export', '-p', '/flow.series', '--dir', 'none', '--temporal', 'year', '--end-time', '1999-01-01', '--table-format', 'delta');
  equal('a table without files', (await read('none', 'none/flow', 0)).files.size, 0);
}

pond('init');
await types();
await changes();
await foreignCommit();
await checkpoint(1);
await checkpoint(3);
await ourCheckpoint();
await interrupted();
await killed();
await killedMerge();
await otherWays();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
