/** A dealer that works together with one of the two, or deals wrongly: what becomes of the other's secrets, and of the answers. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/models/config';
import { type OwnModel, openModel } from '../../src/models/own-model';
import type { Plan } from '../../src/mpc/plan';
import type { Message } from '../../src/net/channel';
import { importAnswers } from '../../src/session/data-owner/answers-file';
import { ofTexts } from '../../src/session/pass-size';
import { RunPlans } from '../../src/session/run';
import { examples, modelFiles, openSession, settings } from '../support/session';
import { Tap } from '../support/tap';
import { matricesRead, SEEDS, says, textsRead } from './deviating';

const chosen = { ...settings, method: 'head', reading: 'state', promptTokens: 1 } as const;

async function learned(change?: (message: Message) => Message) {
  const tap = new Tap();
  const session = await openSession({ seeds: () => SEEDS, peer: tap.options });
  if (change) says(session.channels.dealerModel, change);
  await session.dataOwner.connect();
  session.prepare(chosen);
  await session.dataOwner.train();
  const { result } = session.find('data', 'finished').at(-1)!;
  return { messages: tap.messages, answers: importAnswers(result.answers!).answers, session };
}

let run: Awaited<ReturnType<typeof learned>>;
let own: OwnModel;
let config: ModelConfig;
let plan: Plan;
beforeAll(async () => {
  own = await openModel(await modelFiles());
  config = own.config;
  run = await learned();
  const plans = new RunPlans(config, { tokens: chosen.tokens, answer: 2, columns: 0, deep: false, slots: 1 });
  const { sequences } = run.session.find('model', 'pass')[0]!;
  plan = plans.of(ofTexts(sequences));
});

describe('the dealer with the model owner', () => {
  it('reads the texts out of what the data owner disclosed under masks that the dealer drew', async () => {
    const { tokens } = chosen;
    const read = await textsRead(own, plan, run.messages, { pass: 1, seed: SEEDS['data-owner'], tokens });
    // An empty one is computed besides.
    const texts = new Set(['', ...examples.map(({ text }) => text)]);
    expect(read.length).toBeGreaterThan(10);
    for (const text of read) expect(texts).toContain(text);
  });
});

describe('the dealer with the data owner', () => {
  it('reads the model’s matrices out of their masked forms', async () => {
    const off = await matricesRead(own, plan, run.messages, SEEDS['model-owner']);
    expect(off.size).toBeGreaterThan(10);
    for (const [name, worst] of off) expect(worst, name).toBeLessThanOrEqual(1);
  });
});

describe('a dealer that deals wrongly', () => {
  it('makes answers wrong, and nothing is noticed', async () => {
    const wrong = await learned((message) =>
      message.kind === 'ring' && message.pass === 1 ? { ...message, body: message.body.map((x) => x ^ 0x11) } : message,
    );
    expect(wrong.answers).toHaveLength(run.answers.length);
    const off = wrong.answers.map(({ values }, i) =>
      Math.hypot(...values.map((x, j) => x - run.answers[i]!.values[j]!)),
    );
    expect(Math.min(...off)).toBeGreaterThan(0.5);
    for (const side of ['data', 'model'] as const) expect(wrong.session.find(side, 'ended')).toEqual([]);
  });
});
