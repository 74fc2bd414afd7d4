/** A session with a sentence encoder: three roles, every text's vector opened once, a head learned from them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runReference } from '../../src/graph/reference';
import { architectureOf } from '../../src/models/architectures';
import { normOf } from '../../src/models/bounds';
import { createEncoder } from '../../src/models/encode';
import { openModel } from '../../src/models/own-model';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { loadTokenizer } from '../../src/models/tokenizer';
import { importAnswers } from '../../src/session/data-owner/answers-file';
import type { HeadResult, TuningSettings } from '../../src/session/messages';
import { chooseHead } from '../../src/tuning/choose-head';
import { headLogits, unitLength } from '../../src/tuning/head';
import { importHead } from '../../src/tuning/head-file';
import { softmax } from '../../src/tuning/objective';
import { purpose } from '../../src/tuning/run';
import { prepareTexts } from '../../src/tuning/task';
import {
  encoderFiles,
  examples,
  openSession,
  type Session,
  type SessionOptions,
  settings,
  trained,
} from '../support/session';

const chosen: TuningSettings = { ...settings, method: undefined, labelWords: {} };
const HIDDEN = 16;

const encoder = async (options: SessionOptions = {}): Promise<SessionOptions> => ({
  model: await encoderFiles(),
  ...options,
});

const learned = async (options?: SessionOptions, changes: Partial<typeof settings> = {}, data = examples) =>
  trained(await encoder(options), { ...chosen, ...changes }, data);

async function connected(options?: SessionOptions): Promise<Session> {
  const session = await openSession(await encoder(options));
  await session.dataOwner.connect();
  return session;
}

function resultOf(session: Session): HeadResult {
  const result = session.find('data', 'finished').at(-1)?.result;
  if (result?.method !== 'head') throw new Error('no head was learned');
  return result;
}

/** What the plaintext reference says of texts, not normalised. */
async function reference(texts: readonly string[], tokens = settings.tokens): Promise<Float64Array[]> {
  const { config, source, tokenizer } = await openModel(await encoderFiles());
  const model = await PlaintextModel.load(config, source);
  const encode = createEncoder({ tokenizer: loadTokenizer(tokenizer, config), config, tokens, promptTokens: 0 });
  const shape = { sequences: texts.length, tokens, answer: 0, columns: 0 };
  const values = runReference(architectureOf(config).graph(config, shape), model.inputs(texts.map(encode), [], []));
  return texts.map((_, i) => values.slice(i * HIDDEN, (i + 1) * HIDDEN));
}

