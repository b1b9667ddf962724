// The charts of a page. They share one view, a time range. When it changes, the archive chooses the resolution and the
// files, and all charts get the same rows.
//
// The page contains the data: #exported is the export set of its files, and each figure.plot has a script element with
// the schema fields that it shows, one line for each instrument among them.
import uPlot from './lib/uplot/uPlot.js';
import { Archive } from './archive.js';

const HEIGHT = { one: 340, several: 220 }; // of the charts of a page
const FEWEST_POINTS = 24; // limits how far one can zoom in

const jsonOf = (element) => JSON.parse(element.textContent);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const count = (n) => n.toLocaleString('en');
const plural = (n, word) => `${count(n)} ${word}${n === 1 ? '' : 's'}`;

// Lines of a figure ---------------------------------------------------------------------------------------------------

// Names of columns: [{instrument, avg, min, max}], or {instrument, sum} for parameters that are summed.
function linesOf(fields) {
  const lines = new Map();
  for (const { instrument, agg, column } of fields) {
    if (!lines.has(instrument)) lines.set(instrument, { instrument });
    lines.get(instrument)[agg] = column;
  }
  return [...lines.values()];
}

const isBars = (line) => line.sum !== undefined;
const columnsOf = (line) => (isBars(line) ? [line.sum] : [line.max, line.min, line.avg]);

// Colours are read when a chart is drawn, so that a change of theme needs only a redraw.
const lineColour = (n) => () => css(`--line-${(n % 4) + 1}`);
const bandColour = (n) => () => `color-mix(in srgb, ${css(`--line-${(n % 4) + 1}`)} 18%, transparent)`;

function format(value, unit) {
  return value === null || value === undefined ? '–' : `${+value.toFixed(2)} ${unit}`;
}

// The text of the legend for a line at the cursor.
function barText(unit) {
  return (u, value) => format(value, unit);
}
function bandText(unit) {
  return (u, value, at, i) => {
    if (i === null || value === null || value === undefined) return '–';
    const [max, min] = [u.data[at - 2][i], u.data[at - 1][i]];
    return min === max
      ? format(value, unit)
      : `${format(value, unit)} (${+min.toFixed(2)} to ${+max.toFixed(2)})`;
  };
}

// Series and bands of uPlot: for a line its two edges, which are not in the legend, and the average between them.
function seriesOf(lines, unit) {
  const series = [{ label: 'Time', value: '{YYYY}-{MM}-{DD} {HH}:{mm}' }];
  const bands = [];
  lines.forEach((line, n) => {
    const stroke = lineColour(n);
    if (isBars(line)) {
      const paths = uPlot.paths.bars({ size: [0.9, 8], align: 1 });
      series.push({
        label: line.instrument,
        stroke,
        fill: stroke,
        paths,
        points: { show: false },
        value: barText(unit),
      });
      return;
    }
    const edge = { class: 'edge', width: 0, stroke, points: { show: false } };
    series.push({ ...edge, label: `${line.instrument} max` }, { ...edge, label: `${line.instrument} min` });
    bands.push({ series: [series.length - 2, series.length - 1], fill: bandColour(n) });
    series.push({ label: line.instrument, stroke, width: 1.5, points: { size: 4 }, value: bandText(unit) });
  });
  return { series, bands };
}

// Labels of the time axis. Where a larger unit begins, it is below: "06:00" over "21 Apr", "21 Apr" over "2016".
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
function timeLabels(u, splits, axis, space, step) {
  let above = '';
  return splits.map((seconds) => {
    const t = new Date(seconds * 1e3);
    const month = MONTHS[t.getUTCMonth()];
    const day = `${t.getUTCDate()} ${month}`;
    const [label, larger] =
      step < 86400
        ? [t.toISOString().slice(11, 16), day]
        : [step < 28 * 86400 ? day : month, `${t.getUTCFullYear()}`];
    const begins = larger !== above;
    above = larger;
    return begins ? `${label}\n${larger}` : label;
  });
}

class Plot {
  constructor(figure, page) {
    this.name = figure.dataset.name;
    this.lines = linesOf(jsonOf(figure.querySelector('script')));
    this.columns = this.lines.flatMap(columnsOf);
    this.place = figure.querySelector('.canvas');
    this.uplot = new uPlot(this.options(figure, page), [[], ...this.columns.map(() => [])], this.place);
  }

