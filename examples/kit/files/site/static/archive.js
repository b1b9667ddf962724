// Archive: the rows of an export. The page lists every file of every resolution with its time range, so the archive
// fetches exactly the files that a view needs, and no index.
import { parquetReadObjects } from './lib/hyparquet/index.js';
import { decompress } from './lib/fzstd/fzstd.js';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const FILES_KEPT = 256;

const readZstd = { ZSTD: (input, length) => decompress(input, new Uint8Array(length)) };
// Times in seconds, the unit of the charts, without a Date for each row.
const readTimes = {
  timestampFromMilliseconds: (ms) => Number(ms) / 1e3,
  timestampFromMicroseconds: (us) => Number(us) / 1e6,
  timestampFromNanoseconds: (ns) => Number(ns) / 1e9,
};

// "1h30m" as seconds.
function secondsOf(text) {
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) seconds += count * SECONDS[unit];
  return seconds;
}

export class Archive {
  // `exported` is the template's export set of one page, {"res=1h": {files, schema}, …}; `root` the URL that the file
  // names are relative to; `columns` the columns to read in addition to the time.
  constructor(exported, root, columns) {
    this.root = root;
    this.columns = ['timestamp', ...columns];
    this.levels = Object.entries(exported)
      .map(([key, { files }]) => ({ name: key.replace(/^res=/, ''), step: secondsOf(key), files }))
      .sort((a, b) => a.step - b.step);
    const finest = this.levels[0].files;
    this.start = finest[0].start_time / 1e3;
    this.end = finest.at(-1).end_time / 1e3;
    this.kept = new Map(); // file name → promise of its rows, oldest use first
  }

  // The finest resolution that has at most one point per pixel.
  levelFor(lo, hi, pixels) {
    return this.levels.find((level) => (hi - lo) / level.step <= pixels) ?? this.levels.at(-1);
  }

  // Files with a bucket that overlaps [lo, hi); a bucket ends one step after its start.
  filesFor(level, lo, hi) {
    return level.files.filter((f) => f.end_time / 1e3 + level.step > lo && f.start_time / 1e3 < hi);
  }

  // Rows of the files in time order, as one array for each column.
  async load(files) {
    const parts = await Promise.all(files.map((f) => this.rowsOf(f)));
    const rows = parts.flat();
    return new Map(this.columns.map((name) => [name, rows.map((row) => row[name] ?? null)]));
  }

  rowsOf(file) {
    let rows = this.kept.get(file.file);
    this.kept.delete(file.file);
    rows ??= this.fetchRows(file);
    this.kept.set(file.file, rows);
    if (this.kept.size > FILES_KEPT) this.kept.delete(this.kept.keys().next().value);
    rows.catch(() => this.kept.delete(file.file)); // the next request tries again
    return rows;
  }

  // A file has at most a month, so one request for all of it is faster than several for parts, and works on any server.
  async fetchRows({ file }) {
    const response = await fetch(this.root + file.split('/').map(encodeURIComponent).join('/'));
    if (!response.ok) throw new Error(`${file}: ${response.status} ${response.statusText}`);
    return parquetReadObjects({
      file: await response.arrayBuffer(),
      columns: this.columns,
      compressors: readZstd,
      parsers: readTimes,
    });
  }
}
