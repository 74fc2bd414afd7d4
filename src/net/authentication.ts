/**
 * Who is at the other end of a fresh link: somebody with the same invitation, and nobody in between.
 *
 * How to think of it. Whoever introduces two browsers can introduce each to itself instead. It cannot do so under the browsers' own
 * certificates, though. So both sides prove the invitation's key over both certificates' fingerprints, as each sees them, before they say
 * or believe anything else (a channel binding). The one who joins proves first; the one who waits tells a stranger nothing.
 *
 *     who joins → who waits    proof, with a commitment to a number
 *     who waits → who joins    proof, with a number
 *     who joins → who waits    its own number
 *
 * A proof is HMAC-SHA-256 under a key derived from the invitation's, one for each direction, over all that was said. The numbers make the
 * phrase that people may compare: somebody in between who has the invitation too must commit before it knows the other number, and so gets
 * one guess at a phrase instead of as many as it can compute.
 *
 * Who has no key but a typed code first agrees on one by it (pake.ts), proves that in the same way, and is given the invitation's.
 *
 *     kind u8 | version u8 | what the kind has
 */
import { equalBytes } from '@noble/ciphers/utils.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Link } from './channel';
import type { Fingerprints } from './fingerprints';
import { nextChunk } from './link';
import { Pake, SHARE_BYTES } from './pake';

const VERSION = 1;

/** Who can be at an end of a link. The order is that of the wire. */
const PARTICIPANTS = ['data-owner', 'model-owner', 'dealer'] as const;
export type Participant = (typeof PARTICIPANTS)[number];

/** What a side says of itself, and can't unsay: proofs are over it. */
export interface Self {
  role: Participant;
  /** Whether its page comes from a server on its own machine. */
  ownServer: boolean;
}

/** Who proved to be there. */
export interface Met extends Self {
  /** Six digits that are the same on both sides, and on no third one. */
  phrase: string;
}

/** What both proofs are over, besides what is said. `key`: at least 16 bytes; `fingerprints`: see fingerprints.ts. */
export interface Binding {
  key: Uint8Array;
  fingerprints: Fingerprints;
}

/** The other side does not have the invitation, or is not directly at the other end. */
export class NotInvited extends Error {
  override name = 'NotInvited';
}

/** The other side says that the code has been guessed at too often. */
export class CodeVoid extends Error {
  override name = 'CodeVoid';
}

/** The other side says what this version does not know. */
export class OtherVersion extends Error {
  override name = 'OtherVersion';
}

const KINDS = {
  share: { code: 1, bytes: SHARE_BYTES },
  /** Role, whether the server is its own, commitment or number, proof. */
  proof: { code: 2, bytes: 2 + 32 + 32 },
  opening: { code: 3, bytes: 32 },
  key: { code: 4, bytes: 16 },
  refused: { code: 5, bytes: 0 },
  void: { code: 6, bytes: 0 },
} as const;
type Kind = keyof typeof KINDS;

const frame = (kind: Kind, ...parts: Uint8Array[]): Uint8Array =>
  concatBytes(Uint8Array.of(KINDS[kind].code, VERSION), ...parts);

const isOf = (kind: Kind, chunk: Uint8Array): boolean => chunk[0] === KINDS[kind].code;

/** What a frame has; the kind must be the one that is due. */
function read(chunk: Uint8Array, kind: Kind): Uint8Array {
  if (chunk.length < 2 || chunk[1] !== VERSION) throw new OtherVersion('the other side runs another version');
  if (isOf('void', chunk)) throw new CodeVoid('the code is void');
  const body = chunk.subarray(2);
  if (!isOf(kind, chunk) || body.length !== KINDS[kind].bytes)
    throw new NotInvited(`no ${kind} came where one was due`);
  return body;
}

/** Tells a stranger that it is one. Nothing is said of why. */
export const refuse = (link: Link): Promise<void> => link.send(frame('refused'));

/**
 * The side that joins. Rejects with NotInvited, OtherVersion, or ChannelClosed when the link ends before all is said; the link is the caller's
 * to close.
 */
export async function proveAsGuest(link: Link, self: Self, { key, fingerprints }: Binding): Promise<Met> {
  const number = randomBytes(32);
  const asked = concatBytes(statement(self), sha256(number));
  const guestSees = concatBytes(fingerprints.own, fingerprints.other);
  await link.send(frame('proof', asked, mac(key, 'guest', guestSees, asked)));
  const proof = read(await nextChunk(link), 'proof');
  const answered = proof.subarray(0, -32);
  check(proof, mac(key, 'host', guestSees, asked, answered));
  await link.send(frame('opening', number));
  return { ...stated(answered), phrase: phrase(guestSees, asked, answered, number) };
}

