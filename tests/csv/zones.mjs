// Instants of times on the clocks of a zone, computed by JavaScript's own tables.
import { chance, roll } from './chance.mjs';

const [minute, hour, day] = [60e3, 3600e3, 86400e3];
const formats = new Map();

export const zones = ['UTC', 'Europe/Berlin', 'America/Los_Angeles', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Kolkata',
                      'America/St_Johns', 'Pacific/Auckland', 'Asia/Beirut', '-08:00', '+05:30'];

// Milliseconds that the clocks of a zone are ahead of UTC at an instant.
function offsetAt(zone, t) {
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (fixed[2] * hour + fixed[3] * minute);
  if (!formats.has(zone)) {
    const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' };
    formats.set(zone, new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...fields }));
  }
  const of = Object.fromEntries(formats.get(zone).formatToParts(new Date(t)).map((p) => [p.type, Number(p.value)]));
  return Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second) - Math.floor(t / 1000) * 1000;
}

// {clock: 'once' | 'twice' | 'never', first, second}: of a time that there never was, by the offset before and after the change.
export function toUtc(zone, local) {
  const [before, after] = [offsetAt(zone, local - day), offsetAt(zone, local + day)];
  const [a, b] = [local - before, local - after];
  const [isA, isB] = [offsetAt(zone, a) === before, offsetAt(zone, b) === after];
  if (a === b) return { clock: 'once', first: a, second: a };
  if (isA && isB) return { clock: 'twice', first: Math.min(a, b), second: Math.max(a, b) };
  if (!isA && !isB) return { clock: 'never', first: a, second: b };
  return { clock: 'once', first: isA ? a : b, second: isA ? a : b };
}

// A time on the clocks, of whole quarters of an hour: by chance near a change, or a midnight.
export function localTime(zone) {
  let t = Date.UTC(2008 + roll(17), roll(12), 1 + roll(28), roll(24), 15 * roll(4));
  if (zone === undefined || chance(3)) return t;
  const from = offsetAt(zone, t);
  for (let i = 0; i < 190 && offsetAt(zone, t) === from; i += 1) t += day;
  if (offsetAt(zone, t) === from) return t;
  t -= day;
  while (offsetAt(zone, t) === from) t += 15 * minute;
  return chance(4) ? Math.floor((t + from) / day) * day : t + from + (roll(17) - 8) * 15 * minute;
}

