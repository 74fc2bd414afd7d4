// Where the word table starts: words that keep the same company start out close. The positive pointwise mutual
// information of words within five places of each other, factorised; one dimension is kept for how much a word speaks
// for a positive label. It saves a short training the hours in which random rows would find their place.
// Levy and Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", NeurIPS 2014; the factorisation is by
// subspace iteration, Halko, Martinsson and Tropp, SIAM Review 53(2), 2011.
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Examples, Random } from './examples';
import { SPECIAL } from './tokenizer';

const WINDOW = 5;
const ITERATIONS = 3;
/** Rows' root mean square, so that the first LayerNorm finds its input in range. */
const LENGTH = 0.8;

export function startingTable(examples: Examples, size: number, hidden: number, random: Random): Float32Array {
  const counts = countPairs(examples.documents(), size);
  const rows = toMutualInformation(counts, size);
  const factors = factorise(rows, size, hidden - 1, random);
  const table = new Float32Array(size * hidden);
  for (let w = 0; w < size; w++) {
    const row = factors.subarray(w * (hidden - 1), (w + 1) * (hidden - 1));
    let square = row.reduce((a, v) => a + v * v, 0);
    // Bytes and special tokens that were never met start anywhere.
    if (square === 0 || w < SPECIAL.length) {
      row.forEach((_, i) => {
        row[i] = random() - 0.5;
      });
      square = row.reduce((a, v) => a + v * v, 0);
    }
    const scale = LENGTH * Math.sqrt((hidden - 1) / square);
    table[w * hidden] = 2 * Math.max(-1.5, Math.min(1.5, examples.logOdds[w]!));
    row.forEach((v, i) => {
      table[w * hidden + 1 + i] = v * scale;
    });
  }
  return table;
}

function countPairs(documents: Iterable<Uint16Array>, size: number): Float32Array {
  const counts = new Float32Array(size * size);
  for (const tokens of documents) {
    for (let i = 0; i < tokens.length; i++) {
      const last = Math.min(tokens.length - 1, i + WINDOW);
      for (let j = i + 1; j <= last; j++) counts[tokens[i]! * size + tokens[j]!]!++;
    }
  }
  for (let a = 0; a < size; a++) {
    for (let b = a; b < size; b++) {
      const both = counts[a * size + b]! + counts[b * size + a]!;
      counts[a * size + b] = both;
      counts[b * size + a] = both;
    }
  }
  return counts;
}

interface Sparse {
  columns: Uint16Array;
  values: Float32Array;
}

function toMutualInformation(counts: Float32Array, size: number): Sparse[] {
  const sums = new Float64Array(size);
  for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) sums[a]! += counts[a * size + b]!;
  const total = sums.reduce((a, b) => a + b);
  return Array.from({ length: size }, (_, a) => {
    const columns: number[] = [];
    const values: number[] = [];
    for (let b = 0; b < size; b++) {
      const n = counts[a * size + b]!;
      // A single meeting says nothing.
      if (n < 3) continue;
      const information = Math.log((n * total) / (sums[a]! * sums[b]!));
      if (information <= 0) continue;
      columns.push(b);
      values.push(information);
    }
    return { columns: Uint16Array.from(columns), values: Float32Array.from(values) };
  });
}

/** U √Λ of the `rank` largest eigenvalues, [size, rank]. */
function factorise(rows: Sparse[], size: number, rank: number, random: Random): Float32Array {
  const width = rank + 8;
  const multiply = (q: Float32Array) => {
    const result = new Float32Array(size * width);
    rows.forEach(({ columns, values }, a) => {
      const out = result.subarray(a * width, (a + 1) * width);
      for (const [n, v] of values.entries()) {
        const from = columns[n]! * width;
        for (let i = 0; i < width; i++) out[i]! += v * q[from + i]!;
      }
    });
    return result;
  };
  const orthonormalise = (q: Float32Array) => {
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < i; j++) {
        let dot = 0;
        for (let r = 0; r < size; r++) dot += q[r * width + i]! * q[r * width + j]!;
        for (let r = 0; r < size; r++) q[r * width + i]! -= dot * q[r * width + j]!;
      }
      let square = 0;
      for (let r = 0; r < size; r++) square += q[r * width + i]! ** 2;
      const scale = 1 / Math.sqrt(square);
      for (let r = 0; r < size; r++) q[r * width + i]! *= scale;
    }
  };
  const q = Float32Array.from({ length: size * width }, () => random() - 0.5);
  orthonormalise(q);
  for (let i = 0; i < ITERATIONS; i++) {
    q.set(multiply(q));
    orthonormalise(q);
  }
  const image = multiply(q);
  const small = Matrix.zeros(width, width);
  for (let r = 0; r < size; r++) {
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) small.set(i, j, small.get(i, j) + q[r * width + i]! * image[r * width + j]!);
    }
  }
  const symmetric = small.clone().add(small.transpose()).mul(0.5);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => Math.abs(realEigenvalues[b]!) - Math.abs(realEigenvalues[a]!));
  const result = new Float32Array(size * rank);
  for (const [k, column] of order.slice(0, rank).entries()) {
    const scale = Math.sqrt(Math.abs(realEigenvalues[column]!));
    for (let r = 0; r < size; r++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += q[r * width + i]! * eigenvectorMatrix.get(i, column);
      result[r * rank + k] = sum * scale;
    }
  }
  return result;
}
