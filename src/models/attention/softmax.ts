/**
 * Exact attention. A head of width w, without a maximum and without a mask on n² exponentials:
 *
 *   s_ij = q_i·k_j/√w − c(x_i),  a_ij = (e^(s_ij/2^t))^(2^t),  o_i = Σ_j a_ij v_j / Σ_j a_ij
 *
 * Softmax does not see what is subtracted from a whole row. c is a row's own affine function, c(x) = x·g + g0, fitted at calibration to
 * the logarithm of the row's sum of exponentials (row-sums.ts): what is left of it is within a few units of 0 for most heads, so that one
 * gate does the exponential, and one the reciprocal. For some heads it is that of their mean: how many tokens a row sees is the data owner's
 * secret, which subtracts the number's logarithm on its own share, at no cost. It is one more column of the queries' matrix, against a key's column of ones. Heads whose
 * sums spread further halve their scores t times first and square the weights, normalised, t times after. Heads with a t, and a range
 * of scores, of their own are a group.
 *
 * Padding: its rows of h are zeros. Softmax does not see the keys' bias either, and what comes of the values' adds up to itself: both
 * are left out here, the latter put into the output's. So a padded token's value is zero, whatever its weight; only Σ_j needs to know
 * which tokens count, and multiplies by the data owner's private ones.
 *
 * That a causal token has no weight for those behind it is no secret: such weights become zeros before they are opened, at no cost.
 */
import type { Tensor } from '../../graph/graph';
import type { Matrix } from '../../graph/matrix';
import type { Recipe, TensorShapes } from '../architecture';
import { applied, centred, inputsAt, outputsAt, scaled, unbiased, withColumn } from '../folding';
import { groupsOf, inGroup, placesInGroup } from '../groups';
import type { TensorSource } from '../tensors';
import type { Attention, StoredLayer } from './attention';

/** A key's last column: what a shift of the scores is multiplied by. As large as keys are, so that shifts are as queries are. */
const KEY_OF_SHIFT = 8;

/** What calibration finds out about a layer's heads and keeps beside the weights. Private, as those are. */
export const headOrder = (index: number) => `layer.${index}.heads.order`;
/** [heads, 1 + hidden]: g0 and g of each head, halved as its scores are, for rows x as the norm before the layer writes them. */
export const headShifts = (index: number) => `layer.${index}.heads.shift`;

/** The places of `width` neighbours each, of these. */
const spreadOver = (places: ArrayLike<number>, width: number): number[] =>
  Array.from(places, (place) => Array.from({ length: width }, (_, i) => place * width + i)).flat();

/** −c of these heads as columns, by which a key's column of `KEY_OF_SHIFT` is multiplied. */
async function shiftsOf(source: TensorSource, { config, index }: StoredLayer, heads: number[]): Promise<Matrix> {
  const [inputs, outputs] = [config.hidden_size, heads.length];
  const values = new Float64Array(inputs * outputs);
  const bias = new Float64Array(outputs);
  if (!config.groups) return { inputs, outputs, values, bias };
  const shifts = await source.read(headShifts(index));
  for (const [j, head] of heads.entries()) {
    const row = shifts.subarray(head * (inputs + 1), (head + 1) * (inputs + 1));
    bias[j] = -row[0]! / KEY_OF_SHIFT;
    for (let i = 0; i < inputs; i++) values[i * outputs + j] = -row[i + 1]! / KEY_OF_SHIFT;
  }
  return { inputs, outputs, values, bias };
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
          async (m, heads, source) =>
            withColumn(
              scaled(outputsAt(m, spreadOver(heads, width)), 2 ** -halvings / Math.sqrt(width)),
              await shiftsOf(source, stored, heads),
            ),
          maps.query,
        ),
      ];
      yield [
        named('key.projection'),
        ofHeads((m, heads) => {
          const ones = { inputs: m.inputs, outputs: heads.length, values: new Float64Array(m.inputs * heads.length) };
          const bias = new Float64Array(heads.length).fill(KEY_OF_SHIFT);
          return withColumn(unbiased(outputsAt(m, spreadOver(heads, width))), { ...ones, bias });
        }, maps.key),
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

  begin(graph, config, { sequences: b, tokens: n, answer }, { causal } = {}) {
    const width = config.hidden_size / config.num_attention_heads;
    // Made when they are asked for: a mask that nobody reads would be sent for nothing.
    let kinds: Tensor[] | undefined;
    let kept: Tensor | undefined;
    const ones = graph.input('counted', [b, n], { whole: true });
    let offsets: Tensor | undefined;
    let ofAnswer: Tensor | undefined;
    /** Of the rows that query. */
    const offsetsOf = (queries: number) => {
      offsets ??= graph.input('offsets', [n, b], { fine: true });
      if (queries === n) return offsets;
      ofAnswer ??= graph.reshape('offsets.row', graph.select('offsets.answer', offsets, 0, answer), [1, b]);
      return ofAnswer;
    };
    return {
      kinds() {
        kinds ??= ['first', 'last', 'inner'].map((kind) => graph.mask(kind, [b, n]));
        return kinds;
      },
      attend({ index, h, x }) {
        const rows = x.shape.slice(0, -1);
        const queries = rows.length === 2 ? n : 1;
        const groups = groupsOf(config, index).heads;
        // How many keys the first query sees beyond the first key.
        const ahead = queries === 1 ? answer : 0;
        const isCut = causal && ahead < n - 1;
        const outputs = groups.map(({ count, halvings, mean }, g) => {
          const named = (name: string) => inGroup(`layer.${index}.${name}`, g, groups);
          const split = (name: string, tensor: Tensor, tokens: number) =>
            graph.reshape(named(name), graph.linear(named(`${name}.projection`), tensor, [count, width + 1]), [
              b,
              tokens,
              count,
              width + 1,
            ]);
          const q = split('query', x, queries);
          const k = split('key', h, n);
          const v = graph.linear(named('value'), h, [count, width]);
          const pairs = graph.contract(named('scores'), 'bihd,bjhd->hibj', q, k);
          const scores = mean ? graph.add(named('scores.offset'), pairs, offsetsOf(queries), 1) : pairs;
          // What is summed here at once must not have padding in it.
          if (halvings > 0) kept ??= graph.mask('kept', [b, n]);
          const mask = halvings > 0 ? kept : undefined;
          let weights = graph.gate(named('weights'), scores, ['exponential'], {
            mask,
            maskAxis: 2,
            causal: isCut ? { queries: 1, ahead } : undefined,
          });
          for (let t = 0; t < halvings; t++) {
            const root = named(`root.${t}`);
            const inverse = graph.gate(`${root}.inverse`, graph.sum(`${root}.sum`, weights), ['reciprocal']);
            weights = graph.square(`${root}.square`, graph.multiply(root, weights, inverse));
          }
          const o = graph.contract(named('numerator'), 'hibj,bjhd->bihd', weights, v, { wide: true });
          const sum = graph.contract(named('denominator'), 'hibj,bj->bih', weights, ones, { wide: true });
          const means = graph.multiply(named('mean'), o, graph.gate(named('denominator.inverse'), sum, ['reciprocal']));
          const attended = graph.reshape(named('attended'), means, [...rows, count * width]);
          return graph.linear(named('attention.output'), attended, [config.hidden_size]);
        });
        return outputs.reduce((sum, output, g) => graph.add(`layer.${index}.attention.outputs.${g}`, sum, output));
      },
    };
  },
};
