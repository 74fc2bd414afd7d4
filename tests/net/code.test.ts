import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CodeError,
  dealerName,
  hostName,
  newCode,
  newKey,
  parseCode,
  parseKey,
  seatName,
  showCode,
} from '../../src/net/code';

describe('codes', () => {
  it('are read back however they are typed', () => {
    const spoil = fc.record({
      lower: fc.boolean(),
      letters: fc.boolean(),
      gap: fc.constantFrom('', '-', ' ', ' – ', '_'),
    });
    fc.assert(
      fc.property(spoil, ({ lower, letters, gap }) => {
        const code = newCode();
        let typed = showCode(code).replaceAll('-', gap);
        if (letters) typed = typed.replace(/0/g, 'O').replace(/1/, 'I').replace(/1/g, 'l');
        if (lower) typed = typed.toLowerCase();
        expect(parseCode(`  ${typed}\n`)).toBe(code);
      }),
    );
  });

  it('look like codes and differ', () => {
    const codes = Array.from({ length: 200 }, newCode);
    for (const code of codes) expect(showCode(code)).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
    expect(new Set(codes).size).toBe(200);
    expect(new Set(codes.join('')).size).toBe(32);
  });

  it.each([
    ['', /12 characters.*has 0/],
    ['7KQ2-M9XD-4TR', /has 11/],
    ['7KQ2-M9XD-4TRWD', /has 13/],
    ['7KQ2-M9XU', /without U: “U”/],
    ['7KQ2-M9Xé', /“É” is not part/],
  ])('%j is refused with what is wrong', (typed, message) => {
    expect(() => parseCode(typed)).toThrow(message);
    expect(() => parseCode(typed)).toThrow(CodeError);
  });
});

describe('keys', () => {
  it('have 128 bits, differ, and are read back', () => {
    const keys = Array.from({ length: 50 }, newKey);
    expect(new Set(keys).size).toBe(50);
    for (const key of keys) expect(parseKey(key).length).toBe(16);
  });

  it.each(['', 'abc', '0'.repeat(31), '0'.repeat(33), 'g'.repeat(32)])(
    '%j is no key, and what to do is said',
    (key) => {
      expect(() => parseKey(key)).toThrow(/Copy the link again/);
    },
  );
});

describe('names at the server', () => {
  it('are alike for who has the same invitation, and say nothing of a code’s secret', () => {
    expect(hostName('7KQ2M9XD4TRW')).toBe(hostName('7KQ2M9XD0000'));
    expect(hostName('7KQ2M9XD4TRW')).not.toBe(hostName('7KQ2M9XE4TRW'));
    const key = parseKey(newKey());
    const names = [hostName('7KQ2M9XD4TRW'), dealerName(key), seatName(key), dealerName(parseKey(newKey()))];
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{32}$/);
  });
});
