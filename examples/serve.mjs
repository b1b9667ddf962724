// Serves a directory to browsers on this machine: node examples/serve.mjs DIR [PORT]
//
// Any static server does; this one is here because browsers do not let a page that was opened as a file read others.
import { createServer } from 'node:http';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.parquet': 'application/vnd.apache.parquet',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

// The file that a URL means, a directory's index.html included. Throws for what is missing or lies outside of `root`.
async function fileOf(root, url) {
  const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  let file = await realpath(join(root, path));
  if (file !== root && !file.startsWith(root + sep)) throw new Error('outside');
  let found = await stat(file);
  if (found.isDirectory()) found = await stat((file = join(file, 'index.html')));
  return { file, size: found.size };
}

// [first, last] of `Range: bytes=first-last`, for one range; null for none.
function rangeOf(header, size) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return null;
  if (first === '') return [Math.max(0, size - last), size - 1];
  return [+first, last === '' ? size - 1 : Math.min(+last, size - 1)];
}

async function answer(root, request, response) {
  let found;
  try {
    found = await fileOf(root, request.url);
  } catch {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such file.\n');
    return;
  }
  const range = rangeOf(request.headers.range, found.size);
  const headers = {
    'Content-Type': TYPES[extname(found.file)] ?? 'application/octet-stream',
    'Cache-Control': 'no-cache',
    'Accept-Ranges': 'bytes',
  };
  if (range && range[0] > range[1]) {
    response.writeHead(416, { 'Content-Range': `bytes */${found.size}` }).end();
    return;
  }
  const [start, end] = range ?? [0, found.size - 1];
  headers['Content-Length'] = end - start + 1;
  if (range) headers['Content-Range'] = `bytes ${start}-${end}/${found.size}`;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === 'HEAD' || found.size === 0) response.end();
  else createReadStream(found.file, { start, end }).pipe(response);
}

// Resolves to {url, close}. Port 0: any that is free.
export async function serve(directory, port = 0) {
  const root = await realpath(directory);
  const server = createServer((request, response) => answer(root, request, response));
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

if (process.argv[1] && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  const [directory, port] = process.argv.slice(2);
  if (!directory) {
    console.error('usage: node examples/serve.mjs DIR [PORT]');
    process.exit(64);
  }
  const { url } = await serve(directory, +(port ?? 8080));
  console.log(`${directory} is at ${url} until you press Ctrl-C`);
}
