/**
 * What a graph's private matrices are made of stored tensors with. A function that takes a matrix takes it over: it may change it and
 * return it, because a copy of the largest would be felt.
 *
 * A LayerNorm's γ and β multiply into the matrices that read its output, its mean subtraction into the matrices that write its input,
 * random frequencies (and the 1/2π that turns radians into turns) into the query and key projections. Done once, in floats, by
 * whoever owns the weights; nothing of it costs anything in the protocol.
 */
import type { Matrix } from '../graph/matrix';
import { loopProduct } from '../graph/product';

/** A LayerNorm's affine map x ∘ γ + β, [width] each. */
export interface NormWeights {
  gamma: Float32Array;
  beta: Float32Array;
}

/** PyTorch's weight [outputs, inputs] and bias [outputs] as x · W + b. */
export function dense(weight: Float32Array, bias: Float32Array): Matrix {
  const outputs = bias.length;
  const inputs = weight.length / outputs;
  const values = new Float64Array(weight.length);
  for (let j = 0, at = 0; j < outputs; j++) {
    for (let i = 0; i < inputs; i++, at++) values[i * outputs + j] = weight[at]!;
  }
  return { inputs, outputs, values, bias: Float64Array.from(bias) };
}

/** Reads x ∘ γ + β instead of x. */
export function afterNorm(m: Matrix, { gamma, beta }: NormWeights): Matrix {
  const { inputs, outputs, values, bias } = m;
  for (let i = 0, at = 0; i < inputs; i++) {
    const [g, b] = [gamma[i]!, beta[i]!];
    for (let j = 0; j < outputs; j++, at++) {
      const w = values[at]!;
      values[at] = g * w;
      bias[j]! += b * w;
    }
  }
  return m;
}

/** Writes y − mean(y) instead of y. */
export function centred(m: Matrix): Matrix {
  for (let at = 0; at < m.values.length; at += m.outputs) centreRow(m.values.subarray(at, at + m.outputs));
  centreRow(m.bias);
  return m;
}

export function scaled(m: Matrix, factor: number): Matrix {
  for (const array of [m.values, m.bias]) for (let i = 0; i < array.length; i++) array[i]! *= factor;
  return m;
}

/** The outputs at these places, in this order. */
export function outputsAt(m: Matrix, places: ArrayLike<number>): Matrix {
  const outputs = places.length;
  const values = new Float64Array(m.inputs * outputs);
  for (let i = 0, at = 0; i < m.inputs; i++) {
    for (let j = 0; j < outputs; j++, at++) values[at] = m.values[i * m.outputs + places[j]!]!;
  }
  return { inputs: m.inputs, outputs, values, bias: Float64Array.from(places, (place) => m.bias[place]!) };
}

/** Reads only the inputs at these places, in this order. */
export function inputsAt(m: Matrix, places: ArrayLike<number>): Matrix {
  const values = new Float64Array(places.length * m.outputs);
  for (let i = 0; i < places.length; i++) {
    const from = places[i]! * m.outputs;
    values.set(m.values.subarray(from, from + m.outputs), i * m.outputs);
  }
  return { inputs: places.length, outputs: m.outputs, values, bias: m.bias };
}

/** Without its bias. */
export function unbiased(m: Matrix): Matrix {
  m.bias.fill(0);
  return m;
}

/** x · W + b for a row x [inputs]. */
export function applied({ inputs, outputs, values, bias }: Matrix, x: ArrayLike<number>): Float64Array {
  const out = bias.slice();
  for (let i = 0, at = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++, at++) out[j]! += x[i]! * values[at]!;
  }
  return out;
}

/** x through one map and then through another: (x · W + b) · V + c. */
export function composed(first: Matrix, second: Matrix): Matrix {
  const { inputs, outputs: depth } = first;
  const { outputs } = second;
  const values = new Float64Array(inputs * outputs);
  loopProduct(values, first.values, second.values, { rows: inputs, depth, columns: outputs });
  return { inputs, outputs, values, bias: applied(second, first.bias) };
}

/** Angles of random features in turns: each head's outputs · Ω / 2π. `frequencies` is Ω, [heads, outputs / heads, count]. */
export function angles(m: Matrix, frequencies: Float32Array, heads: number): Matrix {
  const width = m.outputs / heads;
  const count = frequencies.length / m.outputs;
  const outputs = heads * count;
  const project = (from: Float64Array, to: Float64Array, rows: number) => {
    for (let i = 0; i < rows; i++) {
      for (let h = 0; h < heads; h++) {
        for (let f = 0; f < count; f++) {
          let sum = 0;
          for (let k = h * width; k < (h + 1) * width; k++)
            sum += from[i * m.outputs + k]! * frequencies[k * count + f]!;
          to[i * outputs + h * count + f] = sum / (2 * Math.PI);
        }
      }
    }
    return to;
  };
  return {
    inputs: m.inputs,
    outputs,
    values: project(m.values, new Float64Array(m.inputs * outputs), m.inputs),
    bias: project(m.bias, new Float64Array(outputs), 1),
  };
}

/** x ∘ γ + β: a private vector is a matrix of one row. */
export const vector = ({ gamma, beta }: NormWeights): Matrix => ({
  inputs: 1,
  outputs: gamma.length,
  values: Float64Array.from(gamma),
  bias: Float64Array.from(beta),
});

/** x ∘ γ + β less β's mean: with `negatedMean` of the same norm, all of (x ∘ γ + β) − mean(x ∘ γ + β). */
export function vectorOfCentredBias(norm: NormWeights): Matrix {
  const m = vector(norm);
  centreRow(m.bias);
  return m;
}

/** −mean(x ∘ γ) as one column. */
export const negatedMean = ({ gamma }: NormWeights): Matrix => ({
  inputs: gamma.length,
  outputs: 1,
  values: Float64Array.from(gamma, (g) => -g / gamma.length),
  bias: new Float64Array(1),
});

function centreRow(row: Float64Array): void {
  const mean = row.reduce((a, b) => a + b, 0) / row.length;
  for (let j = 0; j < row.length; j++) row[j]! -= mean;
}
