/** The worker's events, each to the store it concerns. */
import type { SessionEvent } from '../../src/session/messages';
import { formatPercent } from '../lib/format';
import { rememberOpened } from '../lib/opened';
import { useActivity } from '../stores/activity';
import { useCheckpoint } from '../stores/checkpoint';
import { notify } from '../stores/notice';
import { useOffer } from '../stores/offer';
import { usePreparation } from '../stores/preparation';
import { useRounds } from '../stores/rounds';
import { useSession } from '../stores/session';
import { useStock } from '../stores/stock';
import { useTraffic } from '../stores/traffic';
import { bestSoFar, isBusy, useTraining } from '../stores/training';

export function applyEvent(event: SessionEvent): void {
  const training = useTraining.getState();
  switch (event.type) {
    case 'alive':
      return;
    case 'compute':
      useSession.getState().setCompute({ backend: event.backend, notice: event.notice });
      return;
    case 'ready':
      useActivity.getState().clear();
      useSession.getState().setReady(event.model, event.limits);
      return;
    case 'prepared':
      useActivity.getState().clear();
      usePreparation.getState().setPrepared(event);
      return;
    case 'invalid':
      useActivity.getState().clear();
      // Refused texts stay where they were typed, and say nothing of data or settings. What was asked of those before is answered first.
      if (training.classifying && usePreparation.getState().status !== 'checking') {
        training.refuseTexts(event.problems.map(({ message }) => message));
        return;
      }
      usePreparation.getState().setInvalid(event.problems);
      // A run that was refused (by the worker, or by the model owner) is over.
      if (isBusy(training.phase)) training.refuse(event.problems.map(({ message }) => message).join(' '));
      return;
    case 'unusable':
      useActivity.getState().clear();
      useOffer.getState().refuse(event.message);
      return;
    case 'progress':
      useActivity.getState().show(event);
      return;
    case 'baseline':
      useActivity.getState().clear();
      training.setBaseline(event.evaluation, event.alone);
      return;
    case 'generation':
      useActivity.getState().clear();
      training.addGeneration(event.record, event.secondsLeft);
      return;
    case 'best':
      training.setBest(event.result);
      return;
    case 'checkpoint':
      useCheckpoint.getState().set(event.found, event.problem);
      return;
    case 'activity':
      useActivity.getState().clear();
      useSession.getState().setPeer(event.state);
      if (event.state === 'finished') notify('The data owner has finished', 'It may label new texts, or train again.');
      return;
    case 'paused':
      useActivity.getState().clear();
      training.setPhase('paused');
      return;
    case 'resumed':
      training.setPhase('running');
      return;
    case 'finished':
      useActivity.getState().clear();
      // A refusal is shown with the result.
      usePreparation.getState().setUnknown();
      training.finish(event.result);
      notify('Training is done', `Accuracy ${formatPercent(event.result.final.accuracy)}.`);
      return;
    case 'loaded': {
      const { what, labels } = event;
      training.setLoaded({ what, labels });
      return;
    }
    case 'unloadable':
      training.setUnloadable(event.message);
      return;
    case 'labelled':
      training.addClassifications(event.classifications);
      return;
    case 'classified':
      useActivity.getState().clear();
      training.setClassifications(event.classifications, event.refusal);
      return;
    case 'totals': {
      const { type: _, ...totals } = event;
      useTraffic.getState().setTotals(totals);
      return;
    }
    case 'stock': {
      const { type: _, ...stock } = event;
      useStock.getState().set(stock);
      return;
    }
    case 'rounds':
      useRounds.getState().begin(event.sequences, event.rounds);
      return;
    case 'round':
      useRounds.getState().reach(event.round);
      return;
    case 'pass': {
      const { type: _, ...pass } = event;
      // The data owner's work goes on, and says so by itself.
      if (useSession.getState().terms?.role !== 'data-owner') useActivity.getState().clear();
      useRounds.getState().finish();
      useTraffic.getState().addPass(pass, useRounds.getState().rounds);
      return;
    }
    case 'granted':
      rememberUse(event.used);
      return;
    case 'ended': {
      useActivity.getState().clear();
      useRounds.getState().finish();
      const interrupted = isBusy(training.phase) || training.phase === 'interrupted';
      // A result of a run that had finished before is in the list already.
      if (interrupted) {
        const result = event.result ?? bestSoFar(training);
        const goesOn = !event.final && training.phase !== 'stopping';
        if (goesOn) training.interrupt(result);
        else if (result) training.finish(result);
        else training.setPhase('setup');
      } else if (training.classifying) training.refuseTexts([UNLABELLED]);
      const { reason, expected, final, saved } = event;
      useSession.getState().end({ reason, expected, final, saved, interrupted });
      if (final && !expected) notify('The session has ended', reason);
      return;
    }
  }
}

/** The model owner's own memory of what its budget is for. */
function rememberUse(numbers: number): void {
  const { terms } = useSession.getState();
  if (terms?.role === 'model-owner' && terms.key !== undefined) rememberOpened(terms.key, numbers);
}

const UNLABELLED =
  'The session broke off before all texts were labelled. Start again when all are here: what was labelled is not labelled again.';
