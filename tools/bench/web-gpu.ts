/** WebGPU's backend in Node. */
import { createServer, type ViteDevServer } from 'vite';
import type { WebGpuBackend } from '../../src/compute/webgpu/webgpu-backend';
import { nodeGpu } from '../node-gpu';

/**
 * The GPU's backend, and the server that made it: Vite knows how to import WGSL as text; Node does not. The GPU is held on to, because
 * nothing that it is asked is answered any more once it is collected.
 */
export async function webGpu(
  say: (line: string) => void,
): Promise<{ gpu: GPU; backend: WebGpuBackend; vite: ViteDevServer } | undefined> {
  const { gpu, reason } = await nodeGpu();
  if (!gpu) {
    say(`no WebGPU: ${reason}`);
    return undefined;
  }
  const vite = await createServer({
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false },
  });
  const { WebGpuBackend } = await vite.ssrLoadModule('/src/compute/webgpu/webgpu-backend.ts');
  return { gpu, backend: await WebGpuBackend.create(gpu), vite };
}
