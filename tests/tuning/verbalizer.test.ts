import { describe, expect, test } from 'vitest';
import { resolveVerbalizer, suggestWords, VerbalizerError, type WordVocabulary } from '../../src/tuning/verbalizer';

const known = [
  'great',
  'terrible',
  'good',
  'bad',
  'urgent',
  'urge',
  'routine',
  'yes',
  'no',
  'wonder',
  'wonderful',
  'okay',
];
const vocabulary: WordVocabulary = {
  wordToken: (word) => (known.includes(word) ? 100 + known.indexOf(word) : undefined),
  pieces: (word) => [word.slice(0, 3), word.slice(3)],
};

function problems(labels: string[], words: Record<string, string>) {
  try {
    resolveVerbalizer(labels, words, vocabulary);
  } catch (error) {
    if (error instanceof VerbalizerError) return error.problems;
    throw error;
  }
  return [];
}

describe('resolving', () => {
  test('words become tokens, in the order of the labels', () => {
    const words = { negative: 'terrible', positive: ' great ', other: 'not used' };
    expect(resolveVerbalizer(['positive', 'negative'], words, vocabulary)).toEqual([
      { label: 'positive', word: 'great', token: 100 },
      { label: 'negative', word: 'terrible', token: 101 },
    ]);
  });

  test('a label without a word', () => {
    const incomplete: Record<string, string>[] = [{ negative: 'bad' }, { negative: 'bad', positive: '  ' }];
    for (const words of incomplete) {
      expect(problems(['positive', 'negative'], words)).toEqual([
        {
          label: 'positive',
          suggestions: ['great', 'good', 'wonderful'],
          message: expect.stringContaining('no label word'),
        },
      ]);
    }
    expect(problems(['toString'], {})).toHaveLength(1);
  });

  test('a word of several tokens: into which, and what else the label may be called', () => {
    const [problem] = problems(['positive', 'negative'], { positive: 'wonderfully', negative: 'bad' });
    expect(problem!.message).toContain('“won” + “derfully”');
    expect(problem!.message).toContain('Try “great”, “good”, “wonderful”.');
    expect(problem!.suggestions).toEqual(['great', 'good', 'wonderful']);
    // What is merely spelt alike means something else.
    expect(problems(['urgently_needed', 'b'], { urgently_needed: 'urgentish', b: 'bad' })[0]!.suggestions).toEqual([]);
    // Parts of what was typed do, and no other label's word.
    expect(problems(['x', 'b'], { x: 'very-good', b: 'bad' })[0]!.suggestions).toEqual(['good']);
    expect(problems(['positive', 'b'], { positive: 'wonderfully', b: 'great' })[0]!.suggestions).toEqual([
      'good',
      'wonderful',
    ]);
  });

  test('two labels with one word', () => {
    const [problem] = problems(['positive', 'negative'], { positive: 'good', negative: 'good' });
    expect(problem).toMatchObject({ label: 'negative', suggestions: ['terrible', 'bad'] });
    expect(problem!.message).toContain('“positive” and “negative” have the same word, “good”');
  });

  test('all problems at once', () => {
    const found = problems(['a', 'b', 'c', 'd'], { a: 'xylophone', c: 'good', d: 'good' });
    expect(found.map(({ label }) => label)).toEqual(['a', 'b', 'd']);
  });
});

describe('suggesting', () => {
  test.each([
    [['positive', 'negative'], { positive: 'great', negative: 'terrible' }],
    [['Yes', 'No'], { Yes: 'yes', No: 'no' }],
    [['urgent', 'ROUTINE'], { urgent: 'urgent', ROUTINE: 'routine' }],
    [['0', '1'], { '0': 'terrible', '1': 'great' }],
    [['okay', 'bad_quality'], { okay: 'okay', bad_quality: 'bad' }],
    [['positive', 'pos', 'good', 'happy'], { positive: 'great', pos: 'good', good: 'wonderful' }],
    [['xylophone'], {}],
    [['1', '5'], { '1': 'terrible', '5': 'great' }],
    [['5', '1', '3'], { '5': 'great', '1': 'terrible', '3': 'okay' }],
    [
      ['1 star', '2 stars', '3 stars', '4 stars'],
      { '1 star': 'terrible', '2 stars': 'bad', '3 stars': 'good', '4 stars': 'great' },
    ],
    [['★', '★★', '★★★'], { '★': 'terrible', '★★': 'okay', '★★★': 'great' }],
    [['-1', '0.0', '1,0'], { '-1': 'terrible', '0.0': 'okay', '1,0': 'great' }],
    [['1', '2', 'urgent'], { '1': 'great', urgent: 'urgent' }],
  ])('%j', (labels, expected) => {
    expect(Object.fromEntries(suggestWords(labels, vocabulary))).toEqual(expected);
  });
});
