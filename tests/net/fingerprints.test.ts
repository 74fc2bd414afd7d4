import { describe, expect, it } from 'vitest';
import { FingerprintError, fingerprintIn } from '../../src/net/fingerprints';

const HEX = Array.from({ length: 32 }, (_, i) => (i * 7).toString(16).padStart(2, '0').toUpperCase()).join(':');
const describing = (...lines: string[]) => ['v=0', 's=-', ...lines, 'a=setup:actpass', ''].join('\r\n');

describe('the fingerprint of a description', () => {
  it('is read in any case, once or for each medium', () => {
    const expected = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
    expect(fingerprintIn(describing(`a=fingerprint:sha-256 ${HEX}`))).toEqual(expected);
    expect(fingerprintIn(describing(`a=fingerprint:SHA-256 ${HEX.toLowerCase()}`))).toEqual(expected);
    expect(fingerprintIn(describing(`a=fingerprint:sha-256 ${HEX}`, `a=fingerprint:sha-256 ${HEX}`))).toEqual(expected);
  });

  it.each([
    ['none', describing()],
    ['a weak hash', describing(`a=fingerprint:sha-1 ${HEX.slice(0, 59)}`)],
    ['too few digits', describing(`a=fingerprint:sha-256 ${HEX.slice(3)}`)],
    ['two', describing(`a=fingerprint:sha-256 ${HEX}`, `a=fingerprint:sha-256 ${HEX.replace('00', '01')}`)],
    ['two of two kinds', describing(`a=fingerprint:sha-256 ${HEX}`, `a=fingerprint:sha-512 ${HEX}:${HEX}`)],
  ])('is refused where there is %s', (_, description) => {
    expect(() => fingerprintIn(description)).toThrow(FingerprintError);
  });
});
