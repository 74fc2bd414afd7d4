/**
 * A network as a formula: a list of tensors, each an operation on earlier ones.
 *
 * How to think of it. An architecture writes the forward pass once, with the methods of `Graph`. Nothing is computed then; the list is
 * read later: by the reference evaluator in floating point, by the planner (scales, bits, rounds) and, through the plan, by the cost
 * model, both parties and the dealer. What a kind of operation means is a row in operations.ts, what it becomes on shares a row in
 * mpc/operations: a kind without its rows does not compile.
 */
import type { Firsts } from './formula';
import type { UnivariateConstants, UnivariateName } from './functions';
import { rowOf } from './operations';
import type { Beside, Causal, Eighths, Pairing, Shape } from './shape';

export interface Tensor {
  readonly id: number;
  /** Unique; what errors and byte counts call it. */
  readonly name: string;
  /** What matrices, value ranges and gates know it by: its name, or that of the tensor of which it is some of the rows, or hardly differs. */
  readonly whole: string;
  readonly shape: Shape;
  readonly operation: Operation;
}

/** What each kind of operation is made of. */
export interface OperationKinds {
  /** The data owner's private values; `fine` ones have a longer fraction than what matrices read. */
  input: { shape: Shape; fine: boolean };
  /** The data owner's private zeros and ones: which rows of a tensor count. */
  mask: { shape: Shape };
  /** x · W + b with the model owner's private matrix: the last `contracted` axes of x against `features`. */
  linear: { x: Tensor; weight: string; features: Shape; contracted: number };
  /** x ∘ w + b along the last axis with the model owner's private vectors. */
  scale: { x: Tensor; weight: string };
  /**
   * Functions of every element, on a new last axis if there are several. Elements where `mask`, whose axes are x's from `maskAxis` on, is
   * zero become zero, and so do those that are not seen by `causal`, which everybody knows. Of exponentials such elements have an x near zero, and become
   * next to nothing.
   */
  gate: {
    x: Tensor;
    functions: readonly UnivariateName[];
    constants: UnivariateConstants;
    mask?: Tensor;
    maskAxis: number;
    causal?: Causal;
    /** Of an exponential: what is made of it cancels, so it need not be exact. */
    rough: boolean;
  };
  /**
   * Einstein summation of two shared tensors, e.g. 'bihf,bjhf->bihj'. `firsts`: axes of which only the first so many places count. `wide`: left's elements
   * span orders of magnitude, and all count.
   */
  contract: { formula: string; left: Tensor; right: Tensor; firsts?: Firsts; wide: boolean };
  /** x · y, where y's shape is the beginning of x's. */
  multiply: { x: Tensor; y: Tensor };
  /** x², element by element. */
  square: { x: Tensor };
  /** Σ x² over the last axis, divided by 2^halvings. */
  squares: { x: Tensor; halvings: number };
  /** Σ over one axis. */
  sum: { x: Tensor; axis: number };
  /** x − mean over the last axis. */
  centre: { x: Tensor };
  /**
   * x [heads, rows, sequences, columns] less what is nearest in its row: of a row's own column and its neighbours, as far as there are, a head takes so many
   * eighths off all of the row.
   */
  near: { x: Tensor; eighths: readonly Eighths[]; beside: Beside };
  /** x + y, where y's axes are x's from `axis` on. */
  add: { x: Tensor; y: Tensor; axis: number };
  offset: { x: Tensor; value: number };
  /** x · 2^times; fewer than no times halve. */
  doubled: { x: Tensor; times: number };
  /** x with its three axes in reverse order. */
  reversed: { x: Tensor };
  /** x itself, its modulus restored: for chains of products that no gate or elementwise product interrupts. */
  lift: { x: Tensor; rest?: Rest };
  /** One index of an axis, which disappears. */
  select: { x: Tensor; axis: number; index: number };
  /** `count` neighbours of an axis. */
  slice: { x: Tensor; axis: number; start: number; count: number };
  /** These behind one another along an axis, in which alone they differ. */
  join: { parts: readonly Tensor[]; axis: number };
  reshape: { x: Tensor; shape: Shape };
  /**
   * What is made of every candidate's prompt, [candidates, …], and of every text, [texts, …], for each pair of them, [candidates · texts, …], candidate by
   * candidate: their sum, or the text's rows and behind them the prompt's.
   */
  pair: { texts: Tensor; prompts: Tensor; by: Pairing };
  /** x · W with the data owner's private matrix, opened to the data owner alone. */
  readout: { x: Tensor; columns: number };
  /** x itself, opened to the data owner alone. */
  reveal: { x: Tensor };
}

/** Of a part of a sum, what the whole has besides: as much as so many of these values at most. */
export interface Rest {
  values: Tensor;
  count: number;
}

export type OperationKind = keyof OperationKinds;

/** The operation of a kind; of several kinds, any of theirs. */
export type OperationOf<K extends OperationKind> = { [P in K]: { readonly kind: P } & Readonly<OperationKinds[P]> }[K];
export type Operation = OperationOf<OperationKind>;

/** A tensor whose operation is of a kind. */
export type TensorOf<K extends OperationKind> = Tensor & { readonly operation: OperationOf<K> };

