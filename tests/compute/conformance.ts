/**
 * What it means to be a backend: run the same calls here and there, get the same bits.
 *
 * A case is a little program over any backend. It draws shapes and data from a seeded generator and returns the vectors to look at;
 * running it twice with the same seed, once on the subject and once on a reference, is the whole test. Knows no test runner, so it
 * runs in a page as well.
 */
import type { Backend, Contraction, Gate, Strides, Vector, WordCount } from '../../src/compute/backend';
import { COEFFICIENT_BITS, RESOLUTIONS, type Resolution } from '../../src/ring/cosine';
import { turns } from '../../src/ring/units';

/** xorshift32: small, and the same everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  }

  word(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return Math.imul(x, 0x2545f491) >>> 0;
  }

  /** An integer, least ≤ x ≤ most. */
  integer(least: number, most: number): number {
    return least + Math.floor((this.word() / 4294967296) * (most - least + 1));
  }

  pick<T>(...options: T[]): T {
    return options[this.integer(0, options.length - 1)]!;
  }

  width(): WordCount {
    return this.pick<WordCount>(1, 2);
  }

  /** Random words, with the ones where carries and signs change strewn in. */
  words(n: number): Uint32Array {
    return Uint32Array.from({ length: n }, () => {
      const x = this.word();
      return x % 8 === 0 ? this.pick(0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff) : x;
    });
  }

  constant(): bigint {
    const magnitude = (BigInt(this.word()) << 32n) | BigInt(this.word());
    return BigInt.asIntN(64, magnitude >> BigInt(this.integer(0, 63)));
  }
}

export interface Case {
  name: string;
  /** How often to draw anew. */
  repeats: number;
  /** Whether shapes grow large enough to be too slow for a BigInt reference. */
  large?: boolean;
  run(backend: Backend, random: Random, repeat: number): Vector[];
}

function upload(backend: Backend, random: Random, n: number, words: WordCount): Vector {
  return backend.upload(random.words(n * words), words);
}

const someLength = (random: Random) => random.pick(0, 1, 2, 63, 64, 65, random.integer(3, 600));

