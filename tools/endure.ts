/** A run in two real tabs that is struck again and again, and what became of it. */
import type { Snapshot } from '../app/automation';
import type { TuningSettings } from '../src/session/settings';
import { type Fault, type Struck, strike } from './faults';
import { ServerProcess } from './server-process';
import { TwoTabs } from './two-tabs';

export interface Blow {
  fault: string;
  /** Generations done when it struck, and when the run had gone on. */
  struckAt: number;
  goneOnAt: number;
  /** Until the pages that had to had noticed, and until another generation was done. */
  noticedMs: number;
  backMs: number;
}

export interface Endured {
  blows: Blow[];
  /** The data owner's page at the end. */
  done: Snapshot;
  /** Checkpoints that its browser keeps by then. */
  kept: number;
}

export interface EndureOptions {
  settings: Partial<Omit<TuningSettings, 'labelWords'>> & { generations: number };
  file: string;
  /** Strikes when so many generations are done. */
  blows: readonly { after: number; fault: Fault }[];
  headless?: boolean;
  /** Ends the run as a person would, once it has gone on after the last blow. Otherwise it has all of its generations. */
  stops?: boolean;
  /** As in Struck. */
  hasty?: boolean;
  onBlow?: (blow: Blow) => void;
}

const GONE: Pick<Snapshot, 'state' | 'ending' | 'returning'> = {
  state: 'none',
  ending: undefined,
  returning: undefined,
};

const FINISH_MS = 30 * 60_000;

/** Rejects where a fault goes unnoticed, or the run does not go on. */
export async function endure({
  settings,
  file,
  blows,
  headless,
  stops,
  hasty,
  onBlow,
}: EndureOptions): Promise<Endured> {
  const server = await ServerProcess.start();
  const tabs = await TwoTabs.open({ settings, server, headless });
  const struck: Struck = { tabs, server, file, hasty };
  const has = (generations: number) => (snapshot: Snapshot) => snapshot.history.length >= generations;
  try {
    await tabs.load({ own: { path: file } });
    await tabs.start();
    const past: Blow[] = [];
    for (const { after, fault } of blows) {
      const before = await tabs.until(tabs.dataOwner, `generation ${after}`, has(after), FINISH_MS);
      const began = performance.now();
      const noticedMs = await strike(fault, struck);
      await fault.mend?.(struck);
      const struckAt = before.history.length;
      // It may have learned on until it was hit.
      const { history } = await tabs.snapshot();
      const back = await tabs.until(
        tabs.dataOwner,
        `the run to go on after: ${fault.name}`,
        has(Math.max(struckAt, history.length) + 2),
        120_000,
      );
      const blow = {
        fault: fault.name,
        struckAt,
        goneOnAt: back.history.length,
        noticedMs,
        backMs: performance.now() - began,
      };
      past.push(blow);
      onBlow?.(blow);
    }
    if (stops) await tabs.dataOwner.getByTestId('stop').click();
    const done = await tabs.until(tabs.dataOwner, 'the end', ({ state }) => state === 'finished', FINISH_MS);
    // A finished run's is removed just afterwards.
    let kept = await tabs.dataOwner.evaluate(countCheckpoints);
    for (let tries = 0; kept > 0 && tries < 50; tries++) {
      await tabs.dataOwner.waitForTimeout(200);
      kept = await tabs.dataOwner.evaluate(countCheckpoints);
    }
    return { blows: past, done, kept };
  } catch (error) {
    const { state, ending, returning } = await tabs.snapshot(tabs.modelOwner).catch(() => GONE);
    const there = ending?.reason ?? returning?.reason ?? state;
    throw new Error(`${(error as Error).message}\n(the model owner’s page: ${there})`);
  } finally {
    await tabs.close();
  }
}

const countCheckpoints = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('secfwt', 1);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const count = opening.result.transaction('checkpoints').objectStore('checkpoints').count();
      count.onsuccess = () => resolve(count.result);
    };
  });
