/**
 * A flight: what one side says in a round, as vectors in tight bit strings one after the other.
 *
 * A flight may be of any size. It is cut into messages that are all as long as a message may be, but for the last; both sides know its
 * length from the plan, so every message's length is known before it comes, and vectors are unpacked as soon as their bytes are
 * there: neither side ever holds more than a vector and a message of it. Set-up: pass 0, round 0.
 */
import type { Backend, Vector } from '../compute/backend';
import { type Channel, type Message, ProtocolError } from '../net/channel';
import { MOST_BODY } from '../net/frames';
import { packedBytes } from '../ring/ring';
import type { Bytes } from '../ring/units';
import type { Part } from './operation';

/** Which flight: every message says it. */
export interface FlightName {
  pass: number;
  round: number;
}

/** A control message in the middle of a flight: what it says may be a reason to break off. */
export class Interruption extends ProtocolError {
  constructor(
    text: string,
    readonly received: Message,
  ) {
    super(text);
  }
}

export class FlightWriter {
  private message = new Uint8Array();
  private filled = 0;

  /** `left`: the flight's length. */
  constructor(
    private readonly backend: Backend,
    private readonly channel: Channel,
    private readonly name: FlightName,
    private left: Bytes | number,
  ) {}

  /** Seconds spent waiting for room in the pipe. */
  waited = 0;

  /** Packs and sends vectors; resolves when the pipe has room for more. Throws when they are not what `parts` say. */
  async write(vectors: Vector[], parts: Part[]): Promise<void> {
    if (vectors.length !== parts.length || vectors.some((v, i) => v.n !== parts[i]?.n)) {
      throw new Error(`what is said in round ${this.name.round} does not have the shape that the plan says`);
    }
    // All reads are asked for before the first is waited for: a device answers them together.
    const reads = parts.map(({ bits }, i) => {
      const packed = this.backend.pack(vectors[i]!, bits);
      const read = this.backend.read(packed);
      return read.finally(() => this.backend.release(packed));
    });
    for (const words of await Promise.all(reads))
      await this.append(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
  }

  /** Throws when less was written than was promised. */
  end(): void {
    if (this.left > 0) throw new Error(`a flight of round ${this.name.round} is ${this.left} bytes short`);
  }

  private async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.filled === 0) this.message = new Uint8Array(Math.min(MOST_BODY, this.left));
      const piece = bytes.subarray(at, at + this.message.length - this.filled);
      if (piece.length === 0) throw new Error(`a flight of round ${this.name.round} is longer than the plan says`);
      this.message.set(piece, this.filled);
      this.filled += piece.length;
      this.left -= piece.length;
      at += piece.length;
      if (this.filled < this.message.length) continue;
      this.filled = 0;
      const began = performance.now();
      await this.channel.send({ kind: 'ring', ...this.name, body: this.message });
      this.waited += (performance.now() - began) / 1000;
    }
  }
}

export class FlightReader {
  /** Seconds spent waiting for messages. */
  waited = 0;
  private body = new Uint8Array();
  private at = 0;

  /** `from` is who sends, in words for a person; `left` the flight's length. */
  constructor(
    private readonly backend: Backend,
    private readonly channel: Channel,
    private readonly from: string,
    private readonly name: FlightName,
    private left: Bytes | number,
  ) {}

  /**
   * The next vector. Rejects with ProtocolError, naming what was expected, for a message that is not this flight's or not as long
   * as it must be.
   */
  async read({ n, bits }: Part): Promise<Vector> {
    // Assembled in words of its own, because a message need not cut at a whole vector.
    const words = new Uint32Array(packedBytes(n, bits) / 4);
    const packed = new Uint8Array(words.buffer);
    for (let filled = 0; filled < packed.length; ) {
      if (this.at === this.body.length) await this.receive();
      const piece = this.body.subarray(this.at, this.at + packed.length - filled);
      packed.set(piece, filled);
      filled += piece.length;
      this.at += piece.length;
    }
    const tight = this.backend.upload(words, 1);
    const elements = this.backend.unpack(tight, n, bits);
    this.backend.release(tight);
    return elements;
  }

  private async receive(): Promise<void> {
    const { pass, round } = this.name;
    const due = Math.min(MOST_BODY, this.left);
    const began = performance.now();
    const message = await this.channel.receive();
    this.waited += (performance.now() - began) / 1000;
    if (message.kind !== 'ring') {
      const text = `${this.from} sent a ${message.kind} message where the protocol's round ${round} was due`;
      throw message.kind === 'control' ? new Interruption(text, message) : new ProtocolError(text);
    }
    if (message.pass !== pass || message.round !== round) {
      const said = `pass ${message.pass}, round ${message.round}`;
      throw new ProtocolError(`${this.from} sent ${said} where pass ${pass}, round ${round} was due`);
    }
    if (due === 0 || message.body.length !== due) {
      throw new ProtocolError(`${this.from} sent ${message.body.length} bytes for round ${round}; it should be ${due}`);
    }
    this.left -= due;
    this.body = message.body as Uint8Array<ArrayBuffer>;
    this.at = 0;
  }
}
