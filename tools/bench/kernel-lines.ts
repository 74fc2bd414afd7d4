/** Calls to the kernels as models make them: what is timed. */
import type { Backend, Contraction, Gate, PhaseBits, Vector, WordCount } from '../../src/compute/backend';
import { RESOLUTIONS } from '../../src/ring/cosine';
import { turns } from '../../src/ring/units';

/** One line: `prepare` uploads operands, `work` is what is timed; both return the vectors they made. */
export interface Line {
  name: string;
  /** How many of `unit` the call is. */
  amount: number;
  unit: string;
  prepare(backend: Backend): Vector[];
  work(backend: Backend, operands: Vector[]): Vector[];
  /** Rows, depth and columns of a dense product. */
  dense?: readonly [number, number, number];
  /** The same product for WebGPU's other kernel; that for two words is chosen besides. */
  other?: Call & { words: WordCount };
}

export type Call = Pick<Line, 'prepare' | 'work'>;

const KEY = Uint32Array.from({ length: 8 }, (_, i) => i * 0x9e3779b9);

function random(backend: Backend, n: number, words: WordCount): Vector {
  const stream = backend.keystream(KEY, new Uint32Array(3), n * words);
  const v = backend.unpack(stream, n, 32 * words);
  backend.release(stream);
  return v;
}

/** `batch` products of [rows, depth] and [depth, columns], densely. */
function dense(batch: number, rows: number, depth: number, columns: number): Contraction {
  const strides = (outer: number, row: number) => ({ outer, inner: 0, row, column: 1 });
  return {
    ...{ outer: batch, inner: 1, rows, columns, depth },
    left: strides(rows * depth, depth),
    right: strides(depth * columns, columns),
    out: strides(rows * columns, columns),
  };
}

export type Shape = readonly [batch: number, rows: number, depth: number, columns: number];
/** Words of out, left and right. The model owner's matrices are single words. */
export type Widths = readonly [WordCount, WordCount, WordCount];

export const WIDTHS: readonly Widths[] = [
  [1, 1, 1],
  [2, 2, 1],
  [2, 2, 2],
];

export function product(size: Shape, widths: Widths): Line {
  const [batch, rows, depth, columns] = size;
  const [out, left, right] = widths;
  const shape = dense(...size);
  const call = (shape: Contraction): Call => ({
    prepare: (backend) => [
      backend.zeros(batch * rows * columns, out),
      random(backend, batch * shape.left.outer, left),
      random(backend, batch * depth * columns, right),
    ],
    work(backend, [sum, a, b]) {
      backend.contract(sum!, a!, b!, shape);
      return [];
    },
  });
  // A stride that is no multiple of four is nothing for the kernel of dense rows.
  const odd = { ...shape, left: { ...shape.left, outer: shape.left.outer + 1 } };
  return {
    name: `contract ${batch > 1 ? `${batch} x ` : ''}${rows} x ${depth} x ${columns}, words ${out} = ${left} x ${right}`,
    amount: batch * rows * depth * columns,
    unit: 'MAC',
    dense: batch === 1 ? [rows, depth, columns] : undefined,
    other: { words: out, ...call(out === 1 ? odd : shape) },
    ...call(shape),
  };
}

/** A line whose one operand has n elements. */
function unary(
  name: string,
  [amount, unit]: [number, string],
  [n, words]: [number, WordCount],
  work: (backend: Backend, a: Vector) => Vector,
): Line {
  return {
    ...{ name, amount, unit },
    prepare: (backend) => [random(backend, n, words)],
    work: (backend, [a]) => [work(backend, a!)],
  };
}

export function* lines(): Generator<Line> {
  yield {
    ...{ name: 'keystream, 25 MB', amount: 25e6, unit: 'B' },
    prepare: () => [],
    work: (backend) => [backend.keystream(KEY, new Uint32Array(3), 6_250_000)],
  };

  const elements = 2_359_296;
  for (const bits of [64, 40, 24, 16, 13]) {
    const amount: [number, string] = [(elements * bits) / 8, 'B'];
    const words = bits > 32 ? 2 : 1;
    yield unary(`unpack ${elements} x ${bits} bits`, amount, [Math.ceil((elements * bits) / 32), 1], (backend, a) =>
      backend.unpack(a, elements, bits),
    );
    yield unary(`pack ${elements} x ${bits} bits`, amount, [elements, words], (backend, a) => backend.pack(a, bits));
  }

  const shapes: Shape[] = [
    [512, 24, 32, 24],
    [1, 3072, 64, 128],
    [1, 4096, 384, 384],
  ];
  for (const width of WIDTHS) for (const shape of shapes) yield product(shape, width);

  const n = 196_608;
  const frequencies = [1, 2, 3, 4, 5, 6];
  // Even and odd parts: a cosine and a sine of each frequency.
  const functionOf = (phaseBits: PhaseBits) => {
    const amplitude = 0.9 * 2 ** RESOLUTIONS[phaseBits].amplitudeBits;
    const terms = frequencies.flatMap((_, frequency) =>
      [0, 2 ** (phaseBits - 2)].map((phase) => ({
        frequency,
        amplitude: Math.round(amplitude) - frequency,
        phase: turns(phase),
      })),
    );
    return { terms, constant: 77n };
  };
  for (const words of [1, 2] as const) {
    for (const phaseBits of [16, 20] as const) {
      const title = `${phaseBits} bits, ${words} words`;
      yield unary(`tables ${n} x 6 frequencies, ${title}`, [12 * n, 'entries'], [n, 1], (backend, t) =>
        backend.trigonometricTables(t, frequencies, 12, phaseBits, words),
      );
      const shift = RESOLUTIONS[phaseBits].fraction;
      const gate: Gate = { phaseBits, frequencies, functions: [functionOf(phaseBits)], shift, words };
      yield {
        ...{ name: `gate ${n} x 12 terms, ${title}`, amount: 12 * n, unit: 'terms' },
        prepare: (backend) => [random(backend, n, 1), random(backend, 12 * n, words)],
        work: (backend, [delta, tables]) => [backend.gate(delta!, tables!, gate)],
      };
    }
    const many = 8 * n;
    const each: [number, string] = [many, 'elements'];
    for (const verb of ['add', 'multiply'] as const) {
      yield unary(`${verb} ${many}, ${words} words`, each, [many, words], (backend, a) => backend[verb](a, a, words));
    }
    yield unary(`affine ${many}, ${words} words`, each, [many, words], (backend, a) =>
      backend.affine(a, 3n, 5n, words),
    );
    yield unary(`extract ${many}, ${words} words`, each, [many, words], (backend, a) =>
      backend.extract(a, 12, 30, words, true),
    );
    yield unary(`sumRows ${many} by 64, ${words} words`, each, [many, words], (backend, a) =>
      backend.sumRows(a, 64, words),
    );
  }
}
