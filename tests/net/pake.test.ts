/** CPace against the vectors of draft-irtf-cfrg-cpace, appendix B.3. */
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { Pake, PakeError } from '../../src/net/pake';

const input = {
  password: utf8ToBytes('Password'),
  channel: utf8ToBytes('\x0bA_initiator\x0bB_responder'),
  session: hexToBytes('7e4b4791d6a8ef019b936c79fb7f2c57'),
};
const scalar = (hex: string) => bytesToNumberLE(hexToBytes(hex));
const A = scalar('da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08');
const B = scalar('d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d');
const SHARE_A = 'd6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157';
const SHARE_B = '3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258';
const KEY =
  'b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447';

/** Both keys, initiator's first. */
function agree(a: Pake, b: Pake): string[] {
  const [first, second] = [{ share: a.share }, { share: b.share }];
  return [a, b].map((side) => bytesToHex(side.key(first, second)));
}

describe('the password-authenticated key exchange', () => {
  it('has the shares and the key of the draft', () => {
    const [a, b] = [new Pake(input, A), new Pake(input, B)];
    expect(bytesToHex(a.share)).toBe(SHARE_A);
    expect(bytesToHex(b.share)).toBe(SHARE_B);
    const first = { share: a.share, data: utf8ToBytes('ADa') };
    const second = { share: b.share, data: utf8ToBytes('ADb') };
    expect(bytesToHex(a.key(first, second))).toBe(KEY);
    expect(bytesToHex(b.key(first, second))).toBe(KEY);
  });

  it('gives both the same key under one password and channel, and a fresh one every time', () => {
    const keys = [0, 1].map(() => {
      const [a, b] = agree(new Pake(input), new Pake(input));
      expect(a).toBe(b);
      return a;
    });
    expect(keys[0]).not.toBe(keys[1]);
  });

  it.each([
    ['password', { ...input, password: utf8ToBytes('Passwore') }],
    ['channel', { ...input, channel: utf8ToBytes('another') }],
    ['session', { ...input, session: undefined }],
  ])('gives different keys under another %s', (_, other) => {
    const [a, b] = agree(new Pake(input), new Pake(other));
    expect(a).not.toBe(b);
  });

  it.each([
    ['the neutral element', '00'.repeat(32)],
    ['no element', 'ff'.repeat(32)],
    ['a negative number', `01${'00'.repeat(31)}`],
    ['too short', SHARE_A.slice(2)],
  ])('refuses a share that is %s', (_, hex) => {
    const own = new Pake(input);
    expect(() => own.key({ share: own.share }, { share: hexToBytes(hex) })).toThrow(PakeError);
  });
});
