import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildDataset } from '../../src/data/dataset';
import { readTable } from '../../src/data/read';

async function load(name: string) {
  const { table } = await readTable(readFileSync(new URL(`../../public/samples/${name}`, import.meta.url)), name);
  return buildDataset(table, { text: 'text', label: 'label' });
}

const training = await load('patient-feedback.csv');
const heldOut = await load('patient-feedback-heldout.csv');
const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu)!;

test.each([
  ['training', training, 160],
  ['held out', heldOut, 60],
])('%s: balanced, nothing odd, 6 to 18 words', (_, { labels, counts, warnings, examples }, each) => {
  expect(labels.toSorted()).toEqual(['complaint', 'praise']);
  expect(counts).toEqual({ praise: each, complaint: each });
  expect(warnings).toEqual([]);
  for (const { text } of examples) {
    const length = text.split(' ').length;
    expect(length, text).toBeGreaterThanOrEqual(6);
    expect(length, text).toBeLessThanOrEqual(18);
  }
});

test('no note comes twice, in either file, and none is another one in disguise', () => {
  const notes = [...training.examples, ...heldOut.examples].map(({ text }) => ({ text, set: new Set(words(text)) }));
  for (const [i, a] of notes.entries()) {
    for (const b of notes.slice(i + 1)) {
      const shared = [...a.set].filter((word) => b.set.has(word)).length;
      const overlap = shared / (a.set.size + b.set.size - shared);
      expect(overlap, `${a.text} | ${b.text}`).toBeLessThan(0.7);
    }
  }
});

describe('the notes have to be read', () => {
  const share = (word: string, label: string) => {
    const having = training.examples.filter(({ text }) => words(text).includes(word));
    return { count: having.length, share: having.filter((e) => e.label === label).length / having.length };
  };

  test('no word gives more than a seventh of a class away', () => {
    const vocabulary = new Set(training.examples.flatMap(({ text }) => words(text)));
    for (const word of vocabulary) {
      for (const label of training.labels) {
        const { count, share: of } = share(word, label);
        if (of > 0.9) expect(count, word).toBeLessThan(160 / 7);
      }
    }
  });

  test('the order of the file says nothing', () => {
    const runs = training.examples.filter(({ label }, i) => label !== training.examples[i - 1]?.label).length;
    expect(runs).toBeGreaterThan(120);
  });
});
