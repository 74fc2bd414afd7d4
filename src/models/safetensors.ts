/**
 * The safetensors file format, reading F32, F16 and BF16 and writing F32 and F16.
 *
 * A file is an eight-byte length, a JSON header of that length that gives every tensor's dtype, shape and byte range, and the
 * bytes. It comes from a stranger, so nothing in it is believed: the ranges have to tile the data exactly, with no hole and no
 * overlap, and each has to be as long as its shape says. All numbers are little-endian, as is every machine this runs on.
 * https://huggingface.co/docs/safetensors
 */
import { getFloat16, setFloat16 } from '@petamoriken/float16';
import { z } from 'zod';
import { type Shape, size } from '../graph/shape';
import type { ByteSource } from './byte-source';
import { elementRange, joined, type TensorData, type TensorSource, tensorNamed } from './tensors';

/** `dtype` is how the file stored it; `data` is float32 always. */
export interface StoredTensor extends TensorData {
  dtype: ReadableDtype;
}

export type ReadableDtype = 'F32' | 'F16' | 'BF16';

/** `tensor` is the name of the tensor at fault, where there is one. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';

  constructor(
    message: string,
    readonly tensor?: string,
  ) {
    super(message);
  }
}

/** The limit of the reference reader. */
const LONGEST_HEADER = 100_000_000;

/** Bytes an element. All are needed to check the layout, also of tensors that are not read. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ...['BOOL', 'U8', 'I8', 'F8_E5M2', 'F8_E4M3'].map((dtype) => [dtype, 1] as const),
  ...['U16', 'I16', 'F16', 'BF16'].map((dtype) => [dtype, 2] as const),
  ...['U32', 'I32', 'F32'].map((dtype) => [dtype, 4] as const),
  ...['U64', 'I64', 'F64'].map((dtype) => [dtype, 8] as const),
]);

const natural = z.number().int().nonnegative();
const entrySchema = z.object({ dtype: z.string(), shape: z.array(natural), data_offsets: z.tuple([natural, natural]) });
const metadataSchema = z.record(z.string(), z.string());

/** Where a tensor stands among the file's data. */
type Entry = z.infer<typeof entrySchema>;

interface Contents {
  /** By name, in the file's order. */
  entries: Map<string, Entry>;
  metadata: Record<string, string>;
}

/**
 * A file whose tensors are read when they are asked for. Only its header is read here.
 * @throws SafetensorsError for a malformed file; a tensor that is not F32, F16 or BF16 is refused when it is read.
 */
export async function openSafetensors(bytes: ByteSource): Promise<TensorSource> {
  const start = headerEnd(await bytes.read(0, Math.min(8, bytes.size)), bytes.size);
  const contents = parseHeader(await bytes.read(8, start));
  checkLayout(contents.entries, bytes.size - start);
  const { entries, metadata } = contents;
  return {
    header: entries,
    metadata,
    async read(name, rows) {
      const { dtype, shape, data_offsets } = tensorNamed(entries, name);
      const [from, to] = elementRange(name, shape, rows);
      const begin = start + data_offsets[0];
      const width = elementBytes(readable(name, dtype));
      return toFloat32(name, dtype, await bytes.read(begin + from * width, begin + to * width));
    },
  };
}

/** The tensors of a model's files together. Messages name the file at fault. */
export async function openWeights(files: readonly ByteSource[]): Promise<TensorSource> {
  const opened = files.map(async (file) => {
    try {
      return await openSafetensors(file);
    } catch (error) {
      if (!(error instanceof SafetensorsError)) throw error;
      throw new SafetensorsError(`${file.name ?? 'model.safetensors'}: ${error.message}`, error.tensor);
    }
  });
  return joined(await Promise.all(opened));
}

/**
 * All tensors of a small file in memory, in the file's order. F32 that is aligned in `bytes` is a view of them.
 *
 * `only` picks the tensors to read by name; the rest are checked for layout and skipped, so that a file with, say, integer
 * position ids is still of use.
 * @throws SafetensorsError for a malformed file or a picked tensor that is not F32, F16 or BF16.
 */
