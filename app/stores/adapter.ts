/** Whether this browser offers WebGPU; asked once, before any session. */
import { create } from 'zustand';

export interface Adapter {
  webgpu: boolean | undefined;
  description: string;
}

interface AdapterState extends Adapter {
  look(): Promise<void>;
}

const CPU = 'no WebGPU here: the CPU computes, with the same bits, slower';

export const useAdapter = create<AdapterState>((set) => ({
  webgpu: undefined,
  description: 'looking for WebGPU…',
  look: async () => {
    const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
    if (!adapter) {
      set({ webgpu: false, description: CPU });
      return;
    }
    const { vendor, architecture, description } = adapter.info;
    const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
    set({ webgpu: true, description: `WebGPU (${name})` });
  },
}));
