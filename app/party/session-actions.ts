/** What a person can do about the session itself: enter, leave and close it. Pages call these and read the stores. */
import { openedUnder } from '../lib/opened';
import { forgetPlace, placeIn } from '../lib/tab-place';
import { useActivity } from '../stores/activity';
import { useCheckpoint } from '../stores/checkpoint';
import { useDistance } from '../stores/distance';
import { useOffer } from '../stores/offer';
import { usePreparation } from '../stores/preparation';
import { useRounds } from '../stores/rounds';
import { type Returning, type SessionTerms, useSession } from '../stores/session';
import { useStock } from '../stores/stock';
import { useTraffic } from '../stores/traffic';
import { useTraining } from '../stores/training';
import { currentParty, send, setCurrentParty } from './current';
import { forgetOffering, offerAgain } from './offer-actions';
import { keepPrepared, type Preparing } from './prepare';
import { type KeepsReturning, keepReturning } from './returning';
import { PartyTab } from './tab';
import { finishInterrupted, goOn, loadAgain } from './training-actions';

let preparing: Preparing | undefined;
let returning: KeepsReturning | undefined;

/** What belongs to one connection of the three. */
function forgetConnection(): void {
  preparing?.stop();
  preparing = undefined;
  setCurrentParty(undefined);
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
  const before = placeIn(terms);
  if (role === 'model-owner') useOffer.getState().setUsed(key === undefined ? 0 : openedUnder(key));
  if (before?.offered) useOffer.getState().offerAgain(before.offered);
  connectAs(terms, before !== undefined);
  const acts = { meetAgain, goOn, offerAgain, loadAgain, finish: finishInterrupted };
  returning = keepReturning(acts, before !== undefined);
}

function connectAs(terms: SessionTerms, patient: boolean, afterMs = 0): void {
  forgetOffering();
  setCurrentParty(new PartyTab(terms, { patient, afterMs, onEnded: () => returning?.ended() }));
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
export const restartComputation = (): void => currentParty()?.giveUpWorker();

/** Ends the session, or waiting for the others to meet again; the ending is shown, and what is there stays to be saved. */
export const leaveSession = (): void => currentParty()?.leave();

/** After an ending: forgets the session and what came of it, so that another one can begin. */
export function closeSession(): void {
  forgetPlace();
  forgetSession();
  useTraining.getState().forget();
}

export const checkAgain = (): void => preparing?.again();