export function readSafetensors(
  bytes: Uint8Array,
  { only = () => true }: { only?: (name: string) => boolean } = {},
): Map<string, StoredTensor> {
  const start = headerEnd(bytes.subarray(0, 8), bytes.length);
  const { entries } = parseHeader(bytes.subarray(8, start));
  checkLayout(entries, bytes.length - start);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    if (!only(name)) continue;
    const [from, to] = data_offsets;
    const data = toFloat32(name, dtype, bytes.subarray(start + from, start + to));
    tensors.set(name, { dtype: readable(name, dtype), shape, data });
  }
  return tensors;
}

/** The free text entries of a file; empty where it has none. */
export function readSafetensorsMetadata(bytes: Uint8Array): Record<string, string> {
  return parseHeader(bytes.subarray(8, headerEnd(bytes.subarray(0, 8), bytes.length))).metadata;
}

/** What a file begins with: its length field and its header, for tensors of these shapes in this order. */
export function safetensorsHeader(
  shapes: Iterable<readonly [name: string, shape: Shape]>,
  { dtype, metadata }: WriteOptions,
): { bytes: Uint8Array<ArrayBuffer>; dataBytes: number } {
  const header: [string, unknown][] = metadata ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const [name, shape] of shapes) {
    if (name === '__metadata__') throw new SafetensorsError('A tensor cannot be called __metadata__.', name);
    const begin = end;
    end += size(shape) * elementBytes(dtype);
    header.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  // Spaces up to a multiple of eight, so that a reader may view the data in place.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return { bytes, dataBytes: end };
}

interface WriteOptions {
  dtype: 'F16' | 'F32';
  metadata?: Record<string, string>;
}

/**
 * A file of these tensors, in the map's order.
 * @throws SafetensorsError where the data is not as long as the shape says, or a finite number does not fit F16.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorData>,
  options: WriteOptions,
): Uint8Array<ArrayBuffer> {
  for (const [name, { shape, data }] of tensors) {
    if (size(shape) !== data.length)
      throw new SafetensorsError(`Tensor ${name}: shape [${shape}] does not hold ${data.length} numbers.`, name);
  }
  const shapes = [...tensors].map(([name, { shape }]) => [name, shape] as const);
  const { bytes, dataBytes } = safetensorsHeader(shapes, options);
  const file = new Uint8Array(bytes.length + dataBytes);
  file.set(bytes);
  const view = new DataView(file.buffer);
  let at = bytes.length;
  for (const [name, { data }] of tensors) {
    if (options.dtype === 'F32') file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    else writeFloat16(name, data, view, at);
    at += data.length * elementBytes(options.dtype);
  }
  return file;
}

/** Where the data begins, by the first eight bytes of a file of `fileSize` bytes. */
function headerEnd(first: Uint8Array, fileSize: number): number {
  if (first.length < 8) throw new SafetensorsError('Not a safetensors file: shorter than eight bytes.');
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw new SafetensorsError(`Not a safetensors file: a header of ${length} bytes.`);
  if (8 + length > fileSize)
    throw new SafetensorsError(`The file ends inside its header of ${length} bytes. Download it again.`);
  return 8 + length;
}

function parseHeader(json: Uint8Array): Contents {
  const entries = new Map<string, Entry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseObject(json))) {
    if (name === '__metadata__') {
      const parsed = metadataSchema.safeParse(value);
      if (!parsed.success) throw new SafetensorsError('The metadata of the file is not text to text.');
      metadata = parsed.data;
      continue;
    }
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) throw new SafetensorsError(`Tensor ${name}: ${z.prettifyError(parsed.error)}`, name);
    entries.set(name, parsed.data);
  }
  return { entries, metadata };
}

