// The columns of a random file: texts as the file has them, and the values that they mean.
//
// A column is {name, type, texts, values, …}. values are strings, or numbers in a DOUBLE column; null is NULL. Times are nanoseconds
// since 1970. refusal: {row, why} says that no file with this column can be read.
import { chance, pick, roll } from './chance.mjs';
import { localTime, toUtc, zones } from './zones.mjs';

// Numbers -----------------------------------------------------------------------------------------

function grouped(digits, separator) {
  return digits.replace(/\B(?=(\d{3})+$)/g, separator);
}

// A number as JavaScript writes it, in the form of the file.
function writeNumber(text, { decimal, thousands }) {
  const [, sign, whole, rest] = /^([+-]?)(\d*)(.*)$/.exec(text);
  const isGrouped = thousands && chance(2);
  return sign + (isGrouped ? grouped(whole, thousands) : whole) + rest.replace('.', decimal);
}

const digits = (n) => Array.from({ length: n }, (_, i) => (i === 0 ? 1 + roll(9) : roll(10))).join('');

function intText(isFirst) {
  const text = pick([String(roll(10)), String(roll(1000)), digits(1 + roll(15)), '0']);
  const sign = isFirst || text === '0' ? '' : pick(['', '', '-', '+']);
  return /^-(9999|7777)$/.test(sign + text) ? '1' : sign + text; // those may be marks for NULL
}

function bigText() {
  return pick(['9223372036854775807', '-9223372036854775808', digits(16), digits(18), `-${digits(17)}`, '42']);
}

function floatText(isFirst) {
  if (isFirst) return `${roll(100)}.${digits(1 + roll(4))}`;
  const exponent = `${pick(['e', 'E'])}${pick(['', '+', '-'])}${roll(30)}`;
  return pick([intText(), `${intText()}.${digits(1 + roll(6))}`, `.${digits(2)}`, `${roll(100)}.`, `${roll(10)}.${digits(2)}${exponent}`, `${1 + roll(9)}${exponent}`, digits(15)]);
}

const float = (text) => Number(text.replace(/\.(?=e|$)/i, ''));

// Kinds -------------------------------------------------------------------------------------------

const words = ['plain', 'a, b', '"quoted"', "it's", 'two\nlines', 'x\r\ny', '; | \t', 'ü°', ' blanks ', '  ', 'a\\b', '#no comment', 'x1', '1.2.3', '12:30', 'e5', '-'];
const isoDay = (t) => new Date(t).toISOString().slice(0, 10);

// Each gives [text, value] of a row; the first row decides the type.
const kinds = {
  BIGINT(layout, isFirst) {
    const text = intText(isFirst);
    return [writeNumber(text, layout.number), String(BigInt(text.replace('+', '')))];
  },
  big(layout) {
    const text = bigText();
    return [writeNumber(text, layout.number), text];
  },
  DOUBLE(layout, isFirst) {
    if (!isFirst && chance(12)) return pick([['NaN', NaN], ['inf', Infinity], ['-Infinity', -Infinity], ['nan', NaN]]);
    const text = floatText(isFirst);
    return [writeNumber(text, layout.number), float(text)];
  },
  BOOLEAN: () => pick([['true', 'true'], ['False', 'false'], ['TRUE', 'true'], ['false', 'false']]),
  VARCHAR(layout, isFirst) {
    const word = isFirst ? 'plain' : pick(words);
    return [word, word];
  },
  id(layout, isFirst) { // what would lose digits as a number
    const text = isFirst ? `00${roll(1000)}` : pick([`0${digits(3)}`, digits(4), digits(25)]);
    return [text, text];
  },
  nothing: () => [pick(['', '  ', ' ']), null], // blanks are no text where there is no other
  DATE() {
    const text = isoDay(localTime());
    return [text, text];
  },
};
const types = { big: 'BIGINT', id: 'VARCHAR', nothing: 'VARCHAR' };

