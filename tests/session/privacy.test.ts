/** What a whole session lets the others see: the same messages whatever the data, and no word of it. */

import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { dealtConfig } from '../../src/models/dealt-config';
import { Embedding } from '../../src/models/embedding';
import * as ownModel from '../../src/models/own-model';
import { seedFromNumber } from '../../src/random/seed';
import { ofTexts } from '../../src/session/pass-size';
import {
  encoderFiles,
  examples,
  modelFiles,
  openSession,
  promptResult,
  settings,
  TOKENS,
  trained,
} from '../support/session';
import { outline, Tap } from '../support/tap';

/** Two more labels' worth of data of the same counts; nothing else in common, not even the texts' lengths. */
const otherExamples = examples.map(({ row }, i) => ({
  text: i % 3 === 0 ? 'clean' : `slow slow room ${'wait long '.repeat(i % 5)}and my call ignored for me`,
  label: i % 2 === 0 ? 'zufrieden' : 'unzufrieden',
  row,
}));

const chosen = { ...settings, generations: 2 };

/** Training that does not help: wild candidates, and label words that the untuned prompt predicts better. */
const hopeless = { sigma: 1000, labelWords: { positive: 'good', negative: 'bad' } };

async function recorded(
  weights: number,
  data = examples,
  changes: Partial<typeof settings> = {},
  files: typeof modelFiles | typeof encoderFiles = modelFiles,
) {
  const taps = { peer: new Tap(), dataDealer: new Tap(), modelDealer: new Tap() };
  let run = 0;
  const session = await trained(
    {
      model: await files(3, weights),
      seeds: () => {
        run++;
        return { 'data-owner': seedFromNumber(100 + run), 'model-owner': seedFromNumber(200 + run) };
      },
      peer: taps.peer.options,
      dealerToData: taps.dataDealer.options,
      dealerToModel: taps.modelDealer.options,
    },
    { ...chosen, ...changes },
    data,
  );
  const { result } = session.find('data', 'finished')[0]!;
  return { taps, result, ...lines(taps) };
}

/** By who says it to whom. End 0 of every pair is the party's; between the parties it is the data owner's. */
function lines({ peer, dataDealer, modelDealer }: Record<'peer' | 'dataDealer' | 'modelDealer', Tap>) {
  const of = (tap: Tap, from: 0 | 1) => tap.messages.filter((m) => m.from === from);
  const said = {
    'data owner to model owner': of(peer, 0),
    'model owner to data owner': of(peer, 1),
    'data owner to dealer': of(dataDealer, 0),
    'model owner to dealer': of(modelDealer, 0),
    'dealer to data owner': of(dataDealer, 1),
    'dealer to model owner': of(modelDealer, 1),
  };
  return { said };
}

type Recorded = Awaited<ReturnType<typeof recorded>>;
type Line = keyof Recorded['said'];

/** By line. */
const outlines = ({ said }: Recorded) =>
  Object.fromEntries(Object.entries(said).map(([line, messages]) => [line, outline(messages)]));

const text = (body: Uint8Array) => Buffer.from(body).toString('latin1');

const controls = ({ said }: Recorded, line: Line): Record<string, unknown>[] =>
  said[line].filter(({ kind }) => kind === 'control').map(({ body }) => JSON.parse(text(body)));

describe('a whole session', () => {
  let first: Recorded;
  let otherData: Recorded;
  let otherWeights: Recorded;
  let nothingGained: Recorded;

  beforeAll(async () => {
    first = await recorded(3);
    otherData = await recorded(3, otherExamples, {
      labelWords: { zufrieden: 'clean', unzufrieden: 'slow' },
      promptText: 'staff and room',
      dimension: 4,
      sigma: 0.2,
      seed: 77,
    });
    otherWeights = await recorded(8);
    nothingGained = await recorded(3, examples, hopeless);
  });

  it('has the same messages in the same order and of the same sizes whatever data, labels, label words and prompt', () => {
    expect(outlines(otherData)).toEqual(outlines(first));
  });

  it('does not show whether tuning has found a better prompt', () => {
    expect(promptResult(first.result).bestGeneration).toBeGreaterThan(0);
    expect(promptResult(nothingGained.result).bestGeneration).toBe(0);
    expect(outlines(nothingGained)).toEqual(outlines(first));
  });

  it('has the same messages whatever the weights', () => {
    expect(outlines(otherWeights)).toEqual(outlines(first));
  });

  it('tells the dealer the same bytes whatever data and weights', () => {
    for (const line of ['data owner to dealer', 'model owner to dealer'] as const) {
      for (const run of [otherData, otherWeights, nothingGained]) {
        expect(run.said[line].map(({ body }) => text(body))).toEqual(first.said[line].map(({ body }) => text(body)));
      }
    }
  });

  it("tells the model owner nothing but shapes: the data owner's words are these and no others", async () => {
    const { tokens, promptTokens, population, batch } = chosen;
    const shape = { tokens, answer: 1 + promptTokens, columns: 2, deep: false, slots: promptTokens };
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
    // The untuned prompt on validation and evaluation examples, two generations and a look at each, the end.
    const [look, generation] = [ofTexts(6), { candidates: population, texts: batch }];
    const sizes = [look, look, generation, look, generation, look, look];
    const passes = sizes.map((size, i) => ({ type: 'pass', pass: i + 1, ...size }));
    const hello = { type: 'hello', protocol: expect.any(Number), role: 'data-owner' };
    const activity = (state: string) => ({ type: 'activity', state });
    const dealt = dealtConfig(JSON.parse((await modelFiles()).config), { ...shape, sequences: 1 });
    for (const run of [first, otherData, otherWeights, nothingGained]) {
      expect(controls(run, 'data owner to model owner')).toEqual([
        hello,
        { type: 'plan', shape, digest },
        activity('training'),
        ...passes,
        activity('finished'),
      ]);
      expect(controls(run, 'data owner to dealer')).toEqual([
        hello,
        { type: 'deal', config: dealt, shape, digest },
        ...passes,
      ]);
    }
    for (const run of [otherData, otherWeights, nothingGained]) {
      expect(controls(run, 'data owner to model owner')).toEqual(controls(first, 'data owner to model owner'));
      expect(controls(run, 'model owner to data owner')).toEqual(controls(first, 'model owner to data owner'));
    }
  });

  it('never has a text, a label, a label word or a piece of the prompt in any byte of it', () => {
    const secrets = (run: typeof examples, own: string[]) => [
      ...new Set([...run.flatMap(({ text, label }) => [text, label, ...text.split(' ')]), ...own]),
    ];
    for (const [run, words] of [
      [first, secrets(examples, ['great', 'awful', settings.promptText])],
      [otherData, secrets(otherExamples, ['zufrieden', 'staff and room'])],
    ] as const) {
      // Words of fewer letters turn up in noise, and in the names of tensors.
      const long = words.filter((word) => word.length > 4);
      expect(long.length).toBeGreaterThan(8);
      for (const line of [
        'data owner to model owner',
        'data owner to dealer',
        'model owner to dealer',
        'dealer to data owner',
        'dealer to model owner',
      ] as const) {
        for (const { body } of run.said[line]) {
          const bytes = text(body).toLowerCase();
          for (const word of long) expect(bytes.includes(word), `${line}: ${word}`).toBe(false);
        }
      }
    }
    // What is searched for would be found: the tokenizer that the model owner offers has every word.
    const offered = first.said['model owner to data owner'].map(({ body }) => text(body)).join('');
    for (const word of ['great', 'awful', ...TOKENS]) expect(offered).toContain(word);
  });
});

