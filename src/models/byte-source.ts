/** Bytes that are read where they lie: in memory, in a Blob of the browser, in a file of Node's. */

export interface ByteSource {
  /** The file's, for messages. */
  readonly name?: string;
  /** In bytes. */
  readonly size: number;
  /** Bytes [from, to). May be a view: not to be written to. Throws where there are fewer. */
  read(from: number, to: number): Promise<Uint8Array>;
}

export const memoryBytes = (bytes: Uint8Array, name?: string): ByteSource => ({
  name,
  size: bytes.length,
  read: async (from, to) => checked(bytes.subarray(from, to), from, to),
});

/** Of a Blob or a File, which the browser leaves on disk. */
export const blobBytes = (blob: Blob): ByteSource => ({
  name: 'name' in blob && typeof blob.name === 'string' ? blob.name : undefined,
  size: blob.size,
  read: async (from, to) => checked(new Uint8Array(await blob.slice(from, to).arrayBuffer()), from, to),
});

/** What is needed of Node's FileHandle. */
export interface ReadableHandle {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

/** Of an open file, which must stay open. */
export const fileBytes = (handle: ReadableHandle, size: number, name?: string): ByteSource => ({
  name,
  size,
  async read(from, to) {
    const bytes = new Uint8Array(to - from);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, from + at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return checked(bytes.subarray(0, at), from, to);
  },
});

function checked(bytes: Uint8Array, from: number, to: number): Uint8Array {
  if (bytes.length !== to - from)
    throw new Error(
      `the file ends at byte ${from + bytes.length}, where ${to - from - bytes.length} more were expected`,
    );
  return bytes;
}

/** All of a small file as text. Throws, naming it, where it is not UTF-8. */
export async function textOf(bytes: ByteSource): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await bytes.read(0, bytes.size));
  } catch (error) {
    if (error instanceof TypeError) throw new Error(`${bytes.name ?? 'the file'} is not text in UTF-8`);
    throw error;
  }
}
