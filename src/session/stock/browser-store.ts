/**
 * Halves of stocks in the files that a browser has for this site (OPFS), by handles that workers alone have: what they have flushed is on the
 * disk, and a file that one has open no other can open. Files that nobody came back for go after a month.
 */
import { KEPT_MS } from '../limits';
import { HeldElsewhere, type StockFile, type StockStore } from './store';

const DIRECTORY = 'prepared-ahead';

/** Of what a browser lets this site have, so much: other things are kept as well. */
const SHARE = 0.5;

/** TypeScript's types of a page lack what workers have. */
interface SyncAccessHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type WorkersFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };
type Directory = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/** Undefined where this browser has no such files. */
export function browserStock(): StockStore | undefined {
  if (!('FileSystemFileHandle' in globalThis) || !('createSyncAccessHandle' in FileSystemFileHandle.prototype))
    return undefined;
  let directory: Promise<Directory> | undefined;
  const opened = () => {
    directory ??= openDirectory();
    return directory;
  };
  const fileOf = async (name: string, create = false) => {
    try {
      return (await (await opened()).getFileHandle(name, { create })) as WorkersFile;
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return undefined;
      throw error;
    }
  };
  const access = async (file: WorkersFile): Promise<SyncAccessHandle> => {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (isNamed(error, 'NoModificationAllowedError')) throw new HeldElsewhere(`${file.name} is open elsewhere`);
      throw error;
    }
  };
  return {
    async open(name) {
      const file = await fileOf(name);
      return file && stockFile(await access(file));
    },
    async create(name) {
      const handle = await access((await fileOf(name, true))!);
      handle.truncate(0);
      return stockFile(handle);
    },
    async remove(name) {
      await (await opened()).removeEntry(name).catch((error: unknown) => {
        if (!isNamed(error, 'NotFoundError')) throw error;
      });
    },
    size: async (name) => (await (await fileOf(name))?.getFile())?.size,
    async names() {
      const names: string[] = [];
      for await (const name of (await opened()).keys()) names.push(name);
      return names;
    },
    async room() {
      const { quota = 0, usage = 0 } = await navigator.storage.estimate();
      return SHARE * Math.max(0, quota - usage);
    },
  };
}

const isNamed = (error: unknown, name: string): boolean => error instanceof DOMException && error.name === name;

function stockFile(handle: SyncAccessHandle): StockFile {
  return {
    async read(at, length) {
      const into = new Uint8Array(length);
      const got = handle.read(into, { at });
      if (got !== length) throw new Error(`${got} bytes are there where ${length} should be`);
      return into;
    },
    async write(at, bytes) {
      const put = handle.write(bytes, { at });
      if (put !== bytes.length) throw new Error('there is no room left on the disk');
    },
    flush: async () => handle.flush(),
    close: () => handle.close(),
  };
}

async function openDirectory(): Promise<Directory> {
  const root = await navigator.storage.getDirectory();
  const directory = (await root.getDirectoryHandle(DIRECTORY, { create: true })) as Directory;
  for await (const name of directory.keys()) {
    const file = await (await directory.getFileHandle(name)).getFile();
    // One that is open can't be removed, and is in use.
    if (Date.now() - file.lastModified > KEPT_MS) await directory.removeEntry(name).catch(() => {});
  }
  return directory;
}
