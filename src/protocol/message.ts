/** Packing of vectors into a round's message and back, with every length checked. */
import type { Backend, Vector } from '../compute/backend';
import { type Message, ProtocolError } from '../net/channel';
import { partBytes } from '../program/cost';
import { packedBytes } from '../ring/ring';
import type { Part } from './operation';

/** A ring message's tag: which pass and which round it belongs to. */
export const tagOf = (pass: number, round: number): number => ((pass << 10) | round) >>> 0;

export async function packMessage(
  backend: Backend,
  vectors: Vector[],
  parts: Part[],
  what: string,
): Promise<Uint8Array> {
  if (vectors.length !== parts.length || vectors.some((v, i) => v.n !== parts[i]!.n)) {
    throw new Error(`${what} does not have the shape that the plan says`);
  }
  const body = new Uint8Array(partBytes(parts));
  const packed = await Promise.all(
    vectors.map(async (v, i) => {
      const tight = backend.pack(v, parts[i]!.bits);
      const words = await backend.read(tight);
      backend.release(tight);
      return words;
    }),
  );
  let at = 0;
  for (const words of packed) {
    body.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), at);
    at += words.byteLength;
  }
  return body;
}

/** Throws ProtocolError, naming what was expected, when the message is not that of this pass and round. */
export function checkMessage(message: Message, from: string, tag: number, bytes: number): void {
  const { kind, body } = message;
  if (kind !== 'ring')
    throw new ProtocolError(`${from} sent a ${kind} message where the protocol's round ${tag & 1023} was due`);
  if (message.tag !== tag) {
    const said = `pass ${message.tag >>> 10}, round ${message.tag & 1023}`;
    throw new ProtocolError(`${from} sent ${said} where pass ${tag >>> 10}, round ${tag & 1023} was due`);
  }
  if (body.length !== bytes) {
    throw new ProtocolError(`${from} sent ${body.length} bytes for round ${tag & 1023}; it should be ${bytes}`);
  }
}

/** Uploads one packed part of a checked message. */
export function unpackPart(backend: Backend, body: Uint8Array, at: number, { n, bits }: Part): Vector {
  const bytes = packedBytes(n, bits);
  // Copied, because a message's body need not start at a whole word.
  const words = new Uint32Array(body.slice(at, at + bytes).buffer);
  const tight = backend.upload(words, 1);
  const elements = backend.unpack(tight, n, bits);
  backend.release(tight);
  return elements;
}