// At most one in twenty of the values is no number: nobody can know whether that was meant.
function makeNearly(name, layout, nRows, isKept) {
  const texts = Array.from({ length: nRows }, () => writeNumber(floatText(true), layout.number));
  let first = nRows;
  for (let n = 1 + roll(Math.floor(nRows / 20)); n > 0; n -= 1) {
    const row = roll(nRows);
    texts[row] = pick(['<0.5', 'offline', '12a', '5 m']);
    first = Math.min(first, row);
  }
  if (isKept) return { name, type: 'VARCHAR', texts, values: texts, isText: true };
  return { name, type: 'VARCHAR', texts, values: texts, refusal: { row: first, why: `'${name}' is nearly numeric` } };
}

export function makeColumn(name, layout, nRows) {
  if (nRows >= 20 && chance(10)) return makeNearly(name, layout, nRows, chance(2));
  const kind = pick(Object.keys(kinds).filter((k) => k !== 'nothing' || !name.startsWith('c0')));
  const column = { name, type: types[kind] ?? kind, texts: [], values: [] };
  column.ownNull = chance(4) ? pick(['none', '-7777']) : undefined;
  column.isText = chance(12);
  const marks = ['', ...layout.nulls, ...(column.ownNull ? [column.ownNull] : [])];
  for (let r = 0; r < nRows; r += 1) {
    let [text, value] = kinds[kind](layout, r === 0);
    if (column.isText && value !== null) value = text;
    // A row of nulls alone might be a blank line.
    if (r > 0 && !name.startsWith('c0') && chance(6)) [text, value] = [pick(marks), null];
    column.texts.push(text);
    column.values.push(value);
  }
  if (column.isText) column.type = 'VARCHAR';
  return column;
}

// Times -------------------------------------------------------------------------------------------

const two = (n) => String(n).padStart(2, '0');
const some = (n) => pick([two(n), two(n), String(n)]); // numbers may lack their leading zero
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const month = (c) => pick([months[c.M - 1].slice(0, 3), months[c.M - 1].slice(0, 3).toUpperCase(), months[c.M - 1]]);
const half = (c) => pick(c.h < 12 ? ['AM', 'am', 'a', 'A.M.'] : ['PM', 'pm', 'p', 'P.M.']);
const twelve = (c) => (c.h % 12 === 0 ? 12 : c.h % 12);
const yearday = (c) => Math.round((Date.UTC(c.Y, c.M - 1, c.D) - Date.UTC(c.Y, 0, 1)) / 86400e3) + 1;
const fraction = (c, n) => String(c.ns).padStart(9, '0').slice(0, n);

// {of: format, write, s: it has seconds, digits: of its fraction}.
const forms = [
  { of: '%d.%m.%Y %H:%M', write: (c) => `${some(c.D)}.${some(c.M)}.${c.Y} ${some(c.h)}:${two(c.m)}` },
  { of: '%d.%m.%Y %H:%M:%S', s: true, write: (c) => `${some(c.D)}.${some(c.M)}.${c.Y} ${some(c.h)}:${two(c.m)}:${two(c.s)}` },
  { of: '%m/%d/%Y %I:%M:%S %p', s: true, write: (c) => `${some(c.M)}/${some(c.D)}/${c.Y} ${some(twelve(c))}:${two(c.m)}:${two(c.s)} ${half(c)}` },
  { of: '%m/%d/%y %I:%M %p', write: (c) => `${some(c.M)}/${some(c.D)}/${two(c.Y % 100)} ${some(twelve(c))}:${two(c.m)}${pick([' ', ''])}${half(c)}` },
  { of: '%Y%m%d%H%M%S', s: true, write: (c) => `${c.Y}${two(c.M)}${two(c.D)}${two(c.h)}${two(c.m)}${two(c.s)}` },
  { of: '%Y%m%d %H%M', write: (c) => `${c.Y}${two(c.M)}${two(c.D)} ${two(c.h)}${two(c.m)}` },
  { of: '%d-%b-%Y %H:%M:%S', s: true, write: (c) => `${some(c.D)}-${month(c)}-${c.Y} ${some(c.h)}:${two(c.m)}:${two(c.s)}` },
  { of: '%b %d, %Y %H:%M', write: (c) => `${month(c)} ${some(c.D)}, ${c.Y} ${some(c.h)}:${two(c.m)}` },
  { of: '%Y/%j %T', s: true, write: (c) => `${c.Y}/${yearday(c)} ${some(c.h)}:${two(c.m)}:${two(c.s)}` },
  { of: '%d/%m/%Y %H:%M:%S.%f', s: true, digits: 9, write: (c, n) => `${some(c.D)}/${some(c.M)}/${c.Y} ${some(c.h)}:${two(c.m)}:${two(c.s)}.${fraction(c, Math.max(n, 1))}` },
];
const iso = (c, n) => `${c.Y}-${two(c.M)}-${two(c.D)}${pick(['T', ' '])}${two(c.h)}:${two(c.m)}${n === undefined ? '' : `:${two(c.s)}${n > 0 ? pick(['.', '.', ',']) + fraction(c, n) : ''}`}`;

