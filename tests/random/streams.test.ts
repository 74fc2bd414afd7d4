import { bytesToHex } from '@noble/ciphers/utils.js';
import { describe, expect, test } from 'vitest';
import { keystream } from '../../src/random/keystream';
import { StreamPositions } from '../../src/random/positions';
import { newSeed, seedFromHex, seedFromNumber, seedToHex } from '../../src/random/seed';

test('RFC 8439, section 2.3.2', () => {
  const key = seedFromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
  // The bytes 00 00 00 09 00 00 00 4a 00 00 00 00, as little-endian words.
  const block = keystream(key, Uint32Array.of(0x09000000, 0x4a000000, 0), 16, 1);
  expect(bytesToHex(new Uint8Array(block.buffer))).toBe(
    '10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e' +
      'd2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e',
  );
});

test('blocks follow each other', () => {
  const seed = seedFromNumber(1);
  const nonce = Uint32Array.of(1, 2, 3);
  expect(keystream(seed, nonce, 20).slice(16)).toEqual(keystream(seed, nonce, 4, 1));
});

describe('seeds', () => {
  test('fresh ones differ, and go through hex and back', () => {
    const seed = newSeed();
    expect(seed.length).toBe(32);
    expect(seedToHex(newSeed())).not.toBe(seedToHex(seed));
    expect(seedFromHex(seedToHex(seed))).toEqual(seed);
  });

  test('what is no seed is refused', () => {
    expect(() => seedFromHex('00')).toThrow(RangeError);
    expect(() => seedFromNumber(-1)).toThrow(RangeError);
    expect(() => seedFromNumber(0.5)).toThrow(RangeError);
    expect(seedFromNumber(2 ** 32)).not.toEqual(seedFromNumber(0));
  });
});

describe('positions', () => {
  test('a nonce says where it is used', () => {
    expect(new StreamPositions().nonce(7, 2 ** 32 - 1, 3)).toEqual(Uint32Array.of(7, 2 ** 32 - 1, 3));
  });

  test('a repeated position is refused, its neighbours are not', () => {
    const positions = new StreamPositions();
    positions.nonce(0, 1, 2);
    expect(() => positions.nonce(0, 1, 2)).toThrow(/pass 0, node 1, slot 2.*twice/);
    positions.nonce(0, 2, 1);
    positions.nonce(0, 1, 3);
    positions.nonce(1, 1, 2);
    expect(() => positions.nonce(1, 1, 2)).toThrow(/twice/);
  });

  test('a pass that is over is refused', () => {
    const positions = new StreamPositions();
    positions.nonce(3, 0, 0);
    expect(positions.pass).toBe(3);
    expect(() => positions.nonce(2, 9, 9)).toThrow(/pass 2 asked for during pass 3/);
  });

  test('what does not fit 32 bits is refused, and uses nothing up', () => {
    const positions = new StreamPositions();
    expect(() => positions.nonce(2 ** 32, 0, 0)).toThrow(RangeError);
    expect(() => positions.nonce(1, -1, 0)).toThrow(RangeError);
    expect(() => positions.nonce(1, 0, 0.5)).toThrow(RangeError);
    expect(positions.pass).toBe(0);
  });
});
