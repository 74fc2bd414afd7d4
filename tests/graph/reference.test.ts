/** The reference against a forward pass written straight from the formula of config.ts, on the weights as they are stored. */
import { beforeAll, describe, expect, it } from 'vitest';
import { gelu } from '../../src/graph/functions';
import { runReference } from '../../src/graph/reference';
import type { PassShape } from '../../src/models/architecture';
import type { ModelConfig } from '../../src/models/config';
import { tokenKinds } from '../../src/models/pass-input';
import {
  generator,
  graphOf,
  referenceInputs,
  SOFTMAX,
  type TestModel,
  uncalibratedModel,
} from '../support/random-model';

type Row = number[];

const dot = (a: Row, b: Row) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const plus = (a: Row, b: Row) => a.map((x, i) => x + b[i]!);

/** Label-word logits of one sequence: `ids` with padding already taken away, since a_ij = 0 for it. */
function naiveLogits({ config, tensors }: TestModel, ids: number[], answer: number, words: number[]): Row {
  const { hidden_size: d, num_attention_heads: heads, num_frequencies: m, denominator_offset } = config;
  const tensor = (name: string) => tensors.get(name)!;
  const row = (name: string, i: number): Row => {
    const { shape, data } = tensor(name);
    const width = shape.at(-1)!;
    return Array.from(data.subarray(i * width, (i + 1) * width));
  };
  const vector = (name: string): Row => Array.from(tensor(name).data);
  const dense = (name: string, x: Row): Row =>
    vector(`${name}.bias`).map((b, out) => b + dot(row(`${name}.weight`, out), x));
  const norm = (name: string, x: Row): Row => {
    const mean = x.reduce((a, b) => a + b) / d;
    const variance = x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / d;
    const [gamma, beta] = [vector(`${name}.weight`), vector(`${name}.bias`)];
    return x.map((v, i) => ((v - mean) / Math.sqrt(variance + config.layer_norm_eps)) * gamma[i]! + beta[i]!);
  };
  const activation = (x: number): number => {
    if (config.hidden_act === 'gelu') return gelu(x);
    const { period, constant, cos, sin } = config.trigonometric!;
    const angle = (k: number) => (2 * Math.PI * k * x) / period;
    return cos.reduce((sum, a, k) => sum + a * Math.cos(angle(k + 1)) + sin[k]! * Math.sin(angle(k + 1)), constant);
  };

  let h = ids.map((id, index) => {
    const embeddings = 'roberta.embeddings';
    const sum = plus(
      plus(
        row(`${embeddings}.word_embeddings.weight`, id),
        row(`${embeddings}.position_embeddings.weight`, config.pad_token_id + 1 + index),
      ),
      row(`${embeddings}.token_type_embeddings.weight`, 0),
    );
    return norm(`${embeddings}.LayerNorm`, sum);
  });
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `roberta.encoder.layer.${i}`;
    const self = `${layer}.attention.self`;
    const project = (part: string) => h.map((x) => dense(`${self}.${part}`, x));
    const [q, k, v] = [project('query'), project('key'), project('value')];
    const width = d / heads;
    const of = (x: Row, head: number) => x.slice(head * width, (head + 1) * width);
    const angles = (x: Row, head: number): Row =>
      Array.from({ length: m }, (_, f) => {
        const omega = tensor(`${self}.frequencies`).data;
        return of(x, head).reduce((sum, value, j) => sum + value * omega[(head * width + j) * m + f]!, 0);
      });
    const weight = (a: Row, b: Row, head: number): number => {
      if (config.attention === 'softmax') return Math.exp(dot(of(a, head), of(b, head)) / Math.sqrt(width));
      const [u, w] = [angles(a, head), angles(b, head)];
      return u.reduce((sum, x, f) => sum + Math.cos(x - w[f]!), 0) / m;
    };
    h = h.map((x, at) => {
      const attended = Array.from({ length: heads }, (_, head) => {
        const weights = k.map((key) => weight(q[at]!, key, head));
        const denominator = denominator_offset + weights.reduce((a, b) => a + b);
        return Array.from(
          { length: width },
          (_, j) =>
            dot(
              weights,
              v.map((value) => of(value, head)[j]!),
            ) / denominator,
        );
      }).flat();
      const y = norm(
        `${layer}.attention.output.LayerNorm`,
        plus(x, dense(`${layer}.attention.output.dense`, attended)),
      );
      const inner = dense(`${layer}.intermediate.dense`, y).map(activation);
      return norm(`${layer}.output.LayerNorm`, plus(y, dense(`${layer}.output.dense`, inner)));
    });
  }
  const head = norm('lm_head.layer_norm', dense('lm_head.dense', h[answer]!).map(activation));
  return words.map((word) => dot(head, row('roberta.embeddings.word_embeddings.weight', word)));
}

