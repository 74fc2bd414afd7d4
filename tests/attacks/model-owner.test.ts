/** A model owner that deviates: what it gets by it, and what the data owner notices. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryBytes } from '../../src/models/byte-source';
import type { ModelConfig } from '../../src/models/config';
import { Embedding } from '../../src/models/embedding';
import { answerOf } from '../../src/models/encode';
import { largestPublic, planModel } from '../../src/models/plan-model';
import { readSafetensors, writeSafetensors } from '../../src/models/safetensors';
import type { Message } from '../../src/net/channel';
import { seedFromNumber } from '../../src/random/seed';
import { importAnswers } from '../../src/session/data-owner/answers-file';
import type { AskedSettings } from '../../src/session/messages';
import { ONE } from '../../src/session/pass-size';
import { RunPlans } from '../../src/session/run';
import { generator } from '../support/random-model';
import { examples, modelFiles, openSession, settings, TOKENS } from '../support/session';
import { outline, Tap } from '../support/tap';
import { says, shifted } from './deviating';

const WORDS = 'roberta.embeddings.word_embeddings.weight';
const WORD = 'doctor';

/** A model whose row of one word is filled with a value. */
async function withRow(value: number | ((config: ModelConfig) => number)) {
  const files = await modelFiles();
  const [source] = files.weights;
  const tensors = readSafetensors((await source!.read(0, source!.size)) as Uint8Array<ArrayBuffer>);
  const config: ModelConfig = JSON.parse(files.config);
  const { data } = tensors.get(WORDS)!;
  const row = TOKENS.indexOf(WORD) * config.hidden_size;
  const filled = typeof value === 'number' ? value : value(config);
  // Not alike in all places, which a norm would make nothing of.
  for (let i = 0; i < config.hidden_size; i++) data[row + i] = i % 2 ? filled : -filled;
  return { ...files, weights: [memoryBytes(writeSafetensors(tensors, { dtype: 'F32' }))] };
}

const without = examples.map((example) => ({ ...example, text: example.text.replaceAll(WORD, 'nurse') }));
const withWord = without.map((example) => ({ ...example, text: example.text.replaceAll('staff', WORD) }));

interface Seen {
  model?: Awaited<ReturnType<typeof modelFiles>>;
  data?: typeof examples;
  chosen?: AskedSettings;
  /** What the model owner says, where it deviates. */
  change?: (message: Message) => Message | Promise<Message>;
}

/** All that the model owner sees of a session, up to its end or the run's. */
async function seen({ model, data, chosen = { ...settings, generations: 1 }, change = (message) => message }: Seen) {
  const tap = new Tap();
  const seeds = () => ({ 'data-owner': seedFromNumber(1), 'model-owner': seedFromNumber(2) });
  const session = await openSession({ model, unchecked: true, peer: tap.options, seeds });
  says(session.channels.modelPeer, change);
  try {
    await session.dataOwner.connect();
    session.prepare(chosen, data);
    await session.dataOwner.train();
  } catch (error) {
    session.data.fail(error as Error);
  }
  const result = session.find('data', 'finished').at(-1)?.result;
  const reason = result ? 'finished' : await session.data.ended;
  const { clamped } = session.find('data', 'totals').at(-1) ?? { clamped: 0 };
  return { reason, clamped, result, messages: outline(tap.messages), goodbyes: tap.goodbyes, heard: tap.messages };
}

describe('an embedding of a word that is made to be noticed', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is refused by tensor and row before any text is read, whatever the texts', async () => {
    const model = await withRow(2 ** 40);
    const [has, hasNot] = [await seen({ model, data: withWord }), await seen({ model, data: without })];
    expect(has.reason).toMatch(`${WORDS} holds -1099511627776, in row ${TOKENS.indexOf(WORD)}`);
    expect([has.reason, has.messages, has.goodbyes]).toEqual([hasNot.reason, hasNot.messages, hasNot.goodbyes]);
    // Nothing but the greeting, and that there was an error.
    expect(has.messages.filter((message) => message.startsWith('ring'))).toEqual([]);
    expect(has.goodbyes.join()).toMatch('had an error');
  });

  it('does not show as long as it is taken: the same messages with the word and without', async () => {
    const model = await withRow((config) => 0.99 * largestPublic(config));
    const [has, hasNot] = [await seen({ model, data: withWord }), await seen({ model, data: without })];
    expect(has).toMatchObject({ reason: 'finished', clamped: 0, goodbyes: [], messages: hasNot.messages });
    expect(has.messages.some((message) => message.startsWith('ring 3/'))).toBe(true);
  });

  it('would not show if it were beyond fixed point: its numbers are clamped, and the data owner alone is told', async () => {
    const usual = await seen({ data: withWord });
    const { write } = Embedding.prototype;
    vi.spyOn(Embedding.prototype, 'write').mockImplementation(function (this: Embedding, ...args) {
      write.apply(this, args);
      const [, , out, at] = args;
      out.set([Number.POSITIVE_INFINITY, -1e300, Number.NaN], at);
    });
    const wild = await seen({ data: withWord });
    expect(wild.clamped).toBeGreaterThan(0);
    expect([wild.reason, wild.messages, wild.goodbyes]).toEqual([usual.reason, usual.messages, usual.goodbyes]);
  });
});

