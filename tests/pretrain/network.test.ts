// The trained network (jax-js) and the reference (plain loops) are the same function, and its gradient is right.
import { defaultDevice, init, numpy as np } from '@jax-js/jax';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/models/config';
import { randomFrom } from '../../tools/pretrain/examples';
import { makeStep, type Params, WORDS } from '../../tools/pretrain/network';
import { forward } from '../../tools/pretrain/reference';
import { makeConfig } from '../../tools/pretrain/sizes';
import { initialise, type State } from '../../tools/pretrain/train';

const config: ModelConfig = {
  ...makeConfig('tiny', 50),
  ...{ hidden_size: 16, intermediate_size: 24, num_frequencies: 4, max_position_embeddings: 12 },
};
const random = randomFrom(3);
const state = initialise(config, random);
for (const [name, { data }] of state) {
  if (name.endsWith('bias')) for (let i = 0; i < data.length; i++) data[i] = 0.2 * (random() - 0.5);
}
const LENGTH = 10;
const sequences = [
  { ids: [0, 7, 8, 9, 4, 11, 12, 2, 1, 1], kept: 8, position: 4, target: 20 },
  { ids: [0, 30, 31, 4, 2, 1, 1, 1, 1, 1], kept: 5, position: 3, target: 6 },
];

/** One masked position a sequence, no penalties. */
function run(weights: State) {
  const step = makeStep(config, { batch: 2, length: LENGTH, picks: 2 }, 0);
  const params: Params = {};
  for (const [name, { shape, data }] of weights) params[name] = np.array([...data]).reshape([...shape]);
  const table = weights.get(WORDS)!.data;
  const h = config.hidden_size;
  const row = (id: number) => [...table.subarray(id * h, (id + 1) * h)];
  const bias = weights.get('lm_head.bias')!.data;
  const [[value, aux], [gradients]] = step(
    params,
    np.array(sequences.flatMap((s) => s.ids.flatMap(row))).reshape([2, LENGTH, h]),
    np.array(sequences.flatMap((s) => row(s.target))).reshape([2, h]),
    np.array(sequences.map((s) => bias[s.target]!)),
    np.array(sequences.flatMap((s) => s.ids.map((_, i) => Number(i < s.kept)))).reshape([2, LENGTH]),
    np
      .array(
        sequences.flatMap((s, k) =>
          sequences.flatMap((_, b) => s.ids.map((_, i) => Number(b === k && i === s.position))),
        ),
      )
      .reshape([2, 2 * LENGTH]),
    np.array([0.5, 0.5]),
  );
  return { value: value.item(), entropy: [...aux.entropy.dataSync()], gradients };
}

const all = Array.from({ length: 50 }, (_, i) => i);
function entropies(weights: State): number[] {
  return sequences.map(({ ids, kept, position, target }) => {
    const logits = forward(config, weights, ids, kept).logits(position, all);
    return Math.log(logits.reduce((a, l) => a + Math.exp(l), 0)) - logits[target]!;
  });
}

describe('the network in training', () => {
  beforeAll(async () => {
    await init('wasm');
    defaultDevice('wasm');
  });

  it('agrees with the reference', () => {
    const { entropy } = run(state);
    entropies(state).forEach((e, i) => {
      expect(entropy[i]).toBeCloseTo(e, 4);
    });
  });

  it('has the slope of the reference', () => {
    const { gradients } = run(state);
    const layer = 'roberta.encoder.layer.0.';
    for (const name of [
      `${layer}attention.self.query.weight`,
      `${layer}attention.self.key.bias`,
      `${layer}attention.self.value.weight`,
      `${layer}intermediate.dense.weight`,
      `${layer}output.LayerNorm.weight`,
      'lm_head.dense.bias',
      'roberta.embeddings.position_embeddings.weight',
    ]) {
      const { data, shape } = state.get(name)!;
      const slope = gradients[name]!.dataSync() as Float32Array;
      // Along the gradient itself, where the difference is largest against rounding.
      const norm = Math.sqrt(slope.reduce((a, g) => a + g * g, 0));
      const mean = (sign: number) => {
        const moved: State = new Map(state);
        const step = (sign * 1e-3) / norm;
        moved.set(name, { shape, data: data.map((v, i) => v + step * slope[i]!) });
        return entropies(moved).reduce((a, b) => a + b) / 2;
      };
      expect((mean(1) - mean(-1)) / 2e-3 / norm, name).toBeCloseTo(1, 1);
    }
  });
});

describe('the reference', () => {
  it('gives a kept token the same state however much padding follows', () => {
    const { ids, kept } = sequences[0]!;
    const short = forward(config, state, ids.slice(0, kept), kept);
    const long = forward(config, state, [...ids.slice(0, kept), 1, 1], kept);
    const other = forward(config, state, [...ids.slice(0, kept), 40, 41], kept);
    for (const result of [long, other]) {
      short.states.forEach((states, layer) => {
        expect(result.states[layer]!.slice(0, kept)).toEqual(states);
      });
    }
  });

  it('computes one attention step as it is written', () => {
    // One layer, one head of width two, one frequency, values passed through: small enough to do by hand.
    const small: ModelConfig = {
      ...config,
      ...{ hidden_size: 2, num_hidden_layers: 1, num_attention_heads: 1, intermediate_size: 1, num_frequencies: 1 },
      ...{ layer_norm_eps: 0, vocab_size: 5, max_position_embeddings: 4 },
    };
    const w: State = initialise(small, randomFrom(1));
    const set = (name: string, values: number[]) => w.get(name)!.data.set(values);
    set(WORDS, [0, 0, 0, 0, 3, -1, -1, 5, 0, 0]);
    set('roberta.embeddings.position_embeddings.weight', Array(8).fill(0));
    const self = 'roberta.encoder.layer.0.attention.self.';
    for (const name of ['query', 'key', 'value']) set(`${self}${name}.weight`, [1, 0, 0, 1]);
    set(`${self}frequencies`, [0.3, -0.2]);
    let output: number[] = [];
    forward(small, w, [2, 3], 2, (name, values) => {
      if (name === `${self}output` && output.length === 0) output = Array.from(values);
    });
    // After LayerNorm the two tokens are (1, -1) and (-1, 1), their phases 0.5 and -0.5.
    const near = 1;
    const far = Math.cos(1);
    const expected = (near - far) / (1 + near + far);
    expect(output[0]).toBeCloseTo(expected, 6);
    expect(output[1]).toBeCloseTo(-expected, 6);
  });
});
