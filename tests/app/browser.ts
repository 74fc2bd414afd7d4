/** The harness in a headless browser. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { QUIET } from '../../tools/chromium-flags';
import { findBrowser } from '../../tools/ensure.mjs';

export class Stage {
  private constructor(
    readonly server: ViteDevServer,
    readonly browser: Browser,
    readonly origin: string,
  ) {}

  static async open(): Promise<Stage> {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const server = await createServer({
      root,
      configFile: false,
      publicDir: 'public',
      // A cache of its own: a development server may be using the usual one at the same time.
      cacheDir: 'node_modules/.vite-harness',
      plugins: [react()],
      logLevel: 'error',
      worker: { format: 'es' },
      server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
      optimizeDeps: {
        entries: ['tests/app/harness.html'],
        include: [
          ...['react', 'react-dom/client', 'react/jsx-dev-runtime', 'recharts', 'zustand', 'papaparse'],
          // Of the reader of models, which only a worker imports.
          ...[
            'zod',
            '@noble/hashes/sha2.js',
            '@noble/hashes/utils.js',
            '@huggingface/tokenizers',
            '@petamoriken/float16',
          ],
        ],
      },
    });
    await server.listen();
    const browser = await chromium.launch({ executablePath: findBrowser(), args: QUIET });
    const { port } = server.httpServer!.address() as { port: number };
    return new Stage(server, browser, `http://127.0.0.1:${port}`);
  }

  /** A fresh page that shows the scene. */
  async show(scene: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`${scene}: ${error.message}`));
    await page.goto(`${this.origin}/tests/app/harness.html?scene=${scene}`);
    await page.locator('main h1').waitFor();
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.close();
  }
}