/** Strides of an [outer][inner][row][column] operand in a random axis order, with gaps, or with a repeated batch axis. */
function layout(random: Random, extents: [number, number, number, number], mayRepeat: boolean): [Strides, number] {
  const strides = [0, 0, 0, 0];
  const order = [0, 1, 2, 3].sort((a, b) => ((a * 7 + 3) % 5) - ((b * 7 + 3) % 5));
  for (let i = 3; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  let size = 1;
  for (const axis of random.pick([0, 1, 2, 3], [0, 1, 3, 2], order).toReversed()) {
    if (mayRepeat && random.integer(0, 5) === 0) continue;
    strides[axis] = size;
    size *= extents[axis]! + random.pick(0, 0, 0, 1);
  }
  const [outer, inner, row, column] = strides as [number, number, number, number];
  return [{ outer, inner, row, column }, Math.max(1, size)];
}

function contraction(
  backend: Backend,
  random: Random,
  extents: { outer: number; inner: number; rows: number; columns: number; depth: number },
  widths: [WordCount, WordCount, WordCount],
): Vector[] {
  const { outer, inner, rows, columns, depth } = extents;
  const [out, outSize] = layout(random, [outer, inner, rows, columns], false);
  const [left, leftSize] = layout(random, [outer, inner, rows, depth], true);
  const [right, rightSize] = layout(random, [outer, inner, depth, columns], true);
  const shape: Contraction = { ...extents, out, left, right };
  const target = upload(backend, random, outSize, widths[0]);
  const a = upload(backend, random, leftSize, widths[1]);
  const b = random.integer(0, 9) === 0 && leftSize === rightSize ? a : upload(backend, random, rightSize, widths[2]);
  backend.contract(target, a, b, shape);
  return [target];
}

function randomGate(random: Random, terms: number, resolution: Resolution): Gate {
  const { phaseBits, fraction, amplitudeBits } = resolution;
  const [turn, bound, most] = [2 ** phaseBits, 2 ** amplitudeBits - 1, amplitudeBits + fraction];
  // Below it, and with the largest amplitudes, a coefficient would be above 2^30.
  const least = most - COEFFICIENT_BITS;
  const shift = random.pick(0, 1, least, 30, 31, 32, 33, most, random.integer(0, most));
  const largest = Math.min(bound, 2 ** (amplitudeBits - least + Math.min(shift, least)));
  const frequencies = Array.from({ length: random.integer(1, 8) }, () =>
    random.pick(1, 2, 3, random.integer(0, 70000), random.integer(-(2 ** 31) + 1, 2 ** 31 - 1)),
  );
  const harmonic = () => ({
    frequency: random.integer(0, frequencies.length - 1),
    amplitude: random.pick(largest, -largest, random.integer(-largest, largest)),
    // Half of them whole quarters, as a planner's are.
    phase: turns(random.pick(random.integer(0, turn - 1), (turn / 4) * random.integer(0, 3))),
  });
  const functions = Array.from({ length: random.integer(1, 4) }, () => ({
    terms: Array.from({ length: random.integer(0, terms) }, harmonic),
    constant: random.constant(),
  }));
  return { phaseBits, frequencies, functions, shift: Math.min(shift, most), words: random.width() };
}

/** Coarse and fine in turn. */
const resolutionOf = (repeat: number) => RESOLUTIONS[repeat % 2 === 0 ? 16 : 20];

function gate(backend: Backend, random: Random, n: number, shape: Gate): Vector[] {
  const tables = upload(backend, random, 2 * shape.frequencies.length * n, random.pick(shape.words, random.width()));
  return [backend.gate(upload(backend, random, n, random.width()), tables, shape)];
}

const elementwise = (verb: 'add' | 'subtract' | 'multiply'): Case => ({
  name: verb,
  repeats: 40,
  run(backend, random) {
    const a = upload(backend, random, someLength(random), random.width());
    const inner = random.pick(1, 1, 1, 2, 7, 64);
    const spread = random.pick(a.n, Math.ceil(a.n / inner), random.integer(1, 20));
    const b = random.integer(0, 9) === 0 && a.n > 0 ? a : upload(backend, random, Math.max(1, spread), random.width());
    return [backend[verb](a, b, random.width(), inner)];
  },
});

const small: Case[] = [
  {
    name: 'upload and zeros',
    repeats: 10,
    run: (backend, random) => [
      upload(backend, random, someLength(random), random.width()),
      backend.zeros(someLength(random), random.width()),
    ],
  },
  {
    name: 'keystream',
    repeats: 20,
    run: (backend, random) => [
      backend.keystream(random.words(8), random.words(3), random.pick(0, 1, 15, 16, 17, random.integer(18, 3000))),
    ],
  },
  {
    name: 'unpack and pack',
    repeats: 128,
    run(backend, random, repeat) {
      const bits = 1 + (repeat % 64);
      const n = someLength(random);
      const packed = upload(backend, random, Math.ceil((n * bits) / 32), 1);
      const unpacked = backend.unpack(packed, n, bits);
      return [unpacked, backend.pack(unpacked, bits), backend.pack(upload(backend, random, n, random.width()), bits)];
    },
  },
  elementwise('add'),
  elementwise('subtract'),
  elementwise('multiply'),
  {
    name: 'affine',
    repeats: 40,
    run: (backend, random) => [
      backend.affine(
        upload(backend, random, someLength(random), random.width()),
        random.constant(),
        random.constant(),
        random.width(),
      ),
    ],
  },
  {
    name: 'extract',
    repeats: 80,
    run(backend, random) {
      const from = random.pick(0, 31, 32, 33, 63, random.integer(0, 63));
      const to = random.pick(64, from + 1, random.integer(from + 1, 64));
      const a = upload(backend, random, someLength(random), random.width());
      return [backend.extract(a, from, to, random.width()), backend.extract(a, from, to, random.width(), true)];
    },
  },
  {
    name: 'contract',
    repeats: 100,
    run(backend, random) {
      const extent = () => random.pick(0, 1, 2, 3, 4, 5, 15, 16, 17, random.integer(1, 40));
      const extents = {
        outer: random.integer(1, 3),
        inner: random.integer(1, 3),
        rows: extent(),
        columns: extent(),
        depth: extent(),
      };
      return contraction(backend, random, extents, [random.width(), random.width(), random.width()]);
    },
  },
  {
    name: 'sumRows',
    repeats: 30,
    run(backend, random) {
      const width = random.pick(1, 2, 3, 64, 65, random.integer(1, 300));
      const a = upload(backend, random, width * random.pick(0, 1, 2, random.integer(3, 40)), random.width());
      return [backend.sumRows(a, width, random.width())];
    },
  },
  {
    name: 'slice',
    repeats: 30,
    run(backend, random) {
      const length = random.integer(1, 12);
      const inner = random.pick(1, 2, 17, random.integer(1, 40));
      const start = random.integer(0, length);
      const a = upload(backend, random, random.integer(0, 5) * length * inner, random.width());
      return [backend.slice(a, length, inner, start, random.integer(0, length - start))];
    },
  },
  {
    name: 'gate',
    repeats: 120,
    run: (backend, random, repeat) =>
      gate(backend, random, someLength(random), randomGate(random, 20, resolutionOf(repeat))),
  },
  {
    name: 'trigonometricTables',
    repeats: 60,
    run(backend, random, repeat) {
      const { phaseBits, fraction } = resolutionOf(repeat);
      const frequencies = Array.from({ length: random.integer(0, 6) }, () =>
        random.pick(1, 2, random.integer(-70000, 70000), random.integer(-(2 ** 31) + 1, 2 ** 31 - 1)),
      );
      const t = upload(backend, random, someLength(random), random.width());
      return [backend.trigonometricTables(t, frequencies, random.integer(0, fraction), phaseBits, random.width())];
    },
  },
  {
    name: 'a chain that reuses memory',
    repeats: 5,
    run(backend, random) {
      const n = 1000;
      let x = upload(backend, random, n, 2);
      for (let step = 0; step < 30; step++) {
        const y = upload(backend, random, n, 2);
        const z = random.integer(0, 1) ? backend.multiply(x, y, 2) : backend.add(x, y, 2);
        backend.release(y);
        const w = backend.affine(z, random.constant(), random.constant(), 2);
        backend.release(x);
        backend.release(z);
        const out = backend.zeros(n, 2);
        backend.contract(out, w, w, {
          ...{ outer: 10, inner: 1, rows: 10, columns: 10, depth: 10 },
          left: { outer: 100, inner: 0, row: 10, column: 1 },
          right: { outer: 100, inner: 0, row: 1, column: 10 },
          out: { outer: 100, inner: 0, row: 10, column: 1 },
        });
        backend.release(w);
        x = out;
      }
      return [x];
    },
  },
];

const large: Case[] = [
  {
    name: 'large keystream, unpacked',
    repeats: 1,
    run(backend, random) {
      const n = 400_001;
      const stream = backend.keystream(random.words(8), random.words(3), Math.ceil((n * 40) / 32));
      const wide = backend.unpack(stream, n, 40);
      return [stream, wide, backend.pack(wide, 37)];
    },
  },
  {
    name: 'more than 65535 groups of elements',
    repeats: 1,
    run(backend, random) {
      const n = 64 * 65536 + 77;
      const a = backend.keystream(random.words(8), random.words(3), n);
      return [backend.affine(a, 3n, 5n, 1), backend.sumRows(backend.slice(a, n, 1, 1, n - 1), 1, 1)];
    },
  },
  {
    name: 'large contractions',
    repeats: 4,
    run: (backend, random) => [
      ...contraction(backend, random, { outer: 1, inner: 1, rows: 260, columns: 33, depth: 257 }, [
        random.width(),
        random.width(),
        random.width(),
      ]),
      ...contraction(backend, random, { outer: 9, inner: 4, rows: 24, columns: 24, depth: 33 }, [
        2,
        random.width(),
        random.width(),
      ]),
    ],
  },
  {
    // Rows that can be read four words at a time, and now and then one stride that forbids it.
    name: 'contraction of dense rows',
    repeats: 60,
    large: true,
    run(backend, random) {
      const quads = () => 4 * random.pick(1, 2, 3, 7, 8, 9, random.integer(1, 20));
      const rows = random.pick(1, 2, 7, 8, 9, 63, 64, 65, random.integer(1, 140));
      const [outer, inner, columns, depth] = [random.integer(1, 3), random.integer(1, 3), quads(), quads()];
      const operand = (height: number, width: number, mayRepeat: boolean): [Strides, number] => {
        const row = width + random.pick(0, 0, 4, random.integer(0, 9) === 0 ? 1 : 0);
        const outerFirst = random.integer(0, 1) === 0;
        const block = height * row;
        const [o, i] = outerFirst ? [inner * block, block] : [block, outer * block];
        const repeated = mayRepeat && random.integer(0, 3) === 0;
        return [{ outer: repeated ? 0 : o, inner: i, row, column: 1 }, outer * inner * block + random.integer(0, 3)];
      };
      const [left, leftSize] = operand(rows, depth, true);
      const [right, rightSize] = operand(depth, columns, true);
      const [out, outSize] = operand(rows, columns, false);
      const target = upload(backend, random, outSize, random.pick<WordCount>(1, 1, 1, 2));
      const a = upload(backend, random, leftSize, random.width());
      const b = upload(backend, random, rightSize, random.width());
      backend.contract(target, a, b, { outer, inner, rows, columns, depth, left, right, out });
      return [target];
    },
  },
  {
    name: 'deep contraction of all ones',
    repeats: 1,
    run(backend) {
      const depth = 2000;
      return ([1, 2] as const).map((words) => {
        const a = backend.upload(new Uint32Array(5 * depth * words).fill(0xffffffff), words);
        const out = backend.zeros(25, words);
        const across = { outer: 0, inner: 0, row: depth, column: 1 };
        const down = { outer: 0, inner: 0, row: 1, column: depth };
        const square = { outer: 0, inner: 0, row: 5, column: 1 };
        const extents = { outer: 1, inner: 1, rows: 5, columns: 5, depth };
        backend.contract(out, a, a, { ...extents, left: across, right: down, out: square });
        return out;
      });
    },
  },
  {
    name: 'gate of the largest sums',
    repeats: 1,
    run(backend) {
      const tables = backend.upload(new Uint32Array(12).fill(0xffffffff), 2);
      return Object.values(RESOLUTIONS).flatMap(({ phaseBits, fraction, amplitudeBits }) => {
        // An eighth of a turn off, so that the sine counts as much as the cosine.
        const phase = turns(0.875 * 2 ** phaseBits);
        const terms = Array.from({ length: 500 }, () => ({ frequency: 0, amplitude: 2 ** amplitudeBits - 1, phase }));
        const functions = [{ terms, constant: -1n }];
        const shift = amplitudeBits + fraction - COEFFICIENT_BITS;
        return ([1, 2] as const).map((words) =>
          backend.gate(backend.zeros(3, 1), tables, { phaseBits, frequencies: [1], functions, shift, words }),
        );
      });
    },
  },
  {
    // A backend may put a fine angle together of two.
    name: 'tables of every angle',
    repeats: 2,
    run(backend, _, repeat) {
      const { phaseBits, fraction } = resolutionOf(repeat);
      const t = backend.upload(
        Uint32Array.from({ length: 2 ** phaseBits }, (_, i) => i),
        1,
      );
      return [backend.trigonometricTables(t, [1], fraction, phaseBits, 1)];
    },
  },
  {
    name: 'large gate',
    repeats: 4,
    run: (backend, random, repeat) => gate(backend, random, 2_511, randomGate(random, 150, resolutionOf(repeat))),
  },
];

export const cases: Case[] = [...small, ...large.map((c) => ({ ...c, large: true }))];

/** Runs a case on both backends; throws an Error that says where the first difference is. */
export async function conform(subject: Backend, reference: Backend, { name, repeats, run }: Case): Promise<void> {
  for (let seed = 0; seed < repeats; seed++) {
    const got = run(subject, new Random(seed), seed);
    const expected = run(reference, new Random(seed), seed);
    for (const [which, vector] of expected.entries()) {
      const subjects = got[which]!;
      const [g, e] = [await subject.read(subjects), await reference.read(vector)];
      const where = `${name}, seed ${seed}, result ${which}`;
      if (subjects.n !== vector.n || subjects.words !== vector.words) {
        throw new Error(`${where}: ${subjects.n} x ${subjects.words} words instead of ${vector.n} x ${vector.words}`);
      }
      const wrong = e.findIndex((word, i) => word !== g[i]);
      if (wrong >= 0 || g.length !== e.length) {
        throw new Error(`${where}: word ${wrong} of ${e.length} is ${g[wrong]} instead of ${e[wrong]}`);
      }
      subject.release(subjects);
      reference.release(vector);
    }
  }
}

/** Runs everything; returns one line per case, an empty list of failures if all is well. */
export async function conformance(
  subject: Backend,
  reference: Backend,
): Promise<{ passed: string[]; failed: string[] }> {
  const passed: string[] = [];
  const failed: string[] = [];
  for (const each of cases) {
    try {
      await conform(subject, reference, each);
      passed.push(each.name);
    } catch (error) {
      failed.push(String(error));
    }
  }
  return { passed, failed };
}

/** Multiplies until a helper thread of the backend has done a part of it. Returns false if none did so within some seconds. */
export async function whenHelped(backend: Backend & { readonly helped: number }): Promise<boolean> {
  const n = 256;
  const strides = { outer: 0, inner: 0, row: n, column: 1 };
  const shape = { outer: 1, inner: 1, rows: n, columns: n, depth: n, left: strides, right: strides, out: strides };
  const before = backend.helped;
  const [out, a] = [backend.zeros(n * n, 1), backend.zeros(n * n, 1)];
  const until = performance.now() + 10_000;
  while (backend.helped === before && performance.now() < until) {
    backend.contract(out, a, a, shape);
    // A thread may need its parent's turn to start.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (const v of [out, a]) backend.release(v);
  return backend.helped > before;
}
