// The training loop: batches of examples through the jitted loss, AdamW in plain loops. The word table's gradient comes
// from three places (the words read, the words to be guessed, the softmax over all) and is gathered here.
import { defaultDevice, init, numpy as np } from '@jax-js/jax';
import type { ModelConfig } from '../../src/models/config';
import type { TensorData } from '../../src/models/tensors';
import { type Example, type Examples, type Mixture, PROMPT_LENGTH, type Random, randomFrom } from './examples';
import { LAYER, makeStep, type Params, type Shape, WORDS } from './network';
import { LONGEST } from './sizes';
import { PAD } from './tokenizer';

export type State = Map<string, TensorData>;

/** What sequences are padded to. Every length is traced once. */
const LENGTHS = [16, 24, 32, 40, 48, 56, LONGEST];
/** Tokens of a batch, about. */
const TOKENS = 1280;
/** Examples drawn at a time, and sorted by length so that little is padding. */
const ROUND = 1200;

function shapeOf(length: number): Shape {
  const batch = Math.floor(TOKENS / length);
  // One guess for the answer, and one token in seven of the texts that are also masked.
  return { length, batch, picks: Math.round(batch * (1 + length / 18)) };
}

const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export function initialise(config: ModelConfig, random: Random): State {
  const { hidden_size: hidden, intermediate_size: inner, num_attention_heads: heads } = config;
  const gauss = () => normal(random);
  const state: State = new Map();
  const put = (name: string, shape: number[], value: () => number) => {
    const count = shape.reduce((a, b) => a * b);
    state.set(name, { shape, data: Float32Array.from({ length: count }, value) });
  };
  const linear = (name: string, out: number, from: number, gain = 1) => {
    put(`${name}.weight`, [out, from], () => (gain * gauss()) / Math.sqrt(from));
    put(`${name}.bias`, [out], () => 0);
  };
  const layerNorm = (name: string) => {
    put(`${name}.weight`, [hidden], () => 1);
    put(`${name}.bias`, [hidden], () => 0);
  };
  // Rows long enough that the first LayerNorm's variance starts in its range, short enough that logits start small.
  put(WORDS, [config.vocab_size, hidden], () => 0.7 * gauss() * Math.min(1, 8 / Math.sqrt(hidden)));
  put('roberta.embeddings.position_embeddings.weight', [config.max_position_embeddings, hidden], () => 0.3 * gauss());
  put('roberta.embeddings.token_type_embeddings.weight', [1, hidden], () => 0);
  layerNorm('roberta.embeddings.LayerNorm');
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const self = `${LAYER(i)}attention.self.`;
    // Small queries and keys: attention starts out near uniform, every cosine near one.
    linear(`${self}query`, hidden, hidden, 0.15);
    linear(`${self}key`, hidden, hidden, 0.15);
    linear(`${self}value`, hidden, hidden);
    if (config.attention === 'rfa') put(`${self}frequencies`, [heads, hidden / heads, config.num_frequencies], gauss);
    linear(`${LAYER(i)}attention.output.dense`, hidden, hidden, 0.5);
    layerNorm(`${LAYER(i)}attention.output.LayerNorm`);
    linear(`${LAYER(i)}intermediate.dense`, inner, hidden);
    linear(`${LAYER(i)}output.dense`, hidden, inner, 0.5);
    layerNorm(`${LAYER(i)}output.LayerNorm`);
  }
  linear('lm_head.dense', hidden, hidden);
  layerNorm('lm_head.layer_norm');
  // The output starts as small logits: the word rows are long, for the input's sake.
  state.get('lm_head.layer_norm.weight')!.data.fill(0.2);
  put('lm_head.bias', [config.vocab_size], () => 0);
  return state;
}

