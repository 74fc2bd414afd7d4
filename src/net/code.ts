/**
 * The invitation to a session, and the names that are made of it.
 *
 * A link carries all of it: the code, and a key that no server ever hears. Who only types the code exchanges it for the key
 * (authentication.ts). The code's first eight characters say where the host waits; the last four are a secret that is shown to nobody, and
 * short: it is never sent, nor anything made of it alone.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

export type PartyRole = 'data-owner' | 'model-owner';

export const ROLE_NAMES: Record<PartyRole, string> = { 'data-owner': 'data owner', 'model-owner': 'model owner' };

/** A party in the middle of a sentence. */
export const partyName = (role: PartyRole): string => `the ${ROLE_NAMES[role]}`;

/** The party that a party computes with. */
export const counterpart = (role: PartyRole): PartyRole => (role === 'data-owner' ? 'model-owner' : 'data-owner');

export function isPartyRole(value: unknown): value is PartyRole {
  return value === 'data-owner' || value === 'model-owner';
}

/** Crockford's base 32: no I, L, O (read as 1, 1, 0) and no U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 12;
const ROOM_LENGTH = 8;
const KEY_BYTES = 16;

/** A fresh code of 12 characters, without the dashes it is shown with: 40 random bits of room and 20 of secret. */
export function newCode(): string {
  const random = crypto.getRandomValues(new Uint8Array(CODE_LENGTH));
  return Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** `XXXX-XXXX-XXXX`, as people read it out. */
export function showCode(code: string): string {
  return (code.match(/.{1,4}/g) ?? []).join('-');
}

/** Reads a code as people type it: any case, spaces and dashes anywhere, O for 0, I or L for 1. Throws CodeError. */
export function parseCode(typed: string): string {
  const code = typed
    .toUpperCase()
    .replace(/[\s\p{Pd}_.]/gu, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  const stranger = [...code].find((character) => !ALPHABET.includes(character));
  if (stranger !== undefined)
    throw new CodeError(`A code has only letters and digits, without U: “${stranger}” is not part of it.`);
  if (code.length !== CODE_LENGTH)
    throw new CodeError(`A code has ${CODE_LENGTH} characters, like 7KQ2-M9XD-4TRW. This one has ${code.length}.`);
  return code;
}

export class CodeError extends Error {
  override name = 'CodeError';
}

/** A fresh key of 128 bits, as a link carries it. */
export function newKey(): string {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
}

/** The key of a link: 16 bytes. Throws CodeError. */
export function parseKey(written: string): Uint8Array {
  if (!new RegExp(`^[0-9a-f]{${2 * KEY_BYTES}}$`).test(written))
    throw new CodeError('This link is not whole: its key is missing characters. Copy the link again, all of it.');
  return hexToBytes(written);
}

/** Where a host waits at the signalling server for who has the code. Nothing of the code's secret is in it. */
export const hostName = (code: string): string => nameFrom(utf8ToBytes(code.slice(0, ROOM_LENGTH)), 'host');

/** Where a dealer's tab waits at the signalling server for who has the key. */
export const dealerName = (key: Uint8Array): string => nameFrom(key, 'dealer');

/** By which the server's dealer knows that two parties belong together: 32 hexadecimal digits. */
export const seatName = (key: Uint8Array): string => nameFrom(key, 'seat');

/** A name for something of a session's that says nothing of its secret: 32 hexadecimal digits. */
export function nameFrom(secret: Uint8Array, place: string): string {
  return bytesToHex(hkdf(sha256, secret, undefined, utf8ToBytes(`secfwt name of the ${place}`), 16));
}
