/** Files packed with gzip, as large tables are passed on. */
import { concatBytes } from '@noble/hashes/utils.js';
import { DataError } from './error';

/** Of what is in it: a file of a few kilobytes can hold more than any memory. */
const MOST_BYTES = 2 ** 29;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** What is in it. Throws a DataError where it is damaged, or holds more than 512 MiB (`most`, in bytes). */
export async function gunzip(bytes: Uint8Array, most = MOST_BYTES): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    const { value } = await reader.read().catch(() => {
      throw new DataError('The file is packed with gzip, and is damaged.', 'Pack it anew, or choose it unpacked.');
    });
    if (!value) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new DataError(
        `The file is packed with gzip and holds more than ${Math.round(most / 2 ** 20)} MiB.`,
        'Keep fewer rows: a few hundred examples are enough to tune a prompt.',
      );
    }
    parts.push(value);
  }
  return concatBytes(...parts);
}