function civil(local, s, ns) {
  const d = new Date(local + s * 1000);
  return { Y: d.getUTCFullYear(), M: d.getUTCMonth() + 1, D: d.getUTCDate(), h: d.getUTCHours(), m: d.getUTCMinutes(), s: d.getUTCSeconds(), ns, t: d.getTime() };
}

// What digits a fraction may have.
const nsOf = (n) => roll(10 ** n) * 10 ** (9 - n);
const nanoseconds = (t, ns) => String(BigInt(t) * 1000000n + BigInt(ns));

// A time on the clocks of the zone of the file, or of no zone.
function put(column, at, text, zone, dst) {
  column.texts.push(text);
  if (zone === undefined) {
    column.values.push(nanoseconds(at.t, at.ns));
    return;
  }
  const utc = toUtc(zone, at.t);
  column.values.push(nanoseconds(dst === 'second' ? utc.second : utc.first, at.ns));
  if (utc.clock === 'once' || dst !== undefined) return;
  column.odd.push({ row: column.texts.length - 1, clock: utc.clock, why: `${text} in ${zone}: ${utc.clock}` });
}

// Some times are missing; the first one says what the column is.
function forget(column) {
  for (let r = 1; r < column.texts.length; r += 1)
    if (chance(8)) column.values[r] = null;
}

function finish(column, zone, digits) {
  if (chance(4)) forget(column);
  const odd = column.odd.filter(({ row }) => column.values[row] !== null);
  column.refusal = odd.find(({ clock }) => clock === 'twice') ?? odd[0];
  column.type = digits > 6 ? 'TIMESTAMP_NS' : zone ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP';
}

function makeIso(column, nRows, zone, dst) {
  const isDays = chance(5);
  const digits = pick([undefined, 0, 0, 3, 6, 9]);
  for (let r = 0; r < nRows; r += 1) {
    const at = civil(localTime(zone), isDays || digits === undefined ? 0 : roll(60), digits > 0 && !isDays ? nsOf(digits) : 0);
    if (isDays) at.t = Math.floor(at.t / 86400e3) * 86400e3;
    put(column, at, isDays ? isoDay(at.t) : iso(at, digits), zone, dst);
  }
  finish(column, zone, isDays ? 0 : digits ?? 0);
}

function makeInstants(column, nRows) { // each with its own offset
  const digits = pick([0, 3, 9]);
  for (let r = 0; r < nRows; r += 1) {
    const at = civil(localTime(), roll(60), digits > 0 ? nsOf(digits) : 0);
    const [text, minutes] = pick([['Z', 0], ['+02:00', 120], ['-0330', -210], ['+05', 300]]);
    column.texts.push(iso(at, digits) + text);
    column.values.push(nanoseconds(at.t - minutes * 60e3, at.ns));
  }
  finish(column, 'UTC', digits);
}

