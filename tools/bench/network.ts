/** A pass on shaped lines against what the cost model foretells. */

import { readFileSync } from 'node:fs';
import { createFloatProduct } from '../../src/compute/wasm/float-product';
import { answerPosition, createEncoder } from '../../src/models/encode';
import { encoderInput } from '../../src/models/pass-input';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { planModel } from '../../src/models/plan-model';
import { loadTokenizer } from '../../src/models/tokenizer';
import type { Source } from '../../src/mpc/flight';
import { foretoldWalk } from '../../src/mpc/foretell';
import { KeptFlights, keepFlights, keptBytes, type Series } from '../../src/mpc/kept-flights';
import { timelineOf } from '../../src/mpc/timeline';
import type { MemoryOptions } from '../../src/net/memory';
import { newSeed } from '../../src/random/seed';
import { seconds } from '../../src/ring/units';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { ofTexts, type PassPart, strandsOf } from '../../src/session/pass-size';
import { planPass } from '../../src/session/run';
import { promptFromWords } from '../../src/tuning/prompt';
import { BUNDLED_TEXT } from '../calibrate-stock';
import { openModelFolder } from '../model-folder';
import { harness, setUp } from '../three-roles';
import { type Network, spreadOf } from './figures';

const MODEL = 'tiny';
const SEQUENCES = 16;
/** Milliseconds one way, and megabits a second. */
const LATENCIES = [0, 20, 80];
const BANDWIDTHS = [10, 100, 1000];
const ROUNDS = 3;

/** Every condition in turn, several times; before each, the same pass without a network, and after it the same in one strand and in two, with a dealer at
 * hand, and prepared ahead. */
export async function measureNetwork(say: (line: string) => void): Promise<Network> {
  const { promptText, promptTokens, tokens } = DEFAULT_SETTINGS;
  const opened = await openModelFolder(`public/models/${MODEL}`);
  const { config } = opened;
  const tokenizer = loadTokenizer(opened.tokenizer, config);
  const plain = await PlaintextModel.load(config, opened.source, await createFloatProduct());
  await opened.close();
  const shape = { tokens, answer: answerPosition(promptTokens), columns: 2 };
  const size = ofTexts(SEQUENCES);
  // As a run walks it, and whole.
  const plan = planPass(config, shape, size);
  const aheadPlan = planPass(config, { ...shape, dealtTo: 'model-owner' }, size);
  const whole = planModel(config, { ...shape, sequences: SEQUENCES });
  const rounds = timelineOf(plan);
  const { embedding } = plain;
  const lines = readFileSync(BUNDLED_TEXT, 'utf8').split('\n').filter(Boolean).slice(0, SEQUENCES);
  const prompt = promptFromWords(tokenizer.encode(` ${promptText}`), promptTokens, embedding.table, config.hidden_size);
  const texts = lines.map(createEncoder({ tokenizer, config, tokens, promptTokens }));
  const inputs = (parts: readonly PassPart[]) =>
    parts.map(({ text, texts: count }) => {
      const some = texts.slice(text, text + count);
      return encoderInput(
        config,
        embedding,
        some,
        some.map(() => prompt),
      );
    });
  const readout = embedding.columns(tokenizer.encode(' great terrible'));

  const timed = async (link: MemoryOptions, dealerLink = link, walked = plan): Promise<number> => {
    const h = await harness({ link, dealerLink });
    await setUp(h, walked, plain.weights, readout);
    const began = performance.now();
    const given = walked === plan ? strandsOf(size) : [{ candidate: 0, text: 0, ...size }];
    await Promise.all([h.dataOwner.run(walked, inputs(given)), h.modelOwner.run(walked), h.deal(walked)]);
    return (performance.now() - began) / 1000;
  };
  /** What is kept of a pass that is prepared ahead, under seeds of its own. */
  const prepared = async () => {
    const seeds = { 'data-owner': newSeed(), 'model-owner': newSeed() };
    const file = new Uint8Array(keptBytes(aheadPlan));
    const h = await harness({ seeds });
    await setUp(h, aheadPlan, plain.weights, readout);
    const { signal } = new AbortController();
    const keep = (source: Source, series: Series) =>
      keepFlights(source, series, aheadPlan, 1, async (at, body) => file.set(body, at), signal);
    await Promise.all([
      h.dataOwner.sayAhead(aheadPlan, 1),
      h.deal(aheadPlan),
      keep(h.channels.modelToData, 'halves'),
      keep(h.channels.modelToDealer, 'corrections'),
    ]);
    const kept = (series: Series) =>
      new KeptFlights(series, aheadPlan, 1, async (at, length) => file.slice(at, at + length));
    return { seeds, ahead: kept('halves'), corrections: kept('corrections') };
  };
  const timedAhead = async (link: MemoryOptions): Promise<number> => {
    const h = await harness({ link, ...(await prepared()) });
    await setUp(h, aheadPlan, plain.weights, readout);
    const began = performance.now();
    await Promise.all([h.dataOwner.run(aheadPlan, inputs(strandsOf(size))), h.modelOwner.run(aheadPlan)]);
    return (performance.now() - began) / 1000;
  };
  const conditions = LATENCIES.flatMap((latencyMs) =>
    BANDWIDTHS.map((megabits) => ({
      condition: { latency: seconds(latencyMs / 1000), bandwidth: 1e6 * megabits },
      link: { latencyMs, bytesPerSecond: (1e6 * megabits) / 8 },
      took: [] as number[],
      ratios: [] as number[],
      toWhole: [] as number[],
      toDealt: [] as number[],
    })),
  );
  // Compiles.
  await timed({});
  const alone: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { condition, link, took, ratios, toWhole, toDealt } of conditions) {
      const compute = await timed({});
      const measured = await timed(link);
      alone.push(compute);
      took.push(measured);
      toWhole.push((await timed(link, {})) / (await timed(link, {}, whole)));
      toDealt.push((await timedAhead(link)) / measured);
      ratios.push(measured / foretoldWalk(rounds, { between: condition }, compute));
    }
    say(`${round + 1} of ${ROUNDS} rounds`);
  }
  const compute = spreadOf(alone);
  return {
    ...{ model: MODEL, sequences: SEQUENCES, tokens, compute },
    conditions: conditions.map(({ condition, took, ratios, toWhole, toDealt }) => ({
      ...condition,
      network: foretoldWalk(rounds, { between: condition }),
      foretold: foretoldWalk(rounds, { between: condition }, compute.median),
      ...{ seconds: spreadOf(took), ratio: spreadOf(ratios), toWhole: spreadOf(toWhole), toDealt: spreadOf(toDealt) },
    })),
  };
}
