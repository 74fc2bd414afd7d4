/** Halves of stocks in memory, on a disk that can be cut off from those who use it at any step: for tests only. */
import { HeldElsewhere, type StockFile, type StockStore } from '../../src/session/stock/store';

interface Bytes {
  /** As whoever has the file open sees it. */
  seen: Uint8Array;
  /** What is there after a crash: what was flushed. */
  flushed: Uint8Array;
}

export class MemoryDisk {
  private readonly files = new Map<string, Bytes>();
  private readonly open = new Set<string>();

  /** `step` is called before anything happens on the disk, and after it: it may throw, as a disk or a crash does. */
  store(step: (what: string) => void = () => {}, room = () => Number.POSITIVE_INFINITY): StockStore {
    const around = async <T>(what: string, work: () => T): Promise<T> => {
      step(`before ${what}`);
      const result = work();
      step(`after ${what}`);
      return result;
    };
    const fileOf = (name: string): StockFile => {
      if (this.open.has(name)) throw new HeldElsewhere(`${name} is open`);
      this.open.add(name);
      const bytes = this.files.get(name)!;
      return {
        read: (at, length) =>
          around(`reading ${name}`, () => {
            const read = bytes.seen.slice(at, at + length);
            if (read.length !== length) throw new Error(`${read.length} bytes are there where ${length} should be`);
            return read;
          }),
        write: (at, written) =>
          around(`writing ${name}`, () => {
            const seen = new Uint8Array(Math.max(bytes.seen.length, at + written.length));
            seen.set(bytes.seen);
            seen.set(written, at);
            bytes.seen = seen;
          }),
        flush: () =>
          around(`flushing ${name}`, () => {
            bytes.flushed = bytes.seen.slice();
          }),
        close: () => this.open.delete(name),
      };
    };
    return {
      open: (name) => around(`opening ${name}`, () => (this.files.has(name) ? fileOf(name) : undefined)),
      create: (name) =>
        around(`creating ${name}`, () => {
          this.files.set(name, { seen: new Uint8Array(), flushed: new Uint8Array() });
          return fileOf(name);
        }),
      remove: (name) =>
        around(`removing ${name}`, () => {
          if (this.open.has(name)) throw new HeldElsewhere(`${name} is open`);
          this.files.delete(name);
        }),
      size: async (name) => this.files.get(name)?.seen.length,
      names: async () => [...this.files.keys()],
      room: async () => room(),
    };
  }

  get names(): string[] {
    return [...this.files.keys()];
  }

  bytes(name: string): Uint8Array {
    return this.files.get(name)!.seen;
  }

  /** As after a crash: what was not flushed is gone, and nothing is open. */
  crashed(): MemoryDisk {
    const disk = new MemoryDisk();
    for (const [name, { flushed }] of this.files)
      disk.files.set(name, { seen: flushed.slice(), flushed: flushed.slice() });
    return disk;
  }
}
