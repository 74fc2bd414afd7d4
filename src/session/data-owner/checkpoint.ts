/**
 * What is kept of a run that is under way, so that a later session can go on with it: settings, how far it is, and of which data and model it
 * is, sealed under a key that comes from the invitation's. Where it lies knows neither its content nor which session it is of.
 *
 * Nothing of the protocol is in it. A run that is taken up begins like any other, with fresh seeds; no mask is ever used again.
 */
import { gcm } from '@noble/ciphers/aes.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { nameFrom } from '../../net/code';
import { methodNames, readingNames } from '../choices';
import type { CheckpointSummary } from '../messages';
import { settingsSchema } from '../settings';
import { type Progress, progressSchema } from './methods/progress';

/** Raised when what is kept would mean something else. */
const VERSION = 1;

const NONCE_BYTES = 12;

/** Where sealed checkpoints lie, by name. */
export interface CheckpointStore {
  read(name: string): Promise<Uint8Array | undefined>;
  write(name: string, sealed: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

const schema = z.object({
  version: z.literal(VERSION),
  /** SHA-256 of the examples, and of all that is public of the model, in hexadecimal. */
  data: z.string(),
  model: z.string(),
  /** As the run took them. */
  settings: settingsSchema.required({ tokens: true, heldOut: true, seed: true }),
  method: z.enum(methodNames),
  reading: z.enum(readingNames),
  /** Examples that a head is computed of; generations of a search. */
  total: z.number().int().positive(),
  /** Numbers that were opened for it, in all sessions. */
  numbers: z.number().int().nonnegative(),
  progress: progressSchema,
});

export type Checkpoint = Omit<z.infer<typeof schema>, 'version'>;

/** Kept by another version of this program, or damaged. */
export class UnreadableCheckpoint extends Error {
  override name = 'UnreadableCheckpoint';
}

/** The checkpoint of one session. */
export class SealedCheckpoint {
  private readonly name: string;
  private readonly key: Uint8Array;

  /** `secret`: the invitation's key. */
  constructor(
    private readonly store: CheckpointStore,
    secret: Uint8Array,
  ) {
    this.name = nameFrom(secret, 'checkpoint');
    this.key = hkdf(sha256, secret, undefined, utf8ToBytes('secfwt key of the checkpoint'), 32);
  }

  /** Undefined where there is none. Rejects with UnreadableCheckpoint, or when there is no getting at the store. */
  async read(): Promise<Checkpoint | undefined> {
    const sealed = await this.store.read(this.name);
    if (!sealed) return undefined;
    try {
      const opened = this.cipher(sealed.subarray(0, NONCE_BYTES)).decrypt(sealed.subarray(NONCE_BYTES));
      return schema.parse(JSON.parse(new TextDecoder().decode(opened)));
    } catch {
      throw new UnreadableCheckpoint(
        'A run that stopped is kept here, but by another version of this page, or damaged: it cannot be gone on with. Forget it.',
      );
    }
  }

  /** In place of the one before. */
  write(checkpoint: Checkpoint): Promise<void> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const plain = utf8ToBytes(JSON.stringify({ version: VERSION, ...checkpoint }));
    return this.store.write(this.name, concatBytes(nonce, this.cipher(nonce).encrypt(plain)));
  }

  remove(): Promise<void> {
    return this.store.remove(this.name);
  }

  private cipher(nonce: Uint8Array) {
    return gcm(this.key, nonce, utf8ToBytes(this.name));
  }
}

/** What a person is told of it. */
export const summaryOf = ({ method, settings, total, numbers, progress }: Checkpoint): CheckpointSummary => ({
  method,
  settings,
  numbers,
  unit: progress.of === 'search' ? 'generation' : 'text',
  done: doneOf(progress),
  total,
});

const doneOf = (progress: Progress): number =>
  progress.of === 'search' ? progress.history.length : progress.answers.length;

/** Why a run cannot be gone on with with this model and these data; undefined where it can. */
export function misfit(
  { data, model }: Pick<Checkpoint, 'data' | 'model'>,
  here: { data: string | undefined; model: string },
): string | undefined {
  if (model !== here.model) return 'It is of another model than the one that is offered now.';
  if (here.data === undefined) return 'Load the same data to go on with it.';
  if (data !== here.data) return 'It is of other data, or other columns: load those that it was begun with to go on.';
  return undefined;
}
