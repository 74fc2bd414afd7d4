/** Sessions in which a language model's head is learned: from its states or label words, alone or with a prompt that is searched for. */
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/models/config';
import { answerOf, createEncoder } from '../../src/models/encode';
import { openModel } from '../../src/models/own-model';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { loadTokenizer } from '../../src/models/tokenizer';
import { importAnswers } from '../../src/session/data-owner/answers-file';
import type { HeadResult, PromptResult, TuningSettings } from '../../src/session/messages';
import { importHead } from '../../src/tuning/head-file';
import { DECODER } from '../support/random-model';
import {
  examples,
  modelFiles,
  openSession,
  type Session,
  type SessionOptions,
  settings,
  trained,
} from '../support/session';

const HIDDEN = 16;
const head: TuningSettings = { ...settings, method: 'head' };
const both: TuningSettings = { ...settings, method: 'prompt and head', batch: 8 };

function headOf(session: Session): HeadResult {
  const result = session.find('data', 'finished').at(-1)?.result;
  if (result?.method !== 'head') throw new Error(`no head was learned: ${result?.method}`);
  return result;
}

function foundOf(session: Session): PromptResult {
  const result = session.dataOwner.saved;
  if (result?.method !== 'prompt and head') throw new Error(`no head with a prompt: ${result?.method}`);
  return result;
}

async function connected(options?: SessionOptions): Promise<Session> {
  const session = await openSession(options);
  await session.dataOwner.connect();
  return session;
}

/** What the plaintext reference says of texts in rows, under a file's prompt. */
async function reference(overrides: Partial<ModelConfig>, file: Uint8Array, rows: readonly number[]) {
  const { config, source, tokenizer: json } = await openModel(await modelFiles(3, 3, overrides));
  const tokenizer = loadTokenizer(json, config);
  const model = await PlaintextModel.load(config, source);
  const { prompt, tokens, reading, labels, labelWords } = importHead(file);
  const encode = createEncoder({ tokenizer, config, tokens, promptTokens: prompt!.tokens });
  const texts = rows.map((row) => encode(examples.find((example) => example.row === row)!.text));
  const prompts = texts.map(() => prompt!.values);
  const answer = answerOf(config, prompt!.tokens, tokens);
  if (reading === 'state') return model.states(texts, prompts, answer);
  return model.logits(
    texts,
    prompts,
    labels.map((label) => tokenizer.wordToken(labelWords![label]!)!),
    answer,
  );
}

const largest = (differences: number[]) => Math.max(...differences.map(Math.abs));

