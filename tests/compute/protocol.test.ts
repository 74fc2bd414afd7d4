/** A whole session in WebAssembly, and one of both kinds: the parties' results are those of the JavaScript kernels to the last bit. */
import { expect, it } from 'vitest';
import type { Backend } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { WasmBackend } from '../../src/compute/wasm/wasm-backend';
import { seedFromHex } from '../../src/random/seed';
import { settings, trained } from '../support/session';

const seeds = () => ({ 'data-owner': seedFromHex('03'.repeat(32)), 'model-owner': seedFromHex('04'.repeat(32)) });

/** Losses and prompt, as they are printed: every digit counts. */
async function results(backends: Record<'data' | 'model' | 'dealer', Backend>) {
  const session = await trained({ seeds, backends }, { ...settings, generations: 2 });
  const [result] = session.found();
  if (!result) throw new Error('nothing was found');
  const losses = result.history.map(({ loss, bestLoss }) => [loss, bestLoss]);
  return { losses, prompt: result.file.bytes, final: result.final, baseline: result.baseline };
}

it('gives the same losses, prompt and predictions on every backend', async () => {
  const cpu = await results({ data: new CpuBackend(), model: new CpuBackend(), dealer: new CpuBackend() });
  expect(cpu.losses).toHaveLength(2);
  const wasm = () => WasmBackend.create();
  expect(await results({ data: await wasm(), model: await wasm(), dealer: await wasm() })).toEqual(cpu);
  expect(await results({ data: await wasm(), model: new CpuBackend(), dealer: await wasm() })).toEqual(cpu);
});
