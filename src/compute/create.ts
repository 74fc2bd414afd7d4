/**
 * Chooses what computes. The GPU part is loaded only when it is wanted, so that Node needs to know nothing of WGSL.
 */
import type { Backend } from './backend';
import { CpuBackend } from './cpu/cpu-backend';

const SOFTWARE_NOTICE =
  'This adapter is software, not a graphics card; opening the page with backend=cpu in its address is faster.';

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
    const backend = await WebGpuBackend.create();
    // A software adapter works, and shows that the shaders do; it is just no help.
    const software = /swiftshader|llvmpipe|software|basic render/i.test(backend.name);
    return { backend, notice: software ? SOFTWARE_NOTICE : undefined };
  } catch (error) {
    if (preference === 'webgpu') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { backend: new CpuBackend(), notice: `Computing on the CPU, which is slower: ${reason}.` };
  }
}