export const isOf = <K extends OperationKind>(tensor: Tensor, kind: K): tensor is TensorOf<K> =>
  tensor.operation.kind === kind;

export interface GateOptions {
  constants?: UnivariateConstants;
  mask?: Tensor;
  maskAxis?: number;
  causal?: Causal;
  rough?: boolean;
}

export class Graph {
  private names = new Set<string>();
  private suffix = '';

  constructor(readonly tensors: Tensor[] = []) {}

  /**
   * The same graph, for tensors that are some of the rows of what others have whole, or hardly differ from it: they have the part's name behind theirs, and the whole's matrices, ranges and
   * gates.
   */
  part(name: string): Graph {
    const part = new Graph(this.tensors);
    part.names = this.names;
    part.suffix = `.${name}`;
    return part;
  }

  /** Throws, naming the tensor, when its operands do not fit together or its name is taken. */
  private push(whole: string, operation: Operation): Tensor {
    const name = `${whole}${this.suffix}`;
    if (this.names.has(name)) throw new Error(`the graph has two tensors called ${name}`);
    const shape = rowOf(operation).shape(operation, name);
    if (shape.some((length) => !Number.isInteger(length) || length < 1))
      throw new Error(`${name} has the shape [${shape}]`);
    this.names.add(name);
    const tensor = { id: this.tensors.length, name, whole, shape, operation };
    this.tensors.push(tensor);
    return tensor;
  }

  input(name: string, shape: Shape, { fine = false } = {}): Tensor {
    return this.push(name, { kind: 'input', shape, fine });
  }

  mask(name: string, shape: Shape): Tensor {
    return this.push(name, { kind: 'mask', shape });
  }

  /** The weight is called like the tensor. `features` is the shape that takes the place of x's last `contracted` axes. */
  linear(name: string, x: Tensor, features: Shape, contracted = 1): Tensor {
    return this.push(name, { kind: 'linear', x, weight: name, features, contracted });
  }

  /** The weight is called like the tensor. */
  scale(name: string, x: Tensor): Tensor {
    return this.push(name, { kind: 'scale', x, weight: name });
  }

  gate(
    name: string,
    x: Tensor,
    functions: readonly UnivariateName[],
    { constants = {}, mask, maskAxis = 0, causal, rough = false }: GateOptions = {},
  ): Tensor {
    return this.push(name, { kind: 'gate', x, functions, constants, mask, maskAxis, causal, rough });
  }

  contract(
    name: string,
    formula: string,
    left: Tensor,
    right: Tensor,
    { firsts, wide = false }: { firsts?: Firsts; wide?: boolean } = {},
  ): Tensor {
    return this.push(name, { kind: 'contract', formula, left, right, firsts, wide });
  }

  multiply(name: string, x: Tensor, y: Tensor): Tensor {
    return this.push(name, { kind: 'multiply', x, y });
  }

  square(name: string, x: Tensor): Tensor {
    return this.push(name, { kind: 'square', x });
  }

  squares(name: string, x: Tensor, halvings: number): Tensor {
    return this.push(name, { kind: 'squares', x, halvings });
  }

  sum(name: string, x: Tensor, axis = x.shape.length - 1): Tensor {
    return this.push(name, { kind: 'sum', x, axis });
  }

  centre(name: string, x: Tensor): Tensor {
    return this.push(name, { kind: 'centre', x });
  }

  near(name: string, x: Tensor, eighths: readonly Eighths[], beside: Beside): Tensor {
    return this.push(name, { kind: 'near', x, eighths, beside });
  }

  add(name: string, x: Tensor, y: Tensor, axis = 0): Tensor {
    return this.push(name, { kind: 'add', x, y, axis });
  }

  offset(name: string, x: Tensor, value: number): Tensor {
    return this.push(name, { kind: 'offset', x, value });
  }

  doubled(name: string, x: Tensor, times: number): Tensor {
    return this.push(name, { kind: 'doubled', x, times });
  }

  reversed(name: string, x: Tensor): Tensor {
    return this.push(name, { kind: 'reversed', x });
  }

  lift(name: string, x: Tensor, rest?: Rest): Tensor {
    return this.push(name, { kind: 'lift', x, rest });
  }

  select(name: string, x: Tensor, axis: number, index: number): Tensor {
    return this.push(name, { kind: 'select', x, axis, index });
  }

  slice(name: string, x: Tensor, axis: number, start: number, count: number): Tensor {
    return this.push(name, { kind: 'slice', x, axis, start, count });
  }

  join(name: string, parts: readonly Tensor[], axis: number): Tensor {
    return this.push(name, { kind: 'join', parts, axis });
  }

  reshape(name: string, x: Tensor, shape: Shape): Tensor {
    return this.push(name, { kind: 'reshape', x, shape });
  }

  pair(name: string, texts: Tensor, prompts: Tensor, by: Pairing): Tensor {
    return this.push(name, { kind: 'pair', texts, prompts, by });
  }

  readout(name: string, x: Tensor, columns: number): Tensor {
    return this.push(name, { kind: 'readout', x, columns });
  }

  reveal(name: string, x: Tensor): Tensor {
    return this.push(name, { kind: 'reveal', x });
  }
}
