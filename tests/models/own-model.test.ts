/** A model of its owner's: what is wrong with its files is said by name, and no weight is held. */
import { beforeAll, describe, expect, it } from 'vitest';
import { size } from '../../src/graph/shape';
import { architectureOf } from '../../src/models/architectures';
import { type ByteSource, memoryBytes } from '../../src/models/byte-source';
import { cardOf, foldedWeights, type OwnModel, openModel, publicFile } from '../../src/models/own-model';
import { largestPublic, planModel } from '../../src/models/plan-model';
import { writeSafetensors } from '../../src/models/safetensors';
import type { NamedTensors } from '../../src/models/tensors';
import { randomModel, type TestModel } from '../support/random-model';
import { TOKENS, tokenizerJson } from '../support/session';

let test: TestModel;
let config: string;
beforeAll(async () => {
  test = await randomModel(3, { vocab_size: TOKENS.length });
  config = JSON.stringify(test.config);
});

const bytesOf = (tensors: NamedTensors) => writeSafetensors(tensors, { dtype: 'F32' });
const openWith = (tensors: NamedTensors) =>
  openModel({ config, tokenizer: tokenizerJson, weights: [memoryBytes(bytesOf(tensors))] });
const changed = (name: string, change: (data: Float32Array) => void): NamedTensors => {
  const { shape, data } = test.tensors.get(name)!;
  const copy = data.slice();
  change(copy);
  return new Map(test.tensors).set(name, { shape, data: copy });
};

describe('opening a model', () => {
  it('refuses a tensor that is missing, misshapen or not finite, by name', async () => {
    const norm = 'roberta.encoder.layer.1.output.LayerNorm.weight';
    const without = new Map(test.tensors);
    without.delete(norm);
    await expect(openWith(without)).rejects.toThrow(`the model has no tensor ${norm}`);
    const longer = new Map(test.tensors).set(norm, { shape: [17], data: new Float32Array(17) });
    await expect(openWith(longer)).rejects.toThrow(
      `${norm} has the shape [17], config.json asks for [16] (hidden_size is 16)`,
    );
    for (const name of [norm, 'roberta.embeddings.word_embeddings.weight']) {
      const broken = changed(name, (data) => data.fill(Number.NaN, data.length - 1));
      await expect(openWith(broken)).rejects.toThrow(`${name} holds a value that is not a finite number`);
    }
  });

  it('refuses public values that no run could carry, by tensor and row, and takes those that it can', async () => {
    const words = 'roberta.embeddings.word_embeddings.weight';
    const most = largestPublic(test.config);
    expect(most).toBeGreaterThan(1000);
    const width = test.config.hidden_size;
    for (const value of [1.001 * most, -1.001 * most, Number.POSITIVE_INFINITY]) {
      const broken = changed(words, (data) => data.fill(value, 7 * width + 3, 7 * width + 4));
      await expect(openWith(broken)).rejects.toThrow(new RegExp(`^${words} holds .*, in row 7`));
    }
    await openWith(changed(words, (data) => data.fill(0.999 * most, 7 * width, 8 * width)));
  });

  it('refuses a model that was not calibrated, a tokenizer of another, and weights that are none', async () => {
    const weights = [memoryBytes(bytesOf(test.tensors))];
    const files = { config, tokenizer: tokenizerJson, weights };
    const { ranges: _, ...bare } = test.config;
    await expect(openModel({ ...files, config: JSON.stringify(bare) })).rejects.toThrow(/npm run calibrate/);
    await expect(openModel({ ...files, tokenizer: '{}' })).rejects.toThrow(/tokenizer.json is not a tokenizer/);
    await expect(openModel({ ...files, weights: [memoryBytes(new Uint8Array(9))] })).rejects.toThrow(
      /safetensors|header/,
    );
  });

  it('ignores tensors that it does not need, whatever they hold', async () => {
    const more = new Map(test.tensors).set('pooler', { shape: [1], data: Float32Array.of(Number.NaN) });
    expect((await openWith(more)).source.header.has('pooler')).toBe(true);
  });
});

describe('an open model', () => {
  let model: OwnModel;
  /** Bytes that were read, in order. */
  let read: number;
  let largest: number;
  beforeAll(async () => {
    const whole = memoryBytes(bytesOf(test.tensors));
    const counted: ByteSource = {
      size: whole.size,
      read(from, to) {
        read += to - from;
        largest = Math.max(largest, to - from);
        return whole.read(from, to);
      },
    };
    [read, largest] = [0, 0];
    model = await openModel({ config, tokenizer: tokenizerJson, weights: [counted] });
    [read, largest] = [0, 0];
  });

  it('folds the plan’s matrices in its order, each when it is asked for', async () => {
    const plan = planModel(test.config, { sequences: 1, tokens: 8, answer: 2, columns: 2 });
    const due = plan.weights.filter(({ owner }) => owner === 'model-owner');
    const folded = foldedWeights(
      model,
      due.map(({ name }) => name),
    );
    [read, largest] = [0, 0];
    for (const { name, inputs, outputs } of due) {
      const before = read;
      const { value } = await folded.next();
      if (!value) throw new Error(`no ${name}`);
      expect(value).toMatchObject({ name, inputs, outputs });
      expect(value.values).toEqual(test.weights.get(name)?.values);
      expect(value.bias).toEqual(test.weights.get(name)?.bias);
      // A matrix with its bias, its norm and, for angles, the frequencies: never another's tensors.
      expect(read - before).toBeGreaterThan(0);
      expect(read - before).toBeLessThanOrEqual(4 * (16 * 24 + 24 + 2 * 16 + 16 * 8));
    }
    expect((await folded.next()).done).toBe(true);
    // Every matrix of the graph has a recipe, and every recipe a use.
    expect(new Set(due.map(({ name }) => name))).toEqual(
      new Set(architectureOf(test.config).matrices(test.config).keys()),
    );
  });

  it('refuses a matrix that its graph does not have', async () => {
    await expect(foldedWeights(model, ['layer.9.value']).next()).rejects.toThrow('random has no matrix layer.9.value');
  });

  it.each([7, 64, 1000, 2 ** 20])('streams its public file in parts of %i bytes, but for the last', async (most) => {
    const names = Object.keys(architectureOf(test.config).publicTensors(test.config));
    const expected = bytesOf(new Map(names.map((name) => [name, test.tensors.get(name)!])));
    const { bytes, parts } = publicFile(model);
    expect(bytes).toBe(expected.length);
    [read, largest] = [0, 0];
    const found: Uint8Array[] = [];
    for await (const part of parts(most)) {
      found.push(part);
    }
    expect(found.slice(0, -1).every(({ length }) => length === most)).toBe(true);
    expect(found.at(-1)!.length).toBeLessThanOrEqual(most);
    expect(Buffer.concat(found).equals(Buffer.from(expected))).toBe(true);
    // A row at least.
    expect(largest).toBeLessThanOrEqual(Math.max(most, 4 * test.config.hidden_size));
  });

  it('has a card that counts what is private and what is public', () => {
    const counted = [...test.tensors.values()].reduce((sum, { shape }) => sum + size(shape), 0);
    const card = cardOf(test.config);
    expect(card.privateParameters + card.publicParameters).toBe(counted);
    expect(card).toMatchObject({ layers: 2, hidden: 16, maxTokens: 32, attention: 'random features' });
  });
});
