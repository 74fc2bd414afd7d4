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

export interface Tensor {
  /** Row-major; an empty shape is a scalar. */
  shape: number[];
  data: Float32Array;
}

/** `dtype` is how the file stored it; `data` is float32 always. */
export interface StoredTensor extends Tensor {
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
const ELEMENT_BYTES: Record<string, number> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1 },
  ...{ U16: 2, I16: 2, F16: 2, BF16: 2, U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
};

const natural = z.number().int().nonnegative();
const entrySchema = z.object({ dtype: z.string(), shape: z.array(natural), data_offsets: z.tuple([natural, natural]) });
const metadataSchema = z.record(z.string(), z.string());

type Entry = z.infer<typeof entrySchema> & { name: string };

/**
 * All tensors of a file, in the file's order.
 *
 * `only` picks the tensors to read by name; the rest are checked for layout and skipped, so that a file with, say, integer
 * position ids is still of use.
 * @throws SafetensorsError for a malformed file or a picked tensor that is not F32, F16 or BF16.
 */
export function readSafetensors(
  bytes: Uint8Array,
  { only = () => true }: { only?: (name: string) => boolean } = {},
): Map<string, StoredTensor> {
  const { entries, data } = readHeader(bytes);
  checkLayout(entries, data.length);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, data_offsets } of entries) {
    if (!only(name)) continue;
    // A copy, because a file's bytes need not lie at a multiple of the element size. Not slice, which is a view in Node's Buffer.
    const raw = new Uint8Array(data.subarray(...data_offsets));
    tensors.set(name, { dtype: dtype as ReadableDtype, shape, data: toFloat32(name, dtype, raw) });
  }
  return tensors;
}

/** The free text entries of a file; empty where it has none. */
export function readSafetensorsMetadata(bytes: Uint8Array): Record<string, string> {
  return readHeader(bytes).metadata;
}

/**
 * A file of these tensors, in the map's order.
 * @throws SafetensorsError where the data is not as long as the shape says, or a finite number does not fit F16.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  { dtype, metadata }: { dtype: 'F16' | 'F32'; metadata?: Record<string, string> },
): Uint8Array<ArrayBuffer> {
  const size = ELEMENT_BYTES[dtype]!;
  const header: [string, unknown][] = metadata ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    if (name === '__metadata__') throw new SafetensorsError('A tensor cannot be called __metadata__.', name);
    if (elementCount(shape) !== data.length) {
      throw new SafetensorsError(`Tensor ${name}: shape [${shape}] does not hold ${data.length} numbers.`, name);
    }
    const begin = end;
    end += data.length * size;
    header.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }

  // Spaces up to a multiple of eight, so that a reader may view the data in place.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerLength + end).fill(0x20, 8, 8 + headerLength);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  file.set(json, 8);

  let at = 8 + headerLength;
  for (const [name, { data }] of tensors) {
    if (dtype === 'F32') file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    else writeFloat16(name, data, view, at);
    at += data.length * size;
  }
  return file;
}

function readHeader(bytes: Uint8Array) {
  if (bytes.length < 8) throw new SafetensorsError('Not a safetensors file: shorter than eight bytes.');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw new SafetensorsError(`Not a safetensors file: a header of ${length} bytes.`);
  if (8 + length > bytes.length) throw new SafetensorsError(`The file ends inside its header of ${length} bytes.`);

  const header = parseObject(bytes.subarray(8, 8 + length));
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      const parsed = metadataSchema.safeParse(value);
      if (!parsed.success) throw new SafetensorsError('The metadata of the file is not text to text.');
      metadata = parsed.data;
      continue;
    }
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) throw new SafetensorsError(`Tensor ${name}: ${z.prettifyError(parsed.error)}`, name);
    entries.push({ name, ...parsed.data });
  }
  return { entries, metadata, data: bytes.subarray(8 + length) };
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

function checkLayout(entries: Entry[], dataLength: number): void {
  let end = 0;
  let previous: string | undefined;
  const byOffset = entries.toSorted(
    (a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  for (const { name, dtype, shape, data_offsets } of byOffset) {
    const [from, to] = data_offsets;
    const size = ELEMENT_BYTES[dtype];
    if (size === undefined) throw new SafetensorsError(`Tensor ${name}: unknown dtype ${dtype}.`, name);
    const expected = elementCount(shape) * size;
    if (to - from !== expected) {
      throw new SafetensorsError(
        `Tensor ${name}: [${shape}] of ${dtype} is ${expected} bytes, not ${to - from}.`,
        name,
      );
    }
    if (from < end) throw new SafetensorsError(`Tensor ${name} overlaps tensor ${previous}.`, name);
    if (from > end) throw new SafetensorsError(`Tensor ${name} leaves ${from - end} unused bytes before it.`, name);
    if (to > dataLength) throw new SafetensorsError(`The file ends inside tensor ${name}.`, name);
    end = to;
    previous = name;
  }
  if (end !== dataLength) throw new SafetensorsError(`${dataLength - end} bytes after the last tensor belong to none.`);
}

const elementCount = (shape: number[]) => shape.reduce((product, n) => product * n, 1);

function toFloat32(name: string, dtype: string, raw: Uint8Array): Float32Array {
  if (dtype === 'F32') return new Float32Array(raw.buffer);
  if (dtype === 'F16') {
    const table = halfTable();
    return Float32Array.from(new Uint16Array(raw.buffer), (half) => table[half]!);
  }
  if (dtype === 'BF16') {
    // bfloat16 is the upper half of a float32.
    const words = Uint32Array.from(new Uint16Array(raw.buffer), (half) => half << 16);
    return new Float32Array(words.buffer);
  }
  throw new SafetensorsError(`Tensor ${name} is stored as ${dtype}; F32, F16 and BF16 are read.`, name);
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
