/** What can be done without the model, how sure that is, and what is said of the model beside it. */
import { describe, expect, it } from 'vitest';
import { alone } from '../../src/tuning/alone';
import { intervalOf, wilson } from '../../src/tuning/interval';
import { evaluate } from '../../src/tuning/objective';
import { verdictOn } from '../../src/tuning/verdict';
import { wordFeatures } from '../../src/tuning/word-features';

describe('Wilson’s interval', () => {
  // From Wilson's formula, in Python.
  it.each([
    [8, 10, 0.490162, 0.943318],
    [0, 10, 0, 0.277533],
    [10, 10, 0.722467, 1],
    [52, 64, 0.700256, 0.889354],
  ])('of %d right of %d', (right, examples, low, high) => {
    const interval = wilson(right, examples);
    expect(interval[0]).toBeCloseTo(low, 5);
    expect(interval[1]).toBeCloseTo(high, 5);
  });

  it('is of what can be counted only', () => {
    expect(() => wilson(0, 0)).toThrow('0 of 0 examples');
    expect(() => wilson(4, 3)).toThrow(RangeError);
    const evaluation = evaluate(
      [
        [1, 0],
        [0, 1],
        [0, 1],
      ],
      [0, 1, 0],
      2,
    );
    expect(intervalOf(evaluation)).toEqual(wilson(2, 3));
  });
});

describe('words as features', () => {
  const { width, of } = wordFeatures(['The cat sat', 'the dog sat', 'the cat']);

  it('are words and pairs, of length 1, rare ones weighing more', () => {
    // the, cat, sat, "the cat", "cat sat", dog, "the dog", "dog sat"
    expect(width).toBe(8);
    const { at, values } = of('cat! the THE');
    expect(Math.hypot(...values)).toBeCloseTo(1, 12);
    const [cat, the] = Array.from(of('the cat').at!, (_, k) => k).map((k) => of('the cat').values[1 - k]!);
    expect(at).toHaveLength(2);
    expect(cat).toBeGreaterThan(the!);
    // Twice in one text: log(1 + 3 / (1 + 3)) is no rarity.
    expect(values[1]! / values[0]!).toBeCloseTo(2 / (1 + Math.log(4 / 3)), 12);
  });

  it('that no example has are none', () => {
    expect(of('unheard of').values).toHaveLength(0);
    expect(wordFeatures([]).of('cat').values).toHaveLength(0);
  });

  it('that only one of many texts has are left out', () => {
    const many = Array.from({ length: 500 }, (_, i) => `w${i} good`);
    expect(wordFeatures(many).width).toBe(1);
    expect(wordFeatures(many.slice(1)).width).toBe(1 + 2 * 499);
  });
});

/** Words of two kinds; the embeddings know which kind a word is of, also where no example has it. */
const KINDS = [
  ['apple', 'pear', 'plum', 'fig', 'lime', 'grape'],
  ['iron', 'zinc', 'tin', 'lead', 'gold', 'steel'],
];
const WORDS = KINDS.flat();

const texts = [
  // Three of the first kind, two of the second.
  ...['an apple and a pear', 'pear and plum', 'a plum'],
  ...['iron and zinc', 'zinc and tin'],
  // To measure by: known words, then unknown ones.
  ...['apple', 'tin', 'fig lime', 'gold lead', 'grape', 'steel'],
];
const targets = [0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1];
const options = {
  task: { targets, classes: 2, training: [0, 1, 2, 3, 4] },
  measured: [5, 6, 7, 8, 9, 10],
  texts,
  tokens: (text: string) => text.split(' ').flatMap((word) => (WORDS.includes(word) ? [WORDS.indexOf(word)] : [])),
  word: (id: number) => [id < 6 ? 1 : -1, (id % 6) / 10],
  hidden: 2,
  seed: 3,
};

describe('what can be done alone', () => {
  it('is measured on the same examples, by each for what it knows', () => {
    const found = alone(options);
    expect(found.map(({ name }) => name)).toEqual(['majority', 'words', 'public embeddings']);
    const [majority, words, embeddings] = found.map(({ evaluation }) => evaluation);
    expect(majority!.predictions).toEqual([0, 0, 0, 0, 0, 0]);
    expect(majority!.accuracy).toBe(0.5);
    expect(majority!.loss).toBeCloseTo(-(Math.log(3 / 5) + Math.log(2 / 5)) / 2, 10);
    expect(words!.predictions.slice(0, 2)).toEqual([0, 1]);
    // Of unknown words it knows no more than the majority does.
    expect(new Set(words!.predictions.slice(2)).size).toBe(1);
    expect(embeddings!.predictions).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it('is the same where only some of it is asked for', () => {
    const [, words, embeddings] = alone(options);
    expect(alone({ ...options, names: ['public embeddings', 'words'] })).toEqual([embeddings, words]);
  });

  it('is cross-validated where nothing is kept aside, without the only example of a class', () => {
    const task = { targets: [0, 0, 0, 1, 1, 2], classes: 3, training: [0, 1, 2, 3, 4, 5] };
    const found = alone({ ...options, task, measured: undefined });
    for (const { evaluation } of found)
      expect(evaluation.confusion.map((row) => row.reduce((a, b) => a + b))).toEqual([3, 2, 0]);
    expect(found).toHaveLength(3);
  });

  it('is nothing where nothing can be measured', () => {
    const task = { targets: [0, 1], classes: 2, training: [0, 1] };
    expect(alone({ ...options, task, measured: undefined })).toEqual([]);
  });
});

describe('the verdict', () => {
  const of = (right: number, examples: number) =>
    evaluate(
      Array.from({ length: examples }, (_, i) => (i < right ? [1, 0] : [0, 1])),
      new Array<number>(examples).fill(0),
      2,
    );
  const others = [
    { name: 'majority' as const, evaluation: of(32, 64) },
    { name: 'words' as const, evaluation: of(40, 64) },
  ];

  it('is clear where the intervals do not meet', () => {
    const { adds, best, text } = verdictOn(of(60, 64), others, []);
    expect([adds, best]).toEqual(['clear', 'words']);
    expect(text).toBe(
      'The model adds something: 93.8\u00a0% with the model, 62.5\u00a0% by counting words, which needs nobody. So large a difference is hardly chance.',
    );
  });

  it('says that a difference may be chance', () => {
    const { adds, text } = verdictOn(of(46, 64), others, []);
    expect(adds).toBe('unclear');
    expect(text).toMatch(/On 64 examples that may be chance/);
    expect(verdictOn(of(460, 640), [{ name: 'words', evaluation: of(400, 640) }], []).adds).toBe('clear');
  });

  it.each([40, 12])('says that the model adds nothing, and what to try (%d right)', (right) => {
    const { adds, text } = verdictOn(of(right, 64), others, ['another model', 'other label words']);
    expect(adds).toBe('nothing');
    expect(text).toMatch(/adds nothing here.*Try more examples of each label, another model or other label words\.$/);
  });

  it('needs something to compare with', () => {
    expect(() => verdictOn(of(1, 2), [], [])).toThrow('nothing to compare');
  });
});
