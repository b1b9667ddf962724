// Nunjucks, measured: nunjucks.js CASE.json SECONDS OUTPUT, as the harness of the original
// (tera-rs/src/main.rs). Templates come adapted by run.py; NUNJUCKS is the path of the library.
'use strict';
const fs = require('fs');
const nunjucks = require(process.env.NUNJUCKS);

const pad = (n) => String(n).padStart(2, '0');
const filters = {
  cut: (text, options) => (text.length <= options.length ? text : text.slice(0, options.length) + '…'),
  date(seconds) { // always %Y-%m-%d %H:%M
    const d = new Date(seconds * 1000);
    return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())} ` +
      `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`;
  },
  fixed: (number, options) => {
    const scale = 10 ** options.precision;
    return Math.round(number * scale) / scale;
  },
  pluralize: (n) => (n === 1 ? '' : 's'),
};

function group({ by, items }) {
  const groups = {};
  for (const item of items) (groups[item[by]] ||= []).push(item);
  return Object.fromEntries(Object.entries(groups).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const [path, seconds, output] = process.argv.slice(2);
const testCase = JSON.parse(fs.readFileSync(path, 'utf8'));
const isEscaped = /\.(html|htm|xml)$/.test(testCase.render);
const loader = {
  getSource: (name) => ({ src: testCase.templates[name], path: name, noCache: false }),
};
const env = new nunjucks.Environment([loader], { autoescape: isEscaped });
for (const name of Object.keys(filters)) env.addFilter(name, filters[name]);
env.addGlobal('group', group);
const template = env.getTemplate(testCase.render, true);
fs.writeFileSync(output, template.render(testCase.context));

const times = [];
const end = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
while (process.hrtime.bigint() < end && times.length < 20000) {
  const start = process.hrtime.bigint();
  template.render(testCase.context);
  times.push(Number(process.hrtime.bigint() - start));
}
times.sort((a, b) => a - b);
console.log(times[0], times[Math.floor(times.length / 2)], times.length);
