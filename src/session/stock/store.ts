/** Where halves of stocks lie: files by name, of which each is open in one place at a time, whatever tab, and let go when that is gone. */

export interface StockFile {
  read(at: number, length: number): Promise<Uint8Array>;
  /** Rejects when there is no room, or the disk refuses. On the disk for good only after `flush`. */
  write(at: number, bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  close(): void;
}

/** All of it rejects where the browser keeps nothing, as in some private windows. */
export interface StockStore {
  /** Undefined where there is none. Rejects with HeldElsewhere where another place has it open. */
  open(name: string): Promise<StockFile | undefined>;
  /** Empty, also where there was one. */
  create(name: string): Promise<StockFile>;
  /** None is as good as removed. */
  remove(name: string): Promise<void>;
  /** Bytes; undefined where there is none. */
  size(name: string): Promise<number | undefined>;
  names(): Promise<string[]>;
  /** Bytes that may be written more, as far as is known. */
  room(): Promise<number>;
}

/** Another tab, or a worker that has not ended yet, has the file open. */
export class HeldElsewhere extends Error {
  override name = 'HeldElsewhere';
}

/** The disk refused; anything else that fails while passes are kept is the other sides', or the session's. */
export class DiskError extends Error {
  override name = 'DiskError';
}

/** The same store, whose refusals are known as such. */
export function onDisk(store: StockStore): StockStore {
  const file = (opened: StockFile): StockFile => ({
    read: (at, length) => refusing(opened.read(at, length)),
    write: (at, bytes) => refusing(opened.write(at, bytes)),
    flush: () => refusing(opened.flush()),
    close: () => opened.close(),
  });
  return {
    open: async (name) => {
      const opened = await refusing(store.open(name));
      return opened && file(opened);
    },
    create: async (name) => file(await refusing(store.create(name))),
    remove: (name) => refusing(store.remove(name)),
    size: (name) => refusing(store.size(name)),
    names: () => refusing(store.names()),
    room: () => refusing(store.room()),
  };
}

async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HeldElsewhere) throw error;
    throw new DiskError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
