/** What comes from the hub, in the origin's private file system, where it stays until the site's data is cleared. */
import { type ByteSource, blobBytes } from '../../src/models/byte-source';
import { type FileStore, HubError, type StoredFile } from '../../src/models/hub';

/** Of a file that this worker alone has open. Only workers have it, so lib.dom does not know it. */
interface SyncAccess {
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

type Handle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccess> };

/** Beside a file that is complete. */
const COMPLETE = '.complete';

export interface HubFiles {
  store: FileStore;
  /** The blob that bytes of the store are of; of anything else a blob of nothing, for its name to be refused. */
  blobOf(bytes: ByteSource): Blob;
}

/** Throws where the browser has no such file system. */
export async function hubFiles(): Promise<HubFiles> {
  const root = await navigator.storage.getDirectory().catch((error: Error) => {
    throw new HubError(`the browser keeps no files here (${error.message}): download the model and choose its files`);
  });
  const blobs = new Map<ByteSource, Blob>();
  const store: FileStore = {
    async file(path) {
      const parts = ['hub', ...path.split('/')];
      const name = parts.pop() ?? '';
      let folder = root;
      for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
      return PrivateFile.at(folder, name, (bytes, blob) => blobs.set(bytes, blob));
    },
  };
  return { store, blobOf: (bytes) => blobs.get(bytes) ?? new Blob() };
}

class PrivateFile implements StoredFile {
  private access?: SyncAccess;

  private constructor(
    private readonly folder: FileSystemDirectoryHandle,
    private readonly name: string,
    private readonly onRead: (bytes: ByteSource, blob: Blob) => void,
    public size: number,
    public complete: boolean,
  ) {}

  static async at(
    folder: FileSystemDirectoryHandle,
    name: string,
    onRead: (bytes: ByteSource, blob: Blob) => void,
  ): Promise<PrivateFile> {
    const sizeOf = (file: string) =>
      folder.getFileHandle(file).then(
        async (handle) => (await handle.getFile()).size,
        () => undefined,
      );
    const complete = (await sizeOf(name + COMPLETE)) !== undefined;
    return new PrivateFile(folder, name, onRead, (await sizeOf(name)) ?? 0, complete);
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.access ??= await (await this.handle()).createSyncAccessHandle();
    let written = 0;
    try {
      written = this.access.write(bytes, { at: this.size });
    } catch (error) {
      if ((error as Error).name !== 'QuotaExceededError') throw error;
    }
    if (written !== bytes.length) throw new HubError(`the browser has no room for ${this.name}: free some of the disk`);
    this.size += written;
  }

  async read(): Promise<ByteSource> {
    await this.close();
    const blob = await (await this.handle()).getFile();
    const bytes = blobBytes(blob);
    this.onRead(bytes, blob);
    return bytes;
  }

  async finish(): Promise<void> {
    await this.folder.getFileHandle(this.name + COMPLETE, { create: true });
    this.complete = true;
  }

  async clear(): Promise<void> {
    await this.close();
    for (const name of [this.name, this.name + COMPLETE]) await this.folder.removeEntry(name).catch(() => undefined);
    [this.size, this.complete] = [0, false];
  }

  async close(): Promise<void> {
    this.access?.flush();
    this.access?.close();
    this.access = undefined;
  }

  private async handle(): Promise<Handle> {
    return (await this.folder.getFileHandle(this.name, { create: true })) as Handle;
  }
}
