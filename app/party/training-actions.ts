/** What a data owner can do with what is prepared: train, label, and go on with what was kept. */
import { expectedRun } from '../lib/expected-run';
import { useCheckpoint } from '../stores/checkpoint';
import { usePreparation } from '../stores/preparation';
import { useStock } from '../stores/stock';
import { useTraffic } from '../stores/traffic';
import { bestSoFar, useTraining } from '../stores/training';
import { send } from './current';

export function startTraining(): void {
  const { prepared } = usePreparation.getState();
  if (!prepared) return;
  const run = expectedRun(prepared, useStock.getState().kept);
  useTraining.getState().begin(prepared.settings, { run, before: useTraffic.getState().totals });
  send({ type: 'start' });
}

/** Goes on with the run that is kept. */
export function takeUpTraining(): void {
  const { found } = useCheckpoint.getState();
  if (!found) return;
  useTraining.getState().begin(found.settings);
  send({ type: 'takeUp', orStart: false, paused: false });
}

/** The run that was under way when the session broke off; from its beginning, if it had not come anywhere. */
export function goOn(): void {
  const { wasPaused: paused, setPhase } = useTraining.getState();
  setPhase(paused ? 'pausing' : 'running');
  send({ type: 'takeUp', orStart: true, paused });
}

/** The best so far of a run that will not go on. */
export function finishInterrupted(): void {
  const training = useTraining.getState();
  const best = bestSoFar(training);
  if (training.phase !== 'interrupted') return;
  if (best) training.finish(best);
  else training.setPhase('setup');
}

function load(file: Uint8Array): void {
  useTraining.getState().setLoading(file);
  send({ type: 'load', file });
}

/** What texts were labelled with before. */
export function loadAgain(): void {
  const { file } = useTraining.getState();
  if (file) load(file);
}

export const forgetCheckpoint = (): void => send({ type: 'forget' });

export function pauseTraining(): void {
  useTraining.getState().setPhase('pausing');
  send({ type: 'pause' });
}

export const resumeTraining = (): void => send({ type: 'resume' });

export function stopTraining(): void {
  const { phase, setPhase } = useTraining.getState();
  if (phase === 'interrupted') finishInterrupted();
  else {
    setPhase('stopping');
    send({ type: 'stop' });
  }
}

/** What an earlier run saved, for texts to be labelled with. */
export async function loadResult(file: File): Promise<void> {
  load(new Uint8Array(await file.arrayBuffer()));
}

/** Back to the steps, in the same session. */
export const trainAgain = (): void => useTraining.getState().setPhase('setup');

export function classify(texts: readonly string[]): void {
  send({ type: 'classify', texts: useTraining.getState().beginClassifying(texts) });
}
