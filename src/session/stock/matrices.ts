/** SHA-256 of one side's private matrices, in hexadecimal. It stays on that side. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { NamedMatrix } from '../../graph/matrix';

export function matricesDigest(own: Iterable<NamedMatrix>): string {
  const hash = sha256.create();
  for (const matrix of own) update(hash, matrix);
  return bytesToHex(hash.digest());
}

/** The same of matrices that are read one by one. */
export async function streamedDigest(own: AsyncIterable<NamedMatrix>): Promise<string> {
  const hash = sha256.create();
  for await (const matrix of own) update(hash, matrix);
  return bytesToHex(hash.digest());
}

function update(hash: ReturnType<typeof sha256.create>, { name, inputs, outputs, values }: NamedMatrix): void {
  hash.update(utf8ToBytes(JSON.stringify([name, inputs, outputs])));
  hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
