/** What every backend owes its callers: the bits of the formulas in BigInt, RFC 8439's keystreams, copies, and refusals. */
import { expect, it } from 'vitest';
import type { Backend, Gate, Harmonic } from '../../src/compute/backend';
import { turns } from '../../src/ring/units';
import { BigIntBackend } from '../support/bigint-backend';
import { cases, conform } from './conformance';
import { keystreamVectors } from './rfc8439';

/** Declares the tests; to be called within a `describe`. */
export function behavesAsBackend(backend: Backend): void {
  for (const each of cases.filter((c) => !c.large || /contraction|gate/.test(c.name))) {
    it(`${each.name} gives the bits of the formula`, () => conform(backend, new BigIntBackend(), each));
  }

  for (const { name, key, nonce, words } of keystreamVectors) {
    it(`gives the keystream of RFC 8439, ${name}`, async () => {
      expect(await backend.read(backend.keystream(key, nonce, words.length))).toEqual(words);
    });
  }

  it('keeps its own copy of what it is given, and gives copies', async () => {
    const data = Uint32Array.of(1, 2, 3);
    const v = backend.upload(data, 1);
    data[0] = 9;
    (await backend.read(v))[1] = 9;
    expect(await backend.read(v)).toEqual(Uint32Array.of(1, 2, 3));
  });

  it('takes and gives words in pieces, however they are cut', async () => {
    for (const words of [1, 2] as const) {
      const data = Uint32Array.from({ length: 14 }, (_, i) => (i + 1) * 0x10000001);
      const cut = (...ends: number[]) => ends.map((end, i) => data.subarray(ends[i - 1] ?? 0, end));
      for (const pieces of [cut(14), cut(3, 3, 10, 14), cut(0, 7, 13, 14)]) {
        const v = backend.upload(pieces, words);
        expect(v.n).toBe(14 / words);
        expect(await backend.read(v)).toEqual(data);
        const room = [new Uint32Array(9), new Uint32Array(0), new Uint32Array(5)];
        await backend.readInto(v, room);
        expect(room.flatMap((piece) => [...piece])).toEqual([...data]);
        await expect(backend.readInto(v, room.slice(1))).rejects.toThrow(RangeError);
      }
    }
    expect((await backend.read(backend.upload([], 2))).length).toBe(0);
  });

  it('refuses a released vector', async () => {
    const v = backend.zeros(3, 2);
    backend.release(v);
    expect(() => backend.add(v, v, 2)).toThrow(/released/);
    expect(() => backend.release(v)).toThrow(/released/);
    await expect(backend.read(v)).rejects.toThrow(/released/);
    await expect(backend.readInto(v, [new Uint32Array(6)])).rejects.toThrow(/released/);
  });

  it('refuses impossible shapes, saying which number is wrong', () => {
    const v = backend.zeros(6, 1);
    const unit = { outer: 0, inner: 0, row: 1, column: 0 };
    const product = (over: object) => () =>
      backend.contract(backend.zeros(2, 1), v, v, {
        ...{ outer: 1, inner: 1, rows: 2, columns: 1, depth: 1, left: unit, right: unit, out: unit },
        ...over,
      });
    const gate = (over: Partial<Gate>) => () =>
      backend.gate(v, over.frequencies ? v : backend.zeros(0, 1), {
        ...{ phaseBits: 16, frequencies: [], functions: [], shift: 0, words: 1 },
        ...over,
      });
    const term = (over: Partial<Gate>, harmonic: Partial<Harmonic>) => () => {
      const terms = [{ frequency: 0, amplitude: 0, phase: turns(0), ...harmonic }];
      const functions = [{ terms, constant: 0n }];
      const one: Gate = { phaseBits: 16, frequencies: [1], functions, shift: 0, words: 1, ...over };
      return backend.gate(v, backend.zeros(12, 1), one);
    };
    const refused: [() => unknown, RegExp][] = [
      [() => backend.upload(new Uint32Array(3), 2), /3 words/],
      [() => backend.zeros(-1, 1), /-1/],
      [() => backend.zeros(1, 3 as 2), /not 3/],
      [() => backend.keystream(new Uint32Array(7), new Uint32Array(3), 1), /key/],
      [() => backend.keystream(new Uint32Array(8), new Uint32Array(2), 1), /nonce/],
      [() => backend.unpack(v, 6, 65), /65/],
      [() => backend.unpack(v, 7, 32), /7 words/],
      [() => backend.unpack(backend.zeros(6, 2), 6, 32), /one-word/],
      [() => backend.pack(v, 0), /bits/],
      [() => backend.add(v, backend.zeros(0, 1), 1), /empty/],
      [() => backend.add(v, v, 1, 0), /inner/],
      [() => backend.extract(v, 5, 5, 1), /5 to 5/],
      [() => backend.sumRows(v, 4, 1), /rows of 4/],
      [() => backend.slice(v, 3, 2, 2, 2), /beyond/],
      [() => backend.slice(v, 4, 1, 0, 1), /whole number/],
      [product({ rows: 7 }), /reach element 6/],
      [product({ out: { ...unit, row: 0 } }), /fall on one element/],
      [product({ left: { ...unit, row: -1 } }), /stride of left/],
      [gate({ frequencies: [1] }), /12 elements/],
      [gate({ phaseBits: 18 as 16 }), /16 or 20 bits, not 18/],
      [gate({ shift: 31 }), /0 to 30, not 31/],
      [gate({ phaseBits: 20, shift: 49 }), /0 to 48, not 49/],
      [term({}, { frequency: 1 }), /frequency 1/],
      [term({}, { amplitude: 65536 }), /±65535, not 65536/],
      [term({ phaseBits: 20, shift: 48 }, { amplitude: -(2 ** 24) }), /±16777215, not -16777216/],
      [term({ phaseBits: 20, shift: 17 }, { amplitude: 2 ** 23 + 1 }), /8388609 gives coefficients above 2\^30/],
      [term({}, { phase: turns(65536) }), /0 to 65535, not 65536/],
      [term({ phaseBits: 20 }, { phase: turns(2 ** 20) }), /0 to 1048575, not 1048576/],
      [() => backend.trigonometricTables(v, [1], 15, 16, 1), /0 to 14, not 15/],
      [() => backend.trigonometricTables(v, [1], 25, 20, 1), /0 to 24, not 25/],
      [() => backend.trigonometricTables(v, [1], 14, 12 as 16, 1), /16 or 20 bits, not 12/],
    ];
    for (const [call, message] of refused) {
      expect(call).toThrow(RangeError);
      expect(call).toThrow(message);
    }
  });
}
