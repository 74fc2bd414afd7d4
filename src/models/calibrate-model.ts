/**
 * All that a stock model lacks to be offered, measured on public text: value ranges, gates, and for exact attention the groups of heads and
 * channels that share a gate.
 *
 * Two readings of the plain graph. The first (exact attention only) looks at what heads' rows add up to and how far channels go, and
 * decides shifts, halvings and groups. The second, of the graph with those, measures every tensor, and gates are fitted to that.
 */

import { loopProduct, type Product } from '../graph/product';
import { type ReferenceInputs, runReference } from '../graph/reference';
import type { PassShape } from './architecture';
import { architectureOf } from './architectures';
import { headOrder, headShifts } from './attention/softmax';
import { Measured, withCalibration } from './calibrate';
import { isMeanPooled, type LayerGroups, type ModelConfig } from './config';
import type { EncodedText } from './encode';
import { channelOrder } from './feed-forward';
import { inGroups } from './grouping';
import { PlaintextModel } from './plaintext-model';
import { type RowFit, RowSums } from './row-sums';
import { type NamedTensors, overlaid, type TensorSource } from './tensors';

/** Sequences of one length, without padding: what stands in padding's place says nothing about a model. */
export interface CalibrationBatch {
  texts: readonly EncodedText[];
  /** As PlaintextModel.inputs has them. */
  prompts?: readonly (Float32Array | undefined)[];
  /** Where the last layer is read. */
  answer: number;
  /** Of sequences that say one thing over and over. */
  isRepeating?: boolean;
}

/** How much there is to read: batches are of all lengths. */
export const tokensOf = (...batches: readonly CalibrationBatch[]): number =>
  batches.reduce((sum, { texts }) => sum + texts.length * (texts[0]?.ids.length ?? 0), 0);

export interface CalibrationOptions {
  product?: Product;
  /** How much is done, from 0 to 1. May be asynchronous, to let others have their turn. */
  onProgress?: (fraction: number) => void | Promise<void>;
  signal?: AbortSignal;
}

export interface Calibrated {
  /** With ranges, gates and groups: what the data owner is told. */
  config: ModelConfig;
  /** What stays with the weights; empty for random features. */
  tensors: NamedTensors;
}

/** How much of the time fits take: of a stock encoder about as much as this. */
const FITS = 0.15;

/** Label words are not known yet: logits are measured for so many tokens from all over the vocabulary. */
const WORDS = 64;

/**
 * How far the logarithms of a head's row sums, less their fit, may spread, and any row's be above it, or one's of a text that says one thing over and
 * over: e to that is what weights need bits for.
 */
interface Bounds {
  spread: number;
  above: number;
  /** Spread and above together, where both may not be as large as that at once. */
  both?: number;
  repeating: number;
}
/** Of heads whose scores are not halved. A reciprocal's gate on as many more units of e loses what the smallest rows need. */
const WHOLE: Bounds = { spread: 2.8, above: 3.2, repeating: 4 };
/** Where that lets all of a layer's heads do without, which saves it two rounds. */
const WHOLE_LAYER: Bounds = { spread: 4.4, above: 4, both: 8, repeating: 4 };
/** Of halved ones it is a logarithm's, which may be off. */
const HALVED: Bounds = { spread: 6, above: 6, repeating: 8 };
/** Nor does a gate reach lower than this. */
const LOWEST = -50;
/** Groups' costs, as a product of a range and a number: what a group of so many adds to a layer in dealt bytes. */
const HEAD_GROUP = 6;
const CHANNEL_GROUP = 100;
const MOST_CHANNEL_GROUPS = 5;

/** Throws, naming the tensor, for what no gate can be fitted to, and as PlaintextModel.load does. */
export async function calibrateModel(
  config: ModelConfig,
  source: TensorSource,
  batches: readonly CalibrationBatch[],
  { product = loopProduct, onProgress, signal }: CalibrationOptions = {},
): Promise<Calibrated> {
  const isExact = config.attention === 'softmax';
  const all = (isExact ? 2 : 1) * tokensOf(...batches);
  let done = 0;
  const words = Array.from({ length: WORDS }, (_, i) => Math.floor((i * config.vocab_size) / WORDS));
  const read = async (
    as: ModelConfig,
    tensors: NamedTensors,
    use: (inputs: ReferenceInputs, shape: PassShape, isRepeating: boolean) => void,
  ) => {
    const model = await PlaintextModel.load(as, overlaid(source, tensors), product);
    const columns = as.task === 'embedding' ? [] : words;
    for (const batch of batches) {
      signal?.throwIfAborted();
      const { texts, prompts = [], answer, isRepeating = false } = batch;
      const tokens = texts[0]!.ids.length;
      const shape = { sequences: texts.length, tokens, answer, columns: WORDS, blocks: 1 };
      use(model.inputs(texts, prompts, columns), shape, isRepeating);
      done += tokensOf(batch);
      await onProgress?.(((1 - FITS) * done) / all);
    }
  };
  // All of a tensor has its name in a graph without blocks.
  const { graph } = architectureOf(config);

  let known: Calibrated = { config: { ...config, groups: undefined }, tensors: new Map() };
  if (isExact) {
    // The mean of all tokens, so that the last layer has rows of all of them too.
    const whole = { ...known.config, task: 'embedding', pooling: 'mean' } as const;
    const layers = new LayersSeen(config, product);
    await read(whole, new Map(), (inputs, shape, isRepeating) =>
      runReference(graph(whole, shape), { ...inputs, observe: layers.observer(shape, isRepeating) }),
    );
    known = layers.calibrated(known.config);
  }
  const measured = new Measured();
  const orders = isExact ? [undefined] : (['pairs', 'features'] as const);
  await read(known.config, known.tensors, (inputs, shape, isRepeating) => {
    for (const order of orders)
      measured.add(graph(known.config, { ...shape, order, deep: false }), inputs, { isUsual: !isRepeating });
  });
  const { texts, answer } = batches[0]!;
  const shape = { sequences: 1, tokens: texts[0]!.ids.length, answer, columns: WORDS, blocks: 1 };
  const graphs = orders.map((order) => graph(known.config, { ...shape, order }));
  const fitted = await withCalibration(known.config, graphs, measured, async (fits, of) => {
    signal?.throwIfAborted();
    await onProgress?.(1 - FITS + (FITS * fits) / of);
  });
  await onProgress?.(1);
  return { ...known, config: fitted };
}

