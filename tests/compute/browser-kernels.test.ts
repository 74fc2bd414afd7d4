/**
 * The same comparison where it counts: the kernels in a browser's own WebGPU, and in WebAssembly in a page and in a worker. Vite serves the
 * suite as it would serve the app, Chromium runs it headless on its software adapter. Skips where there is no Chromium; CHROMIUM_PATH names another one.
 */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Browser, chromium } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUIET, SOFTWARE_GPU } from '../../tools/chromium-flags';
import { cases } from './conformance';

const cores = availableParallelism();
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const present = existsSync(executablePath);
if (!present) console.warn(`browser kernel tests are skipped: no ${executablePath}`);

const SUITE = `
  import { CpuBackend } from '/src/compute/cpu/cpu-backend.ts';
  import { createBackend } from '/src/compute/create.ts';
  import { possibleThreads } from '/src/compute/wasm/helpers.ts';
  import { WasmBackend } from '/src/compute/wasm/wasm-backend.ts';
  import { conformance, whenHelped } from '/tests/compute/conformance.ts';
  export async function run(preference) {
    const { backend } = await createBackend(preference);
    return { name: backend.name, ...(await conformance(backend, new CpuBackend())) };
  }
  export async function runOnThreads() {
    const backend = await WasmBackend.create({ threads: possibleThreads(), leastShared: 0 });
    const helped = await whenHelped(backend);
    const outcome = await conformance(backend, new CpuBackend());
    backend.destroy();
    return { name: helped ? backend.name : 'nobody helped', ...outcome };
  }
`;
const WORKER = `
  import { run, runOnThreads } from '/conformance-suite.ts';
  (crossOriginIsolated ? runOnThreads() : run('wasm')).then(postMessage, (error) => postMessage({ name: '', passed: [], failed: [String(error)] }));
`;
const PAGE = `
  import { run } from '/conformance-suite.ts';
  const failed = (error) => ({ name: '', passed: [], failed: [String(error)] });
  globalThis.run = (preference) => run(preference).catch(failed);
  globalThis.runInWorker = () => new Promise((resolve) => {
    const worker = new Worker('/conformance-worker.ts', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(failed(message));
  });
`;
const SCRIPTS: Record<string, string> = {
  '/conformance-suite.ts': SUITE,
  '/conformance-worker.ts': WORKER,
  '/conformance-page.ts': PAGE,
};

const ISOLATION: [string, string][] = [
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Embedder-Policy', 'require-corp'],
];

interface Outcome {
  name: string;
  passed: string[];
  failed: string[];
}

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
          resolveId: (id) => (id.split('?')[0]! in SCRIPTS ? id : undefined),
          load: (id) => SCRIPTS[id.split('?')[0]!],
          configureServer: ({ middlewares }) => {
            // A worker's script says it too, or a page that is isolated does not take it.
            middlewares.use('/conformance-worker.ts', (_, response, next) => {
              response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
              next();
            });
            middlewares.use('/conformance.html', (request, response) => {
              if (request.url?.includes('isolated')) for (const each of ISOLATION) response.setHeader(...each);
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

  it.each([
    ['WebGPU', 'conformance.html', "run('webgpu')", /^WebGPU/],
    ['WebAssembly in a page', 'conformance.html', "run('wasm')", /^WebAssembly$/],
    ['WebAssembly in a worker', 'conformance.html', 'runInWorker()', /^WebAssembly$/],
    ['WebAssembly in an isolated page', 'conformance.html?isolated', "run('wasm')", /^WebAssembly$/],
    [
      'WebAssembly in a worker of an isolated page',
      'conformance.html?isolated',
      'runInWorker()',
      cores > 1 ? /^WebAssembly \(\d threads\)$/ : /^nobody helped$/,
    ],
  ])('%s gives the bits of the CPU', async (_, address, call, name) => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${server.resolvedUrls?.local[0]}${address}`);
    await page.waitForFunction('globalThis.run', undefined, { timeout: 30_000 }).catch((error) => {
      throw new Error(`the page did not start: ${complaints.join('; ') || error}`);
    });
    const outcome = await page.evaluate<Outcome>(call);
    expect(outcome.failed).toEqual([]);
    expect(outcome.name).toMatch(name);
    expect(outcome.passed).toEqual(cases.map((each) => each.name));
    await page.close();
  });
});
