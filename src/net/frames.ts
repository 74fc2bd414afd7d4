/**
 * Messages out of chunks.
 *
 * How to think of it. A message is a header of 16 bytes and its body, cut into chunks that are all as long as the first, but
 * for the last. The receiver therefore knows the length of every chunk before it comes, and anything else is an error that
 * names the field. Nothing is repaired: under secret sharing a message that is slightly wrong is worse than none, so the
 * first error ends the channel and tells both sides.
 *
 *     magic u16 | version u8 | kind u8 | sequence u32 | tag u32 | body length u32        (little-endian)
 *
 * An empty chunk is a heartbeat (keepalive.ts). A frame of kind 0 says goodbye: its body is the reason. It may come instead
 * of a message's next chunk, so that a side that gives up need not first send the rest, and it is read whatever its version,
 * so that two versions can tell each other that they are two.
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

export const HEADER_BYTES = 16;
export const FRAME_VERSION = 1;

const MAGIC = 0x5357;

const GOODBYE = 0;
const GOODBYE_TAG = 0xffff_ffff;
const KIND_CODES: Record<MessageKind, number> = { control: 1, ring: 2, tensor: 3 };
const KINDS = new Map(Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as MessageKind]));

const MAX_REASON_BYTES = 1024;
const MIN_CHUNK = 64;
/** The longest body that is sent, in bytes: 1 GiB. */
const LONGEST_BODY = 2 ** 30;

export interface FrameOptions {
  /** The longest body to accept, in bytes. Checked before memory is taken for it. Default LONGEST_BODY. */
  limit?: number;
}

export class FramedChannel implements Channel {
  readonly closed: Promise<string>;
  readonly sent = noTraffic();
  readonly received = noTraffic();

  readonly #link: Link;
  readonly #limit: number;
  /** Settles when the last message handed to `send` is out: messages never interleave. */
  #line: Promise<unknown> = Promise.resolve();
  #nextSent = 0;
  #nextReceived = 0;
  #partial: Partial | undefined;
  #arrived: Message[] = [];
  #receivers: { resolve: (message: Message) => void; reject: (error: Error) => void }[] = [];
  #end: ChannelClosed | FrameError | undefined;
  #resolveClosed!: (reason: string) => void;

  constructor(link: Link, { limit = LONGEST_BODY }: FrameOptions = {}) {
    if (link.maxChunk < MIN_CHUNK)
      throw new RangeError(`a link must take chunks of ${MIN_CHUNK} bytes, not ${link.maxChunk}`);
    this.#link = link;
    this.#limit = limit;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    link.onchunk = (chunk) => this.#take(chunk);
    link.onclose = (reason) => this.#finish(new ChannelClosed(reason));
  }

  /**
   * Resolves when the pipe has room for more; the body must not change before. Messages go out in the order of the calls,
   * awaited or not. Rejects with ChannelClosed, or with RangeError (and sends nothing) if the body is above LONGEST_BODY.
   */
  send(message: Message): Promise<void> {
    const turn = this.#line.then(() => this.#write(message));
    this.#line = turn.catch(() => {});
    return turn;
  }

  receive(): Promise<Message> {
    const message = this.#arrived.shift();
    if (message) return Promise.resolve(message);
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#receivers.push({ resolve, reject }));
  }

  close(reason: string): void {
    this.#finish(new ChannelClosed(reason), reason);
  }

  async #write({ kind, tag, body }: Message): Promise<void> {
    if (body.length > LONGEST_BODY) throw new RangeError(`body: at most ${LONGEST_BODY} bytes, not ${body.length}`);
    if (tag !== tag >>> 0) throw new RangeError(`tag: an unsigned 32-bit integer, not ${tag}`);
    if (this.#end) throw new ChannelClosed(this.#end.message);
    const { maxChunk } = this.#link;
    const first = new Uint8Array(Math.min(maxChunk, HEADER_BYTES + body.length));
    writeHeader(first, KIND_CODES[kind], this.#nextSent, tag, body.length);
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
      this.#finish(new ChannelClosed(error instanceof Error ? error.message : String(error)));
      throw new ChannelClosed(this.#end!.message);
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
    const { kind, tag, body, filled, chunkBytes } = this.#partial;
    const expected = Math.min(chunkBytes, body.length - filled + (piece === chunk ? 0 : HEADER_BYTES));
    if (chunk.length !== expected)
      throw new FrameError(
        `length: message ${this.#nextReceived} has ${body.length} bytes of which ${filled} came, so the next chunk has ${expected} bytes; got ${chunk.length}`,
      );
    body.set(piece, filled);
    this.#partial.filled += piece.length;
    this.received.body[kind] += piece.length;
    if (this.#partial.filled < body.length) return;
    this.#partial = undefined;
    this.#nextReceived = (this.#nextReceived + 1) >>> 0;
    this.received.messages++;
    const message = { kind, tag, body };
    const receiver = this.#receivers.shift();
    if (receiver) receiver.resolve(message);
    else this.#arrived.push(message);
  }

  #open(chunk: Uint8Array): Partial {
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
    const length = header.getUint32(12, true);
    if (length > this.#limit) throw new FrameError(`length: expected at most ${this.#limit} bytes, got ${length}`);
    return {
      kind,
      tag: header.getUint32(8, true),
      body: new Uint8Array(length),
      filled: 0,
      chunkBytes: chunk.length,
    };
  }

  /** The first end counts. With `farewell`, the other side is told. */
  #finish(end: ChannelClosed | FrameError, farewell?: string): void {
    if (this.#end) return;
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
  }
}

interface Partial {
  kind: MessageKind;
  tag: number;
  body: Uint8Array;
  filled: number;
  /** Length of the message's first chunk, header included: that of all but the last. */
  chunkBytes: number;
}

function noTraffic(): Traffic {
  return { body: { control: 0, ring: 0, tensor: 0 }, wire: 0, messages: 0 };
}

function writeHeader(chunk: Uint8Array, kind: number, sequence: number, tag: number, length: number): void {
  const header = new DataView(chunk.buffer, chunk.byteOffset, HEADER_BYTES);
  header.setUint16(0, MAGIC, true);
  header.setUint8(2, FRAME_VERSION);
  header.setUint8(3, kind);
  header.setUint32(4, sequence, true);
  header.setUint32(8, tag, true);
  header.setUint32(12, length, true);
}

function goodbye(reason: string, sequence: number, maxChunk: number): Uint8Array {
  const text = new TextEncoder().encode(reason).subarray(0, Math.min(MAX_REASON_BYTES, maxChunk - HEADER_BYTES));
  const chunk = new Uint8Array(HEADER_BYTES + text.length);
  writeHeader(chunk, GOODBYE, sequence, GOODBYE_TAG, text.length);
  chunk.set(text, HEADER_BYTES);
  return chunk;
}

/** The reason, if the chunk is a goodbye. 88 fixed bits keep a message's body from being taken for one. */
export function readGoodbye(chunk: Uint8Array): string | undefined {
  if (chunk.length < HEADER_BYTES || chunk.length > HEADER_BYTES + MAX_REASON_BYTES) return undefined;
  const header = new DataView(chunk.buffer, chunk.byteOffset, HEADER_BYTES);
  const matches =
    header.getUint16(0, true) === MAGIC &&
    header.getUint8(3) === GOODBYE &&
    header.getUint32(8, true) === GOODBYE_TAG &&
    header.getUint32(12, true) === chunk.length - HEADER_BYTES;
  return matches ? new TextDecoder().decode(chunk.subarray(HEADER_BYTES)) : undefined;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
