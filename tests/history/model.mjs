// Random commands against a model of the pond: after each one the whole tree is what the model says; at the end `--at`, with
// a transaction or a time, shows what was read after each transaction. Some commands run on a disk that fails, or are killed, or lose what was not synced:
// they have happened as a whole, or not at all.
//
//     node model.mjs DIR SEED STEPS [SHIM]
//
// SHIM is the built tests/fault/faultfs.c. Without it no command is disturbed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [dir, seed, steps, shim] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4]), process.argv[5]];
process.env.POND = join(dir, 'pond');
process.env.TMPDIR = dir; // an editor that is killed leaves a file

// Chance ------------------------------------------------------------------------------------------

let chance = seed * 2654435761 + 1;
function random() { // mulberry32
  chance = (chance + 0x6d2b79f5) | 0;
  let t = Math.imul(chance ^ (chance >>> 15), 1 | chance);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const roll = (n) => Math.floor(random() * n); // 0 … n - 1
const pick = (items) => items[roll(items.length)];

// The program -------------------------------------------------------------------------------------

function run(args, env = {}) {
  const done = spawnSync('pond', args, { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  return { ...done, said: `${done.stdout}${done.stderr}` };
}
function pond(...args) {
  const done = run(args);
  if (done.status !== 0) fail(`pond ${args.join(' ')} failed: ${done.said}`);
  return done.stdout;
}
let step = 0;
const history = []; // the commands so far
function fail(what) {
  console.log(`seed ${seed}, step ${step}: ${what}`);
  console.log(history.slice(-12).join('\n'));
  process.exit(1);
}

// The model ---------------------------------------------------------------------------------------
//
// A state is a map from ids to nodes. A node is never changed, only replaced, so states share nodes.
// Versions are {n, text} or {n, rows: Map of time to value}.

const root = 0;
const lastNumber = new Map(); // of a node: numbers are never used twice
let ids = 0, unique = 0;
const byName = (state, parent, name) => [...state.values()].find((n) => n.parent === parent && n.name === name);
const children = (state, id) => [...state.values()].filter((n) => n.parent === id);
const pathOf = (state, id) => (id === root ? '' : `${pathOf(state, state.get(id).parent)}/${state.get(id).name}`);
const isInside = (state, id, above) => id !== root && (id === above || isInside(state, state.get(id).parent, above));
const dirs = (state) => [root, ...[...state.values()].filter((n) => n.type === 'dir').map((n) => n.id)];
const ofType = (state, ...types) => [...state.values()].filter((n) => types.includes(n.type));
const put = (state, node) => new Map(state).set(node.id, node);
const version = (id, content) => {
  const n = (lastNumber.get(id) ?? 0) + 1;
  return { n, ...content };
};
const add = (state, parent, name, type, rest = {}) => {
  const id = ++ids;
  return put(state, { id, parent, name, type, versions: [], ...rest, ...(rest.content ? { versions: [version(id, rest.content)], content: undefined } : {}) });
};
const append = (state, node, content, rest = {}) => put(state, { ...node, ...rest, versions: [...node.versions, version(node.id, content)] });
function settle(state) { // numbers that were given are taken
  for (const n of state.values()) for (const v of n.versions) lastNumber.set(n.id, Math.max(lastNumber.get(n.id) ?? 0, v.n));
}
const rowOf = (n) => n && JSON.stringify([n.parent, n.name, n.type, n.factory, n.link, n.versions.at(-1)?.n]);

// What a keyed series shows: of each time the row of the latest version.
const visible = (node) => new Map(node.versions.flatMap((v) => [...v.rows]));

// undo(states, now, k): the state after transaction k is taken back; null: it must be refused.
function undo(states, now, k) {
  const [before, after] = [states[k - 1], states[k]];
  if (!before || !after) return null;
  const touched = [...new Set([...before.keys(), ...after.keys()])].filter((id) => before.get(id) !== after.get(id));
  if (touched.length === 0) return null;
  if (touched.some((id) => rowOf(now.get(id)) !== rowOf(after.get(id)))) return null;
  const added = touched.filter((id) => !before.has(id));
  for (const id of added) if (children(now, id).some((n) => !added.includes(n.id))) return null;
  const next = new Map(now);
  for (const id of touched) next.delete(id);
  for (const id of touched) {
    const [old, was, is] = [before.get(id), after.get(id), now.get(id)];
    if (!old) continue;
    if (byName(next, old.parent, old.name)) return null;
    let versions = old.versions;
    if (was) {
      versions = is.versions.filter((v) => !was.versions.includes(v) || old.versions.includes(v));
      for (const v of old.versions) if (!was.versions.includes(v)) versions = [...versions, { ...v, n: Math.max(lastNumber.get(id), versions.at(-1)?.n ?? 0) + 1 }];
    }
    next.set(id, { ...old, versions });
  }
  for (const id of touched) {
    if (!next.has(id)) continue;
    const seen = new Set([id]);
    for (let at = next.get(id).parent; at !== root; at = next.get(at).parent) {
      if (seen.has(at) || !next.has(at)) return null;
      seen.add(at);
    }
  }
  return next;
}
function lastChange(states) {
  for (let k = states.length - 1; k > 0; k--) if (touchedBy(states, k)) return k;
  return 0;
}
const touchedBy = (states, k) => [...new Set([...states[k - 1].keys(), ...states[k].keys()])].some((id) => states[k - 1].get(id) !== states[k].get(id));

// Commands ----------------------------------------------------------------------------------------
//
// Each is {args, env, next}: `next` is the state after it; null: it must fail; undefined: nothing is
// known before, but a failure changes nothing, and it does not succeed.

const names = ['a', 'b', 'c', 'B b', "it's", 'é', 'x.y', 'q"r', 'UP', '-dash', '.hidden', '中'];
function freeName(state, parent, suffix = '') {
  for (let i = 0; ; i++) {
    const name = `${pick(names)}${i < 3 ? '' : i}${suffix}`;
    if (!byName(state, parent, name)) return name;
  }
}
function place(state, suffix) {
  const parent = pick(dirs(state));
  const name = freeName(state, parent, suffix);
  return { parent, name, path: `${pathOf(state, parent)}/${name}` };
}
const file = (name, text) => (writeFileSync(join(dir, name), text), name);
const day = (t) => new Date(Date.UTC(2024, 0, 1 + t)).toISOString();
const csv = (rows) => file('rows.csv', `timestamp,v\n${[...rows].map(([t, v]) => `${day(t)},${v}\n`).join('')}`);
const someRows = (from) => new Map(Array.from({ length: 1 + roll(5) }, (_, i) => [from + i, ++unique]));
// What a node computes: the latest row of a series that may be moved, removed or changed later, or nothing.
const source = (s) => pick([...ofType(s, 'series', 'keyed').map((n) => pathOf(s, n.id)), '/nowhere']);
const query = () => `SELECT timestamp, v, ${++unique} AS made FROM source ORDER BY timestamp DESC, v DESC LIMIT 1`;
const config = (s) => `# why\npatterns: {source: ${JSON.stringify(source(s))}}\n\nquery: ${query()}\n`;
const factories = ['sql-derived-table', 'sql-derived-series'];

// The document that makes a file or a node, or gives it another content, which is returned.
function declared(s, type, path, document, factory, i) {
  if (type === 'data') {
    const text = `applied ${++unique}\n`;
    document('copy', path, `spec: {source: ${JSON.stringify(`host://${join(dir, file(`applied-${i}`, text))}`)}, overwrite: true}\n`);
    return { text };
  }
  const text = `patterns: {source: ${JSON.stringify(source(s))}}\n# why\nquery: ${query()}\n`;
  document('mknod', path, `spec:\n  factory: ${factory}\n  config:\n${text.replace(/^/gm, '    ').trimEnd()}\n`);
  return { text };
}

const commands = {
  mkdir(s) {
    const p = place(s, '');
    return { args: ['mkdir', p.path], next: add(s, p.parent, p.name, 'dir') };
  },
  mkdirParents(s) {
    const p = place(s, '');
    const next = add(s, p.parent, p.name, 'dir');
    return { args: ['mkdir', '-p', `${p.path}/x/y`], next: [['x'], ['y']].reduce((t, [name]) => add(t, ids, name, 'dir'), next) };
  },
  copyBytes(s) {
    const content = { text: `text ${++unique}\n`.repeat(1 + roll(3)) };
    file('bytes', content.text);
    const old = pick([...ofType(s, 'data'), null, null]);
    if (old) return { args: ['copy', '-q', 'bytes', pathOf(s, old.id)], next: append(s, old, content) };
    const p = place(s, '.txt');
    return { args: ['copy', '-q', 'bytes', p.path], next: add(s, p.parent, p.name, 'data', { content }) };
  },
  copyMany(s) {
    const p = place(s, '');
    rmSync(join(dir, 'many'), { recursive: true, force: true });
    mkdirSync(join(dir, 'many/sub'), { recursive: true });
    let next = add(s, p.parent, p.name, 'dir');
    const top = ids;
    for (let i = 0; i < 3 + roll(20); i++) {
      file(`many/${i}`, `${++unique}`);
      next = add(next, top, `${i}`, 'data', { content: { text: `${unique}` } });
    }
    next = add(next, top, 'sub', 'dir');
    return { args: ['copy', '-q', 'many', p.path], next };
  },
  copySeries(s) {
    const old = pick([...ofType(s, 'series'), null]);
    const content = { rows: someRows(roll(300)) };
    const url = `host+csv+series://${join(dir, csv(content.rows))}`;
    if (old) return { args: ['copy', '-q', url, pathOf(s, old.id)], next: append(s, old, content) };
    const p = place(s, '.series');
    return { args: ['copy', '-q', url, p.path], next: add(s, p.parent, p.name, 'series', { content }) };
  },
  copyKeyed(s) {
    const old = pick([...ofType(s, 'keyed'), ...ofType(s, 'keyed'), null]);
    const known = old ? visible(old) : new Map();
    const rows = someRows(old ? roll(12) : roll(300));
    for (const [t] of rows) if (known.has(t) && roll(2)) rows.set(t, known.get(t)); // what is there already
    const url = `host+csv+series://${join(dir, csv(rows))}`;
    const fresh = new Map([...rows].filter(([t, v]) => known.get(t) !== v));
    if (old) return { args: ['copy', '-q', '--key', 'timestamp', url, pathOf(s, old.id)], next: fresh.size === 0 ? s : append(s, old, { rows: fresh }) };
    const p = place(s, '.series');
    return { args: ['copy', '-q', '--key', 'timestamp', url, p.path], next: add(s, p.parent, p.name, 'keyed', { content: { rows: fresh } }) };
  },
  mknod(s) {
    const content = { text: config(s) };
    const factory = pick(factories);
    file('config.yaml', content.text);
    const old = pick([...ofType(s, 'config'), null]);
    if (old) return { args: ['mknod', factory, pathOf(s, old.id), '--config-path', 'config.yaml', '--overwrite'], next: append(s, old, content, { factory }) };
    const p = place(s, '');
    return { args: ['mknod', factory, p.path, '--config-path', 'config.yaml'], next: add(s, p.parent, p.name, 'config', { factory, content }) };
  },
  edit(s) {
    const old = pick(ofType(s, 'config', 'data'));
    if (!old) return commands.mkdir(s);
    const content = { text: old.type === 'config' ? config(s) : `edited ${++unique}` };
    file('new', content.text);
    return { args: ['edit', pathOf(s, old.id)], env: { EDITOR: `cp '${join(dir, 'new')}'` }, next: append(s, old, content) };
  },
  remove(s) {
    const node = pick([...s.values()]);
    if (!node || (s.size < 8 && roll(3))) return commands.mkdir(s);
    return { args: ['rm', '-rf', pathOf(s, node.id)], next: new Map([...s].filter(([id]) => !isInside(s, id, node.id))) };
  },
  move(s) {
    const node = pick([...s.values()]);
    if (!node) return commands.mkdir(s);
    const parent = pick(dirs(s).filter((d) => d === root || !isInside(s, d, node.id)));
    const name = freeName(s, parent, node.type === 'dir' ? '' : /\.[a-z]+$/.exec(node.name)?.[0] ?? '');
    return { args: ['mv', pathOf(s, node.id), `${pathOf(s, parent)}/${name}`], next: put(s, { ...node, parent, name }) };
  },
  link(s) {
    const p = place(s, '');
    const node = pick([...s.values(), null]);
    const link = node ? pick([pathOf(s, node.id), node.name]) : pick(['nowhere', '../up', 'é é', "/it's/\"there\""]);
    return { args: ['ln', '-s', '--', link, p.path], next: add(s, p.parent, p.name, 'link', { link }) };
  },
  apply(s) {
    const [documents, touched] = [[], new Set()];
    let next = s;
    const unused = (node) => node && !touched.has(node.id);
    const add1 = (kind, path, spec) => documents.push(`version: v1\nkind: ${kind}\nmetadata: {path: ${JSON.stringify(path)}}\n${spec}`);
    for (let i = 0; i <= roll(3); i++) {
      const [what, p] = [roll(6), place(next, '')];
      const old = pick([...ofType(next, 'dir', 'config', 'data'), null]);
      if (what < 3 && unused(old)) {
        touched.add(old.id);
        if (old.type === 'dir') add1('mkdir', pathOf(next, old.id), '');
        else [next] = [append(next, old, declared(s, old.type, pathOf(next, old.id), add1, old.factory, i))];
        continue;
      }
      const type = pick(['dir', 'config', 'data']);
      if (type === 'dir') {
        add1('mkdir', p.path, '');
        next = add(next, p.parent, p.name, 'dir');
      } else {
        const factory = type === 'config' ? pick(factories) : undefined;
        next = add(next, p.parent, p.name, type, { factory, content: declared(s, type, p.path, add1, factory, i) });
      }
      touched.add(ids);
    }
    file('documents.yaml', documents.join('---\n'));
    return { args: ['apply', '-f', 'documents.yaml'], next };
  },
  undoLast(s, states) {
    return { args: ['undo'], next: undo(states, s, lastChange(states)) };
  },
  undoAny(s, states) {
    const k = Math.max(1, states.length - 1 - roll(12));
    return { args: ['undo', `${k}`], next: undo(states, s, k) };
  },
  fails(s) {
    const node = pick([...s.values()]);
    if (!node) return commands.mkdir(s);
    const path = pathOf(s, node.id);
    file('bad.yaml', 'patterns: 1\n');
    file('bad.csv', 'timestamp,v\n2024-01-01,1\nnever,2\n');
    return pick([
      { args: ['mkdir', path], next: null },
      { args: ['mkdir', '/missing/x'], next: null },
      { args: ['mknod', 'sql-derived-table', '/new', '--config-path', 'bad.yaml'], next: null },
      { args: ['copy', `host+csv+series://${join(dir, 'bad.csv')}?types=timestamp:timestamp`, '/new.series'], next: null },
      { args: ['rm', '/missing', path], next: null },
      { args: ['mv', path, '/missing/x'], next: null },
      { args: ['undo', '999999'], next: null },
      { args: ['ln', '-s', 'x', path], next: null },
    ]);
  },
};
const weights = { mkdir: 2, mkdirParents: 1, copyBytes: 3, copyMany: 1, copySeries: 3, copyKeyed: 3, mknod: 3, edit: 2, apply: 3, remove: 2, move: 3, link: 2, undoLast: 4, undoAny: 3, fails: 2 };
const deck = Object.entries(weights).flatMap(([name, n]) => Array(n).fill(name));

// Looking -----------------------------------------------------------------------------------------

const types = { dir: 'DirectoryPhysical', data: 'FilePhysicalVersion', series: 'TablePhysicalSeries', keyed: 'TablePhysicalSeries', config: 'TableDynamic', link: 'Symlink' };
const bytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

// What `describe -a` says of each node, as {path: text}.
function described(text) {
  const out = {};
  for (const part of text.split(/^(?=\[[A-Z]+\] )/m).slice(1)) {
    const path = /^\[[A-Z]+\] (.*)/.exec(part)[1];
    const said = [/^   Type: (.*)/m.exec(part)[1]];
    for (const key of ['Factory', 'Target']) said.push(new RegExp(`^   ${key}: (.*)`, 'm').exec(part)?.[1] ?? '');
    said.push(/^   Config:\n((?:     .*\n|\n)*?)   Size/m.exec(part)?.[1].replace(/^     /gm, '') ?? '');
    for (const v of part.matchAll(/^   Version (\d+): (\d+) rows/gm)) said.push(`${v[1]}:${v[2]}`);
    if (said[0] === types.data) said.push(/^   Size: (\d+) bytes\n   Version: (\d+)/m.exec(part).slice(1).join('v'));
    out[path] = said.join('|');
  }
  return out;
}
function expected(state) {
  const out = {};
  for (const n of state.values()) {
    const said = [types[n.type], n.factory ?? '', n.link ?? '', n.type === 'config' ? n.versions.at(-1).text : ''];
    if (n.type === 'series' || n.type === 'keyed') for (const v of n.versions) said.push(`${v.n}:${v.rows.size}`);
    if (n.type === 'data') said.push(`${Buffer.byteLength(n.versions.at(-1).text)}v${n.versions.at(-1).n}`);
    out[pathOf(state, n.id)] = said.join('|');
  }
  return out;
}
function difference(is, wanted) {
  const all = [...new Set([...Object.keys(is), ...Object.keys(wanted)])].sort(bytes);
  return all.filter((path) => is[path] !== wanted[path]).map((path) => `  ${path}\n    is ${JSON.stringify(is[path])}\n    wanted ${JSON.stringify(wanted[path])}`).join('\n');
}
const rowsText = (rows) => rows.map(([t, v]) => `${t},${v}`).sort().join('\n');
const versionOf = (n, v) => (n.type === 'data' ? v.text : rowsText([...v.rows]));
const contentOf = (n) => {
  if (n.type === 'data') return n.versions.at(-1).text;
  return rowsText(n.type === 'keyed' ? [...visible(n)] : n.versions.flatMap((v) => [...v.rows]));
};
function readContent(n, path, at = []) {
  const text = pond('cat', path, ...(n.type === 'data' ? [] : ['--format', 'csv', '--sql', 'SELECT datediff(\'day\', TIMESTAMP \'2024-01-01\', timestamp::TIMESTAMP) AS t, v FROM source']), ...at);
  return n.type === 'data' ? text : text.trim().split('\n').slice(1).sort().join('\n');
}
const hasContent = (n) => ['data', 'series', 'keyed'].includes(n.type);
function checkContent(n, path, at, wanted) {
  const is = readContent(n, path, at);
  if (is !== wanted) fail(`${at.join(' ')} the content of ${path} is\n${is}\nwanted\n${wanted}`);
}
function checkContents(state, nodes, at = []) {
  for (const n of nodes) {
    const path = pathOf(state, n.id);
    checkContent(n, path, at, contentOf(n));
    if (roll(3)) continue;
    const v = pick(n.versions);
    checkContent(n, path, [...at, '--version', `${v.n}`], versionOf(n, v));
    const gone = v.n + 1 + roll(3);
    if (n.versions.some((o) => o.n === gone)) continue;
    const done = run(['cat', path, ...at, '--version', `${gone}`]);
    if (done.status !== 66) fail(`cat of version ${gone} of ${path}, which is not there, has status ${done.status}: ${done.said}`);
  }
}
// A computed node has what its source has, if that is where its config says.
function checkComputed(state, at = []) {
  for (const n of ofType(state, 'config')) {
    if (roll(3)) continue;
    const [, from, made] = /source: (".*").*, (\d+) AS made/s.exec(n.versions.at(-1).text);
    const found = [...state.values()].find((t) => pathOf(state, t.id) === JSON.parse(from) && ['series', 'keyed'].includes(t.type));
    const done = run(['cat', pathOf(state, n.id), '--format', 'csv', '--sql', "SELECT datediff('day', TIMESTAMP '2024-01-01', timestamp::TIMESTAMP) AS t, v, made FROM source", ...at]);
    const rows = found ? contentOf(found).split('\n').map((row) => row.split(',').map(Number)) : [];
    const wanted = `t,v,made\n${[...(rows.sort((a, b) => b[0] - a[0] || b[1] - a[1])[0] ?? []), made].join(',')}\n`;
    if (found ? done.stdout !== wanted : done.status !== 66) fail(`${at.join(' ')} ${pathOf(state, n.id)} gives ${done.said}\nwanted ${wanted}`);
  }
}
// A link to a file shows its content. What leads to other links is left to other tests.
function checkLinks(state, at = []) {
  for (const n of ofType(state, 'link')) {
    const found = n.link.startsWith('/')
      ? [...state.values()].find((t) => pathOf(state, t.id) === n.link)
      : byName(state, n.parent, n.link);
    if (found && hasContent(found)) checkContent(found, pathOf(state, n.id), at, contentOf(found));
  }
}
function digest(at = []) {
  const out = join(dir, 'out');
  rmSync(out, { recursive: true, force: true });
  const done = run(['export', '-p', '/**/*.series', '--allow-empty', '--dir', 'out', '--temporal', 'year,month', '--jobs', '1', ...at]);
  if (/would both be written|would have the same place/.test(done.said)) return 'names are in the way of each other';
  if (done.status !== 0) fail(`export failed: ${done.said}`);
  const hash = createHash('sha256');
  for (const name of readdirSync(out, { recursive: true }).sort(bytes))
    if (!name.startsWith('.pond') && name.endsWith('.parquet')) hash.update(`${name}\0`).update(readFileSync(join(out, name)));
  return hash.digest('hex');
}

// Steps -------------------------------------------------------------------------------------------

const faults = ['kill:any', 'kill:any', 'lose:any', 'eio:any', 'enospc:write', 'tear:write', 'kill:rename', 'eio:fsync'];
function disturbance() {
  if (!shim || roll(4)) return {};
  const fault = pick(faults);
  const n = 1 + roll(fault.endsWith(':any') ? 150 : 12);
  return { LD_PRELOAD: shim, POND_FAULT: `${fault}:${n}${/^e/.test(fault) && roll(2) ? '+' : ''}`, POND_FAULT_DIR: process.env.POND, POND_FAULT_FIRED: join(dir, 'fired') };
}

let now = new Map();
const states = [now]; // after each transaction
const looks = []; // what was printed then
const times = []; // when that was
const digests = new Map();
let passed = 0, nFaults = 0;

function oneStep() {
  const command = commands[pick(deck)](now, states);
  const env = disturbance();
  history.push(`${step}: ${env.POND_FAULT ?? ''} pond ${command.args.map((w) => JSON.stringify(w)).join(' ')}`);
  rmSync(join(dir, 'fired'), { force: true });
  const done = run(command.args, { ...env, ...command.env });
  const isDisturbed = env.POND_FAULT !== undefined && readdirSync(dir).includes('fired');
  nFaults += isDisturbed;
  if (done.status !== 0 && done.signal === null && done.said === '') fail('a command failed without a word');
  if (done.status > 128 && !isDisturbed) fail(`a command crashed: ${done.said}`);
  if (!isDisturbed && (done.status === 0) !== (command.next !== null)) fail(`the command ${done.status === 0 ? 'succeeded, but has to fail' : `failed: ${done.said}`}`);
  if (isDisturbed && done.status === 0 && command.next === null) fail('the command succeeded, but has to fail');

  const look = pond('describe', '-a');
  const is = described(look);
  let next = command.next ?? now;
  if (done.status !== 0 && command.next && difference(is, expected(next)) !== '') next = now;
  const wrong = difference(is, expected(next));
  if (wrong !== '') fail(`the pond is not what it has to be after exit status ${done.status}:\n${wrong}\n${done.said}`);
  checkContents(next, [...next.values()].filter((n) => hasContent(n) && (now.get(n.id) !== n || roll(20) === 0)));

  const last = Number(/Transaction (\d+)/.exec(pond('log', '--limit', '1'))?.[1] ?? 0);
  while (states.length < last) states.push(now); // of transactions that failed
  if (states.length === last) states.push(next);
  settle(next);
  now = next;
  looks[last] = { look, list: pond('list', '-al') };
  times[last] = new Date(Date.now() + 1).toISOString(); // later than the commit, and earlier than the next command
  if (roll(5) === 0) checkLinks(now);
  if (roll(3) === 0) checkComputed(now);
  if (roll(10) === 0) digests.set(last, digest());
  passed++;
}

function lookBack() {
  const all = looks.map((_, k) => k).filter((k) => looks[k]);
  for (const k of all.length > 400 ? all.filter(() => roll(all.length) < 400) : all) {
    const at = ['--at', `${k}`];
    if (pond('list', '-al', ...at) !== looks[k].list) fail(`list ${at.join(' ')} is not what it was`);
    if (k % 3 === 0 && pond('describe', '-a', ...at) !== looks[k].look) fail(`describe ${at.join(' ')} is not what it was`);
    if (k % 5 === 0) at[1] = times[k];
    if (k % 5 === 0 && pond('list', '-al', ...at) !== looks[k].list) fail(`list ${at.join(' ')} is not what it was`);
    checkContents(states[k], [...states[k].values()].filter((n) => hasContent(n) && roll(25) === 0), at);
    if (k % 7 === 0) checkLinks(states[k], at);
    if (k % 7 === 3) checkComputed(states[k], at);
    passed++;
  }
  for (const [k, was] of digests) {
    if (digest(['--at', pick([`${k}`, times[k]])]) !== was) fail(`an export --at ${k} writes other files than then`);
    passed++;
  }
}

pond('init');
for (step = 1; step <= steps; step++) oneStep();
lookBack();
console.log(`seed ${seed}: ${states.length - 1} transactions, ${nFaults} disturbed commands`);
console.log(`${passed} passed, 0 failed`);
