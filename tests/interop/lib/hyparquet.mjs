// hyparquet, for readers.py. Answers lines of JSON: {"file", "columns", "filter": [[COLUMN, OPERATOR, VALUE]…]} with
// {"columns": {NAME: [VALUE…]}}, or {"error"}. A value that JSON lacks is an object with one key: {"float": its 64 bits in
// hexadecimal}, {"integer": digits}, {"bytes": hexadecimal}, {"object": {…}}.
import { createInterface } from 'node:readline';
import { decompress } from '../../../third_party/web/fzstd/fzstd.js';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from '../../../third_party/web/hyparquet/node.js';

const compressors = { ZSTD: (bytes, size) => decompress(bytes, new Uint8Array(size)) };
// Nanoseconds: a Date has only milliseconds.
const parsers = {
  timestampFromMilliseconds: (ms) => ms * 1000000n,
  timestampFromMicroseconds: (us) => us * 1000n,
  timestampFromNanoseconds: (ns) => ns,
  dateFromDays: (days) => BigInt(days),
};
const OPERATORS = { '=': '$eq', '<': '$lt', '<=': '$lte', '>': '$gt', '>=': '$gte' };

const hex = (bytes) => Buffer.from(bytes).toString('hex');

function packed(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') {
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(value);
    return { float: hex(bits) };
  }
  if (typeof value === 'bigint') return { integer: String(value) };
  if (value instanceof Uint8Array) return { bytes: hex(value) };
  if (Array.isArray(value)) return value.map(packed);
  if (typeof value === 'object') return { object: Object.fromEntries(Object.entries(value).map(([k, v]) => [k, packed(v)])) };
  return value;
}

function unpacked(value) {
  if (value?.float) return Buffer.from(value.float, 'hex').readDoubleBE();
  return value?.integer ? BigInt(value.integer) : value;
}

async function answer({ file, columns, filter }) {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer, { parsers });
  const names = columns ?? parquetSchema(metadata).children.map((child) => child.element.name);
  const tests = filter.map(([column, operator, value]) => ({ [column]: { [OPERATORS[operator]]: unpacked(value) } }));
  const rows = await parquetReadObjects({
    file: buffer, metadata, columns: names, compressors, parsers,
    utf8: false, // otherwise bytes that are no text are read as one
    filter: tests.length ? { $and: tests } : undefined,
    filterStrict: false, // numbers and BigInts are compared by value
  });
  return { columns: Object.fromEntries(names.map((name) => [name, rows.map((row) => packed(row[name]))])) };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line)).catch((e) => ({ error: e.message }))));
}
