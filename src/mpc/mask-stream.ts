/**
 * Uniform ring elements of a seed, by position: (pass, node, slot).
 *
 * Party and dealer draw the same elements from the same position without a word. A position is used once in the life of a seed
 * (StreamPositions refuses the second use); pass 0 is the session's set-up.
 */
import type { Backend, Vector } from '../compute/backend';
import { type PassKeys, passKey } from '../random/pass-keys';
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
  /** Of the pass that was drawn from last, in words. */
  private current: { pass: number; key: Uint32Array } | undefined;
  private readonly positions = new StreamPositions();

  /** A seed of 32 bytes, or keys that were made of one. */
  constructor(
    readonly backend: Backend,
    private readonly seed: Uint8Array | PassKeys,
  ) {}

  /** n uniform elements modulo 2^bits. Throws if the position was used before. */
  draw({ pass, node, slot }: Position, n: number, bits: Bits): Vector {
    const { seed } = this;
    const nonce = this.positions.nonce(pass, node, slot);
    if (this.current?.pass !== pass)
      this.current = { pass, key: wordsOf(typeof seed === 'function' ? seed(pass) : passKey(seed, pass)) };
    const stream = this.backend.keystream(this.current.key, nonce, Math.ceil((n * bits) / 32));
    const elements = this.backend.unpack(stream, n, bits);
    this.backend.release(stream);
    return elements;
  }
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array): Uint32Array {
  const view = new DataView(buffer, byteOffset, length);
  return Uint32Array.from({ length: length / 4 }, (_, i) => view.getUint32(4 * i, true));
}