/** A state as a checkpoint kept it, in the order of `initialise`: sums over all weights then round as they did. */
export function restore(config: ModelConfig, saved: State): State {
  const order = [...initialise(config, () => 0.5).keys()];
  return new Map([...saved].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

/** Starts the output bias at how often each token is an answer, which training would spend its first minutes on. */
export function startAtFrequencies(state: State, examples: Examples, mixture: Mixture, random: Random) {
  const bias = state.get('lm_head.bias')!.data;
  bias.fill(0.1);
  for (let i = 0; i < 20_000; i++)
    for (const p of examples.next(mixture, LONGEST, random).picks) bias[p.target]! += p.weight;
  for (let i = 0; i < bias.length; i++) bias[i] = Math.log(bias[i]!);
  const mean = bias.reduce((a, b) => a + b) / bias.length;
  for (let i = 0; i < bias.length; i++) bias[i]! -= mean;
}

export interface Batch {
  shape: Shape;
  ids: Int32Array;
  keep: Float32Array<ArrayBuffer>;
  pick: Float32Array<ArrayBuffer>;
  targets: Int32Array;
  weight: Float32Array<ArrayBuffer>;
  /** How far each sequence's prompt is shaken, in standard deviations of the word table. */
  shake: Float32Array;
  /** Of every guess; shorter than the guesses there is room for. */
  kinds: Example['kind'][];
}

function makeBatch(examples: Example[], shape: Shape, random: Random): Batch {
  const { batch, length, picks } = shape;
  const ids = new Int32Array(batch * length).fill(PAD);
  const keep = new Float32Array(batch * length);
  const pick = new Float32Array(picks * batch * length);
  const targets = new Int32Array(picks);
  const weight = new Float32Array(picks);
  const shake = new Float32Array(batch);
  const kinds: Example['kind'][] = [];
  for (const [b, example] of examples.entries()) {
    if (example.kind !== 'cloze' && random() < 0.35) shake[b] = 1.6 * random();
    ids.set(example.ids, b * length);
    keep.fill(1, b * length, b * length + example.ids.length);
    example.picks.forEach((p, i) => {
      const k = kinds.length;
      // There is room for the average; later sequences leave out a guess or two.
      if (k + (batch - 1 - b) >= picks) return;
      kinds.push(i === 0 ? example.kind : 'cloze');
      pick[k * batch * length + b * length + p.position] = 1;
      targets[k] = p.target;
      weight[k] = p.weight;
    });
  }
  const total = weight.reduce((a, b) => a + b);
  return { shape, ids, keep, pick, targets, weight: weight.map((w) => w / total), shake, kinds };
}

/** A round's batches, each of examples of like length, in any order. The few that fill no batch are left out. */
export function drawRound(examples: Examples, mixture: Mixture, random: Random): Batch[] {
  const drawn = Array.from({ length: ROUND }, () => examples.next(mixture, LONGEST, random));
  const batches: Batch[] = [];
  let waiting: Example[] = [];
  let below = 0;
  for (const length of LENGTHS) {
    const shape = shapeOf(length);
    waiting.push(...drawn.filter(({ ids }) => ids.length > below && ids.length <= length));
    for (; waiting.length >= shape.batch; waiting = waiting.slice(shape.batch))
      batches.push(makeBatch(waiting.slice(0, shape.batch), shape, random));
    below = length;
  }
  for (let i = batches.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [batches[i], batches[j]] = [batches[j]!, batches[i]!];
  }
  return batches;
}

export interface Progress {
  step: number;
  seconds: number;
  /** Tokens a second since the last report, padding not counted. */
  speed: number;
  remaining: number;
  learningRate: number;
  penalty: number;
  gradient: number;
  /** Mean cross entropy (nats) and share of first guesses that are right, by kind of example. */
  kinds: Record<string, { entropy: number; accuracy: number }>;
}

export interface Options {
  seed: number;
  learningRate: number;
  steps: number;
  penalty: number;
  mixture: (progress: number) => Mixture;
  reportEvery: number;
  report: (progress: Progress) => void;
  checkpointMinutes: number;
  /** Called between rounds: a training that goes on from there takes the same steps as one that never broke off. */
  checkpoint: (at: Position) => void | Promise<void>;
}

export interface Position {
  step: number;
  /** Seconds spent so far. */
  elapsed: number;
  /** Standard deviation of the word table when training began: the unit that prompts are shaken by. */
  spread: number;
}

/** Adam's two moments live beside the weights, under these prefixes. */
const [FIRST, SECOND] = ['adam.first/', 'adam.second/'];

export async function train(
  config: ModelConfig,
  state: State,
  examples: Examples,
  options: Options,
  start?: Position,
): Promise<Position> {
  await init('wasm');
  defaultDevice('wasm');
  const { hidden_size: hidden } = config;
  const runs = new Map(LENGTHS.map((length) => [length, makeStep(config, shapeOf(length), options.penalty)]));
  const names = [...state.keys()].filter((name) => !name.includes('/'));
  const phased = config.attention === 'rfa';
  const moment = (prefix: string, name: string) => {
    const { shape, data } = state.get(name)!;
    if (!state.has(prefix + name)) state.set(prefix + name, { shape, data: new Float32Array(data.length) });
    return state.get(prefix + name)!.data;
  };
  const tensors = names.map((name) => ({
    ...{ name, ...state.get(name)!, first: moment(FIRST, name), second: moment(SECOND, name) },
    decay: /dense\.weight$|(query|key|value)\.weight$/.test(name) ? 0.01 : 0,
    // A step of queries or keys turns every phase by the sum over a row and a frequency: at the common rate, by radians.
    pace: name.endsWith('frequencies') ? 0 : phased && /(query|key)\.(weight|bias)$/.test(name) ? 0.1 : 1,
  }));
  const table = state.get(WORDS)!.data;
  const bias = state.get('lm_head.bias')!.data;

  const { spread } = start ?? { spread: Math.sqrt(table.reduce((a, v) => a + v * v, 0) / table.length) };
  let { step, elapsed } = start ?? { step: 0, elapsed: 0 };
  const began = performance.now() / 1000 - elapsed;
  let reported = performance.now() / 1000;
  let saved = elapsed;
  let tokens = 0;
  let penalty = 0;
  let gradient = 0;
  const tally = new Map<string, { entropy: number; hits: number; count: number }>();

  let random!: Random;
  let round: Batch[] = [];
  while (step < options.steps) {
    const progress = step / options.steps;
    if (round.length === 0) {
      if (elapsed - saved > 60 * options.checkpointMinutes) {
        saved = elapsed;
        await options.checkpoint({ step, elapsed, spread });
      }
      random = randomFrom(Math.imul(options.seed, 0x9e3779b1) + step);
      round = drawRound(examples, options.mixture(progress), random);
    }
    const batch = round.pop()!;
    const { shape } = batch;

    const gather = (ids: Int32Array): Float32Array<ArrayBuffer> => {
      const rows = new Float32Array(ids.length * hidden);
      ids.forEach((id, i) => {
        rows.set(table.subarray(id * hidden, (id + 1) * hidden), i * hidden);
      });
      return rows;
    };
    // A tuned prompt is not made of words: the answer, and every value's range, has to bear some distance from them.
    const shaken = (rows: Float32Array<ArrayBuffer>, { shake, shape: { length } }: Batch) => {
      shake.forEach((scale, b) => {
        if (scale === 0) return;
        const first = (b * length + 1) * hidden;
        for (let i = first; i < first + PROMPT_LENGTH * hidden; i++) rows[i]! += scale * spread * normal(random);
      });
      return rows;
    };
    const params: Params = {};
    for (const { name, shape, data } of tensors)
      params[name] = np.array(data as Float32Array<ArrayBuffer>).reshape([...shape]);
    const [[value, aux], [gradients, wordGradient, targetGradient, biasGradient]] = runs.get(shape.length)!(
      params,
      np.array(shaken(gather(batch.ids), batch)).reshape([shape.batch, shape.length, hidden]),
      np.array(gather(batch.targets)).reshape([shape.picks, hidden]),
      np.array(Float32Array.from(batch.targets, (id) => bias[id]!)),
      np.array(batch.keep).reshape([shape.batch, shape.length]),
      np.array(batch.pick).reshape([shape.picks, shape.batch * shape.length]),
      np.array(batch.weight),
    );
    value.dispose();
    const read = (a: np.Array) => a.dataSync() as Float32Array;
    const grads = tensors.map(({ name }) => read(gradients[name]!));
    const ofTable = grads[names.indexOf(WORDS)]!;
    const scatter = (ids: Int32Array, rows: Float32Array) => {
      ids.forEach((id, i) => {
        for (let d = 0; d < hidden; d++) ofTable[id * hidden + d]! += rows[i * hidden + d]!;
      });
    };
    scatter(batch.ids, read(wordGradient));
    scatter(batch.targets, read(targetGradient));
    const ofBias = grads[names.indexOf('lm_head.bias')]!;
    read(biasGradient).forEach((g, i) => {
      ofBias[batch.targets[i]!]! += g;
    });

    let square = 0;
    for (const gradient of grads) for (const g of gradient) square += g * g;
    const norm = Math.sqrt(square);
    const warmup = Math.min(1, (step + 1) / 300);
    const rate = options.learningRate * warmup * (0.02 + 0.98 * 0.5 * (1 + Math.cos(Math.PI * progress)));
    step++;
    if (Number.isFinite(norm)) {
      const clip = Math.min(1, 1 / norm);
      const [b1, b2] = [0.9, 0.98];
      const c1 = 1 / (1 - b1 ** step);
      const c2 = 1 / (1 - b2 ** step);
      tensors.forEach(({ data, first, second, decay, pace }, t) => {
        if (pace === 0) return;
        const own = rate * pace;
        const g = grads[t]!;
        const shrink = 1 - own * decay;
        for (let i = 0; i < data.length; i++) {
          const gi = g[i]! * clip;
          first[i] = b1 * first[i]! + (1 - b1) * gi;
          second[i] = b2 * second[i]! + (1 - b2) * gi * gi;
          data[i] = data[i]! * shrink - (own * first[i]! * c1) / (Math.sqrt(second[i]! * c2) + 1e-8);
        }
      });
    }

    const entropy = read(aux.entropy);
    const hit = read(aux.hit);
    penalty += read(aux.penalty)[0]! / options.reportEvery;
    gradient += norm / options.reportEvery;
    for (const kept of batch.keep) tokens += kept;
    batch.kinds.forEach((kind, i) => {
      const entry = tally.get(kind) ?? { entropy: 0, hits: 0, count: 0 };
      tally.set(kind, entry);
      entry.entropy += entropy[i]!;
      entry.hits += hit[i]!;
      entry.count++;
    });
    const now = performance.now() / 1000;
    elapsed = now - began;
    if (step % options.reportEvery === 0) {
      options.report({
        ...{ step, seconds: elapsed, speed: tokens / (now - reported), penalty, gradient, learningRate: rate },
        remaining: ((options.steps - step) * (now - reported)) / options.reportEvery,
        kinds: Object.fromEntries(
          [...tally].map(([kind, { entropy, hits, count }]) => [
            kind,
            { entropy: entropy / count, accuracy: hits / count },
          ]),
        ),
      });
      [tokens, penalty, gradient, reported] = [0, 0, 0, now];
      tally.clear();
    }
  }
  return { step, elapsed, spread };
}