const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>) => Array.from(x).reduce((sum, v, i) => sum + v * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

describe('a session with a sentence encoder', () => {
  let session: Session;
  let result: HeadResult;

  beforeAll(async () => {
    session = await learned();
    result = resultOf(session);
  });

  it('pads short texts to a shorter length where that is asked for, at less cost and with the same vectors', async () => {
    const mixed = examples.map((example, i) => (i % 3 > 0 ? { ...example, text: 'kind' } : example));
    const one = await learned({}, {}, mixed);
    const two = await learned({}, { lengths: 2 }, mixed);
    const { estimate, warnings } = two.find('data', 'prepared')[0]!;
    const { rounds, bytes, sequences, numbers } = two.find('data', 'totals').at(-1)!;
    expect({ rounds, ...bytes, sequences }).toEqual(estimate.total);
    expect([sequences, numbers]).toEqual([36, 36 * HIDDEN]);
    expect(bytes.dealt).toBeLessThan(0.9 * one.find('data', 'totals').at(-1)!.bytes.dealt);
    expect(warnings).toContainEqual(
      'The model owner sees how many of the texts are how long: 24 of 8 tokens, 12 of 16 tokens.',
    );
    // The lengths that the model owner was shown, in its own words.
    const shown = two.find('model', 'pass').map(({ tokens, sequences }) => [tokens, sequences]);
    expect(shown).toEqual([
      [8, 24],
      [16, 12],
    ]);
    const [a, b] = [one, two].map((session) => importAnswers(resultOf(session).answers!).answers);
    for (const { row, values } of a!)
      expect(cosine(values, b!.find((answer) => answer.row === row)!.values)).toBeGreaterThan(0.999);
  });

  it('counts texts whose vectors are out of what calibration saw', async () => {
    expect(session.find('data', 'totals').at(-1)?.astray).toBe(0);
    const files = await encoderFiles();
    const config = JSON.parse(files.config);
    const norm = normOf('embedding');
    const [low, high] = config.ranges[norm];
    expect(low).toBeGreaterThan(0);
    const narrow = { ...config.ranges, [norm]: [high + 1, high + 1.5] };
    const doubtful = await learned({ model: { ...files, config: JSON.stringify({ ...config, ranges: narrow }) } });
    const { sequences, astray } = doubtful.find('data', 'totals').at(-1)!;
    expect(astray).toBe(sequences);
  });

  it('computes every example once, and learns what its texts differ by', () => {
    expect(result).toMatchObject({ ended: 'finished', measuredOn: 'evaluation', trained: 30 });
    expect(result.final).toMatchObject({ examples: 6, labels: ['negative', 'positive'], accuracy: 1 });
    expect(result.final.interval[0]).toBeLessThan(0.7);
    expect(result.crossValidated).toMatchObject({ examples: 30 });
    const sequences = session.find('model', 'pass').map((pass) => pass.sequences);
    expect(sequences.reduce((a, b) => a + b)).toBe(36);
  });

  it('opens what the plaintext reference computes', async () => {
    const { answers } = importAnswers(result.answers!);
    expect(answers).toHaveLength(36);
    const texts = answers.map(({ row }) => examples.find((example) => example.row === row)!.text);
    const expected = await reference(texts);
    for (const [i, { values, file }] of answers.entries()) {
      expect(file).toBe('training');
      expect(cosine(values, expected[i]!)).toBeGreaterThan(0.999);
    }
  });

  it('learns the head that the plaintext reference’s vectors give, scaled to length 1', async () => {
    const { config, tokenizer } = await openModel(await encoderFiles());
    const texts = examples.map(({ text }) => text);
    const labels = examples.map(({ label }) => label);
    const { task } = prepareTexts(
      { config, tokenizer: loadTokenizer(tokenizer, config) },
      { ...chosen, promptTokens: 0, chooses: false },
      { texts, labels },
    );
    const features = (await reference(texts)).map((row) => ({ values: unitLength(row) }));
    const of = (rows: readonly number[]) => ({
      features: rows.map((i) => features[i]!),
      targets: rows.map((i) => task.targets[i]!),
    });
    const expected = chooseHead({ ...of(task.training), classes: 2, width: HIDDEN }, purpose(chosen.seed, 'folds'));
    expect(result.c).toBe(expected.c);
    const { head } = importHead(result.file.bytes);
    for (const row of features) {
      const [found, wanted] = [head, expected.head].map((h) => softmax(headLogits(h, row))[0]!);
      expect(found).toBeCloseTo(wanted!, 2);
    }
  });

  it('counts what was estimated: rounds, bytes, sequences, numbers', () => {
    const { estimate, classes, settings: taken, method, heldOut } = session.find('data', 'prepared')[0]!;
    const totals = session.find('data', 'totals').at(-1)!;
    const { rounds, bytes, sequences, numbers } = totals;
    const { numbers: opened } = estimate;
    expect({ rounds, ...bytes, sequences }).toEqual(estimate.total);
    expect({ sequence: numbers / sequences, total: numbers }).toEqual(opened);
    expect(numbers).toBe(36 * HIDDEN);
    expect([method, taken.tokens, heldOut]).toEqual(['head', settings.tokens, 0]);
    expect(classes).toEqual([
      { label: 'negative', training: 15, evaluation: 3 },
      { label: 'positive', training: 15, evaluation: 3 },
    ]);
    expect(session.find('model', 'totals').at(-1)).toEqual(totals);
    const { dataPeer, modelPeer, dealerData, dealerModel } = session.channels;
    expect(bytes).toEqual({
      toModelOwner: dataPeer.sent.body.ring,
      toDataOwner: modelPeer.sent.body.ring,
      dealt: dealerData.sent.body.ring + dealerModel.sent.body.ring,
    });
  });

  it('is dealt to the model owner alone where the data owner asks for that, and comes to the same', async () => {
    const spared = await connected();
    spared.prepare(chosen);
    spared.dataOwner.prepare(chosen, 'model-owner');
    await spared.dataOwner.train();
    const { dealerData, dealerModel } = spared.channels;
    const { bytes } = spared.find('data', 'totals').at(-1)!;
    expect([dealerData.sent.body.ring, dealerModel.sent.body.ring]).toEqual([0, bytes.dealt]);
    expect(bytes).toEqual(session.find('data', 'totals').at(-1)!.bytes);
    // Of as much, half goes to either by default.
    const halves = [session.channels.dealerData, session.channels.dealerModel].map(({ sent }) => sent.body.ring);
    expect(Math.min(...halves) / Math.max(...halves)).toBeGreaterThan(0.9);
    const of = ({ find }: Session) =>
      find('data', 'prepared')
        .at(-1)!
        .estimate.passes.flatMap(({ rounds }) => rounds);
    const dealt = [session, spared].map((one) => of(one).reduce((sum, round) => sum + round.dealtToDataOwner, 0));
    expect(dealt[0]).toBeGreaterThan(0);
    expect(dealt[1]).toBe(0);
    const [a, b] = [session, spared].map((one) => importAnswers(resultOf(one).answers!).answers);
    for (const { row, values } of a!)
      expect(cosine(values, b!.find((answer) => answer.row === row)!.values)).toBeGreaterThan(0.999);
  });

  it('tells both owners how many numbers were opened, of how many', () => {
    const passes = session.find('data', 'pass');
    expect(passes.map(({ seconds: _, ...pass }) => pass)).toEqual(
      session.find('model', 'pass').map(({ seconds: _, ...pass }) => pass),
    );
    expect(passes.at(-1)).toMatchObject({ budgetUsed: 36 * HIDDEN, budget: 10_000 });
    for (const { numbers, sequences } of passes) expect(numbers).toBe(sequences * HIDDEN);
  });

  it('says beside it what the data owner could do alone, and what the model adds', () => {
    expect(result.alone.map(({ name, examples }) => [name, examples])).toEqual([
      ['majority', 6],
      ['words', 6],
      ['public embeddings', 6],
    ]);
    expect(result.alone[0]!.accuracy).toBe(0.5);
    // Words tell these texts apart by themselves.
    expect(result.alone[1]!.accuracy).toBe(1);
    expect(result.verdict).toMatchObject({ adds: 'nothing', best: 'words' });
    expect(result.verdict!.text).toMatch(/adds nothing here.*another model/);
  });

  it('labels new texts with the head', async () => {
    await session.dataOwner.classify(['the doctor was kind and helpful', 'rude staff , never again']);
    const { classifications } = session.find('data', 'classified')[0]!;
    expect(classifications.map(({ label }) => label)).toEqual(['positive', 'negative']);
    for (const { probabilities } of classifications)
      expect(Object.values(probabilities).reduce((a, b) => a + b)).toBeCloseTo(1);
  });

  it('gives the head as a file, by which another session labels texts alike', async () => {
    expect(result.file.name).toBe('head.safetensors');
    const saved = importHead(result.file.bytes);
    expect(saved).toMatchObject({ labels: ['negative', 'positive'], tokens: settings.tokens, model: 'random' });
    const other = await connected();
    other.dataOwner.load(result.file.bytes);
    expect(other.find('data', 'loaded')).toEqual([{ type: 'loaded', what: 'head', labels: saved.labels }]);
    await other.dataOwner.classify(['the doctor was kind and helpful']);
    const probabilities = (of: Session) =>
      of.find('data', 'classified')[0]!.classifications[0]!.probabilities.positive!;
    expect(probabilities(other)).toBeCloseTo(probabilities(session), 2);
    expect(other.find('model', 'totals').at(-1)).toMatchObject({ sequences: 1, numbers: HIDDEN });
  });

  it('refuses a file of another model, or that is none, and goes on', async () => {
    const other = await connected({ model: await encoderFiles(4) });
    other.dataOwner.load(result.file.bytes);
    other.dataOwner.load(new TextEncoder().encode('no file'));
    const messages = other.find('data', 'unloadable').map(({ message }) => message);
    expect(messages[0]).toMatch(/belongs to another version of it, not to the model “random” that is offered here/);
    expect(messages).toHaveLength(2);
    expect(other.find('data', 'loaded')).toEqual([]);
    other.prepare(chosen);
    expect(other.find('data', 'prepared')).toHaveLength(1);
  });
});

describe('a run that learns a head', () => {
  it('is the same run with the same seed, and asks for neither label words nor a prompt', async () => {
    const [one, other] = await Promise.all([learned({}, { promptTokens: 12, population: 3 }), learned()]);
    expect(resultOf(one).alone).toEqual(resultOf(other).alone);
    expect(resultOf(one).final.confusion).toEqual(resultOf(other).final.confusion);
    expect(importHead(resultOf(one).file.bytes).head.weights).toHaveLength(2 * HIDDEN);
  });

  it("stops at the model owner's limit of numbers, keeps what there is, and says what is missing", async () => {
    const session = await connected({ budget: 10 * HIDDEN, mostBytes: 700_000 });
    session.prepare({ ...chosen, shots: 15 });
    await expect(session.dataOwner.train()).rejects.toThrow(
      new RegExp(`budget of ${10 * HIDDEN} opened numbers is used up: .*\\(${HIDDEN} a text\\)`),
    );
    const { saved } = session.dataOwner;
    expect(saved).toMatchObject({ method: 'head', ended: 'stopped', measuredOn: 'cross-validation' });
    expect(saved!.final.examples).toBeGreaterThan(4);
    // What was learned labels texts, as soon as the limit allows it.
    session.modelOwner.budget = 1000;
    await session.dataOwner.classify(['the nurse was kind']);
    expect(session.find('data', 'classified')).toHaveLength(1);
  });

  it('labels as many new texts as the limit allows, and says why not more', async () => {
    const session = await connected({ mostBytes: 600_000 });
    session.prepare(chosen);
    await session.dataOwner.train();
    const { budgetUsed } = session.find('data', 'pass').at(-1)!;
    session.modelOwner.budget = budgetUsed + 8 * HIDDEN;
    const texts = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 'the nurse was kind' : 'rude staff'));
    await session.dataOwner.classify(texts);
    const { classifications, refusal } = session.find('data', 'classified')[0]!;
    expect(refusal).toMatch(/budget/);
    expect(classifications.length).toBeGreaterThan(0);
    expect(classifications.map(({ text }) => text)).toEqual(texts.slice(0, classifications.length));
    // Batch by batch, so that they are there should the session end.
    expect(session.find('data', 'labelled').flatMap((labelled) => labelled.classifications)).toEqual(classifications);
    expect(classifications.length).toBeLessThanOrEqual(8);
    expect(session.find('data', 'progress').filter(({ label }) => label === 'Labelling texts')).not.toHaveLength(0);
    // With nothing labelled it is a refusal as any other.
    await expect(session.dataOwner.classify(texts)).rejects.toThrow(/budget/);
    expect(session.find('data', 'classified')).toHaveLength(1);
  });

  it('can be stopped, from when it has seen every label and can be measured', async () => {
    const session = await connected({ mostBytes: 600_000 });
    session.prepare(chosen);
    const training = session.dataOwner.train();
    session.dataOwner.steer('stop');
    await training;
    const result = resultOf(session);
    expect(result.ended).toBe('stopped');
    expect(result.trained).toBeGreaterThanOrEqual(3);
    expect(result.trained).toBeLessThan(30);
    expect(result.final.confusion.flat().reduce((a, b) => a + b)).toBeGreaterThan(0);
  });

  it('pauses between batches, and goes on', async () => {
    const session = await connected({ mostBytes: 600_000 });
    session.prepare(chosen);
    const training = session.dataOwner.train();
    session.dataOwner.steer('pause');
    await until(() => session.find('data', 'paused').length > 0);
    const before = session.find('data', 'pass').length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(session.find('data', 'pass')).toHaveLength(before);
    session.dataOwner.steer('resume');
    await training;
    expect(resultOf(session)).toMatchObject({ ended: 'finished', trained: 30 });
  });

  it('says how far it is and how long it still takes', async () => {
    const session = await learned({ mostBytes: 1_500_000 });
    const shown = session.find('data', 'progress').filter(({ label }) => /the texts|Learning/.test(label));
    const last = shown.pop();
    expect(last!.label).toMatch(/Learning/);
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.map(({ total }) => total)).toEqual(shown.map(() => 36));
    const sequences = session.find('data', 'pass').map((pass) => pass.sequences);
    const sums = sequences.map((_, i) => sequences.slice(0, i).reduce((a, b) => a + b, 0));
    expect(shown.map(({ done }) => done)).toEqual(sums);
    const [first, ...others] = shown.map(({ secondsLeft }) => secondsLeft);
    expect(first).toBeUndefined();
    for (const left of others) expect(left).toBeGreaterThan(0);
  });

  it('is kept as far as it came when the session ends underneath', async () => {
    const session = await connected({ mostBytes: 600_000 });
    session.prepare(chosen);
    const training = session.dataOwner.train().catch(() => {});
    await until(() => session.find('data', 'pass').length >= 4);
    session.modelSide.end('its page was closed');
    await training;
    const { saved } = session.dataOwner;
    expect(saved).toMatchObject({ method: 'head', ended: 'stopped' });
    expect(importAnswers(saved!.answers!).answers.length).toBeGreaterThan(3);
  });

  it('measures by cross-validation where nothing is held out, and by nothing not at all', async () => {
    const session = await learned({}, { heldOut: 0 }, examples.slice(0, 8));
    const { wrong, final, ...result } = resultOf(session);
    expect(result).toMatchObject({ measuredOn: 'cross-validation', trained: 8 });
    expect(final).toEqual(result.crossValidated);
    // Those that a head took for something else which was learned without them.
    for (const [actual, row] of final.confusion.entries())
      for (const [predicted, count] of row.entries()) {
        if (actual === predicted) continue;
        const [label, other] = [final.labels[actual], final.labels[predicted]];
        expect(wrong.filter((each) => each.label === label && each.predicted === other)).toHaveLength(count);
      }
    for (const { row, text, label } of wrong)
      expect(examples.find((example) => example.row === row)).toMatchObject({ text, label });
    session.prepare(chosen, examples.slice(0, 2));
    const [invalid] = session.find('data', 'invalid');
    expect(invalid!.problems[0]!.message).toMatch(/Add a second one of at least one label/);
  });

  it('names the settings that are wrong', async () => {
    const session = await connected();
    session.prepare({ ...chosen, tokens: 500 });
    session.prepare({ ...chosen, tokens: 2 });
    const problems = session.find('data', 'invalid').flatMap(({ problems }) => problems);
    expect(problems.map(({ field }) => field)).toEqual(['tokens', 'tokens']);
    expect(problems[0]!.message).toMatch(/from 3 to 32, not 500/);
  });
});
