// Writes random CSV files, and compares each value that pond reads with the one that was meant. A file that cannot be meant (a
// column that is nearly numeric, an hour that the clocks repeat) must be refused, with the line.
//
//     node check.mjs DIR SEED FILES
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chance, pick, roll, shuffle, start } from './chance.mjs';
import { makeColumn, makeTime } from './columns.mjs';

const [dir, seed, files] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
let passed = 0;
let failed = 0;
let values = 0;

// Layout ------------------------------------------------------------------------------------------

function makeLayout() {
  const delimiter = pick([',', ';', '\t', '|', 'blanks']);
  const number = pick([
    { decimal: '.', thousands: '' }, { decimal: '.', thousands: '' }, { decimal: ',', thousands: '' },
    { decimal: ',', thousands: '.' }, { decimal: '.', thousands: ',' }, { decimal: ',', thousands: ' ' }, { decimal: '.', thousands: "'" },
  ]);
  const ends = pick([['\n'], ['\r\n'], ['\r'], ['\n', '\r\n'], ['\n', '\r\n', '\r']]);
  const quote = chance(8) ? "'" : '"';
  const hasHeader = !chance(8);
  return {
    delimiter, number, ends, quote,
    escape: chance(8) ? '\\' : quote,
    charset: pick(['utf8', 'utf8', 'utf8', 'bom', 'utf16le', 'utf16be', 'latin1']),
    comment: chance(3) ? '#' : undefined,
    titles: chance(3) ? 1 + roll(4) : 0,
    isHeaderCounted: chance(2), // header=LINE in place of skip=N
    hasHeader,
    hasUnits: hasHeader && chance(4),
    belowHeader: hasHeader && chance(6) ? 1 + roll(2) : 0,
    // A row of one column that is empty would be a blank line; a blank line between CR and LF is none.
    hasBlankLines: chance(4) && !ends.includes('\r'),
    repeatsHeader: chance(6),
    isShort: hasHeader && chance(6), // empty fields at the end of a row are left out
    trails: hasHeader && delimiter !== 'blanks' && chance(8), // a delimiter at the end of each line
    nulls: shuffle(['NA', '---', 'n/a', '-9999', 'Ice']).slice(0, roll(4)),
  };
}

function field(text, layout, mustQuote) {
  const { delimiter, quote, escape } = layout;
  const isBlank = delimiter === 'blanks';
  const needs = mustQuote || text.includes(quote) || /[\r\n]/.test(text) || (isBlank ? text === '' || /[ \t]/.test(text) : text.includes(delimiter)) ||
    (escape === '\\' && text.includes('\\')) || (layout.comment && text.startsWith(layout.comment)) || text !== text.trim();
  if (!needs && !chance(6)) return text;
  return quote + text.replaceAll(quote, escape + quote) + quote;
}

function encode(text, charset) {
  if (charset === 'latin1') return Buffer.from(text, 'latin1');
  if (charset === 'utf8') return Buffer.from(text);
  if (charset === 'bom') return Buffer.from(`\uFEFF${text}`);
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return charset === 'utf16be' ? bytes.swap16() : bytes;
}

// Files -------------------------------------------------------------------------------------------

const countLines = (text) => text.split(/\r\n|\r|\n/).length - 1;
const encodeOption = (text) => encodeURIComponent(text).replaceAll('%20', ' ').replaceAll('%2F', '/').replaceAll('%3A', ':');

function makeColumns(layout, nRows) {
  const columns = [];
  const time = chance(2) ? makeTime(layout, nRows) : undefined;
  for (let i = 0, n = 1 + roll(5); i < n; i += 1) columns.push(makeColumn(`c${i}${pick(['', '', ' ö', '.x', '"q', "'s", ';'])}`, layout, nRows));
  if (time) columns.splice(roll(columns.length + 1), 0, ...time.columns);
  return { columns, time };
}

function makeOptions(layout, columns, time) {
  const options = [...(time ? time.options : [])];
  const add = (key, value) => options.push([key, value]);
  if (layout.delimiter !== ',') add('delimiter', layout.delimiter === '\t' ? pick(['tab', '\t']) : layout.delimiter);
  if (layout.quote !== '"') add('quote', layout.quote);
  if (layout.escape !== layout.quote) add('escape', layout.escape);
  if (layout.number.decimal !== '.') add('decimal', layout.number.decimal);
  if (layout.number.thousands) add('thousands', layout.number.thousands);
  if (layout.comment) add('comment', layout.comment);
  if (layout.isShort) add('short_rows', 'true');
  if (layout.charset === 'latin1') add('encoding', 'latin1');
  for (const text of layout.nulls) add('null', text);
  for (const c of columns) {
    if (c.ownNull) add('null', `${c.shown}:${c.ownNull}`);
    if (c.isText) add('text', c.shown);
  }
  return options;
}

