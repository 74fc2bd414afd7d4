/** What is taken where a person leaves it to the data: how long sequences are, and how many examples are learned from and measured by. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Example } from '../../src/data/dataset';
import { beyondCalibration } from '../../src/session/data-owner/task';
import { packExamples } from '../../src/session/examples';
import { type AskedSettings, defaultSettings } from '../../src/session/settings';
import { encoderFiles, openSession, type Session } from '../support/session';

const asked = (changes: Partial<AskedSettings> = {}): AskedSettings => ({
  ...defaultSettings(),
  labelWords: { positive: 'great', negative: 'awful' },
  promptTokens: 4,
  seed: 1,
  ...changes,
});

/** So many, of so many words each; every `every`th is positive. */
const examples = (count: number, words: (i: number) => number, every = 2): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    text: new Array<string>(words(i)).fill('kind').join(' '),
    label: i % every === 0 ? 'positive' : 'negative',
    row: i + 2,
  }));

let encoder: Session;
let language: Session;

beforeAll(async () => {
  encoder = await openSession({ model: await encoderFiles(), budget: 100_000 });
  language = await openSession();
  await Promise.all([encoder.dataOwner.connect(), language.dataOwner.connect()]);
});

function prepared(session: Session, data: Example[], settings = asked()) {
  session.prepare(settings, data);
  expect(session.find('data', 'invalid')).toEqual([]);
  return session.find('data', 'prepared').at(-1)!;
}

describe('the padded length', () => {
  it('holds nineteen texts of twenty whole, in steps', () => {
    const mostly = examples(100, (i) => (i < 96 ? 1 + (i % 9) : 30));
    const { settings, lengths } = prepared(encoder, mostly);
    // Nine words between a beginning and an end.
    expect(settings.tokens).toBe(16);
    expect(lengths.map(({ tokens }) => tokens)).toEqual([8, 16, 32]);
    const [first, second, last] = lengths.map(({ whole }) => whole);
    expect(first).toBeCloseTo(mostly.filter((_, i) => i < 96 && 1 + (i % 9) <= 6).length / 100);
    expect([second, last]).toEqual([0.96, 1]);
  });

  it('counts the prompt and what stands around a text, and is no longer than what the model takes', () => {
    const nine = examples(20, () => 9);
    const [short, long] = [0, 8].map((more) => prepared(language, nine, asked({ promptTokens: 1 + more })).settings);
    expect(long!.tokens).toBe(short!.tokens + 8);
    const { settings, lengths } = prepared(
      encoder,
      examples(20, () => 500),
    );
    const longest = lengths.at(-1)!;
    expect(longest.whole).toBe(0);
    expect(settings.tokens).toBe(longest.tokens);
  });

  it('is what a person says where one does', () => {
    expect(
      prepared(
        encoder,
        examples(20, () => 9),
        asked({ tokens: 13 }),
      ).settings.tokens,
    ).toBe(13);
  });
});

describe('examples', () => {
  it('of a head are all learned from where they are few, and measured by cross-validation', () => {
    const { training, heldOut, evaluation } = prepared(
      encoder,
      examples(40, () => 3),
    );
    expect([training, heldOut, evaluation]).toEqual([40, 0, 0]);
  });

  it('of a head that are not to be learned from are measured by, however few', () => {
    const { training, evaluation } = prepared(
      encoder,
      examples(36, () => 3),
      asked({ shots: 8 }),
    );
    expect([training, evaluation]).toEqual([16, 12]);
    const none = prepared(
      encoder,
      examples(16, () => 3),
      asked({ shots: 8 }),
    );
    expect([none.training, none.evaluation]).toEqual([16, 0]);
  });

  it('of a head are kept aside where they are many, and every label has its share', () => {
    const { training, heldOut, evaluation, classes } = prepared(
      encoder,
      examples(2000, () => 3, 4),
    );
    expect([heldOut, evaluation]).toEqual([0, 400]);
    // 500 of each label, or all that there are.
    expect(training).toBe(900);
    expect(classes).toEqual([
      { label: 'negative', training: 500, evaluation: 300 },
      { label: 'positive', training: 400, evaluation: 100 },
    ]);
  });

  it('of a search are chosen by and measured by, together a third at most', () => {
    const search = asked({ method: 'prompt' });
    const few = prepared(
      language,
      examples(32, () => 3),
      search,
    );
    expect([few.training, few.heldOut, few.evaluation]).toEqual([22, 5, 5]);
    const many = prepared(
      language,
      examples(2000, () => 3),
      search,
    );
    expect([many.training, many.heldOut, many.evaluation]).toEqual([1536, 64, 400]);
  });

  it('are as many as a person says where one does', () => {
    const own = prepared(
      encoder,
      examples(400, () => 3),
      asked({ shots: 7, measured: 11 }),
    );
    expect([own.training, own.evaluation]).toEqual([14, 11]);
    const search = prepared(
      language,
      examples(400, () => 3),
      asked({ method: 'prompt', heldOut: 8, measured: 20 }),
    );
    expect([search.heldOut, search.evaluation]).toEqual([8, 20]);
  });

  it('of which one label is most are no measure by accuracy alone, and that is said', () => {
    const warned = (every: number) =>
      prepared(
        encoder,
        examples(300, () => 3, every),
      ).warnings.find((text) => text.includes('mean F1'));
    expect(warned(2)).toBeUndefined();
    expect(warned(10)).toContain('90\u00a0% of the examples are “negative”');
  });
});

