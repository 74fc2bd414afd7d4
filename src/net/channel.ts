/**
 * What the protocol sees of a network: whole messages, in order, or a reason why not.
 *
 * How to think of it. A `Link` is the raw pipe (data channel, WebSocket, message port, memory) that moves chunks and tells when it
 * has room. A `Channel` (frames.ts) makes whole, checked, counted messages of it. The protocol knows only `Channel`.
 */

/** Kinds of message. The protocol's own bytes are `ring`; everything else is `control` (UTF-8 JSON) or `tensor` (files, setup). */
export type MessageKind = 'control' | 'ring' | 'tensor';

export interface Message {
  kind: MessageKind;
  /** Which pass and round of it a ring message belongs to, by what the sender says; the receiver checks it. 0 for other kinds. */
  pass: number;
  round: number;
  body: Uint8Array;
}

export interface Traffic {
  /** Bodies only, by kind: what the protocol costs. */
  body: Record<MessageKind, number>;
  /** Everything put on the pipe: bodies, headers, heartbeats. */
  wire: number;
  messages: number;
}

export interface Channel {
  /** Resolves when the pipe has room for more. Rejects with ChannelClosed. */
  send(message: Message): Promise<void>;
  /**
   * The next whole message. Rejects with ChannelClosed, or with FrameError if what arrived is no valid frame; by `signal`, with its reason, and
   * the message is the next one's who asks.
   */
  receive(signal?: AbortSignal): Promise<Message>;
  /** Tells the other side why, then closes. */
  close(reason: string): void;
  /** Resolves (never rejects) with the reason when the channel is gone, whoever ended it. */
  readonly closed: Promise<string>;
  readonly sent: Traffic;
  readonly received: Traffic;
}

/** An ordered, reliable pipe of binary chunks of at most `maxChunk` bytes. */
export interface Link {
  readonly maxChunk: number;
  /** Hands a chunk over; resolves when the pipe has room for another. The chunk must not be changed afterwards. */
  send(chunk: Uint8Array): Promise<void>;
  /** Set before the other side can send; chunks that came earlier are kept and delivered when it is set. */
  onchunk: ((chunk: Uint8Array) => void) | undefined;
  onclose: ((reason: string) => void) | undefined;
  close(reason: string): void;
}

export class ChannelClosed extends Error {
  override name = 'ChannelClosed';
}

export class FrameError extends Error {
  override name = 'FrameError';
}

/** A whole, well-framed message that the protocol does not allow at this place. */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}
