import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodeError, newCode, parseCode, showCode } from '../../src/net/code';

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
        let typed = showCode(code).replace('-', gap);
        if (letters) typed = typed.replace(/0/g, 'O').replace(/1/, 'I').replace(/1/g, 'l');
        if (lower) typed = typed.toLowerCase();
        expect(parseCode(`  ${typed}\n`)).toBe(code);
      }),
    );
  });

  it('look like codes and differ', () => {
    const codes = Array.from({ length: 200 }, newCode);
    for (const code of codes) expect(showCode(code)).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(new Set(codes).size).toBe(200);
    expect(new Set(codes.join('')).size).toBe(32);
  });

  it.each([
    ['', /8 characters.*has 0/],
    ['7KQ2-M9X', /has 7/],
    ['7KQ2-M9XDD', /has 9/],
    ['7KQ2-M9XU', /without U: “U”/],
    ['7KQ2-M9Xé', /“É” is not part/],
  ])('%j is refused with what is wrong', (typed, message) => {
    expect(() => parseCode(typed)).toThrow(message);
    expect(() => parseCode(typed)).toThrow(CodeError);
  });
});
