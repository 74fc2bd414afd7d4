/** The WebAssembly kernels against the formulas in BigInt and, where that is too slow, against the JavaScript kernels. */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { WasmBackend } from '../../src/compute/wasm/wasm-backend';
import { behavesAsBackend } from './behaviour';
import { cases, conform } from './conformance';

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
