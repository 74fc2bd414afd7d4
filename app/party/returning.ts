/**
 * Coming back by itself: a session that nobody meant to end is made anew, and what was under way goes on.
 *
 * Nothing of a session is resumed. All three meet again under the same invitation, with another worker, connections and seeds; the model owner's
 * page offers what it offered, the data owner's goes on with the run that is kept (src/session/data-owner/checkpoint.ts).
 */
import { forgetPlace, placeIn, rememberPlace } from '../lib/tab-place';
import { notify } from '../stores/notice';
import { isOfferedBefore, useOffer } from '../stores/offer';
import { usePreparation } from '../stores/preparation';
import { type Returning, type Stage, useSession } from '../stores/session';
import { useTraffic } from '../stores/traffic';
import { useTraining } from '../stores/training';

/** A session that broke off sooner, and brought nothing, was of no use. */
const USEFUL_MS = 20_000;
/** For each of those, before the next. */
const PAUSE_MS = 5000;
/** After so many of those, one after the other, a person has to look. */
const MOST_USELESS = 3;

export interface Acts {
  /** `afterMs`: not before so many milliseconds. */
  meetAgain(broken: Returning, afterMs: number): void;
  goOn(): void;
  offerAgain(): void;
  loadAgain(): void;
  /** What was under way goes on no more. */
  finish(): void;
}

export interface KeepsReturning {
  /** The session ended, and the stores know it. */
  ended(): void;
  stop(): void;
}

/** `isLoadedAnew`: this tab had met the others before its page was loaded. */
export function keepReturning(
  { meetAgain, goOn, offerAgain, loadAgain, finish }: Acts,
  isLoadedAnew = false,
): KeepsReturning {
  /** When all three met last, by this page's clock. */
  let met: number | undefined;
  let useless = 0;

  const offerIfDue = () => {
    const { stage, terms } = useSession.getState();
    const offer = useOffer.getState();
    if (stage !== 'handshake' || terms?.role !== 'model-owner') return;
    if (offer.offered !== undefined || isOfferedBefore(offer)) offerAgain();
  };

  const reached = (stage: Stage) => {
    const { terms } = useSession.getState();
    if (!terms) return;
    if (stage === 'handshake') {
      met = performance.now();
      if (!placeIn(terms)) rememberPlace({ code: terms.code, role: terms.role });
    }
    offerIfDue();
    if (stage === 'ready' && terms.role === 'data-owner') loadAgain();
  };

  const stops = [
    useSession.subscribe((now, before) => {
      if (now.stage !== before.stage) reached(now.stage);
    }),
    useOffer.subscribe((now, before) => {
      if (now.files !== before.files) offerIfDue();
    }),
    usePreparation.subscribe((now, before) => {
      if (now.status === before.status || useTraining.getState().phase !== 'interrupted') return;
      if (now.status === 'prepared') goOn();
      else if (now.status === 'invalid')
        useTraining.getState().refuse(now.problems.map(({ message }) => message).join(' '));
    }),
  ];

  return {
    ended() {
      const { ending, returning } = useSession.getState();
      if (!ending) return;
      if (met !== undefined) {
        const isUseless = performance.now() - met < USEFUL_MS && useTraffic.getState().passes.length === 0;
        useless = isUseless ? useless + 1 : 0;
      }
      // Whoever was never here is not waited for.
      const wasHere = met !== undefined || returning !== undefined || isLoadedAnew;
      const comesBack = !ending.final && wasHere && useless < MOST_USELESS;
      met = undefined;
      if (comesBack) {
        const { reason } = ending;
        // What ended the last ones may take a moment to be over: a dealer that is full, a server that starts.
        meetAgain(returning ?? { reason, since: Date.now() }, useless * PAUSE_MS);
      } else {
        // Nor does this page when it is loaded anew, or its tab brought back: an offer would be made that nobody asked for.
        forgetPlace();
        finish();
        // Of an end that is final by itself the person has been told.
        if (!ending.final) notify('The session has ended', ending.reason);
      }
    },
    stop() {
      for (const stop of stops) stop();
    },
  };
}
