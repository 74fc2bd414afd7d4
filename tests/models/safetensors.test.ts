import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '../../src/models/safetensors';
import type { TensorData } from '../../src/models/tensors';

/** A file by hand: nothing here goes through the writer. */
function file(header: unknown, data: number[], length?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('reading', () => {
  test('the three dtypes, at whatever alignment', () => {
    const header = {
      __metadata__: { format: 'pt' },
      half: entry('F16', [2, 2], 0, 8),
      brain: entry('BF16', [2], 8, 12),
      single: entry('F32', [], 12, 16),
    };
    // 1, −2, 2^-24 (the smallest half), 65504 (the largest); 1, −3.140625; 0.15625
    const halves = [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b];
    const data = [...halves, 0x80, 0x3f, 0x49, 0xc0, 0x00, 0x00, 0x20, 0x3e];
    for (const pad of ['', ' ', '  ', '   ']) {
      const tensors = readSafetensors(file(JSON.stringify(header) + pad, data));
      expect([...tensors.keys()]).toEqual(['half', 'brain', 'single']);
      expect(tensors.get('half')).toEqual({
        dtype: 'F16',
        shape: [2, 2],
        data: Float32Array.of(1, -2, 2 ** -24, 65504),
      });
      expect([...tensors.get('brain')!.data]).toEqual([1, -3.140625]);
      expect(tensors.get('single')).toEqual({ dtype: 'F32', shape: [], data: Float32Array.of(0.15625) });
    }
    expect(readSafetensorsMetadata(file(header, data))).toEqual({ format: 'pt' });
  });

  test('half-precision infinities and not-a-number survive', () => {
    const { data } = readSafetensors(file({ t: entry('F16', [3], 0, 6) }, [0, 0x7c, 0, 0xfc, 1, 0x7e])).get('t')!;
    expect([...data]).toEqual([Infinity, -Infinity, NaN]);
  });

  test('tensors that are not wanted are skipped, whatever they hold', () => {
    const bytes = file({ ids: entry('I64', [1], 0, 8), w: entry('F32', [1], 8, 12) }, [
      ...Array(8).fill(7),
      0,
      0,
      128,
      63,
    ]);
    expect(() => readSafetensors(bytes)).toThrow(/Tensor ids is stored as I64/);
    const tensors = readSafetensors(bytes, { only: (name) => name !== 'ids' });
    expect([...tensors]).toEqual([['w', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]);
  });

  test("Node's Buffer, whose slices are views, at an odd place of its pool", () => {
    const values = Float32Array.of(1.5, -2, 3.25);
    const bytes = writeSafetensors(new Map([['x', { shape: [3], data: values }]]), { dtype: 'F32' });
    const pooled = Buffer.concat([Buffer.from([7]), bytes]).subarray(1);
    expect(readSafetensors(pooled).get('x')!.data).toEqual(values);
  });

  test('a view into a larger buffer', () => {
    const inner = writeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(3, 4) }]]), { dtype: 'F32' });
    const outer = new Uint8Array(inner.length + 13);
    outer.set(inner, 5);
    expect([...readSafetensors(outer.subarray(5, 5 + inner.length)).get('a')!.data]).toEqual([3, 4]);
  });

  test.each([
    ['shorter than its length field', new Uint8Array(7), /shorter than eight bytes/],
    ['header longer than the file', file({}, [], 1000), /ends inside its header/],
    ['absurd header length', new Uint8Array(16).fill(255), /header of/],
    ['not JSON', file('{"a":', []), /not JSON/],
    ['not UTF-8', file('{}', [], 2).fill(0xff, 8), /not JSON/],
    ['an array', file([], []), /not a JSON object/],
    ['metadata of numbers', file({ __metadata__: { a: 1 } }, []), /metadata/],
    ['missing offsets', file({ w: { dtype: 'F32', shape: [1] } }, [0, 0, 0, 0]), /Tensor w/],
    ['negative dimension', file({ w: entry('F32', [-1], 0, 4) }, [0, 0, 0, 0]), /Tensor w/],
    ['unknown dtype', file({ w: entry('F12', [1], 0, 4) }, [0, 0, 0, 0]), /Tensor w: unknown dtype F12/],
    ['wrong size', file({ w: entry('F32', [2], 0, 4) }, [0, 0, 0, 0]), /Tensor w: \[2\] of F32 is 8 bytes, not 4/],
    ['begin after end', file({ w: entry('F32', [1], 4, 0) }, [0, 0, 0, 0]), /Tensor w/],
    ['beyond the data', file({ w: entry('F32', [2], 0, 8) }, [0, 0, 0, 0]), /ends inside tensor w/],
    ['a hole', file({ w: entry('F16', [1], 2, 4) }, [0, 0, 0, 0]), /Tensor w leaves 2 unused bytes/],
    ['bytes left over', file({ w: entry('F16', [1], 0, 2) }, [0, 0, 0, 0]), /2 bytes after the last tensor/],
    [
      'overlap',
      file({ v: entry('F32', [1], 0, 4), w: entry('F32', [1], 2, 6) }, [0, 0, 0, 0, 0, 0]),
      /Tensor w overlaps tensor v/,
    ],
  ])('refuses: %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
  });
});

describe('writing', () => {
  test('what is written is read back, bit for bit in F32', () => {
    const tensor = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
      const n = shape.reduce((a, b) => a * b, 1);
      return fc.float32Array({ minLength: n, maxLength: n }).map((data): TensorData => ({ shape, data }));
    });
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => s !== '__metadata__' && !/^\d+$/.test(s));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor)), fc.string(), (list, note) => {
        const tensors = new Map(list);
        const bytes = writeSafetensors(tensors, { dtype: 'F32', metadata: { note } });
        expect([...readSafetensors(bytes)]).toEqual([...tensors].map(([k, t]) => [k, { dtype: 'F32', ...t }]));
        expect(readSafetensorsMetadata(bytes)).toEqual({ note });
      }),
    );
  });

  test('F16 rounds to nearest, half the bytes', () => {
    const tensors = new Map([['w', { shape: [3], data: Float32Array.of(1 / 3, -1e-9, 2049) }]]);
    const bytes = writeSafetensors(tensors, { dtype: 'F16' });
    expect([...readSafetensors(bytes).get('w')!.data]).toEqual([0.333251953125, -0, 2048]);
    expect(bytes.length % 8).toBe(6);
  });

  test('the data begins at a multiple of eight', () => {
    for (const name of ['a', 'ab', 'abc', 'é']) {
      const bytes = writeSafetensors(new Map([[name, { shape: [1], data: Float32Array.of(1) }]]), { dtype: 'F32' });
      expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    }
  });

  test('refuses a shape that does not fit, and numbers that F16 cannot hold', () => {
    const write = (shape: number[], ...values: number[]) =>
      writeSafetensors(new Map([['w', { shape, data: Float32Array.from(values) }]]), { dtype: 'F16' });
    expect(() => write([2], 1)).toThrow(/Tensor w: shape \[2\] does not hold 1 numbers/);
    expect(() => write([1], 65520)).toThrow(/Tensor w: 65520 does not fit F16/);
    expect([...readSafetensors(write([1], 65519)).get('w')!.data]).toEqual([65504]);
  });
});
