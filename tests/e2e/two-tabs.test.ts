/** The main job as people do it: real browser profiles, real data channels, the server's dealer or a third tab, the built-in model. */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/models/config';
import { answerPosition } from '../../src/models/encode';
import { costOf } from '../../src/mpc/cost';
import { planPass } from '../../src/session/run';
import { importPrompt } from '../../src/tuning/prompt';
import { TwoTabs } from '../../tools/two-tabs';

const settings = {
  method: 'prompt' as const,
  generations: 3,
  population: 4,
  batch: 4,
  heldOut: 8,
  evaluateEvery: 2,
  seed: 1,
};

const threads = availableParallelism() > 1 ? /^WebAssembly \(\d threads\)/ : /^WebAssembly/;

describe('two tabs', () => {
  let tabs: TwoTabs | undefined;
  afterEach(async () => {
    await tabs?.close();
    tabs = undefined;
  });

  // On a GPU in software a sequence takes twenty times as long; so few of them, and no notes to measure by, show the same.
  const few = { ...settings, generations: 2, population: 2, batch: 2, heldOut: 4 };
  const alone = { own: { path: 'public/samples/patient-feedback.csv' } };

  it.each([
    ['webgpu', /^WebGPU/, few, alone],
    ['auto', threads, settings, alone],
  ] as const)(
    'tune the built-in model on %s: curve, prompt and bytes are as they should be',
    async (backend, expected, settings, data) => {
      const { generations, population, batch } = settings;
      tabs = await TwoTabs.open({ backend, settings });
      await tabs.load(data);
      await tabs.start();
      const done = await tabs.until(tabs.dataOwner, 'training', ({ state }) => state === 'finished', 240_000);
      expect(done.adapter).toMatch(expected);
      expect(done.history.map(({ generation }) => generation)).toEqual([1, 2, 3].slice(0, generations));
      for (const { loss, bestLoss } of done.history) expect(bestLoss).toBeLessThanOrEqual(loss);

      const config = parseConfig(readFileSync('public/models/tiny/config.json', 'utf8'));
      const { promptTokens, tokens } = done.settings!;
      const shape = { slots: promptTokens, tokens, answer: answerPosition(promptTokens), columns: 2 };
      const plan = planPass(config, shape, { candidates: population, texts: batch });
      const { toModelOwner, toDataOwner, dealt, rounds } = costOf(plan);
      for (const record of done.history) {
        expect(record.bytes).toEqual({ toModelOwner, toDataOwner, dealt });
        expect(record.rounds).toBe(rounds);
      }
      const other = await tabs.snapshot(tabs.modelOwner);
      expect(other.totals).toEqual(done.totals);

      // A row for the untuned prompt and for every generation in what is drawn.
      const loss = tabs.dataOwner.getByTestId('loss-chart');
      await loss.locator('canvas').waitFor();
      await loss.locator('summary').click();
      await loss.locator('table').waitFor();
      expect(await loss.locator('tbody tr').count()).toBe(1 + generations);
      const prompt = importPrompt(await tabs.download('download-prompt'));
      expect([prompt.tokens, prompt.hidden]).toEqual([promptTokens, config.hidden_size]);
      expect(prompt.prompt.every(Number.isFinite)).toBe(true);
      const csv = new TextDecoder().decode(await tabs.download('download-history-csv'));
      expect(csv.trim().split('\n')).toHaveLength(1 + generations);

      // Line breaks do not part a text.
      const text = 'the nurse was kind\nand quick';
      await tabs.dataOwner.getByTestId('classify-input').fill(text);
      await tabs.dataOwner.getByTestId('classify-run').click();
      await tabs.dataOwner.getByTestId('classification').waitFor({ timeout: 60_000 });
      expect((await tabs.snapshot()).classifications.map((labelled) => labelled.text)).toEqual([text]);
    },
    400_000,
  );

  it("take a third tab's randomness, and a closed page is noticed with what there is kept", async () => {
    tabs = await TwoTabs.open({ backend: 'cpu', dealer: 'tab', settings: { ...few, generations: 500 } });
    await tabs.load(alone);
    // Its line can be measured by the model owner alone, who tells.
    await tabs.until(
      tabs.dataOwner,
      'the dealer’s line',
      ({ fromDealer }) => Object.values(fromDealer).length === 2,
      60_000,
    );
    await tabs.start();
    const first = ({ history }: { history: unknown[] }) => history.length >= 1;
    const { adapter } = await tabs.until(tabs.dataOwner, 'a generation', first, 120_000);
    expect(adapter).toBe('CPU');
    const dealer = await tabs.snapshot(tabs.dealer!);
    expect(dealer.totals!.bytes.dealt).toBeGreaterThan(0);

    await tabs.modelOwner.close();
    await tabs.dataOwner.getByTestId('returning-reason').waitFor({ timeout: 15_000 });
    expect(await tabs.dataOwner.getByTestId('returning-reason').textContent()).toMatch(/model owner/);
    const saved = importPrompt(await tabs.download('download-prompt'));
    expect(saved.prompt.length).toBeGreaterThan(0);

    // The dealer waits as well, until people stop waiting: then what there is is the result.
    await tabs.dealer!.getByTestId('returning-reason').waitFor({ timeout: 15_000 });
    await tabs.dataOwner.getByTestId('stop-returning').click();
    await tabs.dataOwner.getByTestId('ended-reason').waitFor({ timeout: 15_000 });
    expect(importPrompt(await tabs.download('download-prompt')).prompt).toEqual(saved.prompt);
  }, 400_000);
});
