/** Where marks of an axis stand. */

const ROUND = [1, 2, 2.5, 5, 10];
const ROUND_WHOLE = [1, 2, 5, 10];

/** The least of `steps` times a power of ten that goes `most` times at most into `span`. */
function roundStep(span: number, most: number, steps: readonly number[]): number {
  const least = span / most;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * steps.find((step) => step * power >= least * (1 - 1e-9))!;
}

/** Round values from at most `low` to at least `high`, about five of them. */
export function roundTicks(low: number, high: number): number[] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  // Values that differ by their rounding are one value.
  const span = high - low > 1e-9 * size ? high - low : size;
  const step = roundStep(span > 1e-12 ? span : 1, 4, ROUND);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Whole numbers from 0 to `end`, in round steps, at most eight of them. */
export function wholeTicks(end: number): number[] {
  const step = Math.max(1, roundStep(Math.max(1, end), 7, ROUND_WHOLE));
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}
