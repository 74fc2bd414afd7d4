/**
 * Uniform ring elements of a seed, by position: (pass, node, slot).
 *
 * Party and dealer draw the same elements from the same position without a word. A position is used once in the life of a seed
 * (StreamPositions refuses the second use); pass 0 is the session's set-up.
 */
import type { Backend, Vector } from '../compute/backend';
import { StreamPositions } from '../random/positions';

export class Masks {
  private readonly key: Uint32Array;
  private readonly positions = new StreamPositions();

  /** A seed of 32 bytes. */
  constructor(seed: Uint8Array) {
    if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`);
    const view = new DataView(seed.buffer, seed.byteOffset, 32);
    this.key = Uint32Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i, true));
  }

  /** n uniform elements modulo 2^bits. Throws if the position was used before. */
  draw(backend: Backend, pass: number, node: number, slot: number, n: number, bits: number): Vector {
    const nonce = this.positions.nonce(pass, node, slot);
    const stream = backend.keystream(this.key, nonce, Math.ceil((n * bits) / 32));
    const elements = backend.unpack(stream, n, bits);
    backend.release(stream);
    return elements;
  }
}