// The text of a file, and the line of each row.
function write(layout, columns, nRows, options) {
  const add = (key, value) => options.push([key, String(value)]);
  const end = () => pick(layout.ends);
  const delimiter = () => (layout.delimiter === 'blanks' ? pick([' ', '  ', '\t', ' \t']) : layout.delimiter);
  const lines = [];
  let text = '';
  const put = (line) => { text += line + end(); };
  const record = (fields) => fields.reduce((all, f, i) => (i === 0 ? f : all + delimiter() + f), '') + (layout.trails ? layout.delimiter : '');
  for (let i = 0; i < layout.titles; i += 1) put(pick(['Logger 12', 'Site: Inlet, "north"', 'a;b;c', '1\t2']));
  const header = layout.hasHeader ? record(columns.map((c) => field(c.name, layout))) : '';
  if (layout.hasHeader && layout.isHeaderCounted) add('header', layout.titles + 1);
  else if (layout.titles > 0) add('skip', layout.titles);
  if (layout.hasHeader) put(header);
  else add('has_header', 'false');
  if (layout.hasUnits) {
    add('units', layout.titles + 2);
    put(record(columns.map((c) => field(c.unit, layout))));
  }
  if (layout.belowHeader) add('skip_after_header', layout.belowHeader);
  for (let i = 0; i < layout.belowHeader; i += 1) put(pick(['=====', 'x', 'int;float;x']));
  for (let r = 0; r < nRows; r += 1) {
    if (layout.comment && chance(8)) put(`${layout.comment} serviced, "see log`);
    if (layout.hasBlankLines && chance(8)) put('');
    if (layout.repeatsHeader && layout.hasHeader && r > 0 && chance(10)) put(header);
    lines.push(countLines(text) + 1);
    const isLast = r + 1 === nRows && chance(4);
    const texts = columns.map((c) => c.texts[r]);
    while (layout.isShort && texts.length > 1 && texts.at(-1) === '') texts.pop();
    const line = record(texts.map((text) => field(text, layout)));
    text += isLast ? line : line + end();
  }
  return { text, lines };
}

function nameColumns(layout, columns) {
  columns.forEach((c, i) => {
    if (!layout.hasHeader) c.name = `column_${i + 1}`;
    c.unit = layout.hasUnits ? pick(['m', '°C', 'mg/l', '% sat']) : '';
    c.shown = c.unit && !c.isTime ? `${c.name}.${c.unit}` : c.name;
    c.renamed = c.isTime ? 'timestamp' : c.shown;
  });
}

// Reading -----------------------------------------------------------------------------------------

const quoteName = (name) => `"${name.replaceAll('"', '""')}"`;
const quoteWord = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function read(url, columns) {
  const select = columns.map((c, i) => {
    const name = quoteName(c.renamed);
    const value = c.type.startsWith('TIMESTAMP') ? `CAST(epoch_ns(${name}) AS VARCHAR)` : `CAST(${name} AS VARCHAR)`;
    return `typeof(${name}) AS t${i}, ${value} AS v${i}`;
  });
  const args = ['cat', url, '--format', 'ndjson', '--sql', `SELECT ${select.join(', ')} FROM source`];
  return { args, ...spawnSync('pond', args, { encoding: 'utf8', maxBuffer: 1 << 28 }) };
}

function sameValue(got, want, type) {
  if (want === null || got === null) return want === got;
  return type === 'DOUBLE' ? Object.is(Number(got === 'nan' ? NaN : got === 'inf' ? Infinity : got === '-inf' ? -Infinity : got), want) : got === String(want);
}

// What is wrong with what was read, or nothing.
function findFault(result, columns, nRows, refusal) {
  if (refusal) {
    if (result.status !== 65) return `exit ${result.status}, and it should be refused: ${refusal.why}`;
    if (!result.stderr.includes(`:${refusal.line}: `)) return `it is refused without line ${refusal.line} (${refusal.why})`;
    return undefined;
  }
  if (result.status !== 0) return `exit ${result.status}`;
  const rows = result.stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
  if (rows.length !== nRows) return `${rows.length} rows instead of ${nRows}`;
  for (let r = 0; r < nRows; r += 1)
    for (let i = 0; i < columns.length; i += 1) {
      const c = columns[i];
      values += 1;
      if (rows[r][`t${i}`] !== c.type) return `'${c.name}' is ${rows[r][`t${i}`]} instead of ${c.type}`;
      if (!sameValue(rows[r][`v${i}`], c.values[r], c.type)) return `'${c.name}' in row ${r} is ${rows[r][`v${i}`]} instead of ${c.values[r]} (${JSON.stringify(c.texts[r])})`;
    }
  return undefined;
}

function checkFile(number) {
  start(seed * 100003 + number);
  const layout = makeLayout();
  const nRows = 1 + roll(chance(3) ? 80 : 8);
  const { columns, time } = makeColumns(layout, nRows);
  nameColumns(layout, columns);
  if (time) time.name(columns);
  const options = makeOptions(layout, columns, time);
  const { text, lines } = write(layout, columns, nRows, options);
  const path = join(dir, 'in.csv');
  writeFileSync(path, encode(text, layout.charset));
  const url = `host+csv://${path}?${shuffle(options).map(([k, v]) => `${k}=${encodeOption(v)}`).join('&')}`;
  const shown = columns.filter((c) => !c.isJoined);
  const refused = shown.filter((c) => c.refusal).map((c) => ({ why: c.refusal.why, line: lines[c.refusal.row] }));
  const result = read(url, shown);
  const fault = findFault(result, shown, nRows, refused[0]);
  if (fault === undefined) {
    passed += 1;
    return;
  }
  failed += 1;
  const kept = join(process.env.POND_KEEP ?? dir, `seed-${seed}-${number}.csv`);
  copyFileSync(path, kept);
  console.log(`FAIL seed ${seed}, file ${number}: ${fault}\n    pond ${result.args.map(quoteWord).join(' ')}\n    ${result.stderr.trim().replaceAll('\n', '\n    ')}`);
}

for (let number = 0; number < files; number += 1) checkFile(number);
console.log(`seed ${seed}: ${files} files, ${values} values`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
