// Puts the libraries of the pages where Framework looks before it asks a CDN: node cache.mjs, after `npm ci`.
//
// A page that reads Parquet needs apache-arrow and parquet-wasm, and one with a chart Plot. Each becomes one module in
// src/.observablehq/cache/_npm/NAME@VERSION/, made from its npm package, so package-lock.json pins what the pages run.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const LIBRARIES = ['@observablehq/plot', 'apache-arrow', 'htl', 'isoformat', 'parquet-wasm'];
// Files that a library reads at run time; an import of the library makes Framework ask for them too.
const FILES = { 'parquet-wasm': ['esm/parquet_wasm_bg.wasm'] };

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const name of LIBRARIES) {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  if (version !== dependencies[name])
    throw new Error(`node_modules has ${name} ${version}, not ${dependencies[name]}: run \`npm ci\``);
  const dir = `src/.observablehq/cache/_npm/${name}@${version}`;
  await build({
    stdin: { contents: `export * from '${name}';${defaultOf(name)}`, resolveDir: '.' },
    bundle: true,
    format: 'esm',
    minify: true,
    legalComments: 'inline',
    platform: 'browser',
    outfile: join(dir, '_esm.js'),
    logLevel: 'error',
  });
  for (const file of FILES[name] ?? []) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    copyFileSync(join('node_modules', name, file), join(dir, file));
  }
}

// parquet-wasm starts by its default export. `export *` leaves that one out.
function defaultOf(name) {
  return name === 'parquet-wasm' ? ` export { default } from '${name}';` : '';
}
