/** The WebAssembly kernels against the formulas in BigInt and, where that is too slow, against the JavaScript kernels. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { possibleThreads } from '../../src/compute/wasm/helpers';
import { WasmBackend } from '../../src/compute/wasm/wasm-backend';
import { behavesAsBackend } from './behaviour';
import { cases, conform, whenHelped } from './conformance';

describe('WebAssembly backend', async () => {
  const backend = await WasmBackend.create();

  behavesAsBackend(backend);

  for (const each of cases) {
    it(`${each.name} gives the bits of the CPU`, () => conform(backend, new CpuBackend(), each));
  }

  it('refuses a stranger, and everything once it is destroyed', async () => {
    const other = await WasmBackend.create();
    const v = other.zeros(3, 2);
    expect(() => backend.add(backend.zeros(3, 2), v, 2)).toThrow(/another backend/);
    other.destroy();
    expect(() => other.affine(v, 1n, 1n, 2)).toThrow(/destroyed/);
    expect(() => other.zeros(1, 1)).toThrow(/destroyed/);
    await expect(other.read(v)).rejects.toThrow(/destroyed/);
  });
});

describe('WebAssembly backend with helper threads', async () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  // Whatever the size of a product, so that parts of a few rows are met too.
  const shared = { threads: 3, leastShared: 0 };
  const backend = await WasmBackend.create(shared);
  const contractions = cases.filter(({ name }) => /contract/.test(name));

  it('has them take part', async () => {
    expect(backend.name).toBe('WebAssembly (3 threads)');
    expect(await whenHelped(backend)).toBe(true);
    expect(contractions.length).toBeGreaterThan(2);
  });

  it.each(contractions)('$name gives the bits of the CPU', async (each) => {
    // Who computes which part is another each time.
    for (let round = 0; round < 3; round++) await conform(backend, new CpuBackend(), each);
  });

  it('leaves small products to one thread', async () => {
    const usual = await WasmBackend.create({ threads: 2 });
    for (let i = 0; i < 3; i++) {
      const before = usual.helped;
      await conform(usual, new CpuBackend(), cases.find(({ name }) => name === 'contract')!);
      expect(usual.helped).toBe(before);
    }
    expect(await whenHelped(usual)).toBe(true);
    usual.destroy();
  });

  it('ends them, asleep as they are, when it is destroyed', async () => {
    const other = await WasmBackend.create(shared);
    expect(await whenHelped(other)).toBe(true);
    const terminate = vi.spyOn(Worker.prototype, 'terminate');
    other.destroy();
    expect(terminate).toHaveBeenCalledTimes(2);
    await Promise.all(terminate.mock.results.map(({ value }) => value));
  });

  it('is on one thread where no memory can be shared', async () => {
    class Unshared extends WebAssembly.Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        if (descriptor.shared) throw new RangeError('no shared memory');
        super(descriptor);
      }
    }
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(Unshared as never);
    const alone = await WasmBackend.create(shared);
    expect(alone.name).toBe('WebAssembly');
    expect(alone.helped).toBe(0);
  });

  it('may have four at most, and one in a page that is not isolated', () => {
    expect(possibleThreads()).toBeGreaterThan(0);
    expect(possibleThreads()).toBeLessThan(5);
    vi.stubGlobal('crossOriginIsolated', false);
    expect(possibleThreads()).toBe(1);
  });
});
