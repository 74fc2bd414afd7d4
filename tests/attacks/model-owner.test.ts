/** A model owner that deviates: what it gets by it, and what the data owner notices. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memoryBytes } from '../../src/models/byte-source';
import type { ModelConfig } from '../../src/models/config';
import { Embedding } from '../../src/models/embedding';
import { largestPublic } from '../../src/models/plan-model';
import { readSafetensors, writeSafetensors } from '../../src/models/safetensors';
import { examples, modelFiles, openSession, settings, TOKENS } from '../support/session';
import { outline, Tap } from '../support/tap';

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

/** All that the model owner sees of a session, up to its end or the run's. */
async function seen(model: Awaited<ReturnType<typeof modelFiles>>, data: typeof examples) {
  const tap = new Tap();
  const session = await openSession({ model, unchecked: true, peer: tap.options });
  try {
    await session.dataOwner.connect();
    session.prepare({ ...settings, generations: 1 }, data);
    await session.dataOwner.train();
  } catch (error) {
    session.data.fail(error as Error);
  }
  const reason = session.find('data', 'finished').length > 0 ? 'finished' : await session.data.ended;
  const { clamped } = session.find('data', 'totals').at(-1) ?? { clamped: 0 };
  return { reason, clamped, messages: outline(tap.messages), goodbyes: tap.goodbyes };
}

describe('an embedding of a word that is made to be noticed', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is refused by tensor and row before any text is read, whatever the texts', async () => {
    const model = await withRow(2 ** 40);
    const [has, hasNot] = [await seen(model, withWord), await seen(model, without)];
    expect(has.reason).toMatch(`${WORDS} holds -1099511627776, in row ${TOKENS.indexOf(WORD)}`);
    expect(has).toEqual(hasNot);
    // Nothing but the greeting.
    expect(has.messages.filter((message) => message.startsWith('ring'))).toEqual([]);
  });

  it('does not show as long as it is taken: the same messages with the word and without', async () => {
    const model = await withRow((config) => 0.99 * largestPublic(config));
    const [has, hasNot] = [await seen(model, withWord), await seen(model, without)];
    expect(has).toEqual({ reason: 'finished', clamped: 0, goodbyes: [], messages: hasNot.messages });
    expect(has.messages.some((message) => message.startsWith('ring 3/'))).toBe(true);
  });

  it('would not show if it were beyond fixed point: its numbers are clamped, and the data owner alone is told', async () => {
    const files = await modelFiles();
    const usual = await seen(files, withWord);
    const { write } = Embedding.prototype;
    vi.spyOn(Embedding.prototype, 'write').mockImplementation(function (this: Embedding, ...args) {
      write.apply(this, args);
      const [, , out, at] = args;
      out.set([Number.POSITIVE_INFINITY, -1e300, Number.NaN], at);
    });
    const wild = await seen(files, withWord);
    expect(wild.clamped).toBeGreaterThan(0);
    expect(wild).toEqual({ ...usual, clamped: wild.clamped });
  });
});
