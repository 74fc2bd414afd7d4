/**
 * What comes from the hub, in the folder where Hugging Face's own tools keep it: `HF_HUB_CACHE`, `HF_HOME`/hub or ~/.cache/huggingface/hub,
 * under secfwt/, since the layouts differ.
 */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type ByteSource, fileBytes } from '../src/models/byte-source';
import type { FileStore, StoredFile } from '../src/models/hub';

export function hubFolder(env: NodeJS.ProcessEnv = process.env): string {
  const hub = env.HF_HUB_CACHE ?? join(env.HF_HOME ?? join(homedir(), '.cache', 'huggingface'), 'hub');
  return join(hub, 'secfwt');
}

/** Files that are under way end in `.partial`. */
export const hubStore = (folder = hubFolder()): FileStore => ({
  file: (path) => PartialFile.at(join(folder, path)),
});

const sizeAt = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

class PartialFile implements StoredFile {
  private constructor(
    private readonly path: string,
    public size: number,
    public complete: boolean,
  ) {}

  static async at(path: string): Promise<PartialFile> {
    const whole = await sizeAt(path);
    return new PartialFile(path, whole ?? (await sizeAt(`${path}.partial`)) ?? 0, whole !== undefined);
  }

  private get current(): string {
    return this.complete ? this.path : `${this.path}.partial`;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const handle = await open(this.current, 'a');
    try {
      await handle.write(bytes);
    } finally {
      await handle.close();
    }
    this.size += bytes.length;
  }

  /** Opens the file for every stretch, so that nobody has to close it. */
  async read(): Promise<ByteSource> {
    const { current, size } = this;
    return {
      name: basename(this.path),
      size,
      async read(from, to) {
        const handle = await open(current);
        try {
          return await fileBytes(handle, size).read(from, to);
        } finally {
          await handle.close();
        }
      },
    };
  }

  async finish(): Promise<void> {
    if (!this.complete) await rename(this.current, this.path);
    this.complete = true;
  }

  async clear(): Promise<void> {
    await Promise.all([this.path, `${this.path}.partial`].map((path) => rm(path, { force: true })));
    [this.size, this.complete] = [0, false];
  }

  async close(): Promise<void> {}
}
