/** What this browser would compute with; asked once, before any session. */
import { create } from 'zustand';
import { isSoftware } from '../../src/compute/create';

export interface Adapter {
  /** Whether a graphics card computes; undefined until that is known. */
  webgpu: boolean | undefined;
  description: string;
}

interface AdapterState extends Adapter {
  look(): Promise<void>;
}

export const useAdapter = create<AdapterState>((set) => ({
  webgpu: undefined,
  description: 'looking for a graphics card…',
  look: async () => {
    const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
    if (!adapter) {
      set({ webgpu: false, description: 'WebAssembly on the CPU (this browser or page has no WebGPU)' });
      return;
    }
    const { vendor, architecture, description } = adapter.info;
    const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
    // A CPU that pretends to be a graphics card is slower than WebAssembly.
    if (isSoftware(adapter.info)) set({ webgpu: false, description: `WebAssembly on the CPU (${name} is software)` });
    else set({ webgpu: true, description: `WebGPU (${name})` });
  },
}));
