/** Counts what typed arrays take from memory, by who asked for it: for tests only. */
import { AsyncLocalStorage } from 'node:async_hooks';

const COUNTED = [
  ...[Uint8Array, Uint16Array, Uint32Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array],
] as const;
const COPYING = ['slice', 'map', 'filter'] as const;

type Owner = string;

export class Allocations {
  /** Bytes so far. Views of a buffer that is there already are none. */
  readonly bytes = new Map<Owner, number>();
  readonly #owner = new AsyncLocalStorage<Owner>();
  readonly #restore: (() => void)[] = [];

  /** From now on until `stop`. */
  constructor() {
    for (const type of COUNTED) this.#watch(type);
    this.#replace(globalThis, 'ArrayBuffer', this.#counted(ArrayBuffer));
  }

  /** Runs something whose allocations, and those of all that it starts, are this owner's. */
  of<T>(owner: Owner, work: () => T): T {
    return this.#owner.run(owner, work);
  }

  stop(): void {
    for (const restore of this.#restore) restore();
  }

  #watch(type: (typeof COUNTED)[number]): void {
    this.#replace(globalThis, type.name, this.#counted(type));
    // They are everyone's; a typed array's own would hide them.
    const prototype: object = type.prototype;
    for (const verb of COPYING) {
      const original: unknown = Reflect.get(prototype, verb);
      if (typeof original !== 'function') throw new Error(`${type.name} has no ${verb}`);
      const { note } = this;
      this.#replace(prototype, verb, function (this: object, ...args: unknown[]) {
        return note(Reflect.apply(original, this, args));
      });
    }
  }

  #counted<T extends new (...args: never[]) => { byteLength: number }>(type: T): T {
    return new Proxy(type, {
      construct: (target, args, self) => {
        const made: object = Reflect.construct(target, args, self);
        const isView = args[0] instanceof ArrayBuffer || args[0] instanceof SharedArrayBuffer;
        return isView ? made : this.note(made);
      },
    });
  }

  private readonly note = <T>(made: T): T => {
    const owner = this.#owner.getStore();
    if (owner !== undefined && typeof made === 'object' && made !== null && 'byteLength' in made)
      this.bytes.set(owner, (this.bytes.get(owner) ?? 0) + Number(made.byteLength));
    return made;
  };

  #replace(target: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false });
    this.#restore.push(() => {
      if (before) Object.defineProperty(target, name, before);
      else Reflect.deleteProperty(target, name);
    });
  }
}
