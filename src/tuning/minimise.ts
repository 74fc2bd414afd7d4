/**
 * Minimises a smooth convex function: L-BFGS (Liu and Nocedal 1989; Nocedal and Wright, Numerical Optimization, algorithm 7.4) with a
 * line search that halves the step until the function has come down enough.
 */

/** The function's value at x; writes its gradient, as long as x. */
export type Smooth = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimiseOptions {
  /** Done when no entry of the gradient is larger. */
  tolerance: number;
  /** Steps at most. */
  steps: number;
}

/** Differences of points and of gradients that the curvature is estimated from. */
const MEMORY = 10;
/** Of the decrease that the slope promises: this much is enough (Armijo). */
const ENOUGH = 1e-4;
/** Steps that are halved more often than this are of rounding errors' size. */
const MOST_HALVINGS = 40;

interface Pair {
  s: Float64Array;
  y: Float64Array;
  /** 1 / s·y */
  rho: number;
}

/** From `start`, which stays as it is, to where the function is least. */
export function minimise(f: Smooth, start: Float64Array, { tolerance, steps }: MinimiseOptions): Float64Array {
  const pairs: Pair[] = [];
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = f(x, gradient);
  for (let step = 0; step < steps && largest(gradient) > tolerance; step++) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    const next = new Float64Array(x.length);
    const nextGradient = new Float64Array(x.length);
    let nextValue = Number.NaN;
    // Nothing is known of the curvature yet: a step of length one at most.
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    for (let halvings = 0; halvings <= MOST_HALVINGS; halvings++) {
      for (let i = 0; i < x.length; i++) next[i] = x[i]! + length * direction[i]!;
      nextValue = f(next, nextGradient);
      if (nextValue <= value + ENOUGH * length * slope) break;
      length /= 2;
    }
    if (!(nextValue < value)) break;
    const s = next.map((xi, i) => xi - x[i]!);
    const y = nextGradient.map((gi, i) => gi - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 0) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > MEMORY) pairs.shift();
    [x, gradient, value] = [next, nextGradient, nextValue];
  }
  return x;
}

/** −H·gradient for the estimate H of the inverse Hessian: the two loops of L-BFGS. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((g) => -g);
  const shares = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i]!;
    shares[i] = rho * dot(s, direction);
    add(direction, y, -shares[i]!);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (const [i, { s, y, rho }] of pairs.entries()) add(direction, s, shares[i]! - rho * dot(y, direction));
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function add(x: Float64Array, y: Float64Array, times: number): void {
  for (let i = 0; i < x.length; i++) x[i]! += times * y[i]!;
}

function largest(x: Float64Array): number {
  let most = 0;
  for (const value of x) most = Math.max(most, Math.abs(value));
  return most;
}
