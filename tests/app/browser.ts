/** The harness in a headless browser. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { QUIET } from '../../tools/chromium-flags';
import { findBrowser } from '../../tools/ensure.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export class Stage {
  private constructor(
    private readonly outDir: string,
    private readonly server: PreviewServer,
    private readonly browser: Browser,
    private readonly origin: string,
  ) {}

  /** Bundles the harness, because a development server would hand every page hundreds of files, and serves it. */
  static async open(): Promise<Stage> {
    const outDir = mkdtempSync(join(tmpdir(), 'harness-'));
    const shared = { root: ROOT, configFile: false, publicDir: 'public', logLevel: 'error' } as const;
    await build({
      ...shared,
      plugins: [react()],
      worker: { format: 'es' },
      build: {
        ...{ outDir, emptyOutDir: true, target: 'es2023', minify: false, modulePreload: false },
        rollupOptions: { input: join(ROOT, 'tests/app/harness.html') },
        chunkSizeWarningLimit: Number.POSITIVE_INFINITY,
      },
    });
    const server = await preview({ ...shared, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
    const browser = await chromium.launch({ executablePath: findBrowser(), args: QUIET });
    const { port } = server.httpServer.address() as { port: number };
    return new Stage(outDir, server, browser, `http://127.0.0.1:${port}`);
  }

  /** A page of a browser profile of its own, with nothing on it yet. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`${page.url()}: ${error.message}`));
    return page;
  }

  async turn(page: Page, scene: string): Promise<void> {
    await page.goto(`${this.origin}/tests/app/harness.html?scene=${scene}`);
    await page.locator('main h1').waitFor();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.close();
    rmSync(this.outDir, { recursive: true });
  }
}
