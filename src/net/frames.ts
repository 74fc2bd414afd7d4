/**
 * Messages out of chunks.
 *
 * How to think of it. A message is a header of 20 bytes and its body, cut into chunks that are all as long as the first, but
 * for the last. The receiver therefore knows the length of every chunk before it comes, and anything else is an error that
 * names the field. Nothing is repaired: under secret sharing a message that is slightly wrong is worse than none, so the
 * first error ends the channel and tells both sides.
 *
 *     magic u16 | version u8 | kind u8 | sequence u32 | pass u32 | round u32 | body length u32        (little-endian)
 *
 * No message is long: what is larger goes in several, so that neither side ever holds more than a few of them. A header
 * alone takes no memory, whatever length it announces, and messages that nobody receives are kept up to a limit.
 *
 * An empty chunk is a heartbeat (keepalive.ts). A frame of kind 0 says goodbye: its body is the reason. It may come instead
 * of a message's next chunk, so that a side that gives up need not first send the rest. Its layout is that of version 1 for
 * ever, and it is read whatever its version, so that two versions can tell each other that they are two:
 *
 *     magic u16 | version u8 | 0 u8 | sequence u32 | 0xffffffff u32 | reason's length u32
 */
import {
  type Channel,
  ChannelClosed,
  FrameError,
  type Link,
  type Message,
  type MessageKind,
  type Traffic,
} from './channel';

export const HEADER_BYTES = 20;
export const FRAME_VERSION = 2;
/** The longest body of a ring or tensor message, in bytes: 4 MiB. Whoever has more to say sends several. */
export const MOST_BODY = 4 << 20;

/** The longest body that is sent or accepted, in bytes. A control message may carry a model's tokenizer. */
const LONGEST: Record<MessageKind, number> = { control: 64 << 20, ring: MOST_BODY, tensor: MOST_BODY };

const MAGIC = 0x5357;

const GOODBYE = 0;
const GOODBYE_BYTES = 16;
const GOODBYE_MARK = 0xffff_ffff;
const KIND_CODES: Record<MessageKind, number> = { control: 1, ring: 2, tensor: 3 };
const KINDS = new Map(Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as MessageKind]));

/** Of a message, so that short ones cannot take many times their bytes: 64 MiB take 14,564 of a data channel's. */
const MOST_CHUNKS = 65_536;

/** Bytes of whole messages that may wait until somebody receives them: the largest flights of a pass, several times over. */
export const MOST_UNREAD = 2 ** 30;

/** What a message that waits takes besides its body, about, so that many empty ones count as well. */
const MESSAGE_BYTES = 256;

const MAX_REASON_BYTES = 1024;
const MIN_CHUNK = 64;

export interface FrameOptions {
  /** The longest body to accept, in bytes, where that is less than a message's kind allows. */
  limit?: number;
  /** Bytes of messages that may wait to be received; whoever sends more ends the channel with a FrameError. Default MOST_UNREAD. */
  mostUnread?: number;
}

export class FramedChannel implements Channel {
  readonly closed: Promise<string>;
  readonly sent = noTraffic();
  readonly received = noTraffic();

  readonly #link: Link;
  readonly #limit: number;
  readonly #mostUnread: number;
  /** Settles when the last message handed to `send` is out: messages never interleave. */
  #line: Promise<unknown> = Promise.resolve();
  #nextSent = 0;
  #nextReceived = 0;
  #partial: PartialMessage | undefined;
  #arrived: Message[] = [];
  #unread = 0;
  #receivers: { resolve: (message: Message) => void; reject: (error: unknown) => void }[] = [];
  #end: ChannelClosed | FrameError | undefined;
  #resolveClosed!: (reason: string) => void;

  constructor(link: Link, { limit = Number.POSITIVE_INFINITY, mostUnread = MOST_UNREAD }: FrameOptions = {}) {
    if (link.maxChunk < MIN_CHUNK)
      throw new RangeError(`a link must take chunks of ${MIN_CHUNK} bytes, not ${link.maxChunk}`);
    this.#link = link;
    this.#limit = limit;
    this.#mostUnread = mostUnread;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    link.onchunk = (chunk) => this.#take(chunk);
    link.onclose = (reason) => this.#finish(new ChannelClosed(reason));
  }

  /**
   * Resolves when the pipe has room for more; the body must not change before. Messages go out in the order of the calls,
   * awaited or not. Rejects with ChannelClosed, or with RangeError (and sends nothing) if the body is longer than its kind
   * allows (MOST_BODY; 64 MiB for control) or pass or round is no unsigned 32-bit integer.
   */
  send(message: Message): Promise<void> {
    const turn = this.#line.then(() => this.#write(message));
    this.#line = turn.catch(() => {});
    return turn;
  }

