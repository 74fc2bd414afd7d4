/** What the page and the reader of models say to each other. A request is answered by `model` or `problem`, in the end. */

import type { ModelConfig } from '../../src/models/config';
import type { HubProgress } from '../../src/models/hub';

export interface PathedFile {
  /** With slashes, from wherever the list begins. */
  path: string;
  blob: Blob;
}

export type ReaderRequest =
  | { type: 'files'; files: PathedFile[] /** Where no folder has one. */; name?: string }
  | { type: 'hub'; repository: string };

/** A model that was found and whose files go together. Its weights stay on disk. */
export interface ReadModel {
  config: ModelConfig;
  privateParameters: number;
  /** tokenizer.json */
  tokenizer: string;
  weights: Blob[];
}

export type ReaderReply =
  | { type: 'progress'; progress: HubProgress }
  /** The tokenizer comes next, of which nobody knows how long it takes. */
  | { type: 'trying' }
  | { type: 'model'; model: ReadModel }
  | { type: 'problem'; message: string };
