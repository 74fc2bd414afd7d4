/**
 * A model's tensors, read one at a time: from a file that is never whole in memory, or from a Map.
 *
 * What is there and how it is shaped is known without reading any of it.
 */
import { type Shape, size } from '../graph/shape';
import type { TensorShapes } from './architecture';

export interface TensorData {
  /** Row-major; an empty shape is a scalar. */
  shape: Shape;
  data: Float32Array;
}

/** All tensors of a model in memory, by name. */
export type NamedTensors = Map<string, TensorData>;

export interface TensorHeader {
  /** As the file stores it. */
  dtype: string;
  shape: Shape;
}

export interface TensorSource {
  /** In the source's order. */
  readonly header: ReadonlyMap<string, TensorHeader>;
  /** The free text of a file; empty where it has none. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * A tensor's values, or those of its rows [from, to) along the first axis. May be a view of the source: not to be written to.
   * Throws, naming the tensor, for one that is missing, that is no floating-point tensor, or that has no such rows.
   */
  read(name: string, rows?: readonly [from: number, to: number]): Promise<Float32Array>;
}

/** Tensors that are in memory already. */
export function memorySource(tensors: ReadonlyMap<string, TensorData>): TensorSource {
  const header = new Map([...tensors].map(([name, { shape }]) => [name, { dtype: 'F32', shape }]));
  return {
    header,
    metadata: {},
    async read(name, rows) {
      const { shape, data } = tensorNamed(tensors, name);
      return data.subarray(...elementRange(name, shape, rows));
    },
  };
}

/** A source's tensors under other names. Where two get the same name, the one that had it already stays. */
export function renamed(source: TensorSource, rename: (stored: string) => string): TensorSource {
  const stored = new Map<string, string>();
  for (const name of source.header.keys()) {
    const meant = rename(name);
    if (name === meant || !stored.has(meant)) stored.set(meant, name);
  }
  const header = new Map([...stored].map(([meant, name]) => [meant, tensorNamed(source.header, name)]));
  return {
    header,
    metadata: source.metadata,
    async read(name, rows) {
      tensorNamed(header, name);
      return source.read(stored.get(name) ?? name, rows);
    },
  };
}

/** A source with these tensors besides, or instead of those that it has by their names. */
export function overlaid(source: TensorSource, tensors: NamedTensors): TensorSource {
  const over = memorySource(tensors);
  return {
    header: new Map([...source.header, ...over.header]),
    metadata: source.metadata,
    read: (name, rows) => (over.header.has(name) ? over : source).read(name, rows),
  };
}

/** The tensors of several files as of one. Throws, naming the tensor, where two files have it. */
export function joined(sources: readonly TensorSource[]): TensorSource {
  const [only] = sources;
  if (only && sources.length === 1) return only;
  const owner = new Map<string, TensorSource>();
  for (const source of sources) {
    for (const name of source.header.keys()) {
      if (owner.has(name)) throw new Error(`two of the files have a tensor ${name}`);
      owner.set(name, source);
    }
  }
  return {
    header: new Map(sources.flatMap(({ header }) => [...header])),
    metadata: Object.assign({}, ...sources.map(({ metadata }) => metadata)) as Record<string, string>,
    async read(name, rows) {
      return tensorNamed(owner, name).read(name, rows);
    },
  };
}

/** Throws for one that is missing. */
export function tensorNamed<T>(tensors: ReadonlyMap<string, T>, name: string): T {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`the model has no tensor ${name}`);
  return tensor;
}

/** Where rows of a tensor are among its elements. Throws a RangeError, naming the tensor, where there are none. */
export function elementRange(
  name: string,
  shape: Shape,
  rows: readonly [from: number, to: number] = [0, shape[0] ?? 1],
): [from: number, to: number] {
  if (shape.length === 0) return [0, 1];
  const [from, to] = rows;
  const row = size(shape.slice(1));
  if (!(from >= 0 && from <= to && to <= (shape[0] ?? 0)))
    throw new RangeError(`${name} has no rows ${from} to ${to}: its shape is [${shape}]`);
  return [from * row, to * row];
}

/**
 * Throws, naming the tensor, when one is missing or has another shape. Reads nothing. `fields`, of a configuration: those that could
 * have asked for the shape are named too.
 */
export function checkShapes({ header }: TensorSource, shapes: TensorShapes, fields: object = {}): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const found = tensorNamed(header, name).shape;
    if (found.join() === shape.join()) continue;
    const wrong = shape.filter((width, axis) => width !== found[axis]);
    const asking = Object.entries(fields).filter(
      ([field, value]) => /_size$|_embeddings$/.test(field) && wrong.includes(value),
    );
    const why = asking.map(([field, value]) => `${field} is ${value}`).join(', ');
    throw new Error(`${name} has the shape [${found}], config.json asks for [${shape}]${why && ` (${why})`}`);
  }
}

/** Throws where a tensor that should be another one once more (a tied output layer) is stored, and differs from it. */
export async function checkTied(source: TensorSource, [copy, original]: readonly [string, string]): Promise<void> {
  const stored = source.header.get(copy);
  if (!stored) return;
  const { shape } = tensorNamed(source.header, original);
  let equal = stored.shape.join() === shape.join();
  const originals = stretches(source, original);
  for await (const values of equal ? stretches(source, copy) : []) {
    const same = (await originals.next()).value;
    equal &&= same !== undefined && values.every((value, i) => value === same[i]);
  }
  if (!equal) throw new Error(`${copy} differs from ${original}: only a tied output layer can be run`);
}

/** Elements that are read at a time where a tensor need not be whole. */
const STRETCH = 2 ** 20;

/** A tensor in stretches of whole rows, at most `most` elements each (or one row). */
export async function* stretches(source: TensorSource, name: string, most = STRETCH): AsyncGenerator<Float32Array> {
  const { shape } = tensorNamed(source.header, name);
  const rows = shape[0];
  if (rows === undefined) {
    yield await source.read(name);
    return;
  }
  const step = Math.max(1, Math.floor(most / size(shape.slice(1))));
  for (let from = 0; from < rows; from += step) yield await source.read(name, [from, Math.min(from + step, rows)]);
}

/** Reads every value once. Throws, naming the tensor, when one is missing, has another shape or holds what is not finite. `fields`: as for `checkShapes`. */
export async function checkTensors(source: TensorSource, shapes: TensorShapes, fields?: object): Promise<void> {
  checkShapes(source, shapes, fields);
  await checkValues(source, Object.keys(shapes));
}

/** Reads every value of these tensors once. Throws, naming tensor and row, for one that is not finite, or larger than `most` either way. */
export async function checkValues(
  source: TensorSource,
  names: Iterable<string>,
  most = Number.MAX_VALUE,
): Promise<void> {
  for (const name of names) {
    const { shape } = tensorNamed(source.header, name);
    const width = size(shape.slice(1));
    let row = 0;
    for await (const values of stretches(source, name)) {
      const bad = values.findIndex((x) => !(Math.abs(x) <= most));
      if (bad >= 0) {
        const where = shape.length > 0 ? `, in row ${row + Math.floor(bad / width)}` : '';
        const value = values[bad]!;
        throw new Error(
          Number.isFinite(value)
            ? `${name} holds ${value}${where}: the fixed point of this model's runs carries ${most.toPrecision(3)} at most`
            : `${name} holds a value that is not a finite number${where}`,
        );
      }
      row += values.length / width;
    }
  }
}
