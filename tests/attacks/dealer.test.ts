/** A dealer that works together with one of the two, or deals wrongly: what becomes of the other's secrets, and of the answers. */
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureOf } from '../../src/models/architectures';
import type { ModelConfig } from '../../src/models/config';
import { foldedWeights, type OwnModel, openModel } from '../../src/models/own-model';
import type { Plan } from '../../src/mpc/plan';
import type { Message } from '../../src/net/channel';
import { importAnswers } from '../../src/session/data-owner/answers-file';
import { RunPlans } from '../../src/session/run';
import { examples, modelFiles, openSession, settings, TOKENS } from '../support/session';
import { setupSlices, slices, Tap } from '../support/tap';
import { SEEDS, says, unmasked } from './deviating';

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
  const plans = new RunPlans(config, { tokens: chosen.tokens, answer: 2, columns: 0, deep: false });
  const { sequences } = run.session.find('model', 'pass')[0]!;
  plan = plans.of(sequences);
});

describe('the dealer with the model owner', () => {
  it('reads the texts out of what the data owner disclosed under masks that the dealer drew', async () => {
    const node = plan.nodes.find((node) => node.kind === 'disclose' && node.name === 'embedded')!;
    const flight = run.messages.find(
      (m) => m.from === 0 && m.kind === 'ring' && m.pass === 1 && m.round === node.round,
    )!;
    const { bytes, n } = slices(plan, node.round, 'toModelOwner', flight.body).find((slice) => slice.node === node)!;
    const input = await unmasked(bytes, {
      seed: SEEDS['data-owner'],
      position: { pass: 1, node: node.id, slot: 0 },
      type: node,
      n,
    });
    // Which token has this embedding at its place: the public tables say.
    const embedding = await architectureOf(config).embedding(config, own.source);
    const { hidden_size: d } = config;
    const { tokens } = chosen;
    const rows = TOKENS.map((_, id) => {
      const out = new Float64Array(tokens * d);
      embedding.write(new Int32Array(tokens).fill(id), undefined, out, 0);
      return out;
    });
    const tokenAt = (sequence: number, t: number) => {
      const distances = rows.map((row) => {
        let squares = 0;
        for (let i = 0; i < d; i++) squares += (input[(sequence * tokens + t) * d + i]! - row[t * d + i]!) ** 2;
        return squares;
      });
      return TOKENS[distances.indexOf(Math.min(...distances))]!;
    };
    // An empty one is computed besides.
    const texts = new Set(['', ...examples.map(({ text }) => text)]);
    for (let sequence = 0; sequence < plan.output.shape[0]!; sequence++) {
      const read = Array.from({ length: tokens }, (_, t) => tokenAt(sequence, t));
      // Behind <s>, the prompt's slot, the mask and the template.
      expect(texts).toContain(read.slice(4, read.indexOf('</s>')).join(' '));
    }
  });
});

describe('the dealer with the data owner', () => {
  it('reads the model’s matrices out of their masked forms', async () => {
    const setup = run.messages.find((m) => m.from === 1 && m.kind === 'ring' && m.pass === 0)!;
    const found = setupSlices(plan, 'model-owner', setup.body);
    expect(found.length).toBeGreaterThan(10);
    for await (const { name, values } of foldedWeights(
      own,
      found.map(({ name }) => name),
    )) {
      const { bytes, n } = found.find((slice) => slice.name === name)!;
      const index = plan.weights.findIndex((weight) => weight.name === name);
      const weight = plan.weights[index]!;
      const read = await unmasked(bytes, {
        seed: SEEDS['model-owner'],
        position: { pass: 0, node: index, slot: 0 },
        type: weight,
        n,
      });
      const worst = read.reduce((most, x, i) => Math.max(most, Math.abs(x - values[i]!)), 0);
      expect(worst, name).toBeLessThanOrEqual(2 ** -weight.scale);
    }
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
