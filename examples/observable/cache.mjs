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
// Libraries that Framework's client names and these pages never load. The build asks the registry for the version of each
// unless an empty folder says it.
const NAMED = [
  '@observablehq/sample-datasets@1.0.1',
  'arquero@8.0.3',
  'd3@7.9.2',
  'd3-dsv@3.0.2',
  'echarts@6.1.0',
  'leaflet@1.9.4',
  'lodash@4.18.1',
  'mapbox-gl@3.32.0',
  'react@19.3.1',
  'react-dom@19.3.1',
  'topojson-client@3.1.0',
];
const CACHE = 'src/.observablehq/cache/_npm';

for (const folder of NAMED) mkdirSync(join(CACHE, folder), { recursive: true });
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const name of LIBRARIES) {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  if (version !== dependencies[name])
    throw new Error(`node_modules has ${name} ${version}, not ${dependencies[name]}: run \`npm ci\``);
  const dir = join(CACHE, `${name}@${version}`);
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