/** The side that waits. `first`: the first chunk that came. Rejects as `proveAsGuest` does, and says nothing before the guest has proved. */
export async function proveAsHost(
  link: Link,
  first: Uint8Array,
  self: Self,
  { key, fingerprints }: Binding,
): Promise<Met> {
  const proof = read(first, 'proof');
  const asked = proof.subarray(0, -32);
  const guestSees = concatBytes(fingerprints.other, fingerprints.own);
  check(proof, mac(key, 'guest', guestSees, asked));
  const answered = concatBytes(statement(self), randomBytes(32));
  await link.send(frame('proof', answered, mac(key, 'host', guestSees, asked, answered)));
  const number = read(await nextChunk(link), 'opening');
  if (!equalBytes(sha256(number), asked.subarray(2))) throw new NotInvited('the number is not the one committed to');
  return { ...stated(asked), phrase: phrase(guestSees, asked, answered, number) };
}

/** Whether a first chunk begins an exchange of a typed code. */
export const isExchange = (first: Uint8Array): boolean => isOf('share', first);

/** The session's key, of 16 bytes, for a typed code. Rejects as `proveAsGuest` does, or with CodeVoid. */
export async function askForKey(
  link: Link,
  self: Self,
  { code, fingerprints }: { code: string; fingerprints: Fingerprints },
): Promise<Uint8Array> {
  const pake = pakeOf(code);
  await link.send(frame('share', pake.share));
  const share = read(await nextChunk(link), 'share');
  const key = agreed(pake, pake.share, share);
  await proveAsGuest(link, self, { key, fingerprints });
  return read(await nextChunk(link), 'key').slice();
}

/** Gives the session's key to whoever has the code. Rejects as `proveAsHost` does: then a guess was wrong. */
export async function giveKey(
  link: Link,
  first: Uint8Array,
  self: Self,
  { code, key, fingerprints }: { code: string } & Binding,
): Promise<void> {
  const share = read(first, 'share');
  const pake = pakeOf(code);
  const shortLived = agreed(pake, share, pake.share);
  await link.send(frame('share', pake.share));
  await proveAsHost(link, await nextChunk(link), self, { key: shortLived, fingerprints });
  await link.send(frame('key', key));
}

/** Says that a code buys nothing any more. */
export const sayVoid = (link: Link): Promise<void> => link.send(frame('void'));

const pakeOf = (code: string): Pake =>
  new Pake({ password: utf8ToBytes(code), channel: utf8ToBytes('secfwt code for a key') });

function agreed(pake: Pake, first: Uint8Array, second: Uint8Array): Uint8Array {
  try {
    return pake.key({ share: first }, { share: second });
  } catch (error) {
    throw new NotInvited((error as Error).message);
  }
}

const statement = ({ role, ownServer }: Self): Uint8Array =>
  Uint8Array.of(PARTICIPANTS.indexOf(role), Number(ownServer));

function stated([role = 0, ownServer]: Uint8Array): Self {
  const known = PARTICIPANTS[role];
  if (!known) throw new OtherVersion(`the other side has role ${role}, which is none`);
  return { role: known, ownServer: ownServer === 1 };
}

/** All parts have fixed lengths, so that nothing can be read in two ways. */
function mac(key: Uint8Array, prover: 'guest' | 'host', ...parts: Uint8Array[]): Uint8Array {
  return hmac(
    sha256,
    hkdf(sha256, key, undefined, utf8ToBytes(`secfwt proof of the ${prover}`), 32),
    concatBytes(...parts),
  );
}

/** In constant time. */
function check(proof: Uint8Array, expected: Uint8Array): void {
  if (!equalBytes(proof.subarray(-32), expected)) throw new NotInvited('the proof is wrong');
}

function phrase(...said: Uint8Array[]): string {
  const digest = sha256(concatBytes(utf8ToBytes('secfwt phrase'), ...said));
  const digits = String(new DataView(digest.buffer, digest.byteOffset).getBigUint64(0) % 1_000_000n).padStart(6, '0');
  return `${digits.slice(0, 3)} ${digits.slice(3)}`;
}
