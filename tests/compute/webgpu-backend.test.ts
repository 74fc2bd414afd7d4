/** The WebGPU backend against the CPU backend, in Node. Skips where there is no adapter. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, DeviceLost, type WordCount } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { WebGpuBackend } from '../../src/compute/webgpu/webgpu-backend';
import { nodeGpu } from '../../tools/node-gpu';
import { cases, conform } from './conformance';
import { keystreamVectors } from './rfc8439';

const { gpu, reason } = await nodeGpu();
if (!gpu) console.warn(`WebGPU tests are skipped: ${reason}`);

describe.skipIf(!gpu)('WebGPU backend', async () => {
  if (!gpu) return;
  const backend = await WebGpuBackend.create(gpu);
  afterAll(() => backend.destroy());

  it('has products by digits where WGSL has dot products of bytes', () => {
    const digits = gpu.wgslLanguageFeatures.has('packed_4x8_integer_dot_product');
    expect(backend.wideProducts).toEqual(['ringMatmulWide', ...(digits ? ['ringMatmulDigits'] : [])]);
  });

  it('names its adapter', () => expect(backend.name).toMatch(/^WebGPU \(.+\)$/));

  for (const each of cases) {
    it(`${each.name} gives the bits of the CPU`, () => conform(backend, new CpuBackend(), each));
  }

  describe.runIf(gpu.wgslLanguageFeatures.has('packed_4x8_integer_dot_product'))('by 8-bit digits', () => {
    beforeAll(() => {
      backend.wideProduct = 'ringMatmulDigits';
    });
    afterAll(() => {
      backend.wideProduct = 'ringMatmulWide';
    });

    for (const each of cases.filter(({ name }) => /contract(?!ions)/.test(name))) {
      it(`${each.name} gives the bits of the CPU`, () => conform(backend, new CpuBackend(), each));
    }

    it.each([1, 2] as const)('multiplies two words by %i, a million times without a mistake', async (words) => {
      const [rows, depth, columns] = [1000, 7, 1000];
      const lines = (row: number) => ({ outer: 0, inner: 0, row, column: 1 });
      const multiplied = (on: Backend) => {
        const random = (n: number, width: WordCount, index: number) => {
          const stream = on.keystream(new Uint32Array(8), Uint32Array.of(index, 0, 0), n * width);
          return on.unpack(stream, n, 32 * width);
        };
        const [left, right] = [random(rows * depth, 2, 0), random(depth * columns, words, 1)];
        const out = on.zeros(rows * columns, 2);
        const strides = { left: lines(depth), right: lines(columns), out: lines(columns) };
        on.contract(out, left, right, { outer: 1, inner: 1, rows, depth, columns, ...strides });
        return on.read(out);
      };
      const [found, expected] = [await multiplied(backend), await multiplied(new CpuBackend())];
      expect(expected).toHaveLength(2 * rows * columns);
      expect(expected.filter((word, i) => word !== found[i])).toHaveLength(0);
    });

    it('adds up what is deeper than its sums may grow', async () => {
      // −1 · −1 once for each step. From 16,513 steps on a digit's sum is more than a word.
      const depth = 16_600;
      const ones = backend.upload(new Uint32Array(2 * depth).fill(0xffffffff), 2);
      const out = backend.zeros(1, 2);
      const line = { outer: 0, inner: 0, row: 1, column: 1 };
      const extents = { outer: 1, inner: 1, rows: 1, columns: 1, depth };
      backend.contract(out, ones, ones, { ...extents, left: line, right: line, out: line });
      expect(await backend.read(out)).toEqual(Uint32Array.of(depth, 0));
    });
  });

  for (const { name, key, nonce, words } of keystreamVectors) {
    it(`gives the keystream of RFC 8439, ${name}`, async () => {
      expect(await backend.read(backend.keystream(key, nonce, words.length))).toEqual(words);
    });
  }

  it('refuses a released vector and a stranger', async () => {
    const v = backend.zeros(3, 2);
    expect(() => backend.add(v, new CpuBackend().zeros(3, 2), 2)).toThrow(/another backend/);
    backend.release(v);
    expect(() => backend.add(v, v, 2)).toThrow(/released/);
    await expect(backend.read(v)).rejects.toThrow(/released/);
  });

  it('reads several vectors at once, and uploads into memory that waiting commands use', async () => {
    const sums: Promise<Uint32Array>[] = [];
    for (let round = 0; round < 200; round++) {
      const v = backend.upload(Uint32Array.of(round, 1), 1);
      const w = backend.affine(v, 1n, 1n, 1);
      backend.release(v);
      if (round % 50 === 0) sums.push(backend.read(w));
      backend.release(w);
    }
    expect(await Promise.all(sums)).toEqual([0, 50, 100, 150].map((round) => Uint32Array.of(round + 1, 2)));
  });

  /** A backend and the device behind it. */
  async function exposed(): Promise<{ doomed: WebGpuBackend; device: GPUDevice }> {
    let device: GPUDevice | undefined;
    const adapter = (await gpu!.requestAdapter())!;
    const spy = {
      limits: adapter.limits,
      info: adapter.info,
      requestDevice: async (descriptor?: GPUDeviceDescriptor) => {
        device = await adapter.requestDevice(descriptor);
        return device;
      },
    };
    const doomed = await WebGpuBackend.create({ requestAdapter: async () => spy } as unknown as GPU);
    return { doomed, device: device! };
  }

  it('passes on what the device reports late, which is no loss', async () => {
    const { doomed, device } = await exposed();
    const v = doomed.zeros(5, 1);
    expect(await doomed.read(v)).toEqual(new Uint32Array(5));
    device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    const error = await doomed.read(v).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ message: expect.stringMatching(/device reported/) });
    expect(error).not.toBeInstanceOf(DeviceLost);
    doomed.destroy();
  });

  it('rejects pending and later reads, and throws on later calls, as lost with the device', async () => {
    const { doomed, device } = await exposed();
    const v = doomed.zeros(5, 1);
    const pending = [doomed.read(v), doomed.read(doomed.add(v, v, 1))].map((read) =>
      read.catch((caught: unknown) => caught),
    );
    device.destroy();
    for (const error of await Promise.all(pending)) {
      expect(error).toBeInstanceOf(DeviceLost);
      expect(error).toMatchObject({ message: expect.stringMatching(/lost \(destroyed\)/) });
    }
    await expect(doomed.read(v)).rejects.toBeInstanceOf(DeviceLost);
    expect(() => doomed.add(v, v, 1)).toThrow(DeviceLost);
  });

  it('is destroyed and not lost when its owner destroys it', async () => {
    const { doomed, device } = await exposed();
    const v = doomed.zeros(5, 1);
    const pending = doomed.read(v).catch((caught: unknown) => caught);
    doomed.destroy();
    await device.lost;
    for (const error of [await pending, await doomed.read(v).catch((caught: unknown) => caught)]) {
      expect(error).toMatchObject({ message: expect.stringMatching(/has been destroyed/) });
      expect(error).not.toBeInstanceOf(DeviceLost);
    }
  });
});

describe('without WebGPU', () => {
  it('says so', async () => {
    await expect(WebGpuBackend.create(undefined)).rejects.toThrow(/not available/);
    const none = { requestAdapter: async () => null } as unknown as GPU;
    await expect(WebGpuBackend.create(none)).rejects.toThrow(/no graphics adapter/);
  });
});
