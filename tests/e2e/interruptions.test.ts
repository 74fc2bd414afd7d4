/** Faults at every other time of a session than while it learns: before it starts, in its set-up, while it measures, pauses or labels. */
import { afterEach, describe, expect, it } from 'vitest';
import { FAULTS, type Fault, type Struck, strike } from '../../tools/faults';
import { ServerProcess } from '../../tools/server-process';
import { TwoTabs } from '../../tools/two-tabs';

const file = 'public/samples/patient-feedback.csv';
const settings = { method: 'prompt' as const, population: 2, batch: 2, heldOut: 8, evaluateEvery: 10, seed: 1 };

const named = (part: string): Fault => {
  const fault = FAULTS.find(({ name }) => name.includes(part));
  if (!fault) throw new Error(`no fault is called ${part}`);
  return fault;
};

describe('a fault', () => {
  let struck: Struck | undefined;
  afterEach(async () => {
    await struck?.tabs.close();
    struck = undefined;
  });

  async function open(generations = 6): Promise<Struck> {
    const server = await ServerProcess.start();
    const tabs = await TwoTabs.open({ server, settings: { ...settings, generations, patience: generations } });
    struck = { tabs, server, file, hasty: true };
    return struck;
  }

  it('between meeting and starting costs nothing: all meet again, with data and settings as they were', async () => {
    const { tabs } = await open();
    await tabs.load({ own: { path: file } });
    await strike(named('model owner’s page is loaded anew'), struck!);
    await tabs.until(
      tabs.dataOwner,
      'what was prepared to be so again',
      ({ state, preparation }) => state === 'ready' && preparation.status === 'prepared',
      60_000,
    );
  }, 200_000);

  it('in the set-up, while measuring and while labelling is survived as well, and a pause stays one', async () => {
    const { tabs } = await open();
    const { dataOwner } = tabs;
    await tabs.load({ own: { path: file } });
    await tabs.start();
    // Before anything is kept: the run begins again.
    await tabs.until(dataOwner, 'the run', ({ state }) => state === 'running', 30_000);
    await strike(named('the server is killed'), struck!);
    await struck!.server.restart();
    await tabs.until(dataOwner, 'a generation', ({ history }) => history.length >= 1, 120_000);

    await dataOwner.getByTestId('pause').click();
    await tabs.until(dataOwner, 'the pause', ({ state }) => state === 'paused', 60_000);
    const { history } = await tabs.snapshot();
    await strike(named('model owner’s page is loaded anew'), struck!);
    const paused = await tabs.until(dataOwner, 'the pause again', ({ state }) => state === 'paused', 120_000);
    expect(paused.history).toHaveLength(history.length);
    await dataOwner.getByTestId('resume').click();

    const measuring = ({ activity, history }: { activity?: { label: string }; history: unknown[] }) =>
      history.length === 6 && /Evaluating/.test(activity?.label ?? '');
    const measured = tabs.until(
      dataOwner,
      'the last measurement',
      (snapshot) => measuring(snapshot) || snapshot.state === 'finished',
      120_000,
    );
    if ((await measured).state !== 'finished') await strike(named('model owner’s page is loaded anew'), struck!);
    const done = await tabs.until(dataOwner, 'the end', ({ state }) => state === 'finished', 120_000);
    expect(done.history.map(({ generation }) => generation)).toEqual([1, 2, 3, 4, 5, 6]);

    await dataOwner.getByTestId('classify-input').fill('the nurse was kind\n\n'.repeat(40));
    await dataOwner.getByTestId('classify-run').click();
    await strike(named('model owner’s page is loaded anew'), struck!);
    await tabs.until(dataOwner, 'all to meet again', ({ state }) => state === 'finished', 120_000);
    // The texts are where they were, and what was tuned still labels them.
    await dataOwner.getByTestId('classify-run').click();
    await dataOwner.getByTestId('classification').first().waitFor({ timeout: 60_000 });
  }, 400_000);

  it('of the browser’s store is said, and the run goes on', async () => {
    const { tabs } = await open(2);
    // Drivers can't fill a private window's disk; a database of a version that this page does not know refuses all the same.
    await tabs.dataOwner.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open('secfwt', 99);
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => resolve(opening.result.close());
        }),
    );
    await tabs.load({ own: { path: file } });
    await tabs.start();
    await tabs.dataOwner.getByText('This run is not kept').waitFor({ timeout: 60_000 });
    const done = await tabs.until(tabs.dataOwner, 'the end', ({ state }) => state === 'finished', 120_000);
    expect(done.history).toHaveLength(2);
  }, 200_000);
});
