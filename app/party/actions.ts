/** What a person can do; pages call these and read the stores. */
import type { Command } from '../../src/session/messages';
import { openedUnder } from '../lib/opened';
import { forgetPresence, presenceIn, rememberPresence } from '../lib/presence';
import { useActivity } from '../stores/activity';
import { useCheckpoint } from '../stores/checkpoint';
import { useDistance } from '../stores/distance';
import { budgetText, canBeOffered, parseBudget, sequenceProblem, sequenceText, useOffer } from '../stores/offer';
import { usePreparation } from '../stores/preparation';
import { useRounds } from '../stores/rounds';
import { type Returning, type SessionTerms, useSession } from '../stores/session';
import { useStock } from '../stores/stock';
import { useTraffic } from '../stores/traffic';
import { bestSoFar, useTraining } from '../stores/training';
import { keepPrepared, type Preparing } from './prepare';
import { type KeepsReturning, keepReturning } from './returning';
import { PartyTab } from './tab';

let party: PartyTab | undefined;
let preparing: Preparing | undefined;
let returning: KeepsReturning | undefined;
/** The running connection was offered a model. */
let isOffering = false;

const send = (command: Command) => party?.send(command);

/** What belongs to one connection of the three. */
function forgetConnection(): void {
  preparing?.stop();
  preparing = undefined;
  party = undefined;
  usePreparation.getState().forget();
  useTraffic.getState().forget();
  useRounds.getState().forget();
  useActivity.getState().clear();
  useCheckpoint.getState().set(undefined, undefined);
  useDistance.getState().forget();
  useStock.getState().forget();
}

/** Data, settings, model files and results stay: they outlive a session. */
function forgetSession(): void {
  returning?.stop();
  returning = undefined;
  forgetConnection();
  useSession.getState().forget();
  useOffer.getState().setOffered(undefined);
}

/** Where this page was in the session before it was loaded anew, the others are waited for, and its model is offered again. */
export function enterSession(terms: SessionTerms): void {
  forgetSession();
  useSession.getState().begin(terms);
  const { role, key } = terms;
  const before = presenceIn(terms);
  if (role === 'model-owner') useOffer.getState().setUsed(key === undefined ? 0 : openedUnder(key));
  if (before?.offered) useOffer.getState().offerAgain(before.offered);
  connectAs(terms, before !== undefined);
  const acts = { meetAgain, goOn, offerAgain, loadAgain, finish: finishInterrupted };
  returning = keepReturning(acts, before !== undefined);
}

function connectAs(terms: SessionTerms, patient: boolean, afterMs = 0): void {
  isOffering = false;
  party = new PartyTab(terms, { patient, afterMs, onEnded: () => returning?.ended() });
  if (terms.role === 'data-owner') preparing = keepPrepared(send);
}

/** A session that broke off, once more. */
function meetAgain(broken: Returning, afterMs: number): void {
  const { terms } = useSession.getState();
  if (!terms) return;
  forgetConnection();
  useSession.getState().begin(terms, broken);
  connectAs(terms, true, afterMs);
}

/** Ends the session for want of an answer from this tab's own computation; another one goes on. */
export const restartComputation = (): void => party?.giveUpWorker();

/** Ends the session, or waiting for the others to meet again; the ending is shown, and what is there stays to be saved. */
export const leaveSession = (): void => party?.leave();

/** After an ending: forgets the session and what came of it, so that another one can begin. */
export function closeSession(): void {
  forgetPresence();
  forgetSession();
  useTraining.getState().forget();
}

export function offerModel(): void {
  const { files, offered, setOffered, setUsed } = useOffer.getState();
  const { terms } = useSession.getState();
  // A session that broke off has the budget that was agreed to, not one that is being typed.
  const numbers = offered ?? parseBudget(budgetText(useOffer.getState()));
  const mostOfSequence = parseBudget(sequenceText(useOffer.getState()));
  if (!canBeOffered(files) || numbers === undefined || sequenceProblem(files, mostOfSequence)) return;
  const { config, tokenizer, weights, calibration } = files;
  // Who joined by a typed code has the key by now.
  const used = terms?.key === undefined ? 0 : openedUnder(terms.key);
  const limits = { budget: numbers, mostOfSequence: mostOfSequence!, used };
  send({ type: 'offer', config, tokenizer, weights, calibration, ...limits });
  isOffering = true;
  setUsed(used);
  setOffered(numbers);
  rememberOffer();
}

/** For when this page is loaded anew. */
function rememberOffer(): void {
  const { source, offered } = useOffer.getState();
  const { terms } = useSession.getState();
  if (!terms || !source || offered === undefined) return;
  const { code, role } = terms;
  const mostOfSequence = sequenceText(useOffer.getState());
  rememberPresence({ code, role, offered: { source, budget: String(offered), mostOfSequence } });
}

/** What was offered under this invitation, to a connection that has no offer yet. */
function offerAgain(): void {
  if (!isOffering) offerModel();
}

export function changeBudget(): void {
  const { setOffered } = useOffer.getState();
  const numbers = parseBudget(budgetText(useOffer.getState()));
  if (numbers === undefined) return;
  send({ type: 'budget', numbers });
  setOffered(numbers);
  rememberOffer();
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
  send({ type: 'takeUp', orStart: false, paused: false });
}

/** The run that was under way when the session broke off; from its beginning, if it had not come anywhere. */
function goOn(): void {
  const { wasPaused: paused, setPhase } = useTraining.getState();
  setPhase(paused ? 'pausing' : 'running');
  send({ type: 'takeUp', orStart: true, paused });
}

/** The best so far of a run that will not go on. */
function finishInterrupted(): void {
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
function loadAgain(): void {
  const { file } = useTraining.getState();
  if (file) load(file);
}

export const forgetCheckpoint = (): void => send({ type: 'forget' });

/** Has so many passes of what is prepared dealt ahead. */
export const prepareAhead = (passes: number): void => send({ type: 'stock', passes });

export const stopStock = (): void => send({ type: 'stopStock' });

export const unstock = (): void => send({ type: 'unstock' });

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
