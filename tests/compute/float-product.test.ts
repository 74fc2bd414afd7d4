/** The plaintext reference's product in WebAssembly against the loop. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFloatProduct } from '../../src/compute/wasm/float-product';
import { loopProduct, type Product, type ProductShape } from '../../src/graph/product';
import { generator } from '../support/random-model';

const random = generator(31);
const values = (n: number) => Float64Array.from({ length: n }, () => random() * 2 - 1);

/** A product of random operands by both, added to the same values. */
function both(product: Product, shape: ProductShape): [found: Float64Array, expected: Float64Array] {
  const { rows, depth, columns } = shape;
  const [x, w, found] = [values(rows * depth), values(depth * columns), values(rows * columns)];
  const expected = found.slice();
  product(found, x, w, shape);
  loopProduct(expected, x, w, shape);
  return [found, expected];
}

describe('the float64 product in WebAssembly', async () => {
  const product = await createFloatProduct();

  it('is not the loop where there is SIMD', () => expect(product).not.toBe(loopProduct));

  it('has the loop’s results for every shape, one after the other in the same memory', () => {
    const side = fc.integer({ min: 0, max: 70 });
    fc.assert(
      fc.property(side, fc.integer({ min: 0, max: 600 }), side, (rows, depth, columns) => {
        const [found, expected] = both(product, { rows, depth, columns });
        expect(found).toEqual(expected);
      }),
    );
  });

  it.each([
    [1, 1, 1],
    [1, 384, 3],
    [129, 257, 5],
    [64, 256, 4],
    [67, 1000, 390],
  ])('has them for %i rows, a depth of %i and %i columns', (rows, depth, columns) => {
    const [found, expected] = both(product, { rows, depth, columns });
    expect(found).toEqual(expected);
  });

  it.each([
    ['the result', [7, 6, 12]],
    ['the left operand', [8, 5, 12]],
    ['the right operand', [8, 6, 11]],
  ] as const)('names %s when it does not fit', (name, [out, x, w]) => {
    const call = (by: Product) => () => by(values(out), values(x), values(w), { rows: 2, depth: 3, columns: 4 });
    for (const by of [product, loopProduct]) expect(call(by)).toThrow(name);
  });
});

describe('without WebAssembly', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('is the loop', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(await createFloatProduct()).toBe(loopProduct);
  });
});
