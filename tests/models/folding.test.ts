/** Folding against what it stands for: norm, map and mean one after the other, on plain numbers. */
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../src/graph/matrix';
import {
  afterNorm,
  angles,
  centred,
  dense,
  negatedMean,
  scaled,
  vector,
  vectorOfCentredBias,
} from '../../src/models/folding';
import { generator } from '../support/random-model';

const [INPUTS, OUTPUTS] = [5, 6];
const random = generator(31);
const floats = (n: number) => Float32Array.from({ length: n }, () => random() - 0.5);
const weight = floats(OUTPUTS * INPUTS);
const bias = floats(OUTPUTS);
const x = Array.from(floats(INPUTS));
const norm = { gamma: floats(INPUTS), beta: floats(INPUTS) };

const map = () => dense(weight, bias);
const apply = ({ inputs, outputs, values, bias }: Matrix, x: number[]): number[] => {
  expect(x).toHaveLength(inputs);
  expect(values).toHaveLength(inputs * outputs);
  return Array.from(bias, (b, j) => x.reduce((sum, v, i) => sum + v * values[i * outputs + j]!, b));
};
/** As PyTorch does it: weights [out, in]. */
const linear = (x: number[]) =>
  Array.from(bias, (b, j) => x.reduce((sum, v, i) => sum + v * weight[j * INPUTS + i]!, b));
const affine = (x: number[]) => x.map((v, i) => v * norm.gamma[i]! + norm.beta[i]!);
const lessMean = (y: number[]) => y.map((v) => v - y.reduce((a, b) => a + b) / y.length);

function near(found: number[], expected: number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 12);
}

describe('folding', () => {
  it('reads a weight stored as [out, in]', () => near(apply(map(), x), linear(x)));

  it('puts γ and β of a norm into the map that reads it', () =>
    near(apply(afterNorm(map(), norm), x), linear(affine(x))));

  it('takes the mean away from what a map writes, also after a norm', () => {
    near(apply(centred(map()), x), lessMean(linear(x)));
    near(apply(centred(afterNorm(map(), norm)), x), lessMean(linear(affine(x))));
  });

  it('scales weight and bias', () =>
    near(
      apply(scaled(map(), 0.25), x),
      linear(x).map((y) => y / 4),
    ));

  it('turns each head by its own frequencies', () => {
    const [heads, width, count] = [2, OUTPUTS / 2, 4];
    const frequencies = floats(heads * width * count);
    const y = linear(x);
    const expected = Array.from({ length: heads * count }, (_, at) => {
      const [h, f] = [Math.floor(at / count), at % count];
      const radians = Array.from(
        { length: width },
        (_, i) => y[h * width + i]! * frequencies[(h * width + i) * count + f]!,
      );
      return radians.reduce((a, b) => a + b) / (2 * Math.PI);
    });
    near(apply(angles(map(), frequencies, heads), x), expected);
  });

  it('makes a residual connection past a norm of a vector and a column', () => {
    const { inputs, outputs, values, bias } = vectorOfCentredBias(norm);
    expect([inputs, outputs]).toEqual([1, INPUTS]);
    const [mean] = apply(negatedMean(norm), x);
    near(
      x.map((v, i) => v * values[i]! + bias[i]! + mean!),
      lessMean(affine(x)),
    );
  });

  it('leaves a vector that nothing is taken from as it is', () => {
    const { values, bias } = vector(norm);
    near(
      x.map((v, i) => v * values[i]! + bias[i]!),
      affine(x),
    );
  });

  it('changes no stored tensor', () => {
    const before = [weight.slice(), bias.slice(), norm.gamma.slice(), norm.beta.slice()];
    centred(scaled(afterNorm(map(), norm), 2));
    vectorOfCentredBias(norm);
    expect([weight, bias, norm.gamma, norm.beta]).toEqual(before);
  });
});
