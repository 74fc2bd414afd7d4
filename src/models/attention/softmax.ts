/**
 * Exact attention. A head of width w, without a maximum and without a mask on n² exponentials:
 *
 *   s_ij = q_i·k_j/√w − c(x_i),  a_ij = e^s_ij,  o_i = Σ_j a_ij v_j / Σ_j a_ij
 *
 * Softmax does not see what is subtracted from a whole row. c is a row's own affine function, c(x) = x·g + g0, fitted at calibration to
 * the logarithm of the row's sum of exponentials (row-sums.ts): what is left of it is within a few units of 0 for most heads, so that one
 * gate does the exponential, and one the reciprocal. For some heads it is that of their mean: how many tokens a row sees is the data owner's
 * secret, which subtracts the number's logarithm on its own share, at no cost.
 *
 * A head that looks at what stands beside a token, or at itself, has rows whose sums depend on one score more than on all of x. Eighths of a row's scores at its
 * own place and beside it, which are shares at public places, are a part of such a head's c, at no round: how many, the data owner is told.
 *
 * Heads whose sums spread further halve their scores first, t times, and c is fitted to those. Then each doubling has a shift of its own, foretold by what
 * the row adds up to before it. With G(u) = ln Σ_j e^(u·s_ij), which is convex in u and nearly a line beyond the middle (it is one for a row that attends to
 * one token, and for one that attends to all alike),
 *
 *   G(2) ≈ 3·G(1) − 2·G(1/2)        and a_ij = e^(2·s_ij − 3·ln Σ_j e^s_ij + 2·ln Σ_j e^(s_ij/2))
 *
 * adds up to between 1 and a few. All of a row's exponentials come of one opening of its scores; a shift is opened once a row (mpc/operations/exponential.ts), so
 * that a doubling takes two rounds and no opening of all pairs. How exact a shift is, does not matter: numerator and denominator have the same.
 * Heads with a t, and a range of scores, of their own are a group.
 *
 * Padding: its rows of h are zeros. Softmax does not see the keys' bias either, and what comes of the values' adds up to itself: both
 * are left out here, the latter put into the output's. c is multiplied by the data owner's private ones, so that a padded key's score is 0; the data owner then
 * moves it on its own share to where an exponential is nothing. So sums of a row are local. What is taken off a row for scores nearby is taken off its padded keys too, for
 * which an exponential's period has room.
 *
 * That a causal token has no weight for those behind it is no secret. So queries are taken in blocks of neighbours, and a block's scores are with keys up to its end
 * alone: what is opened of keys and values is opened once, and a block multiplies the first of it. Of its last keys some are not seen by all of its queries:
 * such weights become zeros before they are opened, at no cost.
 */
import type { Firsts } from '../../graph/formula';
import type { GateOptions, Graph, Tensor } from '../../graph/graph';
import type { Matrix } from '../../graph/matrix';
import { axisLength, type Eighths } from '../../graph/shape';
import type { Recipe, TensorShapes } from '../architecture';
import { applied, centred, inputsAt, outputsAt, scaled, unbiased } from '../folding';
import { groupsOf, inGroup, placesInGroup } from '../groups';
import type { TensorSource } from '../tensors';
import { type Attention, fromRows, rowsOf, type StoredLayer } from './attention';

/** What calibration finds out about a layer's heads and keeps beside the weights. Private, as those are. */
export const headOrder = (index: number) => `layer.${index}.heads.order`;
/** [heads, 1 + hidden]: g0 and g of each head, halved as its scores are, for rows x as the norm before the layer writes them. */
export const headShifts = (index: number) => `layer.${index}.heads.shift`;

/** The places of `width` neighbours each, of these. */
const spreadOver = (places: ArrayLike<number>, width: number): number[] =>
  Array.from(places, (place) => Array.from({ length: width }, (_, i) => place * width + i)).flat();

