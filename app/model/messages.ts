/**
 * What the page says to the reader of models and to the calibrator, and they to it. A request is answered, in the end, by `model` or
 * `calibrated`, or else by `problem`.
 */

import type { ModelConfig } from '../../src/models/config';
import type { HubProgress } from '../../src/models/hub';
import type { KeptCalibration } from '../../src/session/messages';
import type { PassEstimate } from '../../src/session/offer-estimate';

export interface PathedFile {
  /** With slashes, from wherever the list begins. */
  path: string;
  blob: Blob;
}

export type ReaderRequest =
  | { type: 'files'; files: PathedFile[] /** Where no folder has one. */; name?: string }
  | { type: 'hub'; repository: string }
  /** A model that was read before, with files of its calibration that came alone. */
  | { type: 'calibration'; files: PathedFile[]; model: KnownModel };

export interface KnownModel extends Pick<ReadModel, 'tokenizer'> {
  /** config.json, complete. */
  config: string;
  weights: readonly Blob[];
}

/** A model that was found and whose files go together. Its weights stay on disk. */
export interface ReadModel {
  config: ModelConfig;
  privateParameters: number;
  /** tokenizer.json */
  tokenizer: string;
  weights: Blob[];
  /** Of files beside it, or as it was found in this browser before. */
  calibration?: KeptCalibration;
  /** Undefined where it has to be calibrated first. */
  estimate?: PassEstimate;
}

export type ReaderReply =
  | { type: 'progress'; progress: HubProgress }
  /** The tokenizer comes next, of which nobody knows how long it takes. */
  | { type: 'trying' }
  | { type: 'tried' }
  | { type: 'model'; model: ReadModel }
  | { type: 'problem'; message: string };

export interface CalibratorRequest extends KnownModel {
  /** One a line. */
  texts: Blob;
}

export interface CalibrationProgress {
  /** From 0 to 1. */
  fraction: number;
  /** Undefined until the first batch is done. */
  secondsLeft?: number;
}

/** What calibration adds to a model. */
export interface CalibratedModel extends Pick<ReadModel, 'config'> {
  calibration: KeptCalibration;
  estimate: PassEstimate;
}

export type CalibratorReply =
  | { type: 'progress'; progress: CalibrationProgress }
  | { type: 'calibrated'; model: CalibratedModel }
  | { type: 'problem'; message: string };
