// Chance that can be repeated: the same seed gives the same numbers.
let state = 1;

export function start(seed) {
  state = Math.imul(seed, 2654435761) + 1;
}
export function random() { // mulberry32
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
export const roll = (n) => Math.floor(random() * n); // 0 … n - 1
export const chance = (n) => roll(n) === 0; // one in n
export const pick = (items) => items[roll(items.length)];
export function shuffle(items) {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const k = roll(i + 1);
    [out[i], out[k]] = [out[k], out[i]];
  }
  return out;
}
