// What the generators of cases share. All random values come from one seed, so the cases are the same on every machine.
export function random(seed) {
  function below(n) { // xorshift32
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    seed >>>= 0;
    return seed % n;
  }
  return { below, pick: (list) => list[below(list.length)] };
}
export const times = (n, f) => Array.from({ length: n }, (_, i) => f(i));
