/** Which backend is chosen, and what a person is told about it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { createBackend, isSoftware } from '../../src/compute/create';
import { checkedAgainst } from '../../src/compute/self-test';
import { WasmBackend } from '../../src/compute/wasm/wasm-backend';

beforeEach(() => void vi.resetModules());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const info = (description: string) => ({ vendor: '', architecture: '', device: '', description }) as GPUAdapterInfo;
const offer = (description: string) =>
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => ({ info: info(description) }) } });

describe('createBackend', () => {
  it('takes WebAssembly where there is no WebGPU, saying why, unless WebGPU was demanded', async () => {
    const { backend, notice } = await createBackend('auto');
    expect(backend.name).toMatch(/^WebAssembly/);
    expect(notice).toMatch(/Not on a graphics card: .*no WebGPU/);
    await expect(createBackend('webgpu')).rejects.toThrow(/no WebGPU/);
  });

  it('gives what is demanded without a word', async () => {
    expect(await createBackend('cpu')).toMatchObject({ backend: { name: 'CPU' } });
    expect(await createBackend('wasm')).toMatchObject({ backend: { name: expect.stringMatching(/^WebAssembly/) } });
    expect((await createBackend('wasm')).notice).toBeUndefined();
  });

  it('never picks a software adapter on its own', async () => {
    offer('SwiftShader Device (LLVM 16)');
    const { backend, notice } = await createBackend('auto');
    expect(backend.name).toMatch(/^WebAssembly/);
    expect(notice).toMatch(/SwiftShader.*software/);
  });

  it('goes on where the graphics card fails', async () => {
    offer('A Card');
    const { backend, notice } = await createBackend('auto');
    expect(backend.name).toMatch(/^WebAssembly/);
    expect(notice).toMatch(/^Not on a graphics card: /);
  });

  it('takes JavaScript where there is no WebAssembly, and throws where that was demanded', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const fresh = await import('../../src/compute/create');
    const { backend, notice } = await fresh.createBackend('auto');
    expect(backend.name).toBe('CPU');
    expect(notice).toMatch(/Neither on a graphics card \(.*no WebGPU.*\) nor in WebAssembly.*no WebAssembly/);
    await expect(fresh.createBackend('wasm')).rejects.toThrow(/no WebAssembly/);
  });

  it('starts threads once: those that proved themselves go on, for large products alone', async () => {
    const { LEAST_SHARED, WasmBackend } = await import('../../src/compute/wasm/wasm-backend');
    const create = vi.spyOn(WasmBackend, 'create');
    const { backend } = await createBackend('wasm', 2);
    expect(create.mock.calls).toHaveLength(1);
    expect(backend).toMatchObject({ name: 'WebAssembly (2 threads)', leastShared: LEAST_SHARED });
  });

  it('goes on with one thread where several compute wrongly', async () => {
    const { WasmBackend } = await import('../../src/compute/wasm/wasm-backend');
    const create = WasmBackend.create.bind(WasmBackend);
    const asked: number[] = [];
    vi.spyOn(WasmBackend, 'create').mockImplementation(async (options = {}) => {
      asked.push(options.threads ?? 1);
      const backend = await create();
      if (asked.length > 1) return backend;
      const { affine } = backend;
      return Object.assign(backend, {
        affine: (...[a, factor, offset, words]: Parameters<typeof affine>) =>
          affine.call(backend, a, factor, offset + 1n, words),
      });
    });
    const { backend } = await createBackend('wasm', 2);
    expect(asked).toEqual([2, 1]);
    expect(backend.name).toBe('WebAssembly');
  });

  it('says so where WebAssembly has no SIMD', async () => {
    const compile = vi.spyOn(WebAssembly, 'compile');
    compile.mockRejectedValue(new WebAssembly.CompileError('invalid opcode 0xfd'));
    const fresh = await import('../../src/compute/create');
    await expect(fresh.createBackend('wasm')).rejects.toThrow(/SIMD.*invalid opcode/);
  });
});

describe('isSoftware', () => {
  it.each(['SwiftShader Device (Subzero)', 'llvmpipe (LLVM 17)', 'Microsoft Basic Render Driver'])('%s is', (name) =>
    expect(isSoftware(info(name))).toBe(true),
  );
  it.each(['NVIDIA GeForce RTX 4090', 'Apple M2', 'Intel(R) Iris(R) Xe'])('%s is not', (name) =>
    expect(isSoftware(info(name))).toBe(false),
  );
});

describe('checkedAgainst', () => {
  it('passes a backend that gives the same bits', async () => {
    const subject = await WasmBackend.create();
    expect(await checkedAgainst(new CpuBackend(), subject)).toBe(subject);
  });

  it('refuses and destroys one whose products are missing', async () => {
    const subject = new CpuBackend();
    const destroy = vi.spyOn(subject, 'destroy');
    vi.spyOn(subject, 'contract').mockImplementation(() => {});
    await expect(checkedAgainst(new CpuBackend(), subject)).rejects.toThrow(/CPU computes wrongly/);
    expect(destroy).toHaveBeenCalled();
  });

  it.each(['keystream', 'unpack', 'extract', 'multiply', 'affine', 'pack', 'trigonometricTables', 'gate'] as const)(
    'refuses and destroys one whose %s has one wrong bit',
    async (verb) => {
      const subject = new CpuBackend();
      const destroy = vi.spyOn(subject, 'destroy');
      const broken = new Proxy<Backend>(subject, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (typeof value !== 'function') return value;
          if (key !== verb) return value.bind(target);
          return (...args: unknown[]) => {
            const v = value.apply(target, args);
            const bit = target.upload(Uint32Array.of(1, 0), 2);
            const last = target.upload(
              Uint32Array.from({ length: v.n }, (_, i) => Number(i === v.n - 1)),
              1,
            );
            return target.add(v, target.multiply(last, bit, 1), v.words);
          };
        },
      });
      await expect(checkedAgainst(new CpuBackend(), broken)).rejects.toThrow(/CPU computes wrongly/);
      expect(destroy).toHaveBeenCalled();
    },
  );
});
