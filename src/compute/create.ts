/**
 * Chooses what computes. The GPU part is loaded only when it is wanted, so that Node needs to know nothing of WGSL.
 */
import type { Backend } from './backend';
import { CpuBackend } from './cpu/cpu-backend';

/**
 * 'auto' takes the GPU and falls back to the CPU with a notice for the person, saying why; 'webgpu' throws instead.
 */
export async function createBackend(
  preference: 'auto' | 'webgpu' | 'cpu',
): Promise<{ backend: Backend; notice?: string }> {
  if (preference === 'cpu') return { backend: new CpuBackend() };
  try {
    if (!globalThis.navigator?.gpu) throw new Error('this browser or page has no WebGPU (it needs HTTPS or localhost)');
    const { WebGpuBackend } = await import('./webgpu/webgpu-backend');
    return { backend: await WebGpuBackend.create() };
  } catch (error) {
    if (preference === 'webgpu') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { backend: new CpuBackend(), notice: `Computing on the CPU, which is slower: ${reason}.` };
  }
}
