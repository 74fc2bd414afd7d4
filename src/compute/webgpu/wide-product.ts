/**
 * Which kernel multiplies matrices of two-word elements. There are two with the same results: on words, everywhere, and on 8-bit digits
 * where WGSL has dot products of four bytes. Only some devices have an instruction for these, and which do nobody says; so both are timed.
 */
import type { Backend, Contraction, Vector } from '../backend';

/** By the kernels' names. */
export type WideProduct = 'ringMatmulWide' | 'ringMatmulDigits';

/** What multiplies matrices of two-word elements by one kernel of several. */
export interface WideMultiplier extends Backend {
  /** The kernels that there are here. */
  readonly wideProducts: readonly WideProduct[];
  /** The kernel that is used. */
  wideProduct: WideProduct;
}

const NAMES: Record<WideProduct, string> = { ringMatmulWide: 'words', ringMatmulDigits: '8-bit digits' };

const SIDE = 64;
/** So many products of SIDE x SIDE x SIDE at once: until a card has something to do, and one in software is not kept busy for long. */
const BATCHES = [1, 8, 64, 512];
/** Milliseconds from which on a difference in time is one between kernels. */
const LONG_ENOUGH = 5;
const ROUNDS = 3;

const batchOf = (outer: number): Contraction => {
  const square = { outer: 0, inner: 0, row: SIDE, column: 1 };
  const extents = { outer, inner: 1, rows: SIDE, columns: SIDE, depth: SIDE };
  return { ...extents, left: square, right: square, out: { ...square, outer: SIDE * SIDE } };
};

/** Two words by one, as with the model owner's matrices, and by two. */
function multiplied(backend: Backend, wide: Vector, narrow: Vector, batch: number): Vector[] {
  return [narrow, wide].map((right) => {
    const out = backend.zeros(batch * SIDE * SIDE, 2);
    backend.contract(out, wide, right, batchOf(batch));
    return out;
  });
}

/**
 * Makes `subject` use the fastest of its kernels whose results are the reference's. Returns a sentence for a person if one's are not. Takes
 * a few milliseconds on a card and some tenths of a second in software. Destroys the subject and throws an Error where no kernel is right.
 */
export async function chooseWideProduct(reference: Backend, subject: WideMultiplier): Promise<string | undefined> {
  try {
    return await choose(reference, subject);
  } catch (error) {
    subject.destroy();
    throw error;
  }
}

async function choose(reference: Backend, subject: WideMultiplier): Promise<string | undefined> {
  const words = await reference.read(reference.keystream(new Uint32Array(8), new Uint32Array(3), 2 * SIDE * SIDE));
  const operands = (backend: Backend): [wide: Vector, narrow: Vector] => [
    backend.upload(words, 2),
    backend.upload(words.subarray(0, SIDE * SIDE), 1),
  ];
  const expected = await takenFrom(reference, multiplied(reference, ...operands(reference), 1));
  const [wide, narrow] = operands(subject);
  const right: WideProduct[] = [];
  for (const product of subject.wideProducts) {
    subject.wideProduct = product;
    const found = await takenFrom(subject, multiplied(subject, wide, narrow, 1));
    if (found.every((result, i) => result.every((word, at) => word === expected[i]?.[at]))) right.push(product);
  }
  const wrong = subject.wideProducts.filter((product) => !right.includes(product)).map((product) => NAMES[product]);
  if (right.length === 0) throw new Error(`${subject.name} computes wrongly (products of ${wrong.join(' and of ')})`);

  if (right.length > 1) await sortBySpeed(right, subject, wide, narrow);
  [subject.wideProduct] = right as [WideProduct];
  for (const v of [wide, narrow]) subject.release(v);
  if (wrong.length === 0) return undefined;
  return `The graphics card multiplies ${wrong.join(' and ')} wrongly and is left to multiply ${NAMES[subject.wideProduct]}.`;
}

/** Reads and releases. */
async function takenFrom(backend: Backend, vectors: Vector[]): Promise<Uint32Array[]> {
  const read: Uint32Array[] = [];
  for (const v of vectors) {
    read.push(await backend.read(v));
    backend.release(v);
  }
  return read;
}

/** The fastest first. */
async function sortBySpeed(
  products: WideProduct[],
  subject: WideMultiplier,
  wide: Vector,
  narrow: Vector,
): Promise<void> {
  const best = new Map<WideProduct, number>();
  for (const batch of BATCHES) {
    best.clear();
    // In turn, so that something that slows the machine down for a moment slows down both.
    for (let round = 0; round < ROUNDS; round++) {
      for (const product of products) {
        subject.wideProduct = product;
        const time = await timed(subject, () => multiplied(subject, wide, narrow, batch));
        best.set(product, Math.min(best.get(product) ?? Number.POSITIVE_INFINITY, time));
      }
    }
    if (Math.min(...best.values()) > LONG_ENOUGH) break;
  }
  products.sort((a, b) => best.get(a)! - best.get(b)!);
}

/** Milliseconds until it is done. */
async function timed(backend: Backend, work: () => Vector[]): Promise<number> {
  // Verbs return before they have run; a small vector is read when they have.
  const fence = backend.zeros(1, 1);
  await backend.read(fence);
  const start = performance.now();
  const made = work();
  await backend.read(fence);
  const time = performance.now() - start;
  for (const v of [fence, ...made]) backend.release(v);
  return time;
}
