/**
 * What is tuned, behind one interface. A method is one file beside this one, one line of index.ts and one of choices.ts: it checks settings,
 * prepares a run, runs it, and gives what texts are labelled with from then on.
 */
import type { EncodedText } from '../../../models/encode';
import type { PreparedTexts } from '../../../tuning/task';
import type { MethodName, ReadingName, Result, SessionEvent } from '../../messages';
import type { PassSize } from '../../pass-size';
import type { Problem } from '../../problem';
import type { RunPlans } from '../../run';
import type { AskedSettings, TuningSettings } from '../../settings';
import type { Data } from '../data';
import type { OfferedModel } from '../handshake';
import type { Passes, Reading } from '../passes';
import type { Steering } from '../steering';
import type { Progress } from './progress';

export interface Method {
  /** What is wrong with settings that other methods do not ask for. */
  problems(model: OfferedModel, data: Data, settings: AskedSettings, reading: ReadingName): Problem[];
  /** Of settings without problems. Throws RangeError for a length that does not do, ProblemsError where the data are too few. */
  prepare(model: OfferedModel, data: Data, settings: TuningSettings, reading: ReadingName): Prepared;
}

/** A run that can begin. */
export interface Prepared extends PreparedTexts {
  readonly method: MethodName;
  readonly settings: TuningSettings;
  readonly data: Data;
  readonly reading: Reading;
  readonly readingName: ReadingName;
  /** Generations, or texts that are computed. */
  readonly total: number;
  /** One for every padded length, the longest last. `most`: sequences that the sides take in one pass of it, as far as that is known. */
  works(most: (plans: RunPlans) => number): readonly Work[];
  /** What a person should know of it. */
  readonly warnings: readonly string[];
  /** `from`: what an earlier run with the same settings, data and model had come to. */
  begin(options: TrainingOptions, from?: Progress): Training;
}

/** The passes of a run, by their sizes: so many units of one size, and others of so many texts under one prompt. */
export interface Work {
  plans: RunPlans;
  unit: { name: 'generation' | 'batch'; size: PassSize; count: number };
  others: readonly number[];
}

export interface TrainingOptions {
  passes: Passes;
  emit: (event: SessionEvent) => void;
  /** Tells the model owner what is going on here. */
  say: (activity: 'training' | 'paused' | 'finished') => Promise<void>;
  /** Told how far the run is, whenever something was paid for that another run need not pay for again. */
  keep: (progress: Progress) => Promise<void>;
  /** Settles when the session is over, so that nobody waits for a pause's end. */
  ended: Promise<unknown>;
}

/** A run under way. */
export interface Training {
  readonly steering: Steering;
  /** Ends with the event `finished`. Rejects with RefusedError, or when the session ends underneath. */
  run(): Promise<void>;
  /** The best so far, if there is any. */
  readonly tuned: Tuned | undefined;
  /** What can be saved, should the session end now. */
  readonly saved: Result | undefined;
  /** The same at once: compared with nothing. */
  readonly bestSoFar: Result | undefined;
}

/** What new texts are labelled with. */
export interface Tuned {
  labels: readonly string[];
  reading: Reading;
  encode: (text: string) => EncodedText;
  /** Stands in every text's slots, if it has any: [slots · hidden]; for deep prompts [layers · slots · hidden]. */
  prompt?: Float32Array;
  /** Of the labels, from what was opened of a text. */
  probabilities(answer: Float64Array): ArrayLike<number>;
}
