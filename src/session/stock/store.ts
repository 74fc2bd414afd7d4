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
