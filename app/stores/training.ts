/** The data owner's training: the run that is under way, and those that ended in this session. */
import { create } from 'zustand';
import type {
  AloneMeasurement,
  Classification,
  GenerationRecord,
  Measurement,
  Result,
  TuningSettings,
  WholeRun,
} from '../../src/session/messages';
import type { Totals } from './traffic';

/**
 * setup: nothing runs and the steps are shown; pausing/stopping: asked for, the running pass still ends; interrupted: the session broke off
 * underneath, and the run goes on when all are there again.
 */
export type TrainingPhase = 'setup' | 'running' | 'pausing' | 'paused' | 'stopping' | 'interrupted' | 'finished';

export interface FinishedRun {
  result: Result;
  settings?: TuningSettings;
}

export interface LoadedFile {
  what: 'prompt' | 'head';
  labels: readonly string[];
}

interface TrainingState {
  phase: TrainingPhase;
  settings?: TuningSettings;
  /** What the run was to cost, and what the session had cost before it; unknown of a run that is gone on with. */
  expected?: { run: WholeRun; before: Totals };
  /** Why the run ended early, if the model owner declined to go on. */
  refusal?: string;
  history: GenerationRecord[];
  /** The untuned prompt on held-out examples, and what can be done on the same ones without the model. */
  baseline?: Measurement;
  alone: readonly AloneMeasurement[];
  secondsLeft?: number;
  /** The best so far of the run under way, for when its worker can't say it any more. */
  best?: Result;
  /** `best` is of a worker before this one, which could not say it should the run be refused. */
  isInherited: boolean;
  /** It was paused when it was interrupted. */
  wasPaused: boolean;
  runs: FinishedRun[];
  /** A file of an earlier run, which texts are labelled with until something is tuned. */
  loaded?: LoadedFile;
  /** What is wrong with the file chosen last. */
  unloadable?: string;
  /** What texts are labelled with: of the run that ended last, or loaded since. Another session's worker has to be given it. */
  file?: Uint8Array;
  /** The file that the worker looks at now. */
  loading?: Uint8Array;
  classifying: boolean;
  /** Why the texts given last were not labelled, or not all of them. */
  textProblems: readonly string[];
  classifications: readonly Classification[];
  /** The texts given last. */
  texts: readonly string[];
  /** Of these texts, so far. */
  labelled: readonly Classification[];
  /** So many of them were labelled by a session that broke off before all were. */
  labelledBefore: number;
  begin(settings: TuningSettings, expected?: TrainingState['expected']): void;
  setPhase(phase: TrainingPhase): void;
  /** Back to the steps, where the reason stands, too; if the run got anywhere, its worker has it finish, or what was inherited is its result. */
  refuse(reason: string): void;
  setBaseline(evaluation: Measurement, alone: readonly AloneMeasurement[]): void;
  addGeneration(record: GenerationRecord, secondsLeft: number): void;
  setBest(best: Result): void;
  /** The session broke off underneath. `best`: what its worker could still save. */
  interrupt(best: Result | undefined): void;
  finish(result: Result): void;
  setLoading(file: Uint8Array): void;
  setLoaded(loaded: LoadedFile): void;
  setUnloadable(problem: string): void;
  /** Gives the texts that are still to be labelled. */
  beginClassifying(texts: readonly string[]): string[];
  addClassifications(classifications: readonly Classification[]): void;
  refuseTexts(problems: readonly string[]): void;
  setClassifications(classifications: Classification[], refusal?: string): void;
  forget(): void;
}

const NOTHING = {
  phase: 'setup' as TrainingPhase,
  settings: undefined,
  expected: undefined,
  refusal: undefined,
  history: [],
  baseline: undefined,
  alone: [],
  secondsLeft: undefined,
  best: undefined,
  isInherited: false,
  wasPaused: false,
  classifying: false,
  textProblems: [],
  classifications: [],
  texts: [],
  labelled: [],
  labelledBefore: 0,
};

export const useTraining = create<TrainingState>((set, get) => ({
  ...NOTHING,
  runs: [],
  begin: (settings, expected) => set({ ...NOTHING, phase: 'running', settings, expected }),
  setPhase: (phase) => set({ phase }),
  refuse: (refusal) => {
    const { isInherited, finish } = get();
    const best = bestSoFar(get());
    set({ phase: 'setup', refusal });
    if (isInherited && best) finish(best);
  },
  setBaseline: (baseline, alone) => set({ baseline, alone }),
  // A run that goes on tells again what it had come to.
  addGeneration: (record, secondsLeft) =>
    set(({ history }) => ({ history: [...history.slice(0, record.generation - 1), record], secondsLeft })),
  setBest: (best) => set({ best, isInherited: false }),
  interrupt: (best) =>
    set((training) => ({
      phase: 'interrupted',
      best: best ?? bestSoFar(training),
      isInherited: true,
      // It may break off again before it goes on.
      wasPaused:
        training.phase === 'interrupted'
          ? training.wasPaused
          : training.phase === 'paused' || training.phase === 'pausing',
      secondsLeft: undefined,
      classifying: false,
    })),
  finish: (result) =>
    set(({ runs, settings }) => ({
      phase: 'finished',
      runs: [...runs, { result, settings }],
      ...(result.method !== 'head' && { history: result.history }),
      loaded: undefined,
      file: result.file.bytes,
      best: undefined,
      secondsLeft: undefined,
    })),
  setLoading: (loading) => set({ loading }),
  // What was labelled with the same one stands.
  setLoaded: (loaded) =>
    set(({ file, loading }) =>
      loading && loading === file
        ? { unloadable: undefined }
        : { loaded, file: loading, unloadable: undefined, classifications: [], labelled: [] },
    ),
  setUnloadable: (unloadable) => set({ unloadable }),
  beginClassifying: (texts) => {
    const { texts: before, labelled: sofar } = get();
    const isRest =
      sofar.length < texts.length && texts.length === before.length && texts.every((text, i) => text === before[i]);
    const labelled = isRest ? sofar : [];
    set({ classifying: true, textProblems: [], texts, labelled, labelledBefore: labelled.length });
    return texts.slice(labelled.length);
  },
  addClassifications: (more) =>
    set(({ labelled: sofar }) => {
      const labelled = [...sofar, ...more];
      return { labelled, classifications: labelled };
    }),
  refuseTexts: (textProblems) => set({ textProblems, classifying: false }),
  setClassifications: (classifications, refusal) =>
    set(({ labelled, labelledBefore }) => {
      const all = [...labelled.slice(0, labelledBefore), ...classifications];
      return {
        labelled: all,
        classifications: all,
        textProblems: refusal === undefined ? [] : [refusal],
        classifying: false,
      };
    }),
  forget: () =>
    set({
      ...NOTHING,
      runs: [],
      loaded: undefined,
      unloadable: undefined,
      file: undefined,
      loading: undefined,
    }),
}));

/** Leaving now would lose something. */
export const isBusy = (phase: TrainingPhase): boolean =>
  phase === 'running' || phase === 'pausing' || phase === 'paused' || phase === 'stopping';

/** The best of the run under way with the history that it has by now, as far as the worker told. */
export const bestSoFar = ({ best, history }: Pick<TrainingState, 'best' | 'history'>): Result | undefined =>
  best?.method === 'head' || !best || history.length < best.history.length ? best : { ...best, history };