describe('a head on a language model', () => {
  it.each([
    ['a masked one’s states', {}, 'state', HIDDEN],
    ['a masked one’s label words', {}, 'words', 2],
    ['a causal one’s states', DECODER, 'state', HIDDEN],
    ['a causal one’s label words', DECODER, 'words', 2],
  ] as const)(
    'is learned from %s: what the plaintext reference says, once a text',
    async (_, overrides, reading, width) => {
      const session = await trained({ model: await modelFiles(3, 3, overrides) }, { ...head, reading });
      const result = headOf(session);
      expect(result).toMatchObject({ ended: 'finished', measuredOn: 'evaluation', trained: 30 });
      const { answers } = importAnswers(result.answers!);
      const expected = await reference(
        overrides,
        result.file.bytes,
        answers.map(({ row }) => row),
      );
      expect(answers).toHaveLength(36);
      for (const [i, { values }] of answers.entries())
        expect(largest(Array.from(values, (x, j) => x - expected[i]![j]!))).toBeLessThan(0.05);
      if (reading === 'state') expect(result.final.accuracy).toBe(1);

      const [{ estimate, method, reading: read } = expect.fail()] = session.find('data', 'prepared');
      const { rounds, bytes, sequences, numbers } = session.find('data', 'totals').at(-1)!;
      // An empty text by which label words are calibrated comes with the examples.
      expect([method, read, sequences, numbers]).toEqual(['head', reading, 37, 37 * width]);
      expect({ rounds, ...bytes, sequences }).toEqual(estimate.total);
      expect(estimate.numbers).toEqual({ sequence: width, total: 37 * width });
      expect(session.find('model', 'totals').at(-1)).toEqual(session.find('data', 'totals').at(-1));

      await session.dataOwner.classify(['the doctor was kind and helpful']);
      const other = await connected({ model: await modelFiles(3, 3, overrides) });
      other.dataOwner.load(result.file.bytes);
      expect(other.find('data', 'loaded')).toEqual([
        { type: 'loaded', what: 'head', labels: ['negative', 'positive'] },
      ]);
      await other.dataOwner.classify(['the doctor was kind and helpful']);
      const [mine, theirs] = [session, other].map(
        (of) => of.find('data', 'classified')[0]!.classifications[0]!.probabilities.positive!,
      );
      expect(theirs).toBeCloseTo(mine!, 1);
    },
  );

  it('is what is suggested, from states where they are let be opened and from label words elsewhere', async () => {
    const choices = await Promise.all(
      [HIDDEN, HIDDEN - 1].map(async (mostOfSequence) => {
        const session = await connected({ mostOfSequence });
        session.prepare({ ...settings, method: undefined });
        expect(session.find('data', 'ready')[0]!.limits).toEqual({ sequence: mostOfSequence, session: 10_000 });
        const [{ method, reading } = expect.fail()] = session.find('data', 'prepared');
        return [method, reading];
      }),
    );
    expect(choices).toEqual([
      ['head', 'state'],
      ['head', 'words'],
    ]);
  });

  it('is refused, before anything is asked for, where it would open more than is let', async () => {
    const session = await connected({ mostOfSequence: 2 });
    session.prepare({ ...head, reading: 'state' });
    session.prepare({ ...head, reading: 'words' }, [
      ...examples,
      ...[1, 2].map((row) => ({ text: 'the food was cold', label: 'mixed', row: 100 + row })),
    ]);
    const problems = session.find('data', 'invalid').flatMap((event) => event.problems);
    expect(problems[0]).toEqual({
      field: 'reading',
      message:
        'The model owner lets 2 numbers of a text be opened, and the model’s whole answer (its state) has 16. Choose to learn from label words, or ask it to offer the model anew.',
    });
    expect(problems[1]!.message).toMatch(/lets 2 numbers of a text be opened, and 3 labels need one each/);
    session.prepare({ ...head, reading: 'words' });
    expect(session.find('data', 'prepared')).toHaveLength(1);
  });

  it('is not loaded where it needs more numbers than are let', async () => {
    const { file } = headOf(await trained({}, head));
    const session = await connected({ mostOfSequence: 2 });
    session.dataOwner.load(file.bytes);
    expect(session.find('data', 'unloadable')[0]!.message).toMatch(/needs 16 numbers of a text, .* lets 2/);
  });

  it('does without label words where the state is read, and says so', async () => {
    const session = await trained({}, { ...head, labelWords: {} });
    expect(session.find('data', 'prepared')[0]!.warnings.join()).toMatch(
      /only the model’s answers to your texts are learned from/,
    );
    expect(headOf(session)).toMatchObject({ fit: 'logistic regression', trained: 30 });
    expect(session.find('data', 'totals').at(-1)!.sequences).toBe(36);
    session.prepare({ ...head, reading: 'words', labelWords: {} });
    const problems = session.find('data', 'invalid').flatMap((event) => event.problems);
    expect(problems.map(({ field }) => field)).toEqual(['labelWords.negative', 'labelWords.positive']);
  });

  it('begins with label words where there is one example of each label', async () => {
    const session = await trained({}, { ...head, shots: 1 });
    expect(headOf(session)).toMatchObject({ fit: 'DecT', trained: 2, crossValidated: undefined });
  });

  it('warns of a run that would open more numbers than are left', async () => {
    const session = await connected({ budget: 100 });
    session.prepare(head);
    expect(session.find('data', 'prepared')[0]!.warnings[0]).toMatch(/opens up to 592 numbers .* lets only 100 more/);
  });
});

