/**
 * A key for every pass, each of which says nothing of another: what was drawn in a pass is safe from whoever finds the keys of those to come.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { SEED_BYTES, type Seed } from './seed';

/** The key of a pass; throws where it is not to be had. */
export type PassKeys = (pass: number) => Uint8Array;

/** HKDF-SHA-256 of a seed. @throws RangeError unless that has SEED_BYTES bytes. */
export function passKey(seed: Uint8Array, pass: number): Seed {
  if (seed.length !== SEED_BYTES) throw new RangeError(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  return hkdf(sha256, seed, undefined, utf8ToBytes(`secfwt masks of pass ${pass}`), SEED_BYTES) as Seed;
}
