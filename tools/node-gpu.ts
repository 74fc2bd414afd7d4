/**
 * WebGPU in Node: Dawn from npm, on SwiftShader's software Vulkan as Debian's Chromium brings it, or on whatever VK_ICD_FILENAMES says.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const LOADER = '/usr/lib/chromium/libvulkan.so.1';
const KEEP_LOADED = 0x1000; // RTLD_NODELETE

/** Dawn asks for libvulkan.so.1 by name; once Chromium's copy is in the process, that is the one it finds. */
function preloadVulkan(): void {
  try {
    process.dlopen({ exports: {} }, LOADER, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | KEEP_LOADED);
  } catch {
    // Node looks for an addon in it and complains; the library stays.
  }
}

/** The GPU, or the reason why there is none. */
export async function nodeGpu(): Promise<{ gpu: GPU; reason?: undefined } | { gpu?: undefined; reason: string }> {
  try {
    if (!process.env.VK_ICD_FILENAMES && existsSync(DRIVER)) {
      process.env.VK_ICD_FILENAMES = DRIVER;
      preloadVulkan();
    }
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const gpu = create([]);
    return (await gpu.requestAdapter()) ? { gpu } : { reason: 'no adapter (is Chromium with SwiftShader installed?)' };
  } catch (error) {
    return { reason: String(error) };
  }
}
