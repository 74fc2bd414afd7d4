/**
 * e^x, the same double on every machine: both parties multiply shares by integers that are made of it, and the last bit of an engine's
 * Math.exp is free. IEEE 754 fixes + and ×, and nothing else is used.
 */

/** 2^this parts of x, in which a Taylor sum is right to the last bits. */
const HALVINGS = 8;

/** Right to 11 digits, for |x| up to 90. */
export function exponentialOf(x: number): number {
  const part = x / 2 ** HALVINGS;
  let [sum, term] = [1, 1];
  for (let k = 1; k <= 16; k++) {
    term *= part / k;
    sum += term;
  }
  for (let i = 0; i < HALVINGS; i++) sum *= sum;
  return sum;
}
