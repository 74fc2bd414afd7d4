/**
 * Keeps the worker's answer about data and settings current.
 *
 * Whatever changes, the question is asked anew, once typing has paused. One question is under way at a time: answers carry no
 * number, so a second one could not be told from the first. While the worker computes nothing is asked: it would refuse. The data go to the worker once, not with
 * every question.
 */
import type { AskedSettings, Command } from '../../src/session/messages';
import { dealtTo } from '../lib/run-time';
import { needsWords, settingErrors, toSettings } from '../lib/settings-form';
import { useDataset } from '../stores/dataset';
import { useDistance } from '../stores/distance';
import { usePreparation } from '../stores/preparation';
import { offerIn, useSession } from '../stores/session';
import { useSettings } from '../stores/settings';
import { useStock } from '../stores/stock';
import { isBusy, useTraining } from '../stores/training';
import { wordsOfData } from './words';

const PAUSE_MS = 400;

type DataCommand = Extract<Command, { type: 'data' }>;

interface Question {
  /** Goes to the worker when it changes; settings go every time. */
  data: DataCommand;
  settings: AskedSettings;
}

export interface Preparing {
  /** Asks once more although nothing changed here: something may have on the other side. */
  again(): void;
  stop(): void;
}

export function keepPrepared(send: (command: Command) => void): Preparing {
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Something changed after the question under way was asked. */
  let outdated = false;
  /** The data that the worker has. */
  let sent: DataCommand | undefined;

  const ask = () => {
    const preparation = usePreparation.getState();
    const question = currentQuestion();
    if (!question) {
      // What was estimated for data that is gone says nothing any more.
      if (!useDataset.getState().training.dataset) preparation.forget();
      return;
    }
    preparation.setChecking();
    outdated = false;
    if (sent?.examples !== question.data.examples || sent.evaluation !== question.data.evaluation) {
      sent = question.data;
      send(sent);
    }
    send({ type: 'prepare', settings: question.settings, dealtTo: dealtTo(useDistance.getState()) });
  };

  const changed = () => {
    const preparation = usePreparation.getState();
    clearTimeout(timer);
    if (preparation.status === 'checking') {
      outdated = true;
      return;
    }
    preparation.setUnknown();
    timer = setTimeout(ask, PAUSE_MS);
  };

  /** What changed while the worker was at work is asked now. */
  const over = () => {
    if (usePreparation.getState().status !== 'prepared') changed();
  };

  const stops = [
    useDistance.subscribe((now, before) => {
      if (dealtTo(now) !== dealtTo(before)) changed();
    }),
    useDataset.subscribe((now, before) => {
      const same = (['training', 'evaluation'] as const).every((slot) => now[slot].dataset === before[slot].dataset);
      if (!same) changed();
    }),
    useSettings.subscribe(changed),
    useSession.subscribe((now, before) => {
      if (now.stage === 'ready' && before.stage !== 'ready') changed();
    }),
    useTraining.subscribe((now, before) => {
      // Back at the steps after a run: the model owner's state has moved on, so ask before the next start.
      if (now.phase === 'setup' && before.phase === 'finished') changed();
      else if (before.classifying && !now.classifying) over();
    }),
    useStock.subscribe((now, before) => {
      if (before.making && !now.making) over();
    }),
    usePreparation.subscribe((now, before) => {
      if (before.status === 'checking' && now.status !== 'checking' && outdated) {
        outdated = false;
        changed();
      }
    }),
  ];
  return {
    again: changed,
    stop() {
      clearTimeout(timer);
      for (const stop of stops) stop();
    },
  };
}

/** The worker computes passes, or has some prepared ahead. */
function isAtWork(): boolean {
  const { phase, classifying } = useTraining.getState();
  return isBusy(phase) || classifying || useStock.getState().making !== undefined;
}

/** The question, once there is something to ask about: a model, data, what words it asks for, and readable settings. */
function currentQuestion(): Question | undefined {
  const { stage } = useSession.getState();
  const offer = offerIn(useSession.getState());
  if (stage !== 'ready' || isAtWork()) return undefined;
  const { training, evaluation } = useDataset.getState();
  const { drafts } = useSettings.getState();
  // A second file without usable examples must not be left out silently.
  if (evaluation.table && !evaluation.dataset) return undefined;
  if (!training.dataset || Object.keys(settingErrors(drafts, offer)).length > 0) return undefined;
  const words = wordsOfData();
  if (needsWords(drafts, offer) && Object.values(words).some((word) => !word)) return undefined;
  return {
    data: { type: 'data', examples: training.dataset.examples, evaluation: evaluation.dataset?.examples },
    settings: toSettings(drafts, words, offer),
  };
}