describe('a whole session with a sentence encoder', () => {
  const encoded = (weights: number, data = examples, changes: Partial<typeof settings> = {}) =>
    recorded(weights, data, { method: 'head', labelWords: {}, ...changes }, encoderFiles);
  let first: Recorded;
  let others: Recorded[];

  beforeAll(async () => {
    first = await encoded(3);
    others = [await encoded(3, otherExamples, { seed: 77, promptText: 'staff and room' }), await encoded(8)];
  });

  it('has the same messages whatever data, labels and weights', () => {
    for (const other of others) expect(outlines(other)).toEqual(outlines(first));
  });

  it('tells the model owner how many texts are computed and how long they are padded, and no more', () => {
    const shape = { tokens: chosen.tokens, answer: 0, columns: 0, deep: false, slots: 0 };
    for (const run of [first, ...others]) {
      const said = controls(run, 'data owner to model owner');
      expect(said.map(({ type }) => type)).toEqual(['hello', 'plan', 'activity', 'pass', 'activity']);
      expect(said[1]).toMatchObject({ shape });
      expect(said[3]).toEqual({ type: 'pass', pass: 1, candidates: 1, texts: 36 });
      const [dealer, before] = [run, first].map((of) => of.said['data owner to dealer'].map(({ body }) => text(body)));
      expect(dealer).toEqual(before);
    }
  });

  it('never has a text or a label in any byte of it', () => {
    const [other] = others;
    for (const [run, words] of [
      [first, ['helpful', 'staff', 'thank', 'positive', 'negative']],
      [other!, ['zufrieden', 'ignored', 'clean']],
    ] as const) {
      for (const [line, messages] of Object.entries(run.said)) {
        if (line === 'model owner to data owner') continue;
        for (const { body } of messages)
          for (const word of words) expect(text(body).toLowerCase().includes(word), `${line}: ${word}`).toBe(false);
      }
    }
  });
});

describe('an error on one side', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Trains until something goes wrong, as a page would. */
  async function failed(taps: Tap[]) {
    const [peer, dealerToData, dealerToModel] = taps.map(({ options }) => options);
    const session = await openSession({ peer, dealerToData, dealerToModel });
    await session.dataOwner.connect();
    session.prepare();
    await session.dataOwner.train().catch(session.data.fail);
    return { data: await session.data.ended, model: await session.served };
  }

  it("of the data owner's tells it why, and the others only that there was one", async () => {
    vi.spyOn(Embedding.prototype, 'write').mockImplementationOnce(() => {
      throw new Error('no idea what “rude staff” means');
    });
    const taps = [new Tap(), new Tap(), new Tap()];
    const { data, model } = await failed(taps);
    expect(data).toBe('no idea what “rude staff” means');
    expect(model).toBe("the data owner is gone: the data owner's side had an error");
    for (const said of taps.flatMap(({ goodbyes }) => goodbyes)) expect(said).not.toContain('rude');
  });

  it("of the model owner's tells it why, and the others only that there was one", async () => {
    const folded = ownModel.foldedWeights;
    vi.spyOn(ownModel, 'foldedWeights').mockImplementation(async function* (...args) {
      for await (const matrix of folded(...args)) {
        const values = Float64Array.from(matrix.values);
        values[0] = 123456789e20;
        yield { ...matrix, values };
      }
    });
    const taps = [new Tap(), new Tap(), new Tap()];
    const { data, model } = await failed(taps);
    expect(model).toMatch(/1\.23456789e\+28 has no fixed-point form/);
    expect(data).toBe("the model owner is gone: the model owner's side had an error");
    for (const said of taps.flatMap(({ goodbyes }) => goodbyes)) expect(said).not.toContain('1.23456');
  });
});