function parseObject(json: Uint8Array): object {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new SafetensorsError(`Not a safetensors file: its header is not JSON (${(cause as Error).message}).`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new SafetensorsError('Not a safetensors file: its header is not a JSON object.');
  }
  return header;
}

function checkLayout(entries: Contents['entries'], dataLength: number): void {
  const whole = [...entries.values()].reduce((most, { data_offsets }) => Math.max(most, data_offsets[1]), 0);
  let end = 0;
  let previous: string | undefined;
  const byOffset = [...entries].sort(([, { data_offsets: a }], [, { data_offsets: b }]) => a[0] - b[0] || a[1] - b[1]);
  for (const [name, { dtype, shape, data_offsets }] of byOffset) {
    const [from, to] = data_offsets;
    const width = ELEMENT_BYTES.get(dtype);
    if (width === undefined) throw new SafetensorsError(`Tensor ${name}: unknown dtype ${dtype}.`, name);
    const expected = size(shape) * width;
    if (to - from !== expected) {
      throw new SafetensorsError(
        `Tensor ${name}: [${shape}] of ${dtype} is ${expected} bytes, not ${to - from}.`,
        name,
      );
    }
    if (from < end) throw new SafetensorsError(`Tensor ${name} overlaps tensor ${previous}.`, name);
    if (from > end) throw new SafetensorsError(`Tensor ${name} leaves ${from - end} unused bytes before it.`, name);
    if (to > dataLength)
      throw new SafetensorsError(
        `The file ends inside tensor ${name}: ${whole - dataLength} of its bytes are missing. Download it again.`,
        name,
      );
    end = to;
    previous = name;
  }
  if (end !== dataLength) throw new SafetensorsError(`${dataLength - end} bytes after the last tensor belong to none.`);
}

const elementBytes = (dtype: ReadableDtype): number => (dtype === 'F32' ? 4 : 2);

function readable(name: string, dtype: string): ReadableDtype {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return dtype;
  throw new SafetensorsError(`Tensor ${name} is stored as ${dtype}; F32, F16 and BF16 are read.`, name);
}

function toFloat32(name: string, dtype: string, raw: Uint8Array): Float32Array {
  const type = readable(name, dtype);
  const width = elementBytes(type);
  // Bytes need not lie at a multiple of the element's: then a copy does. Not slice, which is a view in Node's Buffer.
  const { buffer, byteOffset, length } = raw.byteOffset % width === 0 ? raw : new Uint8Array(raw);
  const count = length / width;
  if (type === 'F32') return new Float32Array(buffer, byteOffset, count);
  const halves = new Uint16Array(buffer, byteOffset, count);
  // Loops, since Float32Array.from with a function is ten times slower.
  if (type === 'F16') {
    const table = halfTable();
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = table[halves[i]!]!;
    return out;
  }
  // bfloat16 is the upper half of a float32.
  const out = new Uint32Array(count);
  for (let i = 0; i < count; i++) out[i] = halves[i]! << 16;
  return new Float32Array(out.buffer);
}

let halves: Float32Array | undefined;

/** The value of every half-precision bit pattern: models have many millions of numbers, and a look-up is the fastest conversion. */
function halfTable(): Float32Array {
  if (halves === undefined) {
    const view = new DataView(new ArrayBuffer(2));
    halves = Float32Array.from({ length: 1 << 16 }, (_, bits) => {
      view.setUint16(0, bits);
      return getFloat16(view, 0);
    });
  }
  return halves;
}

/** 65504 is the largest half; from 65520 on, rounding gives infinity. */
const HALF_OVERFLOW = 65520;

function writeFloat16(name: string, data: Float32Array, view: DataView, at: number): void {
  data.forEach((value, i) => {
    if (Math.abs(value) >= HALF_OVERFLOW && Number.isFinite(value)) {
      throw new SafetensorsError(`Tensor ${name}: ${value} does not fit F16; write F32.`, name);
    }
    setFloat16(view, at + 2 * i, value, true);
  });
}
