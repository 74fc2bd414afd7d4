import { chacha20 } from '@noble/ciphers/chacha.js';
import type { Seed } from './seed';

/** 16 words make a ChaCha20 block. */
export const BLOCK_WORDS = 16;

/**
 * Words of the ChaCha20 stream (RFC 8439) that a seed and a nonce of three words name, from the start of block `block`.
 * Little-endian, as the RFC has it.
 */
export function keystream(seed: Seed, nonce: Uint32Array, words: number, block = 0): Uint32Array<ArrayBuffer> {
  const nonceBytes = new Uint8Array(12);
  const view = new DataView(nonceBytes.buffer);
  nonce.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  const stream = new Uint32Array(words);
  const zeros = new Uint8Array(4 * words);
  chacha20(seed, nonceBytes, zeros, new Uint8Array(stream.buffer), block);
  return stream;
}
