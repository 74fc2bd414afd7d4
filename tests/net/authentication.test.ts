/** The handshake over links in memory, with a stranger at the other end, and with somebody in between. */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { afterEach, describe, expect, it } from 'vitest';
import {
  askForKey,
  giveKey,
  isExchange,
  NotInvited,
  OtherVersion,
  proveAsGuest,
  proveAsHost,
  refuse,
  type Self,
} from '../../src/net/authentication';
import type { Link } from '../../src/net/channel';
import { newCode, newKey, parseKey } from '../../src/net/code';
import { nextChunk } from '../../src/net/link';
import { type MemoryLink, memoryPair } from '../../src/net/memory';

const certificate = (n: number) => new Uint8Array(32).fill(n);
const [GUEST, HOST, EVIL] = [certificate(1), certificate(2), certificate(3)];
const atGuest = { own: GUEST, other: HOST };
const atHost = { own: HOST, other: GUEST };
const guest: Self = { role: 'data-owner', ownServer: false };
const host: Self = { role: 'model-owner', ownServer: true };
const key = parseKey(newKey());

let links: MemoryLink[] = [];
afterEach(() => {
  for (const link of links) link.close('the test is over');
  links = [];
});

function pair(tamper?: (chunk: Uint8Array, from: 0 | 1) => Uint8Array): [MemoryLink, MemoryLink] {
  const made = memoryPair({ tamper });
  links.push(...made);
  return made;
}

/** As a host does at its door: a stranger is told that it is one. */
async function atTheDoor<T>(link: Link, prove: (first: Uint8Array) => Promise<T>): Promise<T> {
  try {
    return await prove(await nextChunk(link));
  } catch (error) {
    await refuse(link);
    throw error;
  }
}

const outcomes = (...sides: Promise<unknown>[]) =>
  Promise.all(sides.map((side) => side.catch((error: Error) => error)));

const meet = ([g, h]: [Link, Link], asGuest = { key, fingerprints: atGuest }, asHost = { key, fingerprints: atHost }) =>
  outcomes(
    proveAsGuest(g, guest, asGuest).catch((error) => {
      g.close('not who was looked for');
      throw error;
    }),
    atTheDoor(h, (first) => proveAsHost(h, first, host, asHost)),
  );

describe('two with the same invitation', () => {
  it('learn who the other is, and see the same digits, other ones each time', async () => {
    const phrases = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const [toHost, toGuest] = await meet(pair());
      const { phrase } = toHost as { phrase: string };
      expect(phrase).toMatch(/^\d{3} \d{3}$/);
      expect(toHost).toEqual({ ...host, phrase });
      expect(toGuest).toEqual({ ...guest, phrase });
      phrases.add(phrase);
    }
    expect(phrases.size).toBe(3);
  });

  it('leave to the session what is sent right behind the handshake', async () => {
    const [g, h] = pair();
    const [, met] = await Promise.all([
      proveAsGuest(g, guest, { key, fingerprints: atGuest }).then(() => g.send(Uint8Array.of(7, 7))),
      nextChunk(h).then((first) => proveAsHost(h, first, host, { key, fingerprints: atHost })),
    ]);
    expect(met.role).toBe('data-owner');
    expect(await nextChunk(h)).toEqual(Uint8Array.of(7, 7));
  });
});

