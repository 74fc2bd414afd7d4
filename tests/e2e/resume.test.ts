/** A run survives its tab: the data owner's is reloaded in the middle, both meet again under the same code, and it goes on. */
import { afterEach, describe, expect, it } from 'vitest';
import { TwoTabs } from '../../tools/two-tabs';

const settings = {
  method: 'prompt' as const,
  generations: 12,
  population: 4,
  batch: 4,
  heldOut: 8,
  evaluateEvery: 3,
  seed: 1,
};

const file = 'public/samples/patient-feedback.csv';

describe('a tab that is reloaded in the middle of a run', () => {
  let tabs: TwoTabs | undefined;
  afterEach(async () => {
    await tabs?.close();
    tabs = undefined;
  });

  it('goes on where it stopped, with no gap in the history, and nothing is left on the disk then', async () => {
    tabs = await TwoTabs.open({ settings });
    const { dataOwner, modelOwner } = tabs;
    await tabs.load({ file });
    await tabs.start();
    await tabs.until(dataOwner, 'generations', ({ history }) => history.length >= 2, 120_000);

    dataOwner.on('dialog', (dialog) => void dialog.accept());
    await dataOwner.reload();
    await modelOwner.getByTestId('returning-reason').waitFor({ timeout: 5500 });
    // The model owner waits and offers again without being told to.
    await tabs.until(dataOwner, 'all to meet again', ({ state }) => state === 'ready', 60_000);
    await dataOwner.getByTestId('kept-run').waitFor({ timeout: 10_000 });
    expect(await dataOwner.getByTestId('take-up').isDisabled()).toBe(true);
    await tabs.load({ file });
    await dataOwner.getByTestId('take-up').click();
    const done = await tabs.until(dataOwner, 'training', ({ state }) => state === 'finished', 240_000);
    expect(done.history.map(({ generation }) => generation)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    // Of this session are only those that were left.
    expect(done.passes.filter(({ sequences }) => sequences === 16).length).toBeLessThanOrEqual(10);
    const kept = await dataOwner.evaluate(
      () =>
        new Promise<number>((resolve, reject) => {
          const opening = indexedDB.open('secfwt', 1);
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const count = opening.result.transaction('checkpoints').objectStore('checkpoints').count();
            count.onsuccess = () => resolve(count.result);
          };
        }),
    );
    expect(kept).toBe(0);
  }, 400_000);
});
