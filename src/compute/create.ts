/**
 * Chooses what computes. Each part is loaded only when it is wanted, so that Node needs to know nothing of WGSL.
 */
import type { Backend } from './backend';
import { CpuBackend } from './cpu/cpu-backend';
import { checkedAgainst } from './self-test';

/** 'cpu' is the kernels in JavaScript: the slowest, and the one that is always there. */
export const BACKEND_PREFERENCES = ['auto', 'webgpu', 'wasm', 'cpu'] as const;
export type BackendPreference = (typeof BACKEND_PREFERENCES)[number];

export interface Choice {
  backend: Backend;
  /** Why it is not something faster or computes in another way, as sentences for a person. */
  notice?: string;
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * 'auto' takes a graphics card, else WebAssembly, else JavaScript, with a notice that says why; whatever else is demanded is given, or an
 * Error is thrown. A graphics adapter in software is a GPU for those who demand one only: WebAssembly is faster. `mostThreads`: for
 * WebAssembly, which takes fewer where there are fewer cores.
 */
export async function createBackend(
  preference: BackendPreference,
  mostThreads = Number.POSITIVE_INFINITY,
): Promise<Choice> {
  if (preference === 'cpu') return { backend: new CpuBackend() };
  if (preference === 'wasm') return { backend: await webAssembly(mostThreads) };
  try {
    return await webGpu(preference === 'webgpu');
  } catch (error) {
    if (preference === 'webgpu') throw error;
    return withoutGpu(reasonOf(error), mostThreads);
  }
}

/** WebAssembly, else JavaScript. `reason`: why no graphics card computes, as the notice says it. */
export async function withoutGpu(reason: string, mostThreads = Number.POSITIVE_INFINITY): Promise<Choice> {
  try {
    return { backend: await webAssembly(mostThreads), notice: `Not on a graphics card: ${reason}.` };
  } catch (error) {
    const notice = `Neither on a graphics card (${reason}) nor in WebAssembly, which is ten times faster: ${reasonOf(error)}.`;
    return { backend: new CpuBackend(), notice };
  }
}

async function webAssembly(mostThreads: number): Promise<Backend> {
  const [{ LEAST_SHARED, WasmBackend }, { possibleThreads }] = await Promise.all([
    import('./wasm/wasm-backend'),
    import('./wasm/helpers'),
  ]);
  const threads = Math.min(mostThreads, possibleThreads());
  const one = () => WasmBackend.create();
  // An engine may compile wrongly, too, and has done so where threads share memory.
  if (threads === 1) return checkedAgainst(new CpuBackend(), await one());
  try {
    const backend = await WasmBackend.create({ threads, leastShared: 0 });
    await checkedAgainst(new CpuBackend(), backend);
    backend.leastShared = LEAST_SHARED;
    return backend;
  } catch {
    return checkedAgainst(new CpuBackend(), await one());
  }
}

async function webGpu(softwareToo: boolean): Promise<Choice> {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) throw new Error('this browser or page has no WebGPU (it needs HTTPS or localhost)');
  const adapter = softwareToo ? undefined : await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter && isSoftware(adapter.info)) {
    throw new Error(
      `the graphics adapter (${adapter.info.description || adapter.info.architecture}) is software, which is slower`,
    );
  }
  const [{ WebGpuBackend }, { chooseWideProduct }] = await Promise.all([
    import('./webgpu/webgpu-backend'),
    import('./webgpu/wide-product'),
  ]);
  const [reference, backend] = [new CpuBackend(), await WebGpuBackend.create(gpu)];
  const notice = await chooseWideProduct(reference, backend);
  return { backend: await checkedAgainst(reference, backend), notice };
}

/** Whether a CPU pretends to be a graphics card. */
export function isSoftware({ vendor, architecture, device, description, isFallbackAdapter }: GPUAdapterInfo): boolean {
  if (isFallbackAdapter) return true;
  return /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(
    [vendor, architecture, device, description].join(' '),
  );
}
