import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/models/config';
import { answerOf } from '../../src/models/encode';
import { openModel } from '../../src/models/own-model';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { openSafetensors } from '../../src/models/safetensors';
import { loadTokenizer } from '../../src/models/tokenizer';
import { DEEP_STD, importPrompt } from '../../src/tuning/prompt';
import { tune } from '../../src/tuning/run';
import { prepareTask } from '../../src/tuning/task';
import { DECODER } from '../support/random-model';
import { examples, modelFiles, openSession, promptResult, type Session, settings, trained } from '../support/session';

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('a session of three roles', () => {
  it('takes labels of any name, those of every object’s own among them', async () => {
    const names = ['__proto__', 'constructor'];
    const data = examples.map((example) => ({ ...example, label: names[Number(example.label === 'positive')]! }));
    const labelWords = Object.fromEntries([
      ['__proto__', 'awful'],
      ['constructor', 'great'],
    ]);
    const session = await trained({ model: await modelFiles() }, { ...settings, labelWords, generations: 1 }, data);
    const { file, final } = session.found()[0]!;
    expect(final.labels.toSorted()).toEqual(names);
    expect(Object.entries(importPrompt(file.bytes).labelWords).toSorted()).toEqual(Object.entries(labelWords));
    await session.dataOwner.classify(['rude staff']);
    const [{ label, probabilities } = {}] = session.find('data', 'classified')[0]!.classifications;
    expect(names).toContain(label);
    expect(Object.keys(probabilities!).toSorted()).toEqual(names);
  });

  it.each([
    ['a masked language model', {}, {}],
    ['a causal one', DECODER, {}],
    ['a causal one’s every layer', DECODER, { deepPrompts: true }],
  ])(
    'tunes %s as plaintext tuning with the same seed does, and counts what was estimated',
    async (_, overrides, changes) => {
      const asked = { ...settings, ...changes };
      const files = await modelFiles(3, 3, overrides);
      const session = await trained({ model: files }, asked);
      const [found] = session.found();
      const history = found!.history;
      expect(history.map(({ generation }) => generation)).toEqual([1, 2, 3]);
      expect(importPrompt(found!.file.bytes).labelWords).toEqual(settings.labelWords);

      // The same run on the plaintext reference.
      const config = parseConfig(files.config);
      const tokenizer = loadTokenizer(files.tokenizer, config);
      const model = await PlaintextModel.load(config, await openSafetensors(files.weights[0]!));
      const { task, space, labelWords, text } = prepareTask(
        { config, tokenizer, embedding: model.embedding },
        { ...asked, deep: asked.deepPrompts ? DEEP_STD : 0 },
        { texts: examples.map(({ text }) => text), labels: examples.map(({ label }) => label) },
      );
      const losses: number[] = [];
      const plain = await tune(
        task,
        space,
        async (prompts, chosen) =>
          model.logits(
            prompts.flatMap(() => chosen.map(text)),
            prompts.flatMap((prompt) => chosen.map(() => prompt)),
            labelWords.map(({ token }) => token),
            answerOf(config, settings.promptTokens, settings.tokens),
          ),
        settings,
        { onGeneration: ({ loss }) => void losses.push(loss) },
      );
      for (const [i, loss] of losses.entries()) expect(history[i]!.loss).toBeCloseTo(loss, 2);
      expect(found!.baseline.loss).toBeCloseTo(plain.baseline.loss, 2);
      expect(found!.final.confusion.flat().reduce((a, b) => a + b)).toBe(6);

      const { final, wrong, measuredOn } = found!;
      expect(measuredOn).toBe('evaluation');
      final.confusion.forEach((row, actual) => {
        row.forEach((count, predicted) => {
          if (actual === predicted) return;
          const [label, other] = [final.labels[actual], final.labels[predicted]];
          expect(wrong.filter((each) => each.label === label && each.predicted === other)).toHaveLength(count);
        });
      });
      for (const { file, row, text, label } of wrong) {
        expect(file).toBe('training');
        expect(examples.find((example) => example.row === row)).toMatchObject({ text, label });
      }

      const [prepared] = session.find('data', 'prepared');
      expect(history[0]!.bytes).toEqual({
        toModelOwner: prepared!.estimate.unit.toModelOwner,
        toDataOwner: prepared!.estimate.unit.toDataOwner,
        dealt: prepared!.estimate.unit.dealt,
      });
      const totals = session.find('data', 'totals').at(-1)!;
      const { dataPeer, modelPeer, dealerData, dealerModel } = session.channels;
      expect(totals.bytes).toEqual({
        toModelOwner: dataPeer.sent.body.ring,
        toDataOwner: modelPeer.sent.body.ring,
        dealt: dealerData.sent.body.ring + dealerModel.sent.body.ring,
      });
      expect(session.find('model', 'totals').at(-1)).toEqual(totals);

      await expect
        .poll(() => session.find('model', 'activity').map(({ state }) => state))
        .toEqual(['training', 'finished']);

      // Both pages are told of every pass before it what it then carries.
      for (const side of ['data', 'model'] as const) {
        const announced = session.find(side, 'rounds');
        const passes = session.find(side, 'pass');
        expect(announced).toHaveLength(passes.length);
        for (const [i, { rounds, sequences }] of announced.entries()) {
          const { bytes, ...pass } = passes[i]!;
          expect([sequences, rounds.length - 1]).toEqual([pass.sequences, pass.rounds]);
          for (const direction of ['toModelOwner', 'toDataOwner', 'dealt'] as const)
            expect(sum(rounds.map((round) => round[direction]))).toBe(bytes[direction]);
          expect(sum(rounds.flatMap(({ byKind }) => Object.values(byKind)))).toBe(
            bytes.toModelOwner + bytes.toDataOwner,
          );
        }
      }
    },
  );

  it('trains again and labels new texts in the same session', async () => {
    const session = await trained();
    session.prepare({ ...settings, tokens: 18, generations: 1 });
    await session.dataOwner.train();
    await session.dataOwner.classify(['the staff was kind', 'rude']);
    expect(session.find('data', 'finished')).toHaveLength(2);
    const { classifications } = session.find('data', 'classified')[0]!;
    expect(classifications).toHaveLength(2);
    for (const { probabilities } of classifications) {
      expect(Object.values(probabilities).reduce((a, b) => a + b)).toBeCloseTo(1);
    }
  });

  it('tunes a prompt for every layer at the same cost', async () => {
    const [plain, deep] = await Promise.all([trained(), trained(undefined, { ...settings, deepPrompts: true })]);
    const [one, other] = [plain, deep].map((session) => session.found()[0]!);
    expect(other!.history[0]!.bytes).toEqual(one!.history[0]!.bytes);
    expect(other!.history[0]!.loss).not.toBeCloseTo(one!.history[0]!.loss, 6);
    expect([one, other].map((result) => importPrompt(result!.file.bytes).layers)).toEqual([1, 2]);
  });

  it("stops at the model owner's budget, keeps what there is, and goes on when it is raised", async () => {
    const session = await openSession({ budget: 60 });
    await session.dataOwner.connect();
    session.prepare();
    await expect(session.dataOwner.train()).rejects.toThrow(
      /budget of 60 opened numbers is used up: 4 are left, the next texts need 12\b/,
    );
    expect(promptResult(session.dataOwner.saved).baseline.examples).toBe(6);
    session.modelOwner.budget = 10_000;
    await session.dataOwner.train();
    expect(session.find('data', 'finished')).toHaveLength(1);
  });

  it('cuts what is more than a side can take into several passes, with the same losses', async () => {
    const [whole, cut] = await Promise.all([trained(), trained({ mostBytes: 430_000 })]);
    const [one, other] = [whole, cut].map((session) => session.found()[0]!);
    expect(other!.history[0]!.rounds).toBeGreaterThan(3 * one!.history[0]!.rounds);
    for (const [i, { loss }] of other!.history.entries()) expect(loss).toBeCloseTo(one!.history[i]!.loss, 2);
    const passes = cut.find('model', 'pass').map(({ sequences }) => sequences);
    // A generation of 16 sequences, of which the dealer deals five at a time.
    expect(passes.slice(4, 8)).toEqual([4, 4, 4, 4]);
    expect(cut.find('data', 'totals').at(-1)).toEqual(cut.find('model', 'totals').at(-1));
  });

  it('ends with the reason when more is asked for than the dealer deals at a time', async () => {
    const session = await openSession({ mostBytes: 50_000 });
    await session.dataOwner.connect();
    session.prepare();
    await session.dataOwner.train().catch(() => {});
    expect(await session.data.ended).toMatch(/this dealer deals at most 50000 bytes at a time; \d+ were asked for/);
    expect(await session.served).toMatch(/deals at most/);
    expect(session.find('data', 'generation')).toHaveLength(0);
  });

  it('takes no more of the dealer’s memory than there is, and asks for it before it takes it', async () => {
    const asked: number[] = [];
    const whole = await trained({ reserve: async (bytes) => void asked.push(bytes) });
    const [matrices = 0, ...more] = asked;
    expect(more.length).toBeGreaterThan(0);
    expect(asked).toEqual([...asked].sort((a, b) => a - b));
    const cut = await trained({ mostMemory: matrices + 100_000, reserve: async (bytes) => void more.push(bytes) });
    expect(Math.max(...more.slice(asked.length - 1))).toBeLessThanOrEqual(matrices + 100_000);
    expect(cut.find('model', 'pass').length).toBeGreaterThan(whole.find('model', 'pass').length);

    const session = await openSession({
      reserve: async () => {
        throw new Error('there is no room');
      },
    });
    await session.dataOwner.connect();
    session.prepare();
    await session.dataOwner.train().catch(() => {});
    expect(await session.data.ended).toMatch(/there is no room/);

    const tight = await openSession({ mostMemory: 1000 });
    await tight.dataOwner.connect();
    tight.prepare();
    await tight.dataOwner.train().catch(() => {});
    expect(await tight.data.ended).toMatch(
      /this dealer has 0.0 GB of memory for a session; .* are needed: choose a shorter padded length/,
    );
  });

  it('tells the other side of an error of its own, but not its text', async () => {
    const session = await openSession();
    await session.dataOwner.connect();
    await session.data.fail(new Error('row 7: my secret diary'));
    expect(await session.data.ended).toBe('row 7: my secret diary');
    expect(await session.modelSide.ended).toMatch(/data owner's side had an error/);
    expect(await session.served).not.toMatch(/diary/);
  });

  it('names the setting that is wrong and keeps working', async () => {
    const session = await openSession();
    await session.dataOwner.connect();
    const prepare = (changes: Partial<typeof settings>, texts = examples) =>
      session.prepare({ ...settings, ...changes }, texts);
    prepare({ tokens: 500 });
    prepare({ labelWords: { positive: 'great', negative: 'dreadful' } });
    prepare({ labelWords: { positive: 'great', negative: 'great' } });
    prepare(
      {},
      examples.filter(({ label }) => label === 'positive'),
    );
    prepare({ population: 1 });
    const invalid = session.find('data', 'invalid').flatMap(({ problems }) => problems);
    expect(invalid.map(({ field }) => field)).toEqual([
      'tokens',
      'labelWords.negative',
      expect.stringMatching(/^labelWords\./),
      undefined,
      'population',
    ]);
    expect(invalid[0]!.message).toMatch(/whole number from 9 to 32/);
    expect(invalid[1]!.message).toMatch(/dreadful/);
    prepare({});
    expect(session.find('data', 'prepared')).toHaveLength(1);
  });

  it('forgets a pause that came too late for its run', async () => {
    const session = await openSession();
    await session.dataOwner.connect();
    session.prepare({ ...settings, generations: 1 });
    const first = session.dataOwner.train();
    while (session.find('data', 'generation').length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    session.dataOwner.steer('pause');
    await first;
    await session.dataOwner.train();
    expect(session.find('data', 'finished')).toHaveLength(2);
    expect(session.find('data', 'paused')).toHaveLength(0);
  });

  it('refuses a model without ranges before it is offered', async () => {
    const files = await modelFiles();
    const { ranges: _, ...config } = JSON.parse(files.config);
    await expect(openModel({ ...files, config: JSON.stringify(config) })).rejects.toThrow(
      /has no range of .*calibrate/,
    );
  });

  it('pauses between generations, resumes, and stops early with a result', async () => {
    const session = await openSession();
    await session.dataOwner.connect();
    session.prepare({ ...settings, generations: 50 });
    const training = session.dataOwner.train();
    session.dataOwner.steer('pause');
    while (session.find('data', 'paused').length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const before = session.find('data', 'generation').length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(session.find('data', 'generation')).toHaveLength(before);
    session.dataOwner.steer('resume');
    while (session.find('data', 'generation').length === before)
      await new Promise((resolve) => setTimeout(resolve, 20));
    session.dataOwner.steer('stop');
    await training;
    const [found] = session.found();
    expect(found!.ended).toBe('stopped');
    expect(found!.history.length).toBeLessThan(50);
  });

  for (const [who, close] of [
    ['model owner', (s: Session) => s.modelSide.end('its page was closed')],
    ['dealer', (s: Session) => s.channels.dealerData.close('its process was ended')],
  ] as const) {
    it(`says so on both sides when the ${who} disappears in a pass, and keeps what there is`, async () => {
      const session = await openSession();
      await session.dataOwner.connect();
      session.prepare({ ...settings, generations: 500 });
      const training = session.dataOwner.train().catch((error) => error);
      while (session.find('data', 'generation').length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      close(session);
      await training;
      expect(await session.data.ended).toMatch(new RegExp(`${who} is gone|was (closed|ended)`));
      expect(await session.served).toMatch(/gone|closed|ended/);
      expect(promptResult(session.dataOwner.saved).history.length).toBeGreaterThanOrEqual(2);
    });
  }
});