const head = { ...settings, method: 'head', reading: 'state' } as const;

describe('a model owner that makes answers wrong', () => {
  it('moves each of them by as much as it likes, and nothing is noticed', async () => {
    const config: ModelConfig = JSON.parse((await modelFiles()).config);
    const { hidden_size: d } = config;
    const { promptTokens, tokens } = settings;
    const plans = new RunPlans(config, {
      tokens,
      answer: answerOf(config, promptTokens, tokens),
      columns: 0,
      deep: false,
      slots: promptTokens,
    });
    const by = 3;
    const answersOf = async (change?: Seen['change']) => {
      const { reason, result, goodbyes } = await seen({ chosen: head, change });
      expect([reason, goodbyes]).toEqual(['finished', []]);
      return importAnswers(result!.answers!).answers;
    };
    const honest = await answersOf();
    const moved = await answersOf((message) => {
      if (message.pass === 0 || message.round !== plans.of(ONE).rounds) return message;
      // A strand's.
      const texts = Math.floor((8 * message.body.length) / (d * plans.of(ONE).output.bits));
      const plan = planModel(config, { ...plans.shape, sequences: texts, candidates: 1 });
      return shifted(message, { plan, node: plan.output, direction: 'toDataOwner', by });
    });
    expect(moved).toHaveLength(honest.length);
    for (const [i, { values }] of moved.entries())
      for (const [j, x] of values.entries()) expect(x - honest[i]!.values[j]!).toBeCloseTo(by, 6);
  });

  it.each([
    ['a head on states', head],
    ['a head on label words', { ...head, reading: 'words' as const }],
    ['a prompt', settings],
    ['a prompt and a head', { ...settings, method: 'prompt and head' as const, batch: 8 }],
  ])('with whatever noise does not end a run that learns %s: that would tell it something', async (_, chosen) => {
    const random = generator(7);
    for (const fill of [() => 0, () => 0x7f, () => 0x80, () => 256 * random()]) {
      const { reason, goodbyes } = await seen({
        chosen,
        change: (m) => (m.kind === 'ring' && m.pass > 0 ? { ...m, body: m.body.map(fill) } : m),
      });
      expect([reason, goodbyes]).toEqual(['finished', []]);
    }
  });

  it('sees when a search gains nothing by them, since it then ends', async () => {
    const chosen = { ...settings, generations: 6, evaluateEvery: 1, patience: 1 };
    const passesOf = async (change?: Seen['change']) =>
      (await seen({ chosen, change })).messages.filter((message) => message.startsWith('control')).length;
    const useless = await passesOf((m) =>
      m.kind === 'ring' && m.pass > 0 ? { ...m, body: m.body.map(() => 0x80) } : m,
    );
    expect(useless).toBeLessThan(await passesOf());
  });
});

describe('a tokenizer that makes a word long', () => {
  it('shows in the padded length that is taken from the texts, and not in one that was chosen', async () => {
    const files = await modelFiles();
    const { normalizer, ...rest } = JSON.parse(files.tokenizer);
    const longer = { type: 'Replace', pattern: { String: WORD }, content: 'the '.repeat(12) };
    const model = {
      ...files,
      tokenizer: JSON.stringify({ ...rest, normalizer: { type: 'Sequence', normalizers: [normalizer, longer] } }),
    };
    const lengthOf = async (data: typeof examples, tokens: number | undefined) => {
      const { heard } = await seen({ model, data, chosen: { ...settings, tokens, generations: 1 } });
      const plan = heard
        .map(({ body }) => new TextDecoder().decode(body))
        .find((said) => said.startsWith('{"type":"plan"'));
      return JSON.parse(plan!).shape.tokens;
    };
    expect(await lengthOf(withWord, undefined)).toBeGreaterThan(await lengthOf(without, undefined));
    expect(await lengthOf(withWord, 16)).toBe(await lengthOf(without, 16));
  });
});
