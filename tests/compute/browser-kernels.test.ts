/**
 * The same comparison where it counts: the kernels in a browser's own WebGPU. Vite serves the suite as it would serve the app, Chromium
 * runs it headless on its software adapter. Skips where there is no Chromium; CHROMIUM_PATH names another one.
 */

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUIET, SOFTWARE_GPU } from '../../tools/chromium-flags';
import { cases } from './conformance';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const present = existsSync(executablePath);
if (!present) console.warn(`browser kernel tests are skipped: no ${executablePath}`);

const PAGE = `
  import { CpuBackend } from '/src/compute/cpu/cpu-backend.ts';
  import { createBackend } from '/src/compute/create.ts';
  import { conformance } from '/tests/compute/conformance.ts';
  async function run() {
    const { backend } = await createBackend('webgpu');
    return { name: backend.name, ...(await conformance(backend, new CpuBackend())) };
  }
  globalThis.outcome = run().catch((error) => ({ name: '', passed: [], failed: [String(error)] }));
`;

describe.skipIf(!present)('kernels in Chromium', () => {
  let server: ViteDevServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await createServer({
      configFile: false,
      logLevel: 'error',
      server: { port: 0, host: '127.0.0.1', watch: null, hmr: false, ws: false },
      // Found ahead of time; discovering them later would reload the page in the middle of the run.
      optimizeDeps: {
        noDiscovery: true,
        include: ['webgpu-utils', '@petamoriken/float16', '@noble/ciphers/chacha.js'],
      },
      cacheDir: 'node_modules/.vite-browser-kernels',
      plugins: [
        {
          name: 'conformance-page',
          resolveId: (id) => (id === '/conformance-page.ts' ? id : undefined),
          load: (id) => (id === '/conformance-page.ts' ? PAGE : undefined),
          configureServer: ({ middlewares }) => {
            middlewares.use('/conformance.html', (_, response) => {
              response.setHeader('Content-Type', 'text/html');
              response.end('<!doctype html><script type="module" src="/conformance-page.ts"></script>');
            });
          },
        },
      ],
    });
    await server.listen();
    browser = await chromium.launch({ executablePath, args: [...QUIET, ...SOFTWARE_GPU] });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('give the bits of the CPU', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${server.resolvedUrls?.local[0]}conformance.html`);
    await page.waitForFunction('globalThis.outcome', undefined, { timeout: 30_000 }).catch((error) => {
      throw new Error(`the page did not start: ${complaints.join('; ') || error}`);
    });
    const outcome = (await page.evaluate('globalThis.outcome')) as { name: string; passed: string[]; failed: string[] };
    expect(outcome.failed).toEqual([]);
    expect(outcome.name).toMatch(/^WebGPU/);
    expect(outcome.passed).toEqual(cases.map(({ name }) => name));
  });
});
