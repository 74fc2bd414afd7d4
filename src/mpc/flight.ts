/**
 * A flight: what one side says in a round, as vectors in tight bit strings one after the other.
 *
 * A flight may be of any size. It is cut into messages that are all as long as a message may be, but for the last; both sides know its
 * length from the plan, so every message's length is known before it comes, and vectors are unpacked as soon as their bytes are
 * there: the receiver holds the messages of one vector at a time. Set-up: pass 0, round 0.
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

/** What messages come from, and go to. */
export type Source = Pick<Channel, 'receive'>;
export type Sink = Pick<Channel, 'send'>;

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
  /** The message that is being filled, in words, and how many of them have a vector. */
  private message = new Uint32Array();
  private filled = 0;
  /** Messages that are spoken for to their end and not sent yet. */
  private readonly full: Uint32Array<ArrayBuffer>[] = [];

  /** `left`: the flight's length. */
  constructor(
    private readonly backend: Backend,
    private readonly channel: Sink,
    private readonly name: FlightName,
    private left: Bytes | number,
    /** Ends it before its next message. */
    private readonly signal?: AbortSignal,
  ) {}

  /** Packs and sends vectors; resolves when the pipe has room for more. Throws when they are not what `parts` say. */
  async write(vectors: Vector[], parts: Part[]): Promise<void> {
    if (vectors.length !== parts.length || vectors.some((v, i) => v.n !== parts[i]?.n)) {
      throw new Error(`what is said in round ${this.name.round} does not have the shape that the plan says`);
    }
    const places = parts.map(({ n, bits }) => this.place(packedBytes(n, bits) / 4));
    // All reads are asked for before the first is waited for: a device answers them together.
    const reads = parts.map(({ bits }, i) => {
      const packed = this.backend.pack(vectors[i]!, bits);
      return this.backend.readInto(packed, places[i]!).finally(() => this.backend.release(packed));
    });
    await Promise.all(reads);
    for (const message of this.full.splice(0)) await this.send(new Uint8Array(message.buffer));
  }

  /** Whether all of it is written. */
  get isOver(): boolean {
    return this.left === 0;
  }

  /** Throws when less was written than was promised. */
  end(): void {
    if (this.left > 0) throw new Error(`a flight of round ${this.name.round} is ${this.left} bytes short`);
  }

  /** Where the flight's next words go: ranges of messages, so that nothing is copied from one place to another. */
  private place(words: number): Uint32Array[] {
    const pieces: Uint32Array[] = [];
    for (let due = words; due > 0; ) {
      if (this.filled === this.message.length) {
        this.message = new Uint32Array(Math.min(MOST_BODY, this.left) / 4);
        this.filled = 0;
      }
      const piece = this.message.subarray(this.filled, this.filled + due);
      if (piece.length === 0) throw new Error(`a flight of round ${this.name.round} is longer than the plan says`);
      pieces.push(piece);
      this.filled += piece.length;
      this.left -= 4 * piece.length;
      due -= piece.length;
      if (this.filled === this.message.length) this.full.push(this.message);
    }
    return pieces;
  }

  private async send(body: Uint8Array): Promise<void> {
    this.signal?.throwIfAborted();
    await this.channel.send({ kind: 'ring', ...this.name, body });
  }
}

export class FlightReader {
  /** The message that is being read, in words, and how many of them are. */
  private body = new Uint32Array();
  private at = 0;

  /** `from` is who sends, in words for a person; `left` the flight's length. */
  constructor(
    private readonly backend: Backend,
    private readonly channel: Source,
    private readonly from: string,
    private readonly name: FlightName,
    private left: Bytes | number,
    /** Ends the waiting for its next message. */
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * The next vector. Rejects with ProtocolError, naming what was expected, for a message that is not this flight's or not as long
   * as it must be.
   */
  async read({ n, bits }: Part): Promise<Vector> {
    // Where it lies in its messages, because they need not be cut at a whole vector.
    const pieces: Uint32Array[] = [];
    for (let due = packedBytes(n, bits) / 4; due > 0; ) {
      if (this.at === this.body.length) await this.receive();
      const piece = this.body.subarray(this.at, this.at + due);
      pieces.push(piece);
      this.at += piece.length;
      due -= piece.length;
    }
    const tight = this.backend.upload(pieces, 1);
    const elements = this.backend.unpack(tight, n, bits);
    this.backend.release(tight);
    return elements;
  }

  /** Whether all of it is read. */
  get isOver(): boolean {
    return this.left === 0 && this.at === this.body.length;
  }

  private async receive(): Promise<void> {
    const due = Math.min(MOST_BODY, this.left);
    const body = await receiveBody(this.channel, this.from, this.name, due, this.signal);
    this.left -= due;
    this.body = wordsOf(body);
    this.at = 0;
  }
}

/** The next message's body, of `due` bytes. Rejects with ProtocolError, naming what was expected, for any other message. */
export async function receiveBody(
  channel: Source,
  from: string,
  { pass, round }: FlightName,
  due: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const message = await channel.receive(signal);
  if (message.kind !== 'ring') {
    const text = `${from} sent a ${message.kind} message where the protocol's round ${round} was due`;
    throw message.kind === 'control' ? new Interruption(text, message) : new ProtocolError(text);
  }
  if (message.pass !== pass || message.round !== round) {
    const said = `pass ${message.pass}, round ${message.round}`;
    throw new ProtocolError(`${from} sent ${said} where pass ${pass}, round ${round} was due`);
  }
  if (due === 0 || message.body.length !== due) {
    throw new ProtocolError(`${from} sent ${message.body.length} bytes for round ${round}; it should be ${due}`);
  }
  return message.body;
}

/** The same bytes as words. */
function wordsOf(body: Uint8Array): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = body as Uint8Array<ArrayBuffer>;
  const aligned = byteOffset % 4 === 0;
  return aligned ? new Uint32Array(buffer, byteOffset, length / 4) : new Uint32Array(body.slice().buffer);
}