describe('a proof', () => {
  it('is HMAC-SHA-256 under a key by HKDF, over role, server, commitment and both fingerprints', async () => {
    const [g, h] = pair();
    proveAsGuest(g, guest, { key, fingerprints: atGuest }).catch(() => {});
    const chunk = await nextChunk(h);
    const usage = 'HKDF';
    const base = await crypto.subtle.importKey('raw', key.slice(), usage, false, ['deriveKey']);
    const derived = await crypto.subtle.deriveKey(
      { name: usage, hash: 'SHA-256', salt: new Uint8Array(), info: utf8ToBytes('secfwt proof of the guest').slice() },
      base,
      { name: 'HMAC', hash: 'SHA-256', length: 256 },
      false,
      ['verify'],
    );
    const [said, proof] = [chunk.slice(2, 36), chunk.slice(36)];
    expect(proof.length).toBe(32);
    const over = concatBytes(GUEST, HOST, said).slice();
    expect(await crypto.subtle.verify('HMAC', derived, proof, over)).toBe(true);
  });

  it('derives keys as RFC 5869 does (test case 1)', () => {
    const [input, salt, info] = ['0b'.repeat(22), '000102030405060708090a0b0c', 'f0f1f2f3f4f5f6f7f8f9'].map(hexToBytes);
    expect(bytesToHex(hkdf(sha256, input!, salt, info, 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });

  it.each([
    ['another key', { key: parseKey(newKey()), fingerprints: atGuest }],
    ['another certificate at the other end', { key, fingerprints: { ...atGuest, other: EVIL } }],
    ['another certificate of its own', { key, fingerprints: { ...atGuest, own: EVIL } }],
    ['certificates the wrong way round', { key, fingerprints: atHost }],
  ])('of somebody with %s is refused by both', async (_, wrong) => {
    const [toHost, toGuest] = await meet(pair(), wrong);
    expect(toHost).toBeInstanceOf(NotInvited);
    expect(toGuest).toBeInstanceOf(NotInvited);
  });

  it('is refused when any one bit of what is said was changed', async () => {
    // Role, server, commitment and proof of the guest; then the host's; then the opening.
    for (const [from, at, which] of [
      [0, 2, 0],
      [0, 3, 0],
      [0, 4, 0],
      [0, 67, 0],
      [1, 2, 0],
      [1, 3, 0],
      [1, 35, 0],
      [1, 67, 0],
      [0, 2, 1],
    ] as const) {
      const count = [0, 0];
      const results = await meet(
        pair((chunk, sender) => {
          if (sender !== from || count[sender]!++ !== which) return chunk;
          const changed = chunk.slice();
          changed[at]! ^= 1;
          return changed;
        }),
      );
      const noticed = results.some((result) => result instanceof NotInvited);
      expect(noticed, `side ${from}, byte ${at}, message ${which}`).toBe(true);
    }
  });

  it('cannot be reflected to who made it', async () => {
    const [g, evil] = pair();
    const proving = proveAsGuest(g, guest, { key, fingerprints: atGuest });
    evil.onchunk = (chunk) => void evil.send(chunk);
    await expect(proving).rejects.toThrow(NotInvited);
  });

  it.each([
    ['nothing', [], OtherVersion],
    ['another version', [2, 2], OtherVersion],
    ['too little', [2, 1, 0], NotInvited],
    ['something else', [9, 1, 0], NotInvited],
  ])('that is %s is none', async (_, bytes, error) => {
    const [g, evil] = pair();
    const proving = proveAsGuest(g, guest, { key, fingerprints: atGuest });
    await evil.send(Uint8Array.from(bytes));
    await expect(proving).rejects.toThrow(error);
  });
});

/** Somebody in between: passes on everything, and keeps it. */
function between(): { ends: [Link, Link]; heard: [Uint8Array[], Uint8Array[]] } {
  const [g, front] = pair();
  const [back, h] = pair();
  const heard: [Uint8Array[], Uint8Array[]] = [[], []];
  front.onchunk = (chunk) => {
    heard[0].push(chunk);
    back.send(chunk);
  };
  back.onchunk = (chunk) => {
    heard[1].push(chunk);
    front.send(chunk);
  };
  return { ends: [g, h], heard };
}

const seenByGuest = { own: GUEST, other: EVIL };
const seenByHost = { own: HOST, other: EVIL };

describe('somebody in between', () => {
  it('is found out by both, and heard one proof and a refusal', async () => {
    const { ends, heard } = between();
    const results = await meet(ends, { key, fingerprints: seenByGuest }, { key, fingerprints: seenByHost });
    for (const result of results) expect(result).toBeInstanceOf(NotInvited);
    expect(heard.map((chunks) => chunks.map(({ length }) => length))).toEqual([[68], [2]]);
  });

  it('who has the invitation too shows the two different digits', async () => {
    const [g, front] = pair();
    const [back, h] = pair();
    const [toEvil, , , toEvilToo] = await Promise.all([
      proveAsGuest(g, guest, { key, fingerprints: seenByGuest }),
      nextChunk(front).then((first) =>
        proveAsHost(front, first, host, { key, fingerprints: { own: EVIL, other: GUEST } }),
      ),
      proveAsGuest(back, guest, { key, fingerprints: { own: EVIL, other: HOST } }),
      nextChunk(h).then((first) => proveAsHost(h, first, host, { key, fingerprints: seenByHost })),
    ]);
    expect(toEvil.phrase).not.toBe(toEvilToo.phrase);
  });

  it('of who types a code gets no key', async () => {
    const code = newCode();
    const { ends, heard } = between();
    const results = await exchange(ends, code, code, seenByGuest, seenByHost);
    for (const result of results) expect(result).toBeInstanceOf(NotInvited);
    // Two shares, one proof, one refusal.
    expect(heard.map((chunks) => chunks.map(({ length }) => length))).toEqual([
      [34, 68],
      [34, 2],
    ]);
  });
});

const exchange = ([g, h]: [Link, Link], typed: string, code: string, guestSees = atGuest, hostSees = atHost) =>
  outcomes(
    askForKey(g, guest, { code: typed, fingerprints: guestSees }),
    atTheDoor(h, (first) => {
      expect(isExchange(first)).toBe(true);
      return giveKey(h, first, host, { code, key, fingerprints: hostSees });
    }),
  );

describe('a typed code', () => {
  it('buys the key', async () => {
    const code = newCode();
    expect(await exchange(pair(), code, code)).toEqual([key, undefined]);
  });

  it('that is wrong by one character of its secret buys nothing', async () => {
    const code = newCode();
    const typed = `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`;
    for (const result of await exchange(pair(), typed, code)) expect(result).toBeInstanceOf(NotInvited);
  });

  it('is not guessed by a share that is no element', async () => {
    const [evil, h] = pair();
    evil.send(concatBytes(Uint8Array.of(1, 1), new Uint8Array(32)));
    const giving = nextChunk(h).then((first) =>
      giveKey(h, first, host, { code: newCode(), key, fingerprints: atHost }),
    );
    await expect(giving).rejects.toThrow(NotInvited);
  });
});