  options(figure, page) {
    const unit = figure.dataset.unit;
    const axis = {
      stroke: () => css('--soft'),
      grid: { stroke: () => css('--rule'), width: 1 },
      ticks: { stroke: () => css('--rule'), width: 1 },
    };
    return {
      width: this.place.clientWidth,
      height: page.height,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), 'Etc/UTC'),
      ...seriesOf(this.lines, unit),
      axes: [
        { ...axis, values: timeLabels },
        { ...axis, size: 56 },
      ],
      scales: { x: { time: true, range: () => [page.lo, page.hi] } },
      cursor: {
        sync: { key: 'page' },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => page.show(page.archive.start, page.archive.end) },
      },
      hooks: {
        setSelect: [(u) => this.zoomTo(u, page)],
        setSeries: [(u, at) => this.showEdges(u, at)],
      },
    };
  }

  // A drag selects a range; it becomes the view of the whole page.
  zoomTo(u, page) {
    const { left, width } = u.select;
    if (width < 4) return;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    page.show(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
  }

  // The legend hides a band together with its line.
  showEdges(u, at) {
    if (at === null || u.series[at].class === 'edge' || u.series[at - 1]?.class !== 'edge') return;
    for (const edge of [at - 2, at - 1])
      if (u.series[edge].show !== u.series[at].show) u.setSeries(edge, { show: u.series[at].show }, false);
  }

  draw(columns) {
    this.uplot.setData([columns.get('timestamp'), ...this.columns.map((name) => columns.get(name))]);
  }

  // For tests: how many values each line has.
  pointsOf() {
    const filled = (at) => this.uplot.data[at].reduce((n, v) => n + (v !== null), 0);
    let at = 0;
    return Object.fromEntries(this.lines.map((l) => [l.instrument, filled((at += columnsOf(l).length))]));
  }
}

// The page ------------------------------------------------------------------------------------------------------------

class Page {
  constructor() {
    const figures = [...document.querySelectorAll('figure.plot')];
    const fields = figures.flatMap((f) => jsonOf(f.querySelector('script')));
    const exported = document.getElementById('exported');
    this.archive = new Archive(
      jsonOf(exported),
      exported.dataset.root,
      fields.map((f) => f.column),
    );
    this.status = document.getElementById('status');
    this.lo = this.archive.start;
    this.hi = this.archive.end;
    this.shown = '';
    this.height = figures.length === 1 ? HEIGHT.one : HEIGHT.several;
    this.plots = figures.map((figure) => new Plot(figure, this));
    this.listen();
    this.refresh();
  }

  listen() {
    for (const button of document.querySelectorAll('button[data-move]'))
      button.addEventListener('click', () => this.move(button.dataset.move));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw());
    new ResizeObserver(() => this.resize()).observe(this.plots[0].place);
  }

  move(how) {
    const { lo, hi, archive } = this;
    const half = (hi - lo) / 2;
    if (how === 'all') this.show(archive.start, archive.end);
    else if (how === 'in') this.show(lo + half / 2, hi - half / 2);
    else if (how === 'out') this.show(lo - half, hi + half);
    else this.shift(how === 'later' ? half : -half);
  }

  // Moves the view, but not beyond the data, and keeps its length.
  shift(by) {
    const { lo, hi, archive } = this;
    const room = by < 0 ? Math.max(by, archive.start - lo) : Math.min(by, archive.end - hi);
    this.show(lo + room, hi + room);
  }

  show(lo, hi) {
    const { start, end, levels } = this.archive;
    const fewest = (FEWEST_POINTS * levels[0].step) / 2;
    const middle = (lo + hi) / 2;
    this.lo = Math.max(start, Math.min(lo, middle - fewest));
    this.hi = Math.min(end, Math.max(hi, middle + fewest));
    this.redraw();
    this.refresh();
  }

  redraw() {
    for (const { uplot } of this.plots) uplot.setScale('x', { min: this.lo, max: this.hi });
  }

  resize() {
    const width = this.plots[0].place.clientWidth;
    if (width === this.plots[0].uplot.width) return;
    for (const { uplot } of this.plots) uplot.setSize({ width, height: this.height });
    this.refresh();
  }

  // Loads the rows of the view. Only the newest request draws; an older one that arrives late is dropped.
  async refresh() {
    const { lo, hi, archive } = this;
    const level = archive.levelFor(lo, hi, this.plots[0].place.clientWidth);
    const files = archive.filesFor(level, lo, hi);
    const wanted = [level.name, ...files.map((f) => f.file)].join();
    this.wanted = wanted;
    try {
      const columns = wanted === this.shown ? this.columns : await archive.load(files);
      if (this.wanted !== wanted) return;
      if (wanted !== this.shown) for (const plot of this.plots) plot.draw(columns);
      this.columns = columns;
      this.shown = wanted;
      this.report(level, files);
    } catch (error) {
      this.status.textContent = `The data could not be read: ${error.message}`;
      this.status.className = 'failed';
      console.error(error);
    }
  }

  // Describes the view, for people in the status line and for tests in window.pondChart.
  report(level, files) {
    const times = this.columns.get('timestamp');
    const points = times.filter((t) => t + level.step > this.lo && t < this.hi).length;
    const kilobytes = Math.round(files.reduce((sum, f) => sum + f.size, 0) / 1024);
    this.status.className = '';
    const read = `${plural(files.length, 'file')}, ${count(kilobytes)} KB`;
    this.status.textContent = `${level.name} steps: ${plural(points, 'point')} from ${read}`;
    window.pondChart = {
      resolution: level.name,
      range: [this.lo * 1e3, this.hi * 1e3],
      points,
      rows: times.length,
      files: files.map((f) => f.file),
      plots: Object.fromEntries(this.plots.map((p) => [p.name, p.pointsOf()])),
    };
  }
}

new Page();
