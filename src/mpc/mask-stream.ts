/**
 * Uniform ring elements of a seed, by position: (pass, node, slot).
 *
 * Party and dealer draw the same elements from the same position without a word. A position is used once in the life of a seed
 * (StreamPositions refuses the second use); pass 0 is the session's set-up.
 */
import type { Backend, Vector } from '../compute/backend';
import { StreamPositions } from '../random/positions';
import type { Bits } from '../ring/units';

/** Where in a seed's streams a mask stands. */
export interface Position {
  pass: number;
  /** Of the set-up: which weight of the plan. */
  node: number;
  /** Which of the node's masks. */
  slot: number;
}

export class MaskStream {
  private readonly key: Uint32Array;
  private readonly positions = new StreamPositions();

  /** A seed of 32 bytes. */
  constructor(
    readonly backend: Backend,
    seed: Uint8Array,
  ) {
    if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`);
    const view = new DataView(seed.buffer, seed.byteOffset, 32);
    this.key = Uint32Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i, true));
  }

  /** n uniform elements modulo 2^bits. Throws if the position was used before. */
  draw({ pass, node, slot }: Position, n: number, bits: Bits): Vector {
    const nonce = this.positions.nonce(pass, node, slot);
    const stream = this.backend.keystream(this.key, nonce, Math.ceil((n * bits) / 32));
    const elements = this.backend.unpack(stream, n, bits);
    this.backend.release(stream);
    return elements;
  }
}
