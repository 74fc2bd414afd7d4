/** What a person can do; pages call these and read the stores. */
import type { Command } from '../../src/session/messages';
import { useActivity } from '../stores/activity';
import { useCheckpoint } from '../stores/checkpoint';
import { budgetText, canBeOffered, parseBudget, sequenceProblem, sequenceText, useOffer } from '../stores/offer';
import { usePreparation } from '../stores/preparation';
import { useRounds } from '../stores/rounds';
import { type SessionTerms, useSession } from '../stores/session';
import { useTraffic } from '../stores/traffic';
import { useTraining } from '../stores/training';
import { keepPrepared, type Preparing } from './prepare';
import { PartyTab } from './tab';

let party: PartyTab | undefined;
let preparing: Preparing | undefined;

const send = (command: Command) => party?.send(command);

/** Data, settings and model files stay: they outlive a session. */
function forgetSession(): void {
  preparing?.stop();
  preparing = undefined;
  party = undefined;
  useSession.getState().forget();
  usePreparation.getState().forget();
  useTraining.getState().forget();
  useTraffic.getState().forget();
  useRounds.getState().forget();
  useActivity.getState().clear();
  useCheckpoint.getState().set(undefined, undefined);
  useOffer.getState().setOffered(undefined);
}

export function enterSession(terms: SessionTerms): void {
  forgetSession();
  useSession.getState().begin(terms);
  party = new PartyTab(terms);
  if (terms.role === 'data-owner') preparing = keepPrepared(send);
}

/** Ends the session; the ending is shown. */
export const leaveSession = (): void => party?.leave();

/** After an ending: forgets the session, so that a new one can begin. */
export const closeSession = (): void => forgetSession();

export function offerModel(): void {
  const { files, setOffered } = useOffer.getState();
  const numbers = parseBudget(budgetText(useOffer.getState()));
  const mostOfSequence = parseBudget(sequenceText(useOffer.getState()));
  if (!canBeOffered(files) || numbers === undefined || sequenceProblem(files, mostOfSequence)) return;
  const { config, tokenizer, weights, calibration } = files;
  send({ type: 'offer', config, tokenizer, weights, calibration, budget: numbers, mostOfSequence: mostOfSequence! });
  setOffered(numbers);
}

export function changeBudget(): void {
  const { setOffered } = useOffer.getState();
  const numbers = parseBudget(budgetText(useOffer.getState()));
  if (numbers === undefined) return;
  send({ type: 'budget', numbers });
  setOffered(numbers);
}

export const checkAgain = (): void => preparing?.again();

export function startTraining(): void {
  const { prepared } = usePreparation.getState();
  if (!prepared) return;
  useTraining
    .getState()
    .begin(prepared.settings, { estimate: prepared.estimate, before: useTraffic.getState().totals });
  send({ type: 'start' });
}

/** Goes on with the run that is kept. */
export function takeUpTraining(): void {
  const { found } = useCheckpoint.getState();
  if (!found) return;
  useTraining.getState().begin(found.settings);
  send({ type: 'takeUp' });
}

export const forgetCheckpoint = (): void => send({ type: 'forget' });

export function pauseTraining(): void {
  useTraining.getState().setPhase('pausing');
  send({ type: 'pause' });
}

export const resumeTraining = (): void => send({ type: 'resume' });

export function stopTraining(): void {
  useTraining.getState().setPhase('stopping');
  send({ type: 'stop' });
}

/** What an earlier run saved, for texts to be labelled with. */
export async function loadResult(file: File): Promise<void> {
  send({ type: 'load', file: new Uint8Array(await file.arrayBuffer()) });
}

/** Back to the steps, in the same session. */
export const trainAgain = (): void => useTraining.getState().setPhase('setup');

export function classify(texts: string[]): void {
  useTraining.getState().setClassifying();
  send({ type: 'classify', texts });
}
