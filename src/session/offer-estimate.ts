/** What a model asks of both sides, before it is offered: memory, bytes, rounds and time of a typical pass, from shapes and ranges alone. */
import { architectureOf } from '../models/architectures';
import type { ModelConfig } from '../models/config';
import { answerOf } from '../models/encode';
import { cardOf } from '../models/own-model';
import { MOST_HALVINGS } from '../models/row-sums';
import type { PlannedRound } from '../mpc/timeline';
import { type Bytes, bytes } from '../ring/units';
import { DEFAULT_SETTINGS } from './defaults';
import { MOST_MEMORY } from './limits';
import type { Traffic } from './messages';
import { ofTexts } from './pass-size';
import { gigabytes, RunPlans } from './run';

/** A pass that a person can picture: so many texts of about two sentences. */
const TYPICAL = { sequences: 16, tokens: 32, columns: 2 };

export interface PassEstimate extends Traffic {
  sequences: number;
  tokens: number;
  rounds: number;
  /** Of either party's device: matrices and the pass. */
  memory: number;
  /** Once a run, of masked matrices to the data owner. */
  setup: number;
  /** What every round carries, by which its time is foretold. */
  timeline: readonly PlannedRound[];
  /** Why it cannot be offered, with the figure. */
  problem?: string;
}

/** Whether a model has what planning needs. */
export const isCalibrated = ({ ranges, gates }: ModelConfig): boolean => ranges !== undefined && gates !== undefined;

/** Of a calibrated model. Throws PlanError for one that cannot be planned with. */
export function passEstimate(config: ModelConfig): PassEstimate {
  const { sequences } = TYPICAL;
  // A sentence encoder opens a vector, whatever the label words.
  const columns = config.task === 'embedding' ? 0 : TYPICAL.columns;
  const tokens = Math.min(TYPICAL.tokens, architectureOf(config).longestSequence(config));
  const plans = new RunPlans(config, {
    tokens,
    answer: answerOf(config, Math.min(DEFAULT_SETTINGS.promptTokens, tokens - 2), tokens),
    columns,
    deep: false,
    slots: 0,
  });
  const size = ofTexts(sequences);
  const { rounds, toModelOwner, toDataOwner, dealt } = plans.costOf(size);
  return {
    sequences,
    tokens,
    rounds,
    toModelOwner,
    toDataOwner,
    dealt,
    memory: plans.memoryOf(size),
    setup: plans.setup.toDataOwner,
    timeline: plans.timelineOf(size),
    problem: plans.memoryProblem(),
  };
}

/**
 * Throws, with the figure, where calibrating a model on so many tokens would take more memory than a tab has: all of it is held as plain
 * numbers, and for exact attention every token's row of every layer besides.
 */
export function checkCalibrationMemory(config: ModelConfig, tokens: number): void {
  const needed = calibrationBytes(config, tokens);
  if (needed > MOST_MEMORY)
    throw new Error(
      `${config.name} needs ${gigabytes(needed)} of memory to be calibrated on ${tokens} tokens, and a tab has ${gigabytes(MOST_MEMORY)} at most. ` +
        'Take fewer or shorter texts, or calibrate it with npm run calibrate -- --model FOLDER, and choose calibration.json and calibration.safetensors with it.',
    );
}

/** Eight bytes a private number, four a public one, eight for what RowSums keeps of a row. */
export function calibrationBytes(config: ModelConfig, tokens: number): Bytes {
  const { privateParameters, publicParameters, layers, hidden, heads } = cardOf(config);
  const row = config.attention === 'softmax' ? hidden + 1 + heads * (MOST_HALVINGS + 2) : 0;
  return bytes(8 * privateParameters + 4 * publicParameters + 8 * tokens * layers * row);
}