  receive(signal?: AbortSignal): Promise<Message> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const message = this.#arrived.shift();
    if (message) {
      this.#unread -= waitingBytes(message);
      return Promise.resolve(message);
    }
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const done = () => signal?.removeEventListener('abort', leave);
      const receiver = {
        resolve: (message: Message) => {
          done();
          resolve(message);
        },
        reject: (error: unknown) => {
          done();
          reject(error);
        },
      };
      const leave = () => {
        this.#receivers.splice(this.#receivers.indexOf(receiver), 1);
        receiver.reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave);
      this.#receivers.push(receiver);
    });
  }

  close(reason: string): void {
    this.#finish(new ChannelClosed(reason), reason);
  }

  async #write({ kind, pass, round, body }: Message): Promise<void> {
    if (body.length > LONGEST[kind])
      throw new RangeError(`body: a ${kind} message has at most ${LONGEST[kind]} bytes, not ${body.length}`);
    for (const [name, value] of Object.entries({ pass, round }))
      if (value !== value >>> 0) throw new RangeError(`${name}: an unsigned 32-bit integer, not ${value}`);
    if (this.#end) throw new ChannelClosed(this.#end.message);
    const { maxChunk } = this.#link;
    const first = new Uint8Array(Math.min(maxChunk, HEADER_BYTES + body.length));
    const header = writeStart(first, KIND_CODES[kind], this.#nextSent);
    header.setUint32(8, pass, true);
    header.setUint32(12, round, true);
    header.setUint32(16, body.length, true);
    this.#nextSent = (this.#nextSent + 1) >>> 0;
    let done = first.length - HEADER_BYTES;
    first.set(body.subarray(0, done), HEADER_BYTES);
    this.sent.body[kind] += done;
    if (done === body.length) this.sent.messages++;
    await this.#push(first);
    while (done < body.length) {
      // A copy, because the link keeps the chunk (or transfers it to another thread) while the caller may reuse the body.
      const chunk = body.slice(done, done + maxChunk);
      done += chunk.length;
      this.sent.body[kind] += chunk.length;
      if (done === body.length) this.sent.messages++;
      await this.#push(chunk);
    }
  }

  async #push(chunk: Uint8Array): Promise<void> {
    if (this.#end) throw new ChannelClosed(this.#end.message);
    this.sent.wire += chunk.length;
    try {
      await this.#link.send(chunk);
    } catch (error) {
      throw new ChannelClosed(
        this.#finish(new ChannelClosed(error instanceof Error ? error.message : String(error))).message,
      );
    }
  }

  #take(chunk: Uint8Array): void {
    if (this.#end) return;
    this.received.wire += chunk.length;
    if (chunk.length === 0) return;
    const goodbye = readGoodbye(chunk);
    if (goodbye !== undefined) {
      this.#finish(new ChannelClosed(goodbye));
      return;
    }
    try {
      this.#accept(chunk);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#finish(error, `the other side could not read what this one sent: ${error.message}`);
    }
  }

  #accept(chunk: Uint8Array): void {
    let piece = chunk;
    if (!this.#partial) {
      this.#partial = this.#open(chunk);
      piece = chunk.subarray(HEADER_BYTES);
    }
    const { kind, pass, round, length, filled, chunkBytes } = this.#partial;
    const expected = Math.min(chunkBytes, length - filled + (piece === chunk ? 0 : HEADER_BYTES));
    if (chunk.length !== expected)
      throw new FrameError(
        `length: message ${this.#nextReceived} has ${length} bytes of which ${filled} came, so the next chunk has ${expected} bytes; got ${chunk.length}`,
      );
    this.#partial.pieces.push(piece);
    this.#partial.filled += piece.length;
    this.received.body[kind] += piece.length;
    if (this.#partial.filled < length) return;
    const body = joined(this.#partial);
    this.#partial = undefined;
    this.#nextReceived = (this.#nextReceived + 1) >>> 0;
    this.received.messages++;
    const message = { kind, pass, round, body };
    const receiver = this.#receivers.shift();
    if (receiver) receiver.resolve(message);
    else this.#keep(message);
  }

  #keep(message: Message): void {
    const unread = this.#unread + waitingBytes(message);
    if (unread > this.#mostUnread)
      throw new FrameError(`unread: ${unread} bytes came before any were asked for; ${this.#mostUnread} may wait`);
    this.#unread = unread;
    this.#arrived.push(message);
  }

  #open(chunk: Uint8Array): PartialMessage {
    if (chunk.length < HEADER_BYTES)
      throw new FrameError(`header: expected ${HEADER_BYTES} bytes or more, got a chunk of ${chunk.length}`);
    const header = new DataView(chunk.buffer, chunk.byteOffset, HEADER_BYTES);
    const magic = header.getUint16(0, true);
    if (magic !== MAGIC) throw new FrameError(`magic: expected ${hex(MAGIC)}, got ${hex(magic)}`);
    const version = header.getUint8(2);
    if (version !== FRAME_VERSION)
      throw new FrameError(`version: expected ${FRAME_VERSION}, got ${version}; both sides must run the same version`);
    const code = header.getUint8(3);
    const kind = KINDS.get(code);
    if (!kind)
      throw new FrameError(`kind: expected ${[...KINDS].map(([n, name]) => `${n} (${name})`).join(', ')}, got ${code}`);
    const sequence = header.getUint32(4, true);
    if (sequence !== this.#nextReceived)
      throw new FrameError(`sequence: expected ${this.#nextReceived}, got ${sequence}; a message was lost or repeated`);
    const length = header.getUint32(16, true);
    const most = Math.min(this.#limit, LONGEST[kind]);
    if (length > most) throw new FrameError(`length: expected at most ${most} bytes of ${kind}, got ${length}`);
    if (length > MOST_CHUNKS * chunk.length)
      throw new FrameError(`length: ${length} bytes in chunks of ${chunk.length} are more than ${MOST_CHUNKS} chunks`);
    return {
      kind,
      pass: header.getUint32(8, true),
      round: header.getUint32(12, true),
      length,
      pieces: [],
      filled: 0,
      chunkBytes: chunk.length,
    };
  }

  /** The first end counts, and is returned. With `farewell`, the other side is told. */
  #finish(end: ChannelClosed | FrameError, farewell?: string): ChannelClosed | FrameError {
    if (this.#end) return this.#end;
    this.#end = end;
    if (farewell !== undefined) {
      const chunk = goodbye(farewell, this.#nextSent, this.#link.maxChunk);
      this.sent.wire += chunk.length;
      // A link takes a chunk at once and promises only the room for the next one, so there is nothing to wait for.
      this.#link.send(chunk).catch(() => {});
    }
    this.#link.close(end.message);
    this.#partial = undefined;
    this.#resolveClosed(end.message);
    for (const receiver of this.#receivers.splice(0)) receiver.reject(end);
    return end;
  }
}

interface PartialMessage {
  kind: MessageKind;
  pass: number;
  round: number;
  /** Of the whole body, as the header says. */
  length: number;
  /** What came of it: nothing is taken for what is only announced. */
  pieces: Uint8Array[];
  filled: number;
  /** Length of the message's first chunk, header included: that of all but the last. */
  chunkBytes: number;
}

function noTraffic(): Traffic {
  return { body: { control: 0, ring: 0, tensor: 0 }, wire: 0, messages: 0 };
}

const waitingBytes = ({ body }: Message): number => MESSAGE_BYTES + body.length;

function joined({ pieces, length }: PartialMessage): Uint8Array {
  const body = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

/** What all frames begin with. Returns the view for the rest. */
function writeStart(chunk: Uint8Array, kind: number, sequence: number): DataView {
  const header = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  header.setUint16(0, MAGIC, true);
  header.setUint8(2, FRAME_VERSION);
  header.setUint8(3, kind);
  header.setUint32(4, sequence, true);
  return header;
}

function goodbye(reason: string, sequence: number, maxChunk: number): Uint8Array {
  const text = new TextEncoder().encode(reason).subarray(0, Math.min(MAX_REASON_BYTES, maxChunk - GOODBYE_BYTES));
  const chunk = new Uint8Array(GOODBYE_BYTES + text.length);
  const header = writeStart(chunk, GOODBYE, sequence);
  header.setUint32(8, GOODBYE_MARK, true);
  header.setUint32(12, text.length, true);
  chunk.set(text, GOODBYE_BYTES);
  return chunk;
}

/** The reason, if the chunk is a goodbye. 88 fixed bits keep a message's body from being taken for one. */
export function readGoodbye(chunk: Uint8Array): string | undefined {
  if (chunk.length < GOODBYE_BYTES || chunk.length > GOODBYE_BYTES + MAX_REASON_BYTES) return undefined;
  const header = new DataView(chunk.buffer, chunk.byteOffset, GOODBYE_BYTES);
  const matches =
    header.getUint16(0, true) === MAGIC &&
    header.getUint8(3) === GOODBYE &&
    header.getUint32(8, true) === GOODBYE_MARK &&
    header.getUint32(12, true) === chunk.length - GOODBYE_BYTES;
  return matches ? new TextDecoder().decode(chunk.subarray(GOODBYE_BYTES)) : undefined;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
