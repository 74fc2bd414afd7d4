/** Text files, compressed or not. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** In UTF-8; may be .gz. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}
