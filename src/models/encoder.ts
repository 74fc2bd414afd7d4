/**
 * The RoBERTa-style masked-LM encoder of config.ts, written once.
 *
 * LayerNorm's γ, β and mean subtraction live in the neighbouring matrices (fold.ts), so a LayerNorm here is x/√(mean x²). Only the
 * answer position matters after the last layer: its queries, feed-forward and norms run for that one token.
 */
import { Network, type Tensor } from '../program/network';
import type { ModelConfig } from './config';

export interface EncoderShape {
  sequences: number;
  tokens: number;
  /** Index of the mask token whose label-word logits are read. */
  answer: number;
  /** How many label words are read. */
  words: number;
  /** Whether the data owner adds a prompt to every layer's input: on its own share, at no cost. */
  deep?: boolean;
  /** How random feature attention associates; by default whichever opens less in between. */
  order?: 'pairs' | 'features';
}

export function encoder(config: ModelConfig, shape: EncoderShape): Network {
  const { hidden_size: d, num_attention_heads: heads, intermediate_size, num_hidden_layers: layers } = config;
  const { sequences: b, tokens: n, answer, words } = shape;
  const head = d / heads;
  const net = new Network();

  const layerNorm = (name: string, x: Tensor): Tensor => {
    const halvings = Math.ceil(Math.log2(d));
    const square = net.squares(`${name}.square`, x, halvings);
    const constants = { factor: 2 ** halvings / d, epsilon: config.layer_norm_eps };
    return net.multiply(name, x, net.gate(`${name}.deviation`, square, ['inverse root'], { constants }));
  };

  const kept = net.mask('kept', [b, n]);
  let h = net.input('embedded', [b, n, d]);
  for (let i = 0; i < layers; i++) {
    const layer = `layer.${i}`;
    if (shape.deep && i > 0) h = net.add(`${layer}.prompted`, h, net.input(`${layer}.prompt`, [b, n, d]));
    const x = i < layers - 1 ? h : net.select(`${layer}.answer`, h, 1, answer);
    const rows = x.shape.slice(0, -1);
    // With one answer token a sequence, the token axis of the queries has length one.
    const queries = [b, rows.length === 2 ? n : 1];

    const attended = (config.attention === 'rfa' ? randomFeatureAttention : softmaxAttention)(layer, x, queries);
    const o = net.reshape(`${layer}.attended`, attended, [...rows, d]);
    const y = layerNorm(
      `${layer}.attention.norm`,
      net.add(
        `${layer}.attention.sum`,
        net.linear(`${layer}.attention.residual`, x, [d]),
        net.linear(`${layer}.attention.output`, o, [d]),
      ),
    );
    const a = net.gate(`${layer}.activation`, net.linear(`${layer}.intermediate`, y, [intermediate_size]), [
      'activation',
    ]);
    h = layerNorm(
      `${layer}.norm`,
      net.add(`${layer}.sum`, net.linear(`${layer}.residual`, y, [d]), net.linear(`${layer}.output`, a, [d])),
    );
  }
  const a = net.gate('head.activation', net.linear('head.dense', h, [d]), ['activation']);
  const y = layerNorm('head.norm', net.centre('head.centred', a));
  // γ of the last LayerNorm is the model owner's, the label words the data owner's: two products in a row, for one token.
  net.readout('logits', net.linear('head.scale', net.lift('head.lifted', y), [d]), words);
  return net;

  /** o_i = Σ_j a_ij v_j / (offset + Σ_j a_ij), a_ij = Σ_f cos(u_if − w_jf) = φ(q_i)·φ(k_j). Everything ×m: it cancels. */
  function randomFeatureAttention(layer: string, x: Tensor, queries: number[]): Tensor {
    const m = config.num_frequencies;
    const features = (name: string, tensor: Tensor, tokens: number[], keep?: Tensor) =>
      net.reshape(
        name,
        net.gate(`${name}.phase`, net.linear(`${name}.angle`, tensor, [heads, m]), ['cosine', 'sine'], { keep }),
        [...tokens, heads, 2 * m],
      );
    const q = features(`${layer}.query`, x, queries);
    const k = features(`${layer}.key`, h, [b, n], kept);
    const v = net.linear(`${layer}.value`, h, [heads, head]);
    const numerator = `${layer}.numerator`;
    const denominator = `${layer}.denominator`;
    let o: Tensor;
    let sum: Tensor;
    // Associativity decides what is opened in between: weights of every pair of tokens, or one matrix of features by values.
    const { order = queries[1]! * n <= 2 * m * (head + 1) ? 'pairs' : 'features' } = shape;
    if (order === 'pairs') {
      const weights = net.contract(`${layer}.weights`, 'bihf,bjhf->bihj', q, k);
      o = net.contract(numerator, 'bihj,bjhd->bihd', weights, v);
      sum = net.sum(`${denominator}.sum`, weights);
    } else {
      const memory = net.contract(`${layer}.memory`, 'bjhf,bjhd->bhfd', k, v);
      o = net.contract(numerator, 'bihf,bhfd->bihd', q, net.lift(`${layer}.memory.lifted`, memory));
      sum = net.contract(`${denominator}.sum`, 'bihf,bhf->bih', q, net.sum(`${layer}.total`, k, 1));
    }
    const total = net.offset(denominator, sum, config.denominator_offset * m);
    return net.multiply(`${layer}.mean`, o, net.gate(`${denominator}.inverse`, total, ['reciprocal']));
  }

  /** The same machine with e^score for weights: n² exponentials a head. */
  function softmaxAttention(layer: string, x: Tensor, queries: number[]): Tensor {
    const split = (name: string, tensor: Tensor, tokens: number[]) =>
      net.reshape(name, net.linear(`${name}.projection`, tensor, [heads, head]), [...tokens, heads, head]);
    const q = split(`${layer}.query`, x, queries);
    const k = split(`${layer}.key`, h, [b, n]);
    const v = net.linear(`${layer}.value`, h, [heads, head]);
    // Keys come second, so that a mask over (sequence, key) is the beginning of the shape.
    const scores = net.contract(`${layer}.scores`, 'bihd,bjhd->bjih', q, k);
    const weights = net.gate(`${layer}.weights`, scores, ['exponential'], { keep: kept });
    const o = net.contract(`${layer}.numerator`, 'bjih,bjhd->bihd', weights, v);
    const sum = net.sum(`${layer}.denominator.sum`, weights, 1);
    const total = net.offset(`${layer}.denominator`, sum, config.denominator_offset);
    return net.multiply(`${layer}.mean`, o, net.gate(`${layer}.denominator.inverse`, total, ['reciprocal']));
  }
}
