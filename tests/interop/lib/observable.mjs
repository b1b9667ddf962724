// Opens pages of the Observable example in a browser: observable.mjs CHROMIUM SITE PAGE…
// Prints as JSON what each of them shows.
import { serve } from '../../../examples/serve.mjs';
import { Browser } from '../../web/browser.mjs';

const [chromium, site, ...pages] = process.argv.slice(2);
const SHOWN = `({
  rows: document.getElementById('rows').textContent,
  files: document.getElementById('files').textContent,
  first: document.getElementById('first').textContent,
  last: document.getElementById('last').textContent,
  totals: Object.fromEntries([...document.querySelectorAll('.total')].map((e) => [e.dataset.column, e.textContent])),
  lines: document.querySelectorAll('svg [aria-label=line] path').length,
  bars: document.querySelectorAll('svg [aria-label=rect] rect').length,
})`;

const server = await serve(site);
const browser = new Browser(chromium);
const shown = {};
try {
  for (const name of pages) {
    const page = await browser.open(`${server.url}${encodeURIComponent(name)}.html`);
    await page.until('document.querySelectorAll("svg [aria-label=line], svg [aria-label=rect]").length === 4');
    await page.until('[...document.querySelectorAll("#last, .total")].every((e) => e.textContent !== "")');
    const foreign = page.requests.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:'));
    shown[name] = { ...(await page.evaluate(SHOWN)), problems: page.problems, foreign };
  }
  console.log(JSON.stringify(shown));
} finally {
  await browser.close();
  server.close();
}
