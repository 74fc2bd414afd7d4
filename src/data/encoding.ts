/** Bytes to text, in whatever encoding they were saved. */
import { DataError } from './error';
import type { Encoding } from './read-as';

export interface Decoded {
  /** Without a byte order mark; line ends are \n. */
  text: string;
  encoding: Encoding;
}

/**
 * By its byte order mark, else UTF-16 where every other byte is zero, else UTF-8, else Windows-1252, as older programs write it.
 * @throws DataError for bytes that are no text.
 */
export function decode(bytes: Uint8Array, wished?: Encoding): Decoded {
  const encoding = wished ?? guess(bytes);
  const text = repaired(new TextDecoder(encoding).decode(bytes), encoding).replace(/\r\n?/g, '\n');
  if (isBinary(text)) {
    throw new DataError(
      'The file is not text: it has bytes that no text has.',
      'Choose a CSV, TSV, JSON or text file, a spreadsheet (.xlsx) or a Parquet file.',
    );
  }
  return { text, encoding };
}

/** What Windows-1252 has from 0x80 on; five places are free. */
const FROM_80 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Node's decoder takes Windows-1252 for Latin-1, which has control characters there. */
const repaired = (text: string, encoding: Encoding): string =>
  encoding === 'windows-1252' ? text.replace(/[\x80-\x9f]/g, (letter) => FROM_80[letter.charCodeAt(0) - 0x80]!) : text;

function guess(bytes: Uint8Array): Encoding {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  const sample = bytes.subarray(0, 4096);
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2]!++;
  const [even, odd] = zeros.map((count) => count / (sample.length / 2)) as [number, number];
  if (odd > 0.3 && even < 0.05) return 'utf-16le';
  if (even > 0.3 && odd < 0.05) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'utf-8';
  } catch {
    return isMostlyUtf8(bytes) ? 'utf-8' : 'windows-1252';
  }
}

/** A few damaged letters make no other encoding of it. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  let bad = 0;
  let good = 0;
  for (const letter of new TextDecoder().decode(bytes)) {
    if (letter === '\uFFFD') bad++;
    else if (letter > '\x7f') good++;
  }
  return good > 4 * bad;
}

/** Control characters that a text has none of. */
function isBinary(text: string): boolean {
  if (text.includes('\0')) return true;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const controls = text.slice(0, 100_000).match(/[\x01-\x08\x0e-\x19\x1b\x1c]/g)?.length ?? 0;
  return controls > Math.min(text.length, 100_000) / 100;
}
