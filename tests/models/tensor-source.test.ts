/** Tensors read one at a time: from whatever holds the bytes, the same as the whole file at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { type ByteSource, blobBytes, fileBytes, memoryBytes } from '../../src/models/byte-source';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../src/models/safetensors';
import { checkShapes, checkValues, memorySource, stretches } from '../../src/models/tensors';

/** A file by hand, with any header and padding. */
function file(header: object, data: ArrayLike<number>, pad = 0): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header) + ' '.repeat(pad));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const HEADER = {
  __metadata__: { format: 'pt' },
  half: { dtype: 'F16', shape: [3, 1], data_offsets: [0, 6] },
  brain: { dtype: 'BF16', shape: [2], data_offsets: [6, 10] },
  single: { dtype: 'F32', shape: [2, 2], data_offsets: [10, 26] },
  ids: { dtype: 'I64', shape: [1], data_offsets: [26, 34] },
};
const DATA = [
  ...[0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00],
  ...[0x80, 0x3f, 0x49, 0xc0],
  ...new Uint8Array(Float32Array.of(0.15625, -1, 2, 3.5).buffer),
  ...Array<number>(8).fill(7),
];

/** The three holders of bytes; the first hands out views. */
const folder = mkdtempSync(join(tmpdir(), 'tensors-'));
const handles: FileHandle[] = [];
afterAll(async () => {
  for (const handle of handles) await handle.close();
  rmSync(folder, { recursive: true });
});

async function onDisk(bytes: Uint8Array): Promise<ByteSource> {
  const path = join(folder, `${handles.length}.safetensors`);
  writeFileSync(path, bytes);
  const handle = await open(path);
  handles.push(handle);
  return fileBytes(handle, bytes.length);
}

const HOLDERS: [string, (bytes: Uint8Array<ArrayBuffer>) => ByteSource | Promise<ByteSource>][] = [
  ['memory', memoryBytes],
  ['a blob', (bytes) => blobBytes(new Blob([bytes]))],
  ['a file', onDisk],
];

describe.each(HOLDERS)('a source over %s', (_, hold) => {
  it.each([0, 1, 2, 3])('reads every dtype where the data is %i bytes off', async (pad) => {
    const source = await openSafetensors(await hold(file(HEADER, DATA, pad)));
    expect([...source.header.keys()]).toEqual(['half', 'brain', 'single', 'ids']);
    expect(source.header.get('single')).toMatchObject({ dtype: 'F32', shape: [2, 2] });
    expect(source.metadata).toEqual({ format: 'pt' });
    expect([...(await source.read('half'))]).toEqual([1, -2, 2 ** -24]);
    expect([...(await source.read('brain'))]).toEqual([1, -3.140625]);
    expect([...(await source.read('single'))]).toEqual([0.15625, -1, 2, 3.5]);
  });

  it('reads rows', async () => {
    const source = await openSafetensors(await hold(file(HEADER, DATA, 1)));
    expect([...(await source.read('single', [1, 2]))]).toEqual([2, 3.5]);
    expect([...(await source.read('half', [1, 3]))]).toEqual([-2, 2 ** -24]);
    expect([...(await source.read('brain', [1, 1]))]).toEqual([]);
    for (const rows of [
      [1, 3],
      [-1, 1],
      [2, 1],
    ] as const)
      await expect(source.read('single', rows)).rejects.toThrow(/single has no rows .* \[2,2\]/);
  });

  it('names the tensor that is missing or no floating point', async () => {
    const source = await openSafetensors(await hold(file(HEADER, DATA)));
    await expect(source.read('none')).rejects.toThrow('the model has no tensor none');
    await expect(source.read('ids')).rejects.toThrow(/Tensor ids is stored as I64/);
  });

  it.each([
    ['before its length field', 5, /shorter than eight bytes/],
    ['inside its header', 40, /ends inside its header/],
    ['inside a tensor', file(HEADER, DATA).length - 1, /ends inside tensor ids/],
  ])('refuses a file that ends %s', async (_, length, message) => {
    const bytes = await hold(file(HEADER, DATA).slice(0, length));
    await expect(openSafetensors(bytes)).rejects.toThrow(message);
  });
});

test('aligned F32 in memory is a view, not a copy', async () => {
  const bytes = writeSafetensors(new Map([['x', { shape: [3], data: Float32Array.of(1, 2, 3) }]]), { dtype: 'F32' });
  const source = await openSafetensors(memoryBytes(bytes));
  expect((await source.read('x')).buffer).toBe(bytes.buffer);
  expect(readSafetensors(bytes).get('x')?.data.buffer).toBe(bytes.buffer);
});

test('a file that shrinks after it was opened says so', async () => {
  const bytes = file(HEADER, DATA);
  const path = join(folder, 'shrinking.safetensors');
  writeFileSync(path, bytes);
  const handle = await open(path, 'r+');
  handles.push(handle);
  const source = await openSafetensors(fileBytes(handle, bytes.length));
  await handle.truncate(bytes.length - 20);
  await expect(source.read('single')).rejects.toThrow(/the file ends at byte \d+, where \d+ more/);
});

describe('a source over a Map', () => {
  const source = memorySource(new Map([['x', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, NaN) }]]));

  it('reads tensors and rows', async () => {
    expect([...(await source.read('x', [0, 1]))]).toEqual([1, 2, 3]);
    expect(await source.read('x')).toHaveLength(6);
    await expect(source.read('y')).rejects.toThrow('no tensor y');
  });

  it('goes through a tensor in stretches of whole rows', async () => {
    const found: number[][] = [];
    for await (const values of stretches(source, 'x', 4)) found.push([...values]);
    expect(found).toEqual([
      [1, 2, 3],
      [4, 5, NaN],
    ]);
  });

  it('is checked by name', async () => {
    expect(() => checkShapes(source, { y: [1] })).toThrow('the model has no tensor y');
    expect(() => checkShapes(source, { x: [3, 2] })).toThrow('x has the shape [2,3], config.json asks for [3,2]');
    await expect(checkValues(source, ['x'])).rejects.toThrow('x holds a value that is not a finite number');
  });
});
