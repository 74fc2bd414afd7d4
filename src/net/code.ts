/** The code by which two people find each other, and the names that are made of it. */

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
const CODE_LENGTH = 8;

/** A fresh code of 8 characters (40 random bits), without the dash it is shown with. */
export function newCode(): string {
  const random = crypto.getRandomValues(new Uint8Array(CODE_LENGTH));
  return Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** `XXXX-XXXX`, as people read it out. */
export function showCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
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
    throw new CodeError(`A code has ${CODE_LENGTH} characters, like 7KQ2-M9XD. This one has ${code.length}.`);
  return code;
}

export class CodeError extends Error {
  override name = 'CodeError';
}

/** The name under which a page waits at the signalling server. */
export function peerId(code: string, who: 'host' | 'dealer'): string {
  return `secfwt-${code}-${who}`;
}
