/**
 * A graphics driver or a compiler may make a machine compute wrongly, and a wrong bit is noise in a share that no one sees. So a GPU, and
 * WebAssembly with its threads, prove themselves on a few calls whose results plain JavaScript knows: those verbs that multiply, carry,
 * rotate and look up.
 */
import { turns } from '../ring/units';
import type { Backend, Vector, WordCount } from './backend';

const SIDE = 37;
/** Rows and depth of a product whose rows are whole quads of words, for which a GPU has a kernel of its own. */
const [ROWS, QUADS] = [68, 20];

/** Calls whose results are a few thousand words that any broken multiplication, carry or look-up changes. */
function results(backend: Backend): Vector[] {
  const key = Uint32Array.from({ length: 8 }, (_, i) => Math.imul(i + 1, 0x9e3779b9));
  const stream = backend.keystream(key, Uint32Array.of(1, 2, 3), 2 * SIDE * SIDE);
  const wide = backend.unpack(stream, SIDE * SIDE, 64);
  const narrow = backend.extract(wide, 7, 39, 1);
  const dense = { outer: 0, inner: 0, row: SIDE, column: 1 };
  const kinds: [words: WordCount, right: Vector][] = [
    [1, narrow],
    [2, narrow],
    [2, wide],
  ];
  const products = kinds.flatMap(([words, right]) => {
    const out = backend.zeros(SIDE * SIDE, words);
    const extents = { outer: 1, inner: 1, rows: SIDE, columns: SIDE, depth: SIDE };
    backend.contract(out, wide, right, { ...extents, left: dense, right: dense, out: dense });
    return [out, backend.multiply(wide, right, words), backend.pack(backend.affine(wide, -3n, 5n, words), 29)];
  });
  const quads = backend.zeros(ROWS * QUADS, 1);
  const rows = { outer: 0, inner: 0, row: QUADS, column: 1 };
  const extents = { outer: 1, inner: 1, rows: ROWS, columns: QUADS, depth: QUADS };
  backend.contract(quads, wide, narrow, { ...extents, left: rows, right: rows, out: rows });
  const frequencies = [1, 3];
  const gates = ([16, 20] as const).flatMap((phaseBits) => {
    const tables = backend.trigonometricTables(narrow, frequencies, phaseBits - 2, phaseBits, 2);
    const terms = frequencies.map((_, frequency) => ({ frequency, amplitude: -40_000, phase: turns(9_000) }));
    const functions = [{ terms, constant: -7n }];
    return [
      tables,
      backend.gate(narrow, tables, { phaseBits, frequencies, functions, shift: phaseBits - 7, words: 2 }),
    ];
  });
  return [stream, wide, narrow, ...products, quads, ...gates];
}

/** Returns `subject` if it gives the bits of `reference`. Otherwise destroys it and throws an Error that says so. */
export async function checkedAgainst(reference: Backend, subject: Backend): Promise<Backend> {
  const expected = results(reference);
  try {
    const got = results(subject);
    for (const [i, vector] of expected.entries()) {
      const [e, g] = [await reference.read(vector), await subject.read(got[i]!)];
      const wrong = e.findIndex((word, at) => word !== g[at]);
      if (wrong >= 0)
        throw new Error(`${subject.name} computes wrongly (word ${wrong} of result ${i} of the self-test)`);
      subject.release(got[i]!);
    }
  } catch (error) {
    subject.destroy();
    throw error;
  }
  return subject;
}
