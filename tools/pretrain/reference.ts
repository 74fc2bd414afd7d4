// The network of src/models/encoder.ts written out in plain loops and doubles, slow and obvious: what training is
// evaluated with, and what faster readers of the same weights are compared to.

import { evaluateTrigonometric } from '../../src/graph/fourier';
import type { ModelConfig } from '../../src/models/config';
import type { TensorData } from '../../src/models/tensors';

export type Weights = ReadonlyMap<string, TensorData>;

/** Sees intermediate values of kept tokens by the tensor's name: how value ranges are measured. */
export type Observe = (name: string, values: ArrayLike<number>) => void;

export interface Forward {
  /** After the embedding and after every layer: [layers + 1][token][hidden]. */
  states: Float64Array[][];
  /** Logits of these tokens at a position. */
  logits(position: number, tokens: number[]): number[];
}

/** `kept` tokens count, the rest of `ids` is padding. */
export function forward(
  config: ModelConfig,
  weights: Weights,
  ids: number[],
  kept = ids.length,
  observe: Observe = () => {},
): Forward {
  const hidden = config.hidden_size;
  const heads = config.num_attention_heads;
  const size = hidden / heads;
  const m = config.num_frequencies;

  const tensor = (name: string): Float32Array => {
    const t = weights.get(name);
    if (!t) throw new Error(`no tensor ${name}`);
    return t.data;
  };
  const row = (name: string, index: number) => tensor(name).subarray(index * hidden, (index + 1) * hidden);
  const linear = (x: Float64Array, name: string) => {
    const w = tensor(`${name}.weight`);
    const b = tensor(`${name}.bias`);
    const y = Float64Array.from(b);
    for (let o = 0; o < y.length; o++) {
      for (let i = 0; i < x.length; i++) y[o]! += w[o * x.length + i]! * x[i]!;
    }
    return y;
  };
  const layerNorm = (x: Float64Array, name: string, note: Observe = () => {}) => {
    const gamma = tensor(`${name}.weight`);
    const beta = tensor(`${name}.bias`);
    const mean = x.reduce((a, b) => a + b) / x.length;
    const centred = x.map((v) => v - mean);
    const variance = centred.reduce((a, v) => a + v * v, 0) / x.length;
    note(`${name}.input`, centred);
    note(`${name}.variance`, [variance]);
    const scale = 1 / Math.sqrt(variance + config.layer_norm_eps);
    return centred.map((v, i) => v * scale * gamma[i]! + beta[i]!);
  };
  const activation = (x: Float64Array) => x.map((v) => evaluateTrigonometric(config.trigonometric!, v));
  const add = (x: Float64Array, y: ArrayLike<number>) => x.map((v, i) => v + y[i]!);

  let h = ids.map((id, i) =>
    layerNorm(
      add(
        add(
          Float64Array.from(row('roberta.embeddings.word_embeddings.weight', id)),
          row('roberta.embeddings.position_embeddings.weight', config.pad_token_id + 1 + i),
        ),
        row('roberta.embeddings.token_type_embeddings.weight', 0),
      ),
      'roberta.embeddings.LayerNorm',
      i < kept ? observe : undefined,
    ),
  );
  const states = [h];

  for (let l = 0; l < config.num_hidden_layers; l++) {
    const layer = `roberta.encoder.layer.${l}.`;
    const self = `${layer}attention.self.`;
    const frequencies = tensor(`${self}frequencies`);
    /** u = x Ω for one head. */
    const phases = (x: Float64Array, head: number) => {
      const u = new Float64Array(m);
      for (let d = head * size; d < (head + 1) * size; d++) {
        for (let f = 0; f < m; f++) u[f]! += x[d]! * frequencies[d * m + f]!;
      }
      return u;
    };
    const queries = h.map((x) => linear(x, `${self}query`));
    const keys = h.map((x) => linear(x, `${self}key`));
    const values = h.map((x) => linear(x, `${self}value`));
    const mixed = h.map(() => new Float64Array(hidden));
    for (let head = 0; head < heads; head++) {
      const u = queries.map((q) => phases(q, head));
      const w = keys.map((k) => phases(k, head));
      for (let i = 0; i < ids.length; i++) {
        let total = 0;
        const sum = new Float64Array(size);
        for (let j = 0; j < kept; j++) {
          let a = 0;
          for (let f = 0; f < m; f++) a += Math.cos(u[i]![f]! - w[j]![f]!) / m;
          total += a;
          for (let d = 0; d < size; d++) sum[d]! += a * values[j]![head * size + d]!;
        }
        if (i < kept) {
          observe(`${self}phases`, [...u[i]!, ...w[i]!]);
          observe(`${self}total`, [total]);
        }
        for (let d = 0; d < size; d++) mixed[i]![head * size + d] = sum[d]! / (config.denominator_offset + total);
      }
    }
    h = h.map((x, i) => {
      const note = i < kept ? observe : () => {};
      note(`${self}output`, mixed[i]!);
      const attended = layerNorm(
        add(x, linear(mixed[i]!, `${layer}attention.output.dense`)),
        `${layer}attention.output.LayerNorm`,
        note,
      );
      const inner = linear(attended, `${layer}intermediate.dense`);
      note(`${layer}intermediate.dense`, inner);
      return layerNorm(
        add(attended, linear(activation(inner), `${layer}output.dense`)),
        `${layer}output.LayerNorm`,
        note,
      );
    });
    states.push(h);
  }

  return {
    states,
    logits(position, tokens) {
      const inner = linear(h[position]!, 'lm_head.dense');
      observe('lm_head.dense', inner);
      const z = layerNorm(activation(inner), 'lm_head.layer_norm', observe);
      const bias = tensor('lm_head.bias');
      return tokens.map((token) =>
        row('roberta.embeddings.word_embeddings.weight', token).reduce((sum, w, i) => sum + w * z[i]!, bias[token]!),
      );
    },
  };
}
