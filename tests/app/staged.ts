/** Tests of pages: one harness a file, and pages that are closed with the test that opened them, whatever runs beside it. */
import type { Page } from 'playwright-core';
import { it, vi } from 'vitest';
import { Stage } from './browser';

interface Fixtures {
  stage: Stage;
  /** Opens a page in a browser profile of its own and shows a scene on it. */
  show(scene: string): Promise<Page>;
}

export const staged = it.extend<Fixtures>({
  stage: [
    async ({ task: _ }, use) => {
      // As Vitest sets it, React would come as for development, several times as slow.
      vi.stubEnv('NODE_ENV', 'production');
      const stage = await Stage.open();
      vi.unstubAllEnvs();
      await use(stage);
      await stage.close();
    },
    { scope: 'file' },
  ],
  async show({ stage }, use) {
    const open: Page[] = [];
    await use(async (scene) => {
      const page = await stage.page();
      open.push(page);
      await stage.turn(page, scene);
      return page;
    });
    await Promise.all(open.map((page) => page.context().close()));
  },
});
