/** Which of the data owner's commands are followed when, and what is answered otherwise. */
import { expect, it, vi } from 'vitest';
import { TextTokenizer } from '../../src/models/tokenizer';
import { packExamples } from '../../src/session/examples';
import { examples, openSession, type Session, settings, trained } from '../support/session';

const answers = (session: Session) =>
  session.find('data', 'invalid').flatMap(({ problems }) => problems.map(({ message }) => message));

async function connected(): Promise<Session> {
  const session = await openSession();
  await session.dataOwner.connect();
  return session;
}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

it('without data nothing is prepared, without that nothing is trained, without that nothing labelled', async () => {
  const { dataOwner, ...session } = await connected();
  dataOwner.prepare(settings);
  await dataOwner.train();
  await dataOwner.classify(['kind staff']);
  expect(answers({ dataOwner, ...session })).toEqual([
    'There is no data yet.',
    'There is nothing prepared to train on yet.',
    'Train first, or load what was trained before; texts are labelled with it.',
  ]);
});

it('all problems of data, settings and label words come in one answer', async () => {
  const session = await connected();
  session.dataOwner.setData({
    examples: packExamples(examples),
    evaluation: packExamples([{ text: 'so so', label: 'neutral', row: 9 }]),
  });
  session.dataOwner.prepare({
    ...settings,
    batch: 0,
    sigma: -1,
    labelWords: { positive: 'dreadful', negative: 'awful' },
  });
  const [answer, ...more] = session.find('data', 'invalid');
  expect(more).toEqual([]);
  expect(answer!.problems.map(({ field }) => field).sort()).toEqual([
    'batch',
    'labelWords.neutral',
    'labelWords.positive',
    'sigma',
    undefined,
  ]);
  expect(answer!.problems.find(({ field }) => !field)?.message).toMatch(/Row 9 of the evaluation file.*“neutral”/);
});

it('nothing is prepared, trained or labelled beside a run; the run is as it would have been', async () => {
  const [session, alone] = await Promise.all([connected(), trained()]);
  session.prepare();
  const training = session.dataOwner.train();
  session.dataOwner.prepare({ ...settings, generations: 1 });
  await session.dataOwner.train();
  await session.dataOwner.classify(['kind staff']);
  await training;
  expect(answers(session)).toEqual([
    'The model is at work; wait or stop it before changing data or settings.',
    'Training is under way; texts can be labelled when it is done.',
  ]);
  const losses = (of: Session) => of.found().map(({ history }) => history.length);
  expect(losses(session)).toEqual(losses(alone));
});

it('nothing is prepared or labelled beside texts that are being labelled', async () => {
  const session = await trained();
  const first = session.dataOwner.classify(['kind staff']);
  session.dataOwner.prepare(settings);
  await session.dataOwner.classify(['rude staff']);
  await first;
  expect(answers(session)).toEqual([
    'The model is at work; wait or stop it before changing data or settings.',
    'Texts are being labelled; more can follow when that is done.',
  ]);
  expect(session.find('data', 'classified').map(({ classifications }) => classifications[0]!.text)).toEqual([
    'kind staff',
  ]);
});

it('empty texts are not labelled, and cost nothing', async () => {
  const session = await trained();
  const passes = session.find('model', 'pass').length;
  await session.dataOwner.classify(['kind', '  ']);
  await session.dataOwner.classify([]);
  expect(answers(session)).toEqual(['Text 2 is empty.', 'There is no text to label.']);
  expect(session.find('model', 'pass')).toHaveLength(passes);
});

it('other data make what was prepared void, but not a prompt that was tuned', async () => {
  const session = await connected();
  session.prepare();
  session.dataOwner.setData({ examples: packExamples(examples) });
  await session.dataOwner.train();
  expect(answers(session)).toEqual(['There is nothing prepared to train on yet.']);

  session.prepare();
  const training = session.dataOwner.train();
  await until(() => session.find('data', 'generation').length > 0);
  session.dataOwner.setData({ examples: packExamples(examples.slice(0, 20)) });
  await training;
  await session.dataOwner.train();
  expect(answers(session)).toHaveLength(2);
  await session.dataOwner.classify(['kind staff']);
  expect(session.find('data', 'classified')).toHaveLength(1);
});

it('a run that is refused before it has measured anything leaves the prompt tuned before', async () => {
  const session = await trained();
  session.modelOwner.budget = 0;
  await expect(session.dataOwner.train()).rejects.toThrow(/budget of 0 opened numbers/);
  expect(session.dataOwner.saved).toBeUndefined();
  session.modelOwner.budget = 1000;
  await session.dataOwner.classify(['kind staff']);
  expect(session.find('data', 'classified')).toHaveLength(1);
});

it('texts are tokenised once, however often settings change, and again when there are other texts', async () => {
  const session = await connected();
  const encode = vi.spyOn(TextTokenizer.prototype, 'encode');
  const read = (text: string) => encode.mock.calls.filter(([said]) => said === ` ${text}`).length;
  try {
    // Not one of the first, which are shown.
    const { text } = examples[20]!;
    session.dataOwner.setData({ examples: packExamples(examples) });
    for (const tokens of [16, 20, 24]) session.dataOwner.prepare({ ...settings, tokens, promptTokens: tokens / 4 });
    expect(session.find('data', 'prepared')).toHaveLength(3);
    expect(read(text)).toBe(1);
    session.dataOwner.setData({ examples: packExamples(examples.map((e) => ({ ...e, text: `so ${e.text}` }))) });
    session.dataOwner.prepare(settings);
    expect(read(`so ${text}`)).toBe(1);
  } finally {
    encode.mockRestore();
  }
});

it('says which texts the model’s vocabulary cannot spell, and shows how it reads them', async () => {
  const session = await connected();
  const foreign = 'плохо';
  const data = examples.map((example, i) => (i === 7 || i === 9 ? { ...example, text: foreign } : example));
  session.prepare({ ...settings, tokens: 24 }, data);
  const { warnings, previews } = session.find('data', 'prepared')[0]!;
  expect(warnings.join(' ')).toMatch(/2 of 36 texts are mostly in letters .* does not know \(rows 9, 11\)/);
  expect(previews.map(({ row }) => row)).toEqual([2, 3, 4, 5, 6, 9, 11]);
  expect(new Set(previews.at(-1)!.pieces)).toEqual(new Set(['<unk>']));
});

it('the warning about texts that are cut names the rows that are, and no others', async () => {
  const session = await connected();
  const data = examples.map((example, i) => (i === 3 || i === 7 ? { ...example, text: 'slow '.repeat(30) } : example));
  session.prepare({ ...settings, tokens: 24 }, data);
  const { warnings, previews } = session.find('data', 'prepared')[0]!;
  expect(warnings.join(' ')).toMatch(/^2 of 36 texts do not fit into 24 tokens.*\(rows 5, 9\)/);
  expect(previews.map(({ truncated }) => truncated)).toEqual([false, false, false, true, false]);
});