describe('examples of a head where a model owner lets few numbers be opened', () => {
  const HIDDEN = 16;
  const many = examples(3000, () => 3);
  /** Of an encoder whose owner lets so many texts be opened. */
  async function within(
    texts: number,
    { data = many, separate = 0, ...changes }: Partial<AskedSettings> & { data?: Example[]; separate?: number } = {},
  ) {
    const session = await openSession({ model: await encoderFiles(), budget: texts * HIDDEN });
    await session.dataOwner.connect();
    const evaluation = separate ? packExamples(examples(separate, () => 3)) : undefined;
    session.dataOwner.setData({ examples: packExamples(data), evaluation });
    session.dataOwner.prepare(asked(changes));
    expect(session.find('data', 'invalid')).toEqual([]);
    const { training, evaluation: measured, estimate, fewer, warnings } = session.find('data', 'prepared').at(-1)!;
    expect(estimate.numbers.sequence).toBe(HIDDEN);
    const isOver = estimate.numbers.total > texts * HIDDEN;
    expect(warnings.some((text) => text.includes('more be opened'))).toBe(isOver);
    return { examples: [training, measured], fewer, isOver };
  }

  it('are as many as without a limit, where it allows that', async () => {
    expect(await within(1400)).toEqual({ examples: [1000, 400], isOver: false });
  });

  it('are measured by fewer first', async () => {
    const { examples, fewer, isOver } = await within(1250);
    expect([examples, isOver]).toEqual([[1000, 250], false]);
    expect(fewer).toMatch(/^The model owner last let 20,000 numbers be opened, and a text opens 16: fewer examples/);
  });

  it('are learned from and measured by fewer where that does not do', async () => {
    expect(await within(300)).toMatchObject({ examples: [200, 100], isOver: false });
    expect(await within(6)).toMatchObject({ examples: [4, 2], isOver: false });
    const few = examples(40, () => 3);
    expect(await within(20, { data: few })).toMatchObject({ examples: [20, 0], isOver: false });
  });

  it('fit where one label has more of them than the other', async () => {
    const uneven = examples(600, () => 3, 4);
    for (const texts of [550, 400, 120]) {
      const { examples, isOver } = await within(texts, { data: uneven });
      expect(isOver).toBe(false);
      expect(examples[0]! + examples[1]!).toBeGreaterThan(0.8 * texts);
    }
  });

  it('are what a person says, which may be too many', async () => {
    expect(await within(100, { shots: 20 })).toMatchObject({ examples: [40, 60], isOver: false });
    expect(await within(100, { measured: 20 })).toMatchObject({ examples: [80, 20], isOver: false });
    expect(await within(100, { shots: 40, measured: 40 })).toEqual({ examples: [80, 40], isOver: true });
  });

  it('are of a file to measure by too', async () => {
    expect(await within(1100, { separate: 200 })).toMatchObject({ examples: [1000, 100], isOver: false });
    expect(await within(90, { separate: 200 })).toMatchObject({ examples: [60, 30], isOver: false });
    expect(await within(1100, { separate: 200, measured: 20 })).toEqual({ examples: [1000, 20], isOver: false });
  });

  it('are too many where next to none may be opened', async () => {
    expect(await within(3)).toMatchObject({ fewer: undefined, isOver: true });
  });
});

describe('texts that are longer than most that a model is calibrated on', () => {
  const data = { rows: [2, 3, 4], lengths: [64, 65, 200] };

  it('are counted and named for exact attention, as far as they are not cut', () => {
    expect(beyondCalibration(data, { attention: 'softmax' }, 126)[0]).toMatch(
      /^2 of 3 texts are longer than 64 tokens \(rows 3, 4\)/,
    );
    expect(beyondCalibration(data, { attention: 'softmax' }, 64)).toEqual([]);
  });

  it('are no matter for random features', () => {
    expect(beyondCalibration(data, { attention: 'rfa' }, 126)).toEqual([]);
  });
});
