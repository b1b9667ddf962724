// Opens the pages of the example in a browser and compares them with the pond: pages.mjs CHROMIUM SITE, with `pond` in
// PATH and POND set.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from '../../examples/serve.mjs';
import { Browser } from './browser.mjs';

const [chromium, site] = process.argv.slice(2);
const STATIONS = ['Changping', 'Dongsi', 'Huairou'];
const DAY = 86400e3;

// The cells of the only row of a query, as text.
function ask(path, sql) {
  const out = execFileSync('pond', ['cat', path, '--format', 'table', '--sql', sql], { encoding: 'utf8' });
  const row = out
    .trimEnd()
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .at(-1);
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const server = await serve(site);
const browser = new Browser(chromium);
const open = async (path, options) => {
  const page = await browser.open(server.url + path, options);
  await page.until('window.pondChart');
  return page;
};
const chart = (page) => page.evaluate('window.pondChart');
const press = (page, move) => page.evaluate(`document.querySelector('[data-move=${move}]').click()`);
// Where the plot of the first chart lies in the viewport.
const plotBox = (page) =>
  page.evaluate(
    '(({x, y, width, height}) => ({x, y, width, height}))(document.querySelector(".u-over").getBoundingClientRect())',
  );

const tests = {
  async 'every page loads without a complaint'() {
    const pages = ['stations', 'parameters'].flatMap((dir) =>
      readdirSync(join(site, dir)).map((f) => `${dir}/${f}`),
    );
    assert.equal(pages.length, 14);
    for (const path of pages) {
      const page = await open(path);
      assert.deepEqual(page.problems, [], path);
      assert.match(
        await page.evaluate('document.getElementById("status").textContent'),
        /^1d steps: 366 points from 12 files, \d+ KB$/,
      );
    }
  },

  async 'the index leads to every page, and to nothing that is missing'() {
    const page = await browser.open(server.url);
    await page.until('document.readyState === "complete"');
    const links = await page.evaluate('[...document.querySelectorAll("main a")].map((a) => a.href)');
    assert.equal(links.length, 14);
    for (const link of links) assert.equal((await fetch(link)).status, 200, link);
    assert.deepEqual(page.problems, []);
    assert.match(await page.evaluate('document.querySelector("main").textContent'), /686 Parquet files/);
  },

  async 'a chart has as many points as the data'() {
    for (const station of STATIONS) {
      const { plots } = await chart(await open(`stations/${station}.html`));
      for (const [name, unit] of [
        ['PM25', 'ug/m3'],
        ['TEMP', 'C'],
        ['RAIN', 'mm'],
      ]) {
        const [points] = ask(
          `/reduced/single_site/${station}/res=1d.series`,
          `SELECT count("${station}.${name}.${unit}.avg") FROM source`,
        );
        assert.equal(plots[name][station], +points, `${station} ${name}`);
      }
    }
    const { plots } = await chart(await open('parameters/O3.html'));
    for (const station of STATIONS) {
      const [points] = ask(
        '/reduced/single_param/O3/res=1d.series',
        `SELECT count("${station}.O3.ug/m3.avg") FROM source`,
      );
      assert.equal(plots.O3[station], +points, station);
    }
  },

  async 'zooming in loads finer files, only those in view, and zooming out returns'() {
    const page = await open('parameters/TEMP.html');
    const box = await plotBox(page);
    const middle = box.y + box.height / 2;
    await page.drag(box.x + box.width * 0.4, middle, box.x + box.width * 0.55, middle);
    await page.until('window.pondChart.resolution === "6h"');
    const zoomed = await chart(page);
    const year = 366 * DAY;
    const wanted = [0.4, 0.55].map((part) => Date.UTC(2016, 0) + part * year);
    zoomed.range.forEach((t, i) => assert.ok(Math.abs(t - wanted[i]) < DAY, `${new Date(t)}`));
    assert.ok(
      zoomed.files.every((f) => /res=6h\/year=2016\/month=[567]\//.test(f)),
      zoomed.files.join(),
    );
    const [lo, hi] = zoomed.range.map(Math.round);
    const [points] = ask(
      '/reduced/single_param/TEMP/res=6h.series',
      `SELECT count(*) FROM source
       WHERE epoch_ms(timestamp) + 21600000 > ${lo} AND epoch_ms(timestamp) < ${hi}`,
    );
    assert.equal(zoomed.points, +points);
    assert.equal(
      page.requests.filter((url) => decodeURIComponent(url).includes('res=6h')).length,
      zoomed.files.length,
    );

    await press(page, 'in');
    await page.until('window.pondChart.resolution === "1h"');
    await press(page, 'all');
    await page.until('window.pondChart.resolution === "1d"');
    assert.equal((await chart(page)).points, 366);
    assert.deepEqual(page.problems, []);
  },

  async 'moving stops where the data ends'() {
    const page = await open('parameters/TEMP.html');
    await press(page, 'in');
    await page.until(`window.pondChart.range[1] < ${Date.UTC(2017, 0)}`); // where it began, and will end
    for (let i = 0; i < 5; i++) await press(page, 'later');
    await page.until(`window.pondChart.range[1] === ${Date.UTC(2017, 0)}`);
    const { range } = await chart(page);
    assert.equal(range[1] - range[0], 183 * DAY);
  },

  async 'a narrow screen gets fewer points'() {
    const { resolution, points } = await chart(
      await open('parameters/TEMP.html', { width: 360, height: 700 }),
    );
    assert.equal(resolution, '7d');
    assert.equal(points, 53);
  },

  async 'the legend says what the pond says'() {
    const page = await open('parameters/PM25.html');
    const box = await plotBox(page);
    const [x, y] = [box.x + box.width / 3, box.y + box.height / 2];
    await page.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
    const values =
      '[...document.querySelectorAll("figure.plot tr:not(.edge) .u-value")].map((v) => v.textContent)';
    await page.until(`${values}[1] !== "–"`);
    const [time, text] = await page.evaluate(values);
    const column = (agg) => `round("Dongsi.PM25.ug/m3.${agg}", 2)`;
    const [avg, min, max] = ask(
      '/reduced/single_param/PM25/res=1d.series',
      `SELECT ${column('avg')}, ${column('min')}, ${column('max')} FROM source WHERE timestamp = TIMESTAMP '${time}'`,
    );
    assert.equal(text, `${+avg} µg/m³ (${+min} to ${+max})`);
  },

  async 'a file that cannot be read is said on the page'() {
    const page = await open('parameters/TEMP.html');
    await page.evaluate(
      'window.fetch = async () => new Response("", { status: 503, statusText: "Busy" }), 0',
    );
    await press(page, 'in');
    await press(page, 'in');
    await page.until('document.getElementById("status").className === "failed"');
    assert.match(
      await page.evaluate('document.getElementById("status").textContent'),
      /^The data could not be read: single_param\/TEMP\/.*: 503 Busy$/,
    );
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
  } catch (error) {
    failed++;
    console.log(`${name}\n${error.stack}`);
  }
}
await browser.close();
server.close();
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
