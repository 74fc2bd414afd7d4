/**
 * A network as a formula: a list of tensors, each an operation on earlier ones.
 *
 * How to think of it. `models/` writes the forward pass once, with the methods of `Network`. Nothing is computed then; the list is read
 * later, by the plaintext twin (floats), by the planner (scales, bits, rounds) and, through the planner, by the cost model, the
 * parties and the dealer. Adding an operation: one case here, one in twin.ts, one in planner.ts.
 */

export interface Tensor {
  readonly id: number;
  /** Unique; what errors, value ranges and byte counts call it. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly operation: Operation;
}

/** Functions of one variable that a gate evaluates; the argument of cosine and sine is in turns. */
export type UnivariateName = 'cosine' | 'sine' | 'activation' | 'reciprocal' | 'inverse root' | 'exponential';

export type Operation =
  /** The data owner's private values. */
  | { kind: 'input' }
  /** The data owner's private zeros and ones. */
  | { kind: 'mask' }
  /** x · W + b with the model owner's private matrix: the last axes of x against `features`. */
  | { kind: 'linear'; x: Tensor; weight: string; features: readonly number[] }
  /** Functions of every element, on a new last axis if there are several; `keep` (a prefix-shaped mask) zeroes whole rows. */
  | { kind: 'gate'; x: Tensor; functions: readonly UnivariateName[]; constants: UnivariateConstants; keep?: Tensor }
  /** Einstein summation of two shared tensors, e.g. 'bihf,bjhf->bihj'. */
  | { kind: 'contract'; formula: string; left: Tensor; right: Tensor }
  /** x · y, where y's shape is the beginning of x's. */
  | { kind: 'multiply'; x: Tensor; y: Tensor }
  /** Σ x² over the last axis, divided by 2^halvings. */
  | { kind: 'squares'; x: Tensor; halvings: number }
  /** Σ over one axis. */
  | { kind: 'sum'; x: Tensor; axis: number }
  /** x − mean over the last axis. */
  | { kind: 'centre'; x: Tensor }
  | { kind: 'add'; left: Tensor; right: Tensor }
  | { kind: 'offset'; x: Tensor; value: number }
  /** x itself, its modulus restored: for chains of products that no gate or elementwise product interrupts. */
  | { kind: 'lift'; x: Tensor }
  /** One index of an axis, which disappears. */
  | { kind: 'select'; x: Tensor; axis: number; index: number }
  | { kind: 'reshape'; x: Tensor }
  /** x · W with the data owner's private matrix, opened to the data owner alone. */
  | { kind: 'readout'; x: Tensor; columns: number };

/** Constants of the functions: 1/√(factor·x + epsilon). */
export interface UnivariateConstants {
  factor?: number;
  epsilon?: number;
}

export const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export class Network {
  readonly tensors: Tensor[] = [];
  private readonly names = new Set<string>();

  private push(name: string, shape: readonly number[], operation: Operation): Tensor {
    if (this.names.has(name)) throw new Error(`the network has two tensors called ${name}`);
    if (shape.some((length) => !Number.isInteger(length) || length < 1))
      throw new Error(`${name} has the shape [${shape}]`);
    this.names.add(name);
    const tensor = { id: this.tensors.length, name, shape, operation };
    this.tensors.push(tensor);
    return tensor;
  }

  input(name: string, shape: readonly number[]): Tensor {
    return this.push(name, shape, { kind: 'input' });
  }

  mask(name: string, shape: readonly number[]): Tensor {
    return this.push(name, shape, { kind: 'mask' });
  }

  /** The weight is called like the tensor. `features` is the shape that takes the place of x's last `contracted` axes. */
  linear(name: string, x: Tensor, features: readonly number[], contracted = 1): Tensor {
    const kept = x.shape.slice(0, x.shape.length - contracted);
    return this.push(name, [...kept, ...features], { kind: 'linear', x, weight: name, features });
  }

  gate(
    name: string,
    x: Tensor,
    functions: readonly UnivariateName[],
    options: { constants?: UnivariateConstants; keep?: Tensor } = {},
  ): Tensor {
    const { constants = {}, keep } = options;
    if (keep && !keep.shape.every((length, axis) => x.shape[axis] === length)) {
      throw new Error(`${name}: a mask of [${keep.shape}] cannot keep rows of [${x.shape}]`);
    }
    const shape = functions.length === 1 ? x.shape : [...x.shape, functions.length];
    return this.push(name, shape, { kind: 'gate', x, functions, constants, keep });
  }

  contract(name: string, formula: string, left: Tensor, right: Tensor): Tensor {
    const { shape } = readFormula(formula, left.shape, right.shape);
    return this.push(name, shape, { kind: 'contract', formula, left, right });
  }

  multiply(name: string, x: Tensor, y: Tensor): Tensor {
    if (!y.shape.every((length, axis) => x.shape[axis] === length)) {
      throw new Error(`${name}: [${y.shape}] is not the beginning of [${x.shape}]`);
    }
    return this.push(name, x.shape, { kind: 'multiply', x, y });
  }

  squares(name: string, x: Tensor, halvings: number): Tensor {
    return this.push(name, x.shape.slice(0, -1), { kind: 'squares', x, halvings });
  }

  sum(name: string, x: Tensor, axis = x.shape.length - 1): Tensor {
    return this.push(name, x.shape.toSpliced(axis, 1), { kind: 'sum', x, axis });
  }

  centre(name: string, x: Tensor): Tensor {
    return this.push(name, x.shape, { kind: 'centre', x });
  }

  add(name: string, left: Tensor, right: Tensor): Tensor {
    if (left.shape.join() !== right.shape.join()) throw new Error(`${name}: [${left.shape}] + [${right.shape}]`);
    return this.push(name, left.shape, { kind: 'add', left, right });
  }

  offset(name: string, x: Tensor, value: number): Tensor {
    return this.push(name, x.shape, { kind: 'offset', x, value });
  }

  lift(name: string, x: Tensor): Tensor {
    return this.push(name, x.shape, { kind: 'lift', x });
  }

  select(name: string, x: Tensor, axis: number, index: number): Tensor {
    if (index < 0 || index >= x.shape[axis]!) throw new Error(`${name}: index ${index} of an axis of ${x.shape[axis]}`);
    return this.push(name, x.shape.toSpliced(axis, 1), { kind: 'select', x, axis, index });
  }

  reshape(name: string, x: Tensor, shape: readonly number[]): Tensor {
    if (size(shape) !== size(x.shape)) throw new Error(`${name}: [${x.shape}] cannot be seen as [${shape}]`);
    return this.push(name, shape, { kind: 'reshape', x });
  }

  readout(name: string, x: Tensor, columns: number): Tensor {
    return this.push(name, [...x.shape.slice(0, -1), columns], { kind: 'readout', x, columns });
  }
}

/** How an axis letter of a formula is used: what a batched matrix product needs to know. */
export interface Formula {
  shape: number[];
  /** Letters by part: at most two shared by all three, one row (left, out), one column (right, out), one summed. */
  batch: string[];
  row: string;
  column: string;
  depth: string;
  lengths: Record<string, number>;
  letters: { left: string; right: string; out: string };
}

/** Reads 'left,right->out'. Throws when it is no batched matrix product or the shapes disagree. */
export function readFormula(formula: string, left: readonly number[], right: readonly number[]): Formula {
  const [operands, out = ''] = formula.split('->');
  const [l = '', r = ''] = operands!.split(',');
  const lengths: Record<string, number> = {};
  for (const [letters, shape] of [
    [l, left],
    [r, right],
  ] as const) {
    if (letters.length !== shape.length) throw new Error(`${formula} does not fit [${left}] and [${right}]`);
    for (const [axis, letter] of [...letters].entries()) {
      lengths[letter] ??= shape[axis]!;
      if (lengths[letter] !== shape[axis]) throw new Error(`${formula}: ${letter} has two lengths`);
    }
  }
  const pick = (test: (letter: string) => boolean) => Object.keys(lengths).filter(test);
  const inAll = pick((x) => l.includes(x) && r.includes(x) && out.includes(x));
  const rows = pick((x) => l.includes(x) && !r.includes(x) && out.includes(x));
  const columns = pick((x) => !l.includes(x) && r.includes(x) && out.includes(x));
  const summed = pick((x) => l.includes(x) && r.includes(x) && !out.includes(x));
  if (inAll.length > 2 || rows.length > 1 || columns.length > 1 || summed.length !== 1) {
    throw new Error(`${formula} is no batched matrix product`);
  }
  return {
    shape: [...out].map((letter) => lengths[letter]!),
    batch: inAll,
    row: rows[0] ?? '',
    column: columns[0] ?? '',
    depth: summed[0]!,
    lengths,
    letters: { left: l, right: r, out },
  };
}
