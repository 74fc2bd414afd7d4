/**
 * Random feature attention (Rahimi and Recht 2007; Peng et al. 2021) for models that were trained with it. A head, `frequencies` Ω [head
 * width, m], angles in radians:
 *
 *   u = (x Wq + bq) Ω,  w = (h Wk + bk) Ω,  a_ij = (1/m) Σ_f cos(u_if − w_jf) for tokens j that are no padding, 0 for padding
 *   o_i = Σ_j a_ij v_j / (denominator_offset + Σ_j a_ij)
 *
 * a_ij = φ(q_i)·φ(k_j) with cosines and sines for features. Everything here is m times as much: it cancels.
 */
import type { Tensor } from '../../graph/graph';
import { angles, centred } from '../folding';
import { changed } from '../recipes';
import type { Attention } from './attention';

function known(frequencies: string | undefined, layer: number): string {
  if (frequencies === undefined) throw new Error(`layer ${layer} has no frequencies of random features`);
  return frequencies;
}

export const randomFeatures: Attention = {
  tensors: ({ hidden_size: d, num_attention_heads: heads, num_frequencies }, index, frequencies) => ({
    [known(frequencies, index)]: [heads, d / heads, num_frequencies],
  }),

  *matrices({ config, index, maps, frequencies }) {
    const layer = `layer.${index}`;
    const stored = known(frequencies, index);
    for (const part of ['query', 'key'] as const) {
      yield [
        `${layer}.${part}.angle`,
        async (source) => angles(await maps[part](source), await source.read(stored), config.num_attention_heads),
      ];
    }
    yield [`${layer}.value`, maps.value];
    yield [`${layer}.attention.output`, changed(maps.output, centred)];
  },

  begin(
    graph,
    { hidden_size: d, num_attention_heads: heads, num_frequencies: m, denominator_offset },
    shape,
    { causal } = {},
  ) {
    if (causal) throw new Error('random features attend to all tokens: they cannot be causal');
    const { sequences: b, tokens: n } = shape;
    const kept = graph.mask('kept', [b, n]);
    return {
      attend({ index, h, x }) {
        const layer = `layer.${index}`;
        const rows = x.shape.slice(0, -1);
        // With one answer token a sequence, the token axis of the queries has length one.
        const queries = rows.length === 2 ? n : 1;
        const features = (name: string, tensor: Tensor, tokens: number, mask?: Tensor) =>
          graph.reshape(
            name,
            graph.gate(`${name}.phase`, graph.linear(`${name}.angle`, tensor, [heads, m]), ['cosine', 'sine'], {
              mask,
            }),
            [b, tokens, heads, 2 * m],
          );
        const q = features(`${layer}.query`, x, queries);
        const k = features(`${layer}.key`, h, n, kept);
        const v = graph.linear(`${layer}.value`, h, [heads, d / heads]);
        const numerator = `${layer}.numerator`;
        const denominator = `${layer}.denominator`;
        let o: Tensor;
        let sum: Tensor;
        // Associativity decides what is opened in between: weights of every pair of tokens, or one matrix of features by values.
        const { order = queries * n <= 2 * m * (d / heads + 1) ? 'pairs' : 'features' } = shape;
        if (order === 'pairs') {
          const weights = graph.contract(`${layer}.weights`, 'bihf,bjhf->bihj', q, k);
          o = graph.contract(numerator, 'bihj,bjhd->bihd', weights, v);
          sum = graph.sum(`${denominator}.sum`, weights);
        } else {
          const memory = graph.contract(`${layer}.memory`, 'bjhf,bjhd->bhfd', k, v);
          o = graph.contract(numerator, 'bihf,bhfd->bihd', q, graph.lift(`${layer}.memory.lifted`, memory));
          sum = graph.contract(`${denominator}.sum`, 'bihf,bhf->bih', q, graph.sum(`${layer}.total`, k, 1));
        }
        const total = graph.offset(denominator, sum, denominator_offset * m);
        const mean = graph.multiply(`${layer}.mean`, o, graph.gate(`${denominator}.inverse`, total, ['reciprocal']));
        const attended = graph.reshape(`${layer}.attended`, mean, [...rows, d]);
        return graph.linear(`${layer}.attention.output`, attended, [d]);
      },
    };
  },
};