// In one form, or in two that cannot be mistaken for each other.
function makeFormed(column, nRows, zone, dst) {
  const both = chance(4) ? [forms[1], forms[6]] : [pick(forms)];
  const digits = both[0].digits ? pick([1, 3, 6, 9]) : 0;
  for (let r = 0; r < nRows; r += 1) {
    const form = pick(both);
    const at = civil(localTime(zone), form.s ? roll(60) : 0, digits ? nsOf(digits) : 0);
    put(column, at, form.write(at, digits), zone, dst);
  }
  finish(column, zone, digits);
  return both.map((form) => ['timeformat', form.of]);
}

function makeEpoch(column, layout, nRows) {
  const unit = pick(['s', 'ms', 'us', 'ns']);
  const per = { s: 0, ms: 3, us: 6, ns: 9 }[unit];
  const digits = unit === 's' ? pick([0, 3, 9]) : unit === 'ns' && chance(2) ? 9 : 0;
  let isFine = false;
  for (let r = 0; r < nRows; r += 1) {
    const at = civil(localTime(), roll(60), digits ? nsOf(digits) : 0);
    const all = nanoseconds(at.t, at.ns);
    const [whole, rest] = [all.slice(0, all.length - 9 + per), all.slice(all.length - 9 + per).slice(0, unit === 's' ? digits : 0)];
    isFine ||= at.ns % 1000 !== 0;
    column.texts.push(writeNumber(rest === '' ? whole : `${whole}.${rest}`, layout.number));
    column.values.push(all);
  }
  column.refusal = undefined;
  column.type = isFine ? 'TIMESTAMP_NS' : 'TIMESTAMP WITH TIME ZONE';
  return [['epoch', unit]];
}

// Splits the texts in two columns, which the URL joins.
function split(column) {
  const parts = column.texts.map((text) => /^(.*?) (.*)$/.exec(text));
  if (parts.some((p) => p === null) || column.texts.some((t) => t.includes(', '))) return [column];
  const clock = { name: 'Clock', isJoined: true, texts: parts.map((p) => p[2]), values: [], type: 'VARCHAR' };
  column.texts = parts.map((p) => p[1]);
  column.name = 'Day';
  return [column, clock];
}

// {columns, options, name}: name() adds the option that says which columns are the time, once they have their names.
export function makeTime(layout, nRows) {
  const column = { name: pick(['When', 'Date/Time', 'timestamp', 'time', 'datetime']), isTime: true, texts: [], values: [], odd: [] };
  const zone = chance(2) ? pick(zones) : undefined;
  const dst = chance(3) ? pick(['first', 'second']) : undefined;
  const how = pick(['iso', 'instants', 'formed', 'formed', 'epoch']);
  const hasZone = (how === 'iso' || how === 'formed') && zone !== undefined;
  const options = hasZone ? [['timezone', zone]] : [];
  if (dst) options.push(['dst', dst]);
  if (how === 'iso') makeIso(column, nRows, zone, dst);
  else if (how === 'instants') makeInstants(column, nRows);
  else options.push(...(how === 'formed' ? makeFormed(column, nRows, zone, dst) : makeEpoch(column, layout, nRows)));
  const columns = (how === 'formed' || how === 'iso') && chance(3) ? split(column) : [column];
  for (const c of columns) c.texts = c.texts.map((text, r) => (column.values[r] === null ? '' : text));
  const name = () => {
    const isKnown = ['timestamp', 'time', 'datetime'].includes(column.name);
    if (columns.length === 1 && isKnown) column.renamed = column.name;
    if (columns.length > 1 || !isKnown) options.push(['time', columns.map((c) => c.name).join('+')]);
  };
  return { columns, options, name };
}
