/** What somebody finds in the archive of a run, with nothing but it at hand. */
import { strFromU8, unzipSync } from 'fflate';
import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { archiveOf } from '../../app/lib/archive';
import { meaningOf } from '../../app/lib/meaning';
import { HEAD_RESULT, PASS, PREPARED, RESULT } from './fixtures';

const unpacked = (result: typeof RESULT | typeof HEAD_RESULT) =>
  unzipSync(archiveOf({ run: { result, settings: PREPARED.settings }, passes: [PASS], model: 'tiny-rfa' }));

it('has every file that its README names, and says which are private', () => {
  for (const result of [RESULT, HEAD_RESULT]) {
    const files = unpacked(result);
    const readme = strFromU8(files['README.md']!);
    const named = [...readme.matchAll(/^- `([^`]+)`/gm)].map(([, name]) => name!);
    expect(Object.keys(files).sort()).toEqual(['README.md', ...named].sort());
    expect(files[result.file.name]).toEqual(result.file.bytes);
    expect(readme).toContain(meaningOf(result));
    expect(readme).toContain('tiny-rfa');
    for (const name of named.filter((each) => /answers|wrong/.test(each)))
      expect(readme).toMatch(new RegExp(`${name}.*PRIVATE`));
  }
});

it('keeps texts to the file that is marked for them', () => {
  const { 'wrong.csv': wrong, ...others } = unpacked(RESULT);
  const rows = Papa.parse<string[]>(strFromU8(wrong!), { skipEmptyLines: true }).data;
  expect(rows).toHaveLength(1 + RESULT.wrong.length);
  expect(rows[1]).toEqual(['training', '17', 'positive', 'negative', 'Nobody "told" me, but the 1. nurse did.']);
  for (const [name, bytes] of Object.entries(others)) expect(strFromU8(bytes), name).not.toContain('nurse');
});

it('says what a result means, and where it flatters', () => {
  expect(meaningOf(RESULT)).toBe(
    'Of a hundred texts like yours it labels about 83 right, between 72 and 90 as far as 64 examples can tell; always saying the most frequent label would be right for 50.',
  );
  expect(meaningOf({ ...RESULT, alone: [], measuredOn: 'validation' })).toMatch(/can tell\. Expect somewhat fewer/);
});
