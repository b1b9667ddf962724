// Headless Chromium for tests, controlled through its own protocol over two pipes: no library, no network port, and no
// files or processes left behind.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
];

export class Browser {
  constructor(executable) {
    this.profile = mkdtempSync(join(tmpdir(), 'pond-web-'));
    this.process = spawn(executable, [...FLAGS, `--user-data-dir=${this.profile}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.gone.then(() => this.waiting.forEach(({ reject }) => reject(new Error('the browser ended'))));
    this.waiting = new Map(); // id → {resolve, reject}
    this.pages = new Map(); // session → Page
    this.lastId = 0;
    let rest = '';
    this.process.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop();
      for (const message of messages) this.receive(JSON.parse(message));
    });
    this.process.stdio[3].on('error', () => {}); // it ended: `gone` says so
  }

  receive({ id, method, params, result, error, sessionId }) {
    if (id === undefined) return this.pages.get(sessionId)?.event(method, params);
    const { resolve, reject } = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.lastId;
    this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  // A new tab of that size, in CSS pixels, with the page loaded.
  async open(url, { width = 1100, height = 900, dark = false } = {}) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, sessionId);
    this.pages.set(sessionId, page);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
    await page.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
    const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
    await page.send('Emulation.setEmulatedMedia', { features });
    await page.send('Page.navigate', { url });
    return page;
  }

  async close() {
    await this.send('Browser.close').catch(() => this.process.kill());
    await this.gone;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

class Page {
  constructor(browser, session) {
    this.browser = browser;
    this.session = session;
    this.problems = []; // errors of the console and the network
    this.requests = []; // URLs
  }

  send(method, params) {
    return this.browser.send(method, params, this.session);
  }

  event(method, p) {
    if (method === 'Runtime.exceptionThrown')
      this.problems.push(p.exceptionDetails.exception?.description ?? p.exceptionDetails.text);
    else if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(p.type))
      this.problems.push(p.args.map((a) => a.value ?? a.description).join(' '));
    else if (method === 'Log.entryAdded' && ['error', 'warning'].includes(p.entry.level))
      this.problems.push(`${p.entry.text} ${p.entry.url ?? ''}`);
    else if (method === 'Network.requestWillBeSent') this.requests.push(p.request.url);
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  // Polls until the expression is true. After a timeout the error shows the problems of the page.
  async until(expression, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    while (!(await this.evaluate(`Boolean(${expression})`))) {
      if (Date.now() > end) throw new Error([`never true: ${expression}`, ...this.problems].join('\n'));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  // Presses the mouse at one place of the viewport and releases it at another.
  async drag(x0, y0, x1, y1) {
    const mouse = (type, x, y, buttons) =>
      this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', buttons, clickCount: 1 });
    await mouse('mouseMoved', x0, y0, 0);
    await mouse('mousePressed', x0, y0, 1);
    for (let step = 1; step <= 4; step++)
      await mouse('mouseMoved', x0 + ((x1 - x0) * step) / 4, y0 + ((y1 - y0) * step) / 4, 1);
    await mouse('mouseReleased', x1, y1, 0);
  }

  async screenshot() {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(data, 'base64');
  }
}
