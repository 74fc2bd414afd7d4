/**
 * Pictures of every scene, to look at: tsx tests/app/shots.ts [FOLDER] [SCENE…]
 */
import { mkdirSync } from 'node:fs';
import { Stage } from './browser';
import { SCENE_NAMES } from './scene-names';

const [folder = 'out/shots', ...wanted] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const stage = await Stage.open();
for (const scene of wanted.length > 0 ? wanted : SCENE_NAMES) {
  for (const width of [1280, 390]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await stage.page({ viewport: { width, height: 900 }, colorScheme });
      await stage.turn(page, scene);
      await page.waitForTimeout(400);
      await page.screenshot({ path: `${folder}/${scene}-${width}-${colorScheme}.png`, fullPage: true });
      await page.context().close();
    }
  }
}
await stage.close();