describe('a prompt that is searched for with a head', () => {
  it.each([
    ['label words', 'words', 2],
    ['states', 'state', HIDDEN],
  ] as const)(
    'begins with the head on the untuned prompt, from %s, and is kept as one file',
    async (_, reading, width) => {
      const session = await trained({}, { ...both, reading });
      const result = foundOf(session);
      expect(result.history.map(({ generation, accuracy }) => [generation, accuracy !== undefined])).toEqual([
        [1, true],
        [2, true],
        [3, true],
      ]);
      const [{ estimate } = expect.fail()] = session.find('data', 'prepared');
      const { sequences, numbers } = session.find('data', 'totals').at(-1)!;
      // Three generations of 4 × 8; four looks at 24 training and 6 validation examples; before and after on 6.
      expect([sequences, numbers]).toEqual([96 + 120 + 12, 228 * width]);
      expect(estimate.total.sequences).toBe(sequences);

      const { prompt, head: kept, reading: read } = importHead(result.file.bytes);
      expect([prompt!.tokens, prompt!.hidden, kept.width, read]).toEqual([
        settings.promptTokens,
        HIDDEN,
        width,
        reading,
      ]);
      const { answers } = importAnswers(result.answers!);
      const expected = await reference(
        {},
        result.file.bytes,
        answers.map(({ row }) => row),
      );
      expect(answers).toHaveLength(6);
      for (const [i, { values }] of answers.entries())
        expect(largest(Array.from(values, (x, j) => x - expected[i]![j]!))).toBeLessThan(0.05);
      await session.dataOwner.classify(['the doctor was kind and helpful']);
      expect(session.find('data', 'classified')).toHaveLength(1);
    },
  );

  it('keeps the best so far when it is stopped after one generation', async () => {
    const session = await connected();
    session.prepare({ ...both, generations: 50 });
    const training = session.dataOwner.train();
    while (session.find('data', 'generation').length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    session.dataOwner.steer('stop');
    await training;
    const { history, bestGeneration, ended, file } = foundOf(session);
    const { evaluation: baseline, alone } = session.find('data', 'baseline')[0]!;
    // On the same examples, so that they can be drawn beside each other.
    expect(alone.map(({ name }) => name)).toEqual(['majority', 'words', 'public embeddings']);
    for (const { examples } of alone) expect(examples).toBe(baseline.examples);
    expect(ended).toBe('stopped');
    const measured = history.filter(({ heldOutLoss }) => heldOutLoss !== undefined);
    expect(measured[0]!.generation).toBe(1);
    const losses = new Map([
      [0, baseline.loss],
      ...measured.map(({ generation, heldOutLoss }) => [generation, heldOutLoss!] as const),
    ]);
    expect(losses.get(bestGeneration)).toBe(Math.min(...losses.values()));
    expect(importHead(file.bytes).notes?.generation).toBe(String(bestGeneration));
  });

  it('asks for batches that a head can be learned of', async () => {
    const session = await connected();
    session.prepare({ ...both, batch: 3 });
    expect(session.find('data', 'invalid')[0]!.problems[0]).toMatchObject({ field: 'batch' });
    expect(session.find('data', 'invalid')[0]!.problems[0]!.message).toMatch(/at least 4 examples, not 3/);
  });
});

describe('a search', () => {
  it('ends when there was no gain for as long as it has patience', async () => {
    // Steps so small that nothing changes by more than rounding.
    const session = await trained({}, { ...settings, sigma: 1e-6, generations: 40, evaluateEvery: 1, patience: 3 });
    const [result] = session.found();
    const last = result!.history.at(-1)!.generation;
    expect(last).toBeLessThan(40);
    expect(last - result!.bestGeneration).toBe(3);
    expect(result).toMatchObject({ ended: 'finished', hasRunDry: true });
  });
});
