/** The cosine tables are rounded right, by integers alone. */
import { describe, expect, it } from 'vitest';
import { cosines, RESOLUTIONS } from '../../src/ring/cosine';

/** Fixed point with this many fractional bits. */
const P = 200n;
const ONE = 1n << P;

/** arctan(1/n) by its series, for π by Machin's formula. */
function arctan(n: bigint): bigint {
  let [sum, power, sign] = [0n, ONE / n, 1n];
  for (let k = 1n; power > 0n; k += 2n) {
    sum += (sign * power) / k;
    power /= n * n;
    sign = -sign;
  }
  return sum;
}
const PI = 4n * (4n * arctan(5n) - arctan(239n));

/** cos and sin of x in fixed point, by their series. */
function exact(x: bigint): [cosine: bigint, sine: bigint] {
  let [cosine, sine, term] = [0n, 0n, ONE];
  for (let k = 1n; term !== 0n; k++) {
    if (k % 2n === 1n) cosine += term;
    else sine += term;
    // i² = −1: every other power of ix changes its sign.
    term = ((term * x) >> P) / (k % 2n === 1n ? k : -k);
  }
  return [cosine, sine];
}

describe.each([16, 20] as const)('the table of %s-bit phases', (phaseBits) => {
  const { fraction } = RESOLUTIONS[phaseBits];
  const [table, turn] = [cosines(phaseBits), 2 ** phaseBits];

  it('is rounded right over an eighth of a turn', () => {
    const rounded = (c: bigint) => Number((c + (ONE >> BigInt(fraction + 1))) >> (P - BigInt(fraction)));
    // By turning on from one angle to the next: 2^17 roundings of 2^-200 are nothing.
    const [c1, s1] = exact((2n * PI) >> BigInt(phaseBits));
    let [c, s] = [ONE, 0n];
    let wrong = 0;
    for (let i = 0; i <= turn / 8; i++) {
      if (table[i] !== rounded(c) || table[turn / 4 - i] !== rounded(s)) wrong++;
      [c, s] = [(c * c1 - s * s1) >> P, (s * c1 + c * s1) >> P];
    }
    expect(wrong).toBe(0);
  });

  it('is even, and odd about a quarter turn', () => {
    const half = turn / 2;
    const wrong = table.reduce(
      (count, c, i) => count + Number(table[(turn - i) % turn] !== c || table[(turn + half - i) % turn] !== -c + 0),
      0,
    );
    expect(table.length).toBe(turn);
    expect(wrong).toBe(0);
  });
});