/** −c of these heads, a column each. */
async function shiftsOf(source: TensorSource, { config, index }: StoredLayer, heads: number[]): Promise<Matrix> {
  const [inputs, outputs] = [config.hidden_size, heads.length];
  const values = new Float64Array(inputs * outputs);
  const bias = new Float64Array(outputs);
  if (!config.groups) return { inputs, outputs, values, bias };
  const shifts = await source.read(headShifts(index));
  for (const [j, head] of heads.entries()) {
    const row = shifts.subarray(head * (inputs + 1), (head + 1) * (inputs + 1));
    bias[j] = -row[0]!;
    for (let i = 0; i < inputs; i++) values[i * outputs + j] = -row[i + 1]!;
  }
  return { inputs, outputs, values, bias };
}

/** e^scores, [heads, queries, sequences, keys] as they are, doubled as often as they were halved, less what the row foretells. */
function weightsOf(
  graph: Graph,
  named: (name: string) => string,
  scores: Tensor,
  halvings: number,
  seen: GateOptions,
): Tensor {
  let exponent = scores;
  for (let t = 0; t < halvings; t++) {
    const step = (name: string) => named(`foretold.${t}.${name}`);
    const logarithm = (name: string, of: Tensor, factor: number) => {
      const weights = graph.gate(step(`${name}.weights`), of, ['exponential'], { ...seen, rough: true });
      return graph.gate(step(name), graph.sum(step(`${name}.sum`), weights), ['logarithm'], { constants: { factor } });
    };
    const whole = logarithm('whole', exponent, -3);
    const half = logarithm('half', graph.doubled(step('halved'), exponent, -1), 2);
    const doubled = graph.doubled(step('doubled'), exponent, 1);
    exponent = graph.add(step('scores'), doubled, graph.add(step('shift'), whole, half));
  }
  return graph.gate(named('weights'), exponent, ['exponential'], seen);
}

/** Neighbours among the queries, with the keys that any of them sees: the first so many. */
interface Block {
  /** What is some of the whole's rows has its name in here. */
  graph: Graph;
  from: number;
  queries: number;
  /** How many keys those are, where they are not all. */
  firsts?: Firsts;
  /** How many keys its first query sees beyond the first key, where some of its queries do not see all of its keys. */
  ahead?: number;
  /** Which of its keys are no padding. */
  kept: Tensor;
}

/** By default blocks have no fewer queries, and there are no more of them: each further one spares less. */
const LEAST_QUERIES = 8;
const MOST_BLOCKS = 16;

/** As many blocks as are wanted, or fewer, of all of a causal model's tokens; all but the last have as many queries. `kept`: [sequences, tokens]. */
function blocksOf(graph: Graph, kept: Tensor, wanted?: number): Block[] {
  const n = axisLength(kept.shape, 1);
  const most = Math.ceil(n / (wanted ?? Math.min(MOST_BLOCKS, Math.ceil(n / LEAST_QUERIES))));
  return Array.from({ length: Math.ceil(n / most) }, (_, i) => {
    const from = i * most;
    const keys = Math.min(n, from + most);
    const queries = keys - from;
    const part = queries === n ? graph : graph.part(`block.${i}`);
    const firsts = keys === n ? undefined : { j: keys };
    const ahead = queries > 1 ? from : undefined;
    return { graph: part, from, queries, firsts, ahead, kept: neighbours(part, kept, 1, 0, keys) };
  });
}

/** These of an axis, called like all of them in the graph of a part. */
const neighbours = (part: Graph, of: Tensor, axis: number, start: number, count: number): Tensor =>
  count === axisLength(of.shape, axis) ? of : part.slice(of.name, of, axis, start, count);

