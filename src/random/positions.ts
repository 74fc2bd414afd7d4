/**
 * Hands out the nonces of one ChaCha20 key, each once.
 *
 * A mask that is used twice is no mask: the difference of the two messages shows the difference of the two secrets. So every
 * stream is named by where it is used (which pass over the network, which node of the plan, which of the node's masks), and
 * a name that comes a second time is refused. Passes never go back, hence only the current one has to be remembered.
 */
export class StreamPositions {
  #pass = 0;
  /** Slots used in the current pass, by node. */
  #used = new Map<number, Set<number>>();

  /** The pass that is under way. */
  get pass(): number {
    return this.#pass;
  }

  /**
   * The nonce [pass, node, slot], each below 2^32.
   * @throws Error for a position handed out before, or a pass before the current one.
   */
  nonce(pass: number, node: number, slot: number): Uint32Array<ArrayBuffer> {
    const nonce = Uint32Array.of(asWord(pass, 'pass'), asWord(node, 'node'), asWord(slot, 'slot'));
    if (pass < this.#pass) throw new Error(`Stream of pass ${pass} asked for during pass ${this.#pass}.`);
    if (pass > this.#pass) {
      this.#pass = pass;
      this.#used.clear();
    }
    let slots = this.#used.get(node);
    if (slots === undefined) {
      slots = new Set();
      this.#used.set(node, slots);
    }
    if (slots.has(slot)) throw new Error(`Stream (pass ${pass}, node ${node}, slot ${slot}) asked for twice.`);
    slots.add(slot);
    return nonce;
  }
}

function asWord(value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) {
    throw new RangeError(`The ${what} of a stream has 32 bits: ${value}`);
  }
  return value;
}
