/** Which of several kernels for products of two-word elements a GPU's backend is left with. */
import { describe, expect, it, vi } from 'vitest';
import type { Contraction, Vector } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { chooseWideProduct, type WideMultiplier, type WideProduct } from '../../src/compute/webgpu/wide-product';

type Fault = 'slow' | 'wrong';

/** The CPU with two kernels, one or both of them slow, or wrong in one word. */
class Chooser extends CpuBackend implements WideMultiplier {
  wideProduct: WideProduct = 'ringMatmulWide';
  readonly calls: WideProduct[] = [];

  constructor(
    private readonly faults: Partial<Record<WideProduct, Fault>>,
    readonly wideProducts: readonly WideProduct[] = ['ringMatmulWide', 'ringMatmulDigits'],
  ) {
    super();
  }

  override contract(out: Vector, left: Vector, right: Vector, shape: Contraction): void {
    this.calls.push(this.wideProduct);
    const fault = this.faults[this.wideProduct];
    const until = performance.now() + 25;
    while (fault === 'slow' && performance.now() < until);
    super.contract(out, left, right, fault === 'wrong' ? { ...shape, depth: shape.depth - 1 } : shape);
  }
}

describe('chooseWideProduct', () => {
  it.each([
    [{ ringMatmulDigits: 'slow' }, 'ringMatmulWide', undefined],
    [{ ringMatmulWide: 'slow' }, 'ringMatmulDigits', undefined],
    [{ ringMatmulDigits: 'wrong' }, 'ringMatmulWide', /multiplies 8-bit digits wrongly and is left to multiply words/],
    [{ ringMatmulWide: 'wrong', ringMatmulDigits: 'slow' }, 'ringMatmulDigits', /multiplies words wrongly/],
  ] satisfies [Partial<Record<WideProduct, Fault>>, WideProduct, RegExp | undefined][])(
    'where they are %o takes %s',
    async (faults, product, notice) => {
      const subject = new Chooser(faults);
      const said = await chooseWideProduct(new CpuBackend(), subject);
      expect(subject.wideProduct).toBe(product);
      if (notice) expect(said).toMatch(notice);
      else expect(said).toBeUndefined();
    },
  );

  it('destroys a backend of which every kernel is wrong', async () => {
    const subject = new Chooser({ ringMatmulWide: 'wrong', ringMatmulDigits: 'wrong' });
    const destroy = vi.spyOn(subject, 'destroy');
    await expect(chooseWideProduct(new CpuBackend(), subject)).rejects.toThrow(
      'CPU computes wrongly (products of words and of 8-bit digits)',
    );
    expect(destroy).toHaveBeenCalled();
  });

  it('times nothing where there is one', async () => {
    const subject = new Chooser({}, ['ringMatmulWide']);
    expect(await chooseWideProduct(new CpuBackend(), subject)).toBeUndefined();
    expect(subject.calls).toEqual(['ringMatmulWide', 'ringMatmulWide']);
  });
});
