/** A data owner that deviates: what it gets by it, and what the model owner notices. */
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/models/config';
import { openModel } from '../../src/models/own-model';
import type { PassInput } from '../../src/mpc/strand-walk';
import { ONE } from '../../src/session/pass-size';
import { modelFiles, openSession } from '../support/session';
import { ByHand, says, shifted } from './deviating';

const files = await modelFiles();
const config: ModelConfig = JSON.parse(files.config);
const { hidden_size: d } = config;
const tokens = 16;
const whole = { tokens, answer: 2, columns: 0, deep: false, slots: 0 };

/** No text's: numbers that nobody embedded. */
const invented = (sequences = 1, kept = 1): PassInput => ({
  inputs: { embedded: Float64Array.from({ length: sequences * tokens * d }, (_, i) => Math.sin(i)) },
  masks: { kept: new Uint8Array(sequences * tokens).fill(kept) },
});

describe('a data owner that adds a number to what it opens under a mask', () => {
  it('reads the γ of the last LayerNorm with two sequences, and nothing is noticed', async () => {
    const session = await openSession({ budget: 3 * d });
    const hand = await ByHand.begin(session, config, whole);
    const plan = hand.plans.of(ONE);
    const scale = plan.nodes.find((node) => node.kind === 'scale' && node.weight === 'head.scale');
    const operand = scale?.kind === 'scale' ? scale.x : undefined;
    let by = 0;
    says(session.channels.dataPeer, (message) =>
      by !== 0 && message.kind === 'ring' && message.round === operand!.round
        ? shifted(message, { plan, node: operand!, direction: 'toModelOwner', by })
        : message,
    );
    const honest = (await hand.ask(invented)) as Float64Array;
    by = 1;
    const answer = (await hand.ask(invented)) as Float64Array;
    const read = answer.map((x, i) => (x - honest[i]!) / by);

    const { source } = await openModel(files);
    const gamma = await source.read('lm_head.layer_norm.weight');
    expect(read).toHaveLength(d);
    for (const [i, x] of read.entries()) expect(x).toBeCloseTo(gamma[i]!, 2);
    // Far closer than they are to each other, so it is them.
    expect(Math.max(...gamma) - Math.min(...gamma)).toBeGreaterThan(0.1);

    // The model owner counted two sequences' numbers, as of any others, and goes on.
    by = 0;
    expect(await hand.ask(invented)).toHaveLength(d);
    expect(session.find('model', 'pass').map(({ budgetUsed }) => budgetUsed)).toEqual([d, 2 * d, 3 * d]);
    expect(session.find('model', 'ended')).toEqual([]);
  });
});

describe('a data owner without a page', () => {
  it('puts in any numbers and reads any columns, which are counted as numbers opened', async () => {
    const session = await openSession({ budget: 10 * d, mostOfSequence: d });
    // The identity reads the whole state.
    const values = Float64Array.from({ length: d * d }, (_, i) => Number(i % (d + 1) === 0));
    const readout = { name: 'readout', inputs: d, outputs: d, values, bias: new Float64Array(d) };
    const columns = await ByHand.begin(session, config, { ...whole, columns: d }, readout);
    // Not even a token that is no padding.
    const answer = (await columns.ask((texts) => invented(texts, 0), 2)) as Float64Array;
    expect(answer).toHaveLength(2 * d);
    expect(answer.every(Number.isFinite)).toBe(true);
    expect(session.find('model', 'pass').at(-1)).toMatchObject({ sequences: 2, numbers: 2 * d, budgetUsed: 2 * d });
    expect(session.find('model', 'ended')).toEqual([]);
  });

  it('gets no number more than the budget, whatever it asks for', async () => {
    const session = await openSession({ budget: 3 * d });
    const hand = await ByHand.begin(session, config, whole);
    expect(await hand.ask(invented, 4)).toMatch(`budget of ${3 * d} opened numbers is used up: ${3 * d} are left`);
    expect(await hand.ask(invented, 2)).toHaveLength(2 * d);
    expect(await hand.ask(invented, 2)).toMatch(`${d} are left, the next texts need ${2 * d}`);
    expect(await hand.ask(invented)).toHaveLength(d);
    expect(await hand.ask(invented)).toMatch('0 are left');
    expect(session.find('model', 'totals').at(-1)).toMatchObject({ numbers: 3 * d });
  });

  it('that leaves with an answer before the pass is over has been counted', async () => {
    const session = await openSession({ budget: 3 * d });
    const hand = await ByHand.begin(session, config, whole);
    let counted: number | undefined;
    says(session.channels.modelPeer, (message) => {
      if (message.kind === 'ring') counted ??= session.find('model', 'granted').at(-1)?.used;
      return message;
    });
    const { receive } = session.channels.dataPeer;
    const rounds = hand.plans.of(ONE).rounds;
    session.channels.dataPeer.receive = async function () {
      const message = await receive.call(this);
      if (message.round === rounds) session.data.end('thank you');
      return message;
    };
    await hand.ask(invented).catch(() => {});
    await session.served;
    expect(counted).toBe(d);
    expect(session.find('model', 'granted')).toEqual([{ type: 'granted', used: d }]);
  });

  it('gets no more by coming back: what was opened before is counted on', async () => {
    const session = await openSession({ budget: 3 * d, used: 2 * d });
    const hand = await ByHand.begin(session, config, whole);
    expect(await hand.ask(invented, 2)).toMatch(`${d} are left, the next texts need ${2 * d}`);
    expect(await hand.ask(invented)).toHaveLength(d);
    expect(await hand.ask(invented)).toMatch('0 are left');
  });

  it('is refused a run that opens more numbers of a sequence than are let', async () => {
    const session = await openSession({ mostOfSequence: d - 1 });
    await expect(ByHand.begin(session, config, whole)).rejects.toThrow('refused where planned was due');
    expect(session.find('model', 'pass')).toEqual([]);
  });
});
