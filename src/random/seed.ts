/** 256-bit seeds: the keys of ChaCha20 streams. */
import { bytesToHex, hexToBytes } from '@noble/ciphers/utils.js';

export const SEED_BYTES = 32;

/** SEED_BYTES bytes. */
export type Seed = Uint8Array<ArrayBuffer>;

/** A fresh seed from the system's cryptographic generator. */
export function newSeed(): Seed {
  return crypto.getRandomValues(new Uint8Array(SEED_BYTES));
}

/** A seed for runs that are to be repeated, from a small number that a person can note down. Never for masks: it is no secret. */
export function seedFromNumber(value: number): Seed {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`A seed is a whole number from 0, not ${value}.`);
  const seed = new Uint8Array(SEED_BYTES);
  new DataView(seed.buffer).setBigUint64(0, BigInt(value), true);
  return seed;
}

/** 64 hexadecimal digits. */
export function seedToHex(seed: Seed): string {
  return bytesToHex(seed);
}

/** @throws RangeError unless it is 64 hexadecimal digits. */
export function seedFromHex(hex: string): Seed {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new RangeError('A seed is 64 hexadecimal digits.');
  return Uint8Array.from(hexToBytes(hex));
}
