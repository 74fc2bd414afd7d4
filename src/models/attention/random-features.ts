/**
 * Random feature attention (Rahimi and Recht 2007; Peng et al. 2021) for models that were trained with it. A head, `frequencies` Ω [head
 * width, m], angles in radians:
 *
 *   u = (x Wq + bq) Ω,  w = (h Wk + bk) Ω,  a_ij = (1/m) Σ_f cos(u_if − w_jf) for tokens j that are no padding, 0 for padding
 *   o_i = Σ_j a_ij v_j / (denominator_offset + Σ_j a_ij)
 *
 * a_ij = φ(q_i)·φ(k_j) with cosines and sines for features. Everything here is m times as much: it cancels.
 */
import type { Graph, Rest, Tensor } from '../../graph/graph';
import { angles, centred } from '../folding';
import { changed } from '../recipes';
import { type Attention, type FromRows, fromRows, type Part, rowsOf } from './attention';

function known(frequencies: string | undefined, layer: number): string {
  if (frequencies === undefined) throw new Error(`layer ${layer} has no frequencies of random features`);
  return frequencies;
}

/**
 * Σ_j φ(k_j) v_jᵀ and Σ_j φ(k_j), of every sequence. Those of a text and those of a prompt add up, so that what is opened is as much as texts and prompts have,
 * where that is less than their pairs have.
 */
function sums(graph: Graph, layer: string, k: FromRows, v: FromRows): [memory: Tensor, total: Tensor] {
  const [memory, lifted, total] = [`${layer}.memory`, `${layer}.memory.lifted`, `${layer}.total`];
  const of = (graph: Graph, keys: Tensor, values: Tensor, rest?: Rest): [Tensor, Tensor] => [
    graph.lift(lifted, graph.contract(memory, 'bjhf,bjhd->bhfd', keys, values), rest),
    graph.sum(total, keys, 1),
  ];
  if (!k.apart || !v.apart) return of(graph, k.whole, v.whole);
  const [candidates = 1, slots = 1] = k.apart.prompts.shape;
  const [texts = 1] = k.apart.texts.shape;
  // Features are 1 at most, so what a prompt adds, and a text has without it, is within so many values of what both have.
  const rest = { values: v.apart.prompts, count: slots };
  // With as many bits whichever it is: all passes of a run have the same masked matrices.
  if (candidates * texts <= candidates + texts) return of(graph, k.whole, v.whole, rest);
  const ofTexts = of(graph.part('texts'), k.apart.texts, v.apart.texts, rest);
  const ofPrompts = of(graph.part('prompts'), k.apart.prompts, v.apart.prompts, rest);
  return [graph.pair(lifted, ofTexts[0], ofPrompts[0], 'sum'), graph.pair(total, ofTexts[1], ofPrompts[1], 'sum')];
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
    const { sequences: b, tokens: n, slots = 0, candidates = 1 } = shape;
    const kept = graph.mask('kept', [b, n]);
    const ofTexts = slots > 0 ? graph.part('texts').mask('kept', [b / candidates, n - slots]) : undefined;
    // A prompt has no padding.
    const keptOf = { texts: ofTexts, prompts: undefined };
    return {
      attend({ index, h, x, apart }) {
        const layer = `layer.${index}`;
        const rows = x.shape.slice(0, -1);
        // With one answer token a sequence, the token axis of the queries has length one.
        const queries = rows.length === 2 ? n : 1;
        const features = (graph: Graph, name: string, tensor: Tensor, mask?: Tensor) => {
          const phase = graph.gate(
            `${name}.phase`,
            graph.linear(`${name}.angle`, tensor, [heads, m]),
            ['cosine', 'sine'],
            { mask },
          );
          return graph.reshape(name, phase, [...rowsOf(tensor), heads, 2 * m]);
        };
        const made = (
          part: string,
          all: Tensor,
          make: (graph: Graph, name: string, rows: Tensor, of?: Part) => Tensor,
        ) => {
          const name = `${layer}.${part}`;
          return fromRows(graph, name, { h, apart }, all, (graph, rows, of) => make(graph, name, rows, of));
        };
        const q = made('query', x, (graph, name, rows) => features(graph, name, rows)).whole;
        const k = made('key', h, (graph, name, rows, of) => features(graph, name, rows, of ? keptOf[of] : kept));
        const v = made('value', h, (graph, name, rows) => graph.linear(name, rows, [heads, d / heads]));
        const numerator = `${layer}.numerator`;
        const denominator = `${layer}.denominator`;
        let o: Tensor;
        let sum: Tensor;
        // Associativity decides what is opened in between: weights of every pair of tokens, or one matrix of features by values.
        const { order = queries * n <= 2 * m * (d / heads + 1) ? 'pairs' : 'features' } = shape;
        if (order === 'pairs') {
          const weights = graph.contract(`${layer}.weights`, 'bihf,bjhf->bihj', q, k.whole);
          o = graph.contract(numerator, 'bihj,bjhd->bihd', weights, v.whole);
          sum = graph.sum(`${denominator}.sum`, weights);
        } else {
          const [memory, total] = sums(graph, layer, k, v);
          o = graph.contract(numerator, 'bihf,bhfd->bihd', q, memory);
          sum = graph.contract(`${denominator}.sum`, 'bihf,bhf->bih', q, total);
        }
        const total = graph.offset(denominator, sum, denominator_offset * m);
        const mean = graph.multiply(`${layer}.mean`, o, graph.gate(`${denominator}.inverse`, total, ['reciprocal']));
        const attended = graph.reshape(`${layer}.attended`, mean, [...rows, d]);
        return graph.linear(`${layer}.attention.output`, attended, [d]);
      },
    };
  },
};
