/** Every scene of the pages by axe, in both themes, on a wide screen and a narrow one. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe } from 'vitest';
import { SCENE_NAMES } from './scene-names';
import { staged } from './staged';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Rules whose outcome a theme or a width changes. */
const LOOKS = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size'];

async function violations(page: Page, rules?: string[]): Promise<string[]> {
  // Colours that are still changing would be measured as they are. A change that another one replaces is rejected.
  await page.evaluate(async () => {
    const changing = () => document.getAnimations().filter((each) => each instanceof CSSTransition);
    while (changing().length > 0) await Promise.allSettled(changing().map(({ finished }) => finished));
  });
  const { violations } = await page.evaluate(
    (rules) =>
      // Nothing said about the elements where all is well, which are most.
      (window as unknown as { axe: typeof import('axe-core') }).axe.run({
        ...(rules && { runOnly: { type: 'rule', values: rules } }),
        resultTypes: ['violations'],
        preload: false,
      }),
    rules,
  );
  return describeViolations(violations);
}

const describeViolations = (found: AxeResults['violations']): string[] =>
  found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));

describe.concurrent('every scene', () => {
  // Taken in turn: a page that has shown a scene shows the next one much sooner than a new one would.
  const idle: Page[] = [];

  staged.for(SCENE_NAMES)('%s passes axe in both themes and fits a narrow screen', async (scene, { stage, expect }) => {
    const page = idle.pop() ?? (await stage.page());
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });
    await stage.turn(page, scene);
    await page.locator('details').evaluateAll((all) => {
      for (const details of all) (details as HTMLDetailsElement).open = true;
    });
    await page.evaluate(AXE);
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html[data-theme=dark]').waitFor({ state: 'attached' });
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await violations(page, LOOKS)).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    idle.push(page);
  });
});