/** The reference on the same ids, padded to `tokens`; `noise` writes anything where the padding is. */
function evaluated(
  model: TestModel,
  sequences: number[][],
  shape: Omit<PassShape, 'sequences'>,
  words: number[],
  noise = 0,
) {
  const d = model.config.hidden_size;
  const embedded = new Float64Array(sequences.length * shape.tokens * d);
  const masks = tokenKinds(
    sequences.map((ids) => ids.length),
    shape.tokens,
  );
  for (const [i, ids] of sequences.entries()) {
    model.embedding.write(ids, undefined, embedded, i * shape.tokens * d);
    embedded.subarray((i * shape.tokens + ids.length) * d, (i + 1) * shape.tokens * d).forEach((x, j, row) => {
      row[j] = x + noise * Math.sin(j);
    });
  }
  const network = graphOf(model.config, { ...shape, sequences: sequences.length });
  return runReference(network, referenceInputs(model, { embedded, masks }, words));
}

const MODELS: [string, Partial<ModelConfig>, PassShape['order']][] = [
  ['random features, by pairs', {}, 'pairs'],
  ['random features, by features', { hidden_size: 15, num_attention_heads: 3, num_frequencies: 5 }, 'features'],
  ['softmax and GELU', { ...SOFTMAX, num_attention_heads: 4 }, undefined],
  ['three layers of one head', { num_hidden_layers: 3, num_attention_heads: 1, hidden_size: 9 }, undefined],
  ['one layer', { num_hidden_layers: 1, denominator_offset: 3 }, undefined],
];

describe.each(MODELS)('the reference with %s', (_, overrides, order) => {
  let model: TestModel;
  beforeAll(async () => {
    model = await uncalibratedModel(12, overrides);
  });
  const random = generator(13);
  const [answer, words] = [2, [9, 30, 44]];
  const sequences = [4, 7, 11, 5].map((length) => Array.from({ length }, () => 5 + Math.floor(45 * random())));

  it('equals the formula on the stored weights', () => {
    const found = evaluated(model, sequences, { tokens: 11, answer, columns: 3, order }, words);
    const expected = sequences.flatMap((ids) => naiveLogits(model, ids, answer, words));
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
    for (const [i, logit] of expected.entries()) expect(Math.abs(found[i]! - logit)).toBeLessThan(1e-9);
  });

  it('is not changed by padding, however much there is, nor where features are masked by whatever is in it', () => {
    const short = evaluated(model, sequences, { tokens: 11, answer, columns: 3, order }, words);
    for (const [tokens, noise] of [
      [12, 0],
      [20, 0],
      [20, overrides.attention === 'softmax' ? 0 : 3],
    ] as const) {
      const long = evaluated(model, sequences, { tokens, answer, columns: 3, order }, words, noise);
      for (const [i, logit] of short.entries()) expect(Math.abs(long[i]! - logit)).toBeLessThan(1e-9);
    }
  });
});

describe('the reference', () => {
  it('names the input that is missing or has another length', async () => {
    const model = await uncalibratedModel(12);
    const network = graphOf(model.config, { sequences: 1, tokens: 5, answer: 2, columns: 1 });
    const batch = { embedded: new Float64Array(5 * 16), masks: { ...tokenKinds([5], 5), kept: new Uint8Array(4) } };
    expect(() => runReference(network, referenceInputs(model, batch, [7]))).toThrow(
      'the input kept needs 5 values and got 4',
    );
    const inputs = referenceInputs(model, { ...batch, masks: tokenKinds([5], 5) }, [7]);
    expect(() => runReference(network, { ...inputs, weights: new Map() })).toThrow('no matrix layer.0.query.angle');
  });
});
