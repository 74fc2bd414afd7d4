// The network of src/models/encoder.ts as a loss to differentiate, in jax-js. Words come in already looked up and targets
// come in as rows of the word table: gathering and scattering rows is a plain loop outside (train.ts), and everything
// in here is dense. jax-js counts references: `.ref` marks every use of an array but the last.
import { jit, lax, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { TrigonometricPolynomial } from '../../src/graph/fourier';
import type { ModelConfig } from '../../src/models/config';

type Arr = np.Array;
export type Params = Record<string, Arr>;

/** What a step tells beside its loss: of every pick its cross entropy and whether it was right, and the penalties' sum. */
export type Aux = {
  entropy: Arr;
  hit: Arr;
  penalty: Arr;
};

export interface Shape {
  batch: number;
  length: number;
  /** Masked positions in the whole batch. */
  picks: number;
}

/**
 * What a secure evaluation can represent cheaply; beyond these the loss grows. Phases cost nothing by being large, but cosines of
 * large phases are noise to learn from.
 */
export const LIMITS = { activation: 4.8, phase: 3, variance: [0.4, 4.5], residual: 14 } as const;

export const LAYER = (i: number) => `roberta.encoder.layer.${i}.`;
export const WORDS = 'roberta.embeddings.word_embeddings.weight';

/** Another reference to a parameter. Throws if there is none of that name. */
function param(p: Params, name: string): Arr {
  const tensor = p[name];
  if (!tensor) throw new Error(`no tensor ${name}`);
  return tensor.ref;
}

function linear(p: Params, x: Arr, name: string): Arr {
  return np.matmul(x, param(p, `${name}.weight`).transpose()).add(param(p, `${name}.bias`));
}

/** Chebyshev recurrence: two transcendental calls an element, however many harmonics. */
export function trigonometric(t: TrigonometricPolynomial, x: Arr): Arr {
  const angle = x.mul((2 * Math.PI) / t.period);
  const c1 = np.cos(angle.ref);
  const s1 = np.sin(angle);
  let c = c1.ref;
  let s = s1.ref;
  let sum = c.ref.mul(t.cos[0]!).add(s.ref.mul(t.sin[0]!)).add(t.constant);
  for (let k = 1; k < t.cos.length; k++) {
    const next = c.ref.mul(c1.ref).sub(s.ref.mul(s1.ref));
    s = s.mul(c1.ref).add(c.mul(s1.ref));
    c = next;
    sum = sum.add(c.ref.mul(t.cos[k]!)).add(s.ref.mul(t.sin[k]!));
  }
  for (const a of [c, s, c1, s1]) a.dispose();
  return sum;
}

const excess = (x: Arr, limit: number) => np.square(np.maximum(x.sub(limit), 0));
const shortfall = (x: Arr, limit: number) => np.square(np.maximum(np.multiply(-1, x).add(limit), 0));

/**
 * The sum over masked positions of weight · cross entropy, plus the penalties that keep values in range.
 */
export function makeStep(config: ModelConfig, { batch, length }: Shape, penaltyWeight: number) {
  const { hidden_size: hidden, num_attention_heads: heads, num_frequencies: m } = config;
  const size = hidden / heads;
  const rows = batch * length;

  function loss(p: Params, words: Arr, targets: Arr, targetBias: Arr, keep: Arr, pick: Arr, weight: Arr) {
    const penalties: Arr[] = [];
    const keepRows = keep.ref.reshape([rows, 1]);
    const penalise = (x: Arr) =>
      penalties.push(
        x
          .mul(keepRows.ref)
          .sum()
          .mul(1 / rows),
      );

    function layerNorm(x: Arr, name: string, watched: boolean): Arr {
      const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
      const variance = np.square(centred.ref).mean(-1, { keepdims: true });
      if (watched) {
        penalise(excess(variance.ref, LIMITS.variance[1]).add(shortfall(variance.ref, LIMITS.variance[0]).mul(10)));
        penalise(excess(np.abs(centred.ref), LIMITS.residual));
      }
      const scale = np.reciprocal(np.sqrt(variance.add(config.layer_norm_eps)));
      return centred
        .mul(scale)
        .mul(param(p, `${name}.weight`))
        .add(param(p, `${name}.bias`));
    }
    function activation(x: Arr, watched: boolean): Arr {
      if (watched) penalise(excess(np.abs(x.ref), LIMITS.activation));
      return trigonometric(config.trigonometric!, x);
    }
    /** (h W + b) Ω in one product: the frequencies fold into the projection. */
    function phases(h: Arr, name: string, frequencies: Arr): Arr {
      const w = param(p, `${name}.weight`).reshape([heads, size, hidden]);
      const b = param(p, `${name}.bias`).reshape([heads, 1, size]);
      const folded = np.matmul(frequencies.ref.transpose([0, 2, 1]), w).reshape([heads * m, hidden]);
      const bias = np.matmul(b, frequencies).reshape([heads * m]);
      return np.matmul(h, folded.transpose()).add(bias).reshape([batch, length, heads, m]).transpose([0, 2, 1, 3]);
    }

    /** e^(q·k/√size) for weights; only to compare with. */
    function softmaxAttention(h: Arr, self: string): Arr {
      const split = (name: string) =>
        linear(p, h.ref, self + name)
          .reshape([batch, length, heads, size])
          .transpose([0, 2, 1, 3]);
      const scores = np.matmul(split('query').mul(1 / Math.sqrt(size)), split('key').transpose([0, 1, 3, 2]));
      const weights = np.exp(scores).mul(keep.ref.reshape([batch, 1, 1, length]));
      const total = weights.ref.sum(-1, { keepdims: true }).add(config.denominator_offset);
      return np.matmul(weights, split('value')).div(total).transpose([0, 2, 1, 3]).reshape([rows, hidden]);
    }
    function randomFeatureAttention(h: Arr, self: string): Arr {
      const frequencies = lax.stopGradient(param(p, `${self}frequencies`));
      const u = phases(h.ref, `${self}query`, frequencies.ref);
      const w = phases(h.ref, `${self}key`, frequencies);
      const v = linear(p, h.ref, `${self}value`).reshape([batch, length, heads, size]).transpose([0, 2, 1, 3]);
      for (const x of [u, w])
        penalise(
          excess(np.abs(x.ref), LIMITS.phase)
            .sum([1, 3])
            .reshape([rows, 1])
            .mul(1 / m),
        );
      const queries = np.concatenate([np.cos(u.ref), np.sin(u)], -1);
      const keys = np
        .concatenate([np.cos(w.ref), np.sin(w)], -1)
        .mul(keep.ref.reshape([batch, 1, length, 1]))
        .mul(1 / m);
      // Σ_j a_ij v_j = φ(u_i) · Σ_j φ(w_j) v_j: linear in the length.
      const total = np.matmul(queries.ref, keys.ref.sum(2, { keepdims: true }).transpose([0, 1, 3, 2]));
      penalise(shortfall(total.ref, 1).sum(1).reshape([rows, 1]));
      // A negative sum is out of range (and penalised); were the denominator to pass zero, training would blow up.
      const mixed = np.matmul(queries, np.matmul(keys.transpose([0, 1, 3, 2]), v));
      return mixed
        .div(np.maximum(total, 0).add(config.denominator_offset))
        .transpose([0, 2, 1, 3])
        .reshape([rows, hidden]);
    }

    const positions = param(p, 'roberta.embeddings.position_embeddings.weight').slice([
      config.pad_token_id + 1,
      config.pad_token_id + 1 + length,
    ]);
    const types = param(p, 'roberta.embeddings.token_type_embeddings.weight').slice([0, 1]);
    let h = layerNorm(words.add(positions).add(types).reshape([rows, hidden]), 'roberta.embeddings.LayerNorm', true);
    for (let i = 0; i < config.num_hidden_layers; i++) {
      const self = `${LAYER(i)}attention.self.`;
      const o = config.attention === 'rfa' ? randomFeatureAttention(h, self) : softmaxAttention(h, self);
      h = layerNorm(
        h.add(linear(p, o, `${LAYER(i)}attention.output.dense`)),
        `${LAYER(i)}attention.output.LayerNorm`,
        true,
      );
      const inner = activation(linear(p, h.ref, `${LAYER(i)}intermediate.dense`), true);
      h = layerNorm(h.add(linear(p, inner, `${LAYER(i)}output.dense`)), `${LAYER(i)}output.LayerNorm`, true);
    }
    const picked = np.matmul(pick, h); // [picks, hidden]
    const headIn = linear(p, picked, 'lm_head.dense');
    penalties.push(excess(np.abs(headIn.ref), LIMITS.activation).mean());
    const z = layerNorm(activation(headIn, false), 'lm_head.layer_norm', false);
    const logits = np.matmul(z.ref, param(p, WORDS).transpose()).add(param(p, 'lm_head.bias'));
    const right = z.mul(targets).sum(-1).add(targetBias);
    const best = lax.stopGradient(logits.ref.max(-1));
    // No maximum is subtracted: the logits are a normalised vector times small rows, far from where exp overflows.
    const entropy = np.log(np.exp(logits).sum(-1)).sub(right.ref);
    const hit = np.greaterEqual(lax.stopGradient(right), best.sub(1e-4)).astype(np.float32);
    const penalty = penalties.reduce((a, b) => a.add(b));
    const value = entropy.ref.mul(weight).sum().add(penalty.ref.mul(penaltyWeight));
    keep.dispose();
    keepRows.dispose();
    return [value, { entropy: lax.stopGradient(entropy), hit, penalty: lax.stopGradient(penalty) }] as [Arr, Aux];
  }
  return jit(valueAndGrad(loss, { argnums: [0, 1, 2, 3], hasAux: true }) as never) as unknown as (
    p: Params,
    words: Arr,
    targets: Arr,
    targetBias: Arr,
    keep: Arr,
    pick: Arr,
    weight: Arr,
  ) => [[Arr, Aux], [Params, Arr, Arr, Arr]];
}