interface Operands {
  /** [sequences, tokens, heads, width]. */
  q: Tensor;
  k: Tensor;
  v: Tensor;
  /** [heads, queries, sequences]. */
  shift: Tensor;
  /** [sequences, tokens, 1]: ones, and zeros of padding. */
  counted: Tensor;
  /** [the block's queries, sequences]. */
  offsets?: Tensor;
  halvings: number;
  near?: readonly Eighths[];
  /** Of all columns, those of a prompt that is given apart: behind the texts, though it stands behind their first token. */
  slots: number;
}

/** Of a block's queries Σ_j a_ij v_j, [sequences, queries, heads, width], and Σ_j a_ij, [heads, queries, sequences]. */
function sumsOf(
  { graph, from, queries, firsts, ahead, kept }: Block,
  named: (name: string) => string,
  { q, k, v, shift, counted, offsets, halvings, near, slots }: Operands,
): { numerator: Tensor; total: Tensor } {
  const own = neighbours(graph, shift, 1, from, queries);
  const [heads, , sequences] = own.shape as [number, number, number];
  const column = graph.reshape(named('shift.column'), own, [heads * queries, sequences, 1]);
  // A padded key's score is 0, shift and all: that is what an exponential hides.
  const shifts = graph.contract(named('shifts'), 'rbe,bje->rbj', column, counted, { firsts, wide: true });
  const pairs = graph.contract(named('scores'), 'bihd,bjhd->hibj', neighbours(graph, q, 1, from, queries), k, {
    firsts,
  });
  const rest = near ? graph.near(named('scores.near'), pairs, near, { first: from, slots }) : pairs;
  const shifted = graph.add(named('scores.shifted'), rest, graph.reshape(named('shifts.pairs'), shifts, pairs.shape));
  const scores = offsets ? graph.add(named('scores.offset'), shifted, offsets, 1) : shifted;
  const weights = weightsOf(graph, named, scores, halvings, {
    mask: kept,
    maskAxis: 2,
    causal: ahead === undefined ? undefined : { queries: 1, ahead },
  });
  return {
    numerator: graph.contract(named('numerator'), 'hibj,bjhd->bihd', weights, v, { firsts, wide: true }),
    total: graph.sum(named('denominator.sum'), weights),
  };
}