/** What the first reading sees. */
class LayersSeen {
  private readonly sums: RowSums[];
  /** How far from zero each intermediate channel was, [layers][channels]. */
  private readonly channels: Float64Array[];

  constructor(
    private readonly config: ModelConfig,
    product: Product,
  ) {
    const layers = Array.from({ length: config.num_hidden_layers });
    const isCausal = config.task === 'causal-lm';
    this.sums = layers.map(() => new RowSums(config.num_attention_heads, isCausal, product));
    this.channels = layers.map(() => new Float64Array(config.intermediate_size));
  }

  observer({ sequences, tokens, answer }: PassShape, isRepeating: boolean): NonNullable<ReferenceInputs['observe']> {
    const last = this.config.num_hidden_layers - 1;
    const readBy = (layer: number) => (layer === last && !isMeanPooled(this.config) ? answer : undefined);
    let x: Float64Array = new Float64Array();
    return ({ name }, values) => {
      const [, layer, part] = /^layer\.(\d+)\.((?:attention\.)?norm|scores|intermediate)$/.exec(name) ?? [];
      // The last norm that was written is what a layer attends with.
      if (name === 'embedded' || part?.endsWith('norm')) x = values;
      else if (part === 'scores') {
        const read = readBy(Number(layer));
        this.sums[Number(layer)]!.add(x, values, [sequences, tokens], { answer: read, isRepeating });
      } else if (part === 'intermediate') {
        const reach = this.channels[Number(layer)]!;
        for (let at = 0; at < values.length; at += reach.length) {
          for (let i = 0; i < reach.length; i++) reach[i] = Math.max(reach[i]!, Math.abs(values[at + i]!));
        }
      }
    };
  }

  /** The config with groups, and the tensors that belong to them. */
  calibrated(config: ModelConfig): Calibrated {
    const tensors: NamedTensors = new Map();
    const groups = this.sums.map((sums, layer): LayerGroups => {
      const heads = groupHeads(sums.fit());
      const { order, counts } = inGroups([...this.channels[layer]!], CHANNEL_GROUP, MOST_CHANNEL_GROUPS);
      const put = (name: string, shape: number[], data: ArrayLike<number>) =>
        tensors.set(name, { shape, data: Float32Array.from(data) });
      put(headOrder(layer), [heads.order.length], heads.order);
      put(headShifts(layer), [heads.order.length, config.hidden_size + 1], heads.shifts);
      put(channelOrder(layer), [order.length], order);
      return { heads: heads.groups, channels: counts };
    });
    return { config: { ...config, groups }, tensors };
  }
}

/** As few halvings as a head can do with; heads that are alike in that in groups by how low their scores reach. */
function groupHeads(fits: readonly (readonly RowFit[])[]) {
  const spreadOf = ({ left: [low, high] }: RowFit) => high - low;
  const within =
    ({ spread, above, both = Infinity, repeating }: Bounds) =>
    (fit: RowFit) =>
      spreadOf(fit) <= spread &&
      fit.most <= above &&
      spreadOf(fit) + fit.most <= both &&
      fit.mostRepeating <= repeating &&
      fit.least >= LOWEST;
  const whole = (fit: RowFit) => fit.halvings === 0;
  const wholeIn = (bounds: Bounds) => (kinds: readonly RowFit[]) =>
    kinds.some((fit) => whole(fit) && within(bounds)(fit));
  const bounds = fits.every(wholeIn(WHOLE_LAYER)) ? WHOLE_LAYER : WHOLE;
  const fine = (fit: RowFit) => within(whole(fit) ? bounds : HALVED)(fit);
  const narrowest = (kinds: readonly RowFit[]) => kinds.reduce((a, b) => (spreadOf(b) < spreadOf(a) ? b : a));
  const chosen = fits.map((kinds) => kinds.find(fine) ?? narrowest(kinds));
  const order: number[] = [];
  const groups: LayerGroups['heads'] = [];
  for (const { halvings, mean, near } of fits[0] ?? []) {
    const heads = chosen.flatMap((fit, head) =>
      fit.halvings === halvings && fit.mean === mean && fit.near === near ? [head] : [],
    );
    if (heads.length === 0) continue;
    const { order: places, counts } = inGroups(
      heads.map((head) => chosen[head]!.left[1] - chosen[head]!.least),
      HEAD_GROUP,
      2,
    );
    const inOrder = places.map((place) => heads[place]!);
    order.push(...inOrder);
    let next = 0;
    for (const count of counts) {
      const some = inOrder.slice(next, next + count);
      next += count;
      groups.push({ count, halvings, mean, ...(near && { near: some.map((head) => [...chosen[head]!.eighths]) }) });
    }
  }
  // What a fit leaves is nearer its middle than zero.
  const shifts = chosen.flatMap(({ shift, left }) =>
    Array.from(shift, (v, k) => (k === 0 ? v + (left[0] + left[1]) / 2 : v)),
  );
  return { order, groups, shifts };
}
