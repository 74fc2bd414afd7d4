/**
 * CPace: two who share a short password agree on a long key, and nobody else learns whether a guess was right but by trying it on one of them.
 *
 * Suite CPACE-RISTR255-SHA512, as initiator and responder (draft-irtf-cfrg-cpace-21; proof in eprint 2021/114). The key is not confirmed here: who
 * has to know whether the other side has it proves that afterwards (authentication.ts).
 */
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const { Point } = ristretto255;
/** Not every curve of the library has it; this one does (RFC 9496, 4.3.4). */
const { deriveToCurve } = ristretto255_hasher as Required<typeof ristretto255_hasher>;

const DSI = utf8ToBytes('CPaceRistretto255');
const DSI_ISK = utf8ToBytes('CPaceRistretto255_ISK');
/** Of SHA-512's input, in bytes. */
const BLOCK = 128;
/** Of a share, in bytes. */
export const SHARE_BYTES = 32;

export interface PakeInput {
  /** PRS in the draft. */
  password: Uint8Array;
  /** CI: what both sides know of the channel and of each other. */
  channel: Uint8Array;
  /** sid, where there is one. */
  session?: Uint8Array;
}

/** What a side sends. */
export interface PakeShare {
  /** 32 bytes. */
  share: Uint8Array;
  /** AD in the draft: whatever else is to be the same on both sides. */
  data?: Uint8Array;
}

export class PakeError extends Error {
  override name = 'PakeError';
}

/** One side of one agreement: never used twice. */
export class Pake {
  /** 32 bytes, for the other side. */
  readonly share: Uint8Array;
  readonly #scalar: bigint;
  readonly #session: Uint8Array;

  /** `scalar`: from the system's generator; given in tests only. */
  constructor({ password, channel, session = new Uint8Array() }: PakeInput, scalar = randomScalar()) {
    this.#scalar = scalar;
    this.#session = session;
    this.share = generator(password, channel, session).multiply(scalar).toBytes();
  }

  /** The key of 64 bytes, of both shares in the order in which they were sent. Throws PakeError for a share that is none. */
  key(first: PakeShare, second: PakeShare): Uint8Array {
    const theirs = equal(first.share, this.share) ? second.share : first.share;
    const transcript = lengthsAndValues(
      ...[first, second].flatMap(({ share, data = new Uint8Array() }) => [share, data]),
    );
    return sha512(concatBytes(lengthsAndValues(DSI_ISK, this.#session, this.#secret(theirs)), transcript));
  }

  #secret(share: Uint8Array): Uint8Array {
    try {
      const secret = Point.fromBytes(share).multiply(this.#scalar);
      if (!secret.is0()) return secret.toBytes();
    } catch {
      // No encoding of an element: as bad as the neutral one.
    }
    throw new PakeError('the share of the other side is no element of the group');
  }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

function generator(password: Uint8Array, channel: Uint8Array, session: Uint8Array): InstanceType<typeof Point> {
  const used = 1 + lengthAndValue(DSI).length + lengthAndValue(password).length;
  const padding = new Uint8Array(Math.max(0, BLOCK - used));
  return deriveToCurve(sha512(lengthsAndValues(DSI, password, padding, channel, session)));
}

/** Uniform in [1, order) but for a bias below 2^-250. */
function randomScalar(): bigint {
  return (bytesToNumberLE(randomBytes(64)) % (Point.Fn.ORDER - 1n)) + 1n;
}

const lengthsAndValues = (...values: Uint8Array[]): Uint8Array => concatBytes(...values.map(lengthAndValue));

/** The length as LEB128, and the value. */
function lengthAndValue(value: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = value.length;
  for (; rest > 127; rest >>= 7) length.push((rest & 127) | 128);
  length.push(rest);
  return concatBytes(Uint8Array.from(length), value);
}