export const softmax: Attention = {
  tensors({ hidden_size: d, num_attention_heads: heads, groups }, index): TensorShapes {
    return groups ? { [headOrder(index)]: [heads], [headShifts(index)]: [heads, d + 1] } : {};
  },

  *matrices(stored) {
    const { config, index, maps } = stored;
    const width = config.hidden_size / config.num_attention_heads;
    const groups = groupsOf(config, index).heads;
    const order = config.groups && headOrder(index);
    const counts = groups.map(({ count }) => count);
    for (const [g, { halvings }] of groups.entries()) {
      const named = (name: string) => inGroup(`layer.${index}.${name}`, g, groups);
      const ofHeads =
        (
          change: (m: Matrix, heads: number[], source: TensorSource) => Matrix | Promise<Matrix>,
          recipe: Recipe,
        ): Recipe =>
        async (source) =>
          change(await recipe(source), await placesInGroup(source, order, counts, g), source);
      yield [
        named('query.projection'),
        ofHeads(
          (m, heads) => scaled(outputsAt(m, spreadOver(heads, width)), 2 ** -halvings / Math.sqrt(width)),
          maps.query,
        ),
      ];
      yield [
        named('key.projection'),
        ofHeads((m, heads) => unbiased(outputsAt(m, spreadOver(heads, width))), maps.key),
      ];
      yield [
        named('shift.projection'),
        async (source) => shiftsOf(source, stored, await placesInGroup(source, order, counts, g)),
      ];
      yield [named('value'), ofHeads((m, heads) => unbiased(outputsAt(m, spreadOver(heads, width))), maps.value)];
      yield [
        named('attention.output'),
        ofHeads(async (m, heads, source) => {
          // One group's has the bias, with what the values' comes to.
          const bias = g === 0 ? applied(m, (await maps.value(source)).bias) : new Float64Array(m.outputs);
          return centred({ ...inputsAt(m, spreadOver(heads, width)), bias });
        }, maps.output),
      ];
    }
  },

  begin(graph, config, { sequences: b, tokens: n, answer, blocks: wanted, slots = 0 }, { causal } = {}) {
    const width = config.hidden_size / config.num_attention_heads;
    // Made when they are asked for: a mask that nobody reads would be sent for nothing.
    let kinds: Tensor[] | undefined;
    const kept = graph.mask('kept', [b, n]);
    const counted = graph.reshape('counted.column', graph.input('counted', [b, n]), [b, n, 1]);
    const blocks: Block[] = causal ? blocksOf(graph, kept, wanted) : [{ graph, from: 0, queries: n, kept }];
    const isCut = causal && answer < n - 1;
    const ofAnswer: Block = { graph, from: answer, queries: 1, ahead: isCut ? answer : undefined, kept };
    let offsets: Tensor | undefined;
    const ofRows = new Map<Block, Tensor>();
    /** Of the rows that query. */
    const offsetsOf = (block: Block) => {
      const { graph: part, from, queries } = block;
      offsets ??= graph.input('offsets', [n, b], { fine: true });
      if (queries === n) return offsets;
      const known = ofRows.get(block) ?? part.slice('offsets.rows', offsets, 0, from, queries);
      ofRows.set(block, known);
      return known;
    };
    return {
      kinds() {
        kinds ??= ['first', 'last', 'inner'].map((kind) => graph.mask(kind, [b, n]));
        return kinds;
      },
      attend({ index, h, x, apart }) {
        const rows = x.shape.slice(0, -1);
        const attending = rows.length === 2 ? blocks : [ofAnswer];
        const groups = groupsOf(config, index).heads;
        const outputs = groups.map(({ count, halvings, mean, near }, g) => {
          const named = (name: string) => inGroup(`layer.${index}.${name}`, g, groups);
          const made = (name: string, of: Tensor, make: (graph: Graph, rows: Tensor) => Tensor) =>
            fromRows(graph, named(name), { h, apart }, of, make).whole;
          const split = (name: string, of: Tensor) =>
            made(name, of, (graph, rows) =>
              graph.reshape(named(name), graph.linear(named(`${name}.projection`), rows, [count, width]), [
                ...rowsOf(rows),
                count,
                width,
              ]),
            );
          const q = split('query', x);
          const k = split('key', h);
          const v = made('value', h, (graph, rows) => graph.linear(named('value'), rows, [count, width]));
          const shiftRows = made('shift.rows', x, (graph, rows) =>
            graph.reshape(named('shift.rows'), graph.linear(named('shift.projection'), rows, [count]), [
              ...rowsOf(rows),
              count,
            ]),
          );
          const shift = graph.reversed(named('shift'), shiftRows);
          const operands = { q, k, v, shift, counted, near, slots };
          const sums = attending.map((block) =>
            sumsOf(block, named, { ...operands, offsets: mean ? offsetsOf(block) : undefined, halvings }),
          );
          const behindOneAnother = (name: string, rows: readonly Tensor[]) =>
            rows.length === 1 ? rows[0]! : graph.join(named(name), rows, 1);
          const numerators = sums.map(({ numerator }) => numerator);
          const totals = sums.map(({ total }) => total);
          const o = behindOneAnother('numerator', numerators);
          const sum = graph.reversed(named('denominator'), behindOneAnother('denominator.sum', totals));
          const means = graph.multiply(named('mean'), o, graph.gate(named('denominator.inverse'), sum, ['reciprocal']));
          const attended = graph.reshape(named('attended'), means, [...rows, count * width]);
          return graph.linear(named('attention.output'), attended, [config.hidden_size]);
        });
        return outputs.reduce((sum, output, g) => graph.add(`layer.${index}.attention.outputs.${g}`, sum, output));
      },
    };
  },
};
